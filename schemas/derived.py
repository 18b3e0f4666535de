"""What does the ledger publish? Hours recorded, stars changed, points posted, events rejected.

Each is published at least once; `(source, id)` names the ledger entry and never changes, so that a
consumer can drop what it has seen.
"""

from typing import Literal

from schemas.envelope import Amount, CloudEvent, Data, Identifier, Instant, Label


class HourRecord(Data):
    """One counted visit, or the reversal of one. `seconds` is negative in a reversal."""

    record: int
    kind: Literal["record", "reversal"]
    reverses: int | None
    activity: Identifier
    place: Identifier
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
    """A new star level, with the cumulative seconds that it rests on."""

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

    cause: int
    postings: list[Posting]
    recorded_at: Instant


class PointsPosted(CloudEvent):
    """积分入账: an entry that touches the volunteer's (`subject`) wallet."""

    type: Literal["volunteer.points.posted.v1"] = "volunteer.points.posted.v1"
    data: Postings


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
