"""Are lists, policies and the trail answered to offices, as files too, and to nobody else?"""

import csv
import io

import pytest
from openpyxl import Workbook, load_workbook

from ledger.access import EVERYWHERE, Scope
from ledger.api.desk.downloads import XLSX
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import record, register, visit

TOWN, VILLAGE, ELSEWHERE = "370102001000", "370102001001", "370102002000"


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    record(recorder, [
        register("volunteer", "V1", place=VILLAGE, name="=1+1"),
        register("volunteer", "V2", place=ELSEWHERE),
    ])  # fmt: skip
    record(recorder, [
        one for day in range(1, 12) for one in visit("V1", f"2026-05-{day:02}", "08:00", "18:00")
    ])  # fmt: skip
    return recorder


def workbook(*ids: object) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    page = book.active
    assert page is not None
    page.append(["序号", "志愿者编号"])
    for number, ident in enumerate(ids, 1):
        page.append([number, ident])
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"volunteers": ["V1", "V2", "V9"]}'),
        ("text/csv", "志愿者编号,姓名\nV1,李\nV2,\nV9,\n".encode("gb18030")),
        (XLSX, workbook("V1", "V2", "V9")),
    ],
)
async def test_a_list_is_answered_for_the_readers_places(
    api: Api, filled: Recorder, kind: str, body: bytes
) -> None:
    await api.become("auditor", Scope("place", TOWN))
    said = await api.post("/v1/stars/query", content=body, headers={"Content-Type": kind})
    told = [(one["volunteer"], one["state"], one["star"]) for one in said.json()["items"]]
    assert told == [("V1", "known", "1"), ("V2", "elsewhere", None), ("V9", "elsewhere", None)]


async def test_a_list_comes_back_as_files_without_formulas(api: Api, filled: Recorder) -> None:
    await api.own()
    asked = {"volunteers": ["V1", "V9"]}
    said = await api.post("/v1/stars/query", json=asked, headers={"Accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(said.content.decode("utf-8-sig"))))
    assert [row[:2] for row in rows[1:]] == [["V1", "'=1+1"], ["V9", ""]]
    said = await api.post("/v1/stars/query", json=asked, headers={"Accept": XLSX})
    page = load_workbook(io.BytesIO(said.content)).worksheets[0]
    assert next(row[:2] for row in page.iter_rows(min_row=2, values_only=True)) == ("V1", "'=1+1")


async def test_a_draft_is_checked_by_line_and_compared(api: Api, filled: Recorder) -> None:
    await api.become("policy-office", Scope("place", EVERYWHERE))
    [now] = (await api.get("/v1/policies")).json()["items"]
    assert now["state"] == "in-force"
    text = (await api.get(f"/v1/policies/{now['version']}")).json()["text"]
    assert (await api.post("/v1/policies/check", json={"text": text})).json()["ok"]
    draft = text.replace("currencies:", "curencies:", 1)
    said = (await api.post("/v1/policies/check", json={"text": draft})).json()
    at = text.splitlines().index("currencies:") + 1
    assert not said["ok"]
    assert at in {one["line"] for one in said["findings"]}
    compared = {"old": now["version"], "new": draft}
    said = (await api.post("/v1/policies/diff", json=compared)).json()
    changed = [(one["kind"], one["text"]) for one in said["lines"] if one["kind"] in ("in", "out")]
    assert changed == [("out", "currencies:"), ("in", "curencies:")]
    assert said["changes"] is None  # the draft is no policy yet
    draft = text.replace("5: 1500", "5: 2000", 1)
    compared = {"old": now["version"], "new": draft}
    [change] = (await api.post("/v1/policies/diff", json=compared)).json()["changes"]
    assert (change["kind"], change["clauses"]) == ("changed", ["star"])
    assert "1500" in str(change["old"])
    assert "2000" in str(change["new"])


async def test_a_webhook_takes_a_right_of_its_own(api: Api, filled: Recorder) -> None:
    asked = {"url": "http://127.0.0.1:9/told", "types": []}
    for role, status in (("auditor", 403), ("administrator", 201)):
        await api.become(role, Scope("place", EVERYWHERE))
        keys = {"Idempotency-Key": role}
        assert (await api.post("/v1/webhooks", json=asked, headers=keys)).status_code == status
        assert (await api.get("/v1/webhooks")).status_code == (200 if status == 201 else 403)
    await api.become("administrator", Scope("place", TOWN))  # it is told of all there is
    assert (await api.get("/v1/webhooks")).status_code == 403


async def test_only_who_may_look_sees_it(api: Api, filled: Recorder) -> None:
    for path in ("/v1/policies", "/v1/reviews", "/v1/audit/grants", "/v1/audit/checkpoints",
                 "/v1/audit/reads", "/v1/exports/overview.csv"):  # fmt: skip
        assert (await api.get(path)).status_code == 401, path
        await api.become("till", Scope("merchant", "M01"))
        assert (await api.get(path)).status_code == 403, path
        api.cookies.clear()
    await api.become("auditor", Scope("place", EVERYWHERE))
    grants = (await api.get("/v1/audit/grants")).json()["items"]
    assert {one["role"] for one in grants} == {"till", "auditor"}
    assert (await api.get("/v1/audit/checkpoints")).json() == {"items": [], "next": None}
    assert (await api.get("/v1/reviews")).json()["items"] == []
