"""What else does a practice centre do? Events that move no hours and points by themselves."""

from schemas.benefits import BenefitEvent
from schemas.honours import HonourEvent
from schemas.membership import MembershipEvent

CentreEvent = MembershipEvent | BenefitEvent | HonourEvent
