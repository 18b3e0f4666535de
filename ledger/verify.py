"""Does everything that the ledger promises hold? Each check names what broke."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ledger.ladder import PolicyText
from ledger.replay import Advance, differences, rebuild, scratch
from ledger.store.append_only import unprotected
from ledger.store.database import Database
from ledger.store.tables import (
    APPEND_ONLY,
    account_balance,
    event,
    hour_record,
    posting,
    redemption,
    volunteer_state,
)

SHOWN = 5
"""Examples named for one check."""


class Finding(NamedTuple):
    """Something that does not hold: which promise, and where it is broken."""

    check: str
    detail: str


class Check(NamedTuple):
    """A promise, and the query that finds what breaks it."""

    name: str
    find: Callable[[Connection, PolicyText], Iterator[str]]


def verify(
    database: Database, policy: PolicyText, advance: Advance | None = None
) -> tuple[list[str], list[Finding]]:
    """Run every check: the names of those run, and what they found.

    With `advance`, the event log is also replayed into a scratch ledger and compared row by row.
    """
    names, findings = [], []
    with database.read() as connection:
        for check in CHECKS:
            names.append(check.name)
            findings += [Finding(check.name, detail) for detail in check.find(connection, policy)]
        if advance is not None:
            names.append(REPLAY)
            findings += [Finding(REPLAY, detail) for detail in _replayed(connection, advance)]
    return names, findings


REPLAY = "replaying the event log gives the same ledger"


def _replayed(connection: Connection, advance: Advance) -> Iterator[str]:
    with scratch() as rebuilt:
        rebuild(connection, rebuilt, advance)
        with rebuilt.read() as other:
            for table, detail in differences(connection, other):
                yield f"{table.name}: {detail}"


def _append_only(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    for name in unprotected(connection, [table.name for table in APPEND_ONLY]):
        yield f"{name}: the trigger that refuses changes is missing or disabled"


def _entries_balance(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    total = func.sum(posting.c.amount)
    for cause, currency, amount in connection.execute(
        select(posting.c.cause, posting.c.currency, total)
        .group_by(posting.c.cause, posting.c.currency)
        .having(total != 0)
        .limit(SHOWN)
    ):
        yield f"entry {cause}: its {currency} postings sum to {amount}, not 0"


def _balances(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    posted = (
        select(posting.c.account, posting.c.currency, func.sum(posting.c.amount).label("total"))
        .group_by(posting.c.account, posting.c.currency)
        .subquery()
    )
    kept = (
        select(
            account_balance.c.account,
            account_balance.c.currency,
            func.sum(account_balance.c.balance).label("total"),
        )
        .group_by(account_balance.c.account, account_balance.c.currency)
        .subquery()
    )
    same = and_(posted.c.account == kept.c.account, posted.c.currency == kept.c.currency)
    for left, right in ((posted, kept), (kept, posted)):
        query = (
            select(left.c.account, left.c.currency, posted.c.total, kept.c.total)
            .select_from(left.outerjoin(right, same))
            .where(func.coalesce(posted.c.total, 0) != func.coalesce(kept.c.total, 0))
            .order_by(left.c.account)
            .limit(SHOWN)
        )
        for account, currency, total, balance in connection.execute(query):
            if left is posted or total is None:
                yield (
                    f"{account} {currency}: balance {balance or 0}, postings sum to {total or 0}"
                )


def _hours(connection: Connection, policy: PolicyText) -> Iterator[str]:
    recorded = (
        select(hour_record.c.volunteer, func.sum(hour_record.c.seconds).label("total"))
        .group_by(hour_record.c.volunteer)
        .subquery()
    )
    state = volunteer_state
    total = func.coalesce(recorded.c.total, 0)
    for volunteer, seconds, sum_of_records in connection.execute(
        select(state.c.volunteer, state.c.seconds, total)
        .outerjoin(recorded, recorded.c.volunteer == state.c.volunteer)
        .where(state.c.seconds != total)
        .limit(SHOWN)
    ):
        yield f"{volunteer}: {seconds} s, hour records sum to {sum_of_records} s"
    unknown = (
        select(recorded.c.volunteer)
        .outerjoin(state, recorded.c.volunteer == state.c.volunteer)
        .where(state.c.volunteer.is_(None))
        .limit(SHOWN)
    )
    for volunteer in connection.execute(unknown).scalars():
        yield f"{volunteer}: has hour records but no standing"


def _stars(connection: Connection, policy: PolicyText) -> Iterator[str]:
    ladder = policy.policy
    top = max(ladder.levels)
    state = volunteer_state
    wrong = or_(
        ~state.c.star.between(0, top),
        *(
            and_(state.c.star == level, or_(*_outside(ladder.threshold, level, top)))
            for level in range(top + 1)
        ),
    )
    for row in connection.execute(select(state).where(wrong).limit(SHOWN)):
        due = ladder.star_for(row.seconds)
        yield f"{row.volunteer}: star {row.star}, {row.seconds} s give star {due}"


def _outside(threshold: Callable[[int], int], level: int, top: int) -> list[ColumnElement[bool]]:
    seconds = volunteer_state.c.seconds
    limits: list[ColumnElement[bool]] = [seconds < threshold(level)]
    if level < top:
        limits.append(seconds >= threshold(level + 1))
    return limits


def _reversals(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    original = hour_record.alias()
    undo = hour_record.alias()
    broken = or_(
        original.c.id.is_(None),
        original.c.reverses.is_not(None),
        original.c.volunteer != undo.c.volunteer,
        original.c.seconds != -undo.c.seconds,
    )
    for ident, reverses in connection.execute(
        select(undo.c.id, undo.c.reverses)
        .outerjoin(original, original.c.id == undo.c.reverses)
        .where(undo.c.reverses.is_not(None), broken)
        .limit(SHOWN)
    ):
        yield f"hour record {ident} does not mirror {reverses}, which it reverses"


def _evidence(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    came, left = event.alias(), event.alias()
    for ident in connection.execute(
        select(hour_record.c.id)
        .outerjoin(came, came.c.seq == hour_record.c.check_in)
        .outerjoin(left, left.c.seq == hour_record.c.check_out)
        .where(or_(came.c.seq.is_(None), left.c.seq.is_(None)))
        .limit(SHOWN)
    ).scalars():
        yield f"hour record {ident} rests on an event that the log does not have"


def _redemptions(connection: Connection, _policy: PolicyText) -> Iterator[str]:
    amount = func.sum(posting.c.amount)
    accepted = redemption.c.status == "accepted"
    for ident, status, points, taken in connection.execute(
        select(redemption.c.redemption, redemption.c.status, redemption.c.points, amount)
        .outerjoin(
            posting, and_(posting.c.cause == redemption.c.id, posting.c.account.like("volunteer:%"))
        )
        .where(redemption.c.repeats.is_(None))
        .group_by(redemption.c.id)
        .having(
            or_(
                and_(accepted, func.coalesce(amount, 0) != -redemption.c.points),
                and_(accepted, redemption.c.available < 0),
                and_(~accepted, amount.is_not(None)),
            )
        )
        .limit(SHOWN)
    ):
        yield f"redemption {ident} ({status}, {points} points) moved {taken or 0}"


CHECKS = (
    Check("the ledger is append-only", _append_only),
    Check("every entry's postings sum to zero", _entries_balance),
    Check("balances equal the sum of postings", _balances),
    Check("hours equal the sum of hour records", _hours),
    Check("stars follow from hours", _stars),
    Check("a reversal mirrors its record", _reversals),
    Check("every hour record rests on logged events", _evidence),
    Check("redemptions moved what was decided and never overspent", _redemptions),
)
