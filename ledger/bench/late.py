"""What does a late visit cost, as the history of its volunteer grows?

Volunteers come to have more and more visits. Then visits come in one at a time: late ones, each
into a gap among the last, and then others in order.
"""

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter

from ledger.bench.databases import PostgresDatabases, SqliteFiles
from ledger.bench.measures import Tell, Waited, Waits
from ledger.bench.workload import OPENING, Keyed, batches_of, visit
from ledger.core.rulebook import PolicyText
from ledger.recording.recorder import Recorder

HISTORIES = (100, 1000, 10_000)
"""Visits that a volunteer has already."""

EACH = 20
"""Visits in a repeat."""

BATCH = 100
EVERY, LONG, GAP = timedelta(hours=3), timedelta(hours=2), timedelta(minutes=20)


def waits(
    place: SqliteFiles | PostgresDatabases, policy: PolicyText, repeats: int, tell: Tell
) -> Iterator[Waits]:
    """How long recording one visit takes, late and in order, by what was there before."""
    with place.fresh() as database:
        recorder = Recorder(database, policy)
        for history in HISTORIES:
            tell(f"{place.name}: a volunteer of {history:,} visits")
            messages = (one for number in range(history) for one in _visit(history, number))
            for some in batches_of(messages, BATCH):
                recorder.record(some)
            several = min(repeats * EACH, history)
            for name, first, late in (
                ("late", history - several, True),
                ("in order", history, False),
            ):
                took = [
                    _recorded(recorder, _visit(history, first + number, late=late))
                    for number in range(several)
                ]
                parts = [took[start : start + EACH] for start in range(0, several, EACH)]
                runs = tuple(Waited.of(part, sum(part)) for part in parts)
                yield Waits(f"{place.name}: {name}, after {history:,}", None, runs)


def _visit(history: int, number: int, *, late: bool = False) -> tuple[Keyed, Keyed]:
    """The volunteer's visit of that number, or one in the gap that follows it."""
    start = OPENING + number * EVERY
    end = start + LONG
    if late:
        start, end = end + GAP, end + 2 * GAP
    return visit(f"V{history}", start, end, f"{history}-{number}{'-late' if late else ''}")


def _recorded(recorder: Recorder, messages: tuple[Keyed, Keyed]) -> float:
    (arrivals,) = batches_of(iter(messages), len(messages))
    began = perf_counter()
    recorder.record(arrivals)
    return perf_counter() - began
