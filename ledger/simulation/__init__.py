"""What would a draft policy do on the real history? Needs the extra `simulate`."""

from .result import Result, Side
from .run import Draft, simulate

__all__ = ["Draft", "Result", "Side", "simulate"]
