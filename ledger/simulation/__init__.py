"""What would a draft policy do on the real history? Needs the extra `simulate`."""

from .apart import simulate_apart
from .result import Result, Side
from .run import Draft, simulate

__all__ = ["Draft", "Result", "Side", "simulate", "simulate_apart"]
