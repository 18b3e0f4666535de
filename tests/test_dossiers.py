"""Do the rows of a dossier follow from its events alone, in whatever order and however often?"""

import random
from typing import Any

import pytest
from sqlalchemy import select

from ledger.centre.projects import Project
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.store.database import Database
from ledger.store.dossiers import KINDS, Kind
from ledger.verify import verify
from tests.builders import record, shop_event

COUNTY = "370102000000"
CALL = {
    "title": "征集公告",
    "place": COUNTY,
    "year": 2026,
    "until": "2026-03-01T00:00:00+08:00",
}
DRAW = {
    "stage": "spot-check",
    "year": 2026,
    "area": COUNTY,
    "of": "station",
    "as_of": "2026-12-01T00:00:00+08:00",
    "listed": 2,
    "digest": "a" * 64,
    "seed": "s",
    "size": 1,
    "drawn": ["370102001001"],
}
FOUND = {"stage": "self-check", "year": 2026, "indicator": "rooms", "seen": "2"}
FILED = {
    "year": 2026,
    "edition": "shandong-2022",
    "edition_digest": "b" * 64,
    "grade": "good",
    "digest": "c" * 64,
}


def _step(kind: str, day: str, **data: Any) -> bytes:
    return shop_event(f"project.{kind}", "P1", f"{day}T08:00", **data)


A_PROJECT = [
    _step("scored", "2026-01-01", expert="E0", score="90"),
    _step("submitted", "2026-01-02", name="四点半课堂", place=COUNTY),
    _step("screened", "2026-01-03", outcome="refuse", reason="材料不全"),
    _step("submitted", "2026-01-04", name="四点半课堂", place=COUNTY, summary="补正"),
    _step("screened", "2026-01-05", outcome="pass", experts=2, pass_mark="80"),
    _step("scored", "2026-01-06", expert="E1", score="70.5"),
    _step("admitted", "2026-01-07", library=COUNTY),
    _step("scored", "2026-01-08", expert="E2", score="85"),
    _step("admitted", "2026-01-09", library=COUNTY),
    _step("improvement-asked", "2026-01-10", what="细化预算"),
    _step("improved", "2026-01-11", what="已细化"),
    _step("scored", "2026-01-12", expert="E1", score="88"),
    _step("admitted", "2026-01-13", library=COUNTY),
    _step("announced", "2026-01-14", until="2026-01-21T08:00:00+08:00"),
    _step("released", "2026-01-20"),
    _step("released", "2026-01-21"),
    _step("supported", "2026-02-01", form="money", yuan="3000.50"),
    _step("supported", "2026-02-02", form="things", yuan="800", what="书桌"),
    _step("supported", "2026-02-03", form="money", yuan="0.50"),
    _step("brand-named", "2026-03-01", level="county", of=COUNTY),
    _step("brand-named", "2026-03-02", level="county", of=COUNTY),
    _step("brand-withdrawn", "2026-04-01", level="county"),
    _step("brand-named", "2026-05-01", level="station", of="370102001001"),
    _step("evaluated", "2026-12-01", year=2026, grade="优秀"),
    _step("tracked", "2026-12-02", note="每周两次"),
    _step("ended", "2026-12-20", reason="结项"),
    _step("supported", "2026-12-21", form="money", yuan="1"),
]

