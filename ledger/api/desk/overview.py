"""How does an area stand? `/v1/overview`: volunteers by star, hours and points, by its parts."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from ledger.access import EVERYWHERE, Permission, allowing
from ledger.access.asking import place as at_place
from ledger.api.etags import conditional
from ledger.api.who import Asks, Caller
from ledger.statistics.figures import AreaFigures, PlaceFigures, figures, whole_area
from ledger.store import access
from ledger.store.registered import registered_names

router = APIRouter(prefix="/v1/overview", tags=["desk"])

Months = Annotated[int, Query(ge=1, le=60, description="Months back, this one included")]
Area = Annotated[
    str | None,
    Query(max_length=64, description="With all below it; absent: the area of whoever asks"),
]


class AreaMonth(BaseModel):
    """Points are decimal texts; `expiring` are those that end in the month, if nobody uses them."""

    month: str
    visits: int
    seconds: int
    issued: str
    redeemed: str
    lapsed: str
    expiring: str


class AreaPart(BaseModel):
    """A place with all below it. `stars` by level ("" is none); `expiring` within three months."""

    place: str
    name: str
    volunteers: int
    starred: int
    stars: dict[str, int]
    visits: int
    seconds: int
    issued: str
    redeemed: str
    lapsed: str
    expiring: str
    owed: str


class AreaAbove(BaseModel):
    """What an area lies in; `name` is "" where nobody has registered it."""

    place: str
    name: str


class AreaShown(BaseModel):
    """An area: what it lies in, nearest last, its months, its sum and its parts.

    `above` are those that whoever asks may read, too.

    `months` go twelve months ahead, for what will expire. The part of the area's own code is what
    lies in it and in none of its parts; "" are people who are registered nowhere.
    """

    area: str
    name: str
    above: list[AreaAbove]
    levels: list[str]
    currency: str
    months: list[AreaMonth]
    total: AreaPart
    places: list[AreaPart]


@router.get("", response_model=AreaShown, responses={304: {"description": "As before"}})
def overview(asks: Asks, request: Request, place: Area = None, months: Months = 13) -> Response:
    """Volunteers by star, hours by month, points issued, redeemed, expiring and owed."""
    found = area_asked(asks, place, months)
    with asks.serving.reader.database.read() as connection:
        above = _above(asks, connection, found.above)
    return conditional(request, _shown(found, above))


def area_asked(asks: Caller, place: str | None, months: int) -> AreaFigures:
    """The figures, for whoever may read them. Raises RefusedError or Problem."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        area = _own_area(asks, connection) if place is None else place
        asks.require(connection, Permission.READ, at=at_place(area))
        now = recorder.now()
        policy = recorder.policy_by(connection)
        return figures(connection, policy, area, now, months)


def _own_area(asks: Caller, connection: Connection) -> str:
    """Where whoever asks may read: all there is, or the first place of theirs."""
    now = asks.serving.recorder.now()
    whole = asks.serving.settings.place or EVERYWHERE
    if allowing(asks.standing, Permission.READ, access.at_place(connection, whole), now):
        return whole_area(connection) if whole == EVERYWHERE else whole
    for one in asks.standing:
        if one.kind == "place" and allowing(
            [one], Permission.READ, access.at_place(connection, one.of), now
        ):
            return one.of
    return whole


def _above(asks: Caller, connection: Connection, above: Sequence[str]) -> list[AreaAbove]:
    now = asks.serving.recorder.now()
    readable = [
        one
        for one in above
        if allowing(asks.standing, Permission.READ, access.at_place(connection, one), now)
    ]
    names = registered_names(connection, "place", readable)
    return [AreaAbove(place=one, name=names.get(one, "")) for one in readable]


def _shown(found: AreaFigures, above: list[AreaAbove]) -> AreaShown:
    def place(one: PlaceFigures) -> AreaPart:
        names = found.levels
        stars = {
            names[star] if star < len(names) else str(star): volunteers
            for star, volunteers in one.stars.items()
        }
        return AreaPart(
            place=one.place,
            name=one.name,
            volunteers=one.volunteers,
            starred=one.starred,
            stars=stars,
            visits=one.visits,
            seconds=one.seconds,
            issued=one.issued,
            redeemed=one.redeemed,
            lapsed=one.lapsed,
            expiring=one.expiring,
            owed=one.owed,
        )

    return AreaShown(
        area=found.area,
        name=found.name,
        above=above,
        levels=list(found.levels),
        currency=found.currency,
        months=[AreaMonth(**one._asdict()) for one in found.months],
        total=place(found.total),
        places=[place(one) for one in found.parts],
    )
