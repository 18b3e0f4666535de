"""How are welfare funds looked after? funds, liability."""

from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import as_registered
from ledger.access.asking import fund as of_fund
from ledger.access.asking import place as at_place
from ledger.cli.acting import acting, registering
from ledger.cli.shared import AsJson, Db, amount_of, asked, opened, out, print_json
from ledger.clock import now_micros
from ledger.sheets import yuan
from ledger.shops.funds import (
    BudgetLine,
    FundReport,
    contribute,
    fund,
    funds,
    register_fund,
    registered_funds,
    set_budget,
)
from ledger.shops.liability import liability, months_back

Ident = Annotated[str, typer.Argument(metavar="FUND", help="The fund's id")]
Amount = Annotated[str, typer.Option("--amount", help="Yuan, as 5000.00")]
Note = Annotated[str, typer.Option("--note", help="For the books 备注")]

COMMITTED = (
    "committed 兑付所需: what the points in all wallets would cost, whoever's and wherever earned"
)


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Welfare funds: money, budgets, how long it lasts 公益基金")
    group.callback(invoke_without_command=True)(list_)
    group.command("show")(show)
    group.command("register")(register)
    group.command("contribute")(give)
    group.command("budget")(plan)
    app.add_typer(group, name="funds")
    app.command("liability")(owed)


def list_(context: typer.Context, db: Db = None, json: AsJson = False) -> None:
    """List funds: balance, what holds have reserved, spending, budgets, how long it lasts.

    Committed is what all points in all wallets would cost the fund at its point value, as if it
    had to pay for each of them. Days are at the spending of the last 30.
    """
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        found = funds(connection, recorder.policy, now_micros())
    if json:
        for one in found:
            print_json(_fund(one))
        return
    table = Table("fund 基金", "name 名称")
    headings = ("balance 余额", "reserved 冻结", "given 捐入", "spent 支出", "committed 兑付所需",
                "30 days 近30天", "lasts 可用天数")  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="right")
    table.add_column("")
    for one in found:
        name = "" if one.registered is None else one.registered.name
        money = [one.balance, one.reserved, one.contributed, one.spent, one.committed, one.lately]
        lasts = "" if one.lasts is None else str(one.lasts)
        alert = "[red]runs low 告急[/red]" if one.alert else ""
        table.add_row(one.fund, name, *map(_text, money), lasts, alert)
    out.print(table)
    if found:
        out.print(COMMITTED, style="dim", highlight=False)
    if any(one.budgets for one in found):
        out.print(_budgets([(one.fund, line) for one in found for line in one.budgets]))


def show(ident: Ident, db: Db = None, json: AsJson = False) -> None:
    """Show one fund: spending by shop and month, donors' contributions, budgets."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=of_fund(ident))
        story = fund(connection, recorder.policy, ident, now_micros())
    if json:
        spending = [
            {"month": one.month, "to": one.to, "amount": str(yuan(one.fen))}
            for one in story.spending
        ]
        donors = [{"donor": name, "amount": str(yuan(fen))} for name, fen in story.donors]
        print_json({**_fund(story.report), "spending": spending, "donors": donors})
        return
    report = story.report
    known = report.registered
    title = f"{ident} {known.name if known else ''}: {yuan(report.balance)} 元"
    if known is not None:
        title += f", {known.point_value} 元/积分"
    table = Table("month 月", "to 付给", title=title, title_justify="left")
    table.add_column("spent 支出(元)", justify="right")
    for one in story.spending:
        table.add_row(one.month, one.to, str(yuan(one.fen)))
    out.print(table)
    given = Table("donor 捐赠方")
    given.add_column("given 捐入(元)", justify="right")
    for name, fen in story.donors:
        given.add_row(name, str(yuan(fen)))
    out.print(given)
    if report.budgets:
        out.print(_budgets([(ident, line) for line in report.budgets]))


def register(
    ident: Ident,
    name: Annotated[str, typer.Option("--name")],
    value: Annotated[str, typer.Option("--point-value", help="Yuan that it pays for a point")],
    alert: Annotated[
        str | None, typer.Option("--alert", help="Call out when it has less than this (yuan)")
    ] = None,
    place: Annotated[str | None, typer.Option("--place", help="Whose fund it is")] = None,
    db: Db = None,
) -> None:
    """Register a fund, or change it. Shops name it when they are registered."""
    with opened(db) as recorder:
        registering(recorder, Permission.FUND, as_registered("fund", ident), at_place(place))
        register_fund(recorder, ident, name, value, alert, place)
    out.print(f"{ident} is registered.")


def give(
    ident: Ident,
    donor: Annotated[str, typer.Option("--donor", help="Who gives 捐赠方")],
    amount: Amount,
    note: Note = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Book what a donor gives 捐赠入账."""
    with opened(db) as recorder:
        acting(recorder, Permission.FUND, at=of_fund(ident))
        contribute(recorder, ident, donor, amount, note)
        with recorder.database.read() as connection:
            now = fund(connection, recorder.policy, ident, now_micros()).report
    if json:
        print_json(_fund(now))
    else:
        out.print(f"{ident} has {yuan(now.balance)} 元.", highlight=False)


