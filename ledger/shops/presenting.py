"""Whom may a till serve? Whoever has just shown it their code, for as long as a purchase takes.

A code is spent by the basket that it is first shown for. That basket may go on with it for a
while, since choosing what to have takes longer than a code holds; no other can.
"""

from ledger.errors import LedgerError
from ledger.shops.codes import HOLDS, MINUTE, Codes
from ledger.store.codes import spend, spent_on
from ledger.store.database import Database

SERVED = 15
"""Minutes in which a basket may go on with the code that it was begun with."""


class CodeError(LedgerError):
    """The code is nobody's, or of another time."""


class CodeUsedError(LedgerError):
    """The code has been shown for something else."""


def served(database: Database, codes: Codes, text: str, merchant: str, key: str, now: int) -> str:
    """The volunteer whose code it is; from now on the code is this basket's at this shop.

    Raises CodeError, or CodeUsedError if it is another basket's.
    """
    shown = codes.read(text, now, SERVED)
    if shown is None:
        raise CodeError("the code is not valid, or no longer: let them show the present one")
    basket = f"{merchant} {key}"
    if shown.minute > now // MINUTE - HOLDS:
        with database.write() as connection:
            is_ours = spend(connection, shown, basket)
    else:
        with database.read() as connection:
            spent = spent_on(connection, shown)
        if spent is None:
            raise CodeError("the code holds no more: let them show the present one")
        is_ours = spent == basket
    if not is_ours:
        raise CodeUsedError("the code was used already: the next one is there within a minute")
    return shown.volunteer
