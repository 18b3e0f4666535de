"""Do foreign files come in once, row by row, and go out again as they came?"""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.exchange.cells import Codec, Unit
from ledger.exchange.fields import FIELDS, KINDS, Kind, Value
from ledger.exchange.mapping import open_mapping, read_mapping, shipped
from ledger.exchange.reading import Row, sheets_of
from ledger.exchange.records import cells_of, record_of
from ledger.exchange.writing import written
from ledger.recording.recorder import Recorder
from ledger.sheets import FORMULA, as_csv, as_xlsx
from ledger.sheets import Sheet as Table
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import check_in, event, record, visit
from tests.command import Done, run

VOLUNTEERS = """\
志愿者统一编号,姓名,证件类型,证件号码,性别,政治面貌,工作单位,联系电话,居住区域,服务技能,注册时间,备注
V1,王秀兰,居民身份证,11010519491231002X,女,群众,某厂,13800001234,370199001001,急救、摄影,2024-03-01,老
V2,李建国,居民身份证,440524188001010015,男,01,税务局,13800001235,370199001002,,2024-03-02 09:30:00,
"""
TEAMS = "团体编号,团体名称,服务区域\nT1,东关志愿服务队,370199001000\n"
ACTIVITIES = "项目编号,项目名称,项目区域,开始时间,结束时间,招募人数,活动类别\n" + (
    "A1,清洁河岸,370199001001,2025-05-01 08:00,2025-05-01 12:00,20,志愿服务\n"
)
HOURS = """\
记录编号,志愿者统一编号,项目编号,服务地点,开始时间,结束时间,服务时长
R1,V1,A1,370199001001,2025-05-01 08:00:00,2025-05-01 10:30:00,2.5
R2,V2,A1,370199001001,2025/05/01 08:00,2025-05-01 10:00,2
R3,V2,A1,370199001001,2025-05-02 08:00:00,2025-05-02 09:00:00,1
"""


class Office:
    """A folder with a ledger in it, where somebody works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done("init")

    def ask(self, *words: str) -> Done:
        return run(self.folder, words, environment={"VLEDGER_DB": "sqlite:///ledger.db"})

    def done(self, *words: str, code: int = 0) -> str:
        done = self.ask(*words)
        assert done.returncode == code, (done.stdout + done.stderr).decode()
        return (done.stdout + done.stderr).decode()

    def told(self, *words: str, code: int = 0) -> dict[str, Any]:
        [line] = [
            one for one in self.done(*words, "--json", code=code).splitlines() if one[:1] == "{"
        ]
        found: dict[str, Any] = json.loads(line)
        return found

    def bring(
        self, text: str, kind: str, name: str = "in.csv", *more: str, code: int = 0
    ) -> dict[str, Any]:
        (self.folder / name).write_text(text, "utf-8")
        return self.told(
            "import", name, "--mapping", "mzt-061-2015", "--kind", kind, *more, code=code
        )

    def bring_all(self) -> None:
        for kind, text in (
            ("teams", TEAMS),
            ("activities", ACTIVITIES),
            ("volunteers", VOLUNTEERS),
            ("hours", HOURS),
        ):
            self.bring(text, kind, code=1 if kind == "hours" else 0)

    def events(self) -> int:
        database = Database(f"sqlite:///{self.folder / 'ledger.db'}")
        with database.read() as connection:
            count: int = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
        database.close()
        return count


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_file_comes_in_row_by_row_and_again_changes_nothing(office: Office) -> None:
    office.bring(TEAMS, "teams")
    office.bring(ACTIVITIES, "activities")
    found = office.bring(VOLUNTEERS, "volunteers")
    assert (found["read"], found["new"], found["wrong"]) == (2, 2, 0)
    assert found["unknown_columns"] == ["备注"]
    assert found["left_out"] == ["姓名", "证件类型", "证件号码", "联系电话"]  # no vault here
    assert not (office.folder / "vledger-vault.db").exists()

    dry = office.bring(HOURS, "hours", "hours.csv", "--dry-run", code=1)
    assert dry["new"] == 2
    before = office.events()
    done = office.done(
        "import", "hours.csv", "--mapping", "mzt-061-2015", "--kind", "hours",
        "--errors", "mend.csv", code=1,
    )  # fmt: skip
    assert "hours.csv: row 3, 开始时间: '2025/05/01 08:00' is no date or time" in done
    assert "write it as 请写成 2026-05-01 08:00:00" in done
    assert office.events() == before + 4
    assert office.told("volunteer", "V1")["seconds"] == 9000

    mended = (office.folder / "mend.csv").read_text("utf-8-sig")
    assert len(mended.splitlines()) == 2
    (office.folder / "mend.csv").write_text(mended.replace("2025/05/01", "2025-05-01"), "utf-8")
    again = office.told("import", "mend.csv", "--mapping", "mzt-061-2015", "--kind", "hours")
    assert (again["new"], again["unknown_columns"]) == (1, [])
    assert office.told("volunteer", "V2")["seconds"] == 10800

    before = office.events()
    for text, kind in ((TEAMS, "teams"), (ACTIVITIES, "activities"), (VOLUNTEERS, "volunteers")):
        same = office.bring(text, kind)
        assert same["unchanged"] == same["read"]
    assert office.bring(HOURS.replace("2025/05/01", "2025-05-01"), "hours")["unchanged"] == 3
    assert office.events() == before
    office.done("verify")


def test_what_is_registered_is_changed_where_the_file_says_something_else(office: Office) -> None:
    office.bring(VOLUNTEERS, "volunteers")
    moved = VOLUNTEERS.replace("370199001001", "370199001009")
    assert office.bring(moved, "volunteers")["changed"] == 1
    assert office.bring(VOLUNTEERS, "volunteers")["changed"] == 1  # and back
    assert office.bring(VOLUNTEERS, "volunteers")["unchanged"] == 2
    office.done("export", "out.jsonl", "--mapping", "plain", "--kind", "volunteers")
    lines = (office.folder / "out.jsonl").read_text().splitlines()
    told = {one["id"]: one for one in map(json.loads, lines)}
    assert told["V1"]["place"] == "370199001001"
    assert told["V1"]["skills"] == "急救、摄影"
    assert [told[one]["party_unit"] for one in ("V1", "V2")] == ["", "税务局"]  # 党员 only
    assert "王秀兰" not in str(told)


def test_a_broken_file_is_told_of_row_by_row(office: Office) -> None:
    broken = """\
