"""What do the tests of pages share? A browser for each module, a served ledger for each test."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.conftest import _or_skip
from tests.web.browsing import WEB, chromium, launched
from tests.web.node import npm
from tests.web.served import Served


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """It runs a loop of its own in this thread, so that it ends before other modules' tests."""
    _or_skip(chromium)
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def tools() -> None:
    """The linter, compiler and axe, which a build does without. One worker fetches them for all."""
    with (WEB / "package-lock.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (WEB / "node_modules" / "axe-core").exists():
            done = npm("ci", "--no-audit", "--no-fund")
            assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    one = launched(playwright)
    yield one
    one.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A small ledger, served."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    with Served(folder) as one:
        yield one
