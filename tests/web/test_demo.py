"""Does `vledger demo --serve` open each door of the county by its link, and end when told?"""

import re
import stat
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.demo.doors import PAGE
from tests.web.browsing import PHONE, TABLET, somebody
from tests.web.demo import Demo, demo_county

pytestmark = pytest.mark.xdist_group("web")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_county(tmp_path_factory.mktemp("demo")) as one:
        yield one


def session(page: Page) -> Any:
    """Who the browser is logged in as, once it is."""
    until = time.monotonic() + 30
    while (said := answer(page, "/v1/session"))["login"] is None:
        assert time.monotonic() < until
    return said


def answer(page: Page, path: str) -> Any:
    """What the ledger answers to whoever is logged in."""
    return page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)


def entered(browser: Browser, link: str) -> Page:
    page = somebody(browser, TABLET).new_page()
    page.goto(link)
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    return page


def test_there_is_a_link_for_each(demo: Demo) -> None:
    assert {name: len(links) for name, links in demo.links.items()} == {
        "签到台": 1, "志愿者": 1, "收银台": 1, "工作台": 2,
    }  # fmt: skip


def test_the_page_has_the_same_links_and_is_the_owners_alone(demo: Demo, browser: Browser) -> None:
    file = demo.folder / PAGE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page = somebody(browser).new_page()
    page.goto(file.as_uri())
    found = [one.get_attribute("href") for one in page.locator("a").all()]
    assert found == [link for links in demo.links.values() for link in links]
    page.locator("a", has_text="志愿者").click()
    expect(page.get_by_text("我的星级")).to_be_visible(timeout=30_000)


def test_the_volunteer_sees_hours_and_points(demo: Demo, browser: Browser) -> None:
    page = somebody(browser, PHONE).new_page()
    page.goto(demo.links["志愿者"][0])
    expect(page.get_by_text("正在服务")).to_be_visible(timeout=30_000)
    standing = answer(page, f"/v1/volunteers/{demo.volunteer}")
    assert standing["seconds"] > 100 * 3600
    hours = standing["seconds"] // 3600
    expect(page.locator(".stat", has_text="服务时长")).to_contain_text(f"{hours:,} 小时")
    expect(page.locator(".stat", has_text="可用积分")).to_contain_text(
        standing["points"]["available"]
    )
    benefits = page.locator(".card", has_text="我的礼遇").locator("li")
    expect(benefits.filter(has_text="健康礼遇").first).to_contain_text("累计服务每满100小时")
    expect(benefits.filter(has_text="分").first).to_be_visible()
    claims = answer(page, f"/v1/volunteers/{demo.volunteer}/benefits")["claims"]
    [used] = [one for one in claims if one["benefit"] == "check_up"]
    assert used["used"] == 1


def test_the_kiosk_checks_somebody_in(demo: Demo, browser: Browser) -> None:
    page = somebody(browser, TABLET).new_page()
    page.goto(demo.links["签到台"][0])
    page.get_by_label("志愿者编号").fill("V00000002")
    assert "device" not in page.url
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("清洁河岸").click()
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("账本已收到")).to_be_visible(timeout=30_000)


def test_the_till_is_a_shops(demo: Demo, browser: Browser) -> None:
    page = entered(browser, demo.links["收银台"][0])
    said = session(page)
    assert (said["merchant"], [one["role"] for one in said["roles"]]) == ("M01", ["till"])
    assert page.evaluate("fetch('/v1/stars').then((one) => one.status)") == 403
    own = entered(browser, demo.links["志愿者"][0])
    session(own)
    standing = answer(own, f"/v1/volunteers/{demo.volunteer}")
    code = answer(own, f"/v1/volunteers/{demo.volunteer}/code")["code"]
    page.get_by_label("输入兑换码").fill(code)
    page.get_by_role("button", name="确定").click()
    main = page.locator("main")
    expect(main).to_contain_text(standing["points"]["available"], timeout=30_000)
    expect(main).to_contain_text(re.compile(rf"{standing['name'][0]}\*"))
    expect(main).to_contain_text("大米5kg")


def test_two_people_are_at_the_desk(demo: Demo, browser: Browser) -> None:
    people = [entered(browser, link) for link in demo.links["工作台"]]
    first, second = (session(page) for page in people)
    assert first["who"] != second["who"]
    for page, said in zip(people, (first, second), strict=True):
        assert {"adopt", "simulate", "review", "read"} <= set(said["permissions"])
        assert said["place"] == "370199000000"
        counted = answer(page, "/v1/stars?place=370199000000")
        assert sum(counted["stars"].values()) == 596  # of 600, four are registered no longer
        expect(page.locator(".stat", has_text="志愿者").first).to_contain_text("596")


def test_its_people_have_names_in_the_vault(demo: Demo) -> None:
    from ledger.identity import open_vault, read_rules
    from ledger.settings import Settings

    chosen = Settings(
        vault=f"sqlite:///{demo.folder / 'vledger-demo-vault.db'}",
        vault_key=demo.folder / "vledger-demo-vault.key",
    )
    vault = open_vault(chosen, read_rules(""))
    everybody = list(vault.everybody())
    vault.close()
    assert len(everybody) == 600
    assert all("*" in one.values["name"] for one in everybody)
    assert any(one.age.minor for one in everybody)
