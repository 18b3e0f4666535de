"""What does the ledger itself put into the event log? Nobody can send these in."""

from typing import Literal

from pydantic import Field, JsonValue

from schemas.envelope import CloudEvent, Data, Identifier, Label
from schemas.review import EventName


class Adoption(Data):
    """A policy (YAML) in force from the day `effective_from` (YYYY-MM-DD) on, until the next."""

    effective_from: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    text: str
    by: Label = ""
    note: str = ""


class PolicyAdopted(CloudEvent):
    """策略生效: `subject` is the policy's name, `time` when it was adopted."""

    type: Literal["volunteer.policy.adopted.v1"] = "volunteer.policy.adopted.v1"
    data: Adoption


class Review(Data):
    """Why a standing was reviewed; `policy` is the adoption that it was brought up to."""

    reason: Literal["policy", "time"]
    policy: int


class StandingReviewed(CloudEvent):
    """复核: the volunteer's (`subject`) standing was brought up to the policies and to `time`."""

    type: Literal["volunteer.standing.reviewed.v1"] = "volunteer.standing.reviewed.v1"
    data: Review


class Suspicion(Data):
    """The visit `of` is suspected under a safeguard of the policy; `evidence` is for people."""

    of: EventName
    rule: Identifier
    evidence: dict[str, JsonValue]


class ConductSuspected(CloudEvent):
    """存疑: a visit of the volunteer (`subject`) is held for review, found so at `time`."""

    type: Literal["volunteer.conduct.suspected.v1"] = "volunteer.conduct.suspected.v1"
    data: Suspicion


class Withdrawal(Data):
    """The suspicion that was withdrawn."""

    of: EventName
    rule: Identifier


class SuspicionWithdrawn(CloudEvent):
    """存疑撤销: marks that came later, or a policy, left nothing to suspect."""

    type: Literal["volunteer.conduct.cleared.v1"] = "volunteer.conduct.cleared.v1"
    data: Withdrawal


ConductEvent = ConductSuspected | SuspicionWithdrawn

OwnEvent = PolicyAdopted | StandingReviewed | ConductEvent
