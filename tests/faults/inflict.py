"""Which faults are there? Each hurts the site and heals it again; how many kills that were."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random

from tests.faults.site import BROKERS, SESSION, Site

BROKER_SESSION = 9
"""Seconds after which Kafka's controller takes a silent broker for dead, by default."""

Fault = Callable[[Site, Random], Awaitable[int]]


async def kill_worker(site: Site, rng: Random) -> int:
    """kill -9 in the middle of batches; it is started again at once."""
    rng.choice(site.workers).kill()
    return 1


async def stop_worker(site: Site, rng: Random) -> int:
    """SIGSTOP for longer than its session, then SIGCONT: a zombie that may not write."""
    worker = rng.choice(site.workers)
    worker.signal(signal.SIGSTOP)
    await asyncio.sleep(SESSION + rng.uniform(2, 5))
    worker.signal(signal.SIGCONT)
    return 0


async def kill_broker(site: Site, rng: Random) -> int:
    """kill -9 one of three brokers, and start it again a little later."""
    broker = rng.randint(1, BROKERS)
    await asyncio.to_thread(site.kafka.kill, broker)
    await asyncio.sleep(rng.uniform(0.5, 4))
    await asyncio.to_thread(site.start_brokers)
    return 1


async def stop_broker(site: Site, rng: Random) -> int:
    """SIGSTOP one of three brokers for longer than its session: cut off from all, yet alive."""
    broker = rng.randint(1, BROKERS)
    await asyncio.to_thread(site.kafka.signal, broker, signal.SIGSTOP)
    await asyncio.sleep(BROKER_SESSION + rng.uniform(1, 4))
    await asyncio.to_thread(site.kafka.signal, broker, signal.SIGCONT)
    return 0


async def cut_off(site: Site, rng: Random) -> int:
    """A partitioned network: one worker and Postgres don't hear of each other, Kafka hears both."""
    wire = rng.choice(site.wires)
    wire.cut()
    await asyncio.sleep(rng.uniform(2, 12))
    wire.mend(forget=rng.random() < 0.5)
    return 0


async def kill_brokers(site: Site, rng: Random) -> int:
    """kill -9 all brokers at once: no Kafka for a while."""
    for broker in range(1, BROKERS + 1):
        await asyncio.to_thread(site.kafka.kill, broker)
    await asyncio.sleep(rng.uniform(0, 3))
    await asyncio.to_thread(site.start_brokers)
    return BROKERS


async def kill_postgres(site: Site, rng: Random) -> int:
    """kill -9, some seconds without a database, a restart with recovery."""
    site.database.close()
    await asyncio.to_thread(site.postgres.kill)
    await asyncio.sleep(rng.uniform(0, 4))
    await asyncio.to_thread(site.postgres.restart)
    return 1


async def restart_everything(site: Site, rng: Random) -> int:
    """A power cut: all processes end at once."""
    site.database.close()
    for worker in site.workers:
        worker.kill()
    await asyncio.to_thread(site.postgres.kill)
    kills = await kill_brokers(site, rng)
    await asyncio.to_thread(site.postgres.restart)
    return kills + 1 + len(site.workers)


async def fill_postgres_disk(site: Site, rng: Random) -> int:
    """No room for Postgres; then there is room again, and it is started if it has given up."""
    return await _fill(site, rng, "postgres")


async def fill_kafka_disk(site: Site, rng: Random) -> int:
    """No room for any broker; then there is, and those that gave up are started.

    One that gives up only a moment later is started by whoever looks after all of them.
    """
    return await _fill(site, rng, "kafka")


async def _fill(site: Site, rng: Random, name: str) -> int:
    disk = site.disks[name]
    for _ in range(rng.randint(3, 6)):  # what is tidied away meanwhile is filled up, too
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(1)
    disk.empty()
    if name == "kafka":
        await asyncio.to_thread(site.start_brokers)
    elif not site.postgres.is_up():
        site.database.close()
        await asyncio.to_thread(site.postgres.restart)
    return 0


FAULTS: dict[str, tuple[Fault, int]] = {
    "kill a worker": (kill_worker, 30),
    "stop a worker, then wake it up": (stop_worker, 3),
    "kill one broker of three": (kill_broker, 3),
    "stop one broker, then wake it up": (stop_broker, 1),
    "cut a worker off from Postgres": (cut_off, 3),
    "kill all brokers": (kill_brokers, 1),
    "kill Postgres": (kill_postgres, 6),
    "restart everything": (restart_everything, 2),
    "fill Postgres's disk": (fill_postgres_disk, 1),
    "fill Kafka's disk": (fill_kafka_disk, 1),
}
"""Each with its weight in a long run."""


def possible(site: Site) -> dict[str, tuple[Fault, int]]:
    """Disks can be filled where they could be mounted."""
    return {
        name: one
        for name, one in FAULTS.items()
        if "disk" not in name or all(disk.is_own for disk in site.disks.values())
    }
