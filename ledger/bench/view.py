"""How are the figures of a benchmark shown to people? A table for each section, the goals last."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ledger.bench.core import is_native
from ledger.bench.databases import BATCH_TRANSACTION
from ledger.bench.goals import goals
from ledger.bench.measures import Rate, Waits
from ledger.bench.result import BenchResult
from ledger.bench.scale import Scale

_REACHED = {True: "[green]reached[/green]", False: "[red]not reached[/red]", None: ""}


def print_bench(console: Console, result: BenchResult) -> None:
    """Print what was measured, what was needed for it, and which goals are reached."""
    _say(
        console,
        f"{result.events:,} events of {result.event_bytes} bytes, "
        f"{result.volunteers:,} volunteers, batches of {result.batch:,}, "
        + (f"{result.rows:,} rows written; " if result.rows else "")
        + f"medians of {result.repeats}; the core is {'native' if is_native() else 'interpreted'}.",
    )
    if result.postgres:
        told = ", ".join(f"{name} {value}" for name, value in result.postgres.items())
        _say(console, f"Postgres: {told}.")
    if result.contests or result.parts:
        console.print(_ingest(result))
    if result.peak_kib:
        _say(
            console,
            f"Memory: {result.base_kib // 1024:,} MiB with the events made, "
            f"{result.peak_kib // 1024:,} MiB at most while the ledger took them in.",
        )
    if result.rebuilding:
        console.print(_rates("The log folded again", result.rebuilding))
    if result.late:
        console.print(_waits("One more visit, by how many its volunteer has", result.late))
    if result.kafka:
        console.print(_from_kafka(result))
    waits = (*result.tills, *result.kafka_tills)
    if waits:
        console.print(_waits("What a till waits", waits))
    if result.kafka_tills:
        _say(console, f"Beside them came {result.beside:,} events of attendance a second.")
    if result.scale:
        _print_scale(console, result.scale)
    if result.libraries:
        first = result.libraries[0]
        console.print(
            _rates("Pairing alone, read from Kafka, no database", result.libraries, first)
        )
    for line in result.missing:
        _say(console, line)
    console.print(_spent(result))
    console.print(_goals(result))


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False)


def _table(title: str, *headings: str) -> Table:
    table = Table("what", title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _ingest(result: BenchResult) -> Table:
    table = Table("", "what", title="Taking events in", title_justify="left")
    for heading in ("a second", "s", "processor s", "the ledger reaches"):
        table.add_column(heading, justify="right")
    for contest in result.contests:
        table.add_row(
            contest.database, f"[bold]{contest.ledger.name}[/bold]", *_rate(contest.ledger)
        )
        for ceiling in contest.ceilings:
            reached = f"{contest.percent(ceiling)} %"
            table.add_row("", ceiling.name, *_rate(ceiling), reached)
        table.add_section()
    for rate in (result.posting, result.pgledger):
        if rate:
            table.add_row("Postgres", rate.name, *_rate(rate))
    for part in result.parts:
        table.add_row("no database", part.name, *_rate(part))
    return table


def _rate(rate: Rate) -> tuple[str, str, str]:
    shown = " ".join(f"{seconds:.2f}" for seconds in rate.seconds)
    cpu = "" if rate.cpu is None else f"{rate.cpu:.1f}"
    return f"{rate.per_second:,} {rate.unit}", shown, cpu


def _from_kafka(result: BenchResult) -> Table:
    contest = result.contest("Postgres")
    ceilings = contest.ceilings if contest else ()
    bare = next((one for one in ceilings if one.name == BATCH_TRANSACTION), None)
    return _rates("From Kafka into Postgres", result.kafka, bare)


def _rates(title: str, rates: Sequence[Rate], beside: Rate | None = None) -> Table:
    table = _table(title, "a second", "s", "processor s", "memory MiB")
    if beside:
        table.add_column(f"of {beside.name}", justify="right")
    for one in rates:
        peak = one.peak_kib
        table.add_row(
            one.name,
            *_rate(one),
            "" if peak is None else f"{peak // 1024:,}",
            *([f"{one.per_second / beside.per_second:.0%}"] if beside else []),
        )
    return table


def _waits(title: str, waits: Sequence[Waits]) -> Table:
    table = _table(title, "arrive a second", "answered a second", "p50 ms", "p99 ms", "p99.9 ms")
    for one in waits:
        typical = one.typical
        table.add_row(
            one.name,
            f"{one.arrivals:,}" if one.arrivals else "as answered",
            f"{typical.per_second:,.0f}",
            *(f"{figure:.1f}" for figure in (typical.p50, typical.p99, typical.p999)),
        )
    return table


def _print_scale(console: Console, scale: Scale) -> None:
    table = _table("When the ledger is large (filled by recording)", "events/s")
    for size in (scale.small, scale.large):
        table.add_row(
            f"taking events in, at {size.records:,} hour records", f"{size.per_second:,.0f}"
        )
    table.add_row("the large one beside the small one", f"{scale.ratio:.0%}")
    console.print(table)
    console.print(_waits(f"Questions at {scale.large.records:,} hour records", scale.questions))


def _spent(result: BenchResult) -> Table:
    table = _table("This process", "s", "processor s", "largest MiB so far")
    for one in result.spent:
        cpu, peak = one.usage
        table.add_row(one.section, f"{one.seconds:.1f}", f"{cpu:.1f}", f"{peak // 1024:,}")
    return table


def _goals(result: BenchResult) -> Table:
    table = Table("goal", "measured", title="Goals", title_justify="left")
    table.add_column("of the goal", justify="right")
    table.add_column("")
    for goal in goals(result):
        ratio = "" if goal.ratio is None else f"{goal.ratio:.2f} ×"
        table.add_row(goal.name, goal.said, ratio, _REACHED[goal.reached])
    return table
