"""Does the flow hold on a real Kafka and Postgres, with workers that come, go and are killed?"""

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import Table, func, select, update

from ledger import county
from ledger.clock import now_micros
from ledger.core.entries import Journal
from ledger.core.fold import VolunteerState
from ledger.core.intake import Arrival
from ledger.core.messages import BatchEntries
from ledger.core.rulebook import Rulebook, national_ladder
from ledger.errors import FencedError, LedgerError
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store import unit_of_work
from ledger.store.database import Database
from ledger.store.journals import entries_of
from ledger.store.tables import (
    consumer_offset,
    event,
    hour_record,
    outbox,
    posting,
    redemption,
)
from ledger.store.unit_of_work import Lane, Position, UnitOfWork
from ledger.verify import verify
from ledger.volunteers.queries import summaries
from schemas.topics import (
    ATTENDANCE,
    BOOK_ENTRIES,
    BOOKS,
    DEAD_LETTERS,
    HOURS,
    POINTS,
    REDEMPTION_REQUESTS,
    REDEMPTION_RESULTS,
    REGISTRY,
    TOPICS,
    Topic,
)
from streams.app import create_topics
from streams.handed import Handed
from streams.partitions import Message, OwnedPartitions, Partition
from tests.builders import (
    allow,
    hold,
    recorded_batch,
    redeem,
    register,
    shop_event,
    till,
    transfer,
    use,
    visit,
)
from tests.services import KafkaCluster, postgres_server
from tests.started import Started

pytestmark = pytest.mark.xdist_group("kafka")  # one after the other, on one Kafka

PATIENCE = 60.0
EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "points-bank.yaml"
PARTITIONS = 4
RECEIVED = PARTITIONS * sum(topic.received for topic in TOPICS)
"""Partitions that a worker alone owns."""


