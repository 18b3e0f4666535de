"""What was a team called, where did it belong, and was it there, from when to when?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told, times
from ledger.clock import to_micros
from schemas.registry import Team


class TeamKnown(NamedTuple):
    """How a team was registered, in the order of its table's columns; µs, `until` None: still."""

    team: str
    since: int
    until: int | None
    name: str
    kind: str
    place: str
    dissolved_at: int | None


def teams_known(team: str, dossier: Sequence[Told]) -> Iterable[TeamKnown]:
    """Each registration holds until the next one that says something else."""
    said = ((told.at, _said(told.event.data)) for told in dossier)
    return [TeamKnown(team, since, until, *about) for since, until, about in times(said)]


def _said(data: Team) -> tuple[str, str, str, int | None]:
    over = None if data.dissolved_at is None else to_micros(data.dissolved_at)
    return data.name, data.kind or "", data.place or "", over
