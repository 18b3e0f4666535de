"""How is a ledger backed up and restored, to the present or to a moment in the past?

The log with its batches is the truth: a restore replays it, and gets every other row with the same
ids. Seals and checkpoints come along, so that what was restored can be compared with them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from sqlalchemy import Connection, Table, func, select

from ledger.audit.sealing import seal_batches
from ledger.backup.archive import Archive, Contents, write, writing
from ledger.backup.doors import DOORS, as_it_was
from ledger.backup.noting import Origin, note_restore
from ledger.clock import from_micros
from ledger.core.entries import first_event
from ledger.recording.replay import Advance, copy_the_rest, count_events, filling, rebuild, scratch
from ledger.store import bulk, inspecting
from ledger.store.database import Database
from ledger.store.revisions import revision_of
from ledger.store.tables import (
    batch,
    checkpoint,
    consumer_offset,
    device_mark,
    event,
    inspection,
    outbox,
    reject,
    reject_resolution,
    seal,
)
from ledger.store.unit_of_work import UnitOfWork

HOLDS = "ledger"

LOG = (batch, event, reject, reject_resolution)
SEALS = (seal, checkpoint)
RUNNERS = (inspection, device_mark, consumer_offset, outbox)
"""How far the runners were. True only together with all of the log."""


class Restored(NamedTuple):
    """What was restored: numbers of events and batches, and the time of the last one (µs)."""

    events: int
    batches: int
    newest: int | None
    contents: Contents


def back_up(database: Database, file: Path, now: int) -> Contents:
    """Write the ledger into a new file, as one transaction sees it; others go on recording.

    What is recorded is sealed before, so that a restore can be compared with it.
    `now` in µs. Raises BackupError if the file exists or can't be written.
    """
    with writing(file) as archive:
        seal_batches(database, wait=True)
        with database.read() as connection:
            return _write(archive, connection, now)


def _write(archive: ZipFile, connection: Connection, now: int) -> Contents:
    newest = connection.execute(select(func.max(batch.c.recorded_at))).scalar_one()
    about = {
        "product": version("volunteer-ledger"),
        "schema": revision_of(connection),
        "made_at": from_micros(now, UTC).isoformat(),
        "newest": None if newest is None else from_micros(newest, UTC).isoformat(),
    }
    return write(archive, connection, (*LOG, *SEALS, *RUNNERS, *DOORS), HOLDS, about)


def restore(
    file: Path, target: Database, until: int | None, advance: Advance, now: int | None = None
) -> Restored:
    """Rebuild the ledger of a backup in an empty database; with `until` (µs) as it was then.

    With `now` (µs) it is to go on from there: that is logged, after a gap (ledger.backup.noting).

    The file is checked before anything is written. To the present, workers go on from where they
    were. To the past, they read all that Kafka still has: what is there already is a duplicate.
    Raises LedgerError if the file is damaged, or the database is not empty. A database in which it
    was cut off opens for nobody.
    """
    with Archive(file) as archive, scratch() as log:
        contents = archive.check(HOLDS)
        end = None if until is None else _end(archive, until)
        with log.write() as connection:
            tables = (*LOG, *SEALS, *RUNNERS) if end is None else (*LOG, seal, outbox)
            for table in tables:
                for chunk in archive.rows(table):
                    kept = [row for row in chunk if end is None or _batch(table, row) < end]
                    bulk.insert(connection, table, kept)
            if end is not None:
                _keep_checkpoints(archive, connection)
        with filling(target), log.read() as source:
            rebuild(source, target, advance)
            copy_the_rest(source, target)
            _copy(source, target, (*SEALS, consumer_offset, outbox))
            _open_doors(archive, target, until, None if end is None else end - 1)
            if end is not None:
                _inspect_anew(target)
            newest = source.execute(select(func.max(batch.c.recorded_at))).scalar_one()
            if now is not None and newest is not None:
                note_restore(target, _origin(contents, until), now)
            batches = source.execute(select(func.count()).select_from(batch)).scalar_one()
            return Restored(count_events(source), batches, newest, contents)


def _origin(contents: Contents, until: int | None) -> Origin:
    made_at = datetime.fromisoformat(contents.about["made_at"])
    return Origin(contents.digest, made_at, None if until is None else from_micros(until, UTC))


def _end(archive: Archive, until: int) -> int:
    """The first batch that was recorded after `until`: what follows on it may rest on it."""
    newest = 0
    for chunk in archive.rows(batch):
        for ident, recorded_at, *_ in chunk:
            if recorded_at > until:
                return int(ident)
            newest = ident
    return newest + 1


def _batch(table: Table, row: tuple[Any, ...]) -> int:
    """The batch that a row belongs to."""
    values = dict(zip(table.columns.keys(), row, strict=True))
    if table is batch:
        return int(values["id"])
    if table in (seal, outbox):
        return int(values["batch"])
    place = values["event"] if table is reject_resolution else values["seq"]
    return int(place) // first_event(1)


def _open_doors(
    archive: Archive, target: Database, until: int | None, last_batch: int | None
) -> None:
    """Backups of earlier versions have nothing of them."""
    with target.write() as connection:
        for table in DOORS:
            for chunk in archive.rows(table) if archive.has(table) else ():
                rows = chunk
                if until is not None and last_batch is not None:
                    names = table.columns.keys()
                    said = (dict(zip(names, row, strict=True)) for row in chunk)
                    then = (as_it_was(table.name, one, until, last_batch) for one in said)
                    rows = [tuple(one[name] for name in names) for one in then if one is not None]
                bulk.insert(connection, table, rows)


def _keep_checkpoints(archive: Archive, connection: Connection) -> None:
    """Those that speak of nothing but the seals that are there."""
    sealed = connection.execute(select(func.count()).select_from(seal)).scalar_one()
    size = list(checkpoint.columns.keys()).index("size")
    for chunk in archive.rows(checkpoint):
        bulk.insert(connection, checkpoint, [row for row in chunk if row[size] <= sealed])


def _copy(source: Connection, target: Database, tables: tuple[Table, ...]) -> None:
    with target.write() as connection:
        for table in tables:
            for chunk in _chunks(source, table):
                bulk.insert(connection, table, chunk)


def _chunks(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=5000)
    for chunk in connection.execute(query).partitions():
        yield [tuple(row) for row in chunk]


def _inspect_anew(target: Database) -> None:
    """The past has no record of how far it was inspected: all that it has attended is looked at."""
    with target.write() as connection:
        rules = UnitOfWork(connection).rules()
        if rules is not None and rules.safeguarded:
            inspecting.queue_since(connection, 0)