class Site:
    """A ledger on Postgres with its topics on Kafka, and the workers that serve it."""

    def __init__(self, url: str, kafka: KafkaCluster, folder: Path) -> None:
        self.settings = Settings(
            db=url,
            kafka=kafka.bootstrap,
            group=f"g{uuid.uuid4().hex[:8]}",
            topic_prefix=f"t{uuid.uuid4().hex[:8]}.",
            key=folder / "key",
            partitions=PARTITIONS,
            batch=200,
            session_seconds=6,
        )
        self.database = Database(url)
        self.database.create()
        self._folder = folder
        self._workers: list[Started] = []

    def worker(self, **other: str) -> Started:
        """Start `vledger worker`, with some settings of its own."""
        variables = {
            f"VLEDGER_{name.upper()}": str(value)
            for name, value in {**self.settings.model_dump(), **other}.items()
        }
        log = self._folder / f"worker{len(self._workers)}.log"
        worker = Started(["worker"], self._folder, {**os.environ, **variables}, log)
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self.database.close()

    async def publish(self, topic: Topic, messages: Iterable[tuple[str, bytes | None]]) -> None:
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
            assert time.monotonic() < deadline, self.last_words()
            await asyncio.sleep(0.05)

    def count(self, table: Table) -> int:
        """Rows of a table; of the event log what came in, not the ledger's own events."""
        query = select(func.count()).select_from(table)
        if table is event:
            query = query.where(event.c.source != "ledger")
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def stored(self, topic: Topic) -> dict[int, int]:
        """The offsets up to which a topic is recorded, by partition."""
        name = self.settings.topic_prefix + topic.name
        query = select(consumer_offset).where(consumer_offset.c.topic == name)
        with self.database.read() as connection:
            return {row.partition: row.next_offset for row in connection.execute(query)}

    async def published(self, topic: Topic) -> list[dict[str, Any]]:
        """All that a derived topic holds once the outbox is empty, each event once."""
        await self.until(lambda: self.count(outbox) == 0)
        found: dict[str, dict[str, Any]] = {}
        async with self._consumer(topic) as consumer:
            left = await consumer.end_offsets(await self._partitions(consumer))
            while any([await consumer.position(one) < end for one, end in left.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        body = json.loads(record.value)
                        found[body["id"]] = body
        return list(found.values())

    async def _partitions(self, consumer: AIOKafkaConsumer) -> set[Any]:
        deadline = time.monotonic() + PATIENCE
        while len(assigned := consumer.assignment()) < PARTITIONS:
            assert time.monotonic() < deadline, self.last_words()
            await consumer.getmany(timeout_ms=50)
        return set(assigned)

    @contextlib.asynccontextmanager
    async def _consumer(self, topic: Topic) -> AsyncIterator[AIOKafkaConsumer]:
        async with AIOKafkaConsumer(
            self.settings.topic_prefix + topic.name,
            bootstrap_servers=self.settings.kafka,
            auto_offset_reset="earliest",
        ) as consumer:
            yield consumer

    def words(self, worker: int) -> str:
        """What a worker has logged."""
        return (self._folder / f"worker{worker}.log").read_text()

    def last_words(self) -> str:
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
            for row in summaries(connection, Rulebook.of(national_ladder()), now_micros())
        }


def sound(site: Site) -> None:
    _, findings = verify(site.database, lambda _events: None)
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
    await site.until(lambda: site.count(redemption) == 80)
    answers = await site.published(REDEMPTION_RESULTS)

    assert standings(site.database) == embedded(content for _, content in events)
    assert site.count(redemption) == 80
    assert Counter(one["data"]["redemption"] for one in answers) == Counter(
        f"R{number}-{attempt}" for number in range(40) for attempt in range(2)
    )
    letters = await site.published(DEAD_LETTERS)
    assert Counter(letter["data"]["code"] for letter in letters) == {"not-json": 2}
    records = await site.published(HOURS)
    assert len(records) == site.count(hour_record)
    hours = {name: seconds for name, (seconds, _) in standings(site.database).items()}
    total: Counter[str] = Counter()
    for record in records:
        total[record["subject"]] += record["data"]["seconds"]
    assert total == hours
    entries = await site.published(POINTS)
    assert len(entries) * 2 == site.count(posting)
    assert all(sum(int(leg["amount"]) for leg in one["data"]["postings"]) == 0 for one in entries)
    accepted = [one for one in answers if one["type"].endswith("accepted.v1")]
    assert accepted
    sound(site)


async def test_a_till_pays_in_two_steps_and_gives_back(site: Site) -> None:
    site.worker()
    await create_topics(site.settings)
    await site.publish(
        ATTENDANCE, [("V1", one) for one in visit("V1", "2026-01-01", "08:00", "18:00")]
    )
    await site.until(lambda: site.count(event) == 2)
    asked = [
        hold("V1", "R1", "6"),
        redeem("V1", "R2", "5"),
        till("confirm", "V1", "R1", points="4"),
        till("refund", "V1", "R1", refund="F1", points="1"),
        hold("V1", "R3", "7"),
        till("cancel", "V1", "R3"),
    ]
    await site.publish(REDEMPTION_REQUESTS, [("V1", one) for one in asked])
    await site.until(lambda: site.count(redemption) == len(asked))
    answers = await site.published(REDEMPTION_RESULTS)
    assert [(one["type"].split(".")[2], one["data"]["available"]) for one in answers] == [
        ("held", "4"),
        ("refused", "4"),
        ("accepted", "6"),
        ("refunded", "7"),
        ("held", "0"),
        ("cancelled", "7"),
    ]
    sound(site)


async def test_a_county_runs_its_shops_on_two_workers(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"policy": str(EXAMPLE)})
    people = [f"V{number:02}" for number in range(40)]
    site.worker()
    site.worker()
    await create_topics(site.settings)
    shops = [
        register("merchant", "M01", name="超市", fund="F1"),
        register("fund", "F1", name="基金", point_value="0.10", alert="1.00"),
        register("item", "RICE", name="大米", prices=[{"points": "4"}], stocked=True),
        register(
            "item", "CUT", name="理发", kind="voucher", prices=[{"points": "2"}], valid_days=900
        ),
        register("household", "H1", name="一家", members=people[:2]),
    ]
    await site.publish(REGISTRY, [(json.loads(one)["subject"], one) for one in shops])
    books = [
        shop_event("stock.received", "RICE", quantity=30),
        shop_event("fund.contributed", "F1", donor="D1", amount="12.50"),
    ]
    await site.publish(BOOKS, [(json.loads(one)["subject"], one) for one in books])
    visits = [(who, one) for who in people for one in visit(who, "2026-05-01", "08:00", "18:00")]
    await site.publish(ATTENDANCE, visits)
    await site.until(lambda: site.count(event) == len(shops) + len(books) + len(visits))
    await site.publish(
        REDEMPTION_REQUESTS, [(who, redeem(who, f"R{who}", None, item="RICE")) for who in people]
    )
    more = [
        ("V00", redeem("V00", "C1", None, item="CUT")),
        ("V00", allow("V00", "A1", "1")),
        ("V01", transfer("V01", "T1", "household:H1", "3")),
    ]
    await site.publish(REDEMPTION_REQUESTS, more)
    await site.until(lambda: site.count(redemption) == len(people) + len(more))
    answers = await site.published(REDEMPTION_RESULTS)
    by_id = {one["data"]["redemption"]: one for one in answers}
    bought = [by_id[f"R{who}"] for who in people]
    refused = [one["data"]["reason"] for one in bought if "reason" in one["data"]]
    assert refused == ["out-of-stock"] * 10
    assert by_id["A1"]["data"]["token"].count(".") == 2
    code = by_id["C1"]["data"]["voucher"]
    await site.publish(
        REDEMPTION_REQUESTS,
        [
            ("V00", use("V00", code)),
            ("household:H1", redeem("household:H1", "R9", "1", by="V00")),
        ],
    )
    await site.until(lambda: site.count(redemption) == len(people) + len(more) + 2)
    answers = await site.published(REDEMPTION_RESULTS)
    kinds = Counter(one["type"].split(".")[2] for one in answers)
    assert kinds == {
        "accepted": 32, "refused": 10, "allowance-granted": 1, "transferred": 1, "voucher-used": 1,
    }  # fmt: skip
    entries = await site.published(BOOK_ENTRIES)
    (alert,) = [one["data"]["alert"] for one in entries if one["data"]["alert"]]
    assert alert.startswith("fund F1 has 0.")
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
    apart = [site.worker(serves="attendance"), site.worker(serves="redemptions")]
    await site.publish(ATTENDANCE, events[2500:])
    await site.publish(REDEMPTION_REQUESTS, requests[400:])
    await site.until(lambda: site.count(event) == distinct + len(requests))

    for worker in apart:
        worker.send_signal(signal.SIGTERM)
    for worker in (stopped, *apart):
        assert await asyncio.to_thread(worker.wait, 30) == 0
    site.worker()  # what is still to be published
    assert standings(site.database) == embedded(content for _, content in events)
    assert site.count(redemption) == len(requests)
    answers = await site.published(REDEMPTION_RESULTS)
    assert sorted(one["data"]["redemption"] for one in answers) == sorted(
        f"R{number}" for number in range(600)
    )
    sound(site)


