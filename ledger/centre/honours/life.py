"""How far is a nomination for an honour 评先树优: nominated, decided, published, conferred?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

import orjson

from ledger.centre.dossier import Told
from ledger.clock import CHINA, from_micros
from schemas.honours import (
    HonourConferred,
    HonourDecided,
    HonourNominated,
    HonourPublished,
    HonourRevoked,
    Nomination,
)

HonourState = Literal[
    "unknown", "nominated", "approved", "refused", "published", "conferred", "revoked"
]

STATES: dict[HonourState, str] = {
    "unknown": "未见推荐",
    "nominated": "已推荐",
    "approved": "评审通过",
    "refused": "评审未通过",
    "published": "公示中",
    "conferred": "已授予",
    "revoked": "已撤销",
}


class Honour(NamedTuple):
    """A nomination, in the order of its table's columns; µs. `published_until` is a day or ""."""

    nomination: str
    honour: str
    nominee_kind: str
    nominee: str
    period: str
    rests_on: str
    place: str
    state: HonourState
    nominated_at: int | None
    published_until: str
    conferred_at: int | None
    steps: str


@dataclass(slots=True)
class _Course:
    """A nomination on its way."""

    said: Nomination | None = None
    state: HonourState = "unknown"
    nominated_at: int | None = None
    until: str = ""
    conferred_at: int | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)


def honours(nomination: str, dossier: Sequence[Told]) -> Iterable[Honour]:
    """The nomination's one row. A step out of turn is kept with the reason why it has no effect."""
    course = _Course()
    for at, _, _, event in dossier:
        why = _take(course, at, event)
        course.steps.append(
            {
                "at": at,
                "step": event.type.split(".")[2],
                **event.data.model_dump(mode="json", exclude_none=True),
                "without_effect": why,
            }
        )
    said = course.said
    return [
        Honour(
            nomination,
            said.honour if said else "",
            said.nominee_kind if said else "",
            said.nominee if said else "",
            said.period if said else "",
            (said.rests_on or "") if said else "",
            (said.place or "") if said else "",
            course.state,
            course.nominated_at,
            course.until,
            course.conferred_at,
            orjson.dumps(course.steps).decode(),
        )
    ]


def why_not(state: HonourState, until: str, step: str, today: str) -> str:
    """Why a step is out of turn; "" if it is its turn. `until`: the last day of publication."""
    match step, state:
        case "decided", "nominated" | "approved" | "refused":
            return ""
        case "published", "approved" | "published":
            return ""
        case "conferred", "published":
            return "" if today > until else f"is published until {until} 公示未满"
        case "revoked", "nominated" | "approved" | "published" | "conferred":
            return ""
    return f"can't be {step}: it is {state} {STATES[state]}"


def _take(course: _Course, at: int, event: object) -> str:
    """Let an event have its effect; why it has none, or ""."""
    today = from_micros(at, CHINA).date().isoformat()
    match event:
        case HonourNominated(data=data):
            if course.said is not None:
                return "was nominated already 已推荐"
            course.said, course.state, course.nominated_at = data, "nominated", at
            return ""
        case HonourDecided(data=data):
            why = why_not(course.state, course.until, "decided", today)
            course.state = course.state if why else data.decision
            return why
        case HonourPublished(data=data):
            why = why_not(course.state, course.until, "published", today) or bad_days(
                data.since, data.until
            )
            if not why:
                course.state, course.until = "published", data.until
            return why
        case HonourConferred():
            why = why_not(course.state, course.until, "conferred", today)
            if not why:
                course.state, course.conferred_at = "conferred", at
            return why
        case HonourRevoked():
            why = why_not(course.state, course.until, "revoked", today)
            course.state = course.state if why else "revoked"
            return why
    return ""


def bad_days(since: str, until: str) -> str:
    """What is wrong with the days of a publication; "" if nothing is."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        return "since, until: write days as 2026-05-01"
    return "until: is before since" if last < first else ""
