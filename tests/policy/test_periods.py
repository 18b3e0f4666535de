"""Does a balance that begins anew with each period do so at the period's first moment?"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from ledger.policy import Fact, Plan, Posting, Timeline, check, load
from ledger.policy.dates import bucket, period_starts
from tests.policy.telling import told

YEARLY = """
policy: t
name: t
clauses: {c1: "基础分为60分,扣分后下限为0分,次年重新计算"}
facts:
  meeting: event
  deduct: {attributes: {points: number}}
  buy: {kind: request, attributes: {points: number}}
currencies:
  score: {below_zero: floor, initial: {amount: 60, per: year, clauses: c1}}
points:
  - {id: meeting, on: meeting, currency: score, amount: 1}
  - {id: deduct, on: deduct, currency: score, amount: -fact.points}
requests: [{id: buy, on: buy, price: [{amount: fact.points, from: score}]}]
"""
PLAN = load(YEARLY)


def score(plan: Plan, *events: dict[str, Any], **more: Any) -> Any:
    [found] = told(plan, "score", events=list(events), **more)
    return found


def deduct(day: str, points: int) -> dict[str, Any]:
    return {"type": "deduct", "date": day, "points": points}


NEW_YEAR = "2025-01-01"
MET = {"type": "meeting", "date": "2024-04-01"}


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([MET], 61),
        ([MET, {"type": "meeting", "date": NEW_YEAR}], 61),
        ([MET, deduct(NEW_YEAR, 2)], 58),
        ([deduct("2024-12-31", 70), deduct(NEW_YEAR, 2)], 58),
        ([deduct(NEW_YEAR, 2), deduct("2025-12-31T23:59:59", 3)], 55),
        ([MET, deduct("2027-02-01", 1)], 59),
    ],
)
def test_on_the_first_day_the_base_is_there(events: list[dict[str, Any]], told: int) -> None:
    assert score(PLAN, *events) == told


def test_a_balance_brought_over_stays_until_the_next_period() -> None:
    state = {"score": 7, "date": NEW_YEAR}
    assert score(PLAN, deduct("2025-02-01", 2), state=state) == 5
    assert score(PLAN, deduct("2026-02-01", 2), state=state) == 58


def test_every_point_has_its_posting_with_rule_and_clause_and_is_due() -> None:
    begun = PLAN.clock.moment("2024-06-01")
    state = PLAN.fold([Fact("m", "meeting", begun)]).state
    new_year = PLAN.clock.moment(NEW_YEAR)
    assert PLAN.due(state) == new_year
    assert PLAN.advance(state, new_year - 1)[1] == []
    later, entries = PLAN.advance(state, new_year)
    assert entries == [
        Posting("", new_year, "score", -61, "expiry", "currencies.score.initial", ("c1",)),
        Posting("", new_year, "score", 60, "opening", "currencies.score.initial", ("c1",)),
    ]
    assert PLAN.advance(later, new_year)[1] == []
    assert PLAN.due(later) == PLAN.clock.moment("2026-01-01")
    spent = PLAN.fact("b", "buy", NEW_YEAR, points=60)
    assert [one.accepted for one in PLAN.decide(state, spent)[0]] == [True]


def test_a_score_below_zero_is_made_even_and_what_is_owed_stays_owed() -> None:
    fell = deduct("2024-12-31", 70)
    allow = YEARLY.replace("below_zero: floor", "below_zero: allow")
    assert score(load(allow), fell, deduct(NEW_YEAR, 0)) == 60
    owed = allow.replace(
        "below_zero: allow", "below_zero: allow, debt: {offset: 1, write_off: never}"
    )
    assert score(load(owed), fell, deduct(NEW_YEAR, 0)) == 50


def test_points_may_expire_within_the_period() -> None:
    monthly = YEARLY.replace("below_zero: floor", "below_zero: floor, expiry: {months: 1}")
    assert score(load(monthly), deduct("2024-03-01", 1), deduct("2024-05-01", 1)) == 0
    ends = YEARLY.replace("below_zero", 'expiry: {on: "date(year(today), 12, 31)"}, below_zero')
    assert score(load(ends), MET, deduct(NEW_YEAR, 2)) == 58


@pytest.mark.parametrize(
    "per", ["month", "quarter", "half", "year", "year from 09-01", "year from 02-29"]
)
def test_a_period_begins_where_its_window_does(per: str) -> None:
    assert check(YEARLY.replace("per: year", f"per: {per}")) == []
    name = bucket(per)
    assert name is not None
    first = date(2023, 1, 15)
    days = [date.fromordinal(first.toordinal() + n) for n in range(800)]
    begins = [two for one, two in pairwise(days) if name(one) != name(two)]
    assert period_starts(per, first, days[-1]) == begins


def test_a_later_document_does_not_begin_before_its_day() -> None:
    plain = load(YEARLY.replace("per: year, ", ""))
    monthly = load(YEARLY.replace("per: year", "per: month"))
    line = Timeline([(date(2024, 1, 1), plain), (date(2024, 9, 1), monthly)])
    days = ["2024-06-10", "2024-10-02"]
    facts = [line.plans[0].fact(day, "meeting", day) for day in days]
    renewed = [e.at for e in line.fold(facts).entries if isinstance(e, Posting) and not e.fact]
    moments = ["2024-06-10", *["2024-09-01"] * 2, *["2024-10-01"] * 2]
    assert renewed == [plain.clock.moment(day) for day in moments]
