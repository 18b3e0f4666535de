"""How do the welfare funds (公益基金) stand? Money, budgets, spending, and how long it lasts.

Amounts are fen unless a name says otherwise. Money that waits in vouchers has left the fund.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from ledger.clock import SECOND
from ledger.core.entries import BATCH_SPAN, FUND, MERCHANT
from ledger.core.redeeming.payments import fen
from ledger.core.rulebook import MONEY, PolicyText
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.shops.liability import outstanding_now
from ledger.store import bulk
from ledger.store.tables import batch, book_entry, budget, hold, posting, redemption, registry
from ledger.volunteers.accounts import balances
from schemas.books import FundBudgeted, FundContributed
from schemas.catalogue import Fund, FundRegistered

DAY = 86_400 * SECOND

LOOK_BACK = 30
"""Days whose spending says how long the money lasts."""

DONOR = "donor:"
VOUCHER = "voucher:"


class BudgetLine(NamedTuple):
    """At most `amount` in `period` (YYYY or YYYY-MM), at the shops of `place` ("": everywhere)."""

    place: str
    period: str
    amount: int
    spent: int

    @property
    def left(self) -> int:
        return self.amount - self.spent


class FundReport(NamedTuple):
    """A fund at a moment.

    `reserved` of `balance` is set aside by holds; `spent` is what shops and vouchers got, less what
    came back. `committed`: what all points in all wallets would cost this fund (None if it is not
    registered). `lasts` are the days that the rest lasts at the spending of the last 30
    (`lately`), None where nothing was spent. `alert`: the balance is below the fund's mark.
    """

    fund: str
    registered: Fund | None
    balance: int
    reserved: int
    contributed: int
    lately: int
    budgets: tuple[BudgetLine, ...]
    committed: int | None

    @property
    def spent(self) -> int:
        return self.contributed - self.balance

    @property
    def left(self) -> int:
        """What can still be redeemed."""
        return self.balance - self.reserved

    @property
    def lasts(self) -> int | None:
        return None if self.lately <= 0 else max(0, self.left) * LOOK_BACK // self.lately

    @property
    def alert(self) -> bool:
        mark = self.registered.alert if self.registered is not None else None
        return mark is not None and self.balance < int(Decimal(mark) * 100)


def funds(connection: Connection, policy: PolicyText, now: int) -> list[FundReport]:
    """Every fund that is registered or has an account, by id, at `now` (µs)."""
    registered = registered_funds(connection)
    money = {
        one.account.removeprefix(FUND): one.amount
        for one in balances(connection, FUND)
        if one.currency == MONEY
    }
    reserved = {
        ident: int(cost)
        for ident, cost in connection.execute(
            select(hold.c.fund, func.sum(hold.c.cost))
            .where(hold.c.expires_at > now)
            .group_by(hold.c.fund)
        )
    }
    budgets: dict[str, list[BudgetLine]] = defaultdict(list)
    for row in connection.execute(
        select(budget).order_by(budget.c.fund, budget.c.period, budget.c.place)
    ):
        budgets[row.fund].append(BudgetLine(row.place, row.period, row.amount, row.spent))
    points = policy.amount(outstanding_now(connection, policy.currency).units, policy.currency)
    found = []
    for ident in sorted(money.keys() | registered.keys()):
        known = registered.get(ident)
        found.append(
            FundReport(
                ident,
                known,
                money.get(ident, 0),
                reserved.get(ident, 0),
                _contributed(connection, ident),
                -_flow(connection, ident, now - LOOK_BACK * DAY),
                tuple(budgets[ident]),
                None if known is None else fen(points, known.point_value),
            )
        )
    return found


def registered_funds(connection: Connection) -> dict[str, Fund]:
    """The registered funds, by id."""
    rows = connection.execute(
        select(registry.c.id, registry.c.data).where(registry.c.kind == "fund")
    )
    return {ident: Fund.model_validate_json(data) for ident, data in rows}


def _contributed(connection: Connection, fund: str) -> int:
    return int(
        connection.execute(
            select(func.coalesce(func.sum(posting.c.amount), 0))
            .join(book_entry, book_entry.c.id == posting.c.entry)
            .where(*_of(fund), book_entry.c.kind == "contribution")
        ).scalar_one()
    )


def _flow(connection: Connection, fund: str, since: int) -> int:
    """What came and went beside contributions, known from `since` (µs) on."""
    return int(
        connection.execute(
            select(func.coalesce(func.sum(posting.c.amount), 0))
            .join(book_entry, book_entry.c.id == posting.c.entry)
            .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
            .where(*_of(fund), book_entry.c.kind != "contribution", batch.c.recorded_at >= since)
        ).scalar_one()
    )


def _of(fund: str) -> tuple[Any, Any]:
    return posting.c.account == f"{FUND}{fund}", posting.c.currency == MONEY


# One fund ------------------------------------------------------------------------------------


class Spent(NamedTuple):
    """What went to `to` in a month, less what came back: a shop, or vouchers that wait."""

    month: str
    to: str
    fen: int


class FundStory(NamedTuple):
    """A fund with its spending by month (of when it became known) and its donors."""

    report: FundReport
    spending: list[Spent]
    donors: list[tuple[str, int]]


def fund(connection: Connection, policy: PolicyText, ident: str, now: int) -> FundStory:
    """One fund at `now` (µs). Raises LedgerError if there is none."""
    report = next((one for one in funds(connection, policy, now) if one.fund == ident), None)
    if report is None:
        raise LedgerError(f"there is no fund {ident}: `vledger funds` lists them")
    donors: list[tuple[str, int]] = []
    spent: dict[tuple[str, str], int] = defaultdict(int)
    for account, day, amount in _counterparts(connection, ident, policy):
        if account.startswith(DONOR):
            donors.append((account.removeprefix(DONOR), -amount))
        else:
            spent[day[:7], account.removeprefix(MERCHANT)] += amount
    for account, shop, day, amount in _vouchers_used(connection, ident, spent, policy):
        spent[day[:7], account] -= amount
        spent[day[:7], shop] += amount
    given: dict[str, int] = defaultdict(int)
    for donor, amount in donors:
        given[donor] += amount
    return FundStory(
        report,
        [Spent(*key, amount) for key, amount in sorted(spent.items()) if amount],
        sorted(given.items(), key=lambda one: (-one[1], one[0])),
    )


def _counterparts(
    connection: Connection, ident: str, policy: PolicyText
) -> Iterator[tuple[str, str, int]]:
    """(account, day, fen into it) of what stands across the fund's postings."""
    other = posting.alias("other")
    day = _day(policy)
    rows = connection.execute(
        select(other.c.account, day, func.sum(other.c.amount))
        .select_from(posting)
        .join(other, other.c.entry == posting.c.entry)
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(*_of(ident), other.c.currency == MONEY, other.c.account != f"{FUND}{ident}")
        .group_by(other.c.account, day)
    )
    for account, number, amount in rows:
        yield account, _date(number), int(amount)


