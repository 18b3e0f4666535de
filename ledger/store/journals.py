"""What has each batch added? Read back from the tables, for whoever tells others of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from ledger.core.entries import (
    BookEntry,
    Booking,
    HourRecord,
    Journal,
    Judgement,
    LevelChange,
    PointsEntry,
    RedemptionDecision,
    first_event,
)
from ledger.core.messages import BatchEntries, KeptReject
from ledger.store.database import Database
from ledger.store.tables import (
    batch,
    book_entry,
    hour_record,
    judgement,
    level_change,
    points_entry,
    posting,
    redemption,
    reject,
)
from ledger.store.unit_of_work import UnitOfWork


def newest_batch(database: Database) -> int:
    """The newest batch that is recorded, 0 if none is; older ones may still be under way."""
    with database.read() as connection:
        return int(connection.execute(select(func.max(batch.c.id))).scalar_one() or 0)


def settled_batch(database: Database) -> int:
    """The newest batch before which all are recorded, or never will be.

    Recording waits for a moment, until the batches in hand are there.
    """
    with database.write() as connection:
        UnitOfWork(connection).hold_policies(to_change=True)
        return int(connection.execute(select(func.max(batch.c.id))).scalar_one() or 0)


def batches_after(connection: Connection, after: int, until: int, limit: int) -> dict[int, int]:
    """Batch -> when it was recorded (µs), of those after `after` and up to `until`, in order."""
    query = select(batch.c.id, batch.c.recorded_at).where(batch.c.id > after, batch.c.id <= until)
    rows = connection.execute(query.order_by(batch.c.id).limit(limit))
    return {row.id: row.recorded_at for row in rows}


def entries_of(connection: Connection, recorded: Mapping[int, int]) -> dict[int, BatchEntries]:
    """What the batches (and when each was recorded, µs) have added, in their order."""

    def rows(table: Table) -> dict[int, list[tuple[Any, ...]]]:
        ident = table.columns[0]
        inside = or_(*(ident.between(first, last) for first, last in _runs(sorted(recorded))))
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in connection.execute(select(table).where(inside).order_by(ident)):
            found[row[0] // first_event(1)].append(tuple(row))
        return found

    hours, points, levels = rows(hour_record), rows(points_entry), rows(level_change)
    judgements, redemptions, rejects = rows(judgement), rows(redemption), rows(reject)
    books = rows(book_entry)
    legs: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for several in rows(posting).values() if books else ():
        for entry, _leg, *moved, _at in several:
            legs[entry].append(tuple(moved))
    return {
        number: BatchEntries(
            recorded_at,
            Journal(
                [HourRecord(*row) for row in hours[number]],
                [PointsEntry(*row) for row in points[number]],
                [LevelChange(*row) for row in levels[number]],
                [Judgement(*row) for row in judgements[number]],
                [RedemptionDecision(*row) for row in redemptions[number]],
                [Booking(BookEntry(*row), tuple(legs[row[0]])) for row in books[number]],
            ),
            tuple(KeptReject(*row[1:5]) for row in rejects[number]),
        )
        for number, recorded_at in sorted(recorded.items())
    }


def _runs(batches: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last id of batches that follow on each other."""
    start = batches[0]
    for one, following in zip(batches, [*batches[1:], None], strict=True):
        if following != one + 1:
            yield first_event(start), first_event(one + 1) - 1
            start = following or 0
