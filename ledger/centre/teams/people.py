"""Who is a registered volunteer of an area: how many, which party members, with which skills?"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, case, exists, func, select

from ledger.centre.activities.held import Span
from ledger.errors import Fault, LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import below, counts, inside
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.spells import held_at
from ledger.store.tables import hour_record, registration, registry, skill
from schemas.membership import VolunteerLeft

TWENTY_HOURS = 20 * 3600
"""Seconds that a party member in post serves in a year, at least."""

ADULT = 18
"""Years; who turns so old in a year was a minor in it."""


class Registered(NamedTuple):
    """How many are registered at a place one level below the area, and how many in post."""

    place: str
    name: str
    volunteers: int
    party_members: int


class Unit(NamedTuple):
    """Registered party members in post 在职党员 of a unit: how many took part, and did enough."""

    unit: str
    members: int
    took_part: int
    enough: int
    seconds: int


def registered(connection: Connection, at: int, area: str = "") -> list[Registered]:
    """Who was registered at an instant (µs), by the places one level below the area."""
    column = registration.c
    in_post = func.sum(case((column.party_unit != "", 1), else_=0))
    query = (
        select(column.place, func.count(), in_post)
        .where(registered_at(at), inside(connection, column.place, area))
        .group_by(column.place)
    )
    found: dict[str, tuple[int, int]] = {}
    for place, volunteers, party in connection.execute(query):
        if counts(place, area):
            under = below(place, area)
            had = found.get(under, (0, 0))
            found[under] = had[0] + int(volunteers), had[1] + int(party)
    names = registered_names(connection, "place", found)
    return [Registered(one, names.get(one, ""), *found[one]) for one in sorted(found)]


def party_units(
    connection: Connection, at: int, track: str, span: Span, area: str = ""
) -> list[Unit]:
    """Units with those registered at an instant (µs), and what these did in a time, by unit."""
    who, hours, undone = registration.c, hour_record.c, hour_record.alias("undone")
    served = (
        select(hours.volunteer, func.sum(hours.seconds).label("seconds"))
        .where(
            hours.track == track,
            hours.status == "counted",
            hours.started_at >= span.since,
            hours.started_at < span.until,
            hours.reverses.is_(None),
            ~exists().where(undone.c.reverses == hours.id),
            hours.volunteer.in_(select(who.volunteer).where(who.party_unit != "")),
        )
        .group_by(hours.volunteer)
        .subquery()
    )
    seconds = func.coalesce(served.c.seconds, 0)
    query = (
        select(
            who.party_unit,
            func.count(),
            func.sum(case((seconds > 0, 1), else_=0)),
            func.sum(case((seconds >= TWENTY_HOURS, 1), else_=0)),
            func.sum(seconds),
        )
        .join_from(registration, served, served.c.volunteer == who.volunteer, isouter=True)
        .where(registered_at(at), who.party_unit != "", inside(connection, who.place, area))
        .group_by(who.party_unit)
        .order_by(who.party_unit)
    )
    return [Unit(row[0], *map(int, row[1:])) for row in connection.execute(query)]


def skills(connection: Connection, area: str = "") -> Mapping[str, int]:
    """How many of those who are registered in an area have a skill, the most frequent first."""
    here = select(registration.c.volunteer).where(
        registration.c.until.is_(None), inside(connection, registration.c.place, area)
    )
    many = func.count()
    query = select(skill.c.skill, many).where(skill.c.volunteer.in_(here)).group_by(skill.c.skill)
    rows = connection.execute(query.order_by(many.desc(), skill.c.skill))
    return {row[0]: int(row[1]) for row in rows}


def with_skill(connection: Connection, wanted: str, area: str = "") -> list[str]:
    """Who has a skill, of those registered in an area, by id."""
    query = (
        select(skill.c.volunteer)
        .join(registration, registration.c.volunteer == skill.c.volunteer)
        .where(
            skill.c.skill == wanted,
            registration.c.until.is_(None),
            inside(connection, registration.c.place, area),
        )
    )
    return list(connection.execute(query.order_by(skill.c.volunteer)).scalars())


def minors(connection: Connection, year: int, area: str = "") -> dict[str, int]:
    """Those registered now who are or may be under 18 in a year by their year of birth, by id."""
    query = (
        select(registry.c.id, registry.c.data)
        .join(registration, registration.c.volunteer == registry.c.id)
        .where(
            registry.c.kind == "volunteer",
            registration.c.until.is_(None),
            inside(connection, registration.c.place, area),
        )
    )
    rows = connection.execute(query.order_by(registry.c.id))
    born = {ident: orjson.loads(data).get("birth_year") for ident, data in rows}
    return {ident: one for ident, one in born.items() if one is not None and year - one <= ADULT}


def has_left(connection: Connection, volunteer: str) -> bool:
    """They were registered and are no longer."""
    return bool(who_left(connection, [volunteer]))


def left_by(volunteer: str, field: str = "volunteer") -> Fault:
    """What speaks against whoever is registered no longer."""
    said = f"{volunteer} is no longer registered 已注销"
    return Fault(field, f"志愿者 {volunteer} 已注销", said)


def who_left(connection: Connection, volunteers: Collection[str]) -> set[str]:
    """Of these, those who were registered and are no longer."""
    column = registration.c
    query = (
        select(column.volunteer)
        .where(bulk.among(connection, column.volunteer, list(volunteers)))
        .group_by(column.volunteer)
        .having(func.sum(case((column.until.is_(None), 1), else_=0)) == 0)
    )
    return set(connection.execute(query).scalars())


def leave(recorder: Recorder, volunteer: str, *, reason: str, by: str) -> None:
    """注销: they are registered no longer. Raises LedgerError if they are not registered."""
    with recorder.database.read() as connection:
        query = select(registration.c.since).where(
            registration.c.volunteer == volunteer, registration.c.until.is_(None)
        )
        if connection.execute(query).first() is None:
            raise LedgerError(f"{volunteer} is not registered 未注册")
    send(recorder, VolunteerLeft, volunteer, {"reason": reason, "by": by}, exact=True)


def registered_at(at: int) -> ColumnElement[bool]:
    """The registration holds at an instant (µs)."""
    return held_at(registration, at)
