"""How do the pages look? `python -m tests.web.screens [FOLDER] [PART …]` takes pictures of them."""

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.web.browsing import PHONE, TABLET, KioskPage, Theme, launched, settled, somebody, turn
from tests.web.demo import Demo, demo_county
from tests.web.served import VOLUNTEERS, Served
from tests.web.tills import Phones, TillPage, pass_of, stocked

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
DESK: ViewportSize = {"width": 1280, "height": 1000}


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


def desk(page: Page, county: Demo, folder: Path) -> None:
    """The desk's groups 阵地队伍, 五单 and 考核, of the demo county."""
    page.goto(county.links["工作台"][0])

    def picture(name: str, *, whole: bool = False) -> None:
        settled(page)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"desk-{name}.png", full_page=whole)

    settled(page)
    picture("overview")
    turn(page, "places")
    picture("places")
    page.get_by_role("combobox", name="范围").fill("社区")
    expect(page.get_by_role("option").first).to_contain_text("社区")
    picture("place-search")
    page.keyboard.press("Escape")
    turn(page, f"places/{first(page, 'resources', 'one => one.place')}")
    picture("place", whole=True)
    turn(page, "teams")
    picture("teams")
    turn(page, f"teams/{first(page, 'teams', 'one => one.members > 5 && one.team')}")
    picture("team", whole=True)
    turn(page, f"activities?month={last_month()}")
    picture("activities")
    turn(
        page,
        f"activities/{first(page, 'activities', 'one => one.sign_ups.in > 2 && one.activity')}",
    )
    picture("activity")
    turn(page, "orders")
    picture("orders")
    turn(page, f"orders/{first(page, 'orders?state=rewarded', 'one => one.id')}")
    picture("order")
    turn(page, "projects")
    picture("projects")
    turn(page, f"projects/{first(page, 'projects?state=released', 'one => one.project')}")
    picture("project", whole=True)
    turn(page, "honours")
    picture("honours", whole=True)
    turn(page, "assessment")
    picture("assessment")
    for tab in ("missing", "ranking", "trend", "checks"):
        turn(page, f"assessment?tab={tab}")
        picture(f"assessment-{tab}")
    turn(page, "policies")
    picture("policies")


def first(page: Page, of: str, which: str) -> str:
    """What a function in JavaScript says of the first item of a list that it says anything of."""
    return str(
        page.evaluate(
            f"""async () => (await (await fetch('/v1/{of}')).json()).items
                .map({which}).find(Boolean)"""
        )
    )


def last_month() -> str:
    """The month before this one: the demo county's season has ended by then."""
    return (date.today().replace(day=1) - timedelta(days=1)).isoformat()[:7]


PARTS = ("door", "kiosk", "till", "desk")
"""Which pictures: of all, where none is said."""


def main(folder: Path, parts: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    looks: list[tuple[str, ViewportSize, Theme]] = [
        ("", TABLET, "light"),
        ("-phone-dark", PHONE, "dark"),
    ]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for suffix, size, theme in looks:
            if {"door", "kiosk"} & set(parts):
                with TemporaryDirectory() as home, Served(Path(home)) as served:
                    page = somebody(browser, size, theme).new_page()
                    page.goto(served.address)
                    expect(page.locator("h1")).to_be_visible()
                    page.screenshot(path=folder / f"door{suffix}.png")
                    if "kiosk" in parts:
                        kiosk(page, served, folder, suffix)
            if "till" in parts:
                with TemporaryDirectory() as home, stocked(Path(home)) as shop:
                    till(somebody(browser, size, theme).new_page(), shop, folder, suffix)
        if "desk" in parts:
            with TemporaryDirectory() as home, demo_county(Path(home)) as county:
                desk(somebody(browser, DESK).new_page(), county, folder)


if __name__ == "__main__":
    given = sys.argv[1:]
    wanted = [one for one in given if one in PARTS]
    folders = [one for one in given if one not in PARTS]
    main(Path(folders[0]) if folders else FOLDER, wanted or PARTS)
