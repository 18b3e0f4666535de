"""Which visits follow from a volunteer's check-ins and check-outs?

Pairing looks at the set of marks, not at how they arrived: per activity, in order of time, a visit
is a check-in whose next mark is a check-out. So

- a second check-in leaves the first one open, because its check-out is missing;
- a second check-out, or one without a check-in before it, closes nothing;
- at the same instant a check-out comes before a check-in, so that somebody who leaves and comes
  back keeps both visits.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from ledger.clock import SECOND

Direction = Literal[0, 1]
OUT: Direction = 0
IN: Direction = 1


class Mark(NamedTuple):
    """One check-in or check-out of a known volunteer. The field order is the canonical order.

    `at` is in microseconds since 1970 UTC; (`source`, `event_id`) is the identity of the event;
    `seq` is its place in the event log, which depends on arrival and so comes last. `fact` and
    `attributes` are what the event says of the visit.
    """

    at: int
    direction: Direction
    source: str
    event_id: str
    activity: str
    place: str
    seq: int
    fact: str | None = None
    attributes: Mapping[str, Any] | None = None


class OpenVisit(NamedTuple):
    """A check-in that no check-out has followed yet."""

    at: int
    seq: int
    ident: str
    place: str
    fact: str | None = None
    attributes: Mapping[str, Any] | None = None


class Visit(NamedTuple):
    """A check-in with its check-out; times in whole seconds since 1970 UTC, end exclusive.

    `ident` is `<source>#<id>` of the check-in.
    """

    started_at: int
    ended_at: int
    activity: str
    place: str
    check_in: int
    check_out: int
    ident: str
    fact: str | None
    attributes: Mapping[str, Any] | None


def opened(mark: Mark) -> OpenVisit:
    """What is kept of a check-in until its check-out comes."""
    ident = f"{mark.source}#{mark.event_id}"
    return OpenVisit(mark.at, mark.seq, ident, mark.place, mark.fact, mark.attributes)


def closed(start: OpenVisit, out: Mark) -> Visit:
    """The visit from a check-in to the check-out that follows it."""
    attributes = start.attributes
    if out.attributes:
        attributes = {**(attributes or {}), **out.attributes}
    return Visit(
        start.at // SECOND,
        out.at // SECOND,
        out.activity,
        start.place,
        start.seq,
        out.seq,
        start.ident,
        start.fact or out.fact,
        attributes,
    )


def pair(marks: Iterable[Mark]) -> tuple[list[Visit], dict[str, OpenVisit]]:
    """All visits, and by activity the check-ins that are still open.

    A check-in that another check-in of the same activity has followed is neither: nobody can
    close it any more but a late check-out.
    """
    waiting: dict[str, OpenVisit] = {}
    visits: list[Visit] = []
    for mark in sorted(marks):
        if mark.direction == IN:
            waiting[mark.activity] = opened(mark)
        elif (start := waiting.pop(mark.activity, None)) is not None:
            visits.append(closed(start, mark))
    return visits, waiting
