"""How does one seed go? Workers come, crash, sleep and wake up; then all calms down and is checked.

Everything that a worker does to the world outside goes through `Worker.may_fail` or `breathe`:
there it may die, be told an error, or be put to sleep while the others go on.
"""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

import streams.ingest
import streams.relay
from ledger.centre.activities.no_shows import record_no_shows
from ledger.centre.orders.follow_up import follow_up
from ledger.centre.orders.terms import read_terms
from ledger.clock import SECOND, to_micros
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import list_rejects, release_held
from ledger.recording.sweep import sweep
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.tables import consumer_offset, inspection, outbox, service_order
from schemas.topics import ATTENDANCE, BOOKS, CENTRE, FACTS, REDEMPTION_REQUESTS, REGISTRY
from streams.ingest import IngestLane, _Assignment
from streams.partitions import OwnedPartitions, is_away
from streams.relay import Relay
from tests.simulation.broker import SESSION, Broker, Consumer, Producer, partitions_of
from tests.simulation.loop import Job, VirtualLoop
from tests.simulation.workload import AMENDED, OPENING, SEASON, Workload, workload

CURRENT: ContextVar["Worker | None"] = ContextVar("CURRENT", default=None)
"""Whose code runs."""

TERMS = read_terms()
WORKERS = 3
IDLE = 20.0
CATCH_UP = 20.0
HEALED_WITHIN = 300.0
"""Virtual seconds after the last fault in which everything has to be done.

What a clock that was ahead has said comes due later by as much.
"""


class CrashError(Exception):
    """The process is gone: what follows in it has no effect."""


class BrokenPromiseError(AssertionError):
    """Something that always holds did not, while the world was running."""


@dataclass(frozen=True, slots=True)
class Climate:
    """How bad the weather of a seed is: chances per step, and how far clocks are off (s)."""

    crashes: float
    errors: float
    lost_answers: float
    naps: float
    skew: float
    slow: float

    @classmethod
    def of(cls, rng: Random) -> "Climate":
        return cls(
            crashes=rng.choice([0, 0.001, 0.004, 0.01]),
            errors=rng.choice([0, 0.001, 0.005]),
            lost_answers=rng.choice([0, 0.02, 0.1]),
            naps=rng.choice([0, 0.01, 0.04]),
            skew=rng.choice([0, 2, 30, 900]),
            slow=rng.choice([0.01, 0.2, 1.0]),
        )


CALM = Climate(0, 0, 0, 0, 0, 0.01)


