"""Are projects, the yearly assessment, honours and benefits on the pages what the ledger has?"""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from ledger.access import Scope
from ledger.access.granting import Giver
from ledger.access.passes import issue
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import record, register, shop_event, used, visit
from tests.web.browsing import PHONE, TABLET, Theme, choose, somebody, turn, watch_shifts
from tests.web.served import Served
from tests.web.test_desk import pass_of, saved, stat, table
from tests.web.test_pages import violations

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.usefixtures("tools")]

POLICY = Path(__file__).parents[2] / "docs" / "examples" / "benefits.yaml"
"""A bus card from 2 hours on, a check-up for each 4 hours; stars at 2 and 6 hours."""

COUNTY, TOWN = "370199000000", "370199001000"
STATION, POOR = "370199001001", "370199001002"
ME = "V00000001"
TODAY = date.today()
YEAR = TODAY.year
ROOMS = ["讲堂", "书屋", "棋室"]


class Centre(NamedTuple):
    """A served county, and the secrets of its office and of a volunteer."""

    served: Served
    office: str
    volunteer: str


def place(ident: str, name: str, kind: str, rooms: int = 3) -> bytes:
    return register("place", ident, "2025-01-01T08:00", name=name, kind=kind,
                    functions=ROOMS[:rooms])  # fmt: skip


def history() -> list[bytes]:
    """A county of four places, one with a room only; ME has 5 hours and has used the bus card."""

    def project(step: str, day: int, **data: Any) -> bytes:
        at = (TODAY - timedelta(days=30 - day)).isoformat()
        return shop_event(f"project.{step}", "P1", f"{at}T08:00", **data)

    day = (TODAY - timedelta(days=1)).isoformat()
    return [
        place(COUNTY, "青岚县实践中心", "centre"),
        place(TOWN, "城关街道实践所", "sub-centre"),
        place(STATION, "东关社区实践站", "station"),
        place(POOR, "柳泉村实践站", "station", rooms=1),
        shop_event("place.counted", COUNTY, year=YEAR, residents=20, full_time_staff=4),
        register("volunteer", ME, name="小王", place=STATION),
        register("merchant", "BUS", name="县公交公司", place=COUNTY),
        register("activity", "A1", name="四点半课堂", place=STATION, project="P1"),
        *visit(ME, day, "08:00", "13:00"),
        used(ME, f"{day}T15:00", "bus_card", provider="BUS", ident="ride-1"),
        project("submitted", 2, name="银龄义诊", place=TOWN, category="义诊"),
        project("screened", 3, outcome="pass", experts=1, pass_mark="60"),
        project("scored", 4, expert="E1", score="88.5", comment="可行"),
        project("admitted", 5, library=COUNTY),
        project("released", 6, where="没有公示过"),
        project("supported", 7, form="money", yuan="5000.00", of="慈善会"),
        project("brand-named", 8, level="county", of=COUNTY),
    ]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    first, *others = history()
    served = Served(folder, [first.decode()], policy=str(POLICY), VLEDGER_PLACE=COUNTY)
    database = Database(served.database)
    recorder = Recorder(database, parse(POLICY.read_text(), POLICY.name))
    receipt = record(recorder, others)
    assert not receipt.rejects
    office = pass_of(recorder, "李慧")
    own = issue(recorder, "volunteer", Scope("volunteer", ME), Giver("owner"), name="小王", days=1)
    database.close()
    with served:
        yield Centre(served, office, own.secret)


@pytest.fixture
def desk(browser: Browser, centre: Centre) -> Page:
    return entered(browser, centre)


