"""How does a shop's statement look on paper? Sheets in points, in yuan, and of each posting."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from ledger.clock import from_micros
from ledger.sheets import Cell, Row, Sheet, masked, write_sheets, yuan
from ledger.shops.settlement.statement import PAID, Settlement, ShopPeriod
from ledger.volunteers.accounts import Line

POINTS = (
    "商户",
    "名称",
    "货币",
    "期初积分",
    "兑换笔数",
    "兑换积分",
    "退回积分",
    "本期净额",
    "期末积分",
    "应付金额(元)",
)
MONEY = (
    "商户",
    "名称",
    "期初(元)",
    "兑换笔数",
    "兑换(元)",
    "退回(元)",
    "争议不付(元)",
    "已付款(元)",
    "期末(元)",
    "其中争议中(元)",
)
DETAIL = (
    "商户",
    "名称",
    "兑换单号",
    "发生时间",
    "入账时间",
    "志愿者",
    "商品",
    "说明",
    "货币",
    "积分",
    "积分余额",
    "金额(元)",
    "余额(元)",
    "争议",
    "分录号",
)

DISPUTES = {"": "争议中", "pay": "争议后照付", "refuse": "争议不付"}
"""How a dispute stood, in a word."""


def points_sheet(settlement: Settlement) -> Sheet:
    """A row per shop and currency of points."""
    return Sheet(f"{settlement.period} 积分", POINTS, _points_rows(settlement))


def money_sheet(settlement: Settlement) -> Sheet:
    """A row per shop that a fund pays."""
    return Sheet(f"{settlement.period} 金额", MONEY, _money_rows(settlement))


def detail_sheet(settlement: Settlement) -> Sheet:
    """A row per posting, in points or in yuan; volunteers are masked."""
    return Sheet("明细", DETAIL, _detail_rows(settlement))


def write(settlement: Settlement, file: Path) -> None:
    """Write the statement: .xlsx with sums and postings, or .csv with the postings alone."""
    sheets = [points_sheet(settlement)]
    if settlement.money:
        sheets.append(money_sheet(settlement))
    sheets.append(detail_sheet(settlement))
    write_sheets(file, sheets, in_csv=detail_sheet(settlement))


def _points_rows(settlement: Settlement) -> Iterator[Row]:
    for shop in settlement.points:
        opening, redeemed, refunded, net, closing = (
            _number(settlement, shop, units)
            for units in (shop.opening, shop.redeemed, shop.refunded, shop.net, shop.closing)
        )
        owed = settlement.owed(shop)
        yield (
            shop.merchant,
            shop.name,
            shop.currency,
            opening,
            shop.redemptions,
            redeemed,
            refunded,
            net,
            closing,
            Decimal(owed) if owed else "",
        )


def _money_rows(settlement: Settlement) -> Iterator[Row]:
    for shop in settlement.money:
        yield (
            shop.merchant,
            shop.name,
            yuan(shop.opening),
            shop.redemptions,
            yuan(shop.redeemed),
            yuan(shop.refunded),
            yuan(shop.disputed),
            yuan(shop.paid),
            yuan(shop.closing),
            yuan(shop.withheld),
        )


def _detail_rows(settlement: Settlement) -> Iterator[Row]:
    for shop in settlement.shops:
        for line in shop.lines:
            effective, recorded = (
                from_micros(at, settlement.policy.zone).strftime("%Y-%m-%d %H:%M:%S")
                for at in (line.effective_at, line.recorded_at)
            )
            amounts: tuple[Cell, ...] = ("", "", yuan(line.amount), yuan(line.balance))
            if not shop.is_money:
                points = (_number(settlement, shop, one) for one in (line.amount, line.balance))
                amounts = (*points, "", "")
            dispute = settlement.disputes.get((shop.merchant, line.redemption))
            yield (
                shop.merchant,
                shop.name,
                line.redemption,
                effective,
                recorded,
                masked(line.volunteer),
                line.item,
                _said(line),
                "元" if shop.is_money else shop.currency,
                *amounts,
                "" if dispute is None else DISPUTES[dispute],
                str(line.entry),
            )


def _said(line: Line) -> str:
    if line.reverses:
        return "更正"
    if line.rule in PAID:
        return "付款" if line.amount < 0 else "付款失败退回"
    if line.rule == "dispute":
        return "争议不付"
    if line.rule == "voucher":
        return "用券"
    return "退回" if line.amount < 0 else "兑换"


def _number(settlement: Settlement, shop: ShopPeriod, units: int) -> Decimal:
    return Decimal(settlement.policy.amount(units, shop.currency))
