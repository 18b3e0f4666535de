"""Does the ledger apply any policy, each from its day, whatever the order of arrival?"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.clock import now_micros, to_micros
from ledger.core.fold import AWAITED, PASSED_OVER
from ledger.core.rulebook import NATIONAL_LADDER, national_ladder, parse
from ledger.policy import Fact, Timeline, load
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import batch, hour_record, judgement, points_entry, volunteer_state
from ledger.verify import verify
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import VolunteerSummary, summaries, summary, summary_as_of
from tests.builders import check_in, check_out, record, redeem, report, visit
from tests.effort import often
from tests.snapshots import kept_every

RICH = """
policy: rich
name: 试验
clauses: {c1: 每天最多计四小时, c2: 迟到扣分, c3: 年底清零一半, c4: 每季度评定, c5: 先审批后计入}
facts:
  service: {kind: visit, attributes: {role: {type: text, default: member}, approved: {type: bool}}}
  approve: {kind: amendment, amends: service}
  late: event
  award: {attributes: {points: number}}
  year_end: {timer: {every: year, on: 12-31}}
  quarter: {timer: {every: quarter, on: last}}
  redemption: {kind: request, attributes: {merchant: text, item: text, points: number}}
person: {suspended_until: date}
currencies:
  coins: {scale: 1, below_zero: floor, rounding: down, expiry: {months: 6, clauses: c3}}
measures:
  lates: {count: late, window: year}
  quarterly: {sum: counted, window: quarter}
requests:
  - id: shop
    on: redemption
    require:
      - {if: "not known(suspended_until) or suspended_until < today", else: 暂停兑换, clauses: c2}
    price: [{amount: fact.points, from: coins, counter: "text('merchant:', fact.merchant)"}]
hours:
  - id: time
    on: service
    overlap: once
    open: 0
    factor: "1.5 if fact.role == 'leader' else 1"
    round: {to: 0.25, mode: down, per: visit}
    caps: [{max: 4, per: day, clauses: c1}]
    hold: [{if: "fact.role == 'leader' and not default(fact.approved, false)", awaits: "'team'",
            until: "null if fact.approved == false else date_of(fact.end) + 30", clauses: c5}]
points:
  - {id: rate, on: service, currency: coins, amount: 2 * counted}
  - {id: late, on: late, currency: coins, amount: -3, clauses: c2}
  - {id: award, on: award, currency: coins, amount: fact.points}
  - {id: reset, on: year_end, currency: coins, amount: -floor(coins / 2), counter: "'reset'",
     clauses: c3}
conduct:
  - {id: suspend, on: late, when: lates >= 2, clauses: c2,
     set: {suspended_until: "add_months(today, 1)"}}
ladders:
  star:
    evaluate: quarter
    demotion: always
    levels: {bronze: quarterly >= 4, silver: quarterly >= 8, gold: quarterly >= 16}
    clauses: c4
  stage: {basis: hours, reach: at_least, demotion: always, levels: {1: 10, 2: 20}}
midnight: start
"""
START = datetime.fromisoformat("2025-10-01T00:00:00+08:00")


def _moment(slot: int) -> str:
    return (START + timedelta(hours=slot)).isoformat()


def _happening(number: int, kind: str, slot: int, extra: int) -> list[bytes]:
    """What one thing that happens to V1 is reported as."""
    ident = f"x{number}"
    match kind:
        case "visit" | "leader":
            role = {"role": "leader"} if kind == "leader" else {}
            activity = f"A{number}"
            return [
                check_in("V1", _moment(slot), activity, ident=ident, **role),
                check_out("V1", _moment(slot + 1 + extra % 7), activity, ident=f"{ident}-out"),
            ]
        case "approve":
            of = f"kiosk/1#x{extra}"
            approved = extra % 3 > 0
            return [report("V1", "approve", _moment(slot), ident=ident, of=of, approved=approved)]
        case "award":
            return [report("V1", "award", _moment(slot), ident=ident, points=f"{extra}.5")]
        case "late":
            return [report("V1", "late", _moment(slot), ident=ident)]
        case _:
            return [report("V1", "unheard-of", _moment(slot), ident=ident)]


happenings = st.lists(
    st.tuples(
        st.sampled_from(["visit", "visit", "leader", "approve", "award", "late", "other"]),
        st.integers(0, 4800),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=14,
).map(lambda rows: [_happening(number, *row) for number, row in enumerate(rows)])
arrivals = happenings.flatmap(
    lambda each: st.tuples(
        st.just([one for two in each for one in two]),
        st.permutations([one for two in each for one in two]),
        st.integers(1, 6),
    )
)


def _facts(events: list[bytes], timeline: Timeline) -> list[Fact]:
    """What happened, for the policy's own fold: each visit has an activity of its own."""
    began: dict[str, dict[str, Any]] = {}
    facts = []
    for one in sorted(map(orjson.loads, events), key=lambda event: event["time"]):
        data, ident = one["data"], f"{one['source']}#{one['id']}"
        at = int(datetime.fromisoformat(one["time"]).timestamp())
        plan = timeline.plan_at(at)
        if one["type"].endswith("checked-in.v1"):
            began[data["activity"]] = {"id": ident, "at": at, **data.get("attributes", {})}
        elif one["type"].endswith("checked-out.v1"):
            start = began[data["activity"]]
            visit = {**start, "activity": data["activity"], "place": data["place"]}
            visited = timeline.plan_at(start["at"])
            facts.append(visited.fact(type="service", end=at, **visit))
        elif data["fact"] in plan.words.types:
            facts.append(plan.fact(ident, data["fact"], at, **data["attributes"]))
    return facts


