"""Which activities are there, who has signed up for them, and how does somebody do so?"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, or_, select, tuple_

from ledger.centre.activities.sign_ups import ActivityRow, SignUp
from ledger.centre.registering import known_of, register
from ledger.centre.teams.people import has_left, left_by
from ledger.clock import from_micros
from ledger.errors import Fault, LedgerError, UnfitError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.tables import activity, sign_up
from schemas.activities import ActivityCancelled, SignedUp, SignUpWithdrawn
from schemas.registry import ActivityRegistered, TeamRegistered

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


def register_activity(
    recorder: Recorder, ident: str, said: Mapping[str, Any], *, new: bool = False
) -> ActivityRow:
    """Register it, or change what is said of it (None: it is taken back). Raises UnfitError.

    A cancelled one is on again. Times have a zone.
    """
    with recorder.database.read() as connection:
        whole = {**known_of(connection, ActivityRegistered, ident), **said}
        team = said.get("team")
        lost = []
        if team and not known_of(connection, TeamRegistered, team):
            lost.append(Fault("team", f"没有编号为 {team} 的队伍", f"there is no team {team}"))
    times = {
        name: one if isinstance(one, datetime) else datetime.fromisoformat(one)
        for name in ("starts_at", "ends_at", "sign_up_until")
        if (one := whole.get(name))
    }
    starts, ends = times.get("starts_at"), times.get("ends_at")
    if starts and ends and ends <= starts:
        lost.append(Fault("ends_at", "结束须晚于开始", "has to be after the beginning"))
    until = times.get("sign_up_until")
    if until and ends and until > ends:
        lost.append(Fault("sign_up_until", "报名截止不能晚于结束", "has to be before the end"))
    if lost:
        raise UnfitError(*lost)
    register(recorder, ActivityRegistered, ident, said, new=new)
    with recorder.database.read() as connection:
        return find_activity(connection, ident)


def find_activity(connection: Connection, ident: str) -> ActivityRow:
    """Raises LedgerError if there is none of that id."""
    row = connection.execute(select(activity).where(activity.c.activity == ident)).first()
    if row is None:
        said = f"there is no activity {ident}: `vledger activities` lists them"
        raise UnfitError(Fault("activity", f"没有编号为 {ident} 的活动", said))
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
        raise UnfitError(why)
    if left:
        raise UnfitError(left_by(volunteer))
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
        lost = f"{volunteer} has not signed up for {ident} 未报名"
        raise UnfitError(Fault("volunteer", f"{volunteer} 没有报名这项活动", lost))
    begins = about.starts_at or about.ends_at
    if begins is not None and now >= begins:
        late = f"{ident} has begun: it is too late to withdraw 活动已开始"
        raise UnfitError(Fault("", "活动已经开始，不能再退出", late))
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
        said = f"{ident} was cancelled before: {about.reason}"
        raise UnfitError(Fault("", f"活动此前已取消：{about.reason}", said))
    if about.ends_at is not None and recorder.now() >= about.ends_at:
        raise UnfitError(Fault("", "活动已经结束", f"{ident} is over 活动已结束"))
    send(recorder, ActivityCancelled, ident, {"reason": reason, "by": by}, exact=True)
    with recorder.database.read() as connection:
        return find_activity(connection, ident)


def _latest(connection: Connection, ident: str, volunteer: str) -> SignUp | None:
    column = sign_up.c
    query = select(sign_up).where(column.activity == ident, column.volunteer == volunteer)
    row = connection.execute(query).first()
    return None if row is None else SignUp._make(row)


def _why_not(recorder: Recorder, about: ActivityRow, now: int) -> Fault | None:
    ident = about.activity
    if about.cancelled_at is not None:
        said = f"{ident}: it does not take place 活动已取消: {about.reason}"
        return Fault("", f"活动已取消：{about.reason}", said)
    if about.sign_up_until is not None and now > about.sign_up_until:
        until = from_micros(about.sign_up_until, recorder.policy.zone)
        told = f"{ident}: sign-up ended at {until.isoformat()} 报名已截止"
        return Fault("", f"报名已于 {until:%Y-%m-%d %H:%M} 截止", told)
    if about.ends_at is not None and now >= about.ends_at:
        return Fault("", "活动已经结束", f"{ident}: it is over 活动已结束")
    return None
