"""How are redemptions answered? A Faust agent groups the requests of a few milliseconds."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import faust
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from ledger.errors import FencedError
from ledger.settings import Settings
from schemas.topics import REDEMPTION_REQUESTS
from streams.metrics import Metrics
from streams.partitions import Message, OwnedPartitions, Partition
from streams.relay import Relay

log = logging.getLogger(__name__)

GROUPED = 500
"""Requests in one transaction, at most."""

WITHIN = 0.005
"""Seconds that a request waits for others to share its transaction."""


def answer_redemptions(
    app: faust.App, settings: Settings, owned: OwnedPartitions, relay: Relay, metrics: Metrics
) -> None:
    """Add the agent to the app. The relay publishes the answers; `metrics` has what waits."""
    topic = app.topic(
        settings.topic_prefix + REDEMPTION_REQUESTS.name,
        value_type=bytes,
        value_serializer="raw",
        key_type=bytes,
        key_serializer="raw",
    )
    app.transport = _StoredOffsets(app.conf.broker_consumer, app, owned)

    @app.agent(topic, name="redemptions")
    async def redemptions(requests: Any) -> None:
        async for events in requests.take_events(GROUPED, within=WITHIN):
            by_partition: dict[Partition, list[Message]] = defaultdict(list)
            for event in events:
                message = event.message
                by_partition[Partition(message.topic, message.partition)].append(
                    Message(message.offset, event.value, message.timestamp)
                )
            try:
                await answer(by_partition)
            except FencedError as error:
                log.warning("%s; joining the group anew", error)
                await rejoin()
            except Exception as error:
                # Faust would start the agent anew past the batch that failed: it would be lost.
                await app.crash(error)
                raise

    async def answer(requests: Mapping[Partition, Sequence[Message]]) -> None:
        """All partitions in one transaction: that costs little more than one of them would."""
        receipt = await owned.record(requests)
        if receipt is not None:
            relay.wake(receipt.recorded)

    async def rejoin() -> None:
        """As at any rebalance, Faust drops what it holds, and reads on from the stored offsets."""
        await app.consumer.subscribe([topic.get_topic_name()])

    async def release(_app: Any, revoked: Iterable[TP], **_: Any) -> None:
        await owned.release([Partition(one.topic, one.partition) for one in revoked])

    async def drain(_app: Any, **_: Any) -> None:
        await owned.drain()

    def highwater(partition: Partition) -> int | None:
        place = TP(partition.topic, partition.number)
        if not app.started or place not in app.consumer.assignment():
            return None
        return cast("int | None", app.consumer.highwater(place))

    metrics.watch(lambda: owned.lags(highwater))
    app.on_partitions_revoked.connect(cast(Any, release), weak=False)
    app.on_before_shutdown.connect(cast(Any, drain), weak=False)


class _StoredOffsetsConsumer(Consumer):
    """Faust's consumer, for which the committed offset is the one in the database."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Called by Faust after each assignment, before it reads on."""
        offsets = dict(await super().seek_to_committed())
        owned = cast(_StoredOffsets, self.transport).owned
        for partition in self.assignment():
            offsets[partition] = await owned.claim(Partition(partition.topic, partition.partition))
            await self._seek(partition, offsets[partition])
        return offsets


class _StoredOffsets(Transport):
    """Makes such consumers."""

    Consumer = _StoredOffsetsConsumer

    def __init__(self, urls: list[Any], app: faust.App, owned: OwnedPartitions) -> None:
        super().__init__(urls, app)
        self.owned = owned
