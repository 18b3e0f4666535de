"""Which devices are enrolled, and which of their keys are good?"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select, update

from ledger.devices.admission import Device, DeviceKey
from ledger.devices.keys import key_id
from ledger.store import bulk
from ledger.store.reading import Question, Reading, rows_by
from ledger.store.tables import device_key, hold, redemption, registry
from schemas import CheckedIn, CheckedOut, CheckOutClaimed, CloudEvent
from schemas.own import DeviceEnrolled, DeviceEvent, DeviceKeyReplaced, DeviceRevoked
from schemas.redemption import (
    CancelRequested,
    ConfirmRequested,
    RefundRequested,
)


class KeyRow(NamedTuple):
    """A row of the projection, in the order of its columns; times in µs."""

    device: str
    key: str
    public: str
    place: str
    merchants: str
    since: int
    until: int | None = None
    revoked_at: int | None = None
    reason: str = ""
    by: str = ""
    app: int = 0


class Around(NamedTuple):
    """Activity → its registered place, redemption → the shop that it was asked for at."""

    activities: dict[str, str]
    shops: dict[str, str]


def known_devices(reading: Reading, sources: Collection[str]) -> dict[str, Device]:
    """Those of `sources` that are enrolled."""
    keys: dict[str, list[KeyRow]] = defaultdict(list)
    for row in reading.rows_of(device_key, _BY, sources):
        keys[row.device].append(KeyRow._make(row))
    return {name: _device(rows) for name, rows in keys.items()}


def asking(sources: Collection[str]) -> Question | None:
    """What `known_devices` will ask."""
    return rows_by(device_key, _BY, sources)


def owner_of(connection: Connection, key: str) -> str | None:
    """Whose the key with this id is, or was."""
    owners = select(device_key.c.device).where(device_key.c.key == key)
    return connection.execute(owners).scalars().first()


def around(connection: Connection, events: Iterable[CloudEvent]) -> Around:
    """What has to be known beside the events of devices."""
    activities: set[str] = set()
    settled: set[str] = set()
    for one in events:
        match one:
            case CheckedIn() | CheckedOut() | CheckOutClaimed():
                activities.add(one.data.activity)
            case ConfirmRequested() | CancelRequested() | RefundRequested():
                settled.add(one.data.redemption)
            case _:
                pass
    places: dict[str, str] = {}
    shops: dict[str, str] = {}
    if activities:
        rows = connection.execute(
            select(registry.c.id, registry.c.data).where(
                registry.c.kind == "activity", bulk.among(connection, registry.c.id, activities)
            )
        )
        told = ((row.id, orjson.loads(row.data).get("place")) for row in rows)
        places = {ident: place for ident, place in told if place}
    for table in (hold, redemption) if settled else ():
        query = select(table.c.redemption, table.c.merchant).where(
            bulk.among(connection, table.c.redemption, settled), table.c.merchant != ""
        )
        shops |= {row.redemption: row.merchant for row in connection.execute(query)}
    return Around(places, shops)


def listed(connection: Connection) -> list[KeyRow]:
    """All keys, by device and age."""
    query = select(device_key).order_by(device_key.c.device, device_key.c.since, device_key.c.key)
    return [KeyRow(*row) for row in connection.execute(query)]


def keep(connection: Connection, events: Iterable[tuple[DeviceEvent, int]]) -> None:
    """Note what became of devices, each at its time (µs)."""
    mine = device_key.c
    for event, at in events:
        device = event.subject
        ours = update(device_key).where(mine.device == device)
        match event:
            case DeviceEnrolled(data=data):
                merchants = orjson.dumps(sorted(set(data.merchants))).decode()
                app = int(data.app)
                connection.execute(ours.values(place=data.place, merchants=merchants, app=app))
                row = KeyRow(device, key_id(data.key), data.key, data.place, merchants, at)
                row = row._replace(by=data.by, app=app)
                has_it = select(mine.key).where(mine.device == device, mine.key == row.key)
                if connection.execute(has_it).first() is None:  # else it has only moved
                    bulk.insert(connection, device_key, [row])
            case DeviceKeyReplaced(data=data):
                connection.execute(ours.where(mine.until.is_(None)).values(until=at))
                known = connection.execute(select(device_key).where(mine.device == device)).first()
                assert known is not None
                row = KeyRow(device, key_id(data.key), data.key, known.place, known.merchants, at)
                row = row._replace(by=data.by, app=known.app)
                bulk.insert(connection, device_key, [row])
            case DeviceRevoked(data=data):
                chosen = ours.where(mine.key == data.key) if data.key else ours
                connection.execute(
                    chosen.where(mine.revoked_at.is_(None)).values(
                        revoked_at=at, reason=data.reason, by=data.by
                    )
                )
            case _:
                pass


_BY = (device_key.c.device,)


def _device(rows: list[KeyRow]) -> Device:
    first = rows[0]
    return Device(
        first.place,
        frozenset(orjson.loads(first.merchants)),
        bool(first.app),
        {row.key: DeviceKey(row.public, row.until, row.revoked_at) for row in rows},
    )
