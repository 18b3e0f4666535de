"""What became of what the policy grants? Benefits 礼遇 used, withdrawn, given back."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CloudEvent, Data, Identifier, Label

Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Use(Data):
    """`count` of the `benefit` (the policy's name of a grant) were had at the `provider`.

    `provider` is who gave it (a hospital, a bus company), registered as a merchant. `choice`: which
    of the choices of the grant. `reference`: the provider's own number of it; nothing personal.
    """

    benefit: Identifier
    provider: Identifier
    count: Count = 1
    choice: Label = ""
    reference: Label = ""
    by: Label = ""


class UseCancellation(Data):
    """The use (`source#id` of its event) did not happen, or was booked by mistake."""

    use: Identifier
    reason: Label
    by: Label = ""


class BenefitWithdrawal(Data):
    """What was granted of the `benefit` until now may not be claimed any more; later grants may."""

    benefit: Identifier
    reason: Label
    by: Label = ""


class BenefitReturn(Data):
    """A withdrawal of the `benefit` that was wrong: what was withdrawn may be claimed again."""

    benefit: Identifier
    reason: Label = ""
    by: Label = ""


class BenefitUsed(CloudEvent):
    """享受礼遇: the volunteer (`subject`) had something that the policy grants."""

    type: Literal["volunteer.benefit.used.v1"] = "volunteer.benefit.used.v1"
    data: Use


class BenefitUseCancelled(CloudEvent):
    """作废一次享受 of the volunteer (`subject`)."""

    type: Literal["volunteer.benefit.use-cancelled.v1"] = "volunteer.benefit.use-cancelled.v1"
    data: UseCancellation


class BenefitWithdrawn(CloudEvent):
    """取消礼遇 of the volunteer (`subject`), from `time` on."""

    type: Literal["volunteer.benefit.withdrawn.v1"] = "volunteer.benefit.withdrawn.v1"
    data: BenefitWithdrawal


class BenefitReturned(CloudEvent):
    """恢复礼遇 of the volunteer (`subject`), from `time` on."""

    type: Literal["volunteer.benefit.returned.v1"] = "volunteer.benefit.returned.v1"
    data: BenefitReturn


BenefitEvent = BenefitUsed | BenefitUseCancelled | BenefitWithdrawn | BenefitReturned
