"""What is sent while parts fail? Visits, purchases, holds, orders and sign-ups, many of them twice.

All is arranged so that what should come out is plain: visits are whole hours that never overlap,
orders go the usual way some steps far, and everybody signs up once.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import ATTENDANCE, BOOKS, CENTRE, REDEMPTION_REQUESTS, REGISTRY, Topic
from tests.builders import hold, order, redeem, register, shop_event, till, visit

VOLUNTEERS = 300
"""Who come at a time. Others come after PURCHASES: nobody has thousands of events in life, and each
late one makes the ledger read all of its volunteer's."""

PURCHASES = 4000
PIECES = 200
"""Of RICE on the shelf, for which everybody queues."""

SEATS = 50
"""Of the outing, for which everybody signs up once."""

STEPS: dict[str, dict[str, Any]] = {
    "placed": {"place": "370199001001", "category": "助老", "text": "上门理发"},
    "dispatched": {"team": "T1"},
    "accepted": {"team": "T1", "activity": "A9"},
    "done": {},
    "rated": {"stars": 5},
    "rewarded": {"rewards": [], "basis": "月评"},
}
"""Of an order, in their order. The last of these has no effect: nothing was given that it takes."""

EVERY = 0.1
"""Seconds between two handfuls."""

HANDFUL = 12
FIRST_DAY = date(2020, 1, 1)
FIRST_MINUTE = datetime.combine(FIRST_DAY, time(8))

Message = tuple[Topic, str, bytes]


class Load:
    """Sends until it is stopped; knows what was acknowledged, how far, and what should follow."""

    def __init__(self, bootstrap: str, prefix: str, rng: Random) -> None:
        self.sent: dict[bytes, Topic] = {}
        self.hours: Counter[str] = Counter()
        self.orders: dict[str, str] = {}
        """Order → its last step."""
        self.signed_up: list[str] = []
        """Who did, by the times of that."""
        self.duplicates = 0
        self.ends: dict[tuple[str, int], int] = defaultdict(int)
        self._bootstrap, self._prefix, self._rng = bootstrap, prefix, rng
        self._days: Counter[str] = Counter()
        self._number = 0
        self._again: list[Message] = []
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`; waits for a Kafka that is away, and sends again what it may have missed."""
        pending = _shops()
        while not self._stopping.is_set():
            with contextlib.suppress(KafkaError):
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap, acks="all", request_timeout_ms=5000
                )
                try:
                    await producer.start()
                    while not self._stopping.is_set() or pending:
                        pending = pending or self._handful()
                        await self._send(producer, pending)
                        pending = []
                        await asyncio.sleep(EVERY)
                finally:  # `async with` would leave one open that could not start
                    await producer.stop()
            await asyncio.sleep(EVERY)

    def stop(self) -> None:
        """Finish what is on its way, and send no more."""
        self._stopping.set()

    async def _send(self, producer: AIOKafkaProducer, messages: list[Message]) -> None:
        """All are acknowledged at the end; on an error some may have been written."""
        on_their_way = [
            await producer.send(self._prefix + topic.name, content, key=key.encode())
            for topic, key, content in messages
        ]
        done = await asyncio.gather(*on_their_way, return_exceptions=True)
        for (topic, _, content), where in zip(messages, done, strict=True):
            if isinstance(where, BaseException):
                raise where
            self.sent[content] = topic
            place = where.topic, where.partition
            self.ends[place] = max(self.ends[place], where.offset + 1)

    def _handful(self) -> list[Message]:
        found: list[Message] = []
        while len(found) < HANDFUL:
            if self._again and self._rng.random() < 0.25:
                found.append(self._rng.choice(self._again))
                self.duplicates += 1
                continue
            fresh = self._something()
            found += fresh
            self._again = (self._again + fresh)[-500:]
        return found

    def _something(self) -> list[Message]:
        who = f"V{self._number // PURCHASES:02}-{self._rng.randrange(VOLUNTEERS):03}"
        if self._rng.random() < 0.55:
            self._days[who] += 1
            day = FIRST_DAY + timedelta(days=self._days[who])
            hours = self._rng.randint(1, 4)
            self.hours[who] += hours
            marks = visit(who, day.isoformat(), "08:00", f"{8 + hours:02}:00")
            self._rng.shuffle(marks)
            return [(ATTENDANCE, who, one) for one in marks]
        self._number += 1
        if self._rng.random() < 0.25:
            return self._at_the_centre(who)
        ident, points = f"R{self._number}", str(self._rng.randint(1, 5))
        match self._rng.choice(["rice", "redeem", "hold"]):
            case "rice":
                asked = [redeem(who, ident, None, merchant="M01", item="RICE")]
            case "redeem":
                asked = [redeem(who, ident, points)]
            case _:
                command = self._rng.choice(["confirm", "cancel"])
                asked = [hold(who, ident, points, seconds=3600), till(command, who, ident)]
        return [(REDEMPTION_REQUESTS, who, one) for one in asked]

    def _at_the_centre(self, who: str) -> list[Message]:
        """An order with all its steps, in any order; or somebody signs up."""
        minute = FIRST_MINUTE + timedelta(minutes=self._number)
        if who not in self.signed_up and self._rng.random() < 0.5:
            self.signed_up.append(who)
            said = shop_event("activity.signed-up", "OUTING", minute.isoformat(), volunteer=who)
            return [(CENTRE, "OUTING", said)]
        ident, steps = f"O{self._number}", list(STEPS)[: self._rng.randint(1, len(STEPS))]
        self.orders[ident] = "rated" if steps[-1] == "rewarded" else steps[-1]
        told = [
            order(step, ident, (minute + timedelta(seconds=number)).isoformat(), **STEPS[step])
            for number, step in enumerate(steps)
        ]
        self._rng.shuffle(told)
        return [(CENTRE, ident, one) for one in told]


def _shops() -> list[Message]:
    registered = [
        register("activity", "OUTING", "2019-12-31T08:00", name="健步走", capacity=SEATS),
        register("merchant", "M01", name="超市", fund="F1"),
        register("fund", "F1", name="基金", point_value="0.10"),
        register("item", "RICE", name="大米", prices=[{"points": "2"}], stocked=True),
    ]
    books = [
        shop_event("stock.received", "RICE", quantity=PIECES),
        shop_event("fund.contributed", "F1", donor="D1", amount=f"{PIECES * 2 // 10 - 10}.00"),
    ]
    return [
        (topic, str(orjson.loads(one)["subject"]), one)
        for topic, several in ((REGISTRY, registered), (BOOKS, books))
        for one in several
    ]
