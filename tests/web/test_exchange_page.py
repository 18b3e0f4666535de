"""Can an office bring in a file at its desk, mend what is wrong, give out and compare?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.access import Scope
from ledger.access.granting import Giver
from ledger.access.passes import issue
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import register
from tests.web.browsing import PHONE, TABLET, Theme, somebody, turn
from tests.web.served import Served
from tests.web.test_desk import rows_of, saved, stat, table
from tests.web.test_pages import violations

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.usefixtures("tools")]

COUNTY, TOWN, VILLAGE, FAR = "370199000000", "370199001000", "370199001002", "370199002001"
NAME, NUMBER = "王秀兰", "11010519491231002X"
FILE = f"""\
志愿者统一编号,姓名,证件类型,证件号码,居住区域,注册时间,备注
N1,{NAME},居民身份证,{NUMBER},{VILLAGE},2024-03-01,老
N2,,,,{FAR},2024-03-01,
N3,,,,{VILLAGE},昨天,
"""


class Office(NamedTuple):
    """A served ledger with a vault, and the passes of an officer and an auditor of a township."""

    served: Served
    officer: str
    auditor: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    town = register("place", TOWN, name="城关街道实践所", kind="sub-centre").decode()
    served = Served(tmp_path_factory.mktemp("exchange"), [town], VLEDGER_PLACE=COUNTY)
    database = Database(served.database)
    recorder = Recorder(database, national_ladder())
    secrets = [
        issue(recorder, role, Scope("place", TOWN), Giver("o"), name="李慧", days=1).secret
        for role in ("officer", "auditor")
    ]
    database.close()
    served.command("identity", "init")
    with served:
        yield Office(served, *secrets)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "志愿者.csv"
    made.write_bytes(FILE.encode("gb18030"))  # as Excel in China saves it
    return made


def entered(browser: Browser, office: Office, secret: str, theme: Theme = "light") -> Page:
    page = somebody(browser, TABLET, theme).new_page()
    page.goto(f"{office.served.address}/desk/#pass={secret}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    turn(page, "exchange")
    expect(page.locator("h1")).to_have_text("数据交换")
    return page


def pressed(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()


def test_a_file_is_checked_then_brought_in_mended_given_out_and_compared(
    browser: Browser, office: Office, file: Path, tmp_path: Path
) -> None:
    page = entered(browser, office, office.officer)
    page.get_by_label("文件", exact=True).set_input_files(file)
    pressed(page, "先检查，不入账")
    rows = table(page, "逐行结果").locator("tbody tr")
    expect(rows).to_have_count(3, timeout=60_000)
    expect(rows.nth(0)).to_contain_text("居住区域")  # what is wrong comes first
    expect(rows.nth(0)).to_contain_text("不在所选场所内")
    expect(rows.nth(1)).to_contain_text("'昨天'")
    expect(rows.nth(2)).to_contain_text("N1")
    expect(page.get_by_text("映射未列、未读取的列：备注")).to_be_visible()
    page.get_by_label("显示").select_option("需更正")
    expect(rows).to_have_count(2)
    assert violations(page) == []
    assert not office.served.rows("SELECT 1 FROM registry WHERE id = 'N1'")
    pressed(page, "导入（1 行）")
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible(timeout=60_000)
    expect(stat(page, "新增")).to_have_text("1")
    expect(stat(page, "身份信息库")).to_contain_text("新存 1")
    assert office.served.rows("SELECT 1 FROM registry WHERE id = 'N1'")
    # The rows to mend come as a file, which is mended and sent in.
    mend = saved(page, page.get_by_role("button", name="下载待更正的行 CSV"))
    mended = tmp_path / "待更正.csv"
    mended.write_bytes(mend.replace("昨天".encode(), b"2024-03-02"))
    page.get_by_label("文件", exact=True).set_input_files(mended)
    pressed(page, "先检查，不入账")
    pressed(page, "导入（1 行）")
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible(timeout=60_000)
    # Out, with names only for a reason.
    page.get_by_role("tab", name="导出").click()
    export = page.get_by_role("button", name="导出", exact=True)
    told = rows_of(saved(page, export))
    assert [row[0] for row in told] == ["志愿者统一编号", "N1", "N3"]
    assert NAME not in str(told)
    page.get_by_label("包含个人信息（每次查阅都有记录）").check()
    export.click()
    expect(page.get_by_text("请写明用途")).to_be_visible()
    page.get_by_label("用途").fill("报送省平台")
    content = saved(page, export)
    assert NAME in str(rows_of(content))
    reads = office.served.command("identity", "reads").stdout.decode()
    assert "报送省平台" in reads
    # And compared.
    page.get_by_role("tab", name="核对").click()
    other = tmp_path / "省平台.csv"
    other.write_text(f"志愿者统一编号,居住区域\nN1,{TOWN}\nN9,{VILLAGE}\n", "utf-8")
    page.get_by_label("文件", exact=True).set_input_files(other)
    pressed(page, "与账本核对")
    rows = table(page, "差异").locator("tbody tr")
    expect(rows.filter(has_text="仅文件有")).to_contain_text("N9", timeout=60_000)
    expect(rows.filter(has_text="仅账本有")).to_contain_text("N3")
    expect(rows.filter(has_text=TOWN)).to_contain_text("N1")
    assert violations(page) == []
    report = rows_of(saved(page, page.get_by_role("button", name="下载核对报告 XLSX")))
    assert len(report) > 3
    log = (office.served.folder / "serve.log").read_text()
    assert NAME not in log
    assert NUMBER not in log


def test_an_own_mapping_is_a_shipped_one_that_was_changed(
    browser: Browser, office: Office, tmp_path: Path
) -> None:
    page = entered(browser, office, office.officer, theme="dark")
    page.set_viewport_size(PHONE)
    page.get_by_label("映射", exact=True).select_option("自备映射文件…")
    expect(page.get_by_role("button", name="先检查，不入账")).to_have_attribute(
        "aria-disabled", "true"
    )
    text = saved(page, page.get_by_role("link", name="下载")).decode()
    people = tmp_path / "people.json"
    people.write_text(json.dumps([{"id": "N7", "称呼": "老周", "place": VILLAGE}]))
    page.get_by_label("文件", exact=True).set_input_files(people)
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("display_name: display_name", "称呼: display_name", 1))
    page.get_by_label("映射文件（YAML）").set_input_files(own)  # and the file stays chosen
    pressed(page, "先检查，不入账")
    expect(table(page, "逐行结果")).to_contain_text("N7", timeout=60_000)
    assert violations(page) == []
    page.get_by_label("内容", exact=True).select_option("队伍")  # what was said was not of teams
    expect(table(page, "逐行结果")).to_have_count(0)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"nonsense")
    page.get_by_label("文件", exact=True).set_input_files(broken)
    pressed(page, "先检查，不入账")
    expect(page.get_by_text("无法办理：broken.xlsx: is no workbook")).to_be_visible(timeout=60_000)


def test_who_only_reads_gives_out_and_compares(browser: Browser, office: Office) -> None:
    page = entered(browser, office, office.auditor)
    expect(page.get_by_role("tab")).to_have_text(["导出", "核对"])
    expect(page.get_by_label("包含个人信息（每次查阅都有记录）")).to_have_count(0)
    saved(page, page.get_by_role("button", name="导出", exact=True))
