"""What does a row of a foreign file say, by a mapping, and what is wrong with it? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.errors import LedgerError
from ledger.exchange.cells import CellError, shown
from ledger.exchange.fields import FIELDS, Value
from ledger.exchange.mapping import Layout
from ledger.exchange.reading import Row

MADE_BY_US = ("错误 what is wrong", "应填 what to write", "原行 row")
"""Columns of a file of errors: whoever has mended the rows may send it in as it is."""


class Mistake(NamedTuple):
    """What is wrong in a row; `column` "" means the whole row."""

    column: str
    what: str
    advice: str = ""


class Record(NamedTuple):
    """A row in our terms: the fields that have a value."""

    row: Row
    values: Mapping[str, Value]

    def text(self, field: str) -> str:
        return str(self.values.get(field, ""))

    def number(self, field: str) -> int | None:
        found = self.values.get(field)
        return found if isinstance(found, int) else None


class Headings(NamedTuple):
    """How a file's headings fit a mapping. `unknown`: the mapping does not name them."""

    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def required(layout: Layout) -> set[str]:
    """The fields without which a row says nothing."""
    found = {name for name, field in FIELDS[layout.kind].items() if field.required}
    if layout.kind == "hours":
        found |= (
            {"day", "seconds"} if layout.reported else {"activity", "place", "starts_at", "ends_at"}
        )
    return found


def fit(layout: Layout, headings: Sequence[str]) -> Headings:
    """Raises LedgerError if a column is not there without which no row can be read."""
    named = [one.heading for one in layout.columns]
    missing = tuple(one for one in named if one not in headings)
    needed = required(layout)
    lost = [one.heading for one in layout.columns if one.field in needed]
    lost = [one for one in lost if one in missing]
    if lost:
        raise LedgerError(
            f"there is no column {'、'.join(lost)}, which the mapping needs for {layout.kind}; "
            f"there is {'、'.join(one for one in headings if one) or 'none'}"
        )
    known = {*named, *layout.not_kept, *MADE_BY_US}
    return Headings(missing, tuple(one for one in headings if one and one not in known))


def record_of(layout: Layout, row: Row) -> tuple[Record, list[Mistake]]:
    """The row's record, and its mistakes; with one, the record is not to be used."""
    values = dict(layout.constants)
    mistakes = []
    if row.more:
        mistakes.append(
            Mistake(
                "",
                f"has {row.more} cells beyond the last heading 多出单元格",
                "quote commas in cells 含逗号的请加引号",
            )
        )
    for heading, field, codec in layout.columns:
        cell = row.cells.get(heading)
        try:
            value = codec.read(cell)
        except CellError as error:
            said = "" if FIELDS[layout.kind][field].personal else f"{shown(cell)!r} "
            mistakes.append(Mistake(heading, f"{said}{error.what}", error.advice))
            continue
        if value is not None and _applies(layout, row, field):
            values[field] = value
    for name, about in FIELDS[layout.kind].items():
        if about.required and name not in values:
            column = layout.heading(name)
            if not any(one.column == column for one in mistakes):
                mistakes.append(Mistake(column, "is empty 不能为空", "fill it in 请填写"))
    return Record(row, values), mistakes


def cells_of(layout: Layout, values: Mapping[str, Value]) -> Iterator[str]:
    """The record as the columns of the layout have it; the inverse of `record_of`."""
    for _, field, codec in layout.columns:
        yield codec.write(values.get(field))
    for field, said in layout.conditions.values():
        yield said if field in values else ""


def _applies(layout: Layout, row: Row, field: str) -> bool:
    condition = layout.only_if.get(field)
    return condition is None or str(row.cells.get(condition.column) or "").strip() in condition.is_
