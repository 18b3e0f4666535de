"""Is each kind of bad input that once did harm refused, with its reason? One test for each."""

import json
import subprocess
import sys
from datetime import date
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from sqlalchemy import event as alchemy
from sqlalchemy import select

from ledger.centre.activities.sign_ups import sign_ups
from ledger.centre.dossier import Told
from ledger.centre.places.bookings import bookings
from ledger.centre.projects.life import projects
from ledger.cli.shared import settings
from ledger.clock import now_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.errors import LedgerError
from ledger.policy import PolicyError, check, load, run_cases
from ledger.recording.catching_up import catch_up
from ledger.recording.lines import batches
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import list_rejects
from ledger.store import dossiers
from ledger.store.database import Database
from ledger.store.tables import redemption, sign_up
from ledger.verify import verify
from ledger.volunteers.queries import summary
from schemas import decode_logged
from tests.builders import check_in, claim, record, redeem, register, report, shop_event, visit

HUGE = 10**30


def ledger(policy: str = "") -> Recorder:
    """A new ledger in memory under a policy, or the national one."""
    database = Database("sqlite://")
    database.create()
    return Recorder(database, parse(policy, "test") if policy else national_ladder())


def sound(recorder: Recorder) -> bool:
    return verify(recorder.database, lambda _events: None)[1] == []


@pytest.mark.parametrize(
    "event",
    [
        register("item", "I1", name="x", prices=[{"points": "1"}], attributes={"n": HUGE}),
        register("item", "I1", name="x", prices=[{"points": "1", "levels": {"stars": HUGE}}]),
        redeem("V1", "R1", "1", attributes={"n": HUGE}),
        report("V1", "award", "2026-05-01T08:00", n=2**53),
    ],
)
def test_a_number_that_json_readers_round_is_refused_and_the_rest_is_recorded(
    event: bytes,
) -> None:
    recorder = ledger()
    receipt = record(recorder, [event, *visit("V1", "2026-05-01", "08:00", "10:00")])
    assert receipt.outcomes == ["rejected", "applied", "applied"]
    assert str(2**53 - 1) in receipt.rejects[0].detail
    assert sound(recorder)


@pytest.mark.parametrize(
    "event",
    [
        shop_event("fund.contributed", "F1", donor="D1", amount="10000000000.00"),
        redeem("V1", "R1", "1000000000000"),
        register("item", "I1", name="x", prices=[{"points": "1000000000000"}]),
        register("fund", "F1", name="x", point_value="1000000000000"),
    ],
)
def test_an_amount_that_no_column_holds_many_of_is_refused(event: bytes) -> None:
    recorder = ledger()
    assert record(recorder, [event]).outcomes == ["rejected"]


def test_no_reason_of_a_reject_carries_control_characters(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    item = register("item", "I1", name="x", prices=[{"points": "1"}], attributes={"a\0\x1b[2J": 1})
    unknown = check_in("V1", "2026-05-01T08:00").replace(b"checked-in", b"a\\u0000\\u001b\\u202e")
    receipt = record(recorder, [item, unknown, b'{"\xff\x00'])
    assert receipt.outcomes == ["rejected"] * 3
    assert all(one.detail.isprintable() for one in receipt.rejects)
    with database.read() as connection:
        assert len(list_rejects(connection)) == 3


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (
            report("V1", "award", "2026-05-01T08:00").replace(
                b'"attributes"', b'"until":"9999-12-31T23:59:59-23:59","attributes"'
            ),
            "data.until: Input should be less than 9998-01-01",
        ),
        (
            check_in("V1", "1970-01-01T07:59"),
            "time: Input should be greater than or equal to 1970-01-01T00:00:00Z (check the clock",
        ),
    ],
)
def test_a_time_outside_of_the_calendar_is_refused(event: bytes, why: str) -> None:
    receipt = record(ledger(), [event])
    assert receipt.outcomes == ["rejected"]
    assert why in receipt.rejects[0].detail


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (
            claim("V1", "2026-05-01T09:00", time="2026-05-01T08:59"),
            "is after the time of the claim",
        ),
        (claim("V1", "2026-05-01T09:00", reason=" "), "data.reason: "),
        (claim("V1", "2026-05-01T09:00").replace(b"ended_at", b"ends_at"), "data.ended_at: "),
    ],
)
def test_a_claim_says_when_and_why(event: bytes, why: str) -> None:
    receipt = record(ledger(), [event])
    assert receipt.outcomes == ["rejected"]
    assert why in receipt.rejects[0].detail


