"""Is a ledger of every released version brought up to date, with nothing lost?"""

import gzip
import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from ledger.audit.checking import Against
from ledger.backup import restore
from ledger.core.rulebook import national_ladder
from ledger.identity.store import VAULT
from ledger.keys import public_keys
from ledger.recording.recorder import Recorder
from ledger.store.database import LEDGER, Database, Schema
from ledger.verify import verify
from tests.builders import record, visit
from tests.released.small import leave, standings

RELEASED = sorted(one for one in (Path(__file__).parent / "released").glob("[0-9]*"))


@pytest.fixture(scope="module", params=["this version", *RELEASED])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a version has left behind."""
    if isinstance(request.param, Path):
        return request.param
    home = tmp_path_factory.mktemp("released")
    leave(home)
    return home


def holds(database: Database, left: Path) -> None:
    """All is there as it was, the published checkpoint too, and it goes on."""
    recorder = Recorder(database, national_ladder())
    assert standings(recorder) == (left / "standings.json").read_bytes()
    key = public_keys((left / "key.pem").read_text())
    published = (left / "checkpoint.txt").read_text().strip()
    assert verify(database, lambda _: None, Against(key, (published,)))[1] == []
    record(recorder, visit("V9", "2026-07-01", "08:00", "10:00"))
    assert verify(database, lambda _: None)[1] == []
    database.close()


def test_its_file_is_brought_up_to_date(left: Path, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with gzip.open(left / "ledger.db.gz") as packed, file.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    database = Database(f"sqlite:///{file}")
    database.create()
    holds(database, left)


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_its_backup_is_restored(
    left: Path, where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if where == "postgres":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    restore(left / "backup.zip", database, None, lambda _: None)
    holds(database, left)


@pytest.mark.parametrize("schema", [LEDGER, VAULT], ids=lambda one: one.holds)
def test_the_program_knows_the_newest_revision_of_its_migrations(schema: Schema) -> None:
    assert ScriptDirectory(str(schema.migrations)).get_current_head() == schema.newest
