"""What does the ledger say of a volunteer's service in a period?"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from ledger.clock import SECOND, from_micros
from ledger.core.entries import HourRecord
from ledger.core.rulebook import Rulebook
from ledger.store.tables import hour_record, registry
from ledger.volunteers.queries import summary


class Service(NamedTuple):
    """What was done of one activity at one place: names, first and last day, times, seconds."""

    activity: str
    place: str
    first: date
    last: date
    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Counted seconds from the day `since` to `until` (both included), and what they rest on.

    `level` is the star level today, as the policy calls it; "" for none.
    """

    since: date
    until: date
    track: str
    seconds: int
    service: tuple[Service, ...]
    records: tuple[int, ...]
    level: str


class Period(NamedTuple):
    """Days, both included; None: from the first record, until today."""

    since: date | None = None
    until: date | None = None


def facts(
    connection: Connection, rules: Rulebook, volunteer: str, period: Period, team: str, now: int
) -> Facts | None:
    """What can be certified at `now` (µs); None if nothing was counted.

    The day on which a visit began decides. `team`: only of activities that this team organises, for
    whoever records is who certifies (谁记录谁证明); "" for all.
    """
    policy = rules.at(now // SECOND)
    track, zone = policy.plan.track, policy.zone
    until = period.until or from_micros(now, zone).date()
    activities = _registered(connection, "activity")
    found = [
        row
        for row in _standing(connection, volunteer, track)
        if (period.since is None or period.since <= _day(row, zone))
        and _day(row, zone) <= until
        and (not team or activities.get(row.activity, {}).get("team") == team)
    ]
    if not found:
        return None
    standing = summary(connection, rules, volunteer, now)
    star = None if standing is None else standing.star
    level = (f"{star}星级" if star else "") if isinstance(star, int) else str(star or "")
    return Facts(
        period.since or min(_day(row, zone) for row in found),
        until,
        track,
        sum(row.seconds for row in found),
        _services(found, activities, _registered(connection, "place"), zone),
        tuple(row.id for row in found),
        level,
    )


def _standing(connection: Connection, volunteer: str, track: str) -> list[HourRecord]:
    """The counted records that no other one takes back, by id."""
    column = hour_record.c
    rows = connection.execute(
        select(hour_record)
        .where(column.volunteer == volunteer, column.track == track, column.status == "counted")
        .order_by(column.id)
    ).all()
    undone = {row.reverses for row in rows if row.reverses is not None}
    return [
        HourRecord._make(row)
        for row in rows
        if row.reverses is None and row.id not in undone and row.seconds
    ]


def _services(
    found: list[HourRecord],
    activities: Mapping[str, Mapping[str, str]],
    places: Mapping[str, Mapping[str, str]],
    zone: tzinfo,
) -> tuple[Service, ...]:
    """By activity and place, in the order of their first days."""
    grouped: dict[tuple[str, str], list[HourRecord]] = defaultdict(list)
    for row in found:
        activity = activities.get(row.activity, {}).get("name") or row.activity
        place = places.get(row.place, {}).get("name") or row.place
        grouped[activity, place].append(row)
    services = [
        Service(
            activity,
            place,
            min(_day(row, zone) for row in rows),
            max(_day(row, zone) for row in rows),
            len(rows),
            sum(row.seconds for row in rows),
        )
        for (activity, place), rows in grouped.items()
    ]
    return tuple(sorted(services, key=lambda one: (one.first, one.activity, one.place)))


def _registered(connection: Connection, kind: str) -> dict[str, Mapping[str, str]]:
    rows = connection.execute(select(registry.c.id, registry.c.data).where(registry.c.kind == kind))
    return {row.id: orjson.loads(row.data) for row in rows}


def _day(row: HourRecord, zone: tzinfo) -> date:
    return from_micros(row.started_at * SECOND, zone).date()
