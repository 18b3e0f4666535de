"""How are rows written that another system, Excel or WPS opens? CSV, XLSX or JSON, row by row."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import LedgerError
from ledger.sheets import FORMULA, UNWRITABLE

Write = Callable[[Sequence[str]], None]

MOST_ROWS = 1_048_576
"""Of a sheet of Excel."""


@contextmanager
def written(
    file: Path, title: str, headings: Sequence[str], *, private: bool = False
) -> Iterator[Write]:
    """Gives what writes a row below `headings`; `private`: for its owner alone.

    Raises LedgerError.
    """
    try:
        if private:
            file.unlink(missing_ok=True)
            file.touch(mode=0o600)
        match file.suffix.lower():
            case ".csv":
                with file.open("w", newline="", encoding="utf-8-sig") as stream:
                    lines = csv.writer(stream)

                    def write(cells: Sequence[str]) -> None:
                        lines.writerow([_guarded(one) for one in cells])

                    write(headings)
                    yield write
            case ".xlsx":
                with _workbook(file, title, headings) as write_row:
                    yield write_row
            case ".json" | ".jsonl":
                with _json(file, headings) as write_object:
                    yield write_object
            case _:
                raise LedgerError(f"{file}: a name has to end in .csv, .xlsx, .json or .jsonl")
    except OSError as error:
        raise LedgerError(f"can't write {file}: {error.strerror}") from None


@contextmanager
def _workbook(file: Path, title: str, headings: Sequence[str]) -> Iterator[Write]:
    from openpyxl import Workbook  # slow to load, and for workbooks only

    book = Workbook(write_only=True)
    page = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    rows = 0

    def write(cells: Sequence[str]) -> None:
        nonlocal rows
        rows += 1
        if rows > MOST_ROWS:
            raise LedgerError(f"{file}: a sheet holds {MOST_ROWS} rows: write .csv instead")
        page.append([_guarded(UNWRITABLE.sub("", one)) for one in cells])

    write(headings)
    yield write
    book.save(file)


@contextmanager
def _json(file: Path, headings: Sequence[str]) -> Iterator[Write]:
    array = file.suffix.lower() == ".json"
    with file.open("w", encoding="utf-8") as stream:
        before = "[\n" if array else ""

        def write(cells: Sequence[str]) -> None:
            nonlocal before
            said = dict(zip(headings, cells, strict=True))
            stream.write(before + json.dumps(said, ensure_ascii=False))
            before = ",\n" if array else "\n"

        yield write
        if array:
            stream.write("\n]\n" if before != "[\n" else "[]\n")
        elif before:
            stream.write("\n")


def _guarded(text: str) -> str:
    """A text stays a text: behind an apostrophe, which reading takes off again."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text
