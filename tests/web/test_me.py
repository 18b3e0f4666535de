"""Does a volunteer's own page show on a phone what the ledger holds, in words that are plain?"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from ledger.clock import CHINA, now_micros
from ledger.core.rulebook import parse
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.shops.codes import MINUTE, Codes, Shown
from ledger.store.database import Database
from tests.builders import check_in, check_out, claim, record, redeem, register
from tests.web.browsing import PHONE, TABLET, Theme, part, somebody, watch_shifts
from tests.web.served import PLACE, VOLUNTEERS, Served
from tests.web.test_pages import violations

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.usefixtures("tools")]

POLICY = Path(__file__).parents[2] / "docs" / "examples" / "points-bank.yaml"
"""Points that expire, and stars at 5, 20 and 50 hours."""

ME, OTHER = VOLUNTEERS[:2]
PARTS = ("home", "hours", "code", "points", "affairs")
TODAY = datetime.now(CHINA).replace(microsecond=0)


def day(back: int) -> str:
    return (TODAY - timedelta(days=back)).date().isoformat()


def history() -> list[bytes]:
    """25 visits of an hour, one of which was corrected; a purchase; somebody is at work now."""
    found = [
        register("merchant", "M01", name="惠民超市"),
        register("item", "RICE", name="大米5kg", prices=[
            {"points": "10"}, {"points": "9", "levels": {"star": 1}},
            {"points": "7", "levels": {"star": 3}}]),
        register("activity", "A1", name="理论宣讲", place=PLACE),
        register("place", "P1", name="东关实践站", kind="station"),
    ]  # fmt: skip
    for back in range(30, 5, -1):
        found += [check_in(ME, f"{day(back)}T08:00"), check_out(ME, f"{day(back)}T09:00")]
    found.append(redeem(ME, "R1", "9", item="RICE", time=f"{day(4)}T10:00"))
    found.append(check_in(ME, f"{day(3)}T08:00", "A2"))  # and never out
    found.append(check_in(ME, (TODAY - timedelta(minutes=30)).isoformat(), "A1"))
    found.append(check_in(OTHER, f"{day(3)}T08:00"))
    left = f"{day(3)}T10:00"
    found.append(claim(OTHER, left, time=f"{day(2)}T08:00", reason="手机没电"))
    return found


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger in which ME has served; the tests only look, or print."""
    served = Served(
        tmp_path_factory.mktemp("me"),
        policy=str(POLICY),
        VLEDGER_CERTIFICATE_ISSUER="东关街道志愿服务站",
        VLEDGER_CERTIFICATE_HEAD="张明",
        VLEDGER_CERTIFICATE_HANDLER="李芳",
        VLEDGER_CERTIFICATE_CONTACT="0531-84230000",
    )
    database = Database(served.database)
    recorder = Recorder(database, parse(POLICY.read_text(), POLICY.name))
    record(recorder, history())
    record(recorder, [check_out(ME, f"{day(10)}T08:20")])  # it comes late: the visit was shorter
    database.close()
    served.command("identity", "init")
    known = ("--name", "王小明", "--document", "370181199001011237", "--consent", "record")
    served.command("identity", "put", ME, "--by", "张三", *known)
    with served:
        yield served


@pytest.fixture(scope="module")
def link(mine: Served) -> str:
    return pass_for(mine, "volunteer", "--volunteer", ME)


def pass_for(served: Served, role: str, *scope: str) -> str:
    """What comes behind the # of a link that lets somebody in."""
    made = served.asked("pass", "issue", "--role", role, *scope, "--name", "小王", "--by", "张三")
    return f"pass={made['secret']}"


