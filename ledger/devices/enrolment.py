"""How does a device become known, get another key, lose it? By events of the ledger's own."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any
from uuid import uuid4

from ledger.clock import from_micros
from ledger.devices.admission import Device, DeviceKey
from ledger.devices.keys import key_id
from ledger.errors import LedgerError
from ledger.own_events import SOURCE
from ledger.recorder import Receipt, Recorder
from ledger.rejects import KeptReject, replay_rejects
from ledger.store.devices import known_devices, owners_of
from ledger.store.unit_of_work import UnitOfWork
from schemas.own import (
    DeviceEnrolled,
    DeviceEvent,
    DeviceKeyReplaced,
    DeviceRevoked,
    DeviceVouched,
    Enrolment,
    KeyReplacement,
    KeyRevocation,
    Vouching,
)

DEVICE_CODES = (
    "unsigned",
    "unknown-key",
    "key-revoked",
    "key-replaced",
    "bad-signature",
    "wrong-type",
    "wrong-place",
    "wrong-merchant",
)
"""Why an arrival of a device is set aside; a person may vouch for it."""


def enrol(
    recorder: Recorder, device: str, public: str, place: str, merchants: Sequence[str], by: str
) -> str:
    """Let a device speak for a place and, a till, for shops, by a key; the key's id.

    Again with the same key: it has moved. Raises LedgerError if the key is no longer good, or
    another device's.
    """

    def decide(known: Device | None, key: DeviceKey | None) -> DeviceEvent:
        if key is not None and (key.until is not None or key.revoked_at is not None):
            raise LedgerError(f"{device}: this key was replaced or revoked; make another one")
        good = [one for one in known.keys.values() if one.good] if known is not None else []
        if good and key is None:
            raise LedgerError(f"{device} has a key: `vledger devices replace-key` gives another")
        said = Enrolment(place=place, merchants=list(merchants), key=public, by=by)
        return DeviceEnrolled(**_head(recorder, device), data=said)

    _record(recorder, device, public, decide)
    return key_id(public)


def replace_key(recorder: Recorder, device: str, public: str, by: str) -> str:
    """Give a device another key; those before stay good for events from before now; its id."""

    def decide(known: Device | None, key: DeviceKey | None) -> DeviceEvent:
        if known is None:
            raise LedgerError(f"{device} is not enrolled: `vledger devices` lists those that are")
        if key is not None:
            raise LedgerError(f"{device} has or had this key already")
        data = KeyReplacement(key=public, by=by)
        return DeviceKeyReplaced(**_head(recorder, device), data=data)

    _record(recorder, device, public, decide)
    return key_id(public)


def revoke(recorder: Recorder, device: str, key: str | None, reason: str, by: str) -> None:
    """From now on nothing comes in that was signed with a key, or with any of the device's."""

    def decide(known: Device | None, _key: DeviceKey | None) -> DeviceEvent:
        if known is None or (key is not None and key not in known.keys):
            what = device if known is None else f"key {key} of {device}"
            raise LedgerError(f"{what} is not enrolled: `vledger devices` lists those that are")
        data = KeyRevocation(key=key or "", reason=reason, by=by)
        return DeviceRevoked(**_head(recorder, device), data=data)

    _record(recorder, device, "", decide)


def let_in(recorder: Recorder, rejects: Sequence[KeptReject], reason: str, by: str) -> Receipt:
    """Record what devices could not say by themselves, and that a person answers for it."""
    for one in rejects:
        if one.code not in DEVICE_CODES:
            raise LedgerError(
                f"reject {one.id} is {one.code}: nobody can vouch for that; mend it instead"
            )
    vouching = [
        DeviceVouched(**_head(recorder, one.id), data=Vouching(reject=one.id, reason=reason, by=by))
        for one in rejects
    ]
    return replay_rejects(recorder, rejects, admitted=True, beside=vouching)


def _record(
    recorder: Recorder,
    device: str,
    public: str,
    decide: Callable[[Device | None, DeviceKey | None], DeviceEvent],
) -> None:
    def find(unit: UnitOfWork, _rules: object, _now: int) -> list[DeviceEvent]:
        known = known_devices(unit.connection, {device}).get(device)
        ident = key_id(public) if public else ""
        owners = owners_of(unit.connection, ident) - {device}
        if owners:
            raise LedgerError(f"this key is that of {', '.join(sorted(owners))}; make another one")
        return [decide(known, known.keys.get(ident) if known is not None else None)]

    # Alone: no batch that is under way lets in what is revoked meanwhile.
    recorder.record_own(find, alone=True)


def _head(recorder: Recorder, subject: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"device/{uuid4().hex}",
        "source": SOURCE,
        "time": from_micros(recorder.now(), UTC),
        "subject": subject,
    }
