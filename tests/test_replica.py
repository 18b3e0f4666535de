"""Do questions go to the replica, all of them and nothing else, and is it said when it is away?"""

import json
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import record, redeem, register, visit
from tests.command import run
from tests.services import PostgresServer, free_ports

PATIENCE = 60.0

QUESTIONS = (
    "volunteer V1", "dump", "explain V1", "stars", "accounts", "account volunteer:V1",
    "settlement 2026-05", "disputes", "complaints", "funds", "liability", "catalogue", "vouchers",
    "reviews", "devices", "debts", "certificate list", "policy list", "rejects",
    "policy simulate draft.yaml",
)  # fmt: skip


class Site:
    """A ledger with a replica, and commands that know both."""

    def __init__(self, primary: str, replica: PostgresServer, folder: Path) -> None:
        self.folder = folder
        self.replica = replica
        self.primary_url = primary
        self.replica_url = replica.url.rsplit("/", 1)[0] + "/" + primary.rsplit("/", 1)[1]

    def vledger(self, *words: str, stdin: bytes = b"", **settings: str) -> tuple[Any, str, str]:
        environment = {"VLEDGER_DB": self.primary_url, "VLEDGER_READ_DB": self.replica_url}
        environment |= {f"VLEDGER_{name.upper()}": value for name, value in settings.items()}
        done = run(self.folder, words, stdin, environment)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def seconds(self, *options: str) -> int:
        code, out, said = self.vledger(*options, "volunteer", "V1", "--json")
        assert code == 0, said
        return int(json.loads(out)["seconds"])

    def on_replica(self, sql: str) -> Any:
        where = self.replica_url.replace("+psycopg", "")
        with psycopg.connect(where, autocommit=True) as connection:
            [value] = connection.execute(sql).fetchone() or [None]
            return value

    def follow(self) -> None:
        """Wait until the replica has all that the primary has."""
        with psycopg.connect(self.primary_url.replace("+psycopg", "")) as connection:
            [end] = connection.execute("SELECT pg_current_wal_lsn()").fetchone() or [None]
        until = time.monotonic() + PATIENCE
        while not self.on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{end}'"):
            assert time.monotonic() < until, "the replica does not follow"
            time.sleep(0.05)


@pytest.fixture
def site(postgres: PostgresServer, postgres_url: str, tmp_path: Path) -> Iterator[Site]:
    database = Database(postgres_url)
    database.create()
    recorder = Recorder(database, national_ladder())
    record(recorder, [*visit("V1", "2026-05-01", "08:00", "13:00"), register("volunteer", "V1")])
    record(recorder, [redeem("V1", "R1", "2", time="2026-05-02T08:00"), b"garbage"])
    (tmp_path / "draft.yaml").write_text(national_ladder().text)
    with postgres.replica() as replica:
        found = Site(postgres_url, replica, tmp_path)
        found.follow()
        yield found
    database.close()


def test_questions_are_answered_by_the_replica_and_changes_are_made_on_the_primary(
    site: Site,
) -> None:
    later = b"\n".join(visit("V1", "2026-05-03", "08:00", "10:00"))
    site.on_replica("SELECT pg_wal_replay_pause()")
    code, _, said = site.vledger("ingest", "-", stdin=later)
    assert code == 0, said
    assert site.seconds() == 5 * 3600
    assert site.seconds("--db", site.primary_url) == 7 * 3600
    month = ("archive", "--month", "2026-05", "--to", "archive")
    code, _, said = site.vledger(*month)
    assert (code, "the replica (VLEDGER_READ_DB) is behind" in said) == (2, True)

    site.on_replica("SELECT pg_wal_replay_resume()")
    site.follow()
    assert site.seconds() == 7 * 3600
    assert site.vledger(*month)[0] == 0
    assert site.vledger("verify", "--quick", db=site.replica_url)[0] == 0  # by its own name


def test_no_question_needs_the_primary_and_nothing_else_the_replica(site: Site) -> None:
    nowhere = f"postgresql+psycopg://postgres@127.0.0.1:{free_ports(1)}/ledger"
    for words in QUESTIONS:
        code, _, said = site.vledger(*words.split(), db=nowhere)
        assert code == 0, (words, said)
    for words in ("verify --quick", "init", "review", "checkpoint", "till redeem V1 --id R2 "
                  "--merchant M1 --item I1 --points 1"):  # fmt: skip
        code, _, said = site.vledger(*words.split(), read_db=nowhere)
        assert code == 0, (words, said)


def test_a_replica_that_is_away_or_late_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.on_replica("SELECT pg_is_in_recovery()")
    assert site.vledger("ingest", "-", stdin=b"more garbage")[0] == 0
    site.follow()
    assert "newest change" not in site.vledger("dump")[2]
    monkeypatch.setattr(import_module("ledger.cli.shared"), "TOLD_FROM", -1)
    assert "newest change is" in site.vledger("dump")[2]
    assert "newest change" not in site.vledger("dump", read_db="")[2]
    site.replica.kill()
    code, out, said = site.vledger("dump")
    assert (code, out) == (2, "")
    assert "VLEDGER_READ_DB: can't open postgresql+psycopg://postgres@127.0.0.1" in said
    assert "VLEDGER_DB is asked instead" in said
