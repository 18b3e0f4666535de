"""How much may one request bring, and how slowly? Judged before any route sees it."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.problems import Kind, Problem, answered

LARGEST = 2 << 20
"""Octets of a request's body, at most."""

LARGER: Mapping[str, int] = MappingProxyType({"/v1/stars/query": 16 << 20})
"""Where it may be more: lists that offices keep as files."""

FILES = frozenset({"/v1/exchange/check", "/v1/exchange/import", "/v1/exchange/reconcile"})
"""What takes files, which go to the disk as they come."""

LARGEST_FILE = 32 << 20
"""Octets of such a request, at most: 100,000 rows and more."""

SLOWEST = 30.0
"""Seconds in which a body has to have come."""

SLOWEST_FILE = 300.0
"""The same for a file."""


class Bounds:
    """Reads the body first, so that a route gets it whole or not at all; but not that of a file."""

    def __init__(self, app: ASGIApp, slowest: float = SLOWEST) -> None:
        self._app = app
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        if scope["path"] in FILES:
            await self._app(scope, _counting(receive), send)
            return
        try:
            body = await self._body(scope, receive)
        except Problem as problem:
            await answered(HTTPConnection(scope), problem)(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replaying(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None if the other side has gone. Raises Problem."""
        most = LARGER.get(scope["path"], LARGEST)
        said = HTTPConnection(scope).headers.get("content-length", "0")
        if not said.isascii() or not said.isdecimal() or int(said) > most:
            raise _too_large(most)
        body = bytearray()
        try:
            async with asyncio.timeout(self._slowest):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise _too_large(most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise _too_slow(self._slowest) from None


def _counting(receive: Receive) -> Receive:
    """Gives the pieces as they come. Raises Problem once they are too many or too late."""
    size = 0
    until = monotonic() + SLOWEST_FILE
    ended = False

    async def counted() -> Message:
        nonlocal size, ended
        if ended:
            return await receive()
        try:
            async with asyncio.timeout(until - monotonic()):
                message = await receive()
        except TimeoutError:
            raise _too_slow(SLOWEST_FILE) from None
        size += len(message.get("body", b""))
        if size > LARGEST_FILE:
            raise _too_large(LARGEST_FILE)
        ended = not message.get("more_body", False)
        return message

    return counted


def _replaying(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_slow(slowest: float) -> Problem:
    return Problem(Kind.SLOW, f"not all came in {slowest:.0f} s", headers={"Connection": "close"})


def _too_large(most: int) -> Problem:
    return Problem(
        Kind.TOO_LARGE, f"at most {most} octets at once", headers={"Connection": "close"}
    )
