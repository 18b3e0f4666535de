"""Who is suggested for an order, and is the reason told?"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.centre.orders.candidates import candidates, wanted
from ledger.centre.orders.matching import (
    Candidate,
    Position,
    Wanted,
    best,
    metres_between,
    suggestions,
)
from ledger.centre.orders.queue import find_order
from ledger.centre.orders.terms import read_terms
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import an_order, order, record, register, shop_event

TERMS = read_terms()
HERE, NEXT_DOOR, IN_TOWN, IN_COUNTY, FAR = (
    "370199001001", "370199001002", "370199001000", "370199002001", "370299001001",
)  # fmt: skip


def helper(ident: str, place: str = HERE, **more: Any) -> Candidate:
    said: dict[str, Any] = {"name": "", "skills": frozenset({"理发"}), "position": None}
    said |= {"open": 0, "stars": 0, "ratings": 0}
    return Candidate("volunteer", ident, place=place, **{**said, **more})


def ranked(*several: Candidate, position: Position | None = None) -> list[str]:
    asked = Wanted(HERE, position, "助老", ("理发",))
    return [one.candidate.id for one in suggestions(asked, several, TERMS)]


def test_each_of_the_four_decides_where_the_others_are_equal() -> None:
    assert ranked(helper("a", skills=frozenset()), helper("b")) == ["b", "a"]
    places = {"a": FAR, "b": IN_COUNTY, "c": NEXT_DOOR, "d": HERE}
    assert ranked(*(helper(*one) for one in places.items())) == ["d", "c", "b", "a"]
    assert ranked(helper("a", open=2), helper("b", open=1), helper("c")) == ["c", "b", "a"]
    poor, good = helper("a", stars=4, ratings=2), helper("b", stars=9, ratings=2)
    assert ranked(poor, helper("c"), good) == ["b", "c", "a"]


def test_who_is_within_the_circle_is_as_near_as_can_be_and_further_out_counts_less() -> None:
    home = Position(36.65, 117.12)
    near, at_the_edge, out = (Position(36.65 + one, 117.12) for one in (0.001, 0.01, 0.05))
    assert [metres_between(home, one) for one in (near, at_the_edge, out)] == [111, 1112, 5560]
    several = {"out": out, "edge": at_the_edge, "near": near}
    helpers = [helper(ident, position=one) for ident, one in several.items()]
    found = suggestions(Wanted(HERE, home, "助老", ()), helpers, TERMS)
    assert [(one.candidate.id, one.in_circle) for one in found] == [
        ("edge", True), ("near", True), ("out", False),
    ]  # fmt: skip
    assert found[0].score == found[1].score > found[2].score


degrees = st.builds(
    Position,
    st.floats(-89, 89, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
)


@given(degrees, degrees)
def test_distances_are_those_of_a_sphere(one: Position, other: Position) -> None:
    there = metres_between(one, other)
    assert there == metres_between(other, one)
    assert 0 <= there <= 20_015_087
    along = abs(Decimal(one.latitude) - Decimal(other.latitude)) * Decimal("111194.9")
    assert there >= int(along) - 2  # no way is shorter than the difference of latitudes


@given(
    st.lists(
        st.builds(
            lambda number, place, load, stars: helper(
                f"V{number}", place, open=load, stars=stars, ratings=1 if stars else 0
            ),
            st.integers(0, 99),
            st.sampled_from([HERE, NEXT_DOOR, FAR, "广场"]),
            st.integers(0, 5),
            st.integers(0, 5),
        ),
        max_size=8,
    )
)
def test_a_score_is_the_sum_of_what_its_reasons_say(several: list[Candidate]) -> None:
    for one in suggestions(Wanted(HERE, None, "助老", ("理发", "换灯泡")), several, TERMS):
        assert one.score == sum(part.points for part in one.reasons)
        assert 0 <= one.score <= 100
        assert [part.part for part in one.reasons] == ["skills", "near", "free", "rating"]
        assert "缺 lacks 换灯泡" in one.reasons[0].text


def test_candidates_are_those_of_the_township_with_their_skills_load_and_rating(
    database: Database,
) -> None:
    recorder = Recorder(database, national_ladder())
    east = {"longitude": "117.12"}
    wish: dict[str, Any] = {
        "place": HERE,
        "category": "助老",
        "skills": ["理发"],
        "text": "上门理发",
    }
    record(
        recorder,
        [
            register("place", HERE, name="村站", kind="station", latitude="36.65", **east),
            register("place", IN_TOWN, name="镇所", kind="sub-centre", latitude="36.66", **east),
            register("team", "T1", name="镇助老队", place=IN_TOWN),
            register("team", "T9", name="外县队", place=FAR),
            register("volunteer", "V1", name="王", place=NEXT_DOOR, skills=["理发"]),
            register("volunteer", "V2", name="李", place=NEXT_DOOR),
            register("volunteer", "V3", name="张", place=HERE),
            register("volunteer", "V4", name="赵", place=FAR, skills=["理发"]),
            register("volunteer", "V5", name="钱", place=HERE, skills=["理发"]),
            shop_event("volunteer.left", "V5", "2026-01-02T08:00"),
            shop_event("membership.joined", "V1", "2026-01-02T08:00", team="T1"),
            *an_order("O1", stars=4, rewarded=False),  # by V1 and V2 of T1
            order("placed", "O2", "2026-03-01T08:00", **wish),
            order("dispatched", "O2", "2026-03-01T09:00", team="T1"),
            order("placed", "O3", "2026-03-01T08:00", **wish),
        ],
    )  # fmt: skip
    with database.read() as connection:
        asked = wanted(connection, find_order(connection, "O3"))
        found = {one.id: one for one in candidates(connection, asked)}
    assert set(found) == {"T1", "V1", "V3"}
    team, skilled = found["T1"], found["V1"]
    assert (team.skills, team.open, team.stars, team.ratings) == (frozenset({"理发"}), 1, 4, 1)
    assert (skilled.open, skilled.stars, skilled.ratings) == (0, 4, 1)
    assert team.position == Position(36.66, 117.12)
    ordered = best(suggestions(asked, found.values(), TERMS), None, 9)
    assert [one.candidate.id for one in ordered] == ["T1", "V1", "V3"]
    assert best(suggestions(asked, found.values(), TERMS), "team", 9)[0].metres == 1112


def test_terms_that_are_wrong_are_named() -> None:
    with pytest.raises(LedgerError, match=r"VLEDGER_ORDERS .*no-such\.yaml"):
        read_terms("no-such.yaml")
