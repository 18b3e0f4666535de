"""How is a table written that opens in Excel and WPS? As CSV, or as XLSX with named sheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from ledger.errors import LedgerError

Cell = str | int | Decimal
Row = tuple[Cell, ...]

MONEY_FORMAT = "#,##0.00"

WIDEST = 60
"""Digits of a column, at most."""


class Sheet(NamedTuple):
    """A table; a column whose heading names 元 is money, with two decimals."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Row]


def write_sheets(file: Path, sheets: Sequence[Sheet], in_csv: Sheet) -> None:
    """Write `sheets` to an .xlsx file, or the one that stands for them to a .csv file.

    Raises LedgerError for another ending, or a folder that can't be written to.
    """
    try:
        match file.suffix:
            case ".csv":
                file.write_bytes(as_csv(in_csv))
            case ".xlsx":
                file.write_bytes(as_xlsx(sheets))
            case _:
                raise LedgerError(f"{file}: write a name that ends in .xlsx or .csv")
    except OSError as error:
        raise LedgerError(f"can't write {file}: {error.strerror}") from None


def yuan(fen: int) -> Decimal:
    """Money in yuan, with two decimals."""
    return Decimal(fen).scaleb(-2)


def hours(seconds: int) -> Decimal:
    """Time in hours, with two decimals."""
    return (Decimal(seconds) / 3600).quantize(Decimal("0.01"))


def masked(volunteer: str) -> str:
    """A volunteer's id with its middle hidden."""
    if len(volunteer) <= 4:
        return f"{volunteer[:1]}***" if volunteer else ""
    return f"{volunteer[:2]}***{volunteer[-2:]}"


def as_csv(sheet: Sheet) -> bytes:
    """The table as CSV."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_safe(heading) for heading in sheet.headings])
    writer.writerows([_safe(cell) for cell in row] for row in sheet.rows)
    return stream.getvalue().encode("utf-8-sig")  # Excel looks for the mark


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """The tables as one workbook."""
    from openpyxl import Workbook  # a sixth of a second, which no other command should wait for
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.append([_safe(heading) for heading in sheet.headings])
        for heading in page[1]:
            heading.font = Font(bold=True)
        widest = [_width(heading) for heading in sheet.headings]
        for row in sheet.rows:
            page.append([_safe(cell) for cell in row])
            widest = [max(pair) for pair in zip(widest, map(_width, row), strict=False)]
        page.freeze_panes = "A2"
        for number, heading_text in enumerate(sheet.headings, 1):
            letter = get_column_letter(number)
            page.column_dimensions[letter].width = min(max(12, widest[number - 1] + 2), WIDEST)
            if "元" in heading_text:
                for cell in page[letter][1:]:
                    cell.number_format = MONEY_FORMAT
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _width(cell: Cell) -> int:
    """Of a cell in digits: a Chinese character takes two."""
    return sum(1 + (one > "\u2e7f") for one in str(cell))


UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Control characters that XML can't hold."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a text begins that Excel or WPS may take for a formula."""


def _safe(cell: Cell) -> Cell:
    """A text stays a text, without what a sheet can't hold."""
    if not isinstance(cell, str):
        return cell
    cell = UNWRITABLE.sub("", cell)
    return f"'{cell}" if cell.startswith(FORMULA) else cell
