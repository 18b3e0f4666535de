"""How does a till serve somebody by HTTP? Scan, basket, hold, confirm, refund, day close."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import merchant as at_shop
from ledger.api.etags import conditional
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.serving import Serving
from ledger.api.shapes import Page
from ledger.api.showing import shown_by
from ledger.api.till_shapes import (
    BasketShown,
    BasketWanted,
    CodeScanned,
    Customer,
    DayShown,
    Discount,
    ItemOffered,
    ItemOnShelf,
    LineShown,
    RefundWanted,
)
from ledger.api.who import Asks, Caller
from ledger.clock import SECOND, from_micros
from ledger.core.rulebook import PolicyText
from ledger.identity.numbers import masked
from ledger.shops import baskets
from ledger.shops.baskets import Back, Basket, UsedKeyError, Wanted
from ledger.shops.day_close import close_day
from ledger.shops.settlement import period_of
from ledger.shops.shelf import limit_of, offered, price_for_all, sold_at
from ledger.store.registered import registered_names
from ledger.volunteers.queries import summary

router = APIRouter(prefix="/v1", tags=["till"])

LISTED = 200
"""Baskets of a day's list, at most."""

Shop = Annotated[str, Path(min_length=1, max_length=128)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._-]{8,64}$",
        description="Chosen by the till; with it, asking again is safe",
    ),
]
Redemption = Annotated[str, Path(min_length=1, max_length=128, description="The basket's key")]


@router.get("/till/{merchant}/catalogue")
def shelf(asks: Asks, merchant: Shop) -> Page[ItemOnShelf]:
    """What the shop sells, at everybody's price."""
    here = asks.serving
    with here.reader.database.read() as connection:
        asks.require(connection, Permission.REDEEM, Permission.READ, at=at_shop(merchant))
        now = here.reader.now()
        policy = here.reader.policy_by(connection)
        day = from_micros(now, policy.zone).date().isoformat()
        return Page(
            items=[
                ItemOnShelf(
                    item=one.id,
                    name=one.item.name,
                    kind=one.item.kind,
                    currency=one.item.currency or policy.currency,
                    price=price_for_all(one.item, day),
                    stock=one.available,
                    limit=limit_of(one.item),
                )
                for one in sold_at(connection, merchant, now)
            ]
        )


