"""What waits for review, and how does a person decide it?"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Connection, select

from ledger.clock import from_micros, now_micros
from ledger.core.conduct import Case
from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt, Recorder
from ledger.saying import said
from ledger.store.tables import review_case
from schemas import ReviewDecided
from schemas.review import ReviewDecision

DESK = "desk"
"""The source of decisions that are made at the command line."""


def to_json(case: Case, policy: PolicyText) -> dict[str, Any]:
    """The line that `vledger reviews --json` prints; times in the policy's zone."""

    def told(micros: int | None) -> str | None:
        return None if micros is None else from_micros(micros, policy.zone).isoformat()

    return {
        "id": case.id,
        "state": case.state,
        "volunteer": case.volunteer,
        "visit": case.visit,
        "rule": case.rule,
        "evidence": orjson.loads(case.evidence),
        "opened_at": told(case.opened_at),
        "withdrawn_at": told(case.withdrawn_at),
        "decision": case.decision,
        "reason": case.reason,
        "by": case.decided_by,
        "decided_at": told(case.decided_at),
    }


def list_reviews(connection: Connection, *, settled: bool = False) -> list[Case]:
    """Cases, the oldest first: those that wait for a decision, with `settled` all of them."""
    found = _select(connection)
    return found if settled else [one for one in found if one.state == "open"]


def reviews_of(connection: Connection, volunteer: str) -> list[Case]:
    """All cases about the visits of one volunteer."""
    return _select(connection, review_case.c.volunteer == volunteer)


def find_review(connection: Connection, ident: str) -> Case:
    """The case with this id. Raises LedgerError if there is none."""
    found = _select(connection, review_case.c.id == ident)
    if not found:
        raise LedgerError(f"there is no review {ident}: `vledger reviews --all` lists them")
    return found[0]


def decide(
    recorder: Recorder,
    cases: Sequence[Case],
    decision: Literal["count", "void"],
    reason: str,
    by: str,
    now: int | None = None,
) -> Receipt:
    """Record a person's decision on each case. The last one stands: it may be corrected."""
    at = now_micros() if now is None else now
    arrivals = []
    for case in cases:
        data = said(
            ReviewDecision, of=case.visit, rule=case.rule, decision=decision, reason=reason, by=by
        )
        event = ReviewDecided(
            specversion="1.0",
            id=f"review/{case.id}/{at}",
            source=DESK,
            time=from_micros(at, UTC),
            subject=case.volunteer,
            data=data,
        )
        arrivals.append(Arrival(event.model_dump_json().encode(), DESK))
    return recorder.record(arrivals)


def _select(connection: Connection, *conditions: ColumnElement[bool]) -> list[Case]:
    query = select(review_case).where(*conditions)
    rows = connection.execute(query.order_by(review_case.c.opened_at, review_case.c.id))
    return [Case._make(row) for row in rows]
