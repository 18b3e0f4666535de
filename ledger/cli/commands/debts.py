"""Who owes points, and how is it forgiven by hand? debts, debts write-off."""

import uuid
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.cli.acting import acting, somebody_else
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_error, print_json
from ledger.clock import now_micros
from ledger.errors import LedgerError
from ledger.volunteers.debts import debts, write_off
from schemas.debts import WriteOff


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Points owed after corrections 欠分", no_args_is_help=False)
    group.callback(invoke_without_command=True)(list_)
    group.command("write-off")(forgive)
    app.add_typer(group, name="debts")


def list_(context: typer.Context, db: Db = None, json: AsJson = False) -> None:
    """List who owes points, the largest debt first."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        found = debts(connection, recorder.rules, now_micros())
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("volunteer 志愿者", "currency 货币")
    for heading in ("debt 欠分", "balance 余额"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(*one)
    out.print(table)
    if found:
        out.print("`vledger explain ID` says what led to one.")


def forgive(
    ident: Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is forgiven 核销原因")],
    approved_by: Annotated[
        str, typer.Option("--approved-by", help="Who approves it, somebody else 批准人")
    ],
    by: Annotated[
        str, typer.Option("--by", help="Who asks for it; absent: who is logged in 经办人")
    ] = "",
    amount: Annotated[
        str | None, typer.Option("--amount", help="At most this much; all of it if not given")
    ] = None,
    currency: Annotated[str | None, typer.Option("--currency")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Forgive what a volunteer owes, where the policy allows it 核销欠分."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.FORGIVE, by=by, signed=True, at=of_volunteer(ident))
        somebody_else(approved_by, "--approved-by")
        try:
            forgiven = WriteOff(
                currency=currency, amount=amount, reason=reason, by=by, approved_by=approved_by
            )
        except ValidationError as error:
            wrong = [_told(problem["loc"], problem["msg"]) for problem in error.errors()]
            raise LedgerError("; ".join(wrong)) from None
        done = write_off(recorder, ident, forgiven, uuid.uuid4().hex, now_micros())
    if json:
        print_json({"volunteer": ident, **done._asdict()})
    elif not done.reason:
        out.print(f"{ident}: {done.amount} {done.currency} written off 已核销", highlight=False)
    if done.reason:
        if not json:
            print_error(f"{ident}: nothing was written off: {done.reason}")
        raise typer.Exit(1)


def _told(where: tuple[int | str, ...], message: str) -> str:
    """An error by the option's name."""
    option = "".join(f"--{part}: ".replace("_", "-") for part in where)
    return option + message.removeprefix("Value error, ")
