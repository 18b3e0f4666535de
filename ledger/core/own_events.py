"""Which events does the ledger itself put into its log, and how are they made?"""

from datetime import UTC
from hashlib import sha256
from typing import Literal

from ledger.clock import from_micros
from ledger.core.intake import Arrival, Received
from ledger.core.redeeming import Gift
from ledger.core.rulebook import PolicyText
from schemas import LoggedEvent, PolicyAdopted, StandingReviewed
from schemas.envelope import MAX_IDENTIFIER
from schemas.own import (
    Adoption,
    Lapse,
    LedgerRestored,
    PointsReceived,
    Restoration,
    Review,
    VoucherExpired,
)

SOURCE = "ledger"
"""Where the ledger's own events come from."""


def event_id(kind: str, *names: str | int) -> str:
    """The id of an event of the ledger's own: the same for the same names, and for no others.

    Names are of any length. They are written out where there is room, and no slash in one.
    """
    parts = [kind, *map(str, names)]
    spelled = "/".join(parts)
    if len(spelled) <= MAX_IDENTIFIER and spelled.count("/") == len(names):
        return spelled
    return f"{kind}/{sha256(chr(0).join(parts).encode()).hexdigest()}"


def as_received(event: LoggedEvent, at: int) -> Received:
    """An event that the ledger makes as if it had come in, at an instant in µs."""
    return Received(Arrival(event.model_dump_json(exclude_none=True).encode(), SOURCE), event, at)


def adoption(
    policy: PolicyText, effective_from: str, by: str, note: str, seq: int, now: int
) -> PolicyAdopted:
    """A policy is in force from the day `effective_from` (YYYY-MM-DD) on; logged under `seq`."""
    return PolicyAdopted(
        specversion="1.0",
        id=f"policy/{policy.digest}/{seq}",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=policy.id,
        data=Adoption(effective_from=effective_from, text=policy.text, by=by, note=note),
    )


def review(
    volunteer: str, reason: Literal["policy", "time"], version: int, due: int, now: int
) -> StandingReviewed:
    """A standing is brought up to the adoption `version` and to now; `due` tells reviews apart."""
    return StandingReviewed(
        specversion="1.0",
        id=event_id("review", reason, volunteer, due),
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=volunteer,
        data=Review(reason=reason, policy=version),
    )


def lapse(code: str, wallet: str, now: int) -> VoucherExpired:
    """The last day of a voucher is over."""
    return VoucherExpired(
        specversion="1.0",
        id=f"voucher/{code}",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=wallet,
        data=Lapse(voucher=code),
    )


def receipt(gift: Gift) -> PointsReceived:
    """What was given away has come to its receiver."""
    return PointsReceived(
        specversion="1.0",
        id=event_id("transfer", gift.receipt.transfer, gift.receipt.currency),
        source=SOURCE,
        time=from_micros(gift.at, UTC),
        subject=gift.to,
        data=gift.receipt,
    )


def restoration(said: Restoration, now: int) -> LedgerRestored:
    """The ledger goes on from a backup."""
    return LedgerRestored(
        specversion="1.0",
        id=f"restored/{said.last_batch}/{now}",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=SOURCE,
        data=said,
    )
