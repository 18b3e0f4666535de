"""From when to when is somebody a registered volunteer, where, and with which skills?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.membership import VolunteerLeft
from schemas.registry import Volunteer, VolunteerRegistered


class Registration(NamedTuple):
    """A time as a registered volunteer of a place, in the order of its table's columns; µs.

    `until` None: still. `reason` is why they left; "" also if they are only registered otherwise.
    """

    volunteer: str
    since: int
    until: int | None
    place: str
    team: str
    party_unit: str
    gone: int
    reason: str


class Skill(NamedTuple):
    """特长 of somebody who is registered."""

    volunteer: str
    skill: str


def registrations(volunteer: str, dossier: Sequence[Told]) -> Iterable[Registration]:
    """Registered from the first registration on, until they leave; and again after the next."""
    found: list[Registration] = []
    for at, _, _, event in dossier:
        now = found[-1] if found and found[-1].until is None else None
        match event:
            case VolunteerRegistered(data=said):
                new = Registration(
                    volunteer,
                    at,
                    None,
                    said.place or "",
                    said.team or "",
                    said.party_unit or "",
                    0,
                    "",
                )
                if now is None:
                    found.append(new)
                elif now[3:] != new[3:]:
                    found[-1:] = [now._replace(until=at), new]
            case VolunteerLeft(data=gone) if now is not None:
                found[-1] = now._replace(until=at, gone=1, reason=gone.reason)
    return [one for one in found if one.until is None or one.until > one.since]


def skills(volunteer: str, dossier: Sequence[Told]) -> Iterable[Skill]:
    """What the newest registration says; nothing of somebody who has left."""
    newest: Volunteer | None = None
    for told in dossier:
        match told.event:
            case VolunteerRegistered(data=said):
                newest = said
            case VolunteerLeft():
                newest = None
    return [] if newest is None else [Skill(volunteer, one) for one in sorted(set(newest.skills))]
