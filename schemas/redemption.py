"""How do credit supermarkets redeem points? Requests by a till, and the one answer to each.

At once (`requested`), or in two steps: `hold-requested` sets points aside for a while, and
`confirm-requested` pays them (or a part), or `cancel-requested` lets them go. `refund-requested`
gives back what was paid, or a part. The till chooses all ids, and may safely ask again.
"""

from typing import Literal

from pydantic import Field

from schemas.envelope import (
    Attributes,
    CloudEvent,
    Data,
    Identifier,
    Instant,
    Label,
    PositiveAmount,
)

DEFAULT_HOLD = 300
"""Seconds that a hold lasts where the till does not say."""


class Redemption(Data):
    """One purchase for points at a till; `redemption` is chosen by the till and never reused."""

    redemption: Identifier
    merchant: Identifier
    item: Identifier
    points: PositiveAmount
    attributes: Attributes | None = None


class Holding(Redemption):
    """A purchase to come: points are set aside for `seconds` (counted from when it is recorded)."""

    seconds: int = Field(default=DEFAULT_HOLD, ge=1, le=86_400)


class Confirmation(Data):
    """The held redemption is paid: all of it, or only `points`; the rest is let go."""

    redemption: Identifier
    points: PositiveAmount | None = None


class Cancellation(Data):
    """The held redemption is let go."""

    redemption: Identifier


class Refunding(Data):
    """What a redemption took is given back: all that is left of it, or only `points`."""

    redemption: Identifier
    refund: Identifier
    points: PositiveAmount | None = None


class RedemptionRequested(CloudEvent):
    """兑换申请: the volunteer (`subject`) wants to pay `points` for `item`."""

    type: Literal["volunteer.redemption.requested.v1"] = "volunteer.redemption.requested.v1"
    data: Redemption


class HoldRequested(CloudEvent):
    """冻结申请: points of the volunteer (`subject`) are to be set aside."""

    type: Literal["volunteer.redemption.hold-requested.v1"] = (
        "volunteer.redemption.hold-requested.v1"
    )
    data: Holding


class ConfirmRequested(CloudEvent):
    """确认兑换: what was held of the volunteer (`subject`) is to be paid."""

    type: Literal["volunteer.redemption.confirm-requested.v1"] = (
        "volunteer.redemption.confirm-requested.v1"
    )
    data: Confirmation


class CancelRequested(CloudEvent):
    """取消冻结: what was held of the volunteer (`subject`) is to be let go."""

    type: Literal["volunteer.redemption.cancel-requested.v1"] = (
        "volunteer.redemption.cancel-requested.v1"
    )
    data: Cancellation


class RefundRequested(CloudEvent):
    """退款申请: the volunteer (`subject`) gets points back."""

    type: Literal["volunteer.redemption.refund-requested.v1"] = (
        "volunteer.redemption.refund-requested.v1"
    )
    data: Refunding


class RedemptionAnswer(Data):
    """What was asked for, with the points that were moved or set aside, and what is available."""

    command: Literal["redeem", "hold", "confirm", "cancel", "refund"]
    redemption: Identifier
    merchant: Label
    item: Label
    points: Label
    available: Label
    expires_at: Instant | None = None


class RedemptionRefusal(RedemptionAnswer):
    """What was asked for, with the reason why it was refused; nothing was posted."""

    reason: str


class RedemptionAccepted(CloudEvent):
    """兑换成功: the points have moved to the merchant, at once or by a confirmation. Final."""

    type: Literal["volunteer.redemption.accepted.v1"] = "volunteer.redemption.accepted.v1"
    data: RedemptionAnswer


class RedemptionHeld(CloudEvent):
    """积分已冻结: the points are set aside until `expires_at`."""

    type: Literal["volunteer.redemption.held.v1"] = "volunteer.redemption.held.v1"
    data: RedemptionAnswer


class RedemptionCancelled(CloudEvent):
    """已取消: nothing is set aside for this redemption any more. Final."""

    type: Literal["volunteer.redemption.cancelled.v1"] = "volunteer.redemption.cancelled.v1"
    data: RedemptionAnswer


class RedemptionRefunded(CloudEvent):
    """已退款: the points are back in the wallet, with the expiry that they had."""

    type: Literal["volunteer.redemption.refunded.v1"] = "volunteer.redemption.refunded.v1"
    data: RedemptionAnswer


class RedemptionRefused(CloudEvent):
    """兑换拒绝: nothing has moved. A purchase or a hold takes a new id for a new try."""

    type: Literal["volunteer.redemption.refused.v1"] = "volunteer.redemption.refused.v1"
    data: RedemptionRefusal


TillEvent = (
    RedemptionRequested | HoldRequested | ConfirmRequested | CancelRequested | RefundRequested
)
