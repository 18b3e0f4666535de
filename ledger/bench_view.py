"""How are the figures of a benchmark shown to people? One table."""

from rich.console import Console
from rich.table import Table

from ledger.bench import BenchResult, Rate


def print_bench(console: Console, result: BenchResult) -> None:
    """Print the rates, what part of each ceiling the ledger reaches, and the memory it took."""
    console.print(
        f"{result.events:,} events of {result.event_bytes} bytes, "
        f"{result.volunteers:,} volunteers, "
        f"batches of {result.batch:,}, {result.rows:,} rows written; median of "
        f"{len(result.parts[0].seconds)}.",
        highlight=False,
    )
    table = Table("", "what")
    for heading in ("events/s", "s", "the ledger reaches"):
        table.add_column(heading, justify="right")
    for contest in result.contests:
        table.add_row(
            contest.database, f"[bold]{contest.ledger.name}[/bold]", *_rate(contest.ledger)
        )
        for ceiling in contest.ceilings:
            percent = f"{contest.percent(ceiling)} %"
            table.add_row("", ceiling.name, *_rate(ceiling), percent)
        table.add_section()
    for part in result.parts:
        table.add_row("no database", part.name, *_rate(part))
    console.print(table)
    console.print(
        f"Memory: {result.base_kib // 1024:,} MiB with the events made, "
        f"{result.peak_kib // 1024:,} MiB at most while the ledger took them in.",
        highlight=False,
    )


def _rate(rate: Rate) -> tuple[str, str]:
    shown = " ".join(f"{seconds:.2f}" for seconds in rate.seconds)
    return f"{rate.per_second:,}", shown
