"""Which roles were granted, and where do things lie? Times are in µs."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update

from ledger.access import Grant, Permission, Where, Who, roles
from ledger.clock import to_micros
from ledger.errors import LedgerError
from ledger.places import is_code
from ledger.store import bulk, locks
from ledger.store.tables import (
    access_grant,
    device_key,
    dispute,
    hour_record,
    project,
    redemption,
    registry,
)
from schemas.own import AccessEvent, RoleGranted

MAX_DEPTH = 12
"""Places that lie in one another, at most: a register that goes in a circle ends there."""


def hold_alone(connection: Connection) -> None:
    """Until the end of the transaction nobody else grants or withdraws."""
    locks.hold(connection, locks.Lock.GRANTS)


def keep(connection: Connection, events: Iterable[tuple[AccessEvent, int]]) -> None:
    """Note what was granted and withdrawn, each at its time."""
    for event, at in events:
        data = event.data
        if isinstance(event, RoleGranted):
            said = event.data
            until = None if said.until is None else to_micros(said.until)
            row = Grant(
                event.subject,
                said.issuer,
                said.person,
                said.name,
                said.role,
                said.scope,
                said.of,
                to_micros(said.since),
                until,
                said.by,
                at,
            )
            bulk.insert(connection, access_grant, [row])
        else:
            connection.execute(
                update(access_grant)
                .where(access_grant.c.id == event.subject, access_grant.c.withdrawn_at.is_(None))
                .values(withdrawn_at=at, withdrawn_by=data.by, reason=event.data.reason)
            )


def find(connection: Connection, ident: str) -> Grant:
    """Raises LedgerError if there is no grant of that number."""
    row = connection.execute(select(access_grant).where(access_grant.c.id == ident)).first()
    if row is None:
        raise LedgerError(f"there is no grant {ident}: `vledger access list` lists them")
    return Grant(*row)


def grants_of(connection: Connection, who: Who) -> list[Grant]:
    """All that somebody was ever granted, oldest first."""
    column = access_grant.c
    return _listed(connection, column.subject == who.subject, column.issuer == who.issuer)


def all_grants(connection: Connection) -> list[Grant]:
    """All that was ever granted, oldest first."""
    return _listed(connection)


def standing(connection: Connection, permission: Permission, at: int) -> list[Grant]:
    """All grants in force that allow something, of whomever."""
    names = [one.name for one in roles().values() if permission in one.permissions]
    found = _listed(connection, access_grant.c.role.in_(names))
    return [one for one in found if one.stands(at)]


def count(connection: Connection) -> int:
    """How many grants were ever made."""
    return int(connection.execute(select(func.count()).select_from(access_grant)).scalar_one())


# Where things lie --------------------------------------------------------------------------------


def at_place(connection: Connection, place: str) -> Where:
    """A place, and what it lies in by the registry."""
    return Where(_upwards(connection, [place]))


def of_registered(connection: Connection, kind: str, ident: str, area: str) -> Where:
    """Where a registered thing lies; in the whole `area` without a place, nowhere if it is new.

    A volunteer who is not registered yet belongs to where they served.
    """
    said = _registered(connection, kind, ident)
    if kind == "place":
        return at_place(connection, ident) if said else Where()
    if kind == "volunteer":
        found = of_volunteer(connection, ident)
        return Where((area,), volunteer=ident) if said and not found.places else found
    return Where(_upwards(connection, [said.get("place") or area])) if said else Where()


def parents_of(connection: Connection, places: Collection[str]) -> dict[str, str]:
    """What each of these places lies in as the registry says; without those that say nothing."""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == "place", bulk.among(connection, registry.c.id, list(places))
    )
    found = {row.id: orjson.loads(row.data).get("parent") for row in connection.execute(query)}
    return {place: parent for place, parent in found.items() if parent}


def of_volunteer(connection: Connection, volunteer: str) -> Where:
    """A volunteer belongs to the place of their registration; without one, to those they served at.

    A household or team (`household:H1`) is looked up as that.
    """
    kind, mark, ident = volunteer.partition(":")
    if mark and kind in ("household", "team"):
        home = _registered(connection, kind, ident).get("place")
        return Where(_upwards(connection, [home] if home else []), volunteer=volunteer)
    home = _registered(connection, "volunteer", volunteer).get("place")
    served = select(hour_record.c.place).where(hour_record.c.volunteer == volunteer).distinct()
    places = [home] if home else sorted(connection.execute(served).scalars())
    return Where(_upwards(connection, places), volunteer=volunteer)


def of_merchant(connection: Connection, merchant: str) -> Where:
    """A shop lies where it is registered."""
    home = _registered(connection, "merchant", merchant).get("place")
    return Where(_upwards(connection, [home] if home else []), merchant=merchant)


def of_fund(connection: Connection, fund: str) -> Where:
    """A fund belongs to the place of its registration."""
    home = _registered(connection, "fund", fund).get("place")
    return Where(_upwards(connection, [home] if home else []))


def of_project(connection: Connection, ident: str) -> Where:
    """A project lies where it is done."""
    found = select(project.c.place).where(project.c.project == ident)
    return Where(_upwards(connection, connection.execute(found).scalars().all()))


def of_device(connection: Connection, device: str) -> Where:
    """A device stands where it was enrolled last."""
    found = (
        select(device_key.c.place)
        .where(device_key.c.device == device)
        .order_by(device_key.c.since.desc())
    )
    return Where(_upwards(connection, connection.execute(found).scalars().fetchmany(1)))


def of_redemption(connection: Connection, ident: str) -> Where:
    """What was redeemed lies at the shop that it was redeemed at."""
    opened = select(dispute.c.merchant).where(dispute.c.redemption == ident)
    asked = select(redemption.c.merchant).where(redemption.c.redemption == ident).limit(1)
    merchant = connection.execute(opened.union_all(asked)).scalars().first()
    return Where() if merchant is None else of_merchant(connection, merchant)


def _listed(connection: Connection, *conditions: Any) -> list[Grant]:
    query = select(access_grant).where(*conditions).order_by(access_grant.c.id)
    return [Grant(*row) for row in connection.execute(query)]


def _registered(connection: Connection, kind: str, ident: str) -> dict[str, Any]:
    found = connection.execute(
        select(registry.c.data).where(registry.c.kind == kind, registry.c.id == ident)
    ).scalar()
    said: dict[str, Any] = {} if found is None else orjson.loads(found)
    return said


def _upwards(connection: Connection, places: Iterable[str]) -> tuple[str, ...]:
    """The places, and those that they lie in as the registry's parents say.

    What a code lies in is said by its digits, and by nobody who registers it.
    """
    found = dict.fromkeys(places)
    rising = list(found)
    for _ in range(MAX_DEPTH):
        named = [one for one in rising if not is_code(one)]
        parents = [_registered(connection, "place", one).get("parent") for one in named]
        rising = [one for one in parents if one and one not in found]
        if not rising:
            break
        found |= dict.fromkeys(rising)
    return tuple(found)
