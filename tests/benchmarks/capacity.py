"""What does one visit cost, in bytes and work? `python -m tests.benchmarks.capacity --visits N`.

The unit costs of docs/capacity.md. A Kafka and a Postgres are started; a worker records N visits of
N/5 volunteers at 10,000 kiosks, and N/10 redemptions. Bytes are exact on any machine; seconds are
those that processors worked, of which one that does something else as well needs more.
"""

import argparse
import asyncio
import random
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from ledger.archive import Month
from ledger.archive.writing import archive_month
from ledger.audit.sealing import seal_batches
from ledger.backup import back_up
from ledger.clock import CHINA, SECOND, now_micros
from ledger.store.tables import event, outbox, redemption
from schemas.topics import ATTENDANCE, REDEMPTION_REQUESTS
from streams.app import create_topics
from tests.builders import check_in, check_out, redeem
from tests.services import KafkaCluster, PostgresServer, kafka_cluster, postgres_server
from tests.started import Started
from tests.test_streams import Site

START = datetime.fromisoformat("2025-01-01T08:00:00+08:00")
YEAR = timedelta(days=365)
FORTY_DAYS = 40 * 86_400 * SECOND
TICKS = 100
"""Of a second, by which Linux counts the work of processes."""

Message = tuple[str, bytes]


