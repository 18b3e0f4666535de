"""How does a run go? Load all the time, faults one after another, and a count at the end."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median

from sqlalchemy import func, select

from ledger.store.tables import outbox
from tests.faults.check import Verdict, judge
from tests.faults.inflict import Fault, possible
from tests.faults.load import Load
from tests.faults.site import Site

BURST = 40
"""Kills of workers in a row, before anybody waits for a recovery."""

Plan = Callable[[float, int], bool]
"""Whether to go on, after so many seconds and kills."""


@dataclass(slots=True)
class Summary:
    """What was inflicted, how fast it was over (s, by fault), and what was left."""

    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0
    ended: Counter[str] = field(default_factory=Counter)
    fenced: int = 0
    verdict: Verdict = field(default_factory=Verdict)

    def lines(self) -> list[str]:
        """The table that is printed."""
        rows = [f"{'fault':32} {'times':>5} {'recovery p50':>13} {'max':>7}"]
        for name, times in self.faults.items():
            took = self.recoveries[name]
            rows.append(f"{name:32} {times:5} {median(took):11.1f} s {max(took):5.1f} s")
        one = self.verdict
        rows += [
            f"{self.kills} kills in {self.seconds:.0f} s; workers ended by themselves "
            f"{self.ended.total()} times; {self.fenced} times a zombie was refused",
            f"sent {one.sent}, of these {one.duplicates} again; logged {one.logged}; "
            f"{one.answers} answers",
            f"lost {one.lost}, doubled {one.doubled}, negative {one.negative}; verify: "
            + ("clean" if not one.findings else "; ".join(one.findings[:5])),
        ]
        rows += [f"ended by itself {times} times: {said}" for said, times in self.ended.items()]
        return rows


async def run(
    site: Site, seed: int, go_on: Plan, tell: Callable[[str], None], each_once: bool = False
) -> Summary:
    """Hurt the site until `go_on` says that it is enough; with `each_once` by each fault once."""
    rng, summary = Random(seed), Summary()
    load = Load(site.settings.kafka, site.settings.topic_prefix, rng)
    sending, looking = asyncio.create_task(load.run()), asyncio.create_task(site.look_after())
    began = time.monotonic()
    try:
        await site.until("the first events are recorded", lambda: _reached(site, dict(load.ends)))
        faults = possible(site)
        # A power cut kills all brokers, too: once is enough where time is short.
        once = [name for name in faults if name != "kill all brokers"]
        order: Iterable[str] = once if each_once else _endless(rng, faults)
        for name in order:
            if not go_on(time.monotonic() - began, summary.kills):
                break
            await asyncio.sleep(rng.uniform(0, 1))
            times = rng.randint(1, BURST) if name == "kill a worker" and not each_once else 1
            hurt, site.hurting = time.monotonic(), True
            for _ in range(times):
                summary.kills += await faults[name][0](site, rng)
                if times > 1:
                    await asyncio.sleep(rng.uniform(0.2, 2.5))
            summary.faults[name] += times
            healed, site.hurting = time.monotonic(), False
            await asyncio.sleep(1)  # what is sent after the fault has to come through, too
            ends = dict(load.ends)
            try:
                await site.until(f"recovered from: {name}", partial(_reached, site, ends))
            except TimeoutError:
                waiting = ", ".join(
                    f"{topic}/{number} at {at} of {ends[topic, number]}"
                    for (topic, number), at in sorted(_behind(site, ends).items())
                )
                tell(f"{time.monotonic() - began:6.0f} s  waiting: {waiting}")
                raise
            took = time.monotonic() - (hurt if times == 1 else healed)
            summary.recoveries[name].append(took)
            so_far = f"{time.monotonic() - began:6.0f} s {summary.kills:5} kills"
            tell(f"{so_far}  {name} ×{times}: {took:.1f} s")
        load.stop()
        await sending
        await site.until("all is recorded", lambda: _reached(site, load.ends))
        await site.until("all is published", lambda: _waiting(site) == 0)
    finally:
        looking.cancel()
        sending.cancel()
    summary.seconds = time.monotonic() - began
    summary.ended = Counter(said for worker in site.workers for said in worker.ended)
    summary.fenced = sum(worker.words.count("has another owner") for worker in site.workers)
    for worker in site.workers:
        worker.stop()
    summary.verdict = await judge(site, load)
    return summary


def _endless(rng: Random, faults: Mapping[str, tuple[Fault, int]]) -> Iterator[str]:
    names = list(faults)
    weights = [weight for _, weight in faults.values()]
    while True:
        yield rng.choices(names, weights)[0]


def _reached(site: Site, ends: dict[tuple[str, int], int]) -> bool:
    return bool(ends) and not _behind(site, ends)


def _behind(site: Site, ends: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """The partitions of which something is not recorded, and how far they are."""
    stored = site.stored()
    return {place: at for place, end in ends.items() if (at := stored.get(place, 0)) < end}


def _waiting(site: Site) -> int:
    with site.database.read() as connection:
        query = select(func.count()).select_from(outbox)
        return int(connection.execute(query).scalar_one())
