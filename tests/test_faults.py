"""Is anything lost, doubled or overspent when each part is killed, stopped or filled up once?

`python -m tests.faults` is the long run; this is its shortest one, a minute and a half.
"""

import os
import subprocess
import sys

import pytest

from tests.services import MISSING

pytestmark = pytest.mark.xdist_group("kafka")  # one after the other, on one Kafka


LONGEST = 900
"""Seconds of a run in which something waits that has no patience of its own."""


def test_each_fault_once_loses_and_doubles_nothing() -> None:
    command = [sys.executable, "-m", "tests.faults", "--each-once", "--patience", "200"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        try:
            output, _ = run.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            run.terminate()  # it ends what it started, and tells what it waited for
            output, _ = run.communicate()
    said = output.decode(errors="replace")
    if run.returncode == MISSING and not os.environ.get("CI"):
        pytest.skip(said.strip())
    assert run.returncode == 0, said[-6000:]
    assert "lost 0, doubled 0, negative 0; verify: clean" in said
