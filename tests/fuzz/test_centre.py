"""Does whatever a practice centre sends leave a ledger that answers every question about it?"""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ledger.api.app import ROUTERS
from ledger.api.serving import Serving
from ledger.core.intake import Arrival
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from tests.api.browser import Api
from tests.builders import visit
from tests.effort import examples
from tests.fuzz.centre import SUBJECTS, WHO, centre_events, values_of
from tests.fuzz.test_events import NOW, recorded
from tests.fuzz.texts import ODD_TEXTS, written

POLICY = parse(
    (Path(__file__).parents[2] / "docs/examples/five-orders.yaml").read_text("utf-8"), "example"
)
VISIT = visit("V1", "2026-05-01", "08:00", "10:00", "A1")
ROUTES = [
    route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.endpoint.__module__.startswith("ledger.api.centre")
]

batches = st.lists(st.lists(centre_events().map(written), max_size=20), min_size=1, max_size=2)


@examples(12)
@given(batches)
def test_whatever_a_centre_sends_is_kept_and_what_is_due_is_done(
    arriving: Sequence[Sequence[bytes]],
) -> None:
    database = Database("sqlite://")
    database.create()
    try:
        recorded(database, POLICY, [VISIT, *arriving])
    finally:
        database.close()


class Call(NamedTuple):
    """A request, and the route that it is for."""

    method: str
    path: str
    params: dict[str, str]
    body: bytes | None
    route: str


@st.composite
def calls(draw: DrawFn) -> Call:
    """A question about the centre, or something that is to be done there."""
    route = draw(st.sampled_from(ROUTES))
    path = route.path
    for one in route.dependant.path_params:
        usual = st.sampled_from(SUBJECTS.get(one.alias, WHO))
        odd = st.sampled_from([text for text in ODD_TEXTS[3:20] if "/" not in text])
        said = draw(st.one_of(usual, usual, odd)).encode("utf-8", "replace")
        path = path.replace(f"{{{one.alias}}}", quote(said, safe=""))
    params = {}
    for one in _queries(route.dependant):
        if one.field_info.is_required() or draw(st.booleans()):
            value = draw(values_of(one.alias, one.field_info))
            if isinstance(value, str | int):
                params[one.alias] = str(value).encode("utf-8", "replace").decode()
    bodies = [one.field_info for one in route.dependant.body_params]
    body = written(draw(values_of("", bodies[0]))) if bodies else None
    assert route.methods
    return Call(min(route.methods), path, params, body, route.path)


def _queries(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for one in dependant.dependencies:
        yield from _queries(one)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a centre of which all kinds of things were said."""
    file = tmp_path_factory.mktemp("centre") / "ledger.db"
    database = Database(f"sqlite:///{file}")
    database.create()
    recorder = Recorder(database, POLICY, clock=lambda: NOW)

    @examples(20)
    @given(st.lists(centre_events().map(written), min_size=10, max_size=10))
    def fill(contents: list[bytes]) -> None:
        recorder.record([Arrival(one, "fuzz") for one in [*contents, *VISIT]])

    fill()
    database.close()
    return file


@examples(8)
@given(st.lists(calls(), min_size=10, max_size=10))
def test_every_question_is_answered_and_nothing_is_an_incident(
    filled: Path, tmp_path_factory: pytest.TempPathFactory, asked: list[Call]
) -> None:
    file = tmp_path_factory.mktemp("asked") / "ledger.db"
    shutil.copy(filled, file)
    database = Database(f"sqlite:///{file}")
    recorder = Recorder(database, POLICY, clock=lambda: NOW)
    settings = Settings(key=file.with_name("key"), rate="100000/second")
    try:
        asyncio.run(_ask(Serving.of(settings, recorder, recorder), asked))
    finally:
        database.close()


async def _ask(serving: Serving, asked: list[Call]) -> None:
    async with Api(serving) as api:
        await api.own()
        for number, one in enumerate(asked):
            answer = await api.request(
                one.method,
                one.path,
                params=one.params,
                content=one.body,
                headers={"Idempotency-Key": f"k{number}", "Content-Type": "application/json"},
            )
            assert answer.status_code < 500, (one, answer.text)
