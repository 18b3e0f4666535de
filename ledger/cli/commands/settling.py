"""How are shops settled with and paid? settlement, disputes, payout."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import merchant as at_shop
from ledger.access.asking import redemption as of_redemption
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, amount_of, asked, opened, out, print_json
from ledger.clock import from_micros
from ledger.core.redeeming import Dispute
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.sheets import Sheet, yuan
from ledger.shops.disputes import decide_dispute, disputes, open_dispute
from ledger.shops.payouts import PayoutBatch, export, find, payouts, prepare, remit
from ledger.shops.settlement import Settlement, ShopPeriod, money_sheet, points_sheet, settle, write

By = Annotated[str, typer.Option("--by", help="Who does this; absent: who is logged in 经办人")]
Ident = Annotated[str, typer.Argument(metavar="ID", help="As payout/2026-05/1, or 2026-05/1")]
Redemption = Annotated[
    str, typer.Argument(metavar="REDEMPTION", help="The redemption's id 兑换单号")
]
Reason = Annotated[str, typer.Option("--reason", help="Why 理由")]


def add_to(app: typer.Typer) -> None:
    app.command()(settlement)
    about = typer.Typer(help="Redemptions that are not paid out until decided 争议")
    about.callback(invoke_without_command=True)(list_disputes)
    about.command("open")(open_)
    about.command("decide")(decide)
    app.add_typer(about, name="disputes")
    paying = typer.Typer(help="Pay shops what their funds owe them 付款批次")
    paying.command("prepare")(prepare_payout)
    paying.command("list")(list_payouts)
    paying.command("show")(show_payout)
    paying.command("export")(export_payout)
    paying.command("remit")(remit_payout)
    app.add_typer(paying, name="payout", no_args_is_help=True)


# Statements ----------------------------------------------------------------------------------


def settlement(
    period: Annotated[
        str, typer.Argument(metavar="PERIOD", help="A month, as 2026-05, or a day, as 2026-05-01")
    ],
    merchant: Annotated[str | None, typer.Option("--merchant", help="Only this shop")] = None,
    value: Annotated[
        str | None,
        typer.Option("--point-value", help="What a point is paid with where no fund pays, as 0.05"),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Statement to write: .xlsx with sums, or .csv of all postings"),
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """What each shop got, gave back and was paid, in points and in yuan 对账单: 日结、月结.

    By when things became known: a period that is over never changes, and what comes late belongs
    to the next. Periods add up to the shop's accounts.
    """
    worth = None if value is None else amount_of(value, "--point-value")
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.REDEEM, at=at_shop(merchant))
        found = settle(connection, recorder.policy, period, merchant, worth)
    if to is not None:
        write(found, to)
    if json:
        for shop in (*found.points, *found.money):
            print_json(_period(found, shop))
        return
    out.print(_table(points_sheet(found), texts=3))
    if found.money:
        out.print(_table(money_sheet(found), texts=2))


def _period(found: Settlement, shop: ShopPeriod) -> dict[str, Any]:
    amounts = {
        name: found.policy.amount(getattr(shop, name), shop.currency)
        for name in ("opening", "redeemed", "refunded", "disputed", "net", "paid", "closing")
    }
    told = {
        "merchant": shop.merchant,
        "name": shop.name,
        "currency": shop.currency,
        "redemptions": shop.redemptions,
        **amounts,
    }
    if shop.is_money:
        return told | {"withheld": found.policy.amount(shop.withheld, shop.currency)}
    return told | {"owed": found.owed(shop)}


def _table(sheet: Sheet, texts: int) -> Table:
    table = Table(*sheet.headings[:texts], title=sheet.title, title_justify="left")
    for heading in sheet.headings[texts:]:
        table.add_column(heading, justify="right")
    for row in sheet.rows:
        table.add_row(*map(str, row))
    return table


# Disputes ------------------------------------------------------------------------------------

STATES = {"": "open 争议中", "pay": "paid 照付", "refuse": "refused 不付"}


def list_disputes(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Decided ones too")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List redemptions in dispute, the oldest first, with what is not paid out meanwhile."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        found = disputes(connection, decided=all_)
    if json:
        for one in found:
            print_json(_dispute(one, policy))
        return
    table = Table("redemption 兑换单号", "shop 商户", "yuan 元", "since 自", "why 理由",
                  "by 经办人", "state 状态")  # fmt: skip
    for one in found:
        since = f"{from_micros(one.opened_at, policy.zone):%Y-%m-%d %H:%M}"
        state = f"{STATES[one.decision]} {one.decided_because} {one.decided_by}".strip()
        amount = str(yuan(one.cost))
        table.add_row(one.redemption, one.merchant, amount, since, one.reason, one.by, state)
    out.print(table)


def open_(
    ident: Redemption,
    merchant: Annotated[str, typer.Option("--merchant", help="The shop that it was at")],
    reason: Reason,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Say that a redemption is in dispute: it is not paid out until that is decided."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.DISPUTE, by=by, signed=True, at=at_shop(merchant))
        found = open_dispute(recorder, ident, merchant, reason, by)
        _told(found, recorder.policy, json=json)


def decide(
    ident: Redemption,
    reason: Reason,
    by: By = "",
    pay: Annotated[bool, typer.Option("--pay", help="The shop is paid 照付")] = False,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="It is not, and the fund has the money again 不付")
    ] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Decide a dispute. The volunteer's points stay as they are: `vledger till refund` is apart."""
    if pay == refuse:
        raise LedgerError("give either --pay or --refuse")
    with opened(db) as recorder:
        by = acting(recorder, Permission.DISPUTE, by=by, signed=True, at=of_redemption(ident))
        found = decide_dispute(recorder, ident, "pay" if pay else "refuse", reason, by)
        _told(found, recorder.policy, json=json)


