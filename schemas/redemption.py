"""How are points redeemed and passed on? Requests by a till or an app, and the one answer to each.

At once (`requested`), or in two steps: `hold-requested` sets points aside for a while, and
`confirm-requested` pays them (or a part), or `cancel-requested` lets them go. `refund-requested`
gives back what was paid, or a part. `allowance-requested` sets points aside for a till that will
be offline. `voucher-use-requested` takes a one-time code; `transfer-requested` gives points away.
Whoever asks chooses all ids, and may safely ask again.

The subject is whose points they are: a volunteer's id, or `household:<id>` or `team:<id>`.
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

SETTLE_WITHIN = 7 * 86_400
"""Seconds after an allowance's end in which the till can still bring what it sold."""


class Redemption(Data):
    """One purchase for points at a till; `redemption` is chosen by the till and never reused.

    `points` may be left out where the catalogue has the price; one that differs is refused. `by`:
    who asks, where the wallet is a household's. `allowance`: what was set aside for this till
    while it was offline.
    """

    redemption: Identifier
    merchant: Identifier
    item: Identifier
    points: PositiveAmount | None = None
    quantity: int = Field(default=1, ge=1, le=9_999)
    by: Identifier | None = None
    attributes: Attributes | None = None


class Purchase(Redemption):
    """A purchase at once, perhaps out of an allowance."""

    allowance: Identifier | None = None


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
    """What a redemption took is given back: all that is left of it, or only `points`.

    `restock`: so many pieces are back on the shelf. A voucher that was used is not refunded.
    """

    redemption: Identifier
    refund: Identifier
    points: PositiveAmount | None = None
    restock: int = Field(default=0, ge=0, le=9_999)


class Allowance(Data):
    """Points set aside for a till that goes offline, to be spent there within `seconds`.

    The till's purchases name the `allowance`. They may come in later, until SETTLE_WITHIN after.
    """

    allowance: Identifier
    merchant: Identifier
    points: PositiveAmount
    by: Identifier | None = None
    seconds: int = Field(default=86_400, ge=60, le=7 * 86_400)


class VoucherUse(Data):
    """A one-time code is taken at the merchant; `use` is chosen by the till."""

    voucher: Identifier
    merchant: Identifier
    use: Identifier


class Transfer(Data):
    """Points are given away: to a volunteer's id, `household:<id>`, `team:<id>` or `fund:<id>`.

    `household`: that both are members of, where the policy treats family in another way.
    """

    transfer: Identifier
    to: Identifier
    points: PositiveAmount
    household: Identifier | None = None
    by: Identifier | None = None
    attributes: Attributes | None = None


class RedemptionRequested(CloudEvent):
    """兑换申请: the volunteer (`subject`) wants to pay `points` for `item`."""

    type: Literal["volunteer.redemption.requested.v1"] = "volunteer.redemption.requested.v1"
    data: Purchase


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


class AllowanceRequested(CloudEvent):
    """离线额度申请: points of the volunteer (`subject`) are set aside for an offline till."""

    type: Literal["volunteer.redemption.allowance-requested.v1"] = (
        "volunteer.redemption.allowance-requested.v1"
    )
    data: Allowance


class VoucherUseRequested(CloudEvent):
    """核销申请: the voucher of the volunteer (`subject`) is to be used."""

    type: Literal["volunteer.redemption.voucher-use-requested.v1"] = (
        "volunteer.redemption.voucher-use-requested.v1"
    )
    data: VoucherUse


class TransferRequested(CloudEvent):
    """转赠申请: the volunteer (`subject`) wants to give points away."""

    type: Literal["volunteer.redemption.transfer-requested.v1"] = (
        "volunteer.redemption.transfer-requested.v1"
    )
    data: Transfer


Command = Literal[
    "redeem", "hold", "confirm", "cancel", "refund", "allow", "use", "transfer", "lapse"
]
"""What a decision is about; `lapse` is the ledger's own: a voucher's last day is over."""


class RedemptionAnswer(Data):
    """What was asked for, with the points that were moved or set aside, and what is available.

    `merchant`: whom they went to (of a transfer: the receiver). `voucher`: the one-time code.
    `token`: the allowance as a signed JWT (EdDSA), which an offline till can check by itself.
    """

    command: Command
    redemption: Identifier
    merchant: Label
    item: Label
    quantity: int = 1
    points: Label
    available: Label
    expires_at: Instant | None = None
    voucher: Label | None = None
    token: str | None = None


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


class AllowanceGranted(CloudEvent):
    """离线额度: the points are set aside; the till may sell for them offline until `expires_at`."""

    type: Literal["volunteer.redemption.allowance-granted.v1"] = (
        "volunteer.redemption.allowance-granted.v1"
    )
    data: RedemptionAnswer


class VoucherUsed(CloudEvent):
    """已核销: the code is used up. Final."""

    type: Literal["volunteer.redemption.voucher-used.v1"] = "volunteer.redemption.voucher-used.v1"
    data: RedemptionAnswer


class VoucherLapsed(CloudEvent):
    """已过期: the voucher's last day is over and it was not used. Final."""

    type: Literal["volunteer.redemption.voucher-lapsed.v1"] = (
        "volunteer.redemption.voucher-lapsed.v1"
    )
    data: RedemptionAnswer


class PointsTransferred(CloudEvent):
    """转赠成功: the points are in the receiver's wallet, with the expiry that they had. Final."""

    type: Literal["volunteer.redemption.transferred.v1"] = "volunteer.redemption.transferred.v1"
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
    RedemptionRequested
    | HoldRequested
    | ConfirmRequested
    | CancelRequested
    | RefundRequested
    | AllowanceRequested
    | VoucherUseRequested
    | TransferRequested
)
