"""Which events would a whole city have in a year? Invented from a seed, always the same.

云川市 is fictional, and so is everybody in it. A million residents have some 150,000 volunteers, of
whom about half come at all, few of them very often. The lines come in the order of their times and
are made day by day, so that memory holds the people and one week. For benchmarks and tests; the
small county with all its troubles is `ledger.county`.
"""

from collections.abc import Iterator
from random import Random

from ledger.city.people import found
from ledger.city.registry import registrations
from ledger.city.year import year_lines

__all__ = ["lines"]


def lines(seed: int, residents: int, year: int) -> Iterator[bytes]:
    """Every event of the city in a year as a line (without its end), by time."""
    rng = Random(seed)
    city = found(rng, residents)
    yield from registrations(rng, city, year)
    yield from year_lines(rng, city, year)
