"""What do new events of one volunteer add to the ledger? Pure: state + events + policy → entries.

Facts that come after everything known of the volunteer are folded onto the state. Anything else (a
late mark, a visit that began before one already counted, an amendment, a visit that is suspected or
decided upon or closed by a claim, a hold whose last day is over, a policy adopted for a time that
is past) is refolded from the volunteer's history, and the difference is written: reversals of what
no longer holds, and new entries. The history begins at a snapshot that nothing new can touch, or is
whole. All ways end in the same state and write the same entries, whatever the order of arrival.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

import orjson

from ledger.clock import SECOND
from ledger.core.attendance import CLAIM, IN, Mark, OpenVisit, Visit, closed, opened, pair
from ledger.core.book import NOTHING, Origin, Row, book, level_changes, set_aside, unjudged
from ledger.core.conduct import Concern, Ruling, Suspicion, questioned, verdicts
from ledger.core.entries import HourRecord, Journal, Judgement, LevelChange, PointsEntry
from ledger.core.redeeming import RedemptionRequest, Till
from ledger.core.rulebook import Rulebook
from ledger.policy import (
    OWN,
    EvaluationError,
    Fact,
    MissingSetting,
    copy_state,
    order_key,
)
from ledger.policy.context import Context
from ledger.policy.facts import EMPTY, releases

NEVER = -1
"""Before every instant that an event may have."""

VISIT = "visit"
"""The type of a visit where neither its check-in nor the policy names one."""


class VolunteerState(NamedTuple):
    """What the fold needs to know of a volunteer to go on.

    `last_mark` µs: the latest mark; `last_start`, `last_end` s: the latest fact in canonical order;
    `opened`: activity → check-in without check-out; `standing`: the policy's state (JSON; "" before
    the first fact); `adopted`: the rulebook's version that it was folded under; `due_at` s: when
    time alone changes something next; `facts`: how many were judged. `seconds` and `star` repeat
    the standing, for queries.
    """

    volunteer: str
    seconds: int = 0
    star: int = 0
    last_mark: int = NEVER
    last_start: int = NEVER
    last_end: int = NEVER
    opened: Mapping[str, OpenVisit] = EMPTY
    standing: str = ""
    adopted: int = NEVER
    due_at: int | None = None
    facts: int = 0


class Report(NamedTuple):
    """A fact reported whole; times in seconds. `ident` is `<source>#<id>` of its event."""

    ident: str
    type: str
    at: int
    end: int | None
    attributes: Mapping[str, Any]
    seq: int


class Answered(NamedTuple):
    """A request that was decided, or points received, as the fact that it is from then on."""

    fact: Fact
    seq: int


class BringUpToDate(NamedTuple):
    """Nothing has happened: only a policy was adopted, and the volunteer's turn has come."""

    seq: int


Happening = Mark | Report | Answered | Concern
Step = Happening | RedemptionRequest | BringUpToDate


@dataclass(slots=True)
class History:
    """All that happened to a volunteer before this batch, and the entries that stand.

    With `base`, only what came after that state.
    """

    happenings: list[Happening] = field(default_factory=list)
    hours: list[HourRecord] = field(default_factory=list)
    points: list[PointsEntry] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    base: VolunteerState | None = None


Entry = TypeVar("Entry", bound=HourRecord | PointsEntry | Judgement)
RowType = TypeVar("RowType", bound=HourRecord | PointsEntry | Judgement | LevelChange)


class HistoryNeededError(Exception):
    """The facts can't be folded onto the state: fold again with the history, or with all of it."""


