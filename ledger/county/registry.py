"""How are the county's places, teams, people and activities registered?"""

from collections.abc import Iterator
from datetime import time

from ledger.county.people import County
from ledger.county.programme import Programme
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA
from schemas import (
    ActivityRegistered,
    CloudEvent,
    PlaceRegistered,
    TeamRegistered,
    VolunteerRegistered,
)


def registrations(county: County, programme: Programme, season: Season) -> Iterator[CloudEvent]:
    opening = at_time(season.legacy, time(9))
    source = f"registry/{AREA}"
    for ident, place in county.places.items():
        yield PlaceRegistered(
            specversion="1.0", id=ident, source=source, time=opening, subject=ident, data=place
        )
    for ident, team in county.teams.items():
        yield TeamRegistered(
            specversion="1.0", id=ident, source=source, time=opening, subject=ident, data=team
        )
    for ident, person in county.volunteers.items():
        yield VolunteerRegistered(
            specversion="1.0", id=ident, source=source, time=opening, subject=ident, data=person
        )
    for ident, activity in programme.activities.items():
        assert activity.starts_at is not None
        planned = max(opening, activity.starts_at - 7 * DAY)
        yield ActivityRegistered(
            specversion="1.0", id=ident, source=source, time=planned, subject=ident, data=activity
        )
