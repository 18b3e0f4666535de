"""Every transcribed policy compiles cleanly and meets its published examples."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ledger.policy import Policy, check, load, run_cases
from ledger.policy.source import read_source

POLICIES = Path(str(resources.files("ledger"))) / "policies"
PUBLISHED = sorted(POLICIES.glob("*.yaml"))
EXAMPLES = sorted((POLICIES / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_a_policy_has_no_errors(path: Path) -> None:
    assert [str(d) for d in check(path.read_text(), path.name) if d.severity == "error"] == []


SCHEMA = Draft202012Validator(Policy.model_json_schema(by_alias=True))


def _plain(value: Any) -> Any:
    """A document as an editor has it: decimals are numbers."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_an_editor_with_the_json_schema_finds_it_right_and_a_misspelt_word_wrong(
    path: Path,
) -> None:
    text = path.read_text()
    assert [one.message for one in SCHEMA.iter_errors(_plain(read_source(text, "").data))] == []
    wrong = text.replace("clauses:", "clases:", 1)
    assert not SCHEMA.is_valid(_plain(read_source(wrong, "").data))


@pytest.mark.parametrize("examples", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_is_met_or_disputed_with_its_clause(examples: Path) -> None:
    policy = POLICIES / examples.name
    results = run_cases(load(policy.read_text(), file=policy.name), examples.read_text())
    assert results
    bad = [f"{r.id}: {r.message}" for r in results if r.verdict not in ("met", "disputed")]
    assert bad == []
    assert all(r.asked for r in results if "undetermined" in r.expected)
