"""How does a policy officer work with policies? policy check, test, adopt, list, review."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ledger.cli.app import AsJson, Db, err, opened, out, print_json, progress, read_text
from ledger.errors import LedgerError
from ledger.policy import CaseResult, PolicyError, load, run_cases
from ledger.policy import check as check_policy
from ledger.recorder import Recorder
from ledger.rulebook import ALWAYS, parse

File = Annotated[Path, typer.Argument(help="Policy file (YAML)")]

HEADINGS = {"met": "[green]met[/green]", "disputed": "[yellow]disputed[/yellow]"}


def add_to(app: typer.Typer) -> None:
    policies = typer.Typer(help="Reward policies 激励策略", no_args_is_help=True)
    policies.callback()(lambda: None)
    policies.command("check")(check)
    policies.command("test")(test)
    policies.command("adopt")(adopt)
    policies.command("list")(list_)
    policies.command("review")(review)
    app.add_typer(policies, name="policy")


def check(file: File, json: AsJson = False) -> None:
    """Say what is wrong with a policy file, where, and what to write; exit 1 on errors."""
    found = check_policy(read_text(file), str(file))
    errors = sum(one.severity == "error" for one in found)
    if json:
        listed = [
            {
                "file": one.file,
                "line": one.line,
                "column": one.column,
                "severity": one.severity,
                "message": one.message,
                "advice": one.advice,
            }
            for one in found
        ]
        print_json({"ok": not errors, "diagnostics": listed})
    else:
        for one in found:
            err.print(str(one), markup=False, highlight=False, soft_wrap=True)
        out.print(f"{file}: {errors or 'no'} errors, {len(found) - errors} remarks")
    if errors:
        raise typer.Exit(1)


def test(
    file: File,
    cases: Annotated[Path, typer.Option("--cases", help="File with worked examples (YAML)")],
    json: AsJson = False,
) -> None:
    """Run worked examples against a policy; exit 1 if one is neither met nor disputed.

    An example that the text leaves undetermined is met if the policy demands the setting.
    """
    try:
        results = run_cases(load(read_text(file), file=str(file)), read_text(cases))
    except PolicyError as error:
        raise LedgerError(str(error)) from None
    failed = [one for one in results if one.verdict not in HEADINGS]
    if json:
        print_json({"ok": not failed, "cases": [_to_json(one) for one in results]})
    else:
        table = Table("example 例", "verdict", "clauses", "what happened")
        for one in results:
            verdict = HEADINGS.get(one.verdict, f"[red]{one.verdict}[/red]")
            table.add_row(one.id, verdict, ", ".join(one.by), one.message)
        out.print(table)
    if failed:
        raise typer.Exit(1)


def adopt(
    file: File,
    effective_from: Annotated[
        str, typer.Option("--from", metavar="DATE", help="In force from this day, as 2026-01-01")
    ],
    by: Annotated[str, typer.Option("--by", help="Who decided it")] = "",
    note: Annotated[str, typer.Option("--note", help="On what ground")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Put a policy in force from a day on, and bring standings up to it.

    A day that is past is allowed: what no longer holds is reversed and posted anew.
    """
    policy = parse(read_text(file), str(file))
    with opened(db) as recorder:
        adopted = recorder.adopt(policy, _day(effective_from), by, note)
        reviewed = _review_all(recorder)
    if json:
        print_json({"adoption": adopted, "digest": policy.digest, "reviewed": reviewed})
    else:
        out.print(
            f"{policy.id} ({policy.digest}) is in force from {effective_from}; "
            f"{reviewed} standings reviewed"
        )


def list_(db: Db = None, json: AsJson = False) -> None:
    """The policies that are in force, each from its day."""
    with opened(db) as recorder:
        editions = recorder.rules.editions
    rows = [
        {
            "from": one.day.isoformat(),
            "policy": one.policy.id,
            "title": one.policy.title,
            "digest": one.policy.digest,
        }
        for one in editions
    ]
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("from 施行", "policy 策略", "title 名称", "digest")
    for row in rows:
        table.add_row(*row.values())
    out.print(table)


def review(db: Db = None, json: AsJson = False) -> None:
    """Bring standings up to the policies in force, where an adoption was broken off."""
    with opened(db) as recorder:
        reviewed = _review_all(recorder)
    if json:
        print_json({"reviewed": reviewed})
    else:
        out.print(f"{reviewed} standings reviewed")


def _review_all(recorder: Recorder) -> int:
    total = 0
    with progress() as bar:
        task = bar.add_task("Reviewing", total=None)
        while reviewed := recorder.review():
            total += reviewed
            bar.update(task, completed=total)
    return total


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"--from {text!r} is not a day: write it as 2026-01-01") from None
    if day < ALWAYS:
        raise LedgerError(f"--from {text}: no event is before {ALWAYS}")
    return day


def _to_json(result: CaseResult) -> dict[str, object]:
    return {
        "id": result.id,
        "verdict": result.verdict,
        "by": list(result.by),
        "message": result.message,
        "asked": result.asked,
    }
