"""Which places lie in an area? `/v1/places`, for drilling down."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.api.etags import conditional
from ledger.api.shapes import Page, PlaceListed
from ledger.api.who import Asks
from ledger.store.registered import places_below

router = APIRouter(prefix="/v1/places", tags=["places"])


@router.get("", response_model=Page[PlaceListed], responses={304: {"description": "As before"}})
def places(
    asks: Asks,
    request: Request,
    under: Annotated[str, Query(max_length=64, description="Absent: those that are in none")] = "",
) -> Response:
    """The places directly in another, by id; all of them."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(under))
        found = places_below(connection, under)
    items = [
        PlaceListed(id=one.id, name=one.name, kind=one.kind, has_below=one.has_below)
        for one in found
    ]
    return conditional(request, Page(items=items))
