"""What was a team called, where did it belong, and was it there, from when to when?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told, times


class TeamKnown(NamedTuple):
    """How a team was registered, in the order of its table's columns; µs, `until` None: still."""

    team: str
    since: int
    until: int | None
    name: str
    kind: str
    place: str
    dissolved: int


def teams_known(team: str, dossier: Sequence[Told]) -> Iterable[TeamKnown]:
    """Each registration holds until the next one that says something else."""
    said = (
        (at, (data.name, data.kind or "", data.place or "", int(data.dissolved)))
        for at, data in ((told.at, told.event.data) for told in dossier)
    )
    return [TeamKnown(team, since, until, *about) for since, until, about in times(said)]
