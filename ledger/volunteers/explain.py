"""Why does a volunteer have these hours, points and this star? The chain down to the events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Table, select

from ledger.clock import SECOND, from_micros
from ledger.core.attendance import CLAIM, IN, OUT, Claim, Mark, pair
from ledger.core.entries import BATCH_SPAN
from ledger.core.fold import Report
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.devices.proof import sayings
from ledger.policy import WRITE_OFF, Plan
from ledger.policy.ladders import condition_text
from ledger.recording.reviews import reviews_of, to_json
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import (
    batch,
    event,
    hour_record,
    judgement,
    level_change,
    points_entry,
    redemption,
)
from ledger.store.unit_of_work import UnitOfWork
from ledger.volunteers.queries import VolunteerSummary, summary


def explain(
    connection: Connection, rules: Rulebook, volunteer: str, now: int
) -> dict[str, Any] | None:
    """Level ← condition and clause ← hour records ← visits ← events, and every point.

    None for an unknown volunteer. Times are ISO 8601 in the policy's zone; each entry has both:
    when it was true (`at`, `started_at`, `ended_at`) and when it became known (`recorded_at`).
    """
    standing = summary(connection, rules, volunteer, now)
    return None if standing is None else explained(connection, rules, standing, now)


def explained(
    connection: Connection, rules: Rulebook, standing: VolunteerSummary, now: int
) -> dict[str, Any]:
    """Why they have this standing."""
    return _Story(connection, rules, standing.volunteer, now).tell(standing)


_DIRECTIONS = {IN: "check-in", OUT: "check-out", CLAIM: "claim"}


def next_level(plan: Plan, ladder: str, held: int, counted: int) -> dict[str, Any] | None:
    """The level after the position `held`, what it takes, and how many seconds are missing.

    `counted` seconds are there; without `missing_seconds` more than hours decide. None if there is
    no higher level, or the ladder gives each of its levels by itself.
    """
    keys = plan.levels[ladder]
    if plan.doc.ladders[ladder].each or held + 1 >= len(keys):
        return None
    found = {"level": keys[held + 1], "condition": condition_text(plan.doc, ladder, held + 1)}
    threshold = plan.threshold(ladder, held + 1)
    if threshold is not None:
        found["missing_seconds"] = max(0, threshold - counted)
    return found


class _Story:
    def __init__(self, connection: Connection, rules: Rulebook, volunteer: str, now: int) -> None:
        self._connection = connection
        self._rules = rules
        self._volunteer = volunteer
        self._policy = rules.at(now // SECOND)
        self._hours = self._rows(hour_record)
        self._points = self._rows(points_entry)
        self._levels = self._rows(level_change)
        self._judgements = self._rows(judgement)
        self._happenings = UnitOfWork(connection).history(rules, volunteer).happenings
        self._claims: dict[int | None, Claim] = {
            one.seq: one.claim
            for one in self._happenings
            if isinstance(one, Mark) and one.claim is not None
        }
        self._known = self._recorded()
        self._events = self._named(
            {row.check_in for row in self._hours}
            | {row.check_out for row in self._hours}
            | {row.event for row in (*self._points, *self._judgements)}
            | {row.cause for row in self._levels}
        )

    def _rows(self, table: Table) -> Sequence[Any]:
        return self._connection.execute(
            select(table).where(table.c.volunteer == self._volunteer).order_by(table.c.id)
        ).all()

    def tell(self, standing: VolunteerSummary) -> dict[str, Any]:
        cited = {row.policy for row in (*self._hours, *self._points, *self._levels)}
        hours, uncounted = self._hour_records(), self._uncounted()
        points = self._points_entries()
        return {
            **standing.to_json(),
            "debts": [
                self._debt(name, purse.debt)
                for name, purse in standing.currencies.items()
                if purse.debt
            ],
            "policies": [
                {
                    "digest": one.policy.digest,
                    "policy": one.policy.id,
                    "title": one.policy.title,
                    "source": one.policy.plan.doc.source.title,
                    "effective_from": one.day.isoformat(),
                }
                for one in self._rules.editions
                if one.policy.digest in cited or one.policy is self._policy
            ],
            "tracks": list(self._policy.plan.words.tracks),
            "ladders": [self._ladder(name) for name in self._policy.plan.doc.ladders],
            "level_changes": [self._level_change(row) for row in self._levels],
            "hours": hours,
            "uncounted": uncounted,
            "reviews": self._reviews(),
            "points_entries": points,
            "judgements": [self._judgement(row) for row in self._judgements],
            "names": self._names([*hours, *uncounted], points),
        }

    def _names(
        self, served: list[dict[str, Any]], points: list[dict[str, Any]]
    ) -> dict[str, dict[str, str]]:
        """By kind and id, what is registered of all that is named: for people."""
        bought = [one["redemption"] for one in points if "redemption" in one]
        named = {
            "volunteer": {self._volunteer},
            "activity": {one["activity"] for one in served},
            "place": {one["place"] for one in served},
            "merchant": {one["merchant"] for one in bought},
            "item": {one["item"] for one in bought},
        }
        return {
            kind: registered_names(self._connection, kind, sorted(idents))
            for kind, idents in named.items()
        }

    # Levels ----------------------------------------------------------------------------------

    def _ladder(self, name: str) -> dict[str, Any]:
        """The level that is held, what it rests on, and what the next one takes."""
        plan = self._policy.plan
        keys = plan.levels[name]
        held = 0
        decided: Any = None
        for row in self._levels:
            if row.ladder == name:
                held, decided = row.to_level, row
        found: dict[str, Any] = {"ladder": name, "level": keys[held] if held < len(keys) else None}
        if decided is not None and held:
            own = self._rules.by_digest[decided.policy]
            found["because"] = {
                **self._rule(own, decided.rule),
                "condition": condition_text(own.plan.doc, name, decided.to_level),
                "values": orjson.loads(decided.because),
                "seconds": decided.seconds,
                "at": self._iso(decided.effective_at),
                "event": self._events.get(decided.cause),
                "hour_records": [
                    row.id
                    for row in self._live(self._hours)
                    if row.status == "counted" and row.ended_at * SECOND <= decided.effective_at
                ],
            }
        following = next_level(plan, name, held, self._seconds(plan.track))
        if following is not None:
            found["next"] = following
        return found

    def _seconds(self, track: str) -> int:
        return sum(
            row.seconds for row in self._hours if row.track == track and row.status == "counted"
        )

    def _level_change(self, row: Any) -> dict[str, Any]:
        own = self._rules.by_digest[row.policy]
        keys = own.plan.levels.get(row.ladder, ())
        old, new = (keys[n] if n < len(keys) else n for n in (row.from_level, row.to_level))
        return {
            "ladder": row.ladder,
            "from": old,
            "to": new,
            "seconds": row.seconds,
            "values": orjson.loads(row.because),
            "at": self._iso(row.effective_at),
            "cause": row.cause,
            "event": self._events.get(row.cause),
            **self._rule(own, row.rule),
            "recorded_at": self._known[row.id // BATCH_SPAN],
        }

    # Hours -----------------------------------------------------------------------------------

    def _hour_records(self) -> list[dict[str, Any]]:
        undone = {row.reverses: row.id for row in self._hours if row.reverses is not None}
        return [
            {
                "record": row.id,
                "kind": "record" if row.reverses is None else "reversal",
                "reverses": row.reverses,
                "reversed_by": undone.get(row.id),
                "track": row.track,
                "status": row.status,
                "awaits": row.awaits,
                "activity": row.activity,
                "place": row.place,
                "started_at": self._iso(row.started_at * SECOND),
                "ended_at": self._iso(row.ended_at * SECOND),
                "visit_seconds": row.ended_at - row.started_at,
                "counted_seconds": row.seconds,
                **self._rule(self._rules.by_digest[row.policy], row.rule),
                "check_in": self._events.get(row.check_in),
                "check_out": self._events.get(row.check_out),
                "claim": self._claim(row.check_out),
                "recorded_at": self._known[row.id // BATCH_SPAN],
            }
            for row in self._hours
        ]

    def _claim(self, seq: int | None) -> dict[str, Any] | None:
        """What was claimed, where no check-out but a claim closed a visit."""
        claim = self._claims.get(seq)
        if claim is None:
            return None
        return {"reason": claim.reason, "by": claim.by, "made_at": self._iso(claim.made_at)}

    def _uncounted(self) -> list[dict[str, Any]]:
        used = {seq for row in self._hours for seq in (row.check_in, row.check_out)}
        used |= {row.event for row in self._judgements}
        marks = sorted(one for one in self._happenings if isinstance(one, Mark))
        for visit in pair(marks)[0]:
            if visit.check_in in used:  # void or not judged: only its check-in is named
                used.add(visit.check_out)
        found = []
        began: set[str] = set()
        for mark in marks:
            if mark.seq not in used:
                if mark.direction == IN:
                    why = "no check-out followed"
                elif mark.direction == CLAIM and mark.activity in began:
                    why = "something else ended the visit"
                else:
                    why = "no check-in before it"
                found.append(
                    {
                        "activity": mark.activity,
                        "place": mark.place,
                        "direction": _DIRECTIONS[mark.direction],
                        "at": self._iso(mark.at),
                        "event": {"source": mark.source, "id": mark.event_id},
                        "why": why,
                    }
                )
            if mark.direction == IN:
                began.add(mark.activity)
        return found

    def _reviews(self) -> list[dict[str, Any]]:
        """What is or was suspected of the visits, with what was decided."""
        return [to_json(one, self._policy) for one in reviews_of(self._connection, self._volunteer)]

    # Points ----------------------------------------------------------------------------------

    def _points_entries(self) -> list[dict[str, Any]]:
        undone = {row.reverses: row.id for row in self._points if row.reverses is not None}
        bought = {
            row.request: row
            for row in self._connection.execute(
                select(redemption).where(redemption.c.volunteer == self._volunteer)
            )
        }
        forgiven = {
            one.seq: one.attributes
            for one in self._happenings
            if isinstance(one, Report) and one.type == WRITE_OFF
        }
        record_of = defaultdict(list)
        for row in self._live(self._hours):
            record_of[row.check_in].append(row.id)
        found = []
        for row in self._points:
            own = self._rules.by_digest[row.policy]
            one = {
                "entry": row.id,
                "amount": own.amount(row.amount, row.currency),
                "currency": row.currency,
                "counter": row.counter,
                "at": self._iso(row.effective_at),
                "reverses": row.reverses,
                "reversed_by": undone.get(row.id),
                **self._rule(own, row.rule),
                "event": self._events.get(row.event),
                "hour_records": record_of.get(row.event, []) if row.event else [],
                "recorded_at": self._known[row.id // BATCH_SPAN],
            }
            sold = bought.get(row.event)
            if sold is not None:
                one["redemption"] = {
                    "redemption": sold.redemption,
                    "merchant": sold.merchant,
                    "item": sold.item,
                }
            if row.event in forgiven:
                said = forgiven[row.event]
                one["write_off"] = {key: said[key] for key in ("reason", "by", "approved_by")}
            found.append(one)
        return found

    # Debts -----------------------------------------------------------------------------------

    def _debt(self, currency: str, owed: str) -> dict[str, Any]:
        """What is owed of a currency, and what was taken back after points had been spent.

        Of each event, that is the most that it had come to, less what it comes to now.
        """
        rows = [row for row in self._points if row.currency == currency]
        paid = (row.id for row in rows if row.rule.startswith("requests."))
        first = min(paid, default=None)
        now: dict[int | None, int] = defaultdict(int)
        most: dict[int | None, int] = defaultdict(int)
        taken: dict[int | None, Any] = {}
        for row in rows:
            if row.rule.startswith("points."):
                now[row.event] += row.amount
                most[row.event] = max(most[row.event], now[row.event])
                if row.amount < 0 and first is not None and row.id > first:
                    taken[row.event] = row
        return {
            "currency": currency,
            "debt": owed,
            "corrections": [
                {
                    "taken_back": self._policy.amount(most[cause] - now[cause], currency),
                    "entry": row.id,
                    "event": self._events.get(cause),
                    "at": self._iso(row.effective_at),
                    "recorded_at": self._known[row.id // BATCH_SPAN],
                }
                for cause, row in taken.items()
                if most[cause] > now[cause]
            ],
            **self._rule(self._policy, f"currencies.{currency}.debt"),
        }

    def _judgement(self, row: Any) -> dict[str, Any]:
        return {
            "judgement": row.id,
            "kind": row.kind,
            "name": row.name,
            "at": self._iso(row.effective_at),
            "content": orjson.loads(row.content),
            "reverses": row.reverses,
            **self._rule(self._rules.by_digest[row.policy], row.rule),
            "event": self._events.get(row.event),
            "recorded_at": self._known[row.id // BATCH_SPAN],
        }

    # What all share --------------------------------------------------------------------------

    @staticmethod
    def _live(rows: Sequence[Any]) -> list[Any]:
        undone = {row.reverses for row in rows}
        return [row for row in rows if row.reverses is None and row.id not in undone]

    @staticmethod
    def _rule(policy: PolicyText, rule: str) -> dict[str, Any]:
        """A rule's name, its policy, and the text of the clauses that it rests on."""
        clauses = policy.plan.clauses_of(rule)
        return {
            "rule": rule,
            "policy": policy.digest,
            "clauses": [{"clause": key, "text": policy.clause(key)} for key in clauses],
        }

    def _iso(self, micros: int) -> str:
        return from_micros(micros, self._policy.zone).isoformat()

    def _recorded(self) -> Mapping[int, str]:
        """Batch → when it was recorded, for all batches with something of the volunteer."""
        batches = {
            row.id // BATCH_SPAN
            for rows in (self._hours, self._points, self._levels, self._judgements)
            for row in rows
        }
        rows = self._connection.execute(
            select(batch.c.id, batch.c.recorded_at).where(
                bulk.among(self._connection, batch.c.id, batches)
            )
        )
        return {row.id: self._iso(row.recorded_at) for row in rows}

    def _named(self, seqs: set[int | None]) -> dict[int | None, dict[str, Any]]:
        """Events by `seq`, as a person can look for them, and whose word they are."""
        wanted = {seq for seq in seqs if seq is not None}
        rows = self._connection.execute(
            select(event).where(bulk.among(self._connection, event.c.seq, wanted))
        )
        named: dict[int | None, dict[str, Any]] = {
            row.seq: {"source": row.source, "id": row.id, "time": self._iso(row.at)} for row in rows
        }
        for seq, saying in sayings(self._connection, wanted).items():
            if saying.key:
                named[seq]["signed"] = saying.key
            else:
                named[seq]["vouched"] = {"by": saying.by, "reason": saying.reason}
        return named
