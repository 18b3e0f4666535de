"""How long does a till wait for its answer?

    python -m tests.benchmarks.tills [--redemptions 4000] [--rate 200] [--pgledger SQL ...]

One run, on a Postgres (fsync on) and a Kafka that it starts and ends: (1) eight tills at once, each
asking again when it has its answer, each with a connection of its own; (2) the same tills at one
counter, which groups who comes while it is busy; (3) if its SQL files are given, pgledger's
`pgledger_create_transfer` by eight connections on the same server; (4) through Kafka, requests at a
fixed rate, whether or not earlier ones are answered, by one worker.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from ledger.counter import Counter
from ledger.intake import Arrival
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.settings import Settings
from ledger.store.database import Database
from schemas.topics import REDEMPTION_REQUESTS, REDEMPTION_RESULTS
from streams.app import create_topics
from tests.builders import redeem, visit
from tests.services import PostgresServer, kafka_cluster, postgres_server

TILLS = 8
VOLUNTEERS = 1000
FIRST = datetime.fromisoformat("2026-06-01T00:00:00+08:00")


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redemptions", type=int, default=4000)
    parser.add_argument("--rate", type=int, default=200, help="a second, through Kafka")
    parser.add_argument("--pgledger", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    table = Table("what", "a second", "p50 ms", "p99 ms", "p99.9 ms")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with postgres_server(base, {"fsync": "on"}) as server:
            _show(table, "ledger, 8 connections", *_direct(server, options.redemptions))
            _show(table, "ledger, 8 tills at a counter", *_counter(server, options.redemptions))
            if options.pgledger:
                _show(table, "pgledger, 8 connections",
                      *_pgledger(server, options.pgledger, options.redemptions))  # fmt: skip
            with kafka_cluster(base) as cluster:
                settings = Settings(
                    db=server.create_database("kafka"),
                    kafka=cluster.bootstrap,
                    partitions=4,
                )
                number = min(options.redemptions, options.rate * 20)
                waits = asyncio.run(_through_kafka(settings, number, options.rate))
                _show(table, "through Kafka, one worker", float(options.rate), waits)
    Console().print(table)


def _show(table: Table, name: str, rate: float, waits: list[float]) -> None:
    ordered = sorted(waits)
    parts = (ordered[min(len(ordered) - 1, int(len(ordered) * p))] for p in (0.5, 0.99, 0.999))
    table.add_row(name, f"{rate:,.0f}", *(f"{1000 * one:.1f}" for one in parts))


def _stocked(url: str) -> Recorder:
    """A ledger whose volunteers have points."""
    database = Database(url)
    database.create()
    recorder = Recorder(database, national_ladder())
    arrivals = [
        Arrival(content, "")
        for number in range(VOLUNTEERS)
        for month in range(1, 6)
        for content in visit(f"V{number:05}", f"2026-{month:02}-01", "00:00", "23:00")
    ]
    recorder.record(arrivals)
    return recorder


def _tills(number: int, serve: Callable[[int], Callable[[int], None]]) -> tuple[float, list[float]]:
    """Eight at once; how many a second, and how long each waited."""
    waits: list[float] = []
    lock = threading.Lock()
    each = number // TILLS

    def work(till: int) -> None:
        ask = serve(till)
        own = []
        for serial in range(each):
            began = time.perf_counter()
            ask(serial)
            own.append(time.perf_counter() - began)
        with lock:
            waits.extend(own)

    threads = [threading.Thread(target=work, args=(till,)) for till in range(TILLS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(waits) / (time.perf_counter() - began), waits


def _requests(number: int) -> list[list[Arrival]]:
    """By till; each volunteer's come one after the other."""
    return [
        [
            Arrival(_request(serial * TILLS + till, f"{till}-{serial}"), "")
            for serial in range(number // TILLS)
        ]
        for till in range(TILLS)
    ]


def _request(serial: int, redemption: str) -> bytes:
    at = FIRST + timedelta(seconds=serial)
    return redeem(f"V{serial % VOLUNTEERS:05}", redemption, "1", time=at.isoformat())


def _counter(server: PostgresServer, number: int) -> tuple[float, list[float]]:
    stocked = _stocked(server.create_database("counter"))
    requests = _requests(number)
    with Counter(stocked) as counter:
        counter.record(Arrival(_request(0, "warm"), ""))

        def serve(till: int) -> Callable[[int], None]:
            def ask(serial: int) -> None:
                counter.record(requests[till][serial])

            return ask

        found = _tills(number, serve)
    stocked.database.close()
    return found


def _direct(server: PostgresServer, number: int) -> tuple[float, list[float]]:
    url = server.create_database("tills")
    stocked = _stocked(url)
    requests = _requests(number)

    def serve(till: int) -> Callable[[int], None]:
        recorder = Recorder(Database(url), national_ladder())
        recorder.record([Arrival(_request(0, f"warm-{till}"), "")])

        def ask(serial: int) -> None:
            recorder.record([requests[till][serial]])

        return ask

    found = _tills(number, serve)
    stocked.database.close()
    return found


def _pgledger(server: PostgresServer, files: list[Path], number: int) -> tuple[float, list[float]]:
    url = server.create_database("pgledger").replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        for file in files:
            connection.execute(file.read_bytes())
        made = "SELECT id FROM pgledger_create_account(%s, 'POINTS')"
        wallets = []
        for name in range(VOLUNTEERS):
            row = connection.execute(made, (f"wallet{name}",)).fetchone()
            assert row is not None
            wallets.append(row[0])
        shop = connection.execute(made, ("shop",)).fetchone()
        assert shop is not None
        merchant = shop[0]

    def serve(till: int) -> Callable[[int], None]:
        connection = psycopg.connect(url, autocommit=True)

        def ask(serial: int) -> None:
            payer = wallets[(serial * TILLS + till) % VOLUNTEERS]
            connection.execute(
                "SELECT id FROM pgledger_create_transfer(%s, %s, 1)", (payer, merchant)
            )

        return ask

    return _tills(number, serve)


async def _through_kafka(settings: Settings, number: int, rate: int) -> list[float]:
    await asyncio.to_thread(_stocked, settings.db)
    await create_topics(settings)
    sent: dict[str, float] = {}
    waits: list[float] = []
    consumer = AIOKafkaConsumer(
        REDEMPTION_RESULTS.name, bootstrap_servers=settings.kafka, auto_offset_reset="earliest"
    )
    with _worker(settings):
        async with consumer, AIOKafkaProducer(bootstrap_servers=settings.kafka) as producer:
            listening = asyncio.create_task(_listen(consumer, sent, waits, number + 50))
            for serial in range(50):  # until the worker has its partitions
                await _ask(producer, sent, f"warm-{serial}", serial)
                await asyncio.sleep(0.2)
            while len(waits) < 50:
                await asyncio.sleep(0.1)
            began = time.perf_counter()
            for serial in range(number):
                await asyncio.sleep(max(0.0, began + serial / rate - time.perf_counter()))
                await _ask(producer, sent, f"R{serial}", serial)
            await asyncio.wait_for(listening, 120)
    return waits[50:]


async def _ask(
    producer: AIOKafkaProducer, sent: dict[str, float], redemption: str, serial: int
) -> None:
    volunteer = f"V{serial % VOLUNTEERS:05}"
    content = _request(serial + len(sent) * VOLUNTEERS, redemption)
    sent[redemption] = time.perf_counter()
    await producer.send(REDEMPTION_REQUESTS.name, content, key=volunteer.encode())


async def _listen(
    consumer: AIOKafkaConsumer, sent: dict[str, float], waits: list[float], number: int
) -> None:
    async for message in consumer:
        redemption = orjson.loads(message.value)["data"]["redemption"]
        waits.append(time.perf_counter() - sent[redemption])
        if len(waits) == number:
            return


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    environment = {
        **os.environ,
        "VLEDGER_DB": settings.db,
        "VLEDGER_KAFKA": settings.kafka,
        "VLEDGER_PARTITIONS": str(settings.partitions),
    }
    worker = subprocess.Popen([sys.executable, "-m", "ledger", "worker"], env=environment)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()
