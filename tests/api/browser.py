"""How does a test ask the API? As a browser or a device does, of the real app."""

from collections.abc import Callable
from typing import Any

import httpx
from fastapi.routing import APIRoute

from ledger.access import Scope
from ledger.access.granting import Giver
from ledger.access.passes import issue
from ledger.api.app import create_app
from ledger.api.serving import Serving

BASE = "http://127.0.0.1:8321"
FROM_OUR_PAGE = {"X-Requested-With": "vledger"}


class Api(httpx.AsyncClient):
    """A browser at the app; `become` logs it in."""

    def __init__(self, serving: Serving, address: str = "10.0.0.1") -> None:
        self.serving = serving
        self._app = create_app(serving)
        transport = httpx.ASGITransport(self._app, client=(address, 4711))
        super().__init__(transport=transport, base_url=BASE)

    def add_route(self, path: str, work: Callable[..., Any], method: str) -> None:
        """A route of the test's own, before all others."""
        self._app.router.routes.insert(0, APIRoute(path, work, methods=[method]))

    async def become(self, role: str, scope: Scope, name: str = "李") -> str:
        """Log in by a fresh pass with one role; its number."""
        made = issue(self.serving.recorder, role, scope, Giver("owner"), name=name, days=1)
        await self.enter(made.secret)
        return made.ident

    async def enter(self, secret: str) -> httpx.Response:
        """Log in by a pass."""
        self.cookies.clear()
        answer = await self.post("/v1/session", json={"pass": secret}, headers=FROM_OUR_PAGE)
        self.headers.update(FROM_OUR_PAGE)
        return answer

    async def own(self) -> None:
        """Log in as who started the server."""
        assert self.serving.owner is not None
        assert (await self.enter(self.serving.owner.secret)).status_code == 200
