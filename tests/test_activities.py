"""Is what was planned held, and what becomes of those who signed up?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.centre.activities.held import activities_held, period
from ledger.centre.activities.no_shows import record_no_shows, settle
from ledger.centre.activities.planning import against_held, fixed_days, plans
from ledger.centre.activities.plans import Planned
from ledger.centre.activities.signing_up import call_off, join, sign_ups_of, withdraw
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.queries import summary
from tests.builders import check_in, check_out, record, register, shop_event, visit

TOWN, VILLAGE = "370199001000", "370199001001"
BEGINS = datetime(2026, 6, 10, 8, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=2)
WALK: dict[str, Any] = {
    "name": "健步走",
    "place": TOWN,
    "starts_at": BEGINS.isoformat(),
    "ends_at": ENDS.isoformat(),
    "capacity": 2,
}
STRICT = parse(
    national_ladder()
    .text.replace(
        "  service: visit\n",
        "  service: visit\n"
        "  no_show: {attributes: {activity: text, lifted: {type: bool, default: false}}}\n"
        "  no_show_lifted: {kind: amendment, amends: no_show}\n",
    )
    .replace(
        "ladders:\n",
        "  - {id: stayed-away, on: no_show, currency: POINTS, when: not fact.lifted, amount: -1, "
        "clauses: points}\nladders:\n",
    ),
    "strict",
)
"""Whoever stays away loses a point."""


class Clock:
    """The present, which a test sets."""

    def __init__(self) -> None:
        self.now = BEGINS - timedelta(days=5)

    def __call__(self) -> int:
        self.now += timedelta(microseconds=1)
        return to_micros(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Recorder:
    recorder = Recorder(database, STRICT, clock)
    assert not record(recorder, [register("activity", "A1", **WALK)]).rejects
    return recorder


def states(recorder: Recorder) -> dict[str, str]:
    with recorder.database.read() as connection:
        return {one.volunteer: one.state for one in sign_ups_of(connection, "A1")}


def balance(recorder: Recorder, volunteer: str) -> str:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, volunteer, recorder.now())
    return "" if found is None else found.points.balance


def test_first_come_first_in_and_who_waits_moves_up(recorder: Recorder, clock: Clock) -> None:
    assert [join(recorder, "A1", f"V{number}").state for number in (1, 2, 3, 4)] == [
        "in",
        "in",
        "waiting",
        "waiting",
    ]
    assert join(recorder, "A1", "V3", by="张三").position == 1  # again: nothing changes
    withdraw(recorder, "A1", "V2", reason="出差")
    assert states(recorder) == {"V1": "in", "V3": "in", "V4": "waiting", "V2": "withdrawn"}
    gone = shop_event("volunteer.left", "V5", "2026-02-01T08:00")
    record(recorder, [register("volunteer", "V5"), gone])
    with pytest.raises(LedgerError, match="no longer registered"):
        join(recorder, "A1", "V5")
    clock.now = BEGINS
    with pytest.raises(LedgerError, match="has begun"):
        withdraw(recorder, "A1", "V1")
    with pytest.raises(LedgerError, match="has not signed up"):
        withdraw(recorder, "A1", "V9")
    clock.now = ENDS
    with pytest.raises(LedgerError, match="it is over"):
        join(recorder, "A1", "V6")
    with pytest.raises(LedgerError, match="is over"):
        call_off(recorder, "A1", "", "")


def test_whoever_stays_away_is_found_once_and_may_turn_out_to_have_come(
    recorder: Recorder, clock: Clock
) -> None:
    larger = register("activity", "A1", "2026-06-02T08:00", **{**WALK, "capacity": 9})
    record(recorder, [larger, *visit("V1", "2026-05-01", "08:00", "11:00", "A0")])
    for volunteer in ("V1", "V2", "V3"):
        join(recorder, "A1", volunteer)
    clock.now = ENDS + timedelta(hours=1)
    came = BEGINS + timedelta(minutes=5)
    record(recorder, [check_in("V2", came.isoformat()), check_in("V3", BEGINS.isoformat(), "A9")])
    assert record_no_shows(recorder) == 0  # kiosks may still be without a network
    clock.now = ENDS + timedelta(days=3)
    assert record_no_shows(recorder) == 3
    assert record_no_shows(recorder) == 0
    assert states(recorder) == {"V1": "absent", "V2": "in", "V3": "absent"}
    assert (balance(recorder, "V1"), balance(recorder, "V2")) == ("2", "0")
    # V3's check-in was on a kiosk that was offline for two weeks.
    clock.now = ENDS + timedelta(days=14)
    late = [check_in("V3", came.isoformat()), check_out("V3", ENDS.isoformat())]
    assert not record(recorder, late).rejects
    clock.now = ENDS + timedelta(days=30)
    assert record_no_shows(recorder) == 2
    assert states(recorder) == {"V1": "absent", "V2": "in", "V3": "in"}
    assert (balance(recorder, "V1"), balance(recorder, "V3")) == ("2", "1")
    clock.now = ENDS + timedelta(days=300)
    assert record_no_shows(recorder) == 0
    assert settle(recorder, "A1") == 1  # that it was looked: nothing new
    assert verify(recorder.database, lambda _: None)[1] == []


def test_a_withdrawal_that_arrives_late_lifts_what_was_said(
    recorder: Recorder, clock: Clock
) -> None:
    for volunteer in ("V0", "V00", "V1", "V2"):
        record(recorder, visit(volunteer, "2026-05-01", "08:00", "11:00", "A0"))
    join(recorder, "A1", "V1")
    join(recorder, "A1", "V2")
    clock.now = ENDS + timedelta(days=3)
    record_no_shows(recorder)
    assert states(recorder) == {"V1": "absent", "V2": "absent"}
    # V1 had withdrawn, and V0 had signed up first, on phones that were without a network.
    day = (BEGINS - timedelta(days=6)).isoformat()
    in_time = (BEGINS - timedelta(days=1)).isoformat()
    late = [
        shop_event("activity.sign-up-withdrawn", "A1", in_time, volunteer="V1"),
        shop_event("activity.signed-up", "A1", day, volunteer="V0"),
        shop_event("activity.signed-up", "A1", day, volunteer="V00"),
    ]
    assert not record(recorder, late).rejects
    assert states(recorder) == {"V0": "in", "V00": "in", "V1": "withdrawn", "V2": "waiting"}
    clock.now = ENDS + timedelta(days=30)
    record_no_shows(recorder)
    assert states(recorder) == {"V0": "absent", "V00": "absent", "V1": "withdrawn", "V2": "waiting"}
    points = {one: balance(recorder, one) for one in ("V0", "V00", "V1", "V2")}
    assert points == {"V0": "2", "V00": "2", "V1": "3", "V2": "3"}
    assert verify(recorder.database, lambda _: None)[1] == []


def test_what_was_cancelled_has_no_no_shows(recorder: Recorder, clock: Clock) -> None:
    join(recorder, "A1", "V1")
    call_off(recorder, "A1", "台风", "张三")
    with pytest.raises(LedgerError, match="台风"):
        join(recorder, "A1", "V2")
    with pytest.raises(LedgerError, match="cancelled before"):
        call_off(recorder, "A1", "", "")
    clock.now = ENDS + timedelta(days=4)
    assert record_no_shows(recorder) == 0
    with pytest.raises(LedgerError, match="is not over"):
        settle(recorder, "A1")


def test_an_activity_is_held_if_hours_were_counted(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("activity", "L1", name="讲座", place=VILLAGE, team="T1", category="lecture"),
            register("activity", "L2", name="讲座", place=VILLAGE, team="T1", category="lecture"),
            register("activity", "S1", name="清洁", place=TOWN),
            register("activity", "S2", name="没人来", place=TOWN),
            *visit("V1", "2026-02-01", "08:00", "10:00", "L1"),
            *visit("V2", "2026-02-01", "08:00", "09:00", "L1"),
            *visit("V1", "2026-03-01", "08:00", "10:00", "L2"),
            *visit("V1", "2025-12-01", "08:00", "10:00", "S1"),
            *visit("V1", "2026-04-01", "08:00", "10:00", "S1"),
            check_in("V1", "2026-05-01T08:00", "S2"),
        ],
    )
    with recorder.database.read() as connection:
        year = period(STRICT.plan.clock, "2026")
        found = activities_held(connection, STRICT.plan.track, year, "370199000000")
    assert [tuple(one) for one in found] == [
        (TOWN, "", "service", 1, 7200, 1),
        (VILLAGE, "T1", "lecture", 2, 5 * 3600, 3),
    ]


def test_a_plan_against_what_was_held(recorder: Recorder, clock: Clock) -> None:
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    items = [
        {"title": "清扫", "kind": "环境", "times": 1, "monthday": 20},
        {"title": "洁净行动", "kind": "环境", "times": 1, "monthday": 5},
        {"title": "宣讲", "category": "lecture", "times": 1},
        {"title": "随便", "times": 1},
    ]
    record(
        recorder,
        [
            shop_event("plan.made", TOWN, "2026-01-01T08:00", of="place", period="2026",
                       items=[{"title": "旧计划"}]),
            shop_event("plan.made", TOWN, "2026-01-02T08:00", of="place", period="2026",
                       items=items),
            *(
                register("activity", f"E{number}", name="扫", place=TOWN, kind="环境")
                for number in (1, 2, 3)
            ),
            register("activity", "X", name="开会", place=TOWN, category="meeting"),
            register("activity", "N", name="将来", place=TOWN,
                     starts_at="2026-09-01T08:00:00+08:00"),
            *visit("V1", "2026-01-05", "08:00", "10:00", "E1"),
            *visit("V1", "2026-01-20", "08:00", "10:00", "E2"),
            *visit("V1", "2026-02-19", "08:00", "10:00", "E3"),
            *visit("V1", "2026-02-21", "08:00", "10:00", "X"),
        ],
    )  # fmt: skip
    with recorder.database.read() as connection:
        items_of = plans(connection, "2026", "370199000000")
        [found] = against_held(connection, STRICT, items_of, recorder.now())
    assert [(one.item.title, one.activities, one.missed) for one in found.items] == [
        ("清扫", ("E2",), ("2026-02-20",)),
        ("洁净行动", ("E1",), ("2026-02-05",)),
        ("宣讲", (), ()),
        ("随便", ("E3",), ()),
    ]
    assert (found.beside, found.to_come) == (("X",), 2)  # A1 of June, N of September


def test_fixed_days_by_weekday() -> None:
    item = Planned("P", "place", "2026", 1, "周六活动", "service", "", 4, 6, 0)
    days = list(fixed_days(item, date(2026, 5, 1), date(2026, 5, 16)))
    assert days == [date(2026, 5, 2), date(2026, 5, 9), date(2026, 5, 16)]
