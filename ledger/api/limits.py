"""How often may somebody ask? Counted in this process, for each person and address apart."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from ledger.api.problems import Kind, Problem
from ledger.errors import LedgerError


class Limit:
    """At most so many in a time, by name: "600/minute". Raises LedgerError if that is no rate."""

    def __init__(self, rate: str, setting: str) -> None:
        try:
            self._rate: RateLimitItem = parse(rate)
        except ValueError:
            raise LedgerError(f"{setting} {rate!r}: write it as 600/minute") from None
        self._counted = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, name: str) -> None:
        """One more. Raises Problem if that is too many."""
        if not self._counted.hit(self._rate, name):
            raise self._too_many(name)

    def check(self, name: str) -> None:
        """Raises Problem if one more would be too many."""
        if not self._counted.test(self._rate, name):
            raise self._too_many(name)

    def _too_many(self, name: str) -> Problem:
        resets = self._counted.get_window_stats(self._rate, name).reset_time
        wait = max(1, math.ceil(resets - time.time()))
        return Problem(
            Kind.RATE,
            f"at most {self._rate}: wait {wait} s",
            headers={"Retry-After": str(wait)},
        )