记录编号,志愿者统一编号,项目编号,服务地点,开始时间,结束时间,服务时长
R1,V1,A1,P1,2025-05-01 08:00:00,2025-05-01 07:00:00,1
R2,,A1,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1
R3,V1,,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1
R4,V1,A1,P1,昨天,2025-05-01 09:00:00,一小时
R5,V1,A1,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1,多
R6,V1,A1,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1
R6,V1,A1,P1,2025-05-01 08:00:00,2025-05-01 09:30:00,1
R6,V1,A1,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1
R7,V1,A1,P1,2099-05-01 08:00:00,2099-05-01 09:00:00,1
"""
    (office.folder / "b.csv").write_bytes(broken.encode("gb18030"))  # as Excel in China saves it
    done = office.done(
        "import", "b.csv", "--mapping", "mzt-061-2015", "--kind", "hours", "--errors", "e.xlsx",
        code=1,
    )  # fmt: skip
    for expected in (
        "b.csv: row 2, 结束时间: is not after the begin 应晚于开始; mend one of both 请更正其一",
        "b.csv: row 3, 志愿者统一编号: is empty 不能为空; fill it in 请填写",
        "b.csv: row 4, 项目编号: is empty 不能为空; fill it in 请填写",
        "b.csv: row 5, 开始时间: '昨天' is no date or time that the mapping knows",
        "b.csv: row 5, 服务时长: '一小时' is no number of hours 不是数字; write a number",
        "b.csv: row 6: has 1 cells beyond the last heading 多出单元格; quote commas",
        "b.csv: row 8, 记录编号: is that of row 7 too, which says something else",
        "b.csv: row 10: time: 2099-05-01T08:00:00+08:00 is",
        "hours: 9 rows: 1 new, 0 changed, 1 unchanged, 7 to mend",
    ):
        assert expected in done, (expected, done)
    page = load_workbook(office.folder / "e.xlsx").active
    assert page is not None
    rows = list(page.iter_rows(values_only=True))
    assert rows[0][-3:] == ("错误 what is wrong", "应填 what to write", "原行 row")
    assert [row[-1] for row in rows[1:]] == ["2", "3", "4", "5", "6", "8", "10"]
    # What was recorded stays; the same number with another time is told of.
    changed = office.bring(broken.splitlines()[0] + "\n" + broken.splitlines()[7], "hours", code=1)
    assert changed["wrong"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no headings in its first row"),
        (b"a,a\n1,2\n", "the column a is there twice"),
        (b"a,b\n1,2\n", "there is no column 志愿者统一编号、项目编号"),
    ],
)
def test_a_file_that_can_t_be_read_at_all_says_why(
    office: Office, content: bytes, said: str
) -> None:
    (office.folder / "in.csv").write_bytes(content)
    done = office.done(
        "import", "in.csv", "--mapping", "mzt-061-2015", "--kind", "hours", code=2
    )  # fmt: skip
    assert said in done.replace("\n", "")
    (office.folder / "in.xlsx").write_bytes(content)
    done = office.done("import", "in.xlsx", "--mapping", "plain", "--kind", "hours", code=2)
    assert "is no workbook that can be read" in done
    (office.folder / "in.json").write_bytes(content or b"[1]")
    done = office.done("import", "in.json", "--mapping", "plain", "--kind", "hours", code=2)
    assert "in.json: row 1: is no" in done
    for hostile in (b"[" * 100_000, b'[{"id": ' + b"9" * 5000 + b"}]"):
        (office.folder / "in.json").write_bytes(hostile)
        done = office.done("import", "in.json", "--mapping", "plain", "--kind", "hours", code=2)
        assert "in.json: row 1: " in done


def test_half_a_character_is_told_of_and_the_rest_goes_on(office: Office) -> None:
    rows = '{"id": "T1", "name": "\\ud800队"}\n{"id": "T2", "name": "东关队"}\n'
    (office.folder / "in.json").write_text(rows)
    (office.folder / "m.yaml").write_text(
        "mapping: m\ntables: {teams: {columns: {id: id, name: name}}}"
    )
    done = office.done("import", "in.json", "--mapping", "m.yaml", "--errors", "e.csv", code=1)
    assert "row 1, name: '\ufffd队' has lost a character" in done.replace("\n", "")
    assert "1 new" in done


def test_personal_data_goes_to_the_vault_and_nowhere_else(office: Office) -> None:
    office.done("identity", "init")
    found = office.bring(VOLUNTEERS, "volunteers", code=1)
    assert (found["stored"], found["left_out"]) == (1, [])
    assert found["wrong"] == 1  # the check character of the second document is wrong
    line = office.done(
        "import", "in.csv", "--mapping", "mzt-061-2015", "--kind", "volunteers", code=1
    )
    assert "in.csv: row 3, 证件号码: the check character of the document number is wrong" in line
    assert "440524188001010015" not in line
    assert office.bring(VOLUNTEERS, "volunteers", code=1)["known"] == 1
    ledger = b"".join(one.read_bytes() for one in office.folder.glob("ledger.db*"))
    for secret in ("王秀兰", "11010519491231002X", "13800001234"):
        assert secret.encode() not in ledger
    office.done("export", "a.csv", "--mapping", "mzt-061-2015", "--kind", "volunteers")
    assert "王秀兰" not in (office.folder / "a.csv").read_text()
    refused = office.done(
        "export", "b.csv", "--mapping", "mzt-061-2015", "--kind", "volunteers", "--with-identity",
        code=2,
    )  # fmt: skip
    assert "say why: --reason" in refused
    office.done(
        "export", "b.csv", "--mapping", "mzt-061-2015", "--kind", "volunteers", "--with-identity",
        "--reason", "报送省平台", "--by", "张三",
    )  # fmt: skip
    [row] = csv.DictReader((office.folder / "b.csv").read_text("utf-8-sig").splitlines())
    assert (row["姓名"], row["证件类型"], row["证件号码"]) == (
        "王秀兰", "居民身份证", "11010519491231002X",
    )  # fmt: skip
    assert "报送省平台" in office.done("identity", "reads")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "jsonl"])
@pytest.mark.parametrize("mapping", ["mzt-061-2015", "plain"])
def test_out_and_in_again_changes_nothing_here_and_gives_the_same_elsewhere(
    office: Office, tmp_path_factory: pytest.TempPathFactory, ending: str, mapping: str
) -> None:
    office.bring_all()
    database = Database(f"sqlite:///{office.folder / 'ledger.db'}")
    record(  # a kiosk's visit, that no foreign system has a number of
        Recorder(database, national_ladder()), visit("V1", "2025-06-01", "08:00", "09:30", "A1")
    )
    database.close()
    crossed = "R7,V1,A1,P1,2025-07-01 {},2025-07-01 {},1"
    times = (("08:00:00", "11:00:00"), ("09:00:00", "10:00:00"))  # the second check-in goes on
    rows = [HOURS.splitlines()[0], *(crossed.format(*pair) for pair in times)]
    office.bring("\n".join(rows).replace("R7", "R8", 1), "hours")
    before = office.events()
    other = Office(tmp_path_factory.mktemp("other"))
    for kind in KINDS:
        name = f"{kind}.{ending}"
        office.done("export", name, "--mapping", mapping, "--kind", kind)
        told = office.told("import", name, "--mapping", mapping, "--kind", kind)
        assert (told["unchanged"], told["wrong"]) == (told["read"], 0)
        assert told["read"]
        content = (office.folder / name).read_bytes()
        (other.folder / name).write_bytes(content)
        assert other.told("import", name, "--mapping", mapping, "--kind", kind)["wrong"] == 0
        # The other one says the same of all that the mapping tells.
        other.done("export", f"back-{name}", "--mapping", mapping, "--kind", kind)
        same = other.told("reconcile", name, "--mapping", mapping, "--kind", kind)
        assert (same["differences"], same["same"] > 0) == (0, True)
        if kind != "hours":
            sent, back = (_rows(other.folder / one) for one in (name, f"back-{name}"))
            assert sent == back
    assert office.events() == before
    assert other.done("dump", "--json") == office.done("dump", "--json")


def _rows(file: Path) -> list[dict[str, Any]]:
    with sheets_of(file) as sheets:
        [sheet] = list(sheets)
        return [
            {name: cell or "" for name, cell in row.cells.items() if "注册" not in name}
            for row in sheet.rows
        ]


def test_a_workbook_with_all_four_sheets_comes_in_by_one_command(office: Office) -> None:
    book = Workbook()
    sheets = (
        ("服务记录", HOURS),
        ("志愿者", VOLUNTEERS),
        ("志愿服务项目", ACTIVITIES),
        ("志愿团体", TEAMS),
    )
    for title, text in sheets:
        page = book.create_sheet(title)
        for line in text.replace("2025/05/01", "2025-05-01").splitlines():
            page.append(line.split(","))
    book.create_sheet("说明").append(["填写说明"])
    book.save(office.folder / "all.xlsx")
    done = office.ask("import", "all.xlsx", "--mapping", "mzt-061-2015", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["kind"], one["new"]) for one in told] == [
        ("teams", 1), ("activities", 1), ("volunteers", 2), ("hours", 3),
    ]  # fmt: skip
    page_ = load_workbook(office.folder / "all.xlsx")["服务记录"]
    assert page_["A1"].value == "记录编号"


def test_hours_of_which_only_the_duration_is_known_are_for_the_policy(office: Office) -> None:
    text = "记录编号,志愿者编号,服务日期,服务时长\nL1,V1,2025年3月1日,2.5\nL2,V2,20250302,1\n"
    (office.folder / "old.csv").write_text(text)
    done = office.done("import", "old.csv", "--mapping", "durations", code=2)
    assert "the policy national-ladder knows no fact brought_in: service" in done
    policy = (Path(__file__).parents[1] / "ledger/policies/dongying-xingji-2015.yaml").read_text()
    (office.folder / "p.yaml").write_text(policy)
    office.done("policy", "adopt", "p.yaml", "--from", "2015-01-01", "--by", "张三")
    first = office.told("import", "old.csv", "--mapping", "durations")
    assert (first["new"], first["wrong"]) == (2, 0)
    assert office.told("import", "old.csv", "--mapping", "durations")["unchanged"] == 2
    office.done("verify")


def test_reconciling_names_who_and_what_differs_and_sums(office: Office) -> None:
    office.bring_all()
    theirs = HOURS.splitlines()
    theirs = [
        theirs[0],
        theirs[1].replace("2.5", "3"),
        "R9,V7,A1,P1,2025-05-01 08:00:00,2025-05-01 09:00:00,1",
    ]
    (office.folder / "t.csv").write_text("\n".join(theirs))
    found = office.told(
        "reconcile", "t.csv", "--mapping", "mzt-061-2015", "--kind", "hours",
        "--out", "r.csv", code=1,
    )  # fmt: skip
    assert found["ours"] == {"rows": 2, "keys": 2, "seconds": 12600}
    assert found["theirs"] == {"rows": 2, "keys": 2, "seconds": 14400}
    rows = list(csv.reader((office.folder / "r.csv").read_text("utf-8-sig").splitlines()))
    assert [row[:2] for row in rows[1:]] == [
        ["V1", "different"], ["V2", "only here"], ["V7", "only there"],
    ]  # fmt: skip
    may = ("--since", "2025-05-02", "--until", "2025-05-03")
    found = office.told(
        "reconcile", "t.csv", "--mapping", "mzt-061-2015", "--kind", "hours", *may, code=1
    )
    assert (found["ours"]["rows"], found["theirs"]["rows"]) == (1, 0)
    (office.folder / "v.csv").write_text(VOLUNTEERS.replace("370199001002", "370199001003"))
    told = office.done(
        "reconcile", "v.csv", "--mapping", "mzt-061-2015", "--kind", "volunteers", code=1
    )
    assert "V2" in told and "370199001003" in told and "V1" not in told


def test_only_hours_that_count_go_out_and_end_when_they_ended(office: Office) -> None:
    """A claimed check-out is held until somebody decides; then it ends when it claims to."""
    at: dict[str, Any] = {"activity": "A1", "place": "370199001001"}
    claimed = {**at, "ended_at": "2025-05-01T10:00:00+08:00", "reason": "忘了签退"}
    lines = [
        check_in("V1", "2025-05-01T08:00", "A1", place="370199001001"),
        event("attendance.claimed", "V1", "2025-05-02T09:00", claimed, None, "kiosk/1"),
    ]
    (office.folder / "claim.jsonl").write_bytes(b"\n".join(lines))
    office.done("ingest", "claim.jsonl")
    words = ("--mapping", "plain", "--kind", "hours")
    assert office.told("export", "held.json", *words)["rows"] == 0
    [case] = office.done("reviews", "--json").splitlines()
    ident = json.loads(case)["id"]
    office.done("reviews", "decide", ident, "--count", "--reason", "队长证实", "--by", "张三")
    assert office.told("export", "counted.json", *words)["rows"] == 1
    [row] = _rows(office.folder / "counted.json")
    assert (row["ends_at"], row["seconds"]) == ("2025-05-01T10:00:00+08:00", "7200")


def test_replay_gives_the_same(office: Office) -> None:
    office.bring_all()
    database = Database(f"sqlite:///{office.folder / 'ledger.db'}")
    assert verify(database, lambda _: None)[1] == []
    database.close()


# Mappings -----------------------------------------------------------------------------------------

LABELS = st.text(
    st.characters(codec="utf-8", exclude_characters="、\x00", exclude_categories=["Cs", "Cc"]),
    min_size=1, max_size=20,
).map(str.strip).filter(bool)  # fmt: skip
DAYS = st.integers(0, 40_000).map(lambda days: (date(1970, 1, 2) + timedelta(days)).isoformat())
OF_TYPE: dict[str, st.SearchStrategy[Value]] = {
    "text": LABELS,
    "list": st.lists(LABELS, min_size=1, max_size=3).map(tuple),
    "whole": st.integers(0, 10**9),
    "day": DAYS,
    "moment": st.integers(86_400, 4_000_000_000).map(lambda seconds: seconds * 1_000_000),
    "seconds": st.integers(0, 366 * 24 * 3600),
}


@given(st.data())
def test_a_mapping_and_its_export_are_inverses(data: st.DataObject) -> None:
    mapping = open_mapping(data.draw(st.sampled_from(shipped())))
    layout = mapping.layouts[data.draw(st.sampled_from(sorted(mapping.layouts)))]
    values: dict[str, Value] = {}
    for one in layout.columns:
        about = FIELDS[layout.kind][one.field]
        if about.required or data.draw(st.booleans()):
            codes = sorted(one.codec.codes.values())
            values[one.field] = data.draw(st.sampled_from(codes) if codes else OF_TYPE[about.type])
    cells = dict(zip(layout.headings, cells_of(layout, values), strict=True))
    found, mistakes = record_of(layout, Row(2, cells))
    assert mistakes == []
    assert found.values == values


@given(
    rows=st.lists(st.lists(LABELS, min_size=3, max_size=3), max_size=4),
    ending=st.sampled_from(["csv", "xlsx", "json", "jsonl"]),
)
def test_a_written_file_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], ending: str
) -> None:
    file = tmp_path_factory.mktemp("files") / f"a.{ending}"
    with written(file, "表", ["=a", "b", "c"]) as write:
        for row in [["=1+1", "'=1", "'x"], *rows]:
            write(row)
    with sheets_of(file) as sheets:
        [found] = [[list(row.cells.values()) for row in one.rows] for one in sheets]
    assert found == [["=1+1", "'=1", "'x"], *rows]
    if ending == "csv":
        assert file.read_text("utf-8-sig").startswith("'=a,b,c\n'=1+1,")


def test_no_text_of_a_table_is_a_formula() -> None:
    texts = [f"{sign}cmd|' /C calc'!A0" for sign in FORMULA]
    table = Table("表", ["=1+1", *texts], [("-5", *texts), (Decimal("-5"), *texts)])
    rows = list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"))))
    assert all(one.startswith("'") for row in rows for one in row[1:] + rows[0][:1])
    assert [row[0] for row in rows[1:]] == ["'-5", "-5"]  # a number stays one
    page = load_workbook(io.BytesIO(as_xlsx([table]))).worksheets[0]
    kinds = [cell.data_type for row in page.iter_rows() for cell in row]
    assert kinds.count("n") == 1
    assert set(kinds) == {"s", "n"}


@given(
    ending=st.sampled_from(["csv", "xlsx", "json", "jsonl"]),
    changes=st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 6000),
)
def test_a_broken_file_is_rows_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    changes: list[tuple[int, int]],
    cut: int,
) -> None:
    file = tmp_path_factory.mktemp("broken") / f"a.{ending}"
    with written(file, "表", ["a", "b"]) as write:
        for number in range(3):
            write([str(number), "值"])
    content = bytearray(file.read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    file.write_bytes(bytes(content[: max(1, cut)]))
    try:
        with sheets_of(file) as sheets:
            for sheet in sheets:
                assert all(isinstance(row.number, int) for row in sheet.rows)
    except LedgerError as error:
        assert str(file) in str(error)


@given(st.integers(0, 366 * 24 * 3600), st.sampled_from(["hours", "minutes", "seconds"]))
def test_durations_come_back_to_the_second(seconds: int, unit: Unit) -> None:
    codec = Codec("seconds", ZoneInfo("Asia/Shanghai"), unit=unit)
    assert codec.read(codec.write(seconds)) == seconds


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("tables: {}", "mapping: Field required"),
        ("mapping: m\ntables: {}", "tables: has none"),
        ("mapping: m\ntables: {teams: {columns: {a: id}}}", "tables.teams: no column is name"),
        ("mapping: m\ntables: {teams: {columns: {a: id, b: title}}}", "there is no field 'title'"),
        (
            "mapping: m\ntables: {volunteers: {columns: "
            "{a: id, b: {field: registered_at, format: '%Y-%m-%d'}}}}",
            "does not hold all of a moment",
        ),
        ("mapping: m\ntables: {hours: {columns: {a: volunteer}}}", "no column is starts_at"),
        (
            "mapping: m\ntables: {teams: {columns: {a: id, b: {field: name, codes: x}}}}",
            "there is no code list 'x'",
        ),
        ("mapping: [", "not YAML"),
        ("mapping: m\nzone: Asia/Shanhai\ntables: {}", "there is no zone 'Asia/Shanhai'"),
        ("mapping: m\nnote: " + "9" * 5000, "more than 18 digits"),
        ("mapping: " + "[" * 5000, "not YAML"),
        (
            "mapping: m\ntables: {volunteers: {columns: "
            "{a: id, b: {field: registered_at, format: '%Y-%Y'}}}}",
            "redefinition of group name 'Y'",
        ),
        ("a: &a [x, x]\nmapping: m\ncodes: {x: {y: *a}}", "anchors and aliases"),
    ],
)
def test_a_mistaken_mapping_says_where(said: str, why: str) -> None:
    with pytest.raises(LedgerError, match=r"^m\.yaml:") as error:
        read_mapping(said, "m.yaml")
    assert why in str(error.value)


def test_kinds_go_in_the_order_in_which_they_name_each_other() -> None:
    order: Sequence[Kind] = KINDS
    assert order.index("volunteers") < order.index("hours")
    assert order.index("teams") < order.index("activities")
