"""How do messages get into topics of the benchmark's own, and how are these topics gone again?"""

import asyncio
import uuid
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ledger.bench.workload import Keyed
from streams.parcels import PARCEL_BYTES, ProducerRecord, send

PARTITIONS = 4


def new_name() -> str:
    """A name that nobody else uses: of a topic, of a group, or to begin such names with."""
    return f"bench-{uuid.uuid4().hex[:8]}"


async def create(kafka: str, topic: str) -> None:
    """Create a topic that no worker creates."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()


async def remove(kafka: str, prefix: str) -> None:
    """Remove all topics whose names begin so."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        mine = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if mine:
            await admin.delete_topics(mine)
    finally:
        await admin.close()


async def fill(kafka: str, topic: str, messages: Sequence[Keyed]) -> None:
    """Send all messages as fast as that goes."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=PARCEL_BYTES) as producer:
        records = [ProducerRecord(topic, one.key, one.content) for one in messages]
        await asyncio.gather(*await send(producer, records))
