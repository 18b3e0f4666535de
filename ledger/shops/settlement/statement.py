"""What moved each shop's accounts in a month or on a day, in points and in yuan?

A period is of when things became known: what an offline till brings later belongs to the period in
which it came in, so that a period that is over never changes, and periods add up to the accounts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import Connection, select

from ledger.clock import to_micros
from ledger.core.entries import MERCHANT
from ledger.core.rulebook import MONEY, PolicyText
from ledger.errors import LedgerError
from ledger.shops.disputes import Key, known_disputes, moved_for
from ledger.store.tables import registry
from ledger.volunteers.accounts import Balance, Line, Period, balances, statement
from schemas.catalogue import Merchant

PAID = ("payout", "remittance")
"""Book entries by which a shop is paid, or not paid after all."""


@dataclass(frozen=True)
class ShopPeriod:
    """One account of a shop in a period; amounts in units of `currency` (of CNY: fen).

    `opening + redeemed - refunded - disputed - paid` is closing. `redeemed` came in, `refunded`
    went back to volunteers, `disputed` back to the fund, `paid` to the bank (less what failed).
    Of closing, `withheld` is in dispute.
    """

    merchant: str
    name: str
    currency: str
    opening: int
    lines: Sequence[Line]
    withheld: int = 0

    @property
    def is_money(self) -> bool:
        return self.currency == MONEY

    @property
    def redemptions(self) -> int:
        return sum(_is_trade(line) and line.amount > 0 for line in self.lines)

    @property
    def redeemed(self) -> int:
        return sum(line.amount for line in self.lines if _is_trade(line) and line.amount > 0)

    @property
    def refunded(self) -> int:
        return -sum(line.amount for line in self.lines if _is_trade(line) and line.amount < 0)

    @property
    def disputed(self) -> int:
        return -sum(line.amount for line in self.lines if line.rule == "dispute")

    @property
    def paid(self) -> int:
        return -sum(line.amount for line in self.lines if line.rule in PAID)

    @property
    def net(self) -> int:
        """What the shop has earned."""
        return self.redeemed - self.refunded - self.disputed

    @property
    def closing(self) -> int:
        return self.opening + self.net - self.paid


@dataclass(frozen=True)
class Settlement:
    """All shops' accounts in a period: points, and money where a fund pays.

    `value` is what a point is paid with (yuan) where no fund pays; None where nothing is.
    `disputes` are those known at the period's end, by (shop, redemption).
    """

    period: str
    shops: Sequence[ShopPeriod]
    policy: PolicyText
    value: Decimal | None = None
    disputes: Mapping[Key, str] = field(default_factory=dict)

    @property
    def points(self) -> list[ShopPeriod]:
        return [shop for shop in self.shops if not shop.is_money]

    @property
    def money(self) -> list[ShopPeriod]:
        return [shop for shop in self.shops if shop.is_money]

    def owed(self, shop: ShopPeriod) -> str:
        """What the shop is paid for the period's points, to the cent.

        "" without a value, and for a shop with an account in money, which says it.
        """
        has_money = any(one.merchant == shop.merchant for one in self.money)
        if self.value is None or has_money:
            return ""
        points = Decimal(self.policy.amount(shop.net, shop.currency))
        return str((points * self.value).quantize(Decimal("0.01")))


def settle(
    connection: Connection,
    policy: PolicyText,
    period: str,
    merchant: str | None = None,
    value: Decimal | None = None,
) -> Settlement:
    """A month (2026-05) or day (2026-05-01) of every shop, or of one.

    Raises LedgerError for another period. An account that had nothing yet is left out.
    """
    span = period_of(period, policy)
    accounts = [
        one
        for one in balances(connection, MERCHANT)
        if merchant is None or one.account == f"{MERCHANT}{merchant}"
    ]
    if merchant is not None and not accounts:
        raise LedgerError(f"no shop {merchant} has an account: see `vledger accounts merchant:`")
    names = shop_names(connection)
    idents = {_shop(one) for one in accounts}
    known = known_disputes(connection, idents, span.until)
    withheld = _withheld(connection, known, span.until)
    shops = []
    for account in accounts:
        opening, lines = statement(
            connection, account.account, account.currency, span, by_recorded=True
        )
        if opening or lines or merchant is not None:
            ident = _shop(account)
            aside = withheld.get(ident, 0) if account.currency == MONEY else 0
            shops.append(
                ShopPeriod(ident, names.get(ident, ""), account.currency, opening, lines, aside)
            )
    return Settlement(period, shops, policy, value, known)


def period_of(text: str, policy: PolicyText) -> Period:
    """The month or day as instants, on the policy's clock."""
    try:
        if is_month(text):
            first = date.fromisoformat(f"{text}-01")
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        else:
            first = datetime.strptime(text, "%Y-%m-%d").date()
            following = first + timedelta(days=1)
    except (ValueError, OverflowError):
        raise LedgerError(
            f"{text!r} is neither a month nor a day: write it as 2026-05 or 2026-05-01"
        ) from None
    since, until = (
        to_micros(datetime.combine(day, time(), policy.zone)) for day in (first, following)
    )
    return Period(since, until)


def is_month(text: str) -> bool:
    """It is written as a month, YYYY-MM."""
    return re.fullmatch(r"\d{4}-\d{2}", text) is not None


def shop_names(connection: Connection) -> dict[str, str]:
    """The names of the registered shops."""
    rows = connection.execute(
        select(registry.c.id, registry.c.data).where(registry.c.kind == "merchant")
    )
    return {ident: Merchant.model_validate_json(data).name for ident, data in rows}


def _withheld(connection: Connection, known: Mapping[Key, str], until: int) -> dict[str, int]:
    """By shop, the fen that it had before `until` of redemptions that were in dispute."""
    unsettled = {key for key, decision in known.items() if not decision}
    moved = moved_for(connection, {ident for _, ident in unsettled})
    found: dict[str, int] = {}
    for shop, ident in unsettled:
        has = sum(one.fen for one in moved.get((shop, ident), ()) if one.recorded_at < until)
        found[shop] = found.get(shop, 0) + max(0, has)
    return found


def _shop(account: Balance) -> str:
    return account.account.removeprefix(MERCHANT)


def _is_trade(line: Line) -> bool:
    return line.rule != "dispute" and line.rule not in PAID
