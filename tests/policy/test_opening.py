"""Does time pass in a state that an example begins with, and from when to when?"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.policy import Posting, load, opening
from tests.policy.telling import told

HEAD = "policy: t\nname: t\nfacts:\n  e: event\n  year_end: {timer: {every: year, on: 12-31}}\n"
EXPIRING = HEAD + (
    "currencies:\n"
    "  points: {scale: 0, expiry: {on: 'date(year(today), 12, 31)'}}\n"
    "  gift: {initial: {amount: 5}}\n"
    "measures: {ends: {count: year_end}, month: {count: e, window: month}}\n"
    "points: [{id: e, on: e, amount: 1}]\n"
)


@pytest.mark.parametrize(
    ("example", "points", "ends"),
    [
        ({"state": {"points": 101, "date": "2024-12-30"}}, 1, 1),
        ({"state": {"points": 101}, "at": "2024-12-30"}, 1, 1),
        ({"state": {"points": {"2023-05": 90, "2024-05": 9}, "date": "2024-12-30"}}, 1, 1),
        ({"state": {"points": 101}}, 102, 0),
        ({"state": {"points": {"2024-05": 90, "2025-01": 9}, "date": "2025-01-01"}}, 10, 0),
    ],
)
def test_what_was_so_expires_and_meets_the_calendar(
    example: dict[str, Any], points: int, ends: int
) -> None:
    plan = load(EXPIRING)
    events = [{"type": "e", "date": "2025-01-02"}]
    assert told(plan, "points ends gift", events=events, **example) == [points, ends, 5]


def test_what_happened_before_the_states_moment_meets_the_calendar_once() -> None:
    events = [{"type": "e", "dates": ["2023-12-30", "2025-01-02"]}]
    state = {"points": 101, "date": "2024-12-30"}
    assert told(load(EXPIRING), "points ends", events=events, state=state) == [1, 2]


def test_an_undated_example_is_read_at_its_last_event() -> None:
    plan = load(EXPIRING)
    events = [{"type": "e", "dates": ["2019-03-01", "2019-04-30"]}]
    assert told(plan, "points month", events=events) == [2, 1]
    assert told(plan, "points month", events=events, at="2019-05-01") == [2, 0]
    dated = load(EXPIRING + "cases: {at: 2020-01-01}\n")
    assert told(dated, "points ends", events=events) == [0, 1]


def test_an_opening_posts_what_is_initial_and_what_had_expired() -> None:
    plan = load(EXPIRING)
    balance = {"points": {"2023-05": 90, "2024-05": 9}}
    begun = opening(plan, balance, plan.clock.moment("2024-12-30"))
    posted = [(e.currency, e.amount, e.counter) for e in begun.entries if isinstance(e, Posting)]
    assert posted == [("gift", 5, "opening"), ("points", -90, "expiry")]
    assert begun.state["points"] == 9
