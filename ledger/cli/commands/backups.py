"""How is a ledger kept safe from a lost disk? backup, restore, note-restore."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.access import Permission
from ledger.audit.checking import Against
from ledger.backup import Origin, back_up, note_restore, restore
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    moment_of,
    opened,
    out,
    print_error,
    print_json,
    progress,
    settings,
)
from ledger.clock import CHINA, from_micros, now_micros, to_micros
from ledger.keys import known_keys
from ledger.store.database import Database
from ledger.verify import verify


def add_to(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore_)
    app.command("note-restore")(note)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, by custom *.zip")],
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Write the whole ledger into one file, while others go on recording 备份.

    It can be restored into SQLite and Postgres alike, also as of a past time. Keep it elsewhere,
    and the signing key (VLEDGER_KEY) and the identity vault apart from it.
    """
    with opened(db) as recorder:
        acting(recorder, Permission.OPERATE)
        made = back_up(recorder.database, file, now_micros())
    if json:
        print_json({"file": str(file), "sha256": made.digest, **made.about, "rows": made.rows})
        return
    out.print(
        f"{file}: {made.rows['event']} events of {made.rows['batch']} batches, "
        f"the last of {made.about['newest']}. SHA-256 of its manifest: {made.digest}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def restore_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup")],
    until: Annotated[
        str | None, typer.Option("--until", help="As of this time: what was recorded by then")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Rebuild the ledger of a backup in an empty database, and verify it 恢复.

    Workers go on from where they were; with --until they read again all that Kafka still has.
    """
    chosen = settings(db)
    at = None if until is None else to_micros(moment_of(until, CHINA, "--until"))
    target = Database(chosen.db)
    try:
        with progress() as bar:
            task = bar.add_task("Restoring", total=None)
            made = restore(file, target, at, lambda events: bar.advance(task, events), now_micros())
        against = Against(known_keys(chosen.key))
        _, findings = verify(target, None, against)
    finally:
        target.close()
    newest = None if made.newest is None else from_micros(made.newest, CHINA).isoformat()
    if json:
        found = [f"{one.check}: {one.detail}" for one in findings]
        said = {"events": made.events, "batches": made.batches, "newest": newest, "broken": found}
        print_json(said)
    else:
        out.print(
            f"{target.shown}: {made.events} events of {made.batches} batches, the last recorded "
            f"{newest}; " + ("not all of it holds:" if findings else "all that is promised holds."),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        for finding in findings:
            print_error(f"{finding.check}: {finding.detail}")
    if findings:
        raise typer.Exit(1)


def note(
    why: Annotated[str, typer.Option("--note", help="From what it was restored, and as of when")],
    db: Db = None,
) -> None:
    """After the database was restored by its own means: note it, before any worker starts.

    The ids that lost batches had are not given out again. `vledger restore` does this by itself.
    """
    with opened(db) as recorder:
        acting(recorder, Permission.OPERATE)
        last, made = note_restore(recorder.database, Origin(note=why), recorder.now())
    out.print(f"Noted. Ids of batches {last + 1} to {made - 1} are not given out again.")
