"""How are the front doors opened? serve."""

from typing import Annotated

import typer

from ledger.cli.shared import Db, asked, opened, out, settings
from ledger.collector import spare_the_collector


def add_to(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to answer at [env: VLEDGER_SERVE_HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="0: any [env: VLEDGER_SERVE_PORT]")
    ] = None,
    db: Db = None,
) -> None:
    """Answer by HTTP until it is told to stop: the API, kiosk, till and desk 启动网页服务."""
    from ledger.api.server import run  # only this command needs it

    chosen = settings(db)
    chosen = chosen.model_copy(
        update={
            name: value
            for name, value in (("serve_host", host), ("serve_port", port))
            if value is not None
        }
    )
    spare_the_collector()
    sender = None
    if chosen.through_kafka:
        from streams.sending import EventSender

        sender = EventSender(chosen)
    with opened(db) as recorder:
        if not chosen.read_db:
            run(chosen, recorder, recorder, out.print, sender)
            return
        with asked(db) as reader:
            run(chosen, recorder, reader, out.print, sender)
