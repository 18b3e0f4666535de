"""How fast are decoding, pairing and policy alone, on one core and without a database?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from time import perf_counter

from ledger.bench.measures import Rate, unseen_by_the_collector
from ledger.bench.workload import Batch
from ledger.clock import now_micros
from ledger.core import fold
from ledger.core.entries import Journal
from ledger.core.fold import Step, VolunteerFold, VolunteerState
from ledger.core.intake import Received, receive, step_of
from ledger.core.rulebook import PolicyText, Rulebook

DECODING = "decoding and checking"
FOLDING = "pairing and policy"
BOTH = "both"


def is_native() -> bool:
    """The core was compiled, and is not interpreted."""
    return not fold.__file__.endswith(".py")


def parts(policy: PolicyText, batches: Sequence[Batch], repeats: int) -> Iterator[Rate]:
    """What the core does; `BOTH` is the sum of the two, repeat by repeat."""
    events = sum(map(len, batches))
    decoded = tuple(_decode(batches) for _ in range(repeats))
    yield Rate(DECODING, events, decoded)
    steps = _steps(batches)
    with unseen_by_the_collector():
        folded = tuple(_fold(policy, steps) for _ in range(repeats))
    yield Rate(FOLDING, events, folded)
    yield Rate(BOTH, events, tuple(map(sum, zip(decoded, folded, strict=True))))


def _decode(batches: Sequence[Batch]) -> float:
    now = now_micros()
    began = perf_counter()
    for batch in batches:
        for arrival in batch:
            receive(arrival, now)
    return perf_counter() - began


def _steps(batches: Sequence[Batch]) -> list[dict[str, list[Step]]]:
    now = now_micros()
    seqs = count(1)
    found = []
    for batch in batches:
        steps: dict[str, list[Step]] = defaultdict(list)
        for one in (receive(arrival, now) for arrival in batch):
            assert isinstance(one, Received)
            step = step_of(one.event, one.at, next(seqs))
            assert step is not None
            steps[one.event.subject].append(step)
        found.append(steps)
    return found


def _fold(policy: PolicyText, batches: list[dict[str, list[Step]]]) -> float:
    states: dict[str, VolunteerState] = {}
    next_id = count(1).__next__
    rules = Rulebook.of(policy)
    began = perf_counter()
    for batch in batches:
        journal = Journal()
        for volunteer, steps in batch.items():
            state = states.get(volunteer) or VolunteerState(volunteer)
            folding = VolunteerFold(rules, state, next_id, journal)
            folding.run(steps)
            states[volunteer] = folding.state
    return perf_counter() - began
