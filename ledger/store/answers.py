"""Which requests were answered before, and how? Kept for a day; times are in µs."""

from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ledger.clock import SECOND
from ledger.store.tables import idempotency

KEPT = 24 * 3600 * SECOND


class Answer(NamedTuple):
    """What was answered."""

    status: int
    content: bytes


class Known(NamedTuple):
    """A request that came before; `answer` None: it is still under way."""

    request: str
    answer: Answer | None


def claim(
    connection: Connection, who: str, key: str, request: str, now: int, abandoned: int
) -> Known | None:
    """Take the request on, and return None; or what is known of one with that key before.

    One that got no answer for `abandoned` may be taken on anew.
    """
    mine = and_(idempotency.c.who == who, idempotency.c.key == key)
    connection.execute(delete(idempotency).where(idempotency.c.at < now - KEPT))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(idempotency).values(who=who, key=key, request=request, at=now)
    is_new = made.on_conflict_do_nothing().returning(idempotency.c.key)
    if connection.execute(is_new).first() is not None:
        return None
    found = connection.execute(select(idempotency).where(mine).with_for_update()).one()
    if found.status is not None:
        return Known(found.request, Answer(found.status, bytes(found.content)))
    if found.request == request and found.at < now - abandoned:
        connection.execute(update(idempotency).where(mine).values(at=now))
        return None
    return Known(found.request, None)


def keep(connection: Connection, who: str, key: str, answer: Answer) -> None:
    """Note what was answered."""
    mine = and_(idempotency.c.who == who, idempotency.c.key == key)
    connection.execute(
        update(idempotency).where(mine).values(status=answer.status, content=answer.content)
    )


def forget(connection: Connection, who: str, key: str) -> None:
    """It came to nothing: it may be tried again."""
    mine = and_(idempotency.c.who == who, idempotency.c.key == key)
    connection.execute(delete(idempotency).where(mine, idempotency.c.status.is_(None)))
