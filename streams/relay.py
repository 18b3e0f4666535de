"""How do entries get out to the derived topics? In order, at least once, by an outbox relay."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from mode import Service
from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.exc import InterfaceError, OperationalError
from tenacity import (
    AsyncRetrying,
    before_sleep_log,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from ledger.entries import (
    BookEntry,
    HourRecord,
    Judgement,
    LevelChange,
    PointsEntry,
    Posting,
    RedemptionDecision,
    first_event,
)
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recorder import Recorder
from ledger.rulebook import Rulebook
from ledger.settings import Settings
from ledger.store import bulk
from ledger.store.tables import (
    batch,
    book_entry,
    hour_record,
    judgement,
    level_change,
    outbox,
    points_entry,
    posting,
    redemption,
    reject,
)
from ledger.store.unit_of_work import EMBEDDED, Lane
from schemas.topics import ATTENDANCE
from streams.messages import BatchEntries, KeptReject, messages

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""Between looks at the outbox when nobody wakes the relay."""

BATCHES = 50
"""Batches taken from the outbox at a time."""

_AWAY = (KafkaError, LedgerError, OperationalError, InterfaceError)


class Relay(Service):
    """Publishes the batches of the lanes that this worker owns, then forgets them."""

    def __init__(
        self, settings: Settings, recorder: Recorder, lanes: Callable[[], Sequence[str]]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._recorder = recorder
        self._lanes = lanes
        self._signer = signer(settings.key)
        self._woken = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        """A batch has been recorded: publish it now."""
        self._woken.set()

    async def on_start(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka, acks="all", enable_idempotence=True
        )
        await self._producer.start()

    async def on_stop(self) -> None:
        self.wake()
        if self._producer is not None:
            await self._producer.stop()

    @Service.task
    async def _relay(self) -> None:
        while not self.should_stop:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(_AWAY),
                wait=wait_exponential_jitter(multiplier=0.2, max=10),
                before_sleep=before_sleep_log(log, logging.WARNING),
                reraise=True,
            ):
                with attempt:
                    published = await self.publish()
            if published < BATCHES:
                await self._rest()

    async def publish(self) -> int:
        """Publish the oldest batches of the outbox, at most BATCHES; how many they were."""
        if self.should_stop:
            return 0
        pending = await asyncio.to_thread(self._pending)
        rules = await asyncio.to_thread(lambda: self._recorder.rules) if pending else None
        for number, lane_entries in pending:
            assert rules is not None
            await self._send(lane_entries, rules)
            await asyncio.to_thread(self._forget, number)
        return len(pending)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), IDLE_SECONDS)
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    async def _send(self, entries: BatchEntries, rules: Rulebook) -> None:
        assert self._producer is not None
        prefix = self._settings.topic_prefix
        sent = [
            await self._producer.send(
                prefix + one.topic.name,
                one.event.model_dump_json(exclude_none=True).encode(),
                key=one.key.encode(),
            )
            for one in messages(entries, rules, self._signer)
        ]
        await asyncio.gather(*sent)

    def _pending(self) -> list[tuple[int, BatchEntries]]:
        lanes = self._owned()
        if not lanes:
            return []
        with self._recorder.database.read() as connection:
            waiting = connection.execute(
                select(outbox.c.batch, batch.c.recorded_at)
                .join(batch, batch.c.id == outbox.c.batch)
                .where(bulk.among(connection, outbox.c.lane, lanes))
                .order_by(outbox.c.batch)
                .limit(BATCHES)
            ).all()
            return [
                (row.batch, _entries(connection, row.batch, row.recorded_at)) for row in waiting
            ]

    def _owned(self) -> list[str]:
        """Whoever owns the first attendance partition also publishes what came in by hand."""
        lanes = list(self._lanes())
        if Lane.of(self._settings.topic_prefix + ATTENDANCE.name, 0).name in lanes:
            lanes.append(EMBEDDED.name)
        return lanes

    def _forget(self, number: int) -> None:
        with self._recorder.database.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.batch == number))


def _entries(connection: Connection, number: int, recorded_at: int) -> BatchEntries:
    def rows(table: Table) -> list[tuple[Any, ...]]:
        ident = table.columns[0]
        inside = ident.between(first_event(number), first_event(number + 1) - 1)
        return [
            tuple(row) for row in connection.execute(select(table).where(inside).order_by(ident))
        ]

    books = [BookEntry(*row) for row in rows(book_entry)]
    legs: dict[int, list[Posting]] = {booked.id: [] for booked in books}
    for row in rows(posting) if books else ():
        leg = Posting(*row)
        if leg.entry in legs:
            legs[leg.entry].append(leg)
    return BatchEntries(
        recorded_at,
        [HourRecord(*row) for row in rows(hour_record)],
        [PointsEntry(*row) for row in rows(points_entry)],
        [LevelChange(*row) for row in rows(level_change)],
        [Judgement(*row) for row in rows(judgement)],
        [RedemptionDecision(*row) for row in rows(redemption)],
        [(booked, legs[booked.id]) for booked in books],
        [KeptReject(*row[1:5]) for row in rows(reject)],
    )
