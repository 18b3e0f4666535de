"""Which of Postgres's advisory locks are there? Each ends with its transaction.

Their numbers stand here alone, so that two never share one. SQLite has one writer and needs none.
"""

import zlib
from collections.abc import Iterable
from enum import IntEnum

from sqlalchemy import Connection

from ledger.store.reading import Question

BUCKETS = 1024
"""Locks of one kind, at most: names share them, since Postgres has room for some thousands."""


class Lock(IntEnum):
    """What is held, by whole kinds or (REGISTERED, COUNTED, DOSSIER) by names."""

    POLICIES = 7_400_001
    REGISTERED = 7_400_002
    COUNTED = 7_400_003
    SEALS = 7_400_004
    SWEEPS = 7_400_005
    CERTIFICATES = 7_400_006
    GRANTS = 7_400_011
    DOSSIER = 7_400_021
    COMPLAINTS = 7_400_031
    ORDERS = 7_400_032


def hold(connection: Connection, lock: Lock, *, shared: bool = False) -> None:
    """Wait until it is had; `shared`: with others that share it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(holding(lock, shared=shared).sql)


def holding(lock: Lock, *, shared: bool = False) -> Question:
    """What waits for it, in Postgres."""
    kind = "_shared" if shared else ""
    return Question(f"SELECT pg_advisory_xact_lock{kind}({int(lock)})", locks=True)


def had(connection: Connection, lock: Lock) -> bool:
    """Take it, unless somebody else has it."""
    if connection.dialect.name != "postgresql":
        return True
    asked = connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({int(lock)})")
    return bool(asked.scalar_one())


def holders(connection: Connection, lock: Lock) -> set[str]:
    """The transactions that hold it now, in Postgres; each by a name that none has again."""
    asked = connection.exec_driver_sql(_HOLDERS, (int(lock),))
    return set(asked.scalars())


_HOLDERS = """
SELECT DISTINCT pid || ':' || virtualtransaction FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 AND objid = %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def hold_names(
    connection: Connection, lock: Lock, names: Iterable[str], shared: Iterable[str] = ()
) -> None:
    """Wait for the locks of `names`, and those `shared` with others, always in the same order.

    What does not exist yet can be held, too.
    """
    question = holding_names(lock, names, shared)
    if question is not None and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(question.sql)


def holding_names(lock: Lock, names: Iterable[str], shared: Iterable[str] = ()) -> Question | None:
    """What waits for them, in Postgres; None for no names."""
    whole = {_bucket(one) for one in names}
    ordered = sorted(whole | {_bucket(one) for one in shared})
    if not ordered:
        return None
    calls = ", ".join(
        f"pg_advisory_xact_lock{'' if one in whole else '_shared'}({int(lock)}, {one}) AS b{one}"
        for one in ordered
    )
    return Question(f"SELECT {calls}", locks=True)


def _bucket(name: str) -> int:
    return zlib.crc32(name.encode()) % BUCKETS
