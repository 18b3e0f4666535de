"""Which visits follow from a volunteer's check-ins and check-outs, and from claims of them?

Pairing looks at the set of marks, not at how they arrived: per activity, in order of time, a visit
is a check-in whose next mark is a check-out. So

- a second check-in leaves the first one open, because its check-out is missing;
- a second check-out, or one without a check-in before it, closes nothing;
- at the same instant a check-out comes before a check-in, so that somebody who leaves and comes
  back keeps both visits;
- a claim (补签退) is a mark at the end that is claimed, and closes a check-in where no check-out
  does before the next check-in. Of several claims the earliest end does: so a later claim never
  adds to what was decided on an earlier one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ledger.clock import SECOND
from ledger.policy.facts import EMPTY

Direction = Literal[0, 1, 2]
OUT: Direction = 0
CLAIM: Direction = 1
IN: Direction = 2


class Claim(NamedTuple):
    """What somebody says who forgot to check out; `made_at` in µs, `ended_at` as it was sent."""

    made_at: int
    ended_at: str
    reason: str
    by: str | None


class Mark(NamedTuple):
    """A check-in, a check-out or a claim of one. The field order is the canonical order.

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
    claim: Claim | None = None


class OpenVisit(NamedTuple):
    """A check-in that no check-out has followed yet; `claimed`: but a claim of one has."""

    at: int
    seq: int
    ident: str
    place: str
    fact: str | None = None
    attributes: Mapping[str, Any] | None = None
    claimed: bool = False


class Visit(NamedTuple):
    """A check-in with its check-out; times in whole seconds since 1970 UTC, end exclusive.

    `ident` is `<source>#<id>` of the check-in. `claim`: what closes it is no check-out but this.
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
    claim: Claim | None = None


def opened(mark: Mark) -> OpenVisit:
    """What is kept of a check-in until its check-out comes."""
    ident = f"{mark.source}#{mark.event_id}"
    return OpenVisit(mark.at, mark.seq, ident, mark.place, mark.fact, mark.attributes)


def closed(start: OpenVisit, out: Mark) -> Visit:
    """The visit from a check-in to the check-out, or the claim of one, that follows it."""
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
        out.claim,
    )


def pair(
    marks: Iterable[Mark], before: Mapping[str, OpenVisit] = EMPTY
) -> tuple[list[Visit], dict[str, OpenVisit]]:
    """All visits, and by activity the check-ins that are still open; `before`: those that were.

    A check-in that another check-in of the same activity has followed is neither: nobody can
    close it any more but a late check-out. One that was closed by a claim is both: a check-out
    takes the claim's place.
    """
    waiting = dict(before)
    claimed: dict[str, Visit] = {}
    visits: list[Visit] = []
    for mark in sorted(marks):
        if mark.direction == IN:
            if mark.activity in claimed:
                visits.append(claimed.pop(mark.activity))
            waiting[mark.activity] = opened(mark)
        elif mark.direction == CLAIM:
            start = waiting.get(mark.activity)
            if start is not None and not start.claimed:
                claimed[mark.activity] = closed(start, mark)
                waiting[mark.activity] = start._replace(claimed=True)
        elif (start := waiting.pop(mark.activity, None)) is not None:
            claimed.pop(mark.activity, None)
            visits.append(closed(start, mark))
    return visits + list(claimed.values()), waiting


class Claimed(NamedTuple):
    """A check-in that was claimed to be over, by the mark `claim`; `out`: its real check-out."""

    came: Mark
    claim: Mark
    out: Mark | None


def claims(marks: Iterable[Mark]) -> list[Claimed]:
    """The check-ins with a claim before the next check-in, whether it closes anything or not."""
    found: list[Claimed] = []
    since: dict[str, list[Mark]] = {}
    for mark in sorted(marks):
        if mark.direction == IN:
            found += _claimed(since.get(mark.activity, ()))
            since[mark.activity] = [mark]
        elif mark.activity in since:
            since[mark.activity].append(mark)
    for one in since.values():
        found += _claimed(one)
    return found


def _claimed(marks: Sequence[Mark]) -> Iterator[Claimed]:
    """Of a check-in with the marks after it."""
    claim = next((one for one in marks if one.direction == CLAIM), None)
    if claim is not None:
        out = next((one for one in marks if one.direction == OUT), None)
        yield Claimed(marks[0], claim, out)
