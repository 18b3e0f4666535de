"""Who belongs to which team, and who is a volunteer no longer?"""

from typing import Literal

from schemas.envelope import CloudEvent, Data, Identifier, Label


class Joining(Data):
    """`role` in the `team` from now on; joining again changes it."""

    team: Identifier
    role: Literal["member", "leader"] = "member"
    by: Label = ""


class Leaving(Data):
    """No longer in the `team`."""

    team: Identifier
    reason: Label = ""
    by: Label = ""


class MembershipJoined(CloudEvent):
    """加入志愿服务队: the volunteer (`subject`) belongs to a team from `time` on."""

    type: Literal["volunteer.membership.joined.v1"] = "volunteer.membership.joined.v1"
    data: Joining


class MembershipLeft(CloudEvent):
    """退出志愿服务队: the volunteer (`subject`) leaves a team at `time`."""

    type: Literal["volunteer.membership.left.v1"] = "volunteer.membership.left.v1"
    data: Leaving


class Deregistration(Data):
    """Why somebody is no longer registered."""

    reason: Label = ""
    by: Label = ""


class VolunteerLeft(CloudEvent):
    """注销志愿者: the volunteer (`subject`) is registered no longer, until registered again.

    They are in no team any more; hours, points and stars stay as they are.
    """

    type: Literal["volunteer.volunteer.left.v1"] = "volunteer.volunteer.left.v1"
    data: Deregistration


MembershipEvent = MembershipJoined | MembershipLeft | VolunteerLeft
