"""How is a benefit 礼遇 had at a provider, cancelled, withdrawn, given back?

It is checked before it is recorded. Two providers may ask in the same instant. So whoever recorded
a use looks once more; the one that has no cover then is cancelled at once, and refused.
"""

from collections.abc import Callable, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any

from ledger.centre.benefits.claims import Claims, claims, find_use
from ledger.centre.benefits.entitlements import Covered
from ledger.clock import from_micros
from ledger.core.intake import Arrival
from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt, Recorder
from ledger.saying import said as fit
from ledger.store.registered import registered_names
from schemas import CloudEvent
from schemas.benefits import (
    BenefitReturn,
    BenefitReturned,
    BenefitUseCancelled,
    BenefitUsed,
    BenefitWithdrawal,
    BenefitWithdrawn,
    Use,
    UseCancellation,
)

DESK = "desk/benefits"

Record = Callable[[Sequence[Arrival]], Receipt]


class NotCoveredError(LedgerError):
    """Nothing that was granted covers it; the message says why."""


def use(recorder: Recorder, volunteer: str, said: Use, key: str) -> Covered:
    """Record a use now, once for a `key` of the provider's. Raises LedgerError, NotCoveredError.

    The same again is the same use, whatever has become of it since.
    """
    source, now = f"provider/{said.provider}", recorder.now()
    event = f"{source}#{key}"
    with recorder.database.read() as connection:
        if said.provider not in registered_names(connection, "merchant", [said.provider]):
            raise LedgerError(
                f"provider: {said.provider} is not registered; "
                "`vledger register shop` registers who gives benefits, too"
            )
        known = find_use(connection, volunteer, event)
        found = claims(connection, recorder.rules_by(connection), volunteer, now)
    if known is not None:
        if (known.benefit, known.times, known.choice) != (said.benefit, said.count, said.choice):
            raise LedgerError(f"{key} was used for another benefit before: take a new key")
        return _stood(found, event)
    _check(found, said)
    _record(
        recorder,
        BenefitUsed(**_head(key, source, now, volunteer), data=said),
    )
    with recorder.database.read() as connection:
        found = claims(connection, recorder.rules_by(connection), volunteer, recorder.now())
    stands = _stood(found, event)
    if stands.short:
        reason = f"recorded at the same time as another use: {stands.why}"
        cancel(recorder, volunteer, event, reason, said.by)
        raise NotCoveredError(stands.why)
    return stands


def cancel(recorder: Recorder, volunteer: str, event: str, reason: str, by: str) -> None:
    """A use did not happen after all. Raises LedgerError."""
    with recorder.database.read() as connection:
        known = find_use(connection, volunteer, event)
    if known is None:
        raise LedgerError(f"{volunteer} has no use {event}: `vledger benefits {volunteer}` lists")
    if known.ended_at is not None:
        raise LedgerError(f"{event} was cancelled already")
    data = fit(UseCancellation, use=event, reason=reason, by=by)
    at = max(recorder.now(), known.at + 1)  # in the same µs the ids would say what came first
    ident = f"cancel/{_digest(event)}/{at}"
    _record(recorder, BenefitUseCancelled(**_head(ident, DESK, at, volunteer), data=data))


def withdraw(recorder: Recorder, volunteer: str, benefit: str, reason: str, by: str) -> None:
    """What was granted until now may no longer be claimed. Raises LedgerError."""
    now = recorder.now()
    with recorder.database.read() as connection:
        found = claims(connection, recorder.rules_by(connection), volunteer, now)
    if not found.left(benefit):
        raise LedgerError(f"{volunteer} has nothing left of {benefit} that could be withdrawn")
    data = fit(BenefitWithdrawal, benefit=benefit, reason=reason, by=by)
    ident = f"withdraw/{_digest(volunteer, benefit)}/{now}"
    _record(recorder, BenefitWithdrawn(**_head(ident, DESK, now, volunteer), data=data))


def give_back(recorder: Recorder, volunteer: str, benefit: str, reason: str, by: str) -> None:
    """A withdrawal was wrong. Raises LedgerError."""
    now = recorder.now()
    with recorder.database.read() as connection:
        steps = claims(connection, recorder.rules_by(connection), volunteer, now).steps
    if not any(
        one.kind == "withdrawn" and one.benefit == benefit and one.ended_at is None for one in steps
    ):
        raise LedgerError(f"{benefit} of {volunteer} is not withdrawn")
    data = fit(BenefitReturn, benefit=benefit, reason=reason, by=by)
    ident = f"return/{_digest(volunteer, benefit)}/{now}"
    _record(recorder, BenefitReturned(**_head(ident, DESK, now, volunteer), data=data))


def _check(found: Claims, said: Use) -> None:
    """Raises NotCoveredError unless all of it may be had now."""
    own = [one for one in found.entitlements if one.claim.lot.benefit == said.benefit]
    if not own:
        may = ", ".join(
            dict.fromkeys(one.claim.lot.benefit for one in found.entitlements if one.claim.left)
        )
        raise NotCoveredError(
            f"{said.benefit}: was never granted 未获此礼遇; "
            + (f"there is: {may}" if may else "there is nothing to claim")
        )
    fitting = [
        one.claim
        for one in own
        if not one.claim.lot.choices or said.choice in one.claim.lot.choices
    ]
    if not fitting:
        choices = dict.fromkeys(choice for one in own for choice in one.claim.lot.choices)
        raise NotCoveredError(f"choice: say one of {', '.join(choices)} 须从所列项目中选一项")
    left = sum(one.left for one in fitting)
    if left < said.count:
        states = {one.state for one in fitting} - {"open"}
        why = {
            "used": "all of it is used 已全部享受",
            "expired": f"it expired with {max(one.lot.until for one in fitting)} 已过期",
            "withdrawn": "it was withdrawn 已被取消",
        }
        detail = f"{left} is left 余额不足" if left else why[sorted(states)[-1]]
        raise NotCoveredError(f"{said.benefit}: {detail}")


def _stood(found: Claims, event: str) -> Covered:
    stands = found.cover(event)
    if stands is None:
        raise NotCoveredError(f"{event} was cancelled 已作废")
    return stands


def _digest(*parts: str) -> str:
    """A short name of what may be long."""
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


def _head(ident: str, source: str, at: int, subject: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": source,
        "time": from_micros(at, UTC),
        "subject": subject,
    }


def _record(recorder: Recorder, event: CloudEvent) -> None:
    content = event.model_dump_json(exclude_none=True).encode()
    receipt = recorder.record([Arrival(content, event.source)])
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)
