"""How are the larger jobs run? schemas, demo, bench, worker."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import Db, opened, out, policy_in_force, settings
from ledger.recorder import Recorder
from ledger.store.database import Database
from schemas.documents import DIRECTORY, write

DEMO_DB = "sqlite:///vledger-demo.db"


def add_to(app: typer.Typer) -> None:
    app.command("schemas")(write_schemas)
    app.command()(demo)
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
    run_demo(Recorder(database, policy_in_force(settings(db))), out, seed)
    database.close()


def worker(db: Db = None) -> None:
    """Run a worker on Kafka until it is told to stop (SIGTERM, Ctrl-C); it drains first."""
    from streams.worker import run  # Faust takes its time to load

    with opened(db) as recorder:
        run(settings(db), recorder)
