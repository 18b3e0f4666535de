"""Is what looks wrong held for review, whatever the order, and does a decision settle it?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.clock import now_micros
from ledger.core.conduct import Case
from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.policy import check
from ledger.recording.recorder import Recorder
from ledger.recording.replay import copy_the_rest, rebuild
from ledger.recording.reviews import decide, list_reviews
from ledger.recording.sweep import sweep
from ledger.simulation.run import simulate
from ledger.store.database import Database
from ledger.store.tables import device_mark, hour_record, inspection, redemption
from ledger.store.unit_of_work import Lane
from ledger.verify import verify
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import VolunteerSummary, summaries, summary
from tests.builders import (
    check_in,
    check_out,
    claim,
    decided,
    hold,
    record,
    redeem,
    report,
    visit,
)
from tests.effort import often
from tests.snapshots import kept_every
from tests.suspects import DAY, Decision, Limits, Scan, seconds, suspected, undecided
from tests.test_cli import Vledger, lines

START = datetime.fromisoformat("2026-05-01T00:00:00+08:00")


def guarded(safeguards: str) -> PolicyText:
    text = f"{national_ladder().text}\nsafeguards: {safeguards}\n"
    return parse(text, "guarded")


# Any order ------------------------------------------------------------------------------------

RULES = ["two_places", "hours_a_day", "device", "buddies", "claimed"]

shifts = st.tuples(
    st.sampled_from(["V1", "V2"]),
    st.builds(
        lambda day, hour, steps: day * DAY + hour * 3600 + steps * 10,
        st.integers(0, 2),
        st.sampled_from([8, 8, 20]),
        st.integers(0, 1),
    ),
    st.sampled_from([20, 3600, 3600, 5 * 3600, 13 * 3600, DAY]),
    st.sampled_from(["A1", "A1", "A2", "A3"]),
    st.sampled_from(["K1", "K1", "K2"]),
    st.sampled_from(["", "", "", "in", "out", "claim"]),
)


def _scanned(rows: list[tuple[str, int, int, str, str, str]]) -> list[Scan]:
    """The scans of shifts: some miss their check-in or check-out, or have a claim instead."""
    found: list[Scan] = []
    for volunteer, came, length, activity, device, missing in rows:
        for inward, second in ((True, came), (False, came + length)):
            if missing != ("in" if inward else "out"):
                ident = f"e{len(found):02}"
                claim = missing == "claim" and not inward
                found.append(Scan(volunteer, second, inward, activity, device, ident, claim))
    return found


scans = st.lists(shifts, min_size=3, max_size=8).map(_scanned)

limits = st.builds(
    Limits,
    hours_a_day=st.sampled_from([4, 14]),
    people=st.just(2),
    seconds=st.sampled_from([0, 10, 10, 20]),
    buddy_seconds=st.sampled_from([0, 10, 10]),
    times=st.sampled_from([1, 2, 2, 3]),
    days=st.integers(1, 3),
    since=st.sampled_from([0, 0, DAY]),
)


class Story(NamedTuple):
    """What happens, in an order of arrival, in batches; `sweeps` says after which of them."""

    scans: list[Scan]
    limits: Limits
    decisions: list[Decision]
    arrivals: list[Scan | Decision]
    size: int
    sweeps: list[bool]
    adopted: int


@st.composite
def stories(draw: st.DrawFn) -> Story:
    happened = draw(scans)
    known = st.sampled_from([scan.ident for scan in happened])
    rules = st.sampled_from([None, None, *RULES])
    rows = draw(st.lists(st.tuples(known, rules, st.booleans()), max_size=5))
    made = [Decision(of, rule, void, second) for second, (of, rule, void) in enumerate(rows)]
    arrivals: list[Scan | Decision] = [*happened, *happened[::4], *made]
    size = draw(st.integers(1, 6))
    return Story(
        happened,
        draw(limits),
        made,
        draw(st.permutations(arrivals)),
        size,
        draw(st.lists(st.booleans(), min_size=len(arrivals), max_size=len(arrivals))),
        draw(st.sampled_from([0, 0, 0, 1, 2, 99])),
    )


def _policy(limits: Limits) -> PolicyText:
    return guarded(
        f"{{two_places: true, hours_a_day: {limits.hours_a_day}, "
        f"device: {{people: {limits.people}, seconds: {limits.seconds}}}, "
        f"buddies: {{seconds: {limits.buddy_seconds}, times: {limits.times}, "
        f"days: {limits.days}}}}}"
    )


def _event(one: Scan | Decision, scans: dict[str, Scan]) -> bytes:
    time = (START + timedelta(seconds=one.second)).isoformat()
    if isinstance(one, Decision):
        scan = scans[one.of]
        of, ident = f"{scan.device}#{scan.ident}", f"d{one.second}"
        how = "void" if one.void else "count"
        return decided(scan.volunteer, of, how, time, rule=one.rule, ident=ident)
    build = claim if one.claim else check_in if one.inward else check_out
    return build(
        one.volunteer, time, one.activity, ident=one.ident, source=one.device, place=one.place
    )


class End(NamedTuple):
    """Where a ledger ends: seconds and points, suspicions that stand, cases that are open."""

    standings: dict[str, tuple[int, str]]
    suspected: set[tuple[str, str]]
    open: set[tuple[str, str]]


def _told(
    story: Story, order: list[Scan | Decision], size: int, sweeps: list[bool], *, check: bool = True
) -> End:
    scans = {scan.ident: scan for scan in story.scans}
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, national_ladder())
    policy, since = _policy(story.limits), START.date() + timedelta(seconds=story.limits.since)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    for number, batch in enumerate(batches):
        if number == min(story.adopted, len(batches) - 1):
            recorder.adopt(policy, since)
        record(recorder, [_event(one, scans) for one in batch])
        if sweeps[number]:
            sweep(recorder, 2)
    while sweep(recorder, 3):
        pass
    while recorder.apply_adoptions():
        pass
    rules = recorder.rules
    with database.read() as connection:
        found = list(summaries(connection, rules, now_micros()))
        cases = list_reviews(connection, settled=True)
    if check:
        _, findings = verify(database, lambda _events: None)
        assert findings == []
    database.close()
    return End(
        {one.volunteer: (one.seconds, one.points.balance) for one in found},
        {_key(one) for one in cases if one.withdrawn_at is None},
        {_key(one) for one in cases if one.state == "open"},
    )


def _key(one: Case) -> tuple[str, str]:
    return one.visit.partition("#")[2], one.rule


@settings(max_examples=often(15), deadline=None)
@given(stories())
@kept_every(2)
def test_what_is_held_and_counted_depends_only_on_what_happened(story: Story) -> None:
    mixed = _told(story, story.arrivals, story.size, story.sweeps)
    at_once = _told(story, [*story.scans, *story.decisions], 99, [False], check=False)
    assert mixed == at_once
    happened = set(story.scans)
    cases = suspected(happened, story.limits)
    assert mixed.suspected == cases
    assert mixed.open == undecided(cases, story.decisions)
    counted = {volunteer: seconds for volunteer, (seconds, _) in mixed.standings.items()}
    assert counted == seconds(happened, story.limits, story.decisions)


# A burst --------------------------------------------------------------------------------------


@pytest.fixture
def database(database: Database) -> Iterator[Database]:
    yield database
    _, findings = verify(database, lambda _events: None)
    assert findings == []


FAST = "{device: {people: 40, seconds: 1, clauses: time}}"


def burst(people: range) -> list[bytes]:
    """Check-ins within a second at one device, and check-outs after two hours, minutes apart."""
    return [
        content
        for n in people
        for content in (
            check_in(f"V{n:02}", f"2026-05-01T08:00:00.{n * 25:03}", ident=f"in{n:02}"),
            check_out(f"V{n:02}", f"2026-05-01T10:{n:02}"),
        )
    ]


def inspected(recorder: Recorder) -> list[Case]:
    """Inspect all there is to inspect; what is open then."""
    while sweep(recorder):
        pass
    with recorder.database.read() as connection:
        return list_reviews(connection)


def standing(recorder: Recorder, volunteer: str) -> VolunteerSummary:
    rules = recorder.rules
    with recorder.database.read() as connection:
        found = summary(connection, rules, volunteer, now_micros())
    assert found is not None
    return found


def told(recorder: Recorder, volunteer: str) -> dict[str, Any]:
    rules = recorder.rules
    with recorder.database.read() as connection:
        story = explain(connection, rules, volunteer, now_micros())
    assert story is not None
    return story


def test_forty_check_ins_in_a_second_are_held_and_each_is_decided(database: Database) -> None:
    recorder = Recorder(database, guarded(FAST))
    record(recorder, burst(range(39)))
    assert inspected(recorder) == []
    assert standing(recorder, "V00").points.balance == "2"
    record(recorder, burst(range(39, 40)))
    cases = inspected(recorder)
    assert len(cases) == 40
    for volunteer in ("V00", "V39"):
        found = standing(recorder, volunteer)
        assert (found.seconds, found.points.balance) == (0, "0")
    with database.read() as connection:
        pending = connection.execute(
            select(func.count(), func.min(hour_record.c.rule)).where(
                hour_record.c.status == "pending", hour_record.c.awaits == "review"
            )
        ).one()
    assert tuple(pending) == (40, "safeguards.device")
    cases.sort(key=lambda one: one.volunteer)
    assert decide(recorder, cases[:1], "count", "现场核实", "张三").outcomes == ["applied"]
    assert decide(recorder, cases[1:2], "void", "代签", "张三").outcomes == ["applied"]
    assert len(inspected(recorder)) == 38
    assert standing(recorder, "V00").points.balance == "2"
    assert standing(recorder, "V01").points.balance == "0"
    held, void = told(recorder, "V02"), told(recorder, "V01")
    assert [one["status"] for one in held["hours"] if one["reversed_by"] is None][-1] == "pending"
    assert held["hours"][-1]["clauses"][0]["clause"] == "time"
    assert [one["state"] for one in held["reviews"]] == ["open"]
    [ruling] = [one for one in void["judgements"] if one["kind"] == "void"]
    assert (ruling["content"]["reason"], ruling["content"]["by"]) == ("代签", "张三")
    assert void["uncounted"] == []
    decide(recorder, cases[1:2], "count", "误判", "李四")  # a later decision corrects it
    assert standing(recorder, "V01").points.balance == "2"
    assert told(recorder, "V01")["reviews"][0]["by"] == "李四"


def test_a_void_may_be_known_before_the_visit(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder())
    record(recorder, [decided("V1", "kiosk/1#in", "void")])
    record(recorder, [check_in("V1", "2026-05-01T08:00", ident="in")])
    record(recorder, [check_out("V1", "2026-05-01T10:00")])
    assert standing(recorder, "V1").seconds == 0
    assert told(recorder, "V1")["uncounted"] == []
    record(recorder, visit("V1", "2026-05-02", "08:00", "10:00"))
    assert standing(recorder, "V1").seconds == 7200
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(inspection)).scalar_one() == 0
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def test_a_burst_over_two_partitions_is_found(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.create()
    recorder = Recorder(database, guarded(FAST))
    recorder.begin()

    def work(partition: int) -> None:
        own = Recorder(Database(database.url), guarded(FAST))
        arrivals = [Arrival(one, "test") for one in burst(range(partition, 40, 2))]
        for start in range(0, len(arrivals), 10):
            own.record(arrivals[start : start + 10], Lane.of("volunteer.attendance", partition))
            sweep(own)
        own.database.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(inspected(recorder)) == 40
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(device_mark)).scalar_one() == 80
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def test_a_claim_is_looked_at_but_casts_no_suspicion(database: Database) -> None:
    recorder = Recorder(database, guarded("{two_places: true, hours_a_day: 6}"))
    record(recorder, [check_in("V1", "2026-05-01T08:00", "A1", ident="claimed")])
    record(recorder, [check_in("V1", "2026-05-01T09:00", "A2", place="P2", ident="real")])
    record(recorder, [check_out("V1", "2026-05-01T12:00", "A2", place="P2")])
    record(recorder, [claim("V1", "2026-05-01T18:00", "A1", reason="接孩子先走了", by="李队长")])
    cases = inspected(recorder)
    assert {(one.visit, one.rule) for one in cases} == {
        ("kiosk/1#claimed", rule) for rule in ("claimed", "two_places", "hours_a_day")
    }
    assert standing(recorder, "V1").seconds == 3 * 3600
    decide(recorder, cases, "count", "队长证明", "张三")
    assert standing(recorder, "V1").seconds == 10 * 3600  # shared time counts once
    record(recorder, [check_out("V1", "2026-05-01T09:00", "A1")])
    assert inspected(recorder) == []
    assert standing(recorder, "V1").seconds == 4 * 3600


def test_claims_at_one_device_are_no_burst(database: Database) -> None:
    recorder = Recorder(database, guarded("{device: {people: 3, seconds: 1}}"))
    for n in range(3):
        record(recorder, [check_in(f"V{n}", f"2026-05-01T08:0{n}", ident=f"in{n}")])
        record(recorder, [claim(f"V{n}", "2026-05-01T10:00")])
    assert {one.rule for one in inspected(recorder)} == {"claimed"}


def test_a_rebuilt_ledger_goes_on_inspecting(database: Database, tmp_path: Path) -> None:
    recorder = Recorder(database, guarded(FAST))
    record(recorder, burst(range(20)))
    inspected(recorder)
    record(recorder, burst(range(20, 30)))  # not inspected yet
    other = Database(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    other.create()
    with database.read() as connection:
        rebuild(connection, other, lambda _events: None)
        copy_the_rest(connection, other)
    rebuilt = Recorder(other, guarded(FAST))
    record(rebuilt, burst(range(30, 40)))
    assert len(inspected(rebuilt)) == 40
    other.close()


def test_a_draft_is_simulated_without_what_is_held_or_void(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, guarded(FAST))
    record(recorder, burst(range(40)))
    cases = inspected(recorder)
    decide(recorder, cases[:3], "count", "现场核实", "张三")
    decide(recorder, cases[3:5], "void", "代签", "张三")
    rules = recorder.rules
    result = simulate(database.url, rules, rules, lambda *_: None)
    assert result.visits == 3
    database.close()


def test_a_safeguard_is_checked_like_the_rest_of_a_policy() -> None:
    text = (
        national_ladder().text + "safeguards: {device: {people: 1, seconds: 1}, two_places: {}}\n"
    )
    assert [one.path for one in check(text)] == ["safeguards.device.people"]
    text = national_ladder().text + "safeguards: {two_places: {clauses: none}, hours_a_day: 16.5}\n"
    assert "clause 'none' is not quoted" in check(text)[0].message
    assert (
        check(guarded("{two_places: false, buddies: {seconds: 5, times: 5, days: 30}}").text) == []
    )


# Suspension -----------------------------------------------------------------------------------

SUSPENDING = (
    national_ladder()
    .text.replace(
        "  redemption:",
        "  misconduct: {kind: event, attributes: {what: text}}\n  redemption:",
    )
    .replace(
        "    price:",
        "    require:\n"
        "      - {if: not known(suspended_until) or suspended_until <= today, else: 暂停兑换, "
        "clauses: redeem}\n    price:",
    )
    + """
