"""Which devices are enrolled, and which of their keys are good?"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select, update

from ledger.devices.admission import Device, DeviceKey
from ledger.devices.keys import key_id
from ledger.store import bulk
from ledger.store.tables import device_key
from schemas.own import DeviceEnrolled, DeviceEvent, DeviceKeyReplaced, DeviceRevoked


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


def known_devices(connection: Connection, sources: Collection[str]) -> dict[str, Device]:
    """Those of `sources` that are enrolled."""
    if not sources:
        return {}
    query = select(device_key).where(bulk.among(connection, device_key.c.device, sources))
    keys: dict[str, list[KeyRow]] = defaultdict(list)
    for row in connection.execute(query):
        keys[row.device].append(KeyRow(*row))
    return {name: _device(rows) for name, rows in keys.items()}


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
                connection.execute(ours.values(place=data.place, merchants=merchants))
                row = KeyRow(device, key_id(data.key), data.key, data.place, merchants, at)
                bulk.upsert(connection, device_key, [row._replace(by=data.by)])
            case DeviceKeyReplaced(data=data):
                connection.execute(ours.where(mine.until.is_(None)).values(until=at))
                known = connection.execute(select(device_key).where(mine.device == device)).first()
                assert known is not None
                row = KeyRow(device, key_id(data.key), data.key, known.place, known.merchants, at)
                bulk.upsert(connection, device_key, [row._replace(by=data.by)])
            case DeviceRevoked(data=data):
                chosen = ours.where(mine.key == data.key) if data.key else ours
                connection.execute(
                    chosen.where(mine.revoked_at.is_(None)).values(
                        revoked_at=at, reason=data.reason, by=data.by
                    )
                )
            case _:
                pass


def _device(rows: list[KeyRow]) -> Device:
    first = rows[0]
    return Device(
        first.place,
        frozenset(orjson.loads(first.merchants)),
        {row.key: DeviceKey(row.public, row.until, row.revoked_at) for row in rows},
    )
