"""What has a place or a team planned for a year or a month?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.activities import PlanMade


class Planned(NamedTuple):
    """An item of a plan, in the order of its table's columns; 0: no fixed day."""

    whose: str
    of: str
    period: str
    number: int
    title: str
    category: str
    kind: str
    times: int
    weekday: int
    monthday: int


def planned(whose: str, dossier: Sequence[Told]) -> Iterable[Planned]:
    """Of each period the latest plan."""
    latest = {
        (told.event.data.of, told.event.data.period): told.event.data.items
        for told in dossier
        if isinstance(told.event, PlanMade)
    }
    return [
        Planned(
            whose,
            of,
            period,
            number,
            item.title,
            item.category,
            item.kind or "",
            item.times,
            item.weekday or 0,
            item.monthday or 0,
        )
        for (of, period), items in latest.items()
        for number, item in enumerate(items, 1)
    ]
