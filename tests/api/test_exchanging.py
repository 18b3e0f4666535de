"""Are files checked, brought in, compared and given out by HTTP, by whoever may, within bounds?"""

import csv
import io
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.xml.constants import SHARED_STRINGS

from ledger.access import EVERYWHERE, Scope
from ledger.api import bounds
from ledger.api.desk import exchange
from ledger.api.desk.downloads import XLSX
from ledger.identity import MasterKeys, Vault, read_rules
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.tables import event
from ledger.verify import verify
from tests.api.browser import Api

TOWN, VILLAGE, ELSEWHERE = "370102001000", "370102001001", "370102002001"
NAME, NUMBER, PHONE = "王秀兰", "11010519491231002X", "13800001234"
WRONG_NUMBER = "440524188001010015"
VOLUNTEERS = f"""\
志愿者统一编号,姓名,证件类型,证件号码,联系电话,居住区域,注册时间
V1,{NAME},居民身份证,{NUMBER},{PHONE},{VILLAGE},2024-03-01
V2,李建国,居民身份证,{WRONG_NUMBER},13800001235,{VILLAGE},2024-03-01
V3,,,,,{ELSEWHERE},2024-03-01
V4,,,,,{VILLAGE},昨天
"""
HOURS = f"""\
记录编号,志愿者统一编号,项目编号,服务地点,开始时间,结束时间
R1,V1,A1,{VILLAGE},2025-05-01 08:00:00,2025-05-01 10:30:00
"""
CSV = {"Accept": "text/csv"}
OFFICER = Scope("place", TOWN)


@pytest.fixture
def chosen(recorder: Recorder, tmp_path: Path) -> Settings:
    """With the tests' own ledger and vault, which the work in a process of its own opens."""
    made = Settings(
        db=recorder.database.engine.url.render_as_string(hide_password=False),
        vault=f"sqlite:///{tmp_path / 'vault.db'}",
        vault_key=tmp_path / "vault.key",
    )
    vault = Vault(made.vault, MasterKeys(made.vault_key), read_rules(""))
    vault.create()
    vault.close()
    return made


async def sent(
    api: Api,
    to: str,
    content: str | bytes,
    name: str = "in.csv",
    headers: Mapping[str, str] | None = None,
    **said: str,
) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return await api.post(
        f"/v1/exchange/{to}",
        files={"file": (name, data)},
        data={"mapping": "mzt-061-2015", "kind": "volunteers", **said},
        headers=headers,
    )


def events(recorder: Recorder) -> int:
    with recorder.database.read() as connection:
        return len(connection.execute(event.select()).all())


def outcomes(said: httpx.Response) -> list[tuple[int, str, str]]:
    assert said.status_code == 200, said.text
    return [(one["row"], one["about"], one["outcome"]) for one in said.json()["rows"]]


