"""What is wrong with how a place is registered, and what does it lack? For people, in words.

The level of a code (GB/T 2260 and the 12 digits of the statistical office) has to fit the kind, and
a place has to lie in one of the right kind, whose digits its own begin with.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.centre.places.counts import YearOf
from ledger.centre.places.history import Closed, Known
from ledger.centre.places.tree import above, closed_on, in_a_circle, places_of, places_on, went_to
from ledger.errors import Fault
from ledger.places import is_code, is_within, prefix
from ledger.policy.dates import Clock
from ledger.store import bulk
from ledger.store.tables import place_year

PROVINCES = tuple(
    map(str, (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)))
) + tuple(map(str, (*range(61, 66), 71, 81, 82)))
"""The first two digits that GB/T 2260 has."""

LEVEL = {"centre": 6, "sub-centre": 9, "station": 12}
"""Digits of the code that a kind of place has: a county, a township, a village."""

NAMES = {
    "centre": "中心",
    "sub-centre": "所",
    "station": "站",
    "base": "基地",
    "point": "点(岗)",
    "family-station": "家庭站",
}

_MAIN = ("centre", "sub-centre", "station")
LIES_IN: Mapping[str, tuple[str, ...]] = {
    "sub-centre": ("centre",),
    "station": ("sub-centre",),
    "base": _MAIN,
    "point": (*_MAIN, "base"),
    "family-station": ("sub-centre", "station"),
}

ROOMS = 3
"""Function rooms 功能室 that a centre, sub-centre and station have at least."""

STAFF = {"centre": 5, "sub-centre": 2, "station": 1}
"""Full-time staff 专职人员 that it has at least."""


class Finding(NamedTuple):
    """Something wrong (`error`) or missing (`warning`) at a place, in English and in Chinese."""

    place: str
    severity: str
    message: str
    zh: str


def wrong(
    place: str, kind: str, parent: str, known: Mapping[str, Known], closed: Mapping[str, Closed]
) -> Iterable[Fault]:
    """What speaks against registering a place so, by the places that are `known`."""
    if is_code(place):
        yield from _code(place, kind)
    elif kind in LEVEL:
        yield Fault(
            "place",
            f"{NAMES[kind]}的编号须是 12 位统计用区划代码",
            f"a {kind} {NAMES[kind]} has a statistical code of 12 digits as its id, not {place}",
        )
    if not parent:
        return
    over = known.get(parent)
    if over is None:
        yield Fault(
            "parent",
            f"{parent} 没有登记，请先登记上级",
            f"{parent}: there is no such place; register it first",
        )
    elif parent in closed:
        gone = closed[parent]
        yield Fault(
            "parent",
            f"{parent} 已于 {gone.since} " + (f"并入 {gone.into}" if gone.into else "关闭"),
            f"{parent} went into {gone.into or 'nothing'} on {gone.since} 已撤并",
        )
    elif over.kind not in LIES_IN.get(kind, ()):
        may = LIES_IN.get(kind, ())
        yield Fault(
            "parent",
            f"上级是{NAMES[over.kind]}，{NAMES[kind]}"
            + (f"的上级须是{'或'.join(NAMES[one] for one in may)}" if may else "没有上级"),
            f"{parent} is a {over.kind} {NAMES[over.kind]}; a {kind} lies in "
            + (", ".join(may) or "nothing"),
        )
    if parent == place:
        yield Fault("parent", "上级不能是本处", f"{parent}: a place does not lie in itself")
    elif (
        is_code(place)
        and is_code(parent)
        and not is_within(place, parent)
        and parent != above(Known(place, 0, None, "", kind, parent, "", 0), known, closed)
    ):
        yield Fault(
            "parent",
            f"编号 {place} 不以上级的 {prefix(parent)} 开头",
            f"the code {place} does not begin with {prefix(parent)}, as {parent} does 上级代码不符",
        )


def check(connection: Connection, day: date, clock: Clock, area: str = "") -> list[Finding]:
    """All that is wrong or missing at the places of an area on a day, by place."""
    known, closed = places_on(connection, day, clock), closed_on(connection, day)
    here = places_of(connection, day, clock, area, closed)
    over = {ident: above(one, known, closed) for ident, one in known.items()}
    staff = counted(connection, day.year, here)
    found: list[Finding] = []
    for ident, one in here.items():
        if ident in closed:
            continue
        parent = went_to(one.parent, closed)
        found += [
            Finding(ident, "error", str(one), one.zh)
            for one in wrong(ident, one.kind, parent, known, closed)
        ]
        if in_a_circle(ident, over):
            said = "it lies in itself, by way of its parents"
            found.append(Finding(ident, "error", said, "上级关系成了环"))
        elif one.kind != "centre" and not over[ident]:
            said = f"no place that holds this {one.kind} is known"
            found.append(Finding(ident, "warning", said, "没有登记上级"))
        found += [
            Finding(ident, "warning", one.en, one.zh) for one in _lacking(one, day.year, staff)
        ]
    return found


def counted(connection: Connection, year: int, places: Collection[str]) -> dict[str, YearOf]:
    """What was counted of these places for a year."""
    query = select(place_year).where(
        bulk.among(connection, place_year.c.place, list(places)), place_year.c.year == year
    )
    return {row.place: YearOf._make(row) for row in connection.execute(query)}


def years_of(connection: Connection, place: str) -> list[YearOf]:
    """What was counted of a place, by year."""
    column = place_year.c
    query = select(place_year).where(column.place == place).order_by(column.year)
    return [YearOf._make(row) for row in connection.execute(query)]


def _code(place: str, kind: str) -> Iterable[Fault]:
    if place[:2] not in PROVINCES:
        yield Fault(
            "place",
            f"没有以 {place[:2]} 开头的省份（GB/T 2260）",
            f"{place}: no province begins with {place[:2]} (GB/T 2260)",
        )
    level = LEVEL.get(kind)
    has = len(prefix(place))
    if level is not None and has != level:
        yield Fault(
            "place",
            f"{NAMES[kind]}的代码是 {level} 位加若干个 0，这个是 {has} 位",
            f"a {kind} {NAMES[kind]} has a code of {level} digits and zeros after them, "
            f"{place} has {has} 代码级别不符",
        )


def _lacking(one: Known, year: int, staff: Mapping[str, YearOf]) -> Iterable[Fault]:
    if one.kind not in STAFF:
        return
    if one.rooms < ROOMS:
        said = f"{one.rooms} function rooms 功能室; at least {ROOMS}"
        yield Fault("", f"功能室 {one.rooms} 间，至少应有 {ROOMS} 间", said)
    count = staff.get(one.place)
    if count is None or count.staff is None:
        said = f"nobody has said how many full-time staff 专职人员 it has in {year}"
        yield Fault("", f"没有登记 {year} 年的专职人员", said)
    elif count.staff < STAFF[one.kind]:
        least = STAFF[one.kind]
        said = f"{count.staff} full-time staff 专职人员; at least {least}"
        yield Fault("", f"专职人员 {count.staff} 人，至少应有 {least} 人", said)
    if count is None or count.residents is None:
        said = f"nobody has said how many residents 常住人口 it has in {year}"
        yield Fault("", f"没有登记 {year} 年的常住人口", said)
