"""What is appended to the ledger? Rows of the append-only tables, in the order of their columns.

Every id is `batch * 2**20 + ordinal`: it sorts by batch, needs no round trip to the database, and
comes out the same when the event log is replayed. Effective times say when something was true, in
microseconds; when it became known is the batch's `recorded_at`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

BATCH_SPAN = 1 << 20
"""Ids per batch: the first quarter for its events, the second for rejects, the rest for entries."""

MAX_ARRIVALS = BATCH_SPAN // 4
"""Arrivals in a batch, at most."""


def first_event(batch: int) -> int:
    """The `seq` of a batch's first event, and the lowest of its ids."""
    return batch * BATCH_SPAN


def first_reject(batch: int) -> int:
    """The `seq` of a batch's first reject."""
    return first_event(batch) + MAX_ARRIVALS


def entry_ids(batch: int) -> Iterator[int]:
    """The ids of a batch's entries, in order. Raises OverflowError past its span."""
    yield from range(first_event(batch) + 2 * MAX_ARRIVALS, first_event(batch + 1))
    raise OverflowError(f"batch {batch} makes more than {BATCH_SPAN // 2} entries")


class HourRecord(NamedTuple):
    """One counted visit (`reverses` is None), or the reversal of one with `seconds` negated.

    `started_at` and `ended_at` are whole seconds; `check_in` and `check_out` are `event.seq`.
    """

    id: int
    volunteer: str
    activity: str
    place: str
    started_at: int
    ended_at: int
    seconds: int
    check_in: int
    check_out: int
    reverses: int | None
    rule: str
    policy: str


class Posting(NamedTuple):
    """One leg of an entry; `cause` is the hour record or the redemption that it stands for.

    `amount` is in the currency's smallest unit; the legs of a cause sum to zero per currency.
    """

    id: int
    cause: int
    account: str
    currency: str
    amount: int
    effective_at: int


class StarChange(NamedTuple):
    """A new level; `seconds` is the cumulative total, `cause` the hour record that decided it."""

    id: int
    volunteer: str
    from_level: int
    to_level: int
    seconds: int
    effective_at: int
    cause: int
    rule: str
    policy: str


class RedemptionDecision(NamedTuple):
    """The answer to one request; `repeats` is the first answer if the id was asked for before.

    `asked` is the decimal text of the request, `points` the same in units (0 if it has none).
    """

    id: int
    redemption: str
    request: int
    volunteer: str
    merchant: str
    item: str
    currency: str
    asked: str
    points: int
    status: Literal["accepted", "refused"]
    reason: str | None
    available: int
    repeats: int | None


def wallet(volunteer: str) -> str:
    """The account of a volunteer's points."""
    return f"volunteer:{volunteer}:points"


def issuance(currency: str) -> str:
    """The account that a currency's points come from."""
    return f"issuance:{currency}"


def merchant_account(merchant: str) -> str:
    """The account of a shop."""
    return f"merchant:{merchant}"


@dataclass(slots=True)
class Journal:
    """Entries in the order in which they are appended."""

    hours: list[HourRecord] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    stars: list[StarChange] = field(default_factory=list)
    redemptions: list[RedemptionDecision] = field(default_factory=list)

    def extend(self, other: "Journal") -> None:
        self.hours += other.hours
        self.postings += other.postings
        self.stars += other.stars
        self.redemptions += other.redemptions
