"""Which places were there on a day, what is wrong with them, and who has what they share?"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count

import pytest

from ledger.centre.places.bookings import Booking
from ledger.centre.places.changes import merge_place, register_place
from ledger.centre.places.checks import check
from ledger.centre.places.resources import book, cancel
from ledger.centre.places.tree import tree
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.statistics.figures import figures
from ledger.store.database import Database
from tests.builders import check_in, check_out, record, register, shop_event

COUNTY, TOWN, OTHER = "370199000000", "370199001000", "370199002000"
EAST, WEST, THIRD = "370199001001", "370199001002", "370199002001"
ROOMS = ["讲堂", "书屋", "舞蹈室"]
CLOCK = national_ladder().plan.clock
NOW = datetime(2026, 7, 1, tzinfo=UTC)

REGISTER = [
    register("place", COUNTY, name="青岚中心", kind="centre", functions=ROOMS),
    register("place", TOWN, name="甲镇所", kind="sub-centre", parent=COUNTY, functions=ROOMS),
    register("place", OTHER, name="乙镇所", kind="sub-centre", parent=COUNTY, functions=ROOMS),
    register("place", EAST, name="东村站", kind="station", parent=TOWN, functions=ROOMS),
    register("place", WEST, name="西村站", kind="station", parent=TOWN, functions=ROOMS),
    register("place", THIRD, name="三村站", kind="station", parent=OTHER, functions=ROOMS),
    register("place", "park", name="滨河公园点", kind="point", parent=EAST),
    *(
        shop_event("place.counted", place, year=2026, residents=1000, full_time_staff=5)
        for place in (COUNTY, TOWN, OTHER, EAST, WEST, THIRD)
    ),
]


@pytest.fixture
def recorder(database: Database) -> Recorder:
    present = count(to_micros(NOW))
    recorder = Recorder(database, national_ladder(), lambda: next(present))
    assert not record(recorder, REGISTER).rejects
    return recorder


def shown(recorder: Recorder, day: str, area: str = "") -> list[tuple[int, str]]:
    with recorder.database.read() as connection:
        found = tree(connection, date.fromisoformat(day), CLOCK, area)
    return [(one.depth, one.name) for one in found]


def findings(recorder: Recorder, area: str = "") -> dict[str, str]:
    with recorder.database.read() as connection:
        found = check(connection, NOW.date(), CLOCK, area)
    told: dict[str, str] = {}
    for one in found:
        told[one.place] = f"{told.get(one.place, '')} {one.severity}: {one.message}".strip()
    return told


def test_the_tree_of_a_day_has_the_names_and_merges_of_that_day(recorder: Recorder) -> None:
    changes = [
        register("place", EAST, "2026-03-01T08:00", name="东社区站", kind="station", parent=TOWN),
        shop_event("place.merged", TOWN, "2026-04-20T08:00", into=OTHER, on="2026-05-01"),
    ]
    assert not record(recorder, changes).rejects
    below = [(2, "东村站"), (3, "滨河公园点"), (2, "西村站")]
    before = [(0, "青岚中心"), (1, "甲镇所"), *below, (1, "乙镇所"), (2, "三村站")]
    assert shown(recorder, "2025-12-31") == []
    assert shown(recorder, "2026-02-28") == before
    renamed = [(depth, name.replace("东村", "东社区")) for depth, name in before]
    assert shown(recorder, "2026-04-30") == renamed
    # What lay in the merged town lies in the other one, and no place of that day is lost.
    after = [(0, "青岚中心"), (1, "乙镇所"), (2, "东社区站"), (3, "滨河公园点")]
    assert shown(recorder, "2026-05-01") == [*after, (2, "西村站"), (2, "三村站")]
    assert shown(recorder, "2026-02-28", TOWN) == [
        (depth - 1, name) for depth, name in [(1, "甲镇所"), *below]
    ]


def test_figures_of_a_merged_place_stay_where_they_were(recorder: Recorder) -> None:
    def seconds() -> dict[str, int]:
        with recorder.database.read() as connection:
            found = figures(connection, recorder.policy, COUNTY, to_micros(NOW))
        return {one.place: one.seconds for one in found.parts}

    came = check_in("V1", "2026-03-02T08:00", place=EAST)
    record(recorder, [came, check_out("V1", "2026-03-02T10:00", place=EAST)])
    before = seconds()
    record(recorder, [shop_event("place.merged", TOWN, into=OTHER, on="2026-05-01")])
    assert seconds() == before == {TOWN: 7200}


@pytest.mark.parametrize(
    ("ident", "said", "error"),
    [
        (THIRD, {"kind": "sub-centre", "parent": COUNTY}, "has a code of 9 digits"),
        (TOWN, {"kind": "station", "parent": COUNTY}, "has a code of 12 digits"),
        ("990199001003", {"kind": "station"}, "no province begins with 99"),
        ("丙村", {"kind": "station", "parent": TOWN}, "has a statistical code"),
        ("370199001003", {"kind": "station", "parent": OTHER}, "does not begin with 370199002"),
        ("370199001003", {"kind": "station", "parent": COUNTY}, "a station lies in sub-centre"),
        ("370199001003", {"kind": "station", "parent": "370199009000"}, "there is no such place"),
    ],
)
def test_a_code_has_to_fit_the_kind_and_what_it_lies_in(
    recorder: Recorder, ident: str, said: dict[str, str], error: str
) -> None:
    assert findings(recorder) == {}
    record(recorder, [register("place", ident, "2026-02-01T08:00", name="某处", **said)])
    assert any(error in one for one in findings(recorder).values())


def test_what_a_place_lacks_is_listed(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("place", EAST, "2026-03-01T08:00", name="东村站", kind="station"),
            shop_event("place.counted", TOWN, "2026-03-01T08:00", year=2026, full_time_staff=1),
            shop_event("place.merged", WEST, "2026-03-01T08:00", on="2026-03-01"),
            shop_event("place.merged", OTHER, "2026-03-01T08:00", into=TOWN, on="2026-03-01"),
        ],
    )
    assert findings(recorder) == {
        EAST: "warning: 0 function rooms 功能室; at least 3",
        TOWN: "warning: 1 full-time staff 专职人员; at least 2",
    }  # THIRD lies in TOWN now, whatever its digits and its registration say
    assert set(findings(recorder, TOWN)) == {EAST, TOWN}
    register_place(recorder, THIRD, {"parent": TOWN})
    with pytest.raises(LedgerError, match=f"parent: {OTHER} went into {TOWN}"):
        register_place(recorder, THIRD, {"parent": OTHER})
    with pytest.raises(LedgerError, match=f"{WEST} goes into nothing"):
        merge_place(recorder, EAST, WEST, date(2026, 4, 1), reason="", by="")


def test_a_circle_of_parents_is_told_and_hides_nobody(recorder: Recorder) -> None:
    circle = [
        register("place", one, name=one, kind="base", parent=other)
        for one, other in (("基地甲", "基地乙"), ("基地乙", "基地甲"))
    ]
    record(recorder, circle)
    assert {"基地甲", "基地乙"} <= {name for _, name in shown(recorder, "2026-06-01")}
    assert "lies in itself" in findings(recorder)["基地甲"]


def test_a_resource_is_booked_by_one_at_a_time(recorder: Recorder) -> None:
    record(recorder, [register("resource", "R1", name="礼堂", place=TOWN)])

    def ask(first: int, last: int, whose: str = "T1") -> Booking:
        day = (NOW.replace(day=5, hour=hour) for hour in (first, last))
        return book(recorder, "R1", *day, whose=whose, purpose="排练", by="张三")

    made = ask(9, 11)
    assert (made.state, made.whose) == ("stands", "T1")
    assert ask(11, 12).state == "stands"
    with pytest.raises(LedgerError, match=f"booking {made.booking} stands in the way"):
        ask(10, 12, "T2")
    cancel(recorder, "R1", made.booking, reason="改期", by="张三")
    assert ask(9, 11, "T2").state == "stands"
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: ask(11, 9), "ends before it begins"),
        (lambda: cancel(recorder, "R1", made.booking, reason="", by=""), "is cancelled"),
        (lambda: cancel(recorder, "R1", "B9", reason="", by=""), "no booking B9"),
    ]
    for wrong, said in refused:
        with pytest.raises(LedgerError, match=said):
            wrong()
