"""Which addresses are told of what is recorded, and how far are they? Times are in µs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, delete, select, update

from ledger.store import bulk
from ledger.store.tables import webhook


class Webhook(NamedTuple):
    """An address, in the order of its table's columns. `types` is JSON; `secret` is base64."""

    id: str
    url: str
    types: str
    secret: str
    made_by: str
    made_at: int
    position: int
    failures: int = 0
    failed_since: int | None = None
    last_error: str = ""
    next_at: int = 0
    disabled: int = 0

    @property
    def wanted(self) -> Sequence[str]:
        """The types of events that it is told of; none: all."""
        found: list[str] = orjson.loads(self.types)
        return found


def add(connection: Connection, made: Webhook) -> None:
    bulk.insert(connection, webhook, [made])


def listed(connection: Connection) -> list[Webhook]:
    """All, the oldest first."""
    query = select(webhook).order_by(webhook.c.made_at, webhook.c.id)
    return [Webhook(*row) for row in connection.execute(query)]


def remove(connection: Connection, ident: str) -> bool:
    """Whether there was one."""
    return bool(connection.execute(delete(webhook).where(webhook.c.id == ident)).rowcount)


def enable(connection: Connection, ident: str) -> bool:
    """Try it again from now on, where it had got to; whether there is one."""
    changed = update(webhook).where(webhook.c.id == ident)
    values = {"disabled": 0, "failures": 0, "failed_since": None, "next_at": 0}
    return bool(connection.execute(changed.values(values)).rowcount)


def is_due(connection: Connection, now: int, newest: int) -> bool:
    """Whether `take` would find one."""
    return connection.execute(_due(now, newest)).first() is not None


def take(connection: Connection, now: int, newest: int, until: int) -> Webhook | None:
    """One that is to be told of batches up to `newest`; nobody else takes it before `until`."""
    found = connection.execute(_due(now, newest).with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    taken = Webhook(*found)
    connection.execute(update(webhook).where(webhook.c.id == taken.id).values(next_at=until))
    return taken


def _due(now: int, newest: int) -> Select[Any]:
    due = select(webhook).where(
        webhook.c.disabled == 0, webhook.c.next_at <= now, webhook.c.position < newest
    )
    return due.order_by(webhook.c.next_at).limit(1)


def note(connection: Connection, one: Webhook) -> None:
    """How far it is now, and how it went."""
    connection.execute(
        update(webhook)
        .where(webhook.c.id == one.id)
        .values(
            position=one.position,
            failures=one.failures,
            failed_since=one.failed_since,
            last_error=one.last_error,
            next_at=one.next_at,
            disabled=one.disabled,
        )
    )
