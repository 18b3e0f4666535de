"""Which events are in a request, and whose are they? What nobody vouches for is not let in.

An event of an enrolled device is let in by a good signature of any key that it ever had: whether
that key may still speak is for the ledger to say, which keeps what it refuses. Anything else would
let strangers fill the log's rejects; it is answered, and the sender still has it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.api.problems import Kind, Problem
from ledger.devices.keys import KEY, is_signed_by
from ledger.store.devices import known_devices
from ledger.store.reading import Reading

MOST = 1000
"""Events of one request, at most."""

ONE = ("application/cloudevents+json", "application/json")
BATCH = "application/cloudevents-batch+json"
LINES = ("application/x-ndjson", "application/jsonl", "application/json-lines")


class Sent(NamedTuple):
    """An event as it was sent, to the octet; its name and key as far as it can be read."""

    content: bytes
    source: str | None = None
    id: str | None = None
    key: str | None = None


class Denied(NamedTuple):
    """Why an event was not let in: for programs and for people."""

    code: str
    detail: str


def sent(body: bytes, media_type: str) -> list[Sent]:
    """The events of a request's body. Raises Problem if it can't be taken apart."""
    kind = media_type.partition(";")[0].strip().lower() or BATCH
    if kind in LINES:
        texts = [line for line in body.splitlines() if line.strip()]
    elif kind == BATCH or kind in ONE:
        texts = _elements(body)
    else:
        raise Problem(Kind.MEDIA, f"send {ONE[0]}, {BATCH} or {LINES[0]}")
    if not texts:
        raise Problem(Kind.MALFORMED, "there is no event in it")
    if len(texts) > MOST:
        raise Problem(Kind.TOO_LARGE, f"{len(texts)} events: send at most {MOST} at once")
    return [_named(one) for one in texts]


def judge(connection: Connection, events: Sequence[Sent]) -> list[Denied | None]:
    """For each event why it is not let in, or None."""
    devices = known_devices(Reading(connection), {one.source for one in events if one.source})
    found: list[Denied | None] = []
    for one in events:
        device = devices.get(one.source or "")
        if one.source is None:
            denied = Denied("not-an-event", "source: is missing, or this is not JSON")
        elif device is None:
            denied = Denied("unsigned", f"{one.source} is not an enrolled device")
        elif one.key is None:
            denied = Denied("unsigned", f"{one.source} is enrolled, but signed nothing")
        elif (key := device.keys.get(one.key)) is None:
            denied = Denied("unknown-key", f"{one.key} is no key of {one.source}: enrol it")
        elif not is_signed_by(one.content, key.public):
            denied = Denied("bad-signature", "signature: is not that of this event")
        else:
            found.append(None)
            continue
        found.append(denied)
    return found


def _elements(body: bytes) -> list[bytes]:
    """The elements of an array, each as it was written, so that its signature holds; or the one.

    Raises Problem.
    """
    try:
        text = body.decode("utf-8").strip()
        if not text.startswith("["):
            json.loads(text)
            return [text.encode()]
        found: list[bytes] = []
        at = _past_space(text, 1)
        if text[at : at + 1] == "]":
            return _ended(text, at, found)
        while True:
            _, end = _DECODER.raw_decode(text, at)
            found.append(text[at:end].encode())
            at = _past_space(text, end)
            if text[at : at + 1] != ",":
                return _ended(text, at, found)
            at = _past_space(text, at + 1)
    except (ValueError, RecursionError):
        raise Problem(Kind.MALFORMED, "the body is not JSON") from None


def _ended(text: str, at: int, found: list[bytes]) -> list[bytes]:
    if text[at:] != "]":
        raise ValueError("not an array")
    return found


def _past_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r") and at < len(text):
        at += 1
    return at


def _named(content: bytes) -> Sent:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return Sent(content)
    if not isinstance(said, Mapping):
        return Sent(content)
    return Sent(content, *(_text(said.get(name)) for name in ("source", "id", KEY)))


def _text(value: Any) -> str | None:
    return value[:256] if isinstance(value, str) else None


_DECODER = json.JSONDecoder()
