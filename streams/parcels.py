"""How do many messages get onto Kafka? Packed by partition, with one answer for each parcel.

`AIOKafkaProducer.send` takes a message by itself, with a future of its own: eight times the work.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

PARCEL_BYTES = 256 * 1024
"""Of a parcel at most, unless a single message is larger. Brokers take a megabyte by default."""


class Packed(NamedTuple):
    """A message of a topic."""

    topic: str
    key: bytes
    content: bytes


class Parcel(NamedTuple):
    """Messages of one partition, in their order."""

    topic: str
    partition: int
    messages: BatchBuilder


async def pack(producer: AIOKafkaProducer, messages: Sequence[Packed]) -> list[Parcel]:
    """Put messages into parcels, by key into the partitions where `send` would put them.

    The producer's `max_batch_size` bounds a parcel. Parcels of one partition are to be sent in the
    order of the list. Raises KafkaError if a topic is not there.
    """
    partitions = {
        topic: sorted(await producer.partitions_for(topic))
        for topic in {one.topic for one in messages}
    }
    choose = DefaultPartitioner()
    places: dict[tuple[bytes, int], int] = {}
    filling: dict[tuple[str, int], BatchBuilder] = {}
    parcels: list[Parcel] = []
    for topic, key, content in messages:
        there = partitions[topic]
        place = places.get((key, len(there)))
        if place is None:
            place = places[key, len(there)] = choose(key, range(len(there)), ())
        number = there[place]
        builder = filling.get((topic, number))
        if builder is None or builder.append(timestamp=None, key=key, value=content) is None:
            builder = filling[topic, number] = producer.create_batch()
            builder.append(timestamp=None, key=key, value=content)
            parcels.append(Parcel(topic, number, builder))
    return parcels


async def send(producer: AIOKafkaProducer, parcels: Iterable[Parcel]) -> list[Any]:
    """Hand parcels to the producer; a future of each, which raises KafkaError if it got lost.

    Waits until the last parcels of a partition before these are on their way.
    """
    on_their_way = []
    for parcel in parcels:
        parcel.messages.close()
        sent = await producer.send_batch(parcel.messages, parcel.topic, partition=parcel.partition)
        sent.add_done_callback(_heard)
        on_their_way.append(sent)
    return on_their_way


def _heard(acknowledged: Any) -> None:
    """Where sending broke off nobody waits for those before; they are sent again with the rest."""
    if not acknowledged.cancelled():
        acknowledged.exception()
