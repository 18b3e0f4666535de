"""How fast is the event log folded again: by a replay, and by a simulation of a draft policy?"""

import importlib.util
from collections.abc import Iterator, Sequence
from time import perf_counter

from ledger.bench.databases import PostgresDatabases, SqliteFiles
from ledger.bench.ingest import ingest
from ledger.bench.measures import Rate, Tell
from ledger.bench.workload import Batch
from ledger.core.rulebook import PolicyText, Rulebook, parse
from ledger.recording.replay import count_events, rebuild
from ledger.store.database import Database


def rates(
    place: SqliteFiles | PostgresDatabases,
    policy: PolicyText,
    batches: Sequence[Batch],
    repeats: int,
    tell: Tell,
) -> Iterator[Rate]:
    """A ledger with these batches is replayed into an empty one; a simulation reads it, too."""
    simulates = importlib.util.find_spec("polars") is not None
    replayed, simulated = [], []
    with place.fresh() as source:
        ingest(source, policy, batches)
        with source.read() as connection:
            events = count_events(connection)
        for number in range(1, repeats + 1):
            tell(f"{place.name}: replay, {number} of {repeats}")
            replayed.append(_replay(source, place))
            if simulates:
                tell(f"{place.name}: simulation, {number} of {repeats}")
                simulated.append(_simulate(source, policy))
    yield Rate(f"{place.name}: replay", events, tuple(replayed))
    if simulates:
        yield Rate(f"{place.name}: simulation of a draft", events, tuple(simulated))


def _replay(source: Database, place: SqliteFiles | PostgresDatabases) -> float:
    with place.fresh() as target, source.read() as connection:
        began = perf_counter()
        rebuild(connection, target, lambda _events: None)
        return perf_counter() - began


def _simulate(source: Database, policy: PolicyText) -> float:
    from ledger.simulation import simulate  # needs the extra

    draft = parse(policy.text.replace("floor(counted)", "2 * floor(counted)"), "draft")
    began = perf_counter()
    simulate(source.url, Rulebook.of(policy), Rulebook.of(draft), lambda _s, _d, _t: None)
    return perf_counter() - began
