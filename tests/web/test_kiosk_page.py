"""Does the kiosk in the browser lose and double nothing? Offline, and when the power fails."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, Route, expect

from ledger.clock import CHINA
from tests.web.browsing import KioskPage, computer, launched, qr_video, somebody
from tests.web.served import ACTIVITY, ACTIVITY_NAME, PLACE, TEAM, VOLUNTEERS, Served
from tests.web.test_pages import small_targets, violations

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


def test_a_forgotten_check_out_is_claimed_offline(browser: Browser, served: Served) -> None:
    """Yesterday's visit is open; what is said of it without a network arrives, and is held."""
    kiosk = opened(browser, served)
    page = kiosk.page
    kiosk.offline_ready()
    served.kill()
    now = datetime.now(CHINA).replace(microsecond=0)
    came = (now - timedelta(days=1)).replace(hour=8, minute=0, second=0)
    page.clock.set_fixed_time(came)
    kiosk.mark(VOLUNTEERS[0], "签到")
    page.clock.set_fixed_time(now)
    kiosk.identify(VOLUNTEERS[0])
    expect(page.get_by_text("签到后没有签退")).to_be_visible()
    page.get_by_role("button", name="补签退").click()
    page.get_by_role("button", name="提交补签退").click()
    expect(page.get_by_role("alert")).to_contain_text("离开的时间")
    page.get_by_label("离开的时间").fill(f"{came:%Y-%m-%d}T11:30")
    page.get_by_role("button", name="提交补签退").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择原因")
    assert violations(page) == []
    assert small_targets(page) == []
    page.get_by_text("签到台用不了").click()
    page.get_by_role("button", name="提交补签退").click()
    expect(page.get_by_role("heading", name="已提交补签退")).to_be_visible()
    kiosk.finish()
    assert kiosk.unsent() == 2
    kiosk.identify(VOLUNTEERS[0])
    expect(page.get_by_text("签到后没有签退")).to_have_count(0)
    page.get_by_role("button", name="返回").click()

    served.start()
    page.locator(".sent-state").click()
    kiosk.send_now()
    [case] = served.lines("reviews")
    assert (case["volunteer"], case["rule"], case["state"]) == (VOLUNTEERS[0], "claimed", "open")
    assert case["evidence"]["reason"] == "签到台用不了"
    assert case["evidence"]["ended_at"].startswith(f"{came:%Y-%m-%d}T11:30")
    assert served.asked("volunteer", VOLUNTEERS[0])["seconds"] == 0
    why = ("--reason", "站长证明", "--by", "张三")
    served.command("reviews", "decide", case["id"], "--count", *why)
    assert served.asked("volunteer", VOLUNTEERS[0])["seconds"] == 3 * 3600 + 1800
    served.command("verify")


def test_a_patrol_ends_after_midnight(browser: Browser, served: Served) -> None:
    """Who came before midnight has forgotten nothing, and is offered to check out."""
    kiosk = opened(browser, served)
    page = kiosk.page
    late = datetime.now(CHINA).replace(hour=22, minute=30, second=0) - timedelta(days=2)
    page.clock.set_fixed_time(late)
    kiosk.mark(VOLUNTEERS[0], "签到")
    page.clock.set_fixed_time(late + timedelta(hours=2))
    kiosk.identify(VOLUNTEERS[0])
    expect(page.get_by_text("已于 22:30 签到")).to_be_visible()
    expect(page.get_by_text("今天已服务 0 分")).to_be_visible()
    expect(page.get_by_text("签到后没有签退")).to_have_count(0)
    kiosk.press("签退")
    expect(page.get_by_text("账本已收到")).to_be_visible()
    assert served.asked("volunteer", VOLUNTEERS[0])["seconds"] == 2 * 3600


def test_whoever_comes_again_is_asked_about_the_visit_before(
    browser: Browser, served: Served
) -> None:
    kiosk = opened(browser, served)
    page = kiosk.page
    noon = datetime.now(CHINA).replace(hour=12, minute=0, second=0) - timedelta(days=1)
    page.clock.set_fixed_time(noon - timedelta(hours=3))
    kiosk.mark(VOLUNTEERS[0], "签到")
    page.clock.set_fixed_time(noon)
    kiosk.identify(VOLUNTEERS[0])
    kiosk.press("签到")
    expect(page.get_by_text("签到后没有签退")).to_be_visible()
    page.get_by_role("button", name="补签退").click()
    page.get_by_label("离开的时间").fill(f"{noon:%Y-%m-%d}T12:30")  # there again since 12:00
    page.get_by_text("忘记签退").click()
    page.get_by_role("button", name="提交补签退").click()
    expect(page.get_by_role("alert")).to_contain_text("再次签到之前")
    page.get_by_label("离开的时间").fill(f"{noon:%Y-%m-%d}T11:00")
    page.get_by_role("button", name="提交补签退").click()
    expect(page.get_by_text("账本已收到")).to_be_visible()
    [case] = served.lines("reviews")
    assert case["evidence"]["ended_at"].startswith(f"{noon:%Y-%m-%d}T11:00")


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
