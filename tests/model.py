"""What should come out? An independent model that counts minutes one by one.

It shares no code with the ledger and is as simple as it can be: per volunteer a set of minutes.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Scan(NamedTuple):
    """A check-in (`inward`) or check-out at a whole minute."""

    volunteer: str
    minute: int
    inward: bool
    activity: str
    ident: str


@dataclass
class Standing:
    minutes: int = 0
    points: int = 0

    @property
    def star(self) -> int:
        hours = self.minutes / 60
        return sum(hours >= needed for needed in (100, 300, 600, 1000, 1500))


def standings(scans: set[Scan]) -> dict[str, Standing]:
    """The end for a set of scans, by the words of the national ladder."""
    result: dict[str, Standing] = defaultdict(Standing)
    for volunteer in {scan.volunteer for scan in scans}:
        visits = []
        for activity in {scan.activity for scan in scans}:
            mine = [s for s in scans if (s.volunteer, s.activity) == (volunteer, activity)]
            mine.sort(key=lambda scan: (scan.minute, scan.inward, scan.ident))
            for earlier, later in pairwise(mine):
                if earlier.inward and not later.inward:
                    visits.append((earlier.minute, later.minute, activity))
        served: set[int] = set()
        standing = result[volunteer]
        for start, end, _ in sorted(visits):
            new = set(range(start, end)) - served
            served |= new
            standing.points += len(new) // 60
        standing.minutes = len(served)
    return dict(result)
