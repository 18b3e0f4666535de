"""How is a role granted and withdrawn? By events of the ledger's own, which nobody can send in.

Two pairs of eyes: nobody grants to themselves, and an administrator grants only at their own place
and below it. Who owns the database makes the first administrator (`giver` None).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from ledger.access.rights import EVERYWHERE, Grant, Scope, Where, Who, allowing
from ledger.access.roles import Permission, role
from ledger.clock import from_micros, to_micros
from ledger.core.own_events import SOURCE
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import access
from ledger.store.unit_of_work import UnitOfWork
from schemas.own import RoleGrant, RoleGranted, RoleWithdrawal, RoleWithdrawn

NO_POLICY = "this ledger has no policy yet: run `vledger init` first"


@dataclass(frozen=True, slots=True)
class Giver:
    """Who grants or withdraws: a person, or (`who` None) whoever owns the database."""

    name: str
    who: Who | None = None


def grant(
    recorder: Recorder,
    to: Who,
    role_name: str,
    scope: Scope,
    giver: Giver,
    *,
    name: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> str:
    """Grant a role; the grant's number. Raises LedgerError if `giver` may not.

    `since` None means from now on.
    """
    given = role(role_name)
    if (scope.kind == "volunteer") != (Permission.OWN in given.permissions):
        raise LedgerError(
            f"{given.name}: one's own data (--volunteer) goes with the role volunteer alone"
        )
    if scope.kind == "merchant" and Permission.REDEEM not in given.permissions:
        raise LedgerError(f"{given.name} is granted at a place, not at a shop")
    if not giver.name.strip():
        raise LedgerError("say who grants it: --by")
    made: list[str] = []

    def find(unit: UnitOfWork, _rules: Rulebook, now: int) -> Sequence[RoleGranted]:
        made.clear()
        access.hold_alone(unit.connection)
        begins = from_micros(now, UTC) if since is None else since
        if until is not None and until <= begins:
            raise LedgerError("--until is not after the beginning: it would never be in force")
        if until is not None and to_micros(until) <= now:
            raise LedgerError("--until is past: it would never be in force")
        _may_give(unit.connection, giver, to, scope, now)
        number = f"G{access.count(unit.connection) + 1:06}"
        made.append(number)
        said = RoleGrant(
            issuer=to.issuer,
            person=to.subject,
            name=name,
            role=given.name,
            scope=scope.kind,
            of=scope.of,
            since=begins,
            until=until,
            by=giver.name,
        )
        return [
            RoleGranted(
                specversion="1.0",
                id=f"access/{number}",
                source=SOURCE,
                time=from_micros(now, UTC),
                subject=number,
                data=said,
            )
        ]

    recorder.record_own(find)
    if not made:
        raise LedgerError(NO_POLICY)
    return made[0]


def withdraw(recorder: Recorder, number: str, giver: Giver, reason: str) -> Grant:
    """Withdraw a grant, from now on; what it was. Raises LedgerError if `giver` may not."""
    if not giver.name.strip():
        raise LedgerError("say who withdraws it: --by")
    found: list[Grant] = []

    def find(unit: UnitOfWork, _rules: Rulebook, now: int) -> Sequence[RoleWithdrawn]:
        found.clear()
        access.hold_alone(unit.connection)
        known = access.find(unit.connection, number)
        if known.withdrawn_at is not None:
            raise LedgerError(f"{number} was withdrawn before, by {known.withdrawn_by}")
        if giver.who is not None and giver.who != known.who:  # one may give up one's own
            _may_at(unit.connection, giver.who, known.scope, now)
        found.append(known)
        return [
            RoleWithdrawn(
                specversion="1.0",
                id=f"access/{number}/withdrawn",
                source=SOURCE,
                time=from_micros(now, UTC),
                subject=number,
                data=RoleWithdrawal(by=giver.name, reason=reason),
            )
        ]

    recorder.record_own(find)
    if not found:
        raise LedgerError(NO_POLICY)
    return found[0]


def where_of(connection: Connection, scope: Scope) -> Where:
    """Where a scope lies: who grants it has to be an administrator there."""
    match scope.kind:
        case "place":
            return access.at_place(connection, scope.of)
        case "merchant":
            return access.of_merchant(connection, scope.of)
        case "volunteer":
            return access.of_volunteer(connection, scope.of)


def _may_give(connection: Connection, giver: Giver, to: Who, scope: Scope, now: int) -> None:
    if giver.who is None:
        return
    if giver.who == to:
        raise LedgerError("nobody grants a role to themselves: ask another administrator")
    _may_at(connection, giver.who, scope, now)


def _may_at(connection: Connection, who: Who, scope: Scope, now: int) -> None:
    held = access.grants_of(connection, who)
    if allowing(held, Permission.GRANT, where_of(connection, scope), now) is None:
        there = "everywhere" if scope.of == EVERYWHERE else f"for {scope}"
        raise LedgerError(f"{who} is no administrator {there}")
