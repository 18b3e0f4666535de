"""Does the kiosk in the browser lose and double nothing? Offline, and when the power fails."""

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, Route, expect

from tests.web.browsing import KioskPage, computer, launched, qr_video, somebody
from tests.web.served import ACTIVITY, ACTIVITY_NAME, PLACE, TEAM, VOLUNTEERS, Served

pytestmark = pytest.mark.xdist_group("web")


def opened(browser: Browser, served: Served) -> KioskPage:
    kiosk = KioskPage(somebody(browser).new_page(), served)
    kiosk.set_up()
    return kiosk


def subjects(served: Served) -> Counter[tuple[str, str]]:
    """(volunteer, in or out) of the log's attendance."""
    return Counter((one["subject"], one["type"].split("-")[1][:-3]) for one in served.events())


def test_in_and_out(browser: Browser, served: Served) -> None:
    kiosk = opened(browser, served)
    kiosk.identify(VOLUNTEERS[0])
    kiosk.press("签到")
    expect(kiosk.page.get_by_text("账本已收到")).to_be_visible()
    kiosk.finish()
    kiosk.identify(VOLUNTEERS[0])
    expect(kiosk.page.locator(".activity .since")).to_contain_text("签到")
    kiosk.press("签退")
    expect(kiosk.page.get_by_text("账本已收到")).to_be_visible()

    came, left = served.events()
    assert came["subject"] == left["subject"] == VOLUNTEERS[0]
    assert came["data"] == {"activity": ACTIVITY, "place": PLACE, "method": "number"}
    assert came["type"].endswith("checked-in.v1")
    assert left["type"].endswith("checked-out.v1")
    assert came["time"].endswith("+08:00")
    served.kill()
    served.command("verify")  # each is signed by the key that was enrolled


def test_a_slip_is_asked_about(browser: Browser, served: Served) -> None:
    kiosk = opened(browser, served)
    kiosk.mark(VOLUNTEERS[0], "签到")
    kiosk.identify(VOLUNTEERS[0])
    kiosk.page.get_by_text(ACTIVITY_NAME).click()
    kiosk.page.get_by_role("button", name="签到", exact=True).click()
    expect(kiosk.page.get_by_role("dialog", name="刚刚已经签过")).to_be_visible()
    kiosk.page.get_by_role("button", name="取消").click()
    expect(kiosk.page.get_by_role("heading", name=VOLUNTEERS[0])).to_be_visible()
    assert len(served.events()) == 1


def test_a_hand_scanner(browser: Browser, served: Served) -> None:
    kiosk = opened(browser, served)
    kiosk.page.keyboard.type(f"{VOLUNTEERS[3]}\n")
    expect(kiosk.page.get_by_role("heading", name=VOLUNTEERS[3])).to_be_visible()
    kiosk.press("签到")
    expect(kiosk.page.get_by_text("账本已收到")).to_be_visible()
    assert served.events()[0]["data"]["method"] == "qr"


def test_a_code_before_the_camera(playwright: Playwright, served: Served, tmp_path: Path) -> None:
    video = tmp_path / "code.y4m"
    qr_video(video, VOLUNTEERS[5])
    browser = launched(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )
    kiosk = opened(browser, served)
    kiosk.page.get_by_role("button", name="打开摄像头").click()
    expect(kiosk.page.get_by_role("heading", name=VOLUNTEERS[5])).to_be_visible(timeout=30_000)
    browser.close()


def test_offline_for_a_while(browser: Browser, served: Served) -> None:
    """The server is gone, the page is loaded anew without it; later it comes back."""
    kiosk = opened(browser, served)
    kiosk.offline_ready()
    served.kill()
    for volunteer in VOLUNTEERS:
        kiosk.mark(volunteer, "签到")
    assert kiosk.unsent() == len(VOLUNTEERS)

    kiosk.open()  # from the service worker
    assert kiosk.unsent() == len(VOLUNTEERS)
    for volunteer in VOLUNTEERS:
        kiosk.mark(volunteer, "签退")
    assert kiosk.unsent() == 2 * len(VOLUNTEERS)
    kiosk.page.locator(".sent-state").click()
    expect(kiosk.page.get_by_text("24 条记录还没有送达，最早的是")).to_be_visible()
    assert not served.events()

    served.start()
    kiosk.send_now()
    expected = {(one, way): 1 for one in VOLUNTEERS for way in ("in", "out")}
    assert subjects(served) == Counter(expected)


