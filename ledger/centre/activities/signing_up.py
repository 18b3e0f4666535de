"""Which activities are there, who has signed up for them, and how does somebody do so?"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, case, func, or_, select, tuple_

from ledger.centre.activities.sign_ups import ActivityRow, SignUp
from ledger.centre.teams.people import has_left
from ledger.clock import from_micros
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.tables import activity, sign_up
from schemas.activities import ActivityCancelled, SignedUp, SignUpWithdrawn

COMING, WAITING = "in", "waiting"


def activities(
    connection: Connection,
    area: str = "",
    *,
    since: int | None = None,
    until: int | None = None,
    team: str | None = None,
    category: str | None = None,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[ActivityRow]:
    """Those at the places of an area, by when they begin (those without a time first) and id.

    `since`, `until`: that end after the one and begin before the other (µs). `after`: those that
    follow on one that begins then (0: without a time) with that id.
    """
    column = activity.c
    begins = func.coalesce(column.starts_at, 0)
    query = select(activity).where(inside(connection, column.place, area))
    if since is not None:
        query = query.where(or_(column.ends_at.is_(None), column.ends_at > since))
    if until is not None:
        query = query.where(begins < until)
    if team is not None:
        query = query.where(column.team == team)
    if category is not None:
        query = query.where(column.category == category)
    if after is not None:
        begun, ident = after
        query = query.where(or_(begins > begun, (begins == begun) & (column.activity > ident)))
    rows = connection.execute(query.order_by(begins, column.activity).limit(limit))
    return [ActivityRow._make(row) for row in rows]


def find_activity(connection: Connection, ident: str) -> ActivityRow:
    """Raises LedgerError if there is none of that id."""
    row = connection.execute(select(activity).where(activity.c.activity == ident)).first()
    if row is None:
        raise LedgerError(f"there is no activity {ident}: `vledger activities` lists them")
    return ActivityRow._make(row)


def activities_by_id(connection: Connection, idents: Collection[str]) -> list[ActivityRow]:
    """Those of these ids that there are."""
    query = select(activity).where(bulk.among(connection, activity.c.activity, list(idents)))
    return [ActivityRow._make(row) for row in connection.execute(query)]


def cancelled(connection: Connection, idents: Collection[str]) -> set[str]:
    """Which of these were called off."""
    query = select(activity.c.activity).where(
        bulk.among(connection, activity.c.activity, list(idents)),
        activity.c.cancelled_at.is_not(None),
    )
    return set(connection.execute(query).scalars())


Key = tuple[int, int, int, str]
"""Of a sign-up among those of its activity, which stand in this order."""

_RANKS = {COMING: 0, WAITING: 1}
_OTHERS = 2


def key_of(one: SignUp) -> Key:
    """Who is in, then who waits in their order, then the others."""
    return _RANKS.get(one.state, _OTHERS), one.position, one.signed_up_at, one.volunteer


def sign_ups_of(
    connection: Connection,
    ident: str,
    *,
    state: str | None = None,
    after: Key | None = None,
    limit: int | None = None,
) -> list[SignUp]:
    """Everybody's latest word: who is in, then who waits in their order, then the others."""
    column = sign_up.c
    rank = case(_RANKS, value=column.state, else_=_OTHERS)
    order = (rank, column.position, column.signed_up_at, column.volunteer)
    query = select(sign_up).where(column.activity == ident)
    if state is not None:
        query = query.where(column.state == state)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    rows = connection.execute(query.order_by(*order).limit(limit))
    return [SignUp._make(row) for row in rows]


