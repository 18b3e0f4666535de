"""What do the answers to tills look like?"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Identifier = Annotated[str, Field(min_length=1, max_length=128)]
Level = str | int | None
Pieces = Annotated[int, Field(ge=1, le=9_999)]
LineStatus = Literal["held", "paid", "refused", "cancelled", "lapsed", "refunded"]


# asked ------------------------------------------------------------------------------------------


class CodeScanned(BaseModel):
    """A volunteer's code, as the scanner at this shop reads it."""

    merchant: Identifier
    code: Annotated[str, Field(min_length=1, max_length=128)]


class LineWanted(BaseModel):
    """A line of a basket."""

    item: Identifier
    count: Pieces = 1


class BasketWanted(CodeScanned):
    """A basket. `hold` false: bought at once, as vouchers are.

    `otherwise`: what happens to the other lines where one is refused, `rest` (they stay) or
    `nothing`.
    """

    lines: Annotated[list[LineWanted], Field(min_length=1, max_length=50)]
    hold: bool = True
    seconds: Annotated[int, Field(ge=30, le=3600)] = 300
    otherwise: Literal["rest", "nothing"] = "rest"


class LineBack(BaseModel):
    """A line to give back, by its place from 1 on; without `points` all that is left of it."""

    line: Annotated[int, Field(ge=1)]
    points: str | None = None
    restock: Annotated[int, Field(ge=0, le=9_999)] = 0


class RefundWanted(BaseModel):
    """Which lines come back; none named: all, with their pieces."""

    lines: Annotated[list[LineBack], Field(max_length=50)] = []


# answered ---------------------------------------------------------------------------------------


class ItemOnShelf(BaseModel):
    """An item that the shop sells. Prices are decimal texts; `stock` null: it does not run out."""

    item: str
    name: str
    kind: Literal["goods", "service", "voucher"]
    currency: str
    price: str
    stock: int | None
    limit: str


class ItemOffered(ItemOnShelf):
    """What one costs this volunteer, whether one is allowed now, and if not why (codes or words of
    the policy)."""

    price_after_discount: str
    allowed: bool
    why_not: list[str]


class Discount(BaseModel):
    """What an item costs less, by the volunteer's levels."""

    item: str
    name: str
    price: str
    price_after_discount: str


class Customer(BaseModel):
    """Who has shown their code (name masked), and what they may have here today."""

    volunteer: str
    name: str
    star: Level
    available: str
    held: str
    currencies: dict[str, str]
    discounts: list[Discount]
    items: list[ItemOffered]


class LineShown(BaseModel):
    """A line: `points` are set aside or paid, `returned` back of them; decimal texts.

    `reason` is why the newest thing that was asked of it was refused, "" if it was not; `refunds`
    the till's own ids of the refunds that were carried out.
    """

    line: int
    redemption: str
    item: str
    name: str
    count: int
    currency: str
    points: str
    returned: str
    state: LineStatus
    reason: str
    voucher: str
    refunds: list[str]


class BasketShown(BaseModel):
    """A basket; `points` is what its lines that are held or paid come to, less what came back.

    `state` is that of the lines which are furthest; `expires_at`: until when what is held is set
    aside; `now`: the ledger's clock, to count down by.
    """

    redemption: str
    merchant: str
    merchant_name: str
    volunteer: str
    name: str
    state: LineStatus
    points: dict[str, str]
    available: str
    at: str
    changed_at: str
    expires_at: str | None
    now: str
    lines: list[LineShown]


class SumsShown(BaseModel):
    """What came in and went back; CNY: yuan."""

    currency: str
    redemptions: int
    refunds: int
    redeemed: str
    refunded: str
    net: str


class ItemSoldShown(BaseModel):
    """What was sold and came back of an item; `points` are net."""

    item: str
    name: str
    currency: str
    redemptions: int
    pieces: int
    refunds: int
    points: str


class DayShown(BaseModel):
    """A shop's day. `over`: it never changes any more. `check` is the same for the same day."""

    merchant: str
    name: str
    day: str
    over: bool
    sums: list[SumsShown]
    items: list[ItemSoldShown]
    check: str
