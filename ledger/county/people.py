"""Which places, teams and people does the county have?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from ledger.county.words import (
    AREA,
    NAME,
    OLDER,
    PARTY_UNITS,
    ROOMS,
    SKILLS,
    SURNAMES,
    TEAMS,
    TOWNS,
    VOLUNTEERS,
    YOUNGER,
)
from schemas.registry import Place, Team, Volunteer

CLINIC = "T025"
"""The team of the county's hospital."""


@dataclass(frozen=True, slots=True)
class County:
    """`zeal`: how readily somebody comes. `keepers`: who keeps a station open on weekdays."""

    places: Mapping[str, Place]
    teams: Mapping[str, Team]
    volunteers: Mapping[str, Volunteer]
    zeal: Mapping[str, int]
    keepers: Mapping[str, str]
    townsfolk: Mapping[str, Sequence[str]]

    def of_kind(self, kind: str) -> list[str]:
        return [ident for ident, place in self.places.items() if place.kind == kind]

    def town(self, place: str) -> str:
        """The sub-centre that a place belongs to."""
        parent = self.places[place].parent
        return place if self.places[place].kind == "sub-centre" or parent is None else parent


def invent(rng: Random) -> County:
    """A county; its names and habits come from `rng`."""
    places = dict(_places())
    teams = dict(_teams(places))
    volunteers = dict(_volunteers(rng, places, teams))
    zeal = {ident: rng.choice((1, 1, 1, 1, 2, 2, 3, 8, 8, 20)) for ident in volunteers}
    townsfolk: dict[str, list[str]] = defaultdict(list)
    for ident, person in volunteers.items():
        townsfolk[str(places[str(person.place)].parent)].append(ident)
    stations = [ident for ident, place in places.items() if place.kind == "station"]
    neighbours = {
        station: [v for v, person in volunteers.items() if person.place == station]
        for station in stations
    }
    keepers = {station: rng.choice(neighbours[station]) for station in stations}
    return County(places, teams, volunteers, zeal, keepers, townsfolk)


def _places() -> Iterator[tuple[str, Place]]:
    centre = f"{AREA}000000"
    yield centre, _furnished(Place(name=f"{NAME}新时代文明实践中心", kind="centre"), centre)
    for number, (town, villages) in enumerate(TOWNS.items(), 1):
        sub_centre = f"{AREA}{number:03}000"
        said = Place(name=f"{town}实践所", kind="sub-centre", parent=centre)
        yield sub_centre, _furnished(said, sub_centre)
        for village_number, village in enumerate(villages, 1):
            station = f"{AREA}{number:03}{village_number:03}"
            said = Place(name=f"{village}实践站", kind="station", parent=sub_centre)
            yield station, _furnished(said, station)
    yield f"{AREA}005901", Place(name="黑松岭瞭望点", kind="point", parent=f"{AREA}005000")


def _furnished(place: Place, ident: str) -> Place:
    """With rooms, opening hours and an office's number; two stations have too few rooms."""
    number = int(ident[6:])
    rooms = 2 if ident[6:] in ("004004", "006003") else 3 + number % 3
    station = place.kind == "station"
    return place.model_copy(
        update={
            "functions": list(ROOMS[:rooms]),
            "opening": "周一至周日 8:30–17:30" if not station else "周一至周五 13:30–17:00",
            "phone": f"0000-8{number:06}",
            "address": f"{NAME}{place.name.removeprefix(NAME)}院内",
            "community": ("urban" if ident[6:9] == "001" else "village") if station else None,
        }
    )


def _teams(places: Mapping[str, Place]) -> Iterator[tuple[str, Team]]:
    towns = [(ident, place) for ident, place in places.items() if place.kind == "sub-centre"]
    for number, ((ident, place), kind) in enumerate(product(towns, TEAMS), 1):
        name = f"{place.name.removesuffix('实践所')}{kind}志愿服务队"
        yield f"T{number:03}", Team(name=name, place=ident)
    yield CLINIC, Team(name="县医院义诊志愿服务队", place=f"{AREA}000000", kind="health")


def _volunteers(
    rng: Random, places: Mapping[str, Place], teams: Mapping[str, Team]
) -> Iterator[tuple[str, Volunteer]]:
    stations = [ident for ident, place in places.items() if place.kind == "station"]
    for number in range(VOLUNTEERS):
        home = stations[number % len(stations)]
        near = [ident for ident, team in teams.items() if team.place == places[home].parent]
        team = rng.choice(near) if rng.randrange(25) else CLINIC
        surname, given = rng.choice(SURNAMES), rng.choice((OLDER, YOUNGER))
        name = surname + rng.choice(given.split())
        years = (1944, 1972) if given is OLDER else (1972, 2012)
        born = Random(name + home).randint(*years)
        yield (
            f"V{number + 1:08}",
            Volunteer(
                name=name,
                team=team,
                place=home,
                birth_year=born,
                skills=_skills(name + home),
                party_unit=_unit(name + home, born),
            ),
        )


def _skills(who: str) -> list[str]:
    """A third can do something special."""
    rng = Random(f"skills {who}")
    return rng.sample(SKILLS, rng.choice((0, 0, 0, 0, 1, 2)))


def _unit(who: str, born: int) -> str | None:
    """Some of those of working age are party members in post."""
    rng = Random(f"unit {who}")
    return rng.choice(PARTY_UNITS) if 1966 <= born <= 2002 and rng.randrange(4) == 0 else None
