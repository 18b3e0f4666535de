"""How is a credit supermarket run by hand? till, catalogue, shops, vouchers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import At, as_registered
from ledger.access.asking import merchant as at_shop
from ledger.access.asking import place as at_place
from ledger.access.asking import redemption as of_redemption
from ledger.access.asking import volunteer as of_volunteer
from ledger.cli.acting import acting, registering
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json, settings
from ledger.clock import from_micros, now_micros
from ledger.errors import LedgerError
from ledger.keys import public_keys, signer
from ledger.recording.desk import ask, send
from ledger.shops.catalogue import catalogue, vouchers
from ledger.signing import read_allowance
from schemas import CloudEvent
from schemas.books import StockCounted, StockReceived
from schemas.catalogue import HouseholdRegistered, ItemRegistered, MerchantRegistered
from schemas.redemption import (
    DEFAULT_HOLD,
    AllowanceRequested,
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    RedemptionRequested,
    RefundRequested,
    TransferRequested,
    VoucherUseRequested,
)

Wallet = Annotated[
    str, typer.Argument(metavar="WHOSE", help="A volunteer's id, household:ID or team:ID")
]
Ident = Annotated[str | None, typer.Option("--id", help="Your own id, to ask again safely")]
Given = Annotated[str, typer.Option("--id", help="The id that it was opened under")]
Merchant = Annotated[str, typer.Option("--merchant", help="The shop's id")]
Points = Annotated[
    str | None, typer.Option("--points", help="Absent: what the catalogue says, or all of it")
]
By = Annotated[str | None, typer.Option("--by", help="Who asks, for a household or team")]
Quantity = Annotated[int, typer.Option("--quantity", min=1)]
ItemId = Annotated[str, typer.Option("--item", help="What is bought")]


def add_to(app: typer.Typer) -> None:
    till = typer.Typer(help="Redeem, hold, refund, give away 兑换、冻结、退款、转赠")
    for command in (redeem, hold, confirm, cancel, refund, allow, use, transfer):
        till.command()(command)
    till.command("check")(check_allowance)
    app.add_typer(till, name="till", no_args_is_help=True)
    items = typer.Typer(help="What can be redeemed, and how much is there 兑换目录")
    items.callback(invoke_without_command=True)(list_items)
    items.command("add")(add_item)
    items.command("stock")(move_stock)
    app.add_typer(items, name="catalogue")
    register = typer.Typer(help="Register shops and households 登记商户与家庭")
    register.command("shop")(register_shop)
    register.command("household")(register_household)
    app.add_typer(register, name="register", no_args_is_help=True)
    app.command("vouchers")(list_vouchers)


# The till ----------------------------------------------------------------------------------------


def redeem(
    wallet: Wallet,
    merchant: Merchant,
    item: ItemId,
    points: Points = None,
    quantity: Quantity = 1,
    ident: Ident = None,
    by: By = None,
    allowance: Annotated[
        str | None, typer.Option("--allowance", help="Sold offline under this allowance")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Pay points for an item, at once."""
    data = {"merchant": merchant, "item": item, "points": points, "quantity": quantity, "by": by}
    said = {"redemption": _own(ident), **data, "allowance": allowance}
    _answer(RedemptionRequested, wallet, said, at_shop(merchant), db, json=json)


def hold(
    wallet: Wallet,
    merchant: Merchant,
    item: ItemId,
    points: Points = None,
    quantity: Quantity = 1,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=86_400)] = DEFAULT_HOLD,
    ident: Ident = None,
    by: By = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Set points aside; confirm or cancel it later, or it lapses."""
    data = {"merchant": merchant, "item": item, "points": points, "quantity": quantity, "by": by}
    said = {"redemption": _own(ident), **data, "seconds": seconds}
    _answer(HoldRequested, wallet, said, at_shop(merchant), db, json=json)


def confirm(
    wallet: Wallet, ident: Given, points: Points = None, db: Db = None, json: AsJson = False
) -> None:
    """Pay what was held, or a part of it."""
    _answer(
        ConfirmRequested,
        wallet,
        {"redemption": ident, "points": points},
        of_redemption(ident),
        db,
        json=json,
    )


def cancel(wallet: Wallet, ident: Given, db: Db = None, json: AsJson = False) -> None:
    """Let go what was held."""
    _answer(CancelRequested, wallet, {"redemption": ident}, of_redemption(ident), db, json=json)


def refund(
    wallet: Wallet,
    ident: Given,
    refund_id: Annotated[str | None, typer.Option("--refund", help="Your own id")] = None,
    points: Points = None,
    restock: Annotated[int, typer.Option("--restock", help="Pieces back on the shelf")] = 0,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Give back what a redemption took, or a part of it."""
    said = {"redemption": ident, "refund": _own(refund_id), "points": points, "restock": restock}
    _answer(RefundRequested, wallet, said, of_redemption(ident), db, json=json)


