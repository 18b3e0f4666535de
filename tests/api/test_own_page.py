"""Does a volunteer's own page get what the ledger holds: months, pace, benefits, certificates?"""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from ledger.access import EVERYWHERE, Scope
from ledger.api.serving import Serving
from ledger.certificates.token import read_token
from ledger.clock import CHINA
from ledger.core.rulebook import national_ladder, parse
from ledger.identity import open_vault, read_rules
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.volunteers.months import RECENT_DAYS, Recent, reached_on
from tests.api.browser import Api
from tests.builders import check_out, record, register, visit

PERSON = {"name": "王建国", "document_number": "370181199001011237"}


@pytest.fixture
async def own(api: Api) -> Api:
    """V1, logged in, who has served on three days of April and two of May."""
    record(api.serving.recorder, [
        register("volunteer", "V1", place="370102001001", name="小李"),
        *(one for day in (3, 4, 30) for one in visit("V1", f"2026-04-{day:02}", "08:00", "10:00")),
        *(one for day in (1, 9) for one in visit("V1", f"2026-05-{day:02}", "08:00", "11:30")),
        *visit("V2", "2026-05-02", "08:00", "20:00"),
    ])  # fmt: skip
    await api.become("volunteer", Scope("volunteer", "V1"))
    return api


@pytest.mark.parametrize("below", ["/months", "/benefits", "/certificates"])
async def test_only_who_may_read_it_sees_it(own: Api, below: str) -> None:
    assert (await own.get(f"/v1/volunteers/V1{below}")).status_code == 200
    assert (await own.get(f"/v1/volunteers/V2{below}")).status_code == 403
    await own.become("till", Scope("merchant", "M01"))
    assert (await own.get(f"/v1/volunteers/V1{below}")).status_code == 403
    own.cookies.clear()
    assert (await own.get(f"/v1/volunteers/V1{below}")).status_code == 401


async def test_months_are_what_counts_and_follow_corrections(own: Api) -> None:
    async def months() -> list[tuple[str, int, int]]:
        found = (await own.get("/v1/volunteers/V1/months")).json()["items"]
        return [(one["month"], one["seconds"], one["visits"]) for one in found]

    assert await months() == [("2026-05", 25_200, 2), ("2026-04", 21_600, 3)]
    record(own.serving.recorder, [check_out("V1", "2026-04-30T09:00")])  # it ended earlier
    assert await months() == [("2026-05", 25_200, 2), ("2026-04", 18_000, 3)]
    total = (await own.get("/v1/volunteers/V1")).json()["seconds"]
    assert sum(seconds for _, seconds, _ in await months()) == total


async def test_when_the_next_star_is_reached_at_this_pace(own: Api) -> None:
    today = datetime.now(CHINA).date()
    before = (await own.get("/v1/volunteers/V1/next-star")).json()
    old = before["recent_seconds"]
    for back in (10, 20):
        day = (today - timedelta(days=back)).isoformat()
        record(own.serving.recorder, visit("V1", day, "08:00", "13:00"))
    said = (await own.get("/v1/volunteers/V1/next-star")).json()
    assert (said["recent_days"], said["recent_seconds"]) == (RECENT_DAYS, old + 36_000)
    assert said["missing_seconds"] == 100 * 3600 - said["seconds"]
    due = date.fromisoformat(said["reached_on"])
    # just enough days: one fewer would not do
    rate, missing, days = said["recent_seconds"], said["missing_seconds"], (due - today).days
    assert days * rate >= missing * RECENT_DAYS > (days - 1) * rate


def test_without_a_pace_there_is_no_day() -> None:
    today = date(2026, 6, 1)
    assert reached_on(3600, Recent(today, 0)) is None
    assert reached_on(10**12, Recent(today, 1)) is None
    assert reached_on(0, Recent(today, 1)) == today
    assert reached_on(1, Recent(today, RECENT_DAYS)) == today + timedelta(days=1)


