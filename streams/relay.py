"""How do entries get out to the derived topics? In order, at least once, by an outbox relay."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from mode import Service
from pydantic_core import to_json
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from tenacity import (
    AsyncRetrying,
    before_sleep_log,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from ledger.clock import SECOND
from ledger.core.messages import BatchEntries, messages
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recording.recorder import Recorded, Recorder
from ledger.settings import Settings
from ledger.store import bulk
from ledger.store.journals import entries_of
from ledger.store.tables import batch, outbox
from ledger.store.unit_of_work import EMBEDDED, Lane
from schemas.topics import ATTENDANCE
from streams.access import client_options
from streams.metrics import Metrics
from streams.tracing import Traces

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""Between looks at the outbox when nobody wakes the relay."""

BATCHES = 50
"""Batches taken from the outbox at a time, at most."""

MESSAGES = 5000
"""So many should be in memory at a time, about; they may be of one batch."""

HANDED = 100_000
"""Entries of recorded batches that wait in memory for their turn, at most."""

_AWAY = (KafkaError, LedgerError, OperationalError, InterfaceError)


class Handed:
    """Entries of batches just recorded, so that the relay needs not read them. Bounded.

    The outbox says what is to be published: what is missing here is read from the ledger. Batches
    come from the event loop and are taken by a thread.
    """

    def __init__(self, most: int = HANDED) -> None:
        self._most = most
        self._entries: dict[int, BatchEntries] = {}
        self._size = 0
        self._lock = threading.Lock()

    def put(self, recorded: Recorded) -> None:
        """Keep a batch, and forget the oldest ones if there are too many entries."""
        with self._lock:
            self._entries[recorded.batch] = BatchEntries(recorded.at, recorded.journal)
            self._size += recorded.journal.size
            while self._size > self._most:
                self._pop(next(iter(self._entries)))

    def take(self, batches: Iterable[int]) -> dict[int, BatchEntries]:
        """Those of `batches` that are kept, which they no longer are then."""
        with self._lock:
            return {one: self._pop(one) for one in batches if one in self._entries}

    def _pop(self, batch: int) -> BatchEntries:
        entries = self._entries.pop(batch)
        self._size -= entries.journal.size
        return entries


class Relay(Service):
    """Publishes the batches of the lanes that this worker owns, then forgets them."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        lanes: Callable[[], Sequence[str]],
        metrics: Metrics | None = None,
        traces: Traces | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._recorder = recorder
        self._lanes = lanes
        self._metrics = metrics or Metrics()
        self._traces = traces or Traces()
        self._signer = signer(settings.key)
        self._woken = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._handed = Handed()
        self._published: list[int] = []
        self._at_once = 1

    def wake(self, recorded: Recorded | None = None) -> None:
        """A batch has been recorded: publish it now. What is given needs not be read again."""
        if recorded is not None:
            self._handed.put(recorded)
        self._woken.set()

    async def on_start(self) -> None:
        self._producer = AIOKafkaProducer(
            **client_options(self._settings), acks="all", enable_idempotence=True
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
            if not published:
                await self._rest()

    async def publish(self) -> int:
        """Publish the oldest batches of the outbox; how many they were.

        They are forgotten with the next look. One that is published again has the same messages.
        """
        if self.should_stop:
            return 0
        pending, rules = await asyncio.to_thread(self._pending)
        if not pending:
            return 0
        began = time.perf_counter()
        on_their_way: list[tuple[str, asyncio.Future[Any]]] = []
        for entries in pending.values():
            on_their_way += await self._send(entries, rules)
        await asyncio.gather(*(acknowledged for _, acknowledged in on_their_way))
        self._metrics.published(topic for topic, _ in on_their_way)
        self._traces.published(pending, len(on_their_way), time.perf_counter() - began)
        self._published += pending
        fitting = len(pending) * MESSAGES // max(1, len(on_their_way))
        self._at_once = max(1, min(BATCHES, fitting))
        return len(pending)

    def measure(self) -> None:
        """Note how much waits in the outbox, and since when."""
        with self._recorder.database.read() as connection:
            number, first = connection.execute(
                select(func.count(), func.min(batch.c.recorded_at))
                .select_from(outbox.join(batch, batch.c.id == outbox.c.batch))
                .where(bulk.among(connection, outbox.c.lane, self._owned()))
                .where(outbox.c.batch.not_in(self._published))
            ).one()
        age = 0.0 if first is None else (self._recorder.now() - first) / SECOND
        self._metrics.outbox(number, max(0.0, age))

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), IDLE_SECONDS)
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    async def _send(
        self, entries: BatchEntries, rules: Rulebook
    ) -> list[tuple[str, asyncio.Future[Any]]]:
        """Hand the messages of a batch to the producer, which keeps their order; by topic."""
        assert self._producer is not None
        prefix = self._settings.topic_prefix
        sent = []
        for one in messages(entries, rules, self._signer):
            topic = prefix + one.topic.name
            content = to_json(one.event, exclude_none=True)
            acknowledged = await self._producer.send(topic, content, key=one.key.encode())
            acknowledged.add_done_callback(_heard)
            sent.append((topic, acknowledged))
        return sent

    def _pending(self) -> tuple[dict[int, BatchEntries], Rulebook]:
        """Forget what is published; what waits next, by batch, and the policies in force."""
        lanes = self._owned()
        with self._recorder.database.write() as connection:
            if self._published:
                if connection.dialect.name == "postgresql":  # if lost, it is published once more
                    connection.execute(text("SET LOCAL synchronous_commit = off"))
                done = bulk.among(connection, outbox.c.batch, self._published)
                connection.execute(delete(outbox).where(done))
            waiting = connection.execute(
                select(outbox.c.batch, batch.c.recorded_at)
                .join(batch, batch.c.id == outbox.c.batch)
                .where(bulk.among(connection, outbox.c.lane, lanes))
                .order_by(outbox.c.batch)
                .limit(self._at_once)
            )
            recorded = {row.batch: row.recorded_at for row in waiting}
            pending = self._handed.take(recorded)
            unknown = {one: at for one, at in recorded.items() if one not in pending}
            if unknown:
                pending |= entries_of(connection, unknown)
            rules = self._recorder.rules_by(connection)
        self._published = []
        return dict(sorted(pending.items())), rules

    def _owned(self) -> list[str]:
        """Whoever owns the first attendance partition also publishes what came in by hand."""
        lanes = list(self._lanes())
        if Lane.of(self._settings.topic_prefix + ATTENDANCE.name, 0).name in lanes:
            lanes.append(EMBEDDED.name)
        return lanes


def _heard(acknowledged: asyncio.Future[Any]) -> None:
    """Where sending broke off nobody waits for those before; they are sent again with the rest."""
    if not acknowledged.cancelled():
        acknowledged.exception()
