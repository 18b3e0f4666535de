"""Is everybody served who comes to a busy counter?"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from ledger.core.intake import Arrival
from ledger.recording.counter import Counter
from ledger.recording.recorder import Receipt, Recorder

TILLS, REQUESTS = 8, 60


class Counted:
    """Stands in for a recorder; how many batches it had."""

    batches = 0

    def record(self, arrivals: Sequence[Arrival]) -> Receipt:
        time.sleep(0.001)
        self.batches += 1
        return Receipt(["applied"] * len(arrivals))


def test_nobody_is_passed_over_at_a_busy_counter() -> None:
    """Whoever comes waits for the batch that is under way, and is in the next one.

    A lock instead of turns: some wait for a hundred batches, and a till for 400 ms.
    """
    recorder = Counted()
    counter = Counter(cast(Recorder, recorder))

    def ask_again_and_again(_: int) -> list[int]:
        waited = []
        for number in range(REQUESTS):
            before = recorder.batches
            served = counter.record([Arrival(b"%d" % number, "till")])
            assert [one.outcome for one in served] == ["applied"]
            waited.append(recorder.batches - before)
        return waited

    with ThreadPoolExecutor(TILLS) as pool:
        waited = [one for till in pool.map(ask_again_and_again, range(TILLS)) for one in till]
    assert len(waited) == TILLS * REQUESTS
    assert max(waited) <= 6
