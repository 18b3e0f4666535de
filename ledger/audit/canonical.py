"""As which text is a row sealed? As the line that Postgres's COPY writes, on both databases.

Columns are divided by tabs; NULL is `\\N`; octets are `\\\\x` and lower-case hex; a backslash and
the control characters that would divide are escaped. That is exact, and the cheapest text that
Postgres can give: lengths before each column, made by SQL, cost half as much again. SQLite is made
to write the same. No row passes through Python column by column.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Table

from ledger.core.entries import BATCH_SPAN
from ledger.store.tables import APPEND_ONLY, batch, checkpoint, reject_resolution, seal

LAYOUT = 1
"""Which tables and columns are sealed, in which order. A migration that adds to them counts up, and
keeps the former layout for the seals that were made under it."""


BLIND = 16
"""Octets that are hashed before a row. Who is shown the hashes of other rows beside a row of his
own can't try, therefore, which volunteer, hours or voucher they are about."""


class Covered(NamedTuple):
    """A sealed table: the place of the column that says the batch, and of those of its key.

    `span` is how many values of that column belong to one batch.
    """

    table: Table
    place: int
    key: tuple[int, ...]
    span: int

    @property
    def name(self) -> str:
        return str(self.table.name)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(map(str, self.table.columns.keys()))

    @property
    def numbered(self) -> bool:
        """The key is the first columns, and all of it numbers."""
        columns = list(self.table.columns)
        numbers = all(isinstance(columns[at].type, BigInteger) for at in self.key)
        return numbers and self.key == tuple(range(len(self.key)))

    def batch_of(self, line: bytes) -> int:
        """The batch that a row's line belongs to."""
        value = line.split(b"\t", self.place + 1)[self.place]
        return int(value.partition(b".")[0]) // self.span  # SQLite takes fractions too

    def by_batch(self, text: bytes) -> Iterator[tuple[int, list[bytes]]]:
        """The lines of each batch in a text of this table, in order."""
        lines = text.split(b"\n")[:-1]
        start = 0
        while start < len(lines):
            ident = self.batch_of(lines[start])
            end = self._end(lines, start, ident)
            yield ident, lines[start:end]
            start = end

    def _end(self, lines: list[bytes], start: int, ident: int) -> int:
        """Where the run of lines of a batch ends: few lines are looked at, however long it is."""
        step = 1
        while start + step < len(lines) and self.batch_of(lines[start + step]) == ident:
            start, step = start + step, step * 2
        low, high = start + 1, min(start + step, len(lines))
        while low < high:
            middle = (low + high) // 2
            if self.batch_of(lines[middle]) == ident:
                low = middle + 1
            else:
                high = middle
        return low

    def key_of(self, line: bytes) -> tuple[str, ...]:
        """The values of the primary key in a row's line."""
        fields = line.split(b"\t", max(self.key) + 1)
        return tuple(fields[place].decode() for place in self.key)

    def named(self, key: tuple[str, ...]) -> str:
        """A row for people: `posting entry=5 leg=0`."""
        parts = (f"{self.columns[at]}={value}" for at, value in zip(self.key, key, strict=True))
        return f"{self.name} {' '.join(parts)}"


def _cover(table: Table) -> Covered:
    columns = list(table.columns)
    key = tuple(columns.index(part) for part in table.primary_key)
    if table is reject_resolution:  # settled by the batch that its event came in with
        return Covered(table, columns.index(table.c.event), key, BATCH_SPAN)
    if not isinstance(columns[key[0]].type, BigInteger):
        raise TypeError(f"{table.name}: by which column does a row belong to a batch?")
    return Covered(table, key[0], key, 1 if table is batch else BATCH_SPAN)


COVERED = tuple(_cover(table) for table in APPEND_ONLY if table not in (seal, checkpoint))
"""What is sealed, in the order in which a batch's rows are leaves."""


