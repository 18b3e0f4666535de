"""Which places, teams and people does the city have?"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

CITY = "3799"
NAME = "云川市"

RESIDENTS_OF_A_COUNTY = 125_000
RESIDENTS_OF_A_TOWN = 30_000
RESIDENTS_OF_A_STATION = 1_800

REGISTERED = 0.15
"""Of residents, as the plan of 2022 asks for; stations differ."""

IDLE = 0.42
"""Of the registered, who never come."""

TAIL = 1.25
"""Pareto's exponent of how readily the others come: a fifth of them does most of it."""

TEAMS_OF_A_STATION = 3
TEAMS_OF_A_TOWN = 5

PARTY_MEMBERS = 0.06
"""Of volunteers, in post at a unit."""


class Volunteer(NamedTuple):
    """`zeal` 0: never comes. `unit`: of a party member in post, else ""."""

    id: str
    team: int
    birth_year: int
    zeal: float
    unit: str


class Station(NamedTuple):
    """A village or community, with its volunteers; `weights` add up the zeal of `active`."""

    code: str
    name: str
    urban: bool
    residents: int
    volunteers: Sequence[Volunteer]
    active: Sequence[str]
    weights: Sequence[float]


class Town(NamedTuple):
    """A township with its stations."""

    code: str
    name: str
    stations: Sequence[Station]


class County(NamedTuple):
    """A county with its townships."""

    code: str
    name: str
    towns: Sequence[Town]


class City(NamedTuple):
    """All of it."""

    counties: Sequence[County]

    @property
    def towns(self) -> list[Town]:
        return [town for county in self.counties for town in county.towns]

    @property
    def stations(self) -> list[Station]:
        return [station for town in self.towns for station in town.stations]

    @property
    def volunteers(self) -> int:
        return sum(len(one.volunteers) for one in self.stations)


def found(rng: Random, residents: int) -> City:
    """A city of so many residents, exactly; its sizes and people come from `rng`."""
    counties = max(1, round(residents / RESIDENTS_OF_A_COUNTY))
    towns = _shared(rng, max(counties, round(residents / RESIDENTS_OF_A_TOWN)), counties)
    stations = max(sum(towns), round(residents / RESIDENTS_OF_A_STATION))
    of_towns = iter(_shared(rng, stations, sum(towns)))
    sizes = iter(_sizes(rng, residents, stations))
    serial = iter(range(1, residents + 1))
    made = []
    for number, many in enumerate(towns, 1):
        code = f"{CITY}{number:02}"
        own = []
        for place in range(1, many + 1):
            here = f"{code}{place:03}"
            name = f"{'街道' if place <= 2 else '镇'}{number}-{place}"
            stood = [
                _station(rng, f"{here}{village:03}", place <= 2, next(sizes), serial)
                for village in range(1, next(of_towns) + 1)
            ]
            own.append(Town(f"{here}000", name, stood))
        made.append(County(f"{code}000000", f"{NAME}{number}区", own))
    return City(made)


def _shared(rng: Random, many: int, among: int) -> list[int]:
    """So many things among some, each with at least one, none with far more than the others."""
    shares = [1] * among
    for _ in range(many - among):
        shares[rng.randrange(among)] += 1
    return shares


def _sizes(rng: Random, residents: int, stations: int) -> list[int]:
    """Residents of each station: many small ones, some large; together exactly all."""
    drawn = [rng.lognormvariate(0, 0.6) for _ in range(stations)]
    scale = (residents - stations) / sum(drawn)
    sizes = [1 + int(one * scale) for one in drawn]
    sizes[0] += residents - sum(sizes)
    return sizes


def _station(rng: Random, code: str, urban: bool, residents: int, serial: Iterator[int]) -> Station:
    share = min(0.6, max(0.03, rng.gauss(REGISTERED, 0.03)))
    volunteers = [
        _volunteer(rng, f"V{next(serial):08}", code) for _ in range(round(residents * share))
    ]
    active = [one for one in volunteers if one.zeal]
    weights = list(accumulate(one.zeal for one in active))
    name = f"{'社区' if urban else '村'}{code[4:]}"
    return Station(code, name, urban, residents, volunteers, [one.id for one in active], weights)


def _volunteer(rng: Random, ident: str, code: str) -> Volunteer:
    zeal = 0.0 if rng.random() < IDLE else min(400.0, rng.paretovariate(TAIL))
    unit = f"U{code[4:6]}{rng.randrange(40):02}" if rng.random() < PARTY_MEMBERS else ""
    return Volunteer(ident, rng.randrange(TEAMS_OF_A_STATION), _birth_year(rng), zeal, unit)


def _birth_year(rng: Random) -> int:
    """Pupils and students, people at work, and the many who have just retired."""
    spans = ((2008, 2013), (1998, 2007), (1966, 1997), (1945, 1965))
    [(low, high)] = rng.choices(spans, (6, 19, 42, 33))
    return rng.randint(low, high)
