"""The compiled policy: folds facts into a state and entries, and shows a state to readers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from .builder import Builder, Stage
from .context import NEVER, Context, decided
from .dates import DAY, due_days, period_starts
from .debts import DEBT
from .document import Attribute, PointsRule, Policy, Rule
from .entries import Decision, Entry, LevelChange, Posting
from .errors import (
    UNUSABLE,
    Diagnostic,
    EvaluationError,
    MissingSetting,
    OutOfOrder,
    PolicyError,
    unusable,
)
from .exact import exact, pack, show
from .expressions import Code
from .facts import (
    AMENDED_TIMES,
    EMPTY,
    HELD,
    OWN,
    RECEIVED,
    WRITE_OFF,
    Fact,
    Payment,
    canonical,
    order_key,
    releases,
)
from .hours import hours_stage
from .ladders import ladder_stage
from .measures import declare, measure_stages
from .names import level_key
from .points import Bank, points_stage
from .rankings import Ranking, ranking_rule
from .source import Place, Source
from .standing import conduct_stage, declare_grants, grant_stage, request_stage

State = dict[str, Any]
MAX_DEPTH = 4
RENEWAL = "~renewal"
"""The type of a fact that the calendar makes: a period begins, with its initial balance."""
NOT_JUDGED = (EvaluationError, MissingSetting, *UNUSABLE)
MAX_OPEN = 3
"""Open settings of which all choices are tried together."""
MAX_YEAR = 9997
"""Later years leave no room for the day after, or for another zone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a fold ends: the state, all entries in order, and facts that could not be judged."""

    state: State
    entries: list[Entry]
    rejected: list[tuple[Fact, EvaluationError | MissingSetting]] = field(default_factory=list)


def copy_state(state: State) -> State:
    """An independent copy of a state (plain JSON, two levels deep)."""
    return {k: v if v.__class__ in (int, str, bool) else _copy(v) for k, v in state.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


class Plan:
    """A policy document compiled once; it holds no state of its own."""

    def __init__(self, doc: Policy, settings: Mapping[str, Any], builder: Builder) -> None:
        self.doc = doc
        self.clock = builder.clock
        self.settings: dict[str, Any] = {
            k: _setting(s.value) for k, s in doc.settings.items() if s.value is not None
        }
        self.settings.update({k: _setting(v) for k, v in settings.items()})
        self._decided = settings
        self._undecided = any(
            (s.choices or s.type == "bool") and k not in self.settings
            for k, s in doc.settings.items()
        )
        self.words = builder.words
        self.amendments = {n: t.amends or "" for n, t in doc.facts.items() if t.kind == "amendment"}
        self.timers = [(n, t.timer) for n, t in doc.facts.items() if t.timer is not None]
        self._before: dict[str, list[Stage]] = {}
        self._after: dict[str, list[Stage]] = {}
        self._defaults: dict[str, dict[str, Any]] = {}
        self._always: list[Stage] = []
        self._assemble(builder)
        self._timed = bool(self.timers or self.bank.expiring or self.bank.renewed)
        self.visit_types = [n for n, t in doc.facts.items() if t.kind == "visit"]
        self.currency = next(iter(doc.currencies), None)
        """The currency that is meant where none is named: the first one."""
        self.track = self.words.tracks[0]
        self.star = "star" if "star" in doc.ladders else next(iter(doc.ladders), None)
        """The ladder that is meant where none is named: `star`, else the first one."""
        self.levels = {
            n: (ladder.none, *(level_key(k) for k in ladder.levels))
            for n, ladder in doc.ladders.items()
        }
        """What the positions of each ladder are called, from none up."""
        self.steady = (
            not self._timed
            and not self._lasting
            and all(two[2] for ladder, two in self._judged if "live" in ladder.evaluate)
            and not doc.grants
        )
        """A standing is read as it was kept: nothing in it changes by time, but by a fold anew."""

    # ---- putting it together

    def _assemble(self, b: Builder) -> None:
        doc = self.doc
        shapes = declare(b)
        declare_grants(b)
        for name in doc.values:
            b.expr(name, ("values", name))
        self.bank = bank = Bank(b)
        requests = [(r, request_stage(b, bank, r, i)) for i, r in enumerate(doc.requests)]
        hours = [(r, hours_stage(b, r, i)) for i, r in enumerate(doc.hours)]
        points = [(r, points_stage(b, bank, r, i)) for i, r in enumerate(doc.points)]
        measures = measure_stages(b, shapes)
        conduct = [(r, conduct_stage(b, r, i)) for i, r in enumerate(doc.conduct)]
        ladders = [(ladder, ladder_stage(b, n, ladder)) for n, ladder in doc.ladders.items()]
        grants = [grant_stage(b, n, g) for n, g in doc.grants.items()]
        if doc.safeguards is not None:
            for name, limit in doc.safeguards.limits():
                b.known_clauses(limit.clauses, ("safeguards", name, "clauses"))
        sections: dict[str, Sequence[Rule]] = {
            "hours": doc.hours, "points": doc.points, "requests": doc.requests,
        }  # fmt: skip
        for section, rules in sections.items():
            for i, rule in enumerate(rules):
                if not rule.on and not (isinstance(rule, PointsRule) and rule.entitled is not None):
                    b.say((section, i, "id"), f"the rule '{rule.id}' is about no fact",
                          "add on: with a fact type")  # fmt: skip
        lasting = [s for r, s in points if r.entitled is not None]
        live = [two[1] for _, two in ladders if two[1] is not None]
        self._lasting = lasting
        self._judged = ladders
        self._always = [*live, *lasting, *grants]
        self._relive = [*live, *grants] if lasting and live else []
        names = [*b.words.types, *(f"{n}.refused" for n in b.words.types)]
        for name in names:

            def about(on: Iterable[str], name: str = name) -> bool:
                listed = list(on)
                return name in listed or ((not listed or "*" in listed) and "." not in name)

            self._before[name] = [s for r, s in requests if name in r.on]
            if name in self.amendments:
                self._before[name] = [_amends]
            self._after[name] = [
                *(s for r, s in hours if name in r.on),
                *(s for r, s in points if r.entitled is None and name in r.on),
                *(s for m, s in measures if about([*m.of, *m.count])),
                *(s for r, s in conduct if about(r.on)),
                *(two[0] for ladder, two in ladders if name in ladder.evaluate),
            ]
        listening = [one for m in doc.measures.values() for one in (m.of, m.count)]
        listening += [r.on for r in (*doc.hours, *doc.points, *doc.conduct)]
        self._reacts = any("reached" in on for on in listening)
        for name, kind in b.words.types.items():
            given = {
                k: self._bind_value(a, a.default, k, None)
                for k, a in kind.attributes.items() if a.default is not None
            }  # fmt: skip
            self._defaults[name] = given
        for name, kind in doc.facts.items():
            if kind.kind == "amendment" and kind.amends not in doc.facts:
                b.say(("facts", name, "amends"), f"'{kind.amends}' is not a declared fact type", "")
        for path, target in _expressions_of_cases(doc):
            if isinstance(target, str):
                b.expr(target, path)
        self.rankings: dict[str, Ranking] = {
            n: ranking_rule(b, n, r) for n, r in doc.rankings.items()
        }

    def with_settings(self, settings: Mapping[str, Any]) -> Plan:
        """The same plan with more decided."""
        return Plan(self.doc, {**self._decided, **settings}, Builder(self.doc))

    # ---- facts

    def fact(
        self, id: str, type: str, at: int | str, end: int | str | None = None,  # noqa: A002
        decided: bool | None = None, **raw: Any,
    ) -> Fact:  # fmt: skip
        """Build a fact from plain values, checked and converted as its type declares."""
        start = self.clock.moment(at) if isinstance(at, str) else at
        finish = self.clock.moment(end, self.clock.date(start)) if isinstance(end, str) else end
        return self.bind(Fact(id, type, start, finish, raw, decided))

    def bind(self, fact: Fact) -> Fact:
        """A fact with plain attributes, checked and converted as its type declares.

        Raises EvaluationError where the policy declares no such type, or a value is not of it.
        """
        kind = self.words.types.get(fact.type)
        if kind is None:
            raise EvaluationError(f"the policy declares no fact type '{fact.type}'", fact=fact.id)
        if fact.end is not None and fact.end < fact.at:
            raise EvaluationError("it ends before it starts", fact=fact.id)
        declared = kind.attributes
        amends = kind.kind == "amendment"
        if amends and kind.amends in self.words.types:
            declared = {**self.words.types[kind.amends].attributes, **declared}
        if not declared and not amends:
            return fact
        day = self.clock.date(fact.at)
        attrs = dict(fact.attrs)
        for key in AMENDED_TIMES.intersection(attrs) if amends else ():
            if attrs[key] is not None:
                attrs[key] = self._moment(attrs[key], day)
        for key in attrs.keys() & declared.keys():
            try:
                attrs[key] = self._bind_value(declared[key], attrs[key], key, day)
            except EvaluationError as error:
                raise error.at(fact=fact.id) from None
        return fact._replace(attrs=attrs)

    def _moment(self, value: Any, day: date | None) -> int:
        """A time, as seconds or as a text, within the calendar."""
        at = value if type(value) is int else self.clock.moment(str(value), day)
        if not self.clock.date(at).year <= MAX_YEAR:
            raise EvaluationError(f"{str(value)[:40]!r} ran out of the calendar")
        return at

    def _bind_value(self, attribute: Attribute, value: Any, key: str, day: date | None) -> Any:
        if value is None:
            return None
        bound: Any = value
        match attribute.type:
            case "number" | "hours":
                bound = exact(value)
            case "bool":
                if value not in (True, False):
                    raise EvaluationError(f"{key} must be true or false, not {value!r}")
                bound = bool(value)
            case "text":
                bound = str(value)
            case "date":
                bound = (
                    value
                    if isinstance(value, date)
                    else self.clock.date(self.clock.moment(str(value), day))
                )
            case "time":
                bound = self._moment(value, day)
            case _:
                bound = _exact_inside(value)
        if attribute.choices is not None and bound not in attribute.choices:
            raise EvaluationError(
                f"{key} is {value!r}; it must be one of {', '.join(map(str, attribute.choices))}"
            )
        return bound

    def order(self, facts: Iterable[Fact]) -> list[Fact]:
        """The facts once each, amendments laid in, in the one order they are folded in."""
        return canonical(facts, self.amendments)

    # ---- folding

    def start(self) -> State:
        """The state before anything happened."""
        return {
            name: (a.default.isoformat() if hasattr(a.default, "isoformat") else _packed(a.default))
            for name, a in self.doc.person.items()
            if a.default is not None
        }

    def step(self, state: State, fact: Fact) -> tuple[State, list[Entry]]:
        """One fact: the next state and what it leads to. The given state stays as it is.

        Raises OutOfOrder for a fact older than the state or after the end of a hold in it,
        MissingSetting, EvaluationError.
        """
        context = Context(copy_state(state), self.settings)
        self.apply(context, fact)
        return context.state, context.out

    def context(self, state: State | None = None) -> Context:
        """A moment to fold in, for `apply`; it owns the state that it is given."""
        return Context(self.start() if state is None else state, self.settings)

    def apply(self, c: Context, fact: Fact) -> None:
        """One fact, in place: `c.state` moves on, entries are appended to `c.out`."""
        try:
            if self._undecided:
                self._agreed(c, lambda: self._apply(c, fact))
            else:
                self._apply(c, fact)
        except UNUSABLE as error:
            raise unusable(error, fact.id) from error

    def _agreed(self, c: Context, run: Callable[[], None], depth: int = 0) -> None:
        """Run in place; where a declared setting is open, with each choice, if all end alike.

        Raises MissingSetting where the choices lead to different states or entries.
        """
        if not self._undecided:
            run()
            return
        state, mark, given = copy_state(c.state), len(c.out), c.settings
        try:
            run()
        except MissingSetting as missing:
            key, asked = missing.key, missing
        else:
            return
        if not asked.choices or key in given or key not in self.doc.settings or depth >= MAX_OPEN:
            raise asked
        ends: list[tuple[State, list[Entry]]] = []
        for choice in asked.choices:
            c.state, c.settings = copy_state(state), {**given, key: choice}
            del c.out[mark:]
            try:
                self._agreed(c, run, depth + 1)
            except NOT_JUDGED:
                raise asked from None
            finally:
                c.settings = given
            ends.append((c.state, c.out[mark:]))
            if ends[0] != ends[-1]:
                raise asked

    def _apply(self, c: Context, fact: Fact) -> None:
        state = c.state
        at = fact.at
        last = state.get("t")
        if last is None:
            self.open(c, at)
        elif at < last:
            raise OutOfOrder(f"fact {fact.id} is older than the state it meets")
        elif releases(state, at):
            raise OutOfOrder(f"a hold has ended before fact {fact.id}: fold again from the start")
        elif self._timed:
            self._pass_time(c, last, at)
        state["t"] = at
        if fact.type in OWN:
            self._review(c, fact)
        else:
            self._run(c, fact, 0)

    def _review(self, c: Context, fact: Fact) -> None:
        """Judge what is judged at any time, though nothing else has happened."""
        c.fact, c.at, c.until, c.attrs = fact, fact.at, None, EMPTY
        c.counted = c.claimed = 0
        c.posted = c.pieces = None
        for one in fact.paid or ():
            if fact.type == RECEIVED:
                self.bank.receive(c, one, fact.attrs["lots"])
            else:
                self.bank.give_back(c, one, str(fact.attrs["redemption"]))
        if fact.type == WRITE_OFF:
            self._write_off(c, fact)
        for stage in (*self._always, *self._relive):
            stage(c)

    def _write_off(self, c: Context, fact: Fact) -> None:
        currency = fact.attrs.get("currency") or self.currency
        if currency not in self.doc.currencies:
            raise EvaluationError(f"the policy knows no currency {currency!r}", fact=fact.id)
        amount = fact.attrs.get("amount")
        self.bank.write_off(c, currency, None if amount is None else exact(amount))

    def pass_time(self, c: Context, until: int) -> None:
        """In place: what the calendar and expiry do from the state's last moment up to `until`."""
        last = c.state.get("t")
        if last is not None and last < until:
            if self._timed:
                try:
                    self._agreed(c, lambda: self._pass_time(c, last, until))
                except UNUSABLE as error:
                    raise unusable(error) from error
            c.state["t"] = until

    def decide(
        self, state: State, fact: Fact, held: Mapping[str, int] = EMPTY
    ) -> tuple[list[Decision], tuple[Payment, ...]]:
        """Judge a request on a state, which stays as it is: the decisions, and what it would pay.

        `held` (units by currency) can't be spent. Raises EvaluationError if the policy declares
        no such request, MissingSetting where the text leaves the decision open.
        """
        kind = self.words.types.get(fact.type)
        if kind is None or kind.kind != "request" or not self._before[fact.type]:
            raise EvaluationError(f"the policy knows no request '{fact.type}'", fact=fact.id)
        c = Context(copy_state(state), self.settings)
        c.held = held
        made: list[Entry] = []

        def judge() -> None:
            last = c.state.get("t")
            if last is None:
                self.open(c, fact.at)
            elif self._timed and fact.at > last:
                self._pass_time(c, last, fact.at)
            c.fact, c.at, c.until = fact, fact.at, None
            c.attrs = {**self._defaults[fact.type], **fact.attrs}
            before = len(c.out)
            for stage in self._before[fact.type]:
                stage(c)
            made[:] = c.out[before:]

        try:
            self._agreed(c, judge)
        except UNUSABLE as error:
            raise unusable(error, fact.id) from error
        paid = tuple(
            Payment(e.currency, e.amount, e.counter, e.rule, e.clauses)
            for e in made
            if type(e) is Posting and e.counter != DEBT
        )
        return [e for e in made if type(e) is Decision], paid

    def fold(
        self, facts: Iterable[Fact], state: State | None = None, keep_going: bool = False,
        horizon: int = NEVER,
    ) -> Outcome:  # fmt: skip
        """Fold facts in canonical order. `keep_going` sets aside what cannot be judged.

        `horizon`: up to when (s) time is known to have passed, if later than the last fact: holds
        that end by then are over.
        """
        context = Context(self.start() if state is None else copy_state(state), self.settings)
        rejected: list[tuple[Fact, EvaluationError | MissingSetting]] = []
        ordered = self.order(facts)
        context.horizon = max(horizon, ordered[-1].at if ordered else NEVER)
        apply = self.apply
        if not keep_going:
            for fact in ordered:
                apply(context, fact)
            return Outcome(context.state, context.out)
        for fact in ordered:
            saved, length = copy_state(context.state), len(context.out)
            try:
                apply(context, fact)
            except (EvaluationError, MissingSetting) as error:
                context.state = saved
                del context.out[length:]
                rejected.append((fact, error))
        return Outcome(context.state, context.out, rejected)

    def advance(self, state: State, now: int) -> tuple[State, list[Entry]]:
        """Let time pass: calendar facts and expiry up to `now`, and nothing else."""
        context = Context(copy_state(state), self.settings)
        last = state.get("t")
        if last is None:
            self.open(context, now)
        elif now > last and self._timed:
            self._agreed(context, lambda: self._pass_time(context, last, now))
            context.state["t"] = now
        return context.state, context.out

    def open(self, c: Context, at: int, seeded: Collection[str] = ()) -> None:
        """In place: the first moment of a state. `seeded`: currencies with their balance already.

        The others' initial balances are posted, and what had expired by then.
        """
        c.at, c.fact = at, Fact("", "", at)
        self.bank.open(c, seeded)
        if seeded:
            self._expire(c, at)
        c.state["t"] = at

    def _pass_time(self, c: Context, last: int, at: int) -> None:
        if self.timers or self.bank.renewed:
            due: list[Fact] = []
            first, until = self.clock.date(last), self.clock.date(at)
            if until > first:
                for name, per in self.bank.renewed:
                    begins = map(self.clock.start, period_starts(per, first, until))
                    due += [Fact(name, RENEWAL, moment) for moment in begins]
                for name, timer in self.timers:
                    for day in due_days(timer.every, timer.on, first, until):
                        self._add_due(due, name, day, last, at)
                for name, timer in self.timers:
                    for day in due_days(
                        timer.every, timer.on, date.fromordinal(first.toordinal() - 1), first
                    ):
                        self._add_due(due, name, day, last, at)
            due.sort(key=order_key)
            for fact in due:
                self._expire(c, fact.at)
                c.state["t"] = fact.at
                if fact.type == RENEWAL:
                    self._renew(c, fact.id, fact.at)
                else:
                    self._run(c, fact, 0)
        self._expire(c, at)

    def _renew(self, c: Context, currency: str, at: int) -> None:
        c.fact, c.at, c.until, c.attrs = Fact("", "", at), at, None, EMPTY
        c.counted = c.claimed = 0
        c.posted = c.pieces = None
        self.bank.renew(c, currency)

    def _add_due(self, due: list[Fact], name: str, day: date, last: int, at: int) -> None:
        moment = self.clock.start(day) + 86_399
        if last < moment < at:
            due.append(Fact(f"{name}@{day.isoformat()}", name, moment))

    def _expire(self, c: Context, at: int) -> None:
        if self.bank.expiring:
            c.at, c.until, c.fact = at, None, Fact("", "", at)
            c.posted = None
            self.bank.expire(c)

    def _run(self, c: Context, fact: Fact, depth: int) -> None:
        kind = fact.type
        stages = self._after.get(kind)
        if stages is None:
            raise EvaluationError(f"the policy declares no fact type '{kind}'", fact=fact.id)
        c.fact = fact
        c.at = fact.at
        c.until = fact.end
        c.counted = c.claimed = 0
        c.posted = c.pieces = None
        defaults = self._defaults[kind]
        c.attrs = {**defaults, **fact.attrs} if defaults else fact.attrs
        mark = len(c.out)
        before = self._before[kind]
        if before:
            c.local.clear()
            for stage in before:
                stage(c)
            if "~refused" in c.local:
                stages = self._after[f"{kind}.refused"]
        for stage in stages:
            stage(c)
        for stage in self._always:
            stage(c)
        if self._relive:
            for stage in self._relive:
                stage(c)
        if self._reacts:
            self._reached(c, mark, depth)

    def _reached(self, c: Context, mark: int, depth: int) -> None:
        """A level change is itself something that happened."""
        if depth >= MAX_DEPTH:
            return
        changes = [e for e in c.out[mark:] if type(e) is LevelChange]
        for i, change in enumerate(changes):
            attrs = {"ladder": change.ladder, "level": change.new, "before": change.old}
            name = f"{change.fact}#{change.ladder}{i}"
            self._run(c, Fact(name, "reached", c.at, None, attrs), depth + 1)

    # ---- reading

    def read(self, state: State, at: int) -> Reader:
        """A state as it would stand at `at`, for readers; nothing is kept.

        What a hold keeps until before then is still kept: that takes a fold with a later horizon.
        """
        later, _ = self.advance(state, max(at, state.get("t", at)))
        context = Context(later, self.settings)
        context.at, context.fact = at, Fact("", "", at)
        error: EvaluationError | MissingSetting | None = None

        def judge() -> None:
            for stage in (*self._always, *self._relive):
                stage(context)

        try:
            self._agreed(context, judge)
        except (EvaluationError, MissingSetting) as problem:
            error = problem
        except UNUSABLE as unforeseen:
            error = unusable(unforeseen)
        return Reader(self, context, error)

    def due(self, state: State) -> int | None:
        """The next moment (s) at which time alone changes something in a state, if there is one.

        That is the day after a lot's last or a hold's, a period's first, or the end of a day that
        the calendar makes a fact of.
        """
        last = state.get("t")
        moments = [held[0] for held in state.get(HELD, ())[:1]]
        if last is None or not self._timed:
            return min(moments, default=None)
        for currency in self.bank.expiring:
            lots = state.get(f"{currency}~lots")
            if lots:
                moments.append(self.clock.start(date.fromisoformat(lots[0][0])) + DAY)
        first = self.clock.date(last)
        before = date.fromordinal(first.toordinal() - 1)
        horizon = date.fromordinal(first.toordinal() + 400)
        for _, per in self.bank.renewed:
            moments.append(self.clock.start(period_starts(per, first, horizon)[0]))
        for _, timer in self.timers:
            for day in due_days(timer.every, timer.on, before, horizon):
                if self.clock.start(day) + DAY - 1 > last:
                    moments.append(self.clock.start(day) + DAY)
                    break
        return min(moments, default=None)

    def owed(self, state: State, currency: str) -> int:
        """What is owed of a currency, in smallest units (欠分)."""
        return self.bank.debts[currency].owed(state)

    def lots(self, state: State, currency: str) -> list[tuple[str, int]]:
        """What is left of each lot: (last day, smallest units), the first to expire first."""
        return [(day, units) for day, units in state.get(f"{currency}~lots", ()) if units]

    def threshold(self, ladder: str, level: int) -> int | None:
        """The seconds that the level at this position takes; None if more than hours decide."""
        spec = self.doc.ladders[ladder]
        need = list(spec.levels.values())[level - 1].need
        if spec.basis != self.track or isinstance(need, (str, bool)):
            return None
        seconds = exact(need) * 3600
        return int(seconds) + (spec.reach == "more_than")

    def clauses_of(self, rule: str) -> tuple[str, ...]:
        """The clauses that a rule rests on, by the rule's name in entries; () for none."""
        return self._grounds.get(rule, ())

    @cached_property
    def _grounds(self) -> dict[str, tuple[str, ...]]:
        doc = self.doc
        found: dict[str, tuple[str, ...]] = {}
        sections: dict[str, Sequence[Rule]] = {
            "hours": doc.hours, "points": doc.points, "requests": doc.requests,
            "conduct": doc.conduct,
        }  # fmt: skip
        for section, rules in sections.items():
            for rule in rules:
                found[f"{section}.{rule.id}"] = tuple(rule.clauses)
                found.setdefault(rule.id, tuple(rule.clauses))
        for name, currency in doc.currencies.items():
            if currency.initial is not None:
                found[f"currencies.{name}.initial"] = tuple(currency.initial.clauses)
            if currency.expiry is not None:
                found[f"currencies.{name}.expiry"] = tuple(currency.expiry.clauses)
            for what in ("debt", "write_off"):
                found[f"currencies.{name}.{what}"] = self.bank.debts[name].clauses
        for name, ladder in doc.ladders.items():
            found[f"ladders.{name}"] = tuple(ladder.clauses)
            for key, level in ladder.levels.items():
                found[f"ladders.{name}.{key}"] = (*ladder.clauses, *level.clauses)
        for name, grant in doc.grants.items():
            found[f"grants.{name}"] = tuple(grant.clauses)
        for name, ranking in doc.rankings.items():
            found[f"rankings.{name}"] = tuple(ranking.clauses)
        for name, setting in doc.settings.items():
            found[f"settings.{name}"] = tuple(setting.clauses)
        if doc.safeguards is not None:
            for name, limit in doc.safeguards.limits():
                found[f"safeguards.{name}"] = tuple(limit.clauses)
        return found

    def names(self) -> list[str]:
        """Every name that a state can be asked for."""
        doc = self.doc
        return [
            *self.words.tracks, *doc.currencies, *doc.ladders, *doc.grants, *doc.measures,
            *doc.values, *doc.person,
        ]  # fmt: skip


