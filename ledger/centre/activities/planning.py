"""How much of a plan was held, and on which of its fixed days was there nothing?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby, islice
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, func, select, tuple_

from ledger.centre.activities.held import Held, held, period
from ledger.centre.activities.plans import Planned
from ledger.centre.teams.directory import ids_of_teams
from ledger.clock import SECOND
from ledger.core.rulebook import PolicyText
from ledger.errors import Fault, LedgerError, UnfitError
from ledger.policy.dates import Clock
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.tables import activity, plan
from schemas.activities import Period, PlanMade


class Done(NamedTuple):
    """An item of a plan with the activities that were held of it.

    `missed`: fixed days (YYYY-MM-DD) that are over, on which nothing of it was held.
    """

    item: Planned
    activities: tuple[str, ...]
    missed: tuple[str, ...]


class PlanDone(NamedTuple):
    """A plan as it stands; `beside` were held though they are not in it.

    `to_come`: how many are registered that are yet to begin.
    """

    whose: str
    of: str
    period: str
    items: tuple[Done, ...]
    beside: tuple[str, ...]
    to_come: int


def plans(
    connection: Connection,
    text: str | None = None,
    area: str = "",
    whose: str | None = None,
    *,
    year: int | None = None,
    after: Sequence[str] = (),
    limit: int | None = None,
) -> list[Planned]:
    """Items of plans for a period (absent: all): those of an area's places and their teams.

    With `whose` only those of that place or team; with `year` those of it and of its months.
    In the order of whose, of what and when they are, `after` one of these; whole plans, at most
    `limit`.
    """
    column = plan.c
    query = select(plan)
    if text is not None:
        query = query.where(column.period == text)
    if year is not None:
        query = query.where(column.period >= f"{year:04}", column.period < f"{year:04}-~")
    if after:
        query = query.where(tuple_(column.whose, column.of, column.period) > tuple_(*after))
    if whose is not None:
        query = query.where(column.whose == whose)
    elif area:
        here = ids_of_teams(connection, area)
        of_place = (column.of == "place") & inside(connection, column.whose, area)
        of_team = (column.of == "team") & bulk.among(connection, column.whose, here)
        query = query.where(of_place | of_team)
    rows = map(Planned._make, connection.execute(query.order_by(*plan.primary_key)))
    whole = (list(some) for _, some in groupby(rows, key=lambda one: one[:3]))
    return [one for some in islice(whole, limit) for one in some]


def against_held(
    connection: Connection, policy: PolicyText, items: Sequence[Planned], now: int
) -> list[PlanDone]:
    """What came of plans by `now` (µs), in the order of `items`; a query or two for each period."""
    together: dict[tuple[str, str], dict[str, list[Planned]]] = {}
    for item in items:
        several = together.setdefault((item.of, item.period), {})
        several.setdefault(item.whose, []).append(item)
    done = {
        (one.whose, one.of, one.period): one
        for (of, text), several in together.items()
        for one in _came_of(connection, policy, of, text, several, now)
    }
    return [done[key] for key in dict.fromkeys(item[:3] for item in items)]


def fixed_days(item: Planned, first: date, last: date) -> Iterator[date]:
    """The fixed days of an item from a day to another, both included."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if is_fixed(item, day):
            yield day


def planned_by_month(items: Iterable[Planned], year: int) -> Counter[str]:
    """How many activities are planned for each month (YYYY-MM) of a year.

    That is what plans of just that month say, and the fixed days of plans of the year; what a plan
    of the year leaves open is planned for no month.
    """
    found = Counter[str]()
    alike: dict[tuple[int, int], list[Planned]] = {}
    for item in items:
        if item.period == f"{year:04}":
            alike.setdefault((item.weekday, item.monthday), []).append(item)
        else:
            found[item.period] += item.times
    for some in alike.values():
        for day in fixed_days(some[0], date(year, 1, 1), date(year, 12, 31)):
            found[day.isoformat()[:7]] += len(some)
    return found