def entered(
    browser: Browser, centre: Centre, size: ViewportSize = TABLET, theme: Theme = "light"
) -> Page:
    page = somebody(browser, size, theme).new_page()
    page.goto(f"{centre.served.address}/desk/#pass={centre.office}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    return page


def fill(page: Page, button: str, **values: str) -> None:
    """Fill in the dialog that is open, by its labels, and send it; it closes."""
    dialog = page.get_by_role("dialog")
    for label, value in values.items():
        entry = dialog.get_by_label(label, exact=True)
        if entry.get_attribute("role") == "combobox":
            choose(dialog, label, value)
        elif entry.evaluate("(one) => one.tagName") == "SELECT":
            entry.select_option(value)
        else:
            entry.fill(value)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_have_count(0)


def row(page: Page, caption: str, *texts: str) -> Locator:
    """The row of a table in which all these texts stand."""
    found = table(page, caption).locator("tbody tr")
    for text in texts:
        found = found.filter(has_text=text)
    return found


def cells(sheet: Any) -> list[tuple[Any, ...]]:
    """What stands in a sheet, row by row."""
    return list(sheet.iter_rows(values_only=True))


LEVELS = {"centre": "中心", "sub-centre": "所", "station": "站", "team": "志愿服务队"}


def test_the_assessment_shows_the_figures_of_the_command(desk: Page, centre: Centre) -> None:
    told = centre.served.asked("assess", "--place", COUNTY, "--year", str(YEAR))
    turn(desk, "assessment")
    expect(desk.locator("h1")).to_have_text(f"青岚县实践中心 · {YEAR} 年")
    expect(stat(desk, "得分")).to_contain_text(f"{told['score'] / 100:.2f}")
    rows = table(desk, "指标").locator("tbody tr")
    expect(rows).to_have_count(len(told["indicators"]))
    for one, part in zip(rows.all(), told["indicators"], strict=True):
        assert one.locator(".level").inner_text() == LEVELS[part["level"]]
        state, _due, actual, _share, where, *_ = one.locator("td").all_inner_texts()
        if part["line"] is None:
            assert (actual, state) == ("", f"{part['met']}/{part['asked']}")
        else:
            had = part["line"]["actual"]
            assert actual == ("—" if had is None else str(had)), part
        assert bool(where) == (part["met"] < part["asked"])
    staff = rows.filter(has_text="专职工作人员").first
    expect(staff).to_contain_text("≥ 5")
    expect(staff).to_contain_text("分别不少于5人、2人、1人")


def test_what_is_missing_leads_down_to_the_station(desk: Page, centre: Centre) -> None:
    turn(desk, "assessment")
    desk.get_by_role("button", name="看缺项 功能室数量 站").click()
    asked = ("assess", "missing", "--place", COUNTY, "--year", str(YEAR))
    lines = centre.served.lines(*asked, "--indicator", "function-rooms")
    lacking = table(desk, "缺项").locator("tbody tr")
    expect(lacking).to_have_count(len(lines))
    assert [one["lacking"] for one in lines] == [2]
    expect(lacking.locator("td").nth(4)).to_have_text("2")
    lacking.get_by_role("link", name="柳泉村实践站").click()
    expect(desk.locator("h1")).to_have_text(f"柳泉村实践站 · {YEAR} 年")
    expect(row(desk, "指标", "功能室数量")).to_contain_text("未达标")
    expect(stat(desk, "同级名次")).to_have_text("2 / 2")
    desk.get_by_role("tab", name="排名").click()
    beside = table(desk, "同级排名（城关街道实践所）").locator("tbody tr")
    expect(beside).to_have_count(2)
    expect(beside.first).to_contain_text("东关社区实践站")
    desk.get_by_role("navigation", name="上级").get_by_role("link").first.click()
    expect(desk.locator("h1")).to_have_text(f"青岚县实践中心 · {YEAR} 年")
    desk.get_by_label("年度", exact=True).select_option(str(YEAR - 1))
    expect(desk.locator("h1")).to_have_text(f"青岚县实践中心 · {YEAR - 1} 年")


def test_an_assessment_is_sent_by_its_address(desk: Page, centre: Centre) -> None:
    desk.goto(f"{centre.served.address}/desk/#/assessment/{TOWN}?year={YEAR - 1}&tab=ranking")
    heading = desk.locator("h1")
    expect(heading).to_have_text(f"城关街道实践所 · {YEAR - 1} 年")
    expect(desk.get_by_role("tab", name="排名")).to_have_attribute("aria-selected", "true")
    table(desk, "下辖场所排名").get_by_role("link", name="柳泉村实践站").click()
    expect(heading).to_have_text(f"柳泉村实践站 · {YEAR - 1} 年")
    choose(desk, "场所", "东关")
    expect(heading).to_have_text(f"东关社区实践站 · {YEAR - 1} 年")
    desk.get_by_label("年度", exact=True).select_option(str(YEAR))
    expect(heading).to_have_text(f"东关社区实践站 · {YEAR} 年")
    for name, year in (("东关社区实践站", YEAR - 1), ("柳泉村实践站", YEAR - 1)):
        desk.go_back()
        expect(heading).to_have_text(f"{name} · {year} 年")
    desk.reload()
    expect(heading).to_have_text(f"柳泉村实践站 · {YEAR - 1} 年")


def test_the_report_has_the_figures_of_the_page(desk: Page) -> None:
    turn(desk, "assessment")
    expect(table(desk, "指标")).to_be_visible()
    score = stat(desk, "得分").inner_text().splitlines()[0]
    on_page = [
        (*one.locator("th").inner_text().split("\n"), one.locator("td").nth(2).inner_text())
        for one in table(desk, "指标").locator("tbody tr").all()
    ]
    content = saved(desk, desk.get_by_role("link", name="下载报告 XLSX"))
    book = load_workbook(io.BytesIO(content))
    cover = {one[0]: one[1] for one in cells(book["封面"])}
    assert f"{float(cover['得分']):.2f}" == score
    rows = cells(book["分指标"])[1:]
    known = [(one[1], one[2], "" if one[3] is None else str(one[3])) for one in rows]
    assert known == [
        (name.strip(), level, actual.replace("—", "")) for name, level, actual in on_page
    ]
    assert saved(desk, desk.get_by_role("link", name="下载报告 PDF")).startswith(b"%PDF")


def test_a_sample_is_drawn_again_and_a_finding_appears(desk: Page, centre: Centre) -> None:
    turn(desk, "assessment")
    desk.get_by_role("tab", name="抽查互查").click()
    desk.get_by_role("button", name="抽查抽签").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="抽签", exact=True).click()
    expect(dialog).to_contain_text("请填写“抽取数量”")
    fill(desk, "抽签", 抽取对象="station", 抽取数量="1", 种子="3 1 4")
    [drawn] = centre.served.lines("assess", "draws", "--place", COUNTY)
    assert (drawn["seed"], drawn["listed"], drawn["size"]) == ("3 1 4", 2, 1)
    name = {STATION: "东关社区实践站", POOR: "柳泉村实践站"}[drawn["drawn"][0]]
    expect(table(desk, f"抽中 · {drawn['draw']}").locator("tbody tr")).to_contain_text(name)
    desk.get_by_role("button", name="重抽核对").click()
    expect(desk.get_by_text("重抽一致")).to_be_visible()
    desk.get_by_role("button", name=f"录入发现 · {name}").click()
    fill(desk, "录入发现", 指标="function-rooms", 结论="doubtful", 实见数量="2", 说明="一间上锁")
    expect(row(desk, "核查记录", name, "功能室数量")).to_contain_text("存疑")
    expect(row(desk, "核查记录", name, "功能室数量")).to_contain_text("一间上锁")
    [found] = centre.served.lines("assess", "findings", "--place", COUNTY, "--year", str(YEAR))
    assert (found["verdict"], found["seen"], found["draw"]) == ("doubtful", "2", drawn["draw"])
    desk.get_by_role("button", name="互查配对").click()
    fill(desk, "抽签", 抽取对象="station", 种子="6 2")
    pairs = centre.served.lines("assess", "draws", "--place", COUNTY)[0]["pairs"]
    assert {one["reviewer"] for one in pairs} == {STATION, POOR}
    expect(desk.get_by_role("columnheader", name="核查单位")).to_be_visible()


