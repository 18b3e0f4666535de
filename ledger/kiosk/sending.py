"""How do marks get to the ledger? In batches by HTTP, until it has said what became of each."""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

import httpx
import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay
from tenacity.wait import wait_random_exponential

from ledger.errors import LedgerError
from ledger.kiosk.queue import Mark, Queue, State

BATCH = 200
"""Events in one request; the ledger takes 1,000."""

PATIENCE = 20
"""Seconds for an answer."""

LONGEST_PAUSE = 300
"""Seconds between two tries, at most: kiosks of a city do not come back at once."""

_PASSING = frozenset({401, 403, 404, 408, 425, 429})
"""Answers below 500 that are another one later."""


class UnsentError(LedgerError):
    """The ledger can't be reached, or takes nothing now; all is kept."""

    def __init__(self, message: str, after: float = 0) -> None:
        super().__init__(message)
        self.after = after


def send(queue: Queue, server: str, seconds: float = 0) -> int:
    """Send all that waits, and try for `seconds` if it can't be sent; how many were settled.

    Raises UnsentError if some are left. Whoever sends at the same time does no harm: the ledger
    knows an event again.
    """
    settled = 0
    with httpx.Client(base_url=server, timeout=PATIENCE) as client:
        for attempt in Retrying(
            retry=retry_if_exception_type(UnsentError),
            stop=stop_after_delay(seconds),
            wait=_pause,
            reraise=True,
        ):
            with attempt:
                while marks := queue.waiting(BATCH):
                    settled += _send(client, queue, marks)
    return settled


_exponential = wait_random_exponential(multiplier=1, max=LONGEST_PAUSE)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after if isinstance(error, UnsentError) else 0
    return max(asked, _exponential(state))


def _send(client: httpx.Client, queue: Queue, marks: Sequence[Mark]) -> int:
    """Send one batch; how many of it were settled. Raises UnsentError."""
    try:
        answer = client.post(
            "/v1/events",
            content=b"[%s]" % b",".join(one.content for one in marks),
            headers={"Content-Type": "application/cloudevents-batch+json"},
        )
    except httpx.HTTPError as error:
        raise UnsentError(f"{client.base_url} can't be reached: {error}") from None
    if answer.is_success:
        return _take(queue, marks, _receipts(answer, marks))
    if answer.status_code in _PASSING or answer.status_code >= 500:
        raise UnsentError(
            f"{client.base_url} answers {answer.status_code}: {_detail(answer)}", _after(answer)
        )
    if len(marks) == 1:
        queue.settle({marks[0].id: ("rejected", _detail(answer))})
        return 1
    middle = len(marks) // 2  # one of them is in the way of the others
    return sum(_send(client, queue, part) for part in (marks[:middle], marks[middle:]))


class _Receipt(NamedTuple):
    id: str
    state: State
    code: str
    reason: str


def _receipts(answer: httpx.Response, marks: Sequence[Mark]) -> list[_Receipt]:
    """What the ledger said of these marks."""
    sources = {one.id: orjson.loads(one.content)["source"] for one in marks}
    try:
        told: list[dict[str, Any]] = answer.json()["receipts"]
        return [
            _Receipt(one["id"], one["status"], code, one.get("detail") or code)
            for one in told
            if sources.get(one["id"]) == one["source"] and one["status"] in _SETTLED
            for code in [one.get("reason") or ""]
        ]
    except (ValueError, KeyError, TypeError):
        raise UnsentError(f"{answer.url} gives no receipts") from None


def _take(queue: Queue, marks: Sequence[Mark], receipts: Sequence[_Receipt]) -> int:
    """Note what the ledger said; what has no receipt goes on waiting. Raises UnsentError."""
    unknown = [one for one in receipts if one.state == "rejected" and one.code in _UNKNOWN]
    said = {one.id: (one.state, one.reason) for one in receipts if one not in unknown}
    queue.settle(said)
    if unknown:
        raise UnsentError(f"the ledger does not let this kiosk speak: {unknown[0].reason}")
    if not said:
        raise UnsentError(f"there is no receipt for any of {len(marks)} marks")
    return len(said)


_UNKNOWN = frozenset({"unsigned", "unknown-key"})
"""The ledger keeps nothing of those whom it does not know; so the kiosk does."""

_SETTLED = frozenset(get_args(State)) - {"waiting"}


def _detail(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        return str(said.get("detail") or said.get("title") or answer.reason_phrase)
    except (ValueError, AttributeError):
        return answer.reason_phrase


def _after(answer: httpx.Response) -> float:
    after = answer.headers.get("Retry-After", "")
    return float(after) if after.isdecimal() else 0
