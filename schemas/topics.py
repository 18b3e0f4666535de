"""Which topic carries what, and by which key? The one table of topics."""

from dataclasses import dataclass
from typing import Final, get_args

from schemas.attendance import CheckedIn, CheckedOut, CheckOutClaimed
from schemas.books import (
    DisputeDecided,
    DisputeOpened,
    FundBudgeted,
    FundContributed,
    StockCounted,
    StockReceived,
)
from schemas.catalogue import (
    FundRegistered,
    HouseholdRegistered,
    ItemRegistered,
    MerchantRegistered,
)
from schemas.centre import CentreEvent
from schemas.complaint import ComplaintAnswered, ComplaintFiled
from schemas.debts import DebtWrittenOff
from schemas.derived import (
    BookPosted,
    EventRejected,
    HoursRecorded,
    JudgementMade,
    PointsPosted,
    StarChanged,
)
from schemas.envelope import CloudEvent
from schemas.facts import FactReported
from schemas.redemption import (
    AllowanceGranted,
    AllowanceRequested,
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    PointsTransferred,
    RedemptionAccepted,
    RedemptionCancelled,
    RedemptionHeld,
    RedemptionRefunded,
    RedemptionRefused,
    RedemptionRequested,
    RefundRequested,
    TransferRequested,
    VoucherLapsed,
    VoucherUsed,
    VoucherUseRequested,
)
from schemas.registry import (
    ActivityRegistered,
    PlaceRegistered,
    ResourceRegistered,
    TeamRegistered,
    VolunteerRegistered,
)
from schemas.review import ReviewDecided


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic. `received`: the ledger reads it; otherwise it publishes it."""

    name: str
    key: str
    events: tuple[type[CloudEvent], ...]
    received: bool
    description: str


ATTENDANCE: Final = Topic(
    "volunteer.attendance",
    "volunteer id",
    (CheckedIn, CheckedOut, CheckOutClaimed),
    True,
    "Check-ins, check-outs and claims of forgotten check-outs, published by kiosks",
)
FACTS: Final = Topic(
    "volunteer.facts",
    "volunteer id",
    (FactReported, DebtWrittenOff, ReviewDecided, ComplaintFiled, ComplaintAnswered),
    True,
    "What else a policy knows: awards, approvals, corrections, absences; debts written off; "
    "what was decided of visits under review; complaints and their answers",
)
REGISTRY: Final = Topic(
    "volunteer.registry",
    "id of what is registered",
    (
        VolunteerRegistered,
        TeamRegistered,
        PlaceRegistered,
        ActivityRegistered,
        ResourceRegistered,
        MerchantRegistered,
        ItemRegistered,
        FundRegistered,
        HouseholdRegistered,
    ),
    True,
    "Volunteers, teams, places, their resources, activities; shops, items, funds and households",
)
BOOKS: Final = Topic(
    "volunteer.books",
    "id of the item, fund or shop",
    (
        StockReceived,
        StockCounted,
        FundContributed,
        FundBudgeted,
        DisputeOpened,
        DisputeDecided,
    ),
    True,
    "Stock, contributions and budgets of funds, disputes",
)
CENTRE: Final = Topic(
    "volunteer.centre",
    "id of what it is about",
    get_args(CentreEvent),
    True,
    "What a practice centre does: members of teams, merges and counts of places, bookings, plans, "
    "sign-ups, residents' orders, projects, assessments, benefits used, honours",
)
REDEMPTION_REQUESTS: Final = Topic(
    "volunteer.redemption.requests",
    "volunteer id",
    (
        RedemptionRequested,
        HoldRequested,
        ConfirmRequested,
        CancelRequested,
        RefundRequested,
        AllowanceRequested,
        VoucherUseRequested,
        TransferRequested,
    ),
    True,
    "Purchases, holds, refunds, allowances, vouchers and transfers asked for by tills and apps",
)
REDEMPTION_RESULTS: Final = Topic(
    "volunteer.redemption.results",
    "volunteer id",
    (
        RedemptionAccepted,
        RedemptionHeld,
        RedemptionCancelled,
        RedemptionRefunded,
        AllowanceGranted,
        VoucherUsed,
        VoucherLapsed,
        PointsTransferred,
        RedemptionRefused,
    ),
    False,
    "The answer to each request of a till",
)
HOURS: Final = Topic(
    "volunteer.hours", "volunteer id", (HoursRecorded,), False, "Hour records and their reversals"
)
STARS: Final = Topic(
    "volunteer.stars", "volunteer id", (StarChanged,), False, "Levels of stars and honours"
)
POINTS: Final = Topic(
    "volunteer.points", "volunteer id", (PointsPosted,), False, "Entries in the points bank"
)
BOOK_ENTRIES: Final = Topic(
    "volunteer.books.entries",
    "id of the fund, shop or payout",
    (BookPosted,),
    False,
    "Entries of funds, shops' money, vouchers and payouts; alerts",
)
JUDGEMENTS: Final = Topic(
    "volunteer.judgements",
    "volunteer id",
    (JudgementMade,),
    False,
    "Benefits granted, requests decided, standing changed; facts that nothing follows from",
)
DEAD_LETTERS: Final = Topic(
    "volunteer.dead-letters",
    "reject id",
    (EventRejected,),
    False,
    "Events that were set aside, with the reason",
)

TOPICS: Final = (
    ATTENDANCE,
    FACTS,
    REGISTRY,
    BOOKS,
    CENTRE,
    REDEMPTION_REQUESTS,
    REDEMPTION_RESULTS,
    HOURS,
    STARS,
    POINTS,
    BOOK_ENTRIES,
    JUDGEMENTS,
    DEAD_LETTERS,
)


def carried_by(name: str) -> tuple[type[CloudEvent], ...] | None:
    """The events that the topic of this name is for; None for a topic that the table has not."""
    return next((topic.events for topic in TOPICS if topic.name == name), None)
