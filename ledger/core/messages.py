"""Which messages tell the world of a batch's entries? Pure: rows in, events and topics out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ledger.clock import SECOND, from_micros
from ledger.core.answers import answer_event
from ledger.core.entries import Journal
from ledger.core.rulebook import Rulebook
from ledger.signing import Signer
from schemas import (
    CloudEvent,
    EventRejected,
    HoursRecorded,
    JudgementMade,
    PointsPosted,
    StarChanged,
)
from schemas.derived import BookEntry as BookEntryData
from schemas.derived import BookPosted, Postings, Rejection
from schemas.derived import HourRecord as HourRecordData
from schemas.derived import Judgement as JudgementData
from schemas.derived import Posting as PostingData
from schemas.derived import StarChange as StarChangeData
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

SHOWN_ORIGIN = 256
"""Characters of an origin in a dead letter; of a longer path the end, with the line, is shown."""


class Outgoing(NamedTuple):
    """A message to publish, by the topic's entry in the table of topics."""

    topic: Topic
    key: str
    event: CloudEvent


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


def messages(entries: BatchEntries, rules: Rulebook, signer: Signer) -> Iterator[Outgoing]:
    """The events of a batch. Their ids are those of the entries, the same at each attempt."""
    policy = rules.at(entries.recorded_at // SECOND)
    zone = policy.zone
    recorded_at = from_micros(entries.recorded_at, zone)

    def head(ident: str, subject: str, time: datetime) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": ident,
            "source": SOURCE,
            "time": time,
            "subject": subject,
        }

    journal = entries.journal
    for record in journal.hours:
        ended_at = from_micros(record.ended_at * SECOND, zone)
        data = HourRecordData(
            record=record.id,
            kind="record" if record.reverses is None else "reversal",
            reverses=record.reverses,
            track=record.track,
            status=record.status,
            awaits=record.awaits,
            activity=record.activity,
            place=record.place,
            started_at=from_micros(record.started_at * SECOND, zone),
            ended_at=ended_at,
            seconds=record.seconds,
            rule=record.rule,
            policy=record.policy,
            recorded_at=recorded_at,
        )
        yield Outgoing(
            HOURS,
            record.volunteer,
            HoursRecorded(**head(f"hours/{record.id}", record.volunteer, ended_at), data=data),
        )
    for change in journal.levels:
        at = from_micros(change.effective_at, zone)
        yield Outgoing(
            STARS,
            change.volunteer,
            StarChanged(
                **head(f"star/{change.id}", change.volunteer, at),
                data=StarChangeData(
                    ladder=change.ladder,
                    from_level=change.from_level,
                    to_level=change.to_level,
                    seconds=change.seconds,
                    rule=change.rule,
                    policy=change.policy,
                    recorded_at=recorded_at,
                ),
            ),
        )
    for entry in journal.points:
        own = rules.by_digest[entry.policy]
        postings = [
            PostingData(
                account=leg.account,
                currency=leg.currency,
                amount=own.amount(leg.amount, leg.currency),
            )
            for leg in entry.legs()
        ]
        at = from_micros(entry.effective_at, zone)
        yield Outgoing(
            POINTS,
            entry.volunteer,
            PointsPosted(
                **head(f"points/{entry.id}", entry.volunteer, at),
                data=Postings(
                    entry=entry.id,
                    reverses=entry.reverses,
                    postings=postings,
                    rule=entry.rule,
                    policy=entry.policy,
                    recorded_at=recorded_at,
                ),
            ),
        )
    for one in journal.judgements:
        at = from_micros(one.effective_at, zone)
        yield Outgoing(
            JUDGEMENTS,
            one.volunteer,
            JudgementMade(
                **head(f"judgement/{one.id}", one.volunteer, at),
                data=JudgementData(
                    judgement=one.id,
                    kind=one.kind,
                    name=one.name,
                    reverses=one.reverses,
                    content=orjson.loads(one.content),
                    rule=one.rule,
                    policy=one.policy,
                    recorded_at=recorded_at,
                ),
            ),
        )
    for decision in journal.redemptions:
        event = answer_event(
            decision,
            policy,
            head(f"redemption/{decision.id}", decision.volunteer, recorded_at),
            signer,
        )
        yield Outgoing(REDEMPTION_RESULTS, decision.volunteer, event)
    for booked, legs in journal.books:
        at = from_micros(booked.effective_at, zone)
        yield Outgoing(
            BOOK_ENTRIES,
            booked.subject,
            BookPosted(
                **head(f"books/{booked.id}", booked.subject, at),
                data=BookEntryData(
                    entry=booked.id,
                    kind=booked.kind,
                    postings=[
                        PostingData(
                            account=account,
                            currency=currency,
                            amount=policy.amount(amount, currency),
                        )
                        for account, currency, amount in legs
                    ],
                    memo=booked.memo,
                    alert=booked.alert,
                    recorded_at=recorded_at,
                ),
            ),
        )
    for reject in entries.rejects:
        yield Outgoing(
            DEAD_LETTERS,
            reject.id,
            EventRejected(
                **head(f"reject/{reject.id}", reject.id, recorded_at),
                data=Rejection(
                    reject=reject.id,
                    code=reject.code,
                    detail=reject.detail,
                    origin=reject.origin[-SHOWN_ORIGIN:],
                    recorded_at=recorded_at,
                ),
            ),
        )
