"""Is the ledger what was sealed and published? Each difference is named, by table and primary key.

The rows of many batches are read as one text per table and cut where their seals say; if every
batch's digest is right, so is every row. Only where one is wrong are rows looked at one by one.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from ledger.audit import tree
from ledger.audit.canonical import COVERED, LAYOUT, texts
from ledger.audit.checkpoints import origin, peaks_of
from ledger.audit.notes import Note, name_of
from ledger.audit.sealing import (
    AT_ONCE,
    Lines,
    Seal,
    digest_of,
    make_seal,
    rows_by_batch,
    tags_of,
)
from ledger.audit.tree import Frontier
from ledger.errors import LedgerError
from ledger.signing import PublicKeys
from ledger.store.database import Database
from ledger.store.tables import batch, checkpoint, seal

NAMED = 1000
"""Rows that are named, at most."""

LARGE = 5_000_000
"""Rows from which on it is worth starting processes, which takes each of them a second."""

SEALED = "every sealed batch holds the rows that were sealed"
UNSEALED = "no row is outside of the batches that were recorded"
CHECKPOINTS = "the seals are those that the checkpoints say"
PUBLISHED = "the published checkpoints hold"


class Extent(NamedTuple):
    """How much of the ledger is sealed, and signed."""

    sealed: int
    rows: int
    unsealed: int
    checkpoints: int


class Against(NamedTuple):
    """What the ledger is compared with, beside its own seals: checkpoints, as they were published.

    Without `keys` the signatures of kept checkpoints are not checked. With `deep` the trees over
    the rows are recomputed too, which finds seals that were made wrong.
    """

    keys: PublicKeys | None = None
    published: tuple[str, ...] = ()
    deep: bool = False


ITSELF = Against()
"""The ledger's own seals and checkpoints alone."""


@dataclass(slots=True)
class _Part:
    """What was found in some seals: their leaves, recomputed, and what is wrong."""

    leaves: list[bytes] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def extent(connection: Connection) -> Extent:
    """How much of the ledger is sealed, and signed."""
    sealed, rows, last = connection.execute(
        select(func.count(), func.coalesce(func.sum(seal.c.rows), 0), func.max(seal.c.batch))
    ).one()
    newer = select(func.count()).select_from(batch).where(batch.c.id > (last or 0))
    notes = select(func.count()).select_from(checkpoint)
    return Extent(
        sealed,
        int(rows),
        connection.execute(newer).scalar_one(),
        connection.execute(notes).scalar_one(),
    )


def audit(
    database: Database, connection: Connection, against: Against
) -> Iterator[tuple[str, list[str]]]:
    """Each check with what it found wrong."""
    key = against.keys
    sealed = extent(connection)
    found = _check_seals(database, connection, sealed, deep=against.deep)
    yield SEALED, found.findings[:NAMED]
    yield UNSEALED, list(_strays(connection))[:NAMED]
    kept = list(connection.execute(select(checkpoint).order_by(checkpoint.c.number)))
    sizes = {row.size for row in kept}
    notes: list[Note] = []
    unread: list[str] = []
    for number, text in enumerate(against.published, 1):
        if key is None:
            unread.append("give the ledger's public key with --key")
            break
        try:
            notes.append(Note.read(text, key))
        except LedgerError as error:
            unread.append(f"published checkpoint {number}: {error}")
    roots = _roots(found.leaves, sizes | {note.size for note in notes})
    yield CHECKPOINTS, list(_kept(connection, kept, roots, key))
    if against.published:
        yield PUBLISHED, unread + list(_hold(connection, notes, roots))


# Rows and seals ----------------------------------------------------------------------------------


def _check_seals(
    database: Database, connection: Connection, sealed: Extent, *, deep: bool
) -> _Part:
    cores = os.cpu_count() or 1
    newest = func.coalesce(func.max(seal.c.number), -1)
    end = connection.execute(select(newest)).scalar_one() + 1
    if sealed.rows < LARGE or cores == 1:
        return _check_part(connection, 0, end, deep=deep)
    pieces = min(end, cores * 16)
    bounds = [end * piece // pieces for piece in range(pieces + 1)]
    whole = _Part()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, context) as pool:
        jobs = [
            pool.submit(_check_apart, database.url, first, end, deep)
            for first, end in pairwise(bounds)
        ]
        for job in jobs:
            part = job.result()
            whole.leaves += part.leaves
            whole.findings += part.findings[: NAMED - len(whole.findings)]
    return whole


