"""How do many messages get onto Kafka? Packed by partition, with one answer for each parcel.

`AIOKafkaProducer.send` takes a message by itself, with a future of its own: eight times the work.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

PARCEL_BYTES = 256 * 1024
"""Of a parcel at most, unless a single message is larger. Brokers take a megabyte by default."""


class ProducerRecord(NamedTuple):
    """A message for a topic."""

    topic: str
    key: bytes
    content: bytes


class _Parcel(NamedTuple):
    """Messages of one partition, in their order."""

    topic: str
    partition: int
    messages: BatchBuilder


async def send(producer: AIOKafkaProducer, records: Sequence[ProducerRecord]) -> list[Any]:
    """Hand messages over; a future of each parcel, which raises KafkaError if that got lost.

    By key they go into the partitions where `AIOKafkaProducer.send` would put them, and stay in
    their order there. Its `max_batch_size` bounds a parcel. Waits until the last parcels of a
    partition before these are on their way. Raises KafkaError if a topic is not there.
    """
    on_their_way = []
    for parcel in await _packed(producer, records):
        parcel.messages.close()
        sent = await producer.send_batch(parcel.messages, parcel.topic, partition=parcel.partition)
        sent.add_done_callback(_heard)
        on_their_way.append(sent)
    return on_their_way


async def _packed(producer: AIOKafkaProducer, records: Sequence[ProducerRecord]) -> list[_Parcel]:
    partitions = {
        topic: sorted(await producer.partitions_for(topic))
        for topic in {one.topic for one in records}
    }
    choose = DefaultPartitioner()
    places: dict[tuple[bytes, int], int] = {}
    filling: dict[tuple[str, int], BatchBuilder] = {}
    parcels: list[_Parcel] = []
    for topic, key, content in records:
        there = partitions[topic]
        place = places.get((key, len(there)))
        if place is None:
            place = places[key, len(there)] = choose(key, range(len(there)), ())
        number = there[place]
        builder = filling.get((topic, number))
        if builder is None or builder.append(timestamp=None, key=key, value=content) is None:
            builder = filling[topic, number] = producer.create_batch()
            builder.append(timestamp=None, key=key, value=content)
            parcels.append(_Parcel(topic, number, builder))
    return parcels


def _heard(acknowledged: Any) -> None:
    """Where sending broke off nobody waits for those before; they are sent again with the rest."""
    if not acknowledged.cancelled():
        acknowledged.exception()
