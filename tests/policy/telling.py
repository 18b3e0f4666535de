"""What does an example come to? For tests that say so themselves, in the smallest policy."""

from typing import Any

from ledger.policy import Plan, run_cases


def told(plan: Plan, names: str, **example: Any) -> list[Any]:
    """The values of these names, with blanks between them, at the end of an example."""
    expect = dict.fromkeys(names.split(), "?")
    result = run_cases(plan, [{"id": 1, "expect": expect, **example}])[0]
    assert result.verdict == "failed", result.message
    return list(result.actual.values())
