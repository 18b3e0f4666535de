"""What do all answers have, and what becomes of requests that are too large, slow or wrong?"""

import logging
from typing import Any

import pytest
from fastapi import FastAPI

from ledger.api.serving import Serving
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from tests.api.browser import BASE, FROM_OUR_PAGE, Api


def app_of(api: Api) -> FastAPI:
    found: FastAPI = api._transport.app  # type: ignore[attr-defined]
    return found


async def test_health(api: Api) -> None:
    assert (await api.get("/health/live")).json() == {"status": "ok", "detail": ""}
    assert (await api.get("/health/ready")).json() == {"status": "ok", "detail": ""}


async def test_a_ledger_that_is_not_there_is_not_ready_but_alive(
    recorder: Recorder, url: str
) -> None:
    away = Database(url.replace("ledger.db", "none.db").replace("test_", "none_"), read_only=True)
    reader = Recorder(away, recorder.policy)
    async with Api(Serving.of(Settings(), recorder, reader)) as api:
        answer = await api.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert answer.json()["detail"]
        assert (await api.get("/health/live")).status_code == 200
    away.close()


async def test_each_answer_is_safe_for_browsers_and_can_be_found_in_the_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "vledger.access")
    for path in ("/health/live", "/nowhere", "/v1/session?code=secret"):
        answer = await api.get(path, headers={"X-Request-Id": "till-7.1"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"] == "till-7.1"
        assert "strict-transport-security" not in answer.headers
    lines = [one for one in caplog.records if one.name == "vledger.access"]
    assert [one.__dict__["status"] for one in lines] == [200, 404, 200]
    assert "secret" not in caplog.text
    assert "strict-transport-security" in (await api.get("https://x.example/health/live")).headers
    odd = await api.get("/health/live", headers={"X-Request-Id": "a b\tc"})
    assert odd.headers["x-request-id"] != "a b\tc"


async def test_problems_are_in_the_readers_language(api: Api) -> None:
    titles = []
    for said in ("", "en", "en;q=0.3, zh-CN", "fr, en-GB;q=0.7", "de"):
        answer = await api.get("/v1/nothing", headers={"Accept-Language": said})
        assert answer.headers["content-type"] == "application/problem+json"
        titles.append(answer.json()["title"])
    assert titles == ["没有找到", "Not found", "没有找到", "Not found", "没有找到"]
    said = (await api.get("/v1/nothing")).json()
    assert (said["type"], said["status"]) == ("/problems/not-found", 404)
    assert said["instance"] == "/v1/nothing"
    assert (await api.get(said["type"])).json()["title"]["en"] == "Not found"
    assert (await api.get("/problems/x")).status_code == 404
    assert (await api.put("/v1/session")).json()["type"] == "/problems/method-not-allowed"


async def test_what_is_not_valid_is_named_and_not_repeated(api: Api) -> None:
    answer = await api.post("/v1/session", json={"pass": "hunter2"}, headers=FROM_OUR_PAGE)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    [error] = answer.json()["errors"]
    assert (error["in"], error["field"]) == ("body", "pass")
    assert "hunter2" not in answer.text
    bad = {**FROM_OUR_PAGE, "Content-Type": "application/json"}
    answer = await api.post("/v1/session", content=b'{"pass":', headers=bad)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")


async def test_a_request_that_is_too_large_is_refused_whether_it_says_so_or_not(api: Api) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b"x" * 65536

    for content in (b"x" * ((2 << 20) + 1), parts()):
        answer = await api.post("/v1/session", content=content, headers=FROM_OUR_PAGE)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    import asyncio

    from ledger.api.bounds import Bounds

    sent: list[Any] = []

    async def never(*_: Any) -> Any:
        raise AssertionError("the app sees nothing of it")

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": []}
    await Bounds(never, slowest=0.01)(scope, receive, send)
    assert sent[0]["status"] == 408


async def test_a_mistake_of_ours_is_an_incident_without_a_trace(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(Serving.of(Settings(), recorder, recorder))

    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    api.add_route("/v1/broken", broken, "GET")

    async with api:
        answer = await api.get("/v1/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "swordfish" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    incident = answer.json()["incident"]
    assert any(incident in one.getMessage() for one in caplog.records)
    assert "the password is swordfish" in caplog.text


async def test_a_database_that_goes_away_is_said_to_be_away(recorder: Recorder) -> None:
    gone = Database(
        recorder.database.url.replace("ledger.db", "no/folder.db").replace("test_", "none_")
    )
    broken = Recorder(gone, recorder.policy)
    async with Api(Serving.of(Settings(), broken, broken)) as api:
        api.cookies.set("vledger_session", "x", domain="127.0.0.1")
        answer = await api.get("/v1/session")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert answer.headers["retry-after"]
    gone.close()


async def test_openapi_is_31_and_needs_no_other_server(api: Api) -> None:
    said = (await api.get("/openapi.json")).json()
    assert said["openapi"].startswith("3.1")
    assert (await api.get("/docs")).status_code == 404
    assert BASE not in str(said)
