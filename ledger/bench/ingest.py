"""How fast do events come in, beside the bare database given the very rows that this writes?

Each run of the ledger alternates with the ceilings for it: the same rows, written again without
decoding, pairing, policy or reading.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

from ledger.bench.databases import PostgresDatabases, SqliteFiles, Written
from ledger.bench.measures import Rate, Tell, Usage, largest_kib
from ledger.bench.workload import Batch
from ledger.core.rulebook import PolicyText
from ledger.recording.recorder import Recorder
from ledger.store.database import Database


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
    batches: Sequence[Batch],
    written: Written,
    repeats: int,
    tell: Tell,
) -> Contest:
    """The ledger and its ceilings in turn, `repeats` times, each on a fresh database."""
    seconds: dict[str, list[float]] = defaultdict(list)
    usage: dict[str, list[Usage]] = defaultdict(list)
    ways: dict[str, Callable[[Database], float]] = {
        _LEDGER: lambda database: ingest(database, policy, batches)
    }
    for name, bare in place.ceilings().items():
        ways[name] = partial(_bare, bare, written)
    for number in range(1, repeats + 1):
        for name, way in ways.items():
            tell(f"{place.name}: {name}, {number} of {repeats}")
            with place.fresh() as database:
                worked = process_time()
                seconds[name].append(way(database))
                usage[name].append(Usage(process_time() - worked, largest_kib()))
    events = sum(map(len, batches))
    rates = {
        name: Rate(name, events, tuple(taken), processes=tuple(usage[name]))
        for name, taken in seconds.items()
    }
    return Contest(place.name, rates.pop(_LEDGER), tuple(rates.values()))


def _bare(
    bare: Callable[[Database, Written], float], written: Written, database: Database
) -> float:
    return bare(database, written)


_LEDGER = "the ledger"


def ingest(database: Database, policy: PolicyText, batches: Sequence[Batch]) -> float:
    """Record all batches; the seconds that it took."""
    recorder = Recorder(database, policy)
    began = perf_counter()
    for batch in batches:
        recorder.record(batch)
    return perf_counter() - began