async def test_a_zombie_writes_nothing_after_another_has_claimed(site: Site) -> None:
    recorder = Recorder(site.database, national_ladder())
    partition, kept = Partition("t", 0), Partition("t", 1)
    zombie, owner = OwnedPartitions(recorder), OwnedPartitions(recorder)
    for one in (partition, kept):
        await zombie.claim(one)
    assert await owner.claim(partition) == 0
    contents = visit("V1", "2026-05-01", "08:00", "09:00")
    messages = [Message(at, text) for at, text in enumerate(contents)]
    with pytest.raises(FencedError):
        await zombie.record({kept: messages[:1], partition: messages[1:]})
    assert zombie.lanes() == {}
    with site.database.read() as connection:
        own = select(consumer_offset.c.epoch).where(consumer_offset.c.partition == 0)
        epoch = connection.execute(own).scalar_one()
    arrivals = [Arrival(content, "") for content in contents]
    with pytest.raises(FencedError):
        recorder.record(arrivals, Lane.of("t", 0), [Position("t", 0, 2, epoch - 1)])
    assert site.count(event) == 0


async def test_a_worker_that_stands_still_in_a_batch_keeps_nobody_waiting(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_of_work, "PAUSE", "500ms")
    partition = Partition("t", 0)
    recorder = Recorder(site.database, national_ladder())
    stopped, owner = OwnedPartitions(recorder), OwnedPartitions(recorder)
    await stopped.claim(partition)
    in_the_middle, go_on = threading.Event(), threading.Event()
    lock = UnitOfWork.lock_volunteers

    def stand_still(self: UnitOfWork, volunteers: Collection[str]) -> dict[str, VolunteerState]:
        states = lock(self, volunteers)
        in_the_middle.set()
        go_on.wait(PATIENCE)
        return states

    monkeypatch.setattr(UnitOfWork, "lock_volunteers", stand_still)
    contents = visit("V1", "2026-05-01", "08:00", "09:00")
    messages = [Message(at, text) for at, text in enumerate(contents)]
    recording = asyncio.create_task(stopped.record({partition: messages}))
    await asyncio.to_thread(in_the_middle.wait, PATIENCE)
    assert await asyncio.wait_for(owner.claim(partition), 20) == 0
    monkeypatch.setattr(UnitOfWork, "lock_volunteers", lock)
    go_on.set()
    with pytest.raises(FencedError):
        await recording
    assert site.count(event) == 0
    assert await owner.record({partition: messages}) is not None
    assert site.count(event) == 2
    sound(site)


