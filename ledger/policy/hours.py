"""How a fact becomes counted hours: gate, amount, overlap, rounding, caps, approval."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from .builder import Builder, Stage, apply_limits
from .context import NEVER, Context, Run, decided
from .dates import DAY
from .document import HoursRule
from .entries import HourEntry
from .errors import EvaluationError, MissingSetting
from .exact import Number, fits, round_whole, tidy
from .expressions import day_of, need_number
from .facts import HELD
from .scopes import AnyTally, KeyOf, Tally, window_key
from .source import Path


def hours_stage(b: Builder, rule: HoursRule, index: int) -> Stage:
    path: Path = ("hours", index)
    on = rule.on
    gate = b.gate(rule, path)
    answers = b.answers(rule, path)
    base = ("hours", rule.id)
    id_, clauses, track = rule.id, tuple(rule.clauses), rule.track
    primary = track == b.words.tracks[0]
    single = len(b.words.tracks) == 1
    overlap = b.implicit(
        rule.overlap, (*base, "overlap"),
        "two visits overlap: does the shared time count once or each time? (重叠时间)",
        on=on, choices=("once", "each"),
    ) if rule.overlap != "once" else None  # fmt: skip
    open_ = b.implicit(
        rule.open, (*base, "open"),
        "a visit has no check-out: how many hours count? (忘记签退)", on=on,
    )  # fmt: skip
    amount = b.optional(rule.amount, (*path, "amount"), "number", on)
    within = (
        [b.expr(e, (*path, "within", i), None, on).run for i, e in enumerate(rule.within)]
        if rule.within else None
    )  # fmt: skip
    less = b.optional(rule.less, (*path, "less"), "number", on)
    factor = b.optional(rule.factor, (*path, "factor"), "number", on)
    rounding = _rounding(b, rule, path)
    limits = b.limits(rule.caps, f"hours.{rule.id}", (*path, "caps"), on,
                      targets=b.words.tracks)  # fmt: skip
    hold = _holds(b, rule, path)
    daily = rule_is_daily(rule)
    divisible = rule.amount is None and (daily or factor is not None)
    midnight, clock = b.midnight, b.clock
    until_key = f"{track}~until"
    round_key = f"hours.{rule.id}.round"

    def whole(x: Number) -> int:
        if type(x) is int:
            return x
        raise MissingSetting(
            round_key, f"the hours of rule '{id_}' are no whole seconds: round them how?"
        )

    def book(c: Context, at: int, seconds: int, status: str, cut: tuple[str, ...] = (),
             awaits: str = "", to: str = track) -> None:  # fmt: skip
        c.out.append(
            HourEntry(c.fact.id, at, to, seconds, status, id_, clauses + cut if cut else clauses,
                      awaits)
        )  # fmt: skip
        if status != "counted":
            return
        state = c.state
        total = state.get(to, 0) + seconds
        if total < 0:
            raise EvaluationError(f"the hours on '{to}' would fall below zero", id_)
        fits(seconds, total)
        state[to] = total
        posted = c.posted
        if posted is None:
            posted = c.posted = {}
        posted[to] = posted.get(to, 0) + seconds
        if to == track and primary:
            c.counted += seconds

    if (
        gate is None and answers is None and amount is None and within is None and less is None
        and factor is None and rounding is None and not limits and not hold and overlap is None
        and rule.open == 0 and single
    ):  # fmt: skip

        def plain(c: Context) -> None:
            """The common rule: exact seconds, overlap counted once, open visits uncounted."""
            fact = c.fact
            end = fact.end
            if end is None:
                return
            start = fact.at
            state = c.state
            covered = state.get(until_key, NEVER)
            if covered > start:
                start = covered
            if end > covered:
                state[until_key] = end
            seconds = end - start
            if seconds < 0:
                seconds = 0
            c.claimed += seconds
            c.counted += seconds
            if seconds:
                state[track] = state.get(track, 0) + seconds
            c.out.append(HourEntry(fact.id, fact.at, track, seconds, "counted", id_, clauses))

        return plain

    def spans(c: Context) -> list[tuple[int, int]]:
        """The visit's own interval, clipped, less what earlier visits covered, day by day."""
        fact = c.fact
        start, end = fact.at, fact.end
        assert end is not None
        if within is not None:
            first, last = (run(c) for run in within)
            start = max(start, need_number(first)) if first is not None else start
            end = min(end, need_number(last)) if last is not None else end
        covered = c.state.get(until_key, NEVER)
        if covered > start and start < end and (overlap is None or overlap(c) == "once"):
            start = min(covered, end)
        if end > covered and end > start:
            c.state[until_key] = end
        if end <= start:
            return [(fact.at, 0)]
        if not divisible or clock.day(start) == clock.day(end - 1):
            return [(start, end - start)]
        cut: list[tuple[int, int]] = []
        while start < end:
            edge = min(end, clock.start(clock.date(start)) + 86_400)
            cut.append((start, edge - start))
            start = edge
        return cut

    def scales(c: Context, pieces: list[tuple[int, Number]]) -> list[Number]:
        """The factor of each piece: of its own day, or of the day that the visit belongs to."""
        if factor is None:
            return [1] * len(pieces)
        first: Number = need_number(factor(c), "the factor")
        end = c.fact.end
        if end is None or clock.day(c.fact.at) >= clock.day(end - 1):
            return [first] * len(pieces)
        at, until = c.at, c.until
        found: list[Number] = []
        for start in (*(s for s, _ in pieces), clock.start(clock.date(end - 1))):
            c.at, c.until = start, None
            found.append(need_number(factor(c), "the factor"))
        c.at, c.until = at, until
        last = found.pop()
        if all(one == first for one in (*found, last)):
            return found
        how = midnight(c)
        return found if how == "split" else [last if how == "end" else first] * len(pieces)

    def stage(c: Context) -> None:
        if gate is not None and not gate(c):
            return
        fact = c.fact
        if amount is not None:
            value = need_number(amount(c), f"the hours of rule '{id_}'")
            pieces: list[tuple[int, Number]] = [(fact.at, tidy(value * 3600))]
        elif fact.end is None:
            pieces = [(fact.at, tidy(need_number(open_(c)) * 3600))]
        else:
            pieces = list(spans(c))
        pause: Number = 0 if less is None else tidy(need_number(less(c), "the time off") * 3600)
        several = daily and len(pieces) > 1 and midnight(c) == "split"
        parts: list[tuple[int, Number]] = []
        for (start, gross), scale in zip(pieces, scales(c, pieces), strict=True):
            off = min(pause, gross) if gross > 0 else 0
            pause = tidy(pause - off)
            parts.append((start, tidy((gross - off) * scale)))
        if several:
            c.pieces = []
        elif len(parts) > 1:
            parts = [(parts[0][0], tidy(sum(x for _, x in parts)))]
        at, until = c.at, c.until
        for start, x in parts:
            if several:
                c.at, c.until = start, None
            if rounding is not None:
                x = rounding(c, x)
            claim = whole(x) if x > 0 else 0
            c.claimed += claim
            before = c.counted
            _count(c, x, start)
            if several and c.pieces is not None:
                c.pieces.append((start, c.counted - before))
        c.at, c.until = at, until
        if answers is not None:
            answers(c)

    def _count(c: Context, x: Number, start: int) -> None:
        cut: tuple[str, ...] = ()
        if limits and x > 0:
            h = tidy(Fraction(x) / 3600)
            h, over, cut = apply_limits(c, h, limits)
            x = tidy(h * 3600)
            for to, rest in over:
                book(c, start, whole(tidy(rest * 3600)), "counted", to=to)
        for condition, awaits, counts, grounds, ended in hold:
            if condition(c) and not (ended is not None and (x <= 0 or ended(c))):
                now = min(x, tidy(need_number(counts(c)) * 3600))
                who = "" if awaits is None else str(awaits(c))
                book(c, start, whole(tidy(x - now)), "pending", (*cut, *grounds), who)
                if now:
                    book(c, start, whole(now), "counted", cut)
                return
        book(c, start, whole(x), "counted", cut)

    return stage


