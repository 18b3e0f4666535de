"""What is counted of an area's places and teams for a year? One grouped query a measure.

Never one query a place: a city of some thousand stations is counted in seconds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, and_, case, func, or_, select

from ledger.centre.activities.held import Span, counted_in, period
from ledger.centre.assessment.ground import Ground
from ledger.centre.places.tree import closed_on, tree
from ledger.centre.teams.kinds import team_kinds
from ledger.clock import SECOND
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.places import is_within
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.spells import held_at
from ledger.store.tables import (
    activity,
    hour_record,
    place_year,
    project_brand,
    registration,
    team_history,
)

FEW = 20_000
"""Volunteers whose hours are looked up one by one; of more than these, all hours are read."""


class Season(NamedTuple):
    """A year on the policy's clock, up to the end of `day` as far as that is over; `at` in µs."""

    year: int
    day: date
    span: Span
    at: int
    track: str


class Cut(NamedTuple):
    """Who is counted of the registered: those with so many seconds, in the year or ever."""

    party: bool
    seconds: int
    within: str


class Here(NamedTuple):
    """Where it is counted: an area, and what was merged into it from elsewhere."""

    connection: Connection
    areas: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        """All there is."""
        return self.areas == ("",)

    def has(self, place: Column[Any]) -> ColumnElement[bool]:
        """Rows at a place there."""
        return or_(*(inside(self.connection, place, one) for one in self.areas))