def test_a_result_is_filed_and_stands_in_the_trend(desk: Page, centre: Centre) -> None:
    turn(desk, f"assessment/{TOWN}")
    desk.get_by_role("tab", name="历年").click()
    years = table(desk, "历年").locator("tbody tr")
    expect(years).to_have_count(2)
    expect(years.last).to_contain_text("未定级")
    desk.get_by_role("button", name="定级存档").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("等次").select_option("excellent")
    dialog.get_by_role("button", name="定级存档").click()
    expect(dialog.get_by_role("alert")).to_contain_text("say in a note why")
    fill(desk, "定级存档", 等次="excellent", 说明="整改后复核")
    expect(years.last).to_contain_text("已定级")
    expect(years.last).to_contain_text("优秀")
    expect(years.last).to_contain_text("李慧")
    [filed] = centre.served.lines("assess", "trend", TOWN)
    expect(years.last).to_contain_text(f"{filed['score'] / 100:.2f}")
    assert (filed["grade"], filed["note"]) == ("excellent", "整改后复核")


def test_a_project_from_the_call_to_its_admission(desk: Page, centre: Centre) -> None:
    turn(desk, "projects")
    choose(desk, "场所", "柳泉")
    expect(table(desk, "项目库").locator("tbody tr")).to_have_count(0)
    choose(desk, "场所", "城关")
    expect(row(desk, "项目库", "银龄义诊")).to_have_count(1)
    desk.get_by_role("button", name="发起征集").click()
    until = f"{YEAR + 1}-12-31T18:00"
    fill(desk, "发起征集", 编号="C9", 名称=f"{YEAR}年项目征集", 截止=until)
    expect(row(desk, "项目征集", "C9")).to_contain_text("征集中")
    desk.get_by_role("button", name="申报项目").click()
    fill(desk, "申报", 项目编号="P9", 名称="夕阳红助餐", 场所=STATION, 征集="C9", 类别="助老")
    expect(desk.locator("h1")).to_have_text("夕阳红助餐")
    desk.get_by_role("button", name="初筛").click()
    fill(desk, "初筛", 评审专家人数="2", 达标均分="80")
    admit = desk.get_by_role("button", name="入库", exact=True)
    expect(admit).to_have_count(0)
    desk.get_by_role("button", name="专家评分").click()
    fill(desk, "专家评分", 专家="E1", 评分="82")
    admit.click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="入库").click()
    expect(dialog.get_by_role("alert")).to_contain_text("专家评审未满")
    dialog.get_by_role("button", name="取消").click()
    desk.get_by_role("button", name="专家评分").click()
    fill(desk, "专家评分", 专家="E2", 评分="90.5")
    expect(stat(desk, "评审均分")).to_contain_text("86.25")
    admit.click()
    fill(desk, "入库", 所在项目库=COUNTY)
    expect(desk.locator("main .badge").first).to_have_text("已入库")
    expect(desk.locator(".timeline > li")).to_have_count(5)
    shown = centre.served.asked("projects", "show", "P9")
    assert (shown["state"], shown["average"], shown["library"]) == ("admitted", "86.25", COUNTY)
    turn(desk, "projects")
    expect(row(desk, "项目库", "夕阳红助餐")).to_contain_text("86.25")
    desk.locator(".pipeline").get_by_role("button", name="公示中").click()
    expect(desk.get_by_text("没有项目")).to_be_visible()