def _check_apart(url: str, first: int, end: int, deep: bool) -> _Part:
    """In a process of its own: sealed rows are the same in every snapshot."""
    database = Database(url)
    try:
        with database.read() as connection:
            return _check_part(connection, first, end, deep=deep)
    finally:
        database.close()


def _check_part(connection: Connection, first: int, end: int, *, deep: bool) -> _Part:
    """Check the seals from number `first` up to `end`, and the rows of all batches that they span.

    The first seal's span begins below all batches, any other's after the batch that is sealed
    before it: so rows of batches that were never recorded are found too.
    """
    part = _Part()
    if end == 0:
        return part
    before = None
    seals = select(seal).where(seal.c.number < end).order_by(seal.c.number)
    if first:
        seals = seals.where(seal.c.number >= first)
        sealed_before = select(func.max(seal.c.batch)).where(seal.c.number < first)
        before = connection.execute(sealed_before).scalar()
    expected = first
    group: list[Seal] = []
    octets = 0
    for row in connection.execute(seals.execution_options(yield_per=500)):
        one = Seal._make(row)
        if one.number != expected:
            part.findings.append(f"seal number={expected} is missing: the next one is {one.number}")
        expected = one.number + 1
        part.leaves.append(tree.leaf_hash(one.text()))
        if part.leaves[-1] != one.leaf:
            part.findings.append(f"seal number={one.number} (of batch {one.batch}) was changed")
        if one.layout != LAYOUT:
            part.findings.append(f"seal number={one.number}: layout {one.layout} is not known here")
        latest = group[-1].batch if group else before
        if latest is not None and one.batch <= latest:
            part.findings.append(f"seal number={one.number}: batch {one.batch} is out of order")
            continue
        group.append(one)
        octets += sum(_octets(one).values())
        if octets >= AT_ONCE:
            part.findings += _check_group(connection, group, before, deep=deep)
            before, group, octets = group[-1].batch, [], 0
    if group:
        part.findings += _check_group(connection, group, before, deep=deep)
    if expected != end:
        part.findings.append(f"seal number={expected} is missing: the ledger had {end} or more")
    return part


def _check_group(
    connection: Connection, seals: Sequence[Seal], before: int | None, *, deep: bool
) -> list[str]:
    """Check the rows of the batches after `before` up to the last of `seals`."""
    first, end = None if before is None else before + 1, seals[-1].batch + 1
    if not deep and _as_sealed(connection, seals, first, end):
        return []
    rows = rows_by_batch(connection, first, end)
    findings: list[str] = []
    for one in seals:
        findings += _differences(one, rows.pop(one.batch, []))
    for ident, lines in rows.items():
        for covered, texts_ in lines:
            for line in texts_:
                row = covered.named(covered.key_of(line))
                findings.append(f"{row} was inserted into batch {ident}, which was not sealed")
    return findings


def _as_sealed(connection: Connection, seals: Sequence[Seal], first: int | None, end: int) -> bool:
    """All rows are those that were sealed: the usual case, in which no single row is looked at."""
    whole = [(one.name, memoryview(texts(connection, one, first, end))) for one in COVERED]
    places = dict.fromkeys((name for name, _ in whole), 0)
    for one in seals:
        octets = _octets(one)
        parts = []
        for name, text in whole:
            start = places[name]
            places[name] = start + octets.get(name, 0)
            parts.append((name, text[start : places[name]]))
        if digest_of(parts) != one.digest:
            return False
    return all(places[name] == len(text) for name, text in whole)


def _octets(one: Seal) -> dict[str, int]:
    try:
        return {str(name): int(size) for name, size in orjson.loads(one.octets).items()}
    except (ValueError, AttributeError, TypeError):  # changed by hand: its digest can't be right
        return {}


