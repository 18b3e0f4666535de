"""Does `vledger serve` run as a process, and end when it is told to?"""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import httpx

from ledger.client import ApiProblem, Client, Unreachable
from tests.api.browser import FROM_OUR_PAGE
from tests.builders import check_in
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
        if process.poll() is None:
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


def test_an_answer_does_not_wait_for_the_network(tmp_path: Path) -> None:
    """On a connection that is kept, head and body of an answer go at once (TCP_NODELAY)."""
    run(tmp_path, ["init"])
    with server(tmp_path) as (address, _, _), httpx.Client(base_url=address) as browser:
        for _ in range(5):  # the first answers are acknowledged at once
            browser.get("/health/live")
        waits = [browser.get("/health/live").elapsed.total_seconds() for _ in range(25)]
    assert min(waits) < 0.035


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


def test_what_has_a_receipt_survives_a_crash(tmp_path: Path) -> None:
    run(tmp_path, ["init"])
    recorded: list[str] = []
    enough = threading.Event()

    def send(client: Client, number: int) -> None:
        for turn in count():
            day = f"2026-05-{turn % 28 + 1:02}"
            ident = f"{number}-{turn}"
            one = check_in(f"V{number}", f"{day}T08:00", f"A{turn}", ident=ident)
            try:
                [receipt] = client.send([one])
            except (Unreachable, ApiProblem):
                return
            assert receipt.status == "recorded"
            recorded.append(ident)
            if len(recorded) > 60:
                enough.set()

    with server(tmp_path) as (address, secret, pid), ExitStack() as stack:
        clients = [stack.enter_context(Client(address, secret=secret)) for _ in range(4)]
        for one in clients:
            one.log_in()
        sending = [
            threading.Thread(target=send, args=each) for each in zip(clients, count(), strict=False)
        ]
        for thread in sending:
            thread.start()
        assert enough.wait(120)
        os.kill(pid, signal.SIGKILL)
        for thread in sending:
            thread.join()
    with sqlite3.connect(tmp_path / "vledger.db") as connection:
        kept = {row[0] for row in connection.execute("SELECT id FROM event")}
    assert set(recorded) <= kept
    assert run(tmp_path, ["verify"]).returncode == 0
    with server(tmp_path) as (address, secret, _), Client(address, secret=secret) as again:
        events = [check_in("V0", "2026-05-01T08:00", "A0", ident="0-0")]
        assert [one.status for one in again.send(events)] == ["duplicate"]
