"""How is a practice centre asked by HTTP, and how are times told? In the policy's zone."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from ledger.clock import from_micros
from ledger.recording.recorder import Recorder
from schemas import activities

Area = Annotated[str, Query(max_length=64, description="Here and below; absent: everywhere")]
Text = Annotated[str, Query(max_length=64, description="Part of a name, or the beginning of an id")]
AsOf = Annotated[date | None, Query(description="As it was on this day; absent: today")]
Period = Annotated[activities.Period, Query(description="A year or a month")]

New = Annotated[bool, Field(description="Only if there is none of that id; else refused")]


def told_of(said: BaseModel) -> dict[str, Any]:
    """What a request says of something: what is absent is not in it, null is None."""
    return said.model_dump(exclude_unset=True, exclude={"new"})


def told(recorder: Recorder, micros: int | None) -> str | None:
    """An instant, ISO 8601."""
    return None if micros is None else from_micros(micros, recorder.policy.zone).isoformat()
