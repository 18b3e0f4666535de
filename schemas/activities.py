"""What is planned, and who will come? Plans of places and teams, sign-ups for activities."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.envelope import CloudEvent, Data, Identifier, Label
from schemas.registry import Category


def _on_the_calendar(value: str) -> str:
    if not "1970" <= value[:4] <= "9997":
        raise ValueError("is a year, or a month of one, from 1970 to 9997")
    return value


Period = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$", strict=True),
    AfterValidator(_on_the_calendar),
]
"""A year or a month: YYYY or YYYY-MM."""


class PlannedActivities(Data):
    """`times` activities of a category. `weekday` (1: Monday) or `monthday`: fixed days 固定活动日.

    `kind` is the locality's word for the type of activity, as activities have it.
    """

    title: Label
    category: Category = "service"
    kind: Label | None = None
    times: int = Field(default=1, ge=1, le=1000)
    weekday: int | None = Field(default=None, ge=1, le=7)
    monthday: int | None = Field(default=None, ge=1, le=31)

    @model_validator(mode="after")
    def _one_kind_of_day(self) -> Self:
        if self.weekday is not None and self.monthday is not None:
            raise ValueError("weekday and monthday: give one of them")
        return self


class Plan(Data):
    """`of` says whose plan it is: that of the place or the team `subject`.

    A later plan for the same period takes its place; one without `items` withdraws it.
    """

    of: Literal["place", "team"]
    period: Period
    items: list[PlannedActivities] = Field(default_factory=list, max_length=200)
    by: Label = ""


class PlanMade(CloudEvent):
    """活动计划 of a place or team (`subject`) for a year or a month."""

    type: Literal["volunteer.plan.made.v1"] = "volunteer.plan.made.v1"
    data: Plan


class SigningUp(Data):
    """Who wants to come. `by` is absent if they said so themselves."""

    volunteer: Identifier
    by: Label = ""


class SignedUp(CloudEvent):
    """报名 for the activity (`subject`): first come, first in; when it is full they wait 候补."""

    type: Literal["volunteer.activity.signed-up.v1"] = "volunteer.activity.signed-up.v1"
    data: SigningUp


class Withdrawing(Data):
    """Who does not come after all."""

    volunteer: Identifier
    reason: Label = ""
    by: Label = ""


class SignUpWithdrawn(CloudEvent):
    """取消报名 for the activity (`subject`): the first of those who wait moves up."""

    type: Literal["volunteer.activity.sign-up-withdrawn.v1"] = (
        "volunteer.activity.sign-up-withdrawn.v1"
    )
    data: Withdrawing


class Cancelling(Data):
    """Why it does not take place."""

    reason: Label = ""
    by: Label = ""


class ActivityCancelled(CloudEvent):
    """取消活动: the activity (`subject`) does not take place."""

    type: Literal["volunteer.activity.cancelled.v1"] = "volunteer.activity.cancelled.v1"
    data: Cancelling


ActivityEvent = PlanMade | SignedUp | SignUpWithdrawn | ActivityCancelled