class TeamSpot(NamedTuple):
    """A registered team, and the assessed place that it belongs to."""

    team: str
    name: str
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts by assessed place; people `summed` over what lies in it, the rest its own.

    `held` is by place or team, and by category.
    """

    season: Season
    ground: Ground
    teams: Mapping[str, TeamSpot]
    volunteers: Mapping[str, int]
    people: Mapping[Cut, Mapping[str, int]]
    residents: Mapping[str, int | None]
    party_members: Mapping[str, int | None]
    staff: Mapping[str, int | None]
    held_at: Mapping[tuple[str, str], int]
    held_by: Mapping[tuple[str, str], int]
    brands: Mapping[tuple[str, str], int]


def season(rules: Rulebook, year: int, now: int, day: date | None = None) -> Season:
    """The year up to a day of it (None: its last one), as far as that is over at `now` (µs).

    Raises LedgerError if it has not begun.
    """
    if not 1970 <= year <= 9997:
        raise LedgerError(f"{year} is no year that can be assessed")
    clock = rules.at(now // SECOND).plan.clock
    span = period(clock, str(year))
    if now < span.since * SECOND:
        raise LedgerError(f"{year} has not begun")
    today = clock.date(now // SECOND)
    if day is not None and (day.year != year or day > today):
        raise LedgerError(f"{day} is no day of {year} that has begun")
    day = day or min(date(year, 12, 31), today)
    end = min(now, clock.start(day + timedelta(days=1)) * SECOND - 1)
    over = Span(span.since, end // SECOND + 1)
    return Season(year, day, over, end, rules.at(end // SECOND).plan.track)


def measure(
    connection: Connection, rules: Rulebook, when: Season, area: str, cuts: Collection[Cut]
) -> Measured:
    """All that indicators read of the places of an area ("": everywhere)."""
    clock = rules.at(when.at // SECOND).plan.clock
    nodes = tree(connection, when.day, clock, area)
    closed = closed_on(connection, when.day)
    ground = Ground(nodes, closed, area)
    moved = [one for one in sorted(closed) if not is_within(one, area) and ground.home(one)]
    here = Here(connection, (area, *moved) if area else ("",))
    teams = _teams(connection, when, here, ground)
    volunteers, people = _people(connection, when, here, list(cuts))
    years = {
        row.place: row
        for row in connection.execute(
            select(place_year).where(place_year.c.year == when.year, here.has(place_year.c.place))
        )
    }
    at, by = _held(connection, when, here, ground, teams)
    return Measured(
        when,
        ground,
        teams,
        ground.summed(volunteers),
        {cut: ground.summed(counts) for cut, counts in people.items()},
        ground.known({place: row.residents for place, row in years.items()}),
        ground.known({place: row.party_members for place, row in years.items()}),
        {place: row.staff for place, row in years.items()},
        at,
        by,
        _brands(connection, when, ground),
    )


def _people(
    connection: Connection, when: Season, here: Here, cuts: list[Cut]
) -> tuple[dict[str, int], dict[Cut, dict[str, int]]]:
    """Registered volunteers by the place of their registration, and those of each cut."""
    who, hours = registration.c, hour_record.c
    there = [
        held_at(registration, when.at),
        here.has(who.place),
    ]
    in_year = case((hours.started_at >= when.span.since, hours.seconds), else_=0)
    year_only = all(one.within == "year" for one in cuts)
    counted = [*counted_in(when.track, when.span if year_only else Span(0, when.span.until))]
    if not here.everywhere and _registered(connection, there) <= FEW:
        counted.append(hours.volunteer.in_(select(who.volunteer).where(*there)))
    served = (
        select(
            hours.volunteer,
            func.sum(hours.seconds).label("ever"),
            func.sum(in_year).label("year"),
        )
        .where(*counted)
        .group_by(hours.volunteer)
        .subquery()
    )

    def number(cut: Cut) -> ColumnElement[Any]:
        enough: ColumnElement[bool] = served.c[cut.within] >= max(1, cut.seconds)
        if cut.party:
            enough = and_(enough, who.party_unit != "")
        return func.sum(case((enough, 1), else_=0))

    query = select(who.place, func.count(), *map(number, cuts)).where(*there)
    if cuts:
        query = query.join_from(
            registration, served, served.c.volunteer == who.volunteer, isouter=True
        )
    volunteers: dict[str, int] = {}
    people: dict[Cut, dict[str, int]] = {cut: {} for cut in cuts}
    for place, registered, *counts in connection.execute(query.group_by(who.place)):
        volunteers[place] = int(registered)
        for cut, count in zip(cuts, counts, strict=True):
            people[cut][place] = int(count)
    return volunteers, people


def _registered(connection: Connection, there: Iterable[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(registration).where(*there)
    return int(connection.execute(query).scalar_one())


def _teams(connection: Connection, when: Season, here: Here, ground: Ground) -> dict[str, TeamSpot]:
    """The teams of the assessed places as they were at the end, by id."""
    known = team_history.c
    query = select(known.team, known.name, known.kind, known.place).where(
        held_at(team_history, when.at),
        or_(known.dissolved_at.is_(None), known.dissolved_at > when.at),
        here.has(known.place),
    )
    found = (
        TeamSpot(team, name, kind, ground.home(place))
        for team, name, kind, place in connection.execute(query.order_by(known.team))
    )
    return {one.team: one for one in found if one.place}


def _held(
    connection: Connection,
    when: Season,
    here: Here,
    ground: Ground,
    teams: Collection[str],
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """How many activities were held 开展 at a place, and by a team: those with counted hours."""
    hours, about = hour_record.c, activity.c
    held = (
        select(hours.activity)
        .where(*counted_in(when.track, when.span))
        .group_by(hours.activity)
        .having(func.sum(hours.seconds) > 0)
        .subquery()
    )
    query = (
        select(about.place, about.team, about.category, func.count())
        .join_from(activity, held, held.c.activity == about.activity)
        .group_by(about.place, about.team, about.category)
    )
    if not here.everywhere:
        own = bulk.among(connection, about.team, list(teams))
        query = query.where(or_(here.has(about.place), own))
    at: dict[tuple[str, str], int] = defaultdict(int)
    by: dict[tuple[str, str], int] = defaultdict(int)
    for place, team, category, count in connection.execute(query):
        home = ground.home(place)
        if home:
            at[home, category] += int(count)
        if team in teams:
            by[team, category] += int(count)
    return at, by


def _brands(connection: Connection, when: Season, ground: Ground) -> dict[tuple[str, str], int]:
    """How many brand projects 品牌项目 a place had at the end, by their level."""
    column = project_brand.c
    query = (
        select(column.level, column.of, func.count())
        .where(held_at(project_brand, when.at))
        .group_by(column.level, column.of)
    )
    found: dict[tuple[str, str], int] = defaultdict(int)
    for level, of, count in connection.execute(query):
        found[level, ground.home(of)] += int(count)
    return found


def kinds_at(measured: Measured) -> dict[str, int]:
    """How many of the named kinds of team each assessed place has."""
    named = {one.key for one in team_kinds().values() if one.named}
    found: dict[str, set[str]] = defaultdict(set)
    for team in measured.teams.values():
        if team.kind in named:
            found[team.place].add(team.kind)
    return {place: len(kinds) for place, kinds in found.items()}


def teams_at(measured: Measured) -> dict[str, int]:
    """How many teams each assessed place has."""
    found: dict[str, int] = defaultdict(int)
    for team in measured.teams.values():
        found[team.place] += 1
    return found
