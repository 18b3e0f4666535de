"""Does a policy come into force by two persons, once?"""

from datetime import date
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from ledger.cli import app
from ledger.core.rulebook import national_ladder, parse
from ledger.errors import LedgerError
from ledger.proposals import SamePersonError, approve, proposals, propose, withdraw
from ledger.recording.recorder import Recorder
from ledger.store.database import Database

DRAFT = national_ladder().text.replace("5: 1500", "5: 2000")
DAY = date(2026, 1, 1)


def begun(database: Database) -> Recorder:
    recorder = Recorder(database, national_ladder())
    recorder.begin()
    return recorder


def test_another_person_approves_and_it_is_adopted_once(database: Database) -> None:
    recorder = begun(database)
    before = len(recorder.rules.editions)
    made = propose(recorder, parse(DRAFT, "draft"), DAY, "甲")
    with pytest.raises(SamePersonError):
        approve(recorder, made.id, " 甲 ")
    assert len(recorder.rules.editions) == before
    first = approve(recorder, made.id, "乙")
    assert (first.state, first.decided_by) == ("approved", "乙")
    assert approve(recorder, made.id, "丙") == first
    digests = [one.policy.digest for one in recorder.rules.editions]
    assert digests.count(made.digest) == 1
    with pytest.raises(LedgerError, match="not open"):
        withdraw(recorder, made.id, "乙")


def test_what_was_withdrawn_is_not_adopted(database: Database) -> None:
    recorder = begun(database)
    made = propose(recorder, parse(DRAFT, "draft"), DAY, "甲")
    assert withdraw(recorder, made.id, "甲").state == "withdrawn"
    with pytest.raises(LedgerError, match="not open"):
        approve(recorder, made.id, "乙")
    assert made.digest not in recorder.rules.by_digest
    with database.read() as connection:
        assert [one.state for one in proposals(connection)] == ["withdrawn"]


def test_the_commands(url: str, tmp_path: Path) -> None:
    run = CliRunner().invoke
    draft, bad = tmp_path / "draft.yaml", tmp_path / "bad.yaml"
    draft.write_text(DRAFT, encoding="utf-8")
    bad.write_text(DRAFT + "\nnonsense: 1\n", encoding="utf-8")
    policy = ["--db", url, "policy"]
    assert run(app, ["--db", url, "init"]).exit_code == 0
    since = ["--from", "2026-01-01", "--by", "A"]
    refused = run(app, [*policy, "propose", str(bad), *since])
    assert refused.exit_code != 0
    assert "nonsense" in refused.output + str(refused.exception)
    made = run(app, [*policy, "propose", str(draft), *since, "--json"])
    assert made.exit_code == 0, made.output
    ident = orjson.loads(made.stdout)["id"]
    assert run(app, [*policy, "approve", ident, "--by", "A"]).exit_code != 0
    assert run(app, [*policy, "approve", ident, "--by", "B"]).exit_code == 0
    listed = run(app, [*policy, "proposals", "--json"])
    assert orjson.loads(listed.stdout)["state"] == "approved"