async def test_a_file_is_checked_brought_in_once_mended_and_given_out(
    api: Api, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await api.become("officer", OFFICER)
    before = events(recorder)
    dry = await sent(api, "check", VOLUNTEERS, place=TOWN)
    wrong = [(3, "V2", "wrong"), (4, "V3", "wrong"), (5, "V4", "wrong")]
    assert outcomes(dry) == [*wrong, (2, "V1", "new")]
    mistakes = {one["row"]: one["mistakes"][0] for one in dry.json()["rows"][:3]}
    assert [mistakes[row]["column"] for row in (3, 4, 5)] == ["证件号码", "居住区域", "注册时间"]
    assert "不在所选场所内" in mistakes[4]["what"]
    assert mistakes[5]["what"].startswith("'昨天' is no date")
    assert events(recorder) == before
    done = await sent(api, "import", VOLUNTEERS, place=TOWN)
    assert outcomes(done) == outcomes(dry)
    assert done.json()["results"][0]["stored"] == 1
    after = events(recorder)
    assert after == before + 1
    # The rows to mend are a file that may be sent in as it is.
    mend = await sent(api, "check", VOLUNTEERS, headers=CSV, place=TOWN)
    rows = list(csv.reader(io.StringIO(mend.content.decode("utf-8-sig"))))
    assert [row[-1] for row in rows] == ["原行 row", "3", "4", "5"]
    assert mend.headers["content-disposition"].startswith("attachment")
    mended = mend.content.decode().replace("昨天", "2024-03-02")
    again = await sent(api, "import", mended, place=TOWN)
    assert outcomes(again)[2:] == [(4, "V4", "new")]
    assert outcomes(await sent(api, "import", VOLUNTEERS, place=TOWN))[3:] == [
        (2, "V1", "unchanged")
    ]
    assert events(recorder) == after + 1
    # What is given out is recognised; personal data is there for who may see it and says why.
    asked = {"kind": "volunteers", "mapping": "mzt-061-2015", "place": TOWN, "form": "xlsx"}
    plain = await api.post("/v1/exchange/export", json=asked)
    page = load_workbook(io.BytesIO(plain.content)).worksheets[0]
    told = list(page.iter_rows(values_only=True))
    assert [row[0] for row in told] == ["志愿者统一编号", "V1", "V4"]
    assert NAME not in str(told)
    full = await api.post(
        "/v1/exchange/export", json={**asked, "form": "json", "reason": "报送省平台"}
    )
    assert (full.json()[0]["姓名"], full.json()[0]["证件号码"]) == (NAME, NUMBER)
    same = await sent(api, "reconcile", plain.content, "out.XLSX", place=TOWN)
    assert (same.json()["same"], same.json()["differences"]) == (2, 0)
    moved = VOLUNTEERS.replace(f"{PHONE},{VILLAGE}", f"{PHONE},{TOWN}")
    findings = await sent(api, "reconcile", moved, headers=CSV, place=TOWN)
    rows = list(csv.reader(io.StringIO(findings.content.decode("utf-8-sig"))))
    assert ["V1", "different", "place", VILLAGE, TOWN] in rows
    # Nothing personal is told of: neither in answers about rows, nor in logs.
    said = "".join([dry.text, done.text, again.text, same.text, caplog.text])
    for secret in (NAME, NUMBER, PHONE, WRONG_NUMBER, WRONG_NUMBER[-6:]):
        assert secret not in said, secret
    await api.become("auditor", Scope("place", EVERYWHERE))
    [read] = (await api.get("/v1/audit/reads")).json()["items"]
    assert (read["volunteer"], read["purpose"]) == ("V1", "报送省平台")
    assert verify(recorder.database, lambda _: None)[1] == []


async def test_rights_are_those_of_the_place(api: Api, recorder: Recorder) -> None:
    assert (await sent(api, "check", VOLUNTEERS)).status_code == 401
    await api.become("officer", OFFICER)
    for to in ("check", "import", "reconcile"):
        for place in ("", ELSEWHERE):
            assert (await sent(api, to, VOLUNTEERS, place=place)).status_code == 403
    asked = {"kind": "volunteers", "mapping": "plain"}
    assert (await api.post("/v1/exchange/export", json=asked)).status_code == 403
    await api.become("reviewer", OFFICER)
    assert (await sent(api, "check", HOURS, kind="hours", place=TOWN)).status_code == 403
    here = {**asked, "place": TOWN}
    assert (await api.post("/v1/exchange/export", json=here)).status_code == 200
    secret = await api.post("/v1/exchange/export", json={**here, "reason": "好奇"})
    assert secret.status_code == 403
    # Somebody who is registered elsewhere can't be drawn over to one's own place.
    await api.become("officer", Scope("place", EVERYWHERE))
    theirs = f"id,place\nV9,{ELSEWHERE}\n"
    assert outcomes(await sent(api, "import", theirs, mapping="plain")) == [(2, "V9", "new")]
    await api.become("officer", OFFICER)
    drawn = theirs.replace(ELSEWHERE, VILLAGE)
    assert outcomes(await sent(api, "check", drawn, mapping="plain", place=TOWN)) == [
        (2, "V9", "wrong")
    ]


def workbook(sheets: Mapping[str, list[list[Any]]]) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
        for cell in (one for row in page.iter_rows() for one in row):
            cell.data_type = "s"  # what begins with = is a text, as a foreign program may write it
    book.save(stream)
    return stream.getvalue()


def bomb(part: str) -> bytes:
    """A workbook of a few kilobytes whose styles, or texts under any name, unpack to 100 MB."""
    good = io.BytesIO(workbook({"志愿者": [["志愿者统一编号"], ["V1"]]}))
    made = io.BytesIO()
    with ZipFile(good) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for one in old.namelist():
            content = old.read(one)
            if one == "[Content_Types].xml":
                named = f'<Override PartName="/{part}" ContentType="{SHARED_STRINGS}"/></Types>'
                content = content.replace(b"</Types>", named.encode())
            new.writestr(one, content)
        new.writestr(part, b"<sst><si><t>" + b" " * (100 << 20) + b"</t></si></sst>")
    assert len(made.getvalue()) < 1 << 20
    return made.getvalue()


async def test_a_file_is_read_or_told_by_its_name_why_not(api: Api) -> None:
    await api.own()
    for encoding in ("gb18030", "utf-8-sig"):
        answer = await sent(api, "check", VOLUNTEERS.encode(encoding))
        assert [one[2] for one in outcomes(answer)] == ["wrong", "wrong", "new", "new"]
    for name, content, status, said in (
        ("in.csv", VOLUNTEERS.encode("utf-16"), 422, "in.csv: "),
        ("张.csv", b"a,b\n1,2\n", 422, "张.csv: there is no column 志愿者统一编号"),
        ("in.xlsx", b"PK\x03\x04 nonsense", 422, "in.xlsx: is no workbook"),
        ("in.xlsx", bomb("xl/sharedStrings.xml"), 422, "in.xlsx: is too large once it is unpacked"),
        ("in.xlsx", bomb("xl/media/1.png"), 422, "in.xlsx: is too large once it is unpacked"),
        ("in.json", b"[" * 100_000, 422, "in.json: row 1: is no JSON"),
        ("in.json", b'[{"a":' + b"1" * 5000 + b"}]", 422, "in.json: row 1: is no JSON"),
        ("in.pdf", b"%PDF", 415, "has to end in .csv"),
    ):
        answer = await sent(api, "check", content, name)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "/tmp" not in answer.text  # where it lay here is nobody's business


async def test_bounds(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_ROWS", 3)
    await api.own()
    many = await sent(api, "import", VOLUNTEERS)
    assert (many.status_code, many.json()["title"]) == (413, "请求过大")
    assert "in.csv: has more than 3 rows" in many.json()["detail"]
    monkeypatch.setattr(bounds, "LARGEST_FILE", 100_000)
    large = await sent(api, "import", VOLUNTEERS + " " * 100_000)
    assert (large.status_code, "100000 octets" in large.json()["detail"]) == (413, True)
    assert exchange._WORKING.acquire(blocking=False)
    try:
        busy = await sent(api, "check", VOLUNTEERS)
    finally:
        exchange._WORKING.release()
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "10")
    broken = await api.post("/v1/exchange/check", content=b"x", headers={"Content-Type": "a/b"})
    assert broken.status_code == 415
    nothing = await api.post("/v1/exchange/check", data={"kind": "x"}, files={"f": b""})
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "kind")


