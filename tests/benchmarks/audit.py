"""How fast is a ledger verified against its seals? `python -m tests.benchmarks.audit --visits N`.

N visits are recorded, 20 a volunteer, and sealed. Then the sealed rows are checked as `vledger
verify` does it, beside merely reading the same rows in the same processes. A Postgres is started
for it. Beside the seconds that passed stand those that the processors worked, the database's too:
on a machine that does something else as well, these say what it could do.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select, text

from ledger.audit import checking
from ledger.audit.canonical import COVERED, texts
from ledger.audit.checking import Against, audit, extent
from ledger.audit.sealing import seal_batches
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import batch
from tests.builders import visit
from tests.services import postgres_server

PER_VOLUNTEER = 20
BATCH = 5000


def main() -> None:
    """Print rows a second of each way, on both databases."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=100_000)
    visits = options.parse_args().visits
    with tempfile.TemporaryDirectory() as folder:
        _measure(f"sqlite:///{Path(folder) / 'ledger.db'}", visits)
        with postgres_server(Path(folder)) as server:
            _measure(server.create_database("audit"), visits)


def _measure(url: str, visits: int) -> None:
    database = Database(url)
    database.create()
    recorder = Recorder(database, national_ladder())
    events = _events(visits)
    while content := list(islice(events, BATCH)):
        recorder.record([Arrival(one, "benchmark") for one in content])
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE")
            )
    with database.read() as connection:
        last = max(connection.execute(select(batch.c.id)).scalars())
    sealing = _timed(lambda: seal_batches(database), database)
    with database.read() as connection:
        rows = extent(connection).rows
    cores, usual = os.cpu_count() or 1, checking.LARGE
    checking.LARGE = rows + 1
    print(f"{'SQLite' if database.is_sqlite else 'Postgres'}: {rows:,} sealed rows, {cores} cores")
    _tell("sealing", rows, sealing)
    alone = _timed(lambda: _read(url, 0, last + 1), database)
    _tell("merely reading", rows, alone)
    for deep, name in ((False, "verified"), (True, "verified --deep")):
        _tell(name, rows, _timed(partial(_check, database, deep), database), alone)
    start = _timed(lambda: _read_in_processes(url, 0, cores), database)
    print(f"  in {cores} processes, which take {start.worked:.1f} s of work to start:")
    reading = _timed(lambda: _read_in_processes(url, last + 1, cores), database) - start
    _tell("merely reading", rows, reading)
    checking.LARGE = 0
    for deep, name in ((False, "verified"), (True, "verified --deep")):
        _tell(name, rows, _timed(partial(_check, database, deep), database) - start, reading)
    checking.LARGE = usual
    database.close()


def _check(database: Database, deep: bool) -> None:
    with database.read() as connection:
        for name, findings in audit(database, connection, Against(deep=deep)):
            assert not findings, (name, findings)


def _read_in_processes(url: str, end: int, cores: int) -> None:
    pieces = cores * 16
    bounds = [end * piece // pieces for piece in range(pieces + 1)]
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(_read, url, first, last) for first, last in pairwise(bounds)]
        for job in jobs:
            job.result()


def _read(url: str, first: int, end: int) -> None:
    """The texts of all rows in the batches from `first` up to `end`, by some batches at a time."""
    database = Database(url)
    with database.read() as connection:
        for start in range(first, end, 10):
            for covered in COVERED:
                texts(connection, covered, start, min(start + 10, end))
    database.close()


def _events(visits: int) -> Iterator[bytes]:
    for number in range(visits):
        volunteer, day = divmod(number, PER_VOLUNTEER)
        start = f"{8 + number % 3:02}:{number % 60:02}"
        yield from visit(
            f"V{volunteer:08}", f"2026-05-{day + 1:02}", start, "16:30", f"A{number % 500}"
        )


class Spent(NamedTuple):
    """Seconds that passed, and that the processors worked."""

    passed: float
    worked: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.passed - other.passed, self.worked - other.worked)


def _timed(work: Callable[[], object], database: Database) -> Spent:
    began, worked = time.perf_counter(), _worked(database)
    work()
    passed = time.perf_counter() - began
    return Spent(passed, _worked(database) - worked)


def _worked(database: Database) -> float:
    """Seconds of processor time of this process, its children, and the database's server."""
    database.close()  # a server's child counts once it has ended
    spent = sum(os.times()[:4])
    if database.is_sqlite:
        return spent
    with database.engine.connect() as connection:
        child = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        while connection.execute(text(CLIENTS)).scalar_one() > 1:
            time.sleep(0.05)
        time.sleep(0.5)  # the server takes note of a child's end a moment after
    server = _stat(int(_stat(child)[1]))
    return spent + sum(map(int, server[11:15])) / os.sysconf("SC_CLK_TCK")


CLIENTS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


def _stat(process: int) -> list[str]:
    """What Linux says of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _tell(what: str, rows: int, spent: Spent, beside: Spent | None = None) -> None:
    cores = os.cpu_count() or 1
    free = rows * cores / spent.worked
    ratio = "" if beside is None else f"  {spent.worked / beside.worked:5.2f} x reading"
    print(
        f"  {what:30} {spent.passed:6.2f} s {rows / spent.passed:10,.0f} rows/s"
        f"  worked {spent.worked:6.2f} s, {free:10,.0f} rows/s on {cores} free cores{ratio}",
        flush=True,
    )


if __name__ == "__main__":
    main()
