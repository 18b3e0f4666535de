"""Can an office and a volunteer do at their pages what a practice centre does, to the end?"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from ledger.access import Scope, Who
from ledger.access.granting import Giver, grant
from ledger.access.passes import ISSUER, issue
from ledger.clock import CHINA, from_micros
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import check_in, check_out, order, record, register, shop_event
from tests.web.browsing import (
    PHONE,
    TABLET,
    Theme,
    choose,
    part,
    settled,
    somebody,
    turn,
    watch_shifts,
)
from tests.web.served import Served
from tests.web.test_pages import violations

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.usefixtures("tools")]

POLICY = Path(__file__).parents[2] / "docs" / "examples" / "points-bank.yaml"
COUNTY, TOWN, VILLAGE, GONE = "370199000000", "370199001000", "370199001001", "370199001002"
BARBER, NEIGHBOUR, FAR = "V00000001", "V00000002", "V00000003"
TODAY = datetime.now(CHINA).replace(minute=0, second=0, microsecond=0)
TOMORROW = (TODAY + timedelta(days=1)).date().isoformat()
STILL = 0.02
"""Of the screen: a name that comes beside a button. What people feel begins at 0.1."""
TIMELINE = ["点单", "派单", "接单", "完成", "评单", "回访", "奖单"]


class Centre(NamedTuple):
    """A served ledger with a pass of its office, of who may only look, and of two volunteers."""

    served: Served
    office: str
    reader: str
    barber: str
    neighbour: str


def at(days: int = 0, hours: int = 0) -> str:
    return (TODAY + timedelta(days=days, hours=hours)).isoformat()


def history() -> list[bytes]:
    """A small county: an order that is late, one with an idle step, a hall, a walk for one.

    What is late where nothing is above stays late; the ledger hands on what is late elsewhere.
    """
    wish = {"place": VILLAGE, "category": "家电维修", "text": "洗衣机不转了"}
    rooms = ["讲堂", "书屋", "舞蹈室"]
    items = [{"title": "宣讲", "category": "lecture", "times": 4}]
    walk: dict[str, Any] = {"starts_at": at(3), "ends_at": at(3, 3), "capacity": 1}
    return [
        register("place", COUNTY, name="青岚县实践中心", kind="centre", functions=rooms),
        register("place", TOWN, name="城关街道实践所", kind="sub-centre", parent=COUNTY),
        register("place", VILLAGE, name="东关社区实践站", kind="station", parent=TOWN,
                 functions=rooms, opening="每天 8:00–18:00", phone="0531-84230000"),
        register("place", GONE, name="西关社区实践站", kind="station", parent=TOWN),
        shop_event("place.merged", GONE, at(-20), into=VILLAGE, on=at(-20)[:10], reason="社区合并"),
        shop_event("place.counted", VILLAGE, at(-30), year=TODAY.year, residents=2400,
                   full_time_staff=1),
        register("team", "T1", name="助老志愿服务队", place=TOWN, kind="elderly"),
        register("volunteer", BARBER, name="王师傅", place=VILLAGE, skills=["理发"]),
        register("volunteer", NEIGHBOUR, name="李邻居", place=VILLAGE),
        register("volunteer", FAR, name="赵远", place="370199002001"),
        shop_event("membership.joined", BARBER, at(-90), team="T1", role="leader"),
        shop_event("membership.joined", FAR, at(-90), team="T1"),
        shop_event("membership.left", FAR, at(-40), team="T1"),
        register("resource", "R1", name="大礼堂", place=VILLAGE, kind="场地"),
        shop_event("resource.booking-requested", "R1", at(-1), booking="B1", whose="T1",
                   purpose="排练", starts_at=f"{TOMORROW}T09:00:00+08:00",
                   ends_at=f"{TOMORROW}T11:00:00+08:00"),
        register("activity", "A1", name="环湖健步走", place=TOWN, team="T1", **walk),
        register("activity", "A2", name="移风易俗宣讲", place=VILLAGE, category="lecture"),
        check_in(BARBER, at(-5), "A2", place=VILLAGE),
        check_out(BARBER, at(-5, 2), "A2", place=VILLAGE),
        shop_event("plan.made", VILLAGE, at(-60), of="place", period=f"{TODAY.year}", items=items),
        order("placed", "D-late", at(-9), **{**wish, "place": COUNTY}, due=at(-8)),
        order("placed", "D-idle", at(-2), **wish, due=at(9)),
        order("accepted", "D-idle", at(-1), team="T1", activity="A1"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    lines = [one.decode() for one in history()]
    folder = tmp_path_factory.mktemp("centre")
    served = Served(folder, lines, policy=str(POLICY), VLEDGER_PLACE=COUNTY)
    database = Database(served.database)
    recorder = Recorder(database, parse(POLICY.read_text(), POLICY.name))
    giver = Giver("owner")
    office = issue(recorder, "officer", Scope("place", COUNTY), giver, name="李慧", days=1)
    until = from_micros(recorder.now(), CHINA) + timedelta(days=1)
    who = Who(ISSUER, office.ident)
    grant(recorder, who, "reviewer", Scope("place", COUNTY), giver, name="李慧", until=until)
    reader = issue(recorder, "auditor", Scope("place", COUNTY), giver, name="宋览", days=1)
    own = [
        issue(recorder, "volunteer", Scope("volunteer", one), giver, name="本人", days=1).secret
        for one in (BARBER, NEIGHBOUR)
    ]
    database.close()
    with served:
        yield Centre(served, office.secret, reader.secret, *own)


def entered(
    browser: Browser,
    centre: Centre,
    page_of: str,
    secret: str,
    size: ViewportSize = TABLET,
    theme: Theme = "light",
) -> Page:
    page = somebody(browser, size, theme).new_page()
    page.goto(f"{centre.served.address}/{page_of}/#pass={secret}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    return page


def at_desk(browser: Browser, centre: Centre, view: str) -> Page:
    page = entered(browser, centre, "desk", centre.office)
    turn(page, view)
    return page


def does(page: Page, button: str, filled: dict[str, str] | None = None) -> Locator:
    """Press, fill in what the dialog asks for, and send it; the dialog."""
    page.locator("main").get_by_role("button", name=button, exact=True).first.click()
    dialog = page.get_by_role("dialog")
    for label, text in (filled or {}).items():
        dialog.get_by_label(label, exact=True).fill(text)
    dialog.locator("footer").get_by_role("button").last.click()
    return dialog


def gone(dialog: Locator) -> None:
    expect(dialog).to_have_count(0)


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_an_order_goes_from_its_placing_to_its_reward(browser: Browser, centre: Centre) -> None:
    page = at_desk(browser, centre, "orders")
    tickets = lane(page, "待派单").locator(".ticket")
    expect(tickets.first).to_contain_text("已超期")  # what is late comes first
    page.get_by_role("button", name="点单").click()
    dialog = page.get_by_role("dialog")
    send = dialog.locator("footer").get_by_role("button", name="点单")
    send.click()
    expect(dialog).to_contain_text("请填写“场所”")
    choose(dialog, "场所", "东关")
    dialog.get_by_label("服务类别").fill("便民服务")
    dialog.get_by_label("需求").fill("老人行动不便，上门理发")
    dialog.get_by_label("所需特长").fill("理发")
    send.click()
    expect(page.locator("h1")).to_contain_text("便民服务")
    expect(page.get_by_text(re.compile("评单码：.+"))).to_be_visible()
    steps = page.locator(".life > li")
    expect(steps).to_have_count(1)

    best = page.locator(".suited > li").first
    expect(best).to_contain_text("王师傅")
    expect(best).to_contain_text("会 has 理发")
    best.get_by_role("button", name="派给").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("编号")).to_have_value(BARBER)
    dialog.get_by_role("button", name="派单").click()
    expect(steps).to_have_count(2)

    gone(does(page, "代为接单", {"开始": at(1)[:16], "结束": at(1, 2)[:16]}))
    expect(steps).to_have_count(3)
    gone(does(page, "完成"))
    page.get_by_role("button", name="评单", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("2 星").check()
    dialog.get_by_label("这是投诉").check()
    dialog.get_by_role("button", name="评单").click()
    expect(page.locator("main").get_by_text("有投诉").first).to_be_visible()
    praise = {"王师傅 的积分": "5", "奖励依据": "月度评议"}
    dialog = does(page, "奖单", praise)
    expect(dialog.get_by_role("alert")).to_contain_text("投诉未了")
    page.keyboard.press("Escape")
    gone(does(page, "回访", {"回访情况": "误会已说清"}))
    page.get_by_role("button", name="评单", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("回访时得知").check()
    dialog.get_by_role("button", name="评单").click()
    gone(dialog)
    gone(does(page, "奖单", praise))
    expect(page.locator("main .badge", has_text="已奖单")).to_be_visible()
    names = page.locator(".life > li b").all_inner_texts()
    assert names == [*TIMELINE[:5], "回访", "评单", "奖单"]
    expect(steps.last).to_contain_text("王师傅： 5 分")
    expect(steps.last).to_contain_text("依据：月度评议")
    [shown] = [one for one in orders(centre) if one["category"] == "便民服务"]
    assert (shown["state"], shown["stars"], shown["volunteers"]) == ("rewarded", 5, [BARBER])


def orders(centre: Centre) -> list[Any]:
    return centre.served.lines("orders")


def test_the_board_is_searched_and_an_idle_step_has_its_reason(
    browser: Browser, centre: Centre
) -> None:
    page = at_desk(browser, centre, "orders")
    page.get_by_label("只看超期").check()
    expect(page.locator(".ticket")).to_have_count(1)
    page.get_by_label("只看超期").uncheck()
    page.get_by_label("查找（单号、类别、内容）").fill("d-idle")
    expect(page.locator(".ticket")).to_have_text([re.compile("东关社区实践站")])
    page.locator(".ticket").click()
    idle = page.locator(".life > .idle")
    expect(idle).to_contain_text("未生效")
    expect(idle).to_contain_text("待派单 placed")
    page.get_by_role("link", name="回到看板").click()
    expect(page.get_by_label("查找（单号、类别、内容）")).to_have_value("d-idle")


def test_a_booking_that_overlaps_is_refused_with_its_reason(
    browser: Browser, centre: Centre
) -> None:
    page = at_desk(browser, centre, "places")
    expect(page.get_by_role("table", name="阵地").locator("tbody tr")).to_have_count(3)
    page.get_by_label("截至").fill(at(-25)[:10])
    expect(page.get_by_role("table", name="阵地").locator("tbody tr")).to_have_count(4)
    page.get_by_role("table", name="阵地").get_by_role("link", name="东关社区实践站").click()
    settled(page)
    main = page.locator("main")
    expect(main).to_contain_text("每天 8:00–18:00")
    expect(main).to_contain_text("2,400")
    expect(main).to_contain_text("并入本处：西关社区实践站")
    page.get_by_role("button", name="周", exact=True).click()
    if TODAY.weekday() == 6:  # tomorrow is in the week after
        page.get_by_role("button", name="往后").click()
    rows = page.get_by_role("table", name="预约明细").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("助老志愿服务队")
    wish = {"日": TOMORROW, "开始": "10:00", "结束": "12:00", "用途": "座谈"}
    dialog = does(page, "预约", wish)
    expect(dialog.get_by_role("alert")).to_contain_text("这段时间已有预约 B1")
    page.keyboard.press("Escape")
    rows.get_by_role("button", name="取消预约").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("理由").fill("改期")
    dialog.get_by_role("button", name="取消预约").click()
    gone(dialog)
    expect(rows.first).to_contain_text("已取消")
    gone(does(page, "预约", wish))
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("已约")


def test_who_signs_up_waits_and_moves_up(browser: Browser, centre: Centre) -> None:
    barber = entered(browser, centre, "me", centre.barber, PHONE)
    neighbour = entered(browser, centre, "me", centre.neighbour, PHONE)
    for page in (barber, neighbour):
        part(page, "activities")
    expect(barber.locator(".card", has_text="我的队伍")).to_contain_text("队长")
    barber.get_by_role("button", name="报名 环湖健步走").click()
    own = barber.locator(".card", has_text="我的报名").locator("li")
    expect(own).to_contain_text("已报上")
    neighbour.reload()
    neighbour.get_by_role("button", name="候补报名 环湖健步走").click()
    waits = neighbour.locator(".card", has_text="我的报名").locator("li")
    expect(waits).to_contain_text("候补第 1")
    desk = at_desk(browser, centre, "activities/A1")
    rows = desk.get_by_role("table", name="报名").locator("tbody tr")
    assert [re.sub(r"\s.*", "", one) for one in rows.all_inner_texts()] == ["王师傅", "李邻居"]
    own.get_by_role("button", name="退出报名：环湖健步走").click()
    barber.get_by_role("dialog").get_by_role("button", name="退出报名").click()
    expect(own).to_contain_text("已退出")
    neighbour.reload()
    expect(waits).to_contain_text("已报上")


def test_a_volunteer_answers_an_order_that_is_with_them(browser: Browser, centre: Centre) -> None:
    for ident in ("D-yes", "D-no"):
        wish = {"place": VILLAGE, "category": f"陪伴{ident}", "text": "陪老人聊天"}
        record_more(centre, [
            order("placed", ident, at(-1), **wish),
            order("dispatched", ident, at(0, -2), volunteer=NEIGHBOUR, due=at(1)),
        ])  # fmt: skip
    page = entered(browser, centre, "me", centre.neighbour, PHONE)
    part(page, "activities")
    page.get_by_role("button", name="接单：陪伴D-yes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="接单").click()
    gone(dialog)
    page.get_by_role("button", name="退单：陪伴D-no").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="退单").click()
    expect(dialog.get_by_role("alert")).to_contain_text("请填写“为什么不能去？”")
    dialog.get_by_label("为什么不能去？").fill("当天出差")
    dialog.get_by_role("button", name="退单").click()
    gone(dialog)
    expect(page.locator(".card", has_text="派给我的单").locator("li")).to_have_count(1)
    states = {one["id"]: one["state"] for one in orders(centre)}
    assert (states["D-yes"], states["D-no"]) == ("accepted", "placed")


def record_more(centre: Centre, events: list[bytes]) -> None:
    database = Database(centre.served.database)
    recorder = Recorder(database, parse(POLICY.read_text(), POLICY.name))
    assert not record(recorder, events).rejects
    database.close()


def test_teams_through_time_and_an_activity_with_places(browser: Browser, centre: Centre) -> None:
    page = at_desk(browser, centre, "teams/T1")
    expect(page.locator(".facts")).to_contain_text("王师傅")
    members = page.get_by_role("table", name=re.compile(r"^队员"))
    expect(members.locator("tbody tr")).to_have_count(1)
    page.get_by_label("截至").fill(at(-60)[:10])
    expect(members.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("table", name="进出记录").locator("tbody tr")).to_have_count(2)
    turn(page, "activities")
    plans = page.get_by_role("table", name=f"{TODAY.year} 年各项计划").locator("tbody tr")
    expect(plans).to_contain_text("1/4")
    page.get_by_role("button", name="登记活动").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("义诊进社区")
    choose(dialog, "场所", "东关")
    dialog.get_by_label("开始").fill(at(2)[:16])
    dialog.get_by_label("名额").fill("很多")
    dialog.get_by_role("button", name="登记活动").click()
    expect(dialog).to_contain_text("“名额”须是整数")
    dialog.get_by_label("名额").fill("2")
    dialog.get_by_role("button", name="登记活动").click()
    expect(page.locator("h1")).to_have_text("义诊进社区")
    gone(does(page, "代为报名", {"志愿者编号": FAR}))
    rows = page.get_by_role("table", name="报名").locator("tbody tr")
    expect(rows).to_contain_text("已录取")


NEW, FOLDED, WRONG = "370199001003", "370199001004", "370199002001"
STATION = {"名称": "南关村实践站", "功能室": "讲堂、书屋、舞蹈室"}


def asks(page: Page, button: str) -> Locator:
    """The form that a button opens; one is in its first field."""
    page.locator("main").get_by_role("button", name=button, exact=True).first.click()
    form = page.get_by_role("dialog")
    expect(form.locator("form :focus")).to_have_count(1)
    return form


def fill(form: Locator, filled: dict[str, str]) -> None:
    """By the labels, from the top: what is asked for may depend on what was answered."""
    for label, text in filled.items():
        entry = form.get_by_label(label, exact=True)
        if entry.get_attribute("role") == "combobox":
            choose(form, label, text)
        elif entry.evaluate("one => one.tagName") == "SELECT":
            entry.select_option(text)
        else:
            entry.fill(text)


def enter(form: Locator) -> None:
    """By the keyboard, in the last line of text."""
    form.get_by_role("textbox").last.press("Enter")


def lost(route: Route) -> None:
    """The request arrives; its answer does not."""
    route.fetch()
    route.abort()


def send(form: Locator) -> None:
    enter(form)
    gone(form)


def test_a_clerk_registers_a_station_with_all_that_belongs_to_it(
    browser: Browser, centre: Centre
) -> None:
    page = at_desk(browser, centre, "places")
    form = asks(page, "登记阵地")
    enter(form)  # the kind has a value: what is missing is said where it is missing
    expect(form.get_by_role("alert")).to_have_text(["请填写“编号”", "请填写“名称”"])
    code, parent = form.get_by_label("编号"), form.get_by_label("上级")
    expect(code).to_be_focused()
    fill(form, {"类别": "station", "编号": WRONG, "上级": TOWN, **STATION, "纬度（WGS 84）": "361"})
    form.get_by_role("button", name="登记阵地").click()
    expect(form.get_by_role("alert")).to_have_text([
        "编号 370199002001 不以上级的 370199001 开头",
        "纬度须是 -90 到 90 之间的度数，如 36.65",
        "经度和纬度要一起填写",
    ])  # fmt: skip
    expect(parent).to_be_focused()
    expect(parent).to_have_accessible_description(re.compile("不以上级的"))
    assert violations(page) == []
    fill(form, {"编号": VILLAGE, "纬度（WGS 84）": "36.1", "经度（WGS 84）": "117.2"})
    form.get_by_role("button", name="登记阵地").click()
    expect(code).to_have_accessible_description(re.compile("已经登记给“东关社区实践站”"))
    code.fill(NEW)
    send(form)
    expect(page.locator("h1")).to_have_text("南关村实践站")
    fill(form := asks(page, "登记年度数据"), {"年度": "2025", "常住人口": "1800", "专职人员": "1"})
    send(form)
    expect(page.get_by_role("table", name="逐年统计")).to_contain_text("1,800")
    fill(form := asks(page, "登记资源"), {"名称": "农家书屋", "类别": "场地"})
    page.route(re.compile("/v1/resources/R"), lost, times=1)
    enter(form)
    expect(form.get_by_role("alert")).to_contain_text("连不上服务器")
    send(form)  # once more under the same key: what is registered already is no mistake
    expect(page.locator("main h3")).to_have_text("农家书屋")
    form = asks(page, "修改资料")
    fill(
        form,
        {"名称": "南关社区实践站", "社区或村": "urban", "纬度（WGS 84）": "", "经度（WGS 84）": ""},
    )
    send(form)
    expect(page.locator("h1")).to_have_text("南关社区实践站")
    expect(page.locator("main")).not_to_contain_text("坐标")
    expect(page.get_by_role("button", name="修改资料")).to_be_focused()

    turn(page, "teams")
    form = asks(page, "登记队伍")
    wish = {"名称": "南关巡防队", "类别": "general", "场所": NEW, "队长（志愿者编号）": "V99999999"}
    fill(form, wish)
    enter(form)
    leader = form.get_by_label("队长（志愿者编号）")
    expect(leader).to_have_accessible_description("没有编号为 V99999999 的志愿者，请先登记")
    leader.fill(BARBER)
    send(form)
    expect(page.locator(".facts")).to_contain_text("王师傅")
    fill(
        form := asks(page, "登记培训"), {"名称": "急救培训", "开始": at(2)[:16], "结束": at(1)[:16]}
    )
    enter(form)
    ends = form.get_by_label("结束", exact=True)
    expect(ends).to_have_accessible_description("结束须晚于开始")
    ends.fill(at(2, 2)[:16])
    send(form)
    expect(page.locator("h1")).to_have_text("急救培训")
    expect(page.locator(".facts")).to_contain_text("南关巡防队")

    turn(page, "activities")
    form = asks(page, "制定计划")
    form.get_by_role("button", name="增加一项").click()
    second = form.get_by_role("group", name="第 2 项")
    fill(form, {"单位": "team", "队伍": "巡防"})
    fill(form, {"单位": "place", "场所": NEW})
    fill(form.get_by_role("group", name="第 1 项"), {"内容": "洁净家园", "次数": "12",
                                                   "固定活动日": "0 5"})  # fmt: skip
    fill(second, {"内容": "科普宣讲", "类别": "lecture"})
    send(form)
    plan = page.get_by_role("row").filter(has_text="洁净家园")
    expect(plan).to_contain_text("每月 5 日")
    plan.get_by_role("button").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="删去第 1 项").click()
    send(form)
    expect(plan).to_have_count(0)
    form = asks(page, "制定计划")
    fill(form, {"场所": NEW, "内容": "科普宣讲"})
    form.get_by_role("button", name="制定计划").click()
    expect(form.get_by_label("年度")).to_have_accessible_description(re.compile("已有计划"))
    page.keyboard.press("Escape")
    [kept] = centre.served.lines("activities", "plans", "--whose", NEW)
    assert [(one["title"], one["category"]) for one in kept["items"]] == [("科普宣讲", "lecture")]


def test_a_station_is_merged_and_a_team_dissolved(browser: Browser, centre: Centre) -> None:
    record_more(centre, [
        register("place", FOLDED, name="北关村实践站", kind="station", parent=TOWN),
        register("team", "T2", name="北关队", place=FOLDED),
        shop_event("membership.joined", NEIGHBOUR, at(-3), team="T2"),
    ])  # fmt: skip
    page = at_desk(browser, centre, f"places/{FOLDED}")
    form = asks(page, "撤并")
    form.get_by_role("combobox", name="并入").fill(GONE)
    expect(form.get_by_role("status")).to_have_text("没有找到")
    fill(form, {"并入": VILLAGE})
    enter(form)
    expect(form.get_by_label("理由")).to_have_accessible_description("请填写“理由”")
    fill(form, {"理由": "行政村合并"})
    send(form)
    expect(page.locator("main")).to_contain_text("并入 东关社区实践站")
    turn(page, "teams/T2")
    fill(form := asks(page, "解散"), {"理由": "并入巡防队"})
    send(form)
    expect(page.locator("main")).to_contain_text("解散")
    expect(page.get_by_role("button", name="加入队员")).to_have_count(0)
    assert "T2" not in {one["team"] for one in centre.served.lines("teams")}
    turn(page, f"places/{FOLDED}")
    send(asks(page, "恢复"))
    expect(page.get_by_role("button", name="撤并")).to_be_visible()


def test_a_list_is_narrowed_and_its_address_keeps_it(browser: Browser, centre: Centre) -> None:
    page = at_desk(browser, centre, "places")
    rows = page.get_by_role("table", name="阵地").locator("tbody tr")
    within = page.get_by_role("combobox", name="范围")
    within.fill("街道")
    expect(page.get_by_role("option")).to_have_count(1)
    within.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(within).to_have_value("")
    within.press("ArrowDown")  # everywhere, the centre, the sub-centre …
    expect(page.get_by_role("option").nth(2)).to_contain_text("青岚县实践中心")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        within.press(key)
    expect(within).to_have_value("城关街道实践所")
    page.get_by_label("名称或编号").fill("东关")
    expect(rows).to_have_count(1)
    page.reload()
    settled(page)
    expect(within).to_have_value("城关街道实践所")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="东关社区实践站").click()
    page.get_by_role("link", name="回到阵地").click()
    expect(rows).to_have_count(1)
    turn(page, "teams")
    teams = page.get_by_role("table", name="队伍")
    expect(teams).to_contain_text("助老志愿服务队")
    choose(page, "场所", "东关")
    expect(page.get_by_text("没有找到队伍")).to_be_visible()
    page.go_back()
    expect(teams).to_contain_text("助老志愿服务队")


def test_a_name_that_comes_late_leaves_what_is_typed_alone(
    browser: Browser, centre: Centre
) -> None:
    page = at_desk(browser, centre, f"teams?in={TOWN}")
    late: list[Route] = []
    page.route(
        re.compile(f"/v1/places/tree.*text={TOWN}"), lambda route: late.append(route), times=1
    )
    page.reload()
    settled(page)
    within = page.get_by_role("combobox", name="场所")
    expect(within).to_have_value(TOWN)
    within.select_text()
    [asked] = late
    with page.expect_response(asked.request.url):
        asked.continue_()
    page.wait_for_timeout(100)
    page.keyboard.type("东关")
    expect(within).to_have_value("东关")
    expect(page.get_by_role("option").first).to_contain_text("东关社区实践站")
    within.press("Escape")
    within.blur()
    expect(within).to_have_value("城关街道实践所")


def test_who_may_not_register_sees_no_button_and_is_told_why(
    browser: Browser, centre: Centre
) -> None:
    page = entered(browser, centre, "desk", centre.reader)
    for view in ("places", f"places/{VILLAGE}", "teams", "teams/T1", "activities"):
        turn(page, view)
        assert page.locator("main").get_by_role("button", name=CHANGES).count() == 0, view
    clerk = at_desk(browser, centre, "places")
    form = asks(clerk, "登记阵地")
    fill(form, {"类别": "centre", "编号": "370198000000", "名称": "邻县中心"})
    enter(form)
    expect(form.get_by_role("alert")).to_have_text("没有权限")
    expect(form.get_by_label("名称")).to_have_value("邻县中心")


CHANGES = re.compile("^(登记|修改|撤并|恢复|解散|加入|制定|退出)")

VIEWS = ("orders", "orders/D-late", "orders/D-idle", "places", f"places/{VILLAGE}", "teams",
         "teams/T1", "activities", "activities/A1")  # fmt: skip


@pytest.mark.parametrize(("theme", "size"), [("light", PHONE), ("dark", TABLET)])
def test_axe_finds_nothing(
    browser: Browser, centre: Centre, theme: Theme, size: ViewportSize
) -> None:
    page = entered(browser, centre, "desk", centre.office, size, theme)
    for view in VIEWS:
        turn(page, view)
        assert violations(page) == [], view
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{view} is wider than its screen"
    turn(page, "orders")
    page.get_by_role("button", name="点单").click()
    assert violations(page) == []
    for view, button in (("places", "登记阵地"), ("activities", "制定计划")):
        turn(page, view)
        asks(page, button).locator("footer button").last.click()
        assert violations(page) == [], button
        form = page.get_by_role("dialog")
        assert form.evaluate("one => one.scrollWidth <= one.clientWidth"), button
    own = entered(browser, centre, "me", centre.neighbour, PHONE, theme)
    part(own, "activities")
    assert violations(own) == []


def test_next_to_nothing_moves_while_a_view_loads(browser: Browser, centre: Centre) -> None:
    page = entered(browser, centre, "desk", centre.office, PHONE)
    watch_shifts(page)
    for view in ("orders", f"places/{VILLAGE}", "teams", "activities"):
        page.goto("about:blank")
        page.goto(f"{centre.served.address}/desk/#/{view}")
        page.wait_for_load_state("networkidle")
        settled(page)
        moved = page.evaluate("globalThis.moved")
        assert sum(one[0] for one in moved) < STILL, (view, moved)