def test_the_answer_is_lost(browser: Browser, served: Served) -> None:
    """The ledger records, and its receipts never arrive: sent again, counted once."""
    kiosk = opened(browser, served)
    lost = 0

    def lose(route: Route) -> None:
        nonlocal lost
        if lost < 2:
            lost += 1
            route.fetch()  # it arrives, and is recorded
            route.abort("connectionreset")
        else:
            route.continue_()

    kiosk.page.route("**/v1/events", lose)
    kiosk.mark(VOLUNTEERS[0], "签到")
    kiosk.mark(VOLUNTEERS[1], "签到")
    kiosk.page.locator(".sent-state").click()
    expect(kiosk.page.get_by_text("全部已送达账本")).to_be_visible(timeout=30_000)
    assert lost == 2
    assert subjects(served) == Counter({(one, "in"): 1 for one in VOLUNTEERS[:2]})


def test_power_cut(playwright: Playwright, served: Served, tmp_path: Path) -> None:
    """What was confirmed to somebody is there after the browser was killed, each time."""
    disk = tmp_path / "disk"
    disk.mkdir()
    confirmed = 0
    with computer(playwright, disk) as pc:
        kiosk = KioskPage(pc.start(), served)
        kiosk.set_up()
        kiosk.offline_ready()
        served.kill()
        for volunteer in VOLUNTEERS[:4]:
            kiosk.identify(volunteer)
            kiosk.press("签到")
            confirmed += 1
            pc.cut_power()
            kiosk = KioskPage(pc.start(), served)
            kiosk.open()
            assert kiosk.unsent() == confirmed
        served.start()
        kiosk.page.locator(".sent-state").click()
        kiosk.send_now()
    assert subjects(served) == Counter({(one, "in"): 1 for one in VOLUNTEERS[:4]})


def test_a_team(browser: Browser, served: Served) -> None:
    kiosk = opened(browser, served)
    page = kiosk.page
    page.get_by_role("button", name="团队签到").click()
    page.get_by_label("志愿服务队").select_option(TEAM)
    page.get_by_label("队长编号").fill(VOLUNTEERS[0])
    for one in VOLUNTEERS:
        page.get_by_label("志愿者编号").fill(one)
        page.get_by_role("button", name="加入").click()
    page.get_by_role("button", name=f"移除 {VOLUNTEERS[-1]}").click()
    page.get_by_text(ACTIVITY_NAME).click()
    page.get_by_role("button", name="全部签到").click()
    expect(page.get_by_role("heading", name="11 人签到成功")).to_be_visible()
    expect(page.get_by_text("账本已收到")).to_be_visible()
    events = served.events()
    assert {one["subject"] for one in events} == set(VOLUNTEERS[:-1])
    said = {"team": TEAM, "checked_by": VOLUNTEERS[0]}
    assert all(one["data"]["attributes"] == said for one in events)

    kiosk.finish()
    page.get_by_role("button", name="团队签到").click()
    page.get_by_role("button", name="载入上次名单（11 人）").click()
    page.get_by_text(ACTIVITY_NAME).click()
    page.get_by_role("button", name="全部签退").click()
    expect(page.get_by_role("heading", name="11 人签退成功")).to_be_visible()


def test_a_kiosk_that_nobody_enrolled_says_so(browser: Browser, served: Served) -> None:
    kiosk = KioskPage(somebody(browser).new_page(), served)
    kiosk.open()
    kiosk.page.get_by_label("场所编号").fill(PLACE)
    kiosk.page.get_by_role("button", name="生成密钥").click()
    kiosk.page.get_by_role("button", name="开始使用").click()
    kiosk.mark(VOLUNTEERS[0], "签到")
    expect(kiosk.page.get_by_text("账本还不认识这台机器")).to_be_visible()
    assert kiosk.unsent() == 1
    assert not served.events()