class Reader:
    """One person's standing at a moment: ask it by name, as an expression would."""

    def __init__(
        self, plan: Plan, context: Context, error: EvaluationError | MissingSetting | None
    ) -> None:
        self.plan, self.context, self.error = plan, context, error
        self.entries: list[Entry] = list(context.out)

    def code(self, name: str) -> Code | None:
        return self.plan.words.about(()).symbol(name)

    def __getitem__(self, name: str) -> Any:
        """The value of a name; raises MissingSetting where it depends on an open setting."""
        if self.error is not None:
            raise self.error
        code = self.code(name)
        if code is None:
            raise KeyError(name)
        return decided(code.run)(self.context)

    def all(self) -> dict[str, Any]:
        """Every value that can be told, as plain JSON; what is open names its setting."""
        found: dict[str, Any] = {}
        for name in self.plan.names():
            try:
                found[name] = show(self[name])
            except MissingSetting as missing:
                found[name] = {"missing_setting": missing.key}
            except EvaluationError as error:
                found[name] = {"error": error.message}
        return found


def _amends(c: Context) -> None:
    raise OutOfOrder(f"fact {c.fact.id} amends an earlier fact: fold again from the start")


def _packed(value: Any) -> Any:
    return pack(_exact_inside(value))


def _setting(value: Any) -> Any:
    return _exact_inside(value)


