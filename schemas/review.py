"""What does a person decide of a visit that is held for review?"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.envelope import CloudEvent, Data, Identifier, Told

EventName = Annotated[
    str, StringConstraints(min_length=3, max_length=385, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
"""`<source>#<id>` of an event; a visit goes by its check-in's."""


class ReviewDecision(Data):
    """The visit `of` counts after all, or is void; `by` whom, and for which `reason`.

    `rule` is what held it, a safeguard or `claimed`; without one, the decision is about all of
    them. Of several decisions about the same, the latest by `time` stands.
    """

    of: EventName
    rule: Identifier | None = Field(default=None)
    decision: Literal["count", "void"]
    reason: Told
    by: Told


class ReviewDecided(CloudEvent):
    """复核决定 about a visit of the volunteer (`subject`), made at `time`."""

    type: Literal["volunteer.review.decided.v1"] = "volunteer.review.decided.v1"
    data: ReviewDecision
