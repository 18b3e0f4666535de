"""What can a volunteer prove with a file alone? That rows were in the ledger when it was signed.

Pure: neither the ledger nor the network is asked. A proof leads from a row's text up the tree of
its batch to a seal, and from the seal up the ledger's tree to the root that a checkpoint signed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import orjson

from ledger.audit import tree
from ledger.audit.canonical import BLIND, COVERED
from ledger.audit.notes import Note
from ledger.errors import LedgerError
from ledger.signing import PublicKeys

FORMAT = 1
PROVABLE = ("hour_record", "points_entry")
"""The tables whose rows are about one volunteer and are his to show."""


class ProofError(LedgerError):
    """A proof that proves nothing; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class ProvenSeal:
    """A seal's text, and the hashes that lead from it to the root of the ledger's tree."""

    text: str
    path: tuple[bytes, ...]

    def said(self) -> tuple[int, int, int, bytes]:
        """Its number, its batch, how many rows it has, and the root above them."""
        try:
            _, number, batch, _, rows, root, *_ = self.text.split("\t")
            return int(number), int(batch), int(rows), bytes.fromhex(root)
        except ValueError:
            raise ProofError(f"this is not the text of a seal: {self.text[:80]!r}") from None


@dataclass(frozen=True, slots=True)
class ProvenRow:
    """A row's text (`table⇥columns`), and the hashes that lead from it to the root of a seal.

    `blind` is hashed before it, `seal` is the seal's place in the proof, `index` the row's place in
    its batch.
    """

    text: str
    blind: bytes
    seal: int
    index: int
    path: tuple[bytes, ...]

    @property
    def table(self) -> str:
        return self.text.partition("\t")[0]

    def values(self) -> dict[str, str | None]:
        """The row's values by column. Raises ProofError if it is not a row that can be proven."""
        for covered in COVERED:
            values = self.text.split("\t")[1:]
            if covered.name == self.table and self.table in PROVABLE:
                if len(values) == len(covered.columns):
                    return dict(zip(covered.columns, map(_value, values), strict=True))
                break
        raise ProofError(f"this is not the text of a row: {self.text[:80]!r}")