def shared_out(
    items: Sequence[Planned], activities: Iterable[Held], clock: Clock
) -> tuple[list[list[Held]], list[Held]]:
    """The activities under each item, and those that belong to none.

    Each counts once, for an item that it fits by category and kind (one without a kind takes any):
    one that still wants some, on a fixed day of its own, rather than without fixed days, rather
    than on another day; of several the first.
    """
    under: list[list[Held]] = [[] for _ in items]
    beside: list[Held] = []
    for one in activities:
        day = clock.date(one.first)
        fits = [
            (len(under[number]) >= item.times, _on_other_days(item, day), number)
            for number, item in enumerate(items)
            if item.category == one.category and item.kind in ("", one.kind)
        ]
        if fits:
            under[min(fits)[-1]].append(one)
        else:
            beside.append(one)
    return under, beside


def _on_other_days(item: Planned, day: date) -> int:
    if not (item.weekday or item.monthday):
        return 1
    return 0 if is_fixed(item, day) else 2


def is_fixed(item: Planned, day: date) -> bool:
    """It is one of the item's fixed days."""
    return item.weekday == day.isoweekday() or item.monthday == day.day


def make_plan(
    recorder: Recorder,
    whose: str,
    of: str,
    text: str,
    items: Sequence[Mapping[str, Any]],
    by: str,
    *,
    new: bool = False,
) -> None:
    """Record a plan in place of the one that there is for the period.

    `new`: only if there is none. Raises UnfitError.
    """
    lost = [fault for number, item in enumerate(items) for fault in _wrong(f"items.{number}", item)]
    if new:
        with recorder.database.read() as connection:
            known = [one for one in plans(connection, text, whose=whose) if one.of == of]
        if known:
            said_before = f"{whose} has a plan for {text}: change that one"
            lost.append(Fault("period", f"{text} 已有计划，请修改原计划", said_before))
    if lost:
        raise UnfitError(*lost)
    said = {"of": of, "period": text, "items": list(items), "by": by}
    send(recorder, PlanMade, whose, said, exact=True)


def _wrong(at: str, item: Mapping[str, Any]) -> Iterator[Fault]:
    if not str(item.get("title") or "").strip():
        yield Fault(f"{at}.title", "请填写名称", "say what it is called")
    if item.get("weekday") and item.get("monthday"):
        said = "a weekday or a day of the month, not both"
        yield Fault(f"{at}.monthday", "每周的日子和每月的日子只填一个", said)


_PERIOD: TypeAdapter[str] = TypeAdapter(Period)


def valid_period(text: str) -> str:
    """Raises LedgerError if it is neither a year nor a month."""
    try:
        return _PERIOD.validate_python(text)
    except ValidationError:
        raise LedgerError(
            f"{text!r} is no period: write a year as 2026 or a month as 2026-05"
        ) from None


def _came_of(
    connection: Connection,
    policy: PolicyText,
    of: str,
    text: str,
    several: Mapping[str, Sequence[Planned]],
    now: int,
) -> Iterator[PlanDone]:
    """What came of the plans of several teams or places, by whose, for one period."""
    clock, track = policy.plan.clock, policy.plan.track
    span = period(clock, text)
    whose = list(several)
    were: dict[str, list[Held]] = {one: [] for one in whose}
    if of == "team":
        for one in held(connection, track, span, teams=whose):
            were[one.team].append(one)
    else:
        for one in held(connection, track, span, places=whose):
            were[one.place].append(one)
    column = activity.c
    owner = column.team if of == "team" else column.place
    coming = (
        select(owner, func.count())
        .where(
            bulk.among(connection, owner, whose),
            column.cancelled_at.is_(None),
            column.starts_at >= max(now, span.since * SECOND),
            column.starts_at < span.until * SECOND,
        )
        .group_by(owner)
    )
    to_come = {ident: int(many) for ident, many in connection.execute(coming)}
    last = clock.date(min(span.until, now // SECOND)) - timedelta(days=1)
    for ident, items in several.items():
        under, beside = shared_out(items, were[ident], clock)
        done = []
        for item, some in zip(items, under, strict=True):
            days = {clock.date(one.first) for one in some}
            fixed = fixed_days(item, clock.date(span.since), last)
            missed = tuple(day.isoformat() for day in fixed if day not in days)
            done.append(Done(item, tuple(one.activity for one in some), missed))
        names = tuple(one.activity for one in beside)
        yield PlanDone(ident, of, text, tuple(done), names, to_come.get(ident, 0))