def _told(one: Dispute, policy: PolicyText, *, json: bool) -> None:
    if json:
        print_json(_dispute(one, policy))
    else:
        state, amount = STATES[one.decision], yuan(one.cost)
        out.print(f"{one.redemption} at {one.merchant}: {state}, {amount} 元", highlight=False)


def _dispute(one: Dispute, policy: PolicyText) -> dict[str, Any]:
    return {
        "redemption": one.redemption,
        "merchant": one.merchant,
        "fund": one.fund,
        "amount": str(yuan(one.cost)),
        "state": one.decision or "open",
        "opened_at": from_micros(one.opened_at, policy.zone).isoformat(),
        "reason": one.reason,
        "by": one.by,
        "decided_because": one.decided_because,
        "decided_by": one.decided_by,
    }


# Payouts -------------------------------------------------------------------------------------


def prepare_payout(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="As 2026-05")],
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Set aside for the bank what every shop is due up to the end of a month.

    That is what came in by then, less what went back or was paid since and what is in dispute.
    Nothing is paid twice: what is in a payout is due again only where the bank could not pay it.
    """
    with opened(db) as recorder:
        by = acting(recorder, Permission.PAY, by=by)
        _show(prepare(recorder, month, by), recorder.policy, json=json)


def list_payouts(db: Db = None, json: AsJson = False) -> None:
    """List all payouts, the oldest first."""
    with opened(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        found = payouts(connection)
    if json:
        for one in found:
            print_json(_payout(one, policy))
        return
    table = Table("payout 批次", "prepared 准备", "by 经办人", "state 状态")
    for heading in ("shops 商户数", "yuan 金额(元)", "paid 已付(元)"):
        table.add_column(heading, justify="right")
    for one in found:
        made = f"{from_micros(one.prepared, policy.zone):%Y-%m-%d %H:%M}"
        shops, paid = str(len(one.lines)), "" if one.remitted is None else str(yuan(one.paid))
        table.add_row(one.id, made, one.by, _state(one), shops, str(yuan(one.total)), paid)
    out.print(table)


def show_payout(ident: Ident, db: Db = None, json: AsJson = False) -> None:
    """Show a payout shop by shop."""
    with opened(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        _show(find(connection, ident), recorder.policy, json=json)


def export_payout(
    ident: Ident,
    to: Annotated[Path, typer.Option("--out", help="For the bank: .xlsx or .csv")],
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Write a payout for the bank: shop, name, amount, payout, purpose 付款清单."""
    with opened(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        found = export(connection, ident, to)
    if json:
        print_json({**_payout(found, policy), "file": str(to)})
    else:
        out.print(f"{to}: {len(found.lines)} shops, {yuan(found.total)} 元", highlight=False)


def remit_payout(
    ident: Ident,
    reference: Annotated[str, typer.Option("--reference", help="The bank's receipt 回单号")],
    by: By = "",
    failed: Annotated[
        str, typer.Option("--failed", help="Shops that could not be paid, as M01,M02: due again")
    ] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Book that the bank has paid a payout. It can be done once."""
    shops = [one.strip() for one in failed.split(",") if one.strip()]
    with opened(db) as recorder:
        by = acting(recorder, Permission.PAY, by=by, signed=True)
        _show(remit(recorder, ident, shops, reference, by), recorder.policy, json=json)


def _show(one: PayoutBatch, policy: PolicyText, *, json: bool) -> None:
    if json:
        print_json(_payout(one, policy))
        return
    told = f"{one.id}: {yuan(one.total)} 元, {_state(one)} {one.reference}".strip()
    out.print(told, highlight=False, markup=False)
    table = Table("shop 商户")
    table.add_column("yuan 元", justify="right")
    table.add_column("")
    failed = {line.merchant for line in one.failed}
    for line in one.lines:
        why = "failed 付款失败" if line.merchant in failed else ""
        table.add_row(line.merchant, str(yuan(line.fen)), why)
    out.print(table)


def _payout(one: PayoutBatch, policy: PolicyText) -> dict[str, Any]:
    def listed(lines: Any) -> list[dict[str, str]]:
        return [{"merchant": line.merchant, "amount": str(yuan(line.fen))} for line in lines]

    told: dict[str, Any] = {
        "payout": one.id,
        "month": one.month,
        "total": str(yuan(one.total)),
        "lines": listed(one.lines),
        "prepared_at": from_micros(one.prepared, policy.zone).isoformat(),
        "by": one.by,
        "state": "prepared" if one.remitted is None else "remitted",
    }
    if one.remitted is not None:
        told |= {
            "paid": str(yuan(one.paid)),
            "failed": listed(one.failed),
            "remitted_at": from_micros(one.remitted, policy.zone).isoformat(),
            "reference": one.reference,
            "remitted_by": one.remitted_by,
        }
    return told


def _state(one: PayoutBatch) -> str:
    if one.remitted is None:
        return "waits for the bank 待付款"
    if not one.paid:
        return "failed 付款失败"
    return "paid in part 部分付款" if one.failed else "paid 已付款"
