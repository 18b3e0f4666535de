"""How does a test get a real Chromium, and what does it do there as a person would?"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    ViewportSize,
    expect,
)
from playwright.sync_api import (
    Error as PlaywrightError,
)
from playwright.sync_api import (
    TimeoutError as PlaywrightTimeout,
)

from tests.services import ServiceMissing
from tests.web.served import ACTIVITY_NAME, PLACE, Served

WEB = Path(__file__).parents[2] / "ledger" / "web"

PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1280, "height": 800}

START_SECONDS = 60.0


def chromium() -> str:
    """The program; without windows it does with half of the work. Raises ServiceMissing."""
    for name in ("chromium-headless-shell", "chromium", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise ServiceMissing(
        "Chromium is missing: apt-get install chromium-headless-shell fonts-noto-cjk"
    )


def launched(playwright: Playwright, *arguments: str) -> Browser:
    """A browser without a window."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(arguments))


Theme = Literal["light", "dark"]


def somebody(
    browser: Browser, size: ViewportSize = TABLET, theme: Theme = "light"
) -> BrowserContext:
    """A browser of somebody in China who was never here before."""
    return browser.new_context(
        viewport=size, color_scheme=theme, locale="zh-CN", timezone_id="Asia/Shanghai"
    )


def turn(page: Page, view: str) -> None:
    """Go to a view of the desk, as `policies` or `volunteer/V1`."""
    page.evaluate(
        """(to) => new Promise((turned) => {
          if (location.hash === to) return turned();
          addEventListener("hashchange", () => setTimeout(turned), { once: true });
          location.hash = to;
        })""",  # until then the view before is shown, as settled as can be
        f"#/{view}",
    )
    settled(page)