async def test_a_mapping_is_one_that_comes_along_or_an_own_one(api: Api, tmp_path: Path) -> None:
    await api.own()
    listed = (await api.get("/v1/exchange/mappings")).json()["items"]
    assert [one["name"] for one in listed] == ["durations", "mzt-061-2015", "plain"]
    text = (await api.get("/v1/exchange/mappings/plain.yaml")).text
    own = text.replace("{id: id, name: name,", "{编号: id, 名称: name,")
    assert own != text
    teams = "编号,名称\nT1,东关队\n"
    said = await sent(api, "import", teams, kind="teams", mapping="", own=own)
    assert outcomes(said) == [(2, "T1", "new")]
    asked = {"kind": "teams", "own": own, "form": "csv"}
    out = await api.post("/v1/exchange/export", json=asked)
    assert "T1,东关队" in out.text
    (tmp_path / "m.yaml").write_text(text)
    many = ", ".join(f"a{number}: *x" for number in range(100))
    for wrong, detail in (
        ({"mapping": str(tmp_path / "m.yaml")}, "请选择 durations"),  # no file of this machine
        ({"own": "mapping: m\ntables: {teams: {columns: {a: id}}}"}, "no column is name"),
        ({"own": text.replace("mapping: plain", "mapping: plain\nsource: kiosk/1")}, "source"),
        ({"own": f"mapping: m\ncodes: {{x: &x {{a: b}}, {many}}}"}, "anchors and aliases"),
    ):
        said_so = {"kind": "teams", "mapping": "", **wrong}
        answer = await sent(api, "check", teams, "in.csv", None, **said_so)
        assert answer.status_code == 422
        assert detail in answer.json()["detail"]


async def test_a_workbook_with_all_sheets_and_its_rows_to_mend(api: Api) -> None:
    await api.own()
    volunteers, hours = (
        list(csv.reader(text.splitlines())) for text in (VOLUNTEERS, HOURS.replace(":30", ""))
    )
    hours.append(["R2", "V1", "=cmd", VILLAGE, "x", "y"])
    volunteers[0].append("=evil")
    book = workbook({"志愿者": volunteers, "服务记录": hours})
    said = await sent(api, "import", book, "all.xlsx", kind="")
    kinds = {one["kind"]: (one["new"], one["wrong"]) for one in said.json()["results"]}
    assert kinds["volunteers"] == (2, 2)
    mend = await sent(api, "check", book, "all.xlsx", headers={"Accept": XLSX}, kind="")
    assert mend.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(mend.content)) as archive:
        pages = [load_workbook(archive.open(one)).worksheets[0] for one in archive.namelist()]
    cells = [cell for page in pages for row in page.iter_rows() for cell in row]
    assert {"'=evil", "'=cmd"} <= {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}  # nothing is a formula


def test_the_document_tells_of_forms(api: Api) -> None:
    document = json.loads(
        (Path(__file__).parents[2] / "ledger" / "web" / "openapi.json").read_text()
    )
    form = document["paths"]["/v1/exchange/import"]["post"]["requestBody"]["content"]
    assert "file" in form["multipart/form-data"]["schema"]["required"]
