"""Which other systems are told of what is recorded? `/v1/webhooks`."""

from typing import Any

from fastapi import APIRouter

from ledger.access import Permission
from ledger.api.once import Idempotent
from ledger.api.problems import not_found
from ledger.api.shapes import Page, WebhookAsked, WebhookMade, WebhookShown
from ledger.api.who import Asks
from ledger.clock import CHINA, from_micros
from ledger.store import webhooks as kept
from ledger.store.webhooks import Webhook
from ledger.webhooks import make

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post("", status_code=201, response_model=WebhookMade)
def add(asks: Asks, once: Idempotent, asked: WebhookAsked) -> Any:
    """Tell an address of all that is recorded from now on; its secret is shown this once.

    It is told as by Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    """
    here = asks.serving
    with here.recorder.database.read() as connection:
        by = asks.require(connection, Permission.WEBHOOK)

    def work() -> WebhookMade:
        made, secret = make(here.recorder, here.changes, asked.url, asked.types, by)
        return WebhookMade(**_shown(made).model_dump(), secret=secret)

    return once.do(work, 201)


@router.get("")
def listed(asks: Asks) -> Page[WebhookShown]:
    """All of them, and how it goes; never their secrets."""
    with asks.serving.recorder.database.read() as connection:
        asks.require(connection, Permission.WEBHOOK)
        found = kept.listed(connection)
    return Page(items=[_shown(one) for one in found])


@router.delete("/{ident}", status_code=204)
def remove(asks: Asks, ident: str) -> None:
    """Tell it no more."""
    with asks.serving.recorder.database.write() as connection:
        asks.require(connection, Permission.WEBHOOK)
        if not kept.remove(connection, ident):
            raise not_found(f"there is no webhook {ident}")


@router.post("/{ident}/enable", status_code=204)
def enable(asks: Asks, ident: str) -> None:
    """Try one again that was given up, from where it had got to."""
    with asks.serving.recorder.database.write() as connection:
        asks.require(connection, Permission.WEBHOOK)
        if not kept.enable(connection, ident):
            raise not_found(f"there is no webhook {ident}")


def _shown(one: Webhook) -> WebhookShown:
    return WebhookShown(
        id=one.id,
        url=one.url,
        types=list(one.wanted),
        made_by=one.made_by,
        made_at=from_micros(one.made_at, CHINA).isoformat(),
        failures=one.failures,
        last_error=one.last_error,
        disabled=bool(one.disabled),
    )
