"""Turns the parts that all rules share into closures, and collects everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from .context import Context, Run, decided
from .dates import Clock
from .document import Cap, Condition, Level, Policy, Rule
from .entries import Answer, Decision, Refusal
from .errors import Diagnostic, EvaluationError, MissingSetting, Severity
from .exact import Number, tidy
from .expressions import Code, Compiler, guess
from .names import Vocabulary, setting_reader
from .scopes import (
    ATTRIBUTES,
    WINDOW,
    AnyTally,
    ChosenTally,
    KeyOf,
    Tally,
    midnight_reader,
    window_key,
)
from .source import Path, Source
from .syntax import ExpressionError

Stage = Callable[[Context], None]
MAX_TOTAL_COST = 1_000_000
MAX_FINDINGS = 300
"""Of a document; more are of no use to anybody, and take long to find."""


class Check(NamedTuple):
    holds: Run
    reason: str
    clauses: tuple[str, ...]


class Limit(NamedTuple):
    """A cap made ready: what is left of it, and how using it is remembered."""

    left: Callable[[Context], Number]
    tally: AnyTally | None
    unless: Run | None
    over: str | None
    clauses: tuple[str, ...]


class Builder:
    """One compilation of one document."""

    def __init__(self, doc: Policy, source: Source | None = None) -> None:
        self.doc, self.source = doc, source
        self.clock = Clock(doc.timezone, doc.calendar.holidays, doc.calendar.workdays)
        self.words = Vocabulary(doc, self.clock)
        self.diagnostics: list[Diagnostic] = []
        self.budget = MAX_TOTAL_COST
        mode: Run | None = None
        if doc.midnight is not None:
            mode = self.implicit(doc.midnight, ("midnight",), "", ("start", "end", "split"))
        self.midnight = midnight_reader(mode)

    def say(
        self, path: Path, message: str, advice: str = "", severity: Severity = "error",
        offset: int = 0,
    ) -> None:  # fmt: skip
        if len(self.diagnostics) >= MAX_FINDINGS:
            raise EvaluationError(f"more than {MAX_FINDINGS} findings; the rest was not looked at")
        if self.source is None:
            where = ".".join(map(str, path))
            self.diagnostics.append(Diagnostic(1, 1, severity, message, advice, path=where))
            return
        found = self.source.diagnose(path, message, advice, severity)
        place = self.source.places.get(tuple(path))
        if place is not None and offset:
            found = Diagnostic(
                place.line, place.column + offset, severity, message, advice,
                found.file, found.path,
            )  # fmt: skip
        self.diagnostics.append(found)

    def expr(
        self,
        value: Any,
        path: Path,
        want: str | None = None,
        on: Iterable[str] = (),
        extra: Iterable[str] = (),
    ) -> Code:
        """Compile an expression; what is wrong with it becomes a diagnostic."""
        try:
            code = Compiler(self.words.about(on, extra)).compile(value, want)
        except ExpressionError as error:
            self.say(path, error.message, error.advice, offset=error.offset)
            return Code(lambda c: None, "any")
        self.budget -= code.cost
        if self.budget < 0 <= self.budget + code.cost:
            self.say(path, "the document as a whole costs too much to evaluate",
                     "use fewer or simpler expressions")  # fmt: skip
        return code

    def optional(
        self,
        value: Any,
        path: Path,
        want: str | None = None,
        on: Iterable[str] = (),
        extra: Iterable[str] = (),
    ) -> Run | None:
        return None if value is None else self.expr(value, path, want, on, extra).run

    def implicit(
        self, value: Any, path: Path, question: str, choices: Sequence[Any] | None = None,
        on: Iterable[str] = (),
    ) -> Run:  # fmt: skip
        """A field that the text may leave open: without a value, needing it names the setting."""
        if value is not None:
            if choices and isinstance(value, str) and value in choices:
                return lambda c: value
            return self.expr(value, path, on=on).run
        key = ".".join(str(p) for p in path)

        def read(c: Context) -> Any:
            if key in c.settings:
                return c.settings[key]
            raise MissingSetting(key, question, choices)

        return read

    def known_clauses(self, keys: Iterable[str], path: Path) -> tuple[str, ...]:
        found = tuple(keys)
        for key in found:
            if key not in self.doc.clauses:
                hint = guess(key, self.doc.clauses) or "add it under clauses"
                self.say(path, f"the clause '{key}' is not quoted under clauses", hint)
        return found

    def known_types(self, names: Iterable[str], path: Path) -> None:
        for name in names:
            bare = name.removesuffix(".refused")
            if bare not in self.words.types and bare != "*":
                hint = guess(bare, self.words.types) or "declare it under facts"
                self.say(path, f"the fact type '{bare}' is not declared", hint)

    def dates(
        self, first: date | None, last: date | None, versions: Iterable[str], path: Path
    ) -> list[tuple[int, int]] | None:
        """The days in which a rule is in force, as ranges of days since 1970; None: always."""
        epoch = date(1970, 1, 1)
        listed = list(versions)
        if not listed and first is None and last is None:
            return None
        low = (first or date(1, 1, 1)) - epoch
        high = (last or date(9999, 1, 1)) - epoch
        if not listed:
            return [(low.days, high.days)]
        order = sorted((v.from_, k) for k, v in self.doc.versions.items())
        spans: list[tuple[int, int]] = []
        for name in listed:
            if name not in self.doc.versions:
                self.say((*path, "versions"), f"the version '{name}' is not declared",
                         guess(name, self.doc.versions) or "declare it under versions")  # fmt: skip
                continue
            begin = self.doc.versions[name].from_
            later = [d for d, _ in order if d > begin]
            end = (later[0] - timedelta(days=1)) if later else date(9999, 1, 1)
            spans.append((max((begin - epoch).days, low.days), min((end - epoch).days, high.days)))
        return spans

    def in_force(self, rule: Rule | Level, path: Path) -> Run | None:
        spans = self.dates(rule.from_, rule.until, rule.versions, path)
        if spans is None:
            return None
        day = self.clock.day
        return lambda c: any(a <= day(c.at) <= b for a, b in spans)

    def guard(self, rule: Rule, path: Path) -> Run | None:
        """Whether a rule is about this fact at all: dates and `when`."""
        forced = self.in_force(rule, path)
        when = self.optional(rule.when, (*path, "when"), "bool", rule.on)
        if forced is None or when is None:
            return forced or when
        one, two = forced, when
        return lambda c: one(c) and two(c)

    def checks(self, conditions: Sequence[Condition], path: Path, on: Iterable[str]) -> list[Check]:
        found = []
        for i, condition in enumerate(conditions):
            at = (*path, i)
            run = self.expr(condition.if_, (*at, "if"), "bool", on).run
            clauses = self.known_clauses(condition.clauses, (*at, "clauses"))
            found.append(Check(run, condition.else_ or str(condition.if_), clauses))
        return found

    def gate(self, rule: Rule, path: Path) -> Run | None:
        """Guard and requirements in one: false where the rule does nothing (refusals noted)."""
        guard = self.guard(rule, path)
        checks = self.checks(rule.require, (*path, "require"), rule.on)
        self.known_types(rule.on, (*path, "on"))
        own = self.known_clauses(rule.clauses, (*path, "clauses"))
        name, id_, tell = rule.as_ or "accepted", rule.id, rule.as_ is not None
        if not checks:
            return guard

        def gate(c: Context) -> bool:
            if guard is not None and not guard(c):
                return False
            refused = refusals(c, checks, name, id_, own)
            c.out += refused
            if tell and not refused:
                c.out.append(Decision(c.fact.id, c.at, name, True, id_, own))
            return not refused

        return gate

    def answers(self, rule: Rule, path: Path) -> Stage | None:
        if not rule.answer:
            return None
        runs = [
            (n, self.expr(e, (*path, "answer", n), None, rule.on).run)
            for n, e in rule.answer.items()
        ]
        id_, clauses = rule.id, tuple(rule.clauses)

        def answer(c: Context) -> None:
            for name, run in runs:
                c.out.append(Answer(c.fact.id, c.at, name, run(c), id_, clauses))

        return answer

    def tally(
        self, per: Sequence[Any], slot: str, path: Path, on: Iterable[str] = ()
    ) -> AnyTally | None:
        """The running total for a scope; None where the scope is each fact by itself."""
        if not per or list(per) in (["visit"], ["fact"]):
            return None
        if len(per) == 1 and isinstance(per[0], str) and per[0].startswith("settings."):
            name = per[0].removeprefix("settings.")
            setting = self.doc.settings.get(name)
            if setting is None or not setting.choices:
                self.say(path, f"'{per[0]}' is no setting with choices of scopes",
                         "declare it with choices such as [visit, day, total]")  # fmt: skip
                return None
            tallies = {
                str(choice): self._plain_tally([choice], f"{slot}~{choice}", path, on)
                for choice in setting.choices
            }
            return ChosenTally(setting_reader(name, setting), dict(tallies))
        return self._plain_tally(per, slot, path, on)

    def _plain_tally(self, per: Sequence[Any], slot: str, path: Path, on: Iterable[str]) -> Tally:
        keys: list[KeyOf] = []
        daily = False
        if list(per) in (["visit"], ["fact"]):
            return Tally(slot, None, False)
        for token in sorted(per, key=lambda t: not WINDOW.match(str(t))):
            keys.append(self.key(token, path, on))
            daily = daily or token == "day"
        if len(keys) == 1:
            return Tally(slot, keys[0], daily)
        return Tally(slot, lambda c: "|".join(k(c) for k in keys), daily)

    def key(self, token: Any, path: Path, on: Iterable[str]) -> KeyOf:
        word = str(token)
        if WINDOW.match(word):
            if word.startswith("last "):
                self.say(path, f"'{word}' cannot be a scope here", "use a measure with that window")
                return lambda c: ""
            self._anchor(word, path)
            return window_key(word, self.clock, self.midnight)
        code = self.expr(f"fact.{word}" if word in ATTRIBUTES else token, path, None, on)
        run = code.run
        return lambda c: str(run(c))

    def _anchor(self, window: str, path: Path) -> None:
        if window.startswith("since "):
            attribute = self.doc.person.get(window[6:])
            if attribute is None or attribute.type != "date":
                self.say(path, f"'{window}' needs a date of the person named '{window[6:]}'",
                         f"declare person: {{{window[6:]}: date}}")  # fmt: skip

    def limits(
        self,
        caps: Sequence[Cap],
        slot: str,
        path: Path,
        on: Iterable[str],
        special: Mapping[str, Callable[[Context], Number]] | None = None,
        targets: Iterable[str] = (),
    ) -> list[Limit]:
        """Caps in their order. `special`: scopes such as `balance` that are read, not tallied."""
        found: list[Limit] = []
        for i, cap in enumerate(caps):
            at = (*path, i)
            top = self.expr(cap.max, (*at, "max"), "number", on).run
            unless = self.optional(cap.unless, (*at, "unless"), "bool", on)
            clauses = self.known_clauses(cap.clauses, (*at, "clauses"))
            if cap.over is not None and cap.over not in targets:
                self.say((*at, "over"), f"'{cap.over}' is not declared",
                         guess(cap.over, targets))  # fmt: skip
            used: Callable[[Context], Number]
            tally: AnyTally | None = None
            if cap.used is not None:
                used = self.expr(cap.used, (*at, "used"), "number", on).run
            elif not cap.per:
                key = ".".join(map(str, (*at, "per")))
                self.say((*at, "max"), "this cap does not say over what it counts",
                         "write per: visit, day, activity, year, total …", "error")  # fmt: skip
                used = _missing(key, "over what does this cap count?")
            else:
                chosen = self._chosen(cap.per, special or {}, f"{slot}~cap{i}", (*at, "per"), on)
                used, tally = chosen
            run = self._left(top, used)
            found.append(Limit(run, tally, unless, cap.over, clauses))
        return found

    @staticmethod
    def _left(top: Run, used: Callable[[Context], Number]) -> Callable[[Context], Number]:
        def left(c: Context) -> Number:
            rest = top(c) - used(c)
            return tidy(rest) if rest > 0 else 0

        return left

    def _chosen(
        self,
        per: Sequence[Any],
        special: Mapping[str, Callable[[Context], Number]],
        slot: str,
        path: Path,
        on: Iterable[str],
    ) -> tuple[Callable[[Context], Number], AnyTally | None]:
        if len(per) == 1 and str(per[0]) in special:
            return special[str(per[0])], None
        if len(per) == 1 and str(per[0]).startswith("settings.") and special:
            name = str(per[0]).removeprefix("settings.")
            setting = self.doc.settings.get(name)
            if setting is None or not setting.choices:
                self.say(path, f"'{per[0]}' is no setting with choices of scopes", "")
                return (lambda c: 0), None
            read = setting_reader(name, setting)
            tallies = {
                str(ch): self._plain_tally([ch], f"{slot}~{ch}", path, on)
                for ch in setting.choices
                if str(ch) not in special
            }

            def used(c: Context) -> Number:
                choice = str(read(c))
                return special[choice](c) if choice in special else tallies[choice].read(c)

            return used, ChosenTally(read, dict(tallies)) if tallies else None
        tally = self.tally(per, slot, path, on)
        return (tally.read if tally else (lambda c: 0)), tally


def refusals(
    c: Context, checks: Sequence[Check], name: str, rule: str, own: tuple[str, ...]
) -> list[Refusal]:
    """Every condition that does not hold.

    A condition that cannot be judged only matters where all others hold: one is enough to refuse.
    """
    found: list[Refusal] = []
    doubt: EvaluationError | MissingSetting | None = None
    for holds, reason, clauses in checks:
        try:
            if not holds(c):
                found.append(Refusal(c.fact.id, c.at, name, reason, rule, clauses or own))
        except (EvaluationError, MissingSetting) as error:
            doubt = doubt or error
    if doubt is not None and not found:
        raise doubt
    return found


def _missing(key: str, question: str) -> Callable[[Context], Number]:
    def used(c: Context) -> Number:
        raise MissingSetting(key, question)

    return used


def apply_limits(
    c: Context, x: Number, limits: Sequence[Limit]
) -> tuple[Number, list[tuple[str, Number]], tuple[str, ...]]:
    """What is left of x under all limits, what flows over where, and the clauses that cut."""
    if x <= 0:
        return x, [], ()
    active = [m for m in limits if m.unless is None or not m.unless(c)]
    try:
        x, over, cut = _cut(c, x, active)
    except MissingSetting:
        x, over, cut = decided(lambda c: _cut(c, x, active))(c)
    for limit in active:
        if limit.tally is not None:
            limit.tally.add(c, x)
    return x, over, cut


def _cut(
    c: Context, x: Number, active: Sequence[Limit]
) -> tuple[Number, list[tuple[str, Number]], tuple[str, ...]]:
    over: list[tuple[str, Number]] = []
    cut: tuple[str, ...] = ()
    for limit in active:
        left = limit.left(c)
        if x > left:
            if limit.over is not None:
                over.append((limit.over, tidy(x - left)))
            x = left
            cut += limit.clauses
    return x, over, cut
