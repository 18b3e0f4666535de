"""Is everybody ranked as one would by hand, and is nothing about equals decided in silence?"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.policy import (
    EvaluationError,
    Fact,
    Home,
    MissingSetting,
    Plan,
    PolicyError,
    check,
    load,
    rank_people,
    run_cases,
)

HEAD = """
policy: t
name: t
midnight: start
facts:
  service: visit
  said: {attributes: {marks: number, team: text, other: any}}
  ranked: {attributes: {rank: number, size: number, value: number, taken: bool, group: text}}
measures:
  marks: {sum: fact.marks, of: said}
  last_time: {last: fact.at, of: said}
  team: {last: fact.team, of: said}
  other: {last: fact.other, of: said}
hours: [{id: h, on: service, overlap: once}]
"""
READ = "values: {nearly: fact.rank + 1}\n"
AT = 1_717_000_000


def plan_of(ranking: str, more: str = "", settings: dict[str, Any] | None = None) -> Plan:
    return load(f"{HEAD}{more}rankings: {{top: {{{ranking}, fact: ranked}}}}\n", settings)


def ranked(
    plan: Plan, people: dict[str, dict[str, Any]], homes: dict[str, Home] | None = None
) -> dict[str, dict[str, Any]]:
    states = {
        who: plan.fold([plan.fact(who, "said", said.get("on", "2024-01-01"), **_told(said))]).state
        for who, said in people.items()
    }
    facts = rank_people(plan, "top", states, AT, homes or {})
    return {who: dict(fact.attrs) for who, fact in facts.items()}


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "on"}


crowds = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.fixed_dictionaries(
        {
            "marks": st.sampled_from([0, 1, 2, "2.5"]),
            "on": st.sampled_from(["2024-01-01", "2024-01-02"]),
            "team": st.sampled_from("XY"),
        }
    ),
    max_size=14,
)


@given(crowds, st.sampled_from(["3", "ceil(size * 0.25)", "quota[group]"]), st.data())
def test_a_list_is_what_one_makes_by_hand(
    people: dict[str, dict[str, Any]], take: str, data: st.DataObject
) -> None:
    ties = data.draw(st.sampled_from(["share", "order", None]))
    given_ = f'by: [marks, "-date_of(last_time)"], among: marks > 0, per: team, take: "{take}"'
    plan = plan_of(given_ + (f", ties: {ties}" if ties else ""), "tables: {quota: {X: 2, Y: 0}}\n")

    def key(who: str) -> tuple[float, str]:
        return -float(people[who]["marks"]), people[who]["on"]

    expected: dict[str, dict[str, Any]] = {}
    divided = False
    for who, said in people.items():
        if said["marks"] == 0:
            continue
        mates = [o for o, s in people.items() if s["team"] == said["team"] and s["marks"] != 0]
        size = len(mates)
        most = {"3": 3, "quota[group]": 2 if said["team"] == "X" else 0}.get(take, -(-size // 4))
        better = sum(key(one) < key(who) for one in mates)
        equals = [one for one in mates if key(one) == key(who)]
        divided |= better < most < better + len(equals)
        rank = better + 1
        if ties == "order":
            drawn = sorted(equals, key=lambda o: sha256(f"top|{AT}|{o}".encode()).digest())
            rank += drawn.index(who)
        expected[who] = {"rank": rank, "size": size, "taken": rank <= most, "group": said["team"]}
    if ties is None and divided:
        with pytest.raises(MissingSetting, match=r"rankings\.top\.ties.*are equal at rank"):
            ranked(plan, people)
        return
    found = ranked(plan, people)
    assert {who: float(one.pop("value")) for who, one in found.items()} == {
        who: float(people[who]["marks"]) for who in expected
    }
    assert found == expected
    again = ranked(plan, dict(reversed(people.items())))
    assert {who: again[who] | {"value": None} for who in again} == {
        who: one | {"value": None} for who, one in found.items()
    }


TWO = {"a": {"marks": 2}, "b": {"marks": 2}, "c": {"marks": 1}, "d": {"marks": 1}}


def test_equals_are_asked_about_only_where_it_matters() -> None:
    assert [one["taken"] for one in ranked(plan_of("by: marks, take: 2"), TWO).values()] == [
        True, True, False, False,
    ]  # fmt: skip
    divided = plan_of("by: marks, take: 3")
    with pytest.raises(MissingSetting) as asked:
        ranked(divided, TWO)
    assert (asked.value.key, asked.value.choices) == ("rankings.top.ties", ("share", "order"))
    decided = divided.with_settings({"rankings.top.ties": "share"})
    assert [one["rank"] for one in ranked(decided, TWO).values()] == [1, 1, 3, 3]
    with pytest.raises(MissingSetting, match=r"top\.ties"):
        ranked(plan_of("by: marks, take: 2", READ), TWO)  # a rule reads the rank
    assert len(ranked(plan_of("by: marks, take: 2", READ), {"a": {"marks": 1}})) == 1
    open_ = "settings: {tie: {question: 同分如何排?, choices: [share, order]}}\n"
    setting = plan_of("by: marks, take: 3, ties: settings.tie", open_)
    with pytest.raises(MissingSetting) as asked:
        ranked(setting, TWO)
    assert asked.value.key == "tie"
    with pytest.raises(EvaluationError, match="share or order"):
        ranked(divided.with_settings({"rankings.top.ties": "age"}), TWO)


def test_what_is_not_known_is_told_with_the_person() -> None:
    with pytest.raises(EvaluationError, match="a: a value of by is not known"):
        ranked(plan_of("by: [marks, other]"), {"a": {"marks": 1}})
    with pytest.raises(EvaluationError, match="a: 'X' has no order"):
        ranked(plan_of("by: [marks, other]"), {"a": {"marks": 1, "other": "X"}})
    with pytest.raises(PolicyError, match="ranked by numbers and dates"):
        plan_of("by: [marks, team]")
    with pytest.raises(EvaluationError, match="a: the group is not known"):
        ranked(plan_of("by: marks, per: team"), {"a": {"marks": 1}})
    with pytest.raises(EvaluationError, match=r"comes to 0\.5 of 1; .* whole number"):
        ranked(plan_of("by: marks, take: size / 2"), {"a": {"marks": 1}})


def test_where_people_are_registered_makes_groups() -> None:
    homes = {"a": Home("370102001001"), "b": Home("370102001002"), "c": Home("370103000000", "T")}
    people = {who: {"marks": i} for i, who in enumerate("abcd")}
    found = ranked(plan_of("by: marks, per: town"), people, homes)
    assert {who: (one["group"], one["rank"]) for who, one in found.items()} == {
        "b": ("370102001000", 1), "a": ("370102001000", 2), "c": ("370103000000", 1),
    }  # fmt: skip
    assert list(ranked(plan_of("by: marks, per: team", "").with_settings({}), {}, homes)) == []
    named = load(
        HEAD.replace("  team: {last: fact.team, of: said}\n", "")
        + "rankings: {top: {by: marks, per: team, fact: ranked}}\n"
    )
    assert {who: one["group"] for who, one in ranked(named, people, homes).items()} == {"c": "T"}


def test_a_standing_that_is_open_elsewhere_keeps_nobody_from_being_ranked() -> None:
    ladder = "ladders: {star: {basis: hours, levels: {1: 2}}}\n"
    two = [Fact("v", "service", AT - 7200, AT)]
    for by, asked in (("hours", False), ("rank(star)", True)):
        plan = plan_of(f"by: {by}", ladder)
        states = {"a": {"hours": 7200, "t": AT - 7200}}
        with pytest.raises(MissingSetting):
            plan.fold(two)
        if asked:
            with pytest.raises(MissingSetting, match="reach"):
                rank_people(plan, "top", states, AT)
        else:
            assert rank_people(plan, "top", states, AT)["a"].attrs["value"] == 2


@pytest.mark.parametrize(
    ("ranking", "wrong", "advice"),
    [
        ("by: marks, fact: nothing", "'nothing' is not declared", "value: number}}"),
        ("by: marks, fact: service", "no event that can be reported", "rank: number"),
        ("by: marks, take: 3, fact: bare", "no attribute 'taken'", "taken: bool"),
        ("by: marks, per: team, fact: bare", "no attribute 'group'", "group: "),
        ("by: born, fact: bare", "is declared as number, but it is a date", "value: date"),
        ("by: name, fact: bare", "this is a text", ""),
        ("by: star, fact: bare", "this is a level", "rank(star)"),
        ("by: marks, take: marks, fact: ranked", "'marks' is a person's", "size"),
        ("by: marks, ties: age, fact: bare", "'age' is not declared", ""),
        ("by: marks, clauses: c9, fact: bare", "clause 'c9'", "clauses"),
        ("by: [], fact: bare", "at least 1", ""),
    ],
)
def test_a_mistake_in_a_ranking_is_told(ranking: str, wrong: str, advice: str) -> None:
    text = HEAD.replace(
        "hours:",
        "person: {born: date, name: text}\n"
        "ladders: {star: {basis: marks, reach: at_least, levels: {1: 2}}}\nhours:",
    ).replace(
        "  said:", "  bare: {attributes: {rank: number, size: number, value: number}}\n  said:"
    )
    found = [d for d in check(f"{text}rankings: {{top: {{{ranking}}}}}\n") if d.severity == "error"]
    assert any(wrong in d.message and advice in d.advice for d in found), found


def test_examples_rank_several_people() -> None:
    plan = plan_of(
        'by: [marks, "-date_of(last_time)"], per: town, take: 1',
        "currencies: {prizes: {scale: 0}}\n"
        "points: [{id: first, on: ranked, currency: prizes, when: fact.taken, amount: 5}]\n",
    )

    def person(marks: int, day: str, place: str) -> dict[str, Any]:
        said = {"type": "said", "date": day, "marks": marks}
        return {"place": place, "events": [said]}

    people = {
        "a": person(3, "2024-05-02", "370102001001"),
        "b": person(3, "2024-05-03", "370102001002"),
        "c": person(1, "2024-05-01", "370102002001"),
        "d": person(9, "2024-05-01", ""),
    }
    expect = {
        "a": {"rank": 1, "taken": True, "prizes": 5, "marks": 3},
        "b": {"rank": 2, "size": 2, "taken": False, "prizes": 0},
        "c": {"group": "370102002000", "taken": True},
        "d": {"rank": None, "prizes": 0},
    }
    case = {"id": "x", "rank": "top", "people": people, "expect": expect}
    assert [(one.verdict, one.message) for one in run_cases(plan, [case])] == [("met", "")]
    wrong = {**case, "expect": {"b": {"taken": True}}}
    assert "b: taken is False" in run_cases(plan, [wrong])[0].message
    equal = {"a": people["a"], "b": {**people["a"], "place": "370102001003"}}
    asked = {**case, "people": equal, "expect": {"undetermined": "并列"}}
    assert run_cases(plan, [asked])[0].asked == "rankings.top.ties"
    wrongs: list[dict[str, Any]] = [{"rank": "nope"}, {"people": []}, {"expect": {"z": {}}}]
    for bad in wrongs:
        assert run_cases(plan, [{**case, **bad}])[0].verdict == "error"
