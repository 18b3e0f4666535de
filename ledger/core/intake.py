"""Is an arriving text an event that can go into the log, or a reject, and why?"""

import hashlib
from typing import NamedTuple, cast

import orjson

from ledger.clock import SECOND, to_micros
from ledger.core.attendance import CLAIM, IN, OUT, Claim, Direction, Mark
from ledger.core.conduct import Ruling, Suspicion
from ledger.core.fold import Answered, BringUpToDate, Report, Step
from ledger.core.redeeming import RECEIVED_RULE, Command, RedemptionRequest, received_fact
from ledger.policy import REVIEW, WRITE_OFF, Payment
from schemas import (
    CheckedIn,
    CheckedOut,
    CheckOutClaimed,
    CloudEvent,
    ConductSuspected,
    DebtWrittenOff,
    FactReported,
    LoggedEvent,
    RegistryEvent,
    ReviewDecided,
    StandingReviewed,
    SuspicionWithdrawn,
    decode,
)
from schemas.attendance import Attendance
from schemas.documents import event_type
from schemas.incoming import MalformedEventError
from schemas.own import PointsReceived, Review, VoucherExpired
from schemas.redemption import (
    AllowanceRequested,
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    RedemptionRequested,
    RefundRequested,
    TillEvent,
    TransferRequested,
    VoucherUseRequested,
)

CLOCK_TOLERANCE = 3600 * SECOND
"""How far a device's clock may run ahead before its events are set aside."""

WRONG_TOPIC = "wrong-topic"
"""The code of an event that came by a topic which is for others."""


class Arrival(NamedTuple):
    """A text as it came in; `origin` says from where, for the person who has to mend it."""

    content: bytes
    origin: str


class Rejected(NamedTuple):
    """An arrival that was set aside. `code` is for programs, `detail` for people."""

    arrival: Arrival
    code: str
    detail: str

    @property
    def id(self) -> str:
        """The same for the same text with the same reason, so that it is kept once."""
        digest = hashlib.sha256(self.code.encode() + b"\0" + self.arrival.content)
        return digest.hexdigest()[:16]


class Received(NamedTuple):
    """An arrival that is an event; `at` is its time in µs."""

    arrival: Arrival
    event: LoggedEvent
    at: int


def receive(
    arrival: Arrival, now: int, carries: tuple[type[CloudEvent], ...] | None = None
) -> Received | Rejected:
    """Decode one arrival; `now` (µs) decides what lies in the future.

    `carries`: the only events that come by its way. Whoever may write to one topic would otherwise
    send there what belongs on another.
    """
    try:
        event = decode(arrival.content)
    except MalformedEventError as error:
        return Rejected(arrival, error.code, str(error))
    if carries is not None and type(event) not in carries:
        return Rejected(arrival, WRONG_TOPIC, f"type: {event.type} belongs on another topic")
    at = to_micros(event.time)
    if at > now + CLOCK_TOLERANCE:
        ahead = (at - now) // SECOND
        return Rejected(
            arrival, "in-the-future", f"time: {event.time.isoformat()} is {ahead} s ahead of now"
        )
    return Received(arrival, event, at)


_DIRECTIONS: dict[type[CloudEvent], Direction] = {CheckedIn: IN, CheckedOut: OUT}


def step_of(event: LoggedEvent, at: int, seq: int) -> Step | None:
    """What the fold makes of an event with its place in the log; None if it is not about anybody.

    `at` is the event's time in µs.
    """
    direction = _DIRECTIONS.get(type(event))
    if direction is not None:
        about = cast(Attendance, event.data)
        return Mark(
            at,
            direction,
            event.source,
            event.id,
            about.activity,
            about.place,
            seq,
            about.fact,
            about.attributes,
        )
    match event:
        case CheckOutClaimed(data=data):
            claim = Claim(at, data.ended_at.isoformat(), data.reason, data.by)
            ended = to_micros(data.ended_at)
            where = (data.activity, data.place)
            return Mark(ended, CLAIM, event.source, event.id, *where, seq, claim=claim)
        case (
            RedemptionRequested()
            | HoldRequested()
            | ConfirmRequested()
            | CancelRequested()
            | RefundRequested()
            | AllowanceRequested()
            | VoucherUseRequested()
            | TransferRequested()
        ):
            return request_of(event, at, seq)
        case VoucherExpired(data=data):
            return RedemptionRequest(identity(event), "lapse", "", seq, at, voucher=data.voucher)
        case PointsReceived(data=data):
            source = f"suspense:{data.currency}"
            paid = Payment(data.currency, data.units, source, RECEIVED_RULE, ())
            fact = received_fact(
                identity(event), at // SECOND, data.giver, data.transfer, paid, data.lots
            )
            return Answered(fact, seq)
        case FactReported(data=data):
            end = None if data.until is None else to_micros(data.until) // SECOND
            return Report(identity(event), data.fact, at // SECOND, end, data.attributes, seq)
        case DebtWrittenOff(data=forgiven):
            attributes = forgiven.model_dump()
            return Report(identity(event), WRITE_OFF, at // SECOND, None, attributes, seq)
        case ConductSuspected(data=data):
            evidence = orjson.dumps(data.evidence, option=orjson.OPT_SORT_KEYS).decode()
            return Suspicion(data.of, data.rule, True, evidence, at, seq)
        case SuspicionWithdrawn(data=data):
            return Suspicion(data.of, data.rule, False, "{}", at, seq)
        case ReviewDecided(data=data):
            rule = data.rule or ""
            return Ruling(
                data.of, rule, data.decision, data.reason, data.by, at, identity(event), seq
            )
        case StandingReviewed(data=Review(reason="policy")):
            return BringUpToDate(seq)
        case StandingReviewed():
            return Report(identity(event), REVIEW, at // SECOND, None, {}, seq)
        case _:
            return None


def request_of(event: TillEvent, at: int, seq: int) -> RedemptionRequest:
    """What a till or an app asks for, whichever of its requests it is."""
    said = event.data.model_dump()
    ident = said.get("redemption") or said.get("allowance") or said.get("transfer") or ""
    return RedemptionRequest(
        identity(event),
        _COMMANDS[type(event)],
        ident,
        seq,
        at,
        merchant=said.get("merchant", ""),
        item=said.get("item", ""),
        points=said.get("points") or "",
        quantity=said.get("quantity", 1),
        by=said.get("by") or "",
        allowance=(said.get("allowance") or "") if "redemption" in said else "",
        attributes=said.get("attributes") or {},
        seconds=said.get("seconds", 0),
        own=said.get("refund") or said.get("use") or "",
        restock=said.get("restock", 0),
        voucher=said.get("voucher", ""),
        to=said.get("to", ""),
        household=said.get("household") or "",
    )


_COMMANDS: dict[type[CloudEvent], Command] = {
    RedemptionRequested: "redeem",
    HoldRequested: "hold",
    ConfirmRequested: "confirm",
    CancelRequested: "cancel",
    RefundRequested: "refund",
    AllowanceRequested: "allow",
    VoucherUseRequested: "use",
    TransferRequested: "transfer",
}


def identity(event: CloudEvent) -> str:
    """An event's name in one text, by which facts and amendments refer to it."""
    return f"{event.source}#{event.id}"


def kind_of(event: RegistryEvent) -> str:
    """The kind of thing that a registration is about: volunteer, place, item …"""
    return kind_of_type(type(event))


def kind_of_type(model: type[RegistryEvent]) -> str:
    """The kind of thing that such registrations are about."""
    return event_type(model).removeprefix("volunteer.registry.").removesuffix("-registered.v1")
