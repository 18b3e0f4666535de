"""Is what is asked together what would be answered one after the other, errors included?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.locks import Lock, holding
from ledger.store.reading import NEXT_BATCH, Question, Reading, rows_by
from ledger.store.tables import roster
from ledger.store.unit_of_work import UnitOfWork, holding_volunteers

BY = (roster.c.volunteer,)
NUMBER = Question("SELECT count(*) FROM roster")


@pytest.fixture
def postgres_ledger(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    database.create()
    with database.write() as connection:
        bulk.insert(connection, roster, [("V1", "P1", 0), ("V2", "P2", 3)])
    yield database
    database.close()


def add(connection: Connection, volunteer: str) -> None:
    bulk.insert(connection, roster, [(volunteer, "", 0)])


def test_what_was_foreseen_is_answered_once(postgres_ledger: Database) -> None:
    with postgres_ledger.write() as connection:
        reading = Reading(connection)
        reading.ahead(rows_by(roster, BY, ["V2", "V1", "V3"]), None, NUMBER)
        add(connection, "V3")
        foreseen = reading.rows_of(roster, BY, {"V3", "V1", "V2"})
        assert [(row.volunteer, row.place, row.star) for row in foreseen] == [
            ("V1", "P1", 0),
            ("V2", "P2", 3),
        ]
        assert tuple(reading.ask(NUMBER)[0]) == (2,)
        assert [row.volunteer for row in reading.rows_of(roster, BY, ["V1", "V2", "V3"])] == [
            "V1", "V2", "V3",
        ]  # fmt: skip
        assert tuple(reading.ask(NUMBER)[0]) == (3,)
        assert reading.rows_of(roster, BY, []) == []


def test_what_is_known_is_not_asked_again(postgres_ledger: Database) -> None:
    with postgres_ledger.write() as connection:
        reading = Reading(connection)
        reading.ahead(NUMBER, NEXT_BATCH)
        add(connection, "V3")
        reading.ahead(NUMBER, NEXT_BATCH)
        assert tuple(reading.ask(NUMBER)[0]) == (2,)
        assert tuple(reading.ask(NEXT_BATCH)[0]) == (1,)


@pytest.mark.parametrize("together", [True, False])
def test_a_batchs_number_is_void_once_another_lock_is_taken(
    postgres_ledger: Database, together: bool
) -> None:
    held, another = holding(Lock.POLICIES, shared=True), holding(Lock.SEALS)
    with postgres_ledger.write() as connection:
        reading = Reading(connection)
        reading.ahead(held, NEXT_BATCH)
        reading.ask(held)
        assert tuple(reading.ask(NEXT_BATCH)[0]) == (1,), "it is held already"
        reading.ahead(held, NEXT_BATCH)
        if together:
            reading.ahead(another)
        else:
            reading.ask(another)
        assert tuple(reading.ask(NEXT_BATCH)[0]) == (3,)


def test_what_was_foreseen_of_a_new_volunteer_is_asked_again_under_the_lock(
    postgres_ledger: Database,
) -> None:
    foreseen = Event()

    def second() -> dict[str, str]:
        with postgres_ledger.write() as connection, UnitOfWork(connection) as unit:
            unit.reading.ahead(holding_volunteers({"V9"}), rows_by(roster, BY, {"V9"}))
            foreseen.set()
            unit.lock_volunteers({"V9"})  # waits for the first
            return unit.homes({"V9"})

    with ThreadPoolExecutor() as pool:
        with postgres_ledger.write() as connection, UnitOfWork(connection) as unit:
            unit.lock_volunteers({"V9"})
            later = pool.submit(second)
            assert foreseen.wait(20)
            bulk.insert(connection, roster, [("V9", "P9", 0)])
        assert later.result(20) == {"V9": "P9"}


def test_where_nothing_is_remote_nothing_is_foreseen(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/ledger.db")
    database.create()
    with database.write() as connection:
        reading = Reading(connection)
        reading.ahead(rows_by(roster, BY, ["V1"]), NUMBER)
        add(connection, "V1")
        assert [row.volunteer for row in reading.rows_of(roster, BY, ["V1"])] == ["V1"]
    database.close()


def test_its_errors_are_those_of_sqlalchemy(postgres_ledger: Database) -> None:
    twice = Question("INSERT INTO roster VALUES ('V1', '', 0)")
    with (
        pytest.raises(IntegrityError) as refused,
        postgres_ledger.write() as connection,
    ):
        Reading(connection).ahead(NUMBER, twice, NUMBER)
    assert getattr(refused.value.orig, "sqlstate", "") == "23505"
    with postgres_ledger.read() as connection:
        assert tuple(Reading(connection).ask(NUMBER)[0]) == (2,)


@pytest.mark.parametrize("way", ["ahead", "copy"])
def test_a_connection_that_is_cut_is_told_as_such(postgres_ledger: Database, way: str) -> None:
    with pytest.raises(DBAPIError) as gone, postgres_ledger.write() as connection:
        ident = Reading(connection).ask(Question("SELECT pg_backend_pid()"))[0][0]
        with postgres_ledger.write() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({ident}, 10000)")
        if way == "ahead":
            Reading(connection).ahead(NUMBER, NUMBER)
        else:
            bulk.insert(connection, roster, [(f"W{n}", "", 0) for n in range(bulk.MANY)])
    assert gone.value.connection_invalidated
    with postgres_ledger.write() as connection:
        assert tuple(Reading(connection).ask(NUMBER)[0]) == (2,)