def _differences(one: Seal, lines: Lines) -> list[str]:
    """What the rows of a batch are, and its seal says otherwise."""
    made = make_seal(one.number, one.batch, lines)
    if made.digest == one.digest and made.root == one.root:
        if made == one:
            return []
        return [f"seal number={one.number} (of batch {one.batch}) was changed"]
    keys = [(covered, covered.key_of(line)) for covered, rows in lines for line in rows]
    there = dict(zip(keys, tags_of(lines), strict=True))
    try:
        sealed = {(covered, key): tag for covered, key, tag in one.named()}
    except (ValueError, AttributeError, TypeError, StopIteration):
        return [
            f"seal number={one.number} (of batch {one.batch}) was changed, and some of its rows"
        ]
    findings = []
    for row in dict.fromkeys((*sealed, *there)):
        was, now = sealed.get(row), there.get(row)
        if was == now:
            continue
        verb = "was inserted" if was is None else "was removed" if now is None else "was changed"
        findings.append(f"{row[0].named(row[1])} {verb} (batch {one.batch})")
    return findings or [f"seal number={one.number} (of batch {one.batch}) was changed"]


def _strays(connection: Connection) -> Iterator[str]:
    """Rows after all that is sealed whose batch was not recorded."""
    sealed = connection.execute(select(func.max(seal.c.batch))).scalar_one() or 0
    for covered in COVERED:
        if covered.table is batch:
            continue
        place = covered.table.columns[covered.place]
        ident = place // covered.span
        recorded = select(batch.c.id).where(batch.c.id == ident).exists()
        key = [covered.table.columns[at] for at in covered.key]
        query = select(*key).where(place >= (sealed + 1) * covered.span, ~recorded)
        for row in connection.execute(query.limit(NAMED)):
            yield f"{covered.named(tuple(map(str, row)))} is in no batch that was recorded"


# Checkpoints -------------------------------------------------------------------------------------


def _roots(leaves: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The root of the tree at each of `sizes` that it has reached."""
    edge, roots = Frontier(), {}
    for leaf in leaves:
        edge.add(leaf)
        if edge.size in sizes:
            roots[edge.size] = edge.root()
    return roots


def _kept(
    connection: Connection,
    kept: Sequence[Any],
    roots: dict[int, bytes],
    keys: PublicKeys | None,
) -> Iterator[str]:
    """What is wrong with the checkpoints in the ledger."""
    agreed, previous = 0, ""
    for number, row in enumerate(kept):
        name = f"checkpoint number={row.number}"
        if row.number != number:
            yield f"checkpoint number={number} is missing: the next one is {row.number}"
            return
        if keys is not None:
            try:
                note = Note.read(row.note, keys)
            except LedgerError as error:
                yield f"{name}: {error}"
                return
            said = (note.size, note.root, note.previous)
            if said != (row.size, row.root, previous):
                yield f"{name} was changed: its note says otherwise"
            try:
                edge = peaks_of(row)
            except ValueError:
                edge = Frontier()
            if edge.root() != row.root:
                yield f"{name} was changed: its peaks are not those of its root"
        if roots.get(row.size) != row.root:
            yield f"{name}: {_rewritten(connection, agreed, row.size)}"
            return
        agreed, previous = row.size, name_of(row.note)


def _hold(connection: Connection, notes: Sequence[Note], roots: dict[int, bytes]) -> Iterator[str]:
    """What was published and is no longer so."""
    agreed = 0
    for note in sorted(notes, key=lambda one: one.size):
        when = f"the checkpoint of {note.time.isoformat()}"
        if roots and note.origin != origin(connection):
            yield f"{when} is of another ledger, or the first seal was rewritten"
        if roots.get(note.size) != note.root:
            yield f"{when}: {_rewritten(connection, agreed, note.size)}"
            return
        agreed = note.size


def _rewritten(connection: Connection, agreed: int, size: int) -> str:
    """Where a tree stopped being what was signed: after `agreed` seals, before `size`."""
    between = seal.c.number.between(agreed, size - 1)
    first, last, count = connection.execute(
        select(func.min(seal.c.batch), func.max(seal.c.batch), func.count()).where(between)
    ).one()
    if count < size - agreed:
        return f"of seals {agreed} to {size - 1} only {count} are left"
    return (
        f"it was signed over other seals: one from {agreed} to {size - 1} was rewritten, "
        f"that is a batch from {first} to {last}, after it was signed"
    )
