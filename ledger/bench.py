"""How fast is the ledger here, and how far from what the bare database can do?

Each run of the ledger alternates with the ceiling for it: the very rows that the ledger writes,
written again without decoding, pairing, policy or reading. Rates are in events per second.
"""

import gc
import os
import platform
import resource
import sqlite3
import sys
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, Self

import psycopg
from sqlalchemy import Table, event, make_url, text
from sqlalchemy.exc import DBAPIError

from ledger.clock import now_micros
from ledger.errors import LedgerError
from ledger.fold import Step, VolunteerFold, VolunteerState
from ledger.intake import Arrival, Received, receive, step_of
from ledger.recorder import Recorder
from ledger.rulebook import PolicyText, Rulebook, national_ladder
from ledger.store.database import Database
from ledger.store.tables import APPEND_ONLY, metadata
from schemas import CheckedIn, CheckedOut
from schemas.attendance import Attendance, AttendanceEvent

Tell = Callable[[str], None]
Batch = Sequence[Arrival]


@dataclass(frozen=True, slots=True)
class Rate:
    """What was run, and the seconds that each repeat took for `events` events."""

    name: str
    events: int
    seconds: tuple[float, ...]

    @property
    def per_second(self) -> int:
        """Events per second in the median repeat."""
        return round(self.events / median(self.seconds))

    def to_json(self) -> dict[str, Any]:
        return {
            "events_per_second": self.per_second,
            "seconds": [round(s, 4) for s in self.seconds],
        }


@dataclass(frozen=True, slots=True)
class Contest:
    """The ledger on one database, and what the database does without it."""

    database: str
    ledger: Rate
    ceilings: tuple[Rate, ...]

    def percent(self, ceiling: Rate) -> int:
        """The ledger's rate in percent of a ceiling's."""
        return round(100 * self.ledger.per_second / ceiling.per_second)

    def to_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "ledger": self.ledger.to_json(),
            "ceilings": {
                one.name: {**one.to_json(), "ledger_percent": self.percent(one)}
                for one in self.ceilings
            },
        }


@dataclass(frozen=True, slots=True)
class BenchResult:
    """`rows`: written in all. `*_kib`: the process at its largest, before and after an ingest."""

    volunteers: int
    visits: int
    batch: int
    events: int
    event_bytes: int
    rows: int
    contests: tuple[Contest, ...]
    parts: tuple[Rate, ...]
    base_kib: int
    peak_kib: int

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs; keys are stable."""
        return {
            "machine": {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "sqlite": sqlite3.sqlite_version,
            },
            "volunteers": self.volunteers,
            "visits": self.visits,
            "batch": self.batch,
            "events": self.events,
            "event_bytes": self.event_bytes,
            "rows": self.rows,
            "contests": [contest.to_json() for contest in self.contests],
            "parts": {part.name: part.to_json() for part in self.parts},
            "memory_kib": {"before": self.base_kib, "peak": self.peak_kib},
        }


def run_bench(
    volunteers: int,
    visits: int,
    repeats: int = 3,
    *,
    batch: int = 5000,
    postgres: str | None = None,
    tell: Tell = lambda _step: None,
) -> BenchResult:
    """Measure; `tell` is given the name of each step.

    In the Postgres that `postgres` names, databases are created and dropped; others are left alone.
    """
    policy = national_ladder()
    tell("making events")
    batches = _batches(volunteers, visits, batch)
    base_kib = _largest_kib()
    with tempfile.TemporaryDirectory(prefix="vledger-bench-") as folder:
        sqlite = _Sqlite(Path(folder))
        tell("warming up")
        with sqlite.fresh() as database:
            _ingest(database, policy, batches)
        peak_kib = _largest_kib()
        with sqlite.fresh() as database:
            written = list(_written(database, policy, batches))
        places: list[_Sqlite | _Postgres] = [sqlite]
        if postgres is not None:
            places.append(_Postgres(postgres))
        with _unseen_by_the_collector():
            contests = [_contest(one, policy, batches, written, repeats, tell) for one in places]
            tell("decoding and folding alone")
            parts = tuple(_parts(policy, batches, repeats))
    return BenchResult(
        volunteers=volunteers,
        visits=visits,
        batch=batch,
        events=sum(map(len, batches)),
        event_bytes=len(batches[0][0].content),
        rows=sum(len(write.rows) for writes in written for write in writes),
        contests=tuple(contests),
        parts=parts,
        base_kib=base_kib,
        peak_kib=peak_kib,
    )


@contextmanager
def _unseen_by_the_collector() -> Iterator[None]:
    """Keep the collector off what is in memory now: the benchmark holds it, no ledger would."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


