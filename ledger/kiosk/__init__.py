"""How does a kiosk without a screen keep marks and send them? All that it needs, and one file.

`Queue` keeps what was marked, `mark` signs and keeps it, `send` brings it to a ledger by HTTP.
"""

from ledger.kiosk.marking import Forgotten, Visit, mark
from ledger.kiosk.queue import Kiosk, Mark, Queue, State, Status
from ledger.kiosk.sending import UnsentError, send

__all__ = [
    "Forgotten",
    "Kiosk",
    "Mark",
    "Queue",
    "State",
    "Status",
    "UnsentError",
    "Visit",
    "mark",
    "send",
]
