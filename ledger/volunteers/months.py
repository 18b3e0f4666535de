"""How many hours came in each month, and when is a star reached at this pace?"""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from ledger.clock import SECOND, from_micros
from ledger.core.rulebook import PolicyText
from ledger.core.tally import month_of
from ledger.store.tables import hour_record
from ledger.volunteers.histories import that_hold

RECENT_DAYS = 91
"""Thirteen weeks: a week off changes little, and it is still the pace of now."""

LATEST = date(9999, 12, 31)


class Month(NamedTuple):
    """Counted seconds, and how many visits they are of; `month` as 2026-05."""

    month: str
    seconds: int
    visits: int


class Recent(NamedTuple):
    """Seconds counted in the last RECENT_DAYS before `today`."""

    today: date
    seconds: int


def months(connection: Connection, volunteer: str, policy: PolicyText) -> list[Month]:
    """Months with hours, the newest first; a visit is of the month in which it began."""
    seconds: Counter[str] = Counter()
    visits: Counter[str] = Counter()
    own = hour_record.c
    query = select(own.started_at, own.seconds).where(*_counted(volunteer, policy.plan.track))
    for began, counted in connection.execute(query):
        month = month_of(began, policy.plan.clock.offset)
        seconds[month] += counted
        visits[month] += 1
    return [Month(one, seconds[one], visits[one]) for one in sorted(seconds, reverse=True)]


def recent(connection: Connection, volunteer: str, policy: PolicyText, now: int) -> Recent:
    """The pace at `now` (µs)."""
    own = hour_record.c
    since = now // SECOND - RECENT_DAYS * 24 * 3600
    query = select(func.coalesce(func.sum(own.seconds), 0)).where(
        *_counted(volunteer, policy.plan.track), own.started_at >= since
    )
    today = from_micros(now, policy.zone).date()
    return Recent(today, int(connection.execute(query).scalar_one()))


def reached_on(missing: int, pace: Recent) -> date | None:
    """The day on which the missing seconds are there; None without a pace, or if it is too far."""
    if pace.seconds <= 0:
        return None
    days = -(-missing * RECENT_DAYS // pace.seconds)
    return pace.today + timedelta(days=days) if days <= (LATEST - pace.today).days else None


def _counted(volunteer: str, track: str) -> tuple[ColumnElement[bool], ...]:
    """Records that hold and count."""
    own = hour_record.c
    return (*that_hold(volunteer), own.track == track, own.status == "counted")
