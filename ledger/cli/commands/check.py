"""How does one make sure? verify, replay."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.access import Permission
from ledger.audit.checking import ITSELF, Against, extent
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    opened,
    out,
    print_error,
    print_json,
    progress,
    read_text,
    settings,
)
from ledger.keys import known_keys, public_keys
from ledger.recording.recorder import Recorder
from ledger.recording.replay import (
    DERIVED,
    copy_the_rest,
    count_events,
    differences,
    filling,
    rebuild,
    replace_projections,
    scratch,
    stop_writers,
)
from ledger.store.database import Database
from ledger.verify import verify as verify_ledger


def add_to(app: typer.Typer) -> None:
    app.command()(verify)
    app.command()(replay)


def verify(
    db: Db = None,
    json: AsJson = False,
    quick: Annotated[bool, typer.Option("--quick", help="Without replaying the event log")] = False,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help="File with a published checkpoint; as often as you have"),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="File with the ledger's public key; default: VLEDGER_KEY's"),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Recompute the trees over sealed rows too")
    ] = False,
) -> None:
    """Check everything that the ledger promises; exit 1 and name it if something is broken."""
    published = tuple(
        note for path in checkpoints or () for note in read_text(path).splitlines() if note.strip()
    )
    trusted = known_keys(settings(db).key) if key is None else public_keys(read_text(key))
    with opened(db) as recorder:
        acting(recorder, Permission.VERIFY)
        against = Against(trusted, published, deep)
        if not print_verification(recorder, json=json, quick=quick, against=against):
            raise typer.Exit(1)


def print_verification(
    recorder: Recorder, *, json: bool, quick: bool = False, against: Against = ITSELF
) -> bool:
    """Verify the ledger and print what holds and what does not; True if all of it holds."""
    with progress() as bar:
        with recorder.database.read() as connection:
            task = bar.add_task("Replaying", total=count_events(connection))
        names, findings = verify_ledger(
            recorder.database,
            None if quick else lambda events: bar.advance(task, events),
            against,
        )
        with recorder.database.read() as connection:
            sealed = extent(connection)
    broken = {finding.check for finding in findings}
    if json:
        print_json(
            {
                "ok": not findings,
                "checks": [{"check": name, "ok": name not in broken} for name in names],
                "findings": [finding._asdict() for finding in findings],
                "audit": {**sealed._asdict(), "signatures_checked": against.keys is not None},
            }
        )
        return not findings
    for name in names:
        out.print(f"{'[red]✗[/red]' if name in broken else '[green]✓[/green]'} {name}")
    signed = "" if against.keys or not sealed.checkpoints else ", signatures not checked: no key"
    out.print(
        f"Sealed: {sealed.sealed} batches of {sealed.rows} rows, {sealed.unsealed} not yet; "
        f"{sealed.checkpoints} checkpoints{signed}."
    )
    for finding in findings:
        print_error(f"{finding.check}: {finding.detail}")
    return not findings


def replay(
    db: Db = None,
    json: AsJson = False,
    into: Annotated[
        str | None, typer.Option("--into", help="Rebuild into this empty database instead")
    ] = None,
) -> None:
    """Rebuild the ledger from its event log.

    States, balances and the registry are replaced by what the log gives. Hour records, points,
    levels and redemptions can't be changed: they are compared, and a difference is named.
    """
    with opened(db) as recorder, progress() as bar:
        acting(recorder, Permission.OPERATE)
        source = recorder.database
        with source.read() as connection:
            events = count_events(connection)
        task = bar.add_task("Replaying", total=events)

        def advance(done: int) -> None:
            bar.advance(task, done)

        if into is not None:
            target = Database(into)
            with filling(target), source.read() as connection:
                rebuild(connection, target, advance)
                copy_the_rest(connection, target)
            found = []
        else:
            with scratch() as rebuilt, source.write() as connection:
                stop_writers(connection)
                rebuild(connection, rebuilt, advance)
                with rebuilt.read() as other:
                    found = list(differences(connection, other))
                    replace_projections(connection, other)
    broken = [f"{table.name}: {detail}" for table, detail in found if table in DERIVED]
    mended = [f"{table.name}: {detail}" for table, detail in found if table not in DERIVED]
    if json:
        print_json({"events": events, "mended": mended, "broken": broken})
    else:
        out.print(f"Replayed {events} events.")
        if into is not None:
            out.print("Seals and checkpoints are not copied: `vledger checkpoint` makes them anew.")
        for detail in mended:
            out.print(f"  mended {detail}", markup=False)
        for detail in broken:
            print_error(f"the ledger itself differs from its log: {detail}")
    if broken:
        raise typer.Exit(1)
