"""Which rows are kept of an order, and of the volunteers who carry it out?"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from ledger.centre.dossier import Told
from ledger.centre.orders.life import OPEN, Order, StepTaken, life
from ledger.clock import to_micros
from schemas.orders import OrderRated


class ServiceOrder(NamedTuple):
    """An order as it stands, in the order of its table's columns; times in µs.

    `complaint`: 1 it stands, 2 there was one, 0 none. `steps` is JSON: all that was said of it,
    also what had no effect, and why.
    """

    id: str
    place: str
    responsible: str
    category: str
    skills: str
    text: str
    channel: str
    state: str
    team: str
    volunteer: str
    activity: str
    volunteers: str
    wanted_at: int | None
    placed_at: int
    starts_at: int | None
    ends_at: int | None
    due_at: int | None
    act_at: int | None
    escalations: int
    stars: int | None
    complaint: int
    called_back: int
    rewarded_at: int | None
    steps: str


class OrderVolunteer(NamedTuple):
    """A volunteer of an order, in the order of its table's columns; `reward` is JSON."""

    id: str
    volunteer: str
    team: str
    open: int
    stars: int | None
    complaint: int
    reward: str


def service_orders(ident: str, dossier: Sequence[Told]) -> Iterable[ServiceOrder]:
    """The row of an order; none before it was placed."""
    order, steps = life(ident, dossier)
    if order is not None:
        yield _row(order, steps)


def order_volunteers(ident: str, dossier: Sequence[Told]) -> Iterable[OrderVolunteer]:
    """Who carries it out or was rewarded for it."""
    order, _ = life(ident, dossier)
    if order is None:
        return
    rewards = {one.volunteer: one for one in order.rewards}
    named = {one for one in (order.volunteer, *order.volunteers) if one}
    for volunteer in sorted(named | rewards.keys()):
        reward = rewards.get(volunteer)
        said = {} if reward is None else reward.model_dump(mode="json", exclude_none=True)
        yield OrderVolunteer(
            ident,
            volunteer,
            order.team,
            int(order.state in OPEN),
            order.stars,
            int(order.complaint),
            _json(said),
        )


def _row(order: Order, steps: Sequence[StepTaken]) -> ServiceOrder:
    said = order.placed.data
    return ServiceOrder(
        order.id,
        said.place,
        order.responsible,
        said.category,
        _json(said.skills),
        said.text,
        said.channel,
        order.state,
        order.team,
        order.volunteer,
        order.activity,
        _json(order.volunteers),
        None if said.wanted_at is None else to_micros(said.wanted_at),
        order.placed_at,
        order.starts_at,
        order.ends_at,
        order.due_at,
        order.act_at,
        order.escalations,
        order.stars,
        _complaint(order, steps),
        int(order.called_back),
        order.rewarded_at,
        _json([one.to_json() for one in steps]),
    )


def _complaint(order: Order, steps: Sequence[StepTaken]) -> int:
    if order.complaint:
        return 1
    said = (one.event for one in steps)
    return 2 if any(isinstance(one, OrderRated) and one.data.complaint for one in said) else 0


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
