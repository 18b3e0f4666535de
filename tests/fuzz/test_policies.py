"""Is every text that claims to be a policy either one, or refused by line, in bounded time?"""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.rulebook import parse
from ledger.errors import LedgerError
from ledger.policy import (
    CaseResult,
    Diagnostic,
    EvaluationError,
    Fact,
    MissingSetting,
    Plan,
    PolicyError,
    check,
    load,
    run_cases,
)
from ledger.store.database import Database
from tests.effort import examples
from tests.fuzz.events import batches, facts
from tests.fuzz.policies import CASES, TEXTS, TREES, bombs, documents, expressions, tree_of
from tests.fuzz.test_events import ALL, recorded

Result = TypeVar("Result")

SECONDS = 20.0
"""Of the processor, for one text, on a slow machine."""


def in_time(do: Callable[[], Result]) -> Result:
    """What `do` gives, if it takes no more than SECONDS."""
    began = time.process_time()
    try:
        return do()
    finally:
        assert time.process_time() - began < SECONDS


@examples(60)
@given(documents(TREES))
def test_a_text_is_a_policy_or_is_refused_by_line(text: str) -> None:
    found = in_time(lambda: check(text))
    assert all(isinstance(one, Diagnostic) and one.line > 0 for one in found)
    try:
        in_time(lambda: load(text))
    except PolicyError as error:
        assert error.diagnostics
        assert any(one.severity == "error" for one in found)
        with pytest.raises(LedgerError):
            parse(text, "test")
    else:
        assert not any(one.severity == "error" for one in found)


TEMPLATE = """
policy: fuzzed
name: x
facts:
  service: visit
  gift: {{kind: event, attributes: {{points: number, list: list, map: map, any: any, day: date}}}}
  redemption: {{kind: request, attributes: {{points: number}}}}
currencies: {{points: {{below_zero: allow}}}}
measures: {{given: {{sum: fact.points, of: gift, window: month}}}}
params: {{x: {{2026-01-01: 5}}}}
tables: {{table: {{a: 1, b: [1, 2]}}}}
settings: {{x: {{question: which, type: number, choices: [1, 2]}}}}
ladders: {{stars: {{basis: hours, levels: {{1: 10, 2: 20}}, reach: at_least}}}}
values: {{v: {value}}}
hours: [{{id: served, on: service, overlap: each, open: 0, amount: {hours}}}]
points: [{{id: given, on: gift, currency: points, when: {when}, amount: {amount}}}]
requests: [{{id: shop, on: redemption, price: [{{amount: fact.points, from: points}}]}}]
"""


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@examples(150)
@given(st.data())
def test_an_expression_gives_a_value_or_says_why_not(data: st.DataObject) -> None:
    tame = st.sampled_from(("1", "fact.points", "true", "known(fact.any)"))
    parts = {
        name: quoted(data.draw(st.one_of(expressions(), tame), name))
        for name in ("value", "hours", "when", "amount")
    }
    text = TEMPLATE.format(**parts)
    try:
        plan = load(text)
    except PolicyError:
        return
    policy = parse(text, "test")
    for number, said in enumerate(data.draw(st.lists(facts(policy), max_size=4), "facts")):
        at = 1_780_000_000 + number * 100
        end = at + 3600 if said["fact"] == "service" else None
        judged(plan, Fact(f"f{number}", said["fact"], at, end, said["attributes"]))


def judged(plan: Plan, fact: Fact) -> None:
    """Nothing but a reason comes of a fact that can't be judged."""
    context = plan.context()
    try:
        in_time(lambda: plan.apply(context, plan.bind(fact)))
        in_time(lambda: plan.decide(context.state, fact))
        plan.read(context.state, fact.at + 10**7)
    except (EvaluationError, MissingSetting) as error:
        assert str(error)


@examples(30)
@given(st.sampled_from(sorted(TEXTS)), documents({n: tree_of(text) for n, text in CASES.items()}))
def test_cases_come_out_somehow_or_are_refused(name: str, text: str) -> None:
    plan = load(TEXTS[name])
    try:
        results = in_time(lambda: run_cases(plan, text))
    except PolicyError as error:
        assert error.diagnostics
    else:
        assert all(isinstance(one, CaseResult) for one in results)


@examples(10)
@given(st.data())
def test_under_a_strange_policy_the_ledger_stays_sound(data: st.DataObject) -> None:
    try:
        policy = parse(data.draw(documents(TREES), "policy"), "test")
    except LedgerError:
        policy = data.draw(st.sampled_from(ALL), "instead")
    database = Database("sqlite://")
    database.create()
    try:
        recorded(database, policy, data.draw(batches(policy), "batches"))
    finally:
        database.close()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from ledger.policy import check
from tests.fuzz.policies import bombs
for name, text in bombs().items():
    found = check(text)
    errors = [one for one in found if one.severity == "error"]
    print(name, "|", str(errors[0])[:200].replace(chr(10), " ") if errors else "fine")
"""


def test_a_bomb_does_not_go_off() -> None:
    """All of them in one process with 1 GiB of memory and half a minute of the processor."""
    run = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-2000:]
    verdicts = dict(line.split(" | ", 1) for line in run.stdout.splitlines())
    assert verdicts.keys() == bombs().keys()
    for name in ("billion laughs", "brackets", "tags", "tower", "circle", "doubled names", "regex"):
        assert verdicts[name] != "fine", name
