"""Which activities are there, who signs up for them, and is the plan kept? `/v1/activities`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.access.asking import registered_anew
from ledger.api.centre.telling import Area, New, told, told_of
from ledger.api.looking import Id as VolunteerId
from ledger.api.looking import looking
from ledger.api.once import Idempotent
from ledger.api.paging import Asked, Long
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller, nobody
from ledger.centre.activities import signing_up
from ledger.centre.activities.no_shows import settle
from ledger.centre.activities.sign_ups import ActivityRow, SignUp
from ledger.centre.teams.guardians import require_guardian
from ledger.clock import to_micros
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.registered import registered_names
from schemas.registry import Category

router = APIRouter(prefix="/v1/activities", tags=["centre"])
of_volunteers = APIRouter(prefix="/v1/volunteers/{volunteer}/sign-ups", tags=["centre"])

Id = Annotated[str, Path(alias="activity", min_length=1, max_length=64)]


class ActivityListed(BaseModel):
    """An activity; `sign_ups` says how many are `in`, `waiting`, `withdrawn`, `absent` …"""

    activity: str
    name: str
    place: str
    place_name: str
    team: str
    team_name: str
    category: str
    kind: str
    starts_at: str | None
    ends_at: str | None
    capacity: int | None
    sign_up_until: str | None
    order: str
    project: str
    cancelled_at: str | None
    reason: str
    sign_ups: dict[str, int]


class SignUpShown(BaseModel):
    """`state`: in, waiting (at a `position` from 1 on), withdrawn, refused or absent (爽约)."""

    activity: str
    volunteer: str
    name: str
    state: str
    position: int
    signed_up_at: str
    since: str
    reason: str
    by: str


class OwnSignUp(SignUpShown):
    """A volunteer's, with the activity."""

    about: ActivityListed


class ActivitySaid(BaseModel):
    """What is said of an activity; what is absent stays, null takes it back.

    Times without a zone are the policy's.
    """

    new: New = False

    name: str | None = None
    place: str | None = None
    team: str | None = None
    category: Category | None = None
    kind: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    capacity: int | None = Field(default=None, ge=1, le=100_000)
    sign_up_until: datetime | None = None
    order: str | None = None
    project: str | None = None


class SignUpSaid(BaseModel):
    """Who wants to come."""

    volunteer: str = Field(min_length=1, max_length=64)


class Because(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=200)


@router.get("")
def activities(
    asks: Asks,
    part: Asked,
    area: Area = "",
    since: Annotated[datetime | None, Query(description="That end after this; absent: now")] = None,
    until: Annotated[datetime | None, Query(description="That begin before this")] = None,
    team: Annotated[str | None, Query(max_length=64)] = None,
    category: Category | None = None,
) -> Page[ActivityListed]:
    """Activities by when they begin, for everybody who is logged in: no names are in it."""
    _somebody(asks)
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        rows = signing_up.activities(
            connection,
            area,
            since=recorder.now() if since is None else _micros(recorder, since),
            until=None if until is None else _micros(recorder, until),
            team=team,
            category=category,
            after=part.key(int, str),
            limit=part.limit + 1,
        )
    listed = _listed(recorder, rows)
    return part.page(
        rows, lambda one: listed[one.activity], lambda one: [one.starts_at or 0, one.activity]
    )


@router.get("/{activity}")
def activity(asks: Asks, ident: Id) -> ActivityListed:
    """One activity, for everybody who is logged in."""
    _somebody(asks)
    recorder = asks.serving.reader
    return _listed(recorder, [_found(recorder, ident)])[ident]


@router.post("/{activity}", response_model=ActivityListed)
def say(asks: Asks, ident: Id, once: Idempotent, said: ActivitySaid) -> Response:
    """Register it, or change what is said of it. A cancelled one is on again."""
    recorder, given = asks.serving.recorder, told_of(said)
    with recorder.database.read() as connection:
        asks.registering(connection, *registered_anew("activity", ident, given))
    zone = recorder.policy.zone
    given = {
        key: one if not isinstance(one, datetime) or one.tzinfo else one.replace(tzinfo=zone)
        for key, one in given.items()
    }

    def work() -> ActivityListed:
        made = signing_up.register_activity(recorder, ident, given, new=said.new)
        return _listed(recorder, [made])[ident]

    return once.do(work)


@router.post("/{activity}/cancel", response_model=ActivityListed)
def cancel(asks: Asks, ident: Id, once: Idempotent, said: Because) -> Response:
    """It does not take place."""
    recorder, by = _may(asks, ident, Permission.REGISTER)

    def work() -> ActivityListed:
        signing_up.call_off(recorder, ident, said.reason, by)
        return _listed(recorder, [_found(recorder, ident)])[ident]

    return once.do(work)


@router.get("/{activity}/sign-ups")
def sign_ups(asks: Asks, ident: Id, part: Long) -> Page[SignUpShown]:
    """Everybody's latest word: who is in, who waits in their order, then the others."""
    recorder, _ = _may(asks, ident, Permission.READ)
    with recorder.database.read() as connection:
        after = part.key(int, int, int, str)
        found = signing_up.sign_ups_of(connection, ident, after=after, limit=part.limit + 1)
        names = registered_names(connection, "volunteer", [one.volunteer for one in found])
    return part.page(found, lambda one: _shown(recorder, one, names), signing_up.key_of)


