"""What has been recorded since? The ledger's messages in an order that never changes.

A place in it is a batch and a number within it. Only batches before which none can come any more
are told of, so that whoever goes on after a place misses nothing.
"""

import threading
import time
from collections.abc import Iterator
from typing import NamedTuple, Self

from ledger.core.messages import messages
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.journals import batches_after, entries_of, newest_batch, settled_batch

REST = 0.5
"""Seconds between two looks for what is new, however many follow."""

BATCHES = 50
"""Read at a time, at most."""


class Place(NamedTuple):
    """Behind so many messages of a batch; those of all batches before it are behind it, too."""

    batch: int
    number: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """From "BATCH" or "BATCH.NUMBER". Raises ValueError."""
        parts = text.split(".")
        if not 1 <= len(parts) <= 2 or not all(one.isascii() and one.isdecimal() for one in parts):
            raise ValueError(text)
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.batch}.{self.number}"


class Change(NamedTuple):
    """A message of a type, and the place behind it; whom or what it is about (`key`).

    `content`: the CloudEvent as JSON.
    """

    place: Place
    type: str
    key: str
    id: str
    content: bytes


class Changes:
    """For all who follow a ledger in this process. Safe in threads."""

    def __init__(self, recorder: Recorder, settings: Settings) -> None:
        self._recorder = recorder
        self._key = settings.key
        self._lock = threading.Lock()
        self._settled = 0
        self._looked = -REST

    def newest(self, *, exactly: bool = False) -> int:
        """The newest batch that can be told of; unless `exactly`, as of a moment ago."""
        with self._lock:
            if exactly or time.monotonic() - self._looked >= REST:
                if newest_batch(self._recorder.database) > self._settled:
                    self._settled = settled_batch(self._recorder.database)
                self._looked = time.monotonic()
            return self._settled

    def after(self, place: Place) -> tuple[list[Change], Place]:
        """Some of what follows a place, and the place behind it; none, and the same, at the end."""
        until = self.newest()
        if until < place.batch:
            return [], place
        with self._recorder.database.read() as connection:
            recorded = batches_after(connection, place.batch - 1, until, BATCHES)
            entries = entries_of(connection, recorded) if recorded else {}
            rules = self._recorder.rules_by(connection)
        found: list[Change] = []
        signs = signer(self._key)
        last = place
        for batch, one in entries.items():
            told = [
                Change(Place(batch, number), message.type, message.key, message.id, message.content)
                for number, message in enumerate(messages(one, rules, signs), 1)
            ]
            begin = place.number if batch == place.batch else 0
            found += told[begin:]
            last = Place(batch + 1)
        return found, last

    def end(self) -> Place:
        """Behind all that can be told of now."""
        return Place(self.newest() + 1)


def by_batch(found: list[Change]) -> Iterator[list[Change]]:
    """The same, batch by batch."""
    batch: list[Change] = []
    for one in found:
        if batch and batch[-1].place.batch != one.place.batch:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch
