"""How do records go from system to system? import, export, reconcile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    asked,
    err,
    moment_of,
    opened,
    out,
    print_json,
    settings,
)
from ledger.clock import SECOND, to_micros
from ledger.collector import spare_the_collector
from ledger.errors import LedgerError
from ledger.exchange.exporting import Reveal, Wanted
from ledger.exchange.exporting import export as export_to
from ledger.exchange.identities import Keeper, revealing, vault_for
from ledger.exchange.importing import Import, Result, RowResult
from ledger.exchange.mapping import one_kind, open_mapping
from ledger.exchange.mending import SHOWN, mending, said
from ledger.exchange.reconciling import Finding, findings_to
from ledger.exchange.reconciling import reconcile as reconcile_with
from ledger.exchange.seen import Seen
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder

From = Annotated[Path, typer.Argument(metavar="FILE", help=".csv, .xlsx, .json or .jsonl")]
MappingName = Annotated[
    str, typer.Option("--mapping", help="A mapping's file, or mzt-061-2015, plain, durations")
]
KindName = Annotated[
    str, typer.Option("--kind", help="teams, activities, volunteers or hours, where it has several")
]
PlaceCode = Annotated[str, typer.Option("--place", help="Only this place and below it")]
Since = Annotated[str, typer.Option("--since", help="Hours from this day on, as 2026-05-01")]
Until = Annotated[str, typer.Option("--until", help="Hours before this day")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in")]


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(export)
    app.command()(reconcile)


def import_(
    file: From,
    mapping: MappingName,
    kind: KindName = "",
    place: Annotated[
        str, typer.Option("--place", help="All lies at this place and below it, else it is refused")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be, and record nothing")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="File for the rows to mend, .csv or .xlsx")
    ] = None,
    no_identity: Annotated[
        bool, typer.Option("--no-identity", help="Leave personal data out, though there is a vault")
    ] = False,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Bring in what another system has. The same file again changes nothing."""
    known = open_mapping(mapping)
    shown: list[RowResult] = []
    where = at_place(place or None)
    spare_the_collector()
    with opened(db) as recorder, mending(errors) as mend:
        signed = acting(recorder, Permission.RECORD, by=by, at=where)
        acting(recorder, Permission.REGISTER, by=by, at=where)
        with vault_for(settings(None), known, kind) as vault:
            keeper = None
            if vault is not None and known.consent is not None and not no_identity:
                signed = acting(recorder, Permission.IDENTITY, by=by, at=where)
                keeper = Keeper(vault, known.consent, signed or f"import {known.name}")

            def tell(one: RowResult) -> None:
                mend(one)
                if one.mistakes and len(shown) < SHOWN:
                    shown.append(one)

            work = Import(recorder, known, tell, keeper=keeper, area=place, dry_run=dry_run)
            results = work.run(file, kind)
        while not dry_run and catch_up(recorder):
            pass
    _report(results, shown, errors, dry_run=dry_run, json=json)
    if any(one.counts["wrong"] for one in results):
        raise typer.Exit(1)


