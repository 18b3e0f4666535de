"""How do real workers run in a benchmark? As `vledger worker`, on topics of their own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import func, select

from ledger.bench import topics
from ledger.bench.measures import Usage, usage_of
from ledger.errors import LedgerError
from ledger.store.database import Database
from ledger.store.tables import consumer_offset, outbox

SETTLES_WITHIN = 3.0
"""Seconds without a new claim, after which there will be none."""

INGESTED = 4
"""Topics that the ingest lane reads: attendance, facts, registry, books."""

BEGINS_WITHIN = 120.0
"""Seconds that workers may take until they have their partitions."""

SESSION_SECONDS = 30
"""They may stand still for so long, while a topic is filled, and keep their partitions."""

Serves = Literal["all", "attendance", "redemptions"]


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers that have their partitions. `prefix` begins the names of their topics."""

    processes: Sequence[subprocess.Popen[bytes]]
    prefix: str
    logs: Sequence[Path]

    def usage(self) -> list[Usage]:
        """What each has taken since it began; nothing where the system doesn't say."""
        found = [usage_of(one.pid) for one in self.processes]
        return [one for one in found if one is not None]

    def usage_since(self, before: Sequence[Usage]) -> list[Usage]:
        """What each has taken since `before`; the peak is that of its whole life."""
        pairs = zip(before, self.usage(), strict=False)
        return [Usage(now.cpu - was.cpu, now.peak_kib) for was, now in pairs]

    def check(self) -> None:
        """Raises LedgerError, with its last words, if one has ended."""
        for process, log in zip(self.processes, self.logs, strict=True):
            if process.poll() is not None:
                last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
                raise LedgerError(f"a worker ended, {process.returncode}:\n{last}")

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """They do nothing meanwhile."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for process in self.processes:
            process.send_signal(number)

    def wait(self, done: Callable[[], bool], seconds: float, every: float, what: str) -> None:
        """Raises LedgerError unless something is done in time, or a worker ends meanwhile."""
        until = time.monotonic() + seconds
        while not done():
            self.check()
            if time.monotonic() > until:
                raise LedgerError(f"{what}: not within {seconds:.0f} s")
            time.sleep(every)


@contextmanager
def workers(
    serve: Sequence[Serves], database: Database, kafka: str, folder: Path
) -> Iterator[Workers]:
    """One worker for each of `serve`, on new topics; ended afterwards."""
    name = topics.new_name()
    processes: list[subprocess.Popen[bytes]] = []
    logs = [folder / f"{name}-{number}.log" for number in range(len(serve))]
    try:
        for one, log in zip(serve, logs, strict=True):
            processes.append(_start(_environment(one, database.url, kafka, name, folder), log))
        started = Workers(processes, f"{name}-", logs)
        ingest = sum(one != "redemptions" for one in serve)
        redeem = sum(one != "attendance" for one in serve)
        groups = {f"{name}-ingest": ingest, f"{name}-redemptions": redeem}
        claims = topics.PARTITIONS * (INGESTED * bool(ingest) + bool(redeem))
        started.wait(
            lambda: asyncio.run(_stable(kafka, groups)), BEGINS_WITHIN, 0.2, "workers begin"
        )
        settled = _Settled(database, claims)
        started.wait(settled, BEGINS_WITHIN, 0.1, "they claim their partitions")
        yield started
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        asyncio.run(topics.remove(kafka, f"{name}-"))


def recorded(database: Database, topic: str) -> int:
    """How many messages of a topic are in the ledger, by the offsets stored with them."""
    where = consumer_offset.c.topic == topic
    with database.read() as connection:
        total = select(func.sum(consumer_offset.c.next_offset)).where(where)
        return int(connection.execute(total).scalar_one() or 0)


def unpublished(database: Database) -> int:
    """Batches whose entries Kafka does not have yet."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


class _Settled:
    """All partitions are claimed, and none was claimed anew for a while.

    A group is stable for Kafka before its members have claimed what they were given. One that was
    stopped in the middle of that would keep the other from its share.
    """

    def __init__(self, database: Database, claims: int) -> None:
        self._database = database
        self._claims = claims
        self._seen: tuple[int, int] = (0, 0)
        self._since = time.monotonic()

    def __call__(self) -> bool:
        query = select(func.count(), func.coalesce(func.sum(consumer_offset.c.epoch), 0))
        with self._database.read() as connection:
            claimed, epochs = connection.execute(query).one()
        if (claimed, epochs) != self._seen:
            self._seen, self._since = (claimed, epochs), time.monotonic()
        return bool(claimed >= self._claims and time.monotonic() - self._since > SETTLES_WITHIN)


def _environment(serves: Serves, db: str, kafka: str, name: str, folder: Path) -> Mapping[str, str]:
    """Nothing of what is set for a ledger of one's own holds here."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VLEDGER_")}
    return kept | {
        "VLEDGER_DB": db,
        "VLEDGER_KAFKA": kafka,
        "VLEDGER_KEY": str(folder / f"{name}.key"),
        "VLEDGER_GROUP": name,
        "VLEDGER_TOPIC_PREFIX": f"{name}-",
        "VLEDGER_PARTITIONS": str(topics.PARTITIONS),
        "VLEDGER_SESSION_SECONDS": str(SESSION_SECONDS),
        "VLEDGER_SERVES": serves,
    }


def _start(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        command = [sys.executable, "-m", "ledger", "worker"]
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


async def _stable(kafka: str, groups: Mapping[str, int]) -> bool:
    """Each group has so many members, and all of them have their partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        for name, members in groups.items():
            if not members:
                continue
            (answer,) = await admin.describe_consumer_groups([name])
            (group,) = answer.to_object()["groups"]
            if group["state"] != "Stable" or len(group["members"]) != members:
                return False
    except KafkaError:
        return False
    else:
        return True
    finally:
        await admin.close()
