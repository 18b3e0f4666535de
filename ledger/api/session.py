"""How does a browser log in and out, and as whom is it there? `/v1/session`."""

from secrets import token_urlsafe

from fastapi import APIRouter, Depends, Request, Response

from ledger.access import EVERYWHERE, roles
from ledger.access.oidc import is_loopback
from ledger.access.passes import digest_of, person_of
from ledger.access.person import Person
from ledger.api.serving import Serving
from ledger.api.shapes import HeldRole, PassGiven, SessionState
from ledger.api.who import COOKIE, Asks, Caller, Login, browser_only, nobody
from ledger.clock import SECOND
from ledger.store import access, logins
from ledger.store.logins import Session

router = APIRouter(prefix="/v1/session", tags=["session"])

HOUR = 3600 * SECOND
OWNER_HOURS = 24 * 365
"""The owner's session ends with the server, which forgets whom it is."""


@router.get("")
def current(asks: Asks) -> SessionState:
    """Who is logged in."""
    return _state(asks)


@router.post("", dependencies=[Depends(browser_only)])
def log_in(asks: Asks, given: PassGiven, request: Request, response: Response) -> SessionState:
    """Log a browser in by a pass; the answer sets its cookie."""
    here = asks.serving
    here.attempts.check(asks.address)
    digest, now = digest_of(given.secret), here.recorder.now()
    if here.owner is not None and digest == here.owner.digest:
        person, until = here.owner.person, now + OWNER_HOURS * HOUR
        held = here.owner.grants
    else:
        with here.recorder.database.read() as connection:
            kept = logins.pass_by(connection, digest)
            if kept is None or not kept.stands(now):
                here.attempts.count(asks.address)
                raise nobody("this link holds no more: ask for another")
            person, until = person_of(kept), kept.until
            held = tuple(access.grants_of(connection, person.who))
    session = start(request, response, here, person, "pass", until)
    return _state(Caller(here, asks.address, person, held, "pass", session))


@router.delete("", status_code=204)
def log_out(asks: Asks, request: Request, response: Response) -> None:
    """Log this browser out. Safe to repeat."""
    if asks.session:
        with asks.serving.recorder.database.write() as connection:
            logins.close_session(connection, asks.session)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=is_secure(request))


def start(
    request: Request, response: Response, here: Serving, person: Person, login: Login, until: int
) -> str:
    """Log a browser in until then (µs), by a cookie that no script can read; the cookie's digest.

    A cookie that it had before is good no more.
    """
    secret, now = token_urlsafe(32), here.recorder.now()
    opened = Session(digest_of(secret), *person.who, person.name, login, now, until)
    with here.recorder.database.write() as connection:
        if before := request.cookies.get(COOKIE):
            logins.close_session(connection, digest_of(before))
        logins.open_session(connection, opened)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=(until - now) // SECOND,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return opened.digest


def is_secure(request: Request) -> bool:
    """Only on this very computer may a cookie go without https."""
    return request.url.scheme == "https" or not is_loopback(request.url.hostname or "")


def _state(asks: Caller) -> SessionState:
    held = asks.standing
    known = [(one, roles()[one.role]) for one in held if one.role in roles()]
    here = asks.serving

    def first(kind: str) -> str | None:
        return next((one.of for one, _ in known if one.kind == kind), None)

    place = first("place")
    return SessionState(
        name=asks.person.name if asks.person else "",
        who=str(asks.person.who) if asks.person else "",
        login=asks.login,
        roles=[
            HeldRole(role=role.name, title=role.title, scope=str(one.scope)) for one, role in known
        ],
        permissions=sorted({p for _, role in known for p in role.permissions}),
        place=here.settings.place if place in (None, EVERYWHERE) else str(place),
        merchant=first("merchant"),
        volunteer=first("volunteer"),
        login_url="/login" if here.provider else None,
    )
