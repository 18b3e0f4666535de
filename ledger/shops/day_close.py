"""What did a shop take in on a day? Counts, points and yuan, by item, to compare with the till.

A day is of when things became known, as all settlements are: once it is over it never changes, and
whoever has the ledger comes to the same close, which has a check number.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy import Connection, select

from ledger.core.entries import MERCHANT
from ledger.core.rulebook import MONEY, PolicyText
from ledger.sheets import yuan
from ledger.shops.settlement import ShopPeriod, period_of, settle
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import redemption
from ledger.volunteers.accounts import Balance, balances


@dataclass(frozen=True, slots=True)
class Sums:
    """What came in and went back of a currency, as decimal texts (CNY: yuan)."""

    currency: str
    redemptions: int
    refunds: int
    redeemed: str
    refunded: str
    net: str


@dataclass(frozen=True, slots=True)
class ItemSold:
    """What was sold and came back of an item; `pieces` were sold, `points` are net, a decimal."""

    item: str
    name: str
    currency: str
    redemptions: int
    pieces: int
    refunds: int
    points: str


@dataclass(frozen=True, slots=True)
class DayClose:
    """A shop's day. `over`: it never changes any more. `check` is the same for the same day."""

    merchant: str
    name: str
    day: str
    over: bool
    sums: tuple[Sums, ...]
    items: tuple[ItemSold, ...]
    check: str


def close_day(
    connection: Connection, policy: PolicyText, merchant: str, day: str, now: int
) -> DayClose:
    """The close of a day (YYYY-MM-DD) as it is at `now` (µs). Raises LedgerError."""
    span = period_of(day, policy)
    shops: list[ShopPeriod] = []
    if _accounts(connection, merchant):
        shops = list(settle(connection, policy, day, merchant).shops)
    sums = tuple(_sums(policy, shop) for shop in shops)
    items = _items(connection, policy, [shop for shop in shops if not shop.is_money])
    entries = sorted(
        (line.entry, shop.currency, line.amount) for shop in shops for line in shop.lines
    )
    check = sha256(orjson.dumps([merchant, day, entries])).hexdigest()[:8].upper()
    name = registered_names(connection, "merchant", [merchant]).get(merchant, "")
    return DayClose(merchant, name, day, span.until <= now, sums, items, check)


def _accounts(connection: Connection, merchant: str) -> list[Balance]:
    account = f"{MERCHANT}{merchant}"
    return [one for one in balances(connection, account) if one.account == account]


def _sums(policy: PolicyText, shop: ShopPeriod) -> Sums:
    def told(units: int) -> str:
        return str(yuan(units)) if shop.is_money else policy.amount(units, shop.currency)

    refunds = sum(line.amount < 0 for line in shop.lines if line.redemption)
    return Sums(
        MONEY if shop.is_money else shop.currency,
        shop.redemptions,
        refunds,
        told(shop.redeemed),
        told(shop.refunded),
        told(shop.net),
    )


def _items(
    connection: Connection, policy: PolicyText, shops: list[ShopPeriod]
) -> tuple[ItemSold, ...]:
    sold: Counter[tuple[str, str]] = Counter()
    back: Counter[tuple[str, str]] = Counter()
    net: Counter[tuple[str, str]] = Counter()
    bought: dict[tuple[str, str], list[str]] = defaultdict(list)
    for shop in shops:
        for line in shop.lines:
            key = (line.item, shop.currency)
            net[key] += line.amount
            if line.amount > 0:
                sold[key] += 1
                bought[key].append(line.redemption)
            else:
                back[key] += 1
    idents = {ident for several in bought.values() for ident in several}
    pieces = _pieces(connection, idents)
    names = registered_names(connection, "item", {item for item, _ in net})
    return tuple(
        ItemSold(
            item,
            names.get(item) or item,
            currency,
            sold[item, currency],
            sum(pieces.get(one, 1) for one in bought[item, currency]),
            back[item, currency],
            policy.amount(net[item, currency], currency),
        )
        for item, currency in sorted(net)
    )


def _pieces(connection: Connection, idents: set[str]) -> dict[str, int]:
    rows = connection.execute(
        select(redemption.c.redemption, redemption.c.quantity).where(
            bulk.among(connection, redemption.c.redemption, idents),
            redemption.c.step == "open",
            redemption.c.status == "accepted",
            redemption.c.repeats.is_(None),
        )
    )
    return {row.redemption: row.quantity for row in rows}