@router.post("/till/scan")
def scan(asks: Asks, scanned: CodeScanned, key: Key) -> Customer:
    """Who has shown their code, and what they may have. The code is now this basket's alone."""
    volunteer = shown_by(asks, scanned.merchant, scanned.code, key)
    here = asks.serving
    with here.recorder.database.read() as connection:
        rules, now = here.recorder.rules_by(connection), here.recorder.now()
        policy = rules.at(now // SECOND)
        found = summary(connection, rules, volunteer, now)
        items = offered(connection, rules, scanned.merchant, volunteer, now)
        name = _masked_names(connection, [volunteer]).get(volunteer, "")
    purse = found.points if found else None
    return Customer(
        volunteer=volunteer,
        name=name,
        star=found.star if found else 0,
        available=purse.available if purse else "0",
        held=purse.held if purse else "0",
        currencies={one: had.available for one, had in found.currencies.items()} if found else {},
        discounts=[
            Discount(
                item=one.item,
                name=one.name,
                price=one.price,
                price_after_discount=one.own_price,
            )
            for one in items
            if one.discounted
        ],
        items=[
            ItemOffered(
                item=one.item,
                name=one.name,
                kind=one.kind,
                currency=one.currency or policy.currency,
                price=one.price,
                price_after_discount=one.own_price,
                allowed=not one.why_not,
                why_not=list(one.why_not),
                stock=one.stock,
                limit=one.limit,
            )
            for one in items
        ],
    )


@router.post("/redemptions")
def open_basket(asks: Asks, wanted: BasketWanted, key: Key) -> BasketShown:
    """Hold the lines of a basket, or buy them at once. The same again is the same basket."""
    volunteer = shown_by(asks, wanted.merchant, wanted.code, key)
    here = asks.serving
    try:
        found = baskets.open_basket(
            here.recorder,
            here.counter.record,
            key,
            wanted.merchant,
            volunteer,
            [Wanted(one.item, one.count) for one in wanted.lines],
            seconds=wanted.seconds if wanted.hold else None,
            all_or_none=wanted.otherwise == "nothing",
        )
    except UsedKeyError as error:
        raise Problem(Kind.CONFLICT, str(error)) from None
    return _shown(here, found)


@router.get("/redemptions/{redemption}")
def basket(asks: Asks, redemption: Redemption) -> BasketShown:
    """What became of a basket. 404: nothing was asked for under that key, and nothing taken."""
    return _shown(asks.serving, _known(asks, redemption, Permission.REDEEM, Permission.READ))


@router.post("/redemptions/{redemption}/confirm")
def confirm(asks: Asks, redemption: Redemption) -> BasketShown:
    """Pay what is held. Safe to repeat."""
    here, known = asks.serving, _known(asks, redemption, Permission.REDEEM)
    return _shown(here, baskets.confirm(here.recorder, here.counter.record, known))


@router.post("/redemptions/{redemption}/cancel")
def cancel(asks: Asks, redemption: Redemption) -> BasketShown:
    """Let go what is held. Safe to repeat."""
    here, known = asks.serving, _known(asks, redemption, Permission.REDEEM)
    return _shown(here, baskets.cancel(here.recorder, here.counter.record, known))


@router.post("/redemptions/{redemption}/refund")
def refund(asks: Asks, redemption: Redemption, wanted: RefundWanted, key: Key) -> BasketShown:
    """Give back lines of what was paid. The same key again gives back nothing more."""
    here, known = asks.serving, _known(asks, redemption, Permission.REDEEM)
    lines = [Back(one.line, one.points, one.restock) for one in wanted.lines] or [
        Back(number, None, line.count)
        for number, line in enumerate(known.lines, 1)
        if line.state == "paid" or key in line.refunds
    ]
    if not lines:
        raise Problem(Kind.NOT_POSSIBLE, "nothing of this was paid, or all has come back")
    return _shown(here, baskets.refund(here.recorder, here.counter.record, known, key, lines))


@router.get("/till/{merchant}/redemptions")
def opened(
    asks: Asks,
    merchant: Shop,
    day: Annotated[date | None, Query(description="By the policy's clock; absent: today")] = None,
) -> Page[BasketShown]:
    """What was held or sold at a shop on a day, the newest first."""
    here = asks.serving
    with here.recorder.database.read() as connection:
        asks.require(connection, Permission.REDEEM, Permission.READ, at=at_shop(merchant))
        now = here.recorder.now()
        policy = here.recorder.policy_by(connection)
        wanted = day or from_micros(now, policy.zone).date()
        period = period_of(wanted.isoformat(), policy)
        found = baskets.opened_at(connection, merchant, period, now, LISTED)
        return Page(items=_written(connection, policy, found, now))


@router.get(
    "/till/{merchant}/day/{day}",
    response_model=DayShown,
    responses={304: {"description": "As before"}},
)
def day_close(asks: Asks, merchant: Shop, day: date, request: Request) -> Response:
    """What the shop took in on a day: counts, points and yuan, by item."""
    here = asks.serving
    with here.recorder.database.read() as connection:
        asks.require(connection, Permission.REDEEM, Permission.READ, at=at_shop(merchant))
        now = here.recorder.now()
        policy = here.recorder.policy_by(connection)
        close = close_day(connection, policy, merchant, day.isoformat(), now)
    return conditional(request, DayShown.model_validate(asdict(close)))


# -------------------------------------------------------------------------------------------------


def _known(asks: Caller, key: str, *permissions: Permission) -> Basket:
    here = asks.serving
    with here.recorder.database.read() as connection:
        found = baskets.find(connection, key, here.recorder.now())
        asks.require(connection, *permissions, at=at_shop(found.merchant if found else _own(asks)))
    if found is None:
        raise not_found(f"nothing was asked for under {key}")
    return found


def _own(asks: Caller) -> str | None:
    """A shop that whoever asks works at, so that they may hear that there is nothing."""
    return next((one.of for one in asks.standing if one.kind == "merchant"), None)


def _shown(here: Serving, found: Basket) -> BasketShown:
    with here.recorder.database.read() as connection:
        policy = here.recorder.policy_by(connection)
        [shown] = _written(connection, policy, [found], here.recorder.now())
        return shown


def _written(
    connection: Connection, policy: PolicyText, found: Sequence[Basket], now: int
) -> list[BasketShown]:
    """The baskets, with the names of all that is in them."""
    items = {line.item for one in found for line in one.lines}
    names = registered_names(connection, "item", items)
    shops = registered_names(connection, "merchant", {one.merchant for one in found})
    people = _masked_names(connection, {one.volunteer for one in found})

    def told(micros: int) -> str:
        return from_micros(micros, policy.zone).isoformat()

    def shown(one: Basket) -> BasketShown:
        units: dict[str, int] = {}
        for line in one.among("held", "paid", "refunded"):
            units[line.currency] = units.get(line.currency, 0) + line.units - line.returned
        held = [line.expires_at for line in one.among("held") if line.expires_at is not None]
        return BasketShown(
            redemption=one.key,
            merchant=one.merchant,
            merchant_name=shops.get(one.merchant, ""),
            volunteer=one.volunteer,
            name=people.get(one.volunteer, ""),
            state=one.state,
            points={name: policy.amount(many, name) for name, many in units.items()},
            available=policy.amount(one.available, one.lines[-1].currency),
            at=told(one.at),
            changed_at=told(one.changed_at),
            expires_at=told(min(held)) if held else None,
            now=told(now),
            lines=[
                LineShown(
                    line=number,
                    redemption=line.redemption,
                    item=line.item,
                    name=names.get(line.item) or line.item,
                    count=line.count,
                    currency=line.currency,
                    points=policy.amount(line.units, line.currency),
                    returned=policy.amount(line.returned, line.currency),
                    state=line.state,
                    reason=line.reason,
                    voucher=line.voucher,
                    refunds=list(line.refunds),
                )
                for number, line in enumerate(one.lines, 1)
            ],
        )

    return [shown(one) for one in found]


def _masked_names(connection: Connection, volunteers: Collection[str]) -> dict[str, str]:
    names = registered_names(connection, "volunteer", volunteers)
    return {ident: masked("name", name) for ident, name in names.items() if name}
