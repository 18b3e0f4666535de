"""Does the flow hold on a real Kafka and Postgres, with workers that come, go and are killed?"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import func, select

from ledger.intake import Arrival
from ledger.ladder import national_ladder
from ledger.queries import summaries
from ledger.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.tables import consumer_offset, event, outbox, redemption
from ledger.store.unit_of_work import Lane, Position
from ledger.verify import verify
from schemas.topics import (
    ATTENDANCE,
    DEAD_LETTERS,
    HOURS,
    POINTS,
    REDEMPTION_REQUESTS,
    REDEMPTION_RESULTS,
    Topic,
)
from streams.app import create_topics
from streams.partitions import OwnedPartitions, Partition
from tests.builders import redeem, visit
from tests.services import KafkaCluster

PATIENCE = 60.0
PARTITIONS = 4


class Site:
    """A ledger on Postgres with its topics on Kafka, and the workers that serve it."""

    def __init__(self, url: str, kafka: KafkaCluster, folder: Path) -> None:
        self.settings = Settings(
            db=url,
            kafka=kafka.bootstrap,
            group=f"g{uuid.uuid4().hex[:8]}",
            topic_prefix=f"t{uuid.uuid4().hex[:8]}.",
            partitions=PARTITIONS,
            batch=200,
            session_seconds=6,
        )
        self.database = Database(url)
        self.database.create()
        self._folder = folder
        self._workers: list[subprocess.Popen[bytes]] = []

    def worker(self) -> subprocess.Popen[bytes]:
        """Start `vledger worker`."""
        variables = {
            f"VLEDGER_{name.upper()}": str(value)
            for name, value in self.settings.model_dump().items()
        }
        with (self._folder / f"worker{len(self._workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "ledger", "worker"],
                env={**os.environ, **variables},
                stdout=log,
                stderr=log,
            )
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self.database.close()

    async def publish(self, topic: Topic, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish (key, value) pairs."""
        async with AIOKafkaProducer(bootstrap_servers=self.settings.kafka) as producer:
            sent = [
                await producer.send(
                    self.settings.topic_prefix + topic.name, value, key=key.encode()
                )
                for key, value in messages
            ]
            await asyncio.gather(*sent)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition on the database holds."""
        deadline = time.monotonic() + PATIENCE
        while not await asyncio.to_thread(holds):
            assert time.monotonic() < deadline, f"{self.count(event)} events\n{self._last_words()}"
            await asyncio.sleep(0.05)

    def count(self, table: Any, *conditions: Any) -> int:
        with self.database.read() as connection:
            query = select(func.count()).select_from(table).where(*conditions)
            return int(connection.execute(query).scalar_one())

    async def published(self, topic: Topic, at_least: int) -> list[dict[str, Any]]:
        """The messages of a derived topic, once each, when there are so many."""
        found: dict[str, dict[str, Any]] = {}
        async with self._consumer(topic) as consumer:
            deadline = time.monotonic() + PATIENCE
            while len(found) < at_least:
                assert time.monotonic() < deadline, self._last_words()
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        body = json.loads(record.value)
                        found[body["id"]] = body
        return list(found.values())

    @contextlib.asynccontextmanager
    async def _consumer(self, topic: Topic) -> AsyncIterator[AIOKafkaConsumer]:
        async with AIOKafkaConsumer(
            self.settings.topic_prefix + topic.name,
            bootstrap_servers=self.settings.kafka,
            auto_offset_reset="earliest",
        ) as consumer:
            yield consumer

    def _last_words(self) -> str:
        logs = sorted(self._folder.glob("worker*.log"))
        return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs)


@pytest.fixture
def site(postgres_url: str, kafka: KafkaCluster, tmp_path: Path) -> Iterator[Site]:
    site = Site(postgres_url, kafka, tmp_path)
    yield site
    site.close()


def season(volunteers: int, days: int, seed: int) -> list[tuple[str, bytes]]:
    """Visits as (key, value), with every fifth event twice, in a mixed order."""
    events = [
        (f"V{number:03}", content)
        for number in range(volunteers)
        for day in range(1, days + 1)
        for content in visit(
            f"V{number:03}", f"2026-05-{day:02}", "08:00", f"{9 + (number + day) % 9:02}:30"
        )
    ]
    events += events[::5]
    random.Random(seed).shuffle(events)
    return events


def embedded(contents: Iterable[bytes]) -> dict[str, tuple[int, int]]:
    """The standings that the embedded engine gives."""
    database = Database("sqlite://")
    database.create()
    Recorder(database, national_ladder()).record([Arrival(content, "") for content in contents])
    return standings(database)


def standings(database: Database) -> dict[str, tuple[int, int]]:
    with database.read() as connection:
        return {
            row.volunteer: (row.seconds, row.star)
            for row in summaries(connection, national_ladder())
        }


def sound(site: Site) -> None:
    _, findings = verify(site.database, national_ladder(), lambda _events: None)
    assert findings == []


async def test_from_the_kiosk_to_the_till(site: Site) -> None:
    events = season(volunteers=40, days=8, seed=1)
    distinct = len({content for _, content in events})
    site.worker()
    await create_topics(site.settings)
    await site.publish(ATTENDANCE, [*events, ("x", b"garbage"), ("x", b"\xff\x00")])
    await site.until(lambda: site.count(event) == distinct)

    requests = [
        (f"V{number:03}", redeem(f"V{number:03}", f"R{number}-{attempt}", "30"))
        for number in range(40)
        for attempt in range(2)
    ]
    await site.publish(REDEMPTION_REQUESTS, requests + requests[::3])
    answers = await site.published(REDEMPTION_RESULTS, 80)
    await site.until(lambda: site.count(outbox) == 0)

    assert standings(site.database) == embedded(content for _, content in events)
    assert len(answers) == site.count(redemption) == 80
    letters = await site.published(DEAD_LETTERS, 2)
    assert Counter(letter["data"]["code"] for letter in letters) == {"not-json": 2}
    records = await site.published(HOURS, 1)
    hours = {name: seconds for name, (seconds, _) in standings(site.database).items()}
    total: Counter[str] = Counter()
    for record in records:
        total[record["subject"]] += record["data"]["seconds"]
    assert total == hours
    entries = await site.published(POINTS, 1)
    assert all(sum(int(leg["amount"]) for leg in one["data"]["postings"]) == 0 for one in entries)
    accepted = [one for one in answers if one["type"].endswith("accepted.v1")]
    assert accepted
    sound(site)


async def test_workers_share_stop_drain_and_die(site: Site) -> None:
    events = season(volunteers=120, days=12, seed=2)
    distinct = len({content for _, content in events})
    requests = [
        (f"V{number % 120:03}", redeem(f"V{number % 120:03}", f"R{number}", "9"))
        for number in range(600)
    ]
    await create_topics(site.settings)
    stopped, killed = site.worker(), site.worker()
    await site.publish(ATTENDANCE, events[:1500])
    await site.publish(REDEMPTION_REQUESTS, requests[:200])
    await site.until(lambda: site.count(event) > 200)
    stopped.send_signal(signal.SIGTERM)
    await site.publish(ATTENDANCE, events[1500:2500])
    await site.publish(REDEMPTION_REQUESTS, requests[200:400])
    await site.until(lambda: site.count(event) > 1400)
    killed.kill()
    site.worker()
    await site.publish(ATTENDANCE, events[2500:])
    await site.publish(REDEMPTION_REQUESTS, requests[400:])
    await site.until(lambda: site.count(event) == distinct + len(requests))

    assert await asyncio.to_thread(stopped.wait, 30) == 0
    assert standings(site.database) == embedded(content for _, content in events)
    assert site.count(redemption) == len(requests)
    answers = await site.published(REDEMPTION_RESULTS, len(requests))
    assert {one["data"]["redemption"] for one in answers} == {f"R{n}" for n in range(600)}
    sound(site)


async def test_a_zombie_writes_nothing_after_another_has_claimed(site: Site) -> None:
    recorder = Recorder(site.database, national_ladder())
    partition = Partition("t", 0)
    zombie, owner = OwnedPartitions(recorder), OwnedPartitions(recorder)
    await zombie.claim(partition)
    assert await owner.claim(partition) == 0
    with site.database.read() as connection:
        epoch = connection.execute(select(consumer_offset.c.epoch)).scalar_one()
    arrivals = [Arrival(content, "") for content in visit("V1", "2026-05-01", "08:00", "09:00")]
    with pytest.raises(Exception, match="has another owner"):
        recorder.record(arrivals, Lane.of("t", 0), Position("t", 0, 2, epoch - 1))
    assert site.count(event) == 0
