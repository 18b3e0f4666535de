"""How does somebody at a desk, or a resident, take the next step of an order?

A step is checked before it is sent, by the fold's own rule (ledger.centre.orders.refusal), and
looked at once it is recorded: of two that come at once the later one has no effect, and is told so.
"""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from uuid import uuid4

import orjson
from pydantic import ValidationError

from ledger.centre.dossier import in_order
from ledger.centre.orders.life import Order, life, own_activity, refusal
from ledger.centre.orders.parties import unknown
from ledger.centre.orders.queue import find_order
from ledger.centre.orders.rows import ServiceOrder
from ledger.centre.orders.terms import Stage, Terms
from ledger.clock import from_micros
from ledger.core.intake import Arrival
from ledger.errors import LedgerError, UnfitError
from ledger.recording.recorder import DESK, Recorder
from ledger.saying import faults, nothing_personal
from ledger.store import dossiers
from schemas import ActivityRegistered, CloudEvent
from schemas.orders import (
    OrderAccepted,
    OrderCalledBack,
    OrderDeclined,
    OrderDispatched,
    OrderDone,
    OrderPlaced,
    OrderRated,
    OrderReassigned,
)
from schemas.registry import Activity

_STAGES: dict[type[CloudEvent], Stage] = {
    OrderPlaced: "dispatch",
    OrderDeclined: "dispatch",
    OrderDispatched: "accept",
    OrderReassigned: "accept",
    OrderAccepted: "serve",
    OrderDone: "call_back",
    OrderRated: "call_back",
    OrderCalledBack: "call_back",
}
"""What is waited for after a step."""

_TEXTS = ("text", "comment", "note", "reason", "basis")
"""What people write, for ever: who asked, and how to reach them, is kept at the station."""


def new_id(recorder: Recorder) -> str:
    """A number for a new order, by the day, that nobody guesses."""
    return f"D{from_micros(recorder.now(), recorder.policy.zone):%y%m%d}-{token_hex(4)}"


def take(
    recorder: Recorder, terms: Terms, kind: type[CloudEvent], ident: str, data: dict[str, Any]
) -> ServiceOrder:
    """Record a step; the order as it stands then. The terms say its deadline, if nobody does.

    Raises LedgerError with what is wrong with it, why it has no effect, or whom nobody knows.
    """
    with recorder.database.read() as connection:
        told = dossiers.told(connection, dossiers.ORDERS, [ident])[ident]
    order, _ = life(ident, in_order(told))
    last = max((one.at for one in told), default=0)
    at = from_micros(max(recorder.now(), last + 1), recorder.policy.zone)
    said = {name: value for name, value in data.items() if value is not None}
    for field in _TEXTS:
        nothing_personal(field, said.get(field, ""))
    if kind in _STAGES and "due" not in said:
        said["due"] = _due(terms, kind, said, at)
    event = _event(kind, ident, at, said)
    why = refusal(order, event)
    if not why:
        with recorder.database.read() as connection:
            why = unknown(connection, event)
    if why:
        raise LedgerError(why)
    also = [_activity(event, order)] if isinstance(event, OrderAccepted) and order else []
    receipt = recorder.record([_arrival(one) for one in (*also, event) if one is not None])
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)
    with recorder.database.read() as connection:
        row = find_order(connection, ident)
    for step in orjson.loads(row.steps):
        if step["id"] == event.id and step.get("without_effect"):
            raise LedgerError(step["without_effect"])
    return row


def _due(
    terms: Terms, kind: type[CloudEvent], said: dict[str, Any], at: datetime
) -> datetime | None:
    if kind is OrderRated and not said.get("complaint"):
        return None
    if kind is OrderCalledBack and said.get("reached"):
        return None
    if kind is OrderAccepted and isinstance(said.get("ends_at"), datetime):
        return terms.due("serve", max(said["ends_at"], at))
    return terms.due(_STAGES[kind], at)


def _event(kind: type[CloudEvent], ident: str, at: datetime, data: dict[str, Any]) -> CloudEvent:
    said = {name: value for name, value in data.items() if value is not None}
    try:
        return kind.model_validate(
            {
                "specversion": "1.0",
                "id": uuid4().hex,
                "source": DESK,
                "time": at,
                "subject": ident,
                "data": said,
            }
        )
    except ValidationError as error:
        raise UnfitError(*faults(error.errors(), skip=1)) from None


def _activity(event: OrderAccepted, order: Order) -> ActivityRegistered | None:
    """The order's own activity, which kiosks then show; another one stays as it is registered."""
    said = event.data
    if said.activity != own_activity(order.id):
        return None
    wish = order.placed.data
    return ActivityRegistered(
        specversion="1.0",
        id=f"order/{event.id}",
        source=DESK,
        time=event.time.astimezone(UTC),
        subject=said.activity,
        data=Activity(
            name=f"{wish.category}·{wish.text[:60]}",
            place=wish.place,
            team=said.team,
            kind=wish.category[:128] or None,
            starts_at=said.starts_at,
            ends_at=said.ends_at,
            order=order.id,
        ),
    )


def _arrival(event: CloudEvent) -> Arrival:
    return Arrival(event.model_dump_json(exclude_none=True).encode(), DESK)


def planned(starts: datetime | None, ends: datetime | None) -> None:
    """Raises LedgerError if what is planned ends before it begins."""
    if starts is not None and ends is not None and ends <= starts:
        raise LedgerError("the planned end has to be after the start 结束须在开始之后")
