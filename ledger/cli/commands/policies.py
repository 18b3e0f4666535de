"""How does a policy officer work with policies? policy check, policy test."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ledger.cli.app import AsJson, err, out, print_json, read_text
from ledger.errors import LedgerError
from ledger.policy import CaseResult, PolicyError, load, run_cases
from ledger.policy import check as check_policy

File = Annotated[Path, typer.Argument(help="Policy file (YAML)")]

HEADINGS = {"met": "[green]met[/green]", "disputed": "[yellow]disputed[/yellow]"}


def add_to(app: typer.Typer) -> None:
    policies = typer.Typer(help="Reward policies 激励策略", no_args_is_help=True)
    policies.callback()(lambda: None)
    policies.command("check")(check)
    policies.command("test")(test)
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


def _to_json(result: CaseResult) -> dict[str, object]:
    return {
        "id": result.id,
        "verdict": result.verdict,
        "by": list(result.by),
        "message": result.message,
        "asked": result.asked,
    }