SAMPLES: dict[str, list[bytes]] = {
    "membership": [
        shop_event("membership.joined", "V1", "2026-01-01T08:00", team="T1"),
        shop_event("membership.joined", "V1", "2026-02-01T08:00", team="T2"),
        shop_event("membership.joined", "V1", "2026-03-01T08:00", team="T1", role="leader"),
        shop_event("membership.joined", "V1", "2026-04-01T08:00", team="T1", role="leader"),
        shop_event("membership.left", "V1", "2026-05-01T08:00", team="T1", reason="迁出"),
        shop_event("membership.left", "V1", "2026-05-02T08:00", team="T1"),
        shop_event("membership.joined", "V2", "2026-05-03T08:00", team="T1"),
    ],
    "project": A_PROJECT,
    "project_step": A_PROJECT,
    "project_brand": A_PROJECT,
    "project_call": [
        shop_event("project.called", "C1", "2026-01-01T08:00", **CALL),
        shop_event("project.called", "C1", "2026-01-02T08:00", **{**CALL, "title": "延期"}),
    ],
    "assessment_draw": [
        shop_event("assessment.drawn", "D1", "2026-12-01T08:00", **DRAW),
        shop_event("assessment.drawn", "D1", "2026-12-02T08:00", **{**DRAW, "seed": "again"}),
    ],
    "assessment_finding": [
        shop_event("assessment.found", COUNTY, "2026-12-03T08:00", verdict="unmet", **FOUND),
        shop_event("assessment.found", COUNTY, "2026-12-04T08:00", verdict="met", **FOUND),
        shop_event(
            "assessment.found", COUNTY, "2026-12-05T08:00", **FOUND | {"verdict": "doubtful"}
        ),
    ],
    "assessment_result": [
        shop_event("assessment.concluded", COUNTY, "2026-12-08T08:00", score="71.25", **FILED),
        shop_event("assessment.concluded", COUNTY, "2026-12-09T08:00", score="80", **FILED),
    ],
}
"""By table: events of a life of each kind, in the order in which they happened."""


def rows(database: Database, kind: Kind) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(kind.table).order_by(*kind.table.primary_key))
        ]


def recorded(database: Database, events: list[bytes], size: int) -> Recorder:
    recorder = Recorder(database, national_ladder())
    for start in range(0, len(events), size):
        assert not record(recorder, events[start : start + size]).rejects
    return recorder


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table.name)
def test_any_order_and_repetition_gives_the_same_rows(
    kind: Kind, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events = SAMPLES[kind.table.name]
    recorded(database, events, len(events))
    expected = rows(database, kind)
    assert expected
    rng = random.Random(9)
    for number in range(6):
        other = Database(f"sqlite:///{tmp_path_factory.mktemp('other') / 'ledger.db'}")
        other.create()
        mixed = [*events, *rng.sample(events, 2)]
        rng.shuffle(mixed)
        recorded(other, mixed, 1 + number)
        assert rows(other, kind) == expected
        if number == 0:
            assert verify(other, lambda _: None)[1] == []
        other.close()


def test_times_in_teams(database: Database) -> None:
    recorded(database, SAMPLES["membership"], 3)
    [kind] = [one for one in KINDS if one.table.name == "membership"]
    found = [(who, team, role, until is None) for who, team, _, until, role in rows(database, kind)]
    assert found == [
        ("V1", "T1", "member", False),
        ("V1", "T1", "leader", False),
        ("V1", "T2", "member", True),
        ("V2", "T1", "member", True),
    ]


def test_a_project_goes_through_its_states_and_steps_without_effect_say_why(
    database: Database,
) -> None:
    recorded(database, A_PROJECT, 5)
    of = {kind.table.name: kind for kind in KINDS}
    [row] = rows(database, of["project"])
    project = Project(*row)
    assert (project.state, project.summary, project.library) == ("ended", "补正", COUNTY)
    assert (project.scores, project.average) == (2, 8650)
    assert (project.money, project.things) == (300_100, 80_000)
    assert (project.evaluated, project.grade) == (2026, "优秀")
    idle = {step[1]: step[5] for step in rows(database, of["project_step"]) if not step[4]}
    assert list(idle) == [1, 7, 9, 15, 21, 27]
    assert "never submitted" in idle[1]
    assert "1 of 2 experts" in idle[7]
    assert "77.75 is below 80" in idle[9]
    assert "not over yet" in idle[15]
    assert "already" in idle[21]
    assert "ended" in idle[27]
    assert [(one[1], one[3] is None) for one in rows(database, of["project_brand"])] == [
        ("county", False),
        ("station", False),
    ]
