"""One connection to a ledger's API. What fails in passing is tried again; a problem is raised."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import httpx
import orjson
from pydantic import BaseModel
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from ledger.api.shapes import (
    CodeShown,
    ComplaintShown,
    EventReceipt,
    EventReceipts,
    Expiring,
    Explanation,
    NextStar,
    Page,
    PlaceListed,
    PointsShown,
    Programme,
    SessionState,
    Standing,
    StarredShown,
    StarTableShown,
    StepShown,
    Today,
    VisitShown,
    WebhookMade,
    WebhookShown,
)
from ledger.client.till import Till
from schemas.complaint import About

AT_ONCE = 1000
"""Events in one request, at most."""

LARGEST = 1 << 20
"""Octets of events in one request, about: half of what a ledger takes."""

ATTEMPTS = 6
PASSING = frozenset({429, 502, 503, 504})
"""Answers after which it is tried again."""

Answer = TypeVar("Answer", bound=BaseModel)


class ApiProblem(Exception):  # noqa: N818 - the standard's word
    """What the ledger answered to what can't be done (RFC 9457); `kind` is for programs."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(said.get("type", "")).removeprefix("/problems/")
        self.detail = str(said.get("detail", ""))
        self.errors: Sequence[Mapping[str, Any]] = said.get("errors") or []
        self.retry_after: int | None = None
        super().__init__(f"{status} {self.kind}: {self.detail}")


class Unreachable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """Nobody answered, or not in time: whether it was carried out is not known."""


class Changed(NamedTuple):
    """An event of the stream: its place, to go on after; its type; the CloudEvent."""

    place: str
    type: str
    event: dict[str, Any]


