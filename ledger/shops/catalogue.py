"""What do the shops offer, and which vouchers are out? Read from the registry and the shop."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from ledger.store.tables import hold, registry, stock, voucher
from schemas.catalogue import Item


class Listed(NamedTuple):
    """An item of the catalogue; pieces are None where stock does not matter."""

    id: str
    item: Item
    stock: int | None
    available: int | None

    def to_json(self) -> dict[str, Any]:
        """The line that `vledger catalogue --json` prints."""
        found = {"item": self.id, **self.item.model_dump(exclude_none=True)}
        if self.stock is not None:
            found |= {"stock": self.stock, "available": self.available}
        return found


def catalogue(connection: Connection, now: int) -> Iterator[Listed]:
    """Every item, by id; `now` (µs) decides which holds count."""
    pieces = {row.item: row.quantity for row in connection.execute(select(stock))}
    aside = {
        item: int(quantity)
        for item, quantity in connection.execute(
            select(hold.c.item, func.sum(hold.c.quantity))
            .where(hold.c.expires_at > now)
            .group_by(hold.c.item)
        )
    }
    rows = connection.execute(
        select(registry.c.id, registry.c.data)
        .where(registry.c.kind == "item")
        .order_by(registry.c.id)
    )
    for ident, data in rows:
        item = Item.model_validate_json(data)
        here = pieces.get(ident, 0)
        if item.stocked:
            yield Listed(ident, item, here, here - aside.get(ident, 0))
        else:
            yield Listed(ident, item, None, None)


class Issued(NamedTuple):
    """A voucher; `expires_at` µs, `state` open, used, lapsed or refunded."""

    code: str
    volunteer: str
    item: str
    redemption: str
    expires_at: int
    state: str


def vouchers(connection: Connection, *, ended: bool = False) -> Iterator[Issued]:
    """The vouchers that can still be used, those that end first before; with `ended`, all."""
    query = select(voucher).order_by(voucher.c.expires_at, voucher.c.code)
    if not ended:
        query = query.where(voucher.c.ended == "")
    for row in connection.execute(query):
        yield Issued(
            row.code, row.volunteer, row.item, row.redemption, row.expires_at, row.ended or "open"
        )