class VolunteerFold:
    """Folds the steps of one volunteer, in order of arrival, into a journal.

    `till` answers redemptions, where there are some. Raises HistoryNeededError from `run` if the
    history is needed and not given, or all of it where it has a base: what it has added to the
    journal by then does not count.
    """

    def __init__(
        self,
        rules: Rulebook,
        state: VolunteerState,
        next_id: Callable[[], int],
        journal: Journal,
        *,
        history: History | None = None,
        till: Till | None = None,
    ) -> None:
        self._journal = journal
        self._rules = rules
        self._timeline = rules.timeline
        self._volunteer = state.volunteer
        self._next_id = next_id
        self._history = history
        self._till = till
        self._last_mark = state.last_mark
        self._last = (state.last_start, state.last_end)
        self._opened = dict(state.opened)
        self._facts = state.facts
        self._was = state
        self._moment: Context | None = None
        self._stale = state.adopted != rules.version and self._overtaken(state)

    @property
    def _c(self) -> Context:
        """The moment to fold in. A check-in alone never asks for it: the state stays text."""
        if self._moment is None:
            text = self._was.standing
            standing = orjson.loads(text) if text else self._timeline.start()
            self._moment = self._timeline.context(standing)
            self._moment.horizon = _horizon(self._last, standing)
        return self._moment

    def _overtaken(self, state: VolunteerState) -> bool:
        """A policy adopted since the state was folded governs something that it rests on."""
        if not state.standing:
            return False
        return self._rules.overtakes(state.adopted, self._c.state.get("t", NEVER))

    @property
    def standing(self) -> dict[str, Any]:
        """The policy's state, not to be changed."""
        return self._c.state

    @property
    def state(self) -> VolunteerState:
        """Where the fold ends."""
        was = self._was
        if self._moment is None:
            return VolunteerState(
                self._volunteer,
                was.seconds,
                was.star,
                self._last_mark,
                *self._last,
                self._opened,
                was.standing,
                self._rules.version,
                was.due_at,
                was.facts,
            )
        standing = self._c.state
        plan = self._timeline.plan_at(standing.get("t", NEVER))
        level = standing.get(plan.star, 0) if plan.star else 0
        return VolunteerState(
            self._volunteer,
            standing.get(plan.track, 0),
            max(level, default=0) if isinstance(level, list) else level,
            self._last_mark,
            *self._last,
            self._opened,
            orjson.dumps(standing, option=orjson.OPT_SORT_KEYS).decode(),
            self._rules.version,
            plan.due(standing),
            self._facts,
        )

    def run(self, steps: Sequence[Step]) -> None:
        """Fold all steps. What lies between two redemptions is taken together."""
        if self._stale:
            if self._history is None:
                raise HistoryNeededError
            self.refold()
        waiting: list[Happening] = []
        for step in steps:
            if isinstance(step, RedemptionRequest):
                self._take(waiting)
                waiting = []
                self._redeem(step)
            elif not isinstance(step, BringUpToDate):
                waiting.append(step)
        self._take(waiting)

    def _take(self, happenings: list[Happening]) -> None:
        if not happenings:
            return
        if self._history is not None:
            self.refold(happenings)
        else:
            self._append(happenings)

    # In order --------------------------------------------------------------------------------

    def _append(self, happenings: list[Happening]) -> None:
        marks: list[Mark] = []
        found: list[tuple[Fact, Origin]] = []
        for one in happenings:
            if isinstance(one, Mark):
                marks.append(one)
            elif isinstance(one, Report | Answered):
                found.append(_fact(one))
            else:
                raise HistoryNeededError
        found += self._closed_by(marks)
        if len(found) > 1:
            found.sort(key=lambda pair: order_key(pair[0]))
        if not found:
            return
        awaited, next_id = self._c.state.get(AWAITED, ()), self._next_id
        amendments = self._timeline.amendments
        for fact, origin in found:
            if _key(fact) <= self._last or fact.type in amendments or fact.id in awaited:
                raise HistoryNeededError
            if releases(self._c.state, fact.at):
                raise HistoryNeededError
            for row in self._judge(fact, origin, next_id):
                self._journal.add(row)

    def _closed_by(self, marks: list[Mark]) -> list[tuple[Fact, Origin]]:
        found: list[tuple[Fact, Origin]] = []
        if not marks:
            return found
        marks.sort()
        if marks[0].at <= self._last_mark:
            raise HistoryNeededError
        self._last_mark = marks[-1].at
        for mark in marks:
            if mark.direction == IN:
                self._opened[mark.activity] = opened(mark)
                continue
            if mark.direction == CLAIM:
                start = self._opened.get(mark.activity)
                if start is not None and not start.claimed:
                    raise HistoryNeededError
                continue
            start = self._opened.pop(mark.activity, None)
            if start is not None:
                if start.claimed:
                    raise HistoryNeededError
                found.append(self._visit(closed(start, mark)))
        return found

    def _visit(self, visit: Visit) -> tuple[Fact, Origin]:
        kind = visit.fact
        if kind is None:
            kinds = self._timeline.plan_at(visit.started_at).visit_types
            kind = kinds[0] if kinds else VISIT
        attrs: dict[str, Any] = {"activity": visit.activity, "place": visit.place}
        if visit.attributes:
            attrs.update(visit.attributes)
        fact = Fact(visit.ident, kind, visit.started_at, visit.ended_at, attrs)
        return fact, Origin(visit.check_in, visit.check_out, visit.activity, visit.place)

    def _judge(self, fact: Fact, origin: Origin, next_id: Callable[[], int]) -> list[Row]:
        """What the policy in force makes of a fact; of one that it can't judge, that and why."""
        c = self._c
        plan = self._timeline.plan_at(fact.at)
        policy = self._rules.text_of(plan)
        saved = copy_state(c.state)
        c.horizon = max(c.horizon, fact.at)
        try:
            if fact.type not in OWN:
                fact = plan.bind(fact)
            self._timeline.apply(c, fact)
        except (EvaluationError, MissingSetting) as error:
            c.state = saved
            c.out.clear()
            self._pass_over(fact)
            return [unjudged(next_id(), self._volunteer, fact, origin, policy, error)]
        self._last = _key(fact)
        self._facts += 1
        rows = book(self._volunteer, c, fact, origin, policy, next_id)
        c.out.clear()
        return rows

    def _pass_over(self, fact: Fact) -> None:
        """The state does not know of a fact: note how far it would have gone."""
        state = self._c.state
        state[PASSED_OVER] = max(state.get(PASSED_OVER, []), list(_key(fact)))

    def _add(self, row: RowType) -> RowType:
        """Append a row to the journal, under the next id."""
        added = cast(RowType, row._replace(id=self._next_id()))
        self._journal.add(added)
        return added

    # Out of order ----------------------------------------------------------------------------

    def refold(self, happenings: Iterable[Happening] = (), *, horizon: int = NEVER) -> None:
        """Add to the history, fold all of it, and write the difference to what stood before.

        `horizon`: up to when (s) time is known to have passed, where nothing that happened says so.
        """
        history = self._history
        assert history is not None
        history.happenings += happenings
        before = self._c.state
        wanted = self._all_rows(history, horizon)
        history.hours = self._settle(history.hours, _of(HourRecord, wanted))
        history.points = self._settle(history.points, _of(PointsEntry, wanted))
        history.judgements = self._settle(history.judgements, _of(Judgement, wanted))
        plan = self._timeline.plan_at(self._c.state.get("t", NEVER))
        changes = level_changes(
            self._volunteer,
            before,
            self._c.state,
            _of(LevelChange, wanted),
            self._rules.text_of(plan),
            [ladder for one in self._timeline.plans for ladder in one.doc.ladders],
        )
        for change in changes:
            if history.base is not None and change.cause is None and change.to_level:
                raise HistoryNeededError  # it was reached before the base, by what is not known
            self._add(change)

    def _begin(self, base: VolunteerState | None) -> VolunteerState:
        """Go back to where the history begins; the state there."""
        if base is None:
            base, standing = VolunteerState(self._volunteer), self._timeline.start()
        else:
            standing = orjson.loads(base.standing)
            if self._rules.overtakes(base.adopted, standing.get("t", NEVER)):
                raise HistoryNeededError
        self._moment = self._timeline.context(standing)
        self._last = (base.last_start, base.last_end)
        self._moment.horizon = _horizon(self._last, standing)
        self._facts = base.facts
        return base

    def _all_rows(self, history: History, horizon: int) -> list[Row]:
        """Everything that follows from the history, without ids."""
        whole, base = history.base is None, self._begin(history.base)
        marks = [one for one in history.happenings if isinstance(one, Mark)]
        concerns = [one for one in history.happenings if isinstance(one, Suspicion | Ruling)]
        if not whole and any(_touches(base, one) for one in marks):
            raise HistoryNeededError
        visits, self._opened = pair(marks, base.opened)
        self._last_mark = max((one.at for one in marks), default=base.last_mark)
        found = [self._visit(visit) for visit in visits]
        decided = verdicts([*concerns, *questioned(marks)])
        aside = {fact.id: decided[fact.id] for fact, _ in found if fact.id in decided}
        found += [_fact(one) for one in history.happenings if isinstance(one, Report | Answered)]
        rows: list[Row] = []
        facts: list[Fact] = []
        for fact, origin in found:
            try:
                facts.append(self._bound_amendment(fact))
            except EvaluationError as error:
                policy = self._rules.at(fact.at)
                rows.append(unjudged(0, self._volunteer, fact, origin, policy, error))
                self._pass_over(fact)
                self._c.horizon = max(self._c.horizon, fact.at)
        origins = {fact.id: origin for fact, origin in found}
        ordered = self._timeline.order(facts)
        last = ordered[-1].at if ordered else NEVER
        self._c.horizon = max(self._c.horizon, last, horizon)
        if releases(self._c.state, self._c.horizon):
            raise HistoryNeededError
        for fact in ordered:
            if not whole and _key(fact) <= (base.last_start, base.last_end):
                raise HistoryNeededError
            verdict = aside.get(fact.id)
            if verdict is None:
                rows += self._judge(fact, origins[fact.id], _unnumbered)
            else:
                self._pass_over(fact)
                policy = self._rules.at(fact.at)
                rows.append(set_aside(self._volunteer, fact, origins[fact.id], policy, verdict))
        awaited = _targets(facts, self._timeline.amendments) | {one.of for one in concerns}
        missing = awaited - origins.keys()
        if missing and not whole:
            raise HistoryNeededError
        if missing:
            self._c.state[AWAITED] = sorted(missing)
        return rows

    def _bound_amendment(self, fact: Fact) -> Fact:
        """An amendment is converted before it is laid into what it amends."""
        if fact.type not in self._timeline.amendments:
            return fact
        return self._timeline.plan_at(fact.at).bind(fact)

    def _settle(self, live: list[Entry], wanted: list[Entry]) -> list[Entry]:
        """Reverse what no longer holds, append what is new; the entries that stand then."""
        kept: list[Entry] = []
        standing: dict[Any, list[Entry]] = defaultdict(list)
        for row in live:
            standing[row._replace(id=0)].append(row)
        fresh: list[Entry] = []
        for row in wanted:
            same = standing.get(row)
            if same:
                kept.append(same.pop(0))
            else:
                fresh.append(row)
        for row in sorted(row for rows in standing.values() for row in rows):
            self._add(row.reversal(0))
        return kept + [self._add(row) for row in fresh]

    # Redemptions -----------------------------------------------------------------------------

    def _redeem(self, request: RedemptionRequest) -> None:
        till = self._till
        assert till is not None
        at = request.at // SECOND
        if (at, at) <= self._last:
            at = self._last[0] + 1
        request = request._replace(counts_at=at)
        verdict = till.judge(request, self._c.state)
        if verdict.fact is not None:
            self._take([Answered(verdict.fact, request.seq)])
        answer = till.answer(self._next_id(), request, verdict, self._c.state)
        self._journal.redemptions.append(answer)
        for one in verdict.books:
            entry = one.entry._replace(id=self._next_id())
            self._journal.books.append(one._replace(entry=entry))