@settings(max_examples=often(15), deadline=None)
@given(arrivals)
@kept_every(2)
def test_any_order_of_arrival_gives_what_the_policy_gives(
    arrival: tuple[list[bytes], list[bytes], int],
) -> None:
    events, sequence, size = arrival
    rich, later = parse(RICH, "rich"), parse(RICH.replace("2 * counted", "3 * counted"), "later")
    timeline = Timeline([(date(1970, 1, 1), rich.plan), (date(2026, 1, 15), later.plan)])
    unheard = [one for one in map(orjson.loads, events) if one["data"].get("fact") == "unheard-of"]
    times = [int(datetime.fromisoformat(one["time"]).timestamp()) for one in unheard]
    wanted = timeline.fold(_facts(events, timeline), horizon=max(times, default=0)).state
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, rich)
    half = len(sequence) // 2
    for part in (sequence[:half], sequence[half:]):
        for start in range(0, len(part), size):
            record(recorder, part[start : start + size])
        recorder.adopt(later, date(2026, 1, 15))  # after half of it, for a day that may be past
        while recorder.apply_adoptions():
            pass
    with database.read() as connection:
        kept = orjson.loads(connection.execute(select(volunteer_state.c.standing)).scalar_one())
    for own in (AWAITED, PASSED_OVER):
        kept.pop(own, None)
    assert kept == orjson.loads(orjson.dumps(wanted))
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    yield Recorder(database, national_ladder())
    database.close()


def _standing(recorder: Recorder) -> VolunteerSummary:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, "V1", now_micros())
    assert found is not None
    return found


def test_the_version_at_the_time_of_the_visit_applies_whatever_is_known_later(
    recorder: Recorder,
) -> None:
    double = national_ladder().text.replace("floor(counted)", "2 * floor(counted)")
    recorder.adopt(parse(double, "double"), date(2026, 5, 2), by="张三")
    record(recorder, visit("V1", "2026-05-02", "08:00", "10:00"))
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))  # late, under the old rate
    assert _standing(recorder).points.balance == "6"
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", now_micros())
    assert story is not None
    digests = [one["policy"] for one in story["points_entries"]]
    assert [one["digest"] for one in story["policies"]] == sorted(digests, key=digests.index)[::-1]


