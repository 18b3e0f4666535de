"""How is what was recorded sealed? One seal per batch, after it, by one sealer at a time.

A seal says what the rows of a batch are: the root of the Merkle tree over them, for proofs; one
digest of their text, which is quick to check; and of each row its key and the beginning of its
hash, so that what was changed can be named. Seals are the leaves of the ledger's own tree.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from ledger.audit import tree
from ledger.audit.canonical import BLIND, COVERED, LAYOUT, Covered, texts
from ledger.clock import SECOND
from ledger.store import bulk, locks
from ledger.store.database import Database
from ledger.store.journals import settled_batch
from ledger.store.tables import batch, seal

SEAL_AFTER = 10 * SECOND
"""How long workers leave what they recorded unsealed: many batches at once take less work."""

TAG = 8
"""Octets of a row's hash that are kept: too many to find another row that has the same."""

AT_ONCE = 16_000_000
"""Octets of text that are sealed in one transaction, about."""

Lines = Sequence[tuple[Covered, Sequence[bytes]]]
"""The rows of a batch as texts, by table."""


class Seal(NamedTuple):
    """A row of the table, in the order of its columns."""

    number: int
    batch: int
    layout: int
    rows: int
    root: bytes
    digest: bytes
    octets: str
    keys: str
    tags: bytes
    leaf: bytes

    def text(self) -> bytes:
        """What the ledger's tree says of this seal; who has the rows can make it by himself."""
        rest = sha256(f"{self.octets}\n{self.keys}\n".encode() + self.tags)
        parts = ("seal", self.number, self.batch, self.layout, self.rows)
        hashes = (self.root.hex(), self.digest.hex(), rest.hexdigest())
        return "\t".join([*map(str, parts), *hashes]).encode()

    def named(self) -> Iterator[tuple[Covered, tuple[str, ...], bytes]]:
        """(table, primary key, tag) of each row that was sealed."""
        tags = (self.tags[at : at + TAG] for at in range(0, len(self.tags), TAG))
        for name, packed in orjson.loads(self.keys).items():
            covered = next(one for one in COVERED if one.name == name)
            for key, tag in zip(_unpacked(covered, packed), tags, strict=False):
                yield covered, key, tag


