"""How do volunteers, teams, activities and hours get out, as a mapping has them?"""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.clock import from_micros
from ledger.exchange.events import told_of
from ledger.exchange.fields import TITLES, Value
from ledger.exchange.identities import PERSONAL, personal_columns
from ledger.exchange.looking_up import registered, served
from ledger.exchange.mapping import Layout, MappingFile
from ledger.exchange.reading import TooManyRowsError
from ledger.exchange.records import cells_of
from ledger.exchange.writing import written
from ledger.identity.person import Person
from ledger.statistics.areas import lying_in

Reveal = Callable[[str], Person | None]
"""A volunteer's personal data, read with a reason and logged; None if the vault has none."""


class Wanted(NamedTuple):
    """What is exported: at a place and below it ("": everywhere); hours from `since` to `until`.

    Seconds since 1970. `track`: which hours, where the policy keeps several kinds.
    """

    track: str
    place: str = ""
    since: int = 0
    until: int = 1 << 60


class Exported(NamedTuple):
    """How many rows were written, and which columns stayed empty, since the vault was not asked."""

    rows: int
    left_out: list[str]


def export(
    connection: Connection,
    mapping: MappingFile,
    layout: Layout,
    file: Path,
    wanted: Wanted,
    reveal: Reveal | None = None,
    most: int | None = None,
) -> Exported:
    """Write all of one kind to a file, `most` rows of it. Raises LedgerError, if there are more."""
    title = layout.sheet or TITLES[layout.kind]
    rows = 0
    with written(file, title, layout.headings, private=reveal is not None) as write:
        for values in records(connection, mapping, layout, wanted, reveal):
            if rows == most:
                raise TooManyRowsError(f"there are more than {most} rows 行数过多: choose less")
            write(list(cells_of(layout, values)))
            rows += 1
    return Exported(rows, [] if reveal else personal_columns(layout))


def records(
    connection: Connection,
    mapping: MappingFile,
    layout: Layout,
    wanted: Wanted,
    reveal: Reveal | None = None,
) -> Iterator[Mapping[str, Value]]:
    """What the ledger has, in the fields of records."""
    if layout.kind == "hours":
        for one in served(connection, mapping.source, *wanted):
            yield {**one.values, "day": _day(one.at, mapping.zone)}
        return
    lies = lying_in(connection, wanted.place)
    for ident, standing in registered(connection, layout.kind):
        if not lies(str(standing.data.get("place") or "")):
            continue
        values = told_of(layout.kind, ident, standing)
        if layout.kind == "volunteers" and reveal is not None:
            who = reveal(ident)
            if who is not None:
                values |= {name: one for name, one in who.to_dict().items() if name in PERSONAL}
        yield values


def _day(at: int, zone: tzinfo) -> str:
    return from_micros(at, zone).date().isoformat()
