"""Does the guide for policy officers say what is so? Its policies and examples are run."""

import re
from pathlib import Path

import pytest

from ledger.policy import check, load, run_cases

GUIDE = (Path(__file__).parents[2] / "docs" / "write-your-policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
PAIRS = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


@pytest.mark.parametrize(("policy", "examples"), PAIRS, ids=["plain", "points", "list", "often"])
def test_the_guides_policies_meet_the_guides_examples(policy: str, examples: str) -> None:
    assert [str(one) for one in check(policy) if one.severity == "error"] == []
    results = run_cases(load(policy), examples)
    assert [(one.id, one.message) for one in results if one.verdict != "met"] == []


def test_a_decided_setting_gives_the_star() -> None:
    policy, examples = PAIRS[0]
    decided = policy.replace("basis: hours,", "basis: hours, reach: at_least,")
    expected = re.sub(r"\{undetermined: .*?\}", "{star: 2}", examples)
    assert [one.verdict for one in run_cases(load(decided), expected)] == ["met", "met"]