def sign_ups_by(
    connection: Connection,
    volunteer: str,
    *,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[SignUp]:
    """What somebody has signed up for of what is registered, the latest first.

    `after`: those that follow on one of that time (µs) for that activity.
    """
    column = sign_up.c
    query = (
        select(sign_up)
        .join(activity, activity.c.activity == column.activity)
        .where(column.volunteer == volunteer)
    )
    if after is not None:
        at, ident = after
        same = (column.signed_up_at == at) & (column.activity > ident)
        query = query.where(or_(column.signed_up_at < at, same))
    order = (column.signed_up_at.desc(), column.activity)
    return [SignUp._make(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def numbers(connection: Connection, idents: list[str]) -> Mapping[str, Mapping[str, int]]:
    """Of activities: how many are in, wait, and so on."""
    column = sign_up.c
    query = (
        select(column.activity, column.state, func.count())
        .where(bulk.among(connection, column.activity, idents))
        .group_by(column.activity, column.state)
    )
    found: dict[str, dict[str, int]] = {ident: {} for ident in idents}
    for ident, state, many in connection.execute(query):
        found[ident][state] = int(many)
    return found


def join(recorder: Recorder, ident: str, volunteer: str, by: str = "") -> SignUp:
    """Sign somebody up; whether they are in or wait. Raises LedgerError with why they can't.

    `by` is whoever does it for them.
    """
    now = recorder.now()
    with recorder.database.read() as connection:
        about = find_activity(connection, ident)
        was = _latest(connection, ident, volunteer)
        left = has_left(connection, volunteer)
    why = _why_not(recorder, about, now)
    if why:
        raise LedgerError(f"{ident}: {why}")
    if left:
        raise LedgerError(f"{volunteer} is no longer registered 已注销")
    if was is not None and was.state in (COMING, WAITING):
        return was
    send(recorder, SignedUp, ident, {"volunteer": volunteer, "by": by}, exact=True)
    with recorder.database.read() as connection:
        made = _latest(connection, ident, volunteer)
    if made is None or made.state == "refused":
        raise LedgerError(f"{ident}: {'' if made is None else made.reason}")
    return made


def withdraw(
    recorder: Recorder, ident: str, volunteer: str, reason: str = "", by: str = ""
) -> SignUp:
    """Take a sign-up back. Raises LedgerError if there is none, or it has begun."""
    now = recorder.now()
    with recorder.database.read() as connection:
        about = find_activity(connection, ident)
        was = _latest(connection, ident, volunteer)
    if was is None or was.state not in (COMING, WAITING):
        raise LedgerError(f"{volunteer} has not signed up for {ident} 未报名")
    begins = about.starts_at or about.ends_at
    if begins is not None and now >= begins:
        raise LedgerError(f"{ident} has begun: it is too late to withdraw 活动已开始")
    said = {"volunteer": volunteer, "reason": reason, "by": by}
    send(recorder, SignUpWithdrawn, ident, said, exact=True)
    with recorder.database.read() as connection:
        made = _latest(connection, ident, volunteer)
    assert made is not None
    return made


def call_off(recorder: Recorder, ident: str, reason: str, by: str) -> ActivityRow:
    """取消活动. Raises LedgerError if it is not there, was cancelled or is over."""
    with recorder.database.read() as connection:
        about = find_activity(connection, ident)
    if about.cancelled_at is not None:
        raise LedgerError(f"{ident} was cancelled before: {about.reason}")
    if about.ends_at is not None and recorder.now() >= about.ends_at:
        raise LedgerError(f"{ident} is over 活动已结束")
    send(recorder, ActivityCancelled, ident, {"reason": reason, "by": by}, exact=True)
    with recorder.database.read() as connection:
        return find_activity(connection, ident)


def _latest(connection: Connection, ident: str, volunteer: str) -> SignUp | None:
    column = sign_up.c
    query = select(sign_up).where(column.activity == ident, column.volunteer == volunteer)
    row = connection.execute(query).first()
    return None if row is None else SignUp._make(row)


def _why_not(recorder: Recorder, about: ActivityRow, now: int) -> str:
    if about.cancelled_at is not None:
        return f"it does not take place 活动已取消: {about.reason}"
    if about.sign_up_until is not None and now > about.sign_up_until:
        until = from_micros(about.sign_up_until, recorder.policy.zone).isoformat()
        return f"sign-up ended at {until} 报名已截止"
    if about.ends_at is not None and now >= about.ends_at:
        return "it is over 活动已结束"
    return ""