@router.post("/{activity}/sign-ups", response_model=SignUpShown)
def sign_up(asks: Asks, ident: Id, once: Idempotent, said: SignUpSaid) -> Response:
    """Sign up: oneself, or by whoever may record there. In, or on the waiting list."""
    recorder, by = _for(asks, ident, said.volunteer)
    require_guardian(recorder, asks.serving.settings, said.volunteer)
    return once.do(
        lambda: _shown(recorder, signing_up.join(recorder, ident, said.volunteer, by), {})
    )


@router.post("/{activity}/sign-ups/{volunteer}/withdraw", response_model=SignUpShown)
def withdraw(
    asks: Asks, ident: Id, volunteer: VolunteerId, once: Idempotent, said: Because
) -> Response:
    """Take a sign-up back before it begins: the first who waits moves up."""
    recorder, by = _for(asks, ident, volunteer)
    return once.do(
        lambda: _shown(
            recorder, signing_up.withdraw(recorder, ident, volunteer, said.reason, by), {}
        )
    )


@router.post("/{activity}/settle")
def look(asks: Asks, ident: Id) -> Page[SignUpShown]:
    """Look now who did not come; the ledger does so itself 3 and 30 days after the end."""
    recorder, _ = _may(asks, ident, Permission.RECORD)
    settle(recorder, ident)
    with recorder.database.read() as connection:
        found = signing_up.sign_ups_of(connection, ident, state="absent")
        names = registered_names(connection, "volunteer", [one.volunteer for one in found])
    return Page(items=[_shown(recorder, one, names) for one in found])


@of_volunteers.get("")
def of_one(asks: Asks, volunteer: VolunteerId, part: Asked) -> Page[OwnSignUp]:
    """What a volunteer has signed up for, the latest first."""
    recorder = asks.serving.reader
    with looking(asks, volunteer) as look:
        found = signing_up.sign_ups_by(
            look.connection, volunteer, after=part.key(int, str), limit=part.limit + 1
        )
        rows = signing_up.activities_by_id(look.connection, [one.activity for one in found])
    listed = _listed(recorder, rows)
    return part.page(
        found,
        lambda one: OwnSignUp(**_shown(recorder, one, {}).model_dump(), about=listed[one.activity]),
        lambda one: [one.signed_up_at, one.activity],
    )


def _somebody(asks: Caller) -> None:
    if asks.person is None:
        raise nobody()


def _may(asks: Caller, ident: str, permission: Permission) -> tuple[Recorder, str]:
    recorder = asks.serving.recorder
    about = _found(recorder, ident)
    with recorder.database.read() as connection:
        return recorder, asks.require(connection, permission, at=at_place(about.place))


def _for(asks: Caller, ident: str, volunteer: str) -> tuple[Recorder, str]:
    """Who speaks for the volunteer: "" for themselves, else whoever may record there."""
    recorder = asks.serving.recorder
    about = _found(recorder, ident)
    with recorder.database.read() as connection:
        if asks.is_one_of([volunteer]):
            return recorder, ""
        return recorder, asks.require(connection, Permission.RECORD, at=at_place(about.place))


def _found(recorder: Recorder, ident: str) -> ActivityRow:
    try:
        with recorder.database.read() as connection:
            return signing_up.find_activity(connection, ident)
    except LedgerError:
        raise not_found(f"there is no activity {ident}") from None


def _listed(recorder: Recorder, rows: list[ActivityRow]) -> dict[str, ActivityListed]:
    with recorder.database.read() as connection:
        counts = signing_up.numbers(connection, [one.activity for one in rows])
        places = registered_names(connection, "place", {one.place for one in rows})
        teams = registered_names(connection, "team", {one.team for one in rows})
    return {
        one.activity: ActivityListed(
            activity=one.activity,
            name=one.name,
            place=one.place,
            place_name=places.get(one.place, ""),
            team=one.team,
            team_name=teams.get(one.team, ""),
            category=one.category,
            kind=one.kind,
            starts_at=told(recorder, one.starts_at),
            ends_at=told(recorder, one.ends_at),
            capacity=one.capacity,
            sign_up_until=told(recorder, one.sign_up_until),
            order=one.for_order,
            project=one.for_project,
            cancelled_at=told(recorder, one.cancelled_at),
            reason=one.reason,
            sign_ups=dict(counts[one.activity]),
        )
        for one in rows
    }


def _shown(recorder: Recorder, one: SignUp, names: Mapping[str, str]) -> SignUpShown:
    return SignUpShown(
        activity=one.activity,
        volunteer=one.volunteer,
        name=names.get(one.volunteer, ""),
        state=one.state,
        position=one.position,
        signed_up_at=str(told(recorder, one.signed_up_at)),
        since=str(told(recorder, one.since)),
        reason=one.reason,
        by=one.by,
    )


def _micros(recorder: Recorder, moment: datetime) -> int:
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=recorder.policy.zone))
