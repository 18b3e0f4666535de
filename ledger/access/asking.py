"""Where does something lie, and may whoever asks do something with it there? For all front doors.

The one rule: somebody has one of the permissions asked for, at the place where the thing lies.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ledger.access.person import Person
from ledger.access.rights import Grant, Where, allowing
from ledger.access.roles import Permission
from ledger.errors import LedgerError
from ledger.places import is_code
from ledger.store import access

At = Callable[[Connection, str], Where]
"""Finds where something lies; the text is the area that the ledger is for (VLEDGER_PLACE)."""


class RefusedError(LedgerError):
    """The person may not do this; `person` is who asked."""

    def __init__(self, person: Person, message: str) -> None:
        super().__init__(message)
        self.person = person


def require(
    connection: Connection,
    person: Person,
    held: Iterable[Grant],
    permissions: Iterable[Permission],
    at: At,
    area: str,
    now: int,
) -> None:
    """Raises RefusedError unless one of `held` gives one of the permissions there, now (µs)."""
    where, granted, wanted = at(connection, area), list(held), tuple(permissions)
    if all(allowing(granted, one, where, now) is None for one in wanted):
        raise RefusedError(
            person,
            f"{person.name} may not do this ({' or '.join(wanted)}) {where}: "
            f"ask an administrator to grant {person.who} a role",
        )


def where_registering(connection: Connection, area: str, was: At, to: At) -> tuple[At, ...]:
    """Where somebody needs the right to register something: there, and where it was before.

    Otherwise somebody could draw another place's shop, team or volunteer over to their own.
    """
    return (was, to) if was(connection, area).places else (to,)


# Where things lie --------------------------------------------------------------------------------


def everywhere(_connection: Connection, area: str) -> Where:
    """All that the ledger is for."""
    return Where((area,))


def place(ident: str | None) -> At:
    """At a place; without one it is everywhere."""
    return (lambda connection, _: access.at_place(connection, ident)) if ident else everywhere


def as_registered(kind: str, ident: str) -> At:
    """Where a registered thing of a `kind` lies so far: nowhere, if it is new.

    What is registered without a place is everybody's: a matter of the whole ledger.
    """
    return lambda connection, area: access.of_registered(connection, kind, ident, area)


def to_lie(kind: str, ident: str, said: Mapping[str, Any]) -> At:
    """Where a thing will lie that is registered anew with what is `said`: where it is, else."""
    if "place" in said:
        return place(said["place"])
    was = as_registered(kind, ident)
    return lambda connection, area: _somewhere(was(connection, area), area)


def registered_anew(kind: str, ident: str, said: Mapping[str, Any]) -> tuple[At, At]:
    """Where a thing lies so far, and where it will lie when registered with what is `said`."""
    return as_registered(kind, ident), to_lie(kind, ident, said)


def place_to_be(ident: str, parent: str | None) -> At:
    """Where a place will lie: a code's digits say it, else what it is registered in."""
    return place(ident if is_code(ident) or not parent else parent)


def volunteer(ident: str) -> At:
    """Where a volunteer belongs."""
    return lambda connection, area: _somewhere(access.of_volunteer(connection, ident), area)


def merchant(ident: str | None) -> At:
    """Where a shop is; without one it is everywhere."""
    if not ident:
        return everywhere
    return lambda connection, area: _somewhere(access.of_merchant(connection, ident), area)


def fund(ident: str) -> At:
    """Whose fund it is; of one that nobody has registered with a place: everybody's."""
    return lambda connection, area: _somewhere(access.of_fund(connection, ident), area)


def nominee(kind: str, ident: str) -> At:
    """Where who or what is nominated belongs; of what nobody knows: everywhere."""
    if kind == "project":
        return lambda connection, area: _somewhere(access.of_project(connection, ident), area)
    if kind == "volunteer":
        return volunteer(ident)
    return to_lie(kind, ident, {})


def device(ident: str) -> At:
    """Where a kiosk or till is enrolled: nowhere, if it is new."""
    return lambda connection, _: access.of_device(connection, ident)


def redemption(ident: str) -> At:
    """Where something was redeemed."""
    return lambda connection, area: _somewhere(access.of_redemption(connection, ident), area)


def _somewhere(where: Where, area: str) -> Where:
    """What lies at no known place is a matter of the whole ledger."""
    return where if where.places else replace(where, places=(area,))
