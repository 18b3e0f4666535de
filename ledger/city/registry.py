"""How are the city's places, residents, teams and volunteers registered?"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import count
from random import Random
from typing import Any

from ledger.city.people import TEAMS_OF_A_STATION, TEAMS_OF_A_TOWN, City, Station
from ledger.city.writing import written
from ledger.county.season import at_time
from ledger.county.words import OLDER, SURNAMES, YOUNGER

TEAM_KINDS = (
    ("theory", "理论宣讲"),
    ("environment", "环境整治"),
    ("elderly", "敬老助残"),
    ("arts", "文化文艺"),
    ("education", "助学支教"),
)

ROOMS = ("理论宣讲室", "志愿服务室", "图书阅览室", "文体活动室")

GIVEN_NAMES = tuple((OLDER + " " + YOUNGER).split())


def registrations(rng: Random, city: City, year: int) -> Iterator[bytes]:
    """All that is known on the first morning of the year."""
    serial = count(1)
    opening = at_time(date(year, 1, 1), time(0))

    def told(kind: str, subject: str, data: dict[str, Any]) -> bytes:
        number = next(serial)
        at = (opening + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
        return written(kind, f"r{year}-{number}", "registry/3799", at, subject, data)

    for county in city.counties:
        residents = sum(one.residents for town in county.towns for one in town.stations)
        yield told("registry.place-registered", county.code, _place(county.name, "centre", None))
        yield told("place.counted", county.code, _count(year, residents, 5))
        yield told("registry.team-registered", f"G{county.code[:6]}", {
            "name": f"{county.name}志愿服务总队", "place": county.code, "kind": "general",
        })  # fmt: skip
        for town in county.towns:
            residents = sum(one.residents for one in town.stations)
            yield told(
                "registry.place-registered",
                town.code,
                _place(town.name, "sub-centre", county.code),
            )
            yield told("place.counted", town.code, _count(year, residents, 2))
            for number in range(TEAMS_OF_A_TOWN):
                kind, title = TEAM_KINDS[number % len(TEAM_KINDS)]
                name = f"{town.name}{title}队"
                team = {"name": name, "place": town.code, "kind": kind}
                yield told("registry.team-registered", f"T{town.code}{number}", team)
            for station in town.stations:
                place = _place(station.name, "station", town.code)
                place["community"] = "urban" if station.urban else "village"
                yield told("registry.place-registered", station.code, place)
                yield told("place.counted", station.code, _count(year, station.residents, 1))
                for number in range(TEAMS_OF_A_STATION):
                    kind, title = TEAM_KINDS[number % len(TEAM_KINDS)]
                    name = f"{station.name}{title}队"
                    team = {"name": name, "place": station.code, "kind": kind}
                    yield told("registry.team-registered", team_of(station, number), team)
    for station in city.stations:
        for one in station.volunteers:
            data = {
                "name": rng.choice(SURNAMES) + rng.choice(GIVEN_NAMES),
                "team": team_of(station, one.team),
                "place": station.code,
                "birth_year": one.birth_year,
            }
            if one.unit:
                data["party_unit"] = one.unit
            yield told("registry.volunteer-registered", one.id, data)


def team_of(station: Station, number: int) -> str:
    """The id of a station's team."""
    return f"T{station.code}{number}"


def _place(name: str, kind: str, parent: str | None) -> dict[str, Any]:
    ending = {"centre": "实践中心", "sub-centre": "实践所", "station": "实践站"}[kind]
    place: dict[str, Any] = {"name": name + ending, "kind": kind, "functions": list(ROOMS)}
    if parent:
        place["parent"] = parent
    return place


def _count(year: int, residents: int, staff: int) -> dict[str, int]:
    return {"year": year, "residents": residents, "full_time_staff": staff}
