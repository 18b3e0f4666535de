"""Why does a volunteer have these hours, points and this star? The chain down to the events."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from ledger.clock import SECOND, from_micros
from ledger.entries import BATCH_SPAN, HourRecord, wallet
from ledger.ladder import HOUR, Ladder, PolicyText
from ledger.queries import summary
from ledger.store import bulk
from ledger.store.tables import batch, event, posting, redemption, star_change
from ledger.store.unit_of_work import UnitOfWork


def explain(connection: Connection, text: PolicyText, volunteer: str) -> dict[str, Any] | None:
    """Star ← clause ← hour records ← events, and every posting; None for an unknown volunteer.

    Times are ISO 8601 in the policy's zone; each entry has both: when it was true (`at`,
    `started_at`, `ended_at`) and when it became known (`recorded_at`).
    """
    standing = summary(connection, text, volunteer)
    if standing is None:
        return None
    policy = text.policy
    unit = UnitOfWork(connection)
    records = unit.records([volunteer])[volunteer]
    known = _recorded(connection, policy, volunteer)
    events = _events(connection, policy, records)
    history = unit.history(volunteer)
    reversed_by = {one.reverses: one.id for one in records if one.reverses is not None}
    threshold = policy.threshold(standing.star)
    reached = {
        "level": standing.star,
        "seconds": standing.seconds,
        "at_least_seconds": threshold,
        "rule": policy.stars.rule,
        "clause": policy.stars.clause,
    }
    if standing.star < max(policy.levels):
        missing = policy.threshold(standing.star + 1) - standing.seconds
        reached["next"] = {"level": standing.star + 1, "missing_seconds": missing}
    closed_by = {one.check_in for one in records}
    return {
        **standing.to_json(),
        "policy": {"id": policy.id, "digest": text.digest, "source": policy.source},
        "star_reason": reached,
        "star_changes": _star_changes(connection, policy, volunteer, known),
        "hours": [
            {
                "record": one.id,
                "kind": "record" if one.reverses is None else "reversal",
                "reverses": one.reverses,
                "reversed_by": reversed_by.get(one.id),
                "activity": one.activity,
                "place": one.place,
                "started_at": _iso(policy, one.started_at * SECOND),
                "ended_at": _iso(policy, one.ended_at * SECOND),
                "visit_seconds": one.ended_at - one.started_at,
                "counted_seconds": one.seconds,
                "rule": one.rule,
                "policy": one.policy,
                "clause": policy.hours.clause,
                "check_in": events.get(one.check_in),
                "check_out": events.get(one.check_out),
                "recorded_at": known[one.id // BATCH_SPAN],
            }
            for one in records
        ],
        "uncounted": [
            {
                "activity": mark.activity,
                "place": mark.place,
                "direction": "check-in" if mark.direction else "check-out",
                "at": _iso(policy, mark.at),
                "event": {"source": mark.source, "id": mark.event_id},
                "why": "no check-out followed" if mark.direction else "no check-in before it",
            }
            for mark in sorted(history.marks)
            if mark.seq not in closed_by and mark.seq not in {one.check_out for one in records}
        ],
        "postings": _postings(connection, policy, volunteer, records, known),
    }


def _iso(policy: Ladder, micros: int) -> str:
    return from_micros(micros, policy.zone).isoformat()


def _recorded(connection: Connection, policy: Ladder, volunteer: str) -> Mapping[int, str]:
    """Batch → when it was recorded, for all batches with something of the volunteer."""
    seqs = select(event.c.seq // BATCH_SPAN).where(event.c.subject == volunteer)
    rows = connection.execute(select(batch.c.id, batch.c.recorded_at).where(batch.c.id.in_(seqs)))
    return {row.id: _iso(policy, row.recorded_at) for row in rows}


def _events(
    connection: Connection, policy: Ladder, records: list[HourRecord]
) -> dict[int, dict[str, str]]:
    seqs = {seq for one in records for seq in (one.check_in, one.check_out)}
    rows = connection.execute(select(event).where(bulk.among(connection, event.c.seq, seqs)))
    return {
        row.seq: {"source": row.source, "id": row.id, "time": _iso(policy, row.at)} for row in rows
    }


def _star_changes(
    connection: Connection, policy: Ladder, volunteer: str, known: Mapping[int, str]
) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(star_change).where(star_change.c.volunteer == volunteer).order_by(star_change.c.id)
    )
    return [
        {
            "from": row.from_level,
            "to": row.to_level,
            "seconds": row.seconds,
            "at": _iso(policy, row.effective_at),
            "cause": row.cause,
            "rule": row.rule,
            "recorded_at": known[row.id // BATCH_SPAN],
        }
        for row in rows
    ]


def _postings(
    connection: Connection,
    policy: Ladder,
    volunteer: str,
    records: list[HourRecord],
    known: Mapping[int, str],
) -> list[dict[str, Any]]:
    earned = {one.id: one for one in records}
    bought = {
        row.id: row
        for row in connection.execute(select(redemption).where(redemption.c.volunteer == volunteer))
    }
    rows = connection.execute(
        select(posting).where(posting.c.account == wallet(volunteer)).order_by(posting.c.id)
    )
    return [
        {
            "amount": policy.text(row.amount),
            "currency": row.currency,
            "at": _iso(policy, row.effective_at),
            "recorded_at": known[row.id // BATCH_SPAN],
            "cause": row.cause,
            **(
                {
                    "why": "earned" if row.amount > 0 else "correction",
                    "rule": policy.points.rule,
                    "clause": policy.points.clause,
                    "whole_hours": abs(earned[row.cause].seconds) // HOUR,
                }
                if row.cause in earned
                else {
                    "why": "redeemed",
                    "redemption": bought[row.cause].redemption,
                    "merchant": bought[row.cause].merchant,
                    "item": bought[row.cause].item,
                }
            ),
        }
        for row in rows
    ]
