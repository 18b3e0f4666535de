"""Is what is asked twice carried out once, whoever crashes, and only for who asked?"""

import asyncio
import threading
from typing import Any

import pytest
from pydantic import BaseModel

from ledger.access import EVERYWHERE, Scope
from ledger.api.once import ABANDONED, Idempotent
from ledger.api.problems import Kind, Problem
from ledger.store import answers
from ledger.store.answers import KEPT, Answer, Known
from ledger.store.database import Database
from tests.api.browser import Api


class Counted(BaseModel):
    count: int


class Counter:
    """A route whose work counts how often it is carried out."""

    def __init__(self, api: Api) -> None:
        self.count = 0
        self.fails = False
        self.go_on = threading.Event()
        self.go_on.set()
        api.add_route("/v1/count", self.route, "POST")

    def route(self, once: Idempotent) -> Any:
        def work() -> Counted:
            self.go_on.wait(20)
            if self.fails:
                raise Problem(Kind.NOT_POSSIBLE, "no")
            self.count += 1
            return Counted(count=self.count)

        return once.do(work, 201)


@pytest.fixture
async def counter(api: Api) -> Counter:
    await api.own()
    return Counter(api)


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


async def test_the_same_request_gets_the_same_answer(api: Api, counter: Counter) -> None:
    first = await api.post("/v1/count", content=b"{}", headers=key("a"))
    again = await api.post("/v1/count", content=b"{}", headers=key("a"))
    assert (first.status_code, first.json()) == (201, {"count": 1})
    assert (again.status_code, again.json()) == (201, {"count": 1})
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/count", content=b"{}", headers=key("b"))
    assert other.json() == {"count": 2}


async def test_a_key_means_one_request_of_one_person(api: Api, counter: Counter) -> None:
    await api.post("/v1/count", content=b"{}", headers=key("a"))
    another = await api.post("/v1/count", content=b"[]", headers=key("a"))
    assert (another.status_code, another.json()["type"]) == (409, "/problems/conflict")
    await api.become("auditor", Scope("place", EVERYWHERE))
    theirs = await api.post("/v1/count", content=b"[]", headers=key("a"))
    assert theirs.json() == {"count": 2}


async def test_many_at_once_are_carried_out_once(api: Api, counter: Counter) -> None:
    counter.go_on.clear()
    asked = [
        asyncio.create_task(api.post("/v1/count", content=b"{}", headers=key("a")))
        for _ in range(6)
    ]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert next(iter(done)).result().status_code == 409  # one is at work on it
    assert next(iter(done)).result().headers["retry-after"] == "1"
    counter.go_on.set()
    found = sorted([one.status_code for one in await asyncio.gather(*asked)])
    assert counter.count == 1
    assert found.count(201) >= 1
    assert set(found) <= {201, 409}
    assert (await api.post("/v1/count", content=b"{}", headers=key("a"))).status_code == 201
    assert counter.count == 1


async def test_what_failed_may_be_tried_again(api: Api, counter: Counter) -> None:
    counter.fails = True
    assert (await api.post("/v1/count", content=b"{}", headers=key("a"))).status_code == 422
    counter.fails = False
    again = await api.post("/v1/count", content=b"{}", headers=key("a"))
    assert (again.status_code, again.json()) == (201, {"count": 1})


async def test_a_key_is_asked_for(api: Api, counter: Counter) -> None:
    for headers in ({}, key(""), key("a b"), key("x" * 256)):
        answer = await api.post("/v1/count", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert counter.count == 0


def test_what_a_dead_server_left_is_taken_on_and_forgotten_in_time(database: Database) -> None:
    def claim(request: str, now: int) -> Known | None:
        with database.write() as connection:
            return answers.claim(connection, "li", "k", request, now, ABANDONED)

    now = KEPT * 10
    assert claim("r", now) is None
    assert claim("r", now + ABANDONED) == Known("r", None)
    assert claim("other", now + ABANDONED + 1) == Known("r", None)
    assert claim("r", now + ABANDONED + 1) is None
    assert claim("r", now + ABANDONED + 2) == Known("r", None)
    with database.write() as connection:
        answers.keep(connection, "li", "k", Answer(200, b"{}"))
        answers.forget(connection, "li", "k")  # an answer that was given stays
    assert claim("r", now + 3 * ABANDONED) == Known("r", Answer(200, b"{}"))
    assert claim("r", now + ABANDONED + KEPT + 2) is None