AWAITED = "~awaited"
"""In the standing: ids of facts that were amended, or decided upon, before they came in."""

PASSED_OVER = "~passed-over"
"""In the standing: the furthest key of a fact that was set aside, or that no policy could judge."""


def _key(fact: Fact) -> tuple[int, int]:
    """A fact's place in canonical order, but for ties."""
    return fact.at, fact.at if fact.end is None else fact.end


def _horizon(last: tuple[int, int], standing: Mapping[str, Any]) -> int:
    """Up to when a state knows time to have passed: the latest start among all its facts."""
    passed_over: int = standing.get(PASSED_OVER, (NEVER,))[0]
    return max(last[0], passed_over)


def _touches(base: VolunteerState, mark: Mark) -> bool:
    """A mark changes which visits there were up to a state, or puts one of them under review."""
    return mark.at <= base.last_mark or (mark.direction == CLAIM and mark.activity in base.opened)


def _unnumbered() -> int:
    return 0


def _of(kind: type[RowType], rows: Iterable[Row]) -> list[RowType]:
    return [row for row in rows if type(row) is kind]


def _fact(one: Report | Answered) -> tuple[Fact, Origin]:
    if isinstance(one, Answered):
        return one.fact, NOTHING._replace(check_in=one.seq)
    attrs = one.attributes
    place = Origin(one.seq, None, str(attrs.get("activity", "")), str(attrs.get("place", "")))
    return Fact(one.ident, one.type, one.at, one.end, attrs), place


def _targets(facts: Iterable[Fact], amendments: Mapping[str, str]) -> set[str]:
    return {str(fact.attrs.get("of")) for fact in facts if fact.type in amendments}
