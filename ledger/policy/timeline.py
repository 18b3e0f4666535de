"""Which policy document governs a fact, when one document follows another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

from .context import NEVER, Context
from .entries import Entry
from .facts import Fact, canonical
from .plan import Outcome, Plan, Reader, State, copy_state

ALWAYS = date(1, 1, 1)
"""The day from which a plan counts that was in force from the beginning."""


class Timeline:
    """Plans in force one after the other; the date of the fact decides which one judges it.

    State is kept by name: what the next document calls by the same name carries on.
    """

    def __init__(self, plans: Sequence[tuple[date, Plan]]) -> None:
        if not plans:
            raise ValueError("a timeline needs at least one plan")
        ordered = sorted(plans, key=lambda one: one[0])
        self.starts = [p.clock.start(d) for d, p in ordered]
        self._later = self.starts[1:]
        self.plans = [p for _, p in ordered]
        self.amendments = {k: v for _, p in ordered for k, v in p.amendments.items()}

    def plan_at(self, at: int) -> Plan:
        """The plan in force at a moment (seconds since 1970); the first one before them all."""
        return self.plans[bisect_right(self._later, at)]

    def start(self) -> State:
        """The state before anything happened."""
        return self.plans[0].start()

    def context(self, state: State | None = None) -> Context:
        """A moment to fold in, for `apply`; it owns the state that it is given."""
        return self.plans[0].context(state)

    def order(self, facts: Iterable[Fact]) -> list[Fact]:
        """The facts once each, amendments laid in, in the one order they are folded in."""
        return canonical(facts, self.amendments)

    def apply(self, c: Context, fact: Fact) -> Plan:
        """One fact, in place, under the plan in force at its time, which is returned."""
        plan = self.plans[0] if len(self.plans) == 1 else self._come_to(c, fact.at)
        plan.apply(c, fact)
        return plan

    def _come_to(self, c: Context, at: int) -> Plan:
        """Let each plan do what it does with time until the day of the next one."""
        last = c.state.get("t")
        here = bisect_right(self._later, at)
        if last is not None:
            before = bisect_right(self._later, last)
            for i in range(before, here):
                c.settings = self.plans[i].settings
                self.plans[i].pass_time(c, self.starts[i + 1] - 1)
        plan = self.plans[here]
        c.settings = plan.settings
        return plan

    def step(self, state: State, fact: Fact) -> tuple[State, list[Entry]]:
        """One fact: the next state and what it leads to. The given state stays as it is."""
        context = self.context(copy_state(state))
        self.apply(context, fact)
        return context.state, context.out

    def fold(
        self, facts: Iterable[Fact], state: State | None = None, horizon: int = NEVER
    ) -> Outcome:
        """Fold facts in canonical order, each under the document in force at its time.

        `horizon`: as of `Plan.fold`.
        """
        context = self.context(None if state is None else copy_state(state))
        ordered = self.order(facts)
        context.horizon = max(horizon, ordered[-1].at if ordered else NEVER)
        for fact in ordered:
            self.apply(context, fact)
        return Outcome(context.state, context.out)

    def read(self, state: State, at: int) -> Reader:
        """A state as it would stand at `at`, for readers; nothing is kept."""
        context = self.context(copy_state(state))
        plan = self._come_to(context, at)
        return plan.read(context.state, at)
