"""Which visits should be suspected? An independent model of the four safeguards, and of claims.

It shares no code with the ledger and is as slow and plain as it can be: it counts time in steps of
ten seconds and tries every window. Times are seconds since a local midnight, in such steps.
"""

from itertools import combinations, takewhile
from typing import NamedTuple

DAY = 86_400
STEP = 10


class Scan(NamedTuple):
    """A check-in (`inward`) or check-out, or the claim of one, whose event id is `ident`."""

    volunteer: str
    second: int
    inward: bool
    activity: str
    device: str
    ident: str
    claim: bool = False

    @property
    def place(self) -> str:
        """Each activity goes on at a place of its own, but A3 at that of A2."""
        return {"A1": "P1", "A2": "P2", "A3": "P2"}[self.activity]


class Limits(NamedTuple):
    """As in the policy; in force for visits and marks from the second `since` on."""

    hours_a_day: int
    people: int
    seconds: int
    buddy_seconds: int
    times: int
    days: int
    since: int = 0


class Visit(NamedTuple):
    came: Scan
    left: Scan

    def covers(self) -> set[int]:
        """The steps of time that it takes."""
        return set(range(self.came.second // STEP, self.left.second // STEP))


class Decision(NamedTuple):
    """About the visit of the check-in `of`; `rule` None: under every safeguard."""

    of: str
    rule: str | None
    void: bool
    second: int


def visits(scans: set[Scan]) -> list[Visit]:
    found = []
    for volunteer, activity in {(scan.volunteer, scan.activity) for scan in scans}:
        mine = [s for s in scans if (s.volunteer, s.activity) == (volunteer, activity)]
        mine.sort(key=lambda scan: (scan.second, scan.inward, scan.device, scan.ident))
        for number, came in enumerate(mine):
            after = list(takewhile(lambda one: not one.inward, mine[number + 1 :]))
            after.sort(key=lambda one: one.claim)  # a check-out before any claim
            if came.inward and after:
                found.append(Visit(came, after[0]))
    return found


def suspected(scans: set[Scan], limits: Limits) -> set[tuple[str, str]]:
    """(id of the check-in, safeguard)."""
    every = visits(scans)
    seen = [scan for scan in scans if scan.second >= limits.since and not scan.claim]
    found = {(visit.came.ident, "claimed") for visit in every if visit.left.claim}
    for visit in every:
        came = visit.came
        if came.second < limits.since:
            continue
        own = [
            other
            for other in every
            if other.came.volunteer == came.volunteer and other.left.claim <= visit.left.claim
        ]
        if any(
            other.came.place != came.place
            and other.came.second < visit.left.second
            and came.second < other.left.second
            for other in own
        ):
            found.add((came.ident, "two_places"))
        served = set().union(*(other.covers() for other in own))
        for day in range(came.second // DAY, max(came.second, visit.left.second - 1) // DAY + 1):
            today = served & set(range(day * DAY // STEP, (day + 1) * DAY // STEP))
            if len(today) * STEP > limits.hours_a_day * 3600:
                found.add((came.ident, "hours_a_day"))
        for mark in visit:
            if mark in seen and _in_a_burst(mark, seen, limits):
                found.add((came.ident, "device"))
            if mark in seen and _with_a_buddy(mark, seen, limits):
                found.add((came.ident, "buddies"))
    return found


def _in_a_burst(mark: Scan, seen: list[Scan], limits: Limits) -> bool:
    for since in range(mark.second - limits.seconds, mark.second + 1):
        people = {
            one.volunteer
            for one in seen
            if one.device == mark.device and since <= one.second <= since + limits.seconds
        }
        if len(people) >= limits.people:
            return True
    return False


def _with_a_buddy(mark: Scan, seen: list[Scan], limits: Limits) -> bool:
    def meet(one: Scan, other: Scan) -> bool:
        apart = abs(one.second - other.second)
        return one.device == other.device and apart <= limits.buddy_seconds

    def day_of(one: Scan, other: Scan) -> int:
        return min(one.second, other.second) // DAY

    for buddy in {one.volunteer for one in seen} - {mark.volunteer}:
        here = {day_of(mark, one) for one in seen if one.volunteer == buddy and meet(mark, one)}
        days = {
            day_of(one, other)
            for one in seen
            for other in seen
            if one.volunteer == mark.volunteer and other.volunteer == buddy and meet(one, other)
        }
        for chosen in combinations(sorted(days), limits.times):
            if here & set(chosen) and max(chosen) - min(chosen) < limits.days:
                return True
    return False


def undecided(cases: set[tuple[str, str]], decisions: list[Decision]) -> set[tuple[str, str]]:
    """Those of the cases that nobody has decided."""
    about = {(one.of, one.rule) for one in decisions}
    return {(of, rule) for of, rule in cases if not about & {(of, rule), (of, None)}}


def seconds(scans: set[Scan], limits: Limits, decisions: list[Decision]) -> dict[str, int]:
    """What counts in the end, by volunteer; time that visits share counts once."""
    cases = suspected(scans, limits)
    held = {of for of, _ in undecided(cases, decisions)}
    void = set()
    for of in {one.of for one in decisions}:
        about = sorted((one for one in decisions if one.of == of), key=lambda one: one.second)
        ruled = {one.rule for one in about} - {None, "claimed"}
        rules = {rule for one, rule in cases if one == of} | ruled
        for rule in rules or {None}:
            last = [one for one in about if one.rule in (None, rule)][-1:]
            if last and last[0].void:
                void.add(of)
    found: dict[str, set[int]] = {scan.volunteer: set() for scan in scans}
    for visit in visits(scans):
        if visit.came.ident not in held | void:
            found[visit.came.volunteer] |= visit.covers()
    return {volunteer: len(steps) * STEP for volunteer, steps in found.items()}
