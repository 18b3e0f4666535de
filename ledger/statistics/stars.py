"""How many volunteers have which star in an area, and who are they?

Counted from a narrow table by place and star, so that a county's answer does not depend on how
large the ledger is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, select, tuple_

from ledger.errors import LedgerError
from ledger.policy import Plan
from ledger.statistics.areas import counts, inside, part, part_of
from ledger.store.registered import registered_names
from ledger.store.tables import registration, roster


class StarRow(NamedTuple):
    """Volunteers by level at a place and all below it; `name` is "" for one without registration.

    `stars` are by position on the ladder, 0 for none; `place` is "" for those registered nowhere.
    """

    place: str
    name: str
    stars: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class StarTable:
    """An area's places one level below it, in their order; `names` of the levels by position."""

    area: str
    names: tuple[str, ...]
    rows: tuple[StarRow, ...]

    @property
    def total(self) -> Mapping[int, int]:
        """All rows together."""
        total: dict[int, int] = defaultdict(int)
        for row in self.rows:
            for star, volunteers in row.stars.items():
                total[star] += volunteers
        return dict(sorted(total.items()))

    def to_json(self) -> dict[str, Any]:
        """Levels are named as the policy calls them; "" is none."""

        def named(stars: Mapping[int, int]) -> dict[str, int]:
            return {self.name_of(star): volunteers for star, volunteers in stars.items()}

        return {
            "area": self.area,
            "stars": named(self.total),
            "places": [
                {"place": row.place, "name": row.name, "stars": named(row.stars)}
                for row in self.rows
            ],
        }

    def name_of(self, star: int) -> str:
        """What the policy calls a position; of one that it does not know, its number."""
        return self.names[star] if star < len(self.names) else str(star)


class Starred(NamedTuple):
    """A volunteer with the position on the ladder, and the place of registration."""

    volunteer: str
    place: str
    star: int


def level_names(plan: Plan) -> tuple[str, ...]:
    """The star levels by position, as the policy calls them; "" is none."""
    levels = plan.levels[plan.star] if plan.star else (None,)
    return tuple("" if one is None else str(one) for one in levels)


def position_of(names: Sequence[str], level: str) -> int:
    """Where a level is among the names of all. Raises LedgerError if it is none of them."""
    if level not in names[1:]:
        raise LedgerError(f"the policy's levels are {', '.join(names[1:]) or 'none'}")
    return names.index(level)


def star_table(connection: Connection, plan: Plan, area: str = "") -> StarTable:
    """Volunteers by star in `area` ("": everywhere), by the places one level below it.

    Whoever is registered no longer is not counted.
    """
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    group = part(roster.c.place, area).label("part")
    counted = select(group, roster.c.star, func.count()).group_by(group, roster.c.star)
    here = inside(connection, roster.c.place, area)
    left = counted.where(here, roster.c.volunteer.in_(_left()))
    for query, sign in ((counted.where(here), 1), (left, -1)):
        for text, star, volunteers in connection.execute(query):
            place = part_of(text, area)
            if counts(place, area):
                found[place][star] += sign * int(volunteers)
    names = registered_names(connection, "place", found)
    rows = (
        StarRow(place, names.get(place, ""), {star: n for star, n in sorted(stars.items()) if n})
        for place, stars in sorted(found.items())
    )
    return StarTable(area, level_names(plan), tuple(rows))


def _left() -> Select[tuple[str]]:
    """Who was registered and is no longer."""
    column, again = registration.c, registration.alias("again")
    stays = exists().where(again.c.volunteer == column.volunteer, again.c.until.is_(None))
    return select(column.volunteer).where(column.gone == 1, ~stays)


def starred(
    connection: Connection, area: str, at_least: int, after: tuple[str, str] | None = None
) -> Iterator[Starred]:
    """Who has this position on the ladder or a higher one, by place and id.

    `after` a place and an id: those that follow.
    """
    query = (
        select(roster)
        .where(inside(connection, roster.c.place, area), roster.c.star >= at_least)
        .order_by(roster.c.place, roster.c.volunteer)
        .execution_options(yield_per=2000)
    )
    if after is not None:
        query = query.where(tuple_(roster.c.place, roster.c.volunteer) > tuple_(*after))
    for row in connection.execute(query):
        if counts(row.place, area):
            yield Starred(row.volunteer, row.place, row.star)
