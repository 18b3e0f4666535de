"""How does a whole city grow on the ledger? `python -m tests.benchmarks.city --residents N`.

A year of the invented city (ledger.city) is recorded, embedded, at N residents and at twice as
many; then its questions are asked of both. Printed are the seconds of the processor (others on the
machine take from the clock's, and at some hundredths of a second decide what it shows), and how
much more the larger city takes, of which two is in proportion: a ratio of one run.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from ledger.centre.activities.held import activities_held, period
from ledger.centre.assessment.checks import assess_area
from ledger.centre.assessment.indicators import edition_for
from ledger.city import lines
from ledger.clock import to_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.statistics.figures import figures, whole_area
from ledger.store.database import Database

SEED = 1
YEAR = 2025
NOW = to_micros(datetime(2026, 1, 15, tzinfo=UTC))
BATCH = 2000
ASKED = 3
"""Times that a question is asked; the quickest is told."""


def main() -> None:
    """Print a table of the two cities."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=20_000)
    residents = options.parse_args().residents
    small, large = (_measured(many) for many in (residents, 2 * residents))
    table = Table("", f"{residents:,} residents", f"{2 * residents:,}", "ratio")
    for name, took in small.items():
        table.add_row(name, f"{took:.3f}", f"{large[name]:.3f}", f"{large[name] / took:.2f}")
    Console(width=100).print(table)


def _measured(residents: int) -> dict[str, float]:
    """What was done, and the seconds that it took (of events: how many there were)."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'city.db'}")
        database.create()
        recorder = Recorder(database, national_ladder(), lambda: NOW)
        began = time.process_time()
        events = list(lines(SEED, residents, YEAR))
        made = time.process_time()
        for batch in _batches(events):
            receipt = recorder.record(batch)
            assert not receipt.rejects, receipt.rejects[0].detail
        recorded = time.process_time()
        found = {
            "events": float(len(events)),
            "generate (s)": made - began,
            "record (s)": recorded - made,
        }
        with database.read() as connection:
            for name, ask in _questions(connection, recorder).items():
                found[f"{name} (s)"] = min(_timed(ask) for _ in range(ASKED))
        database.close()
        return found


def _batches(events: list[bytes]) -> Iterator[list[Arrival]]:
    arrivals = (Arrival(content, "city") for content in events)
    while batch := list(islice(arrivals, BATCH)):
        yield batch


def _questions(connection: Connection, recorder: Recorder) -> dict[str, Callable[[], object]]:
    rules, policy = recorder.rules_by(connection), recorder.policy_by(connection)
    area = whole_area(connection)
    span = period(policy.plan.clock, str(YEAR))
    edition = edition_for(YEAR)
    return {
        "assessment": lambda: assess_area(connection, rules, NOW, edition, YEAR, area),
        "activities held": lambda: activities_held(connection, policy.plan.track, span, area),
        "overview": lambda: figures(connection, policy, area, NOW),
    }


def _timed(ask: Callable[[], object]) -> float:
    began = time.process_time()
    ask()
    return time.process_time() - began


if __name__ == "__main__":
    main()