def opened(
    browser: Browser, served: Served, link: str, theme: Theme = "light", language: str = "zh"
) -> Page:
    """The page on a phone of somebody who opens their link."""
    page = somebody(browser, PHONE, theme).new_page()
    page.goto(f"{served.address}/me/?lang={language}#{link}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    return page


def told(seconds: int) -> str:
    """Hours as the page writes them."""
    hours, minutes = divmod(seconds // 60, 60)
    whole = f"{hours} 小时" if hours else ""
    rest = f"{minutes} 分" if minutes or not hours else ""
    return " ".join(one for one in (whole, rest) if one)


def held(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = served.asked("volunteer", ME)
    return found


def test_the_start_is_what_the_ledger_holds(browser: Browser, mine: Served, link: str) -> None:
    standing = held(mine)
    assert (standing["star"], standing["seconds"]) == (2, 24 * 3600 + 1200)
    page = opened(browser, mine, link)
    main = page.locator("main")
    expect(page.get_by_role("heading", name="您好，小王")).to_be_visible()
    expect(page.locator(".me-level")).to_have_text("2 星级")
    expect(main).to_contain_text(told(standing["seconds"]))
    expect(main).to_contain_text(f"离 3 星级还差 {told(50 * 3600 - standing['seconds'])}")
    expect(main).to_contain_text("正在服务：理论宣讲")
    expect(main.locator(".stat", has_text="可用积分").locator("dd")).to_contain_text(
        standing["points"]["available"]
    )
    rice = main.locator("li", has_text="大米5kg")
    expect(rice).to_contain_text("9 分")
    expect(rice).to_contain_text("原价 10 分 · 3 星级起 7 分")
    pace = main.get_by_text("按近 91 天的服务").inner_text()
    due = re.search(r"约 (\d+)年(\d+)月(\d+)日达到", pace)
    assert due is not None, pace
    reached = datetime(int(due[1]), int(due[2]), int(due[3]), tzinfo=CHINA)
    missing = 50 * 3600 - standing["seconds"]
    assert abs((reached - TODAY).days - missing * 91 // standing["seconds"]) <= 2


def test_the_secret_stays_in_no_address(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    assert "pass" not in page.url
    page.reload()
    expect(page.get_by_role("heading", name="您好，小王")).to_be_visible()
    assert page.evaluate("document.cookie") == ""


def test_a_star_is_explained_by_its_clause(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    page.get_by_text("为什么是这一级？").click()
    expect(page.get_by_text("达到 2 星级：当时累计的服务符合条件“累计满 20 小时”")).to_be_visible()
    expect(page.get_by_text("依据《")).to_be_visible()
    expect(page.locator(".why li", has_text="1 星级 → 2 星级")).to_be_visible()


def test_hours_by_month_and_each_visit(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    part(page, "hours")
    months = page.locator(".me-months li").all_inner_texts()
    total = sum(seconds_of(one) for one in months)
    assert total == held(mine)["seconds"]
    lines = page.locator(".me-lines > li")
    expect(lines).to_have_count(20)
    page.get_by_role("button", name="再看一些").click()
    expect(lines).to_have_count(25)
    expect(page.get_by_role("button", name="再看一些")).to_have_count(0)
    assert sum(seconds_of(one) for one in lines.locator(".me-amount").all_inner_texts()) == total
    usual = lines.filter(has_text="08:00–09:00").first
    usual.get_by_text("怎么算的？").click()
    expect(usual).to_contain_text("08:00 签到，09:00 签退，在场 1 小时，计入 1 小时")
    expect(usual.locator("blockquote")).to_contain_text("每服务满一小时计1分")


def seconds_of(text: str) -> int:
    hours, minutes = (re.search(rf"(\d+) {unit}", text) for unit in ("小时", "分"))
    return 3600 * int(hours[1] if hours else 0) + 60 * int(minutes[1] if minutes else 0)


def test_points_with_their_last_day(browser: Browser, mine: Served, link: str) -> None:
    purse = held(mine)["points"]
    page = opened(browser, mine, link)
    part(page, "points")
    soon = page.locator(".card", has_text="快到期的积分").locator("li")
    expect(soon).to_have_count(len(purse["expiring"]))
    amounts = soon.locator(".me-amount").all_inner_texts()
    assert amounts == [one["amount"] for one in purse["expiring"]]
    assert sum(map(int, amounts)) == int(purse["balance"])
    more = page.get_by_role("button", name="再看一些")
    while more.count():
        before = page.locator(".me-lines .why").count()
        more.click()
        expect(page.locator(".me-lines .why")).not_to_have_count(before)
    lines = page.locator(".card", has_text="积分明细").locator(".me-lines > li")
    amounts = lines.locator(".me-amount").filter(has_not_text="时间银行").all_inner_texts()
    points = [int(one.split()[0].replace("−", "-")) for one in amounts]
    assert sum(points) == int(purse["balance"])
    bought = lines.filter(has_text="兑换 大米5kg")
    expect(bought).to_contain_text("−9")
    expect(bought).to_contain_text("惠民超市")
    bought.get_by_text("怎么算的？").click()
    expect(bought.locator("blockquote")).to_contain_text("可用积分足够即可兑换")


def test_the_code_is_the_ledgers_and_changes(browser: Browser, mine: Served, link: str) -> None:
    codes = Codes(signer(mine.folder / "vledger.key"))
    page = opened(browser, mine, link)
    page.route("**/code", partial(a_minute_ago, codes), times=1)
    part(page, "code")

    def shown() -> tuple[str, Shown]:
        said = page.locator(".qr").get_attribute("aria-label") or ""
        code = said.removeprefix("兑换码二维码：")
        assert page.locator(".me-digits").inner_text().replace(" ", "") == code
        read = codes.read(code, now_micros())
        assert read is not None
        assert read.volunteer == ME
        return said, read

    expect(page.locator(".me-left")).to_have_text(re.compile(r"\b[1-5]\b"))
    said, first = shown()
    expect(page.locator(".qr")).not_to_have_attribute("aria-label", said, timeout=15_000)
    _, then = shown()
    assert then.minute > first.minute


def a_minute_ago(codes: Codes, route: Route) -> None:
    """What the ledger would have said, five seconds before the code changed."""
    now = route.fetch()
    changes = parsedate_to_datetime(now.headers["date"]) + timedelta(seconds=5)
    code = codes.make(ME, now_micros() - MINUTE).text
    said = {**now.json(), "code": code, "changes": changes.isoformat()}
    route.fulfill(response=now, json=said)


def test_without_the_ledger_no_code_is_shown(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    page.context.set_offline(True)
    part(page, "hours")
    expect(page.get_by_role("alert")).to_contain_text("连不上服务器")
    expect(page.get_by_role("heading", level=1)).to_have_text("时长")
    page.locator(".me-bar a[href='#code']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("兑换码")
    expect(page.get_by_role("alert")).to_contain_text("连不上服务器")
    expect(page.locator(".qr")).to_have_count(0)
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".qr")).to_be_visible()


def test_a_certificate_is_printed(browser: Browser, mine: Served, link: str) -> None:
    before = len(mine.lines("certificate", "list", ME))
    page = opened(browser, mine, link)
    part(page, "affairs")
    page.get_by_role("button", name="开具并下载证明").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("东关街道志愿服务站")
    dialog.get_by_label("需要说明的事项").fill("仅用于入学")
    with page.expect_download(timeout=60_000) as download:
        dialog.get_by_role("button", name="开具并下载证明").click()
    known = mine.lines("certificate", "list", ME)
    assert len(known) == before + 1
    number = known[-1]["number"]
    assert download.value.suggested_filename == f"{number}.pdf"
    paper = PdfReader(BytesIO(Path(download.value.path()).read_bytes()))
    said = re.sub(r"[\n\x00]", "", "".join(one.extract_text() for one in paper.pages))
    assert "王小明" in said
    assert number in said
    expect(page.locator("li", has_text=number)).to_contain_text("有效")


def test_corrections_say_what_was_and_what_is(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    part(page, "affairs")
    card = page.locator(".card", has_text="更正记录")
    expect(card.locator("li")).to_have_count(1)
    expect(card).to_contain_text("原记 1 小时，更正为 20 分")
    marks = page.locator(".card", has_text="没有计入的签到签退").locator("li")
    expect(marks).to_have_count(1)  # the visit that goes on is none of them
    expect(marks).to_contain_text("08:00 签到，之后没有签退")


def test_a_claim_is_seen_while_it_waits(browser: Browser, mine: Served) -> None:
    page = opened(browser, mine, pass_for(mine, "volunteer", "--volunteer", OTHER))
    part(page, "affairs")
    held = page.locator(".card", has_text="复核").locator("li")
    expect(held).to_contain_text("补签退")
    expect(held).to_contain_text("等待复核")
    expect(held).to_contain_text("手机没电")
    part(page, "hours")
    expect(page.locator(".me-lines > li")).to_contain_text("待复核")


def test_a_complaint_is_filed_and_answered(browser: Browser, mine: Served) -> None:
    own = pass_for(mine, "volunteer", "--volunteer", OTHER)
    page = opened(browser, mine, own)
    part(page, "affairs")
    card = page.locator(".card", has=page.get_by_role("heading", name="申诉"))
    expect(card).to_contain_text("没有申诉")
    card.get_by_role("button", name="提出申诉").click()
    dialog = page.get_by_role("dialog", name="提出申诉")
    expect(dialog).to_contain_text("无法删除")
    assert violations(page) == []
    dialog.get_by_label("关于什么？").select_option("points")
    dialog.get_by_label("哪里不对？").fill("少了一分，电话 13812345678")
    dialog.get_by_role("button", name="提出申诉").click()
    expect(dialog.get_by_role("alert")).to_contain_text("请勿填写电话")
    dialog.get_by_label("哪里不对？").fill("五月一日少了一分")
    dialog.get_by_role("button", name="提出申诉").click()
    expect(card.locator("li")).to_contain_text("五月一日少了一分")
    expect(card.locator("li")).to_contain_text("等待答复")

    office = somebody(browser, TABLET).new_page()
    office.goto(f"{mine.address}/desk/#{pass_for(mine, 'officer', '--place', PLACE)}")
    office.get_by_role("link", name="申诉").click()
    expect(office.get_by_role("row", name="五月一日少了一分")).to_be_visible()
    assert violations(office) == []
    office.get_by_role("button", name=f"答复 {OTHER}").click()
    answering = office.get_by_role("dialog")
    answering.get_by_text("已说明").click()
    answering.get_by_label("给志愿者的答复").fill("不足一小时不计分")
    assert violations(office) == []
    answering.get_by_role("button", name="答复").click()
    expect(office.get_by_text("没有待答复的申诉")).to_be_visible()

    page = opened(browser, mine, own)
    part(page, "affairs")
    answered = page.locator(".card", has=page.get_by_role("heading", name="申诉")).locator("li")
    expect(answered).to_contain_text("已说明")
    expect(answered).to_contain_text("不足一小时不计分")
    [kept] = mine.lines("complaints", "--volunteer", OTHER)
    assert (kept["state"], kept["filed_by"]) == ("explained", None)
    mine.command("verify")


def test_whoever_is_no_volunteer_sees_nobodys_page(browser: Browser, mine: Served) -> None:
    page = somebody(browser, PHONE).new_page()
    page.goto(f"{mine.address}/me/#{pass_for(mine, 'till', '--merchant', 'M01')}")
    expect(page.get_by_text("但这里是志愿者本人的页面")).to_be_visible()
    page = somebody(browser, PHONE).new_page()
    page.goto(f"{mine.address}/me/#pass=this-secret-was-never-given-out")
    expect(page.get_by_role("alert")).to_be_visible()
    page = somebody(browser, PHONE).new_page()
    page.goto(f"{mine.address}/me/")
    expect(page.get_by_text("请先登录")).to_be_visible()


def test_a_link_to_the_door_leads_on(browser: Browser, mine: Served, link: str) -> None:
    page = somebody(browser, PHONE).new_page()
    page.goto(f"{mine.address}/#{link}")
    page.wait_for_url("**/me/")
    expect(page.get_by_role("heading", name="您好，小王")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(
    browser: Browser, mine: Served, link: str, theme: Theme, language: str
) -> None:
    page = opened(browser, mine, link, theme, language)
    for name in PARTS:
        part(page, name)
        for one in page.locator("details > summary").all()[:3]:
            one.click()
        expect(page.locator("main .skeleton")).to_have_count(0)
        assert violations(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is wider than the phone"


@pytest.mark.parametrize("name", PARTS)
def test_nothing_moves_while_it_loads(browser: Browser, mine: Served, link: str, name: str) -> None:
    page = opened(browser, mine, link)
    page.goto("about:blank")
    watch_shifts(page)
    page.goto(f"{mine.address}/me/#{name}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    expect(page.locator("main .skeleton")).to_have_count(0)
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert page.evaluate("globalThis.moved") == []


def test_fingers_find_their_targets(browser: Browser, mine: Served, link: str) -> None:
    page = opened(browser, mine, link)
    for name in PARTS:
        part(page, name)
        low = page.evaluate(
            """[...document.querySelectorAll("button, .me-bar a, summary")]
                .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
                .map((one) => one.textContent)"""
        )
        assert low == [], name
