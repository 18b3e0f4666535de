"""What do places share, who has it when, and how is it booked?"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from sqlalchemy import Connection, select, tuple_

from ledger.centre.places.bookings import Booking, overlapping, taken
from ledger.clock import to_micros
from ledger.errors import Fault, LedgerError, UnfitError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import lying_there
from ledger.store.tables import booking, registry
from schemas.places import BookingCancelled, BookingRequested


class Shared(NamedTuple):
    """A registered resource 可共享资源."""

    resource: str
    name: str
    place: str
    kind: str
    description: str
    shared: bool


def resources(connection: Connection, area: str = "", after: str = "") -> list[Shared]:
    """Those of the places of an area, by id."""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == "resource", registry.c.id > after
    )
    rows = connection.execute(query.order_by(registry.c.id))
    return lying_there(connection, (_shared(*row) for row in rows), area)


def find_resource(connection: Connection, resource: str) -> Shared:
    """Raises LedgerError if there is none of that id."""
    query = select(registry.c.data).where(registry.c.kind == "resource", registry.c.id == resource)
    data = connection.execute(query).scalar()
    if data is None:
        raise LedgerError(f"there is no resource {resource}: `vledger places resources` lists them")
    return _shared(resource, data)


def bookings_of(
    connection: Connection,
    resource: str,
    since: int = 0,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[Booking]:
    """All that end after `since` (µs), cancelled and refused ones too, by their beginning.

    `after`: those that follow on one that begins then (µs) with that id.
    """
    column = booking.c
    query = select(booking).where(column.resource == resource, column.ends_at > since)
    if after is not None:
        query = query.where(tuple_(column.starts_at, column.booking) > tuple_(*after))
    rows = connection.execute(query.order_by(column.starts_at, column.booking).limit(limit))
    return [Booking._make(row) for row in rows]


def book(
    recorder: Recorder,
    resource: str,
    starts: datetime,
    ends: datetime,
    *,
    whose: str | None,
    purpose: str,
    by: str,
    ident: str | None = None,
) -> Booking:
    """Ask for it; the booking that stands. Raises LedgerError with why somebody can't have it."""
    asked = ident or uuid4().hex[:12]
    span = to_micros(starts), to_micros(ends)
    if span[1] <= span[0]:
        raise UnfitError(Fault("ends_at", "结束须晚于开始", "the booking ends before it begins"))
    if span[1] <= recorder.now():
        raise UnfitError(Fault("ends_at", "这段时间已经过去", "that time is over 预约时段已过"))
    with recorder.database.read() as connection:
        if not find_resource(connection, resource).shared:
            said = f"{resource} is not shared any more 已停止共享"
            raise UnfitError(Fault("", "这项资源已停止共享", said))
        known = bookings_of(connection, resource, span[0])
        same = select(booking.c.booking).where(
            booking.c.resource == resource, booking.c.booking == asked
        )
        is_known = connection.execute(same).first() is not None
    if is_known:
        raise LedgerError(f"there is a booking {asked} of {resource} already")
    before = overlapping(known, *span)
    if before is not None:
        said = f"这段时间已有预约 {before.booking}，请另选时间"
        raise UnfitError(Fault("starts_at", said, taken(before)))
    data: dict[str, Any] = {
        "booking": asked,
        "starts_at": starts,
        "ends_at": ends,
        "whose": whose,
        "purpose": purpose,
        "by": by,
    }
    send(recorder, BookingRequested, resource, data, exact=True)
    with recorder.database.read() as connection:
        made = _booking(connection, resource, asked)
    if made.state == "refused":  # somebody else was quicker
        raise LedgerError(made.reason)
    return made


def cancel(recorder: Recorder, resource: str, ident: str, *, reason: str, by: str) -> Booking:
    """Give a booking up. Raises LedgerError if there is none that stands."""
    with recorder.database.read() as connection:
        known = _booking(connection, resource, ident)
    if known.state != "stands":
        raise LedgerError(f"booking {ident} of {resource} is {known.state}")
    send(
        recorder,
        BookingCancelled,
        resource,
        {"booking": ident, "reason": reason, "by": by},
        exact=True,
    )
    with recorder.database.read() as connection:
        return _booking(connection, resource, ident)


def _booking(connection: Connection, resource: str, ident: str) -> Booking:
    column = booking.c
    query = select(booking).where(column.resource == resource, column.booking == ident)
    row = connection.execute(query).first()
    if row is None:
        raise LedgerError(f"there is no booking {ident} of {resource}")
    return Booking._make(row)


def _shared(ident: str, data: str) -> Shared:
    said = orjson.loads(data)
    return Shared(
        ident,
        said["name"],
        said["place"],
        said.get("kind", ""),
        said.get("description", ""),
        said.get("shared", True),
    )
