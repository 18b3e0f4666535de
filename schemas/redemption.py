"""How do credit supermarkets redeem points? A request, and its one answer."""

from typing import Literal

from schemas.envelope import Attributes, CloudEvent, Data, Identifier, Label, PositiveAmount


class Redemption(Data):
    """One purchase for points at a till; `redemption` is chosen by the till and never reused."""

    redemption: Identifier
    merchant: Identifier
    item: Identifier
    points: PositiveAmount
    attributes: Attributes | None = None


class RedemptionRequested(CloudEvent):
    """兑换申请: the volunteer (`subject`) wants to pay `points` for `item`."""

    type: Literal["volunteer.redemption.requested.v1"] = "volunteer.redemption.requested.v1"
    data: Redemption


class RedemptionAnswer(Redemption):
    """The request, with the balance that is available after the decision."""

    available: str


class RedemptionRefusal(RedemptionAnswer):
    """The request, with the reason why it was refused; nothing was posted."""

    reason: Label


class RedemptionAccepted(CloudEvent):
    """兑换成功: the points have moved to the merchant. Final."""

    type: Literal["volunteer.redemption.accepted.v1"] = "volunteer.redemption.accepted.v1"
    data: RedemptionAnswer


class RedemptionRefused(CloudEvent):
    """兑换拒绝: nothing has moved. Final for this redemption id; a new try takes a new id."""

    type: Literal["volunteer.redemption.refused.v1"] = "volunteer.redemption.refused.v1"
    data: RedemptionRefusal
