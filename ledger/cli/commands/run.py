"""How are the larger jobs run? schemas, demo, bench, worker."""

import os
import signal
import webbrowser
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.bench.sections import Section
from ledger.cli.commands.check import print_verification
from ledger.cli.shared import (
    AsJson,
    Db,
    err,
    first_policy,
    opened,
    out,
    print_json,
    settings,
)
from ledger.collector import spare_the_collector
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.statistics.overview import Overview
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
    serve: Annotated[
        bool, typer.Option("--serve", help="Then open its kiosk, till, desk and pages 打开网页")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Of --serve [env: VLEDGER_SERVE_PORT]")
    ] = None,
) -> None:
    """A small county's season: check-ins, hours, stars, points, redemptions; and a look at it."""
    from ledger.demo.season import run_demo

    if db == DEMO_DB:
        for suffix in ("", "-wal", "-shm"):
            Path(f"vledger-demo.db{suffix}").unlink(missing_ok=True)
    chosen = settings(db)
    database = Database(db)
    database.create()
    recorder = Recorder(database, first_policy(chosen))
    spare_the_collector()
    result = run_demo(recorder, out, seed)
    if serve:
        _serve_demo(recorder, chosen if port is None else _at(chosen, port), seed, result.picture)
    elif not print_verification(recorder, json=False):
        raise typer.Exit(1)
    database.close()


def _at(chosen: Settings, port: int) -> Settings:
    return chosen.model_copy(update={"serve_port": port})


def _serve_demo(recorder: Recorder, chosen: Settings, seed: int, picture: Overview) -> None:
    """Open the demo's front doors until Ctrl-C."""
    from ledger.api.server import run as serve  # only this option needs them
    from ledger.demo.doors import demo_settings, furnish, has_screen, print_links, write_page

    for name in ("vledger-demo-vault.db", "vledger-demo-vault.key", "vledger-demo.key"):
        for suffix in ("", "-wal", "-shm"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)
    chosen = demo_settings(chosen)
    with err.status("Naming the people …"):
        links = furnish(recorder, chosen, seed, picture)

    def welcome(served: Settings) -> None:
        print_links(out, links, served)
        page = write_page(links, served)
        out.print(f"The same as a page 也可打开: {page}; Ctrl-C ends it", highlight=False)
        if has_screen(dict(os.environ)):
            webbrowser.open(page.absolute().as_uri())

    serve(chosen, recorder, recorder, out.print, welcome=welcome)


def bench(
    volunteers: Annotated[int, typer.Option(min=1, help="Volunteers")] = 20_000,
    visits: Annotated[int, typer.Option(min=1, help="Visits, of two events each")] = 50_000,
    repeats: Annotated[int, typer.Option(min=1, help="Runs, of which the median counts")] = 3,
    postgres: Annotated[
        str | None, typer.Option(help="URL of a Postgres on which databases may be created")
    ] = None,
    kafka: Annotated[
        str | None, typer.Option(help="HOST:PORT of a Kafka on which topics may be created")
    ] = None,
    pgledger: Annotated[
        list[Path] | None, typer.Option(help="SQL file of pgledger, to be run beside; repeat")
    ] = None,
    only: Annotated[
        list[Section] | None, typer.Option(help="A section; repeat; otherwise all possible ones")
    ] = None,
    records: Annotated[
        int, typer.Option(min=10, help="Hour records of a ledger that is large")
    ] = 200_000,
    redemptions: Annotated[int, typer.Option(min=8, help="In each run of the tills")] = 4000,
    rate: Annotated[int, typer.Option(min=1, help="Redemptions a second through Kafka")] = 200,
    arrivals: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Redemptions a second without Kafka; repeat (100, 200, 400)"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the figures; needs the extra bench")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure the ledger beside bare tools and others, in one run; are its goals reached?"""
    from ledger.bench.run import Options, run_bench  # only this command needs it
    from ledger.bench.view import print_bench

    options = Options(
        volunteers=volunteers,
        visits=visits,
        repeats=repeats,
        postgres=postgres,
        kafka=kafka,
        pgledger=tuple(pgledger or ()),
        only=tuple(only or ()),
        records=records,
        redemptions=redemptions,
        rate=rate,
        arrivals=tuple(arrivals or (100, 200, 400)),
    )
    if plot is not None:
        try:
            from ledger.bench.plot import plot as draw
        except ImportError as error:
            raise LedgerError(
                f"a plot needs {error.name}: pip install 'volunteer-ledger[bench]'"
            ) from None
    spare_the_collector()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it ends its workers, too
    with err.status("Measuring …") as status:
        result = run_bench(options, status.update)
    if plot is not None:
        draw(result, plot)
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
