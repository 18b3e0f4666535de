"""Which topic carries what, and by which key? The one table of topics."""

from dataclasses import dataclass
from typing import Final

from schemas.attendance import CheckedIn, CheckedOut
from schemas.derived import (
    EventRejected,
    HoursRecorded,
    JudgementMade,
    PointsPosted,
    StarChanged,
)
from schemas.envelope import CloudEvent
from schemas.facts import FactReported
from schemas.redemption import (
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    RedemptionAccepted,
    RedemptionCancelled,
    RedemptionHeld,
    RedemptionRefunded,
    RedemptionRefused,
    RedemptionRequested,
    RefundRequested,
)
from schemas.registry import (
    ActivityRegistered,
    PlaceRegistered,
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
    (CheckedIn, CheckedOut),
    True,
    "Check-ins and check-outs, published by kiosks",
)
FACTS: Final = Topic(
    "volunteer.facts",
    "volunteer id",
    (FactReported, ReviewDecided),
    True,
    "What else a policy knows: awards, approvals, corrections, absences, applications; "
    "what was decided of visits under review",
)
REGISTRY: Final = Topic(
    "volunteer.registry",
    "id of what is registered",
    (VolunteerRegistered, TeamRegistered, PlaceRegistered, ActivityRegistered),
    True,
    "Volunteers, teams, places and activities",
)
REDEMPTION_REQUESTS: Final = Topic(
    "volunteer.redemption.requests",
    "volunteer id",
    (RedemptionRequested, HoldRequested, ConfirmRequested, CancelRequested, RefundRequested),
    True,
    "Purchases, holds, confirmations, cancellations and refunds asked for by tills",
)
REDEMPTION_RESULTS: Final = Topic(
    "volunteer.redemption.results",
    "volunteer id",
    (
        RedemptionAccepted,
        RedemptionHeld,
        RedemptionCancelled,
        RedemptionRefunded,
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
    REDEMPTION_REQUESTS,
    REDEMPTION_RESULTS,
    HOURS,
    STARS,
    POINTS,
    JUDGEMENTS,
    DEAD_LETTERS,
)
