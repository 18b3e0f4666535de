"""Which teams are there, who is in them, and which are missing?"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, func, select

from ledger.centre.places.checks import NAMES, Finding
from ledger.centre.places.tree import closed_on, places_of
from ledger.centre.teams.kinds import team_kinds
from ledger.centre.teams.membership import Spell
from ledger.clock import SECOND, to_micros
from ledger.errors import Fault, UnfitError
from ledger.finding import means
from ledger.policy.dates import Clock
from ledger.statistics.areas import lying_there
from ledger.store import bulk
from ledger.store.spells import held_at
from ledger.store.tables import membership, registry

TEAMS = {"sub-centre": 5, "station": 3}
"""Teams that such a place has at least."""

_GENERAL = "general"


class TeamShown(NamedTuple):
    """A registered team; `kind` "" if nobody has said; `dissolved_at` (µs) None: it is there."""

    team: str
    name: str
    kind: str
    place: str
    managers: tuple[str, ...]
    members: int
    dissolved_at: int | None

    def stands_at(self, at: int) -> bool:
        """It is not dissolved at an instant (µs)."""
        return self.dissolved_at is None or self.dissolved_at > at


class Member(NamedTuple):
    """Somebody in a team, in a `role` since an instant (µs)."""

    volunteer: str
    role: str
    since: int


def teams(
    connection: Connection,
    at: int,
    area: str = "",
    *,
    text: str = "",
    kind: str = "",
    after: str = "",
    limit: int | None = None,
) -> list[TeamShown]:
    """Those at the places of an area, by id, with how many are in them at an instant (µs).

    Without those that were dissolved by then. `text`: part of the name, or how the id begins.
    """
    found = [
        one
        for one in lying_there(connection, _registered(connection, registry.c.id > after), area)
        if one.stands_at(at) and kind in ("", one.kind) and means(text, one.team, one.name)
    ][:limit]
    sizes = _sizes(connection, at, None if limit is None else [one.team for one in found])
    return [one._replace(members=sizes.get(one.team, 0)) for one in found]


def ids_of_teams(connection: Connection, area: str) -> list[str]:
    """The teams at the places of an area, by id."""
    return [one.team for one in lying_there(connection, _registered(connection), area)]


def find_team(connection: Connection, team: str, at: int) -> TeamShown:
    """Raises UnfitError if there is none of that id."""
    found = next(_registered(connection, registry.c.id == team), None)
    if found is None:
        said = f"there is no team {team}: `vledger teams` lists them"
        raise UnfitError(Fault("team", f"没有编号为 {team} 的队伍", said))
    return found._replace(members=len(members(connection, team, at)))


def members(connection: Connection, team: str, at: int) -> list[Member]:
    """Who is in a team at an instant (µs), by id."""
    column = membership.c
    query = (
        select(membership)
        .where(column.team == team, held_at(membership, at))
        .order_by(column.volunteer)
    )
    return [Member(row.volunteer, row.role, row.since) for row in connection.execute(query)]


def spells_in(connection: Connection, team: str) -> list[Spell]:
    """All times that anybody was in a team, the latest first."""
    column = membership.c
    query = select(membership).where(column.team == team)
    rows = connection.execute(query.order_by(column.since.desc(), column.volunteer))
    return [Spell._make(row) for row in rows]


def spells_of(connection: Connection, volunteer: str) -> list[Spell]:
    """All times of a volunteer in teams, the latest first."""
    column = membership.c
    query = select(membership).where(column.volunteer == volunteer)
    rows = connection.execute(query.order_by(column.since.desc(), column.team))
    return [Spell._make(row) for row in rows]


def check(connection: Connection, day: date, clock: Clock, area: str = "") -> list[Finding]:
    """Which teams are missing at the places of an area on a day, and what is wrong with teams."""
    end = clock.start(day + timedelta(days=1)) * SECOND
    closed = closed_on(connection, day)
    places = places_of(connection, day, clock, area, closed)
    listed = teams(connection, end, area)
    by_place: Mapping[str, int] = Counter(one.place for one in listed)
    found = [
        Finding(
            one.team,
            "error",
            f"kind {one.kind}: there is no such kind of team",
            f"没有“{one.kind}”这一类队伍",
        )
        for one in listed
        if one.kind and one.kind not in team_kinds()
    ]
    for ident, place in places.items():
        if ident in closed:
            continue
        least, has = TEAMS.get(place.kind, 0), by_place.get(ident, 0)
        if has < least:
            said = (
                f"{has} teams 志愿服务队; a {place.kind} {NAMES[place.kind]} has at least {least}"
            )
            found.append(
                Finding(ident, "warning", said, f"志愿服务队 {has} 支，至少应有 {least} 支")
            )
        if place.kind == "centre":
            kinds = {one.kind for one in listed if one.place == ident}
            if _GENERAL not in kinds:
                said = "no general team 志愿服务总队"
                found.append(Finding(ident, "warning", said, "没有志愿服务总队"))
            missing = [one for one in team_kinds().values() if one.named and one.key not in kinds]
            if missing:
                said = f"no team of {', '.join(f'{one.key} {one.title}' for one in missing)}"
                titles = "、".join(one.title for one in missing)
                found.append(Finding(ident, "warning", said, f"还没有的队伍：{titles}"))
    return found


def _registered(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[TeamShown]:
    query = select(registry.c.id, registry.c.data).where(registry.c.kind == "team", *conditions)
    for ident, data in connection.execute(query.order_by(registry.c.id)):
        said = orjson.loads(data)
        managers = tuple(said.get("managers", ()))
        kind, place = said.get("kind") or "", said.get("place") or ""
        over = said.get("dissolved_at")
        dissolved = to_micros(datetime.fromisoformat(over)) if over else None
        yield TeamShown(ident, said["name"], kind, place, managers, 0, dissolved)


def _sizes(connection: Connection, at: int, some: Collection[str] | None) -> Mapping[str, int]:
    """How many are in a team, of `some` or all, at an instant (µs)."""
    column = membership.c
    query = select(column.team, func.count()).where(held_at(membership, at)).group_by(column.team)
    if some is not None:
        query = query.where(bulk.among(connection, column.team, some))
    return {team: int(many) for team, many in connection.execute(query)}
