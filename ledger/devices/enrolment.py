"""How does a device become known, get another key, lose it? By events of the ledger's own."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import Connection

from ledger.clock import from_micros
from ledger.core.intake import WRONG_TOPIC
from ledger.core.own_events import SOURCE
from ledger.core.rulebook import Rulebook
from ledger.devices.admission import Device
from ledger.devices.keys import key_id
from ledger.errors import LedgerError
from ledger.recording.recorder import TRUSTED, Receipt, Recorder
from ledger.recording.rejects import KeptReject, replay_rejects
from ledger.store.devices import known_devices, owner_of
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

Made = TypeVar("Made")

DEVICE_CODES = (
    "unsigned",
    "unknown-key",
    "key-revoked",
    "key-replaced",
    "bad-signature",
    "wrong-place",
    "wrong-merchant",
    "not-allowed",
    WRONG_TOPIC,
)
"""Why an arrival is set aside for who sent it; a person may vouch for it."""


def enrol(
    recorder: Recorder,
    device: str,
    public: str,
    place: str,
    merchants: Sequence[str],
    by: str,
    *,
    app: bool = False,
) -> str:
    """Let a device speak for a place and for shops, by a key; the key's id.

    Again, with another place: it has moved. Raises LedgerError if the key is another device's, or
    was revoked or replaced.
    """
    if device in TRUSTED:
        raise LedgerError(f"{device} is the ledger's own: no device speaks for it")
    said = _checked(
        lambda: Enrolment(place=place, merchants=list(merchants), app=app, key=public, by=by)
    )

    def decide(known: Device | None, connection: Connection) -> DeviceEvent:
        mine = known.keys.get(key_id(public)) if known else None
        if mine is None:
            _refuse_taken(connection, public)
        elif mine.revoked_at is not None or mine.until is not None:
            raise LedgerError(f"{device} had this key, and it is good no more: make a new one")
        return DeviceEnrolled(**_head(recorder, device), data=said)

    _record(recorder, device, decide)
    return key_id(public)


def replace_key(recorder: Recorder, device: str, public: str, by: str) -> str:
    """Give a device another key; those before stay good for events from before now; its id."""

    def decide(known: Device | None, connection: Connection) -> DeviceEvent:
        if known is None:
            raise LedgerError(f"{device} is not enrolled: `vledger devices` lists those that are")
        if key_id(public) in known.keys:
            raise LedgerError(f"{device} has this key already")
        _refuse_taken(connection, public)
        data = KeyReplacement(key=public, by=by)
        return DeviceKeyReplaced(**_head(recorder, device), data=data)

    _record(recorder, device, decide)
    return key_id(public)


def revoke(recorder: Recorder, device: str, key: str | None, reason: str, by: str) -> None:
    """From now on nothing comes in that was signed with a key, or with any of the device's."""

    def decide(known: Device | None, _connection: Connection) -> DeviceEvent:
        if known is None or (key is not None and key not in known.keys):
            what = device if known is None else f"key {key} of {device}"
            raise LedgerError(f"{what} is not enrolled: `vledger devices` lists those that are")
        data = KeyRevocation(key=key or "", reason=reason, by=by)
        return DeviceRevoked(**_head(recorder, device), data=data)

    _record(recorder, device, decide)


def let_in(recorder: Recorder, rejects: Sequence[KeptReject], reason: str, by: str) -> Receipt:
    """Record what devices could not say by themselves, and that a person answers for it."""
    for one in rejects:
        if one.code not in DEVICE_CODES:
            raise LedgerError(
                f"reject {one.id} is {one.code}: nobody can vouch for that; mend it instead"
            )
    vouching = [
        _checked(
            lambda one=one: DeviceVouched(  # type: ignore[misc]
                **_head(recorder, one.id), data=Vouching(reject=one.id, reason=reason, by=by)
            )
        )
        for one in rejects
    ]
    return replay_rejects(recorder, rejects, admitted=True, beside=vouching)


def _record(
    recorder: Recorder, device: str, decide: Callable[[Device | None, Connection], DeviceEvent]
) -> None:
    def find(unit: UnitOfWork, _rules: Rulebook, _now: int) -> list[DeviceEvent]:
        known = known_devices(unit.reading, {device}).get(device)
        return [_checked(lambda: decide(known, unit.connection))]

    # no batch that is under way lets in what was revoked meanwhile
    if not recorder.record_own(find, alone=True):
        raise LedgerError("this ledger has no policy yet: run `vledger init` first")


def _checked(make: Callable[[], Made]) -> Made:
    """What is made, unless its schema refuses it: that is told to people."""
    try:
        return make()
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(str(part) for part in wrong["loc"])
        raise LedgerError(f"{field}: {wrong['msg']}") from None


def _refuse_taken(connection: Connection, public: str) -> None:
    owner = owner_of(connection, key_id(public))
    if owner is not None:
        raise LedgerError(f"that key is {owner}'s: every device makes its own")


def _head(recorder: Recorder, subject: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"device/{uuid4().hex}",
        "source": SOURCE,
        "time": from_micros(recorder.now(), UTC),
        "subject": subject,
    }
