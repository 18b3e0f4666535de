"""Do the commands of projects and assessments do what an office needs, and say what is wrong?"""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.builders import register, shop_event, visit
from tests.test_cli import Vledger

CITY, COUNTY, OTHER = "370100000000", "370102000000", "370103000000"
STATION = "370102001201"


@pytest.fixture
def command(tmp_path: Path) -> Vledger:
    """A ledger of two centres, a station, a volunteer and an activity of the project P1."""
    command = Vledger(tmp_path)
    command("init")
    place: Any = {"functions": ["讲堂", "书屋", "棋室"]}
    lines = [
        register("place", COUNTY, name="历下中心", kind="centre", **place),
        register("place", OTHER, name="市中中心", kind="centre", **place),
        register("place", STATION, name="东村站", kind="station", community="village", **place),
        shop_event("place.counted", COUNTY, year=2026, residents=10, full_time_staff=5),
        register("volunteer", "V1", place=STATION),
        register("activity", "A1", name="课堂", place=STATION, project="P1", category="lecture"),
        *visit("V1", "2026-05-01", "08:00", "10:30"),
        *visit("V1", "2026-05-02", "08:00", "09:00", "A2"),
    ]
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(lines))
    command("ingest", str(events))
    return command


def told(command: Vledger, *arguments: str) -> Any:
    [found] = command.json(*arguments)
    return found


def test_a_project_from_the_call_to_its_brand(command: Vledger) -> None:
    by = ("--by", "张三")
    command(
        "projects", "call", "C1", "--title", "征集", "--place", COUNTY, "--year", "2026",
        "--until", "2199-01-01", *by,
    )  # fmt: skip
    submit = ("projects", "submit", "P1", "--name", "四点半课堂")
    failed = command(*submit, "--place", OTHER, "--call", "C1", *by, code=2)
    assert f"it is for {COUNTY}".encode() in failed.stderr
    failed = command(*submit, "--place", "370102009009", "--call", "C1", *by, code=2)
    assert b"370102009009 is not registered" in failed.stderr
    command(*submit, "--place", STATION, "--call", "C1", *by)
    command("projects", "screen", "P1", "--experts", "2", "--pass-mark", "80", *by)
    command("projects", "score", "P1", "--expert", "E1", "--score", "92.5")
    failed = command("projects", "admit", "P1", "--library", COUNTY, *by, code=2)
    assert b"1 of 2 experts have scored" in failed.stderr
    failed = command("projects", "score", "P1", "--expert", "E2", "--score", "101", code=2)
    assert b"score" in failed.stderr
    command("projects", "score", "P1", "--expert", "E2", "--score", "70")
    command("projects", "return", "P1", "--what", "细化预算", "--until", "2026-01-01", *by)
    assert [one["project"] for one in [told(command, "projects", "--due")]] == ["P1"]
    command("projects", "improve", "P1", "--what", "已细化", *by)
    command("projects", "admit", "P1", "--library", COUNTY, *by)
    command("projects", "support", "P1", "--yuan", "3000.5", "--of", "慈善会", *by)
    command("projects", "support", "P1", "--yuan", "800", "--things", "书桌", *by)
    failed = command("projects", "brand", "P1", "--level", "county", "--of", STATION, code=2)
    assert b"is a station; a county's brand is of a centre" in failed.stderr
    command("projects", "brand", "P1", "--level", "county", "--of", COUNTY, *by)
    brands = command.json("projects", "brands", "--place", COUNTY, "--year", "2026")
    assert [(one["whose"], one["actual"], one["due"], one["lacking"]) for one in brands] == [
        (COUNTY, 1, "5", 4),
        (STATION, 0, "1", 1),
    ]
    found = told(command, "projects", "show", "P1")
    assert (found["state"], found["average"]) == ("admitted", "81.25")
    assert (found["money"], found["things"]) == ("3000.50", "800.00")
    assert found["served"] == {"activities": 1, "volunteers": 1, "seconds": 9000}
    table = command("projects", "--state", "library").stdout.decode()
    assert "四点半课堂" in table and "2.50" in table
    assert b"no state" in command("projects", "--state", "lost", code=2).stderr


