"""What is a till or an app answered? Pure: requests + state + policy → decisions and entries."""

from ledger.core.redeeming.bookkeeping import BANK, PAYOUT, PAYOUT_ID, keep_books, payout_account
from ledger.core.redeeming.payments import pack, unpack
from ledger.core.redeeming.requests import (
    RECEIVED_RULE,
    Command,
    Hold,
    RedemptionRequest,
    Voucher,
    received_fact,
    settled_fact,
)
from ledger.core.redeeming.shop import Bought, Budget, Dispute, Shop
from ledger.core.redeeming.till import REFUNDED, Gift, Till

__all__ = [
    "BANK",
    "PAYOUT",
    "PAYOUT_ID",
    "RECEIVED_RULE",
    "REFUNDED",
    "Bought",
    "Budget",
    "Command",
    "Dispute",
    "Gift",
    "Hold",
    "RedemptionRequest",
    "Shop",
    "Till",
    "Voucher",
    "keep_books",
    "pack",
    "payout_account",
    "received_fact",
    "settled_fact",
    "unpack",
]
