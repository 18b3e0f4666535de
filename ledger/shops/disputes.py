"""Which redemptions are in dispute (争议), and what is not paid out meanwhile?

What is at stake is what the shop has of a redemption: what it got, less what it gave back since.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

from ledger.core.entries import BATCH_SPAN, MERCHANT
from ledger.core.redeeming import Dispute
from ledger.core.rulebook import MONEY
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.store import bulk
from ledger.store.tables import batch, book_entry, dispute, event, posting, redemption
from schemas import decode_logged
from schemas.books import DisputeDecided, DisputeOpened
from schemas.documents import event_type

Key = tuple[str, str]
"""(shop, redemption)."""

REFUSED = "refuse"


class Moved(NamedTuple):
    """Money that came to a shop for a redemption, or went back (below zero), in fen."""

    recorded_at: int
    fen: int


def disputes(connection: Connection, *, decided: bool = False) -> list[Dispute]:
    """The open disputes, the oldest first; with `decided`, all. `cost` is what is at stake (fen).

    Of a decided one it is what was at stake then.
    """
    query = select(dispute).order_by(dispute.c.opened_at, dispute.c.redemption)
    if not decided:
        query = query.where(dispute.c.decision == "")
    found = [Dispute._make(row) for row in connection.execute(query)]
    moved = moved_for(connection, {one.redemption for one in found if not one.decision})
    return [
        one
        if one.decision
        else one._replace(
            cost=max(0, sum(move.fen for move in moved.get((one.merchant, one.redemption), ())))
        )
        for one in found
    ]


def moved_for(connection: Connection, redemptions: Collection[str]) -> dict[Key, list[Moved]]:
    """What moved between shops and funds (or vouchers) for each of the redemptions."""
    found: dict[Key, list[Moved]] = defaultdict(list)
    if not redemptions:
        return found
    rows = connection.execute(
        select(posting.c.account, redemption.c.redemption, batch.c.recorded_at, posting.c.amount)
        .select_from(redemption)
        .join(book_entry, book_entry.c.event == redemption.c.request)
        .join(posting, posting.c.entry == book_entry.c.id)
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(
            bulk.among(connection, redemption.c.redemption, redemptions),
            posting.c.account.startswith(MERCHANT),
            posting.c.currency == MONEY,
        )
        .order_by(posting.c.entry, posting.c.leg)
    )
    for account, ident, recorded_at, fen in rows:
        found[account.removeprefix(MERCHANT), ident].append(Moved(recorded_at, fen))
    return found


def known_disputes(
    connection: Connection, merchants: Collection[str], until: int
) -> dict[Key, str]:
    """How disputes stood by what was known before `until` (µs): "" (open), pay or refuse."""
    rows = connection.execute(
        select(event.c.content)
        .join(batch, batch.c.id == event.c.seq // BATCH_SPAN)
        .where(
            bulk.among(connection, event.c.subject, merchants),
            event.c.type.in_([event_type(DisputeOpened), event_type(DisputeDecided)]),
            batch.c.recorded_at < until,
        )
        .order_by(event.c.seq)
    )
    stand: dict[Key, str] = {}
    for content in rows.scalars():
        match decode_logged(content):
            case DisputeOpened(subject=merchant, data=data):
                if stand.get((merchant, data.redemption)) != REFUSED:
                    stand[merchant, data.redemption] = ""
            case DisputeDecided(subject=merchant, data=data):
                if stand.get((merchant, data.redemption)) == "":
                    stand[merchant, data.redemption] = data.decision
    return stand


# By hand -------------------------------------------------------------------------------------


def open_dispute(recorder: Recorder, ident: str, merchant: str, reason: str, by: str) -> Dispute:
    """Record that a redemption is in dispute. Raises LedgerError if there is nothing to dispute."""
    with recorder.database.read() as connection:
        shops = set(
            connection.execute(
                select(redemption.c.merchant).where(
                    redemption.c.redemption == ident,
                    redemption.c.status == "accepted",
                    or_(  # a voucher is paid to whoever takes it
                        redemption.c.command == "use",
                        and_(
                            redemption.c.command.in_(("redeem", "confirm")),
                            redemption.c.voucher == "",
                        ),
                    ),
                )
            ).scalars()
        )
        known = _dispute(connection, ident)
    if merchant not in shops:
        told = f"it was at {', '.join(sorted(shops))}" if shops else "there is no such purchase"
        raise LedgerError(f"{ident} is no purchase at {merchant}: {told}")
    if known is not None and known.decision != "pay":
        state = "was decided: not paid" if known.decision else "is open"
        raise LedgerError(f"the dispute about {ident} {state}: see `vledger disputes --all`")
    send(recorder, DisputeOpened, merchant, {"redemption": ident, "reason": reason, "by": by})
    return _now(recorder, ident)


def decide_dispute(recorder: Recorder, ident: str, decision: str, reason: str, by: str) -> Dispute:
    """Record the decision, `pay` or `refuse`. Raises LedgerError if there is no open dispute."""
    with recorder.database.read() as connection:
        known = _dispute(connection, ident)
    if known is None or known.decision:
        raise LedgerError(f"there is no open dispute about {ident}: see `vledger disputes --all`")
    said = {"redemption": ident, "decision": decision, "reason": reason, "by": by}
    send(recorder, DisputeDecided, known.merchant, said)
    return _now(recorder, ident)


def _now(recorder: Recorder, ident: str) -> Dispute:
    with recorder.database.read() as connection:
        found = _dispute(connection, ident)
    assert found is not None
    return found


def _dispute(connection: Connection, ident: str) -> Dispute | None:
    row = connection.execute(select(dispute).where(dispute.c.redemption == ident)).one_or_none()
    return None if row is None else Dispute._make(row)
