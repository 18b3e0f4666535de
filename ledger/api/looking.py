"""How does a route look at volunteers' data? As who may read it, by the policy of now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from fastapi import Path
from sqlalchemy import Connection

from ledger.access import Permission, Where, allowing
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.problems import not_found
from ledger.api.who import Caller
from ledger.clock import SECOND, from_micros
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.store import access
from ledger.volunteers.queries import VolunteerSummary, newcomer, summary

Id = Annotated[str, Path(alias="volunteer", min_length=1, max_length=64)]


class OfVolunteer(Protocol):
    """Something about one volunteer."""

    @property
    def volunteer(self) -> str: ...


Item = TypeVar("Item", bound=OfVolunteer)


@dataclass(frozen=True, slots=True)
class Look:
    """One volunteer's data, as one reader may see it now. `own`: it is their own."""

    connection: Connection
    rules: Rulebook
    now: int
    policy: PolicyText
    volunteer: str
    own: bool

    def standing(self) -> VolunteerSummary:
        """Hours, star and points now. Raises Problem if the ledger has never seen them.

        Whoever asks for their own is there, though nothing of them was recorded yet.
        """
        found = summary(self.connection, self.rules, self.volunteer, self.now)
        if found is None and self.own:
            return newcomer(self.rules, self.volunteer, self.now)
        return known_one(found, self.volunteer)

    def told(self, micros: int) -> str:
        return from_micros(micros, self.policy.zone).isoformat()

    def amounts(self, units: dict[str, int]) -> dict[str, str]:
        return {name: self.policy.amount(many, name) for name, many in units.items()}


@contextmanager
def looking(asks: Caller, volunteer: str) -> Iterator[Look]:
    """Whoever asks may read this volunteer. Raises RefusedError or Problem."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, Permission.OWN, at=of_volunteer(volunteer))
        rules, now, own = recorder.rules_by(connection), recorder.now(), asks.is_one_of([volunteer])
        yield Look(connection, rules, now, rules.at(now // SECOND), volunteer, own)


def readable(asks: Caller, connection: Connection, found: list[Item]) -> list[Item]:
    """Those of volunteers who belong to where the reader may look. Raises RefusedError."""
    held, now, area = asks.standing, asks.serving.recorder.now(), asks.serving.settings.place
    if allowing(held, Permission.READ, Where((area,)), now):
        return found
    where = {one: access.of_volunteer(connection, one) for one in {c.volunteer for c in found}}
    may = {one for one, at in where.items() if allowing(held, Permission.READ, at, now)}
    if not may and not asks.may_anywhere(Permission.READ):
        asks.require(connection, Permission.READ)
    return [one for one in found if one.volunteer in may]


def known_one(found: VolunteerSummary | None, volunteer: str) -> VolunteerSummary:
    """What was found of the volunteer. Raises Problem if nothing was."""
    if found is None:
        raise not_found(f"there is no volunteer {volunteer} in this ledger")
    return found
