"""Which policies does the fuzzing try? The published ones with nodes, texts or bytes changed."""

from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ledger.policy.source import read_source
from tests.fuzz.texts import ODD_TEXTS, ODD_TIMES, Raw, damaged, mutated

FOLDER = Path(__file__).parents[2] / "ledger" / "policies"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
CASES = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "cases").glob("*.yaml")}


def tree_of(text: str) -> Any:
    return read_source(text).data


TREES = {name: tree_of(text) for name, text in TEXTS.items()}

WORDS = (
    "fact.hours", "fact.start", "fact.end", "fact.date", "fact.id", "fact.points", "fact.nothing",
    "counted", "claimed", "total", "today", "now", "hours", "points", "settings.x", "params.x",
    "posted.hours", "stars", "service", "redemption", "[1, 2]", "'text'", "true", "null", "0", "1",
    "-1", "0.1", "9" * 18, "1e400", "date('2026-02-28')", "date('0001-01-01')", "{}", "x",
)  # fmt: skip

CALLS = (
    "floor({})", "ceil({})", "abs({})", "number({})", "known({})", "text({}, {})", "get({}, {})",
    "tiers({}, {})", "distinct({})", "keys({})", "items({})", "year({})", "month({})", "day({})",
    "weekday({})", "month_end({})", "add_months({}, {})", "add_years({}, {})", "sum({})",
    "months_between({}, {})", "days_between({}, {})", "hours_between({}, {})", "count({})",
    "sum({} for m in {})", "max(m for m in {} if {})", "min({}, {})", "any({})", "all({})",
    "round_to({}, {}, 'up')", "blocks({}, {}, 'down')", "default({}, {})", "date({}, {}, {})",
    "workdays_between({}, {})", "is_workday({})", "date_of({})", "time_of_day({})",
    "breaks_within({})", "starts_with({}, {})", "since({})", "prior({})", "band({}, {})",
    "{} + {}", "{} - {}", "{} * {}", "{} / {}", "{} // {}", "{} % {}", "{} ** {}", "{} < {}",
    "{} == {}", "{} in {}", "{} not in {}", "{} and {}", "{} or not {}", "{} if {} else {}",
    "({})", "-{}", "{}[{}]", "{}.a", "[{}, {}]", "lambda: {}", "{}({})", "{} < {} < {}",
)  # fmt: skip


def expressions() -> SearchStrategy[str]:
    """Texts in the words of the language, sensible or not."""
    return st.recursive(
        st.sampled_from(WORDS),
        lambda inner: st.builds(
            lambda call, parts: call.format(*parts),
            st.sampled_from(CALLS),
            st.lists(inner, min_size=3, max_size=3),
        ),
        max_leaves=12,
    )


ODD_POLICY_VALUES: tuple[Any, ...] = (
    "9**9**9",
    "9" * 5000,
    int("9" * 18),
    10**40,
    -1,
    0,
    0.1,
    float("inf"),
    float("nan"),
    True,
    None,
    [],
    {},
    [[]],
    "(" * 100 + ")" * 100,
    "1" + "+1" * 900,
    "not " * 300 + "true",
    "__import__('os').system('true')",
    "().__class__.__bases__[0]",
    "sum(m for m in [1,2] for n in [1,2])",
    "x" * 100_000,
    "on",
    "total",
    "fact",
    "points",
    "hours",
    "last 9999 years",
    "last 0 days",
    "year from 13-45",
    "year from 02-30",
    "since joined",
    "+99:99",
    "-00:00",
    "9999-12-31",
    "0001-01-01",
    "02-30",
    "13-01",
    "00",
    "last",
)

odd = st.one_of(
    st.sampled_from(ODD_POLICY_VALUES).map(deepcopy),
    st.sampled_from([one for one in ODD_TEXTS if one.isprintable()]),
    st.sampled_from(ODD_TIMES),
    expressions(),
)


def _plain(value: Any) -> Any:
    """What YAML can write."""
    match value:
        case Raw(text):
            return text.decode("utf-8", "replace")[:3_000]
        case dict():
            return {_key(key): _plain(one) for key, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case str():
            return value.encode("utf-8", "replace").decode()
        case Decimal():
            return float(value)  # which YAML writes as it was
        case _:
            return value


def _key(key: Any) -> Any:
    return key.text.decode() if isinstance(key, Raw) else _plain(key)


@st.composite
def documents(draw: DrawFn, sources: dict[str, Any]) -> str:
    """The text of a policy or of its cases, changed."""
    tree = draw(mutated(st.sampled_from(list(sources.values())), most=3, values=odd))
    text: str = yaml.safe_dump(_plain(tree), allow_unicode=True, sort_keys=False)
    if draw(st.integers(0, 5)) == 0:
        text = draw(damaged(text.encode())).decode("utf-8", "surrogateescape")
    return text


def bombs() -> dict[str, str]:
    """Texts made to take all memory or all time."""
    head = "policy: bomb\nname: x\nfacts: {service: visit}\n"
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    chain = "".join(f"  v{n}: v{n - 1} * v{n - 1}\n" for n in range(1, 200))
    sums = "".join(f"  v{n}: v{n - 1} + v{n - 1}\n" for n in range(1, 200))
    circle = "".join(f"  v{n}: v{(n + 1) % 50}\n" for n in range(50))
    rules = "".join(
        f"  - {{id: r{n}, on: service, currency: points, amount: 'sum(m for m in [1,2,3])'}}\n"
        for n in range(3_000)
    )
    return {
        "billion laughs": "a0: &a0 [x,x,x]\n" + laughs,
        "alias to itself": "a: &a [*a]\n",
        "merge keys": "a: &a {b: 1}\nc: {<<: *a, <<: *a}\n",
        "brackets": "[" * 300_000,
        "braces": "{a: " * 100_000,
        "deep block": "".join(f"{' ' * n}a:\n" for n in range(600)),
        "long scalar": head + "note: " + "x" * 600_000,
        "many nodes": head + "clauses:\n" + "".join(f"  c{n}: x\n" for n in range(60_000)),
        "number": head + "params: {x: {2026-01-01: " + "9" * 200_000 + "}}\n",
        "exponent": head + "values: {v: 1e999999999}\n",
        "tower": head + "values: {v: 9**9**9**9}\n",
        "squares": head + "values:\n  v0: 10\n" + chain,
        "doubled names": head + "values:\n  v0: hours\n" + sums,
        "circle": head + "values:\n" + circle,
        "tags": "!!python/object/apply:os.system ['true']\n",
        "binary": "!!binary aGVsbG8=\n",
        "nul": head + "note: \x00\n",
        "bom": "\ufeff" + head,
        "nested lists": head + "values: {v: '" + "[" * 39 + "]" * 39 + "'}\n",
        "wide list": head + "values: {v: '[" + "1," * 900 + "1]'}\n",
        "loops": head + "values: {v: 'sum(sum(sum(1 for a in [1]) for b in [1]) for c in [1])'}\n",
        "unary": head + "values: {v: '" + "- " * 900 + "1'}\n",
        "regex": head.replace("bomb", "a" * 100_000 + "!"),
        "rules": head + "currencies: {points: {}}\npoints:\n" + rules,
        "names alike": head
        + "values:\n"
        + "".join(f"  {'abcdefgh' * 6}{n}: {'abcdefgh' * 6}x{n}\n" for n in range(1_500)),
    }
