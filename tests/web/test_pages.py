"""Are the pages accessible, small and still? With axe, by their sizes, and by what moves."""

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.browsing import PHONE, TABLET, WEB, KioskPage, Theme, somebody, watch_shifts
from tests.web.served import ACTIVITY_NAME, VOLUNTEERS, Served

pytestmark = [pytest.mark.xdist_group("web"), pytest.mark.usefixtures("tools")]

PATHS = ("/", "/kiosk/", "/till/", "/desk/", "/me/")
LARGEST_SCRIPT = 200_000
"""Bytes of the scripts that any view of a page takes, compressed."""

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe finds: rule and element."""
    page.evaluate(AXE.read_text())  # as a debugger does: the page's own policy lets nothing in
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {json.dumps(RULES)})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger for all tests here, which only look."""
    with Served(tmp_path_factory.mktemp("ledger")) as one:
        yield one


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(
    browser: Browser, standing: Served, path: str, theme: Theme, language: str
) -> None:
    context = somebody(browser, PHONE, theme)
    page = context.new_page()
    page.goto(f"{standing.address}{path}?lang={language}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("main")).to_be_visible()
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_kiosks_screens(
    browser: Browser, served: Served, theme: Theme
) -> None:
    context = somebody(browser, TABLET, theme)
    kiosk = KioskPage(context.new_page(), served)
    page = kiosk.page
    kiosk.set_up()
    assert violations(page) == []
    kiosk.identify(VOLUNTEERS[0])
    assert violations(page) == []
    kiosk.press("签到")
    expect(page.get_by_text("账本已收到")).to_be_visible()
    assert violations(page) == []
    kiosk.finish()
    page.get_by_role("button", name="团队签到").click()
    page.get_by_label("志愿者编号").fill(VOLUNTEERS[1])
    page.get_by_role("button", name="加入").click()
    assert violations(page) == []
    page.get_by_role("button", name="返回").click()
    served.kill()
    kiosk.identify(VOLUNTEERS[1])
    kiosk.press("签到")
    expect(page.get_by_text("已存在本机，联网后自动送达")).to_be_visible(timeout=30_000)
    assert violations(page) == []
    page.locator(".sent-state").click()
    expect(page.get_by_role("table")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="设置").click()
    assert violations(page) == []
    context.close()


def test_targets_of_the_kiosk_are_large(browser: Browser, served: Served) -> None:
    context = somebody(browser, PHONE)
    kiosk = KioskPage(context.new_page(), served)
    kiosk.set_up()
    assert small_targets(kiosk.page) == []
    kiosk.identify(VOLUNTEERS[0])
    assert small_targets(kiosk.page) == []
    kiosk.page.get_by_text(ACTIVITY_NAME).click()
    kiosk.press("签到")
    assert small_targets(kiosk.page) == []


def small_targets(page: Page) -> list[str]:
    """What is pressed by a finger and is lower than 64 px."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("button, main a, label.activity, summary, .input")]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 64)
            .map((one) => `${one.textContent} ${one.getBoundingClientRect().height}`)"""
    )
    return found


@pytest.mark.parametrize("path", PATHS)
def test_scripts_are_small(path: str) -> None:
    """Of whatever view one opens, with all that it asks for later."""
    page = WEB / "dist" / path.strip("/") / "index.html"
    named = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page.read_text())
    for view in views(frozenset(WEB / "dist" / one for one in named)):
        sizes = {one.name: len(gzip.compress(one.read_bytes(), 6)) for one in view}
        assert 0 < sum(sizes.values()) < LARGEST_SCRIPT, sizes


def views(new: frozenset[Path], before: frozenset[Path] = frozenset()) -> Iterator[frozenset[Path]]:
    """The scripts that are there once `new` ones are loaded, and with each that those ask for."""
    whole = at_once(before | new)
    yield whole
    for one in {later for script in whole - before for later in imported(script, later=True)}:
        if one not in whole:
            yield from views(frozenset({one}), whole)


def at_once(scripts: frozenset[Path]) -> frozenset[Path]:
    """With those that they import."""
    found = scripts
    while True:
        more = {one for script in found for one in imported(script, later=False)} - found
        if not more:
            return found
        found |= more


@cache
def imported(script: Path, *, later: bool) -> frozenset[Path]:
    """What a script imports before it runs, or asks for in between."""
    before, between = r"(?:from|import)\s*", r"import\(\s*"
    pattern = rf"\b{between if later else before}[\"'`]\./([\w.-]+\.js)[\"'`]"
    return frozenset(script.parent / one for one in re.findall(pattern, script.read_text()))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
def test_nothing_moves_while_it_loads(
    browser: Browser, standing: Served, path: str, size: ViewportSize
) -> None:
    context = somebody(browser, size)
    page = context.new_page()
    watch_shifts(page)
    page.goto(f"{standing.address}{path}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("main")).to_be_visible()
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert page.evaluate("globalThis.moved") == []
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_comes_from_elsewhere(browser: Browser, standing: Served, path: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: refused.append(said.text) if "Security" in said.text else None)
    page.goto(f"{standing.address}{path}")
    page.wait_for_load_state("networkidle")
    assert [one for one in asked if not one.startswith((standing.address, "data:", "blob:"))] == []
    assert refused == []
    page.close()
