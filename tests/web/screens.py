"""How do the pages look? `python -m tests.web.screens [FOLDER]` takes pictures for the docs."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.web.browsing import PHONE, TABLET, KioskPage, Theme, launched, somebody
from tests.web.served import VOLUNTEERS, Served
from tests.web.tills import Phones, TillPage, pass_of, stocked

FOLDER = Path(__file__).parents[2] / "docs" / "screens"


def kiosk(browser_page: Page, served: Served, folder: Path, suffix: str) -> None:
    """The kiosk from its setting up to a day without a network."""
    one = KioskPage(browser_page, served)
    page = one.page

    def picture(name: str, *, whole: bool = False) -> None:
        for message in page.locator(".toast button").all():
            message.click()
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"kiosk-{name}{suffix}.png", full_page=whole)

    one.open()
    picture("setup")
    one.set_up()
    picture("start")
    one.mark(VOLUNTEERS[0], "签到")
    one.identify(VOLUNTEERS[0])
    picture("choose")
    one.press("签退")
    expect(page.get_by_text("账本已收到")).to_be_visible()
    picture("done")
    one.finish()
    page.get_by_role("button", name="设置").click()
    picture("settings")
    page.get_by_role("button", name="返回").click()
    page.get_by_role("button", name="团队签到").click()
    for volunteer in VOLUNTEERS[:5]:
        page.get_by_label("志愿者编号").fill(volunteer)
        page.get_by_role("button", name="加入").click()
    picture("team", whole=True)
    page.get_by_role("button", name="返回").click()
    served.kill()
    for volunteer in VOLUNTEERS[1:4]:
        one.identify(volunteer)
        one.press("签到")
        if volunteer != VOLUNTEERS[3]:
            one.finish()
    expect(page.get_by_text("已存在本机，联网后自动送达")).to_be_visible(timeout=30_000)
    picture("offline")
    page.locator(".sent-state").click()
    expect(page.get_by_role("table")).to_be_visible()
    picture("unsent")


def till(page: Page, served: Served, folder: Path, suffix: str) -> None:
    """The till from the scan to the day's close, and a connection that breaks."""
    one = TillPage(page, served.address, Phones(served))

    def picture(name: str) -> None:
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"till-{name}{suffix}.png", full_page=True)

    one.enter(pass_of(served))
    picture("scan")
    one.scan(VOLUNTEERS[0])
    one.heading("王**")
    one.add("食用油 1.8L", 2)
    one.add("大米 5kg")
    picture("shelf")
    one.press("冻结积分")
    one.heading("积分已冻结，请交货")
    picture("held")
    one.press("确认兑换")
    one.says("兑换成功")
    picture("receipt")
    key = one.receipt().locator("dd").last.inner_text()
    one.press("下一位")
    page.keyboard.type(f"{key}\n")
    one.says("退哪几项？")
    picture("refund")
    one.press("返回")
    one.says("今天的单据")
    picture("today")
    page.get_by_role("link", name="日结").click()
    one.says("校验码")
    picture("close")
    page.get_by_role("link", name="兑换").first.click()
    one.scan(VOLUNTEERS[1])
    one.add("食盐", 2)
    served.kill()
    one.press("冻结积分")
    one.heading("连接断开了，结果还不知道")
    picture("lost")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    looks: list[tuple[str, ViewportSize, Theme]] = [
        ("", TABLET, "light"),
        ("-phone-dark", PHONE, "dark"),
    ]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for suffix, size, theme in looks:
            with TemporaryDirectory() as home, Served(Path(home)) as served:
                page = somebody(browser, size, theme).new_page()
                page.goto(served.address)
                expect(page.locator("h1")).to_be_visible()
                page.screenshot(path=folder / f"door{suffix}.png")
                kiosk(page, served, folder, suffix)
            with TemporaryDirectory() as home:
                shop = stocked(Path(home))
                with shop:
                    till(somebody(browser, size, theme).new_page(), shop, folder, suffix)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
