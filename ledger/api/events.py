"""How do events come in by HTTP? `POST /v1/events`, for kiosks that can't speak Kafka."""

from collections.abc import Sequence

from anyio import from_thread
from fastapi import APIRouter, Request

from ledger.access import Permission
from ledger.access.asking import RefusedError
from ledger.api.bodies import Body
from ledger.api.door import Denied, Sent, judge, sent
from ledger.api.problems import Kind, Problem
from ledger.api.serving import Sender, Serving
from ledger.api.shapes import EventReceipt, EventReceipts, Status
from ledger.api.who import Asks, Caller
from ledger.core.intake import Arrival, Received, receive
from ledger.recording.recorder import DESK
from schemas import LoggedEvent
from schemas.topics import TOPICS

router = APIRouter(prefix="/v1/events", tags=["events"])


@router.post(
    "",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A CloudEvent, an array of at most 1,000, or one a line",
            "content": {
                kind: {"schema": {}}
                for kind in (
                    "application/cloudevents+json",
                    "application/cloudevents-batch+json",
                    "application/x-ndjson",
                )
            },
        }
    },
)
def take_in(asks: Asks, request: Request, body: Body) -> EventReceipts:
    """Take events in: at least once, since sending one again has no effect.

    A device's are signed, and need no login; what else there is may be sent by whoever may record.
    """
    events = sent(body, request.headers.get("content-type", ""))
    origin, denied = _let_in(asks, events)
    let = [one for one, no in zip(events, denied, strict=True) if no is None]
    became = iter(_taken(asks.serving, let, origin))
    return EventReceipts(
        receipts=[
            next(became) if no is None else _receipt(one, "rejected", *no)
            for one, no in zip(events, denied, strict=True)
        ]
    )


def _let_in(asks: Caller, events: Sequence[Sent]) -> tuple[str, list[Denied | None]]:
    """From where they come, for the log of rejects; and why some are not let in."""
    with asks.serving.recorder.database.read() as connection:
        if asks.person is not None:
            try:
                asks.require(connection, Permission.RECORD)
            except RefusedError:
                pass  # a till's screen may pass on what a device has signed
            else:
                return DESK, [None] * len(events)
        return f"http {asks.address}", judge(connection, events)


def _taken(here: Serving, events: Sequence[Sent], origin: str) -> list[EventReceipt]:
    arrivals = [Arrival(one.content, origin) for one in events]
    if not arrivals:
        return []
    if here.sender is not None:
        return _queued(here, here.sender, events, arrivals)
    names: dict[str, Status] = {"applied": "recorded", "duplicate": "duplicate"}
    return [
        _receipt(one, names[outcome])
        if reject is None
        else _receipt(one, "rejected", reject.code, reject.detail)
        for one, (outcome, reject) in zip(events, here.counter.record(arrivals), strict=True)
    ]


def _queued(
    here: Serving, sender: Sender, events: Sequence[Sent], arrivals: Sequence[Arrival]
) -> list[EventReceipt]:
    """Hand them to Kafka. What is no event has no topic, and is not kept."""
    now = here.recorder.now()
    received = [receive(one, now) for one in arrivals]
    messages = [
        (_topic(one.event), one.event.subject.encode(), one.arrival.content)
        for one in received
        if isinstance(one, Received)
    ]
    from_thread.run(sender.send, messages)
    return [
        _receipt(one, "queued")
        if isinstance(got, Received)
        else _receipt(one, "rejected", got.code, got.detail)
        for one, got in zip(events, received, strict=True)
    ]


def _topic(event: LoggedEvent) -> str:
    for topic in TOPICS:
        if topic.received and type(event) in topic.events:
            return topic.name
    raise Problem(Kind.NOT_POSSIBLE, f"{event.type} has no topic")


def _receipt(one: Sent, status: Status, reason: str = "", detail: str = "") -> EventReceipt:
    return EventReceipt(source=one.source, id=one.id, status=status, reason=reason, detail=detail)
