"""Do the rows of a dossier follow from its events alone, in whatever order and however often?"""

import random
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ledger.centre.projects.life import Project
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.dossiers import KINDS, Kind
from ledger.verify import verify
from ledger.volunteers.complaints import list_complaints
from tests.builders import (
    an_order,
    answer,
    complaint,
    order,
    record,
    register,
    shop_event,
    used,
)

ORDERS = [
    *an_order("O1"),
    order("accepted", "O1", "2026-03-01T10:00", team="T1", activity="A9"),  # long over
    order("placed", "O2", "2026-03-01T08:00", place="370199001001", category="助老", text="换灯泡"),
    order("dispatched", "O2", "2026-03-01T09:00", team="T2"),
    order("declined", "O2", "2026-03-01T10:00", team="T2", reason="人手不足"),
    order("dispatched", "O2", "2026-03-01T11:00", volunteer="V3"),
    order("reassigned", "O2", "2026-03-01T12:00", team="T1", reason="改派"),
    order("accepted", "O2", "2026-03-01T13:00", volunteer="V3", activity="A3"),  # no longer theirs
    order("cancelled", "O2", "2026-03-02T08:00", reason="居民撤回"),
    order("dispatched", "O3", "2026-03-01T09:00", team="T2"),  # nobody placed it
    order("placed", "O3", "2026-03-02T09:00", place="370199001002", category="助学", text="辅导"),
]

TOWN, VILLAGE = "370199001000", "370199001001"
WALK = {
    "name": "健步走",
    "place": TOWN,
    "starts_at": "2026-01-12T08:00:00+08:00",
    "ends_at": "2026-01-12T10:00:00+08:00",
    "sign_up_until": "2026-01-10T08:00:00+08:00",
}


def booked(ident: str, time: str, starts: str, ends: str) -> bytes:
    span = {"starts_at": f"{starts}:00+08:00", "ends_at": f"{ends}:00+08:00"}
    return shop_event("resource.booking-requested", "R1", time, booking=ident, **span)


def signed_up(volunteer: str, time: str) -> bytes:
    return shop_event("activity.signed-up", "A1", time, volunteer=volunteer)


def withdrawn(volunteer: str, time: str) -> bytes:
    return shop_event("activity.sign-up-withdrawn", "A1", time, volunteer=volunteer)


def planned(whose: str, time: str, of: str, period: str, *items: tuple[str, int]) -> bytes:
    listed = [{"title": title, "times": times} for title, times in items]
    return shop_event("plan.made", whose, time, of=of, period=period, items=listed)


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
    "as_of": "2026-06-01",
    "listed": 2,
    "digest": "a" * 64,
    "seed": "s",
    "size": 1,
    "drawn": ["370102001001"],
}
FOUND = {"stage": "self-check", "year": 2026, "indicator": "rooms", "seen": "2"}
FILED = {
    "year": 2026,
    "day": "2026-06-30",
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
    _step("evaluated", "2026-06-01", year=2026, grade="优秀"),
    _step("tracked", "2026-06-02", note="每周两次"),
    _step("ended", "2026-06-20", reason="结项"),
    _step("supported", "2026-06-21", form="money", yuan="1"),
]

OVER = "2026-06-30T08:00:00+08:00"

