"""May this device say that? Pure: an arrival and what is known of its device; a reject, or nothing.

It is asked once, before an event is logged. What was let in stays, whatever becomes of the key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.core.intake import Received, Rejected
from ledger.devices.keys import is_signed_by
from ledger.places import is_within
from schemas import AttendanceEvent
from schemas.redemption import (
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    RedemptionRequested,
    RefundRequested,
    TillEvent,
    TransferRequested,
)


class DeviceKey(NamedTuple):
    """A public key; good for events before `until` (µs), and for none once it is revoked."""

    public: str
    until: int | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A kiosk or till: where it stands, for which shops it asks, its keys by their ids.

    `app`: it is what volunteers' phones talk to, and asks whatever they may ask, at any shop.
    """

    place: str
    merchants: frozenset[str] = frozenset()
    app: bool = False
    keys: Mapping[str, DeviceKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admission:
    """The devices behind a batch's events, by source; `required`: nobody else may speak."""

    devices: Mapping[str, Device]
    required: bool = False
    trusted: frozenset[str] = frozenset()
    """Origins of arrivals that need no device: what somebody sends in by hand, at the desk."""

    activities: Mapping[str, str] = field(default_factory=dict)
    """Activity → the place that it is registered at."""

    shops: Mapping[str, str] = field(default_factory=dict)
    """Redemption → the shop that it was asked for at, before this batch."""

    def admit(self, received: Iterable[Received | Rejected]) -> list[Received | Rejected]:
        """The same, with a reject in the place of what its device may not say."""
        shops = dict(self.shops)
        found: list[Received | Rejected] = []
        for one in received:
            judged = one if isinstance(one, Rejected) else self._judge(one, shops) or one
            found.append(judged)
            event = judged.event if isinstance(judged, Received) else None
            if isinstance(event, RedemptionRequested | HoldRequested):  # what follows may settle it
                shops.setdefault(event.data.redemption, event.data.merchant)
        return found

    def _judge(self, one: Received, shops: Mapping[str, str]) -> Rejected | None:
        event = one.event
        device = self.devices.get(event.source)
        if device is None:
            asked = isinstance(event, AttendanceEvent | TillEvent)
            if self.required and asked and one.arrival.origin not in self.trusted:
                return _refused(one, "unsigned", f"{event.source} is not an enrolled device")
            return None
        if not event.devicekey or not event.signature:
            return _refused(one, "unsigned", f"{event.source} is enrolled, but signed nothing")
        key = device.keys.get(event.devicekey)
        if key is None:
            return _refused(
                one, "unknown-key", f"{event.devicekey} is no key of {event.source}: enrol it"
            )
        if not is_signed_by(one.arrival.content, key.public):
            return _refused(one, "bad-signature", "signature: is not that of this event")
        if key.revoked_at is not None:
            return _refused(one, "key-revoked", f"key {event.devicekey} was revoked")
        if key.until is not None and one.at >= key.until:
            return _refused(
                one, "key-replaced", f"key {event.devicekey} was replaced before {event.time}"
            )
        return self._misplaced(one, device, shops)

    def _misplaced(
        self, one: Received, device: Device, shops: Mapping[str, str]
    ) -> Rejected | None:
        event = one.event
        if isinstance(event, AttendanceEvent):
            planned = self.activities.get(event.data.activity, device.place)
            if not is_within(event.data.place, device.place):
                where = event.data.place
            elif not (is_within(planned, device.place) or is_within(device.place, planned)):
                where = f"{planned}, where activity {event.data.activity} is,"
            else:
                return None
            detail = f"place: {where} is not within {device.place}, where the device stands"
            return _refused(one, "wrong-place", detail)
        if not isinstance(event, TillEvent):
            detail = f"type: a device sends attendance and requests, not {event.type}"
            return _refused(one, "not-allowed", detail)
        if device.app:
            return None
        if not device.merchants or isinstance(event, TransferRequested):
            detail = (
                f"type: {event.source} is no till"
                if not device.merchants
                else ("type: points are passed on by an app, not by a till")
            )
            return _refused(one, "not-allowed", detail)
        if isinstance(event, ConfirmRequested | CancelRequested | RefundRequested):
            merchant = shops.get(event.data.redemption)  # unknown: the till is told so
        else:
            merchant = event.data.merchant
        if merchant is not None and merchant not in device.merchants:
            detail = f"merchant: the device does not ask for {merchant}"
            return _refused(one, "wrong-merchant", detail)
        return None


def _refused(one: Received, code: str, detail: str) -> Rejected:
    return Rejected(one.arrival, code, detail)
