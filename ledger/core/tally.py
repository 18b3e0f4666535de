"""What does a batch add to the monthly figures of places?

Hours count where they were served, points where a volunteer belongs. The figures are sums that the
recorder keeps, so that a county's overview reads some thousands of rows, however many records there
are. Pure: rows of the ledger in, differences out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.core.entries import Journal
from ledger.core.fold import VolunteerState
from ledger.core.rulebook import PolicyText

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LOTS = "~lots"
_SPENT = ("merchant:", "voucher:", "fund:")


class Spot(NamedTuple):
    """Where figures are kept: a place, a month (YYYY-MM, by the policy's clock), a currency.

    The currency is "" for hours; the place "" is that of people who are registered nowhere.
    """

    place: str
    month: str
    currency: str


class Moved(NamedTuple):
    """By how much figures move; points in smallest units.

    `seconds` are those that count on the policy's own track, in so many `visits`. Points: `issued`,
    less what was taken back; `redeemed` at shops, less refunds; `lapsed`: expired; `passed`: given
    and received, owed, forgiven. The four make up what wallets hold:
    issued - redeemed - lapsed + passed. `expiring` are those whose last day is in the month.
    """

    visits: int = 0
    seconds: int = 0
    issued: int = 0
    redeemed: int = 0
    lapsed: int = 0
    passed: int = 0
    expiring: int = 0


_VISITS, _SECONDS, _ISSUED, _REDEEMED, _LAPSED, _PASSED, _EXPIRING = range(len(Moved._fields))

Tally = dict[Spot, list[int]]
"""Figures by spot, in the order of `Moved`."""


def tally() -> Tally:
    """Nothing has moved."""
    return defaultdict(lambda: [0] * len(Moved._fields))


def add_entries(
    into: Tally, journal: Journal, policies: Mapping[str, PolicyText], homes: Mapping[str, str]
) -> None:
    """What hour records and points entries move; `policies` by digest, `homes` by volunteer."""
    for hour in journal.hours:
        plan = policies[hour.policy].plan
        if hour.status == "counted" and hour.track == plan.track:
            figures = into[Spot(hour.place, month_of(hour.started_at, plan.clock.offset), "")]
            figures[_VISITS] += 1 if hour.reverses is None else -1
            figures[_SECONDS] += hour.seconds
    for entry in journal.points:
        at = entry.effective_at // SECOND
        month = month_of(at, policies[entry.policy].plan.clock.offset)
        figures = into[Spot(homes.get(entry.volunteer, ""), month, entry.currency)]
        if entry.counter.startswith("issuance:"):
            figures[_ISSUED] += entry.amount
        elif entry.counter.startswith(_SPENT):
            figures[_REDEEMED] -= entry.amount
        elif entry.counter.startswith("expiry:"):
            figures[_LAPSED] -= entry.amount
        else:
            figures[_PASSED] += entry.amount


def add_lots(
    into: Tally,
    before: Mapping[str, VolunteerState],
    after: Iterable[VolunteerState],
    homes: Mapping[str, str],
) -> None:
    """What moves of the points that will expire, from one state to the next."""
    for state in after:
        old = before[state.volunteer].standing
        if old != state.standing and (_LOTS in old or _LOTS in state.standing):
            home = homes.get(state.volunteer, "")
            _expire(into, home, old, -1)
            _expire(into, home, state.standing, 1)


def add_removal(into: Tally, was: str, now: str, standing: str) -> None:
    """Somebody belongs to another place: the points that will expire go with them."""
    _expire(into, was, standing, -1)
    _expire(into, now, standing, 1)


def has_lots(standing: str) -> bool:
    """Some points of this state (JSON) may expire."""
    return _LOTS in standing


def concerned(journal: Journal, after: Iterable[VolunteerState]) -> set[str]:
    """Whose home has to be known."""
    return {one.volunteer for one in journal.points} | {
        one.volunteer for one in after if _LOTS in one.standing
    }


def lots_of(standing: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(currency, last day, smallest units) of the points that will expire."""
    for key, lots in standing.items():
        if key.endswith(_LOTS):
            for day, units in lots:
                yield key.removesuffix(_LOTS), day, units


@lru_cache(maxsize=4096)
def _month(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()[:7]


def month_of(at: int, offset: int) -> str:
    """The month of a moment (s), as YYYY-MM."""
    return _month((at + offset) // _DAY)


def _expire(into: Tally, home: str, standing: str, sign: int) -> None:
    if _LOTS in standing:
        for currency, day, units in lots_of(orjson.loads(standing)):
            into[Spot(home, day[:7], currency)][_EXPIRING] += sign * units
