"""What is there to be hurt? Three brokers, a Postgres and some workers, with their disks."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.tables import consumer_offset
from streams.app import create_topics
from tests.faults.wire import Wire
from tests.services import KafkaCluster, PostgresServer, ServiceError

BROKERS = 3
SESSION = 6

DISK_MB = {"postgres": 420, "kafka": 700}
"""Of a short run. What is sent stays there, and grows by some 10 MB a minute."""

SMALL_WAL = {"max_wal_size": "64MB", "min_wal_size": "32MB", "max_connections": "60"}


class Worker:
    """A `vledger worker` that is started again whenever it has ended."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self.ended: list[str] = []
        """The last words each time that it ended by itself."""
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ledger", "worker"],
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def look_after(self) -> None:
        """Start it again if it has ended by itself."""
        if self._process.poll() is not None:
            said = [line for line in self.words.splitlines() if line.strip()]
            self.ended.append(said[-1][:150] if said else "")
            self._process = self._start()

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self._process.kill()
        self._process.wait()

    @property
    def words(self) -> str:
        return self._log.read_text(errors="replace")


class Disk:
    """A small file system of its own, that can be filled up and emptied again."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.place = place
        place.mkdir(parents=True)
        place.chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place)]
        self.is_own = subprocess.run(mount, capture_output=True).returncode == 0

    def fill(self) -> None:
        """Leave no room."""
        with (
            (self.place / "filler").open("ab", buffering=0) as filler,
            contextlib.suppress(OSError),
        ):
            while True:
                filler.write(bytes(1 << 16))

    def empty(self) -> None:
        (self.place / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        if self.is_own:  # lazily: a process that was killed may still be letting go of its files
            subprocess.run(["umount", "--lazy", str(self.place)], check=False)


class Site:
    """All parts of a run; a context manager.

    `patience`: seconds after which something that should recover counts as broken.
    """

    def __init__(self, folder: Path, workers: int, roomier: int, patience: float) -> None:
        folder.chmod(0o755)
        self._patience = patience
        self._starting = threading.Lock()
        self.hurting = False
        """A fault goes on that says itself when brokers come back."""
        self._open = contextlib.ExitStack()
        self.disks = {name: Disk(folder / name, size * roomier) for name, size in DISK_MB.items()}
        for disk in self.disks.values():
            self._open.callback(disk.close)
        try:
            self.postgres = PostgresServer(self.disks["postgres"].place, SMALL_WAL)
            self._open.callback(self.postgres.stop)
            self.kafka = KafkaCluster(self.disks["kafka"].place, BROKERS, partitions=4)
            self._open.callback(self.kafka.stop)
            self.settings = Settings(
                db=self.postgres.create_database("ledger"),
                kafka=self.kafka.bootstrap,
                group=f"g{uuid.uuid4().hex[:8]}",
                key=folder / "key",
                partitions=4,
                replication=BROKERS,
                batch=500,
                session_seconds=SESSION,
            )
            self.database = Database(self.settings.db)
            self._open.callback(self.database.close)
            self.database.create()
            asyncio.run(create_topics(self.settings))
        except BaseException:
            self._open.close()
            raise
        said = self.settings.model_dump().items()
        environment = {f"VLEDGER_{name.upper()}": str(value) for name, value in said}
        self.workers: list[Worker] = []
        self.wires: list[Wire] = []
        """Between each worker and Postgres."""
        for number in range(workers):
            wire = Wire(self.postgres.port)
            self._open.callback(wire.close)
            through = make_url(self.settings.db).set(port=wire.port)
            own = {**environment, "VLEDGER_DB": through.render_as_string()}
            worker = Worker(own, folder / f"worker{number}.log")
            self._open.callback(worker.stop)
            self.wires.append(wire)
            self.workers.append(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def start_brokers(self) -> None:
        """Start those that do not run."""
        for attempt in Retrying(
            retry=retry_if_exception_type(ServiceError),  # tidying up, or a port is not free yet
            stop=stop_after_delay(self._patience),
            wait=wait_fixed(1),
            reraise=True,
        ):
            with attempt, self._starting:
                self.kafka.start()  # waits a minute: by then too few others may be left to vote

    async def look_after(self) -> None:
        """As supervisors do: start workers and brokers again that have ended by themselves."""
        await asyncio.gather(self._look_after_workers(), self._look_after_brokers())

    async def _look_after_workers(self) -> None:
        while True:
            for worker in self.workers:
                worker.look_after()
            await asyncio.sleep(0.3)

    async def _look_after_brokers(self) -> None:
        while True:
            with contextlib.suppress(ServiceError):  # the next fault was sooner; tried again
                if not self.hurting and not await asyncio.to_thread(self.kafka.all_run):
                    await asyncio.to_thread(self.start_brokers)
            await asyncio.sleep(2)

    async def until(self, what: str, holds: Callable[[], bool]) -> float:
        """Wait for something; how many seconds it took."""
        began = time.monotonic()
        while True:
            with contextlib.suppress(LedgerError, DBAPIError):
                if await asyncio.to_thread(holds):
                    return time.monotonic() - began
            if time.monotonic() - began > self._patience:
                words = "\n".join(worker.words[-1500:] for worker in self.workers)
                raise TimeoutError(f"after {self._patience:.0f} s still not: {what}\n{words}")
            await asyncio.sleep(0.1)

    def stored(self) -> dict[tuple[str, int], int]:
        """The offsets up to which partitions are recorded."""
        with self.database.read() as connection:
            return {
                (row.topic, row.partition): row.next_offset
                for row in connection.execute(select(consumer_offset))
            }
