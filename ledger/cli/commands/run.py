"""How are the larger jobs run? schemas, demo, bench, worker."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.app import (
    AsJson,
    Db,
    err,
    first_policy,
    opened,
    out,
    print_json,
    settings,
    spare_the_collector,
)
from ledger.cli.commands.check import print_verification
from ledger.recorder import Recorder
from ledger.store.database import Database
from schemas.documents import DIRECTORY, write

DEMO_DB = "sqlite:///vledger-demo.db"


def add_to(app: typer.Typer) -> None:
    app.command("schemas")(write_schemas)
    app.command()(demo)
    app.command()(bench)
    app.command()(worker)


def write_schemas(
    directory: Annotated[Path, typer.Option("--into", help="Folder to write to")] = DIRECTORY,
) -> None:
    """Write the JSON Schema of every event, and AsyncAPI 3 of the topics."""
    paths = write(directory)
    out.print(f"Wrote {len(paths)} documents to {directory}")


def demo(
    db: Annotated[
        str, typer.Option("--db", help="An empty database; a file of an earlier demo is replaced")
    ] = DEMO_DB,
    seed: Annotated[int, typer.Option(help="Another seed makes another county")] = 1,
) -> None:
    """A small county's season: check-ins, hours, stars, points, redemptions; and a look at it."""
    from ledger.demo import run_demo

    if db == DEMO_DB:
        for suffix in ("", "-wal", "-shm"):
            Path(f"vledger-demo.db{suffix}").unlink(missing_ok=True)
    database = Database(db)
    database.create()
    recorder = Recorder(database, first_policy(settings(db)))
    spare_the_collector()
    run_demo(recorder, out, seed)
    if not print_verification(recorder, json=False):
        raise typer.Exit(1)
    database.close()


def bench(
    volunteers: Annotated[int, typer.Option(min=1, help="Volunteers")] = 20_000,
    visits: Annotated[int, typer.Option(min=1, help="Visits, of two events each")] = 50_000,
    repeats: Annotated[int, typer.Option(min=1, help="Runs, of which the median counts")] = 3,
    postgres: Annotated[
        str | None, typer.Option(help="URL of a Postgres on which databases may be created")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure the ledger beside bare inserts of the same rows, in one run."""
    from ledger.bench import run_bench  # only this command needs it
    from ledger.bench_view import print_bench

    with err.status("Measuring …") as status:
        result = run_bench(volunteers, visits, repeats, postgres=postgres, tell=status.update)
    if json:
        print_json(result.to_json())
    else:
        print_bench(out, result)


def worker(
    db: Db = None,
    only: Annotated[
        Literal["attendance", "redemptions"] | None,
        typer.Option(help="Leave the other to workers of its own [env: VLEDGER_SERVES]"),
    ] = None,
) -> None:
    """Run a worker on Kafka until it is told to stop (SIGTERM, Ctrl-C); it drains first."""
    from streams.worker import run  # Faust takes its time to load

    chosen = settings(db)
    with opened(db) as recorder:
        spare_the_collector()
        run(chosen.model_copy(update={"serves": only}) if only else chosen, recorder)
