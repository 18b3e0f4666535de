"""What do events about stock, funds, disputes and payouts change? Pure: events → shop, entries."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ledger.core.entries import FUND, MERCHANT, BookEntry, Booking, RedemptionDecision
from ledger.core.redeeming.shop import Dispute, Shop
from ledger.core.rulebook import MONEY
from schemas.books import (
    BooksEvent,
    DisputeDecided,
    DisputeOpened,
    FundBudgeted,
    FundContributed,
    StockCounted,
    StockReceived,
)
from schemas.own import PayoutPrepared, PayoutRemitted

PAYOUT = "payout:"
"""How the account of a payout begins: empty again when the bank has paid it."""

PAYOUT_ID = "payout/"
"""How the id of a payout begins: `payout/2026-05/1` has the account `payout:2026-05/1`."""

BANK = "bank"
"""Where paid money has gone."""


def keep_books(
    shop: Shop,
    event: BooksEvent | PayoutPrepared | PayoutRemitted,
    seq: int,
    at: int,
    day: date,
    decided: Sequence[RedemptionDecision],
) -> list[Booking]:
    """What one event of `at` (µs), a `day` of the policy's calendar, changes.

    `decided` are the decisions on the redemption that it is about.
    """
    match event:
        case StockReceived(subject=item, data=data):
            shop.restock(item, data.quantity)
        case StockCounted(subject=item, data=data):
            shop.count(item, data.quantity)
        case FundContributed(subject=fund, data=data):
            return [shop.contribute(fund, data.donor, fen_of(data.amount), seq, at)]
        case FundBudgeted(subject=fund, data=data):
            shop.budget(fund, data.place or "", data.period, fen_of(data.amount))
        case DisputeOpened(subject=merchant, data=data):
            cost, fund = _owed(merchant, decided)
            known = shop.disputes.get(data.redemption)
            if known is None or known.decision == "pay":
                shop.note_dispute(
                    Dispute(
                        data.redemption, merchant, cost, fund, data.reason, data.by, at, "", "", ""
                    )
                )
        case DisputeDecided():
            return _decide(shop, event, seq, at, day, decided)
        case PayoutPrepared(subject=payout, data=data):
            total = sum(line.fen for line in data.lines)
            legs = [(f"{MERCHANT}{line.merchant}", MONEY, -line.fen) for line in data.lines]
            legs.append((payout_account(payout), MONEY, total))
            return [Booking(BookEntry(0, "payout", payout, seq, at, data.month, ""), tuple(legs))]
        case PayoutRemitted(subject=payout, data=data):
            failed = sum(line.fen for line in data.failed)
            legs = [(f"{MERCHANT}{line.merchant}", MONEY, line.fen) for line in data.failed]
            legs += [(BANK, MONEY, data.fen)] if data.fen else []
            legs.append((payout_account(payout), MONEY, -data.fen - failed))
            entry = BookEntry(0, "remittance", payout, seq, at, data.reference, "")
            return [Booking(entry, tuple(legs))]
    return []


def _owed(merchant: str, decided: Sequence[RedemptionDecision]) -> tuple[int, str]:
    """What the shop got for a redemption and did not give back, in fen, and out of which fund.

    For a voucher that is whoever takes its code, not who sold it.
    """
    cost, fund = 0, ""
    for one in decided:
        if one.status == "accepted" and one.merchant == merchant:
            sold = one.command in ("redeem", "confirm") and not one.voucher
            if sold or one.command == "use":
                cost, fund = cost + one.cost, one.fund or fund
            elif one.command == "refund":
                cost -= one.cost
    return max(0, cost), fund


def _decide(
    shop: Shop,
    event: DisputeDecided,
    seq: int,
    at: int,
    day: date,
    decided: Sequence[RedemptionDecision],
) -> list[Booking]:
    """What is refused goes back to the fund: all that the shop has not given back by now."""
    data = event.data
    dispute = shop.disputes.get(data.redemption)
    if dispute is None or dispute.decision or dispute.merchant != event.subject:
        return []
    cost, fund = _owed(dispute.merchant, decided)
    shop.note_dispute(
        dispute._replace(
            cost=cost,
            fund=fund,
            decision=data.decision,
            decided_because=data.reason,
            decided_by=data.by,
        )
    )
    if data.decision == "pay" or not cost:
        return []
    shop.money_back(fund, dispute.merchant, cost, day)
    entry = BookEntry(0, "dispute", fund, seq, at, data.redemption, "")
    legs = (
        (f"{MERCHANT}{dispute.merchant}", MONEY, -cost),
        (f"{FUND}{fund}", MONEY, cost),
    )
    return [Booking(entry, legs)]


def payout_account(payout: str) -> str:
    """Where the money of a payout waits for the bank."""
    return PAYOUT + payout.removeprefix(PAYOUT_ID)


def fen_of(yuan: str) -> int:
    """An amount of money in fen."""
    return int(Decimal(yuan) * 100)
