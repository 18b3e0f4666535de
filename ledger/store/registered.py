"""What is registered by the newest word: names, and what is on at a place?"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from ledger.places import LEVELS, area_of, is_code, prefix
from ledger.store import access, bulk
from ledger.store.tables import registry


def registered_names(connection: Connection, kind: str, idents: Iterable[str]) -> dict[str, str]:
    """Id -> name, "" for one without, of those that are registered."""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == kind, bulk.among(connection, registry.c.id, list(idents))
    )
    return {
        row.id: str(orjson.loads(row.data).get("name") or "") for row in connection.execute(query)
    }


def registered_around(connection: Connection, kind: str, place: str) -> list[tuple[str, str]]:
    """(id, JSON) of what is registered at the place, below it, above it, or nowhere; by id."""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == kind, _around(connection, place)
    )
    return [(row.id, row.data) for row in connection.execute(query.order_by("id"))]


class PlaceShown(NamedTuple):
    """A registered place; `above`: what it lies in by the register or its code, "" for nothing."""

    id: str
    name: str
    kind: str
    above: str
    has_below: bool


def places_below(connection: Connection, area: str) -> list[PlaceShown]:
    """The registered places that lie directly in an area ("": in nothing), by id."""
    code, named = registry.c.id, registry.c.id >= ":"
    inside = and_(code >= prefix(area), code < prefix(area) + ":") if is_code(area) else code >= ""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == "place", or_(inside, named)
    )
    said = {row.id: orjson.loads(row.data) for row in connection.execute(query)}
    above = {ident: _above(ident, one, said, area) for ident, one in said.items()}
    holding = set(above.values())
    return [
        PlaceShown(ident, one["name"], one["kind"], above[ident], ident in holding)
        for ident, one in sorted(said.items())
        if above[ident] == area and ident != area
    ]


def _above(ident: str, one: Mapping[str, Any], known: Collection[str], area: str) -> str:
    """The nearest registered place that it lies in: a code's digits say it, else the register."""
    if not is_code(ident):
        return str(one.get("parent") or "")
    length = len(prefix(ident))
    for level in reversed(LEVELS):
        larger = area_of(ident, level)
        if level < length and (larger in known or larger == area):
            return larger
    return ""


def _around(connection: Connection, place: str) -> ColumnElement[bool]:
    there: ColumnElement[Any] = (
        func.json_extract(registry.c.data, "$.place")
        if connection.dialect.name == "sqlite"
        else cast(registry.c.data, JSONB)["place"].astext.collate("C")
    )
    above = set(access.at_place(connection, place).places)
    codes = [one for one in above if is_code(one)]
    above |= {area_of(one, level) for one in codes for level in LEVELS}
    conditions: list[ColumnElement[bool]] = [there.is_(None), there.in_(sorted(above))]
    if is_code(place):
        digits = prefix(place)
        conditions.append(and_(there >= digits, there < digits + ":", func.length(there) == 12))
    return or_(*conditions)
