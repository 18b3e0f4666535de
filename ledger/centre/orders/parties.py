"""Whom and what does a step of an order name that nobody knows here?

Asked before a step is sent by hand, so that a wrong id is told of at once. A step that comes in as
an event is not held to that: who it names may be registered later, and the ledger counts hours of
people who never are. An order that waits for somebody unknown goes up at its deadline.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select

from ledger.centre.orders.life import own_activity
from ledger.centre.registering import known_of
from ledger.centre.teams.people import who_left
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import volunteer_state
from schemas.envelope import CloudEvent
from schemas.orders import OrderAccepted, OrderDispatched, OrderReassigned, OrderRewarded
from schemas.registry import TeamRegistered


def unknown(connection: Connection, event: CloudEvent) -> str:
    """The first that is not known, for people; "" if all are."""
    match event:
        case OrderDispatched(data=data) | OrderReassigned(data=data):
            return _team(connection, data.team) or _people(connection, [data.volunteer])
        case OrderAccepted(data=data):
            return _people(connection, data.volunteers) or _activity(
                connection, data.activity, event.subject
            )
        case OrderRewarded(data=data):
            return _strangers(connection, [one.volunteer for one in data.rewards])
    return ""


def _team(connection: Connection, team: str | None) -> str:
    if team is None:
        return ""
    said = known_of(connection, TeamRegistered, team)
    if not said:
        return f"无此队伍: there is no team {team}; `vledger teams` lists them"
    return f"已解散: team {team} is dissolved" if said.get("dissolved_at") else ""


def _activity(connection: Connection, activity: str, order: str) -> str:
    if activity == own_activity(order) or registered_names(connection, "activity", [activity]):
        return ""
    return f"无此活动: there is no activity {activity}; leave it out, and one is registered"


def _people(connection: Connection, named: Collection[str | None]) -> str:
    """Who is to come: known, and still a volunteer."""
    volunteers = [one for one in named if one is not None]
    strange = _strangers(connection, volunteers)
    if strange:
        return strange
    gone = sorted(who_left(connection, volunteers))
    return f"已注销: {gone[0]} is no longer registered" if gone else ""


def _strangers(connection: Connection, volunteers: Collection[str]) -> str:
    """Neither registered, nor was anything recorded of them."""
    known = set(registered_names(connection, "volunteer", volunteers))
    column = volunteer_state.c.volunteer
    missing = [one for one in volunteers if one not in known]
    if missing:
        seen = select(column).where(bulk.among(connection, column, missing))
        known |= set(connection.execute(seen).scalars())
    strange = [one for one in volunteers if one not in known]
    return f"无此志愿者: nobody has heard of volunteer {strange[0]}" if strange else ""
