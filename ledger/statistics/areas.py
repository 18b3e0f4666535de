"""Which rows lie in an area, and under which of its parts? For tables with a column of places."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, and_, case, func, or_, select

from ledger.places import LEVELS, area_of, is_code, is_within, prefix
from ledger.store import access, bulk


class HasPlace(Protocol):
    """What belongs to a place; "": to none."""

    @property
    def place(self) -> str: ...


Placed = TypeVar("Placed", bound=HasPlace)

AFTER_DIGITS = ":"
"""The first character after the digits: names of places that are no codes come from here on."""


def inside(connection: Connection, place: Column[Any], area: str) -> ColumnElement[bool]:
    """Places of the area: codes by their digits, and names that the registry says lie in it."""
    if not area:
        return place >= ""
    named = select(place).where(place >= AFTER_DIGITS).distinct()
    found = _names_inside(connection, connection.execute(named).scalars(), area)
    if is_code(area):
        digits = prefix(area)
        here = and_(place >= digits, place < digits + AFTER_DIGITS)
    else:
        here = place == area
    return or_(here, bulk.among(connection, place, found)) if found else here


def _names_inside(connection: Connection, names: Iterable[str], area: str) -> list[str]:
    """The names that lie in the area as the registry says: one query for each step upwards."""
    reached = {one: one for one in names}
    found: set[str] = set()
    for _ in range(access.MAX_DEPTH + 1):
        found |= {one for one, above in reached.items() if is_within(above, area)}
        reached = {one: above for one, above in reached.items() if one not in found}
        rising = {above for above in reached.values() if not is_code(above)}
        if not rising:
            break
        parents = access.parents_of(connection, rising)
        reached = {one: parents[above] for one, above in reached.items() if above in parents}
    return sorted(found)


def those_inside(connection: Connection, places: Iterable[str], area: str) -> set[str]:
    """Of these places those that lie in an area ("": all), by digits or as the registry says."""
    listed = set(places)
    if not area:
        return listed
    names = [one for one in listed if one and not is_code(one)]
    found = _names_inside(connection, names, area) if names else []
    return {one for one in listed if is_within(one, area)}.union(found)


def lies_in(connection: Connection, place: str, area: str) -> bool:
    """A place lies in an area ("": anywhere), by its digits or as the registry says."""
    return bool(those_inside(connection, [place], area))


def lying_in(connection: Connection, area: str) -> Callable[[str], bool]:
    """Whether places lie in an area ("": all do; no place, "", lies in none): each asked once."""
    known: dict[str, bool] = {"": not area}

    def lies(place: str) -> bool:
        if place not in known:
            known[place] = lies_in(connection, place, area)
        return known[place]

    return lies


def lying_there(connection: Connection, some: Iterable[Placed], area: str) -> list[Placed]:
    """Of some things those whose place lies in an area ("": all)."""
    listed = list(some)
    here = those_inside(connection, {one.place for one in listed}, area)
    return [one for one in listed if one.place in here]


def counts(place: str, area: str) -> bool:
    """Of what the database found by digits: a code of the area, or a name that lies in it."""
    return not area or is_within(place, area) or not is_code(place)


def below(place: str, area: str) -> str:
    """The place one level below the area that `place` lies in: itself, if it is no code."""
    if not is_code(place) or place == area:
        return place
    return area_of(place, level_below(area))


def above(area: str) -> list[str]:
    """What a code lies in, the largest first."""
    if not is_code(area):
        return []
    own = len(prefix(area))
    return [area_of(area, level) for level in LEVELS if level < own]


def level_below(area: str) -> int:
    """Digits of the places one level below the area."""
    above = len(prefix(area)) if area else 0
    return next((one for one in LEVELS if one > above), LEVELS[-1])


def part(place: Column[Any], area: str) -> ColumnElement[str]:
    """What a database may group by, so that few rows come back: digits, or the whole name."""
    digits = func.substr(place, 1, level_below(area))
    whole = or_(place >= AFTER_DIGITS, place == area, func.length(place) != LEVELS[-1])
    return case((whole, place), else_=digits)


def part_of(text: str, area: str) -> str:
    """The place one level below the area that a `part` stands for."""
    return area_of(text, LEVELS[-1]) if text.isdecimal() else text


def common_area(connection: Connection, *columns: Column[Any]) -> str:
    """The smallest area with all codes of the columns; "" if there is none."""
    ends: list[str] = []
    for column in columns:
        codes = and_(column >= "0", column < AFTER_DIGITS, func.length(column) == LEVELS[-1])
        for end in (func.min(column), func.max(column)):
            found = connection.execute(select(end).where(codes)).scalar()
            ends += [found] if found else []
    if not ends:
        return ""
    for level in reversed(LEVELS):
        area = area_of(ends[0], level)
        if all(is_within(one, area) for one in ends):
            return area
    return ""
