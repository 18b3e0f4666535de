"""How is something registered by hand, or changed in part? What is not said stays as it was."""

from typing import Any

import orjson
from sqlalchemy import Connection, select

from ledger.core.intake import kind_of_type
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.store.tables import registry
from schemas import RegistryEvent


def known_of(connection: Connection, kind: type[RegistryEvent], ident: str) -> dict[str, Any]:
    """What the newest registration says; nothing if there is none."""
    query = select(registry.c.data).where(
        registry.c.kind == kind_of_type(kind), registry.c.id == ident
    )
    data = connection.execute(query).scalar()
    said: dict[str, Any] = {} if data is None else orjson.loads(data)
    return said


def register(
    recorder: Recorder, kind: type[RegistryEvent], ident: str, said: dict[str, Any]
) -> None:
    """Register it with what is said (None: not said). Raises LedgerError with what is wrong."""
    with recorder.database.read() as connection:
        known = known_of(connection, kind, ident)
    given = {name: value for name, value in said.items() if value is not None}
    send(recorder, kind, ident, known | given, exact=True)
