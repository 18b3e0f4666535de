"""How much may one request bring, and how slowly? Judged before any route sees it."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.problems import Kind, Problem, answered

LARGEST = 2 << 20
"""Octets of a request's body, at most."""

LARGER: Mapping[str, int] = MappingProxyType({"/v1/stars/query": 16 << 20})
"""Where it may be more: lists that offices keep as files."""

SLOWEST = 30.0
"""Seconds in which a body has to have come."""


class Bounds:
    """Reads the body first, so that a route gets it whole or not at all."""

    def __init__(self, app: ASGIApp, slowest: float = SLOWEST) -> None:
        self._app = app
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
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
            raise Problem(
                Kind.SLOW, f"not all came in {self._slowest:.0f} s", headers={"Connection": "close"}
            ) from None


def _replaying(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large(most: int) -> Problem:
    return Problem(
        Kind.TOO_LARGE, f"at most {most} octets at once", headers={"Connection": "close"}
    )