SAMPLES: dict[str, list[bytes]] = {
    "membership": [
        shop_event("membership.joined", "V1", "2026-01-01T08:00", team="T1"),
        shop_event("membership.joined", "V1", "2026-02-01T08:00", team="T2"),
        shop_event("membership.joined", "V1", "2026-03-01T08:00", team="T1", role="leader"),
        shop_event("membership.joined", "V1", "2026-04-01T08:00", team="T1", role="leader"),
        shop_event("membership.left", "V1", "2026-05-01T08:00", team="T1", reason="迁出"),
        shop_event("membership.left", "V1", "2026-05-02T08:00", team="T1"),
        shop_event("membership.joined", "V2", "2026-05-03T08:00", team="T1"),
        register("volunteer", "V3", "2026-01-01T08:00", team="T1"),
        register("volunteer", "V3", "2026-02-01T08:00", team="T2"),
        shop_event("membership.left", "V3", "2026-03-01T08:00", team="T2"),
        register("volunteer", "V3", "2026-04-01T08:00", team="T2", place=VILLAGE),
        register("volunteer", "V4", "2026-01-01T08:00", team="T1"),
        shop_event("membership.joined", "V4", "2026-02-01T08:00", team="T2"),
        shop_event("volunteer.left", "V4", "2026-03-01T08:00"),
        register("volunteer", "V4", "2026-04-01T08:00", team="T1"),
    ],
    "service_order": ORDERS,
    "order_volunteer": ORDERS,
    "registration": (
        volunteering := [
            register("volunteer", "V1", "2026-01-01T08:00", place=VILLAGE, skills=["急救", "摄影"]),
            register("volunteer", "V1", "2026-01-02T08:00", place=VILLAGE, skills=["急救"]),
            register("volunteer", "V1", "2026-02-01T08:00", place=TOWN, skills=["急救", "驾驶"]),
            shop_event("volunteer.left", "V1", "2026-03-01T08:00", reason="迁出"),
            shop_event("volunteer.left", "V1", "2026-03-02T08:00"),
            register("volunteer", "V2", "2026-03-01T08:00", party_unit="U1", skills=["宣讲"]),
            shop_event("volunteer.left", "V2", "2026-03-03T08:00"),
            register("volunteer", "V2", "2026-04-01T08:00", party_unit="U2", skills=["宣讲"]),
        ]
    ),
    "skill": volunteering,
    "team_history": [
        register("team", "T1", "2026-01-01T08:00", name="甲队", place=VILLAGE),
        register("team", "T1", "2026-02-01T08:00", name="甲队", place=VILLAGE, managers=["V1"]),
        register("team", "T1", "2026-03-01T08:00", name="甲队", place=TOWN, kind="law"),
        register("team", "T1", "2026-06-30T08:00", name="甲队", place=TOWN, dissolved_at=OVER),
        register("team", "T2", "2026-01-01T08:00", name="乙队"),
    ],
    "place_history": (
        places := [
            register("place", VILLAGE, "2026-01-01T08:00", name="东村站", kind="station"),
            register("place", VILLAGE, "2026-02-01T08:00", name="东村站", kind="station"),
            register("place", VILLAGE, "2026-03-01T08:00", name="东社区站", kind="station"),
            register("place", TOWN, "2026-01-01T08:00", name="甲镇所", kind="sub-centre"),
            shop_event("place.merged", VILLAGE, "2026-04-01T08:00", into=TOWN, on="2026-05-01"),
            shop_event("place.merged", VILLAGE, "2026-04-02T08:00", into=TOWN, on="2026-06-01"),
            shop_event("place.reopened", VILLAGE, "2026-07-01T08:00", on="2026-07-01"),
            shop_event("place.merged", TOWN, "2026-04-02T08:00", into=TOWN, on="2026-06-01"),
            shop_event("place.merged", TOWN, "2026-04-03T08:00", on="2026-06-01", reason="撤销"),
            shop_event("place.merged", VILLAGE, "2026-08-01T08:00", into=TOWN, on="2026-08-01"),
            shop_event("place.reopened", VILLAGE, "2026-08-02T08:00", on="2026-08-01"),
        ]
    ),
    "place_closed": places,
    "place_year": [
        shop_event("place.counted", TOWN, "2026-01-05T08:00", year=2025, residents=30_000),
        shop_event("place.counted", TOWN, "2026-01-06T08:00", year=2025, full_time_staff=2),
        shop_event("place.counted", TOWN, "2026-01-07T08:00", year=2025, residents=30_100),
        shop_event("place.counted", TOWN, "2026-01-06T08:00", year=2024, residents=29_000),
    ],
    "booking": [
        register("resource", "R1", name="礼堂", place=TOWN),
        booked("B1", "2026-02-01T08:00", "2026-02-10T09:00", "2026-02-10T11:00"),
        booked("B2", "2026-02-01T09:00", "2026-02-10T10:00", "2026-02-10T12:00"),
        booked("B3", "2026-02-01T10:00", "2026-02-10T11:00", "2026-02-10T12:00"),
        shop_event("resource.booking-cancelled", "R1", "2026-02-02T08:00", booking="B1"),
        booked("B4", "2026-02-03T09:00", "2026-02-10T09:30", "2026-02-10T10:30"),
        shop_event("resource.booking-cancelled", "R1", "2026-02-04T08:00", booking="B2"),
        register("resource", "R1", "2026-02-05T08:00", name="礼堂", place=TOWN, shared=False),
        booked("B5", "2026-02-06T09:00", "2026-03-10T09:30", "2026-03-10T10:30"),
    ],
    "activity": (
        activity := [
            signed_up("V0", "2026-01-01T08:00"),
            register("activity", "A1", "2026-01-02T08:00", **WALK, capacity=2),
            *(signed_up(f"V{number}", f"2026-01-03T0{number}:00") for number in range(1, 6)),
            withdrawn("V1", "2026-01-04T08:00"),
            signed_up("V1", "2026-01-04T09:00"),
            register("activity", "A1", "2026-01-05T08:00", **WALK, capacity=3),
            signed_up("V9", "2026-01-11T08:00"),
            withdrawn("V2", "2026-01-12T08:30"),
            register("activity", "A2", "2026-01-02T08:00", name="讲座", category="lecture"),
            shop_event("activity.cancelled", "A2", "2026-01-03T08:00", reason="台风"),
        ]
    ),
    "sign_up": activity,
    "plan": [
        planned(TOWN, "2026-01-01T08:00", "place", "2026", ("义诊", 12), ("宣讲", 4)),
        planned(TOWN, "2026-01-02T08:00", "place", "2026", ("义诊", 10)),
        planned(TOWN, "2026-01-02T08:00", "team", "2026", ("义诊", 3)),
        planned(TOWN, "2026-01-03T08:00", "place", "2026-02", ("义诊", 1)),
        planned(TOWN, "2026-01-04T08:00", "place", "2026-02"),
    ],
    "complaint": [
        complaint("V1", "C1", "2026-05-01T08:00", text="少记了一小时", of="kiosk/1#e1"),
        complaint("V1", "C1", "2026-05-01T09:00", text="再说一次"),
        complaint("V2", "C1", "2026-05-01T10:00", about="redemption", by="李队长"),
        answer("V1", "C1", "2026-05-02T08:00", "rejected"),
        answer("V1", "C1", "2026-05-03T08:00", "upheld"),
        answer("V1", "C9", "2026-05-03T08:00", "upheld"),
        complaint("V1", "C2", "2026-05-04T08:00", about="points"),
        answer("V1", "C2", "2026-05-03T08:00", "explained"),
    ],
    "project": A_PROJECT,
    "project_step": A_PROJECT,
    "project_brand": A_PROJECT,
    "project_call": [
        shop_event("project.called", "C1", "2026-01-01T08:00", **CALL),
        shop_event("project.called", "C1", "2026-01-02T08:00", **{**CALL, "title": "延期"}),
    ],
    "assessment_draw": [
        shop_event("assessment.drawn", "D1", "2026-06-01T08:00", **DRAW),
        shop_event("assessment.drawn", "D1", "2026-06-02T08:00", **{**DRAW, "seed": "again"}),
    ],
    "assessment_finding": [
        shop_event("assessment.found", COUNTY, "2026-06-03T08:00", verdict="unmet", **FOUND),
        shop_event("assessment.found", COUNTY, "2026-06-04T08:00", verdict="met", **FOUND),
        shop_event(
            "assessment.found", COUNTY, "2026-06-05T08:00", **FOUND | {"verdict": "doubtful"}
        ),
    ],
    "assessment_result": [
        shop_event("assessment.concluded", COUNTY, "2026-06-08T08:00", score="71.25", **FILED),
        shop_event("assessment.concluded", COUNTY, "2026-06-09T08:00", score="80", **FILED),
    ],
    "benefit_step": [
        used("V1", "2026-01-05T08:00", "bus", ident="u1"),
        used("V1", "2026-01-06T08:00", "check-up", provider="M02", ident="u2", choice="CT"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-07T08:00", use="desk/1#u1", reason="误"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-08T08:00", use="desk/1#u1", reason="误"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-09T08:00", use="desk/1#no", reason="误"),
        shop_event("benefit.withdrawn", "V1", "2026-02-01T08:00", benefit="bus", reason="失信"),
        shop_event("benefit.withdrawn", "V1", "2026-02-02T08:00", benefit="bus", reason="再查"),
        shop_event("benefit.returned", "V1", "2026-03-01T08:00", benefit="bus"),
        shop_event("benefit.returned", "V1", "2026-03-02T08:00", benefit="bus"),
        used("V2", "2026-01-05T08:00", "bus", ident="u3"),
    ],
    "honour": [
        shop_event("honour.decided", "N1", "2026-01-01T08:00", decision="approved"),
        shop_event("honour.nominated", "N1", "2026-01-02T08:00", honour="优秀志愿者", nominee="V1"),
        shop_event("honour.decided", "N1", "2026-01-03T08:00", decision="approved"),
        shop_event(
            "honour.published", "N1", "2026-01-04T08:00", since="2026-01-04", until="2026-01-10"
        ),
        shop_event("honour.conferred", "N1", "2026-01-09T08:00"),
        shop_event("honour.conferred", "N1", "2026-01-12T08:00", document="〔2026〕1号"),
        shop_event("honour.nominated", "N2", "2026-01-02T08:00", honour="最美", nominee="V2"),
        shop_event("honour.decided", "N2", "2026-01-03T08:00", decision="refused"),
        shop_event("honour.revoked", "N1", "2026-06-12T08:00", reason="失信"),
        shop_event("honour.revoked", "N2", "2026-06-12T08:00", reason="失信"),
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


def test_any_order_and_repetition_gives_the_same_rows(
    database: Database, ledger_in_a_file: Path, tmp_path: Path
) -> None:
    events = list(dict.fromkeys(chain.from_iterable(SAMPLES.values())))
    recorded(database, events, len(events))
    expected = {kind.table.name: rows(database, kind) for kind in KINDS}
    assert all(expected.values()), [name for name, found in expected.items() if not found]
    rng = random.Random(9)
    for number in range(4):
        other = Database(f"sqlite:///{shutil.copy(ledger_in_a_file, tmp_path / f'{number}.db')}")
        mixed = [*events, *rng.sample(events, len(events) // 4)]
        rng.shuffle(mixed)
        recorded(other, mixed, 1 + 5 * number)
        for kind in KINDS:
            assert rows(other, kind) == expected[kind.table.name]
        assert verify(other, lambda _: None)[1] == []
        other.close()


def test_the_first_filing_and_the_newest_answer_stand(database: Database) -> None:
    events = SAMPLES["complaint"]
    recorded(database, events[::-1], 1)
    with database.read() as connection:
        found = list_complaints(connection, answered=True)
        waiting = list_complaints(connection)
    assert [(one.volunteer, one.id, one.text, one.outcome) for one in found] == [
        ("V1", "C1", "少记了一小时", "upheld"),
        ("V2", "C1", "时长不对", ""),
        ("V1", "C2", "时长不对", "explained"),
    ]
    assert [(one.volunteer, one.filed_by) for one in waiting] == [("V2", "李队长")]


def test_times_in_teams(database: Database) -> None:
    recorded(database, SAMPLES["membership"], 3)
    [kind] = [one for one in KINDS if one.table.name == "membership"]
    found = [(who, team, role, until is None) for who, team, _, until, role in rows(database, kind)]
    assert found == [
        ("V1", "T1", "member", False),
        ("V1", "T1", "leader", False),
        ("V1", "T2", "member", True),
        ("V2", "T1", "member", True),
        ("V3", "T1", "member", False),
        ("V3", "T2", "member", False),
        ("V4", "T1", "member", False),
        ("V4", "T1", "member", True),
        ("V4", "T2", "member", False),
    ]


def test_of_bookings_that_overlap_the_first_stands(database: Database) -> None:
    recorded(database, SAMPLES["booking"], 3)
    states = {
        row[1]: (row[7], row[8].partition(" ")[0]) for row in rows(database, kind_of("booking"))
    }
    assert states == {
        "B1": ("cancelled", ""),
        "B2": ("refused", "时段已被预约"),
        "B3": ("stands", ""),
        "B4": ("stands", ""),
        "B5": ("refused", "已停止共享"),
    }


def test_who_waits_moves_up_in_the_order_of_coming(database: Database) -> None:
    recorded(database, SAMPLES["sign_up"], 4)
    states = {row[1]: (row[3], row[5]) for row in rows(database, kind_of("sign_up"))}
    assert states == {
        "V0": ("in", 0),
        "V1": ("waiting", 3),  # who withdraws and comes again stands at the end
        "V2": ("in", 0),  # withdrew after it had begun: too late
        "V3": ("in", 0),
        "V4": ("waiting", 1),
        "V5": ("waiting", 2),
        "V9": ("refused", 0),
    }


def test_a_merge_holds_until_it_is_corrected_or_taken_back(database: Database) -> None:
    recorded(database, SAMPLES["place_closed"], 5)
    found = [row[:4] for row in rows(database, kind_of("place_closed"))]
    assert found == [
        (TOWN, "2026-06-01", "", ""),
        (VILLAGE, "2026-06-01", "2026-07-01", TOWN),
    ]


def test_registered_until_they_leave(database: Database) -> None:
    recorded(database, SAMPLES["registration"], 2)
    found = [(row[0], row[3], row[6]) for row in rows(database, kind_of("registration"))]
    assert found == [("V1", VILLAGE, 0), ("V1", TOWN, 1), ("V2", "", 1), ("V2", "", 0)]
    assert rows(database, kind_of("skill")) == [("V2", "宣讲")]


def kind_of(table: str) -> Kind:
    [kind] = [one for one in KINDS if one.table.name == table]
    return kind


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