def export(
    file: From,
    mapping: MappingName,
    kind: KindName = "",
    place: PlaceCode = "",
    since: Since = "",
    until: Until = "",
    with_identity: Annotated[
        bool, typer.Option("--with-identity", help="Personal data too; each read is logged")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; nothing personal, it is kept")] = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Write what the ledger has as another system reads it, one kind a file."""
    known = open_mapping(mapping)
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(place or None))
        layout = known.layouts[one_kind(known, kind)]
        with (
            _reveal(recorder, with_identity, reason, by, place) as reveal,
            recorder.database.read() as connection,
        ):
            wanted = _wanted(recorder, connection, place, since, until)
            done = export_to(connection, known, layout, file, wanted, reveal)
    if json:
        print_json({"kind": layout.kind, "rows": done.rows, "left_out": done.left_out})
        return
    out.print(f"{file}: {done.rows} {layout.kind}")
    if done.left_out:
        columns = "、".join(done.left_out)
        out.print(f"Left empty 个人信息未导出: {columns} (--with-identity, with a reason)")


def reconcile(
    file: From,
    mapping: MappingName,
    kind: KindName = "",
    place: PlaceCode = "",
    since: Since = "",
    until: Until = "",
    report: Annotated[
        Path | None, typer.Option("--out", help="File for all that differs, .csv or .xlsx")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Compare their file with the ledger: who or what is only here, only there, different; sums."""
    known = open_mapping(mapping)
    found: list[Finding] = []
    count = 0
    with asked(db) as recorder, recorder.database.read() as connection, Seen() as seen:
        acting(recorder, Permission.READ, at=at_place(place or None))
        layout = known.layouts[one_kind(known, kind)]
        wanted = _wanted(recorder, connection, place, since, until)
        findings, totals = reconcile_with(connection, known, layout, file, wanted, seen)
        with findings_to(report) as write:
            for one in findings:
                count += 1
                write(one)
                if len(found) < SHOWN:
                    found.append(one)
    if json:
        print_json({"kind": layout.kind, "differences": count, **totals.to_json()})
    else:
        table = Table("who or what", "where", "field", "ours 我方", "theirs 对方")
        for one in found:
            table.add_row(*one)
        if found:
            out.print(table)
        if count > len(found):
            out.print(f"… and {count - len(found)} more (--out writes all)")
        for name, side in (("ours 我方", totals.ours), ("theirs 对方", totals.theirs)):
            hours = f", {side.seconds / 3600:.2f} h" if layout.kind == "hours" else ""
            out.print(f"{name}: {side.rows} rows{hours}")
        unread = f", {totals.unread} of their rows can't be read" if totals.unread else ""
        out.print(f"{totals.same} the same, {count} differences{unread}")
    if count or totals.unread:
        raise typer.Exit(1)


def _report(
    results: list[Result],
    shown: list[RowResult],
    errors: Path | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    if json:
        for one in results:
            print_json(
                {
                    "kind": one.kind,
                    "dry_run": dry_run,
                    **one.counts,
                    "unknown_columns": one.unknown_columns,
                    "missing_columns": one.missing_columns,
                    "left_out": one.left_out,
                }
            )
    else:
        for one in results:
            counts = one.counts
            out.print(
                f"{one.kind}: {counts['read']} rows: {counts['new']} new, "
                f"{counts['changed']} changed, {counts['unchanged']} unchanged, "
                f"{counts['wrong']} to mend{' (nothing was recorded)' if dry_run else ''}"
            )
            if counts["stored"] or counts["known"]:
                out.print(
                    f"  identity vault 身份信息库: {counts['stored']} stored, "
                    f"{counts['known']} known before"
                )
            for what, columns in (
                ("not in the mapping, not read 映射未列", one.unknown_columns),
                ("not in the file 文件缺列", one.missing_columns),
                ("personal, left out: no identity vault 个人信息未导入", one.left_out),
            ):
                if columns:
                    out.print(f"  {what}: {'、'.join(columns)}", markup=False)
    for problem in shown:
        for line in said(problem):
            err.print(f"  {line}", markup=False, soft_wrap=True)
    if any(one.counts["wrong"] for one in results) and not json:
        where = f"{errors} has the rows to mend." if errors else "--errors FILE gives the rows."
        out.print(where)


@contextmanager
def _reveal(
    recorder: Recorder, wanted: bool, reason: str, by: str, place: str
) -> Iterator[Reveal | None]:
    if not wanted:
        yield None
        return
    if not reason.strip():
        raise LedgerError("--with-identity: say why: --reason; each read is logged")
    signed = acting(recorder, Permission.REVEAL, by=by, signed=True, at=at_place(place or None))
    with revealing(settings(None), signed, reason) as reveal:
        yield reveal


def _wanted(
    recorder: Recorder, connection: Connection, place: str, since: str, until: str
) -> Wanted:
    policy = recorder.policy_by(connection)
    zone = policy.zone
    wanted = Wanted(policy.plan.track, place)
    if since:
        wanted = wanted._replace(since=_second(since, zone, "--since"))
    if until:
        wanted = wanted._replace(until=_second(until, zone, "--until"))
    return wanted


def _second(text: str, zone: tzinfo, option: str) -> int:
    return to_micros(moment_of(text, zone, option)) // SECOND
