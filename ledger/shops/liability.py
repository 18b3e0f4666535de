"""How many points can still be redeemed, now and at the end of each month, and what are they worth?

All wallets count, of volunteers, households and teams; what one owes is no other's loss, so that
those below zero count as nothing. Points that wait in vouchers are spent.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from ledger.clock import from_micros
from ledger.core.entries import WALLETS, wallet
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.shops.settlement import period_of
from ledger.shops.settlement.statement import is_month
from ledger.store.tables import account_balance, posting

_WALLETS = (wallet(""), *WALLETS)


class Outstanding(NamedTuple):
    """Smallest units in so many wallets that have any."""

    units: int
    wallets: int


class MonthEnd(NamedTuple):
    """What was outstanding when a month was over, or is now, if it is not over."""

    month: str
    points: str
    wallets: int
    value: Decimal | None
    """Yuan, to the fen."""


def outstanding_now(connection: Connection, currency: str) -> Outstanding:
    """What can be redeemed now."""
    own = account_balance.c
    held = (
        select(func.sum(own.balance).label("units"))
        .where(_is_wallet(account_balance), own.currency == currency)
        .group_by(own.account)
        .subquery()
    )
    return _sum_above_zero(connection, held.c.units)


def outstanding_at(connection: Connection, currency: str, at: int) -> Outstanding:
    """What could be redeemed at an instant (µs), by what is known now."""
    held = (
        select(func.sum(posting.c.amount).label("units"))
        .where(_is_wallet(posting), posting.c.currency == currency, posting.c.effective_at < at)
        .group_by(posting.c.account)
        .subquery()
    )
    return _sum_above_zero(connection, held.c.units)


def liability(
    connection: Connection, policy: PolicyText, first: str, last: str, value: Decimal | None
) -> Iterator[MonthEnd]:
    """The ends of the months from `first` to `last` (YYYY-MM), at `value` yuan a point."""
    for month in months(first, last, policy):
        held = outstanding_at(connection, policy.currency, period_of(month, policy).until)
        points = policy.amount(held.units, policy.currency)
        worth = None if value is None else (Decimal(points) * value).quantize(Decimal("0.01"))
        yield MonthEnd(month, points, held.wallets, worth)


def months(first: str, last: str, policy: PolicyText) -> list[str]:
    """The months from one to another. Raises LedgerError if they are none, or the wrong way."""
    for one in (first, last):
        if not is_month(one):
            raise LedgerError(f"{one!r} is not a month: write it as 2026-05")
        period_of(one, policy)
    if last < first:
        raise LedgerError(f"{last} is before {first}")
    found, (year, month) = [], (int(part) for part in first.split("-"))
    while (text := f"{year:04}-{month:02}") <= last:
        found.append(text)
        year, month = year + month // 12, month % 12 + 1
    return found


def months_back(now: int, policy: PolicyText, count: int) -> tuple[str, str]:
    """The last `count` months, the one of `now` (µs) included: the first and the last of them."""
    this = f"{from_micros(now, policy.zone):%Y-%m}"
    return month_later(this, 1 - count), this


def month_later(month: str, count: int) -> str:
    """The month so many months later, or before if `count` is below zero."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + count
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _is_wallet(table: Table) -> ColumnElement[bool]:
    return or_(*(table.c.account.startswith(prefix) for prefix in _WALLETS))


def _sum_above_zero(connection: Connection, units: ColumnElement[int]) -> Outstanding:
    total, wallets = connection.execute(
        select(func.coalesce(func.sum(units), 0), func.count()).where(units > 0)
    ).one()
    return Outstanding(int(total), int(wallets))
