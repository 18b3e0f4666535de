"""Does the ledger stay as fast when it is large, and how long do questions to it take then?

Two ledgers of the same shape, whose volunteers are registered and have twenty visits each, are
filled by recording every visit, as it would be in life: nothing is copied in. Thousands come and
leave at a time, from all over the province. The speed of both over their last parts is compared.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, text

from ledger.bench.databases import PostgresDatabases
from ledger.bench.measures import Tell, Waited, Waits
from ledger.bench.workload import attendance, batches_of, county_of, registrations, station_of
from ledger.clock import SECOND, now_micros
from ledger.core.rulebook import PolicyText
from ledger.places import LEVELS, area_of
from ledger.recording.recorder import Recorder
from ledger.statistics.stars import star_table
from ledger.store.database import Database
from ledger.volunteers.queries import summary

SMALL = 100_000
"""Hour records of the ledger that the large one is compared with; half of it, if it is smaller."""

PER_VOLUNTEER = 20
WINDOWS = 3
"""The last parts of a ledger, whose median speed counts."""

WINDOW = 20_000
"""Hour records in such a part; a tenth of a smaller ledger."""

AT_A_TIME = 5_000
"""Volunteers who come and leave together: fewer than a part has visits, since a check-out takes
twice the work of a check-in."""

BY_ID = "a volunteer's hours, star and points, by id"
COUNTY = "a county's table of stars"
STATION = "a station's table of stars"

ASKED_BY_ID = 1000
ASKED_TABLES = 20


@dataclass(frozen=True, slots=True)
class Size:
    """A ledger of so many hour records; events per second in each of its last parts."""

    records: int
    rates: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return median(self.rates)


@dataclass(frozen=True, slots=True)
class Scale:
    """`curve`: (hour records so far, events per second since the point before) of the large one."""

    small: Size
    large: Size
    curve: tuple[tuple[int, float], ...]
    questions: tuple[Waits, ...]

    @property
    def ratio(self) -> float:
        """The large ledger's speed beside the small one's."""
        return self.large.per_second / self.small.per_second

    def to_json(self) -> dict[str, Any]:
        return {
            "filled_by": "recording",
            "sizes": [
                {"records": one.records, "events_per_second": round(one.per_second)}
                for one in (self.small, self.large)
            ],
            "ratio": round(self.ratio, 3),
            "curve": [[records, round(rate)] for records, rate in self.curve],
            "questions": {one.name: one.to_json() for one in self.questions},
        }


def measure(
    server: PostgresDatabases,
    policy: PolicyText,
    records: int,
    batch: int,
    repeats: int,
    tell: Tell,
) -> Scale:
    """Fill both ledgers and ask the large one, `repeats` times."""
    with server.fresh() as database:
        small = min(SMALL, max(1, records // 2))
        curve = _fill(database, policy, small, batch, tell)
        first = Size(small, _last(curve))
    with server.fresh() as database:
        curve = _fill(database, policy, records, batch, tell)
        with database.write() as connection:
            connection.execute(text("ANALYZE"))
        questions = tuple(_questions(database, policy, _volunteers(records), repeats, tell))
    points = tuple((until, rate) for until, _, rate in curve)
    return Scale(first, Size(records, _last(curve)), points, questions)


Curve = Sequence[tuple[int, int, float]]
"""(records so far, records in this part, events per second) by part."""


def _volunteers(records: int) -> int:
    return max(1, records // PER_VOLUNTEER)


def _fill(database: Database, policy: PolicyText, records: int, batch: int, tell: Tell) -> Curve:
    part = max(1, min(WINDOW, records // 10))
    recorder = Recorder(database, policy)
    tell("registering the volunteers")
    for some in batches_of(registrations(_volunteers(records)), batch):
        recorder.record(some)
    curve: list[tuple[int, int, float]] = []
    events, seconds, done = 0, 0.0, 0
    visits = attendance(_volunteers(records), records, min(AT_A_TIME, part))
    for arrivals in batches_of(visits, batch):
        began = perf_counter()
        recorder.record(arrivals)
        seconds += perf_counter() - began
        events += len(arrivals)
        if events >= 2 * part:
            done += events // 2
            curve.append((done, events // 2, events / seconds))
            tell(f"Postgres: {done:,} of {records:,} records")
            events, seconds = 0, 0.0
    return curve or [(records, records, events / seconds)]


def _last(curve: Curve) -> tuple[float, ...]:
    return tuple(rate for _, _, rate in curve[-WINDOWS:])


def _questions(
    database: Database, policy: PolicyText, volunteers: int, repeats: int, tell: Tell
) -> Iterator[Waits]:
    rules = Recorder(database, policy).rules
    plan = rules.at(now_micros() // SECOND).plan
    chosen = random.Random(1)

    def by_id(connection: Connection) -> None:
        volunteer = f"V{chosen.randrange(volunteers):08}"
        assert summary(connection, rules, volunteer, now_micros()) is not None

    def county(connection: Connection) -> None:
        area = area_of(county_of(chosen.randrange(volunteers)), LEVELS[-1])
        assert star_table(connection, plan, area).rows

    def station(connection: Connection) -> None:
        place = station_of(chosen.randrange(volunteers))
        assert star_table(connection, plan, place).rows

    for name, ask, number in (
        (BY_ID, by_id, ASKED_BY_ID),
        (COUNTY, county, ASKED_TABLES),
        (STATION, station, ASKED_TABLES),
    ):
        tell(name)
        runs = tuple(_asked(database, ask, number) for _ in range(repeats))
        yield Waits(name, None, runs)


def _asked(database: Database, ask: Callable[[Connection], None], number: int) -> Waited:
    waits = []
    began = perf_counter()
    for _ in range(number):
        asked = perf_counter()
        with database.read() as connection:
            ask(connection)
        waits.append(perf_counter() - asked)
    return Waited.of(waits, perf_counter() - began)
