"""What has a volunteer done, and what became of their points? In parts, the newest first."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, select

from ledger.clock import SECOND
from ledger.core.attendance import OpenVisit
from ledger.core.entries import BATCH_SPAN
from ledger.core.redeeming.payments import amounts, unpack
from ledger.store.registered import registered_names
from ledger.store.tables import batch, hour_record, points_entry, redemption, volunteer_state

Rows = Sequence[Row[Any]]


class CheckedIn(NamedTuple):
    """A check-in without its check-out so far; `at` in µs."""

    activity: str
    place: str
    at: int


def that_hold(volunteer: str) -> tuple[ColumnElement[bool], ...]:
    """Of the volunteer's hour records those that were not taken back, and take none back."""
    own, undone = hour_record.c, hour_record.alias("undone")
    return (
        own.volunteer == volunteer,
        own.reverses.is_(None),
        ~exists().where(undone.c.reverses == own.id),
    )


def visits(connection: Connection, volunteer: str, before: int | None, limit: int) -> Rows:
    """Hour records that hold (none was taken back), with ids below `before`."""
    own = hour_record.c
    query = select(hour_record).where(*that_hold(volunteer))
    if before is not None:
        query = query.where(own.id < before)
    return connection.execute(query.order_by(own.id.desc()).limit(limit)).all()


def visits_between(connection: Connection, volunteer: str, since: int, until: int) -> Rows:
    """Those that began from `since` on and before `until` (seconds), the earliest first."""
    own = hour_record.c
    query = select(hour_record).where(
        *that_hold(volunteer), own.started_at >= since, own.started_at < until
    )
    return connection.execute(query.order_by(own.started_at, own.id)).all()


def open_visits(connection: Connection, volunteer: str) -> list[CheckedIn]:
    """Where the volunteer is checked in, the earliest first; not where a claim says it is over."""
    query = select(volunteer_state.c.opened).where(volunteer_state.c.volunteer == volunteer)
    waiting = connection.execute(query).scalar()
    if waiting is None:
        return []
    opened = {name: OpenVisit(*one) for name, one in orjson.loads(waiting).items()}
    found = [CheckedIn(name, one.place, one.at) for name, one in opened.items() if not one.claimed]
    return sorted(found, key=lambda one: one.at)


def points(connection: Connection, volunteer: str, before: int | None, limit: int) -> Rows:
    """Entries of points with ids below `before`, with when each became known, and what undid it."""
    own = points_entry.c
    undone = points_entry.alias("undone")
    query = (
        select(
            points_entry,
            batch.c.recorded_at,
            undone.c.id.label("reversed_by"),
            redemption.c.redemption,
            redemption.c.merchant,
            redemption.c.item,
        )
        .join(batch, batch.c.id == own.id // BATCH_SPAN)
        .outerjoin(undone, undone.c.reverses == own.id)
        .outerjoin(
            redemption, and_(redemption.c.request == own.event, redemption.c.repeats.is_(None))
        )
        .where(own.volunteer == volunteer)
    )
    if before is not None:
        query = query.where(own.id < before)
    return connection.execute(query.order_by(own.id.desc()).limit(limit)).all()


def redemptions(connection: Connection, volunteer: str, before: int | None, limit: int) -> Rows:
    """What was asked at tills and answered, each step of it, with ids below `before`."""
    own = redemption.c
    query = select(redemption).where(own.volunteer == volunteer, own.repeats.is_(None))
    if before is not None:
        query = query.where(own.id < before)
    return connection.execute(query.order_by(own.id.desc()).limit(limit)).all()


def names_of(connection: Connection, rows: Rows, *kinds: str) -> Mapping[str, Mapping[str, str]]:
    """Kind -> id -> name, of what the rows' columns of these names name."""
    return {
        kind: registered_names(connection, kind, {getattr(row, kind) for row in rows} - {"", None})
        for kind in kinds
    }


def paid(row: Row[Any]) -> dict[str, int]:
    """Units that a step of a redemption took, gave back or set aside, by currency."""
    return amounts(unpack(row.paid)) or ({row.currency: row.points} if row.currency else {})


def seconds_of(rows: Rows, track: str) -> int:
    """What of the visits counts on a track of hours."""
    return sum(row.seconds for row in rows if row.status == "counted" and row.track == track)


def day_of(now: int, offset: int) -> tuple[int, int]:
    """From when to when the day of `now` (µs) is, in seconds; `offset` of the zone in seconds."""
    day = 24 * 3600
    start = (now // SECOND + offset) // day * day - offset
    return start, start + day