class Worker:
    """One process: the real claims, lanes and relay on a clock that is a little off."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.dead = False
        self.died = asyncio.Event()
        self.asleep_until = 0.0
        self.tasks: list[asyncio.Task[Any]] = []
        self._skew = int(world.rng.uniform(-1, 1) * world.climate.skew * 1_000_000)
        self._context = copy_context()
        self._context.run(CURRENT.set, self)
        database, salt = world.database, world.salt
        self.recorder = Recorder(database, world.policy, self._clock, salt)
        ingested, requested = OwnedPartitions(self.recorder), OwnedPartitions(self.recorder)
        self._relay = Relay(
            world.settings, self.recorder, lambda: ingested.lanes() | requested.lanes()
        )
        self._lanes = (
            IngestLane(world.settings, ingested, self._relay),
            TillLane(world.settings, requested, self._relay),
        )

    @property
    def climate(self) -> Climate:
        return self.world.climate

    def _clock(self) -> int:
        return self.world.now() + (self._skew if not self.world.healed else 0)

    def start(self, work: Any) -> "asyncio.Task[Any]":
        """Run a coroutine in this process."""
        return self.world.loop.create_task(work, context=self._context.copy())

    async def live(self) -> None:
        """Until it dies, by a fault in one of its steps."""
        running = [self.start(self._serve()), self.start(self._catch_up())]
        for task in running:
            task.add_done_callback(self._ended)
        await self.died.wait()
        for task in self.tasks:
            task.cancel()

    def die(self, why: str) -> None:
        if not self.dead:
            self.world.note(f"{self.name} dies: {why}")
            self.dead = True
            self.died.set()

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not self.dead:
            if not (isinstance(error, CrashError) or is_away(error)):
                self.world.failures.append(f"{self.name}: {type(error).__name__}: {error}")
            self.die(f"{type(error).__name__}")

    async def _serve(self) -> None:
        await self._relay.on_start()
        for lane in self._lanes:
            await lane.on_start()
        loops = [*(one._read.fun(one) for one in self._lanes), self._relay._relay.fun(self._relay)]
        await asyncio.gather(*loops)

    async def _catch_up(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP)
            try:
                await asyncio.to_thread(release_held, self.recorder)
                await asyncio.to_thread(self.recorder.apply_adoptions, 50)
                await asyncio.to_thread(self.recorder.pass_time, 50)
                await asyncio.to_thread(follow_up, self.recorder, TERMS, 50)
                await asyncio.to_thread(record_no_shows, self.recorder)
                await asyncio.to_thread(sweep, self.recorder)
            except OperationalError as error:
                self.world.note(f"{self.name} catches up later: {error.orig}")

    # Faults -----------------------------------------------------------------------------------

    def may_fail(self, step: str) -> None:
        """A step towards the outside: it may be the last one, or fail."""
        if self.dead:
            raise CrashError
        draw = self.world.rng.random()
        if draw < self.climate.crashes:
            self.die(f"at {step}")
            raise CrashError
        if step != "send" and draw < self.climate.crashes + self.climate.errors:
            self.world.note(f"{self.name} is told an error at {step}")
            raise _disk_full()

    async def breathe(self) -> None:
        """A step that takes time, and after which the process may have slept for long."""
        while True:
            if self.dead:
                await asyncio.get_running_loop().create_future()  # gone: it never goes on
            self._maybe_nap()
            await asyncio.sleep(self.world.rng.uniform(0, 0.02))
            if self.asleep_until <= self.world.loop.time():
                return
            await asyncio.sleep(self.asleep_until - self.world.loop.time())

    def delay(self) -> float:
        """Seconds until a step of a thread is done."""
        self._maybe_nap()
        slow = self.world.rng.expovariate(1 / self.climate.slow)
        return max(slow, self.asleep_until - self.world.loop.time())

    def _maybe_nap(self) -> None:
        if self.world.rng.random() < self.climate.naps * 0.2:
            nap = self.world.rng.uniform(1, 3 * SESSION)
            self.world.note(f"{self.name} sleeps for {nap:.1f} s")
            self.asleep_until = max(self.asleep_until, self.world.loop.time() + nap)


class TillLane(IngestLane):
    """Redemptions by the same claims; Faust, which reads them otherwise, can't be simulated."""

    async def _join(self) -> None:
        worker = CURRENT.get()
        assert worker is not None
        consumer = Consumer(worker, worker.world.broker.group("redemptions"))
        self._consumer = consumer
        await consumer.start()
        consumer.subscribe([REDEMPTION_REQUESTS.name], _Assignment(self._revoked, self._given))

    async def _take(self, here: Mapping[TopicPartition, Sequence[Any]]) -> None:
        if here:
            await self._record(here)