async def test_what_the_catalogue_sells_for_a_star(own: Api) -> None:
    record(own.serving.recorder, [
        register("merchant", "M01", name="惠民超市"),
        register("item", "RICE", name="大米", prices=[
            {"points": "30"}, {"points": "25", "levels": {"star": 1}},
            {"points": "20", "levels": {"star": 3}}], merchants=["M01"]),
        register("item", "GYM", name="健身卡", prices=[{"points": "50"}], levels={"star": 2}),
        register("item", "SOAP", name="香皂", prices=[{"points": "5"}]),
    ])  # fmt: skip

    async def sold() -> dict[str, tuple[str, str, list[tuple[object, str]]]]:
        said = (await own.get("/v1/volunteers/V1/benefits")).json()
        return {
            one["item"]: (
                one["usual"], one["yours"],
                [(step["level"], step["points"]) for step in one["better"]],
            )
            for one in said["sold"]
        }  # fmt: skip

    assert await sold() == {
        "RICE": ("30", "30", [(1, "25"), (3, "20")]),
        "GYM": ("", "", [(2, "50")]),
    }
    record(own.serving.recorder, [
        one for day in range(1, 15) for one in visit("V1", f"2026-06-{day:02}", "00:00", "23:00")
    ])  # fmt: skip
    assert (await own.get("/v1/volunteers/V1")).json()["star"] == 2
    assert await sold() == {"RICE": ("30", "25", [(3, "20")]), "GYM": ("", "50", [])}


async def test_what_the_policy_grants(database: Database) -> None:
    text = national_ladder().text + (
        "grants:\n  gift: {due: floor(hours / 5), choices: [体检, 年卡], clauses: star}\n"
    )
    recorder = Recorder(database, parse(text, "gifts.yaml"))
    recorder.begin()
    async with Api(Serving.of(Settings(), recorder, recorder)) as api:
        record(recorder, [*visit("V1", "2026-05-01", "08:00", "14:00")])
        await api.own()
        [gift] = (await api.get("/v1/volunteers/V1/benefits")).json()["given"]
        assert (gift["name"], gift["amount"], gift["choices"]) == ("gift", 1, ["体检", "年卡"])
        assert gift["clauses"] == [national_ladder().clause("star")]
        record(recorder, [check_out("V1", "2026-05-01T09:00")])  # it was one hour
        assert (await api.get("/v1/volunteers/V1/benefits")).json()["given"] == []


@pytest.fixture
async def printing(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    """A server that lets volunteers print; V1 is known to the vault, V2 is not."""
    chosen = Settings(
        vault=f"sqlite:///{tmp_path / 'vault.db'}",
        vault_key=tmp_path / "vault.key",
        key=tmp_path / "ledger.key",
        certificate_issuer="济南市志愿服务联合会",
        certificate_head="张明",
        certificate_handler="李芳",
        certificate_contact="0531-84230000",
    )
    vault = open_vault(chosen, read_rules(""))
    vault.create()
    vault.put("V1", PERSON, ["record"], "self", "张三")
    vault.close()
    recorder = Recorder(database, national_ladder())
    recorder.begin()
    record(recorder, [
        one for who in ("V1", "V2") for one in visit(who, "2026-05-01", "08:00", "11:30")
    ])  # fmt: skip
    async with Api(Serving.of(chosen, recorder, recorder)) as api:
        yield api


async def test_a_volunteer_prints_a_certificate(printing: Api) -> None:
    await printing.become("volunteer", Scope("volunteer", "V1"))
    path = "/v1/volunteers/V1/certificates"
    assert (await printing.get(path)).json() == {"items": [], "issuer": "济南市志愿服务联合会"}
    paper = await printing.post(path, json={"remarks": "仅用于入学"})
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    [kept] = (await printing.get(path)).json()["items"]
    assert paper.headers["content-disposition"] == f'attachment; filename="{kept["number"]}.pdf"'
    assert (kept["seconds"], kept["state"]) == (12_600, "valid")
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(paper.content)).pages)
    for text in ("王建国", kept["number"], "3小时30分", "仅用于入学", "济南市志愿服务联合会"):
        assert text in re.sub(r"[\n\x00]", "", said)
    record(printing.serving.recorder, [check_out("V1", "2026-05-01T09:00")])
    [fallen] = (await printing.get(path)).json()["items"]
    assert fallen["state"] == "revoked"
    vault = open_vault(printing.serving.settings, read_rules(""))
    assert [(one.volunteer, one.purpose) for one in vault.reads()] == [
        ("V1", "certificate 出具证明")
    ]
    vault.close()


