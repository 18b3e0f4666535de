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
        ("values: {a: hours ≥ 3}\n", 5, "not an expression", "write >="),
        ("values: {a: hours > 3 && hours < 5}\n", 5, "'&&'", "write and"),
        ("values: {a: hours > 3 或 hours < 1}\n", 5, "'或'", "write or"),
        ("values: {a: hours>=3且hours<5}\n", 5, "'且'", "write and"),
        ("values: {a: hours >= 50%}\n", 5, "50%", "write 0.5"),
        ("values: {a: time_of_day(now) >= 22:30}\n", 5, "22:30", "time_of_day(fact.start) >= 22.5"),
        ("values: {a: today >= 2024-01-01}\n", 5, "2024-01-01", "date('2024-01-01')"),
        ("values: {a: today >= 2024-10-11}\n", 5, "2024-10-11", "date('2024-10-11')"),
        ("values: {a: 'sum(b.from for b in [1])'}\n", 5, "`from` is reserved", "write b['from']"),
        ("values: {a: 'len([1])'}\n", 5, "no function 'len'", "count()"),
        ("values: {a: hour(now)}\n", 5, "no function 'hour'", "time_of_day()"),
        ("values: {a: \"'x' == “x”\"}\n", 5, "full-width '“'", 'half-width "'),
        ("values: {a: hours > 50小时}\n", 5, "with a unit", "write 50"),
        ("values: {a: max(hours, 1)}\n", 5, "'1)' is not a name", "it has a comma"),
        ("conduct: [{id: c, when: max(hours, 2) > 1, as: x}]\n", 5, "'2) > 1'", "it has a comma"),
        ("conduct: [{id: c, note: a: b}]\n", 5, "not YAML", "quote texts that contain"),
        ("examples: []\n", 5, "'examples'", "stand in a second file"),
        ("values: {in: 1}\n", 5, "'in' is a built-in name", "another"),
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
        "settings: {s: {question: 几分?, type: number}}\nvalues: {v: settings.s}\n"
        "bands: {b: {bands: [{from: 1, to: 2, value: 1}, {from: 3, to: 5, value: 2},"
        " {from: 5, to: 6, value: 3}]}}\n"
        "ladders: {star: {basis: hours, levels: {1: 100, 2: 90}}}\n"
    )
    messages = " ".join(d.message for d in check(text))
    assert "setting 's' has no value" in messages
    assert "gap" in messages and "two bands" in messages and "never be held" in messages


def test_a_syntax_error_without_an_equals_sign_is_no_comparison() -> None:
    for text in ("hours 3", "hours >= 3 = 3", "'a = b' hours", "hours >= 3 4"):
        advice = [d.advice for d in check(HEAD + f'values: {{a: "{text}"}}\n')]
        assert any("==" in one for one in advice) is (text == "hours >= 3 = 3"), (text, advice)


def test_an_attribute_of_another_fact_is_told_with_where_it_is_declared() -> None:
    text = HEAD.replace(
        "visit}", "visit, certify: {kind: amendment, amends: service, attributes: {photos: number}}"
        ", meal: {attributes: {eaten: number, from: text}}}",
    ).replace("once}", "once, when: fact.photos > fact.eaten}")  # fmt: skip
    told = [d.advice for d in check(text)]
    assert told == ["declared on the amendment `certify` only; declare it on `service` too"]
    told = [d.advice for d in check(text.replace("fact.photos", "1"))]
    assert told == ["declared on `meal` only; declare it on `service` too, or change on:"]
    text = text.replace("fact.photos > fact.eaten", "true")
    assert check(text + "measures: {m: {count: meal, where: \"fact['from'] == 'x'\"}}\n"
                 "values: {v: m}\n") == []  # fmt: skip


def test_what_nothing_reads_is_warned_of_and_reports_are_not() -> None:
    text = HEAD.replace("once}", 'once, clauses: c1, when: "rates[fact.type] > params.p"}') + (
        "clauses: {c1: 一, c2: 二, c3: 三}\n"
        "settings: {s: {question: q, clauses: c2, value: a},"
        " asked: {question: q, type: number, value: 1}}\n"
        "params: {p: {2020-01-01: 1}, q: {2020-01-01: 1}}\n"
        "tables: {rates: {service: 2}, u: {a: 1}}\n"
        "bands: {b: {bands: [{from: 1, value: 1}]}}\n"
        "measures: {m: {count: service}, n: {count: service, where: m < settings.asked}}\n"
        "values: {report: hours}\n"
    )
    told = {(d.message, d.severity) for d in check(text)}
    assert told == {
        ("no rule reads the setting 's'", "warning"), ("no rule reads params.q", "warning"),
        ("no rule reads 'u'", "warning"), ("no rule reads 'b'", "warning"),
        ("no rule reads the measure 'n'", "info"), ("no rule cites c2, c3", "info"),
    }  # fmt: skip
    told = {(d.message, d.severity) for d in check(text.replace("report: hours", "t2: 1, u2: t2"))}
    assert ("no rule cites c2, c3", "info") in told
    bare = text.replace("values: {report: hours}\n", "")
    assert ("no rule cites c2, c3", "warning") in {(d.message, d.severity) for d in check(bare)}


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
