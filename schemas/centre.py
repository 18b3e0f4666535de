"""What else does a practice centre do? Events that move no hours and points by themselves."""

from schemas.assessment import AssessmentEvent
from schemas.membership import MembershipEvent
from schemas.project import ProjectEvent

CentreEvent = MembershipEvent | ProjectEvent | AssessmentEvent
