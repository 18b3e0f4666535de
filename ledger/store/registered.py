"""What is registered by the newest word: names, and what is on at a place?"""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from ledger.places import LEVELS, is_code, prefix
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


def _around(connection: Connection, place: str) -> ColumnElement[bool]:
    there: ColumnElement[Any] = (
        func.json_extract(registry.c.data, "$.place")
        if connection.dialect.name == "sqlite"
        else cast(registry.c.data, JSONB)["place"].astext.collate("C")
    )
    above = set(access.at_place(connection, place).places)
    codes = [one for one in above if is_code(one)]
    above |= {one[:level].ljust(LEVELS[-1], "0") for one in codes for level in LEVELS}
    conditions: list[ColumnElement[bool]] = [there.is_(None), there.in_(sorted(above))]
    if is_code(place):
        digits = prefix(place)
        conditions.append(and_(there >= digits, there < digits + ":", func.length(there) == 12))
    return or_(*conditions)
