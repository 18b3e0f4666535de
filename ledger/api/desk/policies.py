"""Which policies are in force, is a draft right, and what would it do? `/v1/policies`."""

import difflib
from datetime import date
from decimal import Decimal
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from ledger import proposals as proposing
from ledger.access import Permission
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.clock import SECOND
from ledger.extras import extra
from ledger.policy import check as check_policy
from ledger.rulebook import Edition, Rulebook, parse
from schemas.catalogue import UnsignedAmount

router = APIRouter(prefix="/v1/policies", tags=["desk"])

LONGEST = 500_000
"""Characters of a policy, at most."""

State = Literal["past", "in-force", "to-come"]
Digest = Annotated[str, Path(min_length=1, max_length=64)]


class PolicyListed(BaseModel):
    """An adopted policy; `state`: past, in-force or to-come. `version` names this very text."""

    version: str
    policy: str
    title: str
    effective_from: str
    until: str | None
    state: State


class PolicyWhole(PolicyListed):
    """With its text."""

    text: str


class Draft(BaseModel):
    """A policy that nobody has adopted (YAML)."""

    text: str = Field(max_length=LONGEST)


class Finding(BaseModel):
    """What is wrong or open, where (lines and columns from 1), and what to write instead."""

    line: int
    column: int
    severity: str
    message: str
    advice: str


class Checked(BaseModel):
    """`ok`: there is no error, though there may be remarks."""

    ok: bool
    findings: list[Finding]


class Compared(BaseModel):
    """Two texts: each a version, or a draft."""

    old: str = Field(max_length=LONGEST, description="A version, or a whole text")
    new: str = Field(max_length=LONGEST, description="A version, or a whole text")


class Line(BaseModel):
    """A line that is the same, was taken out (`-`) or put in (`+`); `…` stands for what is left."""

    kind: Literal["same", "out", "in", "gap"]
    old: int | None
    new: int | None
    text: str


class Difference(BaseModel):
    """The lines that differ, with three around them."""

    lines: list[Line]


class Simulated(Draft):
    """A draft, and what a point costs the fund in yuan, if it matters."""

    point_value: UnsignedAmount | None = None


class Proposed(Draft):
    """A policy to be approved by another person, and from which day it is to be in force."""

    effective_from: date
    note: str = Field("", max_length=500)


class ProposalShown(BaseModel):
    """`state`: open, approved or withdrawn."""

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


@router.get("")
def policies(asks: Asks) -> Page[PolicyListed]:
    """All editions, the first in force first."""
    return Page(items=[listed for _, listed in _editions(asks)])


@router.get("/proposals")
def proposals(asks: Asks) -> Page[ProposalShown]:
    """What was proposed, the oldest first."""
    _may(asks, Permission.READ)
    with asks.serving.reader.database.read() as connection:
        found = proposing.proposals(connection)
    return Page(items=[ProposalShown(**one.to_json()) for one in found])


@router.post("/proposals", status_code=201)
def propose(asks: Asks, asked: Proposed) -> ProposalShown:
    """Propose a policy, which another person then approves or withdraws."""
    by = _adopting(asks)
    policy = parse(asked.text, "policy.yaml")
    recorder = asks.serving.recorder
    made = proposing.propose(recorder, policy, asked.effective_from, by, asked.note)
    return ProposalShown(**made.to_json())


@router.post("/proposals/{proposal}/approve")
def approve(asks: Asks, proposal: Digest) -> ProposalShown:
    """Put it in force; refused to the person who proposed it. Safe to repeat."""
    by = _adopting(asks, proposal)
    try:
        done = proposing.approve(asks.serving.recorder, proposal, by)
    except proposing.SamePersonError as error:
        raise Problem(Kind.REFUSED, str(error)) from None
    return ProposalShown(**done.to_json())


@router.post("/proposals/{proposal}/withdraw")
def withdraw(asks: Asks, proposal: Digest) -> ProposalShown:
    """Nobody can approve it any more."""
    by = _adopting(asks, proposal)
    return ProposalShown(**proposing.withdraw(asks.serving.recorder, proposal, by).to_json())