class Client:
    """A ledger at an address. `token`: of the identity provider; `secret`: of a pass.

    Without either it is nobody: a kiosk, whose events are signed. Every method raises ApiProblem
    and Unreachable. Safe in one thread.
    """

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str] | str = "",
        secret: str = "",
        language: str = "zh",
        timeout: float = 30.0,
    ) -> None:
        self._token = token if callable(token) else lambda: token
        self._secret = secret
        self._known: dict[str, tuple[str, bytes]] = {}
        self._http = httpx.Client(
            base_url=address,
            timeout=timeout,
            headers={"Accept-Language": language, "X-Requested-With": "vledger"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # Who --------------------------------------------------------------------------------------

    def session(self) -> SessionState:
        """Who this client is there, and what they may do."""
        return self.read(SessionState, "/v1/session")

    def log_in(self) -> SessionState:
        """Log in by the pass anew; it is done by itself at the first request."""
        answer = self.request("POST", "/v1/session", json={"pass": self._secret})
        return SessionState.model_validate_json(answer.content)

    # Events -----------------------------------------------------------------------------------

    def send(self, events: Sequence[bytes]) -> list[EventReceipt]:
        """Send CloudEvents as they are, signed or not; what became of each, in their order.

        After Unreachable send them again: the same event counts once.
        """
        receipts: list[EventReceipt] = []
        for part in _parts(events):
            answer = self.request(
                "POST",
                "/v1/events",
                content=b"[" + b",".join(part) + b"]",
                headers={"Content-Type": "application/cloudevents-batch+json"},
            )
            receipts += EventReceipts.model_validate_json(answer.content).receipts
        return receipts

    def programme(self, place: str) -> Programme:
        """What is on at a place; asked again, only what has changed comes over the line."""
        return self.read(Programme, "/v1/kiosk/programme", place=place)

    # Volunteers -------------------------------------------------------------------------------

    def volunteer(self, ident: str, as_of: datetime | None = None) -> Standing:
        """Hours, star and points, now or at a past time."""
        when = {} if as_of is None else {"as_of": as_of.isoformat()}
        return self.read(Standing, f"/v1/volunteers/{ident}", **when)

    def today(self, ident: str) -> Today:
        return self.read(Today, f"/v1/volunteers/{ident}/today")

    def visits(self, ident: str) -> Iterator[VisitShown]:
        """The newest first, fetched as they are needed; so are the other lists."""
        return self.listed(VisitShown, f"/v1/volunteers/{ident}/visits")

    def points(self, ident: str) -> Iterator[PointsShown]:
        return self.listed(PointsShown, f"/v1/volunteers/{ident}/points")

    def expiring(self, ident: str) -> Iterator[Expiring]:
        return self.listed(Expiring, f"/v1/volunteers/{ident}/expiring")

    def redemptions(self, ident: str) -> Iterator[StepShown]:
        return self.listed(StepShown, f"/v1/volunteers/{ident}/redemptions")

    def next_star(self, ident: str) -> NextStar:
        return self.read(NextStar, f"/v1/volunteers/{ident}/next-star")

    def explanation(self, ident: str) -> dict[str, Any]:
        """Why: the chain from the level down to the events."""
        return self.read(Explanation, f"/v1/volunteers/{ident}/explanation").root

    def complaints(self, ident: str) -> Iterator[ComplaintShown]:
        return self.listed(ComplaintShown, f"/v1/volunteers/{ident}/complaints")

    def complain(self, ident: str, key: str, about: About, text: str) -> ComplaintShown:
        """File a complaint, once under the `key`; the text says nothing personal."""
        answer = self.request(
            "POST",
            f"/v1/volunteers/{ident}/complaints",
            json={"about": about, "text": text},
            headers={"Idempotency-Key": key},
        )
        return ComplaintShown.model_validate_json(answer.content)

    def code(self, ident: str) -> CodeShown:
        """What a till scans now; for the volunteer's own login."""
        return self.read(CodeShown, f"/v1/volunteers/{ident}/code")

    # Areas ------------------------------------------------------------------------------------

    def stars(self, place: str = "") -> StarTableShown:
        return self.read(StarTableShown, "/v1/stars", place=place)

    def starred(self, level: str, place: str = "") -> Iterator[StarredShown]:
        """Who has this level or a higher one."""
        query = {"from": level, "place": place}
        return self.listed(StarredShown, "/v1/stars/volunteers", **query)

    def places(self, under: str = "") -> list[PlaceListed]:
        return list(self.listed(PlaceListed, "/v1/places", under=under))

    # Changes ----------------------------------------------------------------------------------

    def changes(self, after: str = "", **filters: str) -> Iterator[Changed]:
        """What is recorded, as it is; from now on, or after the `place` of an earlier one.

        Goes on for ever: a stream that ends or breaks is taken up where it was. `filters`:
        volunteer, place, types. Raises Unreachable once the ledger stays away.
        """
        last = after
        for attempt in self._attempts():
            with attempt:
                while True:
                    for one in self._stream(last, filters):
                        last = one.place
                        if one.event:
                            attempt.retry_state.attempt_number = 1
                            yield one

    def _stream(self, after: str, filters: Mapping[str, str]) -> Iterator[Changed]:
        if self._secret and not self._http.cookies:
            self.log_in()
        headers = {**self._authorized(), **({"Last-Event-ID": after} if after else {})}
        try:
            with self._http.stream(
                "GET", "/v1/changes", params=filters, headers=headers, timeout=60
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _problem(answer)
                yield from _events(answer.iter_lines())
        except httpx.TransportError as error:
            raise Unreachable(str(error)) from error

    # Tills ------------------------------------------------------------------------------------

    def till(self, merchant: str) -> Till:
        """A till of a shop, for a pass or token that may redeem there."""
        return Till(self, merchant)

    # Webhooks ---------------------------------------------------------------------------------

    def add_webhook(self, url: str, key: str, types: Sequence[str] = ()) -> WebhookMade:
        """Tell an address; `key` is one's own word for this wish, so that it is done once."""
        answer = self.request(
            "POST",
            "/v1/webhooks",
            json={"url": url, "types": list(types)},
            headers={"Idempotency-Key": key},
        )
        return WebhookMade.model_validate_json(answer.content)

    def webhooks(self) -> list[WebhookShown]:
        return list(self.listed(WebhookShown, "/v1/webhooks"))

    def remove_webhook(self, ident: str) -> None:
        self.request("DELETE", f"/v1/webhooks/{ident}")

    # What all share ---------------------------------------------------------------------------

    def read(self, shape: type[Answer], path: str, **query: str) -> Answer:
        """What a path answers; asked again, only what has changed comes over the line."""
        address = f"{path}?{httpx.QueryParams(query)}"
        known = self._known.get(address)
        headers = {"If-None-Match": known[0]} if known else {}
        answer = self.request("GET", path, params=query, headers=headers)
        content = known[1] if known and answer.status_code == httpx.codes.NOT_MODIFIED else None
        if content is None:
            content = answer.content
            if tag := answer.headers.get("etag"):
                self._known[address] = (tag, content)
        return shape.model_validate_json(content)

    def listed(self, shape: type[Answer], path: str, **query: str) -> Iterator[Answer]:
        """All of a list, a page at a time as it is needed."""
        after: dict[str, str] = {}
        while True:
            answer = self.request("GET", path, params={**query, **after})
            page = Page[shape].model_validate_json(answer.content)  # type: ignore[valid-type]
            yield from page.items
            if page.next is None:
                return
            after = {"after": page.next}

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An answer, after some attempts; a client with a pass logs in first."""
        logs_in = bool(self._secret) and method + path != "POST/v1/session"
        if logs_in and not self._http.cookies:
            self.log_in()
        answer = self._tried(method, path, more)
        if logs_in and answer.status_code == httpx.codes.UNAUTHORIZED:
            self.log_in()
            answer = self._tried(method, path, more)
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
        raise _problem(answer)

    def _tried(self, method: str, path: str, more: Mapping[str, Any]) -> httpx.Response:
        for attempt in self._attempts():
            with attempt:
                headers = {**more.get("headers", {}), **self._authorized()}
                try:
                    answer = self._http.request(method, path, **{**more, "headers": headers})
                except httpx.TransportError as error:
                    raise Unreachable(f"{type(error).__name__}: {error}") from error
                if answer.status_code in PASSING:
                    raise _problem(answer)
                return answer
        raise AssertionError("unreachable: the last attempt raises")

    def _authorized(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    @staticmethod
    def _attempts() -> Retrying:
        return Retrying(
            retry=retry_if_exception(_is_passing),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            reraise=True,
        )


def _wait(state: RetryCallState) -> float:
    """As long as the ledger asks for, else longer each time (s)."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ApiProblem) else None
    return (
        float(asked)
        if asked is not None
        else wait_exponential_jitter(multiplier=0.2, max=10)(state)
    )


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, Unreachable) or (
        isinstance(error, ApiProblem) and error.status in PASSING
    )


def _problem(answer: httpx.Response) -> ApiProblem:
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        said = None
    found = ApiProblem(answer.status_code, said if isinstance(said, dict) else {})
    wait = answer.headers.get("retry-after", "")
    found.retry_after = int(wait) if wait.isdecimal() else None
    return found


def _parts(events: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for one in events:
        if part and (len(part) >= AT_ONCE or size + len(one) > LARGEST):
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one) + 1
    if part:
        yield part


def _events(lines: Iterator[str]) -> Iterator[Changed]:
    """Server-sent events from their lines; one that only tells the place has no event."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            before = f"{fields[name]}\n" if name == "data" and name in fields else ""
            fields[name] = before + value
        elif "id" in fields:
            said = orjson.loads(fields["data"]) if "data" in fields else {}
            yield Changed(fields["id"], fields.get("event", ""), said)
            fields = {}
        else:
            fields = {}
