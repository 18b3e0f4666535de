"""How does a check-in or check-out become a signed event that is kept?"""

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
from schemas import CheckedIn, CheckedOut
from schemas.attendance import Attendance

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


def mark(queue: Queue, key: PrivateKey, visits: Sequence[Visit], at: datetime) -> list[Mark]:
    """Sign the visits as marks made at `at`, and keep all of them or none.

    They outlive a power cut once this returns. Raises LedgerError.
    """
    kiosk = queue.kiosk()
    marks = [_signed(one, kiosk.source, kiosk.place, key, at) for one in visits]
    queue.add(marks)
    return marks


def _signed(visit: Visit, source: str, place: str, key: PrivateKey, at: datetime) -> Mark:
    model = CheckedIn if visit.direction == "in" else CheckedOut
    said = {"team": visit.team, "checked_by": visit.checked_by}
    attributes: dict[str, Any] = {name: value for name, value in said.items() if value}
    try:
        event = model(
            specversion="1.0",
            id=str(uuid4()),
            source=source,
            time=at,
            subject=visit.volunteer,
            data=Attendance(
                activity=visit.activity,
                place=place,
                method=visit.method,
                attributes=attributes or None,
            ),
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        raise LedgerError(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
    content = sign(event.model_dump(mode="json", exclude_none=True), key)
    return Mark(event.id, content, to_micros(event.time))
