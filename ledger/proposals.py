"""A policy that one person proposes and another one puts in force."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from ledger.clock import CHINA, from_micros
from ledger.core.rulebook import ALWAYS, PolicyText, parse
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import bulk
from ledger.store.tables import policy_proposal


class SamePersonError(LedgerError):
    """Who proposed it may not approve it."""


class UnknownProposalError(LedgerError):
    """There is no proposal with that id."""


class Proposal(NamedTuple):
    """In the order of its table's columns; `state`: open, approved or withdrawn. Times are µs.

    `simulation`: the JSON of the last simulation of this very text, if there was one.
    """

    id: str
    policy: str
    digest: str
    content: str
    effective_from: str
    proposed_by: str
    proposed_at: int
    note: str
    state: str = "open"
    decided_by: str = ""
    decided_at: int | None = None
    simulation: str | None = None

    def is_by(self, person: str) -> bool:
        """Whether that person proposed it, who then may not approve it."""
        return self.proposed_by.casefold() == person.strip().casefold()

    def to_json(self) -> dict[str, Any]:
        """Without the text and the simulation; times as in China."""
        left_out = ("content", "simulation")
        told = {key: value for key, value in self._asdict().items() if key not in left_out}
        for key in ("proposed_at", "decided_at"):
            at = told[key]
            told[key] = None if at is None else from_micros(at, CHINA).isoformat()
        return told


def propose(
    recorder: Recorder,
    policy: PolicyText,
    effective_from: date,
    by: str,
    note: str = "",
    simulation: str | None = None,
) -> Proposal:
    """Keep a policy until somebody else approves it, with what a simulation said, as JSON.

    Raises LedgerError.
    """
    if effective_from < ALWAYS:
        raise LedgerError(f"{effective_from}: no event is before {ALWAYS}")
    made = Proposal(
        id=secrets.token_hex(6),
        policy=policy.id,
        digest=policy.digest,
        content=policy.text,
        effective_from=effective_from.isoformat(),
        proposed_by=by.strip(),
        proposed_at=recorder.now(),
        note=note,
        simulation=simulation,
    )
    with recorder.database.write() as connection:
        bulk.insert(connection, policy_proposal, [made])
    return made


def proposals(connection: Connection) -> list[Proposal]:
    """All, the oldest first."""
    query = select(policy_proposal).order_by(policy_proposal.c.proposed_at, policy_proposal.c.id)
    return [Proposal(*row) for row in connection.execute(query)]


def find_proposal(connection: Connection, ident: str) -> Proposal:
    """Raises UnknownProposalError if there is none."""
    query = select(policy_proposal).where(policy_proposal.c.id == ident)
    row = connection.execute(query).first()
    if row is None:
        raise UnknownProposalError(
            f"there is no proposal {ident}: `vledger policy proposals` lists them"
        )
    return Proposal(*row)


def approve(recorder: Recorder, ident: str, by: str) -> Proposal:
    """Adopt it, in one transaction; what is approved already stays as it is.

    Raises SamePersonError if it is the person who proposed, LedgerError if it was withdrawn.
    """
    found = _find(recorder, ident)
    if found.is_by(by):
        raise SamePersonError(f"{by} proposed {ident}: another person has to approve it")
    if found.state == "approved":
        return found
    policy = parse(found.content, f"proposal {ident}")
    day = date.fromisoformat(found.effective_from)
    decided = _decided(ident, "approved", by, recorder.now())
    try:
        recorder.adopt(policy, day, by, found.note, also=decided)
    except LedgerError:
        now = _find(recorder, ident)
        if now.state != "approved":
            raise
        return now  # somebody else was quicker
    return _find(recorder, ident)


def withdraw(recorder: Recorder, ident: str, by: str) -> Proposal:
    """Nobody can approve it any more. Raises LedgerError if it is not open."""
    with recorder.database.write() as connection:
        find_proposal(connection, ident)
        _decided(ident, "withdrawn", by, recorder.now())(connection)
        return find_proposal(connection, ident)


def keep_simulation(connection: Connection, digest: str, simulation: str) -> None:
    """Keep what a simulation says of a text beside its proposals that are open."""
    connection.execute(
        update(policy_proposal)
        .where(policy_proposal.c.digest == digest, policy_proposal.c.state == "open")
        .values(simulation=simulation)
    )


def _find(recorder: Recorder, ident: str) -> Proposal:
    with recorder.database.read() as connection:
        return find_proposal(connection, ident)


def _decided(ident: str, state: str, by: str, now: int) -> Callable[[Connection], None]:
    def note(connection: Connection) -> None:
        changed = connection.execute(
            update(policy_proposal)
            .where(policy_proposal.c.id == ident, policy_proposal.c.state == "open")
            .values(state=state, decided_by=by.strip(), decided_at=now)
        )
        if not changed.rowcount:
            raise LedgerError(f"proposal {ident} is not open any more")

    return note
