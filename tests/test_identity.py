"""Is whom a volunteer id stands for kept apart, hidden, shown only with a reason, and forgotten?"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.identity import MasterKeys, Vault, due, enforce, read_rules
from ledger.identity.numbers import document_number, masked, phone_number
from ledger.identity.tables import APPEND_ONLY, metadata, person, personal_field
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import record, visit
from tests.test_cli import Vledger

WANG = {
    "name": "王建国",
    "document_number": "370181199001011237",
    "phone": "138 0000 5678",
}
CHILD = {
    "name": "李小明",
    "document_number": "370181201501011233",
    "guardian_name": "李大勇",
    "guardian_document_number": "370181198501011239",
}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.set("2026-06-01")

    def set(self, day: str) -> None:
        self.now = to_micros(datetime.fromisoformat(f"{day}T10:00:00+08:00"))

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def vault(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Vault]:
    url = f"sqlite:///{tmp_path / 'vault.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    vault = Vault(url, MasterKeys(tmp_path / "vault.key"), read_rules(), clock)
    vault.create()
    yield vault
    vault.close()


def stored(vault: Vault) -> bytes:
    """All that the database holds, as bytes: of SQLite the files, of Postgres the rows."""
    database = vault.database
    if database.is_sqlite:
        name = str(database.engine.url.database)
        return b"".join(
            path.read_bytes() for path in (Path(name), Path(f"{name}-wal")) if path.exists()
        )
    with database.read() as connection:
        rows = [
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
        return "\n".join(rows).encode()


def put(vault: Vault, volunteer: str = "V1", values: dict[str, str] = WANG) -> None:
    vault.put(volunteer, values, ["record", "contact"], "self", "desk")


def no_activity(_volunteer: str) -> None:
    return None


def test_the_migrations_make_the_tables_and_the_trail_is_append_only(vault: Vault) -> None:
    vault.create()  # safe to repeat
    put(vault)
    put(vault, "V2", {"name": "张三", "birth_date": "1990-01-01"})
    vault.reveal("V1", "desk", "a look")
    vault.note_refusal("V1", "somebody", "reveal")
    vault.erase("V2", "desk", "asked for")
    vault.note_refusal("V1", "desk", "reveal")
    with vault.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    for table in APPEND_ONLY:
        for statement in (delete(table), update(table).values(by="nobody")):
            with (
                pytest.raises(DBAPIError, match="append-only"),
                vault.database.write() as connection,
            ):
                connection.execute(statement)


def test_the_database_shows_nothing(vault: Vault) -> None:
    put(vault)
    kept = stored(vault)
    for secret in ("王建国", "370181199001011237", "13800005678", "1990-01-01"):
        assert secret.encode() not in kept
    assert b"V1" in kept


def test_values_are_masked_unless_revealed_and_each_look_is_logged(vault: Vault) -> None:
    put(vault)
    assert vault.masked("V1").values == {
        "name": "王**",
        "document_type": "resident-id",
        "document_number": "3701**********1237",
        "birth_date": "1990-**-**",
        "phone": "138****5678",
    }
    assert vault.reads() == []
    with pytest.raises(LedgerError, match="--purpose"):
        vault.reveal("V1", "desk", "")
    assert vault.reveal("V1", "desk", "call him", ["phone"]).to_dict() == {"phone": "13800005678"}
    [look] = vault.reads("V1")
    assert (look.volunteer, look.fields, look.by, look.purpose) == (
        "V1",
        ("phone",),
        "desk",
        "call him",
    )
    copy = vault.export("V1", "desk")
    assert copy["person"]["name"] == "王建国"
    assert [one["purpose"] for one in copy["reads"]] == [
        "call him",
        "copy for the person (art. 45)",
    ]
    assert vault.reads("V2") == []


def test_a_minor_is_stored_with_a_guardians_consent_alone(vault: Vault) -> None:
    with pytest.raises(LedgerError, match=r"art\. 31"):
        vault.put("V1", CHILD, ["record"], "self", "desk")
    alone = {key: value for key, value in CHILD.items() if not key.startswith("guardian")}
    with pytest.raises(LedgerError, match="guardian's name"):
        vault.put("V1", alone, ["record"], "guardian", "desk")
    assert vault.kept() == []
    vault.put("V1", CHILD, ["record"], "guardian", "desk")
    assert vault.masked("V1").age.minor == "under-14"
    with pytest.raises(LedgerError, match=r"art\. 31"):
        vault.consent("V1", "contact", "self", "desk")
    youth = {"name": "赵四", "birth_date": "2010-01-01", "guardian_name": "赵大"}
    vault.put("V2", {**youth, "guardian_phone": "13900001234"}, ["record"], "guardian", "desk")
    assert vault.masked("V2").age.minor == "under-18"


def test_nothing_is_kept_without_a_consent_that_covers_it(vault: Vault) -> None:
    with pytest.raises(LedgerError, match="no consent covers phone"):
        vault.put("V1", WANG, ["record"], "self", "desk")
    put(vault)
    vault.withdraw("V1", "contact", "desk")
    enforce(vault, list(due(vault, no_activity)), "rules")
    assert "phone" not in vault.masked("V1").values
    assert vault.reveal("V1", "desk", "check").name == "王建国"
    vault.withdraw("V1", "record", "desk")
    enforce(vault, list(due(vault, no_activity)), "rules")
    with pytest.raises(LedgerError, match="was erased on 2026-06-01 by rules"):
        vault.masked("V1")


def test_one_document_is_one_person(vault: Vault) -> None:
    put(vault)
    with pytest.raises(LedgerError, match="already, of V1"):
        put(vault, "V2", {"name": "王国建", "document_number": "370181199001011237"})
    vault.erase("V1", "desk", "asked for")
    put(vault, "V2", WANG)
    with pytest.raises(LedgerError, match="a new volunteer id"):
        put(vault)


def test_a_correction_keeps_that_it_happened_and_not_what_was(vault: Vault) -> None:
    put(vault)
    vault.correct("V1", {"name": "王建军", "phone": ""}, "desk", "misheard")
    assert vault.reveal("V1", "desk", "check").to_dict() == {
        "name": "王建军",
        "document_type": "resident-id",
        "document_number": "370181199001011237",
        "birth_date": "1990-01-01",
    }
    change = vault.changes("V1")[-1]
    assert (change.what, change.fields, change.reason) == (
        "corrected",
        ("name", "phone"),
        "misheard",
    )
    with pytest.raises(LedgerError, match="guardian"):
        vault.correct("V1", {"document_number": CHILD["document_number"]}, "desk", "misread")


def test_erasure_destroys_the_key_and_the_ledger_still_verifies(
    vault: Vault, tmp_path: Path
) -> None:
    ledger = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.create()
    record(Recorder(ledger, national_ladder()), visit("V1", "2026-05-01", "08:00", "18:00"))
    put(vault)
    put(vault, "V2", {"name": "张三", "birth_date": "1990-01-01"})
    with vault.database.read() as connection:
        key = connection.execute(person.select().where(person.c.volunteer == "V1")).one().data_key
        sealed = [
            row.content
            for row in connection.execute(
                personal_field.select().where(personal_field.c.volunteer == "V1")
            )
        ]
    if vault.database.is_sqlite:
        assert key in stored(vault)
    vault.erase("V1", "desk", "asked for (art. 47)")
    left = stored(vault)
    for secret in (key, *sealed):
        assert secret not in left
        assert repr(secret).encode() not in left
    with pytest.raises(LedgerError, match="was erased"):
        vault.reveal("V1", "desk", "a look")
    assert [one.volunteer for one in vault.erased()] == ["V1"]
    assert vault.masked("V2").values["name"] == "张*"
    _, findings = verify(ledger, lambda _events: None)
    assert findings == []
    ledger.close()


def test_what_is_no_longer_needed_is_due(vault: Vault, clock: Clock) -> None:
    put(vault)
    put(vault, "V2", {"name": "张三", "birth_date": "1990-01-01"})
    clock.set("2031-05-31")
    assert list(due(vault, no_activity)) == []
    clock.set("2031-06-01")
    seen = to_micros(datetime.fromisoformat("2030-01-01T08:00:00+08:00"))
    found = list(due(vault, {"V1": seen}.get))
    assert [(one.volunteer, one.rule.id, one.entirely) for one in found] == [
        ("V2", "purpose-achieved", True)
    ]
    enforce(vault, found, "rules")
    assert [one.volunteer for one in vault.kept()] == ["V1"]


def test_after_a_rotation_older_copies_open_for_nobody(vault: Vault, tmp_path: Path) -> None:
    put(vault)
    before = (tmp_path / "vault.key").read_text()
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    with vault.database.read() as connection:
        copy = connection.execute(person.select()).one()
    assert vault.rotate() == 1
    after = (tmp_path / "vault.key").read_text()
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    assert set(before.split("\n")[1:]) & set(after.split("\n")[1:]) == {""}
    assert vault.reveal("V1", "desk", "check").name == "王建国"
    with pytest.raises(LedgerError, match="already, of V1"):
        put(vault, "V2")  # the keyed hash is the same one
    with vault.database.write() as connection:
        connection.execute(update(person).values(key_id=copy.key_id, data_key=copy.data_key))
    with pytest.raises(LedgerError, match="has not the master key"):
        vault.reveal("V1", "desk", "check")


def test_a_value_can_not_be_moved_to_somebody_else(vault: Vault) -> None:
    put(vault)
    put(vault, "V2", {"name": "张三", "birth_date": "1990-01-01"})
    with vault.database.write() as connection:
        one = connection.execute(person.select().where(person.c.volunteer == "V1")).one()
        connection.execute(
            update(person)
            .where(person.c.volunteer == "V2")
            .values(data_key=one.data_key, key_id=one.key_id)
        )
    with pytest.raises(LedgerError, match="tampered"):
        vault.masked("V2")


def test_numbers_that_can_not_be_are_refused_without_being_repeated() -> None:
    assert document_number("resident-id", "11010519491231002x") == "11010519491231002X"
    for wrong in ("110105194912310021", "11010519491331002X", "1101051949123100", "一二三"):
        with pytest.raises(LedgerError) as caught:
            document_number("resident-id", wrong)
        assert wrong not in str(caught.value)
    assert phone_number("+86 138-0000-5678") == "13800005678"
    assert phone_number("0546-8301234") == "05468301234"
    with pytest.raises(LedgerError):
        phone_number("12345678901")
    assert masked("document_number", "E12345678") == "E******78"
    assert masked("name", "欧阳修") == "欧**"


def test_the_command_hides_reveals_and_forgets(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    refused = vledger("identity", "show", "V1", code=2)
    assert b"vledger identity init" in refused.stderr
    vledger("identity", "init")
    given = json.dumps(WANG).encode()
    arguments = ("--from", "-", "--consent", "record", "--consent", "contact", "--by", "张三")
    vledger("identity", "put", "V1", *arguments, stdin=given)
    [shown] = vledger.json("identity", "show", "V1")
    assert shown["document_number"] == "3701**********1237"
    vledger("identity", "show", "V1", "--reveal", code=2)
    full = ("--reveal", "--purpose", "call", "--by", "张三")
    assert vledger.json("identity", "show", "V1", *full)[0]["phone"] == "13800005678"
    assert [one["purpose"] for one in vledger.json("identity", "reads", "V1")] == ["call"]
    vledger("identity", "withdraw", "V1", "--purpose", "contact", "--by", "张三")
    assert "phone" not in vledger.json("identity", "show", "V1")[0]
    assert vledger.json("identity", "retention") == []
    vledger("identity", "erase", "V1", "--by", "张三", "--reason", "asked for")
    assert b"was erased" in vledger("identity", "show", "V1", code=2).stderr
    vledger("identity", "rotate")
