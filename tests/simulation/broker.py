"""What does Kafka do to its clients? Partitions, groups that rebalance, messages that come twice.

As in Kafka, fetching asks for no membership: a consumer that the group has expelled goes on with
what it had, until its next heartbeat tells it.
"""

import asyncio
import zlib
from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaConnectionError

from schemas.topics import ATTENDANCE, CENTRE, REDEMPTION_REQUESTS

if TYPE_CHECKING:
    from tests.simulation.world import Worker

PARTITIONS = {ATTENDANCE.name: 2, CENTRE.name: 2, REDEMPTION_REQUESTS.name: 2}
"""Of the topics that have more than one."""

PARCEL = 5
"""Messages that a producer sends to a partition at once, at most."""

SESSION = 6.0
"""Seconds without a heartbeat after which a member is expelled."""
HEARTBEAT = 2.0
IDLE = 5.0


class Record(NamedTuple):
    """A message; some offsets are Kafka's own and carry none."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = -1


def partitions_of(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(PARTITIONS.get(topic, 1))]


class Broker:
    """Topics and consumer groups; nothing here fails by itself, clients do."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.logs: dict[TopicPartition, list[Record]] = {}
        self.groups: dict[str, Group] = {}
        self.news = asyncio.Event()

    def append(self, topic: str, key: bytes, value: bytes | None) -> None:
        where = TopicPartition(topic, zlib.crc32(key) % PARTITIONS.get(topic, 1))
        log = self.logs.setdefault(where, [])
        gap = self._rng.random() < 0.05
        log.append(Record((log[-1].offset + 1 if log else 0) + gap, key, value))
        self.news.set()
        self.news = asyncio.Event()

    def end(self, where: TopicPartition) -> int:
        log = self.logs.get(where)
        return log[-1].offset + 1 if log else 0

    def group(self, name: str) -> "Group":
        if name not in self.groups:
            self.groups[name] = Group(self, self._rng)
        return self.groups[name]


