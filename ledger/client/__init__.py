"""How does a program in Python ask a ledger by HTTP? `Client`, typed, for kiosks and offices."""

from ledger.client.client import ApiProblem, Changed, Client, Unreachable

__all__ = ["ApiProblem", "Changed", "Client", "Unreachable"]
