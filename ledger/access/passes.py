"""How does somebody get in without an identity provider? By a secret link that an officer makes.

A pass is a person at the issuer `pass` with ordinary grants. The database keeps only the SHA-256
of its secret, which is 256 random bits, so that nobody can try it out.
"""

import hashlib
from datetime import UTC, timedelta
from secrets import token_hex, token_urlsafe
from typing import NamedTuple

from ledger.access.granting import Giver, grant, withdraw
from ledger.access.person import Person
from ledger.access.rights import Scope, Who
from ledger.clock import from_micros, to_micros
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import access, logins
from ledger.store.logins import Pass

ISSUER = "pass"
"""Stands for the provider of identities in the grants of passes."""


class Issued(NamedTuple):
    """A pass, and the secret that is shown this once."""

    ident: str
    secret: str


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    recorder: Recorder, role: str, scope: Scope, giver: Giver, *, name: str, days: int
) -> Issued:
    """Make a pass with a role somewhere, for so many days. Raises LedgerError."""
    if not name.strip():
        raise LedgerError("say who or what it is for: --name")
    now = recorder.now()
    until = from_micros(now, UTC) + timedelta(days=days)
    made = Issued(f"P{token_hex(4)}", token_urlsafe(32))
    to = Who(ISSUER, made.ident)
    grant(recorder, to, role, scope, giver, name=name, until=until)
    row = Pass(made.ident, digest_of(made.secret), name, giver.name, now, to_micros(until))
    with recorder.database.write() as connection:
        logins.add_pass(connection, row)
    return made


def revoke(recorder: Recorder, ident: str, giver: Giver, reason: str) -> None:
    """Take a pass back: nobody gets in by it, and who is in is out. Raises LedgerError."""
    with recorder.database.read() as connection:
        known = logins.find_pass(connection, ident)
        held = access.grants_of(connection, Who(ISSUER, ident))
    if known is None:
        raise LedgerError(f"there is no pass {ident}: `vledger pass list` lists them")
    if known.revoked_at is not None:
        raise LedgerError(f"{ident} was revoked before")
    now = recorder.now()
    for one in held:
        if one.withdrawn_at is None:
            withdraw(recorder, one.id, giver, reason)
    with recorder.database.write() as connection:
        logins.revoke_pass(connection, ident, now)


def person_of(kept: Pass) -> Person:
    """Whom a pass stands for."""
    return Person(Who(ISSUER, kept.id), kept.name)
