"""What does the ledger know already of what a file tells? Registrations and events, by batches."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from ledger.clock import SECOND
from ledger.exchange.events import REGISTERED, Standing, number_of
from ledger.exchange.fields import Kind, Value
from ledger.statistics.areas import counts, inside
from ledger.store import bulk
from ledger.store.tables import event, hour_record, registry
from schemas import CloudEvent, decode_logged

TOGETHER = 500
"""Rows looked up and recorded together."""


def standings(connection: Connection, kind: Kind, idents: Collection[str]) -> dict[str, Standing]:
    """What is registered of these."""
    own = registry.c
    query = select(registry).where(
        own.kind == REGISTERED[kind][0], bulk.among(connection, own.id, list(idents))
    )
    return {row.id: _standing(row) for row in connection.execute(query)}


def registered(connection: Connection, kind: Kind) -> Iterator[tuple[str, Standing]]:
    """All of a kind, by id."""
    own = registry.c
    query = select(registry).where(own.kind == REGISTERED[kind][0]).order_by(own.id)
    rows = connection.execution_options(yield_per=1000).execute(query)
    for row in rows:
        yield row.id, _standing(row)


def logged(
    connection: Connection, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], CloudEvent]:
    """Those of the events (source, id) that are in the log."""
    by_source: dict[str, list[str]] = {}
    for source, ident in names:
        by_source.setdefault(source, []).append(ident)
    found: dict[tuple[str, str], CloudEvent] = {}
    for source, idents in by_source.items():
        query = select(event.c.source, event.c.id, event.c.content).where(
            event.c.source == source, bulk.among(connection, event.c.id, idents)
        )
        for row in connection.execute(query):
            found[row.source, row.id] = decode_logged(row.content)
    return found


class Served(NamedTuple):
    """Hours that count, in our fields; seconds. What is held for review is not among them."""

    values: Mapping[str, Value]
    counted: int
    at: int


def served(
    connection: Connection, ours: str, track: str, place: str, since: int, until: int
) -> Iterator[Served]:
    """Hours at a place and below it, that began from `since` on and before `until` (seconds).

    `ours`: the source of which the record's own numbers are told. `track`: the policy's, where it
    keeps several kinds of hours.
    """
    own, undone = hour_record.c, hour_record.alias("undone")
    came, left = event.alias("came"), event.alias("went")
    query = (
        select(
            own.id, own.volunteer, own.activity, own.place, own.started_at, own.seconds,
            came.c.source, came.c.id.label("ident"), came.c.at.label("came"),
            left.c.at.label("went"), left.c.source.label("went_source"),
            left.c.id.label("went_ident"), own.ended_at,
        )
        .join(came, came.c.seq == own.check_in)
        .outerjoin(left, left.c.seq == own.check_out)
        .outerjoin(undone, undone.c.reverses == own.id)
        .where(
            own.track == track,
            own.status == "counted",
            own.reverses.is_(None),
            undone.c.id.is_(None),
            own.started_at >= since,
            own.started_at < until,
        )
        .order_by(own.volunteer, own.started_at, own.id)
    )  # fmt: skip
    if place:
        query = query.where(inside(connection, own.place, place))
    for row in connection.execution_options(yield_per=1000).execute(query):
        if place and not counts(row.place, place):
            continue
        ended = row.ended_at * SECOND  # of a claimed check-out, the end that it claims
        if row.went is not None and row.went // SECOND == row.ended_at:
            ended = row.went
        values: dict[str, Value] = {
            "record": number_of(
                ours,
                (row.source, row.ident),
                None if row.went is None else (row.went_source, row.went_ident),
            ),
            "volunteer": row.volunteer,
            "activity": row.activity,
            "place": row.place,
            "starts_at": row.came,
            "ends_at": ended,
            "seconds": row.seconds,
        }
        yield Served(
            {name: one for name, one in values.items() if one != ""}, row.seconds, row.came
        )


def _standing(row: object) -> Standing:
    data, at = getattr(row, "data"), getattr(row, "at")  # noqa: B009
    name = f"{getattr(row, 'source')}#{getattr(row, 'event_id')}"  # noqa: B009
    return Standing(orjson.loads(data), at, name)