class World:
    """Broker, store and workers of one seed."""

    def __init__(self, seed: int, database: Database, key: Path, trace: bool = False) -> None:
        self.rng = Random(seed)
        self.database = database
        self.climate = Climate.of(self.rng)
        self.settings = Settings(batch=20, key=key)
        self.loop = VirtualLoop(self._thread)
        self.failures: list[str] = []
        self.counts: dict[str, int] = {"crashes": 0, "batches": 0, "sent": 0, "rebalances": 0}
        self.healed = False
        self.sent: Workload = workload(self.rng)
        self.policy = parse(self.sent.policy, "simulation")
        self._trace = trace
        self._stored: dict[tuple[str, int], int] = {}
        self._salts = 0
        self._newest = 0
        self._farthest = int(self.climate.skew * 1_000_000)
        self.broker: Broker

    def now(self) -> int:
        """The true time, µs."""
        return to_micros(OPENING) + int(self.loop.time() * 1_000_000)

    def salt(self) -> str:
        self._salts += 1
        return f"salt{self._salts}"

    def note(self, text: str) -> None:
        if self._trace:
            print(f"{self.loop.time():9.3f} {text}")

    def run(self) -> None:
        """Live through it, once. Raises BrokenPromiseError if it does not end well."""
        random.seed(self.rng.random())  # for what waits a random while in between
        logging.disable(logging.CRITICAL)
        try:
            with self._faulty_store(), self._simulated_kafka():
                self.loop.set_task_factory(self._new_task)
                self.loop.run_until_complete(self._live())
        finally:
            logging.disable(logging.NOTSET)
            self._tidy()

    async def _live(self) -> None:
        self.broker = Broker(self.rng)
        groups = [self.broker.group(name) for name in ("vledger-ingest", "redemptions")]
        coordinators = [asyncio.create_task(one.coordinate()) for one in groups]
        keepers = [asyncio.create_task(self._keep(number)) for number in range(WORKERS)]
        office = asyncio.create_task(self._amend())
        office.add_done_callback(self._amended)
        for one in self.sent.sendings:
            await asyncio.sleep(max(0, one.at - self.loop.time()))
            self.broker.append(one.topic.name, one.key.encode(), one.content)
            self.counts["sent"] += 1
        await asyncio.sleep(max(0, SEASON - self.loop.time()))
        self.note("all is sent, and nothing fails any more")
        self.climate, self.healed = CALM, True
        deadline = self.loop.time() + HEALED_WITHIN + self._farthest // SECOND
        while not self._is_done():
            if self.failures:
                raise BrokenPromiseError("; ".join(self.failures))
            if self.loop.time() > deadline:
                raise BrokenPromiseError(f"not done {HEALED_WITHIN} s after the last fault")
            await asyncio.sleep(1)
        if self.failures:
            raise BrokenPromiseError("; ".join(self.failures))
        self.counts["rebalances"] = sum(one.rebalances for one in groups)
        for task in (*coordinators, *keepers, office):
            task.cancel()

    async def _keep(self, number: int) -> None:
        """What Kubernetes does: start a worker again that has died."""
        life = 0
        while True:
            life += 1
            worker = Worker(self, f"worker {number}.{life}")
            await worker.live()
            self.counts["crashes"] += 1
            await asyncio.sleep(self.rng.uniform(0.5, 8))

    async def _amend(self) -> None:
        """The office adopts the policy again, under another name, for a time that is past."""
        if self.sent.amended_at is None:
            return
        await asyncio.sleep(self.sent.amended_at)
        lines = self.sent.policy.splitlines()
        text = "\n".join(AMENDED if line.startswith("name:") else line for line in lines)
        office = Recorder(self.database, self.policy, self.now, self.salt)
        office.adopt(parse(text, "amended"), date(2026, 5, 2))
        self.note("the office has amended the policy")

    def _amended(self, office: "asyncio.Task[None]") -> None:
        if not office.cancelled() and (error := office.exception()) is not None:
            self.failures.append(f"the office: {type(error).__name__}: {error}")

    def _is_done(self) -> bool:
        soon = self.now() + self._farthest + SECOND  # nothing waits for a deadline in some days
        with self.database.read() as connection:
            stored = {
                TopicPartition(row.topic, row.partition): row.next_offset
                for row in connection.execute(select(consumer_offset))
            }
            waiting = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
            held = list_rejects(connection, code="held")
            due = connection.execute(
                select(
                    select(inspection.c.batch).exists()
                    | select(service_order.c.id).where(service_order.c.act_at <= soon).exists()
                )
            ).scalar_one()
        read = (ATTENDANCE, FACTS, REGISTRY, BOOKS, CENTRE, REDEMPTION_REQUESTS)
        places = [place for topic in read for place in partitions_of(topic.name)]
        return (
            not waiting
            and not held
            and not due
            and all(stored.get(where, 0) >= self.broker.end(where) for where in places)
        )

    # How the real code is put into this world -------------------------------------------------

    def _new_task(self, loop: Any, coro: Any, context: Any = None) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, context=context)
        worker = CURRENT.get() if context is None else context.get(CURRENT)
        if worker is not None:
            worker.tasks.append(task)
        return task

    def _thread(self, job: Job, future: "asyncio.Future[Any]") -> None:
        """A thread's work is done some time later, and known some time after that."""
        worker = CURRENT.get()
        assert worker is not None

        def begin() -> None:
            if worker.dead:
                return
            if worker.asleep_until > self.loop.time():
                self.loop.call_at(worker.asleep_until, begin)
                return
            try:
                result, error = job(), None
            except Exception as raised:  # noqa: BLE001 - it is whoever waits who gets it
                result, error = None, raised
            if worker.dead and not isinstance(error, CrashError):
                return
            self.loop.call_later(worker.delay() * 0.2, tell, result, error)

        def tell(result: Any, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        if not worker.dead:
            self.loop.call_later(worker.delay(), begin)

    @contextmanager
    def _simulated_kafka(self) -> Iterator[None]:
        def consumer(group_id: str, **_: Any) -> Consumer:
            worker = CURRENT.get()
            assert worker is not None
            return Consumer(worker, self.broker.group(group_id))

        def producer(**_: Any) -> Producer:
            worker = CURRENT.get()
            assert worker is not None
            return Producer(worker, self.broker, self.rng)

        with (
            patch.object(streams.ingest, "AIOKafkaConsumer", consumer),
            patch.object(streams.relay, "AIOKafkaProducer", producer),
            patch.object(streams.relay, "IDLE_SECONDS", IDLE),
        ):
            yield

    @contextmanager
    def _faulty_store(self) -> Iterator[None]:
        """Each statement and each commit may be the last; a commit's answer may get lost."""
        engine = self.database.engine
        commit = engine.dialect.do_commit

        def before_statement(*_: Any) -> None:
            self._fault("a statement")

        def faulty_commit(connection: Any) -> None:
            self._fault("a commit")
            writes = connection.in_transaction
            self._watch_offsets(connection)
            self._watch_clock(connection)
            commit(connection)
            if writes:
                self.counts["batches"] += 1
                self._fault("a commit's answer")

        event.listen(engine, "before_cursor_execute", before_statement)
        try:
            with patch.object(engine.dialect, "do_commit", faulty_commit):
                yield
        finally:
            event.remove(engine, "before_cursor_execute", before_statement)

    @staticmethod
    def _fault(step: str) -> None:
        worker = CURRENT.get()
        if worker is not None:
            worker.may_fail(step)

    def _watch_offsets(self, connection: Any) -> None:
        """A stored offset never goes back: nobody writes who has lost the partition."""
        rows = connection.driver_connection.execute(
            "SELECT topic, partition, next_offset FROM consumer_offset"
        )
        for topic, partition, offset in rows.fetchall():
            if offset < self._stored.get((topic, partition), 0):
                self.failures.append(f"{topic}/{partition}: the stored offset went back")
            self._stored[topic, partition] = offset

    def _watch_clock(self, connection: Any) -> None:
        """A batch bears the time at which it was recorded, by some worker's clock."""
        newest = "SELECT id, recorded_at FROM batch ORDER BY id DESC LIMIT 1"
        for batch, at in connection.driver_connection.execute(newest).fetchall():
            if batch > self._newest:
                self._newest = batch
                if abs(at - self.now()) > self._farthest + 1_000_000:
                    self.failures.append(f"batch {batch} was recorded at another time")

    def _tidy(self) -> None:
        self.loop.set_task_factory(None)
        while left := asyncio.all_tasks(self.loop):  # asyncio.wait_for may miss a cancellation
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(left, timeout=0))
        self.loop.close()


def _disk_full() -> OperationalError:
    return OperationalError("", {}, sqlite3.OperationalError("database or disk is full"))
