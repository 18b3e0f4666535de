"""How do other systems learn what was recorded? Signed requests, by Standard Webhooks 1.0.

At least once, in order: `webhook-id` is the event's id, by which a receiver knows what it has had.
An address that fails is tried again, later each time; after five days it is left alone.
"""

import base64
import hmac
import random
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import orjson
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from ledger.access.oidc import is_loopback
from ledger.changes import Change, Changes, Place, by_batch
from ledger.clock import SECOND
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import webhooks
from ledger.store.webhooks import Webhook

TIMEOUT = 15.0
"""Seconds in which an address has to answer."""

TAKEN = 600 * SECOND
"""For so long an address is one server's; it has died if it has not let go by then."""

FIRST_WAIT = 5
LONGEST_WAIT = 3600
"""Seconds before it is tried again: twice as long each time, up to an hour."""

GIVEN_UP = 5 * 24 * 3600 * SECOND

GONE = 410
"""What an address answers that wants to hear no more."""

PREFIX = "whsec_"


class _NotTakenError(Exception):
    """The address did not take a message; `gone`: it wants none any more."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


def make(
    recorder: Recorder, changes: Changes, url: str, types: list[str], by: str
) -> tuple[Webhook, str]:
    """Tell an address from now on; the secret by which it checks, which is shown this once.

    Raises LedgerError if the address is none that may be told.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname or parts.username or parts.password:
        raise LedgerError(f"url: {url!r} is no https address")
    secret = base64.b64encode(secrets.token_bytes(24)).decode()
    made = Webhook(
        f"wh_{secrets.token_hex(8)}",
        url,
        orjson.dumps(types).decode(),
        secret,
        by,
        recorder.now(),
        changes.newest(exactly=True),
    )
    with recorder.database.write() as connection:
        webhooks.add(connection, made)
    return made, PREFIX + secret


def signature(secret: str, ident: str, at: int, body: bytes) -> str:
    """The header `webhook-signature`; `at` in seconds, the secret in base64."""
    said = f"{ident}.{at}.".encode() + body
    mac = hmac.digest(base64.b64decode(secret), said, sha256)
    return f"v1,{base64.b64encode(mac).decode()}"


def deliver(recorder: Recorder, changes: Changes, client: httpx.Client) -> int:
    """Tell one address that is due what is new; how many messages it took. 0: nothing is left."""
    now, newest = recorder.now(), changes.newest()
    with recorder.database.read() as connection:
        if not webhooks.is_due(connection, now, newest):
            return 0
    with recorder.database.write() as connection:
        one = webhooks.take(connection, now, newest, now + TAKEN)
    if one is None:
        return 0
    taken = 0
    error: _NotTakenError | None = None
    found, end = changes.after(Place(one.position + 1))
    for batch in by_batch(found):
        try:
            for change in batch:
                if not one.wanted or change.type in one.wanted:
                    _tell(client, one, change, recorder.now() // SECOND)
                    taken += 1
        except _NotTakenError as failed:
            error = failed
            break
        one = one._replace(position=batch[0].place.batch)
    else:
        one = one._replace(position=end.batch - 1)
    done = _succeeded(one, recorder.now()) if error is None else _failed(one, error, recorder.now())
    with recorder.database.write() as connection:
        webhooks.note(connection, done)
    return taken


def _tell(client: httpx.Client, one: Webhook, change: Change, at: int) -> None:
    """Raises _NotTakenError; a passing failure is tried three times."""
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": change.id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(one.secret, change.id, at, change.content),
    }
    attempts = Retrying(
        retry=retry_if_exception_type(httpx.TransportError),
        stop=stop_after_attempt(3),
        wait=wait_exponential_jitter(multiplier=0.2, max=2),
        reraise=True,
    )
    try:
        for attempt in attempts:
            with attempt:
                answer = client.post(one.url, content=change.content, headers=headers)
    except httpx.HTTPError as error:
        raise _NotTakenError(f"{type(error).__name__}: {error}") from None
    if not answer.is_success:
        gone = answer.status_code == GONE
        raise _NotTakenError(f"answered {answer.status_code}", gone=gone)


def _succeeded(one: Webhook, now: int) -> Webhook:
    return one._replace(failures=0, failed_since=None, last_error="", next_at=now)


def _failed(one: Webhook, error: _NotTakenError, now: int) -> Webhook:
    since = now if one.failed_since is None else one.failed_since
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(one.failures, 20))
    return one._replace(
        failures=one.failures + 1,
        failed_since=since,
        last_error=str(error)[:200],
        next_at=now + int(wait * random.uniform(0.8, 1.2)) * SECOND,
        disabled=int(error.gone or now - since >= GIVEN_UP),
    )