def part(page: Page, name: str) -> None:
    """Go to a part of a volunteer's own page, as `hours`."""
    page.locator(f".me-bar a[href='#{name}']").click()
    expect(page.locator(f".me-bar a[href='#{name}'][aria-current=page]")).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait until all that is shown has been loaded."""
    expect(page.locator("main .skeleton")).to_have_count(0, timeout=30_000)
    expect(page.locator("h1")).to_be_visible()


def choose(scope: Page | Locator, label: str, text: str) -> None:
    """Look for a place, team … by a part of its name or id, and take the first that is found."""
    entry = scope.get_by_role("combobox", name=label, exact=True)
    entry.fill(text)
    finder = entry.locator("xpath=..")
    expect(finder).to_contain_text(text, timeout=30_000)  # if not: it says what is there instead
    finder.get_by_role("option").filter(has_text=text).first.click()
    expect(entry).to_have_attribute("aria-expanded", "false")


def watch_shifts(page: Page) -> None:
    """From the next page on, what moves while it loads is in `globalThis.moved`."""
    page.add_init_script(
        """globalThis.moved = [];
        new PerformanceObserver((list) => {
          for (const one of list.getEntries())
            globalThis.moved.push([one.value, ...one.sources.map(({ node }) => node?.className)]);
        }).observe({ type: "layout-shift", buffered: true });"""
    )


class Computer:
    """A computer with a disk of its own, whose browser can lose its power."""

    def __init__(self, playwright: Playwright, disk: Path) -> None:
        self._playwright = playwright
        self._disk = disk
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Page:
        """Start the browser on what is on the disk; a new page.

        One that does not take orders in time, on a busy machine, is started once more.
        """
        for last in (False, False, True):
            address = self._started()
            try:
                browser = self._playwright.chromium.connect_over_cdp(address)
                return browser.contexts[0].new_page()
            except PlaywrightTimeout:
                if last:
                    raise
                self.cut_power()
        raise AssertionError("unreachable: the last attempt raises")

    def _started(self) -> str:
        """Start the browser's processes; where it takes orders."""
        ports = self._disk / "DevToolsActivePort"
        ports.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                chromium(),
                "--headless",
                "--no-sandbox",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={self._disk}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + START_SECONDS
        while not (ports.exists() and "\n" in ports.read_text()):
            assert time.monotonic() < until, "Chromium does not start"
            time.sleep(0.05)
        port = ports.read_text().splitlines()[0]
        return f"http://127.0.0.1:{port}"

    def cut_power(self) -> None:
        """Kill -9 of all its processes, in the middle of whatever they do."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def computer(playwright: Playwright, disk: Path) -> Iterator[Computer]:
    one = Computer(playwright, disk)
    try:
        yield one
    finally:
        one.cut_power()


class KioskPage:
    """The kiosk, used as a person uses it."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page = page
        self.served = served

    def open(self) -> None:
        self.page.goto(f"{self.served.address}/kiosk/")
        expect(self.page.locator("h1")).to_be_visible()

    def set_up(self) -> None:
        """Make its key and have it enrolled, then begin."""
        self.open()
        self.page.get_by_label("场所编号").fill(PLACE)
        self.page.get_by_role("button", name="生成密钥").click()
        pem = self.page.locator("pre", has_text="BEGIN PUBLIC KEY").inner_text()
        command = self.page.locator("pre", has_text="vledger devices enrol").inner_text()
        source = re.search(r"kiosk/\S+", command)
        assert source is not None
        self.served.enrol(source.group(), pem)
        self.page.get_by_role("button", name="更新活动表").click()
        expect(self.page.get_by_text("活动表已更新")).to_be_visible()
        self.page.get_by_role("button", name="开始使用").click()

    def offline_ready(self) -> None:
        """Wait until the service worker has all files."""
        self.page.wait_for_function("navigator.serviceWorker.controller?.state === 'activated'")

    def identify(self, volunteer: str) -> None:
        self.page.get_by_label("志愿者编号").fill(volunteer)
        self.page.get_by_role("button", name="下一步").click()
        expect(self.page.get_by_role("heading", name=volunteer)).to_be_visible()

    def press(self, button: str, activity: str = ACTIVITY_NAME) -> None:
        self.page.get_by_text(activity).click()
        self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page.get_by_role("heading", name=f"{button}成功")).to_be_visible()

    def finish(self) -> None:
        self.page.get_by_role("button", name="完成").click()
        expect(self.page.get_by_label("志愿者编号")).to_be_visible()

    def mark(self, volunteer: str, button: str) -> None:
        """One whole check-in or check-out."""
        self.identify(volunteer)
        self.press(button)
        self.finish()

    def send_now(self) -> None:
        """Where it is told what is not sent: press, unless the kiosk has sent it by itself."""
        sent = self.page.get_by_text("全部已送达账本")
        button = self.page.get_by_role("button", name="现在发送")
        expect(sent.or_(button).first).to_be_visible()
        if button.is_visible():
            with suppress(PlaywrightError):  # gone meanwhile: it has sent
                button.click(timeout=1000)
        expect(sent).to_be_visible(timeout=30_000)

    def unsent(self) -> int:
        """What the header says is not sent yet."""
        said = self.page.locator(".sent-state span").inner_text()
        found = re.match(r"(\d+) 条未送", said)
        return int(found.group(1)) if found else 0


def qr_video(file: Path, text: str, size: tuple[int, int] = (640, 480)) -> None:
    """What a camera sees of a QR code held before it: a Y4M file, gray on white."""
    import segno

    width, height = size
    matrix = [list(row) for row in segno.make(text, micro=False, error="m").matrix]
    scale = min(width, height) * 6 // 10 // len(matrix)
    side = len(matrix) * scale
    left, top = (width - side) // 2, (height - side) // 2
    luma = bytearray([210]) * (width * height)
    for y in range(side):
        for x in range(side):
            if matrix[y // scale][x // scale]:
                luma[(top + y) * width + left + x] = 35
    chroma = bytes([128]) * (width * height // 4)
    frame = b"FRAME\n" + bytes(luma) + chroma + chroma
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(head + frame * 5)