WILD = """
policy: wild
name: A policy that takes what it is given
facts:
  service: visit
  gift: {kind: event, attributes: {many: number, what: any, day: date, list: list}}
  moved: {kind: amendment, amends: service, attributes: {of: text}}
  redemption: {kind: request, attributes: {points: number}}
currencies:
  points: {below_zero: allow, scale: 6}
hours:
  - {id: served, on: service, overlap: each, open: 0}
points:
  - {id: given, on: gift, currency: points, amount: fact.many}
  - {id: strange, on: gift, when: known(fact.what), amount: "1 if 3 in fact.what else 0"}
  - {id: later, on: gift, when: known(fact.day), amount: day(fact.day + 200000)}
  - {id: pauses, on: gift, when: known(fact.list), amount: breaks_within(fact.list)}
requests:
  - {id: shop, on: redemption, price: [{amount: fact.points, from: points}]}
"""


@pytest.mark.parametrize(
    "attributes",
    [
        {"many": 999_999_999_999},  # in millionths it is more than an entry may move
        {"many": "1e40"},
        {"what": 5},
        {"day": "9900-01-01"},
        {"day": "0001-01-01T00:00:00+23:59"},
        {"list": [1, "x"]},
    ],
)
def test_a_value_that_a_rule_cannot_use_is_kept_as_unjudged(attributes: dict[str, Any]) -> None:
    recorder = ledger(WILD)
    given = report("V1", "gift", "2026-05-01T08:00", many=1)
    receipt = record(recorder, [given, report("V1", "gift", "2026-05-02T08:00", **attributes)])
    assert receipt.outcomes == ["applied", "applied"]
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, "V1", now_micros())
    assert found is not None
    assert found.points.balance == "1.000000"
    assert sound(recorder)


@pytest.mark.parametrize("start", ["soon", True, 10**15, "9999-12-31", [1]])
def test_an_amendment_to_no_time_is_kept_as_unjudged(start: object) -> None:
    recorder = ledger(WILD)
    contents = visit("V1", "2026-05-01", "08:00", "10:00")
    ident = json.loads(contents[0])["id"]
    of = f"kiosk/1#{ident}"
    moved = report("V1", "moved", "2026-05-03T08:00", of=of, start=start)
    assert record(recorder, [*contents, moved]).outcomes == ["applied"] * 3
    assert sound(recorder)


def test_a_price_times_a_quantity_beyond_what_is_kept_is_refused() -> None:
    recorder = ledger(WILD)
    dear = register("item", "I1", name="x", prices=[{"points": "999999999999.999999"}])
    asked = redeem("V1", "R1", None, item="I1", quantity=9_999)
    given = report("V1", "gift", "2026-05-01T08:00", many=1)
    record(recorder, [dear, given])
    assert record(recorder, [asked]).outcomes == ["applied"]
    with recorder.database.read() as connection:
        answer = connection.execute(select(redemption.c.status, redemption.c.reason)).one()
    assert answer.status == "refused"
    assert answer.reason.startswith("costs-too-much")
    assert sound(recorder)


@pytest.mark.parametrize("text", ["i", "examples: x", "[1, 2]", "examples: {a: 1}"])
def test_examples_that_are_none_are_refused_by_what_is_expected(text: str) -> None:
    with pytest.raises(PolicyError, match="no examples"):
        run_cases(load(WILD), text)


@pytest.mark.parametrize(
    "example",
    [
        "{id: a, events: [1]}",
        "{id: a, events: [{at: 2026-05-01}]}",
        "{id: a, events: {type: gift}}",
        "{id: a, expect: 5}",
        "{id: a, state: [], settings: x}",
        "{id: a, events: [{type: gift, dates: 5}]}",
    ],
)
def test_a_misshapen_example_is_an_error_of_its_own(example: str) -> None:
    results = run_cases(load(WILD), f"examples: [{example}, {{id: b, expect: {{points: 0}}}}]")
    assert [(one.id, one.verdict) for one in results] == [("a", "error"), ("b", "met")]
    assert results[0].message


def test_a_thousand_wrong_names_alike_are_refused_soon() -> None:
    values = "".join(f"  {'abcdefgh' * 6}{n}: {'abcdefgh' * 6}x{n}\n" for n in range(1_500))
    began = process_time()
    found = check(f"{WILD}values:\n{values}")
    assert process_time() - began < 20
    assert found


@pytest.mark.parametrize("url", ["postgresql+nonsense://x/y", "sqlite+nonsense:///x"])
def test_a_database_that_nothing_here_can_open_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match="not supported"):
        Database(url)


def test_a_setting_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLEDGER_BATCH", "many")
    with pytest.raises(LedgerError, match="VLEDGER_BATCH 'many'"):
        settings(None)


