"""How do months of the ledger get to analysts, and to a second place? archive."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ledger.access import Permission
from ledger.archive import Month, check_archive
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    opened,
    out,
    print_error,
    print_json,
    replica,
    settings,
)
from ledger.clock import SECOND
from ledger.errors import LedgerError
from ledger.extras import extra


def add_to(app: typer.Typer) -> None:
    app.command()(archive)


def archive(
    month: Annotated[
        str | None, typer.Option("--month", help="What was recorded in this month, as 2026-05")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write it to")] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Folder whose files are to be compared instead")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Write a month that is over as Parquet files, for analysis and as a second copy 归档.

    The rows stay in the ledger. --check says whether the files are as they were written.
    """
    if check is not None:
        _check(check, json=json)
        return
    if month is None or to is None:
        raise LedgerError("say which month, and where to: --month 2026-05 --to FOLDER")
    writing = extra("ledger.archive.writing", "archiving", "archive")
    chosen = settings(db)
    with (
        opened(db) as recorder,
        replica(chosen) if chosen.read_db else nullcontext(recorder.database) as source,
    ):
        acting(recorder, Permission.OPERATE)
        now = recorder.now()
        zone = recorder.rules.at(now // SECOND).zone
        made = writing.archive_month(recorder.database, Month.named(month, zone), to, now, source)
    manifest = made.manifest
    if json:
        print_json({"anew": made.anew, **manifest.model_dump(by_alias=True), "rows": manifest.rows})
        return
    octets = sum(one.octets for one in manifest.files.values())
    out.print(
        f"{to}/month={month}: {manifest.batches} batches, {sum(manifest.rows.values())} rows in "
        f"{octets / 1e6:.1f} MB" + ("" if made.anew else "; it was there already, and is whole"),
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _check(folder: Path, *, json: bool) -> None:
    found = check_archive(folder)
    faults = [fault for one in found for fault in one.faults]
    if json:
        print_json({"ok": not faults, "months": [one._asdict() for one in found]})
    else:
        for one in found:
            state = "not as it was written" if one.faults else "as it was written"
            out.print(f"{one.month}: {one.rows} rows, {one.octets / 1e6:.1f} MB, {state}")
        for fault in faults:
            print_error(fault)
    if faults:
        raise typer.Exit(1)
