"""What do kiosks send of what people do, when, and with which troubles?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count, product
from operator import attrgetter
from random import Random
from typing import NamedTuple

import orjson

from ledger.county.people import County
from ledger.county.programme import Shift
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA, METHODS
from schemas import CheckedIn, CheckedOut, CloudEvent
from schemas.attendance import Attendance, AttendanceEvent


class _Scan(NamedTuple):
    at: datetime
    out: bool
    shift: Shift
    method: str


def _tidy_scans(rng: Random, shift: Shift) -> tuple[_Scan, _Scan]:
    """In a little before or after the start, out a little before or after the end."""
    came = shift.starts + timedelta(seconds=rng.randint(-900, 600))
    left = shift.ends + timedelta(seconds=rng.randint(-600, 1200))
    method = rng.choice(METHODS)
    return _Scan(came, False, shift, method), _Scan(left, True, shift, method)


def _scans(rng: Random, shift: Shift) -> Iterator[_Scan]:
    """What people really scan: some twice, some not at all."""
    came, left = _tidy_scans(rng, shift)
    if rng.randrange(120):  # else forgot to check in
        yield came
        if rng.randrange(40) == 0:
            yield came._replace(at=came.at + timedelta(seconds=rng.randint(3, 50)))
    if rng.randrange(25):  # else forgot to check out
        yield left
        if rng.randrange(80) == 0:
            yield left._replace(at=left.at + timedelta(seconds=rng.randint(3, 50)))


def _event(scan: _Scan, source: str, ident: str) -> AttendanceEvent:
    model = CheckedOut if scan.out else CheckedIn
    shift = scan.shift
    data = Attendance(activity=shift.activity, place=shift.place, method=scan.method)
    return model(
        specversion="1.0", id=ident, source=source, time=scan.at, subject=shift.volunteer, data=data
    )


class _Outage(NamedTuple):
    """A kiosk has no line from `starts` to `ends`; then it sends all, `twice` if unsure."""

    starts: datetime
    ends: datetime
    twice: bool


def kiosk_lines(
    rng: Random, county: County, season: Season, shifts: Sequence[Shift]
) -> Iterator[bytes]:
    """The season in the order in which its events, and what only resembles them, arrive."""
    outages = _outages(rng, county, season)
    events = list(_kiosk_events(rng, shifts))
    sent = [
        (arrives, line(event))
        for event in events
        for arrives in _arrivals(rng, event.time, outages[event.source])
    ]
    sent += _broken(rng, events)
    for _, content in sorted(sent):
        yield content


def _kiosk_events(rng: Random, shifts: Sequence[Shift]) -> Iterator[AttendanceEvent]:
    """Each place has a kiosk in the hall and one at the gate; each numbers its own day."""
    scans = [scan for shift in shifts for scan in _scans(rng, shift)]
    scans.sort(key=lambda scan: (scan.at, scan.shift.volunteer, scan.shift.activity))
    serials: Counter[tuple[str, date]] = Counter()
    for scan in scans:
        source = _kiosk(scan.shift.place, rng.choice((1, 1, 2)))
        key = source, scan.at.date()
        serials[key] += 1
        yield _event(scan, source, f"{scan.at:%Y%m%d}-{serials[key]:03}")


def _kiosk(place: str, number: int) -> str:
    return f"kiosk/{place[:6]}-{place[6:9]}-{place[9:]}-{number}"


def _outages(rng: Random, county: County, season: Season) -> dict[str, list[_Outage]]:
    outages: dict[str, list[_Outage]] = {}
    length = (season.last - season.first).days
    for place, number in product(county.places, (1, 2)):
        found = outages[_kiosk(place, number)] = []
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            starts = at_time(
                season.first + rng.randrange(length - 7) * DAY, time(rng.randrange(24))
            )
            ends = starts + timedelta(hours=rng.randint(20, 140))
            found.append(_Outage(starts, ends, rng.randrange(3) == 0))
    return outages


def _arrivals(rng: Random, at: datetime, outages: Sequence[_Outage]) -> Iterator[datetime]:
    """When an event arrives: soon, or after the outage in no order; now and then twice."""
    for outage in outages:
        if outage.starts <= at < outage.ends:
            arrives = outage.ends + timedelta(seconds=rng.randrange(5400))
            yield arrives
            if outage.twice:
                yield arrives + timedelta(seconds=rng.randrange(5400))
            return
    arrives = at + timedelta(seconds=rng.randint(1, 20))
    yield arrives
    if rng.randrange(100) == 0:
        yield arrives + timedelta(seconds=rng.randint(1, 900))


def _broken(rng: Random, events: Sequence[AttendanceEvent]) -> Iterator[tuple[datetime, bytes]]:
    """Lines that have to be set aside, each near an event that it resembles."""
    picked = iter(rng.sample(events, 20))

    def near() -> tuple[datetime, AttendanceEvent]:
        event = next(picked)
        return event.time + timedelta(minutes=2), event

    for _ in range(4):  # the line broke off
        at, event = near()
        yield at, line(event)[: rng.randint(40, 160)]
    for _ in range(3):  # a kiosk that does not know its zone
        at, event = near()
        yield at, _altered(event, id=f"{event.id}-z", time=f"{event.time:%Y-%m-%dT%H:%M:%S}")
    for _ in range(2):  # an old firmware sends numbers
        at, event = near()
        yield at, _altered(event, id=f"{event.id}-n", subject=int(event.subject[1:]))
    for _ in range(2):  # a message that is for somebody else
        at, event = near()
        yield at, _altered(event, id=f"{event.id}-h", type="kiosk.heartbeat.v1")
    for _ in range(2):  # a clock that was reset
        at, event = near()
        update = {"id": f"{event.id}-c", "time": event.time.replace(year=2099, day=1)}
        yield at, line(event.model_copy(update=update))
    for _ in range(3):  # a counter that was reset: used ids, other people
        at, event = near()
        _, other = near()
        update = {"id": event.id, "source": event.source}
        yield at + 10 * DAY, line(other.model_copy(update=update))


def _altered(event: CloudEvent, **fields: str | int) -> bytes:
    return orjson.dumps({**orjson.loads(line(event)), **fields})


def imported_lines(rng: Random, shifts: Sequence[Shift]) -> Iterator[bytes]:
    """The prior season, tidy and in order, as the old system had it."""
    serial = count(1)
    for shift in sorted(shifts, key=attrgetter("starts", "volunteer")):
        for scan in _tidy_scans(rng, shift):
            yield line(_event(scan, f"import/{AREA}-legacy", f"legacy-{next(serial):06}"))


def line(event: CloudEvent) -> bytes:
    """The event as a line, without its end."""
    return event.model_dump_json(exclude_none=True).encode()
