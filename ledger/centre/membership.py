"""From when to when does a volunteer belong to which team?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.membership import MembershipJoined, MembershipLeft


class Spell(NamedTuple):
    """A time in a team, in the order of its table's columns; µs, `until` None: still."""

    volunteer: str
    team: str
    since: int
    until: int | None
    role: str


def spells(volunteer: str, dossier: Sequence[Told]) -> Iterable[Spell]:
    """All times in teams. Whoever joins twice has joined once, with the later role from then on."""
    open_: dict[str, Spell] = {}
    closed: list[Spell] = []
    for at, _, _, event in dossier:
        match event:
            case MembershipJoined(data=data):
                was = open_.get(data.team)
                if was is not None and was.role == data.role:
                    continue
                if was is not None:
                    closed.append(was._replace(until=at))
                open_[data.team] = Spell(volunteer, data.team, at, None, data.role)
            case MembershipLeft(data=data):
                was = open_.pop(data.team, None)
                if was is not None:
                    closed.append(was._replace(until=at))
    found = [*closed, *open_.values()]
    return [one for one in found if one.until is None or one.until > one.since]
