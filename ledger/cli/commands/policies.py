"""How does a policy officer work with policies? policy check."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import AsJson, out, print_json, read_policy

File = Annotated[Path, typer.Argument(help="Policy file (YAML)")]


def add_to(app: typer.Typer) -> None:
    policies = typer.Typer(help="Reward policies 激励策略", no_args_is_help=True)
    policies.callback()(lambda: None)
    policies.command("check")(check)
    app.add_typer(policies, name="policy")


def check(file: File, json: AsJson = False) -> None:
    """Say whether a policy file is sound, and what is wrong with it if not."""
    found = read_policy(file)
    if json:
        print_json({"ok": True, "id": found.policy.id, "digest": found.digest})
    else:
        out.print(f"{file}: {found.policy.name.zh} ({found.policy.id}), digest {found.digest}")
