"""Folding is the same whatever order facts arrive in, step by step or at once."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.policy import (
    EvaluationError,
    Fact,
    HourEntry,
    MissingSetting,
    OutOfOrder,
    Posting,
    load,
)
from ledger.policy.opening import opening

HERE = Path(str(resources.files("ledger"))) / "policies"
NATIONAL = load((HERE / "national-ladder.yaml").read_text())

RICH = load("""
policy: rich
name: {zh: 综合, en: everything at once}
midnight: split
facts:
  service: {kind: visit, attributes: {approved: {type: bool, default: true}}}
  approval: {kind: amendment, amends: service}
  penalty: {attributes: {points: number}}
  redeem: {kind: request, attributes: {points: number}}
  year_end: {timer: {every: year, on: 12-31}}
currencies:
  points: {scale: 1, rounding: half_up, below_zero: allow, expiry: {months: 12},
           caps: [{max: 900, per: year, over: spare}]}
  spare: {scale: 1, rounding: half_up}
  score: {below_zero: allow, initial: {amount: 20, per: quarter}, expiry: {months: 2}}
measures:
  this_month: {sum: counted, of: service, window: month}
  lately: {count: service, where: counted > 0, window: last 30 days}
  longest: {max: counted, of: service}
hours:
  - {id: h, on: service, overlap: once, open: 0, require: [{if: fact.approved, else: 未批准}],
     round: {to: 0.25, mode: down, per: day}, caps: [{max: 8, per: day}]}
points:
  - {id: per-hour, on: service, basis: counted, per: month,
     amount: "tiers(total, [[20, 1], [null, 0.5]])"}
  - {id: penalty, on: penalty, amount: -fact.points}
  - {id: fault, on: penalty, currency: score, amount: -2 * fact.points}
  - {id: bonus, entitled: "10 * rank(star)", falls: keep}
  - {id: welcome, on: reached, amount: "5 if fact.level == 1 else 0"}
requests:
  - {id: redeem, on: redeem, price: [{amount: fact.points, from: [points, spare]}]}
ladders:
  star: {basis: hours, reach: at_least, demotion: always, levels: {1: 10, 2: 30}}
""")

DAY = 86_400
BASE = 1_700_000_000


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    facts = []
    for i in range(draw(st.integers(0, 25))):
        at = BASE + draw(st.integers(0, 500 * DAY))
        kind = draw(st.sampled_from(["service", "service", "service", "penalty", "redeem"]))
        if kind == "service":
            length = draw(st.one_of(st.none(), st.integers(0, 20 * 3600)))
            end = None if length is None else at + length
            approved = draw(st.booleans())
            facts.append(Fact(f"f{i}", kind, at, end, {"activity": "A", "approved": approved}))
            if not approved and draw(st.booleans()):
                facts.append(Fact(f"a{i}", "approval", at + 5 * DAY, None,
                                  {"of": f"f{i}", "approved": True}))  # fmt: skip
        else:
            facts.append(Fact(f"f{i}", kind, at, None, {"points": draw(st.integers(0, 9))}))
    return facts


@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_arrival_order_and_duplicates_change_nothing(history: list[Fact], random: object) -> None:
    shuffled = [*history, *history[: len(history) // 2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = RICH.fold(history), RICH.fold(shuffled)
    assert one.state == two.state
    assert one.entries == two.entries


@settings(max_examples=80, deadline=None)
@given(histories())
def test_steps_through_stored_json_equal_one_fold(history: list[Fact]) -> None:
    whole = RICH.fold(history)
    state = RICH.start()
    entries: list[object] = []
    for fact in RICH.order(history):
        before = json.dumps(state, sort_keys=True)
        new, more = RICH.step(json.loads(json.dumps(state)), fact)
        assert json.dumps(state, sort_keys=True) == before
        state, entries = new, entries + more
    assert json.dumps(state, sort_keys=True) == json.dumps(whole.state, sort_keys=True)
    assert entries == whole.entries


@settings(max_examples=100, deadline=None)
@given(histories())
def test_balances_and_hours_are_the_sums_of_their_entries(history: list[Fact]) -> None:
    outcome = RICH.fold(history)
    for currency in ("points", "spare", "score"):
        posted = sum(getattr(e, "amount", 0) for e in outcome.entries
                     if getattr(e, "currency", "") == currency)  # fmt: skip
        assert posted == outcome.state.get(currency, 0)
    hours = [e for e in outcome.entries if isinstance(e, HourEntry) and e.status == "counted"]
    counted = sum(e.seconds for e in hours)
    assert counted == outcome.state.get("hours", 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3000)), max_size=12))
def test_overlap_counts_once(spans: list[tuple[int, int]]) -> None:
    facts = [Fact(str(i), "service", BASE + a, BASE + a + n) for i, (a, n) in enumerate(spans)]
    covered = {s for a, n in spans for s in range(a, a + n)}
    assert NATIONAL.fold(facts).state.get("hours", 0) == len(covered)


HOLDS = load("""
policy: holds
name: 公示
midnight: split
facts:
  service: {kind: visit, attributes: {ok: {type: bool}}}
  confirm: {kind: amendment, amends: service}
  quarter: {timer: {every: quarter, on: last}}
