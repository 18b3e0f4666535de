"""How do events get in by hand? init, ingest, rejects."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.audit.sealing import seal_batches
from ledger.centre.orders.terms import read_terms
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    asked,
    err,
    first_policy,
    opened,
    out,
    print_json,
    progress,
    read_bytes,
    settings,
)
from ledger.collector import spare_the_collector
from ledger.core.intake import WRONG_TOPIC, Arrival, Rejected
from ledger.devices.enrolment import let_in
from ledger.errors import LedgerError
from ledger.recording.catching_up import catch_up
from ledger.recording.lines import batches
from ledger.recording.recorder import Receipt, Recorder
from ledger.recording.rejects import find_reject, list_rejects, replay_rejects
from ledger.store.database import Database
from ledger.turns import take_short_turns

SHOWN_REJECTS = 5


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(ingest)
    rejects = typer.Typer(help="What was set aside, and why 未入账事件", no_args_is_help=False)
    rejects.callback(invoke_without_command=True)(list_)
    rejects.command("show")(show)
    rejects.command("replay")(replay)
    app.add_typer(rejects, name="rejects")


def init(db: Db = None) -> None:
    """Create the ledger, or bring an older one up to date. Safe to repeat."""
    chosen = settings(db)
    database = Database(chosen.db)
    database.create()
    recorder = Recorder(database, first_policy(chosen))
    recorder.begin()
    out.print(f"Ready: {database.shown}, policy {recorder.policy.id} ({recorder.policy.digest})")


def ingest(
    file: Annotated[
        str, typer.Argument(help="File with one event a line, or - for standard input")
    ],
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Record events from a file. Bad lines are set aside and the rest goes on."""
    counts = Counter({"read": 0, "applied": 0, "duplicates": 0, "rejected": 0})
    shown: list[Rejected] = []
    spare_the_collector()
    take_short_turns()
    with opened(db) as recorder, _stream(file) as (stream, size), progress() as bar:
        acting(recorder, Permission.RECORD)
        task = bar.add_task("Recording", total=size)
        found = batches(stream, file, settings(db).batch)
        recorded: Iterable[tuple[Sequence[Arrival], Receipt]]
        if size is None:  # whoever writes to the pipe may let us wait
            recorded = ((batch, recorder.record(batch)) for batch in found)
        else:
            recorded = recorder.record_each(found)
        for batch, receipt in recorded:
            counts.update(receipt.counts())
            shown += receipt.rejects[: SHOWN_REJECTS - len(shown)]
            bar.advance(task, sum(len(arrival.content) + 1 for arrival in batch))
        while catch_up(recorder, terms=read_terms(settings(db).orders)):
            pass
        seal_batches(recorder.database)
    if json:
        print_json(dict(counts))
        return
    out.print(
        f"Read {counts['read']} events: {counts['applied']} recorded, "
        f"{counts['duplicates']} seen before, {counts['rejected']} set aside."
    )
    for one in shown:
        err.print(f"  {one.arrival.origin}: {one.detail}", markup=False, soft_wrap=True)
    if counts["rejected"]:
        out.print("`vledger rejects` lists what was set aside.")


@contextmanager
def _stream(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise LedgerError(f"can't read {file}: {error.strerror}") from None
    with stream:
        yield stream, path.stat().st_size


def list_(
    context: typer.Context,
    db: Db = None,
    json: AsJson = False,
    all_: Annotated[bool, typer.Option("--all", help="Settled ones too")] = False,
) -> None:
    """List what was set aside and is still open."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.RECORD)
        found = list_rejects(connection, settled=all_, whole=False)
    if json:
        for one in found:
            print_json(one.to_json())
        return
    table = Table("id", "code", "from", "what is wrong", "state")
    for one in found:
        table.add_row(one.id, one.code, one.origin, one.detail, one.outcome or "open")
    out.print(table)
    if found:
        out.print("`vledger rejects show ID` prints one, `vledger rejects replay ID` tries again.")


def show(ident: Annotated[str, typer.Argument(metavar="ID")], db: Db = None) -> None:
    """Print the whole content of a reject, as it came in."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.RECORD)
        content = find_reject(connection, ident).content
    sys.stdout.buffer.write(content + b"\n")


def replay(
    idents: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="All open ones if none is given")
    ] = None,
    mended: Annotated[
        Path | None, typer.Option("--with", help="File with the mended text of the one reject")
    ] = None,
    vouching: Annotated[
        bool, typer.Option("--vouch", help="Answer for what a device may not say")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept")] = "",
    by: Annotated[str, typer.Option("--by", help="Who vouches; absent: who is logged in")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Try rejects again, for example after a registration; or record a mended text instead.

    With --vouch, what was set aside because of its device is let in on a person's word.
    """
    if vouching and not (idents and reason.strip() and mended is None):
        raise LedgerError("to vouch, name the rejects as they are, and say why: --reason")
    with opened(db) as recorder:
        signed = acting(recorder, Permission.RECORD, by=by, signed=vouching)
        with recorder.database.read() as connection:
            if idents:
                found = [find_reject(connection, ident) for ident in idents]
            else:
                found = [one for one in list_rejects(connection) if one.code != WRONG_TOPIC]
        text = read_bytes(mended).strip() if mended else None
        if vouching:
            receipt = let_in(recorder, found, reason, signed)
        else:
            receipt = replay_rejects(recorder, found, text)
        while catch_up(recorder, terms=read_terms(settings(db).orders)):
            pass
    if json:
        print_json(receipt.counts())
        return
    for one, outcome in zip(found, receipt.outcomes, strict=True):
        out.print(f"{one.id}: {outcome}")
    for rejected in receipt.rejects:
        err.print(f"  {rejected.arrival.origin}: {rejected.detail}", markup=False, soft_wrap=True)
