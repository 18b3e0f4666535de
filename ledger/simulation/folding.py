"""What do the visits of some volunteers come to, under today's policies and under the draft?

Runs in worker processes: columns come in and go out as Arrow, policies as their texts.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
import polars as pl

from ledger.core.rulebook import Edition, Rulebook, parse
from ledger.policy import (
    EvaluationError,
    Fact,
    MissingSetting,
    Posting,
    Timeline,
    copy_state,
)
from ledger.policy.dates import DAY

Texts = Sequence[tuple[str, str]]
"""(day from which it is in force, policy text)."""

SIDES = ("today", "draft")


def texts_of(rules: Rulebook) -> Texts:
    """A rulebook, to be handed to another process."""
    return [(one.day.isoformat(), one.policy.text) for one in rules.editions]


def rules_from(texts: Texts) -> Rulebook:
    """The rulebook again."""
    return Rulebook(
        [
            Edition(number, date.fromisoformat(day), parse(text, f"policy from {day}"))
            for number, (day, text) in enumerate(texts)
        ]
    )


@dataclass
class Tally:
    """What a chunk came to, for one side.

    `issued`: local day (days since 1970) → units; `unjudged`: reason → [facts, volunteers].
    """

    seconds: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    level: list[int] = field(default_factory=list)
    issued: Counter[int] = field(default_factory=Counter)
    unjudged: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """Visits and reported facts (Arrow IPC) of volunteers that no other chunk has."""

    visits: bytes
    facts: bytes
    now: int


@dataclass(frozen=True)
class Folded:
    """Volunteers in order, with a tally for today's policies and one for the draft."""

    volunteers: list[str]
    visits: int
    sides: tuple[Tally, Tally]


_sides: list[Rulebook] = []


def prepare(today: Texts, draft: Texts) -> None:
    """Compile the policies once in each process."""
    _sides[:] = [rules_from(today), rules_from(draft)]


def fold_chunk(chunk: Chunk) -> Folded:
    """Fold each volunteer's facts under both."""
    folders = [_Folder(rules, chunk.now) for rules in _sides]
    shared = len({_only_kind(rules) for rules in _sides}) == 1 and bool(_only_kind(_sides[0]))
    volunteers: list[str] = []
    visits = 0
    for volunteer, rows, reports in _people(chunk):
        volunteers.append(volunteer)
        visits += len(rows)
        facts = folders[0].facts(rows, reports)
        for folder in folders:
            if folder is not folders[0] and not shared:
                facts = folder.facts(rows, reports)
            folder.fold(facts, plain=not reports)
    return Folded(volunteers, visits, (folders[0].tally, folders[1].tally))


def _only_kind(rules: Rulebook) -> str:
    kinds = {plan.visit_types[0] if plan.visit_types else "" for plan in rules.timeline.plans}
    return kinds.pop() if len(kinds) == 1 else ""


def _people(chunk: Chunk) -> Iterator[tuple[str, list[Any], list[Any]]]:
    visits = pl.read_ipc_stream(io.BytesIO(chunk.visits))
    facts = pl.read_ipc_stream(io.BytesIO(chunk.facts))
    reports = {
        key[0]: part.rows() for key, part in facts.partition_by("subject", as_dict=True).items()
    }
    rows = visits.rows()
    names = visits["subject"].to_list()
    first = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or names[place] != names[first]:
            yield names[first], rows[first:place], reports.pop(names[first], [])
            first = place
    for volunteer, left in reports.items():
        yield volunteer, [], left


