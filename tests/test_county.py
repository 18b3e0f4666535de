"""Is the invented county always the same, full of troubles, and sound once it is recorded?"""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from ledger.centre.orders.queue import Asked, list_orders, who_served
from ledger.core.rulebook import national_ladder
from ledger.county import SHOPS, lines
from ledger.demo.season import DemoResult, run_demo
from ledger.recording.recorder import Recorder
from ledger.recording.reviews import list_reviews
from ledger.statistics.overview import overview
from ledger.store.database import Database
from ledger.store.tables import hour_record, points_entry, posting, volunteer_state
from schemas import CheckedIn, CheckedOut, IncomingEvent, decode
from schemas.incoming import MalformedEventError
from tests.builders import record, redeem, register, visit

BEFORE = date(2026, 3, 1)


@pytest.fixture(scope="module")
def county() -> list[bytes]:
    return list(lines(1, BEFORE))


@pytest.fixture(scope="module")
def valid(county: list[bytes]) -> list[IncomingEvent]:
    """The events of the county, without those that were sent again."""
    return list({line: event for line in county if (event := decoded(line))}.values())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, DemoResult, str]]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
    database.create()
    shown = io.StringIO()
    console = Console(file=shown, width=110)
    yield (
        database,
        run_demo(Recorder(database, national_ladder()), console, 1, BEFORE),
        shown.getvalue(),
    )
    database.close()


def decoded(line: bytes) -> IncomingEvent | None:
    try:
        return decode(line)
    except MalformedEventError:
        return None


def attendance(events: list[IncomingEvent]) -> list[CheckedIn | CheckedOut]:
    return [event for event in events if isinstance(event, CheckedIn | CheckedOut)]


def scans(events: list[IncomingEvent]) -> dict[tuple[str, str], list[CheckedIn | CheckedOut]]:
    """By volunteer and activity, in order of time."""
    found = defaultdict(list)
    for event in sorted(attendance(events), key=lambda event: event.time):
        found[event.subject, event.data.activity].append(event)
    return found


def test_the_same_seed_gives_the_same_bytes(county: list[bytes]) -> None:
    assert list(lines(1, BEFORE)) == county
    assert list(lines(2, BEFORE)) != county
    assert 20_000 <= len(county) <= 40_000


def test_the_registry_comes_first_and_the_redemptions_last(county: list[bytes]) -> None:
    kinds = [event.type.split(".")[1] for line in county if (event := decoded(line))]
    order = [kind for kind, following in pairwise([*kinds, ""]) if kind != following]
    assert order[0] == "registry"
    assert order[-4:] == ["attendance", "order", "redemption", "honour"]
    assert order.count("redemption") == 1


def test_all_happens_before_the_given_date_but_for_clocks_that_are_wrong(
    valid: list[IncomingEvent],
) -> None:
    late = [event for event in valid if event.time.date() >= BEFORE]
    assert late
    assert {event.time.year for event in late} == {2099}


def test_kiosks_send_twice_and_late(county: list[bytes]) -> None:
    assert len(set(county)) < len(county) - 100
    times = [
        event.time
        for line in county
        if isinstance(event := decoded(line), CheckedIn | CheckedOut) and event.time.year < 2099
    ]
    behind = [(newest_until(times, n) - times[n]).days for n in range(0, len(times), 50)]
    assert max(behind) >= 2


def newest_until(times: list[datetime], place: int) -> datetime:
    return max(times[: place + 1])


def test_people_scan_twice_forget_and_stay_past_midnight(valid: list[IncomingEvent]) -> None:
    pairs = Counter(
        (type(one), type(other))
        for marks in scans(valid).values()
        for one, other in pairwise(marks)
        if (other.time - one.time).seconds < 60
    )
    assert pairs[CheckedIn, CheckedIn] > 20
    assert pairs[CheckedOut, CheckedOut] > 20
    alone = Counter(type(marks[0]) for marks in scans(valid).values() if len(marks) == 1)
    assert alone[CheckedIn] > 100
    assert alone[CheckedOut] > 10
    assert any(
        isinstance(one, CheckedIn) and one.time.date() < other.time.date()
        for marks in scans(valid).values()
        for one, other in pairwise(marks)
    )


