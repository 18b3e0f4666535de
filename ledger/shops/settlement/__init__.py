"""What was each shop owed and paid in a month or on a day? Statements that tie to the postings."""

from ledger.shops.settlement.statement import Settlement, ShopPeriod, period_of, settle
from ledger.shops.settlement.tables import money_sheet, points_sheet, write

__all__ = [
    "Settlement",
    "ShopPeriod",
    "money_sheet",
    "period_of",
    "points_sheet",
    "settle",
    "write",
]
