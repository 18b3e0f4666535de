"""What do check-in kiosks publish? Check-ins and check-outs, and claims of forgotten ones."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.envelope import (
    Attributes,
    CloudEvent,
    Data,
    FactType,
    Identifier,
    Instant,
    Label,
    Told,
)


class Attendance(Data):
    """Where and how somebody checked in or out.

    `fact` is the policy's name for this kind of visit, where it knows several; `attributes` are
    what the policy asks of it (role, team, activity_type …). Those of the check-out go before.
    """

    activity: Identifier
    place: Identifier
    method: Label | None = None
    fact: FactType | None = None
    attributes: Attributes | None = None


class CheckedIn(CloudEvent):
    """签到: the volunteer (`subject`) began a visit at `time`."""

    type: Literal["volunteer.attendance.checked-in.v1"] = "volunteer.attendance.checked-in.v1"
    data: Attendance


class CheckedOut(CloudEvent):
    """签退: the volunteer (`subject`) ended a visit at `time`."""

    type: Literal["volunteer.attendance.checked-out.v1"] = "volunteer.attendance.checked-out.v1"
    data: Attendance


class ClaimedEnd(Data):
    """Somebody forgot to check out, and says since when (`ended_at`) the visit was over, and why.

    `by` is who claims it, if that is not the volunteer. The `reason` holds nothing personal.
    """

    activity: Identifier
    place: Identifier
    ended_at: Instant
    reason: Told
    by: Label | None = None


class CheckOutClaimed(CloudEvent):
    """补签退(忘记签退): the volunteer (`subject`) claimed at `time` to have ended a visit before.

    It closes a check-in only where no real check-out does, and then a person has to decide.
    """

    type: Literal["volunteer.attendance.claimed.v1"] = "volunteer.attendance.claimed.v1"
    data: ClaimedEnd

    @model_validator(mode="after")
    def _is_past(self) -> Self:
        if self.data.ended_at > self.time:
            raise ValueError("data.ended_at is after the time of the claim")
        return self


AttendanceEvent = CheckedIn | CheckedOut | CheckOutClaimed
