"""Which residents' orders did the county see through, which went wrong, and which wait now?

Invented from a seed of its own. Orders that were carried out are those of activities of the season,
so that the check-ins are the kiosks'; what nobody took in time is left for the ledger to find.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

from ledger.centre.orders.terms import Terms, read_terms
from ledger.county.people import County
from ledger.county.programme import Programme, Shift
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA, ORDERED, PRAISE, WAITING
from schemas import CloudEvent
from schemas.orders import (
    Acceptance,
    CallBack,
    Channel,
    Completion,
    Dispatch,
    OrderAccepted,
    OrderCalledBack,
    OrderCancellation,
    OrderCancelled,
    OrderDeclined,
    OrderDispatched,
    OrderDone,
    OrderPlaced,
    OrderRated,
    OrderReassigned,
    OrderRewarded,
    Placing,
    Rating,
    Reassignment,
    Refusal,
    Reward,
    Rewarding,
)

CHANNELS: tuple[Channel, ...] = ("app", "hotline", "station", "collected")
SERVED = {"敬老助残": 6, "义诊": 4, "环境整治": 4}
UPHELD, PACIFIED = 3, 7
"""Of the orders that were carried out: a complaint that stands, and one that was talked over."""

BY = "青岚县文明实践中心"


class Carried(NamedTuple):
    """An activity of the season that an order is made of, and who came."""

    activity: str
    team: str
    came: tuple[str, ...]


def order_events(
    county: County, programme: Programme, season: Season, shifts: Sequence[Shift], seed: int
) -> Iterator[CloudEvent]:
    """All of it. The activities are marked in the programme as those of orders, before."""
    rng = Random(f"orders {seed}")
    made = _Maker(read_terms(), at_time(season.before - DAY, time(15)))
    for number, one in enumerate(_carried(rng, programme, shifts), 1):
        yield from _carried_out(rng, programme, number, one, made)
    yield from _waiting(rng, county, season, made)


class _Maker:
    """Numbers the events, and says their deadlines; rewards are given all at once, at the end."""

    def __init__(self, terms: Terms, rewarding: datetime) -> None:
        self.terms = terms
        self.rewarding = rewarding
        self._serial = count(1)

    def head(self, order: str, at: datetime) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": f"order-{next(self._serial):04}",
            "source": f"desk/{AREA}",
            "time": at,
            "subject": order,
        }


def _carried(rng: Random, programme: Programme, shifts: Sequence[Shift]) -> list[Carried]:
    came: dict[str, list[str]] = {}
    for shift in shifts:
        came.setdefault(shift.activity, []).append(shift.volunteer)
    fitting = [
        Carried(ident, one.team, tuple(sorted(set(came[ident]))))
        for ident, one in programme.activities.items()
        if one.kind in ORDERED and one.team and len(set(came.get(ident, ()))) >= 4
    ]
    chosen = [
        one
        for kind, number in SERVED.items()
        for one in rng.sample(
            [one for one in fitting if programme.activities[one.activity].kind == kind], number
        )
    ]
    return sorted(chosen, key=lambda one: one.activity)


def _carried_out(
    rng: Random, programme: Programme, number: int, one: Carried, made: _Maker
) -> Iterator[CloudEvent]:
    """From the order to the rating; a third is rewarded, one first went to a team without hands."""
    order, planned = f"D{number:04}", programme.activities[one.activity]
    programme.order(one.activity, order)
    starts, ends, place = planned.starts_at, planned.ends_at, str(planned.place)
    assert starts is not None and ends is not None
    text, skills = rng.choice(ORDERED[str(planned.kind)])
    at = starts - rng.randint(5, 8) * DAY - timedelta(minutes=rng.randint(0, 300))
    data = Placing(
        place=place,
        category=str(planned.kind),
        skills=list(skills),
        text=text,
        wanted_at=starts,
        channel=rng.choice(CHANNELS),
        by=BY,
        due=made.terms.due("dispatch", at),
    )
    yield OrderPlaced(**made.head(order, at), data=data)
    team = one.team
    if number == 2:
        at += timedelta(hours=2)
        first = Dispatch(team="C01", by=BY, due=made.terms.due("accept", at))
        yield OrderDispatched(**made.head(order, at), data=first)
        at += timedelta(hours=5)
        refused = Refusal(team="C01", reason="人手不足", due=made.terms.due("dispatch", at))
        yield OrderDeclined(**made.head(order, at), data=refused)
    at += timedelta(minutes=rng.randint(30, 600))
    given = Dispatch(team=team, by=BY, due=made.terms.due("accept", at))
    yield OrderDispatched(**made.head(order, at), data=given)
    at += timedelta(minutes=rng.randint(20, 900))
    accepted = Acceptance(
        team=team,
        activity=one.activity,
        volunteers=list(one.came[:4]),
        starts_at=starts,
        ends_at=ends,
        due=made.terms.due("serve", ends),
    )
    yield OrderAccepted(**made.head(order, at), data=accepted)
    at = ends + timedelta(minutes=rng.randint(20, 600))
    done = Completion(by=BY, due=made.terms.due("call_back", at))
    yield OrderDone(**made.head(order, at), data=done)
    yield from _rated(rng, number, order, one, at, made)


def _rated(
    rng: Random, number: int, order: str, one: Carried, at: datetime, made: _Maker
) -> Iterator[CloudEvent]:
    at += timedelta(hours=rng.randint(3, 40))
    complaint = number in (UPHELD, PACIFIED)
    stars = rng.randint(1, 2) if complaint else rng.choice((4, 5, 5, 5))
    comment = "约好的没有做完" if complaint else rng.choice(PRAISE)
    due = made.terms.due("call_back", at) if complaint else None
    rating = Rating(stars=stars, complaint=complaint, comment=comment, due=due)
    yield OrderRated(**made.head(order, at), data=rating)
    if complaint:
        at += timedelta(hours=rng.randint(4, 30))
        note = "已致歉,约定补做" if number == PACIFIED else "已电话核实,转复核"
        called = CallBack(reached=True, note=note, by=BY)
        yield OrderCalledBack(**made.head(order, at), data=called)
    if number == PACIFIED:
        at += 2 * DAY
        rating = Rating(stars=4, told_by="call-back", comment="补做后满意", by=BY)
        yield OrderRated(**made.head(order, at), data=rating)
    if number != UPHELD and number % 3 == 0:
        rewards = [Reward(volunteer=volunteer, points="2") for volunteer in one.came[:3]]
        rewards.append(Reward(volunteer=one.came[3], honour="本月服务之星"))
        rewarding = Rewarding(rewards=rewards, basis="五单奖励办法(示例)", by=BY)
        yield OrderRewarded(**made.head(order, made.rewarding), data=rewarding)


def _waiting(rng: Random, county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """The last days: to be dispatched, to be accepted, taken from one to another, given up."""
    stations = county.of_kind("station")
    teams: Mapping[str, list[str]] = {
        town: [ident for ident, team in county.teams.items() if team.place == town]
        for town in county.of_kind("sub-centre")
    }
    for number, (category, text, skills) in enumerate(WAITING):
        order, place = f"D{sum(SERVED.values()) + 1 + number:04}", rng.choice(stations)
        at = at_time(season.before - (1 + number // 2) * DAY, time(9 + number, rng.randrange(60)))
        data = Placing(
            place=place,
            category=category,
            skills=list(skills),
            text=text,
            channel=CHANNELS[number % 4],
            by=BY,
            due=made.terms.due("dispatch", at),
        )
        yield OrderPlaced(**made.head(order, at), data=data)
        first, second, *_ = rng.sample(teams[county.town(place)], 2)
        at += timedelta(hours=3)
        due = made.terms.due("accept", at)
        given = Dispatch(team=first, by=BY, due=due)
        if number % 5 in (1, 2, 4):
            yield OrderDispatched(**made.head(order, at), data=given)
        at += timedelta(hours=2)
        if number % 5 == 2:
            moved = Reassignment(team=second, reason="就近改派", by=BY, due=due)
            yield OrderReassigned(**made.head(order, at), data=moved)
        if number % 5 == 4:
            gone = OrderCancellation(reason="居民来电撤回", by=BY)
            yield OrderCancelled(**made.head(order, at), data=gone)
