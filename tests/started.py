"""How does a test get a `vledger` that runs as a process, without waiting for its imports? A fork.

A process that has imported everything is forked for each. What only a new interpreter shows takes
`subprocess`; a command that ends by itself is run in this process (`tests.command`).
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGKILL

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["ledger.cli", "ledger.api.server", "streams.worker"])


class Started:
    """A command in a folder, with an environment; what it says is added to the file `log`."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        log.touch()
        given = (tuple(arguments), str(folder), dict(environment), str(log))
        self._process = _FORKING.Process(target=_run, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, below zero for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code, once it has ended."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"process {self.pid} has not ended in {seconds} s")
        return code

    def send_signal(self, number: int) -> None:
        """Harmless where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        self.send_signal(SIGKILL)


def _run(arguments: Sequence[str], folder: str, environment: dict[str, str], log: str) -> None:
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.close(said)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["vledger", *arguments]
    from ledger.cli import main

    main()
