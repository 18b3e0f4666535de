"""Is a ranking of a past moment the same whenever it is made, and recorded once?"""

from datetime import date
from pathlib import Path
from random import Random

import orjson
import pytest
from typer.testing import CliRunner

from ledger.cli import app
from ledger.clock import SECOND, now_micros
from ledger.core.rulebook import parse
from ledger.errors import LedgerError
from ledger.policy.exact import show
from ledger.recording import rankings
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.as_of import everybody
from ledger.volunteers.queries import summaries, summary_as_of
from tests.builders import check_in, check_out, claim, record, register, report, visit

POLICY = """
policy: months
name: 每月之星
clauses: {c1: 每月公布前两名, c2: 并列的以最后一次打卡时间排名, c3: 第一名奖5分}
facts:
  service:
    kind: visit
    attributes: {approved: {type: bool, default: true}, shown: {type: bool, default: true}}
  approve: {kind: amendment, amends: service}
  bonus: {attributes: {points: number}}
  ranked: {attributes: {rank: number, size: number, value: number, taken: bool}}
  leader: {attributes: {rank: number, size: number, value: number, group: text}}
  month_end: {timer: {every: month, on: last}}
currencies: {points: {scale: 0, rounding: down, expiry: {months: 1}}}
measures:
  month_hours: {sum: counted, of: service, window: month}
  last_time: {last: fact.at, of: service}
  honours: {count: ranked, where: fact.taken}
hours:
  - {id: h, on: service, overlap: once, open: 0, require: [{if: fact.approved, else: 未批准}],
     hold: [{if: not fact.shown, until: "date_of(fact.end) + 5"}]}
points:
  - {id: p, on: service, amount: counted}
  - {id: bonus, on: bonus, amount: fact.points}
  - {id: prize, on: ranked, when: fact.rank == 1, amount: 5, clauses: c3}
  - {id: less, on: month_end, amount: -floor(points / 2)}
ladders: {star: {demotion: never, levels: {1: honours >= 1, 2: honours >= 2}}}
rankings:
  top: {by: [month_hours, "-last_time"], among: month_hours > 0, take: 2, ties: order,
        fact: ranked, clauses: [c1, c2]}
  points: {by: points, ties: share, per: town, fact: leader}
"""
MAY = 1_780_243_199
"""2026-05-31T23:59:59+08:00"""


def begun(database: Database) -> Recorder:
    recorder = Recorder(database, parse(POLICY, "months"))
    recorder.begin()
    return recorder


def served(recorder: Recorder, *, until: int = 6) -> None:
    """Some months of some people; of V9 only later than May."""
    chance = Random(until)
    for month in range(4, until + 1):
        for who in range(6):
            for day in chance.sample(range(1, 28), 3):
                end = f"{9 + chance.randrange(8):02}:{chance.randrange(60):02}"
                moment = f"2026-{month:02}-{day:02}"
                record(recorder, visit(f"V{who}", moment, "08:00", end, f"A{month}{day}"))
    record(recorder, visit("V9", "2026-06-07", "08:00", "20:00", "A9"))


def shown_after(who: str, day: str) -> list[bytes]:
    """Two hours that are held for five days."""
    return [
        check_in(who, f"{day}T08:00", "A8", shown=False),
        check_out(who, f"{day}T10:00", "A8"),
    ]


def ranked(recorder: Recorder, name: str = "top", at: int = MAY) -> rankings.Ranked:
    with recorder.database.read() as connection:
        return rankings.rank(connection, recorder.rules, name, at)


def clean(database: Database) -> None:
    assert verify(database, lambda _: None)[1] == []


def test_a_list_is_recorded_once_and_its_prizes_follow(database: Database) -> None:
    recorder = begun(database)
    served(recorder)
    homes = {"V0": "370102001001", "V1": "370102001002"}
    record(recorder, [register("volunteer", who, name=who, place=at) for who, at in homes.items()])
    first, by_points = ranked(recorder), ranked(recorder, "points")
    assert [one.rank for one in first.people] == [1, 2, 3, 4, 5, 6]
    assert {one.group for one in by_points.people} == {"370102001000"}
    counts = rankings.record(recorder, first, "张三")
    assert counts == {"read": 6, "applied": 6, "duplicates": 0, "rejected": 0}
    assert rankings.record(recorder, by_points, "张三")["applied"] == 2
    again = ranked(recorder)
    assert (again.people, again.differing) == (first.people, [])
    assert ranked(recorder, "points").people == by_points.people  # the prizes are not in it
    for by in ("张三", "李四"):
        counts = rankings.record(recorder, again, by)
        assert counts == {"read": 6, "applied": 0, "duplicates": 6, "rejected": 0}
    with database.read() as connection:
        now = {one.volunteer: one for one in summaries(connection, recorder.rules, now_micros())}
    assert {who for who, one in now.items() if one.star == 1} == {
        one.who for one in first.people if one.taken
    }
    clean(database)


