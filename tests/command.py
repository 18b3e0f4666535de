"""How does a test run `vledger` without waiting for a new interpreter? In this process.

What only a process shows (limits, closed streams, a reader that goes away) takes `subprocess`.
"""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from ledger.cli import main


class Done(NamedTuple):
    """How a command ended: its exit code and what it wrote."""

    returncode: object
    stdout: bytes
    stderr: bytes


def run(
    folder: Path,
    arguments: Sequence[str | bytes],
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run it in `folder`, as `vledger` starts it. Raises what a user would see as a stack trace."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    code: object = 0
    with (
        patch.object(sys, "argv", ["vledger", *map(os.fsdecode, arguments)]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
        patch.dict(os.environ, environment or {}),
        redirect_stdout(out),
        redirect_stderr(said),
        chdir(folder),
    ):
        try:
            main()
        except SystemExit as ended:
            code = 0 if ended.code is None else ended.code
    done = Done(code, _written(out), _written(said))
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()
