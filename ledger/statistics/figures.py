"""How does an area stand? Volunteers by star, hours and points by month, for it and its parts.

Read from what the recorder keeps by place (`roster`, `tally`), so that a county's answer takes
milliseconds, and from the few accounts that are below zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from ledger.core.entries import DEBTS, wallet
from ledger.core.rulebook import PolicyText
from ledger.core.tally import Moved
from ledger.shops.liability import month_later, months_back
from ledger.statistics.areas import above, below, common_area, counts, inside, part, part_of
from ledger.statistics.stars import level_names, star_table
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import account_balance, roster, tally

AHEAD = 12
"""Months ahead for which it is told what will expire, this one included."""


class MonthFigures(NamedTuple):
    """An area's month; points are decimal texts. `expiring`: those that end in it, if unused."""

    month: str
    visits: int
    seconds: int
    issued: str
    redeemed: str
    lapsed: str
    expiring: str


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """A place and all below it, over the months that are told; points are decimal texts.

    `stars` are by position on the ladder. `expiring`: in this month and the two after it; `owed`:
    by those below zero now.
    """

    place: str
    name: str
    stars: Mapping[int, int]
    visits: int
    seconds: int
    issued: str
    redeemed: str
    lapsed: str
    expiring: str
    owed: str

    @property
    def volunteers(self) -> int:
        return sum(self.stars.values())

    @property
    def starred(self) -> int:
        """Volunteers with any star."""
        return self.volunteers - self.stars.get(0, 0)


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """`above`: what the area lies in, by code, the largest first; `total` is the sum of `parts`.

    `levels`: names of the stars by position.
    """

    area: str
    name: str
    above: tuple[str, ...]
    levels: tuple[str, ...]
    currency: str
    months: tuple[MonthFigures, ...]
    total: PlaceFigures
    parts: tuple[PlaceFigures, ...]


@dataclass(slots=True)
class _Sums:
    stars: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    moved: Moved = field(default_factory=Moved)
    owed: int = 0


def whole_area(connection: Connection) -> str:
    """The smallest area in which everything lies that has a code; "" if there is none."""
    return common_area(connection, roster.c.place, tally.c.place)


def figures(
    connection: Connection, policy: PolicyText, area: str, now: int, months: int = 13
) -> AreaFigures:
    """The area ("": everywhere) at `now` (µs), over so many months up to this one."""
    first, this = months_back(now, policy, months)
    last = month_later(this, AHEAD - 1)
    sums: dict[str, _Sums] = defaultdict(_Sums)
    by_month: dict[str, Moved] = {month_later(first, n): Moved() for n in range(months + AHEAD - 1)}
    table = star_table(connection, policy.plan, area)
    for row in table.rows:
        sums[row.place].stars = dict(row.stars)
    soon = {month_later(this, n) for n in range(3)}
    for place, month, moved in _moved(connection, area, policy.currency, first, last):
        by_month[month] = _plus(by_month[month], moved)
        told = moved if month <= this else Moved()
        told = told._replace(expiring=moved.expiring if month in soon else 0)
        sums[place].moved = _plus(sums[place].moved, told)
    if not _is_score(policy):
        for place, units in _owed(connection, area, policy.currency):
            sums[place].owed += units
    names = registered_names(connection, "place", {*sums, area})

    def shown(place: str, one: _Sums) -> PlaceFigures:
        moved = one.moved
        points = (moved.issued, moved.redeemed, moved.lapsed, moved.expiring, one.owed)
        told = [policy.amount(units, policy.currency) for units in points]
        return PlaceFigures(
            place,
            names.get(place, ""),
            dict(sorted(one.stars.items())),
            moved.visits,
            moved.seconds,
            *told,
        )

    return AreaFigures(
        area,
        names.get(area, ""),
        tuple(above(area)),
        level_names(policy.plan),
        policy.currency,
        tuple(_month(month, moved, policy) for month, moved in by_month.items()),
        shown(area, _together(sums.values())),
        tuple(shown(place, one) for place, one in sorted(sums.items())),
    )


def _moved(
    connection: Connection, area: str, currency: str, first: str, last: str
) -> Iterable[tuple[str, str, Moved]]:
    """(place one level below, month, figures), of hours and of the policy's own points."""
    own = tally.c
    group = part(own.place, area).label("part")
    query = (
        select(group, own.month, *(func.sum(own[name]) for name in Moved._fields))
        .where(
            inside(connection, own.place, area),
            own.currency.in_(("", currency)),
            own.month >= first,
            own.month <= last,
        )
        .group_by(group, own.month)
    )
    for text, month, *numbers in connection.execute(query):
        place = part_of(text, area)
        if counts(place, area):
            yield place, month, Moved(*map(int, numbers))


def _is_score(policy: PolicyText) -> bool:
    """The points may fall below zero, and nobody owes any then."""
    spec = policy.plan.doc.currencies.get(policy.currency)
    return spec is None or (spec.debt is None and spec.below_zero == "allow")


def _owed(connection: Connection, area: str, currency: str) -> Iterable[tuple[str, int]]:
    """(place one level below, smallest units) of what is owed: few accounts are below zero."""
    own, prefixes = account_balance.c, (wallet(""), DEBTS)
    below_zero = or_(*(and_(own.account >= one, own.account < one[:-1] + ";") for one in prefixes))
    query = select(own.account, own.balance).where(
        below_zero, own.currency == currency, own.balance < 0
    )
    owed: dict[str, int] = defaultdict(int)
    for account, balance in connection.execute(query):
        owed[account.partition(":")[2]] -= int(balance)
    if not owed:
        return
    homes = select(roster.c.volunteer, roster.c.place).where(
        bulk.among(connection, roster.c.volunteer, list(owed)),
        inside(connection, roster.c.place, area),
    )
    for volunteer, place in connection.execute(homes):
        if counts(place, area):
            yield below(place, area), owed[volunteer]


def _month(month: str, moved: Moved, policy: PolicyText) -> MonthFigures:
    points = (moved.issued, moved.redeemed, moved.lapsed, moved.expiring)
    told = (policy.amount(units, policy.currency) for units in points)
    return MonthFigures(month, moved.visits, moved.seconds, *told)


def _together(sums: Iterable[_Sums]) -> _Sums:
    total = _Sums()
    for one in sums:
        for star, volunteers in one.stars.items():
            total.stars[star] += volunteers
        total.moved = _plus(total.moved, one.moved)
        total.owed += one.owed
    return total


def _plus(one: Moved, other: Moved) -> Moved:
    return Moved(*(a + b for a, b in zip(one, other, strict=True)))