def test_half_a_list_is_completed_and_another_one_refused(database: Database) -> None:
    recorder = begun(database)
    served(recorder)
    found = ranked(recorder)
    half = rankings.Ranked(found.ranking, found.at, found.policy, found.people[:3])
    assert rankings.record(recorder, half, "张三")["applied"] == 3
    counts = rankings.record(recorder, ranked(recorder), "张三")
    assert counts == {"read": 6, "applied": 3, "duplicates": 3, "rejected": 0}
    record(recorder, visit("V9", "2026-05-07", "00:00", "23:00", "late"))
    late = ranked(recorder)
    assert late.people[0].who == "V9" and len(late.differing) == 6
    with pytest.raises(LedgerError, match="different now for 6"):
        rankings.record(recorder, late, "张三")
    clean(database)


def test_everybody_stands_as_each_of_them_did(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.volunteers.as_of.AT_ONCE", 3)
    recorder = begun(database)
    served(recorder)
    record(
        recorder,
        [
            check_in("V1", "2026-05-31T22:00", "night"),
            check_out("V1", "2026-06-01T02:00", "night"),
            check_in("V2", "2026-05-30T08:00", "forgotten"),
            claim("V2", "2026-05-30T12:00", "forgotten", time="2026-06-02T08:00"),
            check_in("V3", "2026-05-20T05:00", "x", ident="x", approved=False),
            check_out("V3", "2026-05-20T07:00", "x"),
            report("V3", "approve", "2026-06-03T08:00", of="kiosk/1#x", approved=True),
            report("V4", "bonus", "2026-05-31T23:59:59", points=7),
            report("V5", "unheard-of", "2026-05-02T08:00"),
            check_in("W1", "2026-05-31T23:59:59", "open"),
            report("W2", "unheard-of", "2026-05-02T08:00"),
            *shown_after("W3", "2026-05-20"),
            *shown_after("W4", "2026-05-20"),
            *visit("W4", "2026-06-07", "08:00", "10:00", "A9"),
        ],
    )
    recorder.pass_time()
    recorder.adopt(parse(POLICY.replace("5, clauses", "6, clauses"), ""), date(2026, 5, 10))
    record(recorder, shown_after("W5", "2026-05-20"))  # its hold is over, and nobody swept since
    rules = recorder.rules
    for at in (MAY, MAY - 86_400 * 20, MAY + 1, MAY + 86_400 * 400):
        with database.read() as connection:
            stood = {
                one.volunteer: one for one in everybody(connection, rules, at, lambda *_: False)
            }
            assert {*stood} >= {f"V{n}" for n in range(6)} and "W2" not in stood
            assert ("W1" in stood, "V9" in stood) == (at >= MAY, at > MAY + 1)
            for who, one in stood.items():
                until = (at + 1) * SECOND - 1
                wanted = summary_as_of(connection, rules, who, until)
                reader = rules.timeline.read(one.state, at)
                assert wanted is not None
                assert (one.state.get("hours", 0), str(show(reader["points"]))) == (
                    wanted.seconds,
                    wanted.points.balance,
                ), (who, at)


def test_the_command(url: str, tmp_path: Path) -> None:
    run = CliRunner().invoke
    text = tmp_path / "months.yaml"
    text.write_text(POLICY.replace("ties: order,\n", "\n"), encoding="utf-8")
    events = tmp_path / "events.jsonl"
    equal = [
        *visit("A", "2026-05-03", "08:00", "10:00"),
        *visit("B", "2026-05-03", "08:00", "10:00"),
    ]
    events.write_bytes(b"\n".join([*equal, *visit("C", "2026-05-04", "08:00", "09:30")]))
    at = ["--db", url]
    top = [*at, "policy", "rank", "top"]
    may = ["--as-of", "2026-05-31"]
    assert run(app, [*at, "init"]).exit_code == 0
    assert run(app, [*at, "policy", "adopt", str(text), "--from", "2026-01-01"]).exit_code == 0
    assert run(app, [*at, "ingest", str(events)]).exit_code == 0
    asked = run(app, [*top, *may])
    assert asked.exit_code and "rankings.top.ties" in str(asked.exception)
    text.write_text(POLICY, encoding="utf-8")
    assert run(app, [*at, "policy", "adopt", str(text), "--from", "2026-01-01"]).exit_code == 0
    shown = run(app, [*top, *may])
    assert "C" not in shown.stdout.split("top at")[0] and "1 more are not taken" in shown.stdout
    told = orjson.loads(run(app, [*top, *may, "--json"]).stdout)
    assert told["at"] == "2026-05-31T23:59:59+08:00"
    assert [(one["rank"], one["value"], one["taken"]) for one in told["people"]] == [
        (1, 2, True), (2, 2, True), (3, "1.5", False),
    ]  # fmt: skip
    for options, wrong in (
        ([*may, "--record"], "--by"),
        (["--record", "--by", "张三"], "--as-of"),
        (["--as-of", "2999-01-01"], "not over yet"),
    ):
        refused = run(app, [*top, *options])
        assert refused.exit_code and wrong in str(refused.exception)
    for applied, duplicates in ((3, 0), (0, 3)):
        done = orjson.loads(run(app, [*top, *may, "--record", "--by", "张三", "--json"]).stdout)
        assert done["recorded"] == {
            "read": 3, "applied": applied, "duplicates": duplicates, "rejected": 0,
        }  # fmt: skip
        assert done["people"] == told["people"]
    assert run(app, [*at, "verify"]).exit_code == 0
    none = run(app, [*at, "policy", "rank", "nope"])
    assert none.exit_code and "its rankings: top, points" in str(none.exception)
