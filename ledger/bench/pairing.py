"""How does one stream library pair check-ins and check-outs that it reads from Kafka?

    python -m ledger.bench.pairing ledger|plain|faust|quix|bytewax KAFKA TOPIC EVENTS

prints what it took as JSON. All but the ledger's core only decode the JSON and subtract the two
times (`Pairing`), where that checks the event and applies a policy. Each imports only what it
needs, so that its memory is its own.
"""

import asyncio
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import orjson


class Pairing:
    """The same few lines for every library; it notes when the first event came, and the last."""

    def __init__(self, events: int) -> None:
        self._left = events
        self._opened: dict[tuple[str, str], datetime] = {}
        self.served = 0  # seconds
        self._began = self._worked = 0.0
        self.took = self.cpu = 0.0

    def take(self, content: bytes) -> bool:
        """Pair one event; True if it was the last."""
        event = orjson.loads(content)
        visit = (event["subject"], event["data"]["activity"])
        at = datetime.fromisoformat(event["time"])
        if event["type"] == "volunteer.attendance.checked-in.v1":
            self._opened[visit] = at
        elif (start := self._opened.pop(visit, None)) is not None:
            self.served += int((at - start).total_seconds())
        return self.count(1)

    def count(self, events: int) -> bool:
        """So many more are done; True if they were the last."""
        if not self._began:
            self._began, self._worked = time.perf_counter(), time.process_time()
        self._left -= events
        if self._left <= 0:
            self.took = time.perf_counter() - self._began
            self.cpu = time.process_time() - self._worked
        return self._left <= 0


def _ledger(kafka: str, topic: str, pairing: Pairing) -> None:
    from ledger.clock import now_micros
    from ledger.core.entries import Journal
    from ledger.core.fold import VolunteerFold, VolunteerState
    from ledger.core.intake import Arrival, Received, receive, step_of
    from ledger.core.rulebook import Rulebook, national_ladder

    rules, next_id, seqs = Rulebook.of(national_ladder()), count(1).__next__, count(1)
    states: dict[str, VolunteerState] = {}

    def fold(contents: list[bytes]) -> None:
        steps: dict[str, list[Any]] = {}
        journal = Journal()
        now = now_micros()
        for content in contents:
            one = receive(Arrival(content, ""), now)
            assert isinstance(one, Received)
            steps.setdefault(one.event.subject, []).append(step_of(one.event, one.at, next(seqs)))
        for volunteer, some in steps.items():
            state = states.get(volunteer) or VolunteerState(volunteer)
            folding = VolunteerFold(rules, state, next_id, journal)
            folding.run(some)
            states[volunteer] = folding.state

    asyncio.run(_read(kafka, topic, pairing, fold))
    pairing.served = sum(state.seconds for state in states.values())


def _plain(kafka: str, topic: str, pairing: Pairing) -> None:
    asyncio.run(_read(kafka, topic, pairing, None))


async def _read(
    kafka: str, topic: str, pairing: Pairing, fold: Callable[[list[bytes]], None] | None
) -> None:
    from aiokafka import AIOKafkaConsumer

    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest"
    ) as consumer:
        while True:
            fetched = await consumer.getmany(timeout_ms=200, max_records=5000)
            for records in fetched.values():
                if fold is None:
                    if any(pairing.take(one.value) for one in records):
                        return
                    continue
                pairing.count(0)
                fold([one.value for one in records])
                if pairing.count(len(records)):
                    return


def _faust(kafka: str, topic: str, pairing: Pairing) -> None:
    import faust

    app = faust.App(
        f"bench-{uuid4().hex}",
        broker=f"kafka://{kafka}",
        store="memory://",
        datadir=tempfile.mkdtemp(),
        web_enabled=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    source = app.topic(topic, value_serializer="raw", key_serializer="raw")

    @app.agent(source)
    async def attendance(stream: Any) -> None:
        async for content in stream:
            if pairing.take(content):
                _report(pairing)

    worker = faust.Worker(app, loglevel="ERROR", override_logging=False, quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()


def _quix(kafka: str, topic: str, pairing: Pairing) -> None:
    quix: Any = importlib.import_module("quixstreams")
    app = quix.Application(
        broker_address=kafka,
        consumer_group=f"bench-{uuid4().hex}",
        auto_offset_reset="earliest",
        loglevel="ERROR",
        state_dir=tempfile.mkdtemp(),
    )
    frame = app.dataframe(app.topic(topic, value_deserializer="bytes"))

    def take(content: bytes) -> None:
        if pairing.take(content):
            _report(pairing)

    frame.update(take)
    app.run()


def _bytewax(kafka: str, topic: str, pairing: Pairing) -> None:
    bytewax: Any = importlib.import_module("bytewax.dataflow")
    op: Any = importlib.import_module("bytewax.operators")
    connector: Any = importlib.import_module("bytewax.connectors.kafka")
    testing: Any = importlib.import_module("bytewax.testing")
    flow = bytewax.Dataflow("bench")
    source = connector.KafkaSource([kafka], [topic], batch_size=5000)
    messages = op.input("in", flow, source)

    def take(message: Any) -> None:
        if pairing.take(message.value):
            _report(pairing)

    op.output("out", op.map("pair", messages, take), testing.TestingSink([]))
    testing.run_main(flow)


_WAYS: dict[str, Callable[[str, str, Pairing], None]] = {
    "ledger": _ledger,
    "plain": _plain,
    "faust": _faust,
    "quix": _quix,
    "bytewax": _bytewax,
}


def _report(pairing: Pairing) -> None:
    """Say what was measured and end at once: how a library stops is not measured."""
    from ledger.bench.measures import largest_kib, usage_of

    usage = usage_of(os.getpid())
    told = {
        "took": pairing.took,
        "cpu": pairing.cpu,
        "peak_kib": usage.peak_kib if usage else largest_kib(),
        "served": pairing.served,
    }
    sys.stdout.write(f"{orjson.dumps(told).decode()}\n")
    sys.stdout.flush()
    os._exit(0)


def _main() -> None:
    """Run the library that the command line names."""
    name, kafka, topic, events = sys.argv[1:]
    pairing = Pairing(int(events))
    _WAYS[name](kafka, topic, pairing)
    _report(pairing)


if __name__ == "__main__":
    _main()