def test_a_full_disk_under_the_answer_is_told_without_a_stack_trace(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ledger", "--help"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_negative_of_nothing_is_refused_by_line() -> None:
    found = check(f"{WILD}values: {{v: '-null'}}\n")
    assert [one.message for one in found if one.severity == "error"] == [
        "'-' needs a number, not None"
    ]


def test_long_lines_come_in_smaller_batches_and_none_is_lost() -> None:
    file = BytesIO(b"\n".join(b"%03d" % n + b"x" * (1 << 20) for n in range(40)))
    found = list(batches(file, "long", 5_000))
    assert max(sum(len(one.content) for one in batch) for batch in found) < 18 << 20
    assert [one.origin for batch in found for one in batch] == [f"long:{n}" for n in range(1, 41)]


def test_a_list_of_rejects_reads_no_more_of_each_than_it_shows(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    record(recorder, [b"\x00\xff" * 50_000])
    with database.read() as connection:
        (shown,) = list_rejects(connection, whole=False)
        (whole,) = list_rejects(connection)
    assert shown.to_json() == whole.to_json()
    assert (len(shown.content), len(whole.content), shown.size) == (200, 100_000, 100_000)


LONG = "界" * 128
"""As long as a name may be."""


def test_what_the_ledger_says_about_long_names_has_room_for_them() -> None:
    ends = {"starts_at": "2026-01-02T08:00:00+08:00", "ends_at": "2026-01-02T10:00:00+08:00"}
    recorder = ledger()
    coming = [
        shop_event("activity.signed-up", one, "2026-01-01T08:00", volunteer=who)
        for one, who in ((LONG, LONG), ("A/1", "2"), ("A", "1/2"))
    ]
    outings = [register("activity", one, name="走", **ends) for one in (LONG, "A/1", "A")]
    marks = visit(LONG, "2026-05-01", "08:00", "10:00")
    assert not record(recorder, [*outings, *coming, *marks]).rejects
    recorder.adopt(parse(national_ladder().text + "\n", "again"), date(2026, 4, 1))
    while catch_up(recorder):
        pass
    with recorder.database.read() as connection:
        states = connection.execute(select(sign_up.c.state)).scalars().all()
        assert (states, list_rejects(connection)) == (["absent"] * 3, [])
    assert sound(recorder)


MANY = 12_000


def hammered(*events: bytes) -> list[Told]:
    return [Told(at, "desk", f"{at:06}", decode_logged(one)) for at, one in enumerate(events)]


def test_a_subject_that_is_hammered_is_folded_in_proportion() -> None:
    signed = [shop_event("activity.signed-up", "A1", volunteer=f"V{n}") for n in range(MANY)]
    gone = [
        shop_event("activity.sign-up-withdrawn", "A1", volunteer=f"V{n}") for n in range(MANY - 1)
    ]
    walk = register("activity", "A1", name="走", capacity=1)
    slots = [
        {
            "starts_at": f"{2000 + n}-01-01T00:00:00+08:00",
            "ends_at": f"{2000 + n}-01-02T00:00:00+08:00",
        }
        for n in range(7000)
    ]
    booked = [
        shop_event("resource.booking-requested", "R1", booking=f"B{n}", **slot)
        for n, slot in enumerate(slots)
    ]
    scored = [shop_event("project.scored", "P1", expert=f"E{n}", score="80") for n in range(MANY)]
    submitted = shop_event("project.submitted", "P1", name="x", place="P1")
    screened = shop_event("project.screened", "P1", outcome="pass")
    outing, resource = hammered(walk, *signed, *gone), hammered(*booked)
    project = hammered(submitted, screened, *scored)
    began = process_time()
    assert [one.state for one in sign_ups("A1", outing)][-1] == "in"
    assert {one.state for one in bookings("R1", resource)} == {"stands"}
    assert next(iter(projects("P1", project))).scores == MANY
    assert process_time() - began < 4  # in quadratic time it is many times that


def test_one_more_event_writes_no_more_rows_than_it_changes() -> None:
    recorder = ledger()
    walk = register("activity", "A1", name="走", capacity=2)
    coming = [
        shop_event("activity.signed-up", "A1", f"2026-01-01T08:{n:02}", volunteer=f"V{n}")
        for n in range(10, 59)
    ]
    record(recorder, [walk, *coming[:-1]])
    written: list[int] = []

    def count(_: Any, __: Any, statement: str, rows: Any, *___: Any) -> None:
        if "sign_up" in statement and not statement.startswith("SELECT"):
            written.append(len(rows) if isinstance(rows, list) else 1)

    alchemy.listen(recorder.database.engine, "before_cursor_execute", count)
    record(recorder, coming[-1:])
    assert sum(written) == 1


def test_a_dossier_that_is_full_takes_no_more_and_the_rest_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = ledger()
    monkeypatch.setattr(dossiers, "MOST_BYTES", 1000)
    coming = [shop_event("activity.signed-up", "A1", volunteer=f"V{n}") for n in range(9)]
    other = shop_event("activity.signed-up", "A2", volunteer="V1")
    receipt = record(recorder, [*coming, other])
    full = receipt.outcomes.index("rejected")
    assert receipt.outcomes == ["applied"] * full + ["rejected"] * (9 - full) + ["applied"]
    assert {one.code for one in receipt.rejects} == {"dossier-full"}
    again = record(recorder, [*coming, other])  # what is known stays a repetition
    assert again.outcomes == ["duplicate"] * full + ["rejected"] * (9 - full) + ["duplicate"]
    assert sound(recorder)
