"""What do check-in kiosks publish? Check-in and check-out of one volunteer at one activity."""

from typing import Literal

from schemas.envelope import Attributes, CloudEvent, Data, FactType, Identifier, Label


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


AttendanceEvent = CheckedIn | CheckedOut
