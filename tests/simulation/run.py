"""How is a seed run, and what is left of it? An outcome; a failing one says what went wrong."""

import multiprocessing
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from unittest.mock import patch

from ledger.core.snapshots import FACTS_BETWEEN
from ledger.store import bulk
from ledger.store.database import Database
from tests.simulation.check import findings
from tests.simulation.world import BrokenPromiseError, World
from tests.snapshots import kept_every

REPLAYED = 10
"""Of so many seeds one is also replayed and compared row by row."""


@dataclass(slots=True)
class Outcome:
    """What a seed came to: what is wrong (nothing, one hopes), and how much happened."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def simulate(seed: int, *, trace: bool = False, replay: bool | None = None) -> Outcome:
    """Run one seed. The same number gives the same run."""
    rng = Random(seed)
    every, many = rng.choice((1, 2, 5, FACTS_BETWEEN)), rng.choice((1, bulk.MANY))
    with (
        tempfile.TemporaryDirectory(prefix="vledger-simulation-") as folder,
        kept_every(every),
        patch.object(bulk, "MANY", many),  # so many events are taken for new together
    ):
        world = World(seed, _database(), Path(folder) / "key", trace)
        try:
            world.run()
            replays = seed % REPLAYED == 0 if replay is None else replay
            wrong = list(findings(world, replays))
        except BrokenPromiseError as broken:
            wrong = [str(broken)]
        return Outcome(seed, wrong, world.counts)


def simulate_all(seeds: Iterable[int], jobs: int, replay: bool | None = None) -> Iterator[Outcome]:
    """Run seeds in so many processes; the outcomes as they come."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(partial(simulate, replay=replay), seeds, chunksize=4)


def _database() -> Database:
    """An empty ledger in memory; all seeds of a process share the connection."""
    database = _shared()
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        _empty_ledger().backup(driver)
    return database


@lru_cache
def _shared() -> Database:
    return Database("sqlite://")


@lru_cache
def _empty_ledger() -> sqlite3.Connection:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{file}")
        database.create()
        database.close()
        kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(file)) as made:
            made.backup(kept)
        return kept
