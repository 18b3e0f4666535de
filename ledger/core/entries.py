"""What is appended to the ledger? Rows of the append-only tables, in the order of their columns.

Every id is `batch * 2**20 + ordinal`: it sorts by batch, needs no round trip to the database, and
comes out the same when the event log is replayed. Effective times say when something was true, in
microseconds; when it became known is the batch's `recorded_at`. A row that no longer holds is never
changed: another one, whose `reverses` is its id, takes it back.
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
    """Hours of one fact on a track, or the reversal of such a record with `seconds` negated.

    `started_at` and `ended_at` are whole seconds; `check_in` and `check_out` are `event.seq` (for a
    fact reported whole, `check_in` is that event). `status` is counted, or pending: then somebody
    (`awaits`) has to approve, and the seconds do not count yet. `policy` is a digest.
    """

    id: int
    volunteer: str
    track: str
    activity: str
    place: str
    started_at: int
    ended_at: int
    seconds: int
    status: Literal["counted", "pending"]
    awaits: str
    check_in: int | None
    check_out: int | None
    rule: str
    policy: str
    reverses: int | None = None

    def reversal(self, ident: int) -> "HourRecord":
        """The record that takes this one back."""
        return self._replace(id=ident, seconds=-self.seconds, reverses=self.id)


class PointsEntry(NamedTuple):
    """Points into (+) or out of (-) a volunteer's wallet, against the account `counter`.

    `amount` is in the currency's smallest unit; `event` is the `seq` of what it follows from, None
    where only time has passed. Its two postings are `legs()`.
    """

    id: int
    volunteer: str
    currency: str
    amount: int
    counter: str
    event: int | None
    effective_at: int
    rule: str
    policy: str
    reverses: int | None = None

    def reversal(self, ident: int) -> "PointsEntry":
        """The entry that takes this one back."""
        return self._replace(id=ident, amount=-self.amount, reverses=self.id)

    def legs(self) -> tuple["Posting", "Posting"]:
        """What the entry moves, from one account to the other."""
        ident, at, currency = self.id, self.effective_at, self.currency
        return (
            Posting(ident, 0, self.counter, currency, -self.amount, at),
            Posting(ident, 1, wallet(self.volunteer), currency, self.amount, at),
        )


class Posting(NamedTuple):
    """One leg of an entry; the legs of an entry sum to zero per currency."""

    entry: int
    leg: int
    account: str
    currency: str
    amount: int
    effective_at: int


class LevelChange(NamedTuple):
    """A ladder's level is held or lost: positions from 0 (none) up.

    `seconds` are the hours counted by then, `cause` the `seq` of the event that decided, `because`
    the values that the level's condition read (JSON).
    """

    id: int
    volunteer: str
    ladder: str
    from_level: int
    to_level: int
    seconds: int
    effective_at: int
    cause: int | None
    because: str
    rule: str
    policy: str


JudgementKind = Literal["grant", "refusal", "decision", "status", "answer", "unjudged", "void"]


class Judgement(NamedTuple):
    """What else a policy says of a fact: kind grant, refusal, decision, status, answer, unjudged.

    `content` (JSON) is the policy's entry; of an `unjudged` fact it says why nothing follows from
    it, `name` being the setting that is missing, if one is. `void` is a visit that a person
    declared void after review: the content says who and why, `name` is the safeguard.
    """

    id: int
    volunteer: str
    kind: JudgementKind
    name: str
    event: int | None
    effective_at: int
    content: str
    rule: str
    policy: str
    reverses: int | None = None

    def reversal(self, ident: int) -> "Judgement":
        """The judgement that takes this one back."""
        return self._replace(id=ident, reverses=self.id)


class RedemptionDecision(NamedTuple):
    """The answer to one request; `repeats` is the first answer if it was asked for before.

    `merchant` is whom the points go to (of a transfer: the receiver). `asked` is the decimal text
    of the request, `points` what was moved or set aside, in units (of a refused one what was asked
    for, 0 if the currency has no such fraction); `paid` the payments (JSON); `attributes` what the
    policy was told beside (JSON). `allowance` is the one that it was honoured out of. `cost` is
    what the `fund` paid or got back for it, in fen.
    `effective_at` (µs) is from when on it counts; `available` what was left to spend;
    `expires_at` (µs) when a hold or a voucher lapses.
    """

    id: int
    command: Literal[
        "redeem", "hold", "confirm", "cancel", "refund", "allow", "use", "transfer", "lapse"
    ]
    redemption: str
    step: str
    request: int
    effective_at: int
    volunteer: str
    merchant: str
    item: str
    quantity: int
    currency: str
    asked: str
    points: int
    paid: str
    attributes: str
    fund: str
    cost: int
    allowance: str
    voucher: str
    status: Literal["accepted", "refused"]
    reason: str | None
    available: int
    expires_at: int | None
    repeats: int | None


class BookEntry(NamedTuple):
    """An entry of the books that touches no wallet; its legs are postings.

    `kind` is contribution, spending, refund, voucher, lapse, dispute, payout or remittance;
    `subject` whose books it is first about; `memo` what it is for; `alert` why somebody has to
    look, "" mostly.
    """

    id: int
    kind: str
    subject: str
    event: int
    effective_at: int
    memo: str
    alert: str


class Booking(NamedTuple):
    """A book entry with its legs (account, currency, amount), which sum to zero by currency."""

    entry: BookEntry
    legs: tuple[tuple[str, str, int], ...]

    def postings(self) -> list[Posting]:
        """The legs as rows."""
        entry = self.entry
        return [
            Posting(entry.id, number, *leg, entry.effective_at)
            for number, leg in enumerate(self.legs)
        ]


HOUSEHOLD = "household:"
TEAM = "team:"
FUND = "fund:"
MERCHANT = "merchant:"
WALLETS = (HOUSEHOLD, TEAM)
"""How the wallets begin that are not one volunteer's."""


