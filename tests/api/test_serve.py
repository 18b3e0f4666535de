"""Does `vledger serve` run as a process, and end when it is told to?"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.api.browser import FROM_OUR_PAGE
from tests.command import run


@contextmanager
def server(folder: Path, *options: str, **settings: str) -> Iterator[tuple[str, str, int]]:
    """A real server on a port of its own: its address, the owner's secret, its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger", "serve", "--port", "0", *options],
        cwd=folder,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("wb"),
        text=True,
    )
    try:
        assert process.stdout
        found = None
        for line in process.stdout:
            found = re.match(r"(http://\S+)/#pass=(\S+)", line)
            if found:
                break
        assert found, (folder / "log").read_text()
        yield found[1], found[2], process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (folder / "log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def test_it_serves_and_ends(tmp_path: Path) -> None:
    run(tmp_path, ["init"])
    with (
        server(tmp_path, VLEDGER_LOG="json") as (address, secret, _),
        httpx.Client(base_url=address, headers=FROM_OUR_PAGE) as browser,
    ):
        assert browser.get("/health/ready").json()["status"] == "ok"
        assert browser.post("/v1/session", json={"pass": secret}).status_code == 200
        said = browser.get("/v1/session")
        assert "adopt" in said.json()["permissions"]
        assert "uvicorn" not in said.headers.get("server", "")
    log = (tmp_path / "log").read_text()
    assert '"path": "/v1/session"' in log
    assert secret not in log
    assert "Traceback" not in log


def test_an_address_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    run(tmp_path, ["init"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path, ["serve", "--port", str(taken.getsockname()[1])])
    assert done.returncode == 2
    assert b"can't serve at 127.0.0.1" in done.stderr


def test_a_ledger_that_is_not_there_is_not_served(tmp_path: Path) -> None:
    done = run(tmp_path, ["serve", "--port", "0"])
    assert done.returncode == 2
    assert b"vledger init" in done.stderr
