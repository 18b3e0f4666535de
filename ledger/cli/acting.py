"""Who runs this command, and may they? The one place where a command asks.

Where an identity provider is set (VLEDGER_OIDC_ISSUER), the person is who the token says, and
`--by` is them. Where none is set, as in a village, whoever can open the ledger may do all, and
`--by` is their word.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ledger.access import Permission, Where, Who, allowing
from ledger.access.granting import Giver
from ledger.access.person import Person
from ledger.cli.app import extra, opened, settings
from ledger.errors import LedgerError
from ledger.recorder import Recorder
from ledger.store import access

At = Callable[[Connection], Where]
"""Finds where something lies."""


class RefusedError(LedgerError):
    """The person may not do this; `person` is who asked."""

    def __init__(self, person: Person, message: str) -> None:
        super().__init__(message)
        self.person = person


def everywhere(_connection: Connection) -> Where:
    """All that the ledger is for (VLEDGER_PLACE)."""
    return Where((settings(None).place,))


def place(ident: str | None) -> At:
    """At a place; without one it is everywhere."""
    return (lambda connection: access.at_place(connection, ident)) if ident else everywhere


def volunteer(ident: str) -> At:
    """Where a volunteer belongs."""
    return lambda connection: _somewhere(connection, access.of_volunteer(connection, ident))


def merchant(ident: str | None) -> At:
    """Where a shop is; without one it is everywhere."""
    if not ident:
        return everywhere
    return lambda connection: _somewhere(connection, access.of_merchant(connection, ident))


def registered_shop(ident: str) -> At:
    """Where a shop is so far: nowhere, if it is new."""
    return lambda connection: access.of_merchant(connection, ident)


def fund(ident: str) -> At:
    """Whose fund it is; of one that nobody has registered with a place: everybody's."""
    return lambda connection: _somewhere(connection, access.of_fund(connection, ident))


def registered_fund(ident: str) -> At:
    """Whose fund it is so far: nowhere, if it is new."""
    return lambda connection: access.of_fund(connection, ident)


def device(ident: str) -> At:
    """Where a kiosk or till is enrolled: nowhere, if it is new."""
    return lambda connection: access.of_device(connection, ident)


def redemption(ident: str) -> At:
    """Where something was redeemed."""
    return lambda connection: _somewhere(connection, access.of_redemption(connection, ident))


def acting(
    recorder: Recorder,
    *permissions: Permission,
    by: str = "",
    signed: bool = False,
    at: At = everywhere,
) -> str:
    """Who does it, for the trail; they have one of `permissions` there. Raises RefusedError.

    What is `signed` is done by somebody: where nobody logs in, by `--by`.
    """
    person = person_acting()
    if person is None:
        return _word(by) if signed else by
    with recorder.database.read() as connection:
        where = at(connection)
        held = access.grants_of(connection, person.who)
    now = recorder.now()
    if all(allowing(held, one, where, now) is None for one in permissions):
        raise RefusedError(
            person,
            f"{person.name} may not do this ({' or '.join(permissions)}) {where}: "
            f"`vledger access whoami` shows the roles of {person.who}",
        )
    return spoken_for(person, by)


def acting_apart(
    db: str | None,
    *permissions: Permission,
    by: str = "",
    signed: bool = False,
    at: At = everywhere,
) -> str:
    """As `acting`, for commands that have nothing else to do with the ledger."""
    if not settings(None).oidc_issuer:
        return _word(by) if signed else by
    with opened(db) as recorder:
        return acting(recorder, *permissions, by=by, signed=signed, at=at)


def registering(recorder: Recorder, permission: Permission, was: At, to: At) -> None:
    """Who registers something at a place may do so there, and where it was registered before.

    Otherwise somebody could draw another place's shop or fund over to their own.
    """
    with recorder.database.read() as connection:
        known = was(connection).places
    if known:
        acting(recorder, permission, at=was)
    acting(recorder, permission, at=to)


def person_acting() -> Person | None:
    """Who is logged in; None where no identity provider is set. Raises LedgerError if nobody is."""
    chosen = settings(None)
    if not chosen.oidc_issuer:
        return None
    person: Person = logins().logged_in(chosen)
    return person


def logins() -> Any:
    """How people log in. Raises LedgerError if what it takes is not installed."""
    return extra("ledger.access.login", "logging in", "people")


def giver(recorder: Recorder, by: str) -> Giver:
    """Who grants or withdraws roles.

    Before there is any administrator, whoever owns the database makes the first one by their word.
    """
    if not settings(None).oidc_issuer:
        return Giver(by)
    with recorder.database.read() as connection:
        if not access.standing(connection, Permission.GRANT, recorder.now()):
            return Giver(by)
    person = person_acting()
    assert person is not None
    return Giver(spoken_for(person, by), person.who)


def spoken_for(person: Person, by: str) -> str:
    """The person as the trail names them. Raises LedgerError if `--by` names somebody else."""
    if by and by not in _names(person):
        raise LedgerError(f"--by {by!r}: you are {person.name}; leave --by out")
    return str(person)


def somebody_else(name: str, option: str) -> None:
    """Raises LedgerError if an option that has to name another person names who is logged in."""
    person = person_acting()
    if person is not None and name.strip() in _names(person):
        raise LedgerError(f"{option} {name!r}: that is you; it takes another person")


def named(text: str) -> Who:
    """Whom an argument names. Raises LedgerError."""
    return Who.read(text, settings(None).oidc_issuer)


def _names(person: Person) -> tuple[str, ...]:
    return person.name, person.who.subject, str(person.who), str(person)


def _word(by: str) -> str:
    if not by.strip():
        raise LedgerError("say who does it: --by")
    return by


def _somewhere(connection: Connection, where: Where) -> Where:
    """What lies at no known place is a matter of the whole ledger."""
    return where if where.places else replace(where, places=everywhere(connection).places)
