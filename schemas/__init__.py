"""Which messages exist? Every event and topic, defined once, as CloudEvents 1.0.

How a type may evolve
---------------------
A type's name ends in its version (`….v1`). Within a version only these changes are allowed: a new
optional field, a wider limit, a new value in an open text field. Readers ignore fields that they do
not know, and the ledger keeps the whole text of every event, so that a field added later is not
lost. Anything else (a new required field, another meaning or unit, a removed field) is a new type
`….v2` beside the old one, which stays readable for as long as the log holds such events: for ever.
"""

from schemas.attendance import AttendanceEvent, CheckedIn, CheckedOut, CheckOutClaimed
from schemas.debts import DebtWrittenOff
from schemas.derived import (
    EventRejected,
    HoursRecorded,
    JudgementMade,
    PointsPosted,
    StarChanged,
)
from schemas.envelope import MAX_EVENT_BYTES, CloudEvent
from schemas.facts import FactReported
from schemas.incoming import IncomingEvent, LoggedEvent, decode, decode_logged
from schemas.own import ConductSuspected, PolicyAdopted, StandingReviewed, SuspicionWithdrawn
from schemas.redemption import (
    RedemptionAccepted,
    RedemptionRefused,
    RedemptionRequested,
)
from schemas.registry import (
    ActivityRegistered,
    PlaceRegistered,
    RegistryEvent,
    TeamRegistered,
    VolunteerRegistered,
)
from schemas.review import ReviewDecided

__all__ = [
    "MAX_EVENT_BYTES",
    "ActivityRegistered",
    "AttendanceEvent",
    "CheckOutClaimed",
    "CheckedIn",
    "CheckedOut",
    "CloudEvent",
    "ConductSuspected",
    "DebtWrittenOff",
    "EventRejected",
    "FactReported",
    "HoursRecorded",
    "IncomingEvent",
    "JudgementMade",
    "LoggedEvent",
    "PlaceRegistered",
    "PointsPosted",
    "PolicyAdopted",
    "RedemptionAccepted",
    "RedemptionRefused",
    "RedemptionRequested",
    "RegistryEvent",
    "ReviewDecided",
    "StandingReviewed",
    "StarChanged",
    "SuspicionWithdrawn",
    "TeamRegistered",
    "VolunteerRegistered",
    "decode",
    "decode_logged",
]
