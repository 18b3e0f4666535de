"""Which places were there on a day, and what lay in what? History is never rewritten.

A place shows as it was registered on that day. One that had been merged by then is not in the tree,
and what lay in it lies in the place that it went into; its figures stay under its own code.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from ledger.centre.places.history import Closed, Known
from ledger.clock import SECOND
from ledger.places import LEVELS, area_of, is_code, is_within, prefix
from ledger.policy.dates import Clock
from ledger.statistics.areas import inside
from ledger.store.spells import held_at
from ledger.store.tables import place_closed, place_history


class Node(NamedTuple):
    """A place in the tree of a day; `above` is what it lies in ("": nothing), `depth` from 0 on."""

    place: str
    name: str
    kind: str
    community: str
    rooms: int
    above: str
    depth: int


def tree(connection: Connection, day: date, clock: Clock, area: str = "") -> list[Node]:
    """The places of an area ("": all) as they were at the end of a day, each after what holds it.

    Beside one another they stand by id.
    """
    closed = closed_on(connection, day)
    known = places_of(connection, day, clock, area, closed)
    there = {ident: one for ident, one in known.items() if ident not in closed}
    over = {ident: above(one, known, closed) for ident, one in there.items()}
    below: dict[str, list[Known]] = {}
    for ident, one in there.items():
        held = over[ident] if over[ident] in there and not in_a_circle(ident, over) else ""
        below.setdefault(held, []).append(one)
    return list(_walk(below, "", 0))


def places_on(connection: Connection, day: date, clock: Clock, area: str = "") -> dict[str, Known]:
    """Places as they were registered at the end of a day, by id; merged ones, too."""
    last = clock.start(day + timedelta(days=1)) * SECOND - 1
    column = place_history.c
    query = select(place_history).where(
        inside(connection, column.place, area), held_at(place_history, last)
    )
    rows = connection.execute(query.order_by(column.place))
    return {row.place: Known._make(row) for row in rows}


def places_of(
    connection: Connection, day: date, clock: Clock, area: str, closed: Mapping[str, Closed]
) -> dict[str, Known]:
    """Places of an area at the end of a day, as `places_on`, with what was merged into it by then.

    `closed` is what was merged or closed on that day.
    """
    found = places_on(connection, day, clock, area)
    for one in sorted(closed) if area else ():
        if one not in found and is_within(went_to(one, closed), area):
            found |= places_on(connection, day, clock, one)
    return dict(sorted(found.items()))


def closed_on(connection: Connection, day: date) -> dict[str, Closed]:
    """Places that were merged or closed on a day."""
    text, column = day.isoformat(), place_closed.c
    query = select(place_closed).where(
        column.since <= text, or_(column.until == "", column.until > text)
    )
    return {row.place: Closed._make(row) for row in connection.execute(query)}


def above(one: Known, known: Mapping[str, Known], closed: Mapping[str, Closed]) -> str:
    """What a place lies in: a code's digits say it, else the registry; "" for nothing known.

    Where that was merged, it is what that went into.
    """
    seen = {one.place}
    over = _over(one, known)
    while over in closed and over not in seen:
        seen.add(over)
        into = closed[over].into
        over = into or (_over(known[over], known) if over in known else "")
    return "" if over in seen else over


def went_to(place: str, closed: Mapping[str, Closed]) -> str:
    """What a place is part of now: itself, or what it was merged into at last."""
    seen = {place}
    while place in closed and closed[place].into and closed[place].into not in seen:
        place = closed[place].into
        seen.add(place)
    return place


def in_a_circle(place: str, over: Mapping[str, str]) -> bool:
    """The registry says that it lies in itself, by way of others."""
    seen: set[str] = set()
    here = over.get(place, "")
    while here and here not in seen:
        if here == place:
            return True
        seen.add(here)
        here = over.get(here, "")
    return False


def history(connection: Connection, place: str) -> list[Known]:
    """As what a place was registered when, the oldest first."""
    column = place_history.c
    query = select(place_history).where(column.place == place).order_by(column.since)
    return [Known._make(row) for row in connection.execute(query)]


def closings_of(connection: Connection, place: str) -> list[Closed]:
    """When a place was merged or closed, the oldest first."""
    column = place_closed.c
    query = select(place_closed).where(column.place == place).order_by(column.since)
    return [Closed._make(row) for row in connection.execute(query)]


def merged_into(connection: Connection, place: str) -> list[Closed]:
    """What was merged into a place, and when."""
    column = place_closed.c
    query = select(place_closed).where(column.into_place == place)
    return [Closed._make(row) for row in connection.execute(query.order_by(column.since))]


def path_of(node: Node, known: Mapping[str, Node]) -> list[str]:
    """The ids from the top down to a node: a tree's nodes stand in the order of their paths."""
    path = [node.place]
    while node.above:
        node = known[node.above]
        path.append(node.place)
    return path[::-1]


def _over(one: Known, known: Mapping[str, Known]) -> str:
    if not is_code(one.place):
        return one.parent
    length = len(prefix(one.place))
    for level in reversed(LEVELS):
        larger = area_of(one.place, level)
        if level < length and larger in known:
            return larger
    return ""


def _walk(below: Mapping[str, Iterable[Known]], over: str, depth: int) -> Iterable[Node]:
    for one in below.get(over, ()):
        yield Node(one.place, one.name, one.kind, one.community, one.rooms, over, depth)
        yield from _walk(below, one.place, depth + 1)
