"""Where does an order stand in the five-order loop 五单, and what may happen to it next? Pure.

placed 待派单 → dispatched 已派单 → accepted 已接单 → done 待评单 → rated 已评单 → rewarded 已奖单.
Declined, it waits to be dispatched again; cancelled 已撤单, it is over. `refusal` is the one rule
of what may happen: commands ask it before they send, and the fold keeps what it refuses as a step
without effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from ledger.centre.dossier import Told
from ledger.clock import to_micros
from schemas.envelope import CloudEvent
from schemas.orders import (
    OrderAccepted,
    OrderCalledBack,
    OrderCancelled,
    OrderDeclined,
    OrderDispatched,
    OrderDone,
    OrderEscalated,
    OrderEvent,
    OrderPlaced,
    OrderRated,
    OrderReassigned,
    OrderRewarded,
    OrderRewardReported,
    Party,
    Reporting,
    Reward,
)

State = Literal["placed", "dispatched", "accepted", "done", "rated", "rewarded", "cancelled"]

OPEN: tuple[State, ...] = ("dispatched", "accepted")
"""Somebody has it in hand."""

NAMES: dict[State, str] = {
    "placed": "待派单 placed",
    "dispatched": "已派单 dispatched",
    "accepted": "已接单 accepted",
    "done": "待评单 done",
    "rated": "已评单 rated",
    "rewarded": "已奖单 rewarded",
    "cancelled": "已撤单 cancelled",
}
"""States for people."""


class StepTaken(NamedTuple):
    """An event of the order's life; `why` it has no effect, "" where it has one."""

    at: int
    source: str
    ident: str
    event: CloudEvent
    why: str

    @property
    def name(self) -> str:
        """placed, dispatched, called-back …"""
        return step_name(type(self.event))

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the order's row, times in µs."""
        said = self.event.model_dump(mode="json", exclude_defaults=True)["data"]
        told: dict[str, Any] = {"at": self.at, "step": self.name, "id": self.ident, "said": said}
        if self.why:
            told["without_effect"] = self.why
        return told


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands; times in µs. `responsible`: the place that sees to it now.

    `due_at`: by when the next step has to be taken. `watched`: whether the ledger acts if it is not
    (not once more where there is no level above). `reported` is what the policy knows of `rewards`,
    after so many `reports`, the last at `reported_at`; `ever_reported` is whom it was ever told of.
    """

    id: str
    state: State
    placed: OrderPlaced
    placed_at: int
    responsible: str
    team: str = ""
    volunteer: str = ""
    activity: str = ""
    volunteers: tuple[str, ...] = ()
    starts_at: int | None = None
    ends_at: int | None = None
    due_at: int | None = None
    watched: bool = True
    escalations: int = 0
    stars: int | None = None
    complaint: bool = False
    called_back: bool = False
    rewards: tuple[Reward, ...] = ()
    rewarded_at: int | None = None
    changed_at: int = 0
    reported: tuple[Reward, ...] = ()
    reports: int = 0
    reported_at: int = 0
    ever_reported: frozenset[str] = frozenset()

    @property
    def act_at(self) -> int | None:
        """When the ledger itself has to do something (µs); None: nothing is to come.

        Never before the last step, whose clock may run ahead: what the ledger says comes after it.
        """
        if self.rewards != self.reported:
            return self.changed_at + 1
        if self.due_at is None or not self.watched:
            return None
        return max(self.due_at, self.changed_at + 1)


class Life(NamedTuple):
    """An order (None: not placed yet) and all that was said of it, in the order of its times."""

    order: Order | None
    steps: tuple[StepTaken, ...]


def own_activity(order: str) -> str:
    """The activity of an order that has none of its own yet."""
    return f"A-{order}"[:128]


def step_name(kind: type[CloudEvent]) -> str:
    """placed, dispatched, called-back …, by the type of its event."""
    tag = str(kind.model_fields["type"].default)
    return tag.removeprefix("volunteer.order.").removesuffix(".v1")


def life(ident: str, dossier: Sequence[Told]) -> Life:
    """What became of an order by all events of it."""
    order: Order | None = None
    steps: list[StepTaken] = []
    reports: list[Reporting] = []
    reported_at = 0
    for at, source, name, event in dossier:
        if isinstance(event, OrderRewardReported):
            reports.append(event.data)
            reported_at = max(reported_at, at)
            continue
        why = refusal(order, event)
        if not why:
            order = replace(_after(order, ident, event, at), changed_at=at)
        steps.append(StepTaken(at, source, name, event, why))
    if order is not None and reports:
        newest = max(reports, key=lambda one: one.number)
        order = replace(
            order,
            reported=tuple(newest.rewards),
            reports=newest.number,
            reported_at=reported_at,
            ever_reported=frozenset(who.volunteer for one in reports for who in one.rewards),
        )
    return Life(order, tuple(steps))


# What may happen -------------------------------------------------------------------------------

_FROM: dict[type[CloudEvent], tuple[State, ...]] = {
    OrderDispatched: ("placed",),
    OrderAccepted: ("dispatched", "accepted"),
    OrderDeclined: ("dispatched", "accepted"),
    OrderReassigned: ("dispatched", "accepted"),
    OrderCancelled: ("placed", "dispatched", "accepted"),
    OrderDone: ("accepted",),
    OrderRated: ("accepted", "done", "rated", "rewarded"),
    OrderCalledBack: ("done", "rated", "rewarded"),
    OrderRewarded: ("rated", "rewarded"),
}
"""In which states a step can be taken. A resident to whom nobody came may rate, too."""


def refusal(order: Order | None, event: CloudEvent) -> str:
    """Why the event has no effect on an order as it stands; "" if it has one."""
    match event:
        case OrderPlaced():
            return "" if order is None else "点单重复: it was placed before"
        case _ if order is None:
            return "无此点单: nobody has placed such an order"
        case OrderEscalated():
            due = to_micros(event.data.missed)
            if order.watched and order.due_at == due:
                return ""
            return "督办不再适用: the step was taken, or the deadline moved"
    allowed = _FROM[type(event)]
    if order.state not in allowed:
        wanted = " or ".join(NAMES[one] for one in allowed)
        return f"order {order.id} is {NAMES[order.state]}: this takes {wanted}"
    match event:
        case OrderDispatched(data=data) | OrderReassigned(data=data):
            return _to_whom(order, data, again=isinstance(event, OrderReassigned))
        case OrderAccepted(data=data) | OrderDeclined(data=data):
            return _by_whom(order, data)
        case OrderRewarded(data=data):
            return _rewardable(order, data.rewards)
    return ""


def _to_whom(order: Order, party: Party, *, again: bool) -> str:
    if party.team is None and party.volunteer is None:
        return "派给谁: name a team or a volunteer"
    if again and (party.team or "", party.volunteer or "") == (order.team, order.volunteer):
        holder = _named(order.team, order.volunteer)
        return f"它已在其手中: order {order.id} is with {holder} already"
    return ""


def _by_whom(order: Order, party: Party) -> str:
    """Only whom it was dispatched to may take it on or give it back."""
    if order.team:
        if party.team == order.team:
            return ""
    elif party.volunteer == order.volunteer:
        return ""
    given = _named(party.team or "", party.volunteer or "") or "nobody"
    return f"未派给: order {order.id} is with {_named(order.team, order.volunteer)}, not {given}"


def _rewardable(order: Order, rewards: Sequence[Reward]) -> str:
    named = [one.volunteer for one in rewards]
    if len(set(named)) < len(named):
        return "重复: a volunteer is named twice"
    if any(one.points is None and not one.honour for one in rewards):
        return "奖励为空: say points or an honour for each volunteer"
    if not rewards and order.state != "rewarded":
        return "未奖励: there is no reward to be taken back"
    if rewards and order.complaint:
        return f"投诉未了: order {order.id} has a complaint; it takes a rating without one"
    return ""


def _named(team: str, volunteer: str) -> str:
    return f"team {team}" if team else volunteer and f"volunteer {volunteer}"


# What follows ----------------------------------------------------------------------------------


def _after(order: Order | None, ident: str, event: CloudEvent, at: int) -> Order:
    if isinstance(event, OrderPlaced):
        due = _due(event)
        return Order(ident, "placed", event, at, event.data.place, due_at=due)
    assert order is not None
    match event:
        case OrderDispatched(data=data) | OrderReassigned(data=data):
            given = _given(order, data)
            return replace(given, state="dispatched", due_at=_due(event), watched=True)
        case OrderAccepted(data=data):
            return replace(
                order,
                state="accepted",
                activity=data.activity,
                volunteers=tuple(
                    dict.fromkeys((*([data.volunteer] if data.volunteer else []), *data.volunteers))
                ),
                starts_at=None if data.starts_at is None else to_micros(data.starts_at),
                ends_at=None if data.ends_at is None else to_micros(data.ends_at),
                due_at=_due(event),
                watched=True,
            )
        case OrderDeclined():
            freed = _given(order, Party())
            return replace(freed, state="placed", due_at=_due(event), watched=True)
        case OrderCancelled():
            return replace(order, state="cancelled", due_at=None)
        case OrderDone():
            return replace(order, state="done", due_at=_due(event), watched=True)
        case OrderRated(data=data):
            asked = data.told_by == "call-back"
            waits = data.complaint and not asked
            return replace(
                order,
                state="rewarded" if order.state == "rewarded" else "rated",
                stars=data.stars,
                complaint=data.complaint,
                called_back=asked or (order.called_back and not waits),
                due_at=_due(event) if waits else None,
                watched=True,
            )
        case OrderCalledBack(data=data):
            due = _due(event)
            if data.reached:
                return replace(order, called_back=True, due_at=None)
            return order if due is None else replace(order, due_at=due, watched=True)
        case OrderRewarded(data=data):
            rewards = tuple(sorted(data.rewards, key=lambda one: one.volunteer))
            return replace(order, state="rewarded", rewards=rewards, rewarded_at=at)
        case OrderEscalated(data=data):
            up = order if data.to is None else replace(order, responsible=data.to)
            due = order.due_at if data.due is None else to_micros(data.due)
            count = order.escalations + 1
            return replace(up, due_at=due, watched=data.due is not None, escalations=count)
        case _:
            raise AssertionError(f"no event of an order: {event}")


def _given(order: Order, party: Party) -> Order:
    """In the hands of another, or of nobody; nothing is planned yet."""
    return replace(
        order,
        team=party.team or "",
        volunteer=party.volunteer or "",
        activity="",
        volunteers=(),
        starts_at=None,
        ends_at=None,
    )


def _due(event: OrderEvent) -> int | None:
    return None if event.data.due is None else to_micros(event.data.due)