def test_the_demo_sets_every_kind_of_broken_line_aside(
    demo: tuple[Database, DemoResult, str],
) -> None:
    _, result, _ = demo
    codes = {one.code for one in result.picture.rejects}
    assert codes == {"not-json", "invalid", "unknown-type", "in-the-future", "conflict"}
    assert result.read == result.applied + result.duplicates + result.rejected


def test_the_demos_totals_agree(demo: tuple[Database, DemoResult, str]) -> None:
    database, result, _ = demo
    with database.read() as connection:
        assert connection.execute(select(func.sum(posting.c.amount))).scalar_one() == 0
        state, hours = volunteer_state.c, hour_record.c
        kept = {
            row.volunteer: row.seconds
            for row in connection.execute(select(state.volunteer, state.seconds))
        }
        summed = {
            row.volunteer: row.total
            for row in connection.execute(
                select(hours.volunteer, func.sum(hours.seconds).label("total"))
                .where(hours.status == "counted")  # others are held for review
                .group_by(hours.volunteer)
            )
        }
    assert kept == {volunteer: summed.get(volunteer, 0) for volunteer in kept}
    assert set(summed) <= set(kept)
    assert sum(one.seconds for one in result.picture.hours) == sum(kept.values())
    assert sum(one.volunteers for one in result.picture.stars) == len(kept)


def test_the_demo_shows_stars_overlaps_and_refusals(
    demo: tuple[Database, DemoResult, str],
) -> None:
    database, result, shown = demo
    assert {0, 1, 2, 3} <= {one.star for one in result.picture.stars}
    assert all(one.accepted > one.refused for one in result.picture.redemptions)
    assert any(one.refused for one in result.picture.redemptions)
    assert result.picture.reversals > 0
    hours = hour_record.c
    with database.read() as connection:
        shared = hours.seconds < hours.ended_at - hours.started_at
        overlaps = select(func.count()).where(shared, hours.reverses.is_(None))
        assert connection.execute(overlaps).scalar_one() > 0
    assert "★★★" in shown
    assert all(shop.name in shown for shop in SHOPS)


def test_an_overview_of_a_ledger_without_a_registry(tmp_path: Path, postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'ledger.db'}", postgres_url):
        database = Database(url)
        database.create()
        recorder = Recorder(database, national_ladder())
        day = "2026-05-01"
        record(
            recorder,
            [
                *visit("V1", day, "08:00", "10:30"),
                *visit("V2", day, "08:00", "09:00"),
                register("volunteer", "V2", name="王秀兰"),
                redeem("V1", "R1", "2"),
                redeem("V1", "R2", "1"),
                redeem("V1", "R2", "1"),
                b"{",
            ],
        )
        with database.read() as connection:
            found = overview(connection, "POINTS")
        database.close()
        assert found.stars == ((0, 2),)
        assert found.top == (("V1", "", 9000, 0, 0), ("V2", "王秀兰", 3600, 0, 1))
        assert found.hours == (("P1", "", 2, 12600),)
        assert found.redemptions == (("M01", 1, 1, 2),)
        assert [(one.code, one.rejects) for one in found.rejects] == [("not-json", 1)]
        assert found.reversals == 0


def test_the_demo_sees_residents_orders_through(demo: tuple[Database, DemoResult, str]) -> None:
    database, _, _ = demo
    with database.read() as connection:
        found = list_orders(connection, Asked())
        cases = list_reviews(connection)
    states = Counter(one.state for one in found)
    assert states == {"placed": 3, "dispatched": 4, "rated": 11, "rewarded": 3, "cancelled": 1}
    assert all(one.escalations for one in found if one.state in ("placed", "dispatched"))
    assert not any(b'"without_effect"' in one.steps.encode() for one in found)
    [complained] = [one for one in found if one.complaint == 1]
    held = {one.volunteer for one in cases if one.rule == "complaint"}
    with database.read() as connection:
        assert held and held <= set(who_served(connection, complained.activity))
        rewards = select(points_entry.c.amount).where(points_entry.c.rule == "points.order-reward")
        assert list(connection.execute(rewards).scalars()) == [2] * 9  # three orders, three each
