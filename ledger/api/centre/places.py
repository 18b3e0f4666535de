"""Which places are there on a day, what do they lack, and how do they change? `/v1/places`."""

from collections import Counter
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import as_registered, place_to_be
from ledger.access.asking import place as at_place
from ledger.api.centre.telling import Area, AsOf, New, Text, told, told_of
from ledger.api.languages import language_of
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.days import day_or_today
from ledger.centre.places import checks as place_checks
from ledger.centre.places.changes import count_place, merge_place, register_place, reopen_place
from ledger.centre.places.checks import Finding
from ledger.centre.places.tree import Node, closings_of, history, merged_into, path_of, tree
from ledger.centre.registering import known_of
from ledger.centre.teams import directory as teams
from ledger.finding import means
from ledger.recording.recorder import Recorder
from ledger.store.registered import registered_names
from ledger.volunteers.explain_view import Language
from schemas.registry import Community, PlaceKind, PlaceRegistered

router = APIRouter(prefix="/v1/places", tags=["centre"])

Id = Annotated[str, Path(alias="place", min_length=1, max_length=64)]


class PlaceNode(BaseModel):
    """A place in the tree of a day, after what holds it; `above` "": nothing does.

    `rooms_due`: as many function rooms as its kind has at least.
    """

    place: str
    name: str
    kind: str
    community: str
    rooms: int
    rooms_due: int
    above: str
    above_name: str
    depth: int


class KindCounted(BaseModel):
    """How many places of a kind there are."""

    kind: str
    places: int


class FindingShown(BaseModel):
    """Something wrong (`error`) or missing (`warning`), at a place or `of` a team.

    `place` is the id of either, `name` what it is called; `message` is in the reader's language.
    """

    place: str
    of: Literal["place", "team"]
    name: str
    severity: str
    message: str


class YearShown(BaseModel):
    """What was counted for a year; null: nobody has said."""

    year: int
    residents: int | None
    staff: int | None
    party_members: int | None


class NameShown(BaseModel):
    """As what a place was registered from when to when."""

    since: str
    until: str | None
    name: str
    kind: str
    parent: str


class ClosingShown(BaseModel):
    """Days (YYYY-MM-DD) from when on, and before which, a place was part of another; "": none."""

    place: str
    since: str
    until: str
    into: str
    reason: str
    by: str


class PlaceWhole(BaseModel):
    """All about a place; `merged_here` is what went into it.

    `called`: the names of the other places that are told of here.
    """

    place: str
    name: str
    kind: str
    parent: str
    community: str
    functions: list[str]
    opening: str
    phone: str
    address: str
    latitude: str | None
    longitude: str | None
    years: list[YearShown]
    names: list[NameShown]
    closed: list[ClosingShown]
    merged_here: list[ClosingShown]
    called: dict[str, str]


class PlaceSaid(BaseModel):
    """What is said of a place; what is absent stays as it was, null takes it back."""

    new: New = False

    name: str | None = None
    kind: PlaceKind | None = None
    parent: str | None = None
    community: Community | None = None
    functions: list[str] | None = Field(default=None, max_length=40)
    opening: str | None = None
    phone: str | None = None
    address: str | None = None
    latitude: str | None = None
    longitude: str | None = None


class MergeSaid(BaseModel):
    """From the day `on` it is part of `into`; absent: it is closed."""

    into: str | None = None
    on: date
    reason: str = ""


class ReopenSaid(BaseModel):
    """From the day `on` it stands by itself again."""

    on: date
    reason: str = ""


class CountSaid(BaseModel):
    """Counts of a year; what is absent stays as it was."""

    year: int = Field(ge=1970, le=2200)
    residents: int | None = Field(default=None, ge=0)
    full_time_staff: int | None = Field(default=None, ge=0)
    party_members: int | None = Field(default=None, ge=0)


@router.get("/tree")
def place_tree(
    asks: Asks, part: Asked, area: Area = "", as_of: AsOf = None, text: Text = ""
) -> Page[PlaceNode]:
    """The places of an area as they were on a day, each after what holds it."""
    known = _tree(asks, area, as_of)
    after = part.texts or []
    found = [
        one
        for one in known.values()
        if means(text, one.place, one.name) and path_of(one, known) > after
    ]

    def shown(one: Node) -> PlaceNode:
        over = known.get(one.above)
        return PlaceNode(
            **one._asdict(),
            rooms_due=place_checks.ROOMS if one.kind in place_checks.LEVEL else 0,
            above_name=over.name if over else "",
        )

    return part.page(found, shown, lambda one: path_of(one, known))


@router.get("/kinds")
def kinds(asks: Asks, area: Area = "", as_of: AsOf = None) -> Page[KindCounted]:
    """How many places of which kind there were in an area on a day."""
    many = Counter(one.kind for one in _tree(asks, area, as_of).values())
    known = [one for one in place_checks.NAMES if one in many]
    return Page(items=[KindCounted(kind=one, places=many[one]) for one in known])


