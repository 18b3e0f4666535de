"""Which visits wait for review, and how are they decided? `/v1/reviews`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.looking import readable
from ledger.api.paging import Asked
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks
from ledger.core.conduct import Case
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.recording.reviews import decide, find_review, list_reviews, reviews_of, to_json
from ledger.store.registered import registered_names

router = APIRouter(prefix="/v1/reviews", tags=["desk"])

Ident = Annotated[str, Path(alias="review", min_length=1, max_length=64)]


class ReviewShown(BaseModel):
    """A visit (`source#id` of its check-in) that a safeguard holds; `state`: open, decided …"""

    id: str
    state: str
    volunteer: str
    name: str
    visit: str
    rule: str
    clauses: list[str]
    evidence: dict[str, Any]
    opened_at: str
    withdrawn_at: str | None
    decision: str | None
    reason: str | None
    by: str | None
    decided_at: str | None


class ReviewWhole(ReviewShown):
    """`beside`: what else is held against the same visit."""

    beside: list[ReviewShown]


class Decided(BaseModel):
    """Whether the visit counts after all, and why."""

    decision: Literal["count", "void"]
    reason: str = Field(min_length=1, max_length=500)


@router.get("")
def reviews(
    asks: Asks,
    part: Asked,
    settled: Annotated[bool, Query(description="Decided and withdrawn ones too")] = False,
) -> Page[ReviewShown]:
    """Cases at the places of whoever asks, the oldest first."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        found = list_reviews(connection, settled=settled)
        cases = readable(asks, connection, found)
        after = part.texts
        if after is not None:
            cases = [one for one in cases if [f"{one.opened_at:020}", one.id] > after]
        rows = cases[: part.limit + 1]
        names = registered_names(connection, "volunteer", {one.volunteer for one in rows})
    policy = recorder.policy
    return part.page(
        rows,
        lambda one: _shown(one, policy, names),
        lambda one: [f"{one.opened_at:020}", one.id],
    )


@router.get("/{review}")
def review(asks: Asks, ident: Ident) -> ReviewWhole:
    """All about one case."""
    recorder = asks.serving.reader
    policy = recorder.policy
    with recorder.database.read() as connection:
        case = _case(connection, ident)
        asks.require(connection, Permission.READ, at=of_volunteer(case.volunteer))
        names = registered_names(connection, "volunteer", [case.volunteer])
        beside = [
            _shown(one, policy, names)
            for one in reviews_of(connection, case.volunteer)
            if one.visit == case.visit and one.id != ident
        ]
    return ReviewWhole(**_shown(case, policy, names).model_dump(), beside=beside)


@router.post("/{review}")
def settle(asks: Asks, ident: Ident, said: Decided) -> ReviewWhole:
    """Decide it; a later decision corrects an earlier one."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        case = _case(connection, ident)
        by = asks.require(connection, Permission.REVIEW, at=of_volunteer(case.volunteer))
    receipt = decide(recorder, [case], said.decision, said.reason, by, recorder.now())
    if receipt.rejects:
        raise Problem(Kind.NOT_POSSIBLE, receipt.rejects[0].detail)
    policy = recorder.policy
    with recorder.database.read() as connection:
        now = _case(connection, ident)
        names = registered_names(connection, "volunteer", [now.volunteer])
    return ReviewWhole(**_shown(now, policy, names).model_dump(), beside=[])


def _case(connection: Connection, ident: str) -> Case:
    try:
        return find_review(connection, ident)
    except LedgerError:
        raise not_found(f"there is no review {ident}") from None


def _shown(case: Case, policy: PolicyText, names: dict[str, str]) -> ReviewShown:
    keys = policy.plan.clauses_of(f"safeguards.{case.rule}")
    clauses = [one for one in map(policy.clause, keys) if one]
    name = names.get(case.volunteer, "")
    return ReviewShown(**to_json(case, policy), name=name, clauses=clauses)