async def test_a_claim_that_waits_costs_no_membership(site: Site) -> None:
    """Else the group would expel who waits, and the next one, and the first again: all day."""
    await create_topics(site.settings)
    held = site.settings.topic_prefix + ATTENDANCE.name
    recorder = Recorder(site.database, national_ladder())
    await OwnedPartitions(recorder).claim(Partition(held, 0))
    events = season(volunteers=40, days=2, seed=5)
    distinct = len({content for _, content in events})
    await site.publish(ATTENDANCE, events)
    here = (consumer_offset.c.topic == held) & (consumer_offset.c.partition == 0)

    with site.database.write() as connection:
        connection.execute(select(consumer_offset).where(here).with_for_update())
        site.worker()
        await site.until(lambda: sum(map(bool, site.stored(ATTENDANCE).values())) == PARTITIONS - 1)
        await asyncio.sleep(2 * site.settings.session_seconds)
        assert site.count(event) < distinct
    await site.until(lambda: site.count(event) == distinct)
    claims = Counter(claimed(site.words(0)))
    assert len(claims) == RECEIVED
    assert set(claims.values()) == {1}
    sound(site)


async def test_a_partition_that_was_revoked_is_not_claimed_again(site: Site) -> None:
    """Else the new owner is refused, and lets it be for a whole session."""
    await create_topics(site.settings)
    site.worker()
    await site.until(lambda: len(claimed(site.words(0))) == RECEIVED)
    site.worker()
    sent = 0
    while len(claimed(site.words(1))) < RECEIVED / 2:  # the first is never at rest meanwhile
        contents = visit("V1", "2026-05-01", "08:00", "09:00")
        events = [(f"V{number}", content) for number in range(40) for content in contents]
        await site.publish(ATTENDANCE, events)
        sent += len(events)
        await asyncio.sleep(0.02)
    await site.until(lambda: sum(site.stored(ATTENDANCE).values()) == sent)
    first = [one for one in claimed(site.words(0)) if "redemption" not in one]
    others = RECEIVED - PARTITIONS
    assert len(first) == others + others / 2
    assert "has another owner" not in site.words(0) + site.words(1)


def claimed(words: str) -> list[str]:
    """The partitions that a worker says to have become the owner of, each time."""
    return re.findall(r"own (\S+) from", words)


def spending(first: int, last: int) -> list[tuple[str, bytes]]:
    """Requests as (key, value), for ids from R<first> to before R<last>."""
    return [("V000", redeem("V000", f"R{number}", "1")) for number in range(first, last)]


async def test_no_message_blocks_a_partition(site: Site) -> None:
    (key, first), (_, second) = season(volunteers=1, days=3, seed=1)[:2]
    not_quite_json = first[:-1] + b', "battery": NaN}'
    site.worker()
    await create_topics(site.settings)
    for topic in (ATTENDANCE, REGISTRY, REDEMPTION_REQUESTS):
        await site.publish(topic, [(key, None)])
    await site.publish(ATTENDANCE, [(key, first), (key, not_quite_json), (key, second)])
    await site.publish(REDEMPTION_REQUESTS, [(key, b"garbage"), *spending(0, 1)])
    await site.until(lambda: site.count(event) == 3)
    codes = Counter(letter["data"]["code"] for letter in await site.published(DEAD_LETTERS))
    assert codes == {"not-json": 2, "conflict": 1}


async def test_a_fenced_worker_joins_anew_and_goes_on(site: Site) -> None:
    events = season(volunteers=10, days=4, seed=3)
    distinct = len({content for _, content in events})
    site.worker()
    await create_topics(site.settings)
    await site.publish(ATTENDANCE, events[:20])
    await site.publish(REDEMPTION_REQUESTS, spending(0, 20))
    await site.until(lambda: site.count(redemption) == 20 and site.count(event) > 20)
    with site.database.write() as connection:
        connection.execute(update(consumer_offset).values(epoch=consumer_offset.c.epoch + 1))
    await site.publish(ATTENDANCE, events[20:])
    await site.publish(REDEMPTION_REQUESTS, spending(20, 40))
    await site.until(lambda: site.count(event) == distinct + 40)
    assert "another owner" in site.words(0)
    sound(site)


