"""Which day, year, quarter or working day a moment falls in, on the policy's own clock."""

from __future__ import annotations

import calendar as _calendar
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from .errors import EvaluationError

EPOCH = date(1970, 1, 1).toordinal()
DAY = 86_400
MAX_DUE = 3000
Day = date


class Clock:
    """A fixed offset from UTC and the working-day calendar."""

    __slots__ = ("holidays", "offset", "workdays")

    def __init__(
        self,
        timezone: str = "+08:00",
        holidays: Iterable[date] = (),
        workdays: Iterable[date] = (),
    ) -> None:
        sign = -1 if timezone[0] == "-" else 1
        self.offset = sign * (int(timezone[1:3]) * 3600 + int(timezone[4:6]) * 60)
        self.holidays = frozenset(holidays)
        self.workdays = frozenset(workdays)

    def day(self, at: int) -> int:
        """The local day, as days since 1970."""
        return (at + self.offset) // DAY

    def date(self, at: int) -> Day:
        """The local date. Raises EvaluationError beyond the years 1 to 9999."""
        try:
            return date.fromordinal((at + self.offset) // DAY + EPOCH)
        except (ValueError, OverflowError):
            raise EvaluationError("a time ran out of the calendar") from None

    def start(self, day: Day) -> int:
        return (day.toordinal() - EPOCH) * DAY - self.offset

    def moment(self, text: str, day: Day | None = None) -> int:
        """Read '2024-06-01T08:00', a date, or (with `day`) a clock time, as a moment."""
        text = text.strip()
        try:
            if day is not None and re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
                parts = [int(p) for p in text.split(":")]
                seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
                return self.start(day) + seconds
            found = datetime.fromisoformat(text)
        except ValueError:
            raise EvaluationError(f"{text[:40]!r} is not a date or time") from None
        offset = found.utcoffset()
        seconds = found.hour * 3600 + found.minute * 60 + found.second
        begin = (found.date().toordinal() - EPOCH) * DAY + seconds
        return begin - (self.offset if offset is None else int(offset.total_seconds()))

    def is_workday(self, day: Day) -> bool:
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)

    def workdays_between(self, first: Day, last: Day) -> int:
        """Working days after `first` up to and with `last`."""
        if (last - first).days > 4000:
            raise EvaluationError("working days are counted over eleven years at most")
        days = range(first.toordinal() + 1, last.toordinal() + 1)
        return sum(self.is_workday(date.fromordinal(d)) for d in days)

    def workdays_after(self, first: Day, days: int) -> Day:
        """The day by which so many working days have passed after `first`; 0: `first` itself."""
        if not 0 <= days <= 2600:
            raise EvaluationError("working days are counted on, over ten years at most")
        found = first
        while days:
            if found.year > 9998:
                raise EvaluationError("a date ran out of the calendar")
            found += timedelta(days=1)
            days -= self.is_workday(found)
        return found

    def text(self, at: int) -> str:
        hours, rest = divmod((at + self.offset) % DAY, 3600)
        return f"{self.date(at).isoformat()}T{hours:02}:{rest // 60:02}:{rest % 60:02}"


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9998:
        raise EvaluationError("a date ran out of the calendar")
    return date(year, month + 1, min(day.day, _calendar.monthrange(year, month + 1)[1]))


def months_between(first: date, last: date) -> int:
    """Full months from first to last."""
    if last < first:
        return -months_between(last, first)
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (add_months(first, months) > last)


def month_end(day: date) -> bool:
    return day.day == _calendar.monthrange(day.year, day.month)[1]


Bucket = Callable[[date], str]


def bucket(window: str) -> Bucket | None:
    """The name of the window a day falls in; None where the window is no fixed part of a calendar.

    year 2024 · half 2024H1 · quarter 2024Q1 · month 2024-01 · week 2024W05 · day 2024-01-05
    """
    match window:
        case "day":
            return date.isoformat
        case "week":
            return lambda d: "{0[0]}W{0[1]:02}".format(d.isocalendar())
        case "month":
            return lambda d: f"{d.year}-{d.month:02}"
        case "quarter":
            return lambda d: f"{d.year}Q{(d.month + 2) // 3}"
        case "half":
            return lambda d: f"{d.year}H{1 if d.month < 7 else 2}"
        case "year":
            return lambda d: str(d.year)
    found = re.fullmatch(r"year from (\d\d)-(\d\d)", window)
    if found:
        month, first = int(found[1]), int(found[2])
        return lambda d: str(d.year if (d.month, d.day) >= (month, first) else d.year - 1)
    return None


def before(window: str, day: date) -> date:
    """A day in the window just before the one `day` falls in."""
    match window:
        case "day":
            return day - timedelta(days=1)
        case "week":
            return day - timedelta(days=7)
        case "month":
            return day.replace(day=1) - timedelta(days=1)
        case "quarter":
            return add_months(day.replace(day=1), -3)
        case "half":
            return add_months(day.replace(day=1), -6)
        case _:
            return add_months(day, -12)


def period_starts(per: str, after: date, until: date) -> list[date]:
    """The first days of periods (as of `bucket`) after `after`, up to and with `until`."""
    month, first = (int(per[10:12]), int(per[13:])) if per.startswith("year from") else (1, 1)

    def begins(of: date) -> date:
        last = _calendar.monthrange(of.year, of.month)[1]
        return of.replace(day=first) if first <= last else add_months(of, 1)

    step = {"month": 1, "quarter": 3, "half": 6}.get(per, 12)
    return _each(date(after.year, month, 1), step, begins, after, until, "periods begin")


def due_days(every: str, on: str, after: date, until: date) -> list[date]:
    """The days after `after` up to and with `until` on which a calendar fact is due."""
    step = {"year": 12, "quarter": 3, "month": 1}[every]

    def due(of: date) -> date:
        if every == "year":
            month = int(on[:2]) if on != "last" else 12
            wanted = int(on[3:]) if on != "last" else 31
        else:
            month = of.month + step - 1
            wanted = 31 if on == "last" else int(on[-2:])
        last = _calendar.monthrange(of.year, month)[1]
        return date(of.year, month, min(wanted, last))

    return _each(date(after.year, 1, 1), step, due, after, until, "calendar facts are due")


def _each(
    cursor: date, months: int, day_in: Callable[[date], date], after: date, until: date, what: str
) -> list[date]:
    """One day for each so many months from `cursor` on: those after `after`, up to `until`."""
    found: list[date] = []
    while cursor <= until:
        day = day_in(cursor)
        if after < day <= until:
            found.append(day)
            if len(found) > MAX_DUE:
                raise EvaluationError(f"more than {MAX_DUE} {what} at once")
        cursor = add_months(cursor, months)
    return found
