"""Over what a limit or a running total counts: visit, day, year, activity, everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from .context import Context, Run
from .dates import Clock, add_months, bucket, months_between
from .errors import EvaluationError, MissingSetting
from .exact import Number, pack, tidy, unpack

KeyOf = Callable[[Context], str]

WINDOW = re.compile(
    r"(day|week|month|quarter|half|year|year from \d\d-\d\d|since \w+|"
    r"last \d{1,4} (days|months|years)|all|total)\Z"
)
ATTRIBUTES = ("activity", "place", "role", "project", "team", "activity_type", "member")


def window_key(window: str, clock: Clock, midnight: Run) -> KeyOf:
    """The name of the calendar window that the context's fact falls in.

    A visit whose start and end fall into two windows asks `midnight` which of them it belongs to.
    """
    if window in ("all", "total"):
        return lambda c: ""
    name: Callable[[Context, date], str]
    if window.startswith("since "):
        anchor = window[6:]

        def name(c: Context, day: date) -> str:
            text = c.state.get(anchor)
            if text is None:
                raise EvaluationError(f"the person's '{anchor}' date is not known")
            return str(months_between(date.fromisoformat(text), day) // 12)
    else:
        named = bucket(window)
        if named is None:
            raise ValueError(window)
        plain = named

        def name(c: Context, day: date) -> str:
            return plain(day)

    def key(c: Context) -> str:
        first = clock.date(c.at)
        here = name(c, first)
        if c.until is not None and c.until > c.at:
            last = clock.date(c.until - 1)
            if last != first:
                there = name(c, last)
                if there != here and midnight(c) == "end":
                    return there
        return here

    return key


def rolling_start(window: str, today: date) -> date | None:
    """The first day of a rolling window that ends today; None for other windows."""
    found = re.fullmatch(r"last (\d+) (days|months|years)", window)
    if not found:
        return None
    n = int(found[1])
    if found[2] == "days":
        return date.fromordinal(max(1, today.toordinal() - n + 1))
    day = add_months(today, -n * (12 if found[2] == "years" else 1))
    return date.fromordinal(day.toordinal() + 1)


class Tally:
    """A running total kept in the state under a key, one number per scope."""

    __slots__ = ("daily", "key", "slot")

    def __init__(self, slot: str, key: KeyOf | None, daily: bool) -> None:
        self.slot, self.key, self.daily = slot, key, daily

    def read(self, c: Context) -> Number:
        if self.key is None:
            return 0
        kept = c.state.get(self.slot)
        return 0 if kept is None else _number(kept.get(self.key(c), 0))

    def add(self, c: Context, x: Number) -> None:
        if self.key is None or x == 0:
            return
        kept = c.state.get(self.slot)
        if kept is None:
            kept = c.state[self.slot] = {}
        key = self.key(c)
        kept[key] = pack(tidy(_number(kept.get(key, 0)) + x))
        if self.daily and len(kept) > 60:
            for old in sorted(kept)[:-30]:
                del kept[old]


class ChosenTally:
    """A tally whose scope is a setting: all scopes are kept, the setting says which is read."""

    __slots__ = ("choice", "tallies")

    def __init__(self, choice: Run, tallies: dict[Any, Tally]) -> None:
        self.choice, self.tallies = choice, tallies

    def read(self, c: Context) -> Number:
        return self.tallies[self.choice(c)].read(c)

    def add(self, c: Context, x: Number) -> None:
        for tally in self.tallies.values():
            tally.add(c, x)


AnyTally = Tally | ChosenTally


def _number(kept: Any) -> Number:
    if type(kept) is int:
        return kept
    value: Number = unpack(kept)
    return value


def midnight_reader(mode: Run | None) -> Run:
    """Which day a visit across midnight belongs to, or MissingSetting."""

    def read(c: Context) -> Any:
        if mode is not None:
            return mode(c)
        if "midnight" in c.settings:
            return c.settings["midnight"]
        raise MissingSetting(
            "midnight",
            "a visit runs across midnight: which day (or period) does it belong to? "
            "start, end or split (跨零点活动归哪一日)",
        )

    return read
