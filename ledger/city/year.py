"""What is done in the city in a year, who signs up, who comes?"""

import heapq
from bisect import bisect
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

from ledger.city.people import City, Station, Town
from ledger.city.registry import team_of
from ledger.city.writing import written
from ledger.county.season import DAY, at_time, days_between
from ledger.county.words import FIXED, FIXED_DAYS, PATROL, WEEKEND, Kind

MONTHS = (0.8, 0.55, 1.7, 1.1, 1.15, 1.05, 1.05, 0.9, 1.0, 1.1, 0.95, 1.2)
"""How busy: little around the Spring Festival, much in March (学雷锋月), again in December."""

WEEK = (0.09, 0.09, 0.10, 0.10, 0.11, 0.36, 0.24)
"""Activities of a station on a Monday … Sunday."""

LEAD = 7
"""Days before an activity that it is announced."""

NO_SHOW = 0.11
"""Of those who signed up. In bad months a little more."""

WALK_IN = 0.06
"""Of those who come without having signed up."""

FORGOTTEN = 0.03
"""Check-outs that nobody makes."""

NEIGHBOURS = 0.12
"""Of a crowd, who come from another station of the township."""


class _Held(NamedTuple):
    """An activity with those who will come."""

    ident: str
    place: str
    starts: datetime
    ends: datetime
    comers: list[str]


class _Pending(NamedTuple):
    """An event that is due later; the number keeps the order of equal times."""

    at: datetime
    number: int
    line: bytes


def year_lines(rng: Random, city: City, year: int) -> Iterator[bytes]:
    """Activities, sign-ups, check-ins and check-outs of a year, by time."""
    return _Year(rng, city, year).lines()


class _Year:
    """The year as it goes on: what is announced, and what is due."""

    def __init__(self, rng: Random, city: City, year: int) -> None:
        self._rng = rng
        self._city = city
        self._first, self._last = date(year, 1, 1), date(year, 12, 31)
        self._numbers = count(1)
        self._activities = count(1)
        self._pending: list[_Pending] = []

    def lines(self) -> Iterator[bytes]:
        for day in days_between(self._first, self._last):
            planned = day + LEAD * DAY
            if day == self._first:
                for early in days_between(self._first + DAY, planned):
                    self._announce(early, self._first)
            elif planned <= self._last:
                self._announce(planned, day)
            midnight = at_time(day + DAY, time(0))
            while self._pending and self._pending[0].at < midnight:
                yield heapq.heappop(self._pending).line
        while self._pending:  # who is on patrol goes home in the new year
            yield heapq.heappop(self._pending).line

    def _announce(self, day: date, today: date) -> None:
        """What is held on a day, and who will come to it."""
        busy = MONTHS[day.month - 1]
        taken: set[str] = set()
        for town in self._city.towns:
            if day.weekday() == 4 and self._rng.random() < 0.5 * busy:
                self._hold(PATROL, town, self._rng.choice(town.stations), day, today, taken)
            for station in town.stations:
                if day.day in FIXED_DAYS and self._rng.random() < 0.35:
                    self._hold(FIXED, town, station, day, today, taken)
                if self._rng.random() < WEEK[day.weekday()] * busy:
                    kind = self._rng.choice(WEEKEND)
                    self._hold(kind, town, station, day, today, taken)

    def _hold(
        self, kind: Kind, town: Town, station: Station, day: date, today: date, taken: set[str]
    ) -> None:
        rng = self._rng
        starts = at_time(day, kind.starts)
        ends = starts + timedelta(minutes=kind.minutes)
        ident = f"A{day:%y}{next(self._activities):07}"
        low, high = kind.crowd
        size = max(low, round(rng.lognormvariate(0, 0.35) * (low + high) / 2))
        crowd = self._crowd(town, station, size, taken)
        capacity = max(size + 2, len(crowd))
        announced = at_time(today, time(9)) + timedelta(seconds=rng.randrange(3600))
        self._put(
            announced, "registry.activity-registered", "registry/3799", ident,
            {
                "name": f"{station.name}·{rng.choice(kind.titles)}",
                "place": station.code,
                "team": team_of(station, rng.randrange(3)),
                "kind": kind.name,
                "category": "lecture" if kind.name == "理论宣讲" else "service",
                "starts_at": starts.isoformat(),
                "ends_at": ends.isoformat(),
                "capacity": capacity,
            },
        )  # fmt: skip
        room = max(60, int((starts - announced).total_seconds()) - 3600)
        comers = []
        for one in crowd:
            if rng.random() >= WALK_IN:
                at = announced + timedelta(seconds=int(room * rng.random() ** 2) + 1)
                said = {"volunteer": one}
                self._put(at, "activity.signed-up", "app/3799", ident, said)
                if rng.random() < NO_SHOW + 0.02 * (MONTHS[day.month - 1] < 1):
                    continue
            comers.append(one)
        self._visits(_Held(ident, station.code, starts, ends, comers))

    def _crowd(self, town: Town, station: Station, size: int, taken: set[str]) -> list[str]:
        """Who would come: the zealous more often, some neighbours; nobody twice a day."""
        rng = self._rng
        crowd: list[str] = []
        for _ in range(3 * size):
            if len(crowd) >= size:
                break
            home = rng.choice(town.stations) if rng.random() < NEIGHBOURS else station
            if not home.weights:
                continue
            place = bisect(home.weights, rng.random() * home.weights[-1])
            one = home.active[min(place, len(home.active) - 1)]
            if one not in taken:
                taken.add(one)
                crowd.append(one)
        return crowd

    def _visits(self, held: _Held) -> None:
        rng = self._rng
        source = f"kiosk/{held.place[:6]}-{held.place[6:9]}-{held.place[9:]}-1"
        data: dict[str, Any] = {"activity": held.ident, "place": held.place, "method": "qr"}
        for one in held.comers:
            came = held.starts + timedelta(seconds=int(rng.gauss(-180, 300)))
            left = held.ends + timedelta(seconds=int(rng.gauss(240, 400)))
            self._put(came, "attendance.checked-in", source, one, data)
            if rng.random() >= FORGOTTEN:
                late = max(left, came + timedelta(minutes=5))
                self._put(late, "attendance.checked-out", source, one, data)

    def _put(
        self, at: datetime, kind: str, source: str, subject: str, data: dict[str, Any]
    ) -> None:
        number = next(self._numbers)
        line = written(kind, f"e{self._first.year}-{number}", source, at.isoformat(), subject, data)
        heapq.heappush(self._pending, _Pending(at, number, line))
