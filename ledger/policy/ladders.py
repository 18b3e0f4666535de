"""Which level a person holds: conditions per level, when they are judged, and what may fall."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from .builder import Builder, Stage
from .context import Context, Run
from .document import Ladder, Level, Policy
from .entries import LevelChange, Refusal
from .exact import exact, show
from .expressions import Code, need_number
from .names import level_key
from .source import Path


class Rung:
    """One level made ready."""

    __slots__ = ("certifier", "clauses", "holds", "key", "reads", "rule", "threshold")

    def __init__(
        self, key: Any, rule: str, holds: Run, clauses: tuple[str, ...], certifier: str,
        threshold: Any, reads: tuple[tuple[str, Run], ...],
    ) -> None:  # fmt: skip
        self.key, self.rule, self.holds, self.clauses = key, rule, holds, clauses
        self.certifier, self.threshold, self.reads = certifier, threshold, reads


def ladder_stage(b: Builder, name: str, ladder: Ladder) -> tuple[Stage, Stage | None, bool]:
    """The stage that judges the ladder; the same if it is judged live, else None; is it plain?

    A plain ladder is only thresholds on counted seconds: time alone never changes its level.
    """
    path: Path = ("ladders", name)
    clauses = b.known_clauses(ladder.clauses, (*path, "clauses"))
    on = [e for e in ladder.evaluate if e not in ("live", "never")]
    b.known_types(on, (*path, "evaluate"))
    basis = None if ladder.basis is None else b.expr(ladder.basis, (*path, "basis"), "number", on)
    reach = b.implicit(
        ladder.reach, (*path, "reach"),
        f"a value stands exactly on a threshold of '{name}': at_least or more_than? (含本数否)",
        choices=("at_least", "more_than"), on=on,
    )  # fmt: skip
    rungs = [_rung(b, name, k, v, basis, reach, ladder, on) for k, v in ladder.levels.items()]
    when = b.optional(ladder.when, (*path, "when"), "bool", on)
    hold = b.optional(ladder.hold, (*path, "hold"), "bool", on)
    checks = b.checks(ladder.require, (*path, "require"), on)
    stepwise = b.implicit(
        False if ladder.step_by_step is None else ladder.step_by_step, (*path, "step_by_step"), "",
        on=on,
    )  # fmt: skip
    demotion = b.implicit(
        ladder.demotion, (*path, "demotion"),
        f"a level of '{name}' is held but its condition no longer is met: demote? never or always "
        "(是否降级)",
        choices=("never", "always"), on=on,
    )  # fmt: skip
    _warn(b, path, ladder, rungs)
    keys = (ladder.none, *(r.key for r in rungs))
    since, clock = f"{name}~since", b.clock
    fast = _thresholds(ladder, rungs, basis)

    def desired(c: Context) -> int:
        best = 0
        for i, rung in enumerate(rungs):
            if rung.holds(c):
                best = i + 1
        return best

    def change(c: Context, held: int, new: int) -> None:
        rung = rungs[new - 1] if new > held else rungs[held - 1]
        because = {n: r(c) for n, r in rung.reads}
        c.state[name] = new
        c.state[since] = clock.date(c.at).isoformat()
        c.out.append(
            LevelChange(c.fact.id, c.at, name, keys[held], keys[new], rung.rule,
                        clauses + rung.clauses, because, rung.certifier)
        )  # fmt: skip

    def blocked(c: Context) -> bool:
        if when is not None and not when(c):
            return True
        return hold is not None and bool(hold(c))

    def judge(c: Context) -> None:
        if blocked(c):
            return
        held = c.state.get(name, 0)
        new = desired(c)
        if checks:
            for holds, reason, grounds in checks:
                if not holds(c):
                    if new > held and on:
                        c.out.append(Refusal(c.fact.id, c.at, "accepted", reason,
                                             f"ladders.{name}", grounds or clauses))  # fmt: skip
                    new = 0
        if new > held + 1 and _agreed(c, stepwise, new, held):
            new = held + 1
        if new > held or (new < held and str(demotion(c)) == "always"):
            change(c, held, new)

    def judge_fast(c: Context) -> None:
        assert fast is not None
        read, edges = fast
        new = bisect_right(edges, read(c))
        held = c.state.get(name, 0)
        if new != held and (new > held or str(demotion(c)) == "always"):
            change(c, held, new)

    def judge_each(c: Context) -> None:
        if blocked(c) or not all(check.holds(c) for check in checks):
            return
        held = c.state.get(name, [])
        for i, rung in enumerate(rungs, 1):
            met = rung.holds(c)
            if met and i not in held:
                held = sorted([*held, i])
            elif i in held and not met and str(demotion(c)) == "always":
                held = [r for r in held if r != i]
            else:
                continue
            because = {n: r(c) for n, r in rung.reads}
            c.state[name] = held
            c.state[since] = clock.date(c.at).isoformat()
            c.out.append(
                LevelChange(c.fact.id, c.at, name, None if met else rung.key,
                            rung.key if met else None, rung.rule, clauses + rung.clauses,
                            because, rung.certifier)
            )  # fmt: skip

    if ladder.each:
        stage: Stage = judge_each
    elif (
        fast is not None
        and when is None
        and hold is None
        and not checks
        and (ladder.step_by_step in (None, False))
    ):
        stage = judge_fast
    else:
        stage = judge
    plain = stage is judge_fast and basis is not None and basis.reads <= set(b.words.tracks)
    return stage, stage if "live" in ladder.evaluate else None, plain


def condition_text(doc: Policy, ladder: str, level: int) -> str:
    """What the level at this position (from 1) takes, as an expression of the policy."""
    spec = doc.ladders[ladder]
    one = list(spec.levels.values())[level - 1]
    if isinstance(one.need, (str, bool)) or spec.basis is None:
        return str(one.need)
    return f"{spec.basis} {'>' if spec.reach == 'more_than' else '>='} {show(exact(one.need))}"


def _agreed(c: Context, stepwise: Run, new: int, held: int) -> bool:
    return stepwise(c) in (True, "step", "one_by_one", "must_hold_previous")


def _rung(
    b: Builder, name: str, key: str, level: Level, basis: Code | None, reach: Run,
    ladder: Ladder, on: list[str],
) -> Rung:  # fmt: skip
    path: Path = ("ladders", name, "levels", key)
    need = (*path, "need") if b.source and (*path, "need") in b.source.places else path
    rule = f"ladders.{name}.{key}"
    grounds = b.known_clauses(level.clauses, (*path, "clauses"))
    force = b.in_force(level, path)
    keep = b.optional(level.keep, (*path, "keep"), "bool", on)
    rank = list(ladder.levels).index(key) + 1
    threshold: Any = None
    if level.need is not True and level.need is not False and not isinstance(level.need, str):
        threshold = exact(level.need)
        if basis is None:
            b.say(need, "a plain number is a threshold, but the ladder has no basis",
                  "write basis: hours, or a condition such as hours >= 100")  # fmt: skip
            return Rung(level_key(key), rule, lambda c: False, grounds, "", threshold, ())
        value, edge = basis.run, threshold

        def meets(c: Context) -> bool:
            x = need_number(value(c), f"the basis of '{name}'")
            return bool(x > edge or (x == edge and reach(c) == "at_least"))

        code_reads = basis.reads
        holds: Run = meets
    else:
        code = b.expr(level.need, need, "bool", on)
        code_reads, holds = code.reads, code.run
    if force is not None:
        inner, dated = holds, force
        holds = lambda c: dated(c) and inner(c)  # noqa: E731
    if keep is not None:
        first, still = holds, keep
        holds = lambda c: first(c) or (_held(c, name, rank) and still(c))  # noqa: E731
    reads = []
    for read in sorted(code_reads):
        found = b.words.state_symbol(read)
        if found is not None:
            reads.append((read, found.run))
    return Rung(level_key(key), rule, holds, grounds, level.certifier, threshold, tuple(reads))


def _thresholds(
    ladder: Ladder, rungs: list[Rung], basis: Code | None
) -> tuple[Run, list[int]] | None:
    """Thresholds in whole seconds, where that is all there is to the ladder."""
    if basis is None or basis.seconds is None or ladder.reach not in ("at_least", "more_than"):
        return None
    edges: list[int] = []
    for rung, level in zip(rungs, ladder.levels.values(), strict=True):
        seconds = None if rung.threshold is None else rung.threshold * 3600
        special = level.keep is not None or level.from_ or level.until or level.versions
        if not isinstance(seconds, int) or special:
            return None
        edges.append(seconds + (ladder.reach == "more_than"))
    if edges != sorted(edges):
        return None
    return basis.seconds, edges


def _held(c: Context, name: str, rank: int) -> bool:
    held = c.state.get(name, 0)
    return rank in held if isinstance(held, list) else bool(held >= rank)


def _warn(b: Builder, path: Path, ladder: Ladder, rungs: list[Rung]) -> None:
    """Levels that no one can reach, or that a higher one always hides."""
    top: Any = None
    dated = any(v.from_ or v.until or v.versions for v in ladder.levels.values())
    for rung in rungs:
        at = (*path, "levels", str(rung.key))
        if rung.threshold is not None and not dated:
            if top is not None and rung.threshold <= top and not ladder.each:
                b.say(at, f"the level before {rung.key!r} can never be held: its threshold is not "
                      "below this one's", "list levels in rising order", "warning")  # fmt: skip
            top = rung.threshold if top is None else max(top, rung.threshold)
    for key, level in ladder.levels.items():
        if level.need is False:
            b.say((*path, "levels", key), f"the level '{key}' can never be reached", "", "warning")