def test_an_assessment_is_shown_and_filed_on_paper(command: Vledger, tmp_path: Path) -> None:
    xlsx, pdf = tmp_path / "report.xlsx", tmp_path / "report.pdf"
    year = ("--year", "2026")
    command("assess", "find", COUNTY, "--stage", "self-check", "--indicator", "function-rooms",
            "--verdict", "met", "--seen", "3", "--by", "李四", *year)  # fmt: skip
    command("assess", "conclude", COUNTY, "--by", "张三", *year)
    command("checkpoint")
    report = ("assess", "--place", COUNTY, *year, "--xlsx", str(xlsx), "--pdf", str(pdf))
    found = told(command, *report)
    lines = {(one["indicator"], one["level"]): one["line"] for one in found["indicators"]}
    assert lines["registered-volunteers", "centre"]["actual"] == 1
    assert lines["registered-volunteers", "centre"]["due"] == "1.5"
    assert [one["place"] for one in found["places"]] == [STATION]
    book = load_workbook(xlsx)
    assert book.sheetnames == ["封面", "分指标", "分场所", "缺项", "核查", "历年"]
    cover = {str(row[0].value): str(row[1].value) for row in book["封面"].iter_rows()}
    assert cover["测评结果摘要 SHA-256"] == found["digest"]
    assert cover["账本检查点"].startswith("0 (")
    assert "单位负责人(签字)" in cover
    rooms = next(row for row in book["分指标"].values if row[0] == "function-rooms")
    assert rooms[2:7] == ("中心", 3, "≥3", None, "达标")
    assert (book["核查"]["C2"].value, book["核查"]["D2"].value) == ("功能室数量", "达标")
    assert book["分指标"].column_dimensions["J"].width > 40  # the clause can be read
    filed = told(command, "assess", "trend", COUNTY)
    assert (filed["digest"], filed["day"][:5]) == (found["digest"], "2026-")
    assert book["核查"]["F2"].value == 3  # what the ledger has
    pages = "".join(page.extract_text() for page in PdfReader(pdf).pages).replace("\x00", "")
    for text in (
        "历下中心 2026年度测评报告",
        "审核人(签字)",
        "缺项清单",
        str(found["digest"])[:16],
    ):
        assert text in pages
    assert b"name that ends in .pdf" in command("assess", "--pdf", "x.docx", code=2).stderr


def test_what_is_missing_and_where_and_who_is_drawn(command: Vledger, tmp_path: Path) -> None:
    year = ("--year", "2026")
    line = told(command, "assess", "missing", "--place", COUNTY, "--indicator", "lectures", *year)
    assert (line["whose"], line["actual"], line["due"], line["lacking"]) == (STATION, 1, "2", 1)
    drawn = told(
        command, "assess", "sample", "--place", CITY, "--of", "centre", "--size", "1",
        "--seed", "3 1 6", "--id", "D1", "--by", "省文明办", *year,
    )  # fmt: skip
    assert drawn["listed"] == 2
    assert b"the same 1 drawn" in command("assess", "redraw", "D1").stdout
    pairs = told(command, "assess", "cross-review", "--place", CITY, "--by", "市文明办", *year)[
        "pairs"
    ]
    assert {(one["reviewer"], one["reviewed"]) for one in pairs} == {
        (COUNTY, OTHER),
        (OTHER, COUNTY),
    }
    assert told(command, "assess", *year)["place"] == CITY  # what holds all others
    there = ("--place", "3702", *year)
    assert b"3702: no centre" in command("assess", *there, code=2).stderr
    wrong = tmp_path / "county.yaml"
    wrong.write_text("assessment: x\nfrm: 2022-01-01\n", "utf-8")
    failed = command("assess", "check", str(wrong), code=1)
    assert b"county.yaml:2:1: error: 'frm' is not a word" in failed.stderr
