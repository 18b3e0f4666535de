"""Who stands where among all? Rankings over many people's states, outside the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .errors import UNUSABLE, EvaluationError, unusable
from .facts import EMPTY, Fact
from .plan import Plan, Reader, State
from .rankings import Entrant, Home, Placed

NOWHERE = Home()


def enter(reader: Reader, ranking: str, who: str, home: Home = NOWHERE) -> Entrant | None:
    """What counts of one person at the reader's moment; None for one who is not ranked.

    Raises MissingSetting where the policy leaves it open, EvaluationError where it can't be told.
    """
    doc, rule = reader.plan.doc, reader.plan.rankings[ranking]
    unsure = reader.error is not None and not rule.reads.isdisjoint(
        (*doc.ladders, *doc.currencies, *doc.grants)
    )
    try:
        if reader.error is not None and unsure:
            raise reader.error
        return rule.entrant(reader.context, who, home)
    except EvaluationError as error:
        name = error.rule or f"rankings.{ranking}"
        raise EvaluationError(f"{who}: {error.message}", name, error.fact) from None
    except UNUSABLE as error:
        raise unusable(error, who) from None


def list_people(plan: Plan, ranking: str, entrants: Iterable[Entrant], at: int) -> list[Placed]:
    """The list of a moment (s), the best first; of a ranking with groups one list after another.

    Raises MissingSetting where the policy leaves open what becomes of equals, and it matters.
    """
    context = plan.context()
    context.at = at
    return plan.rankings[ranking].lists(context, entrants)


def fact_of(plan: Plan, ranking: str, placed: Placed, at: int) -> Fact:
    """The ranking's fact for one person of a list."""
    rule = plan.rankings[ranking]
    ident = f"{ranking}@{at}:{placed.who}"
    return plan.bind(Fact(ident, rule.fact, at, None, rule.attributes(placed)))


def rank_people(
    plan: Plan,
    ranking: str,
    states: Mapping[str, State],
    at: int,
    homes: Mapping[str, Home] = EMPTY,
) -> dict[str, Fact]:
    """The ranking's fact for each person among whom it is held, the best first.

    Its attributes: rank, size, value, with `take` taken, with `per` group. Rank 1 is the best.
    """
    entrants = []
    for who, state in states.items():
        one = enter(plan.read(state, at), ranking, who, homes.get(who, NOWHERE))
        if one is not None:
            entrants.append(one)
    return {p.who: fact_of(plan, ranking, p, at) for p in list_people(plan, ranking, entrants, at)}