def _exact_inside(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _exact_inside(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_exact_inside(v) for v in value]
    if isinstance(value, (str, bool)) or value is None or isinstance(value, date):
        return value
    return exact(value)


def _expressions_of_cases(doc: Policy) -> list[tuple[tuple[str | int, ...], Any]]:
    return [(("cases", "expect", k), v) for k, v in doc.cases.expect.items()]


def compile_policy(
    doc: Policy, settings: Mapping[str, Any] | None = None, source: Source | None = None
) -> Plan:
    """Compile a document; PolicyError lists everything that is wrong with it."""
    plan, findings = compile_with_findings(doc, settings, source)
    if plan is None:
        raise PolicyError([d for d in findings if d.severity == "error"])
    return plan


def compile_with_findings(
    doc: Policy, settings: Mapping[str, Any] | None = None, source: Source | None = None
) -> tuple[Plan | None, list[Diagnostic]]:
    builder = Builder(doc, source)
    try:
        plan = Plan(doc, settings or {}, builder)
    except EvaluationError as error:
        first = source.place(()) if source is not None else Place(1, 1)
        file = source.file if source is not None else "policy.yaml"
        builder.diagnostics.append(
            Diagnostic(first.line, first.column, "error", error.message, "", file)
        )
        return None, builder.diagnostics
    if any(d.severity == "error" for d in builder.diagnostics):
        return None, builder.diagnostics
    return plan, builder.diagnostics
