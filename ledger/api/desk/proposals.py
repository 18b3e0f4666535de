"""Which policy waits for a second person, and what do they say of it? `/v1/policies/proposals`."""

from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from ledger import proposals as proposing
from ledger.access import Permission
from ledger.api.desk.policies import Draft, may_anywhere
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.core.rulebook import parse

router = APIRouter(prefix="/v1/policies/proposals", tags=["desk"])

Ident = Annotated[str, Path(alias="proposal", min_length=1, max_length=64)]


class Proposed(Draft):
    """A policy to be approved by another person, and from which day it is to be in force."""

    effective_from: date
    note: str = Field("", max_length=500)


class ProposalShown(BaseModel):
    """`state`: open, approved or withdrawn; `own`: whoever asks proposed it, so may not approve."""

    id: str
    policy: str
    digest: str
    effective_from: str
    proposed_by: str
    proposed_at: str
    note: str
    state: Literal["open", "approved", "withdrawn"]
    decided_by: str
    decided_at: str | None
    own: bool


class ProposalWhole(ProposalShown):
    """With its text, and what the last simulation of it said, if there was one."""

    text: str
    simulation: dict[str, Any] | None


@router.get("")
def proposals(asks: Asks) -> Page[ProposalShown]:
    """What was proposed, the oldest first."""
    may_anywhere(asks, Permission.READ)
    with asks.serving.reader.database.read() as connection:
        found = proposing.proposals(connection)
    return Page(items=[_shown(asks, one) for one in found])


@router.get("/{proposal}")
def proposal(asks: Asks, ident: Ident) -> ProposalWhole:
    """One of them, with its text."""
    may_anywhere(asks, Permission.READ)
    found = _found(asks, ident)
    simulation = None if found.simulation is None else orjson.loads(found.simulation)
    shown = _shown(asks, found).model_dump()
    return ProposalWhole(**shown, text=found.content, simulation=simulation)


@router.post("", status_code=201)
def propose(asks: Asks, asked: Proposed) -> ProposalShown:
    """Propose a policy, which another person then approves or withdraws."""
    by = _adopting(asks)
    policy = parse(asked.text, "policy.yaml")
    here = asks.serving
    simulation = here.simulated.get(policy.digest)
    made = proposing.propose(
        here.recorder, policy, asked.effective_from, by, asked.note, simulation
    )
    return _shown(asks, made)


@router.post("/{proposal}/approve")
def approve(asks: Asks, ident: Ident) -> ProposalShown:
    """Put it in force; refused to the person who proposed it. Safe to repeat."""
    by = _adopting(asks)
    _found(asks, ident)
    try:
        done = proposing.approve(asks.serving.recorder, ident, by)
    except proposing.SamePersonError as error:
        raise Problem(Kind.REFUSED, str(error)) from None
    return _shown(asks, done)


@router.post("/{proposal}/withdraw")
def withdraw(asks: Asks, ident: Ident) -> ProposalShown:
    """Nobody can approve it any more."""
    by = _adopting(asks)
    _found(asks, ident)
    return _shown(asks, proposing.withdraw(asks.serving.recorder, ident, by))


def _adopting(asks: Caller) -> str:
    """Who does it. Raises RefusedError, or Problem if nobody has logged in."""
    with asks.serving.recorder.database.read() as connection:
        return asks.require(connection, Permission.ADOPT)


def _found(asks: Caller, ident: str) -> proposing.Proposal:
    """Raises Problem if there is no such proposal."""
    with asks.serving.recorder.database.read() as connection:
        try:
            return proposing.find_proposal(connection, ident)
        except proposing.UnknownProposalError:
            raise not_found(f"there is no proposal {ident} 没有这份提案") from None


def _shown(asks: Caller, one: proposing.Proposal) -> ProposalShown:
    return ProposalShown(**one.to_json(), own=one.is_by(str(asks.person)))
