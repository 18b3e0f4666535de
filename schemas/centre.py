"""What else does a practice centre do? Events that move no hours and points by themselves."""

from schemas.activities import ActivityEvent
from schemas.assessment import AssessmentEvent
from schemas.benefits import BenefitEvent
from schemas.honours import HonourEvent
from schemas.membership import MembershipEvent
from schemas.orders import OrderEvent
from schemas.places import PlaceEvent
from schemas.project import ProjectEvent

CentreEvent = (
    MembershipEvent
    | PlaceEvent
    | ActivityEvent
    | OrderEvent
    | ProjectEvent
    | AssessmentEvent
    | BenefitEvent
    | HonourEvent
)
