"""Does an order go through the five-order loop 五单 as a simple model of it says?"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from ledger.centre.dossier import Told, in_order
from ledger.centre.orders.life import Life, life
from ledger.centre.orders.rows import ServiceOrder
from ledger.clock import from_micros, to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder
from ledger.recording.reviews import decide, list_reviews
from ledger.recording.sweep import sweep
from ledger.store.database import Database
from ledger.store.tables import service_order
from ledger.verify import verify
from ledger.volunteers.queries import summaries, summary
from schemas import decode_logged
from schemas.orders import OrderEvent
from tests.builders import (
    an_order,
    check_in,
    check_out,
    event,
    order,
    record,
    register,
    shop_event,
    visit,
)
from tests.effort import often
from tests.order_model import OrderModel
from tests.test_cli import Vledger

HOUR = 3_600_000_000

TEAMS = st.sampled_from(["T1", "T2"])
WISH = {"place": "370199001001", "category": "助老", "text": "上门理发"}
SAYS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "placed": st.just(WISH),
    "dispatched": st.builds(lambda team: {"team": team}, TEAMS),
    "accepted": st.builds(lambda team: {"team": team, "activity": "A1"}, TEAMS),
    "declined": st.builds(lambda team: {"team": team, "reason": "忙"}, TEAMS),
    "reassigned": st.builds(lambda team: {"team": team, "reason": "改派"}, TEAMS),
    "cancelled": st.just({"reason": "撤回"}),
    "done": st.just({}),
    "rated": st.builds(
        lambda stars, complaint: {"stars": stars, "complaint": complaint},
        st.integers(1, 5),
        st.booleans(),
    ),
    "called-back": st.builds(lambda reached: {"reached": reached, "note": "电话"}, st.booleans()),
    "rewarded": st.builds(
        lambda points: {
            "rewards": [{"volunteer": who, "points": str(one)} for who, one in points.items()],
            "basis": "月评",
        },
        st.dictionaries(st.sampled_from(["V1", "V2"]), st.integers(1, 9)),
    ),
}
USUAL = ["placed", "dispatched", "accepted", "done", "rated", "rewarded"]


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, dict[str, Any], int | None]]:
    """Mostly the usual way, with anything else in between; each with its deadline, or none."""
    steps: list[str] = []
    for usual in USUAL:
        steps += draw(st.lists(st.sampled_from(sorted(SAYS)), max_size=2))
        steps += [usual] if draw(st.integers(0, 9)) else []
    return [(one, draw(SAYS[one]), draw(st.none() | st.integers(0, 40))) for one in steps]


def told(ident: str, step: str, said: dict[str, Any], at: int, due: int | None) -> Told:
    time = (from_micros(0, UTC) + timedelta(microseconds=at)).isoformat()
    if due is not None:
        said = {**said, "due": from_micros(due, UTC).isoformat()}
    one: OrderEvent = decode_logged(event(f"order.{step}", "O1", time, said, ident, "desk"))  # type: ignore[assignment]
    return Told(at, "desk", ident, one)


@settings(max_examples=often(150), deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_an_order_goes_as_the_model_says_in_whatever_order_it_is_heard(
    story: list[tuple[str, dict[str, Any], int | None]], rng: random.Random
) -> None:
    model, dossier = OrderModel(), []
    for number, (step, said, hours) in enumerate(story):
        ident, at = f"e{number:02}", (number // 2) * HOUR  # two at each instant
        due = None if hours is None else hours * HOUR
        model.hear(ident, step, said, due)
        dossier.append(told(ident, step, said, at, due))
    rng.shuffle(dossier)
    found = life("O1", in_order(dossier))
    assert seen(found) == model
    assert all(one.why for one in found.steps if one.ident in model.idle)


def seen(found: Life) -> OrderModel:
    idle = [one.ident for one in found.steps if one.why]
    order = found.order
    if order is None:
        return OrderModel(idle=idle)
    paid = {one.volunteer: one.points or "" for one in order.rewards}
    return OrderModel(
        order.state,
        order.team,
        order.activity,
        order.due_at,
        order.stars,
        order.complaint,
        paid,
        idle,
    )


# What an order does to the books -----------------------------------------------------------------

NOW = to_micros(datetime.fromisoformat("2026-02-10T08:00:00+08:00"))
POLICY = parse(Path("docs/examples/five-orders.yaml").read_text(), "five-orders")


class Clock:
    """The ledger's present, which goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def to(self, time: str) -> None:
        self.now = to_micros(datetime.fromisoformat(f"{time}+08:00"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Iterator[Recorder]:
    yield Recorder(database, POLICY, clock)
    assert verify(database, lambda _events: None)[1] == []


def caught_up(recorder: Recorder) -> int:
    done = 0
    while some := catch_up(recorder):
        done += some
    return done


def has(recorder: Recorder, volunteer: str) -> tuple[int, str]:
    """Seconds that count, and points."""
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, volunteer, recorder.now())
    assert found is not None
    return found.seconds, found.points.balance


def cases(recorder: Recorder) -> list[tuple[str, str, str]]:
    with recorder.database.read() as connection:
        found = list_reviews(connection, settled=True)
    return sorted((one.volunteer, one.rule, one.state) for one in found)


def stands(recorder: Recorder, ident: str = "O1") -> ServiceOrder:
    with recorder.database.read() as connection:
        row = connection.execute(select(service_order).where(service_order.c.id == ident)).one()
    return ServiceOrder._make(row)


SERVED = [
    *visit("V1", "2026-02-02", "09:00", "11:00"),
    *visit("V2", "2026-02-02", "09:00", "12:00"),
    *visit("V3", "2026-02-02", "09:00", "10:00", "A2"),
]
COMPLAINT = order("rated", "O1", "2026-02-05T08:00", stars=1, complaint=True, event_id="complaint")
PACIFIED = order("rated", "O1", "2026-02-06T08:00", stars=4, told_by="call-back", event_id="later")


@pytest.mark.parametrize("late", [False, True], ids=["hours first", "complaint first"])
def test_a_complaint_holds_the_hours_of_its_activity_and_withdrawn_gives_them_back(
    recorder: Recorder, late: bool
) -> None:
    told = [*an_order("O1", rewarded=False), COMPLAINT]
    for batch in (told, SERVED) if late else (SERVED, told):
        record(recorder, batch)
        caught_up(recorder)
    assert [has(recorder, one)[0] for one in ("V1", "V2", "V3")] == [0, 0, 3600]
    held = [("V1", "complaint", "open"), ("V2", "complaint", "open")]
    assert cases(recorder) == held
    assert not caught_up(recorder)
    record(recorder, [PACIFIED])
    caught_up(recorder)
    assert [has(recorder, one)[0] for one in ("V1", "V2", "V3")] == [7200, 10800, 3600]
    assert cases(recorder) == [(who, rule, "withdrawn") for who, rule, _ in held]
    assert stands(recorder).complaint == 2


@pytest.mark.parametrize("late", [False, True], ids=["visits first", "complaint first"])
def test_a_complaint_holds_visits_to_which_the_policy_gives_no_hours(
    database: Database, late: bool
) -> None:
    without = POLICY.text.replace("on: service, overlap", 'on: service, when: "1 > 2", overlap')
    recorder = Recorder(database, parse(without, "no-hours"), Clock())
    there = [
        register("activity", "A1", name="理发"),
        shop_event("activity.signed-up", "A1", "2026-02-01T12:00", volunteer="V3"),
    ]
    told = [*there, *an_order("O1", rewarded=False), COMPLAINT]
    came = [*SERVED, *visit("V3", "2026-02-02", "15:00", "16:00")]
    for batch in (told, came) if late else (came, told):
        record(recorder, batch)
        caught_up(recorder)
    assert cases(recorder) == [(who, "complaint", "open") for who in ("V1", "V2", "V3")]


class Waiting(Database):
    """Commits only once it is let go on."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.worked, self.go_on = Event(), Event()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            self.worked.set()
            self.go_on.wait(20)


@pytest.mark.parametrize("first", ["hours", "complaint"])
def test_hours_and_a_complaint_that_are_about_to_be_committed_see_each_other(
    postgres_url: str, first: str
) -> None:
    database, waiting = Database(postgres_url), Waiting(postgres_url)
    database.create()
    recorder = Recorder(database, POLICY, Clock())
    record(recorder, an_order("O1", rewarded=False))
    batches = {"hours": SERVED, "complaint": [COMPLAINT]}
    held_up = batches.pop(first)
    [other] = batches.values()

    def recorded_and_swept() -> None:
        record(recorder, other)
        while sweep(recorder):
            pass

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(record, Recorder(waiting, POLICY, Clock()), held_up)
        assert waiting.worked.wait(20)
        quick = pool.submit(recorded_and_swept)
        with suppress(TimeoutError):  # it waits; if it did not, it would miss the other
            quick.result(timeout=1)
        waiting.go_on.set()
        slow.result()
        quick.result()
    while sweep(recorder):
        pass
    assert cases(recorder) == [("V1", "complaint", "open"), ("V2", "complaint", "open")]
    for one in (database, waiting):
        one.close()


def test_a_complaint_that_a_reviewer_upholds_voids_the_hours_beside_other_safeguards(
    recorder: Recorder,
) -> None:
    guarded = parse(f"{POLICY.text}\nsafeguards: {{two_places: true}}\n", "guarded")
    recorder.adopt(guarded, datetime(2026, 1, 1).date())
    elsewhere = [
        check_in("V1", "2026-02-02T10:00", "A3", place="P2"),
        check_out("V1", "2026-02-02T10:30", "A3", place="P2"),
    ]
    record(recorder, [*SERVED, *elsewhere, *an_order("O1", rewarded=False), COMPLAINT])
    caught_up(recorder)
    both = [("V1", "complaint", "open"), ("V1", "two_places", "open")]
    assert cases(recorder) == [*both, ("V1", "two_places", "open"), ("V2", "complaint", "open")]
    with recorder.database.read() as connection:
        open_ = {(one.volunteer, one.rule): one for one in list_reviews(connection)}
    decide(recorder, [open_["V2", "complaint"]], "void", "查实", "李四", recorder.now())
    record(recorder, [PACIFIED])  # a person's decision outlasts the complaint
    caught_up(recorder)
    assert has(recorder, "V2")[0] == 0
    assert cases(recorder)[-1] == ("V2", "complaint", "void")
    assert ("V1", "two_places", "open") in cases(recorder)  # one does not withdraw the other's


@settings(max_examples=often(12), deadline=None)
@given(st.permutations(range(12)), st.integers(1, 6), st.lists(st.booleans(), min_size=12))
def test_what_a_complaint_holds_does_not_depend_on_what_was_known_when(
    mixed: list[int], size: int, looks: list[bool]
) -> None:
    told = [*an_order("O1", rewarded=False), COMPLAINT, *SERVED]
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, POLICY, Clock())
    for start in range(0, len(mixed), size):
        record(recorder, [told[one] for one in mixed[start : start + size]])
        if looks[start]:
            caught_up(recorder)
    caught_up(recorder)
    assert [has(recorder, one)[0] for one in ("V1", "V2", "V3")] == [0, 0, 3600]
    assert cases(recorder) == [("V1", "complaint", "open"), ("V2", "complaint", "open")]
    assert verify(database, lambda _events: None)[1] == []
    database.close()


def test_a_reward_posts_points_once_and_what_is_rewarded_anew_replaces_it(
    recorder: Recorder,
) -> None:
    record(recorder, [*SERVED, *an_order("O1")])
    assert caught_up(recorder) and not caught_up(recorder)
    record(recorder, an_order("O1"))  # heard again, under other names: nothing new follows
    caught_up(recorder)
    assert (has(recorder, "V1"), has(recorder, "V2")) == ((7200, "12"), (10800, "3"))
    rewards = [{"volunteer": "V1", "points": "4"}, {"volunteer": "V3", "points": "6"}]
    record(recorder, [order("rewarded", "O1", "2026-02-07T08:00", rewards=rewards, basis="更正")])
    caught_up(recorder)
    assert [has(recorder, one)[1] for one in ("V1", "V2", "V3")] == ["6", "3", "7"]
    record(recorder, [order("rewarded", "O1", "2026-02-08T08:00", rewards=[], basis="撤回")])
    record(recorder, [order("rewarded", "O1", "2026-02-09T08:00", rewards=rewards, basis="恢复")])
    caught_up(recorder)
    assert [has(recorder, one)[1] for one in ("V1", "V2", "V3")] == ["6", "3", "7"]


@settings(max_examples=often(8), deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_points_are_those_of_the_reward_that_holds_whenever_what_became_known(
    story: list[tuple[str, dict[str, Any], int | None]], rng: random.Random
) -> None:
    said = [
        told(f"e{number:02}", step, data, number * HOUR, due and due * HOUR)
        for number, (step, data, due) in enumerate(story)
    ]
    order_ = life("O1", said).order
    held = {} if order_ is None else {one.volunteer: one.points for one in order_.rewards}
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, POLICY, Clock())
    arrivals = [one.event.model_dump_json(exclude_none=True).encode() for one in said]
    rng.shuffle(arrivals)
    while arrivals:
        size = rng.randint(1, 4)
        assert not record(recorder, arrivals[:size]).rejects
        del arrivals[:size]
        if rng.random() < 0.6:
            caught_up(recorder)
    caught_up(recorder)
    with database.read() as connection:
        found = {one.volunteer: one for one in summaries(connection, recorder.rules, NOW)}
    for volunteer in ("V1", "V2"):
        points = found[volunteer].points.balance if volunteer in found else "0"
        assert points == held.get(volunteer, "0")
    assert verify(database, lambda _events: None)[1] == []
    database.close()


def test_a_policy_that_does_not_know_the_reward_leaves_it_unjudged(database: Database) -> None:
    recorder = Recorder(database, national_ladder(), Clock())
    record(recorder, [*SERVED, *an_order("O1")])
    caught_up(recorder)
    assert has(recorder, "V1") == (7200, "2")


PLACES = [
    register("place", "370199000000", name="县中心", kind="centre"),
    register("place", "370199001000", name="镇所", kind="sub-centre", parent="370199000000"),
    register("place", "370199001001", name="村站", kind="station", parent="370199001000"),
]


def due(time: str) -> str:
    return f"{time}+08:00"


def test_what_nobody_dispatches_goes_up_once_for_each_deadline_until_there_is_no_level_above(
    recorder: Recorder, clock: Clock
) -> None:
    wish = {"place": "370199001001", "category": "助老", "text": "换灯泡"}
    by = due("2026-02-10T12:00:00")
    record(recorder, [*PLACES, order("placed", "O1", "2026-02-10T08:00", **wish, due=by)])
    assert caught_up(recorder) == 0
    went: list[tuple[str, int]] = []
    for day in ("10T11:59", "10T12:00", "11T11:00", "11T13:00", "12T13:00", "20T13:00", "28T13:00"):
        clock.to(f"2026-02-{day}:00")
        caught_up(recorder)
        row = stands(recorder)
        went.append((row.responsible[6:], row.escalations))
        assert row.state == "placed"
    assert went == [
        ("001001", 0), ("001000", 1), ("001000", 1), ("000000", 2), ("000000", 3), ("000000", 3),
        ("000000", 3),
    ]  # fmt: skip
    assert row.due_at is not None and row.due_at < clock.now  # still overdue, for all to see


def test_what_is_missed_where_the_level_above_was_merged_goes_to_what_that_went_into(
    recorder: Recorder, clock: Clock
) -> None:
    other = register("place", "370199002000", name="乙镇所", kind="sub-centre")
    gone = {"into": "370199002000", "on": "2026-02-11"}
    merged = shop_event("place.merged", "370199001000", "2026-02-01T08:00", **gone)
    wish = {"place": "370199001001", "category": "助老", "text": "换灯泡"}
    placed = [
        order("placed", ident, "2026-02-10T08:00", **wish, due=due(f"2026-02-{day}T12:00:00"))
        for ident, day in (("O1", 10), ("O2", 11))
    ]
    record(recorder, [*PLACES, other, merged, *placed])
    went = []
    for ident, day in (("O1", 10), ("O2", 11)):
        clock.to(f"2026-02-{day}T12:00:00")
        caught_up(recorder)
        went.append(stands(recorder, ident).responsible)
    assert went == ["370199001000", "370199002000"]


def test_what_was_checked_in_makes_an_order_done_when_nobody_says_so(
    recorder: Recorder, clock: Clock
) -> None:
    placed, dispatched, accepted, *_ = an_order("O1")
    record(recorder, [*PLACES, placed, dispatched, accepted])
    again = {"team": "T1", "activity": "A1", "due": due("2026-02-10T12:00:00")}
    record(recorder, [order("accepted", "O1", "2026-02-01T11:00", **again)])
    record(recorder, SERVED)
    clock.to("2026-02-10T12:00:00")
    caught_up(recorder)
    row = stands(recorder)
    assert (row.state, row.escalations) == ("done", 0)
    assert orjson.loads(row.steps)[-1]["said"]["attended"] == 2
    clock.to("2026-02-14T12:00:00")  # nobody rated it, nobody called back
    caught_up(recorder)
    row = stands(recorder)
    assert (row.state, row.escalations, row.responsible) == ("done", 1, "370199001000")


# By hand -----------------------------------------------------------------------------------------


def test_a_desk_sees_an_order_through(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    asked = ["--place", "370199001001", "--category", "助老", "--skill", "理发", "--id", "O1"]
    [placed] = vledger.json("orders", "place", "上门理发", *asked)
    assert placed["state"] == "placed" and len(placed["rating_code"]) == 8
    refused = vledger("orders", "accept", "O1", "--team", "T1", code=2)
    assert "待派单 placed" in refused.stderr.decode()
    vledger("teams", "register", "T1", "--name", "助老队")
    vledger("people", "register", "V1")
    vledger("orders", "dispatch", "O1", "--team", "T1")
    other = vledger("orders", "accept", "O1", "--team", "T2", code=2)
    assert "未派给" in other.stderr.decode()
    vledger("orders", "accept", "O1", "--with", "V1", "--ends", "2026-12-01T10:00")
    vledger("orders", "done", "O1", "--by", "李四")
    vledger("orders", "rate", "O1", "1", "--complaint")
    reward = ["orders", "reward", "O1", "--points", "V1=5", "--basis", "月评", "--by", "李四"]
    assert "投诉未了" in vledger(*reward, code=2).stderr.decode()
    vledger("orders", "call-back", "O1", "--note", "已电话道歉")
    vledger("orders", "rate", "O1", "4", "--called-back")
    [now] = vledger.json(*reward)
    assert (now["state"], now["stars"], now["complaint"]) == ("rewarded", 4, False)
    [told] = vledger.json("orders", "show", "O1")
    assert [one["step"] for one in told["steps"]] == [
        "placed", "dispatched", "accepted", "done", "rated", "called-back", "rated", "rewarded",
    ]  # fmt: skip
    assert vledger.json("orders", "--overdue") == []
    assert len(vledger.json("orders", "--state", "rewarded")) == 1
