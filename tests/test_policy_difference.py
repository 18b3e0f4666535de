"""Two versions of a policy differ where a person would say so, each with its clause."""

from pathlib import Path
from typing import Literal

import pytest
from typer.testing import CliRunner

import ledger.policy
from ledger.cli import app
from ledger.core.rulebook import parse
from ledger.policy.difference import differences

POLICIES = Path(ledger.policy.__file__).parent.parent / "policies"
TEXT = (POLICIES / "national-ladder.yaml").read_text(encoding="utf-8")


def told(old: str, new: str, lang: Literal["zh", "en"] = "zh") -> list[str]:
    documents = [parse(text, "policy.yaml").plan.doc for text in (old, new)]
    return [one.words(lang) for one in differences(*documents)]


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_does_not_differ_from_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert told(text, text) == []


def test_a_level_that_moved_is_told_with_its_clause() -> None:
    new = changed("5: 1500", "5: 2000")
    assert told(TEXT, new) == ["修改 ladders.star.levels.5.need: 1500 → 2000 [依据: star]"]
    assert told(new, TEXT, "en") == [
        "changed ladders.star.levels.5.need: 2000 → 1500 [clauses: star]"
    ]


def test_a_rule_is_matched_by_its_id() -> None:
    rule = "  - {id: first, on: service, currency: POINTS, amount: 1, clauses: time}\n"
    new = changed("points:\n  - id", f"points:\n{rule}  - id")
    (added,) = told(TEXT, new)
    assert added.startswith("新增 points.first: ") and added.endswith("[依据: time]")
    (removed,) = told(new, TEXT)
    assert removed.startswith("删除 points.first: ")


def test_a_comment_changes_nothing() -> None:
    assert told(TEXT, "# 说明\n" + TEXT) == []


def test_the_command_compares_an_adopted_policy_with_a_draft(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    draft = tmp_path / "draft.yaml"
    draft.write_text(changed("5: 1500", "5: 2000"), encoding="utf-8")
    run = CliRunner().invoke
    assert run(app, ["--db", url, "init"]).exit_code == 0
    digest = parse(TEXT, "policy.yaml").digest
    done = run(app, ["--db", url, "policy", "diff", digest, str(draft), "--lang", "en"])
    assert done.output.strip() == "changed ladders.star.levels.5.need: 1500 → 2000 [clauses: star]"
    assert run(app, ["--db", url, "policy", "diff", "nothing", str(draft)]).exit_code != 0
