"""Does the event log still give the same ledger? Rebuild it elsewhere, and compare."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Connection, CursorResult, Row, Table, delete, func, select, text

from ledger.core.entries import first_event
from ledger.core.intake import Arrival, Received
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.applying import Logged, apply, subjects
from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.shop import open_tills
from ledger.store.tables import (
    PROJECTIONS,
    batch,
    book_entry,
    device_mark,
    event,
    hour_record,
    inspection,
    judgement,
    level_change,
    points_entry,
    policy_version,
    posting,
    redemption,
    reject,
    reject_resolution,
)
from ledger.store.unit_of_work import EventRow, Lane, UnitOfWork
from schemas import PolicyAdopted, decode_logged

DERIVED = (
    policy_version,
    book_entry,
    hour_record,
    points_entry,
    posting,
    level_change,
    judgement,
    redemption,
)
"""The append-only tables that follow from the event log."""

COPIED = (reject, reject_resolution)
"""The append-only tables that are not derived from anything."""

INSPECTED = (inspection, device_mark)
"""How far the log was inspected: a replay takes in what was found, and inspects nothing itself."""

CHUNK = 5000

Advance = Callable[[int], None]
"""Told after each batch how many events it had."""


def count_events(source: Connection) -> int:
    """How many events a replay will fold."""
    return int(source.execute(select(func.count()).select_from(event)).scalar_one())


def rebuild(source: Connection, target: Database, advance: Advance) -> None:
    """Fold the event log of `source`, batch by batch, into the empty ledger `target`."""
    rules: Rulebook | None = None
    for made in source.execute(select(batch).order_by(batch.c.id)).all():
        first = first_event(made.id)
        rows = source.execute(
            select(event)
            .where(event.c.seq.between(first, first_event(made.id + 1) - 1))
            .order_by(event.c.seq)
        )
        with target.write() as connection:
            bulk.insert(connection, batch, [tuple(made)])
            unit = UnitOfWork(connection)
            rules = unit.rules(rules)
            _replay_batch(
                unit,
                rules,
                made.id,
                Lane.named(made.lane),
                made.recorded_at,
                made.salt,
                logged := [EventRow(*row) for row in rows],
            )
        advance(len(logged))


def copy_the_rest(source: Connection, target: Database) -> None:
    """Copy what a replay does not derive: rejects, their resolutions, and what was inspected."""
    with target.write() as connection:
        for table in (*COPIED, *INSPECTED):
            for chunk in _chunks(source, table):
                bulk.insert(connection, table, [tuple(row) for row in chunk])
        UnitOfWork(connection).continue_batches()


@contextmanager
def filling(target: Database) -> Iterator[None]:
    """Create an empty ledger that opens for nobody until the work in it is done.

    Raises LedgerError if there are batches in it, of whatever version, before it changes anything.
    """
    if target.holds(batch):
        raise LedgerError(f"{target.shown} is not empty: this takes a new database")
    target.create()
    target.mark_unfinished()
    yield
    target.mark_finished()


@contextmanager
def scratch() -> Iterator[Database]:
    """An empty ledger in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="vledger-replay-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'replay.db'}")
        database.create()
        try:
            yield database
        finally:
            database.close()


def differences(kept: Connection, rebuilt: Connection) -> Iterator[tuple[Table, str]]:
    """Where the kept ledger and the rebuilt one differ: the table, and the first rows that do."""
    for table in (*DERIVED, *PROJECTIONS):
        for ours, theirs in zip_longest(_rows(kept, table), _rows(rebuilt, table)):
            if ours is None or theirs is None or tuple(ours) != tuple(theirs):
                yield table, f"kept {_shown(ours)}, the log gives {_shown(theirs)}"
                break


def replace_projections(kept: Connection, rebuilt: Connection) -> None:
    """Put the rebuilt states, balances and registry in the place of the kept ones."""
    for table in PROJECTIONS:
        kept.execute(delete(table))
        for chunk in _chunks(rebuilt, table):
            bulk.insert(kept, table, [tuple(row) for row in chunk])


def stop_writers(connection: Connection) -> None:
    """Keep other batches out until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE batch, volunteer_state IN EXCLUSIVE MODE"))


def _replay_batch(
    unit: UnitOfWork,
    rules: Rulebook | None,
    ident: int,
    lane: Lane,
    now: int,
    salt: str,
    rows: list[EventRow],
) -> None:
    unit.append_events(rows)
    logged = [
        Logged(row.seq, Received(Arrival(row.content, ""), decode_logged(row.content), row.at))
        for row in rows
    ]
    if rules is None:  # the first batch puts a policy in force, and nothing else
        for one in logged:
            if isinstance(one.received.event, PolicyAdopted):
                unit.adopt(one.seq, one.received.event)
        unit.flush()
        return
    states = unit.lock_volunteers(subjects(one.received for one in logged))
    named = ((one.received.event, one.received.at) for one in logged)
    tills = open_tills(unit.reading, rules, named, now, salt, replaying=True)
    apply(unit, rules, ident, logged, states, tills, lane.slot, lambda _gifts: ())


def _rows(connection: Connection, table: Table) -> Iterator[Row[tuple[object, ...]]]:
    return iter(_streamed(connection, table))


def _chunks(connection: Connection, table: Table) -> Iterator[list[Row[tuple[object, ...]]]]:
    yield from (list(chunk) for chunk in _streamed(connection, table).partitions())


def _streamed(connection: Connection, table: Table) -> CursorResult[tuple[object, ...]]:
    return connection.exec_driver_sql(_all_of(table), execution_options={"yield_per": CHUNK})


@cache
def _all_of(table: Table) -> str:
    """Plain SQL, of either database: compiling it anew took longer than reading a small table."""
    columns = ", ".join(f'"{one.name}"' for one in table.columns)
    key = ", ".join(f'"{one.name}"' for one in table.primary_key)
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {key}'


def _shown(row: Row[tuple[object, ...]] | None) -> str:
    if row is None:
        return "no such row"
    return ", ".join(f"{name}={value}" for name, value in row._mapping.items())
