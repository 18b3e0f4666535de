"""What do places share, and who has it when? `/v1/resources`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.access.asking import registered_anew
from ledger.api.centre.telling import Area, New, told, told_of
from ledger.api.once import Idempotent
from ledger.api.paging import Long
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.places.bookings import Booking
from ledger.centre.places.resources import (
    Shared,
    book,
    bookings_of,
    cancel,
    find_resource,
    resources,
)
from ledger.centre.registering import register
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.registered import registered_names
from schemas.registry import ResourceRegistered

router = APIRouter(prefix="/v1/resources", tags=["centre"])

Id = Annotated[str, Path(alias="resource", min_length=1, max_length=64)]


class ResourceShown(BaseModel):
    """可共享资源; `shared` false: nobody may book it any more."""

    resource: str
    name: str
    place: str
    kind: str
    description: str
    shared: bool


class ResourceSaid(BaseModel):
    """What is said of a resource; what is absent stays as it was."""

    new: New = False

    name: str | None = None
    place: str | None = None
    kind: str | None = None
    description: str | None = None
    shared: bool | None = None


class BookingShown(BaseModel):
    """`state`: stands, refused or cancelled, with the `reason`.

    `whose`: the place or team that it is for, `whose_name` as that is registered.
    """

    booking: str
    starts_at: str
    ends_at: str
    whose: str
    whose_name: str
    purpose: str
    by: str
    state: str
    reason: str
    asked_at: str


class BookingSaid(BaseModel):
    """What somebody asks for. Times without a zone are the policy's."""

    starts_at: datetime
    ends_at: datetime
    whose: str | None = Field(default=None, max_length=64)
    purpose: str = Field(default="", max_length=200)


class CancelSaid(BaseModel):
    """Why it is given up."""

    reason: str = Field(default="", max_length=200)


@router.get("")
def list_resources(asks: Asks, part: Long, area: Area = "") -> Page[ResourceShown]:
    """What the places of an area share, by id."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        [after] = part.key(str) or [""]
        found = resources(connection, area, after)[: part.limit + 1]
    return part.page(found, lambda one: ResourceShown(**one._asdict()), lambda one: [one.resource])


@router.post("/{resource}", response_model=ResourceShown)
def say(asks: Asks, ident: Id, once: Idempotent, said: ResourceSaid) -> Response:
    """Register something that others may book, or change it."""
    recorder, given = asks.serving.recorder, told_of(said)
    with recorder.database.read() as connection:
        asks.registering(connection, *registered_anew("resource", ident, given))

    def work() -> ResourceShown:
        register(recorder, ResourceRegistered, ident, given, new=said.new)
        return ResourceShown(**_found(recorder, ident)._asdict())

    return once.do(work)


@router.get("/{resource}/bookings")
def bookings(
    asks: Asks,
    ident: Id,
    part: Long,
    past: Annotated[bool, Query(description="Those that are over, too")] = False,
) -> Page[BookingShown]:
    """Who has it when, by the beginning; refused and cancelled ones with the reason."""
    recorder = asks.serving.reader
    about = _found(recorder, ident)
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(about.place))
        since, after = 0 if past else recorder.now(), part.key(int, str)
        found = bookings_of(connection, ident, since, after, part.limit + 1)
        names = _names(connection, found)
    return part.page(
        found,
        lambda one: _shown(recorder, one, names),
        lambda one: [one.starts_at, one.booking],
    )


@router.post("/{resource}/bookings", response_model=BookingShown)
def ask_for(asks: Asks, ident: Id, once: Idempotent, said: BookingSaid) -> Response:
    """Book it: whoever asks first has it, and what overlaps with that is refused."""
    recorder, by = _recording(asks, ident)
    zone = recorder.policy.zone
    starts, ends = (
        one if one.tzinfo else one.replace(tzinfo=zone) for one in (said.starts_at, said.ends_at)
    )

    def work() -> BookingShown:
        made = book(recorder, ident, starts, ends, whose=said.whose, purpose=said.purpose, by=by)
        return _answered(recorder, made)

    return once.do(work)


@router.post("/{resource}/bookings/{booking}/cancel", response_model=BookingShown)
def give_up(
    asks: Asks,
    ident: Id,
    booking: Annotated[str, Path(min_length=1, max_length=128)],
    once: Idempotent,
    said: CancelSaid,
) -> Response:
    """Give a booking up: its time is free again."""
    recorder, by = _recording(asks, ident)
    return once.do(
        lambda: _answered(recorder, cancel(recorder, ident, booking, reason=said.reason, by=by))
    )


def _recording(asks: Caller, ident: str) -> tuple[Recorder, str]:
    recorder = asks.serving.recorder
    about = _found(recorder, ident)
    with recorder.database.read() as connection:
        return recorder, asks.require(connection, Permission.RECORD, at=at_place(about.place))


def _found(recorder: Recorder, ident: str) -> Shared:
    try:
        with recorder.database.read() as connection:
            return find_resource(connection, ident)
    except LedgerError:
        raise not_found(f"there is no resource {ident}") from None


def _names(connection: Connection, some: Sequence[Booking]) -> dict[str, str]:
    """What the places and teams are called that bookings are for."""
    whose = {one.whose for one in some} - {""}
    return {
        **registered_names(connection, "place", whose),
        **registered_names(connection, "team", whose),
    }


def _answered(recorder: Recorder, one: Booking) -> BookingShown:
    with recorder.database.read() as connection:
        return _shown(recorder, one, _names(connection, [one]))


def _shown(recorder: Recorder, one: Booking, names: Mapping[str, str]) -> BookingShown:
    times = {key: told(recorder, getattr(one, key)) for key in ("starts_at", "ends_at", "asked_at")}
    named = {"whose_name": names.get(one.whose, "")}
    return BookingShown.model_validate({**one._asdict(), **times, **named})
