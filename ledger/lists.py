"""Which ids are in a file that an office keeps: CSV or XLSX, by whatever program it was written?"""

import csv
import io
import zipfile
from collections.abc import Iterable

from ledger.errors import LedgerError

MOST = 50_000
"""Ids in one file, at most."""

MOST_UNPACKED = 200 << 20
"""Octets in an XLSX file once it is unpacked, at most."""

HEADINGS = frozenset(("志愿者编号", "志愿者", "编号", "volunteer", "id"))


def ids_in(content: bytes) -> list[str]:
    """The ids, in their order, each once: of the column that is headed so, else of the first.

    Raises LedgerError if it is neither CSV nor XLSX, or too long.
    """
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    found: dict[str, None] = {}
    column: int | None = None
    for row in rows:
        cells = [_text(one) for one in row]
        if column is None:
            named = [at for at, one in enumerate(cells) if one.lower() in HEADINGS]
            column = named[0] if named else 0
            if named:
                continue
        if column < len(cells) and cells[column]:
            found[cells[column]] = None
        if len(found) > MOST:
            raise LedgerError(f"more than {MOST} ids: send them in several files")
    return list(found)


def _csv(content: bytes) -> Iterable[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise LedgerError("the file is neither CSV nor XLSX")
    first = text.partition("\n")[0]
    mark = next((one for one in ("\t", ";", ",") if one in first), ",")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error as error:
        raise LedgerError(f"the file is no CSV: {error}") from None


def _decoded(content: bytes) -> str:
    """UTF-8, or what Excel and WPS write in China where nobody asked for that."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LedgerError("the file is neither CSV in UTF-8 or GB18030 nor XLSX")


def _xlsx(content: bytes) -> Iterable[Iterable[object]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > MOST_UNPACKED:
            raise LedgerError("the file is too large once it is unpacked")
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise LedgerError("the file can't be read as XLSX") from None
    if not book.worksheets:
        return
    yield from book.worksheets[0].iter_rows(values_only=True)


def _text(cell: object) -> str:
    """A cell as an id: numbers without a fraction, texts without the mark of a text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().removeprefix("'").strip()
