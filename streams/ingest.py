"""How do attendance and registrations come in at full speed? In batches, by a lane of its own.

A Faust agent takes events one by one; this service of the Faust app reads whole batches with
aiokafka (docs/performance.md has both figures). Kafka's committed offsets are for display only.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from ledger.errors import FencedError
from ledger.settings import Settings
from schemas.topics import ATTENDANCE, BOOKS, FACTS, REGISTRY
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
        await self._leave()

    @Service.task
    async def _read(self) -> None:
        while not self.should_stop:
            try:
                await together(self._record(*some) for some in (await self._fetch()).items())
            except FencedError as error:
                log.warning("%s; joining the group anew", error)
                await self._leave()
                await self._join()

    async def _fetch(self) -> dict[TopicPartition, list[Any]]:
        """The next batch of each partition; if there is none yet, the first to come soon."""
        assert self._consumer is not None
        fetch = partial(self._consumer.getmany, max_records=self._settings.batch)
        here: dict[TopicPartition, list[Any]] = {}
        for place in self._consumer.assignment():
            here |= await fetch(place)
        return here or dict(await fetch(timeout_ms=POLL_MS))

    async def _record(self, source: TopicPartition, records: Sequence[Any]) -> None:
        messages = [
            Message(record.offset, record.value, record.timestamp / 1000) for record in records
        ]
        assert self._consumer is not None
        receipt = await self._owned.record(
            Partition(source.topic, source.partition),
            messages,
            seek=partial(self._consumer.seek, source),
        )
        if receipt is None:
            return
        self._relay.wake(receipt.recorded)
        if receipt.rejects:
            log.warning("%s set aside; first: %s", len(receipt.rejects), receipt.rejects[0].detail)
        try:
            await self._consumer.commit({source: messages[-1].offset + 1})
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
            topics=[prefix + topic.name for topic in (ATTENDANCE, FACTS, REGISTRY, BOOKS)],
            listener=_Assignment(self._consumer, self._owned),
        )

    async def _leave(self) -> None:
        if self._consumer is not None:
            await asyncio.shield(self._consumer.stop())
            await self._owned.release_all()  # aiokafka's stop tells no listener


class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Claims what the group assigns, and reads on from where the database says."""

    def __init__(self, consumer: AIOKafkaConsumer, owned: OwnedPartitions) -> None:
        self._consumer = consumer
        self._owned = owned

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._owned.release([Partition(one.topic, one.partition) for one in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for one in assigned:
            offset = await self._owned.claim(Partition(one.topic, one.partition))
            self._consumer.seek(one, offset)
