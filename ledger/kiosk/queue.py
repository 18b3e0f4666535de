"""What was marked at this kiosk, and what has the ledger said of it? One SQLite file.

What is added is on the disk when the call returns (`synchronous=FULL`), whatever happens then; it
stays until the ledger has said what became of it, and KEPT_DAYS longer.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from ledger.clock import SECOND
from ledger.errors import LedgerError

State = Literal["waiting", "recorded", "duplicate", "queued", "rejected"]

KEPT_DAYS = 40
"""For so long marks that the ledger has can be looked up."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kiosk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    server TEXT NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL, key TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS mark (
    id TEXT PRIMARY KEY,
    content BLOB NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS mark_state ON mark (state, at);
"""


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Which kiosk it is: the ledger's address, its name, its place, the file of its private key."""

    server: str
    source: str
    place: str
    key: Path


class Mark(NamedTuple):
    """A signed event as it is sent; `at` in µs."""

    id: str
    content: bytes
    at: int


class Status(NamedTuple):
    """How many marks are in which state, and the time (µs) of the oldest that is not sent."""

    counts: Mapping[str, int]
    oldest: int | None

    @property
    def waiting(self) -> int:
        return self.counts.get("waiting", 0)


class Queue:
    """The file of one kiosk; several processes may have it open. Raises LedgerError."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._connection = sqlite3.connect(file, timeout=30, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise LedgerError(f"can't open the kiosk's file {file}: {error}") from None

    def close(self) -> None:
        self._connection.close()

    def set_up(self, kiosk: Kiosk) -> None:
        """Say which kiosk it is; again: it has moved, or has another key."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kiosk VALUES (1, ?, ?, ?, ?)",
                (kiosk.server, kiosk.source, kiosk.place, str(kiosk.key)),
            )

    def kiosk(self) -> Kiosk:
        """Which kiosk it is. Raises LedgerError if nobody has said."""
        row = self._connection.execute("SELECT server, source, place, key FROM kiosk").fetchone()
        if row is None:
            raise LedgerError(f"{self.file} is no kiosk's yet: `vledger kiosk set-up` first")
        server, source, place, key = row
        return Kiosk(server, source, place, Path(key))

    def add(self, marks: Iterable[Mark]) -> None:
        """Keep all of them, or none."""
        with self._writing() as connection:
            connection.executemany("INSERT INTO mark (id, content, at) VALUES (?, ?, ?)", marks)

    def waiting(self, most: int) -> list[Mark]:
        """Marks that the ledger has not got, the oldest first."""
        rows = self._connection.execute(
            "SELECT id, content, at FROM mark WHERE state = 'waiting' ORDER BY at, id LIMIT ?",
            (most,),
        )
        return [Mark(*row) for row in rows]

    def settle(self, said: Mapping[str, tuple[State, str]]) -> None:
        """What the ledger said of marks: id → state and reason."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE mark SET state = ?, reason = ? WHERE id = ?",
                [(state, reason, ident) for ident, (state, reason) in said.items()],
            )

    def rejected(self) -> Sequence[tuple[Mark, str]]:
        """What the ledger set aside, and why."""
        rows = self._connection.execute(
            "SELECT id, content, at, reason FROM mark WHERE state = 'rejected' ORDER BY at, id"
        )
        return [(Mark(ident, content, at), reason) for ident, content, at, reason in rows]

    def try_rejected_again(self) -> None:
        """Let what was set aside wait once more: the kiosk may have been enrolled meanwhile."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE mark SET state = 'waiting', reason = '' WHERE state = 'rejected'"
            )

    def status(self) -> Status:
        rows = self._connection.execute("SELECT state, count(*) FROM mark GROUP BY state")
        counts = dict(rows.fetchall())
        (oldest,) = self._connection.execute(
            "SELECT min(at) FROM mark WHERE state = 'waiting'"
        ).fetchone()
        return Status(counts, oldest)

    def tidy(self, now: int) -> None:
        """Forget what the ledger has had for long."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM mark WHERE at < ? AND state NOT IN ('waiting', 'rejected')",
                (now - KEPT_DAYS * 86_400 * SECOND,),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk at its end. Raises LedgerError, and then nothing is kept."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerError(f"can't write the kiosk's file {self.file}: {error}") from None
