"""Which orders wait for what, and how does one stand? For the desk's queue."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from ledger.centre.orders.life import NAMES, State
from ledger.centre.orders.rows import ServiceOrder
from ledger.clock import from_micros
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.statistics.areas import inside
from ledger.store.registered import registered_names
from ledger.store.tables import (
    hour_record,
    membership,
    order_volunteer,
    service_order,
)

NEVER = 2**63 - 1
"""The deadline (µs) of what has none, where orders stand by their deadlines."""


class Asked(NamedTuple):
    """Which orders are asked for; "" and None: whichever. `overdue` ones at the instant (µs).

    `place`: there and below it; `responsible`: that very place sees to it now. `volunteer`: with
    them, or with a team that they lead. `text`: in their id, category or wish.
    """

    place: str = ""
    state: State | None = None
    team: str = ""
    volunteer: str = ""
    complaint: bool = False
    escalated: bool = False
    overdue: int | None = None
    responsible: str = ""
    text: str = ""


class StateCount(NamedTuple):
    """How many orders are in a state; `overdue` of them have missed their deadline."""

    state: State
    orders: int
    overdue: int


def find_order(connection: Connection, ident: str) -> ServiceOrder:
    """Raises LedgerError if there is no such order."""
    row = connection.execute(select(service_order).where(service_order.c.id == ident)).first()
    if row is None:
        raise LedgerError(f"there is no order {ident}: `vledger orders` lists them")
    return ServiceOrder._make(row)


def list_orders(
    connection: Connection,
    asked: Asked,
    limit: int | None = None,
    after: tuple[int, str] | None = None,
    *,
    by_due: bool = False,
) -> list[ServiceOrder]:
    """Orders, the oldest first; `after` is (placed_at, id) of the last one before.

    `by_due`: those first whose deadline is the earliest, and `after` has that (µs; NEVER: none).
    """
    column = service_order.c
    ranks = func.coalesce(column.due_at, NEVER) if by_due else column.placed_at
    conditions: list[ColumnElement[bool]] = [inside(connection, column.place, asked.place)]
    if asked.state is not None:
        conditions.append(column.state == asked.state)
    if asked.responsible:
        conditions.append(column.responsible == asked.responsible)
    if asked.team:
        conditions.append(column.team == asked.team)
    if asked.volunteer:
        theirs = select(order_volunteer.c.id).where(order_volunteer.c.volunteer == asked.volunteer)
        leads = select(membership.c.team).where(
            membership.c.volunteer == asked.volunteer,
            membership.c.until.is_(None),
            membership.c.role == "leader",
        )
        conditions.append(or_(column.id.in_(theirs), column.team.in_(leads)))
    if asked.complaint:
        conditions.append(column.complaint == 1)
    if asked.escalated:
        conditions.append(column.escalations > 0)
    if asked.overdue is not None:
        conditions.append(column.due_at <= asked.overdue)
    if asked.text:
        texts = (column.id, column.category, column.text)
        conditions.append(or_(*(one.icontains(asked.text, autoescape=True) for one in texts)))
    if after is not None:
        at, ident = after
        conditions.append(or_(ranks > at, and_(ranks == at, column.id > ident)))
    query = select(service_order).where(*conditions).order_by(ranks, column.id)
    return [ServiceOrder._make(row) for row in connection.execute(query.limit(limit))]


def count_orders(connection: Connection, area: str, now: int) -> list[StateCount]:
    """How many orders of an area are in each state now (µs), in the order of the loop."""
    column = service_order.c
    query = (
        select(column.state, func.count(), func.sum(case((column.due_at <= now, 1), else_=0)))
        .where(inside(connection, column.place, area))
        .group_by(column.state)
    )
    found = {state: (number, int(late)) for state, number, late in connection.execute(query)}
    return [StateCount(state, *found.get(state, (0, 0))) for state in NAMES]


def who_served(connection: Connection, activity: str) -> list[str]:
    """Who has hours of an activity that stand, or are held for review."""
    undoing = hour_record.alias()
    undone = select(undoing.c.id).where(undoing.c.reverses == hour_record.c.id).exists()
    query = (
        select(hour_record.c.volunteer)
        .where(hour_record.c.activity == activity, hour_record.c.reverses.is_(None), ~undone)
        .distinct()
        .order_by(hour_record.c.volunteer)
    )
    return list(connection.execute(query).scalars()) if activity else []


def names_in(connection: Connection, orders: Sequence[ServiceOrder]) -> dict[str, dict[str, str]]:
    """By order: what the places, team and volunteers that it names are called."""
    people = {one.id: {one.volunteer, *orjson.loads(one.volunteers)} - {""} for one in orders}
    places = {place for one in orders for place in (one.place, one.responsible)}
    known = {
        **registered_names(connection, "place", places),
        **registered_names(connection, "team", {one.team for one in orders if one.team}),
        **registered_names(connection, "volunteer", set().union(*people.values())),
    }
    return {
        one.id: {
            ident: known[ident]
            for ident in (one.place, one.responsible, one.team, *sorted(people[one.id]))
            if known.get(ident)
        }
        for one in orders
    }


def answers_for(connection: Connection, order: ServiceOrder) -> list[str]:
    """Whom an order is with, and who leads that team: they accept it or give it back."""
    leads = select(membership.c.volunteer).where(
        membership.c.team == order.team,
        membership.c.until.is_(None),
        membership.c.role == "leader",
    )
    return sorted({*connection.execute(leads).scalars(), order.volunteer} - {""})


def to_json(order: ServiceOrder, policy: PolicyText, now: int) -> dict[str, Any]:
    """The line that `vledger orders --json` prints; times in the policy's zone."""

    def told(micros: int | None) -> str | None:
        return None if micros is None else from_micros(micros, policy.zone).isoformat()

    steps = [{**one, "at": told(one["at"])} for one in orjson.loads(order.steps)]
    return {
        "id": order.id,
        "place": order.place,
        "responsible": order.responsible,
        "category": order.category,
        "skills": orjson.loads(order.skills),
        "text": order.text,
        "channel": order.channel,
        "state": order.state,
        "team": order.team or None,
        "volunteer": order.volunteer or None,
        "activity": order.activity or None,
        "volunteers": orjson.loads(order.volunteers),
        "wanted_at": told(order.wanted_at),
        "placed_at": told(order.placed_at),
        "starts_at": told(order.starts_at),
        "ends_at": told(order.ends_at),
        "due_at": told(order.due_at),
        "overdue": order.due_at is not None and order.due_at <= now,
        "escalations": order.escalations,
        "stars": order.stars,
        "complaint": order.complaint == 1,
        "called_back": bool(order.called_back),
        "rewarded_at": told(order.rewarded_at),
        "steps": steps,
    }