def test_a_policy_for_the_past_reverses_and_posts_anew_and_never_edits(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    record(recorder, visit("V1", "2026-05-03", "08:00", "10:00"))
    double = national_ladder().text.replace("floor(counted)", "2 * floor(counted)")
    recorder.adopt(parse(double, "double"), date(2026, 5, 2))
    assert _standing(recorder).points.balance == "4"  # until its turn comes
    assert recorder.apply_adoptions() == 1
    assert recorder.apply_adoptions() == 0
    assert _standing(recorder).points.balance == "6"
    with recorder.database.read() as connection:
        amounts = connection.execute(select(points_entry.c.amount).order_by(points_entry.c.id))
        assert list(amounts.scalars()) == [2, 2, -2, 4]
        records = connection.execute(select(func.count()).select_from(hour_record)).scalar_one()
        assert records == 4  # the second visit's hours cite the new version now
    _, findings = verify(recorder.database, lambda _events: None)
    assert findings == []


def test_a_policy_for_the_future_moves_nothing_until_its_day(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    recorder.adopt(national_ladder(), date(2027, 1, 1))
    assert recorder.apply_adoptions() == 0
    record(recorder, visit("V1", "2026-05-02", "08:00", "10:00"))
    with recorder.database.read() as connection:
        records = connection.execute(select(hour_record.c.reverses)).scalars()
        assert list(records) == [None, None]
        batches = connection.execute(select(func.count()).select_from(batch)).scalar_one()
    assert batches == 4


def test_what_the_policy_cannot_judge_is_kept_with_the_setting_that_is_missing(
    recorder: Recorder,
) -> None:
    text = national_ladder().text.replace("    overlap: once\n", "")
    recorder.adopt(parse(text, "open"), date(2026, 1, 1))
    overlapping = [
        *visit("V1", "2026-05-01", "08:00", "10:00"),
        *visit("V1", "2026-05-01", "09:00", "11:00", "A2"),
    ]
    record(recorder, overlapping)
    assert _standing(recorder).seconds == 7200
    with recorder.database.read() as connection:
        [kept] = connection.execute(select(judgement)).all()
    assert (kept.kind, kept.name) == ("unjudged", "hours.exact-seconds.overlap")
    recorder.adopt(national_ladder(), date(2026, 1, 1))
    recorder.apply_adoptions()
    assert _standing(recorder).seconds == 3 * 3600
    _, findings = verify(recorder.database, lambda _events: None)
    assert findings == []


def test_a_hold_that_is_over_counts_by_itself_and_a_late_objection_stops_it(
    recorder: Recorder,
) -> None:
    recorder.adopt(parse(RICH, "rich"), date(2025, 1, 1))
    record(recorder, [
        check_in("V1", "2026-05-01T08:00+08:00", "A1", ident="in", role="leader"),
        check_out("V1", "2026-05-01T10:00+08:00", "A1", ident="out"),
    ])  # fmt: skip
    assert _standing(recorder).seconds == 0
    assert recorder.pass_time() == 1
    assert recorder.pass_time() == 0
    assert _standing(recorder).seconds == 3 * 3600

    def as_of(day: str) -> int:
        with recorder.database.read() as connection:
            at = to_micros(datetime.fromisoformat(f"{day}T00:00:00+08:00"))
            found = summary_as_of(connection, recorder.rules, "V1", at)
        assert found is not None
        return found.seconds

    assert [as_of("2026-05-31"), as_of("2026-06-01")] == [0, 3 * 3600]
    said = "2026-05-20T08:00+08:00"
    record(recorder, [report("V1", "approve", said, ident="no", of="kiosk/1#in", approved=False)])
    assert _standing(recorder).seconds == 0
    assert as_of("2026-06-01") == 0
    with recorder.database.read() as connection:
        kept = connection.execute(
            select(hour_record.c.status, hour_record.c.seconds).order_by(hour_record.c.id)
        ).all()
    assert [tuple(one) for one in kept] == [
        ("pending", 10800), ("pending", -10800), ("counted", 10800),
        ("counted", -10800), ("pending", 10800),
    ]  # fmt: skip
    _, findings = verify(recorder.database, lambda _events: None)
    assert findings == []


def test_an_amendment_may_come_before_what_it_amends(recorder: Recorder) -> None:
    recorder.adopt(parse(RICH, "rich"), date(2025, 1, 1))
    record(recorder, [report("V1", "approve", "2026-04-01T08:00", of="kiosk/1#in", approved=True)])
    came = check_in("V1", "2026-05-01T08:00", ident="in", role="leader")
    record(recorder, [came, check_out("V1", "2026-05-01T10:00")])
    assert _standing(recorder).seconds == 3 * 3600
    _, findings = verify(recorder.database, lambda _events: None)
    assert findings == []


def test_a_redemption_stays_as_it_was_decided(recorder: Recorder) -> None:
    recorder.adopt(parse(RICH, "rich"), date(2025, 1, 1))
    record(recorder, visit("V1", "2026-05-01", "08:00", "11:00"))  # 6 coins
    record(recorder, [redeem("V1", "R1", "5.5", time="2026-05-02T08:00")])
    record(recorder, [report("V1", "late", "2026-05-01T12:00")])  # takes what is left
    assert _standing(recorder).points.balance == "-2.5"
    record(recorder, [redeem("V1", "R2", "0.1", time="2026-05-03T08:00")])
    record(recorder, [report("V1", "late", "2026-05-04T12:00")])
    record(recorder, visit("V1", "2026-05-05", "08:00", "12:00"))
    record(recorder, [redeem("V1", "R3", "1", time="2026-05-06T08:00")])
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", now_micros())
        before = summary_as_of(
            connection, recorder.rules, "V1", _micros("2026-05-01T11:30:00+08:00")
        )
        assert len(list(summaries(connection, recorder.rules, now_micros()))) == 1
    assert before is not None
    assert before.points.balance == "6.0"
    assert story is not None
    taken = [one for one in story["points_entries"] if "redemption" in one]
    assert [one["amount"] for one in taken] == ["-5.5"]
    _, findings = verify(recorder.database, lambda _events: None)
    assert findings == []


def _micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


POLICIES = sorted(one for one in (Path(__file__).parents[1] / "ledger/policies").glob("*.yaml"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_recorder_takes_every_published_policy(path: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, parse(path.read_text(encoding="utf-8"), path.name))
    for day in range(1, 9):
        record(recorder, visit("V1", f"2026-05-{day:02}", "08:00", "16:00"))
    record(recorder, visit("V1", "2026-05-04", "17:00", "18:00"))
    record(recorder, [redeem("V1", "R1", "1")])
    with database.read() as connection:
        assert explain(connection, recorder.rules, "V1", now_micros()) is not None
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    assert load(path.read_text(encoding="utf-8")).doc.policy or NATIONAL_LADDER
    database.close()
