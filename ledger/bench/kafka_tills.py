"""How long does a till wait for its answer through Kafka, while attendance comes in beside it?

Requests come at a fixed rate, whether or not earlier ones are answered, and wait from when they
were due until their answer is read from the topic of results. Whoever sends attendance meanwhile
is a process of its own, so that it does not hold up the clock.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ledger.bench.databases import PostgresDatabases
from ledger.bench.measures import Tell, Usage, Waited, Waits
from ledger.bench.tills import check_accepted, savers, stocked
from ledger.bench.workers import Serves, Workers, recorded, workers
from ledger.bench.workload import attendance, redemption
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.store.database import Database
from schemas.topics import ATTENDANCE, REDEMPTION_REQUESTS, REDEMPTION_RESULTS
from streams.parcels import ProducerRecord, send

WARM = 50
"""Requests that are not counted: connections are opened meanwhile."""

PATIENCE = 120.0
"""Seconds in which all have to be answered."""

TICK = 0.02
"""Seconds between two portions of attendance."""


class Way(NamedTuple):
    """Which workers run; whether attendance comes meanwhile, at half of what one can take."""

    name: str
    serve: tuple[Serves, ...]
    busy: bool


ALONE = "through Kafka, nothing else to do"
SHARED = "through Kafka, one worker that takes in attendance, too"
APART = "through Kafka, tills apart from attendance (two workers)"

WAYS = (
    Way(ALONE, ("redemptions",), False),
    Way(SHARED, ("all",), True),
    Way(APART, ("redemptions", "attendance"), True),
)


class Load(NamedTuple):
    """So many redemptions at `rate` a second, while `attendance` events a second come in."""

    redemptions: int
    rate: int
    attendance: int
    volunteers: int


def waits(
    server: PostgresDatabases, kafka: str, policy: PolicyText, load: Load, repeats: int,
    folder: Path, tell: Tell,
) -> Iterator[Waits]:  # fmt: skip
    """Each way in turn, on a fresh database and fresh topics."""
    found: dict[str, list[Waited]] = {way.name: [] for way in WAYS}
    usage: dict[str, list[Usage]] = {way.name: [] for way in WAYS}
    for turn in range(1, repeats + 1):
        for way in WAYS:
            tell(f"tills {way.name}, {turn} of {repeats}")
            with server.empty() as url:
                recorder = stocked(url, policy, load.redemptions)
                database = recorder.database
                with workers(way.serve, database, kafka, folder) as running:
                    before = running.usage()
                    found[way.name].append(_run(running, database, kafka, way, load))
                    usage[way.name] += running.usage_since(before)
                check_accepted(database, load.redemptions + WARM)
                database.close()
    for way in WAYS:
        yield Waits(way.name, load.rate, tuple(found[way.name]), tuple(usage[way.name]))


def _run(running: Workers, database: Database, kafka: str, way: Way, load: Load) -> Waited:
    if not way.busy:
        return asyncio.run(_ask_all(kafka, running.prefix, load))
    topic = running.prefix + ATTENDANCE.name
    with _attendance(kafka, topic, load):
        running.wait(lambda: recorded(database, topic) > load.attendance, PATIENCE, 0.1,
                     "attendance comes in")  # fmt: skip
        return asyncio.run(_ask_all(kafka, running.prefix, load))


async def _ask_all(kafka: str, prefix: str, load: Load) -> Waited:
    due: dict[str, float] = {}
    answered: dict[str, float] = {}
    results = AIOKafkaConsumer(
        prefix + REDEMPTION_RESULTS.name, bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    async with results, AIOKafkaProducer(bootstrap_servers=kafka) as producer:

        async def ask(name: str, serial: int, at: float) -> None:
            await asyncio.sleep(max(0.0, at - perf_counter()))
            due[name] = at
            request = redemption(serial, savers(load.redemptions), name)
            topic = prefix + REDEMPTION_REQUESTS.name
            await producer.send(topic, request.content, key=request.key)

        listening = asyncio.create_task(_listen(results, answered, WARM + load.redemptions))
        began = perf_counter()
        for serial in range(WARM):
            await ask(f"warm-{serial}", serial, began + serial / WARM)
        while len(answered) < WARM and not listening.done():
            await asyncio.sleep(0.05)
        began = perf_counter()
        for serial in range(load.redemptions):
            await ask(f"R{serial}", WARM + serial, began + serial / load.rate)
        try:
            await asyncio.wait_for(listening, PATIENCE)
        except TimeoutError:
            raise LedgerError(
                f"{len(answered)} of {len(due)} redemptions were answered within {PATIENCE:.0f} s"
            ) from None
    counted = {name: at for name, at in answered.items() if name.startswith("R")}
    took = max(counted.values()) - began
    return Waited.of([at - due[name] for name, at in counted.items()], took)


async def _listen(results: AIOKafkaConsumer, answered: dict[str, float], number: int) -> None:
    async for message in results:
        now = perf_counter()
        answered.setdefault(orjson.loads(message.value)["data"]["redemption"], now)
        if len(answered) == number:
            return


@contextmanager
def _attendance(kafka: str, topic: str, load: Load) -> Iterator[None]:
    """Attendance comes in meanwhile, from another process."""
    context = multiprocessing.get_context("spawn")
    sender = context.Process(target=send_attendance, args=(kafka, topic, load), daemon=True)
    sender.start()
    try:
        yield
        if not sender.is_alive():
            raise LedgerError("the process that sends attendance has ended")
    finally:
        sender.terminate()
        sender.join()


def send_attendance(kafka: str, topic: str, load: Load) -> None:
    """Send attendance at its rate, until it is ended."""
    asyncio.run(_send_for_ever(kafka, topic, load))


async def _send_for_ever(kafka: str, topic: str, load: Load) -> None:
    """Packed, so that the sending takes little of what the workers run on."""
    messages = attendance(load.volunteers, load.volunteers * 10_000)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        began, sent = perf_counter(), 0
        while True:
            due = int((perf_counter() - began) * load.attendance) - sent
            some = [ProducerRecord(topic, one.key, one.content) for one in islice(messages, due)]
            await send(producer, some)
            sent += due
            await asyncio.sleep(TICK)
