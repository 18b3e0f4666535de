"""A wrong document is told its line and what to write; a hostile one ends quickly."""

from __future__ import annotations

import time

import pytest

from ledger.policy import EvaluationError, Fact, Policy, PolicyError, check, load

HEAD = "policy: x\nname: x\nfacts: {service: visit}\nhours: [{id: h, on: service, overlap: once}]\n"


@pytest.mark.parametrize(
    ("text", "line", "wrong", "advice"),
    [
        ("values: {a: hour + 1}\n", 5, "'hour' is not declared", "hours"),
        ("values: {a: hours > 'x'}\n", 5, "number is compared with a text", "like with like"),
        ("values: {a: hours and true}\n", 5, "a condition is needed", "compare"),
        ("values: {a: flor(hours)}\n", 5, "no function 'flor'", "floor"),
        ("values: {a: settings.x}\n", 5, "'settings.x' is not declared", "declare"),
        ("values: {a: b, b: a}\n", 5, "in terms of itself", ""),
        ("values: {a: hours ≥ 3}\n", 5, "not an expression", ""),
        ("values: {a: （hours）}\n", 5, "full-width", "half-width"),
        ("values: {a: hours = 3}\n", 5, "not an expression", "=="),
        ("values:\n  a: 1\n  a: 2\n", 7, "stands here twice", "keep one"),
        ("ladder: {}\n", 5, "not a word of the policy language", "ladders"),
        ("ladders: {s: {levels: {1: 100}}}\n", 5, "has no basis", "basis: hours"),
        ("conduct: [{id: c, on: nothing}]\n", 5, "fact type 'nothing'", "declare"),
        ("grants: {g: {due: 1, clauses: c9}}\n", 5, "clause 'c9' is not quoted", "clauses"),
        ("measures: {m: {count: service, window: monthly}}\n", 5, "wrong form", "last 12 months"),
        ("values: {a: \"__import__('os').system('id')\"}\n", 5, "only the listed functions", ""),
        ('values: {a: "(lambda: 1)()"}\n', 5, "not part of the policy language", ""),
        ("values: {a: hours.__class__}\n", 5, "look-up needs", ""),
    ],
)
def test_a_mistake_is_told_with_line_and_advice(
    text: str, line: int, wrong: str, advice: str
) -> None:
    found = [d for d in check(HEAD + text) if d.severity == "error"]
    assert any(d.line == line and wrong in d.message and advice in d.advice for d in found), found


def test_open_settings_bands_and_unreachable_levels_are_warned_of() -> None:
    text = HEAD + (
        "settings: {s: {question: 几分?, type: number}}\n"
        "bands: {b: {bands: [{from: 1, to: 2, value: 1}, {from: 3, to: 5, value: 2},"
        " {from: 5, to: 6, value: 3}]}}\n"
        "ladders: {star: {basis: hours, levels: {1: 100, 2: 90}}}\n"
    )
    messages = " ".join(d.message for d in check(text))
    assert "setting 's' has no value" in messages
    assert "gap" in messages and "two bands" in messages and "never be held" in messages


CHAIN = "values:\n  v0: hours\n" + "".join(f"  v{i}: v{i - 1} + v{i - 1}\n" for i in range(1, 90))
HOSTILE = {
    "huge": "a: " + "x" * 2_000_000,
    "many nodes": "a: [" + "1," * 200_000 + "1]",
    "deep flow": "a: " + "[" * 100_000,
    "deep block": "".join(" " * i + "a:\n" for i in range(400)),
    "alias bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "tag": "a: !!python/object/apply:os.system ['id']\n",
    "not text": "\x00\x01\x02",
    "two documents": HEAD + "---\n" + HEAD,
    "doubling values": HEAD + CHAIN,
    "deep expression": HEAD + "values: {a: \"" + "(" * 900 + "1" + ")" * 900 + "\"}\n",
    "long minus": HEAD + "values: {a: \"" + "-" * 1900 + "1\"}\n",
    "long not": HEAD + "values: {a: \"" + "not " * 450 + "true\"}\n",
    "long chain": HEAD + "values: {a: \"" + "1+" * 900 + "1\"}\n",
    "power": HEAD + "values: {a: \"9**9**9**9\"}\n",
    "giant number": HEAD + "values: {a: " + "9" * 4000 + "}\n",
    "giant product": HEAD + "values: {a: \"" + "*".join(["999999999999999999"] * 60) + "\"}\n",
    "loops": HEAD + "values: {a: \"sum(sum(x for x in [1,2]) for y in [1,2])\"}\n",
    "many loops": HEAD + "values:\n" + "".join(
        f"  a{i}: 'sum(x for x in {'a' + str(i - 1) if i else '[1]'})'\n" for i in range(40)
    ),
    "text times number": HEAD + "values: {a: \"'x' * 999999999\"}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_quickly_in_an_error(name: str) -> None:
    began = time.perf_counter()
    found = check(HOSTILE[name])
    assert time.perf_counter() - began < 2
    assert any(d.severity == "error" for d in found)
    with pytest.raises(PolicyError):
        load(HOSTILE[name])


def test_numbers_cannot_grow_through_the_state() -> None:
    plan = load(
        HEAD + "person: {x: {type: number, default: 3}}\n"
        "conduct: [{id: grow, on: service, set: {x: x * x}}]\n"
    )
    facts = [Fact(str(i), "service", i * 10, i * 10 + 5) for i in range(30)]
    with pytest.raises(EvaluationError, match="beyond all bounds"):
        plan.fold(facts)


def test_the_schema_for_editors_names_every_section() -> None:
    schema = Policy.model_json_schema()
    assert {"hours", "points", "ladders", "settings", "clauses"} <= schema["properties"].keys()
    assert schema["additionalProperties"] is False