def test_a_project_s_page_has_scores_money_hours_and_steps_without_effect(desk: Page) -> None:
    turn(desk, "projects")
    expect(row(desk, "品牌项目", "中心").locator("td").first).to_have_text("1")
    expect(row(desk, "品牌项目", "中心").locator("td").nth(1)).to_have_text("5")
    row(desk, "项目库", "银龄义诊").get_by_role("link").click()
    expect(stat(desk, "扶持资金")).to_have_text("¥5,000.00")
    expect(stat(desk, "服务时长")).to_contain_text("5 小时")
    expect(row(desk, "专家评分", "E1")).to_contain_text("88.5")
    early = desk.locator(".timeline > li", has_text="没有公示过")
    expect(early).to_contain_text("无效 it is admitted 已入库")


def test_an_honour_goes_its_way_and_benefits_are_withdrawn(desk: Page, centre: Centre) -> None:
    turn(desk, "honours")
    desk.get_by_role("button", name="推荐").click()
    dialog = desk.get_by_role("dialog")
    asked = {"编号": "N1", "荣誉": "优秀志愿者", "对象编号": ME, "年度": str(YEAR)}
    for label, value in {**asked, "政策依据": "star/2"}.items():
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="推荐", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("has not reached star/2")
    fill(desk, "推荐", 政策依据="star/1")
    choose(desk, "推荐单位", "柳泉")
    expect(table(desk, "评先树优").locator("tbody tr")).to_have_count(0)
    desk.go_back()
    row(desk, "评先树优", "优秀志愿者", "小王").get_by_role("link", name="优秀志愿者").click()
    desk.get_by_role("button", name="评审").click()
    fill(desk, "评审", 结论="approved", 文号="〔2026〕1号")
    desk.get_by_role("button", name="公示").click()
    past = [(TODAY - timedelta(days=back)).isoformat() for back in (9, 2)]
    fill(desk, "公示", 自=past[0], 至=past[1])
    desk.get_by_role("button", name="授予").click()
    fill(desk, "授予", 文号="〔2026〕2号")
    expect(desk.locator("main .badge").first).to_have_text("已授予")
    expect(desk.locator(".timeline > li")).to_have_count(4)
    assert centre.served.asked("honours", "show", "N1")["state"] == "conferred"

    turn(desk, f"volunteer/{ME}")
    desk.get_by_role("tab", name="礼遇和荣誉").click()
    expect(row(desk, "评先树优", "优秀志愿者")).to_contain_text("已授予")
    expect(row(desk, "礼遇", "公交年卡").first).to_contain_text("已享受")
    check_up = row(desk, "礼遇", "健康礼遇")
    expect(check_up).to_contain_text("1 / 1")
    expect(check_up).to_contain_text("县医院体检中心")
    for action, state in (("取消礼遇", "withdrawn"), ("恢复礼遇", "open")):
        desk.get_by_role("button", name=f"{action} 健康礼遇").click()
        fill(desk, action, 理由="核实")
        other = {"取消礼遇": "恢复礼遇", "恢复礼遇": "取消礼遇"}[action]
        expect(desk.get_by_role("button", name=f"{other} 健康礼遇")).to_be_visible()
        kept = centre.served.asked("benefits", "show", ME)["entitlements"]
        assert [one["state"] for one in kept if one["benefit"] == "check_up"] == [state]


