"""What does the ledger do about orders by itself? Deadlines that pass, rewards that are reported.

Each is an event: an order that was not dispatched, accepted, carried out or called back in time
goes to the place above, once for each deadline (督办); one that was carried out by what was checked
in is done; what volunteers are rewarded with is told to the policy as facts.
"""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

from sqlalchemy import Connection, select

from ledger.centre.dossier import in_order
from ledger.centre.orders.life import Order, State, life
from ledger.centre.orders.queue import who_served
from ledger.centre.orders.terms import Stage, Terms
from ledger.centre.places.tree import closed_on, went_to
from ledger.clock import CHINA, from_micros
from ledger.core.own_events import SOURCE, event_id
from ledger.core.rulebook import Rulebook
from ledger.places import LEVELS, area_of, is_code, prefix
from ledger.recording.recorder import Recorder
from ledger.store import access, dossiers, locks
from ledger.store.registered import registered_names
from ledger.store.tables import service_order
from ledger.store.unit_of_work import UnitOfWork
from schemas import FactReported, LoggedEvent
from schemas.facts import ReportedFact
from schemas.orders import (
    Completion,
    Escalation,
    OrderDone,
    OrderEscalated,
    OrderRewardReported,
    Reporting,
)

REWARDED = "order_rewarded"
"""The fact that a policy may turn into points: attributes order, points, honour, rating."""

CORRECTED = "order_reward_corrected"
"""The amendment of it, with the points that hold now."""

_STAGES: dict[State, Stage] = {
    "placed": "dispatch",
    "dispatched": "accept",
    "accepted": "serve",
    "done": "call_back",
    "rated": "call_back",
    "rewarded": "call_back",
}
"""What is waited for."""


def follow_up(recorder: Recorder, terms: Terms, limit: int = 1000) -> int:
    """Do what is due about orders; how many events. 0: nothing is left.

    Once there are `limit` events the rest waits for the next transaction.
    """

    def find(unit: UnitOfWork, _: Rulebook, now: int) -> list[LoggedEvent]:
        connection = unit.connection
        if not locks.had(connection, locks.Lock.ORDERS):  # somebody else follows them up
            return []
        due = select(service_order.c.id).where(service_order.c.act_at <= now)
        idents = list(
            connection.execute(due.order_by(service_order.c.act_at).limit(limit)).scalars()
        )
        if not idents:
            return []
        told = dossiers.told(connection, dossiers.ORDERS, idents)
        said: list[LoggedEvent] = []
        for ident in sorted(idents):
            if len(said) >= limit:
                break
            order, steps = life(ident, in_order(told[ident]))
            assert order is not None
            if order.rewards != order.reported:
                said += _report(order, now)
            else:
                missed = sum(isinstance(one.event, OrderEscalated) for one in steps)
                said.append(_overdue(connection, order, terms, missed, now))
        return said

    return recorder.record_own(find)


def _overdue(
    connection: Connection, order: Order, terms: Terms, missed: int, now: int
) -> OrderDone | OrderEscalated:
    """What was due was not done; `missed`: how often that was said before."""
    assert order.due_at is not None
    at = from_micros(now, UTC)
    stage = _STAGES[order.state]
    if stage == "serve":
        attended = len(who_served(connection, order.activity))
        if attended:
            return OrderDone(
                **_head(order, event_id("done", order.id, now), now),
                data=Completion(attended=attended, by=SOURCE, due=terms.due("call_back", at)),
            )
    above = place_above(connection, order.responsible, from_micros(now, CHINA).date())
    return OrderEscalated(
        **_head(order, event_id("escalated", order.id, missed), now),
        data=Escalation(
            missed=from_micros(order.due_at, UTC),
            to=above,
            due=None if above is None else terms.due(stage, at),
        ),
    )


def _report(order: Order, now: int) -> Iterator[LoggedEvent]:
    """The facts that bring what the policy knows to what holds, and a note of that.

    Always later than those before, whatever the clock says: of two corrections the later one holds.
    """
    now = max(now, order.reported_at + 1)
    held = {one.volunteer: one for one in order.rewards}
    known = {one.volunteer: one for one in order.reported}
    number = order.reports + 1
    for volunteer in sorted(held.keys() | known.keys()):
        reward = held.get(volunteer)
        if reward == known.get(volunteer):
            continue
        ident = event_id("reward", order.id, volunteer)
        points = "0" if reward is None or reward.points is None else reward.points
        attributes: dict[str, Any] = {
            "order": order.id,
            "points": points,
            "honour": "" if reward is None else reward.honour,
            "rating": order.stars,
        }
        fact, when = REWARDED, order.rewarded_at or now
        if volunteer in order.ever_reported:
            fact, when = CORRECTED, now
            attributes["of"] = f"{SOURCE}#{ident}"
            ident = event_id("reward-corrected", order.id, volunteer, number)
        yield FactReported(
            **{**_head(order, ident, when), "subject": volunteer},
            data=ReportedFact(fact=fact, attributes=attributes),
        )
    yield OrderRewardReported(
        **_head(order, event_id("reward-reported", order.id, number), now),
        data=Reporting(number=number, rewards=list(order.rewards)),
    )


def place_above(connection: Connection, place: str, day: date) -> str | None:
    """The nearest place that another lies in on a day, by its digits or the register's parent.

    It is registered; where it was merged by then, it is the one that it went into.
    """
    if is_code(place):
        length = len(prefix(place))
        larger = [area_of(place, level) for level in reversed(LEVELS) if level < length]
    else:
        larger = [one for one in access.at_place(connection, place).places if one != place]
        larger += [
            area_of(one, level) for one in larger if is_code(one) for level in reversed(LEVELS)
        ]
    closed = closed_on(connection, day)
    there = [went_to(one, closed) for one in larger]
    known = registered_names(connection, "place", there).keys() - closed.keys() - {place}
    return next((one for one in there if one in known), None)


def _head(order: Order, ident: str, now: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": SOURCE,
        "time": from_micros(now, UTC),
        "subject": order.id,
    }
