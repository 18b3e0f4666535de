"""How are the larger jobs run? schemas, worker, demo, bench."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import out
from schemas.documents import DIRECTORY, write


def add_to(app: typer.Typer) -> None:
    app.command("schemas")(write_schemas)


def write_schemas(
    directory: Annotated[Path, typer.Option("--into", help="Folder to write to")] = DIRECTORY,
) -> None:
    """Write the JSON Schema of every event, and AsyncAPI 3 of the topics."""
    paths = write(directory)
    out.print(f"Wrote {len(paths)} documents to {directory}")
