"""What else does the county's practice centre register: teams, counts, plans, resources, sign-ups?

Invented from a seed of its own, so that the season's visits do not depend on it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

from ledger.centre.teams.kinds import team_kinds
from ledger.county.people import CLINIC, County
from ledger.county.programme import Programme, Shift
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA, LEAVING, SHARED, STATION_TEAMS
from schemas import CheckedIn, CheckedOut, CloudEvent, PlaceRegistered, TeamRegistered
from schemas.activities import (
    Plan,
    PlanMade,
    PlannedActivities,
    SignedUp,
    SigningUp,
    SignUpWithdrawn,
    Withdrawing,
)
from schemas.attendance import Attendance
from schemas.membership import Deregistration, Joining, MembershipJoined, VolunteerLeft
from schemas.places import (
    BookingCancel,
    BookingCancelled,
    BookingRequest,
    BookingRequested,
    Merging,
    PlaceCounted,
    PlaceMerged,
    YearCount,
)
from schemas.registry import Resource, ResourceRegistered, Team

CENTRE = f"{AREA}000000"
RENAMED, MERGED, INTO = f"{AREA}002005", f"{AREA}006005", f"{AREA}006001"
"""白石村 became a community; 清水村 went into 枫林村 after the season."""

POORLY_STAFFED = f"{AREA}006000"
"""The one sub-centre that lacks a team and somebody full-time."""

STAFF = {"centre": 5, "sub-centre": 2, "station": 1}
TRAININGS = ("志愿服务基础知识与礼仪培训", "应急救护与安全培训")


class Recruited(NamedTuple):
    """An activity with places: who came had signed up, and some signed up and stayed away."""

    activity: str
    came: tuple[str, ...]
    stayed_away: tuple[str, ...]


def centre_events(
    county: County, programme: Programme, season: Season, shifts: Sequence[Shift], seed: int
) -> Iterator[CloudEvent]:
    """All of it; the activities that get places are marked in the programme before."""
    rng = Random(f"centre {seed}")
    made = _Maker(season)
    yield from _teams(county, made)
    yield from _changes(county, season, made)
    yield from _counts(rng, county, season, made)
    yield from _plans(county, season, made)
    yield from _resources(season, made)
    yield from _people(rng, county, season, made)
    yield from _trainings(rng, county, programme, season, made)
    for one in _recruited(rng, county, programme, shifts):
        yield from _sign_ups(rng, programme, one, made)


class _Maker:
    """Numbers the events."""

    def __init__(self, season: Season) -> None:
        self.opening = at_time(season.legacy, time(9))
        self._serial = count(1)

    def head(self, subject: str, at: datetime | None = None, kind: str = "centre") -> Any:
        return {
            "specversion": "1.0",
            "id": f"{kind}-{next(self._serial):05}",
            "source": f"registry/{AREA}",
            "time": at or self.opening,
            "subject": subject,
        }


def _teams(county: County, made: _Maker) -> Iterator[CloudEvent]:
    """The county's own by kind, a fifth of each sub-centre but one, and three of each station."""
    for number, kind in enumerate(team_kinds().values(), 1):
        if kind.key in ("other", "health"):  # the hospital's team is the one of health
            continue
        name = f"青岚县{kind.title}" if kind.key == "general" else f"青岚县{kind.title}志愿服务队"
        team = Team(name=name, kind=kind.key, place=CENTRE)
        yield TeamRegistered(**made.head(f"C{number:02}"), data=team)
    for ident, place in county.places.items():
        short = place.name.removesuffix("实践站").removesuffix("实践所")
        names: tuple[str, ...] = STATION_TEAMS if place.kind == "station" else ()
        if place.kind == "sub-centre" and ident != POORLY_STAFFED:
            names = ("应急救援",)
        for number, name in enumerate(names, 1):
            team = Team(name=f"{short}{name}志愿服务队", place=ident)
            yield TeamRegistered(**made.head(f"S{ident[6:]}{number}"), data=team)