def texts(connection: Connection, covered: Covered, first: int | None, end: int) -> bytes:
    """The lines of the rows in the batches from `first` (None: from below all) up to `end`.

    Each line ends with a line feed; they are ordered by batch, then by primary key.
    """
    where = f"{covered.columns[covered.place]} < {end * covered.span}"
    if first is not None:
        where = f"{covered.columns[covered.place]} >= {first * covered.span} AND {where}"
    rest = f"FROM {covered.name} WHERE {where} ORDER BY {_order(covered.table)}"
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor:
            cursor.execute("SET LOCAL bytea_output = 'hex'")
            names = ", ".join(covered.columns)
            whole = bytearray()
            with cursor.copy(f"COPY (SELECT {names} {rest}) TO STDOUT") as copy:
                for line in copy:  # to keep them all and join them takes twice as long
                    whole += line
            return bytes(whole)
    quick, careful = _expressions(covered.table)
    text, rows = _fetch(driver, f"SELECT {quick} {rest}")
    if not _divides(text, rows, len(covered.columns)):
        text, _ = _fetch(driver, f"SELECT {careful} {rest}")
    return text


def _order(table: Table) -> str:
    covered = _cover(table)
    names = [covered.columns[at] for at in dict.fromkeys((covered.place, *covered.key))]
    return ", ".join(names)


# SQLite ------------------------------------------------------------------------------------------

_ESCAPES = {
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
}

_FOREIGN = r"'\?'"
"""What stands for a value that a column can't rightly have, so that it is like no sealed text."""


def _fetch(driver: Any, sql: str) -> tuple[bytes, int]:
    lines = [line for (line,) in driver.execute(sql)]
    return b"".join(lines), len(lines)


def _divides(text: bytes, rows: int, columns: int) -> bool:
    """Tabs and line feeds only end columns and rows, and nothing else is to be escaped."""
    return (
        text.count(b"\n") == rows
        and text.count(b"\t") == rows * (columns - 1)
        and not any(one in text for one in (b"\b", b"\v", b"\f", b"\r"))
    )


@lru_cache
def _expressions(table: Table) -> tuple[str, str]:
    """SQL of a line: one that escapes only backslashes, and one that escapes everything.

    SQLite takes any type into any column, and octets look like text when they are joined: so a
    value that is not of its column's type has no text. The order of types tells them apart.
    """
    fits = " AND ".join(_fits(column) for column in table.columns)
    both = []
    for escaped in ("\\", "".join(_ESCAPES)):
        fields = [_field(column, escaped) for column in table.columns]
        checked = [
            f"CASE WHEN {_fits(column)} THEN {field} ELSE {_FOREIGN} END"
            for column, field in zip(table.columns, fields, strict=True)
        ]
        line, foreign = (" || char(9) || ".join(parts) for parts in (fields, checked))
        whole = f"CASE WHEN {fits} THEN {line} ELSE {foreign} END || char(10)"
        both.append(f"CAST({whole} AS BLOB)")
    return both[0], both[1]


def _fits(column: Column[Any]) -> str:
    name = column.name
    match column.type.python_type.__name__:
        case "int":
            right = f"{name} < ''"
        case "bytes":
            right = f"{name} >= x''"
        case _:
            right = f"{name} < x''"
    return f"ifnull({right}, {int(bool(column.nullable))})"


def _field(column: Column[Any], escaped: str) -> str:
    value = column.name
    match column.type.python_type.__name__:
        case "int":
            pass
        case "bytes":
            value = f"'\\\\x' || lower(hex({value}))"
        case _:
            value = _escape(value, escaped)
    return f"ifnull({value}, '\\N')" if column.nullable else value


def _escape(name: str, escaped: str) -> str:
    value = name
    for one in escaped:
        value = f"replace({value}, char({ord(one)}), '{_ESCAPES[one]}')"
    if escaped == "\\":  # looking for one is cheaper than replacing none
        return f"iif(instr({name}, '\\'), {value}, {name})"
    return value
