"""Which messages tell the world of a batch's entries? Pure: rows in, events and topics out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from ledger.clock import SECOND, from_micros
from ledger.entries import HourRecord, Posting, RedemptionDecision, StarChange
from ledger.ladder import Ladder
from schemas import CloudEvent, EventRejected, HoursRecorded, PointsPosted, StarChanged
from schemas.derived import HourRecord as HourRecordData
from schemas.derived import Posting as PostingData
from schemas.derived import Postings, Rejection
from schemas.derived import StarChange as StarChangeData
from schemas.redemption import (
    RedemptionAccepted,
    RedemptionAnswer,
    RedemptionRefusal,
    RedemptionRefused,
)
from schemas.topics import DEAD_LETTERS, HOURS, POINTS, REDEMPTION_RESULTS, STARS, Topic

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
    """All entries of one batch, each list in the order of ids; `recorded_at` in µs."""

    recorded_at: int
    hours: list[HourRecord]
    postings: list[Posting]
    stars: list[StarChange]
    redemptions: list[RedemptionDecision]
    rejects: list[KeptReject]


def messages(entries: BatchEntries, policy: Ladder) -> Iterator[Outgoing]:
    """The events of a batch. Their ids are those of the entries, the same at each attempt."""
    recorded_at = from_micros(entries.recorded_at, policy.zone)

    def head(ident: str, subject: str, time: datetime) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": ident,
            "source": SOURCE,
            "time": time,
            "subject": subject,
        }

    for record in entries.hours:
        ended_at = from_micros(record.ended_at * SECOND, policy.zone)
        data = HourRecordData(
            record=record.id,
            kind="record" if record.reverses is None else "reversal",
            reverses=record.reverses,
            activity=record.activity,
            place=record.place,
            started_at=from_micros(record.started_at * SECOND, policy.zone),
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
    for change in entries.stars:
        at = from_micros(change.effective_at, policy.zone)
        yield Outgoing(
            STARS,
            change.volunteer,
            StarChanged(
                **head(f"star/{change.id}", change.volunteer, at),
                data=StarChangeData(
                    from_level=change.from_level,
                    to_level=change.to_level,
                    seconds=change.seconds,
                    rule=change.rule,
                    policy=change.policy,
                    recorded_at=recorded_at,
                ),
            ),
        )
    owners = _owners(entries)
    for cause, legs in groupby(entries.postings, attrgetter("cause")):
        listed = list(legs)
        volunteer = owners[cause]
        at = from_micros(listed[0].effective_at, policy.zone)
        postings = [
            PostingData(account=leg.account, currency=leg.currency, amount=policy.text(leg.amount))
            for leg in listed
        ]
        yield Outgoing(
            POINTS,
            volunteer,
            PointsPosted(
                **head(f"points/{cause}", volunteer, at),
                data=Postings(cause=cause, postings=postings, recorded_at=recorded_at),
            ),
        )
    for decision in entries.redemptions:
        yield _answer(
            decision, policy, head(f"redemption/{decision.id}", decision.volunteer, recorded_at)
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


def _owners(entries: BatchEntries) -> Mapping[int, str]:
    """The volunteer whose wallet an entry touches, by the entry's cause."""
    causes: Iterable[HourRecord | RedemptionDecision] = (*entries.hours, *entries.redemptions)
    return {cause.id: cause.volunteer for cause in causes}


def _answer(decision: RedemptionDecision, policy: Ladder, head: dict[str, Any]) -> Outgoing:
    answer = {
        "redemption": decision.redemption,
        "merchant": decision.merchant,
        "item": decision.item,
        "points": decision.asked,
        "available": policy.text(decision.available),
    }
    event: CloudEvent
    if decision.reason is None:
        event = RedemptionAccepted(**head, data=RedemptionAnswer(**answer))
    else:
        event = RedemptionRefused(**head, data=RedemptionRefusal(**answer, reason=decision.reason))
    return Outgoing(REDEMPTION_RESULTS, decision.volunteer, event)
