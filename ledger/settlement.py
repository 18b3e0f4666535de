"""What is each shop owed for a month? Statements that tie to the postings, as CSV or XLSX.

A month is of when redemptions became known: one that an offline till brings later belongs to the
month in which it came in, so that a month that is over never changes, and the months add up to the
shop's account.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Connection

from ledger.accounts import Line, Period, balances, statement
from ledger.clock import from_micros, to_micros
from ledger.errors import LedgerError
from ledger.rulebook import PolicyText

MERCHANT = "merchant:"
"""How the accounts of shops begin."""


@dataclass(frozen=True)
class ShopMonth:
    """One shop's month; amounts in units of `currency`. `opening + redeemed - refunded` is closing.

    `redeemed` are the points that came in, `refunded` those that went back.
    """

    merchant: str
    currency: str
    opening: int
    lines: Sequence[Line]

    @property
    def redemptions(self) -> int:
        return sum(line.amount > 0 for line in self.lines)

    @property
    def redeemed(self) -> int:
        return sum(line.amount for line in self.lines if line.amount > 0)

    @property
    def refunded(self) -> int:
        return -sum(line.amount for line in self.lines if line.amount < 0)

    @property
    def net(self) -> int:
        return self.redeemed - self.refunded

    @property
    def closing(self) -> int:
        return self.opening + self.net


@dataclass(frozen=True)
class Settlement:
    """All shops' months; `value` is what a point is worth (yuan), None where nothing is paid."""

    month: str
    shops: Sequence[ShopMonth]
    policy: PolicyText
    value: Decimal | None

    def owed(self, shop: ShopMonth) -> str:
        """What the shop is paid for the month, to the cent; "" without a value."""
        if self.value is None:
            return ""
        points = Decimal(self.policy.amount(shop.net, shop.currency))
        return str((points * self.value).quantize(Decimal("0.01")))


def settle(
    connection: Connection,
    policy: PolicyText,
    month: str,
    merchant: str | None = None,
    value: Decimal | None = None,
) -> Settlement:
    """The month (YYYY-MM) of every shop, or of one. Raises LedgerError for another format."""
    period = month_of(month, policy)
    shops = []
    for account in balances(connection, MERCHANT):
        name = account.account.removeprefix(MERCHANT)
        if merchant is not None and name != merchant:
            continue
        opening, lines = statement(
            connection, account.account, account.currency, period, by_recorded=True
        )
        shops.append(ShopMonth(name, account.currency, opening, lines))
    if merchant is not None and not shops:
        raise LedgerError(f"no shop {merchant} has an account: see `vledger accounts merchant:`")
    return Settlement(month, shops, policy, value)


def month_of(month: str, policy: PolicyText) -> Period:
    """The month as instants, on the policy's clock."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise LedgerError(f"{month!r} is not a month: write it as 2026-05") from None
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    since, until = (
        to_micros(datetime.combine(day, time(), policy.zone)) for day in (first, following)
    )
    return Period(since, until)


SUMMARY = (
    "商户",
    "货币",
    "期初积分",
    "兑换笔数",
    "兑换积分",
    "退回积分",
    "本月净额",
    "期末积分",
    "应付金额(元)",
)
DETAIL = (
    "商户",
    "兑换单号",
    "发生时间",
    "入账时间",
    "志愿者",
    "商品",
    "积分",
    "余额",
    "分录号",
    "说明",
)
Cell = str | int | Decimal


def summary_rows(settlement: Settlement) -> Iterator[tuple[Cell, ...]]:
    """A row per shop, under the headings SUMMARY."""
    for shop in settlement.shops:
        amounts = [
            _number(settlement.policy, units, shop.currency)
            for units in (shop.opening, shop.redeemed, shop.refunded, shop.net, shop.closing)
        ]
        owed = settlement.owed(shop)
        yield (
            shop.merchant,
            shop.currency,
            amounts[0],
            shop.redemptions,
            *amounts[1:],
            Decimal(owed) if owed else "",
        )


def detail_rows(settlement: Settlement) -> Iterator[tuple[Cell, ...]]:
    """A row per posting, under the headings DETAIL; volunteers are masked."""
    policy = settlement.policy
    for shop in settlement.shops:
        for line in shop.lines:
            yield (
                shop.merchant,
                line.redemption,
                *(
                    from_micros(at, policy.zone).strftime("%Y-%m-%d %H:%M:%S")
                    for at in (line.effective_at, line.recorded_at)
                ),
                masked(line.volunteer),
                line.item,
                _number(policy, line.amount, shop.currency),
                _number(policy, line.balance, shop.currency),
                str(line.entry),
                "更正" if line.reverses else "退回" if line.amount < 0 else "兑换",
            )


def write(settlement: Settlement, file: Path) -> None:
    """Write the statement: .xlsx with two sheets, or .csv with the postings (UTF-8 with its mark).

    Both open in Excel and WPS with their Chinese headings.
    """
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(DETAIL)
            writer.writerows([_safe(cell) for cell in row] for row in detail_rows(settlement))
        return
    if file.suffix != ".xlsx":
        raise LedgerError(f"{file}: write a name that ends in .xlsx or .csv")
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = f"{settlement.month} 汇总"
    _fill(first, SUMMARY, summary_rows(settlement))
    _fill(book.create_sheet("明细"), DETAIL, detail_rows(settlement))
    book.save(file)


def masked(volunteer: str) -> str:
    """A volunteer's id with its middle hidden."""
    if len(volunteer) <= 4:
        return f"{volunteer[:1]}***"
    return f"{volunteer[:2]}***{volunteer[-2:]}"


def _fill(sheet: Worksheet, headings: Sequence[str], rows: Iterator[tuple[Cell, ...]]) -> None:
    sheet.append(list(headings))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([_safe(cell) for cell in row])
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings, 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, 2 * len(heading) + 4)


def _safe(cell: Cell) -> Cell:
    """A text that a sheet would take for a formula is kept a text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def _number(policy: PolicyText, units: int, currency: str) -> Decimal:
    return Decimal(policy.amount(units, currency))
