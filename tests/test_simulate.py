"""Does a simulation say what the ledger would, and leave the ledger alone?"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.clock import now_micros
from ledger.core.attendance import CLAIM, IN, OUT, Claim, Direction, Mark, pair
from ledger.core.rulebook import Rulebook, national_ladder, parse
from ledger.recording.recorder import Recorder
from ledger.simulation import Result, simulate
from ledger.simulation.history import visits
from ledger.simulation.plot import plot
from ledger.store.database import Database
from ledger.volunteers.queries import summaries
from tests.builders import check_in, check_out, record, redeem, register, report
from tests.model import Scan, standings

START = datetime.fromisoformat("2026-01-01T00:00:00+08:00")


def scans(seed: int) -> list[Scan]:
    """Eighty volunteers over four months, with marks that overlap or are missing."""
    random_ = random.Random(seed)
    found = []
    for number in range(2500):
        volunteer = f"V{random_.randrange(80):02}"
        minute = random_.randrange(0, 170_000, 30)
        activity = f"A{random_.randrange(5)}"
        found.append(Scan(volunteer, minute, True, activity, f"i{number}"))
        if random_.random() < 0.95:
            end = minute + 30 * random_.randrange(1, 24)
            found.append(Scan(volunteer, end, False, activity, f"o{number}"))
    return found


def _event(scan: Scan) -> bytes:
    time = (START + timedelta(minutes=scan.minute)).isoformat()
    build = check_in if scan.inward else check_out
    return build(scan.volunteer, time, scan.activity, ident=scan.ident)


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    recorder = Recorder(database, national_ladder())
    record(recorder, map(_event, scans(1)))
    people = [
        register("volunteer", f"V{n:02}", birth_year=1940 + n, team=f"T{n % 3}") for n in range(70)
    ]
    record(recorder, people)
    record(recorder, [redeem(f"V{n:02}", f"R{n}", "5", time="2026-07-01T10:00") for n in range(9)])
    yield recorder


def _simulate(recorder: Recorder, draft: str) -> Result:
    rules = Rulebook.of(parse(draft, "draft"))
    return simulate(recorder.database.url, recorder.rules, rules, lambda *_: None)


def test_todays_policy_as_draft_changes_nothing_and_is_what_the_ledger_says(
    recorder: Recorder,
) -> None:
    result = _simulate(recorder, national_ladder().text)
    with recorder.database.read() as connection:
        kept = list(summaries(connection, recorder.rules, now_micros()))
    people = {row["volunteer"]: row for row in result.people.rows(named=True)}
    spent = result.months["spent"].sum()
    assert result.moves() == []
    assert [(one.seconds, one.star) for one in kept] == [
        (people[one.volunteer]["seconds_today"], people[one.volunteer]["level_today"])
        for one in kept
    ]
    balances = sum(int(one.points.balance) for one in kept)
    assert balances == sum(row["points_draft"] for row in people.values()) - spent
    assert spent == 45
    assert result.months["today"].sum() == balances + spent


def test_a_draft_is_what_an_independent_count_gives(recorder: Recorder) -> None:
    draft = national_ladder().text.replace("floor(counted)", "2 * floor(counted)")
    draft = draft.replace("{1: 100, 2: 300,", "{1: 60, 2: 120,")
    result = _simulate(recorder, draft)
    wanted = standings(set(scans(1)))
    stars = {name: sum(one.minutes >= need * 60 for need in (60, 120, 600, 1000, 1500))
             for name, one in wanted.items()}  # fmt: skip
    rows = {row["volunteer"]: row for row in result.people.rows(named=True)}
    assert {name: row["points_draft"] for name, row in rows.items()} == {
        name: 2 * one.points for name, one in wanted.items()
    }
    assert {name: row["level_draft"] for name, row in rows.items()} == stars
    told = result.to_json(Decimal("0.05"))
    assert sum(one["draft"] for one in told["levels"]) == result.volunteers == len(wanted)
    assert {one["team"] for one in told["groups"]["team"]} == {"T0", "T1", "T2", "?"}
    points = sorted(2 * one.points for one in wanted.values())
    pairs = sum(abs(a - b) for a in points for b in points)
    gini = pairs / (2 * len(points) * sum(points))
    assert told["fairness"]["draft"]["gini"] == pytest.approx(gini, abs=1e-6)
    month = told["months"][0]
    assert Decimal(month["cost_draft"]) == Decimal(month["issued_draft"]) * Decimal("0.05")


def test_the_ledger_is_only_read_and_what_cannot_be_judged_is_told(
    recorder: Recorder, tmp_path: Path
) -> None:
    with recorder.database.write() as connection:
        before = connection.exec_driver_sql("SELECT count(*), max(seq) FROM event").one()
    record(
        recorder,
        [report("V01", "award", "2026-05-01T08:00"), report("X", "award", "2026-05-01T08:00")],
    )
    draft = national_ladder().text.replace("    overlap: once\n", "")
    result = _simulate(recorder, draft)
    told = result.to_json()["unjudged"]
    assert told["today"] == [
        {"why": "the policy declares no fact type 'award'", "facts": 2, "volunteers": 2}
    ]
    [missing] = [one for one in told["draft"] if one["why"].startswith("setting")]
    assert missing["why"] == "setting hours.exact-seconds.overlap is needed"
    assert missing["facts"] >= missing["volunteers"] > 0
    for name in ("figure.png", "figure.svg"):
        plot(result, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 10_000
    with recorder.database.write() as connection:
        after = connection.exec_driver_sql("SELECT count(*), max(seq) FROM event").one()
    assert after[0] == before[0] + 2


marks = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from([IN, IN, OUT, CLAIM]),
        st.sampled_from(["k1", "k2"]),
        st.sampled_from(["A1", "A2"]),
        st.sampled_from(["V1", "V2"]),
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(marks)
def test_columns_pair_as_one_by_one(rows: list[tuple[int, Direction, str, str, str]]) -> None:
    events = [(slot * 1_000_000, way, source, f"e{n}", activity, volunteer)
              for n, (slot, way, source, activity, volunteer) in enumerate(rows)]  # fmt: skip
    words = {IN: "checked-in", OUT: "checked-out", CLAIM: "claimed"}
    said = Claim(0, "", "忘记签退", None)
    frame = pl.DataFrame(
        {
            "subject": [e[5] for e in events],
            "at": [e[0] for e in events],
            "type": [f"volunteer.attendance.{words[e[1]]}.v1" for e in events],
            "source": [e[2] for e in events],
            "id": [e[3] for e in events],
            "activity": [e[4] for e in events],
            "place": ["P"] * len(events),
            "fact": [None] * len(events),
            "attributes": [None] * len(events),
        },
        schema_overrides={
            **dict.fromkeys(("subject", "type", "source", "id", "activity"), pl.String),
            **dict.fromkeys(("place", "fact", "attributes"), pl.String),
            "at": pl.Int64,
        },
    )
    wanted = set()
    for volunteer in {e[5] for e in events}:
        own = [
            Mark(
                at, way, source, ident, activity, "P", number, claim=said if way == CLAIM else None
            )
            for number, (at, way, source, ident, activity, name) in enumerate(events)
            if name == volunteer
        ]
        for one in pair(own)[0]:
            wanted.add((volunteer, one.started_at, one.ended_at, one.activity, one.ident))
    found = visits(frame).select("subject", "start", "end", "activity", "ident")
    assert set(found.rows()) == wanted
