"""How is a proof made? From the rows about a volunteer, up to the newest signed checkpoint."""

from datetime import UTC
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.audit import tree
from ledger.audit.checkpoints import leaves, newest_checkpoint, origin
from ledger.audit.notes import Note
from ledger.audit.proofs import PROVABLE, Proof, ProofError, ProvenRow, ProvenSeal
from ledger.audit.sealing import Seal, blinds_of, leaves_of, rows_by_batch
from ledger.clock import from_micros
from ledger.core.entries import BATCH_SPAN
from ledger.errors import LedgerError
from ledger.store import bulk
from ledger.store.tables import hour_record, points_entry, seal


class Made(NamedTuple):
    """A proof, and how many rows came too late for its checkpoint."""

    proof: Proof
    later: int


def prove(connection: Connection, volunteer: str, record: int | None = None) -> Made:
    """The proof of all hour records and points entries of a volunteer, or of the one `record`.

    Raises LedgerError if there is nothing to prove yet, or the ledger is not what was signed.
    """
    wanted = _wanted(connection, volunteer, record)
    signed = newest_checkpoint(connection)
    if signed is None:
        raise LedgerError("no checkpoint is signed yet: `vledger checkpoint` makes one")
    batches = {ident // BATCH_SPAN for ident in wanted}
    seals = [
        Seal._make(row)
        for row in connection.execute(
            select(seal)
            .where(bulk.among(connection, seal.c.batch, batches), seal.c.number < signed.size)
            .order_by(seal.c.number)
        )
    ]
    if not seals:
        raise LedgerError(
            "what is to be proven came after the last checkpoint: `vledger checkpoint` makes one"
        )
    all_leaves = list(leaves(connection, 0, signed.size))
    rows: list[ProvenRow] = []
    for place, one in enumerate(seals):
        rows += _rows(connection, one.batch, place, wanted)
    above = [tuple(tree.path(all_leaves, one.number)) for one in seals]
    texts = [one.text().decode() for one in seals]
    proof = Proof(
        volunteer,
        tuple(rows),
        tuple(ProvenSeal(*both) for both in zip(texts, above, strict=True)),
        signed.note,
    )
    made_at = from_micros(signed.made_at, UTC)
    try:
        proof.follow(Note(origin(connection), signed.size, signed.root, made_at, ""))
    except ProofError as error:
        raise LedgerError(
            f"the ledger is not what was signed ({error}): run `vledger verify`"
        ) from None
    return Made(proof, len(wanted) - len(rows))


def _wanted(connection: Connection, volunteer: str, record: int | None) -> set[int]:
    found: set[int] = set()
    for table in (hour_record, points_entry):
        query = select(table.c.id).where(table.c.volunteer == volunteer)
        if record is not None:
            query = query.where(table.c.id == record)
        found.update(connection.execute(query).scalars())
    if not found:
        what = "no hour records or points" if record is None else f"no record or entry {record}"
        raise LedgerError(
            f"{volunteer} has {what}: `vledger explain {volunteer}` shows what there is"
        )
    return found


def _rows(connection: Connection, batch: int, place: int, wanted: set[int]) -> list[ProvenRow]:
    """The wanted rows of a batch, with their paths to its root."""
    lines = rows_by_batch(connection, batch, batch + 1).get(batch, [])
    blinds, hashes = blinds_of(lines), leaves_of(lines)
    found: list[ProvenRow] = []
    index = 0
    for covered, rows in lines:
        for line in rows:
            if covered.name in PROVABLE and int(covered.key_of(line)[0]) in wanted:
                text = f"{covered.name}\t{line.decode()}"
                steps = tuple(tree.path(hashes, index))
                found.append(ProvenRow(text, blinds[index], place, index, steps))
            index += 1
    return found
