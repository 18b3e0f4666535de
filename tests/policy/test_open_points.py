"""What the text leaves open is asked only of those whose outcome depends on it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.policy import load, run_cases

LADDERS = """
policy: t
name: t
settings: {s: {question: q, choices: [whole, half]}}
facts: {bulk: {attributes: {n: number}}}
hours: [{id: h, on: bulk, amount: fact.n}]
values: {x: "hours if settings.s == 'whole' else hours / 2"}
ladders:
  star: {basis: x, reach: at_least, demotion: never, levels: {1: 100, 2: 1000}}
  medal: {basis: x, reach: at_least, demotion: never, each: true, levels: {silver: 1000}}
"""


@pytest.mark.parametrize(
    ("hours", "expect"),
    [
        ([10], {"star": 0, "medal": []}),
        ([300], {"star": 1}),
        ([2000, 1], {"star": 2, "medal": ["silver"]}),
        ([1100], {"undetermined": "?"}),
    ],
)
def test_a_basis_is_asked_for_only_where_levels_differ(hours: list[int], expect: Any) -> None:
    events = [{"type": "bulk", "n": n} for n in hours]
    result = run_cases(load(LADDERS), [{"id": 1, "events": events, "expect": expect}])[0]
    assert (result.verdict, result.asked) == ("met", "s" if "undetermined" in expect else "")


CAPPED = """
policy: t
name: t
midnight: start
settings: {noon: {question: q, type: number, choices: [12, 12.5, 13]}}
tables:
  mornings:
    "12": [{start: "00:00", end: "12:00"}]
    "25/2": [{start: "00:00", end: "12:30"}]
    "13": [{start: "00:00", end: "13:00"}]
facts: {service: visit}
currencies: {points: {}}
hours:
  - {id: morning, on: service, amount: "breaks_within(mornings[text(settings.noon)])",
     caps: [{max: 4, per: day}]}
points: [{id: p, on: service, amount: counted}]
""".replace('"25/2"', '"12.5"')


@pytest.mark.parametrize(("start", "asked"), [("07:00", ""), ("08:00", ""), ("10:00", "noon")])
def test_an_amount_is_not_asked_for_where_a_cap_makes_all_choices_alike(
    start: str, asked: str
) -> None:
    event = {"type": "service", "start": f"2024-05-01T{start}", "end": "2024-05-01T14:00"}
    expect = {"undetermined": "?"} if asked else {"hours": 4, "points": 4}
    result = run_cases(load(CAPPED), [{"id": 1, "events": [event], "expect": expect}])[0]
    assert (result.verdict, result.asked) == ("met", asked), result.message


def test_what_is_asked_first_is_named_and_nothing_is_left_half_done() -> None:
    plan = load(LADDERS)
    facts = [plan.fact(str(n), "bulk", f"2024-01-0{n}", n=n * 500) for n in (1, 2, 3)]
    outcome = plan.fold(facts, keep_going=True)
    assert [(fact.id, str(error)[:11]) for fact, error in outcome.rejected] == [
        ("2", "setting 's'")
    ]
    assert outcome.state["hours"] == 2000 * 3600
    assert plan.settings == {}
