"""Is this text an event that the ledger takes in? If not, what exactly is wrong with it?"""

from collections.abc import Callable
from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from schemas.attendance import CheckedIn, CheckedOut, CheckOutClaimed
from schemas.books import BooksEvent
from schemas.centre import CentreEvent
from schemas.complaint import ComplaintEvent
from schemas.debts import DebtWrittenOff
from schemas.envelope import MAX_EVENT_BYTES, legible
from schemas.facts import FactReported
from schemas.own import OwnEvent
from schemas.redemption import TillEvent
from schemas.registry import RegistryEvent
from schemas.review import ReviewDecided

IncomingEvent = Annotated[
    CheckedIn
    | CheckedOut
    | CheckOutClaimed
    | FactReported
    | DebtWrittenOff
    | ReviewDecided
    | ComplaintEvent
    | TillEvent
    | RegistryEvent
    | BooksEvent
    | CentreEvent,
    Field(discriminator="type"),
]

LoggedEvent = Annotated[IncomingEvent | OwnEvent, Field(discriminator="type")]


@cache
def _incoming() -> Callable[[bytes], IncomingEvent]:
    """Made for the first event: that of nearly a hundred kinds takes longer than most commands."""
    return TypeAdapter(IncomingEvent).validator.validate_json


@cache
def _logged() -> Callable[[bytes], LoggedEvent]:
    return TypeAdapter(LoggedEvent).validator.validate_json


MAX_PROBLEMS = 8
"""Wrong fields that are named, of one event."""

MAX_SHOWN = 200
"""Characters that are shown of what was sent."""


class MalformedEventError(ValueError):
    """The text is not an event. `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def decode(raw: bytes) -> IncomingEvent:
    """The event in `raw` (UTF-8 JSON). Raises MalformedEventError naming each wrong field."""
    if len(raw) > MAX_EVENT_BYTES:
        raise MalformedEventError(
            "too-large", f"{len(raw)} bytes; an event may have at most {MAX_EVENT_BYTES}"
        )
    try:
        return _incoming()(raw)
    except ValidationError as error:
        raise _explained(error) from None


def decode_logged(raw: bytes) -> LoggedEvent:
    """An event of the log, which was checked when it came in; the ledger's own are among them."""
    return _logged()(raw)


def _explained(error: ValidationError) -> MalformedEventError:
    problems = error.errors(include_url=False, include_context=True)
    match problems[0]["type"]:
        case "json_invalid":
            return MalformedEventError("not-json", legible(problems[0]["msg"]))
        case "union_tag_invalid":
            tag = problems[0]["ctx"]["tag"]
            named = legible(repr(tag[:80]))
            return MalformedEventError("unknown-type", f"type: {named} is not known here")
        case "union_tag_not_found":
            return MalformedEventError("unknown-type", "type: is missing")
    lines = []
    for problem in problems[:MAX_PROBLEMS]:
        path = ".".join(str(part)[:MAX_SHOWN] for part in problem["loc"][1:]) or "event"
        lines.append(legible(f"{path}: {problem['msg'][:MAX_SHOWN]}{_hint(problem)}"))
    return MalformedEventError("invalid", "; ".join(lines))


def _hint(problem: ErrorDetails) -> str:
    """What to do about it, where that is known."""
    if problem["type"] == "timezone_aware":
        return " (write the zone, as in 2026-05-01T08:00:00+08:00)"
    if problem["type"] in ("greater_than_equal", "less_than") and problem["loc"][1:] == ("time",):
        return " (check the clock of the device)"
    return ""