class Group:
    """A consumer group: expels who is silent, and shares the partitions among the rest."""

    def __init__(self, broker: Broker, rng: Random) -> None:
        self.broker = broker
        self.rng = rng
        self.members: list[Consumer] = []
        self.committed: dict[TopicPartition, int] = {}
        self.rebalances = 0
        self._changed = asyncio.Event()

    def join(self, member: "Consumer") -> None:
        member.last_beat = asyncio.get_running_loop().time()
        self.members.append(member)
        self._changed.set()

    def leave(self, member: "Consumer") -> None:
        if member in self.members:
            self.members.remove(member)
            self._changed.set()

    async def coordinate(self) -> None:
        """Rebalance whenever membership has changed."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await asyncio.wait_for(self._changed.wait(), 1.0)
            except TimeoutError:
                silent = [one for one in self.members if loop.time() - one.last_beat > SESSION]
                for one in silent:
                    self.leave(one)
                continue
            self._changed.clear()
            await asyncio.sleep(self.rng.uniform(0, 0.5))
            await self._rebalance()

    async def _rebalance(self) -> None:
        self.rebalances += 1
        asked = list(self.members)
        revoking = [one.run(one.revoke()) for one in asked]
        if revoking:
            await asyncio.wait(revoking, timeout=SESSION)
        for member, task in zip(asked, revoking, strict=True):
            if not task.done():
                self.leave(member)  # it will hear of that when it wakes up
        members = list(self.members)
        if not members:
            return
        shares: dict[Consumer, list[TopicPartition]] = {one: [] for one in members}
        topics = sorted({topic for one in members for topic in one.topics})
        places = [place for topic in topics for place in partitions_of(topic)]
        self.rng.shuffle(places)
        for number, place in enumerate(places):
            shares[members[number % len(members)]].append(place)
        for member, share in shares.items():
            member.assign(share)


class Consumer:
    """Stands in for AIOKafkaConsumer, as far as the ingest lane uses it."""

    def __init__(self, worker: "Worker", group: Group) -> None:
        self._worker = worker
        self._group = group
        self.topics: list[str] = []
        self.last_beat = 0.0
        self._telling = False
        self._listener: ConsumerRebalanceListener = None
        self._positions: dict[TopicPartition, int] = {}
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._worker.breathe()

    def subscribe(self, topics: list[str], listener: ConsumerRebalanceListener) -> None:
        self.topics, self._listener = topics, listener
        self._group.join(self)
        self._beating = self.run(self._beat())

    async def stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
        self._positions = {}
        self._group.leave(self)

    def seek(self, where: TopicPartition, offset: int) -> None:
        if where in self._positions:
            self._positions[where] = offset

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        await self._worker.breathe()
        if self._group.rng.random() < 0.1:
            raise KafkaConnectionError("simulated")
        self._group.committed.update(offsets)

    def assignment(self) -> set[TopicPartition]:
        return set(self._positions)

    async def getmany(
        self, *only: TopicPartition, timeout_ms: int = 0, max_records: int
    ) -> dict[TopicPartition, Any]:
        if not only:
            await self._worker.breathe()
        news = self._group.broker.news
        found = {}
        for where, position in self._positions.items():
            if only and where not in only:
                continue
            log = self._group.broker.logs.get(where, [])
            most = min(max_records, self._group.rng.randint(1, 12))
            records = [one for one in log if one.offset >= position][:most]
            if records and self._group.rng.random() < 0.8:
                found[where] = records
                self._positions[where] = records[-1].offset + 1
        if not found and timeout_ms:
            await _either(news, IDLE if not self._behind() else timeout_ms / 1000)
        return found

    def _behind(self) -> bool:
        ends = ((self._group.broker.end(where), at) for where, at in self._positions.items())
        return not self._positions or any(end > at for end, at in ends)

    # What the group does ------------------------------------------------------------------------

    def run(self, work: Any) -> "asyncio.Task[None]":
        return self._worker.start(work)

    async def revoke(self) -> None:
        await self._worker.breathe()
        revoked = list(self._positions)
        await self._listener.on_partitions_revoked(revoked)
        self._positions = {}

    def assign(self, share: Iterable[TopicPartition]) -> None:
        """Messages may be handed out from here on; the listener comes a little later."""
        share = list(share)
        self._positions = {where: self._group.committed.get(where, 0) for where in share}
        self.run(self._tell(share))

    async def _tell(self, share: list[TopicPartition]) -> None:
        """As aiokafka does, it sends no heartbeat until the listener is done."""
        await self._worker.breathe()
        self._telling = True
        await self._listener.on_partitions_assigned(share)
        self._telling = False

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self._worker.breathe()
            if self._telling:
                continue
            if self in self._group.members:
                self.last_beat = asyncio.get_running_loop().time()
            else:
                await self.revoke()
                self._group.join(self)


class Producer:
    """Stands in for AIOKafkaProducer, as far as the relay uses it."""

    def __init__(self, worker: "Worker", broker: Broker, rng: Random) -> None:
        self._worker, self._broker, self._rng = worker, broker, rng

    async def start(self) -> None:
        await self._worker.breathe()

    async def stop(self) -> None:
        """Nothing is left to send."""

    async def partitions_for(self, topic: str) -> set[int]:
        return {where.partition for where in partitions_of(topic)}

    def create_batch(self) -> "Batch":
        return Batch()

    async def send_batch(
        self, batch: "Batch", topic: str, *, partition: int
    ) -> "asyncio.Future[None]":
        self._worker.may_fail("send")
        for key, value in batch.messages:
            self._broker.append(topic, key, value)
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._rng.random() < self._worker.climate.lost_answers:
            acknowledged.set_exception(KafkaConnectionError("simulated: it was written, though"))
        else:
            acknowledged.set_result(None)
        return acknowledged


class Batch:
    """Stands in for a batch that is sent to one partition; a small one."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes]] = []

    def append(self, *, timestamp: None, key: bytes, value: bytes) -> object:
        if len(self.messages) == PARCEL:
            return None
        self.messages.append((key, value))
        return self

    def close(self) -> None:
        """It is full, or nothing more comes."""


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