@router.get("/check")
def check(
    asks: Asks, request: Request, part: Asked, area: Area = "", as_of: AsOf = None
) -> Page[FindingShown]:
    """What is wrong or missing on a day: codes, parents, rooms, staff, counts, teams."""
    recorder = asks.serving.reader
    day = day_or_today(recorder, as_of)
    after = tuple(part.texts or ())
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        clock = recorder.policy_by(connection).plan.clock
        found = place_checks.check(connection, day, clock, area)
        found += teams.check(connection, day, clock, area)
        here = sorted(one for one in found if one[:3] > after)[: part.limit + 1]
        about = {one.place for one in here}
        places = registered_names(connection, "place", about)
        named = registered_names(connection, "team", about - places.keys())
    chinese = language_of(request) is Language.zh

    def shown(one: Finding) -> FindingShown:
        return FindingShown(
            place=one.place,
            of="place" if one.place in places else "team",
            name=places.get(one.place) or named.get(one.place, ""),
            severity=one.severity,
            message=one.zh if chinese else one.message,
        )

    return part.page(here, shown, lambda one: list(one[:3]))


@router.get("/{place}")
def place(asks: Asks, ident: Id) -> PlaceWhole:
    """All about one place."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(ident))
    return _whole(asks.serving.reader, ident)


@router.post("/{place}", response_model=PlaceWhole)
def say(asks: Asks, ident: Id, once: Idempotent, said: PlaceSaid) -> Response:
    """Register it, or change what is said of it. Refused if its code does not fit."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        asks.registering(connection, as_registered("place", ident), place_to_be(ident, said.parent))

    def work() -> PlaceWhole:
        register_place(recorder, ident, told_of(said), new=said.new)
        return _whole(recorder, ident)

    return once.do(work)


@router.post("/{place}/merge", response_model=PlaceWhole)
def merge(asks: Asks, ident: Id, once: Idempotent, said: MergeSaid) -> Response:
    """Merge it into another, or close it; its figures stay under its own code."""
    recorder, by = _changing(asks, ident)
    if said.into:  # nobody hands their villages over to others without them
        _changing(asks, said.into)

    def work() -> PlaceWhole:
        merge_place(recorder, ident, said.into, said.on, reason=said.reason, by=by)
        return _whole(recorder, ident)

    return once.do(work)


@router.post("/{place}/reopen", response_model=PlaceWhole)
def reopen(asks: Asks, ident: Id, once: Idempotent, said: ReopenSaid) -> Response:
    """It stands by itself again; from the day of its merge on, it never was merged."""
    recorder, by = _changing(asks, ident)

    def work() -> PlaceWhole:
        reopen_place(recorder, ident, said.on, reason=said.reason, by=by)
        return _whole(recorder, ident)

    return once.do(work)


@router.post("/{place}/counts", response_model=PlaceWhole)
def count(asks: Asks, ident: Id, once: Idempotent, said: CountSaid) -> Response:
    """Say what was counted of it for a year."""
    recorder, by = _changing(asks, ident)

    def work() -> PlaceWhole:
        counts = said.model_dump(exclude={"year"})
        count_place(recorder, ident, said.year, counts, by)
        return _whole(recorder, ident)

    return once.do(work)


def _tree(asks: Caller, area: str, as_of: date | None) -> dict[str, Node]:
    recorder = asks.serving.reader
    day = day_or_today(recorder, as_of)
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = tree(connection, day, recorder.policy_by(connection).plan.clock, area)
    return {one.place: one for one in found}


def _changing(asks: Caller, ident: str) -> tuple[Recorder, str]:
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        return recorder, asks.require(connection, Permission.REGISTER, at=at_place(ident))


def _whole(recorder: Recorder, ident: str) -> PlaceWhole:
    with recorder.database.read() as connection:
        said = known_of(connection, PlaceRegistered, ident)
        if not said:
            raise not_found(f"there is no place {ident}")
        years = place_checks.years_of(connection, ident)
        named = history(connection, ident)
        closed, into = closings_of(connection, ident), merged_into(connection, ident)
        others = {said.get("parent") or "", *(one.into for one in closed)}
        others |= {one.parent for one in named} | {one.place for one in into}
        called = registered_names(connection, "place", others - {""})
    names = [
        NameShown(
            since=str(told(recorder, one.since)),
            until=told(recorder, one.until),
            name=one.name,
            kind=one.kind,
            parent=one.parent,
        )
        for one in named
    ]
    return PlaceWhole(
        place=ident,
        name=said["name"],
        kind=said["kind"],
        parent=said.get("parent") or "",
        community=said.get("community") or "",
        functions=said.get("functions", []),
        opening=said.get("opening", ""),
        phone=said.get("phone", ""),
        address=said.get("address", ""),
        latitude=said.get("latitude"),
        longitude=said.get("longitude"),
        years=[YearShown(**one._asdict()) for one in years],
        names=names,
        closed=[ClosingShown(**one._asdict()) for one in closed],
        merged_here=[ClosingShown(**one._asdict()) for one in into],
        called=called,
    )
