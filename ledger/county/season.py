"""When does what happen? The season's dates, all in Chinese time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from ledger.county.words import Kind

_CHINA = timezone(timedelta(hours=8))
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Season:
    """`legacy` to `first`: the prior season, imported. After `last` the shops open."""

    legacy: date
    first: date
    last: date
    before: date

    @classmethod
    def ending(cls, before: date) -> "Season":
        """A season whose last redemptions lie before `before`."""
        last = before - 12 * DAY
        first = last - 118 * DAY
        return cls(first - 270 * DAY, first, last, before)

    def days(self) -> Iterator[date]:
        return days_between(self.first, self.last)


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`."""
    for number in range((last - first).days + 1):
        yield first + number * DAY


def at_time(day: date, clock: time) -> datetime:
    """A time of day, as it is in China."""
    return datetime.combine(day, clock, _CHINA)


def span(kind: Kind, day: date) -> tuple[datetime, datetime]:
    """When an activity of this kind begins and ends on a day."""
    starts = at_time(day, kind.starts)
    return starts, starts + timedelta(minutes=kind.minutes)
