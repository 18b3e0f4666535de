"""Who complains about what, and what was it answered? 申诉 of volunteers.

The ledger can't forget: neither text holds anything personal.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.envelope import CloudEvent, Data, Identifier, Label, Told

LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")
]
"""Some sentences of a person: never blank."""

About = Literal["hours", "points", "star", "redemption", "certificate", "other"]


class Complaint(Data):
    """`complaint` is its id; `of` names what it is about (a visit, a redemption, a number …).

    `by`: who files it for the volunteer, without how to reach them.
    """

    complaint: Identifier
    about: About
    of: Label | None = None
    text: LongText
    by: Label | None = None


class ComplaintAnswer(Data):
    """How a complaint was answered, and by whom. Of several answers the newest by time stands."""

    complaint: Identifier
    outcome: Literal["upheld", "rejected", "explained"]
    answer: LongText
    by: Told


class ComplaintFiled(CloudEvent):
    """申诉: the volunteer (`subject`) complains at `time`."""

    type: Literal["volunteer.complaint.filed.v1"] = "volunteer.complaint.filed.v1"
    data: Complaint


class ComplaintAnswered(CloudEvent):
    """申诉答复 to the volunteer (`subject`), in whichever order it comes in."""

    type: Literal["volunteer.complaint.answered.v1"] = "volunteer.complaint.answered.v1"
    data: ComplaintAnswer


ComplaintEvent = ComplaintFiled | ComplaintAnswered
