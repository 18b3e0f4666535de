"""How do attendance and registrations come in at full speed? In batches, by a lane of its own.

A Faust agent takes events one by one; this service of the Faust app reads whole batches with
aiokafka (docs/performance.md has both figures). Kafka's committed offsets are for display only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from ledger.errors import FencedError
from ledger.settings import Settings
from schemas.topics import ATTENDANCE, BOOKS, CENTRE, FACTS, REGISTRY
from streams.access import client_options
from streams.metrics import Lag
from streams.partitions import Message, OwnedPartitions, Partition, together
from streams.relay import Relay

log = logging.getLogger(__name__)

POLL_MS = 200


class IngestLane(Service):
    """Reads the partitions that the consumer group gives this worker, and records them."""

    def __init__(self, settings: Settings, owned: OwnedPartitions, relay: Relay) -> None:
        super().__init__()
        self._settings = settings
        self._owned = owned
        self._relay = relay
        self._consumer: AIOKafkaConsumer | None = None
        self._assigned: set[TopicPartition] = set()
        """By the group, now: the client itself goes on to name what was revoked."""
        self._claiming: dict[TopicPartition, asyncio.Task[None]] = {}
        self._not_before: dict[TopicPartition, float] = {}
        """When a partition that was found to have another owner may be claimed again."""

    def lags(self) -> list[Lag]:
        """What waits in the partitions that this worker owns."""
        return self._owned.lags(self._highwater)

    def _highwater(self, partition: Partition) -> int | None:
        place = TopicPartition(partition.topic, partition.number)
        consumer = self._consumer
        if consumer is None or place not in consumer.assignment():
            return None
        end = consumer.highwater(place)
        return None if end is None else int(end)

    async def on_start(self) -> None:
        await self._join()

    async def on_stop(self) -> None:
        await self._owned.drain()
        await asyncio.gather(*self._claiming.values(), return_exceptions=True)
        await self._leave()

    @Service.task
    async def _read(self) -> None:
        while not self.should_stop:
            self._claim_assigned()
            await self._take(await self._fetch())

    async def _take(self, here: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Record what was fetched, each partition in a transaction of its own.

        At once only where there is a backlog: else the tills beside it get on better.
        """
        if max(map(len, here.values()), default=0) >= self._settings.batch:
            await together(self._record({one: records}) for one, records in here.items())
            return
        for one, records in here.items():
            await self._record({one: records})

    def _claim_assigned(self) -> None:
        """Begin to claim what the group has assigned; raise what went wrong with earlier ones.

        A claim may have to wait, for another owner's batch or for the database. It is not made in
        the listener: aiokafka sends no heartbeat before that returns, and the group would expel
        this worker, give its partitions to others, and do the same to them.
        """
        for place in [one for one, claim in self._claiming.items() if claim.done()]:
            self._claiming.pop(place).result()
        now = asyncio.get_running_loop().time()
        for place in self._assigned:
            known = self._owned.owns(_partition(place)) or place in self._claiming
            if not known and self._not_before.get(place, now) <= now:
                self._claiming[place] = asyncio.create_task(self._claim(place))

    async def _claim(self, place: TopicPartition) -> None:
        """Become a partition's owner, and read on from where the database says."""
        offset = await self._owned.claim(_partition(place))
        assert self._consumer is not None
        if place in self._assigned:
            self._consumer.seek(place, offset)
        else:
            await self._owned.release([_partition(place)])

    async def _fetch(self) -> dict[TopicPartition, list[Any]]:
        """The next batch of each partition; if there is none yet, the first to come soon."""
        assert self._consumer is not None
        fetch = partial(self._consumer.getmany, max_records=self._settings.batch)
        here: dict[TopicPartition, list[Any]] = {}
        places = [one for one in self._assigned if self._owned.owns(_partition(one))]
        if not places:
            await asyncio.sleep(POLL_MS / 1000)
            return here
        for place in places:
            here |= await fetch(place)
        return here or dict(await fetch(*places, timeout_ms=POLL_MS))

    async def _record(self, here: Mapping[TopicPartition, Sequence[Any]]) -> None:
        batches = {
            _partition(source): [
                Message(record.offset, record.value, record.timestamp / 1000) for record in records
            ]
            for source, records in here.items()
        }
        consumer = self._consumer
        assert consumer is not None

        def seek(partition: Partition, offset: int) -> None:
            consumer.seek(TopicPartition(*partition), offset)

        try:
            receipt = await self._owned.record(batches, seek)
        except FencedError as error:
            # The group may not have told this worker yet, or the other one has not heard: whoever
            # is still assigned the partition when all have heard claims it again.
            log.warning("%s", error)
            settled = asyncio.get_running_loop().time() + self._settings.session_seconds
            self._not_before.update(dict.fromkeys(here, settled))
            return
        if receipt is None:
            return
        self._relay.wake(receipt.recorded)
        if receipt.rejects:
            log.warning("%s set aside; first: %s", len(receipt.rejects), receipt.rejects[0].detail)
        try:
            await consumer.commit({one: records[-1].offset + 1 for one, records in here.items()})
        except KafkaError as error:
            log.debug("offset not shown to Kafka: %s", error)

    async def _join(self) -> None:
        prefix = self._settings.topic_prefix
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=f"{self._settings.group}-ingest",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._settings.session_seconds * 1000,
            heartbeat_interval_ms=self._settings.session_seconds * 250,
        )
        await self._consumer.start()
        self._consumer.subscribe(
            topics=[prefix + topic.name for topic in (ATTENDANCE, FACTS, REGISTRY, BOOKS, CENTRE)],
            listener=_Assignment(self._revoked, self._given),
        )

    async def _revoked(self, places: Iterable[TopicPartition]) -> None:
        self._assigned.clear()
        await self._owned.release([_partition(one) for one in places])

    def _given(self, places: Iterable[TopicPartition]) -> None:
        self._assigned.update(places)
        self._not_before.clear()

    async def _leave(self) -> None:
        if self._consumer is not None:
            await asyncio.shield(self._consumer.stop())
            await self._owned.release_all()  # aiokafka's stop tells no listener


class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the lane what the group takes away, and what it gives."""

    def __init__(
        self,
        revoked: Callable[[Iterable[TopicPartition]], Awaitable[None]],
        given: Callable[[Iterable[TopicPartition]], None],
    ) -> None:
        self._revoked = revoked
        self._given = given

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._revoked(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._given(assigned)


def _partition(place: TopicPartition) -> Partition:
    return Partition(place.topic, place.partition)