def plan(
    ident: Ident,
    period: Annotated[str, typer.Option("--period", help="A year, as 2026, or a month: 2026-05")],
    amount: Amount,
    place: Annotated[
        str | None, typer.Option("--place", help="Only at the shops of this place")
    ] = None,
    note: Note = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Say how much may be spent in a period; the newest amount stands 预算."""
    with opened(db) as recorder:
        acting(recorder, Permission.FUND, at=of_fund(ident))
        set_budget(recorder, ident, period, amount, place, note)
        with recorder.database.read() as connection:
            now = fund(connection, recorder.policy, ident, now_micros()).report
    if json:
        print_json(_fund(now))
    else:
        out.print(_budgets([(ident, line) for line in now.budgets]))


def owed(
    first: Annotated[
        str | None, typer.Option("--from", help="First month [default: eleven months ago]")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month [default: this one]")] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", help="Yuan a point [default: what the funds pay, if it is one]"),
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Points that can still be redeemed at each month's end, and what they are worth 未兑付积分.

    By when things were true, and by all that is known now: a month changes where something of it
    comes in late. All wallets count, but for those that owe.
    """
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        if value is None:
            values = {Decimal(one.point_value) for one in registered_funds(connection).values()}
            worth = values.pop() if len(values) == 1 else None
        else:
            worth = amount_of(value, "--value")
        since, until = months_back(now_micros(), policy, 12)
        found = list(liability(connection, policy, first or since, last or until, worth))
    if json:
        for one in found:
            told = None if one.value is None else str(one.value)
            print_json({**one._asdict(), "value": told})
        return
    table = Table("month 月末")
    for heading in ("points 未兑付积分", "wallets 户数", "value 价值(元)"):
        table.add_column(heading, justify="right")
    for one in found:
        told = "" if one.value is None else str(one.value)
        table.add_row(one.month, one.points, str(one.wallets), told)
    out.print(table)


def _fund(one: FundReport) -> dict[str, Any]:
    known = one.registered
    return {
        "fund": one.fund,
        "name": None if known is None else known.name,
        "place": None if known is None else known.place,
        "point_value": None if known is None else known.point_value,
        "balance": str(yuan(one.balance)),
        "reserved": str(yuan(one.reserved)),
        "left": str(yuan(one.left)),
        "contributed": str(yuan(one.contributed)),
        "spent": str(yuan(one.spent)),
        "committed_all_wallets": None if one.committed is None else str(yuan(one.committed)),
        "spent_30_days": str(yuan(one.lately)),
        "lasts_days": one.lasts,
        "alert": one.alert,
        "budgets": [
            {
                "period": line.period,
                "place": line.place or None,
                "amount": str(yuan(line.amount)),
                "spent": str(yuan(line.spent)),
                "left": str(yuan(line.left)),
            }
            for line in one.budgets
        ],
    }


def _budgets(lines: list[tuple[str, BudgetLine]]) -> Table:
    table = Table("fund 基金", "period 期间", "place 场所")
    for heading in ("budget 预算(元)", "spent 已用", "left 剩余"):
        table.add_column(heading, justify="right")
    for ident, line in lines:
        money = (str(yuan(one)) for one in (line.amount, line.spent, line.left))
        table.add_row(ident, line.period, line.place or "all 全部", *money)
    return table


def _text(fen: int | None) -> str:
    return "" if fen is None else str(yuan(fen))