async def test_workers_wait_for_a_database_that_is_away(
    kafka: KafkaCluster, tmp_path: Path
) -> None:
    events = season(volunteers=40, days=5, seed=4)
    distinct = len({content for _, content in events})
    with postgres_server(tmp_path) as server:
        site = Site(server.create_database("ledger"), kafka, tmp_path)
        try:
            await create_topics(site.settings)
            staying, dying = site.worker(), site.worker()
            await site.publish(ATTENDANCE, events[:100])
            await site.publish(REDEMPTION_REQUESTS, spending(0, 20))
            await site.until(lambda: site.count(redemption) == 20)
            await site.until(lambda: "own " in site.words(0) and "own " in site.words(1))

            site.database.close()
            server.kill()
            dying.kill()
            await site.publish(ATTENDANCE, events[100:])
            await site.publish(REDEMPTION_REQUESTS, spending(20, 40))
            await site.until(lambda: "streams.partitions: Retrying" in site.words(0))
            assert staying.poll() is None
            server.restart()
            await site.until(lambda: site.count(event) == distinct + 40)
            sound(site)

            site.database.close()
            server.kill()
            await site.publish(ATTENDANCE, season(volunteers=40, days=2, seed=5))
            waits = site.words(0).count("streams.partitions: Retrying")
            await site.until(lambda: site.words(0).count("streams.partitions: Retrying") > waits)
            staying.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(staying.wait, 20) == 0
        finally:
            site.close()


async def test_a_request_that_fails_ends_the_worker_and_is_not_skipped(site: Site) -> None:
    await create_topics(site.settings)
    with site.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'broken on purpose'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER fail BEFORE INSERT ON redemption FOR EACH ROW "
            "WHEN (NEW.redemption = 'R1') EXECUTE FUNCTION fail()"
        )
    failing = site.worker()
    for number in range(4):
        await site.publish(REDEMPTION_REQUESTS, spending(number, number + 1))
    assert await asyncio.to_thread(failing.wait, 30) != 0
    assert "broken on purpose" in site.words(0)
    with site.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER fail ON redemption")
    site.worker()
    await site.until(lambda: site.count(redemption) == 4)
    sound(site)


async def test_topics_that_kafka_refuses_are_an_error_that_says_so(site: Site) -> None:
    with pytest.raises(LedgerError, match="InvalidReplicationFactor"):
        await create_topics(site.settings.model_copy(update={"replication": 3}))


def test_entries_handed_to_the_relay_are_those_that_it_would_read(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder())
    content = [
        register("fund", "F1", name="基金", point_value="0.5"),
        shop_event("fund.contributed", "F1", donor="D1", amount="100.00"),
        *county.lines(7, date(2026, 6, 1)),
    ]
    kinds = set()
    for start in range(0, len(content), 60):
        batch = [Arrival(one, "county") for one in content[start : start + 60]]
        recorded = recorder.record(batch).recorded
        if recorded is None:
            continue  # rejects were kept, too: the relay reads them
        with database.read() as connection:
            read = entries_of(connection, {recorded.batch: recorded.at})
        assert read == {recorded.batch: BatchEntries(recorded.at, recorded.journal)}
        kinds |= {kind for kind in Journal.__slots__ if getattr(recorded.journal, kind)}
    assert {"hours", "points", "levels", "redemptions", "books"} <= kinds


def test_what_is_handed_to_the_relay_is_bounded() -> None:
    handed = Handed(most=2)
    assert [handed.put(recorded_batch(number)) for number in (1, 2, 3)] == [True, True, False]
    assert sorted(handed.take([1, 2, 3])) == [2, 3]


def test_what_is_handed_to_the_relay_comes_once_in_order_and_of_its_claims_only() -> None:
    handed = Handed()
    for one in (
        recorded_batch(1, "t/0", 3),
        recorded_batch(2, "t/1", 3),
        recorded_batch(3, "t/0", 3),
    ):
        handed.put(one)
    assert list(handed.next({"t/0", "t/1"}, 2)) == [1]  # one at least
    assert list(handed.next({"t/0"}, 9)) == [3]  # t/1 has another owner, who publishes it
    assert handed.next({"t/0", "t/1"}, 9) == {}
    assert handed.take([4]) == {}
    handed.put(recorded_batch(4))  # the relay was faster: it has read 4 from the ledger
    handed.put(recorded_batch(5, "t/0"))
    handed.drop(["t/0"])
    handed.put(recorded_batch(6, "t/0"))
    assert list(handed.next({"t/0"}, 9)) == [6]
