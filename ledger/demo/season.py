"""What does the ledger make of a small county's season? Record it, then show the picture."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.clock import from_micros, now_micros
from ledger.core.intake import Arrival
from ledger.county import NAME, SHOPS, lines, policy
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.statistics.overview import Overview, overview
from ledger.statistics.overview_view import print_overview
from ledger.store.database import Database

BATCH = 2000


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What became of the events, the picture that follows, and how long the recording took."""

    read: int
    applied: int
    duplicates: int
    rejected: int
    milliseconds: int
    picture: Overview


def run_demo(
    recorder: Recorder, console: Console, seed: int, before: date | None = None
) -> DemoResult:
    """Record the county's season, which ends shortly before `before` (today), and print it."""
    zone = recorder.policy.zone
    before = before or from_micros(now_micros(), zone).date()
    console.print(f"[bold]{NAME}[/bold], a county that does not exist, seed {seed}")
    arrivals = [Arrival(line, f"demo:{n}") for n, line in enumerate(lines(seed, before), 1)]
    began = perf_counter()
    counts = _record(recorder, arrivals, console)
    recorder.adopt(policy(), before - timedelta(days=1), by="demo", note="奖单、礼遇自昨日起")
    while catch_up(recorder):
        pass
    milliseconds = int((perf_counter() - began) * 1000)
    with recorder.database.read() as connection:
        picture = overview(connection, recorder.policy.currency)
    result = DemoResult(
        counts["read"],
        counts["applied"],
        counts["duplicates"],
        counts["rejected"],
        milliseconds,
        picture,
    )
    _print(console, recorder, result)
    return result


def _record(recorder: Recorder, arrivals: list[Arrival], console: Console) -> Counter[str]:
    counts: Counter[str] = Counter()
    with _progress(console) as bar:
        task = bar.add_task("Recording", total=len(arrivals))
        for batch in _batches(arrivals):
            counts.update(recorder.record(batch).counts())
            bar.advance(task, len(batch))
    return counts


def _batches(arrivals: list[Arrival]) -> Iterator[tuple[Arrival, ...]]:
    rest = iter(arrivals)
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _print(console: Console, recorder: Recorder, result: DemoResult) -> None:
    console.print(
        f"Read {result.read:,} events in {result.milliseconds:,} ms: {result.applied:,} recorded, "
        f"{result.duplicates:,} seen before, {result.rejected:,} set aside. "
        f"Late and overlapping visits led to {result.picture.reversals:,} corrections.",
        highlight=False,
    )
    shops = {shop.id: shop.name for shop in SHOPS}
    print_overview(console, result.picture, recorder.policy, shops)
    _print_commands(console, recorder.database, result.picture)


def _print_commands(console: Console, database: Database, picture: Overview) -> None:
    standard = Settings.model_fields["db"].default
    vledger = "vledger" if database.url == standard else f"vledger --db {database.shown}"
    console.print("[bold]Look further[/bold]")
    centre = ["places", "teams", "activities held", "orders", "projects", "assess"]
    commands = ["dump", *centre, "rejects", "verify", "replay"]
    if picture.top:
        commands.insert(0, f"explain {picture.top[0].volunteer}")
    for command in commands:
        console.print(f"  {vledger} {command}", highlight=False, markup=False, soft_wrap=True)