def rule_is_daily(rule: HoursRule) -> bool:
    scopes: list[Sequence[Any]] = [cap.per for cap in rule.caps]
    if rule.round is not None:
        scopes.append(rule.round.per)
    return (
        bool(rule.hold)
        or any("day" in map(str, per) for per in scopes)
        or any(cap.used is not None or str(cap.per).find("settings.") >= 0 for cap in rule.caps)
    )


def _rounding(b: Builder, rule: HoursRule, path: Path) -> Any:
    """Round so that the running total within the scope is rounded (visit: each by itself)."""
    if rule.round is None:
        return None
    spec = rule.round
    step = b.expr(spec.to, (*path, "round", "to"), "number", rule.on).run
    mode = b.implicit(
        spec.mode, ("hours", rule.id, "round", "mode"),
        "time is left over: which way is it rounded? (零头取整方向)",
        choices=("down", "up", "half_up", "half_even", "keep"), on=rule.on,
    )  # fmt: skip
    slot = f"hours.{rule.id}~round"
    tally: AnyTally | None = b.tally(spec.per, slot, (*path, "round", "per"), rule.on)
    b.known_clauses(spec.clauses, (*path, "round", "clauses"))

    def to_step(c: Context, x: Number) -> Number:
        size = need_number(step(c)) * 3600
        ratio = tidy(Fraction(x) / size)
        if type(ratio) is int:
            return x
        how = str(mode(c))
        return x if how == "keep" else tidy(round_whole(ratio, how) * size)

    def rounds(tally: AnyTally | None) -> Run:
        def rise(c: Context) -> Number:
            x: Number = c.local["~x"]
            if tally is None:
                return to_step(c, x)
            before = tally.read(c)
            return tidy(to_step(c, tidy(before + x)) - to_step(c, before))

        return decided(rise)

    if not spec.per:
        return _asking_scope(b, rule, slot, rounds)
    agreed: Run = rounds(tally)

    def rounding(c: Context, x: Number) -> Number:
        c.local["~x"] = x
        result: Number = agreed(c)
        if tally is not None:
            tally.add(c, x)
        return result

    return rounding


