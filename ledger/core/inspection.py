"""Which visits look wrong under the safeguards of the policy? Pure: marks in, suspicions out.

What is found follows from the set of marks, not from how they arrived. The policy in force at the
time of a visit says what is looked for; a mark of a device is evidence where the policy at the time
of that mark has safeguards, too.

A claim of a forgotten check-out (补签退) is held anyway, and is no mark of a device. The visit that
it closes is looked at as others are, but casts no suspicion on one that real marks show.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.clock import SECOND
from ledger.core.attendance import CLAIM, Mark, Visit, pair
from ledger.policy import Plan, Timeline
from ledger.policy.dates import DAY
from ledger.policy.document import Buddies, DeviceSpeed, Safeguards

Evidence = Mapping[str, Any]
"""What a suspicion rests on, for people: texts, whole numbers and lists of texts."""


class DeviceMark(NamedTuple):
    """Whom a device (`source`) marked, and when (µs); the order of the columns of `device_mark`."""

    source: str
    at: int
    seq: int
    volunteer: str


class Stretch(NamedTuple):
    """A time on a device, both ends (µs) included."""

    source: str
    since: int
    until: int


class _Run(NamedTuple):
    """Marks of a device that came too fast; times in µs."""

    since: int
    until: int
    people: int


class Inspector:
    """Inspects volunteers one by one. `near`: the marks of all devices `around` their marks."""

    def __init__(self, timeline: Timeline, near: Iterable[DeviceMark]) -> None:
        self._timeline = timeline
        self._devices: dict[str, list[DeviceMark]] = defaultdict(list)
        for mark in sorted(set(near)):
            if is_safeguarded(timeline, mark.at):
                self._devices[mark.source].append(mark)
        self._runs: dict[tuple[str, int, int], list[_Run]] = {}

    def suspicions(self, volunteer: str, marks: Sequence[Mark]) -> dict[tuple[str, str], Evidence]:
        """(visit, safeguard) → evidence; `marks` are all that the volunteer has."""
        visits, _ = pair(marks)
        visits.sort()
        governed = [
            (visit, plan, plan.doc.safeguards)
            for visit in visits
            for plan in [self._timeline.plan_at(visit.started_at)]
            if plan.doc.safeguards is not None
        ]
        if not governed:
            return {}
        found: dict[tuple[str, str], Evidence] = {}
        elsewhere = _elsewhere(visits)
        by_seq = {mark.seq: mark for mark in marks}
        shown = [visit for visit in visits if visit.claim is None]
        served = {
            (plan.clock.offset, claimed): _served(visits if claimed else shown, plan)
            for visit, plan, _ in governed
            for claimed in [visit.claim is not None]
        }
        together: dict[tuple[int, ...], dict[int, Evidence]] = {}
        for visit, plan, limits in governed:
            claimed = visit.claim is not None
            made = [by_seq[one] for one in (visit.check_in, visit.check_out)][: 2 - claimed]
            today = served[plan.clock.offset, claimed]
            for rule, evidence in (
                ("two_places", elsewhere.get(visit.ident) if limits.two_places else None),
                ("hours_a_day", _long_day(visit, today, plan, limits)),
                ("device", self._too_fast(made, limits.device)),
            ):
                if evidence is not None:
                    found[visit.ident, rule] = evidence
            buddies = limits.buddies
            if buddies is not None:
                key = (buddies.seconds, buddies.times, buddies.days, plan.clock.offset)
                if key not in together:
                    together[key] = self._together(volunteer, marks, buddies, plan)
                for mark in made:
                    if mark.seq in together[key]:
                        found.setdefault((visit.ident, "buddies"), together[key][mark.seq])
        return found

    # Devices ---------------------------------------------------------------------------------

    def _too_fast(self, made: Iterable[Mark], limit: DeviceSpeed | None) -> Evidence | None:
        if limit is None:
            return None
        for mark in made:
            for run in self._runs_of(mark.source, limit):
                if run.since <= mark.at <= run.until and is_safeguarded(self._timeline, mark.at):
                    return {
                        "device": mark.source,
                        "people": run.people,
                        "since": _told(run.since, self._timeline),
                        "until": _told(run.until, self._timeline),
                    }
        return None

    def _runs_of(self, source: str, limit: DeviceSpeed) -> list[_Run]:
        """Where a device marked too many people too fast, overlapping stretches taken together."""
        key = (source, limit.people, limit.seconds)
        if key not in self._runs:
            marks = self._devices.get(source, [])
            stretches: list[list[int]] = []
            inside: dict[str, int] = defaultdict(int)
            first = 0
            for last, mark in enumerate(marks):
                inside[mark.volunteer] += 1
                while marks[first].at < mark.at - limit.seconds * SECOND:
                    gone = marks[first].volunteer
                    inside[gone] -= 1
                    if not inside[gone]:
                        del inside[gone]
                    first += 1
                if len(inside) < limit.people:
                    continue
                if stretches and first <= stretches[-1][1]:
                    stretches[-1][1] = last
                else:
                    stretches.append([first, last])
            self._runs[key] = [
                _Run(
                    marks[first].at,
                    marks[last].at,
                    len({mark.volunteer for mark in marks[first : last + 1]}),
                )
                for first, last in stretches
            ]
        return self._runs[key]

    def _together(
        self, volunteer: str, marks: Sequence[Mark], limit: Buddies, plan: Plan
    ) -> dict[int, Evidence]:
        """Marks (by `seq`) that one and the same other person's accompany too often."""
        met: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        reach = limit.seconds * SECOND
        for mark in marks:
            if not is_evidence(self._timeline, mark):
                continue
            device = self._devices.get(mark.source, [])
            first = bisect_left(device, mark.at - reach, key=_at)
            for other in device[first : bisect_right(device, mark.at + reach, key=_at)]:
                if other.volunteer != volunteer:
                    day = plan.clock.day(min(mark.at, other.at) // SECOND)
                    met[other.volunteer][day].add(mark.seq)
        found: dict[int, Evidence] = {}
        for other_one in sorted(met):
            days = _too_often(sorted(met[other_one]), limit)
            if not days:
                continue
            evidence = {
                "with": other_one,
                "days": [_day(day, plan) for day in days],
            }
            for day in days:
                for seq in met[other_one][day]:
                    found.setdefault(seq, evidence)
        return found


def around(timeline: Timeline, marks: Iterable[Mark]) -> list[Stretch]:
    """Which stretches of which devices bear on the visits that `marks` belong to, merged."""
    reach = max(
        (
            limit.seconds
            for plan in timeline.plans
            if plan.doc.safeguards is not None
            for limit in (plan.doc.safeguards.device, plan.doc.safeguards.buddies)
            if limit is not None
        ),
        default=None,
    )
    if reach is None:
        return []
    found: list[Stretch] = []
    for mark in sorted(marks, key=lambda one: (one.source, one.at)):
        if not is_evidence(timeline, mark):
            continue
        since, until = mark.at - reach * SECOND, mark.at + reach * SECOND
        if found and found[-1].source == mark.source and since <= found[-1].until:
            found[-1] = found[-1]._replace(until=until)
        else:
            found.append(Stretch(mark.source, since, until))
    return found


def is_evidence(timeline: Timeline, mark: Mark) -> bool:
    """The mark shows somebody at a device, while the policy has safeguards."""
    return mark.direction != CLAIM and is_safeguarded(timeline, mark.at)


def is_safeguarded(timeline: Timeline, at: int) -> bool:
    """The policy in force at `at` (µs) has safeguards."""
    return timeline.plan_at(at // SECOND).doc.safeguards is not None


def _at(mark: DeviceMark) -> int:
    return mark.at


def _told(at: int, timeline: Timeline) -> str:
    """An instant for people, on the policy's clock."""
    return timeline.plan_at(at // SECOND).clock.text(at // SECOND)


def _too_often(days: list[int], limit: Buddies) -> list[int]:
    """Those of the days on which two met that lie in a span of `days` with `times` such days."""
    found: set[int] = set()
    for first in range(len(days) - limit.times + 1):
        met = days[first : first + limit.times]
        if met[-1] - met[0] < limit.days:
            found.update(met)
    return sorted(found)


# One volunteer --------------------------------------------------------------------------------


def _elsewhere(visits: Sequence[Visit]) -> dict[str, Evidence]:
    """Visits (in order of start) during which another one went on at another place."""
    found: dict[str, Evidence] = {}
    for number, one in enumerate(visits):
        for other in visits[number + 1 :]:
            if other.started_at >= one.ended_at:
                break
            if other.place == one.place or other.ended_at <= one.started_at:
                continue
            for this, that in ((one, other), (other, one)):
                if that.claim is not None and this.claim is None:
                    continue
                shared = min(one.ended_at, other.ended_at) - other.started_at
                found.setdefault(
                    this.ident,
                    {
                        "place": this.place,
                        "other_place": that.place,
                        "other_visit": that.ident,
                        "seconds": shared,
                    },
                )
    return found


def _long_day(
    visit: Visit, served: Mapping[int, int], plan: Plan, limits: Safeguards
) -> Evidence | None:
    """The first local day of the visit with more time in service than the limit."""
    limit = limits.hours_a_day
    if limit is None:
        return None
    most = int(limit.max * 3600)
    last = plan.clock.day(max(visit.started_at, visit.ended_at - 1))
    for day in range(plan.clock.day(visit.started_at), last + 1):
        if served.get(day, 0) > most:
            return {"day": _day(day, plan), "seconds": served[day], "limit": most}
    return None


def _served(visits: Sequence[Visit], plan: Plan) -> dict[int, int]:
    """Local day → seconds with a visit, by `visits` in order of start; shared time counts once."""
    found: dict[int, int] = defaultdict(int)
    done = visits[0].started_at if visits else 0
    for visit in visits:
        start = max(visit.started_at, done)
        while start < visit.ended_at:
            day = plan.clock.day(start)
            end = min(visit.ended_at, (day + 1) * DAY - plan.clock.offset)
            found[day] += end - start
            done = start = end
    return found


def _day(day: int, plan: Plan) -> str:
    """A local day (since 1970) for people."""
    return plan.clock.date(day * DAY - plan.clock.offset).isoformat()
