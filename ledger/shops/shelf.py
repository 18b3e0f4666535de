"""What may somebody have at a shop today, for how much, and why not? As its till would answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, select

from ledger.clock import SECOND, from_micros
from ledger.core.intake import request_of
from ledger.core.redeeming import RedemptionRequest, Till
from ledger.core.redeeming.shop import within
from ledger.core.rulebook import Rulebook
from ledger.shops.catalogue import Listed, catalogue
from ledger.store.reading import Reading
from ledger.store.shop import Tills, open_tills
from ledger.store.tables import volunteer_state
from schemas.catalogue import Item
from schemas.redemption import HoldRequested, RedemptionRequested

_ASKING = "a question"
"""The id of a redemption that nobody asks for."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An item on the shelf; prices are decimal texts of `currency` ("": the usual one).

    `price` is everybody's, `own_price` the one that this volunteer pays for one; `why_not` says
    why one can't be had now, and is empty if it can. `stock` None: it does not run out.
    """

    item: str
    name: str
    kind: str
    currency: str
    price: str
    own_price: str
    why_not: tuple[str, ...]
    stock: int | None
    limit: str

    @property
    def discounted(self) -> bool:
        return Decimal(self.own_price) < Decimal(self.price)


def sold_at(connection: Connection, merchant: str, now: int) -> Iterator[Listed]:
    """The items of the catalogue that a shop sells, by id; `now` (µs) decides which holds count."""
    for one in catalogue(connection, now):
        if not one.item.merchants or merchant in one.item.merchants:
            yield one


def offered(
    connection: Connection, rules: Rulebook, merchant: str, volunteer: str, now: int
) -> list[Offered]:
    """Every item that the shop sells, as the till would answer this volunteer at `now` (µs).

    Nothing is set aside: what is allowed may be gone a moment later.
    """
    listed = list(sold_at(connection, merchant, now))
    at = from_micros(now, rules.at(now // SECOND).zone)
    asked = [_asking(one, merchant, volunteer, at) for one in listed]
    named = ((one, now) for one in asked)
    tills = open_tills(Reading(connection), rules, named, now, "", only_looking=True)
    standing = _standing(connection, rules, volunteer)
    answers = []
    for one, event in zip(listed, asked, strict=True):
        request = request_of(event, now, 0)._replace(counts_at=now // SECOND)
        reason, points = _answer(rules, tills, volunteer, request, standing)
        price = price_for_all(one.item, at.date().isoformat())
        answers.append(
            Offered(
                one.id,
                one.item.name,
                one.item.kind,
                one.item.currency or "",
                price,
                points or price,
                tuple(reason.split("; ")) if reason else (),
                one.available,
                limit_of(one.item),
            )
        )
    return answers


def price_for_all(item: Item, day: str) -> str:
    """What one costs somebody of no level on a day (YYYY-MM-DD); else what it costs at most."""
    known = [one for one in item.prices if within(day, one.since, one.until)] or item.prices
    free = [one.points for one in known if not one.levels]
    if free:
        return min(free, key=Decimal)
    return max((one.points for one in known), key=Decimal)


def _asking(
    one: Listed, merchant: str, volunteer: str, at: datetime
) -> HoldRequested | RedemptionRequested:
    kind = RedemptionRequested if one.item.kind == "voucher" else HoldRequested
    data = {"redemption": f"{_ASKING} {one.id}"[:128], "merchant": merchant, "item": one.id}
    event: HoldRequested | RedemptionRequested = kind.model_validate(
        {
            "specversion": "1.0",
            "id": _ASKING,
            "source": _ASKING,
            "time": at,
            "subject": volunteer,
            "data": data,
        }
    )
    return event


def _answer(
    rules: Rulebook,
    tills: Tills,
    volunteer: str,
    request: RedemptionRequest,
    standing: dict[str, Any],
) -> tuple[str | None, str]:
    """Why it is refused, and what it costs where the catalogue says so; nothing is changed."""
    till = Till(rules, volunteer, tills.holds.get(volunteer, ()), lambda _: (), tills.shop)
    before = tills.shop.mark()
    try:
        verdict = till.judge(request, standing)
    finally:
        tills.shop.undo_to(before)
    return verdict.reason, verdict.asked


def _standing(connection: Connection, rules: Rulebook, volunteer: str) -> dict[str, Any]:
    known = connection.execute(
        select(volunteer_state.c.standing).where(volunteer_state.c.volunteer == volunteer)
    ).scalar()
    standing: dict[str, Any] = orjson.loads(known) if known else rules.timeline.start()
    return standing


def limit_of(item: Item) -> str:
    """As 2/month; "" for none."""
    return f"{item.limit.count}/{item.limit.per}" if item.limit is not None else ""