def _asking_scope(
    b: Builder, rule: HoursRule, slot: str, rounds: Callable[[AnyTally], Run]
) -> Callable[[Context, Number], Number]:
    """Round over the scope that is decided; while none is, ask where it makes a difference.

    Until then a visit across midnight belongs to the day of its check-in.
    """
    key = f"hours.{rule.id}.round.per"
    clock, midnight = b.clock, b.midnight

    def by_check_in(c: Context) -> str:
        return clock.date(c.at).isoformat()

    def scopes(day: KeyOf) -> dict[str, Tally]:
        keys: dict[str, KeyOf | None] = {"visit": None, "day": day, "total": lambda c: ""}
        return {name: Tally(f"{slot}~{name}", of, name == "day") for name, of in keys.items()}

    said = scopes(window_key("day", clock, midnight))
    openly = scopes(by_check_in)
    runs = {name: (rounds(said[name]), rounds(openly[name])) for name in said}

    def rounding(c: Context, x: Number) -> Number:
        c.local["~x"] = x
        if key in c.settings:
            scope = str(c.settings[key])
            if scope not in said:
                raise EvaluationError(f"{key} is '{scope}', not visit, day or total", rule.id)
            result: Number = runs[scope][0](c)
            said[scope].add(c, x)
            return result
        results = [run(c) for _, run in runs.values()]
        if any(one != results[0] for one in results):
            raise MissingSetting(
                key, "time is left over: is it dropped with each visit, or added up over the day "
                "or in all? (零头逐次、按日还是累计取整)", tuple(said),
            )  # fmt: skip
        for tally in openly.values():
            tally.add(c, x)
        first: Number = results[0]
        return first

    return rounding


def _holds(
    b: Builder, rule: HoursRule, path: Path
) -> list[tuple[Run, Run | None, Run, tuple[str, ...], Callable[[Context], bool] | None]]:
    found = []
    for i, hold in enumerate(rule.hold):
        at = (*path, "hold", i)
        found.append((
            b.expr(hold.if_, (*at, "if"), "bool", rule.on).run,
            b.optional(hold.awaits, (*at, "awaits"), "text", rule.on),
            b.expr(hold.counts, (*at, "counts"), "number", rule.on).run,
            b.known_clauses(hold.clauses, (*at, "clauses")),
            None if hold.until is None else _ends(
                b, b.expr(hold.until, (*at, "until"), "date", rule.on).run
            ),
        ))  # fmt: skip
    return found


def _ends(b: Builder, until: Run) -> Callable[[Context], bool]:
    """Whether the last day of a hold is over; else it is noted when it will be."""
    clock = b.clock

    def ended(c: Context) -> bool:
        day = until(c)
        if day is None:
            return False
        end, start = clock.start(day_of(day)) + DAY, c.fact.at
        if end <= max(c.horizon, start):
            return True
        held = c.state.setdefault(HELD, [])
        if [end, start] not in held:
            insort(held, [end, start])
        return False

    return ended
