"""How many volunteers have which star where? Against a count that the test makes itself."""

import json
import random
from collections import defaultdict
from pathlib import Path

from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.statistics.stars import star_table, starred
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import record, register, visit
from tests.command import run

VILLAGES = ("370102001001", "370102001002", "370102002001", "370103001001", "360102001001")
COUNTY, TOWNSHIPS = "370102000000", ("370102001000", "370102002000")


def home(volunteer: str, place: str | None, day: int) -> bytes:
    there = {"place": place} if place else {}
    return register("volunteer", volunteer, time=f"2026-01-{day:02}T08:00", **there)


def days(volunteer: str, number: int) -> list[bytes]:
    """So many visits of 20 hours."""
    return [
        content
        for day in range(1, number + 1)
        for content in visit(volunteer, f"2026-03-{day:02}", "02:00", "22:00")
    ]


def test_star_tables_count_those_who_are_there(database: Database) -> None:
    """In any order of arrival: the newest registration says where, the hours say which star."""
    rng = random.Random(3)
    recorder = Recorder(database, national_ladder())
    events, places, stars = [], {}, {}
    for number in range(60):
        volunteer = f"V{number:02}"
        moves = [rng.choice([*VILLAGES, None]) for _ in range(rng.randint(0, 3))]
        events += [home(volunteer, place, day) for day, place in enumerate(moves, 1)]
        visits = rng.choice([0, 0, 4, 5, 14, 15, 30])
        events += days(volunteer, visits)
        places[volunteer] = moves[-1] if moves else None
        stars[volunteer] = sum(visits * 20 >= level for level in (100, 300, 600, 1000, 1500))
    rng.shuffle(events)
    for start in range(0, len(events), 97):
        recorder.record([Arrival(one, "") for one in events[start : start + 97]])

    def counted(*inside: str) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for volunteer, place in places.items():
            if place is not None and place.startswith(inside):
                found[stars[volunteer]] += 1
        return found

    plan = recorder.policy.plan
    with database.read() as connection:
        county = star_table(connection, plan, COUNTY)
        assert [row.place for row in county.rows] == list(TOWNSHIPS)
        assert [row.stars for row in county.rows] == [counted("370102001"), counted("370102002")]
        assert county.total == counted("370102")
        village = star_table(connection, plan, VILLAGES[0])
        assert [(row.place, row.stars) for row in village.rows] == [
            (VILLAGES[0], counted(VILLAGES[0]))
        ]
        everywhere = star_table(connection, plan)
        assert {row.place for row in everywhere.rows} == {"", "360000000000", "370000000000"}
        nowhere = next(row for row in everywhere.rows if not row.place)
        with_star = [one for one, place in places.items() if place is None and stars[one]]
        assert sum(number for star, number in nowhere.stars.items() if star) == len(with_star)
        listed = [one.volunteer for one in starred(connection, COUNTY, 2)]
    assert sorted(listed) == [
        one
        for one, place in places.items()
        if (place or "").startswith("370102") and stars[one] > 1
    ]
    assert verify(database, lambda _: None)[1] == []


def test_a_star_that_is_lost_is_no_longer_counted(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    record(recorder, [home("V1", VILLAGES[0], 1), *days("V1", 5)])
    early = visit("V1", "2026-03-01", "02:00", "02:30")
    with database.read() as connection:
        assert star_table(connection, recorder.policy.plan, COUNTY).total == {1: 1}
    record(recorder, early)  # a check-out that came late: that day's visit was half an hour
    with database.read() as connection:
        assert star_table(connection, recorder.policy.plan, COUNTY).total == {0: 1}
    assert verify(database, lambda _: None)[1] == []


def test_a_place_may_have_a_name_instead_of_a_code(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    record(
        recorder,
        [
            register("place", "school", name="小学", kind="point", parent=VILLAGES[0]),
            register("place", "hall", name="礼堂", kind="point", parent="elsewhere"),
            home("V1", "school", 1),
            home("V2", "hall", 1),
        ],
    )
    with database.read() as connection:
        (row,) = star_table(connection, recorder.policy.plan, COUNTY).rows
        assert (row.place, row.name, row.stars) == ("school", "小学", {0: 1})
        assert star_table(connection, recorder.policy.plan, "hall").total == {0: 1}


def test_the_command(tmp_path: Path) -> None:
    content = b"\n".join([home("V1", VILLAGES[0], 1), home("V2", VILLAGES[2], 1), *days("V1", 16)])
    run(tmp_path, ["init"])
    run(tmp_path, ["ingest", "-"], content)
    said = run(tmp_path, ["stars", "--place", COUNTY, "--json"]).stdout
    assert json.loads(said) == {
        "area": COUNTY,
        "stars": {"0": 1, "2": 1},
        "places": [
            {"place": TOWNSHIPS[0], "name": "", "stars": {"2": 1}},
            {"place": TOWNSHIPS[1], "name": "", "stars": {"0": 1}},
        ],
    }
    assert "not registered" not in run(tmp_path, ["stars"]).stdout.decode()
    said = run(tmp_path, ["stars", "--from", "1", "--json"]).stdout
    assert json.loads(said) == {"volunteer": "V1", "place": VILLAGES[0], "star": "2"}
    refused = run(tmp_path, ["stars", "--from", "gold"])
    assert refused.returncode == 2
    assert b"the policy's levels are 1, 2, 3, 4, 5" in refused.stderr
