"""Which events would a whole city have in a year? city."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.city import lines
from ledger.cli.shared import err, progress
from ledger.clock import CHINA, from_micros, now_micros
from ledger.collector import spare_the_collector
from ledger.errors import LedgerError

SMALLEST, LARGEST = 1_000, 100_000_000
MADE_TOGETHER = 1000


def add_to(app: typer.Typer) -> None:
    app.command()(city)


def city(
    out_file: Annotated[
        str, typer.Option("--out", help="File for one event a line, or - for standard output")
    ],
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same city")] = 1,
    residents: Annotated[int, typer.Option("--residents", help="As 1000000")] = 1_000_000,
    year: Annotated[
        int | None, typer.Option("--year", help="Absent: the last one that is over")
    ] = None,
) -> None:
    """Invent a city 云川市 and write a year of its events, for benchmarks and tests."""
    if not SMALLEST <= residents <= LARGEST:
        raise LedgerError(f"--residents {residents}: from {SMALLEST} to {LARGEST}")
    this_year = from_micros(now_micros(), CHINA).year
    chosen = this_year - 1 if year is None else year
    if not 1971 <= chosen < this_year:
        raise LedgerError(f"--year {chosen}: a year that is over, from 1971 on")
    spare_the_collector()
    try:
        stream = sys.stdout.buffer if out_file == "-" else Path(out_file).open("wb")  # noqa: SIM115
    except OSError as error:
        raise LedgerError(f"can't write {out_file}: {error.strerror}") from None
    count = 0
    with progress() as bar:
        task = bar.add_task("Inventing", total=None)
        try:
            for line in lines(seed, residents, chosen):
                stream.write(line + b"\n")
                count += 1
                if count % MADE_TOGETHER == 0:
                    bar.advance(task, MADE_TOGETHER)
            stream.flush()
        finally:
            if out_file != "-":
                stream.close()
    err.print(f"{count} events of {chosen}")
