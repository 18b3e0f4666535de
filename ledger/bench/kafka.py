"""How fast do events come from Kafka into Postgres, by one worker and by two?

The workers are real ones and have their partitions before it begins; they stand still while the
topic is filled, so that whoever fills it takes nothing from them. Then the time runs until the
offset of the last message is stored, which is in the transaction of what it caused.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from aiokafka import AIOKafkaConsumer

from ledger.bench import topics
from ledger.bench.databases import PostgresDatabases
from ledger.bench.measures import Rate, Tell, Usage
from ledger.bench.workers import Workers, recorded, unpublished, workers
from ledger.bench.workload import Keyed
from ledger.store.database import Database
from schemas.topics import ATTENDANCE

PATIENCE = 3600.0
"""Seconds in which all has to be recorded."""

READING = "aiokafka alone, nothing recorded"
PUBLISHED = "one worker, until all is published, too"


def by_workers(number: int) -> str:
    """What a run with so many workers is called."""
    return {1: "one worker", 2: "two workers"}.get(number, f"{number} workers")


def ingest(
    server: PostgresDatabases, kafka: str, messages: Sequence[Keyed], repeats: int, folder: Path,
    tell: Tell,
) -> Iterator[Rate]:  # fmt: skip
    """One worker and two in turn, each on a fresh database and fresh topics."""
    seconds: dict[str, list[float]] = {by_workers(number): [] for number in (1, 2)}
    usage: dict[str, list[Usage]] = {name: [] for name in seconds}
    published, read = [], []
    for turn in range(1, repeats + 1):
        for number in (1, 2):
            name = by_workers(number)
            tell(f"Kafka → Postgres: {name}, {turn} of {repeats}")
            with (
                server.fresh() as database,
                workers(["all"] * number, database, kafka, folder) as running,
            ):
                topic = running.prefix + ATTENDANCE.name
                taken, until_published, used = _run(running, database, kafka, topic, messages)
                seconds[name].append(taken)
                usage[name] += used
                if number == 1:
                    published.append(until_published)
                    tell(f"Kafka: reading alone, {turn} of {repeats}")
                    read.append(asyncio.run(_read(kafka, topic, len(messages))))
    events = len(messages)
    for name, found in seconds.items():
        yield Rate(name, events, tuple(found), processes=tuple(usage[name]))
    yield Rate(PUBLISHED, events, tuple(published))
    yield Rate(READING, events, tuple(read))


def _run(
    running: Workers, database: Database, kafka: str, topic: str, messages: Sequence[Keyed]
) -> tuple[float, float, list[Usage]]:
    """Seconds until all is recorded, and until all is published; what the workers took for both."""
    with running.standing_still():
        asyncio.run(topics.fill(kafka, topic, messages))
        before = running.usage()
        began = perf_counter()
    what = f"{len(messages)} events are recorded and published"
    total = len(messages)
    running.wait(lambda: recorded(database, topic) >= total, PATIENCE, 0.02, what)
    taken = perf_counter() - began
    running.wait(lambda: not unpublished(database), PATIENCE, 0.02, what)
    return taken, perf_counter() - began, running.usage_since(before)


async def _read(kafka: str, topic: str, messages: int) -> float:
    seen = 0
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest"
    ) as consumer:
        began = perf_counter()
        while seen < messages:
            fetched = await consumer.getmany(timeout_ms=200, max_records=5000)
            seen += sum(len(records) for records in fetched.values())
        return perf_counter() - began
