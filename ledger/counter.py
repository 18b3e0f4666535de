"""How do many tills at once share a transaction? Whoever comes while one runs is in the next.

A commit costs the same for one request as for a hundred, so a busy counter gets faster, not slower.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from time import monotonic
from types import TracebackType
from typing import NamedTuple, Self

from ledger.intake import Arrival, Rejected
from ledger.recorder import Outcome, Recorder

GROUPED = 500
"""Requests in one transaction, at most."""

WITHIN = 0.002
"""Seconds that a request waits for those who came with the last one."""


class Served(NamedTuple):
    """What became of one arrival; `reject` says why it was set aside, if it was."""

    outcome: Outcome
    reject: Rejected | None


class _Waiting(NamedTuple):
    arrival: Arrival
    served: "Future[Served]"


class Counter:
    """Records arrivals of many threads, grouped, by one thread of its own; a context manager."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="counter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def record(self, arrival: Arrival) -> Served:
        """Record one arrival and wait for it. Raises what the recording raised."""
        served: Future[Served] = Future()
        self._waiting.put(_Waiting(arrival, served))
        return served.result()

    def _serve(self) -> None:
        expected = 1
        while (first := self._waiting.get()) is not None:
            group, closing = self._joined(first, expected)
            self._record(group)
            if closing:
                return
            expected = len(group)

    def _joined(self, first: _Waiting, expected: int) -> tuple[list[_Waiting], bool]:
        """Who waits now, and for a moment those who came with the last group; is it closing time?

        Tills that were answered together ask again together: without that moment the first of them
        would have a transaction of its own, and the others would wait for it.
        """
        group, until = [first], monotonic() + WITHIN
        while len(group) < GROUPED:
            left = until - monotonic() if len(group) < expected else 0.0
            try:
                one = self._waiting.get(timeout=left) if left > 0 else self._waiting.get_nowait()
            except queue.Empty:
                break
            if one is None:
                return group, True
            group.append(one)
        return group, False

    def _record(self, group: Sequence[_Waiting]) -> None:
        try:
            receipt = self._recorder.record([one.arrival for one in group])
        except BaseException as error:  # noqa: BLE001 - each who waits gets it
            for one in group:
                one.served.set_exception(error)
            return
        rejects = iter(receipt.rejects)
        for one, outcome in zip(group, receipt.outcomes, strict=True):
            reject = next(rejects) if outcome == "rejected" else None
            one.served.set_result(Served(outcome, reject))
