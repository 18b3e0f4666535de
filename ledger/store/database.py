"""How is a database opened, created and upgraded? Engines for SQLite and Postgres, and Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    DisconnectionError,
    NoSuchModuleError,
    OperationalError,
)

from ledger.errors import LedgerError, NotInitialisedError, UnreachableError
from ledger.store.revisions import revision_of, upgrade


class Schema(NamedTuple):
    """What a database holds, the migrations that make it up to the newest, and the command."""

    holds: str
    migrations: Path
    newest: str
    made_by: str


LEDGER = Schema("ledger", Path(__file__).parent / "migrations", "0001", "vledger init")


UNFINISHED = "unfinished"
"""In the place of a schema's revision: a restore or a move is under way, or was cut off."""

PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Postgres is taken for away after half a minute of silence (s; the last one ms), not after the
two hours that systems allow a lost connection. What the URL says goes before."""


ASKED_AFTER = 1.0
"""Seconds without use after which a connection is tried before it is used again."""


class Database:
    """An open database: `write()` and `read()` give transactions; `read_only`: only the latter."""

    def __init__(self, url: str, schema: Schema = LEDGER, *, read_only: bool = False) -> None:
        self.url = url
        self.schema = schema
        self.read_only = read_only
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(ledger_write=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an exception.

        Raises LedgerError if the database is for reading only.
        """
        if self.read_only:
            raise LedgerError(f"{self.shown} is only asked, never written to")
        with _plain_errors(self.url), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading one consistent state."""
        with _plain_errors(self.url), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def behind(self) -> float | None:
        """Of a replica: how old its newest change is, in seconds; None of any other database.

        Where nobody writes that grows, although nothing is missing.
        """
        if self.is_sqlite:
            return None
        with self.read() as connection:
            age = connection.execute(
                text("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")
            ).scalar()
        return None if age is None else float(age)

    def create(self) -> None:
        """Create the tables, or bring those of an older version up to date. Safe to repeat."""
        if self.is_sqlite and (name := self.engine.url.database) not in (None, "", ":memory:"):
            parent = Path(str(name)).parent
            if not parent.is_dir():
                raise LedgerError(f"there is no folder {parent}: create it, or give another --db")
        with self.write() as connection:
            self._refuse_unfinished(revision_of(connection))
            upgrade(connection, self.schema.migrations)

    def check(self) -> None:
        """Raise NotInitialisedError unless the tables are those of this version."""
        holds, _, wanted, made_by = self.schema
        name = self.engine.url.database
        if self.is_sqlite and name and name != ":memory:" and not Path(name).exists():
            raise NotInitialisedError(f"there is no {holds} at {name}: run `{made_by}` first")
        with self.read() as connection:
            found = revision_of(connection)
        self._refuse_unfinished(found)
        if found is None:
            raise NotInitialisedError(f"{self.shown} holds no {holds}: run `{made_by}` first")
        if found != wanted:
            raise NotInitialisedError(
                f"{self.shown} is at schema {found}, this program at {wanted}: run `{made_by}`"
            )

    def holds(self, table: Table) -> bool:
        """The database has that table, of whatever version, and rows in it."""
        with self.read() as connection:
            if not inspect(connection).has_table(table.name):
                return False
            return connection.execute(select(*table.primary_key).limit(1)).first() is not None

    def mark_unfinished(self) -> None:
        """From now on `check` and `create` refuse it."""
        self._note_revision(UNFINISHED)

    def mark_finished(self) -> None:
        """What was being filled is complete."""
        self._note_revision(self.schema.newest)

    def _note_revision(self, revision: str) -> None:
        with self.write() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
            )

    def _refuse_unfinished(self, found: str | None) -> None:
        if found == UNFINISHED:
            raise NotInitialisedError(
                f"{self.shown} was being filled, and that was cut off: drop it, and begin again"
            )

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if not error.connection_invalidated and _is_unreachable(error):
            shown = make_url(url).render_as_string(hide_password=True)
            reason = str(error.orig).strip().splitlines()[0]
            raise UnreachableError(f"can't open {shown}: {reason}") from error
        raise


def _is_unreachable(error: OperationalError) -> bool:
    text = str(error.orig).lower()
    return error.statement is None or "unable to open" in text or "not a database" in text


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError(
            f"{url!r} is not a database URL: write sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/NAME"
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        parsed.get_dialect().import_dbapi()
    except (NoSuchModuleError, ImportError):
        raise _unsupported(parsed.drivername) from None
    match parsed.get_backend_name():
        case "sqlite":
            # one thread at a time, but not always the same one
            engine = create_engine(parsed, connect_args={"timeout": 60, "check_same_thread": False})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        case "postgresql":
            told = {name: value for name, value in PATIENCE.items() if name not in parsed.query}
            engine = create_engine(parsed, connect_args=told)
            event.listen(engine, "checkin", _note_use)
            event.listen(engine, "checkout", partial(_ask_after_a_pause, engine.dialect))
        case other:
            raise _unsupported(other)
    return engine


def _unsupported(name: str) -> LedgerError:
    return LedgerError(
        f"{name} is not supported: write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
    )


def _note_use(_connection: object, record: Any) -> None:
    record.info["used"] = monotonic()


def _ask_after_a_pause(dialect: Dialect, connection: Any, record: Any, _proxy: object) -> None:
    """Find out whether the server is still there, if nothing was asked of it for a while.

    What goes away in the middle of work is noticed by that work.
    """
    used = record.info.get("used")
    if used is None or monotonic() - used < ASKED_AFTER:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an honest record survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ledger_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
