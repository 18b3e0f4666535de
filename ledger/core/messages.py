"""Which messages tell the world of a batch's entries? Pure: rows in, events and topics out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from pydantic_core import to_json

from ledger.clock import SECOND, from_micros
from ledger.core.answers import answer_event
from ledger.core.entries import HourRecord, Journal, Judgement, LevelChange, PointsEntry
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.signing import Signer
from schemas.derived import (
    BookPosted,
    EventRejected,
    HoursRecorded,
    JudgementMade,
    PointsPosted,
    StarChanged,
)
from schemas.documents import event_type
from schemas.topics import (
    BOOK_ENTRIES,
    DEAD_LETTERS,
    HOURS,
    JUDGEMENTS,
    POINTS,
    REDEMPTION_RESULTS,
    STARS,
    Topic,
)

SOURCE = "ledger"

Ruled = HourRecord | LevelChange | PointsEntry | Judgement
"""Entries that a rule of a policy has made."""

SHOWN_ORIGIN = 256
"""Characters of an origin in a dead letter; of a longer path the end, with the line, is shown."""


class Outgoing(NamedTuple):
    """A message to publish, by the topic's entry in the table of topics; its type and id.

    `content` is a CloudEvent in JSON, as `schemas` describes it.
    """

    topic: Topic
    key: str
    type: str
    id: str
    content: bytes


class KeptReject(NamedTuple):
    """A reject of the batch."""

    id: str
    code: str
    detail: str
    origin: str


@dataclass(frozen=True, slots=True)
class BatchEntries:
    """All that a batch has added, each kind in the order of ids; `recorded_at` in µs."""

    recorded_at: int
    journal: Journal
    rejects: tuple[KeptReject, ...] = ()


_HOURS = event_type(HoursRecorded)
_STARS = event_type(StarChanged)
_POINTS = event_type(PointsPosted)
_JUDGEMENTS = event_type(JudgementMade)
_BOOKS = event_type(BookPosted)
_REJECTS = event_type(EventRejected)


def messages(entries: BatchEntries, rules: Rulebook, signer: Signer) -> Iterator[Outgoing]:
    """The events of a batch. Their ids are those of the entries, the same at each attempt.

    They are written straight away, not by pydantic: each entry has one, and building a model of
    what was checked long ago took more than folding it.
    """
    policy = rules.at(entries.recorded_at // SECOND)
    zone = policy.zone
    recorded_at = from_micros(entries.recorded_at, zone)

    def outgoing(
        topic: Topic, kind: str, ident: str, subject: str, at: int, data: dict[str, Any]
    ) -> Outgoing:
        data["recorded_at"] = recorded_at
        event = {
            "specversion": "1.0",
            "id": ident,
            "source": SOURCE,
            "time": from_micros(at, zone),
            "subject": subject,
            "datacontenttype": "application/json",
            "type": kind,
            "data": data,
        }
        return Outgoing(topic, subject, kind, ident, orjson.dumps(event, option=orjson.OPT_UTC_Z))

    def ruled(
        topic: Topic, kind: str, name: str, row: Ruled, at: int, data: dict[str, Any]
    ) -> Outgoing:
        """Of an entry that a rule made; one that takes another back names it."""
        data |= {"rule": row.rule, "policy": row.policy}
        if not isinstance(row, LevelChange) and row.reverses is not None:
            data["reverses"] = row.reverses
        return outgoing(topic, kind, f"{name}/{row.id}", row.volunteer, at, data)

    journal = entries.journal
    for record in journal.hours:
        data: dict[str, Any] = {
            "record": record.id,
            "kind": "record" if record.reverses is None else "reversal",
            "track": record.track,
            "status": record.status,
            "awaits": record.awaits,
            "activity": record.activity,
            "place": record.place,
            "started_at": from_micros(record.started_at * SECOND, zone),
            "ended_at": from_micros(record.ended_at * SECOND, zone),
            "seconds": record.seconds,
        }
        yield ruled(HOURS, _HOURS, "hours", record, record.ended_at * SECOND, data)
    for change in journal.levels:
        data = {
            "ladder": change.ladder,
            "from_level": change.from_level,
            "to_level": change.to_level,
            "seconds": change.seconds,
        }
        yield ruled(STARS, _STARS, "star", change, change.effective_at, data)
    for entry in journal.points:
        own = rules.by_digest[entry.policy]
        legs = [(leg.account, leg.currency, leg.amount) for leg in entry.legs()]
        data = {"entry": entry.id, "postings": _postings(own, legs)}
        yield ruled(POINTS, _POINTS, "points", entry, entry.effective_at, data)
    for one in journal.judgements:
        data = {
            "judgement": one.id,
            "kind": one.kind,
            "name": one.name,
            "content": orjson.Fragment(one.content),
        }
        yield ruled(JUDGEMENTS, _JUDGEMENTS, "judgement", one, one.effective_at, data)
    for decision in journal.redemptions:
        head = {
            "specversion": "1.0",
            "id": f"redemption/{decision.id}",
            "source": SOURCE,
            "time": recorded_at,
            "subject": decision.volunteer,
        }
        event = answer_event(decision, policy, head, signer)
        content = to_json(event, exclude_none=True)
        kind = event_type(type(event))
        yield Outgoing(REDEMPTION_RESULTS, decision.volunteer, kind, event.id, content)
    for booked, booked_legs in journal.books:
        data = {
            "entry": booked.id,
            "kind": booked.kind,
            "postings": _postings(policy, booked_legs),
            "memo": booked.memo,
            "alert": booked.alert,
        }
        ident = f"books/{booked.id}"
        yield outgoing(BOOK_ENTRIES, _BOOKS, ident, booked.subject, booked.effective_at, data)
    for reject in entries.rejects:
        data = {
            "reject": reject.id,
            "code": reject.code,
            "detail": reject.detail,
            "origin": reject.origin[-SHOWN_ORIGIN:],
        }
        ident = f"reject/{reject.id}"
        yield outgoing(DEAD_LETTERS, _REJECTS, ident, reject.id, entries.recorded_at, data)


def _postings(policy: PolicyText, legs: Sequence[tuple[str, str, int]]) -> list[dict[str, str]]:
    """Legs (account, currency, units) with their amounts as the policy writes them."""
    return [
        {"account": account, "currency": currency, "amount": policy.amount(units, currency)}
        for account, currency, units in legs
    ]
