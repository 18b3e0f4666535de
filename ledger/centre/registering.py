"""How is something registered by hand, or changed in part? What is not said stays as it was."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from ledger.core.intake import kind_of_type
from ledger.errors import Fault, UnfitError
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


def given(said: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a command that were given: those that are not None."""
    return {name: value for name, value in said.items() if value is not None}


def register(
    recorder: Recorder,
    kind: type[RegistryEvent],
    ident: str,
    said: Mapping[str, Any],
    *,
    new: bool = False,
) -> None:
    """Register it with what is said; None takes back what was said (as RFC 7396 does).

    `new`: only if there is none of that id. Raises UnfitError with what is wrong.
    """
    named = kind_of_type(kind)
    with recorder.database.read() as connection:
        known = known_of(connection, kind, ident)
    if new and known:
        called = known.get("name") or ident
        raise UnfitError(
            Fault(
                named,
                f"编号 {ident} 已经登记给“{called}”",
                f"{ident} is registered already: {called}",
            )
        )
    whole = {**known, **said}
    name = whole.get("name")
    if isinstance(name, str) and not name.strip():
        raise UnfitError(Fault("name", "请填写名称", "say what it is called"))
    send(recorder, kind, ident, whole, exact=True)
