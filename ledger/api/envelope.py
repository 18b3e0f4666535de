"""What do all answers have? A request id, headers for browsers' safety, a line in the log.

Also the last resort: an error that nobody foresaw is answered as an incident, without a trace.
"""

import logging
import re
import time
from secrets import token_hex

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.problems import answered, problem_of

_log = logging.getLogger("vledger.access")

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of each answer that does not say otherwise; a page has a policy of its own."""

STRICT_TRANSPORT = "max-age=31536000"
"""A year of nothing but https, where https was used."""


class Envelope:
    """Around the whole app, so that what fails in it has all of this, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        given = request.headers.get("x-request-id", "")
        ident = given if _ID.fullmatch(given) else token_hex(8)
        began, status, size = time.monotonic(), 0, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = ident
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last resort; it is in the log
            problem = problem_of(error)
            if status == 0:
                await answered(request, problem)(scope, receive, sending)
        finally:
            _tell(scope, request, ident, status, size, time.monotonic() - began)


def _tell(
    scope: Scope, request: HTTPConnection, ident: str, status: int, size: int, took: float
) -> None:
    """One line, without the query, in which codes and names may be."""
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "route": getattr(scope.get("route"), "path", ""),
        "status": status,
        "ms": round(took * 1000),
        "bytes": size,
        "who": scope.get("state", {}).get("who", "-"),
        "address": request.client.host if request.client else "-",
        "request": ident,
    }
    words = "%(method)s %(path)s %(status)s %(ms)s ms %(who)s %(address)s %(request)s"
    _log.info(words % fields, extra=fields)
