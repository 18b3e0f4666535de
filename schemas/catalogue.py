"""What can points be redeemed for, where, and out of which money? Shops, items, funds, households.

As with all registrations, the newest by event time stands.
"""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator

from schemas.envelope import (
    Amount,
    Attributes,
    CloudEvent,
    Data,
    Identifier,
    Label,
    WholeNumber,
    Yuan,
)


def _not_negative(value: str) -> str:
    if value.startswith("-"):
        raise ValueError("must not be below 0")
    return value


def _a_day(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("is not a day: write it as 2026-05-01")
    date.fromisoformat(value)
    return value


UnsignedAmount = Annotated[Amount, AfterValidator(_not_negative)]

Day = Annotated[str, AfterValidator(_a_day)]
"""A day on the policy's calendar, YYYY-MM-DD."""

Levels = Annotated[dict[Identifier, WholeNumber | StrictStr], Field(max_length=8)]
"""Ladder → the level that is needed at least, by the policy's own names."""


class Merchant(Data):
    """信用超市 or service point. `fund` pays for what is redeemed here; `place` is for budgets.

    `listed_only`: nothing is redeemed here but what the catalogue lists.
    """

    name: Label
    place: Identifier | None = None
    fund: Identifier | None = None
    listed_only: bool = False


class Price(Data):
    """What one costs, for whom (`levels`) and when (`since` to `until`, both days included)."""

    points: UnsignedAmount
    levels: Levels = Field(default_factory=dict)
    since: Day | None = None
    until: Day | None = None


class PersonLimit(Data):
    """At most `count` for one person in each `per`."""

    count: int = Field(ge=1, le=1_000_000)
    per: Literal["day", "month", "year", "total"]


class Item(Data):
    """商品或服务. Of the prices that apply to somebody the lowest one counts.

    `currency` is the policy's name of what it is paid with (absent: the usual one), so that a
    service can be bought with hours. `merchants`: only there (absent: anywhere). `stocked`: sold
    only as long as stock lasts. A `voucher` gives a one-time code, good for `valid_days`.
    `attributes` are given to the policy with each request.
    """

    name: Label
    kind: Literal["goods", "service", "voucher"] = "goods"
    prices: Annotated[list[Price], Field(min_length=1, max_length=20)]
    currency: Identifier | None = None
    merchants: list[Identifier] = Field(default_factory=list, max_length=200)
    levels: Levels = Field(default_factory=dict)
    since: Day | None = None
    until: Day | None = None
    stocked: bool = False
    limit: PersonLimit | None = None
    valid_days: int | None = Field(default=None, ge=1, le=3660)
    attributes: Attributes | None = None

    @model_validator(mode="after")
    def _vouchers_expire(self) -> Self:
        if (self.kind == "voucher") != (self.valid_days is not None):
            raise ValueError("valid_days: a voucher needs it, and nothing else may have it")
        return self


class Fund(Data):
    """公益基金. It pays shops `point_value` yuan for a point; below `alert` yuan it calls out."""

    name: Label
    place: Identifier | None = None
    point_value: UnsignedAmount
    alert: Yuan | None = None


class Household(Data):
    """家庭. Its wallet is `household:<id>`; `members` may redeem from it and are family."""

    name: Label
    members: Annotated[list[Identifier], Field(max_length=50)]


class MerchantRegistered(CloudEvent):
    """`subject` is the merchant's id."""

    type: Literal["volunteer.registry.merchant-registered.v1"] = (
        "volunteer.registry.merchant-registered.v1"
    )
    data: Merchant


class ItemRegistered(CloudEvent):
    """`subject` is the item's id (SKU)."""

    type: Literal["volunteer.registry.item-registered.v1"] = "volunteer.registry.item-registered.v1"
    data: Item


class FundRegistered(CloudEvent):
    """`subject` is the fund's id."""

    type: Literal["volunteer.registry.fund-registered.v1"] = "volunteer.registry.fund-registered.v1"
    data: Fund


class HouseholdRegistered(CloudEvent):
    """`subject` is the household's id."""

    type: Literal["volunteer.registry.household-registered.v1"] = (
        "volunteer.registry.household-registered.v1"
    )
    data: Household
