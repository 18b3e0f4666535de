"""How does a program in Python ask a ledger by HTTP? `Client`, typed, for kiosks and offices."""

from ledger.client.client import ApiProblem, Changed, Client, Unreachable
from ledger.client.till import Till

__all__ = ["ApiProblem", "Changed", "Client", "Till", "Unreachable"]
