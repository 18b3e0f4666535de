"""What else does a practice centre do? Events that move no hours and points by themselves."""

from schemas.membership import MembershipEvent
from schemas.orders import OrderEvent

CentreEvent = MembershipEvent | OrderEvent