def test_benefits_are_on_the_volunteers_own_page(browser: Browser, centre: Centre) -> None:
    page = somebody(browser, PHONE).new_page()
    watch_shifts(page)
    page.goto(f"{centre.served.address}/me/#pass={centre.volunteer}")
    told = centre.served.asked("benefits", "show", ME)
    mine = page.locator(".card", has=page.get_by_role("heading", name="我的礼遇"))
    [claim] = [one for one in told["entitlements"] if one["state"] == "open"]
    line = mine.locator("li", has_text="健康礼遇")
    expect(line).to_contain_text(f"可享 {claim['left']}/{claim['amount']}")
    expect(line).to_contain_text("在哪里：县医院体检中心")
    expect(line).to_contain_text("任选：体检、洁牙")
    expect(line.locator("blockquote")).to_contain_text("服务每满4小时")
    past = page.locator(".card", has=page.get_by_role("heading", name="享受过的礼遇"))
    [use] = told["uses"]
    assert use["provider"] == "BUS"
    expect(past.locator("li").first).to_contain_text("公交年卡 × 1")
    expect(past.locator("li").first).to_contain_text("县公交公司")
    assert page.evaluate("globalThis.moved") == []
    assert violations(page) == []


@pytest.mark.parametrize(("theme", "size"), [("light", PHONE), ("dark", TABLET)])
def test_axe_finds_nothing(
    browser: Browser, centre: Centre, theme: Theme, size: ViewportSize
) -> None:
    page = entered(browser, centre, size, theme)
    tabs = ("缺项", "排名", "历年", "抽查互查") if size is PHONE else ("抽查互查",)
    for view, inside in (
        ("projects", ()),
        ("projects/P1", ()),
        ("assessment", tabs),
        ("honours", ()),
        (f"volunteer/{ME}", ("礼遇和荣誉",)),
    ):
        turn(page, view)
        for tab in ("", *inside):
            if tab:
                page.get_by_role("tab", name=tab).click()
                expect(page.locator("main .skeleton")).to_have_count(0, timeout=30_000)
            assert violations(page) == [], (view, tab)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{view} {tab} is wider than its screen"
    page.get_by_role("button", name="English").click()
    turn(page, "assessment")
    expect(page.get_by_role("tab", name="What is missing")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
def test_nothing_moves_while_the_views_load(
    browser: Browser, centre: Centre, size: ViewportSize
) -> None:
    page = entered(browser, centre, size)
    watch_shifts(page)
    for view in ("projects", "assessment", f"assessment/{TOWN}", "honours"):
        page.evaluate("(to) => { location.hash = to; }", f"#/{view}")
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(page.locator("main .skeleton")).to_have_count(0, timeout=30_000)
        assert page.evaluate("globalThis.moved") == [], view
