"""How fast is a ledger verified against its seals? `python -m tests.benchmarks.audit --visits N`.

N visits are recorded, 20 a volunteer, and sealed. Then the sealed rows are checked as `vledger
verify` does it, beside merely reading the same rows in the same processes. A Postgres is started
for it.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, pairwise
from pathlib import Path

from sqlalchemy import select, text

from ledger.audit.canonical import COVERED, texts
from ledger.audit.checking import Against, audit, extent
from ledger.audit.sealing import seal_batches
from ledger.intake import Arrival
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
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
    sealing = _timed(lambda: seal_batches(database))
    with database.read() as connection:
        rows = extent(connection).rows
        last = max(connection.execute(select(batch.c.id)).scalars())
    print(f"{'SQLite' if database.is_sqlite else 'Postgres'}: {rows:,} sealed rows")
    _tell("sealing", rows, sealing)
    cores = os.cpu_count() or 1
    alone = _timed(lambda: _read(url, 0, last + 1))
    _tell("merely reading, one process", rows, alone)
    together = _timed(lambda: _read_in_processes(url, last + 1, cores))
    _tell(f"merely reading, {cores} processes", rows, together)
    for deep in (False, True):
        seconds = _timed(lambda deep=deep: _check(database, deep))  # type: ignore[misc]
        name = "verified, rows' trees too" if deep else "verified"
        _tell(f"{name}, {cores} processes", rows, seconds, together / seconds)
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


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _tell(what: str, rows: int, seconds: float, ratio: float | None = None) -> None:
    beside = "" if ratio is None else f"  {ratio:5.2f} of reading"
    print(f"  {what:38} {seconds:6.2f} s {rows / seconds:12,.0f} rows/s{beside}")


if __name__ == "__main__":
    main()
