"""How do events that came by HTTP get onto Kafka? Sent, until all replicas have them."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from ledger.errors import UnreachableError
from ledger.settings import Settings
from streams.access import client_options


class EventSender:
    """A producer for as long as the server runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Raises UnreachableError if Kafka is away."""
        self._producer = AIOKafkaProducer(
            **client_options(self._settings), acks="all", enable_idempotence=True, linger_ms=5
        )
        try:
            await self._producer.start()
        except KafkaConnectionError as error:
            await self._producer.stop()
            where = self._settings.kafka
            raise UnreachableError(f"can't reach Kafka at {where}: {error}") from None

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, messages: Sequence[tuple[str, bytes, bytes]]) -> None:
        """(topic, key, content) of each; returns when all have them.

        Raises UnreachableError if Kafka does not take them all: some may be there, and sending
        them again has no effect.
        """
        assert self._producer is not None
        prefix = self._settings.topic_prefix
        try:
            waiting = [
                await self._producer.send(prefix + topic, value=content, key=key)
                for topic, key, content in messages
            ]
            await asyncio.gather(*waiting)
        except KafkaError as error:
            raise UnreachableError(f"Kafka did not take the events: {error}") from None
