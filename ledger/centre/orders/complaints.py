"""Which visits does a resident's complaint 投诉 bear upon? Those of the order's activity.

While the newest rating of an order is a complaint, they are held for review as suspected under the
rule `complaint`; the sweep (ledger.recording.sweep) raises and withdraws that as for safeguards.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import orjson
from sqlalchemy import Connection, func, select

from ledger.core.attendance import Mark, pair
from ledger.core.entries import first_event, first_reject
from ledger.core.inspection import Evidence
from ledger.store import bulk, locks
from ledger.store.tables import event, hour_record, service_order

RULE = "complaint"


def suspicions(
    marks: Sequence[Mark], complained: Mapping[str, str]
) -> dict[tuple[str, str], Evidence]:
    """(visit, rule) → evidence, of a volunteer's visits to activities that are `complained` of."""
    visits, _ = pair(marks)
    return {
        (visit.ident, RULE): {"order": complained[visit.activity]}
        for visit in visits
        if visit.activity in complained
    }


def complained(connection: Connection, activities: Collection[str]) -> dict[str, str]:
    """Of the activities those that a complaint stands about, and the (first) order of each."""
    query = (
        select(service_order.c.activity, func.min(service_order.c.id))
        .where(
            service_order.c.complaint == 1,
            bulk.among(connection, service_order.c.activity, list(activities)),
        )
        .group_by(service_order.c.activity)
    )
    return {activity: order for activity, order in connection.execute(query) if activity}


def is_looked_at(
    connection: Connection, orders: Collection[str], activities: Collection[str]
) -> bool:
    """Whether a batch with steps of `orders`, and marks at `activities`, has to be swept.

    Neither of two transactions sees what the other is about to commit: so whoever brings marks
    waits for whoever brings a complaint, and the other way round, and the later one sees the other.
    """
    if orders:
        rated = select(service_order.c.id).where(
            bulk.among(connection, service_order.c.id, list(orders)), service_order.c.complaint > 0
        )
        if connection.execute(rated.limit(1)).first() is not None:
            locks.hold(connection, locks.Lock.COMPLAINTS)
            return True
    if not activities:
        return False
    locks.hold(connection, locks.Lock.COMPLAINTS, shared=True)
    return bool(complained(connection, activities))


def concerned(connection: Connection, batches: Iterable[int], types: Collection[str]) -> set[str]:
    """Who served at an activity of an order that these batches say something of.

    Only orders that there is or was a complaint about; `types` are those of an order's events.
    """
    orders: set[str] = set()
    for batch in batches:
        query = select(event.c.subject).where(
            event.c.seq >= first_event(batch),
            event.c.seq < first_reject(batch),
            event.c.type.in_(types),
        )
        orders |= set(connection.execute(query).scalars())
    if not orders:
        return set()
    steps = select(service_order.c.steps).where(
        bulk.among(connection, service_order.c.id, list(orders)), service_order.c.complaint > 0
    )
    activities = {
        one["said"]["activity"]
        for row in connection.execute(steps).scalars()
        for one in orjson.loads(row)
        if one["step"] == "accepted"
    }
    served = select(hour_record.c.volunteer).where(
        bulk.among(connection, hour_record.c.activity, list(activities))
    )
    return set(connection.execute(served.distinct()).scalars())