def wallet(subject: str) -> str:
    """The account of the points of a volunteer, by id, or of a household or team, by its name."""
    return subject if subject.startswith(WALLETS) else f"volunteer:{subject}"


DEBTS = "debt:"
"""How the accounts of debts begin."""


def debt_account(volunteer: str) -> str:
    """The account of the points that a volunteer owes, below zero; only the ledger posts to it."""
    return DEBTS + volunteer


def account(counter: str, currency: str) -> str:
    """The account that a policy calls `counter`: one of its own per currency, unless named whole.

    `issuance` is where points come from, `expiry` where they end; `merchant:M1` is a shop's.
    """
    return counter if ":" in counter else f"{counter}:{currency}"


@dataclass(slots=True)
class Journal:
    """Entries in the order in which they are appended."""

    hours: list[HourRecord] = field(default_factory=list)
    points: list[PointsEntry] = field(default_factory=list)
    levels: list[LevelChange] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    redemptions: list[RedemptionDecision] = field(default_factory=list)
    books: list[Booking] = field(default_factory=list)

    def add(self, row: HourRecord | PointsEntry | LevelChange | Judgement) -> None:
        """Append one entry to its list."""
        match row:
            case HourRecord():
                self.hours.append(row)
            case PointsEntry():
                self.points.append(row)
            case LevelChange():
                self.levels.append(row)
            case Judgement():
                self.judgements.append(row)

    def mark(self) -> tuple[int, ...]:
        """A point to come back to."""
        return (
            len(self.hours),
            len(self.points),
            len(self.levels),
            len(self.judgements),
            len(self.redemptions),
            len(self.books),
        )

    def undo_to(self, mark: tuple[int, ...]) -> None:
        """Take back what was appended since `mark`."""
        hours, points, levels, judgements, redemptions, books = mark
        del self.hours[hours:], self.points[points:], self.levels[levels:]
        del self.judgements[judgements:], self.redemptions[redemptions:], self.books[books:]

    def extend(self, other: "Journal") -> None:
        self.hours += other.hours
        self.points += other.points
        self.levels += other.levels
        self.judgements += other.judgements
        self.redemptions += other.redemptions
        self.books += other.books

    @property
    def size(self) -> int:
        """How many entries it has."""
        return sum(self.mark())

    def postings(self) -> list[Posting]:
        """The legs of all entries."""
        legs = [leg for one in self.points for leg in one.legs()]
        return legs + [leg for one in self.books for leg in one.postings()]
