"""What was a place called, and what did it lie in, from when to when? When was it merged away?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told, times
from schemas.places import PlaceMerged, PlaceReopened
from schemas.registry import Place, PlaceRegistered


class Known(NamedTuple):
    """How a place was registered, in the order of its table's columns; µs, `until` None: still."""

    place: str
    since: int
    until: int | None
    name: str
    kind: str
    parent: str
    community: str
    rooms: int


class Closed(NamedTuple):
    """Days on which a place was no place of its own: from `since` on, before `until` ("": still).

    `into` is where it went, "" for nowhere.
    """

    place: str
    since: str
    until: str
    into: str
    reason: str
    by: str


def names(place: str, dossier: Sequence[Told]) -> Iterable[Known]:
    """Each registration holds until the next one that says something else."""
    said = (
        (told.at, _said(told.event.data))
        for told in dossier
        if isinstance(told.event, PlaceRegistered)
    )
    return [Known(place, since, until, *about) for since, until, about in times(said)]


def _said(data: Place) -> tuple[str, str, str, str, int]:
    functions = len(set(data.functions))
    return data.name, data.kind, data.parent or "", data.community or "", functions


def closings(place: str, dossier: Sequence[Told]) -> Iterable[Closed]:
    """A later merge corrects one that still holds; reopening on or before its day takes it back."""
    done: list[Closed] = []
    now: Closed | None = None
    for _, _, _, event in dossier:
        match event:
            case PlaceMerged(data=said) if said.into != place:
                now = Closed(place, said.on, "", said.into or "", said.reason, said.by)
            case PlaceReopened(data=said) if now is not None:
                if now.since < said.on:
                    done.append(now._replace(until=said.on))
                now = None
    found = done if now is None else [*done, now]
    return {one.since: one for one in found}.values()
