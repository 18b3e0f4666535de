"""How does a browser log in at the identity provider? `/login`, by authorization code with PKCE."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from ledger.access.oidc import Provider
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.serving import Serving
from ledger.api.session import HOUR, is_secure, start
from ledger.api.who import Asks, nobody
from ledger.errors import LedgerError, UnreachableError

router = APIRouter(prefix="/login", tags=["session"], include_in_schema=False)

COOKIE = "vledger_login"
PATIENCE = 600
"""Seconds in which somebody has to have logged in."""


@router.get("")
def begin(
    asks: Asks,
    request: Request,
    back: Annotated[str, Query(alias="next", max_length=500, pattern=r"^/([^/\\].*)?$")] = "/",
) -> RedirectResponse:
    """Send the browser to the provider; afterwards to the page `next` of ours."""
    here = asks.serving
    ways, provider = _ways(here)
    begun = ways.begin(provider, _redirect(here, request))
    answer = RedirectResponse(begun.url, 303)
    kept = orjson.dumps({"begun": list(begun), "next": back})
    answer.set_cookie(
        COOKIE,
        urlsafe_b64encode(kept).decode(),
        max_age=PATIENCE,
        path="/login",
        httponly=True,
        samesite="lax",  # the provider's page sends the browser back here
        secure=is_secure(request),
    )
    return answer


@router.get("/callback")
def finish(asks: Asks, request: Request) -> RedirectResponse:
    """Where the provider sends the browser back to."""
    here = asks.serving
    ways, provider = _ways(here)
    here.attempts.check(asks.address)
    try:
        kept = orjson.loads(urlsafe_b64decode(request.cookies.get(COOKIE, "")))
        begun = ways.Begun(*kept["begun"])
    except (ValueError, TypeError, KeyError):
        raise Problem(Kind.WHO, "this login took too long, or began elsewhere: try again") from None
    try:
        person = ways.finish(provider, begun, request.url.query)
    except UnreachableError:
        raise
    except LedgerError as error:
        here.attempts.count(asks.address)
        raise nobody(str(error)) from None
    answer = RedirectResponse(kept["next"], 303)
    until = here.recorder.now() + here.settings.session_hours * HOUR
    start(request, answer, here, person, "oidc", until)
    answer.delete_cookie(COOKIE, path="/login")
    return answer


def _ways(here: Serving) -> tuple[Any, Provider]:
    """How one logs in, and at which provider. Raises Problem, or LedgerError."""
    if here.provider is None:
        raise not_found("there is no identity provider here: come in by a pass")
    try:
        from ledger.access import login
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"logging in needs {error.name}: pip install 'volunteer-ledger[people]'"
        ) from None
    return login, here.provider


def _redirect(here: Serving, request: Request) -> str:
    base = here.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/login/callback"
