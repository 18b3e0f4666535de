"""Which policies are in force, is a draft right, and what would it do? `/v1/policies`."""

import difflib
from decimal import Decimal
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.clock import SECOND
from ledger.core.rulebook import Edition, Rulebook, parse
from ledger.errors import LedgerError
from ledger.extras import extra
from ledger.policy import check as check_policy
from ledger.policy.difference import differences
from ledger.proposals import keep_simulation
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


class Changed(BaseModel):
    """A parameter or rule that differs, by its path; `clauses` are those of the rule around it."""

    kind: Literal["added", "removed", "changed"]
    path: str
    old: Any
    new: Any
    clauses: list[str]


class Difference(BaseModel):
    """The lines that differ, with three around them, and what that changes of the rules.

    `changes` null: one of the two is no policy (yet), so that only its lines can be compared.
    """

    lines: list[Line]
    changes: list[Changed] | None


class Simulated(Draft):
    """A draft, and what a point costs the fund in yuan, if it matters."""

    point_value: UnsignedAmount | None = None


@router.get("")
def policies(asks: Asks) -> Page[PolicyListed]:
    """All editions, the first in force first."""
    return Page(items=[listed for _, listed in _editions(asks)])


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
    may_anywhere(asks, Permission.READ, Permission.SIMULATE)
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
    """Where two texts differ, and which parameters and rules that changes."""
    known = {edition.policy.digest: edition.policy.text for edition, _ in _editions(asks)}
    old, new = (known.get(one, one) for one in (two.old, two.new))
    return Difference(lines=_lines(old.splitlines(), new.splitlines()), changes=_changes(old, new))


@router.post("/simulate")
def simulate(asks: Asks, draft: Simulated) -> dict[str, Any]:
    """What the draft would do on the real history, beside today's; the ledger is only read."""
    may_anywhere(asks, Permission.SIMULATE)
    simulation = extra("ledger.simulation", "simulation", "simulate")
    policy = parse(draft.text, "policy.yaml")
    here, reader = asks.serving, asks.serving.reader
    value = None if draft.point_value is None else Decimal(draft.point_value)
    if not _SIMULATING.acquire(blocking=False):
        raise Problem(Kind.RATE, "a simulation is running", headers={"Retry-After": "10"})
    try:
        told: dict[str, Any] = simulation.simulate_apart(
            reader.database.url, reader.rules, Rulebook.of(policy), value
        )
    finally:
        _SIMULATING.release()
    kept = orjson.dumps(told).decode()
    here.simulated.keep(policy.digest, kept)
    with here.recorder.database.write() as connection:
        keep_simulation(connection, policy.digest, kept)
    return told


_SIMULATING = BoundedSemaphore(1)
"""One at a time: it takes all processors."""


def may_anywhere(asks: Caller, *permissions: Permission) -> None:
    """Raises RefusedError unless they hold one of these somewhere."""
    with asks.serving.reader.database.read() as connection:
        if not any(asks.may_anywhere(one) for one in permissions):
            asks.require(connection, *permissions)


def _editions(asks: Caller) -> list[tuple[Edition, PolicyListed]]:
    """What was adopted, the first in force first, for whoever may read."""
    may_anywhere(asks, Permission.READ)
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


def _changes(old: str, new: str) -> list[Changed] | None:
    try:
        before, after = (parse(one, "policy.yaml").plan.doc for one in (old, new))
    except LedgerError:
        return None
    return [
        Changed(kind=one.kind, path=one.path, old=one.old, new=one.new, clauses=list(one.clauses))
        for one in differences(before, after)
    ]


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