async def test_nobody_prints_anothers(printing: Api) -> None:
    await printing.become("volunteer", Scope("volunteer", "V2"))
    refused = await printing.post("/v1/volunteers/V1/certificates", json={})
    assert refused.status_code == 403
    await printing.become("auditor", Scope("place", EVERYWHERE))  # may read, not certify
    assert (await printing.post("/v1/volunteers/V1/certificates", json={})).status_code == 403
    await printing.become("officer", Scope("place", EVERYWHERE))
    assert (await printing.post("/v1/volunteers/V1/certificates", json={})).status_code == 200


async def test_what_cannot_be_certified_leaves_no_certificate(printing: Api) -> None:
    await printing.become("volunteer", Scope("volunteer", "V1"))
    path = "/v1/volunteers/V1/certificates"
    early = {"since": "2020-01-01", "until": "2020-12-31"}
    assert (await printing.post(path, json=early)).status_code == 422
    await printing.become("volunteer", Scope("volunteer", "V2"))  # whom the vault does not know
    assert (await printing.post("/v1/volunteers/V2/certificates", json={})).status_code in (
        404,
        422,
    )
    await printing.own()
    for who in ("V1", "V2"):
        found = (await printing.get(f"/v1/volunteers/{who}/certificates")).json()
        assert found["items"] == []


async def test_where_no_issuer_is_named_nothing_is_printed(own: Api) -> None:
    path = "/v1/volunteers/V1/certificates"
    assert (await own.get(path)).json() == {"items": [], "issuer": ""}
    refused = await own.post(path, json={})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-possible")


async def test_the_code_on_a_certificate_is_the_ledgers(printing: Api) -> None:
    """What the page hands out can be checked offline, by the public key."""
    from ledger.certificates.issue import Order
    from ledger.certificates.printing import check_printing, print_certificate

    here = printing.serving
    vault = open_vault(here.settings, read_rules(""))
    signs = signer(here.settings.key)
    made = print_certificate(
        here.recorder, vault, "V1", Order("A", "B", "C", "D"), "张三", signs,
        check_printing(""), here.settings.key.parent / "one.pdf",
    )  # fmt: skip
    vault.close()
    assert read_token(made.token, signs.keys)["number"] == made.content.number


@pytest.mark.parametrize("is_registered", [True, False])
async def test_who_has_no_hours_yet_has_an_empty_account(api: Api, is_registered: bool) -> None:
    recorder = api.serving.recorder
    if is_registered:
        record(recorder, [register("volunteer", "V1", place="370102001001", name="小李")])
    record(recorder, [register("activity", "A1", name="清洁家园", place="370102001001")])
    await api.become("volunteer", Scope("volunteer", "V1"))
    signed_up = await api.post(
        "/v1/activities/A1/sign-ups", json={"volunteer": "V1"}, headers={"Idempotency-Key": "k1"}
    )
    assert signed_up.json()["state"] == "in"
    said = {}
    for below in (
        "", "/today", "/next-star", "/months", "/visits", "/points", "/expiring", "/redemptions",
        "/benefits", "/honours", "/certificates", "/complaints", "/explanation", "/sign-ups",
        "/belonging", "/code",
    ):  # fmt: skip
        answer = await api.get(f"/v1/volunteers/V1{below}")
        assert answer.status_code == 200, (below, answer.text)
        said[below] = answer.json()
    assert (said[""]["seconds"], said[""]["points"]["available"], said[""]["star"]) == (0, "0", 0)
    assert (said["/explanation"]["hours"], said["/visits"]["items"]) == ([], [])
    assert [one["activity"] for one in said["/sign-ups"]["items"]] == ["A1"]
    assert (await api.get("/v1/orders", params={"volunteer": "V1"})).json()["items"] == []
    await api.become("auditor", Scope("place", EVERYWHERE))
    others = await api.get("/v1/volunteers/V1")  # nobody has heard of who was never registered
    assert others.status_code == (200 if is_registered else 404)