# Events ---------------------------------------------------------------------------------------


def _batches(volunteers: int, visits: int, size: int) -> list[Batch]:
    arrivals = [
        Arrival(one.model_dump_json(exclude_none=True).encode(), f"bench:{number}")
        for number, one in enumerate(_events(volunteers, visits), 1)
    ]
    return [arrivals[start : start + size] for start in range(0, len(arrivals), size)]


def _events(volunteers: int, visits: int) -> Iterator[AttendanceEvent]:
    """Round by round everybody comes, then everybody leaves: nothing is late, nobody overlaps."""
    opening = datetime(2000, 1, 1, tzinfo=UTC)
    if visits > volunteers * _ROUNDS:
        raise LedgerError(f"more than {_ROUNDS} visits of one volunteer: take more volunteers")
    serial = count(1)
    for turn, first in enumerate(range(0, visits, volunteers)):
        present = range(min(volunteers, visits - first))
        for model, hour in ((CheckedIn, 0), (CheckedOut, 2)):
            for number in present:
                at = opening + timedelta(hours=3 * turn + hour, seconds=number % 3600)
                yield _event(model, f"e{next(serial):09}", at, number)


_ROUNDS = 60_000
"""Of three hours each: from 2000 on they end before 2021, so that no event lies in the future."""


def _event(model: type[AttendanceEvent], ident: str, at: datetime, number: int) -> AttendanceEvent:
    station = f"{number % 999:03}"
    return model(
        specversion="1.0",
        id=ident,
        source=f"kiosk/370199-{station}-01",
        time=at,
        subject=f"V{number:08}",
        data=Attendance(activity=f"A{number % 5000:05}", place=f"370199{station}001", method="qr"),
    )


# What the ledger writes -----------------------------------------------------------------------


class _Write(NamedTuple):
    """One statement of a batch: rows into a table, and its `ON CONFLICT …` clause or ""."""

    sql: str
    table: Table
    conflict: str
    rows: list[tuple[object, ...]]

    @classmethod
    def of(cls, sql: str, rows: Sequence[tuple[object, ...]]) -> Self:
        into, _, conflict = sql.removeprefix("INSERT INTO ").partition(" ON CONFLICT ")
        table = metadata.tables[into.partition(" ")[0]]
        return cls(sql, table, f"ON CONFLICT {conflict}" if conflict else "", list(rows))


def _written(
    database: Database, policy: PolicyText, batches: Sequence[Batch]
) -> Iterator[list[_Write]]:
    """What the ledger writes for each batch, overheard while it does."""
    writes: list[_Write] = []

    def overhear(*call: Any) -> None:
        _connection, _cursor, sql, parameters, _context, many = call
        if sql.startswith("INSERT"):
            writes.append(_Write.of(sql, parameters if many else [parameters]))

    event.listen(database.engine, "before_cursor_execute", overhear)
    recorder = Recorder(database, policy)
    for batch in batches:
        writes.clear()
        recorder.record(batch)
        yield list(writes)


# Databases ------------------------------------------------------------------------------------


class _Sqlite:
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

    def ceilings(self) -> dict[str, Callable[[Database, list[list[_Write]]], float]]:
        return {"executemany of the same rows": self._executemany}

    @staticmethod
    def _executemany(database: Database, written: list[list[_Write]]) -> float:
        pooled = database.engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        began = perf_counter()
        for writes in written:
            connection.execute("BEGIN IMMEDIATE")
            for write in writes:
                connection.executemany(write.sql, write.rows)
            connection.execute("COMMIT")
        seconds = perf_counter() - began
        pooled.close()
        return seconds