@dataclass(frozen=True, slots=True)
class Proof:
    """Rows about one volunteer, and a signed checkpoint that they lead to."""

    volunteer: str
    rows: tuple[ProvenRow, ...]
    seals: tuple[ProvenSeal, ...]
    checkpoint: str

    def to_json(self) -> bytes:
        """The file: one way of writing it, so that no character of it can be another."""
        return orjson.dumps(
            {
                "ledger-proof": FORMAT,
                "volunteer": self.volunteer,
                "rows": [
                    {
                        "row": one.text,
                        "blind": one.blind.hex(),
                        "seal": one.seal,
                        "index": one.index,
                        "path": [step.hex() for step in one.path],
                    }
                    for one in self.rows
                ],
                "seals": [
                    {"seal": one.text, "path": [step.hex() for step in one.path]}
                    for one in self.seals
                ],
                "checkpoint": self.checkpoint,
            },
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
        )

    @classmethod
    def read(cls, text: bytes) -> Self:
        """The proof in a file. Raises ProofError unless it is one, as it was written."""
        try:
            data = orjson.loads(text)
            proof = cls(
                _text(data["volunteer"]),
                tuple(
                    ProvenRow(
                        _text(one["row"]),
                        bytes.fromhex(one["blind"]),
                        _number(one["seal"]),
                        _number(one["index"]),
                        _steps(one["path"]),
                    )
                    for one in data["rows"]
                ),
                tuple(ProvenSeal(_text(one["seal"]), _steps(one["path"])) for one in data["seals"]),
                _text(data["checkpoint"]),
            )
            written = proof.to_json()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProofError("this file is no proof of a ledger") from None
        if written != text:
            raise ProofError("this file is not as it was written: something in it was changed")
        return proof

    def check(self, keys: PublicKeys) -> Note:
        """The checkpoint that vouches for all rows. Raises ProofError if one is not proven."""
        try:
            note = Note.read(self.checkpoint, keys)
        except LedgerError as error:
            raise ProofError(str(error)) from None
        self.follow(note)
        return note

    def follow(self, note: Note) -> None:
        """Go up every path. Raises ProofError if one does not lead to the root of `note`."""
        if not self.rows:
            raise ProofError("this proof has no rows")
        seals = []
        for seal in self.seals:
            said = number, batch, *_ = seal.said()
            leaf = tree.leaf_hash(seal.text.encode())
            if tree.root_by_path(leaf, number, note.size, seal.path) != note.root:
                raise ProofError(f"the checkpoint does not vouch for the seal of batch {batch}")
            seals.append(said)
        if {one.seal for one in self.rows} != set(range(len(seals))):
            raise ProofError("the rows name other seals than the proof has")
        covered = {one.name: one for one in COVERED}
        for row in self.rows:
            if row.values()["volunteer"] != self.volunteer:
                raise ProofError(f"a row is not about {self.volunteer}: {row.text[:80]!r}")
            _, batch, size, root = seals[row.seal]
            line = row.text.encode().partition(b"\t")[2]
            leaf = tree.leaf_hash(row.blind + row.text.encode())
            if len(row.blind) != BLIND or (
                tree.root_by_path(leaf, row.index, size, row.path) != root
                or covered[row.table].batch_of(line) != batch
            ):
                raise ProofError(f"the seal of batch {batch} does not vouch for {row.text[:80]!r}")

    def words(self, note: Note) -> Iterator[str]:
        """What is proven, for people, and what is not."""
        yield f"Proven 已证实 for 志愿者 {self.volunteer}:"
        yield (
            f"At {note.time.isoformat(timespec='seconds')} the ledger {note.origin[:16]} "
            f"({note.size} sealed batches) signed that it held:"
        )
        records = [row.values() for row in self.rows]
        yield from _hours([one for one in records if "seconds" in one])
        yield from _points([one for one in records if "amount" in one])
        yield (
            "Not proven: that nothing was added since, such as a correction, "
            "or that this file has all of it."
        )


def _hours(records: Sequence[dict[str, str | None]]) -> Iterator[str]:
    counted = 0
    for one in records:
        seconds = int(one["seconds"] or 0)
        counted += seconds if one["status"] == "counted" else 0
        start, end = (_shown(one[name]) for name in ("started_at", "ended_at"))
        undone = f", takes back record {one['reverses']}" if one["reverses"] else ""
        yield (
            f"  hour record {one['id']} 服务时长: {start} to {end} UTC, "
            f"activity {one['activity']}, place {one['place']}: "
            f"{seconds} s, {one['status']}{undone}"
        )
    if records:
        hours = f"{counted // 3600} h {counted % 3600 // 60} min"
        yield f"  together 合计 {counted} s counted ({hours})"


def _points(entries: Sequence[dict[str, str | None]]) -> Iterator[str]:
    sums: dict[str, int] = defaultdict(int)
    for one in entries:
        amount = int(one["amount"] or 0)
        sums[one["currency"] or ""] += amount
        undone = f", takes back entry {one['reverses']}" if one["reverses"] else ""
        yield (
            f"  points entry {one['id']} 积分: {amount:+} {one['currency']}, "
            f"{one['counter']}, rule {one['rule']}{undone}"
        )
    for currency, amount in sums.items():
        yield f"  together 合计 {amount} {currency}, in its smallest unit"


def _shown(seconds: str | None) -> str:
    return f"{datetime.fromtimestamp(int(seconds or 0), UTC):%Y-%m-%d %H:%M:%S}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no number")
    return value


def _steps(path: Sequence[Any]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(step) for step in path)


def _value(text: str) -> str | None:
    """The value of a column as it is written in a row's line; None for NULL."""
    if text == "\\N":
        return None
    value, rest = "", text
    while rest:
        plain, backslash, rest = rest.partition("\\")
        value += plain
        if backslash:
            value, rest = value + _LETTERS.get(rest[:1], rest[:1]), rest[1:]
    return value


_LETTERS = {"b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
