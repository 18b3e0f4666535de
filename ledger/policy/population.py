"""Who stands where among all: ranks and shares, computed over many states outside the fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .expressions import Compiler
from .facts import Fact
from .plan import Plan, State


def rank_people(plan: Plan, ranking: str, states: Mapping[str, State], at: int) -> dict[str, Fact]:
    """The ranking's fact for each person among whom it is held: attributes rank, size, value.

    Rank 1 is the highest. Ties share the better rank, or are ordered by the person's id.
    """
    spec = plan.doc.rankings[ranking]
    compiler = Compiler(plan.words.about(()))
    by = compiler.compile(spec.by, "number").run
    among = None if spec.among is None else compiler.compile(spec.among, "bool").run
    values: dict[str, Any] = {}
    for subject, state in states.items():
        context = plan.read(state, at).context
        if among is None or among(context):
            values[subject] = by(context)
    ordered = sorted(values, key=lambda s: (-values[s], s))
    found: dict[str, Fact] = {}
    rank = 0
    for place, subject in enumerate(ordered, 1):
        if spec.ties == "order" or place == 1 or values[subject] != values[ordered[place - 2]]:
            rank = place
        attrs = {"rank": rank, "size": len(ordered), "value": values[subject]}
        found[subject] = Fact(f"{ranking}@{at}:{subject}", spec.fact, at, None, attrs)
    return found
