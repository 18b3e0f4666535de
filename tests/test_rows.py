"""Does a login of the database see the rows of its places, and none of any other?"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from ledger.access import EVERYWHERE, Scope, Who
from ledger.access.granting import Giver, grant, withdraw
from ledger.access.rows import ISSUER, statements
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.identity import MasterKeys, read_rules
from ledger.identity.vault import Vault
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import metadata
from tests.builders import check_in, check_out, complaint, record, redeem, register, shop_event
from tests.services import PostgresServer
from tests.test_cli import Vledger

COUNTY, TOWN, OTHER = "370102000000", "370102001000", "370102002000"
VILLAGE, OTHER_VILLAGE = "370102001001", "370102002001"
OWNER = Giver("owner")


class Ledger:
    """A ledger of two townships, each with a volunteer, a shop and a fund."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = datetime.now(UTC)
        self.database = Database(url)
        self.database.create()
        self.recorder = Recorder(self.database, national_ladder(), lambda: to_micros(self.now))
        self.recorder.begin()
        for home, village, number in ((TOWN, VILLAGE, "1"), (OTHER, OTHER_VILLAGE, "2")):
            volunteer = f"V{number}"
            served = [
                check_in(volunteer, "2026-05-01T08:00", place=village),
                check_out(volunteer, "2026-05-01T12:00", place=village),
            ]
            record(
                self.recorder,
                [
                    register("merchant", f"M0{number}", name="超市", place=home, fund=f"F{number}"),
                    register("fund", f"F{number}", name="基金", place=home, point_value="0.1"),
                    register("place", f"S{number}", name="站", kind="station", parent=village),
                    register("volunteer", f"W{number}", place=home),
                    shop_event("fund.contributed", f"F{number}", donor="镇", amount="100.00"),
                    *served,
                    complaint(volunteer, f"C{number}"),
                ],
            )
            bought = redeem(volunteer, f"R{number}", "2", merchant=f"M0{number}")
            record(self.recorder, [bought])
        with self.database.write() as connection:
            for one in statements():
                connection.exec_driver_sql(one.replace("%", "%%"))

    def reader(self, *places: str, role: str = "auditor", until: datetime | None = None) -> "Login":
        """A login of the database with a role at each of these places."""
        name = f"reader_{uuid.uuid4().hex[:12]}"
        with self.database.write() as connection:
            for one in statements(name):
                connection.exec_driver_sql(one.replace("%", "%%"))
        who = Who(ISSUER, name)
        grants = [
            grant(self.recorder, who, role, Scope("place", place), OWNER, until=until)
            for place in places
        ]
        return Login(self.url, name, grants)


class Login:
    """A connection under a name of its own."""

    def __init__(self, url: str, name: str, grants: list[str]) -> None:
        self.name = name
        self.grants = grants
        self.url = make_url(url).set(drivername="postgresql", username=name)
        self.connection = psycopg.connect(
            self.url.render_as_string(hide_password=False), autocommit=True
        )

    def rows(self, query: str) -> list[Any]:
        """The first column."""
        return [row[0] for row in self.connection.execute(query.encode())]

    def plan(self, query: str) -> str:
        return "\n".join(self.rows(f"EXPLAIN (COSTS OFF) {query}"))


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    made = Ledger(postgres_url)
    yield made
    made.database.close()


BY_PLACE = {
    "hour_record": "place",
    "points_entry": "volunteer",
    "posting": "account",
    "account_balance": "account",
    "level_change": "volunteer",
    "volunteer_state": "volunteer",
    "redemption": "volunteer",
    "event": "subject",
    "registry": "id",
    "book_entry": "subject",
    "complaint": "volunteer",
}
"""Tables that hold rows of both townships, and a column that says whose."""


