"""Whom may somebody serve at a shop, or at a provider of benefits? Whoever shows their code."""

from ledger.access import Permission
from ledger.access.asking import merchant as at_shop
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.who import Caller
from ledger.shops.presenting import CodeError, CodeUsedError, served
from ledger.store.registered import registered_names


def shown_by(asks: Caller, shop: str, code: str, key: str) -> str:
    """Whose code it is; it is now this `key`'s alone. Raises Problem, RefusedError."""
    here = asks.serving
    with here.recorder.database.read() as connection:
        asks.require(connection, Permission.REDEEM, at=at_shop(shop))
        if shop not in registered_names(connection, "merchant", [shop]):
            raise not_found(f"there is no shop {shop} in this ledger")
    here.attempts.check(asks.address)
    now = here.recorder.now()
    try:
        return served(here.recorder.database, here.codes, code, shop, key, now)
    except CodeUsedError as error:
        raise Problem(Kind.CODE_USED, str(error)) from None
    except CodeError as error:
        here.attempts.count(asks.address)
        raise Problem(Kind.CODE, str(error)) from None
