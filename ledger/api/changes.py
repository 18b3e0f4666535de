"""What changes now? `GET /v1/changes`: server-sent events that can be taken up where they ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.problems import Kind, Problem
from ledger.api.serving import Serving
from ledger.api.who import Asks
from ledger.changes import Change, Changes, Place
from ledger.places import is_within
from ledger.store import access

router = APIRouter(prefix="/v1/changes", tags=["changes"])

LONGEST = 15 * 60.0
"""Seconds after which a stream ends: the browser asks again, and is asked who it is."""

PAUSE = 0.5
"""Seconds between looks."""

PING = 15
"""Seconds after which a comment shows that the stream still runs."""

Wanted = Callable[[Change], bool]


@router.get(
    "",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow(
    asks: Asks,
    volunteer: Annotated[str, Query(max_length=64, description="Only of this volunteer")] = "",
    place: Annotated[
        str, Query(max_length=64, description="Only of volunteers of this place and below it")
    ] = "",
    types: Annotated[
        str, Query(max_length=1000, description="Only these types of events, by commas")
    ] = "",
    after: Annotated[str, Query(max_length=64, description="As the header; 0: all there is")] = "",
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", max_length=64, description="What came last")
    ] = "",
) -> EventSourceResponse:
    """Hours, stars, points, answers to tills and judgements, as CloudEvents, as they are recorded.

    From now on, or after what came last: each once, in an order that is always the same.
    """
    here = asks.serving
    begin = last_event_id or after
    try:
        start = Place.read(begin) if begin else None
    except ValueError:
        raise Problem(Kind.INVALID, "Last-Event-ID: take it from `id` of an event") from None

    def allowed() -> None:
        at = of_volunteer(volunteer) if volunteer else at_place(place)
        permissions = [Permission.READ, *([Permission.OWN] if volunteer else [])]
        with here.recorder.database.read() as connection:
            asks.require(connection, *permissions, at=at)

    await run_in_threadpool(allowed)
    chosen = frozenset(filter(None, types.split(",")))
    wanted = _wanted(here, volunteer, place, chosen)
    return EventSourceResponse(
        _events(here.changes, start, wanted),
        ping=PING,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    changes: Changes, start: Place | None, wanted: Wanted
) -> AsyncIterator[ServerSentEvent]:
    place = await run_in_threadpool(changes.end) if start is None else start
    ends = time.monotonic() + LONGEST
    yield ServerSentEvent(comment="from now on", id=str(place), retry=2000)
    while time.monotonic() < ends:
        found, place = await run_in_threadpool(changes.after, place)
        for one in await run_in_threadpool(lambda some: list(filter(wanted, some)), found):
            yield ServerSentEvent(one.content.decode(), event=one.type, id=str(one.place))
        if not found:
            await asyncio.sleep(PAUSE)


def _wanted(here: Serving, volunteer: str, place: str, types: frozenset[str]) -> Wanted:
    @lru_cache(maxsize=10_000)
    def belongs(whom: str) -> bool:
        with here.recorder.database.read() as connection:
            found = access.of_volunteer(connection, whom).places
        return any(is_within(one, place) for one in found)

    def wanted(one: Change) -> bool:
        if types and one.type not in types:
            return False
        if volunteer:
            return one.key == volunteer
        return not place or belongs(one.key)

    return wanted
