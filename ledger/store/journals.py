"""What has each batch added? Read back from the tables, for whoever tells others of it."""

import time
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
from ledger.store import locks
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

LOOK_AGAIN = 0.01
"""Seconds between two looks at who still records."""

_GIVEN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM batch_id"
"""The last id that a batch was given."""


def newest_batch(database: Database) -> int:
    """The newest batch that is recorded, 0 if none is; older ones may still be under way."""
    with database.read() as connection:
        return int(connection.execute(select(func.max(batch.c.id))).scalar_one() or 0)


def settled_batch(database: Database) -> int:
    """The newest batch before which all are recorded, or never will be.

    Waits until the batches in hand are there; nobody waits for it. In Postgres a batch has its id
    under the lock of policies, so whoever may have one by now is among those who hold that now.
    """
    with database.write() as connection:
        newest = select(func.max(batch.c.id))
        if connection.dialect.name == "postgresql":
            given = connection.exec_driver_sql(_GIVEN).scalar_one()
            newest = newest.where(batch.c.id <= given)
            in_hand = locks.holders(connection, locks.Lock.POLICIES)
            while in_hand:
                time.sleep(LOOK_AGAIN)
                in_hand &= locks.holders(connection, locks.Lock.POLICIES)
        return int(connection.execute(newest).scalar_one() or 0)


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