def test_a_reader_sees_the_rows_of_its_township_and_none_of_another(ledger: Ledger) -> None:
    first, second = ledger.reader(TOWN), ledger.reader(OTHER)
    both = ledger.reader(TOWN, OTHER)
    county, everywhere = ledger.reader(COUNTY), ledger.reader(EVERYWHERE)
    for table, column in BY_PLACE.items():
        query = f"SELECT DISTINCT {column} FROM {table}"
        seen, others = set(first.rows(query)), set(second.rows(query))
        if table != "level_change":  # four hours reach no star
            assert seen and others, table
        assert not seen & others, table
        assert set(both.rows(query)) == set(county.rows(query)) == seen | others, table
        assert set(everywhere.rows(query)) >= seen | others, table
    assert first.rows("SELECT place FROM hour_record") == [VILLAGE]
    assert set(first.rows("SELECT id FROM registry")) == {"M01", "F1", "S1", "W1"}
    assert first.rows("SELECT DISTINCT volunteer FROM redemption") == ["V1"]
    assert sorted(first.rows("SELECT DISTINCT account FROM posting")) == [
        "fund:F1",
        "merchant:M01",
        "volunteer:V1",
    ]


def test_a_registered_volunteer_is_seen_at_home_and_their_hours_where_they_served(
    ledger: Ledger,
) -> None:
    visit = [
        check_in("W1", "2026-05-02T08:00", place="S2"),
        check_out("W1", "2026-05-02T12:00", place="S2"),
    ]
    record(ledger.recorder, visit)
    home, there = ledger.reader(TOWN), ledger.reader(OTHER)
    points = "SELECT count(*) FROM points_entry WHERE volunteer = 'W1'"
    hours = "SELECT count(*) FROM hour_record WHERE volunteer = 'W1'"
    assert [one.rows(points)[0] > 0 for one in (home, there)] == [True, False]
    assert [one.rows(hours)[0] > 0 for one in (home, there)] == [False, True]


def test_a_reader_can_neither_write_nor_become_somebody_else(ledger: Ledger) -> None:
    reader, other = ledger.reader(TOWN), ledger.reader(OTHER)
    for statement in (
        "INSERT INTO outbox VALUES (1, 'x')",
        "UPDATE volunteer_state SET star = 5",
        "DELETE FROM access_grant",
        "TRUNCATE hour_record",
        "CREATE TABLE mine (a int)",
        "CREATE FUNCTION low() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE hour_record DISABLE ROW LEVEL SECURITY",
        "DROP POLICY vledger_reader ON hour_record",
        "CREATE OR REPLACE FUNCTION vledger_low() RETURNS text LANGUAGE sql AS $$SELECT ''$$",
        f"SET ROLE {other.name}",
        f"SET SESSION AUTHORIZATION {other.name}",
        "SET ROLE postgres",
        "SELECT * FROM reject",
        "SELECT * FROM seal",
        "SELECT * FROM outbox",
    ):
        for read_only in ("on", "off"):  # it is but a habit of the login, and can be switched off
            reader.connection.execute(f"SET default_transaction_read_only = {read_only}".encode())
            with pytest.raises(psycopg.Error):
                reader.connection.execute(statement.encode())
    reader.connection.execute("SET row_security = off")
    with pytest.raises(psycopg.Error, match="row-level security"):
        reader.connection.execute("SELECT * FROM hour_record")


def test_a_function_of_the_readers_own_learns_nothing(ledger: Ledger) -> None:
    reader = ledger.reader(TOWN)
    reader.connection.execute("SET default_transaction_read_only = off")
    reader.connection.execute(
        "CREATE FUNCTION pg_temp.heard(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS "
        "$$ BEGIN RAISE NOTICE 'heard %', $1; RETURN true; END $$"
    )
    heard: list[str] = []
    reader.connection.add_notice_handler(lambda one: heard.append(str(one.message_primary)))
    for query in (
        "SELECT count(*) FROM hour_record WHERE pg_temp.heard(place)",
        "SELECT count(*) FROM vledger_volunteer WHERE pg_temp.heard(volunteer)",
        "SELECT count(*) FROM vledger_registered WHERE pg_temp.heard(id)",
    ):
        reader.connection.execute(query.encode())
    assert heard
    assert not [one for one in heard if one.endswith(("2", OTHER_VILLAGE))]


