"""What is done in the county, when, and who takes part?"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from random import Random
from typing import NamedTuple

from ledger.county.people import CLINIC, County
from ledger.county.season import DAY, Season, at_time, days_between, span
from ledger.county.words import (
    DUTY,
    FIXED,
    FIXED_DAYS,
    LECTURES,
    LOOKOUT,
    PATROL,
    WEEKEND,
    Kind,
)
from schemas.registry import Activity, Category, Place


class Programme:
    """The activities, as they are registered."""

    def __init__(self) -> None:
        self.activities: dict[str, Activity] = {}

    def add(
        self,
        title: str,
        kind: str,
        place: str,
        team: str | None,
        starts: datetime,
        ends: datetime,
        category: Category | None = None,
    ) -> str:
        ident = f"A{len(self.activities) + 1:05}"
        self.activities[ident] = Activity(
            name=title,
            place=place,
            team=team,
            kind=kind,
            starts_at=starts,
            ends_at=ends,
            category=category or ("lecture" if kind == LECTURES else "service"),
        )
        return ident

    def recruit(self, ident: str, capacity: int) -> None:
        """So many may sign up for it."""
        known = self.activities[ident]
        self.activities[ident] = known.model_copy(update={"capacity": capacity})

    def belong(self, ident: str, project: str) -> None:
        """It is done for a project."""
        known = self.activities[ident]
        self.activities[ident] = known.model_copy(update={"project": project})

    def order(self, ident: str, order: str) -> None:
        """It is done for a resident's order."""
        known = self.activities[ident]
        self.activities[ident] = known.model_copy(update={"order": order})


class Shift(NamedTuple):
    """Somebody's part in an activity, as it was meant."""

    volunteer: str
    activity: str
    place: str
    starts: datetime
    ends: datetime


def season_shifts(
    rng: Random, county: County, season: Season, programme: Programme
) -> Iterator[Shift]:
    """Who takes part in what, planned day by day; some plan two things at once."""
    taken: Counter[tuple[str, date, int]] = Counter()
    for day in season.days():
        for kind, place in _agenda(rng, county, day):
            starts, ends = span(kind, day)
            title = f"{_short(county.places[place])}·{rng.choice(kind.titles)}"
            team = _team_for(county, kind, place)
            activity = programme.add(title, kind.name, place, team, starts, ends)
            for volunteer in _crowd(rng, county, kind, place):
                half_day = volunteer, day, starts.hour // 12
                taken[half_day] += 1
                if taken[half_day] == 1 or rng.randrange(3) == 0:
                    yield Shift(volunteer, activity, place, starts, ends)
    yield from _duties(rng, county, season, programme)
    yield from _lookouts(rng, county, season, programme)


def _agenda(rng: Random, county: County, day: date) -> Iterator[tuple[Kind, str]]:
    """Which kinds of activity take place where on a day."""
    stations = county.of_kind("station")
    if day.weekday() >= 5:
        often = 7 if day.weekday() == 5 else 4
        for station in stations:
            if rng.randrange(10) < often:
                yield rng.choice(WEEKEND), station
    if day.day in FIXED_DAYS:
        for station in stations:
            yield FIXED, station
    if day.weekday() == 4:
        for sub_centre in county.of_kind("sub-centre"):
            yield PATROL, sub_centre


def _crowd(rng: Random, county: County, kind: Kind, place: str) -> list[str]:
    """Who comes: the zealous more often, the neighbours more often."""

    def pull(volunteer: str) -> tuple[int, str]:
        near = 3 if county.volunteers[volunteer].place == place else 1
        return max(rng.randrange(1 << 20) for _ in range(near * county.zeal[volunteer])), volunteer

    ranked = sorted(county.townsfolk[county.town(place)], key=pull, reverse=True)
    return ranked[: rng.randint(*kind.crowd)]


def _duties(rng: Random, county: County, season: Season, programme: Programme) -> Iterator[Shift]:
    """Weekday afternoons at the stations: one activity a station, many shifts of its keeper."""
    for station, keeper in county.keepers.items():
        title = f"{_short(county.places[station])}·{DUTY.titles[0]}"
        starts, ends = at_time(season.first, DUTY.starts), at_time(season.last, time(18))
        activity = programme.add(title, DUTY.name, station, None, starts, ends)
        diligence = rng.choice((2, 3, 4, 5, 6, 8, 10))
        for day in season.days():
            if day.weekday() < 5 and rng.randrange(10) < diligence:
                yield Shift(keeper, activity, station, *span(DUTY, day))


def _lookouts(rng: Random, county: County, season: Season, programme: Programme) -> Iterator[Shift]:
    """Night watches on the hill, taken in turns by six people; each one ends the next morning."""
    point = county.of_kind("point")[0]
    watch = sorted(rng.sample(sorted(county.townsfolk[county.town(point)]), 6))
    starts, ends = at_time(season.first, LOOKOUT.starts), at_time(season.last + DAY, time(7))
    activity = programme.add(LOOKOUT.titles[0], LOOKOUT.name, point, None, starts, ends)
    for number, day in enumerate(season.days()):
        yield Shift(watch[number % len(watch)], activity, point, *span(LOOKOUT, day))


def legacy_shifts(
    rng: Random, county: County, season: Season, programme: Programme
) -> Iterator[Shift]:
    """What the old system knew: station duties of nine keepers in the months before."""
    for station in rng.sample(sorted(county.keepers), 9):
        title = f"{_short(county.places[station])}·{DUTY.titles[0]}(历史补录)"
        starts, ends = at_time(season.legacy, DUTY.starts), at_time(season.first - DAY, time(18))
        activity = programme.add(title, DUTY.name, station, None, starts, ends)
        diligence = rng.choice((2, 4, 5, 7))
        for day in days_between(season.legacy, season.first - DAY):
            if day.weekday() < 5 and rng.randrange(10) < diligence:
                yield Shift(county.keepers[station], activity, station, *span(DUTY, day))


def _team_for(county: County, kind: Kind, place: str) -> str | None:
    """The town's team for this kind of activity, if it has one."""
    if kind.name == "义诊":
        return CLINIC
    for ident, team in county.teams.items():
        if team.place == county.town(place) and kind.name in team.name:
            return ident
    return None


def _short(place: Place) -> str:
    return place.name.removesuffix("实践站").removesuffix("实践所")
