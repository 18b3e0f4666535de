"""Who is asking, and may they? The one place where a route asks.

In this order: a bearer token of the identity provider; a browser's session cookie; nobody. A
device is nobody: what it sends is signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from sqlalchemy import Connection

from ledger.access import Grant, Permission, Where, allowing, roles
from ledger.access.asking import At, everywhere, require, where_registering
from ledger.access.oidc import TokenError
from ledger.access.passes import digest_of
from ledger.access.person import Person
from ledger.api.problems import Kind, Problem
from ledger.api.serving import Serving, serving
from ledger.store import access, logins

COOKIE = "vledger_session"
ASKED_WITH = "vledger"
"""What the header X-Requested-With says: a form of another site can't send it."""

SAFE = ("GET", "HEAD", "OPTIONS")
Login = Literal["oidc", "pass"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks; `person` None for nobody. `session` is the digest of a browser's cookie."""

    serving: Serving
    address: str
    person: Person | None = None
    held: tuple[Grant, ...] = ()
    login: Login | None = None
    session: str = ""

    def require(self, connection: Connection, *permissions: Permission, at: At = everywhere) -> str:
        """Who does it, for the trail. Raises RefusedError, or Problem if nobody has logged in."""
        if self.person is None:
            raise nobody()
        area, now = self.serving.settings.place, self.serving.recorder.now()
        require(connection, self.person, self.held, permissions, at, area, now)
        return str(self.person)

    def registering(self, connection: Connection, was: At, to: At) -> str:
        """Who they are; they may register what lies at `was`, and from now on `to`.

        Raises RefusedError.
        """
        for one in where_registering(connection, self.serving.settings.place, was, to):
            self.require(connection, Permission.REGISTER, at=one)
        return str(self.person)

    def is_one_of(self, volunteers: Iterable[str]) -> bool:
        """Whoever asks is one of these volunteers."""
        now = self.serving.recorder.now()
        return any(
            allowing(self.held, Permission.OWN, Where(volunteer=one), now) for one in volunteers
        )

    def may_anywhere(self, permission: Permission) -> bool:
        """They hold it somewhere: enough for what lies nowhere, as the text of a policy."""
        known = roles()
        return any(
            one.role in known and permission in known[one.role].permissions for one in self.standing
        )

    @property
    def standing(self) -> tuple[Grant, ...]:
        """What they hold now."""
        now = self.serving.recorder.now()
        return tuple(one for one in self.held if one.stands(now))


def nobody(detail: str = "nobody is logged in") -> Problem:
    """Whoever asks has to show who they are."""
    return Problem(Kind.WHO, detail, headers={"WWW-Authenticate": 'Bearer realm="vledger"'})


def caller(request: Request) -> Caller:
    """Who asks. Raises Problem if they show something that does not hold, or ask too often."""
    here = serving(request)
    address = request.client.host if request.client else "-"
    found = _identified(request, here, address)
    here.rate.count(f"{found.person.who}" if found.person else address)
    request.state.who = str(found.person.who) if found.person else "-"
    return found


def browser_only(request: Request) -> None:
    """What changes something by a cookie has to come from our own pages. Raises Problem."""
    if request.headers.get("x-requested-with") != ASKED_WITH:
        raise Problem(Kind.HEADER, f"send the header X-Requested-With: {ASKED_WITH}")


Asks = Annotated[Caller, Depends(caller)]


def _identified(request: Request, here: Serving, address: str) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return _by_token(here, address, scheme, token.strip())
    cookie = request.cookies.get(COOKIE)
    if cookie:
        return _by_session(request, here, address, digest_of(cookie))
    return Caller(here, address)


def _by_token(here: Serving, address: str, scheme: str, token: str) -> Caller:
    here.attempts.check(address)
    if scheme.lower() != "bearer" or here.provider is None:
        here.attempts.count(address)
        raise nobody("a bearer token of the identity provider is asked for, where one is set")
    try:
        person = here.provider.person(token)
    except TokenError as error:
        here.attempts.count(address)
        raise nobody(str(error)) from None
    with here.recorder.database.read() as connection:
        held = access.grants_of(connection, person.who)
    return Caller(here, address, person, tuple(held), "oidc")


def _by_session(request: Request, here: Serving, address: str, digest: str) -> Caller:
    with here.recorder.database.read() as connection:
        kept = logins.session_by(connection, digest, here.recorder.now())
        held = access.grants_of(connection, kept.who) if kept else []
    if kept is None:
        return Caller(here, address)
    if request.method not in SAFE:
        browser_only(request)
    person = Person(kept.who, kept.name)
    if here.owner is not None and person.who == here.owner.person.who:
        held = list(here.owner.grants)
    login: Login = "oidc" if kept.login == "oidc" else "pass"
    if login == "pass" and not held:  # of a server that has ended
        return Caller(here, address)
    return Caller(here, address, person, tuple(held), login, digest)
