"""May volunteers complain about their own data, and only their offices answer?"""

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import answer, check_in, claim, complaint, record, register

TOWN, VILLAGE, ELSEWHERE = "370102001000", "370102001001", "370102002000"
SAID = {"about": "hours", "of": "kiosk/1#e1", "text": "少记了一小时"}


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    record(recorder, [
        register("volunteer", "V1", place=VILLAGE, name="小李"),
        register("volunteer", "V2", place=ELSEWHERE),
    ])  # fmt: skip
    return recorder


async def test_a_volunteer_complains_once_and_hears_the_answer(api: Api, filled: Recorder) -> None:
    await api.become("volunteer", Scope("volunteer", "V1"))
    path, key = "/v1/volunteers/V1/complaints", {"Idempotency-Key": "one"}
    assert (await api.post(path, json=SAID)).status_code == 422  # which request is it?
    filed = await api.post(path, json=SAID, headers=key)
    again = await api.post(path, json=SAID, headers=key)
    assert (filed.status_code, again.json()) == (201, filed.json())
    ident = filed.json()["id"]
    assert (filed.json()["state"], filed.json()["filed_by"]) == ("open", None)
    assert (
        await api.post("/v1/volunteers/V2/complaints", json=SAID, headers=key)
    ).status_code == 403
    assert (await api.get("/v1/volunteers/V2/complaints")).status_code == 403
    told = {"outcome": "upheld", "answer": "已更正"}
    assert (await api.post(f"/v1/complaints/{ident}/answer", json=told)).status_code == 403
    await api.become("officer", Scope("place", ELSEWHERE))
    assert (await api.get("/v1/complaints")).json()["items"] == []
    assert (await api.post(f"/v1/complaints/{ident}/answer", json=told)).status_code == 403
    await api.become("officer", Scope("place", TOWN))
    [waiting] = (await api.get("/v1/complaints")).json()["items"]
    assert (waiting["id"], waiting["name"], waiting["text"]) == (ident, "小李", "少记了一小时")
    assert (await api.post(f"/v1/complaints/{ident}/answer", json=told)).json()["state"] == "upheld"
    assert (await api.get("/v1/complaints")).json()["items"] == []
    await api.become("volunteer", Scope("volunteer", "V1"))
    [mine] = (await api.get(path)).json()["items"]
    assert (mine["state"], mine["answer"]) == ("upheld", "已更正")


async def test_an_office_files_for_a_volunteer(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    filed = await api.post(
        "/v1/volunteers/V1/complaints", json=SAID, headers={"Idempotency-Key": "x"}
    )
    assert filed.json()["filed_by"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({**SAID, "about": "weather"}, 422),
        ({**SAID, "text": ""}, 422),
        ({**SAID, "text": " "}, 422),
        ({**SAID, "text": "打我电话 13812345678"}, 422),
        ({"text": "x"}, 422),
    ],
)
async def test_what_is_wrong_is_said(
    api: Api, filled: Recorder, said: dict[str, str], status: int
) -> None:
    await api.become("volunteer", Scope("volunteer", "V1"))
    answered = await api.post(
        "/v1/volunteers/V1/complaints", json=said, headers={"Idempotency-Key": "x"}
    )
    assert answered.status_code == status
    assert (await api.get("/v1/volunteers/V1/complaints")).json()["items"] == []


async def test_a_long_queue_comes_in_parts(api: Api, filled: Recorder) -> None:
    record(filled, [complaint("V1", f"C{n}", f"2026-05-0{n}T08:00") for n in range(1, 6)])
    record(filled, [answer("V1", "C3")])
    await api.become("reviewer", Scope("place", EVERYWHERE))
    first = (await api.get("/v1/complaints?limit=2")).json()
    rest = (await api.get(f"/v1/complaints?limit=9&after={first['next']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == ["C1", "C2", "C4", "C5"]
    assert len((await api.get("/v1/complaints?answered=true")).json()["items"]) == 5


async def test_two_may_have_the_same_id(api: Api, filled: Recorder) -> None:
    record(filled, [complaint("V1", "C1"), complaint("V2", "C1")])
    await api.become("officer", Scope("place", EVERYWHERE))
    told = {"outcome": "explained", "answer": "已核实"}
    assert (await api.post("/v1/complaints/C1/answer", json=told)).status_code == 404
    said = await api.post("/v1/complaints/C1/answer?volunteer=V2", json=told)
    assert (said.json()["volunteer"], said.json()["state"]) == ("V2", "explained")


async def test_a_claim_is_held_and_told(api: Api, filled: Recorder) -> None:
    record(filled, [check_in("V1", "2026-05-01T08:00", place=VILLAGE)])
    record(filled, [claim("V1", "2026-05-01T10:00", reason="手机没电", place=VILLAGE)])
    await api.become("volunteer", Scope("volunteer", "V1"))
    [visit] = (await api.get("/v1/volunteers/V1/visits")).json()["items"]
    assert (visit["status"], visit["awaits"], visit["seconds"]) == ("pending", "review", 7200)
    story = (await api.get("/v1/volunteers/V1/explanation")).json()
    assert story["hours"][-1]["claim"]["reason"] == "手机没电"
    await api.become("reviewer", Scope("place", TOWN))
    [case] = (await api.get("/v1/reviews")).json()["items"]
    assert (case["rule"], case["evidence"]["reason"]) == ("claimed", "手机没电")
    decided = {"decision": "count", "reason": "队长证明"}
    assert (await api.post(f"/v1/reviews/{case['id']}", json=decided)).status_code == 200
    assert (await api.get("/v1/volunteers/V1")).json()["seconds"] == 7200
