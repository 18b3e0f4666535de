"""What does an account hold, and what moved it? Balances and statements, on both time axes.

Every movement has two times: when it was true (`effective_at`) and when it became known
(`recorded_at`). "What did we know on 1 June of the balance on 1 May?" asks for both.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from ledger.core.entries import BATCH_SPAN
from ledger.store.tables import (
    account_balance,
    batch,
    book_entry,
    points_entry,
    posting,
    redemption,
)


class Balance(NamedTuple):
    """What an account holds of a currency, in its smallest unit."""

    account: str
    currency: str
    amount: int


class Line(NamedTuple):
    """One posting; times in µs, `balance` after it. `redemption` is the till's id, "" if none."""

    entry: int
    effective_at: int
    recorded_at: int
    volunteer: str
    counter: str
    amount: int
    balance: int
    rule: str
    """The rule of the policy, or the kind of a book entry."""
    redemption: str
    item: str
    reverses: int | None


class Period(NamedTuple):
    """From `since` to before `until` (µs), of what was known before `known` (µs; None: by now)."""

    since: int
    until: int
    known: int | None = None


def balances(connection: Connection, prefix: str) -> Iterator[Balance]:
    """The present balances of accounts whose name begins so, by name."""
    account = account_balance.c
    rows = connection.execute(
        select(account.account, account.currency, func.sum(account.balance))
        .where(account.account.startswith(prefix, autoescape=True))
        .group_by(account.account, account.currency)
        .order_by(account.account, account.currency)
    )
    for name, currency, amount in rows:
        yield Balance(name, currency, int(amount))


def balance_at(
    connection: Connection, account: str, currency: str, at: int, known: int | None = None
) -> int:
    """The balance before the instant `at` (µs), by what was known before `known` (µs)."""
    return _sum(connection, account, currency, posting.c.effective_at < at, known)


def statement(
    connection: Connection, account: str, currency: str, period: Period, *, by_recorded: bool
) -> tuple[int, list[Line]]:
    """The opening balance, and the postings of a period in order.

    `by_recorded`: the period is of when they became known, so that a month once closed never
    changes; else of when they were true.
    """
    axis = batch.c.recorded_at if by_recorded else posting.c.effective_at
    opening = _sum(connection, account, currency, axis < period.since, period.known)
    query = (
        _postings(account, currency, period.known)
        .where(axis >= period.since, axis < period.until)
        .order_by(axis, posting.c.entry, posting.c.leg)
    )
    lines = []
    running = opening
    for row in connection.execute(query):
        running += row.amount
        lines.append(
            Line(
                row.entry,
                row.effective_at,
                row.recorded_at,
                row.volunteer,
                row.counter,
                row.amount,
                running,
                row.rule,
                row.redemption or "",
                row.item or "",
                row.reverses,
            )
        )
    return opening, lines


def _postings(account: str, currency: str, known: int | None) -> Select[tuple[object, ...]]:
    other = posting.alias("other")
    counter = (
        select(func.min(other.c.account))
        .where(
            other.c.entry == posting.c.entry,
            other.c.currency == posting.c.currency,
            other.c.leg != posting.c.leg,
        )
        .scalar_subquery()
    )
    query = (
        select(
            posting.c.entry,
            posting.c.effective_at,
            batch.c.recorded_at,
            func.coalesce(points_entry.c.volunteer, redemption.c.volunteer, "").label("volunteer"),
            counter.label("counter"),
            posting.c.amount,
            func.coalesce(points_entry.c.rule, book_entry.c.kind).label("rule"),
            func.coalesce(redemption.c.redemption, book_entry.c.memo).label("redemption"),
            redemption.c.item,
            points_entry.c.reverses,
        )
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .outerjoin(points_entry, points_entry.c.id == posting.c.entry)
        .outerjoin(book_entry, book_entry.c.id == posting.c.entry)
        .outerjoin(
            redemption,
            redemption.c.request == func.coalesce(points_entry.c.event, book_entry.c.event),
        )
        .where(posting.c.account == account, posting.c.currency == currency)
    )
    return query if known is None else query.where(batch.c.recorded_at < known)


def _sum(
    connection: Connection,
    account: str,
    currency: str,
    condition: ColumnElement[bool],
    known: int | None,
) -> int:
    query = (
        select(func.coalesce(func.sum(posting.c.amount), 0))
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(posting.c.account == account, posting.c.currency == currency, condition)
    )
    if known is not None:
        query = query.where(batch.c.recorded_at < known)
    return int(connection.execute(query).scalar_one())
