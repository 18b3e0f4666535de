"""How do many who come at once share a transaction? Whoever comes while one runs is in the next.

A commit costs nearly the same for one request as for a hundred, so a busy counter gets faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import NamedTuple

from ledger.core.intake import Arrival, Rejected
from ledger.recording.recorder import Outcome, Recorder

AT_ONCE = 5000
"""Arrivals in one transaction, from which on a request waits for the next."""

WITHIN = 0.002
"""Seconds that a request waits for as many others as came with the last one."""


class Served(NamedTuple):
    """What became of one arrival; `reject` says as what it was kept, if it was set aside."""

    outcome: Outcome
    reject: Rejected | None


@dataclass(slots=True, eq=False)
class _Waiting:
    arrivals: Sequence[Arrival]
    became: list[Served] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False
    called: Event = field(default_factory=Event)
    """It is done, or it is this one's turn to record."""


class Counter:
    """One of those who wait records what all have brought, then it is the next one's turn.

    Whoever is served leaves at once, and nobody is passed over: a lock would be taken again and
    again by whoever has the processor, while others wait for it to learn that they are served. Safe
    in threads.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: list[_Waiting] = []
        self._listed = Condition()
        self._at_work = False
        self._expected = 1

    def record(self, arrivals: Sequence[Arrival]) -> list[Served]:
        """What became of each, in their order.

        Returns when it is on the disk. Raises what the recorder raises: then nothing was recorded.
        """
        mine = _Waiting(arrivals)
        with self._listed:
            self._waiting.append(mine)
            self._listed.notify()
            waits, self._at_work = self._at_work, True
        if waits:
            mine.called.wait()
        if not mine.done:
            try:
                self._record(self._next())
            finally:
                self._hand_over(mine)
        if mine.error is not None:
            raise mine.error
        return mine.became

    def _hand_over(self, mine: _Waiting) -> None:
        """It is the turn of the first who waits."""
        with self._listed:
            if mine in self._waiting:  # interrupted before it began
                self._waiting.remove(mine)
            self._at_work = bool(self._waiting)
            if self._waiting:
                self._waiting[0].called.set()

    def _next(self) -> list[_Waiting]:
        """Who waits now, and for a moment those who came with the last group.

        Tills that were answered together ask again together: without that moment the first of them
        would have a transaction of its own, and the others would wait for it.
        """
        with self._listed:
            self._listed.wait_for(lambda: len(self._waiting) >= self._expected, WITHIN)
            taken, size = 0, 0
            for one in self._waiting:
                size += len(one.arrivals)
                if taken and size > AT_ONCE:
                    break
                taken += 1
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        self._expected = len(batch)
        return batch

    def _record(self, batch: Sequence[_Waiting]) -> None:
        try:
            receipt = self._recorder.record([one for each in batch for one in each.arrivals])
        except BaseException as error:  # noqa: BLE001 - raised to each who waits
            for each in batch:
                each.error = error
        else:
            outcomes, rejects = iter(receipt.outcomes), iter(receipt.rejects)
            for each in batch:
                each.became = [
                    Served(outcome, next(rejects) if outcome == "rejected" else None)
                    for _, outcome in zip(each.arrivals, outcomes, strict=False)
                ]
        for each in batch:
            each.done = True
            each.called.set()
