"""Which policy document governs a fact, when one document follows another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from .context import Context
from .entries import Entry
from .facts import Fact
from .plan import Outcome, Plan, State, copy_state


class Timeline:
    """Plans in force one after the other; the date of the fact decides which one judges it.

    State is kept by name: what the next document calls by the same name carries on.
    """

    def __init__(self, plans: Sequence[tuple[date, Plan]]) -> None:
        if not plans:
            raise ValueError("a timeline needs at least one plan")
        self.plans = sorted(((p.clock.start(d), p) for d, p in plans), key=lambda x: x[0])

    def plan_at(self, at: int) -> Plan:
        """The plan in force at a moment; the first one for anything earlier."""
        chosen = self.plans[0][1]
        for start, plan in self.plans:
            if start <= at:
                chosen = plan
        return chosen

    def step(self, state: State, fact: Fact) -> tuple[State, list[Entry]]:
        return self.plan_at(fact.at).step(state, fact)

    def fold(self, facts: Iterable[Fact], state: State | None = None) -> Outcome:
        """Fold facts in canonical order, each under the document in force at its time."""
        first = self.plans[0][1]
        context = first.context(None if state is None else copy_state(state))
        for fact in first.order(facts):
            plan = self.plan_at(fact.at)
            moment = Context(context.state, plan.settings)
            moment.out = context.out
            plan.apply(moment, fact)
            context.state = moment.state
        return Outcome(context.state, context.out)
