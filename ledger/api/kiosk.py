"""What is on at a place? For kiosks, which keep it for the days when there is no network."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ledger.api.etags import conditional
from ledger.api.shapes import ActivityShown, Programme, TeamShown
from ledger.api.who import Asks
from ledger.centre.activities.signing_up import cancelled
from ledger.clock import SECOND, from_micros, to_micros
from ledger.store.registered import registered_around
from schemas.registry import Activity, Team

router = APIRouter(prefix="/v1/kiosk", tags=["kiosk"])

DAY = 24 * 3600 * SECOND
KEPT_AFTER = 1 * DAY
"""An activity that is over stays so long, for those who check out late."""

SHOWN_BEFORE = 14 * DAY
"""A kiosk that goes without a network for days has to know what begins meanwhile."""


@router.get("/programme", response_model=Programme, responses={304: {"description": "As before"}})
def programme(
    asks: Asks,
    request: Request,
    place: Annotated[str, Query(min_length=1, max_length=64, description="Where the kiosk stands")],
) -> Response:
    """The activities and teams at a place, below and above it. Public, as at its door.

    What was cancelled is not on.
    """
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        policy = recorder.policy_by(connection)
        activities = [
            (ident, Activity.model_validate_json(said))
            for ident, said in registered_around(connection, "activity", place)
        ]
        off = cancelled(connection, [ident for ident, _ in activities])
        teams = registered_around(connection, "team", place)
    now, zone = recorder.now(), policy.zone

    def told(moment: Any) -> str | None:
        return None if moment is None else from_micros(to_micros(moment), zone).isoformat()

    def is_on(one: Activity) -> bool:
        return (one.ends_at is None or to_micros(one.ends_at) + KEPT_AFTER > now) and (
            one.starts_at is None or to_micros(one.starts_at) - SHOWN_BEFORE < now
        )

    shown = [
        ActivityShown(
            id=ident,
            name=one.name,
            team=one.team,
            starts=told(one.starts_at),
            ends=told(one.ends_at),
        )
        for ident, one in activities
        if ident not in off and is_on(one)
    ]
    shown.sort(key=lambda one: (one.starts or "", one.id))
    named = [TeamShown(id=ident, name=Team.model_validate_json(said).name) for ident, said in teams]
    offset = from_micros(now, zone).isoformat()[-6:]
    return conditional(request, Programme(place=place, zone=offset, activities=shown, teams=named))
