"""What is appended to the ledger? Rows of the append-only tables, in the order of their columns.

Every id is `batch * 2**20 + ordinal`: it sorts by batch, needs no round trip to the database, and
comes out the same when the event log is replayed. Effective times say when something was true, in
microseconds; when it became known is the batch's `recorded_at`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, NamedTuple

BATCH_SPAN = 1 << 20
"""Ids per batch."""


def first_id(batch: int) -> int:
    """The first id of a batch."""
    return batch * BATCH_SPAN


def ids_of(batch: int) -> Iterator[int]:
    """The ids of a batch, in order. Raises OverflowError past its span."""
    first = first_id(batch)
    for number in count(first):
        if number >= first + BATCH_SPAN:
            raise OverflowError(f"batch {batch} makes more than {BATCH_SPAN} entries")
        yield number


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
    """The answer to one request; `repeats` is the first answer if the id was asked for before."""

    id: int
    redemption: str
    request: int
    volunteer: str
    merchant: str
    item: str
    currency: str
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
