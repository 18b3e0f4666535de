"""What do volunteers complain about (申诉), how does it stand, and how is it answered?"""

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, select, tuple_

from ledger.centre.complaint import Complaint
from ledger.clock import from_micros
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.saying import nothing_personal
from ledger.store.tables import complaint
from schemas.complaint import ComplaintAnswered, ComplaintFiled


def to_json(one: Complaint, policy: PolicyText) -> dict[str, Any]:
    """The line that `vledger complaints --json` prints; times in the policy's zone."""

    def told(micros: int | None) -> str | None:
        return None if micros is None else from_micros(micros, policy.zone).isoformat()

    return {
        "id": one.id,
        "volunteer": one.volunteer,
        "state": one.outcome or "open",
        "about": one.about,
        "of": one.of or None,
        "text": one.text,
        "filed_by": one.filed_by or None,
        "filed_at": told(one.filed_at),
        "answer": one.answer or None,
        "answered_by": one.answered_by or None,
        "answered_at": told(one.answered_at),
    }


Key = tuple[int, str, str]
"""Of a complaint: when it was filed (µs), whose it is, its id. They stand in this order."""


def key_of(one: Complaint) -> Key:
    return one.filed_at, one.volunteer, one.id


def list_complaints(
    connection: Connection,
    *,
    answered: bool = False,
    after: Key | None = None,
    limit: int | None = None,
) -> list[Complaint]:
    """The open ones, the oldest first; with `answered`, all. At most `limit`, those `after` one."""
    conditions = [] if answered else [complaint.c.outcome == ""]
    if after is not None:
        conditions.append(tuple_(*_ORDER) > tuple_(*after))
    return _select(connection, *conditions, limit=limit)


def complaints_of(connection: Connection, volunteer: str) -> list[Complaint]:
    """All that one volunteer complained about, the oldest first."""
    return _select(connection, complaint.c.volunteer == volunteer)


def find_complaint(connection: Connection, ident: str, volunteer: str = "") -> Complaint:
    """The complaint with this id. Raises LedgerError if there is none, or it is not clear whose."""
    conditions = [complaint.c.id == ident]
    if volunteer:
        conditions.append(complaint.c.volunteer == volunteer)
    found = _select(connection, *conditions)
    if not found:
        raise LedgerError(f"there is no complaint {ident}: `vledger complaints --all` lists them")
    if len(found) > 1:
        whose = ", ".join(one.volunteer for one in found)
        raise LedgerError(f"complaint {ident} is one of {whose} each: say whose, by --volunteer")
    return found[0]


def file_complaint(
    recorder: Recorder, volunteer: str, about: str, text: str, of: str = "", by: str = ""
) -> Complaint:
    """Record a complaint of the volunteer's. Raises LedgerError with what is wrong with it."""
    nothing_personal("text", text)
    nothing_personal("of", of)
    ident = uuid4().hex[:12]
    said = {"complaint": ident, "about": about, "of": of or None, "text": text, "by": by or None}
    send(recorder, ComplaintFiled, volunteer, said)
    return _now(recorder, ident, volunteer)


def answer_complaint(
    recorder: Recorder, one: Complaint, outcome: str, answer: str, by: str
) -> Complaint:
    """Record an answer. A later one corrects it. Raises LedgerError with what is wrong with it."""
    nothing_personal("answer", answer)
    said = {"complaint": one.id, "outcome": outcome, "answer": answer, "by": by}
    send(recorder, ComplaintAnswered, one.volunteer, said)
    return _now(recorder, one.id, one.volunteer)


def _now(recorder: Recorder, ident: str, volunteer: str) -> Complaint:
    with recorder.database.read() as connection:
        return find_complaint(connection, ident, volunteer)


_ORDER = (complaint.c.filed_at, complaint.c.volunteer, complaint.c.id)


def _select(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Complaint]:
    query = select(complaint).where(*conditions).order_by(*_ORDER).limit(limit)
    return [Complaint._make(row) for row in connection.execute(query)]