def _vouchers_used(
    connection: Connection, ident: str, spent: Mapping[tuple[str, str], int], policy: PolicyText
) -> Iterator[tuple[str, str, str, int]]:
    """(voucher account, shop, day, fen) of the fund's vouchers whose money a shop has got."""
    accounts = {account for _, account in spent if account.startswith(VOUCHER)}
    if not accounts:
        return
    day = _day(policy)
    rows = connection.execute(
        select(posting.c.account, redemption.c.merchant, day, func.sum(posting.c.amount))
        .select_from(posting)
        .join(book_entry, book_entry.c.id == posting.c.entry)
        .join(redemption, redemption.c.request == book_entry.c.event)
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(
            bulk.among(connection, posting.c.account, accounts),
            posting.c.currency == MONEY,
            book_entry.c.kind == "voucher",
            redemption.c.fund == ident,
        )
        .group_by(posting.c.account, redemption.c.merchant, day)
    )
    for account, shop, number, amount in rows:
        yield account, shop, _date(number), -int(amount)


def _day(policy: PolicyText) -> Any:
    """The number of the day when something became known, on the policy's calendar."""
    return (batch.c.recorded_at + policy.plan.clock.offset * SECOND) // DAY


def _date(number: int) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(number)).isoformat()


# By hand -------------------------------------------------------------------------------------


def register_fund(
    recorder: Recorder, ident: str, name: str, value: str, alert: str | None, place: str | None
) -> None:
    """Register a fund, or change it."""
    data = {"name": name, "point_value": value, "alert": alert, "place": place}
    send(recorder, FundRegistered, ident, data)


def contribute(recorder: Recorder, ident: str, donor: str, amount: str, note: str = "") -> None:
    """Book what a donor gave (yuan). Raises LedgerError if the fund is not registered."""
    _need(recorder, ident)
    send(recorder, FundContributed, ident, {"donor": donor, "amount": amount, "note": note})


def set_budget(
    recorder: Recorder, ident: str, period: str, amount: str, place: str | None, note: str = ""
) -> None:
    """Say what may be spent (yuan). Raises LedgerError if the fund is not registered."""
    _need(recorder, ident)
    data = {"period": period, "amount": amount, "place": place, "note": note}
    send(recorder, FundBudgeted, ident, data)


def _need(recorder: Recorder, ident: str) -> None:
    with recorder.database.read() as connection:
        if ident not in registered_funds(connection):
            raise LedgerError(
                f"there is no fund {ident}: register it with `vledger funds register {ident} …`"
            )