class _Postgres:
    """New databases on a server, and the ceilings there."""

    name = "Postgres"

    def __init__(self, url: str) -> None:
        self._server = Database(url)
        if self._server.is_sqlite:
            raise LedgerError(f"{url} is not a Postgres: write postgresql+psycopg://USER@HOST/NAME")

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        name = f"vledger_bench_{uuid.uuid4().hex[:12]}"
        self._command(f"CREATE DATABASE {name}")
        url = make_url(self._server.url).set(database=name)
        database = Database(url.render_as_string(hide_password=False))
        try:
            database.create()
            yield database
        finally:
            database.close()
            self._command(f"DROP DATABASE {name}")

    def ceilings(self) -> dict[str, Callable[[Database, list[list[_Write]]], float]]:
        return {
            "batch transaction of the same rows": partial(self._copy, _every),
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
    def _copy(
        chosen: Callable[[_Write], bool], database: Database, written: list[list[_Write]]
    ) -> float:
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


def _every(_write: _Write) -> bool:
    return True


def _appended(write: _Write) -> bool:
    return write.table in APPEND_ONLY and write.table.name != "policy_version"


def _copy_in(connection: psycopg.Connection[Any], write: _Write) -> None:
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


# Runs -----------------------------------------------------------------------------------------


def _contest(
    place: _Sqlite | _Postgres,
    policy: PolicyText,
    batches: Sequence[Batch],
    written: list[list[_Write]],
    repeats: int,
    tell: Tell,
) -> Contest:
    """The ledger and its ceilings in turn, `repeats` times, each on a fresh database."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(1, repeats + 1):
        tell(f"{place.name}: the ledger, {number} of {repeats}")
        with place.fresh() as database:
            seconds[_LEDGER].append(_ingest(database, policy, batches))
        for name, run in place.ceilings().items():
            tell(f"{place.name}: {name}, {number} of {repeats}")
            with place.fresh() as database:
                seconds[name].append(run(database, written))
    events = sum(map(len, batches))
    rates = {name: Rate(name, events, tuple(taken)) for name, taken in seconds.items()}
    return Contest(place.name, rates.pop(_LEDGER), tuple(rates.values()))


_LEDGER = "the ledger"


def _ingest(database: Database, policy: PolicyText, batches: Sequence[Batch]) -> float:
    recorder = Recorder(database, policy)
    began = perf_counter()
    for batch in batches:
        recorder.record(batch)
    return perf_counter() - began


def _parts(policy: PolicyText, batches: Sequence[Batch], repeats: int) -> Iterator[Rate]:
    """What the core does, without a database."""
    events = sum(map(len, batches))
    yield Rate("decoding and checking", events, tuple(_decode(batches) for _ in range(repeats)))
    steps = _steps(batches)
    with _unseen_by_the_collector():
        folded = tuple(_fold(policy, steps) for _ in range(repeats))
    yield Rate("pairing and policy", events, folded)


def _decode(batches: Sequence[Batch]) -> float:
    now = now_micros()
    began = perf_counter()
    for batch in batches:
        for arrival in batch:
            receive(arrival, now)
    return perf_counter() - began


def _steps(batches: Sequence[Batch]) -> list[dict[str, list[Step]]]:
    now = now_micros()
    seqs = count(1)
    found = []
    for batch in batches:
        steps: dict[str, list[Step]] = defaultdict(list)
        for one in (receive(arrival, now) for arrival in batch):
            assert isinstance(one, Received)
            step = step_of(one.event, one.at, next(seqs))
            assert step is not None
            steps[one.event.subject].append(step)
        found.append(steps)
    return found


def _fold(policy: PolicyText, batches: list[dict[str, list[Step]]]) -> float:
    states: dict[str, VolunteerState] = {}
    next_id = count(1).__next__
    rules = Rulebook.of(policy)
    began = perf_counter()
    for batch in batches:
        for volunteer, steps in batch.items():
            fold = VolunteerFold(rules, states.get(volunteer) or VolunteerState(volunteer), next_id)
            fold.run(steps)
            states[volunteer] = fold.state
    return perf_counter() - began


def _largest_kib() -> int:
    """The largest that this process has been in memory; macOS counts it in bytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest // 1024 if sys.platform == "darwin" else largest