def _changes(county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """A village becomes a community in the season, and another one is merged after it."""
    middle = at_time(season.first + 60 * DAY, time(10))
    place = county.places[RENAMED].model_copy(
        update={"name": "白石社区实践站", "community": "urban"}
    )
    yield PlaceRegistered(**made.head(RENAMED, middle), data=place)
    after = season.last + 3 * DAY
    merging = Merging(into=INTO, on=(after + 2 * DAY).isoformat(), reason="行政村撤并")
    yield PlaceMerged(**made.head(MERGED, at_time(after, time(10))), data=merging)


def _counts(rng: Random, county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """Residents, staff and party members of the season's years; a town has its villages' sum."""
    for year in sorted({season.legacy.year, season.first.year, season.last.year}):
        people: dict[str, int] = {}
        members: dict[str, int] = {}
        for ident, place in county.places.items():
            if place.kind == "station":
                people[ident] = rng.randint(700, 2600)
                members[ident] = people[ident] // rng.randint(40, 70)
                for above in (str(place.parent), CENTRE):
                    people[above] = people.get(above, 0) + people[ident]
                    members[above] = members.get(above, 0) + members[ident]
        for ident, residents in people.items():
            staff = STAFF[county.places[ident].kind] - (ident == POORLY_STAFFED)
            data = YearCount(
                year=year,
                residents=residents,
                full_time_staff=staff,
                party_members=members[ident],
            )
            yield PlaceCounted(**made.head(ident), data=data)


def _plans(county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """The year's plan of the centre, of each sub-centre and of the hospital's team."""
    fixed = [
        PlannedActivities(title="志愿服务日洁净行动", kind="环境整治", times=12, monthday=day)
        for day in (5, 20)
    ]
    lecture = PlannedActivities(title="理论宣讲进社区", category="lecture", times=4)
    training = PlannedActivities(title="志愿者培训", category="training", times=2)
    patrol = PlannedActivities(title="平安夜巡", kind="平安巡防", times=40, weekday=5)
    clinic = PlannedActivities(title="义诊进村", kind="义诊", times=12)
    year = f"{season.last.year}"
    for ident, place in county.places.items():
        items = {
            "centre": [training, lecture],
            "sub-centre": [patrol, lecture],
            "station": [*fixed, lecture],
        }.get(place.kind)
        if items is not None and not ident.endswith(("002", "003", "004")):
            data = Plan(of="place", period=year, items=items)
            yield PlanMade(**made.head(ident), data=data)
    yield PlanMade(**made.head(CLINIC), data=Plan(of="team", period=year, items=[clinic]))


def _resources(season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """What is shared, and who wants it next week: two ask for the same time, one gives up."""
    asked = at_time(season.before - 6 * DAY, time(9))
    for number, (place, name, kind) in enumerate(SHARED, 1):
        ident = f"R{number:02}"
        data = Resource(name=name, place=f"{AREA}{place}", kind=kind)
        yield ResourceRegistered(**made.head(ident), data=data)
        for slot, (hour, whose, purpose) in enumerate(
            ((9, "S0010001", "排练"), (10, CLINIC, "义诊"), (14, f"{AREA}001000", "宣讲")), 1
        ):
            starts = at_time(season.before + (3 + number) * DAY, time(hour))
            request = BookingRequest(
                booking=f"B{number:02}-{slot}",
                starts_at=starts,
                ends_at=starts + timedelta(hours=2),
                whose=whose,
                purpose=purpose,
            )
            at = asked + timedelta(hours=number, minutes=slot)
            yield BookingRequested(**made.head(ident, at), data=request)
    cancel = BookingCancel(booking="B01-3", reason="活动改期")
    yield BookingCancelled(**made.head("R01", asked + DAY), data=cancel)


def _people(rng: Random, county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """Each team has a leader, some are in a county team as well, a few have left."""
    by_team: dict[str, list[str]] = {}
    for ident, person in county.volunteers.items():
        by_team.setdefault(str(person.team), []).append(ident)
    for team, those in sorted(by_team.items()):
        joining = Joining(team=team, role="leader")
        yield MembershipJoined(**made.head(rng.choice(those)), data=joining)
    named = [number for number, one in enumerate(team_kinds().values(), 1) if one.named]
    for volunteer in rng.sample(sorted(county.volunteers), 90):
        number = rng.choice(named)
        if number != _HEALTH:
            joining = Joining(team=f"C{number:02}")
            yield MembershipJoined(**made.head(volunteer), data=joining)
    keepers = set(county.keepers.values())
    for number, reason in enumerate(LEAVING):
        ident = rng.choice([one for one in sorted(county.volunteers) if one not in keepers])
        at = at_time(season.last + number * DAY, time(16))
        yield VolunteerLeft(**made.head(ident, at), data=Deregistration(reason=reason))


_HEALTH = 1 + list(team_kinds()).index("health")


def _trainings(
    rng: Random, county: County, programme: Programme, season: Season, made: _Maker
) -> Iterator[CloudEvent]:
    """Two at the centre, with those who keep stations open and some more."""
    keepers = sorted(set(county.keepers.values()))
    others = sorted(set(county.volunteers) - set(keepers))
    for number, title in enumerate(TRAININGS):
        day = _workday(season.first + (20 + 60 * number) * DAY)
        starts, ends = at_time(day, time(19)), at_time(day, time(21))
        activity = programme.add(title, "培训", CENTRE, None, starts, ends, category="training")
        for volunteer in sorted([*keepers[::2], *rng.sample(others, 12)]):
            data = Attendance(activity=activity, place=CENTRE, method="qr")
            came, left = (one + timedelta(seconds=rng.randint(-600, 300)) for one in (starts, ends))
            yield CheckedIn(**made.head(volunteer, came, "training"), data=data)
            yield CheckedOut(**made.head(volunteer, left, "training"), data=data)


def _recruited(
    rng: Random, county: County, programme: Programme, shifts: Sequence[Shift]
) -> Iterator[Recruited]:
    """A dozen activities of the season with places, for as many as came."""
    came: dict[str, list[str]] = {}
    for shift in shifts:
        came.setdefault(shift.activity, []).append(shift.volunteer)
    fitting = [
        ident
        for ident, one in programme.activities.items()
        if 5 <= len(set(came.get(ident, ()))) <= 14 and one.kind in ("敬老助残", "义诊", "助学辅导")
    ]
    for ident in sorted(rng.sample(fitting, 12)):
        there = sorted(set(came[ident]))
        town = county.town(str(programme.activities[ident].place))
        free = [one for one in county.townsfolk[town] if one not in there]
        away = tuple(rng.sample(free, 3))
        programme.recruit(ident, len(there) + 1)
        yield Recruited(ident, tuple(there), away)


def _sign_ups(
    rng: Random, programme: Programme, one: Recruited, made: _Maker
) -> Iterator[CloudEvent]:
    """Of three more, one withdraws, one stays away without a word, one waits in vain."""
    starts = programme.activities[one.activity].starts_at
    assert starts is not None
    withdraws, absent, waits = one.stayed_away
    at = starts - 6 * DAY
    for volunteer in (withdraws, absent, *one.came):
        at += timedelta(minutes=rng.randint(3, 90))
        data = SigningUp(volunteer=volunteer)
        yield SignedUp(**made.head(one.activity, at, "sign-up"), data=data)
    late = starts - DAY
    data = SigningUp(volunteer=waits)
    gone = Withdrawing(volunteer=withdraws, reason="临时有事")
    yield SignUpWithdrawn(**made.head(one.activity, late, "sign-up"), data=gone)
    yield SignedUp(**made.head(one.activity, late + timedelta(hours=1), "sign-up"), data=data)


def _workday(day: date) -> date:
    return next(day + n * DAY for n in range(7) if (day + n * DAY).weekday() == 2)
