"""How fast does the ingest lane read from Kafka into Postgres, beside a plain Faust agent?

    python -m tests.benchmarks.ingest_lane [--visits 30000] [--partitions 4]

One run, on a local Kafka and Postgres that it starts and ends: the same check-ins and check-outs,
(1) read by aiokafka and thrown away, (2) recorded through the ingest lane by one worker, (3)
recorded by a Faust agent with take(2000), (4) recorded without Kafka; then `vledger bench` on the
same Postgres for the bare ceilings. Prints ratios.
"""

import argparse
import asyncio
import contextlib
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from ledger.bench import run_bench
from ledger.bench_view import print_bench
from ledger.cli.app import spare_the_collector
from ledger.intake import Arrival
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.tables import event
from schemas.topics import ATTENDANCE
from streams.app import create_topics
from streams.ingest import IngestLane
from streams.partitions import OwnedPartitions
from streams.relay import Relay
from tests.builders import visit
from tests.services import PostgresServer, kafka_cluster, postgres_server


def main() -> None:
    """Run all four and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=30_000)
    parser.add_argument("--partitions", type=int, default=4)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    events = [
        (f"V{number % 5000:08}", content)
        for number in range(options.visits)
        for content in visit(
            f"V{number % 5000:08}", f"2026-{1 + number // 5000 % 10:02}-01", "08:00", "10:30"
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "postgres").mkdir()
        (base / "kafka").mkdir()
        with (
            kafka_cluster(base / "kafka") as kafka,
            postgres_server(base / "postgres", {"fsync": "on"}) as postgres,
        ):
            settings = Settings(
                kafka=kafka.bootstrap, group="bench", partitions=options.partitions, batch=5000
            )
            spare_the_collector()
            asyncio.run(_fill(settings, events))
            rates = {
                "aiokafka getmany alone": asyncio.run(_read_only(settings, len(events))),
                "ingest lane → Postgres": asyncio.run(_lane(settings, postgres, len(events))),
                "Faust agent, take(2000) → Postgres": asyncio.run(
                    _agent(settings, postgres, len(events))
                ),
                "Recorder → Postgres, no Kafka": _recorder(settings, postgres, events),
            }
            ceilings = run_bench(5000, options.visits, repeats=3, postgres=postgres.url)
    table = Table("what", "events/s", "of the lane")
    lane = rates["ingest lane → Postgres"]
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / lane:.2f} ×")
    Console().print(table)
    print_bench(Console(), ceilings)


async def _fill(settings: Settings, events: list[tuple[str, bytes]]) -> None:
    await create_topics(settings)
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka, linger_ms=20) as producer:
        for key, content in events:
            await producer.send(ATTENDANCE.name, content, key=key.encode())
        await producer.flush()


async def _read_only(settings: Settings, events: int) -> float:
    began, seen = time.perf_counter(), 0
    async with AIOKafkaConsumer(
        ATTENDANCE.name, bootstrap_servers=settings.kafka, auto_offset_reset="earliest"
    ) as consumer:
        while seen < events:
            fetched = await consumer.getmany(timeout_ms=200, max_records=5000)
            seen += sum(len(records) for records in fetched.values())
    return events / (time.perf_counter() - began)


async def _lane(settings: Settings, postgres: PostgresServer, events: int) -> float:
    with _ledger(postgres, "lane") as recorder:
        owned = OwnedPartitions(recorder)
        lane = IngestLane(settings, owned, Relay(settings, recorder, owned.lanes))
        async with lane:
            return await _rate(recorder, events)


async def _agent(settings: Settings, postgres: PostgresServer, events: int) -> float:
    with _ledger(postgres, "agent") as recorder:
        app = faust.App(
            "bench-agent",
            broker=settings.kafka_url,
            store="memory://",
            datadir=tempfile.mkdtemp(),
            web_enabled=False,
            topic_disable_leader=True,
            topic_partitions=settings.partitions,
            consumer_auto_offset_reset="earliest",
        )
        topic = app.topic(ATTENDANCE.name, value_serializer="raw", key_serializer="raw")

        @app.agent(topic)
        async def attendance(stream: Any) -> None:
            async for contents in stream.take(2000, within=0.2):
                arrivals = [Arrival(content, "agent") for content in contents]
                await asyncio.to_thread(recorder.record, arrivals)

        async with app:
            return await _rate(recorder, events)


def _recorder(
    settings: Settings, postgres: PostgresServer, events: list[tuple[str, bytes]]
) -> float:
    with _ledger(postgres, "recorder") as recorder:
        arrivals = [Arrival(content, "") for _, content in events]
        began = time.perf_counter()
        for start in range(0, len(arrivals), settings.batch):
            recorder.record(arrivals[start : start + settings.batch])
        return len(events) / (time.perf_counter() - began)


@contextlib.contextmanager
def _ledger(postgres: PostgresServer, name: str) -> Iterator[Recorder]:
    database = Database(postgres.create_database(name))
    database.create()
    yield Recorder(database, national_ladder())
    database.close()


async def _rate(recorder: Recorder, events: int) -> float:
    """Events per second from the first batch on, so that joining the group does not count."""
    while (already := await asyncio.to_thread(_count, recorder)) == 0:
        await asyncio.sleep(0.01)
    began = time.perf_counter()
    while await asyncio.to_thread(_count, recorder) < events:
        await asyncio.sleep(0.05)
    return (events - already) / (time.perf_counter() - began)


def _count(recorder: Recorder) -> int:
    with recorder.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(event)).scalar_one())


if __name__ == "__main__":
    main()
