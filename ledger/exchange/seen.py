"""Which keys has a file had so far? In a file that nobody else sees, so that memory is bounded."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple


class Before(NamedTuple):
    """Where a key was seen first, and with which content."""

    row: str
    content: bytes


class Seen:
    """Keys with their contents, by kind. Use it with `with`: its file goes with it."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # "": a file of its own, that is deleted when closed
        self._file.execute(
            "CREATE TABLE seen (kind TEXT, key TEXT, row TEXT, content BLOB, "
            "PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )

    def __enter__(self) -> "Seen":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def first(self, kind: str, key: str, row: str, content: bytes) -> Before | None:
        """None if the key is new, and is known from now on; else what it was seen with."""
        known = self._file.execute(
            "SELECT row, content FROM seen WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        if known is not None:
            return Before(*known)
        self._file.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (kind, key, row, content))
        return None

    def put(self, kind: str, key: str, content: bytes) -> None:
        """The key has this content from now on."""
        self._file.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, '', ?)", (kind, key, content))

    def get(self, kind: str, key: str) -> bytes | None:
        found = self._file.execute(
            "SELECT content FROM seen WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def all(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """All keys of a kind in the order of their code points."""
        rows = self._file.execute(
            "SELECT key, content FROM seen WHERE kind = ? ORDER BY key", (kind,)
        )
        yield from ((str(key), bytes(content)) for key, content in rows)
