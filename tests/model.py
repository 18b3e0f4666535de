"""What should come out? An independent model that counts minutes one by one.

It shares no code with the ledger and is as simple as it can be: per volunteer a set of minutes.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple


class Scan(NamedTuple):
    """A check-in (`inward`) or check-out at a whole minute."""

    volunteer: str
    minute: int
    inward: bool
    activity: str
    ident: str


class Claim(NamedTuple):
    """Somebody forgot to check out, and says that a visit was over at `minute`."""

    volunteer: str
    minute: int
    activity: str
    ident: str


class Ruling(NamedTuple):
    """What was decided, as number `order`, of the visit of the check-in `of`.

    `whole`: about the visit, however it ended; else only about the claim that it did.
    """

    volunteer: str
    of: str
    counts: bool
    whole: bool
    order: int


Happening = Scan | Claim | Ruling


@dataclass
class Standing:
    minutes: int = 0
    points: int = 0

    @property
    def star(self) -> int:
        hours = self.minutes / 60
        return sum(hours >= needed for needed in (100, 300, 600, 1000, 1500))


class Visit(NamedTuple):
    """`questioned`: somebody claimed its end; `claimed`: nothing else ends it."""

    start: int
    end: int
    activity: str
    came: str
    claimed: bool
    questioned: bool


def visits(happenings: set[Happening], volunteer: str) -> list[Visit]:
    """A volunteer's, in order: check-ins with a check-out, or a claim, before the next check-in."""
    found = []
    marks = [one for one in happenings if not isinstance(one, Ruling)]
    for activity in {mark.activity for mark in marks}:
        mine = [one for one in marks if (one.volunteer, one.activity) == (volunteer, activity)]
        mine.sort(key=lambda one: (one.minute, _inward(one), one.ident))
        for number, came in enumerate(mine):
            after = list(takewhile(lambda one: not _inward(one), mine[number + 1 :]))
            outs = [one for one in after if isinstance(one, Scan)]
            ends = outs or after
            if _inward(came) and ends:
                claims = (not outs, len(outs) < len(after))
                found.append(Visit(came.minute, ends[0].minute, activity, came.ident, *claims))
    return sorted(found)


def _inward(mark: Scan | Claim) -> bool:
    return isinstance(mark, Scan) and mark.inward


def nothing(_: Visit) -> bool:
    """No resident complains."""
    return False


def ruled(happenings: set[Happening], visit: Visit, *, claim: bool) -> bool | None:
    """What was decided last of a visit, or of the `claim` that ends it; None if nothing was."""
    about = [
        one
        for one in happenings
        if isinstance(one, Ruling) and one.of == visit.came and (one.whole or claim)
    ]
    return max(about, key=lambda one: one.order).counts if about else None


def counts(happenings: set[Happening], visit: Visit, complained: Callable[[Visit], bool]) -> bool:
    """Whether a visit counts: whoever doubts it, somebody has to decide that it does."""
    doubts = [True] * visit.claimed + [False] * complained(visit)
    if not doubts:
        return ruled(happenings, visit, claim=False) is not False
    return all(ruled(happenings, visit, claim=claim) for claim in doubts)


def standings(
    happenings: set[Happening], complained: Callable[[Visit], bool] = nothing
) -> dict[str, Standing]:
    """The end for a set of happenings, by the words of the national ladder."""
    result: dict[str, Standing] = defaultdict(Standing)
    for volunteer in {one.volunteer for one in happenings}:
        served: set[int] = set()
        standing = result[volunteer]
        for visit in visits(happenings, volunteer):
            if not counts(happenings, visit, complained):
                continue
            new = set(range(visit.start, visit.end)) - served
            served |= new
            standing.points += len(new) // 60
        standing.minutes = len(served)
    return dict(result)
