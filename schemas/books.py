"""What moves the accounts of shops and funds beside redemptions? Stock, money, disputes."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CloudEvent, Data, Identifier, Label, Yuan

Period = Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")]
"""A year (2026) or a month (2026-05) on the policy's calendar."""


class StockReceipt(Data):
    """So many more are there to be redeemed."""

    quantity: int = Field(ge=1, le=1_000_000_000)
    note: Label = ""


class StockCount(Data):
    """So many are there, whatever the books said. What is set aside for holds is among them."""

    quantity: int = Field(ge=0, le=1_000_000_000)
    note: Label = ""


class Contribution(Data):
    """A donor gives so many yuan."""

    donor: Identifier
    amount: Yuan
    note: Label = ""


class Budget(Data):
    """At most `amount` yuan are spent in `period`, at the shops of `place` (absent: at all)."""

    period: Period
    amount: Yuan
    place: Identifier | None = None
    note: Label = ""


class Dispute(Data):
    """A redemption is in dispute: it is not paid out until that is decided."""

    redemption: Identifier
    reason: Label
    by: Label


class DisputeDecision(Data):
    """`pay`: the shop is paid. `refuse`: it is not, and the money stays with the fund."""

    redemption: Identifier
    decision: Literal["pay", "refuse"]
    reason: Label
    by: Label


class StockReceived(CloudEvent):
    """到货入库 of the item (`subject`)."""

    type: Literal["volunteer.stock.received.v1"] = "volunteer.stock.received.v1"
    data: StockReceipt


class StockCounted(CloudEvent):
    """盘点 of the item (`subject`)."""

    type: Literal["volunteer.stock.counted.v1"] = "volunteer.stock.counted.v1"
    data: StockCount


class FundContributed(CloudEvent):
    """捐赠 to the fund (`subject`)."""

    type: Literal["volunteer.fund.contributed.v1"] = "volunteer.fund.contributed.v1"
    data: Contribution


class FundBudgeted(CloudEvent):
    """预算 of the fund (`subject`): the newest recorded one of a place and period stands."""

    type: Literal["volunteer.fund.budgeted.v1"] = "volunteer.fund.budgeted.v1"
    data: Budget


class DisputeOpened(CloudEvent):
    """争议 about a redemption at the merchant (`subject`)."""

    type: Literal["volunteer.dispute.opened.v1"] = "volunteer.dispute.opened.v1"
    data: Dispute


class DisputeDecided(CloudEvent):
    """争议裁定 about a redemption at the merchant (`subject`)."""

    type: Literal["volunteer.dispute.decided.v1"] = "volunteer.dispute.decided.v1"
    data: DisputeDecision


BooksEvent = (
    StockReceived | StockCounted | FundContributed | FundBudgeted | DisputeOpened | DisputeDecided
)
