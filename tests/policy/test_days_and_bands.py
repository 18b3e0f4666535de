"""Tables of days, factors of two days, bands in any order, clips with one side, reserved names."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.policy import check, load, run_cases

HEAD = "policy: t\nname: t\nfacts: {service: visit}\n"
FEAST = (
    HEAD
    + """
tables: {feasts: [2024-10-01, 2024-10-02]}
hours: [{id: h, on: service, overlap: once, factor: "2 if today in feasts else 1"}]
"""
)
EVE = {"type": "service", "start": "2024-09-30T22:00", "end": "2024-10-01T02:00"}
WITHIN = {"type": "service", "start": "2024-10-01T22:00", "end": "2024-10-02T02:00"}


def met(policy: str, events: list[dict[str, Any]], expect: dict[str, Any]) -> str:
    """The setting that was asked for, "" where none was, of an example that is met."""
    result = run_cases(load(policy), [{"id": 1, "events": events, "expect": expect}])[0]
    assert result.verdict == "met", result.message
    return result.asked


@pytest.mark.parametrize(("mode", "hours"), [("split", 6), ("start", 4), ("end", 8)])
def test_a_factor_is_that_of_the_day_that_the_time_belongs_to(mode: str, hours: int) -> None:
    assert met(FEAST + f"midnight: {mode}\n", [EVE], {"hours": hours}) == ""


@pytest.mark.parametrize(("mode", "hours"), [("split", 3), ("start", 3), ("end", 6)])
def test_an_amount_is_not_split_but_has_the_factor_of_its_day(mode: str, hours: int) -> None:
    fixed = FEAST.replace("factor:", "amount: 3, factor:")
    assert met(fixed + f"midnight: {mode}\n", [EVE], {"hours": hours}) == ""
    assert met(fixed, [EVE], {"undetermined": "哪一日"}) == "midnight"


def test_two_days_of_one_factor_ask_nothing_and_a_round_is_of_the_whole_visit() -> None:
    assert met(FEAST, [EVE], {"undetermined": "哪一日"}) == "midnight"
    assert met(FEAST, [WITHIN], {"hours": 8}) == ""
    rounded = FEAST.replace("factor:", "round: {to: 1, mode: down}, factor:")
    late = {**EVE, "start": "2024-09-30T22:30", "end": "2024-10-01T01:15"}
    assert met(rounded + "midnight: split\n", [late], {"hours": 4}) == ""
    covered = [{**EVE, "end": "2024-10-01T01:00"}, {**EVE, "start": "2024-09-30T23:00"}]
    assert met(FEAST + "midnight: split\n", covered, {"hours": 6}) == ""


def test_a_table_of_days_holds_dates() -> None:
    policy = (
        HEAD
        + """
tables: {opened: {甲: 2024-03-01, 乙: 2024-04-01}, feasts: [2024-05-01]}
values:
  days: "date('2024-03-08') - opened['甲']"
  feast: "date('2024-05-01') in feasts and date('2024-05-02') not in feasts"
  by_text: "text(date('2024-05-01')) in feasts and date('2024-05-01') in ['2024-05-01']"
"""
    )
    assert met(policy, [], {"days": 7, "feast": True, "by_text": True}) == ""
    for wrong in ("today in ['五一']", "today in [5, 1]", "today in '2024-05-01'", "1 in ['1']"):
        found = check(HEAD + f'values: {{x: "{wrong}"}}\n')
        assert any("is looked for in a" in d.message for d in found), wrong


def test_a_setting_of_type_date_is_a_date() -> None:
    policy = (
        HEAD
        + """
settings: {from_when: {question: q, type: date, choices: [2024-05-01, 2024-06-01]}}
values: {x: "date('2024-07-01') >= settings.from_when", y: "settings.from_when + 1"}
"""
    )
    assert met(policy, [], {"x": True}) == ""
    assert met(policy, [], {"undetermined": "何时"}) == "from_when"


def test_a_clip_may_have_one_side() -> None:
    policy = HEAD.replace("visit", "{kind: visit, attributes: {opens: time}}") + (
        "hours: [{id: h, on: service, overlap: once, within: [fact.opens, null]}]\n"
    )
    event = {"type": "service", "start": "2024-05-01T08:00", "end": "2024-05-01T12:00"}
    assert met(policy, [{**event, "opens": "2024-05-01T09:00"}], {"hours": 3}) == ""


ROWS = ["{from: 26, to: 50, value: c}", "{from: 11, to: 25, value: b}", "{to: 10, value: a}"]


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], [ROWS[1], ROWS[0], ROWS[2]]])
def test_bands_may_stand_in_any_order(rows: list[str]) -> None:
    policy = (
        HEAD
        + f"""
bands: {{b: {{bands: [{", ".join(rows)}], gap: lower, none: z}}}}
values: {{x: "[band(b, 51), band(b, 25.5), band(b, 12), band(b, 10.5), band(b, -3)]"}}
"""
    )
    assert not [d for d in check(policy) if "two bands" in d.message]
    assert met(policy, [], {"x": ["z", "b", "b", "a", "a"]}) == ""
    either = policy.replace("{to: 10,", "{to: 12,").replace("gap:", "overlap: lower, gap:")
    assert [d.severity for d in check(either) if "two bands" in d.message] == ["info"]
    assert met(either, [], {"x": ["z", "b", "a", "a", "a"]}) == ""


@pytest.mark.parametrize("name", ["t", "now", "total"])
def test_a_track_has_no_built_in_name(name: str) -> None:
    found = check(HEAD + f"hours: [{{id: h, on: service, track: {name}}}]\n")
    assert any(f"'{name}' is a built-in name" in d.message for d in found), found
