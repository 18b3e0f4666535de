"""Who said what the log holds? Each event of a device is signed, or somebody vouched for it.

Asked of the log alone: enrolments, replacements, revocations and vouching are events in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from ledger.clock import to_micros
from ledger.devices.keys import KEY, is_signed_by, key_id
from ledger.recording.rejects import HELD
from ledger.store import bulk
from ledger.store.tables import device_key, event, reject, reject_resolution
from schemas import decode_logged
from schemas.documents import event_type
from schemas.own import (
    DeviceEnrolled,
    DeviceEvent,
    DeviceKeyReplaced,
    DeviceRevoked,
    DeviceVouched,
)

_TYPES = tuple(
    event_type(one) for one in (DeviceEnrolled, DeviceKeyReplaced, DeviceRevoked, DeviceVouched)
)


class Saying(NamedTuple):
    """How an event came in: by which key it is signed, or who vouched for it and why."""

    key: str = ""
    by: str = ""
    reason: str = ""


class _Key:
    """A key as the log tells of it, by numbers of events; `until` in µs."""

    __slots__ = ("public", "revoked", "since", "until")

    def __init__(self, public: str, since: int) -> None:
        self.public = public
        self.since = since
        self.until: int | None = None
        self.revoked: int | None = None


class _Devices:
    """What the log tells of all devices: their keys by device and id, and who vouched for what."""

    def __init__(self, connection: Connection) -> None:
        self.keys: dict[str, dict[str, _Key]] = defaultdict(dict)
        self.vouched: dict[str, Saying] = {}
        rows = connection.execute(
            select(event.c.seq, event.c.content)
            .where(event.c.type.in_(_TYPES))
            .order_by(event.c.seq)
        )
        for seq, content in rows:
            told = decode_logged(content)
            assert isinstance(told, DeviceEvent)
            self._take(seq, told)

    def _take(self, seq: int, told: DeviceEvent) -> None:
        own = self.keys[told.subject] if not isinstance(told, DeviceVouched) else {}
        match told:
            case DeviceEnrolled(data=data):
                own.setdefault(key_id(data.key), _Key(data.key, seq))
            case DeviceKeyReplaced(data=data):
                for one in own.values():
                    if one.until is None:
                        one.until = to_micros(told.time)
                own[key_id(data.key)] = _Key(data.key, seq)
            case DeviceRevoked(data=data):
                for name, one in own.items():
                    if one.revoked is None and data.key in ("", name):
                        one.revoked = seq
            case DeviceVouched(data=data):
                self.vouched[data.reject] = Saying(by=data.by, reason=data.reason)

    def wrong(self, device: str, at: int, content: bytes, arrived: int) -> str:
        """What is wrong with the signature of an event; empty: nothing."""
        name = orjson.loads(content).get(KEY)
        key = self.keys[device].get(name) if isinstance(name, str) else None
        if key is None or key.since > arrived:
            return "is not signed by a key of its device"
        if not is_signed_by(content, key.public):
            return "has a signature that is not its own"
        if key.revoked is not None and key.revoked < arrived:
            return "came in after its key was revoked"
        if key.until is not None and at >= key.until:
            return "is signed by a key that had been replaced"
        return ""


def unproven(connection: Connection) -> Iterator[str]:
    """Events of devices that they did not sign, and that nobody vouched for."""
    known = _Devices(connection)
    if not known.keys:
        return
    first = {device: min(one.since for one in own.values()) for device, own in known.keys.items()}
    rows = connection.execute(
        select(event)
        .where(bulk.among(connection, event.c.source, list(first)))
        .order_by(event.c.seq)
        .execution_options(yield_per=5000)
    )
    settled: dict[int, tuple[str, int]] | None = None
    for row in rows:
        if row.seq < first[row.source]:
            continue
        wrong = known.wrong(row.source, row.at, row.content, row.seq)
        if not wrong:
            continue
        if settled is None:  # few are looked up, mostly none
            settled = _settled(connection)
        kept, arrived = settled.get(row.seq, ("", row.seq))
        if kept in known.vouched:
            continue
        if arrived != row.seq and (  # it was let in before it was held
            arrived < first[row.source] or not known.wrong(row.source, row.at, row.content, arrived)
        ):
            continue
        yield f"event {row.source}#{row.id} {wrong}, and nobody vouched for it"


def sayings(connection: Connection, seqs: Collection[int]) -> dict[int, Saying]:
    """How each of the events came in, of those that a device signed or somebody vouched for."""
    rows = connection.execute(select(event).where(bulk.among(connection, event.c.seq, seqs))).all()
    found: dict[int, Saying] = {}
    keys = {row.seq: orjson.loads(row.content).get(KEY) for row in rows}
    enrolled = connection.execute(
        select(device_key.c.key, device_key.c.public).where(
            bulk.among(connection, device_key.c.key, {one for one in keys.values() if one})
        )
    )
    public = {row.key: row.public for row in enrolled}
    for row in rows:
        name = keys[row.seq]
        if name in public and is_signed_by(row.content, public[name]):
            found[row.seq] = Saying(key=name)
    return found | _vouched(connection, seqs)


def _vouched(connection: Connection, seqs: Collection[int]) -> dict[int, Saying]:
    """In two steps: as a join, SQLite would read all of the log for the few that there are."""
    resolved = connection.execute(
        select(reject_resolution.c.reject, reject_resolution.c.event).where(
            bulk.among(connection, reject_resolution.c.event, seqs)
        )
    )
    was = {row.reject: row.event for row in resolved}
    if not was:
        return {}
    vouchers = connection.execute(
        select(event.c.subject, event.c.content).where(
            bulk.among(connection, event.c.subject, was),
            event.c.type == event_type(DeviceVouched),
        )
    )
    found = {}
    for ident, content in vouchers:
        told = decode_logged(content)
        assert isinstance(told, DeviceVouched)
        found[was[ident]] = Saying(by=told.data.by, reason=told.data.reason)
    return found


def _settled(connection: Connection) -> dict[int, tuple[str, int]]:
    """Event → the reject that it was before, and when (as a number of the log) it had arrived."""
    rows = connection.execute(
        select(
            reject_resolution.c.event,
            reject_resolution.c.reject,
            reject.c.seq,
            reject.c.code,
        ).join(reject, reject.c.id == reject_resolution.c.reject)
    )
    return {row.event: (row.reject, row.seq if row.code == HELD else row.event) for row in rows}
