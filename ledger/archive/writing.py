"""How is a month written, so that it is there as a whole or not at all? Parquet, in small memory.

All files of a month are written to a folder of another name, reach the disk, and get their place
by one renaming. Rows are only ever added to the ledger, so those of a month that is over stay as
they are: tables may be read one after the other.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Table, func, select

from ledger.archive.columns import Read, reading, schema_of
from ledger.archive.manifest import (
    MANIFEST,
    ArchiveError,
    Checkpoint,
    Content,
    Manifest,
    Seals,
    check_month,
    digest_of,
    folder_of,
)
from ledger.archive.months import Month, Run, runs_of
from ledger.audit.canonical import COVERED
from ledger.audit.sealing import seal_batches
from ledger.clock import from_micros
from ledger.store.database import Database
from ledger.store.journals import settled_batch
from ledger.store.revisions import revision_of
from ledger.store.tables import checkpoint, seal

GROUP_ROWS = 128_000
GROUP_OCTETS = 64 << 20
"""A row group is written when it has so many rows, or octets in memory."""


class Written(NamedTuple):
    """The month's manifest; `anew` is False if it was archived before, and is unchanged."""

    manifest: Manifest
    anew: bool


def archive_month(
    database: Database, month: Month, archive: Path, now: int, source: Database | None = None
) -> Written:
    """Write the rows of a month's batches into `archive`; `now` in µs.

    What is recorded is sealed before. `source`: a replica, to read the rows from there. A month
    that is there already is checked, and left. Raises LedgerError if the month is not over, the
    replica is behind, the archive can't be written, or has another state of the month.
    """
    month.refuse_unfinished(now)
    settled_batch(database)  # the batches in hand are there after that
    seal_batches(database, wait=True)
    with database.read() as connection:
        newest = _newest(connection)
    source = source or database
    with _alone(archive):
        with source.read() as connection:
            if _newest(connection) < newest:  # rows that came before it may be missing, too
                raise ArchiveError("the replica (VLEDGER_READ_DB) is behind: try again in a moment")
            runs = runs_of(connection, month)
            seals = _seals(connection, runs)
            about = Manifest(
                product=version("volunteer-ledger"),
                schema=str(revision_of(connection)),
                month=month.name,
                begin=month.begin.isoformat(),
                end=month.end.isoformat(),
                made_at=from_micros(now, UTC).isoformat(),
                batches=sum(one.batches for one in runs),
                seals=seals,
                checkpoint=None if seals is None else _checkpoint(connection, seals.last),
                files={},
            )
        place = folder_of(archive, month.name)
        if place.exists():
            return Written(_unchanged(place, about), anew=False)
        return Written(_write(source, place, about, month, runs), anew=True)


def _write(
    database: Database, place: Path, about: Manifest, month: Month, runs: Sequence[Run]
) -> Manifest:
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of one that was cut off
    try:
        part.mkdir(mode=0o700)
        files = {}
        with reading(database) as read:
            for table, conditions in _parts(month, runs):
                file = part / f"{table.name}.parquet"
                rows = _write_table(file, table, read, conditions)
                octets, digest = digest_of(file)
                files[file.name] = Content(rows=rows, octets=octets, sha256=digest)
        made = about.model_copy(update={"files": files})
        _to_disk(part / MANIFEST, made.to_json().encode())
        _sync(part)
        part.rename(place)
        _sync(place.parent)
    except OSError as error:
        raise ArchiveError(f"can't write {place}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _parts(month: Month, runs: Sequence[Run]) -> Iterator[tuple[Table, list[str]]]:
    """Each append-only table, with the conditions (SQL) that its rows of the month meet."""
    for covered in COVERED:
        column, span = covered.columns[covered.place], covered.span
        yield covered.table, [_within(column, run, span) for run in runs]
    yield seal, [_within("batch", run, 1) for run in runs]
    begin, end = month.micros
    yield checkpoint, [f"made_at >= {begin} AND made_at < {end}"]


def _within(column: str, run: Run, span: int) -> str:
    return f"{column} >= {run.first * span} AND {column} < {(run.last + 1) * span}"


def _write_table(file: Path, table: Table, read: Read, conditions: Sequence[str]) -> int:
    """The rows that meet each condition, one after the other; how many they are."""
    rows = 0
    schema = schema_of(table)
    with (
        file.open("xb") as stream,
        pq.ParquetWriter(stream, schema, compression="zstd") as writer,
    ):
        for group in _groups(one for condition in conditions for one in read(table, condition)):
            writer.write_table(pa.Table.from_batches(group, schema))
            rows += sum(one.num_rows for one in group)
        writer.close()
        stream.flush()
        os.fsync(stream.fileno())
    return rows


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """So many together as make a row group."""
    group: list[pa.RecordBatch] = []
    for one in batches:
        group.append(one)
        rows = sum(part.num_rows for part in group)
        if rows >= GROUP_ROWS or sum(part.nbytes for part in group) >= GROUP_OCTETS:
            yield group
            group = []
    if group:
        yield group


def _seals(connection: Connection, runs: Sequence[Run]) -> Seals | None:
    """What seals the batches of the runs; None if there are none."""
    digest, count, first, last = hashlib.sha256(), 0, 0, 0
    for run in runs:
        rows = connection.execute(
            select(seal.c.number, seal.c.leaf)
            .where(seal.c.batch.between(run.first, run.last))
            .order_by(seal.c.number)
            .execution_options(yield_per=5000)
        )
        for number, leaf in rows:
            first, last, count = (number if count == 0 else first), number, count + 1
            digest.update(leaf)
    return Seals(first=first, last=last, count=count, leaves=digest.hexdigest()) if count else None


def _checkpoint(connection: Connection, last: int) -> Checkpoint | None:
    """The oldest that covers the seal `last`, if one was made since."""
    found = connection.execute(
        select(checkpoint).where(checkpoint.c.size > last).order_by(checkpoint.c.number).limit(1)
    ).one_or_none()
    if found is None:
        return None
    return Checkpoint(number=found.number, size=found.size, root=found.root.hex(), note=found.note)


def _unchanged(place: Path, now: Manifest) -> Manifest:
    """What is there already. Raises ArchiveError unless it is whole, and what the ledger has."""
    before = Manifest.read(place)
    faults = check_month(place).faults
    if faults:
        raise ArchiveError(f"{faults[0]}: move {place} away, and archive the month again")
    if (before.begin, before.batches, before.seals) != (now.begin, now.batches, now.seals):
        raise ArchiveError(
            f"{place} has {before.batches} batches of the month, the ledger {now.batches}: it is "
            "another ledger's, or a worker's clock was behind. Move it away, and archive again"
        )
    return before


def _newest(connection: Connection) -> int:
    """The number of the newest seal; -1 if there is none."""
    return int(connection.execute(select(func.coalesce(func.max(seal.c.number), -1))).scalar_one())


@contextmanager
def _alone(archive: Path) -> Iterator[None]:
    """The folder, made if it is missing. Raises ArchiveError if another archives into it."""
    try:
        archive.mkdir(parents=True, exist_ok=True)
        folder = os.open(archive, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ArchiveError(f"can't write to {archive}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveError(f"another command is archiving into {archive}") from None
        yield
    finally:
        os.close(folder)


def _to_disk(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """A folder's names are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