def test_nothing_is_seen_without_a_grant_and_when_it_has_ended(ledger: Ledger) -> None:
    stranger = ledger.reader()
    till = ledger.now + timedelta(seconds=30)
    reader, brief = ledger.reader(TOWN), ledger.reader(TOWN, until=till)
    administrator = ledger.reader(TOWN, role="administrator")
    tables = (*BY_PLACE, "policy_version", "batch")
    for table in tables:
        query = f"SELECT count(*) FROM {table}"
        assert stranger.rows(query) == administrator.rows(query) == [0], table
    assert reader.rows("SELECT count(*) FROM hour_record") == [1]
    assert brief.rows("SELECT count(*) FROM hour_record") == [1]
    withdraw(ledger.recorder, reader.grants[0], OWNER, "left")
    assert all(reader.rows(f"SELECT count(*) FROM {one}") == [0] for one in tables)
    ended = f"UPDATE access_grant SET until = since WHERE id = '{brief.grants[0]}'"
    with ledger.database.write() as connection:  # as if half a minute had gone by
        connection.exec_driver_sql(ended)
    assert all(brief.rows(f"SELECT count(*) FROM {one}") == [0] for one in tables)


def test_the_owner_is_not_held_up_and_every_table_is_covered(ledger: Ledger) -> None:
    with ledger.database.read() as connection:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"
        covered = set(connection.exec_driver_sql(query).scalars())
        plan = "\n".join(connection.exec_driver_sql("EXPLAIN SELECT * FROM hour_record").scalars())
    assert covered == set(metadata.tables)
    assert "vledger" not in plan and "Filter" not in plan


def test_the_vault_is_out_of_reach(
    ledger: Ledger, tmp_path: Path, postgres: PostgresServer
) -> None:
    reader = ledger.reader(EVERYWHERE, role="auditor")
    name = f"vault_{uuid.uuid4().hex}"
    vault = Vault(postgres.create_database(name), MasterKeys(tmp_path / "key"), read_rules())
    vault.create()
    there = reader.url.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(there) as connection, pytest.raises(psycopg.Error, match="denied"):
        connection.execute("SELECT * FROM person")
    vault.close()
    postgres.drop_database(name)


def test_a_place_and_a_person_are_found_by_an_index(ledger: Ledger) -> None:
    with ledger.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO hour_record SELECT n, 'X' || n %% 5000, 'service', 'A', "
            "'3701' || lpad((n %% 100)::text, 2, '0') || '001001', 0, 3600, 3600, 'counted', '', "
            "NULL, NULL, 'r', 'p', NULL FROM generate_series(1, 50000) AS n"
        )
        connection.exec_driver_sql("ANALYZE")
    reader = ledger.reader(TOWN)
    plan = reader.plan("SELECT sum(seconds) FROM hour_record")
    assert "ix_hour_record_place" in plan, plan
    plan = reader.plan("SELECT * FROM points_entry WHERE volunteer = 'V1'")
    assert "ix_hour_record_volunteer" in plan, plan


def test_the_command(postgres_url: str, tmp_path: Path) -> None:
    command = Vledger(tmp_path)
    command("--db", postgres_url, "init")
    login = f"reader_{uuid.uuid4().hex[:12]}"
    printed = command("access", "database", "--login", login).stdout.decode()
    command("--db", postgres_url, "access", "database", "--apply", "--login", login)
    with psycopg.connect(
        make_url(postgres_url).set(drivername="postgresql").render_as_string()
    ) as c:
        c.execute(printed.encode())  # what is printed is what is done, and safe to repeat
    Login(postgres_url, login, []).rows("SELECT 1 FROM hour_record")
    command("init")
    assert b"SQLite has no logins" in command("access", "database", "--apply", code=2).stderr
    with pytest.raises(LedgerError, match="small letters"):
        list(statements("x; DROP TABLE event"))
