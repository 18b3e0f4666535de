"""Which rows does a foreign file have? CSV, XLSX or JSON, row by row, with bounded memory."""

import codecs
import csv
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from ledger.errors import LedgerError
from ledger.exchange.cells import Cell
from ledger.sheets import FORMULA

_BROKEN = (
    BadZipFile, zlib.error, ParseError, ArithmeticError, AttributeError, EOFError, LookupError,
    NotImplementedError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""Whatever openpyxl meets first in a broken file."""

MOST_COLUMNS = 500
LARGEST_OBJECT = 1 << 20
"""Characters of one row in JSON, at most."""

PIECE = 1 << 16

LARGEST_SHEETS = 256 << 20
"""Octets of a workbook's sheets once they are unpacked, at most: they are read row by row."""

LARGEST_TEXTS = 64 << 20
"""Of the texts that its cells share, which are held in memory as long as it is read."""

LARGEST_REST = 8 << 20
"""Of its styles and the like; pictures are not read."""


class TooManyRowsError(LedgerError):
    """The file has more rows than may be taken at once."""


class Row(NamedTuple):
    """A row: its number as a program shows it, and its cells by heading. `more`: beyond those."""

    number: int
    cells: Mapping[str, Cell]
    more: int = 0


class Sheet(NamedTuple):
    """Rows under headings; `title` is "" where a file has only one."""

    title: str
    headings: tuple[str, ...]
    rows: Iterator[Row]


@contextmanager
def sheets_of(file: Path, wanted: Sequence[str] = ()) -> Iterator[Iterator[Sheet]]:
    """The sheets of a file, in the order `wanted` by their titles. Raises LedgerError.

    Each has to be read before the next one is asked for.
    """
    try:
        match file.suffix.lower():
            case ".xlsx":
                with file.open("rb") as stream:
                    yield _of_workbook(file, stream, wanted)
            case ".csv":
                with file.open(newline="", encoding=_encoding(file)) as text:
                    yield iter([_of_csv(file, text)])
            case ".json" | ".jsonl":
                with file.open(encoding="utf-8-sig") as text:
                    yield iter([_of_json(file, text)])
            case _:
                raise LedgerError(f"{file}: a name has to end in .csv, .xlsx, .json or .jsonl")
    except UnicodeDecodeError as error:
        raise LedgerError(f"{file}: is no UTF-8 text ({error.reason}); save it as UTF-8") from None
    except OSError as error:
        raise LedgerError(f"can't read {file}: {error.strerror or error}") from None


def check_rows(file: Path, most: int) -> None:
    """Read all of a file once. Raises TooManyRowsError, or LedgerError for what can't be read."""
    rows = 0
    with sheets_of(file) as sheets:
        for sheet in sheets:
            for _ in sheet.rows:
                rows += 1
                if rows > most:
                    raise TooManyRowsError(
                        f"{file}: has more than {most} rows 行数过多: divide it, or use the command"
                    )


def _encoding(file: Path) -> str:
    """UTF-8 if all of it is, else GB 18030, as Excel in China saves CSV."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as stream:
            while piece := stream.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _headings(file: Path, sheet: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    where = f"{file}{f' [{sheet}]' if sheet else ''}"
    found = [_unguarded(str(one).strip()) if one is not None else "" for one in cells]
    while found and not found[-1]:
        found.pop()
    if not any(found):
        raise LedgerError(f"{where}: has no headings in its first row 首行应为列名")
    doubled = sorted({one for one in found if one and found.count(one) > 1})
    if doubled:
        raise LedgerError(f"{where}: the column {doubled[0]} is there twice 列名重复")
    if len(found) > MOST_COLUMNS:
        raise LedgerError(f"{where}: has more than {MOST_COLUMNS} columns")
    return tuple(found)


def _row(number: int, headings: Sequence[str], cells: Sequence[Cell]) -> Row | None:
    """None if all is empty."""
    if all(one is None or one == "" for one in cells):
        return None
    named = {
        heading: _unguarded(cell) if isinstance(cell, str) else cell
        for heading, cell in zip(headings, cells, strict=False)
        if heading
    }
    beyond = sum(one not in (None, "") for one in cells[len(headings) :])
    return Row(number, named, beyond)


def _unguarded(text: str) -> str:
    """Without the apostrophe that kept it from being a formula."""
    bare = text.lstrip("'")
    return text[1:] if bare != text and bare.startswith(FORMULA) else text


def _of_csv(file: Path, text: IO[str]) -> Sheet:
    lines = csv.reader(text)

    def rows(headings: Sequence[str]) -> Iterator[Row]:
        # By rows, as a spreadsheet counts them: a cell may hold several lines.
        number = 2
        while True:
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                raise LedgerError(f"{file}: row {number}: {error}") from None
            if (row := _row(number, headings, cells)) is not None:
                yield row
            number += 1

    try:
        headings = _headings(file, "", next(lines, []))
    except csv.Error as error:
        raise LedgerError(f"{file}: row 1: {error}") from None
    return Sheet("", headings, rows(headings))


def _of_workbook(file: Path, stream: IO[bytes], wanted: Sequence[str]) -> Iterator[Sheet]:
    from openpyxl import load_workbook  # slow to load, and for workbooks only

    with _workbook_errors(file):
        _check_unpacked(file, stream)
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    rank = {title: place for place, title in enumerate(wanted)}
    pages = sorted(book.worksheets, key=lambda page: rank.get(page.title, len(rank)))
    for page in pages:
        page.reset_dimensions()  # what a program wrote there may be wrong
        lines = page.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)
        with _workbook_errors(file):
            first: Sequence[Any] = next(lines, ())
        if not any(one is not None for one in first):
            continue  # an empty sheet, as every new workbook has
        headings = _headings(file, page.title, first)
        yield Sheet(page.title, headings, _of_lines(file, headings, lines))
    book.close()


def _check_unpacked(file: Path, stream: IO[bytes]) -> None:
    """Nothing is unpacked beyond what its directory says: a small file may say very much."""
    from openpyxl.xml.constants import ARC_CONTENT_TYPES, SHARED_STRINGS, WORKSHEET_TYPE
    from openpyxl.xml.functions import fromstring

    sheets = texts = rest = 0
    with ZipFile(stream) as archive:
        if archive.getinfo(ARC_CONTENT_TYPES).file_size > LARGEST_REST:
            raise _too_large(file)
        parts = fromstring(archive.read(ARC_CONTENT_TYPES))
        types = {one.get("PartName", "").removeprefix("/"): one.get("ContentType") for one in parts}
        for one in archive.infolist():
            name, is_a = one.filename, types.get(one.filename)
            if is_a == SHARED_STRINGS:
                texts += one.file_size
            elif is_a == WORKSHEET_TYPE and name.startswith("xl/worksheets/"):
                sheets += one.file_size
            elif is_a or not name.startswith("xl/media/"):
                rest += one.file_size
    if sheets > LARGEST_SHEETS or texts > LARGEST_TEXTS or rest > LARGEST_REST:
        raise _too_large(file)


def _too_large(file: Path) -> LedgerError:
    return LedgerError(f"{file}: is too large once it is unpacked 解压后过大: divide it")


def _of_lines(file: Path, headings: Sequence[str], lines: Iterator[Sequence[Any]]) -> Iterator[Row]:
    number = 2
    while True:
        with _workbook_errors(file):
            cells = next(lines, None)
        if cells is None:
            return
        if (row := _row(number, headings, cells)) is not None:
            yield row
        number += 1


@contextmanager
def _workbook_errors(file: Path) -> Iterator[None]:
    """What a broken workbook makes its reader raise is told as what it is."""
    try:
        yield
    except _BROKEN as error:
        raise LedgerError(f"{file}: is no workbook that can be read: {error}") from None


def _of_json(file: Path, text: IO[str]) -> Sheet:
    """Objects one a line, or in one array. Headings are those of the first one."""
    found = _objects(file, text)
    first = next(found, None)
    if first is None:
        return Sheet("", (), iter(()))

    def rows() -> Iterator[Row]:
        number = 1
        row: Mapping[str, Any] | None = first
        while row is not None:
            yield Row(number, row)
            row = next(found, None)
            number += 1

    return Sheet("", tuple(first), rows())


def _objects(file: Path, text: IO[str]) -> Iterator[Mapping[str, Cell]]:
    decoder = json.JSONDecoder()
    buffer, number, ended = "", 1, False
    first = True
    while True:
        buffer = buffer.lstrip(" \t\r\n")
        if first and buffer.startswith("["):
            buffer, first = buffer[1:], False
            continue
        if not first:
            buffer = buffer.lstrip(" \t\r\n,")
            if buffer.startswith("]"):
                return
        if buffer:
            try:
                found, end = decoder.raw_decode(buffer)
            except json.JSONDecodeError as error:
                if ended or len(buffer) > LARGEST_OBJECT:
                    raise LedgerError(f"{file}: row {number}: is no JSON: {error.msg}") from None
            except (ValueError, RecursionError):  # a number of thousands of digits, or a deep nest
                raise LedgerError(f"{file}: row {number}: is no JSON that a table has") from None
            else:
                yield _checked(file, number, found)
                number += 1
                buffer, first = buffer[end:], False
                continue
        elif ended:
            return
        piece = text.read(PIECE)
        ended = not piece
        buffer += piece


def _checked(file: Path, number: int, found: Any) -> Mapping[str, Cell]:
    if not isinstance(found, dict):
        raise LedgerError(f"{file}: row {number}: is no object {{…}}")
    for name, value in found.items():
        if not isinstance(value, str | int | float | None):
            raise LedgerError(f"{file}: row {number}: {name}: is no text and no number")
    return {
        _mended(name): _mended(value) if isinstance(value, str) else value
        for name, value in found.items()
    }


def _mended(text: str) -> str:
    """JSON can escape half a character, which is none: it shows as one that was lost."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
