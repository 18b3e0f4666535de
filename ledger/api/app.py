"""What is answered at which address? The app that `vledger serve` runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from starlette.types import Lifespan

from ledger.api import (
    benefits,
    certificates,
    changes,
    complaints,
    events,
    health,
    kiosk,
    login,
    places,
    problems,
    session,
    stars,
    till,
    volunteers,
    webhooks,
)
from ledger.api.bounds import Bounds
from ledger.api.centre import (
    activities,
    assessments,
    honours,
    orders,
    plans,
    projects,
    providers,
    resources,
    teams,
)
from ledger.api.centre import places as centre_places
from ledger.api.desk import (
    audit,
    exchange,
    exports,
    overview,
    policies,
    proposals,
    reviews,
    star_query,
)
from ledger.api.envelope import Envelope
from ledger.api.keeping_up import keep_up, tell_webhooks
from ledger.api.pages import pages
from ledger.api.serving import Serving

THREADS = 12
"""Requests worked on at once. Each takes at most two of the 15 connections of a database's pool,
so that never all of them wait for a second one."""

ROUTERS = (
    health.router,
    session.router,
    login.router,
    events.router,
    kiosk.router,
    volunteers.router,
    benefits.router,
    benefits.everybody,
    providers.router,
    honours.router,
    honours.of_volunteer,
    certificates.router,
    complaints.own,
    stars.router,
    places.router,
    centre_places.router,
    resources.router,
    teams.router,
    teams.of_volunteers,
    teams.of_people,
    activities.router,
    activities.of_volunteers,
    plans.router,
    plans.of_held,
    overview.router,
    star_query.router,
    reviews.router,
    proposals.router,
    complaints.desk,
    policies.router,
    audit.router,
    exports.router,
    exchange.router,
    projects.router,
    assessments.router,
    till.router,
    orders.router,
    orders.rating_router,
    changes.router,
    webhooks.router,
)


def create_app(serving: Serving) -> FastAPI:
    """The app, of one process. No page or script of it comes from elsewhere.

    Raises LedgerError if the pages were not built.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        if serving.sender is not None:
            await serving.sender.start()
        at_work = [asyncio.create_task(tell_webhooks(serving.recorder, serving.changes))]
        if serving.sender is None:  # else workers do it
            at_work.append(asyncio.create_task(keep_up(serving.recorder, serving.settings)))
        try:
            yield
        finally:
            for task in at_work:
                task.cancel()
            await asyncio.gather(*at_work, return_exceptions=True)
            if serving.sender is not None:
                await serving.sender.stop()

    app = described(lifespan)
    app.state.serving = serving
    problems.add_to(app)
    app.mount("/", pages(), name="pages")
    app.add_middleware(Bounds)
    app.add_middleware(Envelope)
    return app


def described(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes without a ledger behind them, as the OpenAPI document tells of them."""
    app = FastAPI(
        title="volunteer-ledger 志愿服务账本",
        version="1",
        summary="Volunteer hours, star levels and points 志愿服务时长、星级与积分",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    for router in ROUTERS:
        app.include_router(router)
    return app
