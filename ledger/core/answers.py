"""What is whoever asked told? A decision as the event that answers the request."""

from typing import Any

from ledger.clock import from_micros
from ledger.core.entries import RedemptionDecision
from ledger.core.rulebook import PolicyText
from ledger.signing import Signer
from schemas import CloudEvent
from schemas.redemption import (
    AllowanceGranted,
    PointsTransferred,
    RedemptionAccepted,
    RedemptionAnswer,
    RedemptionCancelled,
    RedemptionHeld,
    RedemptionRefunded,
    RedemptionRefusal,
    RedemptionRefused,
    VoucherLapsed,
    VoucherUsed,
)

_ANSWERS: dict[str, type[CloudEvent]] = {
    "redeem": RedemptionAccepted,
    "confirm": RedemptionAccepted,
    "hold": RedemptionHeld,
    "cancel": RedemptionCancelled,
    "refund": RedemptionRefunded,
    "allow": AllowanceGranted,
    "use": VoucherUsed,
    "lapse": VoucherLapsed,
    "transfer": PointsTransferred,
}


def answer_event(
    decision: RedemptionDecision, policy: PolicyText, head: dict[str, Any], signer: Signer
) -> CloudEvent:
    """The answer under the envelope `head`; amounts are written as `policy` says."""
    points = decision.asked
    if decision.reason is None:
        points = policy.amount(decision.points, decision.currency)
    answer: dict[str, Any] = {
        "command": decision.command,
        "redemption": decision.redemption,
        "merchant": decision.merchant,
        "item": decision.item,
        "quantity": decision.quantity,
        "points": points,
        "available": policy.amount(decision.available, decision.currency),
    }
    if decision.expires_at is not None:
        answer["expires_at"] = from_micros(decision.expires_at, policy.zone)
    if decision.voucher:
        answer["voucher"] = decision.voucher
    if decision.reason is not None:
        return RedemptionRefused(**head, data=RedemptionRefusal(**answer, reason=decision.reason))
    if decision.command == "allow":
        answer["token"] = signer.allowance(decision, points)
    return _ANSWERS[decision.command](**head, data=RedemptionAnswer(**answer))