def seal_batches(database: Database, *, until: int | None = None, wait: bool = False) -> int:
    """Seal the batches that are not sealed yet; how many.

    With `until` (µs) none if nothing that is recorded by then waits. Where another sealer is at
    work it is left to him, unless `wait`.
    """
    with database.read() as connection:
        unsealed = select(batch.c.recorded_at).where(batch.c.id > _last(connection))
        first = connection.execute(unsealed.order_by(batch.c.id).limit(1)).scalar()
    if first is None or (until is not None and first > until):
        return 0
    newest = settled_batch(database)
    done, batches = 0, 1
    while True:
        with database.write() as connection:
            if not _alone(connection, wait=wait):
                return done
            found = _unsealed(connection, newest, batches)
            if not found:
                return done
            octets = _seal(connection, found)
        done += len(found)
        batches = max(1, min(2000, batches * 8, len(found) * AT_ONCE // max(1, octets)))


def blinds_of(lines: Lines) -> list[bytes]:
    """What hides each row of a batch: it follows from the batch's salt, and from the row's id."""
    blinds: list[bytes] = []
    salt = _salt(lines)
    for prefix, rows in _prefixed(lines):
        salted = salt + prefix
        blinds += [sha256(salted + row[: row.index(b"\t")]).digest()[:BLIND] for row in rows]
    return blinds


def leaves_of(lines: Lines) -> list[bytes]:
    """The hashes of a batch's rows, as leaves of its tree."""
    blinds = iter(blinds_of(lines))
    return [
        tree.leaf_hash(next(blinds) + prefix + row)
        for prefix, rows in _prefixed(lines)
        for row in rows
    ]


def tags_of(lines: Lines) -> list[bytes]:
    """The tags of a batch's rows: what else is in the batch does not matter to them."""
    tags: list[bytes] = []
    for prefix, rows in _prefixed(lines):
        tags += [sha256(prefix + row).digest()[:TAG] for row in rows]
    return tags


def _prefixed(lines: Lines) -> Iterator[tuple[bytes, Sequence[bytes]]]:
    """The lines of each table, and what is hashed before them: its name."""
    return ((covered.name.encode() + b"\t", rows) for covered, rows in lines)


def _salt(lines: Lines) -> bytes:
    for covered, rows in lines:
        if covered.table is batch:
            return rows[0].split(b"\t")[covered.columns.index("salt")]
    return b""


def digest_of(parts: Iterable[tuple[str, bytes | memoryview]]) -> bytes:
    """The digest of a batch from the text of its rows, by table; empty ones are passed over."""
    whole = sha256()
    for name, part in parts:
        if part:
            whole.update(f"{name} {len(part)}\n".encode())
            whole.update(part)
    return whole.digest()


def rows_by_batch(
    connection: Connection, first: int | None, end: int
) -> dict[int, list[tuple[Covered, list[bytes]]]]:
    """The rows of the batches from `first` up to `end`, by batch and table."""
    found: dict[int, list[tuple[Covered, list[bytes]]]] = {}
    for covered in COVERED:
        for ident, lines in covered.by_batch(texts(connection, covered, first, end)):
            found.setdefault(ident, []).append((covered, lines))
    return found


def make_seal(number: int, ident: int, lines: Lines) -> Seal:
    """The seal of a batch with these rows."""
    parts = [(one.name, b"\n".join(rows) + b"\n") for one, rows in lines]
    hashes = leaves_of(lines)
    made = Seal(
        number,
        ident,
        LAYOUT,
        len(hashes),
        tree.root(hashes),
        digest_of(parts),
        orjson.dumps({name: len(part) for name, part in parts}).decode(),
        orjson.dumps({one.name: _packed(one, rows) for one, rows in lines}).decode(),
        b"".join(tags_of(lines)),
        b"",
    )
    return made._replace(leaf=tree.leaf_hash(made.text()))


def wait_for_sealers(connection: Connection) -> None:
    """Be the only sealer until the end of the transaction."""
    locks.hold(connection, locks.Lock.SEALS)


def _alone(connection: Connection, *, wait: bool) -> bool:
    if not wait:
        return locks.had(connection, locks.Lock.SEALS)
    wait_for_sealers(connection)
    return True


def _last(connection: Connection) -> int:
    """The newest batch that is sealed, 0 if none is."""
    return connection.execute(select(func.max(seal.c.batch))).scalar_one() or 0


def _unsealed(connection: Connection, newest: int, limit: int) -> list[int]:
    query = select(batch.c.id).where(batch.c.id.between(_last(connection) + 1, newest))
    return list(connection.execute(query.order_by(batch.c.id).limit(limit)).scalars())


def _seal(connection: Connection, batches: Sequence[int]) -> int:
    """Seal `batches`, which follow what is sealed; how many octets of text they have."""
    newest = func.coalesce(func.max(seal.c.number), -1)
    number = connection.execute(select(newest)).scalar_one() + 1
    rows = rows_by_batch(connection, batches[0], batches[-1] + 1)
    seals = [make_seal(number + at, ident, rows[ident]) for at, ident in enumerate(batches)]
    bulk.insert(connection, seal, seals)
    return sum(len(row) for ident in batches for _, lines in rows[ident] for row in lines)


def _packed(covered: Covered, lines: Sequence[bytes]) -> list[int | str]:
    """Primary keys, the values of one row after those of the other; a number as what it adds."""
    if not covered.numbered:
        return [value for line in lines for value in covered.key_of(line)]
    packed: list[int | str] = []
    before = 0
    width = len(covered.key)
    for line in lines:
        fields = line.split(b"\t", width)
        ident = int(fields[0])
        packed.append(ident - before)
        before = ident
        packed += map(int, fields[1:width])
    return packed


def _unpacked(covered: Covered, packed: Sequence[int | str]) -> Iterator[tuple[str, ...]]:
    before = 0
    width = len(covered.key)
    for at in range(0, len(packed), width):
        first, *others = packed[at : at + width]
        if isinstance(first, int):
            before += first
            first = before
        yield tuple(map(str, (first, *others)))
