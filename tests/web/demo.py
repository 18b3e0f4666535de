"""How does a test get the demo county, served, with a link for each of its people?"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONGEST = 240.0
"""Seconds until the doors are open, at most: a busy computer of two cores takes one minute."""


@dataclass(frozen=True)
class Demo:
    """A demo that runs in a folder; `links` by the first word of their title, in order."""

    folder: Path
    process: subprocess.Popen[str]
    links: dict[str, list[str]]
    volunteer: str

    @property
    def address(self) -> str:
        return self.links["志愿者"][0].split("/me/")[0]


@contextmanager
def demo_county(folder: Path) -> Iterator[Demo]:
    """`vledger demo --serve` in a folder, ended as Ctrl-C does."""
    errors = (folder / "errors").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger", "demo", "--serve", "--port", "0"],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("VLEDGER_")},
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    assert process.stdout
    links: dict[str, list[str]] = {}
    title, said, until = "", "", time.monotonic() + LONGEST
    try:
        for line in process.stdout:
            said += line
            if found := re.match(r"  (\S+) .*?: ", line):
                title = found[1]
            elif found := re.match(r"    (http://\S+)$", line):
                links.setdefault(title, []).append(found[1])
            if "Ctrl-C" in line:
                break
            assert time.monotonic() < until
        assert links, (folder / "errors").read_text()
        own = re.search(r"志愿者 Volunteer: \S+ (V\d+)", said)
        assert own is not None
        yield Demo(folder, process, links, own[1])
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, (folder / "errors").read_text()
        assert "Traceback" not in (folder / "errors").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        errors.close()
