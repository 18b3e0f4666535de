"""Who runs this command, and may they? The one place where a command asks.

Where an identity provider is set (VLEDGER_OIDC_ISSUER), the person is who the token says, and
`--by` is them. Where none is set, as in a village, whoever can open the ledger may do all, and
`--by` is their word.
"""

from typing import Any

from ledger.access import Permission, Who
from ledger.access.asking import At, everywhere, require, where_registering
from ledger.access.granting import Giver
from ledger.access.person import Person
from ledger.cli.shared import opened, settings
from ledger.errors import LedgerError
from ledger.extras import extra
from ledger.recording.recorder import Recorder
from ledger.store import access


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
        held = access.grants_of(connection, person.who)
        area = settings(None).place
        require(connection, person, held, permissions, at, area, recorder.now())
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


def registering(
    recorder: Recorder, permission: Permission, was: At, to: At, *, by: str = ""
) -> str:
    """Who registers something, for the trail; they may do so there. Raises RefusedError."""
    with recorder.database.read() as connection:
        places = where_registering(connection, settings(None).place, was, to)
    who = by
    for one in places:
        who = acting(recorder, permission, by=by, at=one)
    return who


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
