"""How does the ledger say to the world what it holds? By signed checkpoints, each naming the last.

What is published can't be taken back: whoever rewrites rows and seals afterwards, and be it the
database's own administrator, has no note that fits. The signing key is not in the database.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from ledger.audit.notes import Note, name_of
from ledger.audit.sealing import seal_batches, wait_for_sealers
from ledger.audit.tree import Frontier
from ledger.clock import from_micros
from ledger.errors import LedgerError
from ledger.signing import Signer
from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.tables import checkpoint, seal


class CheckpointError(LedgerError):
    """The last checkpoint can't be gone on from."""


class Published(NamedTuple):
    """A checkpoint: its text, and what it says."""

    text: str
    note: Note


def make_checkpoint(database: Database, signer: Signer, now: int) -> Published:
    """Seal what is recorded, sign what is sealed, and keep the note; `now` in µs."""
    seal_batches(database, wait=True)
    with database.write() as connection:
        wait_for_sealers(connection)
        last = newest_checkpoint(connection)
        edge, previous, number = Frontier(), "", 0
        if last is not None:
            edge, previous, number = _edge(last, signer), name_of(last.note), last.number + 1
        for leaf in leaves(connection, edge.size):
            edge.add(leaf)
        if not edge.size:
            raise LedgerError("nothing is recorded yet that a checkpoint could say")
        time = from_micros(now, UTC)
        note = Note(origin(connection), edge.size, edge.root(), time, previous)
        text = signer.checkpoint(note.claims())
        row = (number, edge.size, note.root, b"".join(edge.peaks), now, text)
        bulk.insert(connection, checkpoint, [row])
    return Published(text, note)


def make_due_checkpoint(
    database: Database, signer: Signer, now: int, every: int
) -> Published | None:
    """A checkpoint, if batches were sealed since the last one, which is `every` µs old or more."""
    with database.read() as connection:
        last = newest_checkpoint(connection)
        sealed = connection.execute(select(func.count()).select_from(seal)).scalar_one()
    if sealed == (0 if last is None else last.size):
        return None
    if last is not None and now - last.made_at < every:
        return None
    return make_checkpoint(database, signer, now)


def newest_checkpoint(connection: Connection) -> Row[Any] | None:
    """The row of the checkpoint that was made last."""
    newest = select(checkpoint).order_by(checkpoint.c.number.desc()).limit(1)
    return connection.execute(newest).one_or_none()


def leaves(connection: Connection, first: int, end: int | None = None) -> Iterator[bytes]:
    """The leaves of the ledger's tree from number `first` on."""
    query = select(seal.c.leaf).where(seal.c.number >= first).order_by(seal.c.number)
    if end is not None:
        query = query.where(seal.c.number < end)
    yield from connection.execute(query.execution_options(yield_per=5000)).scalars()


def origin(connection: Connection) -> str:
    """The ledger's name in its notes: the hash of its first seal, whose batch has a random salt."""
    first: bytes = connection.execute(select(seal.c.leaf).where(seal.c.number == 0)).scalar_one()
    return first.hex()


def peaks_of(row: Row[Any]) -> Frontier:
    """The edge of the tree that a kept checkpoint was made of."""
    peaks = (row.peaks[at : at + 32] for at in range(0, len(row.peaks), 32))
    return Frontier(row.size, peaks)


def _edge(last: Row[Any], signer: Signer) -> Frontier:
    """Where to go on from the last checkpoint, which is not believed: its signature is checked."""
    trouble = (
        f"checkpoint {last.number} in the ledger was changed, or signed with another key than "
        "VLEDGER_KEY names: `vledger verify` says more"
    )
    try:
        note, edge = Note.read(last.note, signer.keys), peaks_of(last)
    except (LedgerError, ValueError):
        raise CheckpointError(trouble) from None
    if (edge.size, edge.root()) != (note.size, note.root):
        raise CheckpointError(trouble)
    return edge
