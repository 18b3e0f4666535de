"""May somebody do something somewhere? Pure: grants and a time in, an answer out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

from ledger.access.roles import Permission, roles
from ledger.errors import LedgerError
from ledger.places import is_within

ScopeKind = Literal["place", "merchant", "volunteer"]

EVERYWHERE = "000000000000"
"""The area that all places lie in, whatever they are called."""


class Who(NamedTuple):
    """A person, as an identity provider (`issuer`) names them for ever: by `subject`."""

    issuer: str
    subject: str

    @classmethod
    def read(cls, text: str, issuer: str) -> Self:
        """ISSUER#SUBJECT, or SUBJECT alone at the issuer that is set. Raises LedgerError."""
        before, mark, after = text.rpartition("#")
        found = cls(before if mark else issuer, after)
        if not found.issuer or not found.subject:
            raise LedgerError(
                f"{text!r} names nobody: write ISSUER#SUBJECT, as `vledger access whoami` shows it"
            )
        return found

    def __str__(self) -> str:
        return f"{self.issuer}#{self.subject}"


class Scope(NamedTuple):
    """How far a grant reaches: a place with all below it, a shop, or one volunteer's own data."""

    kind: ScopeKind
    of: str

    def covers(self, where: "Where") -> bool:
        match self.kind:
            case "place":
                return self.of == EVERYWHERE or any(
                    self.of == one or is_within(one, self.of) for one in where.places
                )
            case "merchant":
                return self.of == where.merchant
            case "volunteer":
                return self.of == where.volunteer

    def __str__(self) -> str:
        return self.of if self.kind == "place" else f"{self.kind}:{self.of}"


@dataclass(frozen=True, slots=True)
class Where:
    """What is to be done something with, and at which places: each with those that it lies in."""

    places: tuple[str, ...] = ()
    merchant: str = ""
    volunteer: str = ""

    def __str__(self) -> str:
        about = [f"shop {self.merchant}"] if self.merchant else []
        about += [f"volunteer {self.volunteer}"] if self.volunteer else []
        about += [f"at {self.places[0]}"] if self.places else []
        return " ".join(about) or "at no known place"


class Grant(NamedTuple):
    """A role that somebody was granted; times in µs, `until` None: without an end.

    In the order of the columns of its table.
    """

    id: str
    issuer: str
    subject: str
    name: str
    role: str
    kind: ScopeKind
    of: str
    since: int
    until: int | None
    granted_by: str
    granted_at: int
    withdrawn_at: int | None = None
    withdrawn_by: str = ""
    reason: str = ""

    @property
    def who(self) -> Who:
        return Who(self.issuer, self.subject)

    @property
    def scope(self) -> Scope:
        return Scope(self.kind, self.of)

    def stands(self, at: int) -> bool:
        """It is in force at a time (µs)."""
        ends = [one for one in (self.until, self.withdrawn_at) if one is not None]
        return self.since <= at and all(at < one for one in ends)

    def state(self, at: int) -> str:
        """How it is at a time (µs), for people."""
        if self.withdrawn_at is not None and self.withdrawn_at <= at:
            return "withdrawn 已撤销"
        if at < self.since:
            return "not yet 未生效"
        return "in force 有效" if self.stands(at) else "ended 已到期"


def allowing(
    grants: Iterable[Grant], permission: Permission, where: Where, at: int
) -> Grant | None:
    """The grant that lets its holder do this, of all that they have; None if none does.

    A role that the program doesn't know any more permits nothing.
    """
    for one in grants:
        known = roles().get(one.role)
        if (
            known is not None
            and permission in known.permissions
            and one.stands(at)
            and one.scope.covers(where)
        ):
            return one
    return None
