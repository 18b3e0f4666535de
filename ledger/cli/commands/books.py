"""How are the books kept? accounts, account."""

from datetime import datetime, tzinfo
from typing import Annotated

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, out, print_json
from ledger.clock import from_micros, now_micros, to_micros
from ledger.errors import LedgerError
from ledger.volunteers.accounts import Period, balances, statement

Name = Annotated[str, typer.Argument(metavar="ACCOUNT", help="As volunteer:V1 or merchant:M01")]


def add_to(app: typer.Typer) -> None:
    app.command()(accounts)
    app.command()(account)


def accounts(
    prefix: Annotated[str, typer.Argument(help="How the names begin, as merchant:")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """What every account holds 账户余额."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        rows = [
            (one.account, one.currency, policy.amount(one.amount, one.currency))
            for one in balances(connection, prefix)
        ]
    if json:
        for name, currency, amount in rows:
            print_json({"account": name, "currency": currency, "balance": amount})
        return
    table = Table("account 账户", "currency 货币")
    table.add_column("balance 余额", justify="right")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def account(
    name: Name,
    since: Annotated[str | None, typer.Option("--from", help="From this day or time on")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Before this day or time")] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="By what was known before this time")
    ] = None,
    by_recorded: Annotated[
        bool, typer.Option("--by-recorded", help="The period is of when entries became known")
    ] = False,
    currency: Annotated[str | None, typer.Option("--currency")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """The statement of one account 对账单: opening balance, each posting, closing balance."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        unit = currency or policy.currency
        period = Period(
            0 if since is None else _micros(since, policy.zone),
            now_micros() if until is None else _micros(until, policy.zone),
            None if known_at is None else _micros(known_at, policy.zone),
        )
        opening, lines = statement(connection, name, unit, period, by_recorded=by_recorded)
    closing = lines[-1].balance if lines else opening
    rows = [
        {
            "entry": line.entry,
            "effective_at": from_micros(line.effective_at, policy.zone).isoformat(),
            "recorded_at": from_micros(line.recorded_at, policy.zone).isoformat(),
            "volunteer": line.volunteer,
            "counter": line.counter,
            "rule": line.rule,
            "redemption": line.redemption,
            "reverses": line.reverses,
            "amount": policy.amount(line.amount, unit),
            "balance": policy.amount(line.balance, unit),
        }
        for line in lines
    ]
    if json:
        print_json(
            {
                "account": name,
                "currency": unit,
                "opening": policy.amount(opening, unit),
                "closing": policy.amount(closing, unit),
                "lines": rows,
            }
        )
        return
    table = Table(
        "true at 发生",
        "known at 入账",
        "with 对方",
        "why 依据",
        title=f"{name} {unit}: {policy.amount(opening, unit)} → {policy.amount(closing, unit)}",
        title_justify="left",
    )
    table.add_column("amount 金额", justify="right")
    table.add_column("balance 余额", justify="right")
    for row in rows:
        why = f"{row['rule']} {row['redemption']}".strip()
        moments = (str(row[key])[:19].replace("T", " ") for key in ("effective_at", "recorded_at"))
        table.add_row(*moments, str(row["counter"]), why, str(row["amount"]), str(row["balance"]))
    out.print(table)


def _micros(text: str, zone: tzinfo) -> int:
    """A day or a time; without a zone it is the policy's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{text!r} is not a time: write it as 2026-05-01T08:00") from None
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=zone))
