"""Which partitions does this worker own, and what of them has been recorded?

A partition is claimed by raising its epoch in the database; a batch is recorded, and its offset
stored, under that epoch in one transaction. So each message has its effect once, and a worker that
has lost a partition without noticing writes nothing.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from tenacity import (
    AsyncRetrying,
    before_sleep_log,
    retry_if_exception,
    wait_exponential_jitter,
)

from ledger.core.intake import Arrival
from ledger.errors import FencedError, LedgerError
from ledger.recording.recorder import Receipt, Recorder
from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.tables import consumer_offset
from ledger.store.unit_of_work import Lane, Position
from schemas.topics import carried_by
from streams.metrics import Lag, Metrics
from streams.tracing import Traces

log = logging.getLogger(__name__)

Done = TypeVar("Done")


class Partition(NamedTuple):
    """A partition of a topic, by the topic's name."""

    topic: str
    number: int


class Message(NamedTuple):
    """A message of a partition; `content` is None for a tombstone.

    `stamp`: when it was sent, or came, by Kafka (s since 1970 UTC).
    """

    offset: int
    content: bytes | None
    stamp: float | None = None


Seek = Callable[[Partition, int], None]
"""Tells the consumer of a partition to go on from an offset."""


@dataclass(slots=True)
class Claim:
    """The epoch under which a partition is owned, and the offset to go on from.

    `sought`: the consumer was told to go there since the claim, so that a gap is Kafka's own.
    """

    epoch: int
    next_offset: int
    sought: bool = False


AT_ONCE = 2
"""Batches that are recorded at the same time, and partitions that are claimed, at most."""


