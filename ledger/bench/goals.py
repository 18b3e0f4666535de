"""Which of the goals are reached here? Each is a ratio of figures from one and the same run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.bench import core, kafka_tills, scale, tills
from ledger.bench.databases import BATCH_TRANSACTION
from ledger.bench.kafka import by_workers
from ledger.bench.measures import Rate, Waits
from ledger.bench.result import BenchResult

LARGE = 10_000_000
"""Hour records at which the ledger has to be nearly as fast as with few."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`ratio`: what was measured over what is wanted, 1 or more where the goal is reached.

    None where it was not measured; `said` then says what it takes.
    """

    name: str
    said: str
    ratio: float | None

    @property
    def reached(self) -> bool | None:
        return None if self.ratio is None else self.ratio >= 1

    def to_json(self) -> dict[str, Any]:
        return {
            "goal": self.name,
            "measured": self.said,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "reached": self.reached,
        }


def goals(result: BenchResult) -> list[Goal]:
    """All goals, in one order, measured or not."""
    return [
        _embedded(result),
        _from_kafka(result),
        _points(result),
        *_tills(result),
        _flat(result),
        _core(result),
        _memory(result),
        _through_kafka(result),
        *_questions(result),
    ]


def _not(name: str, takes: str) -> Goal:
    return Goal(name, f"not measured: {takes}", None)


def _embedded(result: BenchResult) -> Goal:
    name = "embedded: at least half of a bare executemany"
    contest = result.contest("SQLite")
    if contest is None:
        return _not(name, "--only embedded")
    part = contest.ledger.per_second / contest.ceilings[0].per_second
    return Goal(name, f"{part:.0%}", part / 0.5)


def _from_kafka(result: BenchResult) -> Goal:
    name = "Kafka → Postgres: at least 60 % of the bare batch transaction"
    contest = result.contest("Postgres")
    found = _by_workers(result.kafka)
    if contest is None or not found:
        return _not(name, "--postgres and --kafka")
    if result.postgres.get("fsync") != "on" or result.postgres.get("synchronous_commit") != "on":
        return _not(name, "a Postgres with fsync and synchronous_commit on")
    bare = next(one for one in contest.ceilings if one.name == BATCH_TRANSACTION)
    best = max(found, key=lambda one: one.per_second)
    part = best.per_second / bare.per_second
    return Goal(name, f"{part:.0%}, by {best.name}", part / 0.6)


def _points(result: BenchResult) -> Goal:
    name = "points posted: at least 5 × pgledger's bulk transfers"
    contest, posting, theirs = result.contest("Postgres"), result.posting, result.pgledger
    if contest is None or posting is None or theirs is None:
        return _not(name, "--postgres and --pgledger")
    ways = [contest.ledger, *_by_workers(result.kafka)]
    best = max(ways, key=lambda one: one.per_second)
    beside = best.per_second * result.points / result.events
    times = posting.per_second / theirs.per_second
    said = (
        f"{times:.2f} ×: {posting.per_second:,} awards a second to {theirs.per_second:,}; "
        f"{beside / theirs.per_second:.2f} × beside all else that attendance causes ({beside:,.0f})"
    )
    return Goal(name, said, times / 5)


def _tills(result: BenchResult) -> Iterator[Goal]:
    more = f"redemptions at {tills.TILLS} tills: at least 3 × pgledger's"
    sooner = f"redemptions at {tills.TILLS} tills: a lower p99 than pgledger's"
    ours = _named(result.tills, tills.AT_A_COUNTER)
    theirs = _named(result.tills, tills.PGLEDGER)
    if ours is None or theirs is None:
        yield _not(more, "--postgres and --pgledger")
        yield _not(sooner, "--postgres and --pgledger")
        return
    a, b = ours.typical, theirs.typical
    times = a.per_second / b.per_second
    yield Goal(
        more, f"{times:.2f} ×: {a.per_second:,.0f} a second to {b.per_second:,.0f}", times / 3
    )
    yield Goal(sooner, f"{a.p99:.1f} ms to {b.p99:.1f} ms", b.p99 / a.p99)


def _flat(result: BenchResult) -> Goal:
    name = f"at {LARGE:,} records: at least 90 % of the speed at {scale.SMALL:,}"
    found = result.scale
    if found is None:
        return _not(name, f"--postgres and --records {LARGE}")
    said = f"{found.ratio:.0%} at {found.large.records:,}, of the speed at {found.small.records:,}"
    if found.large.records < LARGE:
        return _not(name, f"--records {LARGE} ({said})")
    return Goal(name, said, found.ratio / 0.9)


def _core(result: BenchResult) -> Goal:
    name = "the core alone: at least 200,000 events a second on one core"
    both = next((one for one in result.parts if one.name == core.BOTH), None)
    if both is None:
        return _not(name, "--only core")
    said = ", ".join(f"{one.name} {one.per_second:,}" for one in result.parts)
    return Goal(name, said, both.per_second / 200_000)


def _memory(result: BenchResult) -> Goal:
    name = "a worker's memory: below 400 MB"
    peaks = [one.peak_kib for one in _by_workers(result.kafka) if one.peak_kib is not None]
    if not peaks:
        return _not(name, "--postgres and --kafka, on Linux")
    megabytes = max(peaks) * 1024 / 1e6
    return Goal(name, f"{megabytes:.0f} MB at most", 400 / megabytes)


def _through_kafka(result: BenchResult) -> Goal:
    name = "redemptions through Kafka beside ingest at half its speed: p99 below 50 ms"
    ways = [_named(result.kafka_tills, way) for way in (kafka_tills.SHARED, kafka_tills.APART)]
    found = [one for one in ways if one is not None]
    if not found:
        return _not(name, "--postgres and --kafka")
    best = min(found, key=lambda one: one.typical.p99)
    said = f"{best.typical.p99:.1f} ms at {best.arrivals} a second, {best.name}"
    return Goal(name, said, 50 / best.typical.p99)


def _questions(result: BenchResult) -> Iterator[Goal]:
    for asked, most in ((scale.BY_ID, 5), (scale.COUNTY, 100)):
        name = f"{asked}: p99 below {most} ms"
        found = result.scale and _named(result.scale.questions, asked)
        if not result.scale or not found:
            yield _not(name, "--postgres")
            continue
        said = f"{found.typical.p99:.1f} ms at {result.scale.large.records:,} records"
        yield Goal(name, said, most / found.typical.p99)


def _by_workers(rates: Sequence[Rate]) -> list[Rate]:
    return [one for one in rates if one.name in (by_workers(1), by_workers(2))]


def _named(waits: Sequence[Waits], name: str) -> Waits | None:
    return next((one for one in waits if one.name == name), None)