def main() -> None:
    """Print bytes and seconds by visit, and by redemption."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=100_000)
    visits = options.parse_args().visits
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server(Path(folder), {"max_wal_size": "8GB"}) as postgres,
        kafka_cluster(Path(folder)) as kafka,
    ):
        asyncio.run(_measure(Path(folder), postgres, kafka, visits))


async def _measure(
    folder: Path, postgres: PostgresServer, kafka: KafkaCluster, visits: int
) -> None:
    url = postgres.create_database("capacity")
    site = Site(url, kafka, folder)
    site.settings = site.settings.model_copy(update={"batch": 5000})
    await create_topics(site.settings)
    events = list(_events(visits))
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as watch:
        worker = site.worker()
        await _patiently(lambda: "own" in site.words(0))
        meter = _Meter(worker, postgres, watch, folder, site.settings.topic_prefix)
        await site.publish(ATTENDANCE, events)
        await _patiently(lambda: site.count(event) == len(events) and site.count(outbox) == 0)
        print(f"{visits:,} visits, {len(events[0][1])} octets an event. By visit:")
        seal_batches(site.database, wait=True)
        watch.execute("VACUUM ANALYZE")
        meter.tell(visits)
        requests = list(_requests(visits))
        await site.publish(REDEMPTION_REQUESTS, requests)
        wanted = len(requests)
        await _patiently(lambda: site.count(redemption) == wanted and site.count(outbox) == 0)
        print(f"{wanted:,} redemptions. By redemption:")
        meter.tell(wanted)
        print(f"connections of a worker: {meter.connections()}, memory: {meter.memory()}")
        worker.send_signal(signal.SIGTERM)
        worker.wait()
    _copies(site, folder, visits)
    site.close()


def _copies(site: Site, folder: Path, visits: int) -> None:
    month = Month.named(datetime.now(CHINA).strftime("%Y-%m"), CHINA)
    later = now_micros() + FORTY_DAYS
    ways: dict[str, Callable[[], object]] = {
        "archive": lambda: archive_month(site.database, month, folder / "archive", later),
        "backup": lambda: back_up(site.database, folder / "archive" / "backup.zip", now_micros()),
    }
    known = 0
    for name, make in ways.items():
        began = time.process_time()
        make()
        worked = time.process_time() - began
        octets = sum(one.stat().st_size for one in (folder / "archive").rglob("*.*")) - known
        known += octets
        print(f"{name}: {octets / visits:.0f} octets and {worked / visits * 1e6:.1f} µs by visit")


class _Meter:
    """What has grown since it was last asked."""

    def __init__(
        self,
        worker: Started,
        postgres: PostgresServer,
        watch: psycopg.Connection[Any],
        folder: Path,
        prefix: str,
    ) -> None:
        self._worker, self._postgres, self._watch = worker.pid, postgres.pid, watch
        self._folder, self._prefix = folder, prefix
        self._last = self._now()

    def tell(self, units: int) -> None:
        now, before = self._now(), self._last
        self._last = now
        grown = {name: (now[name] - before.get(name, 0)) / units for name in now}
        for name, value in sorted(grown.items(), key=lambda one: (one[0].split()[0], -one[1])):
            if "µs" in name or value >= 1:
                print(f"  {name:<48}{value:10,.1f}")
        for kind in ("table", "index", "topic"):
            whole = sum(value for name, value in grown.items() if name.startswith(kind))
            print(f"  {f'all {kind}':<48}{whole:10,.1f}")

    def connections(self) -> int:
        [count] = self._one("SELECT count(*) - 1 FROM pg_stat_activity WHERE datname IS NOT NULL "
                            "AND datname = current_database()")  # fmt: skip
        return int(count)

    def memory(self) -> str:
        status = Path(f"/proc/{self._worker}/status").read_text()
        return status.split("VmHWM:")[1].split("\n")[0].strip()

    def _one(self, sql: str) -> tuple[Any, ...]:
        found = self._watch.execute(sql).fetchone()
        assert found is not None
        return tuple(found)

    def _now(self) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        kinds = {"r": "table", "i": "index"}
        for kind, name, octets in self._watch.execute(
            "SELECT relkind, relname, CASE relkind WHEN 'r' THEN pg_table_size(c.oid) "
            "ELSE pg_relation_size(c.oid) END FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind IN ('r', 'i') AND nspname = 'public'"
        ):
            found[f"{kinds[kind]} {name}"] = octets
        [written] = self._one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        found["wal"] = int(written)
        for log in self._folder.rglob(f"{self._prefix}*/*.log"):
            topic = log.parent.name.removeprefix(self._prefix).rsplit("-", 1)[0]
            found[f"topic {topic}"] += log.stat().st_size
        found["work of the worker, µs"] = _worked(self._worker) * 1_000_000
        found["work of Postgres, µs"] = _worked(self._postgres) * 1_000_000
        return found


def _worked(pid: int) -> float:
    """Seconds that a process and its children have worked, those that have ended included."""
    total = sum(_times(pid))
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                if _stat(int(one.name))[1] == str(pid):
                    total += sum(_times(int(one.name))[:2])
            except OSError:
                continue  # ended meanwhile
    return total / TICKS


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _times(pid: int) -> list[int]:
    return [int(one) for one in _stat(pid)[11:15]]


async def _patiently(holds: Callable[[], bool]) -> None:
    """As long as it takes."""
    while not await asyncio.to_thread(holds):
        await asyncio.sleep(0.5)


def _events(visits: int) -> Iterator[Message]:
    """A year of visits in the order of their marks, as kiosks send them."""
    chance = random.Random(1)
    marks = []
    for number in range(visits):
        volunteer = f"V{chance.randrange(max(1, visits // 5)):08}"
        begin = START + YEAR * number / visits
        end = begin + timedelta(minutes=chance.randrange(60, 240))
        place = f"37{chance.randrange(10_000):010}"
        about = (volunteer, f"A{number % 5000:07}", f"kiosk/{place[:6]}-{place[6:9]}-01", place)
        marks += [(begin, check_in, about), (end, check_out, about)]
    marks.sort(key=lambda one: one[0])
    for at, build, (volunteer, activity, source, place) in marks:
        ident = f"{chance.getrandbits(64):016x}"
        time_ = at.isoformat(timespec="seconds")
        content = build(volunteer, time_, activity, ident=ident, source=source, place=place)
        yield volunteer, content.replace(b'": ', b'":').replace(b', "', b',"')


def _requests(visits: int) -> Iterator[Message]:
    at = (START + YEAR).isoformat()
    for number in range(visits // 10):
        volunteer = f"V{number % (visits // 5):08}"
        asked = redeem(volunteer, f"R{number:012}", "1", time=at, merchant=f"M{number % 500}")
        yield volunteer, asked.replace(b'": ', b'":').replace(b', "', b',"')


if __name__ == "__main__":
    main()
