"""How many residents, full-time staff and party members did a place have in a year?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.places import PlaceCounted


class YearOf(NamedTuple):
    """Counts of a year, in the order of its table's columns; None: nobody has said."""

    place: str
    year: int
    residents: int | None
    staff: int | None
    party_members: int | None


def years(place: str, dossier: Sequence[Told]) -> Iterable[YearOf]:
    """Of each year and number the latest word."""
    found: dict[int, YearOf] = {}
    for told in dossier:
        if isinstance(told.event, PlaceCounted):
            said = told.event.data
            was = found.get(said.year, YearOf(place, said.year, None, None, None))
            new = YearOf(place, said.year, said.residents, said.full_time_staff, said.party_members)
            found[said.year] = YearOf(
                place,
                said.year,
                *(old if now is None else now for old, now in zip(was[2:], new[2:], strict=True)),
            )
    return found.values()
