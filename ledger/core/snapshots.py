"""From which earlier state can a late event be folded on, in place of the whole history? Pure.

As a volunteer's state goes on, it is kept now and then (event sourcing calls that a snapshot). A
late event, or a policy for a time that is past, needs only what came after a snapshot that it can't
touch: so it costs the same after ten years as after one. What to look for is worked out here, in
advance and roughly; the fold itself finds out whether a snapshot serves, and asks for the whole
history if it does not.
"""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.core.attendance import OUT, Mark
from ledger.core.conduct import Ruling, Suspicion
from ledger.core.fold import AWAITED, NEVER, PASSED_OVER, Answered, Report, Step, VolunteerState
from ledger.core.rulebook import Rulebook
from ledger.policy.facts import HELD

FACTS_BETWEEN = 64
"""Facts from one snapshot to the next, about.

Another number makes another table in a replay: change it only with a migration that empties it.
"""

FAR = 1 << 62
"""After every instant that an event may have."""


class Snapshot(NamedTuple):
    """A volunteer's state as it was after the batch `batch`, without what only the fold needs.

    What was logged and written up to the end of the batch is in it, and nothing else.
    """

    volunteer: str
    batch: int
    last_mark: int
    last_start: int
    last_end: int
    adopted: int


class Reach(NamedTuple):
    """How far back steps reach: `mark` µs, the earliest mark; `start` s, the earliest fact."""

    mark: int = FAR
    start: int = FAR


def has_some(state: VolunteerState) -> bool:
    """There may be snapshots of the volunteer whose state this is."""
    return state.facts >= FACTS_BETWEEN


def is_due(state: VolunteerState, facts: int) -> bool:
    """A state is worth keeping: many facts came since one that had `facts`, and it may be kept.

    It may not while something is known that will bear on facts to come, or that lies after the last
    fact judged: amendments and decisions that came before what they are about, visits that are set
    aside, claims that a check-out may take the place of.
    """
    if state.facts // FACTS_BETWEEN <= facts // FACTS_BETWEEN:
        return False
    standing = orjson.loads(state.standing)
    passed_over = tuple(standing.get(PASSED_OVER, (NEVER, NEVER)))
    return (
        AWAITED not in standing
        and passed_over <= (state.last_start, state.last_end)
        and not any(visit.claimed for visit in state.opened.values())
    )


def targets(steps: Iterable[Step], amendments: Set[str]) -> set[str]:
    """Which other events the steps are about: `<source>#<id>`."""
    return {of for of in (_target(step, amendments) for step in steps) if of is not None}


def reach(
    state: VolunteerState,
    steps: Iterable[Step],
    amendments: Set[str],
    times: Mapping[str, int],
) -> Reach:
    """How far back the steps reach from a state; `times` (µs) are those of the `targets`."""
    mark = start = FAR
    if HELD in state.standing:
        held = orjson.loads(state.standing).get(HELD, ())
        start = min((at for _, at in held), default=FAR)
    for step in steps:
        of = _target(step, amendments)
        if of is not None:
            start = min(start, times.get(of, NEVER) // SECOND)
        if isinstance(step, Mark):
            mark = min(mark, step.at)
            came = state.opened.get(step.activity) if step.direction == OUT else None
            start = min(start, (came.at if came else step.at) // SECOND)
        elif isinstance(step, Report):
            start = min(start, step.at)
        elif isinstance(step, Answered):
            start = min(start, step.fact.at)
    return Reach(mark, start)


def newest_before(reached: Reach, kept: Iterable[Snapshot], rules: Rulebook) -> Snapshot | None:
    """The newest snapshot that ends before what is reached, and before what newer policies govern.

    None: it takes the whole history.
    """
    return max(
        (
            one
            for one in kept
            if one.last_mark < reached.mark
            and one.last_start < reached.start
            and not rules.overtakes(one.adopted, one.last_end)
        ),
        key=lambda one: one.batch,
        default=None,
    )


def _target(step: Step, amendments: Set[str]) -> str | None:
    if isinstance(step, Suspicion | Ruling):
        return step.of
    if isinstance(step, Report) and step.type in amendments:
        return str(step.attributes.get("of"))
    return None