def allow(
    wallet: Wallet,
    merchant: Merchant,
    points: Annotated[str, typer.Option("--points")],
    hours: Annotated[int, typer.Option("--hours", min=1, max=168)] = 24,
    ident: Ident = None,
    by: By = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Set points aside for a till that goes offline; prints a signed allowance for it."""
    said = {"merchant": merchant, "points": points, "seconds": hours * 3600, "by": by}
    _answer(
        AllowanceRequested,
        wallet,
        {"allowance": _own(ident), **said},
        at_shop(merchant),
        db,
        json=json,
    )


def use(
    wallet: Wallet,
    voucher: Annotated[str, typer.Option("--voucher", help="The one-time code")],
    merchant: Merchant,
    ident: Ident = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Take a voucher's one-time code."""
    said = {"voucher": voucher.strip().upper(), "merchant": merchant, "use": _own(ident)}
    _answer(VoucherUseRequested, wallet, said, at_shop(merchant), db, json=json)


def transfer(
    wallet: Wallet,
    to: Annotated[str, typer.Option("--to", help="A volunteer's id, household:ID or fund:ID")],
    points: Annotated[str, typer.Option("--points")],
    household: Annotated[
        str | None, typer.Option("--household", help="That both are members of")
    ] = None,
    ident: Ident = None,
    by: By = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Give points away, as far as the policy lets one."""
    said = {"transfer": _own(ident), "to": to, "points": points, "household": household, "by": by}
    _answer(TransferRequested, wallet, said, of_volunteer(wallet), db, json=json)


def check_allowance(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The signed allowance")],
    key: Annotated[typer.FileText, typer.Option("--key", help="File with the ledger's public key")],
) -> None:
    """What may an offline till do by this allowance? Needs no ledger and no network."""
    print_json(read_allowance(token, public_keys(key.read())))


def _own(ident: str | None) -> str:
    return ident or uuid4().hex


def _answer(
    kind: type[CloudEvent], wallet: str, data: dict[str, Any], at: At, db: str | None, *, json: bool
) -> None:
    """Ask, and print the answer; exit code 1 if it was refused."""
    chosen = settings(db)
    with opened(db) as recorder:
        own = (Permission.OWN,) if kind is TransferRequested else ()
        acting(recorder, Permission.REDEEM, *own, at=at)
        answer = ask(recorder, signer(chosen.key), kind, wallet, data)
    said = answer.model_dump(mode="json", exclude_none=True)
    if json:
        print_json(said)
    else:
        table = Table(show_header=False)
        token = said["data"].pop("token", None)
        for name, value in {"answer": said["type"].split(".")[2], **said["data"]}.items():
            if value != "":
                table.add_row(name, str(value))
        out.print(table)
        if token is not None:
            typer.echo(token)
    if "reason" in said["data"]:
        raise typer.Exit(1)


# The catalogue -----------------------------------------------------------------------------------


def list_items(context: typer.Context, db: Db = None, json: AsJson = False) -> None:
    """List what can be redeemed."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        found = list(catalogue(connection, now_micros()))
    if json:
        for one in found:
            print_json(one.to_json())
        return
    table = Table("item 商品", "name 名称", "kind 类别")
    for heading in ("points 积分", "stock 库存", "available 可兑"):
        table.add_column(heading, justify="right")
    for one in found:
        prices = " / ".join(dict.fromkeys(price.points for price in one.item.prices))
        pieces = ["" if n is None else str(n) for n in (one.stock, one.available)]
        table.add_row(one.id, one.item.name, one.item.kind, prices, *pieces)
    out.print(table)


def add_item(
    ident: Annotated[str, typer.Argument(metavar="ITEM", help="Its id (SKU)")],
    name: Annotated[str, typer.Option("--name")],
    points: Annotated[str, typer.Option("--points", help="What one costs")],
    kind: Annotated[str, typer.Option("--kind", help="goods, service or voucher")] = "goods",
    currency: Annotated[str | None, typer.Option("--currency")] = None,
    stocked: Annotated[bool, typer.Option("--stocked", help="Only while stock lasts")] = False,
    limit: Annotated[
        str | None, typer.Option("--limit", help="For one person, as 2/month (day, year, total)")
    ] = None,
    valid_days: Annotated[int | None, typer.Option("--valid-days", help="Of a voucher")] = None,
    db: Db = None,
) -> None:
    """List an item, or change it; prices by level or date are set by an event (see schemas)."""
    data: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "prices": [{"points": points}],
        "currency": currency,
        "stocked": stocked,
        "valid_days": valid_days,
    }
    if limit is not None:
        count, _, per = limit.partition("/")
        if not count.isdecimal():
            raise LedgerError(f"--limit {limit!r}: write it as 2/month")
        data["limit"] = {"count": int(count), "per": per}
    with opened(db) as recorder:
        acting(recorder, Permission.CATALOGUE)
        send(recorder, ItemRegistered, ident, data)
    out.print(f"{ident} is in the catalogue.")


def move_stock(
    ident: Annotated[str, typer.Argument(metavar="ITEM")],
    received: Annotated[int | None, typer.Option("--received", help="So many have come")] = None,
    counted: Annotated[int | None, typer.Option("--counted", help="So many are there")] = None,
    note: Annotated[str, typer.Option("--note")] = "",
    db: Db = None,
) -> None:
    """Book a delivery, or what was counted on the shelf."""
    if (received is None) == (counted is None):
        raise LedgerError("give either --received or --counted")
    with opened(db) as recorder:
        acting(recorder, Permission.CATALOGUE)
        if received is not None:
            send(recorder, StockReceived, ident, {"quantity": received, "note": note})
        else:
            send(recorder, StockCounted, ident, {"quantity": counted, "note": note})
    out.print("Booked.")


def list_vouchers(
    all_: Annotated[bool, typer.Option("--all", help="Ended ones too")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List vouchers that can still be used 待核销券."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        zone = recorder.policy.zone
        found = list(vouchers(connection, ended=all_))
    if json:
        for one in found:
            until: datetime = from_micros(one.expires_at, zone)
            print_json({**one._asdict(), "expires_at": until.isoformat()})
        return
    table = Table("code 券码", "whose 持有人", "item 商品", "until 有效期至", "state 状态")
    for one in found:
        until = from_micros(one.expires_at, zone)
        table.add_row(one.code, one.volunteer, one.item, f"{until:%Y-%m-%d %H:%M}", one.state)
    out.print(table)


# Registrations -----------------------------------------------------------------------------------


def register_shop(
    ident: Annotated[str, typer.Argument(metavar="SHOP", help="Its id")],
    name: Annotated[str, typer.Option("--name")],
    place: Annotated[str | None, typer.Option("--place", help="For budgets")] = None,
    fund: Annotated[str | None, typer.Option("--fund", help="Who pays it")] = None,
    listed_only: Annotated[
        bool, typer.Option("--listed-only", help="Nothing but what the catalogue lists")
    ] = False,
    db: Db = None,
) -> None:
    """Register a credit supermarket or service point, or change it."""
    data = {"name": name, "place": place, "fund": fund, "listed_only": listed_only}
    with opened(db) as recorder:
        registering(
            recorder, Permission.REGISTER, as_registered("merchant", ident), at_place(place)
        )
        send(recorder, MerchantRegistered, ident, data)
    out.print(f"{ident} is registered.")


def register_household(
    ident: Annotated[str, typer.Argument(metavar="HOUSEHOLD", help="Its id")],
    name: Annotated[str, typer.Option("--name")],
    members: Annotated[str, typer.Option("--members", help="Volunteers' ids, as V1,V2")],
    db: Db = None,
) -> None:
    """Register a household, whose wallet is household:ID, or change it."""
    listed = [one.strip() for one in members.split(",") if one.strip()]
    with opened(db) as recorder:
        acting(recorder, Permission.REGISTER)
        send(recorder, HouseholdRegistered, ident, {"name": name, "members": listed})
    out.print(f"{ident} is registered; its wallet is household:{ident}.")
