"""Can an office look, ask, decide and make policy at its desk, and is it what is recorded?"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from ledger.access import Scope, Who
from ledger.access.granting import Giver, grant
from ledger.access.passes import ISSUER, issue
from ledger.clock import CHINA, from_micros
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import check_in, check_out, record, redeem, register
from tests.identity_provider import IdentityProvider
from tests.web.browsing import PHONE, TABLET, Theme, somebody, turn
from tests.web.served import PLACE, VOLUNTEERS, Served
from tests.web.test_pages import violations

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.usefixtures("tools")]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "points-bank.yaml"
GUARDED = EXAMPLE.read_text() + "safeguards: {two_places: {clauses: earn}}\n"
"""Points that expire, stars at 5, 20 and 50 hours; who is at two places at once is looked at."""

COUNTY, TOWN, OTHER_TOWN = "370199000000", "370199001000", "370199002000"
VILLAGE, FAR = "370199001002", "370199002001"
LONG_NAME = "青岚县城关街道西关社区新时代文明实践站(党群服务中心二楼志愿者之家)"
KEEN, SUSPECT, SHOPPER = VOLUNTEERS[0], VOLUNTEERS[2], VOLUNTEERS[3]
ROLES = ("officer", "reviewer", "auditor", "privacy-officer")
TODAY = datetime.now(CHINA).date()


class Office(NamedTuple):
    """A served ledger, and the passes of two people of its policy office."""

    served: Served
    first: str
    second: str


def day(back: int) -> str:
    return (TODAY - timedelta(days=back)).isoformat()


def served_at(volunteer: str, back: int, start: str, end: str, place: str = PLACE) -> list[bytes]:
    """A visit; each place has an activity and a kiosk of its own."""
    where = {"place": place, "source": f"kiosk/{place}"}
    return [
        check_in(volunteer, f"{day(back)}T{start}", f"A{place}", **where),
        check_out(volunteer, f"{day(back)}T{end}", f"A{place}", **where),
    ]


def history() -> list[bytes]:
    """25 hours of one, 6 of another, some of others elsewhere; somebody at two places at once."""
    found = [
        register("place", COUNTY, name="青岚县实践中心", kind="centre"),
        register("place", TOWN, name="城关街道实践所", kind="sub-centre"),
        register("place", OTHER_TOWN, name="柳泉镇实践所", kind="sub-centre"),
        register("place", VILLAGE, name=LONG_NAME, kind="station"),
        register("place", FAR, name="柳泉村实践站", kind="station"),
        register("activity", f"A{PLACE}", name="清洁家园", place=PLACE),
        register("merchant", "M01", name="惠民超市"),
        register("item", "RICE", name="大米5kg", prices=[{"points": "4"}]),
        *(register("volunteer", one, name="老李", place=VILLAGE) for one in ("W1", "W2", "W3")),
        register("volunteer", "X1", name="小张", place=FAR),
    ]
    for back in range(30, 5, -1):
        found += served_at(KEEN, back, "08:00", "09:00")
    found += served_at(SHOPPER, 20, "08:00", "14:00")
    found.append(redeem(SHOPPER, "R1", "4", item="RICE", time=f"{day(10)}T10:00"))
    found += served_at("W1", 12, "08:00", "10:00", VILLAGE)
    found += served_at("X1", 12, "08:00", "11:00", FAR)
    found += served_at(SUSPECT, 8, "08:00", "10:00")
    found += served_at(SUSPECT, 8, "09:00", "11:00", VILLAGE)
    return found


def pass_of(recorder: Recorder, name: str) -> str:
    """The secret of somebody who may do all that is done at the desk, in the county."""
    area, giver = Scope("place", COUNTY), Giver("owner")
    made = issue(recorder, "policy-office", area, giver, name=name, days=1)
    until = from_micros(recorder.now(), UTC) + timedelta(days=1)
    for role in ROLES:
        grant(recorder, Who(ISSUER, made.ident), role, area, giver, name=name, until=until)
    return made.secret


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "policy.yaml").write_text(GUARDED)
    served = Served(folder, policy=str(folder / "policy.yaml"), VLEDGER_PLACE=COUNTY)
    database = Database(served.database)
    recorder = Recorder(database, parse(GUARDED, "policy.yaml"))
    record(recorder, history())
    people = [pass_of(recorder, name) for name in ("李慧", "赵明")]
    database.close()
    served.command("review")
    served.command("identity", "init")
    known = ("--name", "王小明", "--document", "370181199001011237", "--consent", "record")
    served.command("identity", "put", KEEN, "--by", "张三", *known)
    served.command("identity", "show", KEEN, "--reveal", "--by", "张三", "--purpose", "核对证件")
    served.command("checkpoint")
    with served:
        yield Office(served, *people)


def entered(
    browser: Browser,
    office: Office,
    secret: str,
    view: str = "",
    size: ViewportSize = TABLET,
    theme: Theme = "light",
) -> Page:
    """The desk of somebody who opens their link."""
    page = somebody(browser, size, theme).new_page()
    page.goto(f"{office.served.address}/desk/#pass={secret}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    if view:
        turn(page, view)
    return page


def table(page: Page, caption: str) -> Locator:
    return page.get_by_role("table", name=caption)


def stat(page: Page, name: str) -> Locator:
    return page.locator(".stat", has_text=name).locator("dd").first


def test_the_overview_leads_down_through_the_places(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first)
    expect(page.locator("h1")).to_have_text("青岚县实践中心")
    everybody = len(VOLUNTEERS) + 4
    expect(stat(page, "志愿者")).to_have_text(str(everybody))
    expect(stat(page, "服务时长")).to_contain_text("36 小时")
    expect(stat(page, "兑换积分")).to_contain_text("4")
    expect(page.locator(".levels > div", has_text="2 星").locator("dd")).to_have_text("1")
    expect(page.locator(".treemap li")).to_have_count(2)
    page.locator(".treemap a", has_text="城关街道实践所").click()
    expect(page.locator("h1")).to_have_text("城关街道实践所")
    expect(stat(page, "志愿者")).to_have_text(str(everybody - 1))
    table(page, "下辖场所").get_by_role("link", name=LONG_NAME).click()
    expect(page.locator("h1")).to_have_text(LONG_NAME)
    expect(stat(page, "志愿者")).to_have_text("3")
    expect(stat(page, "服务时长")).to_contain_text("2 小时")  # the suspect's is held for now
    page.get_by_text("数据表").click()
    months = table(page, "每月服务时长（小时）")
    expect(months.locator("tr", has_text=day(12)[:7])).to_contain_text("小时")
    page.get_by_role("navigation", name="所在层级").get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text("青岚县实践中心")


def test_its_tables_are_taken_along(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first)
    rows = rows_of(saved(page, page.locator(".ends").get_by_role("link", name="下载 XLSX")))
    assert [row[1] for row in rows[1:]] == ["城关街道实践所", "柳泉镇实践所", "合计"]
    assert rows[-1][2] == len(VOLUNTEERS) + 4
    rows = rows_of(saved(page, page.get_by_role("link", name="星级名单 XLSX")))
    assert [(row[0], row[4]) for row in rows[1:]] == [(KEEN, "2"), (SHOPPER, "1")]


def saved(page: Page, button: Locator) -> bytes:
    """What is downloaded when it is pressed."""
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_bytes()


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def test_stars_are_asked_by_ids(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first, "stars")
    page.get_by_label("志愿者编号").fill(KEEN)
    page.get_by_role("button", name="查询").click()
    result = table(page, "查询结果").locator("tbody tr")
    expect(result).to_have_count(1)
    expect(result).to_contain_text("2 星")
    expect(result).to_contain_text("25 小时")
    page.get_by_label("志愿者编号").fill(f"{KEEN}，W1 nobody")
    page.get_by_role("button", name="查询").click()
    expect(result).to_have_count(3)
    expect(page.get_by_text("查到 2 人，查无 1 人")).to_be_visible()
    expect(result.nth(1)).to_contain_text("老李")
    expect(result.nth(2)).to_contain_text("查无此人")


def workbook(*ids: str) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "志愿者编号"])
    for ident in ids:
        sheet.append(["某人", ident])
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("名单.csv", f"姓名,志愿者编号\n王,{KEEN}\n李,W1\n?,V9\n".encode("gb18030")),
        ("名单.xlsx", workbook(KEEN, "W1", "V9")),
    ],
)
def test_stars_are_asked_by_a_file_and_come_back_as_files(
    browser: Browser, office: Office, name: str, content: bytes
) -> None:
    page = entered(browser, office, office.first, "stars")
    page.get_by_label("上传名单文件").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(table(page, "查询结果").locator("tbody tr")).to_have_count(3)
    card = page.locator(".card", has=table(page, "查询结果"))
    asked = [(KEEN, "2"), ("W1", "0"), ("V9", "")]
    text = saved(page, card.get_by_role("button", name="下载 CSV")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [(row[0], row[4]) for row in rows[1:]] == asked
    rows_too = rows_of(saved(page, card.get_by_role("button", name="下载 XLSX")))
    assert [(row[0], str(row[4] or "")) for row in rows_too[1:]] == asked
    assert float(rows_too[1][5]) == 25


def test_a_volunteers_star_and_points_are_explained(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first, "volunteer")
    page.get_by_label("志愿者编号").fill(SHOPPER)
    page.get_by_role("button", name="打开").click()
    expect(page.locator(".card", has_text="星级由来")).to_contain_text("hours >= 5")
    hours = table(page, "时长由来").locator("tbody tr")
    expect(hours).to_have_count(1)
    expect(hours).to_contain_text("清洁家园")
    expect(hours).to_contain_text(f"kiosk/{PLACE}#")
    hours.locator("summary").click()
    expect(hours).to_contain_text("每服务满一小时计1分")
    bought = (
        table(page, "积分由来")
        .locator("tr", has_text="−4")
        .or_(table(page, "积分由来").locator("tr", has_text="-4"))
    )
    expect(bought).to_contain_text("在 惠民超市 兑换 大米5kg")
    turn(page, f"volunteer/{KEEN}")
    hours = table(page, "时长由来").locator("tbody tr")
    expect(hours).to_have_count(20)
    page.get_by_role("button", name="更多").first.click()
    expect(hours).to_have_count(25)


def write(page: Page, text: str) -> None:
    """Put a text in the place of all that is in the editor."""
    page.locator(".editor .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_a_policy_takes_two_people(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first, "policies")
    versions = table(page, "政策版本").locator("tbody tr")
    expect(versions).to_have_count(1)
    propose = page.get_by_role("button", name="提交审批")
    expect(page.get_by_text("没有问题")).to_be_visible()
    expect(propose).to_be_disabled()  # it is what is in force

    write(page, GUARDED.replace("currencies:", "curencies:", 1))
    at = GUARDED.splitlines().index("currencies:") + 1
    expect(page.get_by_role("button", name=f"第 {at} 行")).to_be_visible()
    expect(page.locator(".problems")).to_contain_text("curencies")
    expect(page.locator(".editor .cm-lint-marker-error").first).to_be_visible()
    expect(propose).to_be_disabled()

    write(page, GUARDED.replace("3: 50", "3: 25", 1))
    expect(page.get_by_text("没有问题")).to_be_visible()
    page.get_by_role("tab", name="对比").click()
    expect(page.locator(".change")).to_have_count(1)
    expect(page.locator(".change")).to_contain_text("ladders.star")
    expect(page.locator(".diff .in")).to_contain_text("3: 25")
    page.get_by_role("tab", name="试算").click()
    page.get_by_role("button", name="开始试算").click()
    levels = table(page, "各星级人数").locator("tbody tr")
    expect(levels.last).to_contain_text("3 星", timeout=60_000)
    assert levels.last.locator("td").all_inner_texts() == ["0", "1"]
    expect(page.locator(".chart")).to_have_count(2)

    page.get_by_role("tab", name="草稿").click()
    propose.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="提交审批").click()
    expect(dialog).to_contain_text("请填写“施行日期”")
    dialog.get_by_label("施行日期").fill(TODAY.isoformat())
    dialog.get_by_label("依据与说明").fill("三星级降为25小时")
    dialog.get_by_role("button", name="提交审批").click()
    expect(page.get_by_text("这是您提出的：须由另一人批准")).to_be_visible()
    expect(page.get_by_role("button", name="批准")).to_have_count(0)
    expect(page.locator(".chart")).to_have_count(2)

    other = entered(browser, office, office.second, "policies")
    proposed = table(other, "政策提案").locator("tbody tr")
    expect(proposed).to_contain_text("李慧")
    proposed.get_by_role("link").click()
    expect(other.locator(".facts")).to_contain_text("三星级降为25小时")
    expect(other.locator(".change")).to_contain_text("ladders.star")
    expect(other.locator(".diff .out")).to_contain_text("3: 50")
    expect(other.locator(".chart")).to_have_count(2)  # as the proposer simulated it
    other.get_by_role("button", name="批准").click()
    other.get_by_role("dialog").get_by_role("button", name="批准").click()
    versions = table(other, "政策版本").locator("tbody tr")
    expect(versions).to_have_count(2)
    expect(versions.last).to_contain_text("施行中")
    expect(versions.last).to_contain_text(TODAY.isoformat())
    expect(versions.first).to_contain_text("已失效")
    expect(proposed).to_contain_text("已批准")
    expect(proposed).to_contain_text("赵明")
    expect(other.get_by_role("button", name="撤回")).to_have_count(0)
    adopted = office.served.lines("policy", "list")
    assert [one["from"] for one in adopted][-1] == TODAY.isoformat()


def test_a_review_is_decided_and_leaves_the_queue(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first, "reviews")
    waiting = table(page, "待复核").locator("tbody tr")
    expect(waiting).to_have_count(2)  # both of the visits
    expect(waiting.first).to_contain_text("同时两地")
    expect(waiting.first).to_contain_text("时长 1 小时")
    for left in (1, 0):
        waiting.first.get_by_role("button", name="处理").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="处理").click()
        expect(dialog).to_contain_text("请填写“理由”")
        dialog.get_by_label("作废" if left else "计入").check()
        dialog.get_by_label("理由").fill("现场核实")
        dialog.get_by_role("button", name="处理").click()
        expect(waiting).to_have_count(left)
    expect(page.get_by_text("没有待复核的服务记录")).to_be_visible()
    page.get_by_label("状态").select_option("all")
    expect(waiting).to_have_count(2)
    expect(waiting.filter(has_text="现场核实 李慧")).to_have_count(2)
    assert office.served.asked("volunteer", SUSPECT)["seconds"] == 2 * 3600


def test_the_audit_view_shows_who_looked_and_who_may(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.first, "audit")
    looks = table(page, "个人信息查阅").locator("tbody tr")
    expect(looks).to_have_count(1)
    expect(looks).to_contain_text("核对证件")
    expect(looks).to_contain_text("证件号码")
    page.get_by_role("tab", name="授权").click()
    expect(table(page, "授权").locator("tbody tr")).to_have_count(2 * (1 + len(ROLES)))
    expect(table(page, "授权").locator("tr", has_text="赵明").first).to_contain_text("有效")
    page.get_by_role("tab", name="检查点").click()
    expect(table(page, "检查点").locator("tbody tr")).not_to_have_count(0)


VIEWS = ("", f"overview/{TOWN}", "stars", f"volunteer/{SHOPPER}", "reviews", "complaints",
         "policies", "audit")  # fmt: skip


@pytest.mark.parametrize(("theme", "size"), [("light", PHONE), ("dark", TABLET)])
def test_axe_finds_nothing(
    browser: Browser, office: Office, theme: Theme, size: ViewportSize
) -> None:
    page = entered(browser, office, office.first, size=size, theme=theme)
    proposals = page.evaluate("fetch('/v1/policies/proposals').then((one) => one.json())")
    for view in (*VIEWS, *(f"policies/{one['id']}" for one in proposals["items"][:1])):
        turn(page, view)
        if view == "stars":
            page.get_by_label("志愿者编号").fill(f"{KEEN} nobody")
            page.get_by_role("button", name="查询").click()
            expect(table(page, "查询结果")).to_be_visible()
        if view == "reviews":
            page.get_by_label("状态").select_option("all")
            expect(table(page, "待复核").locator("tbody tr")).to_have_count(2)
        if view == "policies":
            expect(page.get_by_text("没有问题")).to_be_visible()
        assert violations(page) == [], view
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{view} is wider than its screen"


def test_whoever_logs_in_by_the_provider_comes_back(
    browser: Browser, provider: IdentityProvider, tmp_path: Path
) -> None:
    served = Served(tmp_path)
    who = f"{provider.issuer}#li"
    served.command("access", "grant", who, "auditor", "--place", TOWN, "--by", "张三")
    served.set(VLEDGER_OIDC_ISSUER=provider.issuer)
    with served:
        page = somebody(browser).new_page()
        page.goto(f"{served.address}/desk/#/audit")
        page.get_by_role("link", name="登录").click()
        page.locator("input[name=login]").fill("li")
        page.locator("input[name=password]").fill("li")
        page.locator("[type=submit]").click()
        page.locator("[type=submit]").click()
        page.wait_for_url(re.compile(r"/desk/#/audit$"))
        expect(page.locator("h1")).to_have_text("审计")
        page.get_by_role("button", name="退出").click()
        expect(page.get_by_role("link", name="登录")).to_be_visible()
