"""A measure gives back what was put into it, and the order of declarations changes nothing."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from ledger.policy import Plan, check, load, run_cases
from ledger.policy.opening import opening

HEAD = "policy: t\nname: t\nmidnight: start\nfacts: {login: {attributes: {who: text}}}\n"
DAYS = (
    HEAD
    + """
measures:
  last_day: {last: today, of: login}
  first_day: {first: fact.date, of: login}
  highest: {max: "default(null, today)", of: login}
  days: {list: today, of: login}
  by_who: {last: today, of: login, by: fact.who}
  all_by_who: {list: today, of: login, by: fact.who}
  monthly: {min: today, of: login, window: month}
  lately: {list: today, of: login, window: last 12 months}
  moment: {last: now, of: login}
  how_many: {count: login, by: fact.who}
"""
)
LOGINS = [{"type": "login", "who": "甲", "date": day} for day in ("2024-04-30", "2024-05-01")]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("last_day == date('2024-05-01') and last_day < date('2024-05-02')", True),
        ("date('2024-05-03') - last_day", 2),
        ("first_day + 1", "2024-05-01"),
        ("highest == date('2024-05-01')", True),
        ("days_between(monthly, today)", 4),
        ("previous(monthly) == date('2024-04-30') and monthly['2024-04'] < today", True),
        ("date('2024-05-01') in days and date('2024-05-02') not in lately", True),
        ("'2024-05-01' in days", True),
        ("count(d for d in days if d >= date('2024-05-01'))", 1),
        ("today - by_who['甲']", 4),
        ("today - max(by_who)", 4),
        ("all_by_who['甲'][0] == first_day", True),
        ("hours_between(moment, now)", 96),
        ("how_many['甲'] + 1", 3),
    ],
)
def test_a_date_or_time_is_read_back_as_one(value: str, wanted: Any) -> None:
    plan = load(DAYS + f'values: {{x: "{value}"}}\n')
    case = {"id": 1, "events": LOGINS, "at": "2024-05-05", "expect": {"x": wanted}}
    result = run_cases(plan, [case])[0]
    assert result.verdict == "met", result.message


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("last_day == '2024-05-01'", "a date is compared with a text"),
        ("monthly['2024-04'] > 3", "a date is compared with a number"),
        ("3 in days", "a number is looked for in a list of dates"),
        ("count(d for d in days if d == 'x')", "a date is compared with a text"),
    ],
)
def test_what_a_measure_keeps_is_known_to_the_check(value: str, wrong: str) -> None:
    found = check(DAYS + f'values: {{x: "{value}"}}\n')
    assert [d for d in found if wrong in d.message], found


def test_dates_outlast_a_stored_state_and_an_opening_gives_them() -> None:
    plan = load(DAYS)
    fact = plan.fact("1", "login", "2024-05-01", who="甲")
    state = json.loads(json.dumps(plan.fold([fact]).state))
    opened = opening(plan, {"last_day": "2024-05-01", "days": ["2024-05-01"]}, fact.at).state
    for name in ("last_day", "days"):
        assert state[name] == opened[name]
        assert plan.read(state, fact.at)[name] == plan.read(opened, fact.at)[name]


CHAIN = {
    "first": "first: {count: login}",
    "third": "third: {count: login, where: second == 2}",
    "second": "second: {sum: tripled / 3, where: first >= 2}",
    "own": "own: {count: login, where: own < 2}",
}


@pytest.mark.parametrize("names", [*permutations(CHAIN)])
def test_a_measure_sees_others_with_this_fact_wherever_they_stand(names: tuple[str, ...]) -> None:
    lines = "".join(f"  {CHAIN[name]}\n" for name in names)
    plan: Plan = load(f'{HEAD}values: {{tripled: "3 * min(first, 1)"}}\nmeasures:\n{lines}')
    expect = {"first": 4, "second": 3, "third": 1, "own": 2}
    result = run_cases(plan, [{"id": 1, "events": [*LOGINS, *LOGINS], "expect": expect}])[0]
    assert result.verdict == "met", result.message


def test_measures_that_read_each_other_are_refused() -> None:
    text = HEAD + (
        "values: {b_so_far: b}\nmeasures:\n"
        "  a: {count: login, where: b_so_far < 3}\n  b: {count: login, where: a < 3}\n"
    )
    assert any("read each other" in d.message for d in check(text))