person: {suspended_until: date}
conduct:
  - {id: suspend, on: misconduct, clauses: redeem,
     set: {suspended_until: "add_months(today, 1)"}}
"""
)


def test_reported_conduct_suspends_redemption_until_its_day(database: Database) -> None:
    recorder = Recorder(database, parse(SUSPENDING, "suspending"))
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    record(recorder, [redeem("V1", "R1", "1", time="2026-05-20T10:00")])
    record(recorder, [report("V1", "misconduct", "2026-05-31T12:00", what="倒卖积分")])
    record(
        recorder,
        [
            redeem("V1", "R2", "1", time="2026-06-01T10:00"),
            hold("V1", "R3", "1", time="2026-06-02T10:00"),
            redeem("V1", "R4", "1", time="2026-06-29T23:59"),
            redeem("V1", "R5", "1", time="2026-06-30T00:00"),
        ],
    )
    record(recorder, [report("V1", "misconduct", "2026-05-10T12:00")])  # known late
    record(recorder, [redeem("V1", "R6", "1", time="2026-07-02T10:00")])
    with database.read() as connection:
        answers = connection.execute(select(redemption).order_by(redemption.c.id)).all()
    assert [(row.redemption, row.reason) for row in answers] == [
        ("R1", None),  # as it was decided, though it would be refused now
        ("R2", "暂停兑换"),
        ("R3", "暂停兑换"),
        ("R4", "暂停兑换"),
        ("R5", None),
        ("R6", None),
    ]
    assert standing(recorder, "V1").points.balance == "7"
    status = [one for one in told(recorder, "V1")["judgements"] if one["kind"] == "status"]
    assert {one["name"] for one in status} == {"suspended_until"}


# The command ----------------------------------------------------------------------------------


def test_a_person_works_through_the_queue(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    policy = guarded("{two_places: true, hours_a_day: 16}").text
    (tmp_path / "guarded.yaml").write_text(policy, encoding="utf-8")
    vledger("policy", "adopt", "guarded.yaml", "--from", "2026-01-01")
    here = [
        check_in("V1", "2026-05-01T08:00", "A1", ident="here"),
        check_out("V1", "2026-05-01T12:00"),
    ]
    there = [
        check_in("V1", "2026-05-01T11:00", "A2", ident="there", place="P2"),
        check_out("V1", "2026-05-01T13:00", "A2"),
    ]
    vledger("ingest", "-", stdin=lines(*here, *there))
    first, second = sorted(vledger.json("reviews"), key=lambda one: str(one["visit"]))
    assert (first["visit"], first["rule"], first["state"]) == ("kiosk/1#here", "two_places", "open")
    assert first["evidence"]["other_visit"] == second["visit"] == "kiosk/1#there"
    assert "同时两地".encode() in vledger("reviews").stdout
    assert b"other_place P2" in vledger("reviews", "show", first["id"]).stdout
    assert "待复核".encode() in vledger("explain", "V1").stdout
    why = ("--reason", "队长证明", "--by", "张三")
    vledger("reviews", "decide", first["id"], "--count", "--void", *why, code=2)
    vledger("reviews", "decide", first["id"], "--count", "--reason", " ", "--by", "张三", code=2)
    vledger("reviews", "decide", "nothing", "--count", *why, code=2)
    assert vledger.json("reviews", "decide", first["id"], "--count", *why)[0]["applied"] == 1
    vledger("reviews", "decide", second["id"], "--void", *why)
    assert vledger.json("reviews") == []
    assert {one["state"] for one in vledger.json("reviews", "--all")} == {"counted", "void"}
    assert vledger.json("volunteer", "V1")[0]["seconds"] == 4 * 3600
    assert "作废".encode() in vledger("explain", "V1").stdout
    vledger("verify")


def test_a_person_decides_on_a_claim(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    came = [check_in(f"V{n}", "2026-05-01T08:00", ident=f"in{n}") for n in (1, 2)]
    said = [claim(f"V{n}", "2026-05-01T10:00", reason="手机没电") for n in (1, 2)]
    vledger("ingest", "-", stdin=lines(*said, *came))
    first, second = sorted(vledger.json("reviews"), key=lambda one: str(one["visit"]))
    assert (first["rule"], first["state"], first["visit"]) == ("claimed", "open", "kiosk/1#in1")
    shown = {key: first["evidence"][key] for key in ("started_at", "ended_at", "reason")}
    assert shown == {
        "started_at": "2026-05-01T08:00:00+08:00",
        "ended_at": "2026-05-01T10:00:00+08:00",
        "reason": "手机没电",
    }
    assert "补签退".encode() in vledger("reviews").stdout
    held = vledger("explain", "V1").stdout.decode()
    assert "待复核" in held
    assert "手机没电" in held
    why = ("--reason", "队长证明", "--by", "张三")
    vledger("reviews", "decide", first["id"], "--count", *why)
    vledger("reviews", "decide", second["id"], "--void", *why)
    assert [one["seconds"] for one in vledger.json("dump")] == [7200, 0]
    for language, words in (("zh", ("补签退", "计入")), ("en", ("check-out claimed", "counted"))):
        told = vledger("explain", "V1", "--lang", language).stdout.decode()
        assert all(word in told for word in (*words, "手机没电", "队长证明", "张三"))
    assert "作废".encode() in vledger("explain", "V2").stdout
    vledger("verify")
