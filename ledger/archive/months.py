"""Which batches were recorded in a month, and when is that certain?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ledger.clock import SECOND, from_micros, to_micros
from ledger.errors import LedgerError
from ledger.store.tables import batch

SETTLED = 3600 * SECOND
"""How long after its end a month is archived at the earliest: workers' clocks differ."""

_WRITTEN = re.compile(r"(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A calendar month, from `begin` up to but not including `end` (both with their zone)."""

    name: str
    begin: datetime
    end: datetime

    @classmethod
    def named(cls, name: str, zone: tzinfo) -> "Month":
        """`2026-05` in `zone`. Raises LedgerError if it is no month from 1970 on."""
        if not _WRITTEN.fullmatch(name) or name > "9997":
            raise LedgerError(f"{name!r} is not a month: write it as 2026-05")
        year, month = map(int, name.split("-"))
        begin = datetime(year, month, 1, tzinfo=zone)
        return cls(name, begin, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone))

    @property
    def micros(self) -> tuple[int, int]:
        """Begin and end in µs."""
        return to_micros(self.begin), to_micros(self.end)

    def refuse_unfinished(self, now: int) -> None:
        """Raise LedgerError as long as something may still be recorded in it; `now` in µs."""
        settled = self.micros[1] + SETTLED
        if now < settled:
            first = from_micros(settled, self.end.tzinfo or UTC).isoformat()
            raise LedgerError(f"{self.name} is not over: it can be archived from {first} on")


class Run(NamedTuple):
    """Batches of a month from the id `first` to `last`, with no other month's between them."""

    first: int
    last: int
    batches: int


def runs_of(connection: Connection, month: Month) -> list[Run]:
    """The month's batches, by id.

    Mostly one run: more where a worker's clock was off, so that its batches are of another month.
    """
    begin, end = month.micros
    inside = batch.c.recorded_at.between(begin, end - 1)
    first, last = connection.execute(
        select(func.min(batch.c.id), func.max(batch.c.id)).where(inside)
    ).one()
    if first is None:
        return []
    rows = connection.execute(
        select(batch.c.id, inside)
        .where(batch.c.id.between(first, last))
        .order_by(batch.c.id)
        .execution_options(yield_per=10_000)
    )
    return list(_runs((ident, bool(ours)) for ident, ours in rows))


def _runs(batches: Iterator[tuple[int, bool]]) -> Iterator[Run]:
    first, last, count = 0, 0, 0
    for ident, ours in batches:
        if ours:
            first, last, count = (ident if count == 0 else first), ident, count + 1
        elif count:
            yield Run(first, last, count)
            count = 0
    if count:
        yield Run(first, last, count)
