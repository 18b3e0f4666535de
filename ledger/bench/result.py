"""What did the benchmark find? Everything measured in one run, for programs and for the goals."""

import os
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.bench.core import is_native
from ledger.bench.ingest import Contest
from ledger.bench.measures import Rate, Spent, Waits
from ledger.bench.scale import Scale


@dataclass(frozen=True, slots=True)
class BenchResult:
    """`rows`: written for the events in all, `points` of them points entries.

    `*_kib`: this process at its largest, before and after an ingest into SQLite. What was not asked
    for is empty. `postgres`: what the server says of itself.
    """

    volunteers: int
    visits: int
    batch: int
    repeats: int
    events: int
    event_bytes: int
    rows: int = 0
    points: int = 0
    contests: tuple[Contest, ...] = ()
    parts: tuple[Rate, ...] = ()
    base_kib: int = 0
    peak_kib: int = 0
    rebuilding: tuple[Rate, ...] = ()
    late: tuple[Waits, ...] = ()
    postgres: Mapping[str, str] = field(default_factory=dict)
    posting: Rate | None = None
    """Points that are awarded, and nothing beside them."""
    pgledger: Rate | None = None
    tills: tuple[Waits, ...] = ()
    scale: Scale | None = None
    kafka: tuple[Rate, ...] = ()
    kafka_tills: tuple[Waits, ...] = ()
    beside: int = 0
    """Events of attendance a second that came in beside the tills on Kafka."""
    libraries: tuple[Rate, ...] = ()
    missing: tuple[str, ...] = ()
    """What is said of libraries that are not installed."""
    spent: tuple[Spent, ...] = ()

    def contest(self, database: str) -> Contest | None:
        """The ledger beside what that database does without it."""
        return next((one for one in self.contests if one.database == database), None)

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs; keys are stable."""
        from ledger.bench.goals import goals  # which read this

        return {
            "machine": {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "native_core": is_native(),
                "sqlite": sqlite3.sqlite_version,
                "postgres": dict(self.postgres),
            },
            "volunteers": self.volunteers,
            "visits": self.visits,
            "batch": self.batch,
            "repeats": self.repeats,
            "events": self.events,
            "event_bytes": self.event_bytes,
            "rows": self.rows,
            "points_entries": self.points,
            "contests": [contest.to_json() for contest in self.contests],
            "parts": _rates(self.parts),
            "memory_kib": {"before": self.base_kib, "peak": self.peak_kib},
            "rebuilding": _rates(self.rebuilding),
            "late": _waits(self.late),
            "posting": self.posting and self.posting.to_json(),
            "pgledger": self.pgledger and self.pgledger.to_json(),
            "tills": _waits(self.tills),
            "scale": self.scale and self.scale.to_json(),
            "kafka": _rates(self.kafka),
            "kafka_tills": {"attendance_per_second": self.beside, "ways": _waits(self.kafka_tills)},
            "libraries": _rates(self.libraries),
            "sections": {
                one.section: {"seconds": round(one.seconds, 2), **one.usage.to_json()}
                for one in self.spent
            },
            "goals": [one.to_json() for one in goals(self)],
        }


def _rates(rates: tuple[Rate, ...]) -> dict[str, Any]:
    return {one.name: one.to_json() for one in rates}


def _waits(waits: tuple[Waits, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, **one.to_json()} for one in waits]
