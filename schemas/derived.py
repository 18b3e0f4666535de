"""What does the ledger publish? Hours recorded, stars changed, points posted, events rejected.

Each is published at least once; `(source, id)` names the ledger entry and never changes, so that a
consumer can drop what it has seen.
"""

from typing import Literal

from pydantic import JsonValue

from schemas.envelope import Amount, CloudEvent, Data, Identifier, Instant, Label


class HourRecord(Data):
    """Hours of one visit or other fact on a track, or the reversal: then `seconds` is negative.

    What is pending (`awaits` says whose approval) does not count yet.
    """

    record: int
    kind: Literal["record", "reversal"]
    reverses: int | None = None
    track: Identifier
    status: Literal["counted", "pending"]
    awaits: Label
    activity: Label
    place: Label
    started_at: Instant
    ended_at: Instant
    seconds: int
    rule: Label
    policy: Label
    recorded_at: Instant


class HoursRecorded(CloudEvent):
    """服务时长记录: appended to the volunteer's (`subject`) hour records."""

    type: Literal["volunteer.hours.recorded.v1"] = "volunteer.hours.recorded.v1"
    data: HourRecord


class StarChange(Data):
    """A level of a ladder is held or lost, with the cumulative seconds that were counted by then.

    Levels are positions on the policy's ladder, from 1; 0 is none.
    """

    ladder: Identifier
    from_level: int
    to_level: int
    seconds: int
    rule: Label
    policy: Label
    recorded_at: Instant


class StarChanged(CloudEvent):
    """星级变动 of the volunteer (`subject`)."""

    type: Literal["volunteer.star.changed.v1"] = "volunteer.star.changed.v1"
    data: StarChange


class Posting(Data):
    """One leg of an entry."""

    account: Label
    currency: Identifier
    amount: Amount


class Postings(Data):
    """The legs of one entry; per currency they sum to zero."""

    entry: int
    reverses: int | None = None
    postings: list[Posting]
    rule: Label
    policy: Label
    recorded_at: Instant


class PointsPosted(CloudEvent):
    """积分入账: an entry that touches the volunteer's (`subject`) wallet."""

    type: Literal["volunteer.points.posted.v1"] = "volunteer.points.posted.v1"
    data: Postings


class BookEntry(Data):
    """An entry that touches no wallet: of a fund, a shop's money, vouchers, payouts.

    `alert` says why somebody has to look, for example that a fund runs low.
    """

    entry: int
    kind: Label
    postings: list[Posting]
    memo: Label
    alert: Label
    recorded_at: Instant


class BookPosted(CloudEvent):
    """账务分录: `subject` is whose books it is first about: a fund, an item, a payout."""

    type: Literal["volunteer.books.posted.v1"] = "volunteer.books.posted.v1"
    data: BookEntry


class Judgement(Data):
    """What else the policy says: a benefit granted, a request decided, a status changed …

    `unjudged`: a fact from which nothing follows, since the policy in force can't judge it.
    `void`: a visit that a person declared void after review.
    """

    judgement: int
    kind: Literal["grant", "refusal", "decision", "status", "answer", "unjudged", "void"]
    name: Label
    reverses: int | None = None
    content: dict[str, JsonValue]
    rule: Label
    policy: Label
    recorded_at: Instant


class JudgementMade(CloudEvent):
    """评定: about the volunteer (`subject`), true at `time`."""

    type: Literal["volunteer.judgement.made.v1"] = "volunteer.judgement.made.v1"
    data: Judgement


class Rejection(Data):
    """Why an event was set aside. The text itself stays in the ledger: `vledger rejects show`."""

    reject: Identifier
    code: Label
    detail: str
    origin: Label
    recorded_at: Instant


class EventRejected(CloudEvent):
    """A dead letter; `subject` is the reject's id, under which the ledger keeps the content."""

    type: Literal["volunteer.event.rejected.v1"] = "volunteer.event.rejected.v1"
    data: Rejection
