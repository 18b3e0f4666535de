"""How is what a practice centre keeps told by HTTP? Days, and times in the policy's zone."""

from datetime import date
from typing import Annotated

from fastapi import Query

from ledger.clock import SECOND, from_micros
from ledger.recorder import Recorder

Area = Annotated[str, Query(max_length=64, description="Here and below; absent: everywhere")]
AsOf = Annotated[date | None, Query(description="As it was on this day; absent: today")]
Period = Annotated[
    str, Query(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$", description="A year or a month")
]


def day_or_today(recorder: Recorder, day: date | None) -> date:
    """The day that is asked about, on the policy's calendar."""
    return day or from_micros(recorder.now(), recorder.policy.zone).date()


def end_of(recorder: Recorder, day: date | None) -> int:
    """The last instant (µs) of a day; now if it is absent."""
    if day is None:
        return recorder.now()
    return (recorder.policy.plan.clock.start(day) + 24 * 3600) * SECOND - 1


def told(recorder: Recorder, micros: int | None) -> str | None:
    """An instant, ISO 8601."""
    return None if micros is None else from_micros(micros, recorder.policy.zone).isoformat()
