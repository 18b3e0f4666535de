"""From when to when does a volunteer belong to which team?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.membership import MembershipJoined, MembershipLeft, VolunteerLeft
from schemas.registry import VolunteerRegistered


class Spell(NamedTuple):
    """A time in a team, in the order of its table's columns; µs, `until` None: still."""

    volunteer: str
    team: str
    since: int
    until: int | None
    role: str


def spells(volunteer: str, dossier: Sequence[Told]) -> Iterable[Spell]:
    """All times in teams. Whoever joins twice has joined once, with the later role from then on.

    Being registered with a team is joining it, and being registered with another one is leaving
    it, but not a repetition of what was registered before. Whoever is registered no longer is in
    no team.
    """
    times = _Times(volunteer)
    registered = ""
    for at, _, _, event in dossier:
        match event:
            case MembershipJoined(data=joined):
                times.begin(joined.team, at, joined.role)
            case MembershipLeft(data=left):
                times.end(left.team, at)
            case VolunteerRegistered(data=said) if (said.team or "") != registered:
                if registered:
                    times.end(registered, at)
                registered = said.team or ""
                if registered and registered not in times.now:
                    times.begin(registered, at, "member")
            case VolunteerLeft():
                for team in list(times.now):
                    times.end(team, at)
                registered = ""
    found = [*times.over, *times.now.values()]
    return [one for one in found if one.until is None or one.until > one.since]


class _Times:
    """Times that are over, and those that are not, by team."""

    def __init__(self, volunteer: str) -> None:
        self._volunteer = volunteer
        self.now: dict[str, Spell] = {}
        self.over: list[Spell] = []

    def begin(self, team: str, at: int, role: str) -> None:
        was = self.now.get(team)
        if was is not None and was.role == role:
            return
        self.end(team, at)
        self.now[team] = Spell(self._volunteer, team, at, None, role)

    def end(self, team: str, at: int) -> None:
        was = self.now.pop(team, None)
        if was is not None:
            self.over.append(was._replace(until=at))
