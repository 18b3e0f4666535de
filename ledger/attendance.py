"""Which visits follow from a volunteer's check-ins and check-outs?

Pairing looks at the set of marks, not at how they arrived: per activity, in order of time, a visit
is a check-in whose next mark is a check-out. So

- a second check-in leaves the first one open, because its check-out is missing;
- a second check-out, or one without a check-in before it, closes nothing;
- at the same instant a check-out comes before a check-in, so that somebody who leaves and comes
  back keeps both visits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple

from ledger.clock import SECOND

Direction = Literal[0, 1]
OUT: Direction = 0
IN: Direction = 1


class Mark(NamedTuple):
    """One check-in or check-out of a known volunteer. The field order is the canonical order.

    `at` is in microseconds since 1970 UTC; (`source`, `event_id`) is the identity of the event;
    `seq` is its place in the event log, which depends on arrival and so comes last.
    """

    at: int
    direction: Direction
    source: str
    event_id: str
    activity: str
    place: str
    seq: int


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A check-in that no check-out has followed yet."""

    at: int
    seq: int
    place: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A check-in with its check-out; times in whole seconds since 1970 UTC, end exclusive."""

    started_at: int
    ended_at: int
    activity: str
    place: str
    check_in: int
    check_out: int

    @property
    def seconds(self) -> int:
        return self.ended_at - self.started_at


def closed(opened: OpenVisit, out: Mark) -> Visit:
    """The visit from a check-in to the check-out that follows it."""
    return Visit(
        started_at=opened.at // SECOND,
        ended_at=out.at // SECOND,
        activity=out.activity,
        place=opened.place,
        check_in=opened.seq,
        check_out=out.seq,
    )


def pair(marks: Iterable[Mark]) -> tuple[list[Visit], dict[str, OpenVisit]]:
    """All visits in canonical order, and by activity the check-ins that are still open.

    A check-in that another check-in of the same activity has followed is neither: nobody can
    close it any more but a late check-out.
    """
    opened: dict[str, OpenVisit] = {}
    visits: list[Visit] = []
    for mark in sorted(marks):
        if mark.direction == IN:
            opened[mark.activity] = OpenVisit(mark.at, mark.seq, mark.place)
        elif (start := opened.pop(mark.activity, None)) is not None:
            visits.append(closed(start, mark))
    visits.sort(key=canonical)
    return visits, opened


canonical = attrgetter("started_at", "ended_at", "activity")
"""The order in which visits are counted: the one that began first keeps shared time."""


class Share(NamedTuple):
    """A visit with the part of its seconds that no earlier visit has covered."""

    visit: Visit
    seconds: int


def uncovered(visits: Iterable[Visit], covered_until: int = 0) -> Iterator[Share]:
    """Each visit's seconds, shared time given to the visit that comes first in canonical order."""
    for visit in visits:
        begin = max(visit.started_at, covered_until)
        covered_until = max(covered_until, visit.ended_at)
        yield Share(visit, max(0, visit.ended_at - begin))
