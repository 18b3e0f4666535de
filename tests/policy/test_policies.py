"""Every transcribed policy compiles cleanly and meets its published examples."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from ledger.policy import check, load, run_cases

POLICIES = Path(str(resources.files("ledger"))) / "policies"
PUBLISHED = sorted(POLICIES.glob("*.yaml"))
EXAMPLES = sorted((POLICIES / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_a_policy_has_no_errors(path: Path) -> None:
    assert [str(d) for d in check(path.read_text(), path.name) if d.severity == "error"] == []


@pytest.mark.parametrize("examples", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_is_met_or_disputed_with_its_clause(examples: Path) -> None:
    policy = POLICIES / examples.name
    results = run_cases(load(policy.read_text(), file=policy.name), examples.read_text())
    assert results
    bad = [f"{r.id}: {r.message}" for r in results if r.verdict not in ("met", "disputed")]
    assert bad == []
    assert all(r.asked for r in results if "undetermined" in r.expected)