class _Folder:
    """Folds under one rulebook."""

    def __init__(self, rules: Rulebook, now: int) -> None:
        self._rules = rules
        self._timeline: Timeline = rules.timeline
        self._policy = rules.at(now)
        self._now = now
        self._kind = _only_kind(rules)
        self._offset = self._policy.plan.clock.offset
        self.tally = Tally()
        plans = rules.timeline.plans
        self._apply = plans[0].apply if len(plans) == 1 else rules.timeline.apply
        self._untyped = not any(
            plan.words.types[kind].attributes for plan in plans for kind in plan.visit_types
        )

    def facts(self, rows: list[Any], reports: list[Any]) -> list[Fact]:
        """Visits and reports as facts, not yet bound to a policy's types."""
        facts = []
        for _, start, end, activity, place, ident, fact, came, left in rows:
            attrs = {"activity": activity, "place": place}
            for said in (came, left):
                if said is not None:
                    attrs.update(orjson.loads(said))
            kind = fact or self._kind or self._visit_kind(start)
            facts.append(Fact(ident, kind, start, end, attrs))
        for _, start, until, ident, fact, attributes in reports:
            finish = None if until is None else int(datetime.fromisoformat(until).timestamp())
            attrs = {} if attributes is None else orjson.loads(attributes)
            facts.append(Fact(ident, fact, start, finish, attrs))
        return facts

    def _visit_kind(self, at: int) -> str:
        kinds = self._timeline.plan_at(at).visit_types
        return kinds[0] if kinds else "visit"

    def fold(self, facts: list[Fact], *, plain: bool) -> None:
        """Fold one volunteer's facts into the tally; `plain`: they are in order already."""
        timeline = self._timeline
        c = timeline.context(timeline.start())
        ordered = facts
        if not plain:
            ordered = []
            for fact in facts:
                try:
                    amends = fact.type in timeline.amendments
                    ordered.append(timeline.plan_at(fact.at).bind(fact) if amends else fact)
                except EvaluationError as error:
                    self._count({_reason(error): 1})
            ordered = timeline.order(ordered)
        c.horizon = self._horizon(ordered)
        try:
            if self._untyped and plain:
                for fact in ordered:
                    self._apply(c, fact)
            else:
                for fact in ordered:
                    timeline.apply(c, timeline.plan_at(fact.at).bind(fact))
        except (EvaluationError, MissingSetting):
            c = self._careful(ordered)
        self._add(c)

    def _careful(self, facts: list[Fact]) -> Any:
        """Once more, leaving out what can't be judged."""
        timeline = self._timeline
        c = timeline.context(timeline.start())
        c.horizon = self._horizon(facts)
        reasons: Counter[str] = Counter()
        for fact in facts:
            saved, length = copy_state(c.state), len(c.out)
            try:
                timeline.apply(c, timeline.plan_at(fact.at).bind(fact))
            except (EvaluationError, MissingSetting) as error:
                c.state = saved
                del c.out[length:]
                reasons[_reason(error)] += 1
        self._count(reasons)
        return c

    def _horizon(self, ordered: list[Fact]) -> int:
        """Up to when time is known to have passed: holds that end by then are over."""
        return max(self._now, ordered[-1].at if ordered else 0)

    def _count(self, reasons: dict[str, int]) -> None:
        for reason, number in reasons.items():
            known = self.tally.unjudged.setdefault(reason, [0, 0])
            known[0] += number
            known[1] += 1

    def _add(self, c: Any) -> None:
        plan, currency = self._policy.plan, self._policy.currency
        state = c.state
        if not plan.steady:
            state = self._timeline.read(state, max(self._now, state.get("t", 0))).context.state
        issued, offset = self.tally.issued, self._offset
        for entry in c.out:
            if type(entry) is Posting and entry.amount > 0 and entry.currency == currency:
                issued[(entry.at + offset) // DAY] += entry.amount
        level = state.get(plan.star, 0) if plan.star else 0
        self.tally.seconds.append(state.get(plan.track, 0))
        self.tally.points.append(state.get(currency, 0))
        self.tally.level.append(max(level, default=0) if isinstance(level, list) else level)


def _reason(error: EvaluationError | MissingSetting) -> str:
    if isinstance(error, MissingSetting):
        return f"setting {error.key} is needed"
    return f"{error.rule}: {error.message}" if error.rule else error.message