class OwnedPartitions:
    """The claims of this worker on the partitions of one consumer group."""

    def __init__(
        self,
        recorder: Recorder,
        topic_prefix: str = "",
        metrics: Metrics | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._recorder = recorder
        self._metrics = metrics or Metrics()
        self._traces = traces or Traces()
        self._topic_prefix = topic_prefix
        self._claims: dict[Partition, Claim] = {}
        self._busy: dict[Partition, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recording = asyncio.Semaphore(AT_ONCE)
        self._claiming = asyncio.Semaphore(AT_ONCE)
        self._draining = asyncio.Event()

    def lanes(self) -> dict[str, int]:
        """The lanes whose entries this worker publishes, each with the epoch of its claim."""
        return {Lane.of(*place).name: claim.epoch for place, claim in self._claims.items()}

    def lags(self, highwater: Callable[[Partition], int | None]) -> list[Lag]:
        """What waits, by partition. `highwater`: the offset of the next message to come there."""
        waiting = []
        for partition, claim in list(self._claims.items()):
            end = highwater(partition)
            if end is not None:
                waiting.append(Lag(*partition, max(0, end - claim.next_offset)))
        return waiting

    def owns(self, partition: Partition) -> bool:
        """It was claimed, and neither given up nor found to have another owner since."""
        return partition in self._claims

    async def claim(self, partition: Partition) -> int:
        """Become the owner; the offset to read from. Whoever owned it before is fenced.

        Waits for a database that is away, as `record` does.
        """
        async with self._busy[partition], self._claiming:
            taken = await self._insist(partial(_claim, self._recorder.database, partition))
            self._claims[partition] = taken
        log.info("own %s/%s from offset %s", *partition, taken.next_offset)
        return taken.next_offset

    async def release(self, partitions: Sequence[Partition]) -> None:
        """Give partitions up, after their batches in flight are done."""
        for partition in partitions:
            async with self._busy[partition]:
                self._claims.pop(partition, None)

    async def drain(self) -> None:
        """Take nothing more, and wait for the batches in flight.

        If the database is away, those are given up: the next owner of the partition reads them
        again from the stored offset.
        """
        self._draining.set()
        for busy in list(self._busy.values()):
            async with busy:
                pass

    async def release_all(self) -> None:
        """Give up everything that is owned, after the batches in flight are done."""
        await self.release(list(self._claims))

    async def record(
        self, batches: Mapping[Partition, Sequence[Message]], seek: Seek | None = None
    ) -> Receipt | None:
        """Record the messages of some partitions of a topic that are not recorded yet, in one
        transaction; None if there are none.

        A consumer may hand out messages of a new assignment before it has been told where to
        start. What does not follow on the stored offset is left, and `seek` is called with it.
        Waits for a database that is away, for as long as it takes. After any other failure the
        partitions are given up, and nothing was written: FencedError if one has another owner.
        Others may be recorded at the same time: while one waits for the database, another folds.
        """
        async with AsyncExitStack() as held:
            for partition in sorted(batches):
                await held.enter_async_context(self._busy[partition])
            await held.enter_async_context(self._recording)
            if self._draining.is_set():
                return None
            new = {one: self._new(one, batches[one], seek) for one in sorted(batches)}
            return await self._record({one: told for one, told in new.items() if told})

    def _new(
        self, partition: Partition, messages: Sequence[Message], seek: Seek | None
    ) -> list[Message]:
        """Those messages that follow on what is recorded of an owned partition."""
        claim = self._claims.get(partition)
        if claim is None:
            return []
        new = [message for message in messages if message.offset >= claim.next_offset]
        gap = bool(new) and new[0].offset > claim.next_offset
        if seek is not None and gap and not claim.sought:
            claim.sought = True
            seek(partition, claim.next_offset)
            return []
        return new

    async def _record(self, batches: Mapping[Partition, Sequence[Message]]) -> Receipt | None:
        if not batches:
            return None
        positions = [
            Position(*one, messages[-1].offset + 1, self._claims[one].epoch)
            for one, messages in batches.items()
        ]
        arrivals = [one for batch in batches.items() for one in _arrivals(*batch)]
        first = next(iter(batches))
        carries = carried_by(first.topic.removeprefix(self._topic_prefix))
        work = partial(self._recorder.record, arrivals, Lane.of(*first), positions, carries=carries)
        began = time.perf_counter()
        try:
            receipt = await asyncio.shield(self._insist(work))
        except Exception as error:
            for one in batches:  # nothing after this batch may be recorded before it
                del self._claims[one]
            if isinstance(error, FencedError):
                self._metrics.fenced()
            if not (self._draining.is_set() and is_away(error)):
                raise
            log.warning("stopping while the database is away; to be read again: %s", error)
            return None
        for position in positions:
            self._claims[Partition(*position[:2])].next_offset = position.next_offset
        took = time.perf_counter() - began
        oldest = min(
            (one[0].stamp for one in batches.values() if one[0].stamp is not None), default=None
        )
        self._metrics.recorded(first.topic, receipt, took, oldest, time.time())
        self._traces.recorded(batches, receipt, took)
        return receipt

    async def _insist(self, work: Callable[[], Done]) -> Done:
        """Do `work` in a thread, again and again while the database is away and no stop is due."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(is_away),
            stop=lambda _: self._draining.is_set(),
            sleep=self._pause,
            wait=wait_exponential_jitter(multiplier=0.2, max=10),
            after=lambda _: self._metrics.away(),
            before_sleep=before_sleep_log(log, logging.WARNING),
            reraise=True,
        ):
            with attempt:
                return await asyncio.to_thread(work)
        raise AssertionError("unreachable: attempts go on until one returns or raises")

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._draining.wait(), seconds)


async def together(works: Iterable[Awaitable[object]]) -> None:
    """Wait for all, whatever becomes of one; then raise what went wrong.

    FencedError comes last: joining the group anew mends it, and nothing else.
    """
    done = await asyncio.gather(*works, return_exceptions=True)
    failed = [one for one in done if isinstance(one, BaseException)]
    failed.sort(key=lambda one: isinstance(one, FencedError))
    if failed:
        raise failed[0]


def is_away(error: BaseException) -> bool:
    """The database can't be reached now; it may be back later."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True  # cut off, for whatever reason
    return isinstance(error, LedgerError) and isinstance(error.__cause__, OperationalError)


def _arrivals(partition: Partition, messages: Sequence[Message]) -> list[Arrival]:
    return [
        Arrival(message.content or b"", f"{partition.topic}/{partition.number}@{message.offset}")
        for message in messages
    ]


def _claim(database: Database, partition: Partition) -> Claim:
    with database.write() as connection:
        return _raise_epoch(connection, partition)


def _raise_epoch(connection: Connection, partition: Partition) -> Claim:
    bulk.insert_absent(connection, consumer_offset, ("topic", "partition"), [(*partition, 0, 0)])
    here = (consumer_offset.c.topic == partition.topic) & (
        consumer_offset.c.partition == partition.number
    )
    connection.execute(
        update(consumer_offset).where(here).values(epoch=consumer_offset.c.epoch + 1)
    )
    row = connection.execute(
        select(consumer_offset.c.epoch, consumer_offset.c.next_offset).where(here)
    ).one()
    return Claim(row.epoch, row.next_offset)
