"""How fast do events come in, beside the bare database given the very rows that this writes?

Each run of the ledger alternates with the ceilings for it: the same rows, written again without
decoding, pairing, policy or reading. The ledger runs in a process of its own: beside half a million
rows that are kept for the ceilings it would be a sixth slower, which no ledger is.
"""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import func, select

from ledger.bench.databases import PostgresDatabases, SqliteFiles, Written
from ledger.bench.measures import Rate, Tell, Usage, largest_kib
from ledger.bench.workload import Batch, Load, awarding
from ledger.collector import spare_the_collector
from ledger.core.rulebook import PolicyText, parse
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import points_entry
from ledger.turns import take_short_turns


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


def contest(
    place: SqliteFiles | PostgresDatabases,
    policy: PolicyText,
    load: Load,
    written: Written,
    repeats: int,
    tell: Tell,
) -> Contest:
    """The ledger and its ceilings in turn, `repeats` times, each on a fresh database."""
    seconds: dict[str, list[float]] = defaultdict(list)
    usage: dict[str, list[Usage]] = defaultdict(list)
    ways: dict[str, Callable[[Database], tuple[float, Usage]]] = {
        _LEDGER: partial(_apart, policy, load)
    }
    for name, bare in place.ceilings().items():
        ways[name] = partial(_bare, bare, written)
    for number in range(1, repeats + 1):
        for name, way in ways.items():
            tell(f"{place.name}: {name}, {number} of {repeats}")
            with place.fresh() as database:
                took, used = way(database)
            seconds[name].append(took)
            usage[name].append(used)
    events = 2 * load.number
    rates = {
        name: Rate(name, events, tuple(taken), processes=tuple(usage[name]))
        for name, taken in seconds.items()
    }
    return Contest(place.name, rates.pop(_LEDGER), tuple(rates.values()))


def posting(server: PostgresDatabases, load: Load, repeats: int, tell: Tell) -> Rate:
    """Points that come alone, into Postgres: one posting an event, as a transfer is one."""
    found = []
    for number in range(1, repeats + 1):
        tell(f"Postgres: awards of points, {number} of {repeats}")
        with server.fresh() as database:
            found.append(_apart(awarding(), load, database))
            _check_posted(database, load.number)
    seconds, usage = zip(*found, strict=True)
    return Rate("the ledger, awards of points", load.number, seconds, "points", processes=usage)


def _check_posted(database: Database, awards: int) -> None:
    """Raises LedgerError unless each posted its points: setting one aside is quicker."""
    with database.read() as connection:
        posted = connection.execute(select(func.count()).select_from(points_entry)).scalar_one()
    if posted != awards:
        raise LedgerError(f"of {awards} awards of the benchmark {posted} posted points")


def _bare(
    bare: Callable[[Database, Written], float], written: Written, database: Database
) -> tuple[float, Usage]:
    worked = process_time()
    took = bare(database, written)
    return took, Usage(process_time() - worked, largest_kib())


def _apart(policy: PolicyText, load: Load, database: Database) -> tuple[float, Usage]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(ingest_alone, database.url, policy.text, load).result()


def ingest_alone(url: str, policy: str, load: Load) -> tuple[float, Usage]:
    """What recording it takes a process that does nothing else; the events are made before."""
    batches = list(load.batches())
    database = Database(url)
    spare_the_collector()
    take_short_turns()
    worked = process_time()
    took = ingest(database, parse(policy, "policy"), batches)
    used = Usage(process_time() - worked, largest_kib())
    database.close()
    return took, used


_LEDGER = "the ledger"


def ingest(database: Database, policy: PolicyText, batches: Sequence[Batch]) -> float:
    """Record all batches; the seconds that it took."""
    recorder = Recorder(database, policy)
    began = perf_counter()
    for _ in recorder.record_each(batches):
        pass
    return perf_counter() - began
