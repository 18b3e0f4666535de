"""Which visits does a resident's complaint 投诉 bear upon? Those of the order's activity.

While the newest rating of an order is a complaint, they are held for review as suspected under the
rule `complaint`; the sweep (ledger.recording.sweep) raises and withdraws that as for safeguards.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import orjson
from sqlalchemy import Connection, func, literal_column, select

from ledger.core.attendance import Mark, pair
from ledger.core.entries import first_event, first_reject
from ledger.core.inspection import Evidence
from ledger.store import bulk, locks
from ledger.store.tables import event, hour_record, order_volunteer, service_order, sign_up

RULE = "complaint"

FEW = 100
"""Activities with a standing complaint that are read whole; of more, only those asked for."""


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
    """Of the activities those that a complaint stands about, and the (first) order of each.

    Few complaints stand at a time, which are found sooner than thousands of activities are sent.
    """
    column = service_order.c
    query = (
        select(column.activity, func.min(column.id))
        .where(column.complaint == literal_column("1"), column.activity != "")  # as its index says
        .group_by(column.activity)
    )
    standing = connection.execute(query.limit(FEW + 1)).all()
    if len(standing) > FEW:
        here = bulk.among(connection, column.activity, list(activities))
        standing = connection.execute(query.where(here)).all()
    return {activity: order for activity, order in standing if activity in activities}


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
    """Who was at an activity of an order that these batches say something of.

    Only orders that there is or was a complaint about; `types` are those of an order's events. Not
    every policy gives a visit an hour record: so whoever was to come is looked at, too.
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
    rows = connection.execute(
        select(service_order.c.id, service_order.c.steps).where(
            bulk.among(connection, service_order.c.id, list(orders)), service_order.c.complaint > 0
        )
    ).all()
    activities = {
        one["said"]["activity"]
        for row in rows
        for one in orjson.loads(row.steps)
        if one["step"] == "accepted"
    }
    served = select(hour_record.c.volunteer).where(
        bulk.among(connection, hour_record.c.activity, list(activities))
    )
    signed_up = select(sign_up.c.volunteer).where(
        bulk.among(connection, sign_up.c.activity, list(activities))
    )
    named = select(order_volunteer.c.volunteer).where(
        bulk.among(connection, order_volunteer.c.id, [row.id for row in rows])
    )
    return set(connection.execute(served.union(signed_up, named)).scalars())
