"""Which codes of volunteers have bought something? Each buys once."""

from sqlalchemy import Connection, delete, select

from ledger.shops.codes import Shown
from ledger.store import bulk
from ledger.store.tables import code_use

KEPT = 24 * 60
"""Minutes after which a use is forgotten: the code has long been bad."""


def spend(connection: Connection, code: Shown, redemption: str) -> bool:
    """Whether the code is for this redemption: nobody has used it, or this very one has.

    Asking again is safe, so that a till that got no answer may repeat itself.
    """
    bulk.insert_absent(
        connection,
        code_use,
        ("volunteer", "minute"),
        [(code.volunteer, code.minute, redemption)],
    )
    connection.execute(delete(code_use).where(code_use.c.minute < code.minute - KEPT))
    return spent_on(connection, code) == redemption


def spent_on(connection: Connection, code: Shown) -> str | None:
    """What the code was used for; None if it was not."""
    used = select(code_use.c.redemption).where(
        code_use.c.volunteer == code.volunteer, code_use.c.minute == code.minute
    )
    found: str | None = connection.execute(used).scalar()
    return found
