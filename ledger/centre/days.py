"""Which day is meant, on the policy's calendar, and when does it end?"""

from datetime import date

from ledger.clock import SECOND, from_micros
from ledger.recording.recorder import Recorder

DAY = 24 * 3600 * SECOND


def day_or_today(recorder: Recorder, day: date | None) -> date:
    """The day that is asked about."""
    return day or from_micros(recorder.now(), recorder.policy.zone).date()


def end_of(recorder: Recorder, day: date | None) -> int:
    """The last instant (µs) of a day; now if it is absent."""
    if day is None:
        return recorder.now()
    return recorder.policy.plan.clock.start(day) * SECOND + DAY - 1
