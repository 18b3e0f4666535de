"""On which databases is it measured, and what can they do without the ledger?"""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from ledger.errors import LedgerError
from ledger.store.bulk import Write, insert_sql
from ledger.store.database import Database
from ledger.store.tables import APPEND_ONLY

Written = list[list[Write]]
"""Batch by batch."""

BATCH_TRANSACTION = "batch transaction of the same rows"


class SqliteFiles:
    """New files in a folder, and the ceiling there: `executemany` on the driver's connection."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._serial = count(1)

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        path = self._folder / f"{next(self._serial)}.db"
        database = Database(f"sqlite:///{path}")
        try:
            database.create()
            yield database
        finally:
            database.close()
            for file in self._folder.glob(f"{path.name}*"):
                file.unlink()

    def ceilings(self) -> dict[str, Callable[[Database, Written], float]]:
        return {"executemany of the same rows": self._executemany}

    @staticmethod
    def _executemany(database: Database, written: Written) -> float:
        pooled = database.engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        began = perf_counter()
        for writes in written:
            connection.execute("BEGIN IMMEDIATE")
            for write in writes:
                connection.executemany(f"{insert_sql(write.table, 1)} {write.conflict}", write.rows)
            connection.execute("COMMIT")
        seconds = perf_counter() - began
        pooled.close()
        return seconds


class PostgresDatabases:
    """New databases on a server, and the ceilings there."""

    name = "Postgres"

    def __init__(self, url: str) -> None:
        self._server = Database(url)
        if self._server.is_sqlite:
            raise LedgerError(f"{url} is not a Postgres: write postgresql+psycopg://USER@HOST/NAME")

    def settings(self) -> dict[str, str]:
        """The server's version, and whether what it has committed survives a power cut."""
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        with self._server.read() as connection:
            told = {one: connection.execute(text(f"SHOW {one}")).scalar_one() for one in names}
        self._server.close()
        return told

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a new database."""
        name = f"vledger_bench_{uuid.uuid4().hex[:12]}"
        self._command(f"CREATE DATABASE {name}")
        url = make_url(self._server.engine.url).set(database=name)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            self._command(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        with self.empty() as url:
            database = Database(url)
            try:
                database.create()
                yield database
            finally:
                database.close()

    def ceilings(self) -> dict[str, Callable[[Database, Written], float]]:
        return {
            BATCH_TRANSACTION: partial(self._copy, _every),
            "bare COPY of the appended rows": partial(self._copy, _appended),
        }

    def _command(self, sql: str) -> None:
        try:
            with self._server.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(sql))
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise LedgerError(
                f"{self._server.shown}: {reason}: the benchmark needs a user with CREATEDB"
            ) from error
        finally:
            self._server.close()

    @staticmethod
    def _copy(chosen: Callable[[Write], bool], database: Database, written: Written) -> float:
        pooled = database.engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)
        for name in sorted({write.table.name for writes in written for write in writes}):
            stage = f"CREATE TEMP TABLE stage_{name} (LIKE {name}) ON COMMIT DELETE ROWS"
            connection.execute(stage.encode())
        connection.commit()
        began = perf_counter()
        for writes in written:
            for write in filter(chosen, writes):
                _copy_in(connection, write)
            connection.commit()
        seconds = perf_counter() - began
        pooled.close()
        return seconds


def _every(_write: Write) -> bool:
    return True


def _appended(write: Write) -> bool:
    return write.table in APPEND_ONLY and write.table.name != "policy_version"


def _copy_in(connection: psycopg.Connection[Any], write: Write) -> None:
    """COPY rows into their table; where they may be known, by way of a table without indexes."""
    table = write.table
    target = f"stage_{table.name}" if write.conflict else table.name
    with connection.cursor() as cursor:
        names = ", ".join(column.name for column in table.columns)
        with cursor.copy(f"COPY {target} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
            copy.set_types([_POSTGRES[column.type.python_type] for column in table.columns])
            for row in write.rows:
                copy.write_row(row)
        if write.conflict:
            sql = f"INSERT INTO {table.name} SELECT {names} FROM {target} {write.conflict}"
            cursor.execute(sql.encode())


_POSTGRES: dict[type, str] = {int: "int8", bytes: "bytea", str: "text"}
