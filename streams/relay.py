"""How do entries get out to the derived topics? In order, at least once, by an outbox relay.

What this worker has recorded goes out from memory. The outbox is looked at where something else may
wait: after a claim, after rejects, after what a person or the calendar did; and now and then.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from mode import Service
from sqlalchemy import Connection, delete, func, select, text
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
from streams.handed import Handed
from streams.metrics import Metrics
from streams.parcels import PARCEL_BYTES, ProducerRecord, send
from streams.tracing import Traces

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""Between looks at the outbox, at most."""

BATCHES = 50
"""Batches taken from the outbox at a time, at most."""

MESSAGES = 5000
"""So many should be published at a time, about; they may be of one batch."""

AT_ONCE = 100
"""Entries whose messages are written without leaving the event loop: it stands still for 1 ms."""

FORGOTTEN_WITHIN = 0.25
"""Seconds after which the outbox no longer names what is published.

Until then a worker that takes over publishes it once more.
"""

_AWAY = (KafkaError, LedgerError, OperationalError, InterfaceError)


class _Pending(NamedTuple):
    """A batch to publish, and the policies in force."""

    entries: BatchEntries
    rules: Rulebook


class Relay(Service):
    """Publishes the batches of the lanes that this worker owns, then forgets them."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        lanes: Callable[[], Mapping[str, int]],
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
        """What the outbox still names."""
        self._at_once = 1
        self._asked = 0
        self._answered = 0
        """How many looks at the outbox were asked for, and how many of these it has had."""
        self._claims: Mapping[str, int] = {}
        """The claims at the last look: of their lanes nothing waits but what was handed since."""
        self._look_at = 0.0
        """When the outbox is to be looked at again, by the loop's clock."""

    def wake(self, recorded: Recorded | None = None) -> None:
        """A batch has been recorded: publish it now. What is given needs not be read again."""
        if recorded is None or not self._handed.put(recorded):
            self._asked += 1
        self._woken.set()

    async def on_start(self) -> None:
        self._producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            max_batch_size=PARCEL_BYTES,
        )
        await self._producer.start()

    async def on_stop(self) -> None:
        self.wake()
        if self._producer is not None:
            await self._producer.stop()
        if self._published:
            with contextlib.suppress(*_AWAY):  # then it is published once more
                await asyncio.to_thread(self._forget)

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
        """Publish the oldest batches that wait; how many they were.

        The outbox forgets them soon after. One that is published again has the same messages.
        """
        if self.should_stop:
            return 0
        pending = await self._next()
        if not pending:
            return 0
        assert self._producer is not None
        began = time.perf_counter()
        try:
            records = await self._records(pending.values())
            await asyncio.gather(*await send(self._producer, records))
        except BaseException:
            self._asked += 1  # they are read from the outbox again, before what follows on them
            raise
        self._metrics.published(one.topic for one in records)
        self._traces.published(pending, len(records), time.perf_counter() - began)
        self._published += pending
        fitting = len(pending) * MESSAGES // max(1, len(records))
        self._at_once = max(1, min(BATCHES, fitting))
        return len(pending)

    def measure(self) -> None:
        """Note how much waits in the outbox, and since when."""
        with self._recorder.database.read() as connection:
            number, first = connection.execute(
                select(func.count(), func.min(batch.c.recorded_at))
                .select_from(outbox.join(batch, batch.c.id == outbox.c.batch))
                .where(bulk.among(connection, outbox.c.lane, list(self._owned())))
                .where(outbox.c.batch.not_in(self._published))
            ).one()
        age = 0.0 if first is None else (self._recorder.now() - first) / SECOND
        self._metrics.outbox(number, max(0.0, age))

    async def _rest(self) -> None:
        """Until something is recorded, or the outbox is to be looked at."""
        left = self._look_at - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), max(0.0, left))
        self._woken.clear()

    async def _records(self, pending: Collection[_Pending]) -> list[ProducerRecord]:
        """The messages of some batches, in their order."""
        prefix = self._settings.topic_prefix

        def write() -> list[ProducerRecord]:
            return [
                ProducerRecord(prefix + one.topic.name, one.key.encode(), one.content)
                for entries in pending
                for one in messages(*entries, self._signer)
            ]

        few = sum(one.entries.journal.size for one in pending) <= AT_ONCE
        return write() if few else await asyncio.to_thread(write)

    async def _next(self) -> dict[int, _Pending]:
        """What is to be published next, by batch: from memory, where nothing comes before it."""
        lanes, asked, clock = self._owned(), self._asked, asyncio.get_running_loop().time
        if lanes == self._claims and asked == self._answered and clock() < self._look_at:
            handed = self._handed.next(lanes, MESSAGES)
            if handed:
                self._look_at = min(self._look_at, clock() + FORGOTTEN_WITHIN)
            return {ident: _handed(one) for ident, one in handed.items()}
        self._handed.drop([one for one in lanes if lanes[one] != self._claims.get(one)])
        most = self._at_once
        pending = await asyncio.to_thread(self._look, lanes, most)
        self._claims = lanes
        self._answered = asked if len(pending) < most else asked - 1
        self._look_at = clock() + (FORGOTTEN_WITHIN if pending else IDLE_SECONDS)
        return pending

    def _look(self, lanes: Collection[str], most: int) -> dict[int, _Pending]:
        """Forget what is published; what of the outbox waits next, in its order."""
        with self._recorder.database.write() as connection:
            self._strike(connection)
            waiting = connection.execute(
                select(outbox.c.batch, batch.c.recorded_at)
                .join(batch, batch.c.id == outbox.c.batch)
                .where(bulk.among(connection, outbox.c.lane, lanes))
                .order_by(outbox.c.batch)
                .limit(most)
            )
            recorded = {row.batch: row.recorded_at for row in waiting}
            handed = self._handed.take(recorded)
            pending = {ident: _handed(one) for ident, one in handed.items()}
            unknown = {one: at for one, at in recorded.items() if one not in handed}
            if unknown:
                rules = self._recorder.rules_by(connection)
                read = entries_of(connection, unknown)
                pending |= {ident: _Pending(entries, rules) for ident, entries in read.items()}
        self._published = []
        return dict(sorted(pending.items()))

    def _forget(self) -> None:
        """Forget what is published."""
        with self._recorder.database.write() as connection:
            self._strike(connection)
        self._published = []

    def _strike(self, connection: Connection) -> None:
        """Take out of the outbox what is published."""
        if self._published:
            if connection.dialect.name == "postgresql":  # if lost, it is published once more
                connection.execute(text("SET LOCAL synchronous_commit = off"))
            done = bulk.among(connection, outbox.c.batch, self._published)
            connection.execute(delete(outbox).where(done))

    def _owned(self) -> dict[str, int]:
        """Whoever owns the first attendance partition also publishes what came in by hand."""
        lanes = dict(self._lanes())
        first = Lane.of(self._settings.topic_prefix + ATTENDANCE.name, 0).name
        if first in lanes:
            lanes[EMBEDDED.name] = lanes[first]
        return lanes


def _handed(recorded: Recorded) -> _Pending:
    return _Pending(BatchEntries(recorded.at, recorded.journal), recorded.rules)
