"""Which activities were held (开展) in a time? Those at which hours were counted.

An activity counts for the place, team and category that it is registered with, and for the time in
which its hours began.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, func, select

from ledger.policy.dates import Clock, Day
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.tables import activity, hour_record


class Span(NamedTuple):
    """From `since` on and before `until`, in seconds."""

    since: int
    until: int


class Held(NamedTuple):
    """An activity with the hours that were counted in the time; seconds."""

    activity: str
    name: str
    place: str
    team: str
    category: str
    kind: str
    first: int
    seconds: int
    people: int


class HeldThere(NamedTuple):
    """How many activities of a category a team held at a place; `visits` are people at them."""

    place: str
    team: str
    category: str
    activities: int
    seconds: int
    visits: int


def period(clock: Clock, text: str) -> Span:
    """A year or a month, YYYY or YYYY-MM, on the policy's clock."""
    year, _, month = text.partition("-")
    first = Day(int(year), int(month or 1), 1)
    last = Day(first.year + 1, 1, 1)
    if month and first.month < 12:
        last = Day(first.year, first.month + 1, 1)
    return Span(clock.start(first), clock.start(last))


def counted_in(track: str, span: Span) -> tuple[ColumnElement[bool], ...]:
    """The hours that count and began in a time, and what takes some of them back (below zero)."""
    hours = hour_record.c
    return (
        hours.track == track,
        hours.status == "counted",
        hours.started_at >= span.since,
        hours.started_at < span.until,
    )


def held(
    connection: Connection,
    track: str,
    span: Span,
    area: str = "",
    *,
    teams: Collection[str] | None = None,
    places: Collection[str] | None = None,
    category: str | None = None,
) -> list[Held]:
    """Those at the places of an area ("": anywhere), in the order in which they began.

    `track` is the policy's, where it keeps several kinds of hours. Only of these `teams`, only at
    just these `places`.
    """
    hours, undone, about = hour_record.c, hour_record.alias("undone"), activity.c
    began = func.min(hours.started_at)
    query = (
        select(
            about.activity,
            about.name,
            about.place,
            about.team,
            about.category,
            about.kind,
            began,
            func.sum(hours.seconds),
            func.count(hours.volunteer.distinct()),
        )
        .join(hour_record, hours.activity == about.activity)
        .where(
            inside(connection, about.place, area),
            *counted_in(track, span),
            hours.seconds > 0,
            hours.reverses.is_(None),
            ~exists().where(undone.c.reverses == hours.id),
        )
        .group_by(about.activity)
        .order_by(began, about.activity)
    )
    for column, wanted in ((about.team, teams), (about.place, places)):
        if wanted is not None:
            query = query.where(bulk.among(connection, column, wanted))
    if category is not None:
        query = query.where(about.category == category)
    return [Held._make((*row[:6], *map(int, row[6:]))) for row in connection.execute(query)]


def activities_held(
    connection: Connection, track: str, span: Span, area: str = ""
) -> list[HeldThere]:
    """How many were held, by place, team and category. `period` gives the time of a year."""
    return grouped(held(connection, track, span, area))


def grouped(activities: Iterable[Held]) -> list[HeldThere]:
    """Counts by place, team and category."""
    found: dict[tuple[str, str, str], HeldThere] = {}
    for one in activities:
        key = one.place, one.team, one.category
        was = found.get(key, HeldThere(*key, 0, 0, 0))
        found[key] = HeldThere(
            *key, was.activities + 1, was.seconds + one.seconds, was.visits + one.people
        )
    return [found[key] for key in sorted(found)]


def by_month(activities: Iterable[Held], clock: Clock) -> dict[str, dict[str, int]]:
    """How many of each category were held in each month (YYYY-MM) in which there were any.

    An activity that goes on over a month's end counts for the month in which it began.
    """
    found: dict[str, dict[str, int]] = {}
    for one in activities:
        month = found.setdefault(clock.date(one.first).isoformat()[:7], {})
        month[one.category] = month.get(one.category, 0) + 1
    return found
