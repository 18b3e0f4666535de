"""How is something measured? Rates, waits, and what a process takes of processor and memory."""

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

Tell = Callable[[str], None]
"""Told the name of each step."""


class Usage(NamedTuple):
    """What a process took: `cpu` in seconds of one core; `peak_kib`, its largest so far."""

    cpu: float
    peak_kib: int

    def to_json(self) -> dict[str, Any]:
        return {"cpu_seconds": round(self.cpu, 3), "peak_kib": self.peak_kib}


@dataclass(frozen=True, slots=True)
class Rate:
    """What was run, and the seconds that each repeat took for `events` of the `unit`.

    `processes`: what each process took in each repeat, as far as that is known; not the servers'.
    """

    name: str
    events: int
    seconds: tuple[float, ...]
    unit: str = "events"
    processes: tuple[Usage, ...] = ()

    @property
    def per_second(self) -> int:
        """Events per second in the median repeat."""
        return round(self.events / median(self.seconds))

    @property
    def cpu(self) -> float | None:
        """Seconds of one core that the processes of a repeat took together, in the mean."""
        if not self.processes:
            return None
        return sum(one.cpu for one in self.processes) / len(self.seconds)

    @property
    def peak_kib(self) -> int | None:
        """The largest of these processes."""
        return max((one.peak_kib for one in self.processes), default=None)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            f"{self.unit}_per_second": self.per_second,
            "seconds": [round(s, 4) for s in self.seconds],
        }
        if self.processes:
            told["processes"] = [one.to_json() for one in self.processes]
        return told


class Waited(NamedTuple):
    """One repeat: answers per second, and how long they took (ms)."""

    per_second: float
    p50: float
    p99: float
    p999: float

    @classmethod
    def of(cls, waits: Sequence[float], seconds: float) -> "Waited":
        """From the wait for each answer, and the time for all of them (both in seconds)."""
        ordered = sorted(waits)
        parts = (
            1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))]
            for part in (0.5, 0.99, 0.999)
        )
        return cls(len(ordered) / seconds, *parts)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long somebody waits for an answer, repeat by repeat.

    `arrivals` a second come whether or not earlier ones are answered, and wait from when they were
    due; None: each comes when the one before has its answer.
    """

    name: str
    arrivals: int | None
    runs: tuple[Waited, ...]
    processes: tuple[Usage, ...] = ()

    @property
    def typical(self) -> Waited:
        """Each figure's median."""
        return Waited(*(median(figures) for figures in zip(*self.runs, strict=True)))

    def to_json(self) -> dict[str, Any]:
        typical = self.typical
        told: dict[str, Any] = {
            "arrivals_per_second": self.arrivals,
            "answers_per_second": round(typical.per_second, 1),
            "p50_ms": round(typical.p50, 2),
            "p99_ms": round(typical.p99, 2),
            "p99.9_ms": round(typical.p999, 2),
            "runs": [[round(figure, 2) for figure in run] for run in self.runs],
        }
        if self.processes:
            told["processes"] = [one.to_json() for one in self.processes]
        return told


class Spent(NamedTuple):
    """What a section of the benchmark took of this process itself (`seconds` by the clock)."""

    section: str
    seconds: float
    usage: Usage


@dataclass(slots=True)
class Watch:
    """Notes what each section takes."""

    spent: list[Spent] = field(default_factory=list)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        began, worked = perf_counter(), process_time()
        yield
        usage = Usage(process_time() - worked, largest_kib())
        self.spent.append(Spent(name, perf_counter() - began, usage))


def largest_kib() -> int:
    """The largest that this process has been in memory; macOS counts it in bytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest // 1024 if sys.platform == "darwin" else largest


def usage_of(pid: int) -> Usage | None:
    """What another process has taken so far; None where the system doesn't say (no /proc)."""
    folder = Path(f"/proc/{pid}")
    try:
        user, system = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        status = (folder / "status").read_text()
    except OSError:
        return None
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return Usage((int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), int(peak))


@contextmanager
def unseen_by_the_collector() -> Iterator[None]:
    """Keep the collector off what is in memory now: the benchmark holds it, no ledger would."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