currencies: {points: {expiry: {months: 6}, rounding: down, below_zero: allow}}
measures: {counts: {sum: counted, of: service, window: quarter}}
hours: [{id: h, on: service, overlap: once, open: 0, caps: [{max: 30, per: month}],
         hold: [{if: not fact.ok,
                 until: "null if fact.ok == false else date_of(fact.end) + 60"}]}]
points: [{id: p, on: service, basis: counted, per: quarter, amount: floor(total / 3)},
         {id: lose, on: quarter, amount: -floor(points / 2)}]
ladders: {star: {basis: hours, reach: at_least, demotion: always, levels: {1: 10, 2: 30}}}
""")


@st.composite
def held_histories(draw: st.DrawFn) -> list[Fact]:
    facts = []
    for i in range(draw(st.integers(1, 12))):
        at = BASE + draw(st.integers(0, 300 * DAY))
        facts.append(Fact(f"f{i}", "service", at, at + draw(st.integers(0, 12 * 3600))))
        said = draw(st.sampled_from([None, None, True, False]))
        if said is not None:
            when = at + draw(st.integers(0, 90 * DAY))
            facts.append(Fact(f"c{i}", "confirm", when, None, {"of": f"f{i}", "ok": said}))
    return facts


@settings(max_examples=100, deadline=None)
@given(held_histories(), st.randoms(use_true_random=False))
def test_holds_end_alike_step_by_step_and_at_once_in_any_order(
    history: list[Fact], random: object
) -> None:
    shuffled = [*history, *history]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = HOLDS.fold(history)
    assert HOLDS.fold(shuffled) == whole
    ordered, state = HOLDS.order(history), HOLDS.start()
    for number, fact in enumerate(ordered, 1):
        due = HOLDS.due(state)
        try:
            state, _ = HOLDS.step(state, fact)
        except OutOfOrder:  # a hold is over
            assert due is not None and due <= fact.at
            state = HOLDS.fold(ordered[:number]).state
    assert state == whole.state
    later = HOLDS.fold(history, horizon=BASE + 400 * DAY)
    held = [e for e in later.entries if isinstance(e, HourEntry) and e.status == "pending"]
    assert {e.fact for e in held} <= {f.id for f in ordered if f.attrs.get("ok") is False}


def test_an_older_fact_and_an_amendment_ask_for_a_new_fold() -> None:
    state, _ = RICH.step(RICH.start(), Fact("1", "penalty", BASE, None, {"points": 1}))
    with pytest.raises(OutOfOrder):
        RICH.step(state, Fact("0", "penalty", BASE - 1, None, {"points": 1}))
    with pytest.raises(OutOfOrder):
        RICH.step(state, Fact("2", "approval", BASE + 1, None, {"of": "1"}))


def test_an_open_point_is_asked_for_and_only_where_it_matters() -> None:
    plan = load("""
policy: open
name: 开放
settings:
  remainder: {question: 零头怎么办?, choices: [drop, prorata]}
facts: {service: visit}
currencies: {points: {scale: 1}}
hours: [{id: h, on: service}]
points: [{id: p, on: service, amount: "blocks(counted, 2, settings.remainder)"}]
""")
    whole = Fact("1", "service", BASE, BASE + 7200)
    assert plan.fold([whole]).state["points"] == 10
    with pytest.raises(MissingSetting) as asked:
        plan.fold([Fact("1", "service", BASE, BASE + 9000)])
    assert asked.value.key == "remainder"
    with pytest.raises(MissingSetting) as asked:
        plan.fold([whole, Fact("2", "service", BASE + 60, BASE + 120)])
    assert asked.value.key == "hours.h.overlap"
    with pytest.raises(MissingSetting, match=r"currencies\.points\.rounding"):
        plan.with_settings({"remainder": "prorata"}).fold([Fact("1", "service", BASE, BASE + 9000)])
    decided = plan.with_settings({"remainder": "prorata", "currencies.points.rounding": "down"})
    assert decided.fold([Fact("1", "service", BASE, BASE + 9000)]).state["points"] == 12


def test_a_fact_that_cannot_be_judged_is_set_aside_with_its_reason() -> None:
    outcome = NATIONAL.fold(
        [Fact("1", "unheard", BASE), Fact("2", "service", BASE, BASE + 3600)], keep_going=True
    )
    assert outcome.state["POINTS"] == 1
    assert [(f.id, type(e)) for f, e in outcome.rejected] == [("1", EvaluationError)]


def test_points_expire_oldest_first_and_balances_open() -> None:
    balance = {"points": {"2023-01": 10, "2023-06": 5}}
    begun = opening(RICH, balance, RICH.clock.moment("2023-07-01"))
    later, entries = RICH.advance(begun.state, RICH.clock.moment("2024-03-01"))
    assert later["points"] == 50
    assert [e.amount for e in entries if isinstance(e, Posting) and e.currency == "points"] == [
        -100
    ]