def _adopting(asks: Caller, proposal: str = "") -> str:
    """Who does it. Raises RefusedError, or Problem if there is no such proposal."""
    with asks.serving.recorder.database.read() as connection:
        by = asks.require(connection, Permission.ADOPT)
        if proposal:
            try:
                proposing.find_proposal(connection, proposal)
            except proposing.UnknownProposalError:
                raise not_found(f"there is no proposal {proposal}") from None
    return by


@router.get("/{version}")
def policy(asks: Asks, version: Digest) -> PolicyWhole:
    """One edition, with its text."""
    for edition, listed in _editions(asks):
        if edition.policy.digest == version:
            return PolicyWhole(**listed.model_dump(), text=edition.policy.text)
    raise not_found(f"there is no policy {version}")


@router.post("/check")
def check(asks: Asks, draft: Draft) -> Checked:
    """What is wrong with a draft, line by line."""
    _may(asks, Permission.READ, Permission.SIMULATE)
    found = check_policy(draft.text, "policy.yaml")
    return Checked(
        ok=all(one.severity != "error" for one in found),
        findings=[
            Finding(
                line=one.line,
                column=one.column,
                severity=one.severity,
                message=one.message,
                advice=one.advice,
            )
            for one in found
        ],
    )


@router.post("/diff")
def diff(asks: Asks, two: Compared) -> Difference:
    """Where two texts differ."""
    known = {edition.policy.digest: edition.policy.text for edition, _ in _editions(asks)}
    old, new = (known.get(one, one).splitlines() for one in (two.old, two.new))
    return Difference(lines=_lines(old, new))


@router.post("/simulate")
def simulate(asks: Asks, draft: Simulated) -> dict[str, Any]:
    """What the draft would do on the real history, beside today's; the ledger is only read."""
    _may(asks, Permission.SIMULATE)
    simulation = extra("ledger.simulation", "simulation", "simulate")
    rules = Rulebook.of(parse(draft.text, "policy.yaml"))
    reader = asks.serving.reader
    if not _SIMULATING.acquire(blocking=False):
        raise Problem(Kind.RATE, "a simulation is running", headers={"Retry-After": "10"})
    try:
        result = simulation.simulate(reader.database.url, reader.rules, rules, lambda *_: None)
    finally:
        _SIMULATING.release()
    value = None if draft.point_value is None else Decimal(draft.point_value)
    told: dict[str, Any] = result.to_json(value)
    return told


_SIMULATING = BoundedSemaphore(1)
"""One at a time: it takes all processors."""


def _may(asks: Caller, *permissions: Permission) -> None:
    with asks.serving.reader.database.read() as connection:
        if not any(asks.may_anywhere(one) for one in permissions):
            asks.require(connection, *permissions)


def _editions(asks: Caller) -> list[tuple[Edition, PolicyListed]]:
    """What was adopted, the first in force first, for whoever may read."""
    _may(asks, Permission.READ)
    recorder = asks.serving.reader
    rules = recorder.rules
    today = rules.at(recorder.now() // SECOND)
    found: list[tuple[Edition, PolicyListed]] = []
    state: State = "past"
    for one, after in zip(rules.editions, [*rules.editions[1:], None], strict=True):
        if one.policy is today:
            state = "in-force"
        elif state == "in-force":
            state = "to-come"
        listed = PolicyListed(
            version=one.policy.digest,
            policy=one.policy.id,
            title=one.policy.title,
            effective_from=one.day.isoformat(),
            until=None if after is None else after.day.isoformat(),
            state=state,
        )
        found.append((one, listed))
    return found


def _lines(old: list[str], new: list[str]) -> list[Line]:
    found: list[Line] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3):
        if found or group[0][1]:
            found.append(Line(kind="gap", old=None, new=None, text=""))
        for tag, a, b, c, d in group:
            if tag == "equal":
                for at, text in enumerate(old[a:b]):
                    found.append(Line(kind="same", old=a + at + 1, new=c + at + 1, text=text))
                continue
            for at, text in enumerate(old[a:b]):
                found.append(Line(kind="out", old=a + at + 1, new=None, text=text))
            for at, text in enumerate(new[c:d]):
                found.append(Line(kind="in", old=None, new=c + at + 1, text=text))
    return found
