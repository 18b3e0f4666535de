"""How are the events of many requests recorded? Together, in one transaction: it costs as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from ledger.intake import Arrival, Rejected
from ledger.recorder import Outcome, Recorder

AT_ONCE = 5000
"""Events in one transaction, from which on a request waits for the next."""


@dataclass(slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    became: list[tuple[Outcome, Rejected | None]] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


class Recording:
    """Whoever comes first records what all have brought who wait behind them."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: list[_Waiting] = []
        self._listed = Lock()
        self._at_work = Lock()

    def record(self, arrivals: Sequence[Arrival]) -> list[tuple[Outcome, Rejected | None]]:
        """What became of each, in their order, with the reject it was kept as.

        Returns when it is on the disk. Raises what the recorder raises: then nothing was recorded.
        """
        mine = _Waiting(arrivals)
        with self._listed:
            self._waiting.append(mine)
        with self._at_work:
            while not mine.done:
                self._record(self._next())
        if mine.error is not None:
            raise mine.error
        return mine.became

    def _next(self) -> list[_Waiting]:
        with self._listed:
            taken, size = 0, 0
            for one in self._waiting:
                size += len(one.arrivals)
                if taken and size > AT_ONCE:
                    break
                taken += 1
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch

    def _record(self, batch: Sequence[_Waiting]) -> None:
        try:
            receipt = self._recorder.record([one for each in batch for one in each.arrivals])
        except Exception as error:  # noqa: BLE001 - raised to each who waits
            for each in batch:
                each.error, each.done = error, True
            return
        outcomes, rejects = iter(receipt.outcomes), iter(receipt.rejects)
        for each in batch:
            each.became = [
                (outcome, next(rejects) if outcome == "rejected" else None)
                for _, outcome in zip(each.arrivals, outcomes, strict=False)
            ]
            each.done = True
