"""Is the invented city always the same, of believable shape, and fit to be recorded?"""

from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import orjson
import pytest
from sqlalchemy import select

from ledger.city import lines
from ledger.city.people import found
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.places import is_within
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import hour_record
from ledger.verify import verify
from schemas import (
    ActivityRegistered,
    CheckedIn,
    CheckedOut,
    CloudEvent,
    PlaceRegistered,
    TeamRegistered,
    VolunteerRegistered,
    decode,
)
from schemas.activities import SignedUp
from schemas.places import PlaceCounted
from tests.command import run

YEAR = 2025


@pytest.fixture(scope="module")
def written() -> list[bytes]:
    """A hundredth of a city, with a year of its life."""
    return list(lines(1, 10_000, YEAR))


@pytest.fixture(scope="module")
def events(written: list[bytes]) -> dict[type[CloudEvent], list[CloudEvent]]:
    """All of them by their kind; each is one that the ledger takes in."""
    found: dict[type[CloudEvent], list[CloudEvent]] = defaultdict(list)
    for line in written:
        event = decode(line)
        found[type(event)].append(event)
    return found


def test_the_same_seed_is_the_same_city_and_another_is_not(written: list[bytes]) -> None:
    assert list(lines(1, 10_000, YEAR)) == written
    assert list(lines(2, 10_000, YEAR)) != written


def test_lines_come_by_time_and_none_has_the_id_of_another(written: list[bytes]) -> None:
    times, names = [], set()
    for line in written:
        said = orjson.loads(line)
        times.append(datetime.fromisoformat(said["time"]))
        names.add((said["source"], said["id"]))
    assert all(one <= other for one, other in pairwise(times))
    assert len(names) == len(written)
    assert times[0].date() == date(YEAR, 1, 1)


@pytest.mark.parametrize(
    ("residents", "counties", "towns", "stations"),
    [(10_000, 1, 1, 6), (250_000, 2, 8, 139), (1_000_000, 8, 33, 556)],
)
def test_a_city_has_its_residents_exactly_and_about_three_in_twenty_volunteer(
    residents: int, counties: int, towns: int, stations: int
) -> None:
    city = found(Random(1), residents)
    assert (len(city.counties), len(city.towns), len(city.stations)) == (counties, towns, stations)
    assert sum(one.residents for one in city.stations) == residents
    assert 0.13 < city.volunteers / residents < 0.17
    idle = sum(len(one.volunteers) - len(one.active) for one in city.stations)
    assert 0.38 < idle / city.volunteers < 0.46
    for county in city.counties:
        for town in county.towns:
            assert is_within(town.code, county.code)
            assert all(is_within(one.code, town.code) for one in town.stations)


def test_everything_is_registered_before_it_is_named(
    events: dict[type[CloudEvent], list[CloudEvent]],
) -> None:
    places = {one.subject for one in events[PlaceRegistered]}
    teams = {one.subject for one in events[TeamRegistered]}
    people = {one.subject for one in events[VolunteerRegistered]}
    activities = {one.subject: one for one in events[ActivityRegistered]}
    assert {one.subject for one in events[PlaceCounted]} == places
    for kind in (VolunteerRegistered, ActivityRegistered):
        for one in events[kind]:
            assert isinstance(one, VolunteerRegistered | ActivityRegistered)
            assert one.data.team in teams
            assert one.data.place in places
    for one in events[SignedUp]:
        assert isinstance(one, SignedUp)
        activity = activities[one.subject]
        assert isinstance(activity, ActivityRegistered)
        assert activity.data.starts_at is not None
        assert activity.time < one.time < activity.data.starts_at
        assert one.data.volunteer in people
    assert {one.subject for one in events[CheckedIn]} <= people


def test_the_year_has_its_seasons_weekends_tail_and_no_shows(
    events: dict[type[CloudEvent], list[CloudEvent]],
) -> None:
    visits = events[CheckedIn]
    days = Counter(one.time.weekday() for one in visits)
    assert days[5] > 1.5 * max(days[number] for number in range(5))
    months = Counter(one.time.month for one in visits)
    assert months[3] > 2 * months[2]  # 学雷锋月, after the Spring Festival

    served = sorted(Counter(one.subject for one in visits).values(), reverse=True)
    fifth = len(served) // 5
    assert 0.5 < sum(served[:fifth]) / sum(served) < 0.9
    assert served[0] > 8 * served[len(served) // 2]
    registered = len(events[VolunteerRegistered])
    assert 0.3 < len(served) / registered < 0.6

    came = {(one.subject, one.data.activity) for one in visits if isinstance(one, CheckedIn)}
    signed = {
        (one.data.volunteer, one.subject) for one in events[SignedUp] if isinstance(one, SignedUp)
    }
    assert 0.08 < len(signed - came) / len(signed) < 0.16
    assert 0.03 < len(came - signed) / len(came) < 0.1
    assert 0.01 < 1 - len(events[CheckedOut]) / len(visits) < 0.05


def test_it_can_be_recorded_and_holds(written: list[bytes], tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder())
    for start in range(0, len(written), 2000):
        batch = [Arrival(line, "city") for line in written[start : start + 2000]]
        assert not recorder.record(batch).rejects
    with database.read() as connection:
        seconds = list(connection.execute(select(hour_record.c.seconds)).scalars())
    assert 1.5 < sum(seconds) / len(seconds) / 3600 < 3.5
    assert verify(database, lambda _: None)[1] == []
    database.close()


def test_the_command_writes_what_the_generator_gives(written: list[bytes], tmp_path: Path) -> None:
    words = ["city", "--residents", "10000", "--year", str(YEAR), "--out"]
    done = run(tmp_path, [*words, "-"])
    assert done.returncode == 0
    assert done.stdout == b"".join(line + b"\n" for line in written)
    run(tmp_path, [*words, "city.jsonl"])
    assert (tmp_path / "city.jsonl").read_bytes() == done.stdout
    for wrong in (["--residents", "5"], ["--year", "9999"]):
        assert run(tmp_path, ["city", "--out", "-", *wrong]).returncode == 2
