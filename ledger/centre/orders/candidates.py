"""Which teams and volunteers could take an order? Those of its township, and of what lies above."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Table, case, func, select

from ledger.centre.orders.life import OPEN
from ledger.centre.orders.matching import Candidate, Position, Wanted
from ledger.centre.orders.rows import ServiceOrder
from ledger.places import area_of, is_code, prefix
from ledger.statistics.areas import inside
from ledger.store import bulk
from ledger.store.registered import registered_around, registered_names
from ledger.store.tables import (
    membership,
    order_volunteer,
    registration,
    registry,
    service_order,
    skill,
)

SKILLED = 300
"""Volunteers with a skill that is needed who are looked at, at most."""

NEIGHBOURS = 100
"""Others of the very place who are looked at, at most."""

_TOWNSHIP = 9


def wanted(connection: Connection, order: ServiceOrder) -> Wanted:
    """What an order asks for."""
    skills = tuple(orjson.loads(order.skills))
    position = _positions(connection, {order.place}).get(order.place)
    return Wanted(order.place, position, order.category, skills)


def candidates(connection: Connection, asked: Wanted) -> list[Candidate]:
    """Teams of the township, below and above it, and volunteers who are registered there."""
    area = asked.place
    if is_code(area) and len(prefix(area)) > _TOWNSHIP:
        area = area_of(area, _TOWNSHIP)
    around = registered_around(connection, "team", area)
    listed = {ident: orjson.loads(said) for ident, said in around}
    teams = {ident: said for ident, said in listed.items() if not said.get("dissolved_at")}
    people = _people(connection, asked, area)
    names = registered_names(connection, "volunteer", people)
    at = {str(one.get("place") or "") for one in teams.values()} | set(people.values())
    positions = _positions(connection, at)
    skills = _skills_of_teams(connection, teams)
    team_load = _load(connection, service_order, service_order.c.team, teams)
    found = [
        Candidate(
            "team",
            ident,
            said["name"],
            frozenset(skills.get(ident, ())),
            place := str(said.get("place") or ""),
            positions.get(place),
            *team_load.get(ident, (0, 0, 0)),
        )
        for ident, said in teams.items()
    ]
    own = _skills(connection, people)
    load = _load(connection, order_volunteer, order_volunteer.c.volunteer, people)
    found += [
        Candidate(
            "volunteer",
            ident,
            names.get(ident, ""),
            frozenset(own.get(ident, ())),
            place,
            positions.get(place),
            *load.get(ident, (0, 0, 0)),
        )
        for ident, place in people.items()
    ]
    return found


def _people(connection: Connection, asked: Wanted, area: str) -> dict[str, str]:
    """Volunteer -> place: with a skill that is needed in the area, or of the very place."""
    needed = asked.skills or (asked.category,)
    here = select(registration.c.volunteer, registration.c.place).where(
        registration.c.until.is_(None)
    )
    skilled = (
        here.join(skill, skill.c.volunteer == registration.c.volunteer)
        .where(
            bulk.among(connection, skill.c.skill, list(needed)),
            inside(connection, registration.c.place, area),
        )
        .distinct()
        .order_by(registration.c.volunteer)
        .limit(SKILLED)
    )
    near = (
        here.where(registration.c.place == asked.place)
        .order_by(registration.c.volunteer)
        .limit(NEIGHBOURS)
    )
    rows = [*connection.execute(skilled), *connection.execute(near)]
    return {row.volunteer: row.place for row in rows}


def _skills(connection: Connection, volunteers: Collection[str]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    query = select(skill).where(bulk.among(connection, skill.c.volunteer, list(volunteers)))
    for volunteer, name in connection.execute(query):
        found[volunteer].add(name)
    return found


def _skills_of_teams(connection: Connection, teams: Collection[str]) -> Mapping[str, set[str]]:
    """What somebody in a team can do."""
    query = (
        select(membership.c.team, skill.c.skill)
        .join(skill, skill.c.volunteer == membership.c.volunteer)
        .where(membership.c.until.is_(None), bulk.among(connection, membership.c.team, list(teams)))
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    for team, name in connection.execute(query):
        found[team].add(name)
    return found


def _load(
    connection: Connection, table: Table, whose: Column[Any], idents: Collection[str]
) -> dict[str, tuple[int, int, int]]:
    """Orders in hand, the sum of stars and how many they are of, by team or volunteer."""
    in_hand = table.c.open if "open" in table.c else case((table.c.state.in_(OPEN), 1), else_=0)
    query = (
        select(
            whose,
            func.sum(in_hand),
            func.coalesce(func.sum(table.c.stars), 0),
            func.count(table.c.stars),
        )
        .where(bulk.among(connection, whose, list(idents)))
        .group_by(whose)
    )
    return {
        ident: (int(open_), int(stars), int(ratings))
        for ident, open_, stars, ratings in connection.execute(query)
    }


def _positions(connection: Connection, places: Collection[str]) -> dict[str, Position]:
    """Where places are, of those that are registered with degrees."""
    query = select(registry.c.id, registry.c.data).where(
        registry.c.kind == "place", bulk.among(connection, registry.c.id, list(places))
    )
    found: dict[str, Position] = {}
    for ident, data in connection.execute(query):
        said = orjson.loads(data)
        if said.get("latitude") is not None and said.get("longitude") is not None:
            found[ident] = Position(float(said["latitude"]), float(said["longitude"]))
    return found
