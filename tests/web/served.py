"""How does a test get a `vledger serve` of its own, which can die and come back?"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import Row

from ledger.store.database import Database
from tests.command import Done, run
from tests.started import Started

HOST = "127.0.0.1"
START_SECONDS = 60.0

PLACE = "370199001001"
ACTIVITY, OTHER_ACTIVITY = "A0001", "A0002"
ACTIVITY_NAME, OTHER_NAME = "东关社区清洁家园", "理论宣讲：乡村振兴"
TEAM = "T001"
VOLUNTEERS = tuple(f"V{number:08}" for number in range(1, 13))


class Served:
    """A small ledger in `folder`, served on a port that stays the same over restarts.

    It has recorded `lines`, by default what is registered at PLACE, under `policy`.
    """

    def __init__(
        self, folder: Path, lines: Sequence[str] = (), policy: str = "", **settings: str
    ) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder / 'ledger.db'}"
        self.port = _free_port()
        self.address = f"http://{HOST}:{self.port}"
        self._settings = {"VLEDGER_DB": self.database, "VLEDGER_POLICY": policy, **settings}
        self._process: Started | None = None
        shutil.copytree(
            _prepared(tuple(lines or registrations()), policy), folder, dirs_exist_ok=True
        )

    def set(self, **settings: str) -> None:
        """Have these settings from the next command or start on."""
        self._settings |= settings

    def enrol(self, device: str, public_pem: str, place: str = PLACE) -> None:
        """Let a device speak."""
        (self.folder / "device.pem").write_text(public_pem)
        key = ("--key", "device.pem")
        self.command("devices", "enrol", device, *key, "--place", place, "--by", "张三")

    def command(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run `vledger` beside the server; it has to end well."""
        done = run(self.folder, arguments, stdin, self._settings)
        assert done.returncode == 0, done.stderr.decode()
        return done

    def asked(self, *arguments: str) -> Any:
        """What a command answers in JSON."""
        return json.loads(self.command(*arguments, "--json").stdout)

    def lines(self, *arguments: str) -> list[Any]:
        """What a command answers in lines of JSON."""
        return [json.loads(line) for line in self.command(*arguments, "--json").stdout.splitlines()]

    def start(self) -> None:
        """Start, and wait until it answers."""
        log = self.folder / "serve.log"
        command = ["serve", "--host", HOST, "--port", str(self.port)]
        self._process = Started(command, self.folder, {**os.environ, **self._settings}, log)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def events(self) -> list[dict[str, Any]]:
        """The attendance in the log, in its order."""
        rows = self.rows(
            "SELECT content FROM event WHERE type LIKE 'volunteer.attendance.%' ORDER BY seq"
        )
        return [json.loads(row.content) for row in rows]

    def rows(self, sql: str) -> Sequence[Row[Any]]:
        """What the ledger's database answers."""
        database = Database(self.database)
        try:
            with database.read() as connection:
                return connection.exec_driver_sql(sql).all()
        finally:
            database.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@cache
def _prepared(lines: tuple[str, ...], policy: str) -> Path:
    """The folder of a ledger with this in it, made once: three commands take as many seconds."""
    folder = Path(mkdtemp(prefix="vledger-served-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = {"VLEDGER_DB": f"sqlite:///{folder / 'ledger.db'}", "VLEDGER_POLICY": policy}
    text = "\n".join(lines).encode()
    for arguments, stdin in ((["init"], b""), (["ingest", "-"], text)):
        done = run(folder, arguments, stdin, settings)
        assert done.returncode == 0, done.stderr.decode()
    return folder


@cache
def registrations() -> Sequence[str]:
    """What is registered at PLACE, and is on now."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = {"place": PLACE, "team": TEAM}
    on = {"starts_at": _text(now - timedelta(hours=1)), "ends_at": _text(now + timedelta(hours=2))}
    things: list[tuple[str, str, dict[str, str]]] = [
        ("place", PLACE, {"name": "东关社区", "kind": "station"}),
        ("team", TEAM, {"name": "城关街道环保志愿服务队", "place": PLACE}),
        ("activity", ACTIVITY, {"name": ACTIVITY_NAME, **at, **on}),
        ("activity", OTHER_ACTIVITY, {"name": OTHER_NAME, **at, **on}),
        *(("volunteer", one, {"name": "小王", **at}) for one in VOLUNTEERS),
    ]
    return [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"{kind}-{ident}",
                "source": "office/1",
                "type": f"volunteer.registry.{kind}-registered.v1",
                "time": _text(now - timedelta(days=1)),
                "subject": ident,
                "datacontenttype": "application/json",
                "data": data,
            }
        )
        for kind, ident, data in things
    ]


def _text(moment: datetime) -> str:
    return moment.isoformat()
