"""What is asked for, what is set aside, and which fact does a decision become?"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.core.entries import RedemptionDecision
from ledger.core.redeeming.payments import amounts, unpack
from ledger.core.rulebook import REDEMPTION, TRANSFER
from ledger.policy import RECEIVED, REFUND, Fact, Payment

Command = Literal[
    "redeem", "hold", "confirm", "cancel", "refund", "allow", "use", "transfer", "lapse"
]

RECEIVED_RULE = "transfers.received"
"""The rule by which points that somebody gave away come in."""

NOTHING: Mapping[str, Any] = {}


class RedemptionRequest(NamedTuple):
    """A request about one wallet; `seq` and `at` (µs) are its event's.

    What is decided counts from `counts_at` (seconds) on: never before anything that the decision
    was made on, even if a till's clock is behind or it was offline. The policy's conditions go by
    the request's own time.

    `points` is a decimal text, "" for all there is or what the catalogue says; `seconds` is how
    long points are set aside; `own` is the till's own id of a refund or of a voucher's use; `to`
    is who gets a transfer. What a command does not have is "" or 0.
    """

    ident: str
    command: Command
    redemption: str
    seq: int
    at: int
    merchant: str = ""
    item: str = ""
    points: str = ""
    quantity: int = 1
    by: str = ""
    allowance: str = ""
    attributes: Mapping[str, Any] = NOTHING
    seconds: int = 0
    own: str = ""
    restock: int = 0
    voucher: str = ""
    to: str = ""
    household: str = ""
    counts_at: int = 0

    @property
    def step(self) -> str:
        """What a redemption can go through once: open, close, each refund, the voucher's end."""
        match self.command:
            case "redeem" | "hold" | "allow" | "transfer":
                return "open"
            case "refund":
                return f"refund/{self.own}"
            case "use":
                return f"use/{self.own}"
            case "lapse":
                return "lapse"
            case _:
                return "close"


class Hold(NamedTuple):
    """Points set aside until `expires_at`; the order of the table's columns.

    `kind` is hold or allow; out of an allowance is sold until `spend_until`. Both are µs, by the
    clock of the ledger. `cost` (fen) is set aside of the `fund`, for the
    shops of `place`; `quantity` of the item's stock.
    """

    redemption: str
    volunteer: str
    kind: str
    merchant: str
    item: str
    quantity: int
    asked: str
    attributes: str
    paid: str
    fund: str
    place: str
    cost: int
    spend_until: int
    expires_at: int

    def amounts(self) -> dict[str, int]:
        """Units held, by currency."""
        return amounts(unpack(self.paid))


class Voucher(NamedTuple):
    """A one-time code; the order of the table's columns. `ended` is "", used, lapsed or refunded.

    `paid` and `cost` (fen, of `fund`) wait in its account until then; `expires_at` is µs.
    """

    code: str
    volunteer: str
    redemption: str
    item: str
    paid: str
    fund: str
    cost: int
    expires_at: int
    ended: str

    @property
    def account(self) -> str:
        """Where what was paid for vouchers of the item waits."""
        return f"voucher:{self.item}"


# The facts that decisions become ----------------------------------------------------------------


def redemption_fact(
    request: RedemptionRequest, decided: bool | None, paid: tuple[Payment, ...] | None
) -> Fact:
    """The fact that a purchase is."""
    attrs = {
        **request.attributes,
        "redemption": request.redemption,
        "merchant": request.merchant,
        "item": request.item,
        "quantity": request.quantity,
        "points": request.points,
    }
    return Fact(request.ident, REDEMPTION, request.counts_at, None, attrs, decided, paid)


def transfer_fact(
    request: RedemptionRequest, decided: bool | None, paid: tuple[Payment, ...] | None
) -> Fact:
    """The fact that giving points away is, for the giver."""
    attrs = {
        **request.attributes,
        "redemption": request.redemption,
        "to": request.to,
        "points": request.points,
    }
    return Fact(request.ident, TRANSFER, request.counts_at, None, attrs, decided, paid)


def refund_fact(request: RedemptionRequest, paid: tuple[Payment, ...]) -> Fact:
    """The fact that a refund is."""
    attrs = {"redemption": request.redemption}
    return Fact(request.ident, REFUND, request.counts_at, None, attrs, True, paid)


def received_fact(
    ident: str, at: int, giver: str, transfer: str, paid: Payment, lots: list[tuple[str, int]]
) -> Fact:
    """The fact that a transfer is, for the receiver; `at` in seconds."""
    attrs = {"giver": giver, "transfer": transfer, "lots": lots}
    return Fact(ident, RECEIVED, at, None, attrs, True, (paid,))


def settled_fact(
    request: RedemptionRequest, decision: RedemptionDecision, types: Mapping[str, Any]
) -> Fact | None:
    """The fact that a request became by its decision, if it became one.

    `types` are the fact types that the policy in force knows.
    """
    accepted = decision.status == "accepted"
    paid = unpack(decision.paid)
    request = request._replace(counts_at=decision.effective_at // SECOND)
    if decision.command == "refund":
        return refund_fact(request, paid) if accepted else None
    told = request._replace(
        merchant=decision.merchant,
        item=decision.item,
        points=decision.asked,
        quantity=decision.quantity,
        attributes=orjson.loads(decision.attributes),
    )
    match decision.command:
        case "redeem" if REDEMPTION in types:
            return redemption_fact(told, accepted, paid)
        case "hold" | "allow" if REDEMPTION in types and not accepted:
            return redemption_fact(told, False, ())
        case "confirm" if REDEMPTION in types and accepted:
            return redemption_fact(told, True, paid)
        case "transfer" if TRANSFER in types:
            return transfer_fact(told, accepted, paid)
        case _:
            return None
