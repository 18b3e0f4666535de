"""How does a check-in or check-out, or the claim of one, become a signed event that is kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from pydantic import ValidationError

from ledger.clock import to_micros
from ledger.devices.keys import PrivateKey, sign
from ledger.errors import LedgerError
from ledger.kiosk.queue import Mark, Queue
from schemas import AttendanceEvent, CheckedIn, CheckedOut, CheckOutClaimed
from schemas.attendance import Attendance, ClaimedEnd

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who checks in or out, at which activity; `team` and `checked_by`: where a leader does it."""

    volunteer: str
    activity: str
    direction: Direction
    method: str = "number"
    team: str = ""
    checked_by: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Who forgot to check out of which activity, when they left, and why; `by`: who says so."""

    volunteer: str
    activity: str
    ended_at: datetime
    reason: str
    by: str = ""


def mark(
    queue: Queue, key: PrivateKey, visits: Sequence[Visit | Forgotten], at: datetime
) -> list[Mark]:
    """Sign the visits as marks made at `at`, and keep all of them or none.

    They outlive a power cut once this returns. Raises LedgerError.
    """
    kiosk = queue.kiosk()
    try:
        events = [_event(one, kiosk.source, kiosk.place, at) for one in visits]
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise LedgerError(f"{where}: {wrong['msg']}" if where else wrong["msg"]) from None
    marks = [
        Mark(
            one.id,
            sign(one.model_dump(mode="json", exclude_none=True), key),
            to_micros(one.time),
        )
        for one in events
    ]
    queue.add(marks)
    return marks


def _event(one: Visit | Forgotten, source: str, place: str, at: datetime) -> AttendanceEvent:
    """Raises ValidationError."""
    head: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": source,
        "time": at,
        "subject": one.volunteer,
    }
    if isinstance(one, Forgotten):
        claimed = ClaimedEnd(
            activity=one.activity,
            place=place,
            ended_at=one.ended_at,
            reason=one.reason,
            by=one.by or None,
        )
        return CheckOutClaimed(**head, data=claimed)
    model = CheckedIn if one.direction == "in" else CheckedOut
    said = {"team": one.team, "checked_by": one.checked_by}
    attributes: dict[str, Any] = {name: value for name, value in said.items() if value}
    about = Attendance(
        activity=one.activity, place=place, method=one.method, attributes=attributes or None
    )
    return model(**head, data=about)
