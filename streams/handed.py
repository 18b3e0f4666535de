"""Which batches can be published without asking the ledger for them? Those handed over here."""

import threading
from collections import deque
from collections.abc import Collection

from ledger.recording.recorder import Recorded

MOST = 100_000
"""Entries that wait in memory for their turn, at most."""

REMEMBERED = 1000
"""Batches read from the ledger that may still be handed over, at most."""


class Handed:
    """Recorded batches that wait for the relay, in the order in which they came. Bounded.

    They come from the event loop, and a thread takes some, too.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: dict[int, Recorded] = {}
        self._size = 0
        self._read: deque[int] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    def put(self, recorded: Recorded) -> bool:
        """Keep a batch; False if there are too many entries: then the oldest were forgotten."""
        with self._lock:
            if recorded.batch in self._read:  # it was found in the ledger before it came here
                return True
            self._waiting[recorded.batch] = recorded
            self._size += recorded.journal.size
            complete = True
            while self._size > self._most:
                self._pop(next(iter(self._waiting)))
                complete = False
            return complete

    def take(self, batches: Collection[int]) -> dict[int, Recorded]:
        """Those of `batches` that wait, which they no longer do then; the others come too late."""
        with self._lock:
            self._read += [one for one in batches if one not in self._waiting]
            return {one: self._pop(one) for one in batches if one in self._waiting}

    def drop(self, lanes: Collection[str]) -> None:
        """Forget what waits of these lanes, which are claimed anew: the ledger has to be asked."""
        with self._lock:
            for ident in [ident for ident, one in self._waiting.items() if one.lane in lanes]:
                self._pop(ident)

    def next(self, lanes: Collection[str], entries: int) -> dict[int, Recorded]:
        """The first to wait, with so many entries or a single batch; of other lanes they go."""
        with self._lock:
            taken: dict[int, Recorded] = {}
            size = 0
            for ident, one in list(self._waiting.items()):
                size += one.journal.size
                if taken and size > entries:
                    break
                self._pop(ident)
                if one.lane in lanes:
                    taken[ident] = one
            return taken

    def _pop(self, batch: int) -> Recorded:
        taken = self._waiting.pop(batch)
        self._size -= taken.journal.size
        return taken
