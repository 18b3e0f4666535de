"""Do the books close? Statements on both time axes, what shops are paid, how funds stand."""

import csv
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.shops.catalogue import vouchers
from ledger.shops.disputes import decide_dispute, disputes, open_dispute
from ledger.shops.funds import fund, funds
from ledger.shops.liability import liability
from ledger.shops.payouts import PayoutBatch, export, payouts, prepare, remit
from ledger.shops.settlement import Settlement, money_sheet, points_sheet, settle, write
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.accounts import Period, balance_at, balances, statement
from tests.builders import (
    check_out,
    hold,
    record,
    redeem,
    register,
    shop_event,
    till,
    use,
    visit,
)


def at(text: str) -> int:
    """Chinese time as an instant (µs)."""
    return to_micros(datetime.fromisoformat(f"{text}+08:00"))


class Clock:
    now = at("2026-05-20T12:00")

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Iterator[Recorder]:
    recorder = Recorder(database, national_ladder(), clock)
    yield recorder
    assert unsound(recorder) == []


def unsound(recorder: Recorder) -> list[object]:
    return list(verify(recorder.database, lambda _events: None)[1])


def held(recorder: Recorder, prefix: str, currency: str = "CNY") -> dict[str, int]:
    """What accounts hold, but for empty ones."""
    with recorder.database.read() as connection:
        return {
            one.account: one.amount
            for one in balances(connection, prefix)
            if one.currency == currency and one.amount
        }


def settled(recorder: Recorder, period: str, value: str | None = None) -> Settlement:
    with recorder.database.read() as connection:
        worth = None if value is None else Decimal(value)
        return settle(connection, recorder.policy, period, value=worth)


def points(settlement: Settlement) -> list[tuple[object, ...]]:
    return list(points_sheet(settlement).rows)


def money(settlement: Settlement) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in money_sheet(settlement).rows]


def lines(batch: PayoutBatch) -> dict[str, int]:
    return {line.merchant: line.fen for line in batch.lines}


def days(month: str) -> Iterator[str]:
    day = date.fromisoformat(f"{month}-01")
    while f"{day:%Y-%m}" == month:
        yield day.isoformat()
        day += timedelta(days=1)


def county(recorder: Recorder) -> None:
    """V00000001 has 46 points; F1 pays M01 and M02 half a yuan a point, and nobody pays M03."""
    record(
        recorder,
        [
            *visit("V00000001", "2026-04-01", "00:00", "23:00"),
            *visit("V00000001", "2026-04-02", "00:00", "23:00"),
            register("fund", "F1", name="公益基金", point_value="0.5", alert="95"),
            register("merchant", "M01", name="=城关超市", fund="F1", place="370102"),
            register("merchant", "M02", name="理发店", fund="F1"),
            shop_event("fund.contributed", "F1", donor="D1", amount="60"),
            shop_event("fund.contributed", "F1", donor="D2", amount="40.00"),
            shop_event("fund.budgeted", "F1", period="2026", amount="50"),
            shop_event("fund.budgeted", "F1", period="2026-05", place="370102", amount="12.00"),
        ],
    )


def test_a_balance_has_two_times(recorder: Recorder, clock: Clock) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    clock.now = at("2026-06-02T12:00")
    record(recorder, [check_out("V1", "2026-05-01T11:00")])  # it was only three hours
    with recorder.database.read() as connection:

        def held(true: str, known: str | None = None) -> int:
            limit = None if known is None else at(known)
            return balance_at(connection, "volunteer:V1", "POINTS", at(true), limit)

        assert held("2026-05-01T17:00") == 3
        assert held("2026-05-15T00:00", known="2026-06-01T00:00") == 10
        assert held("2026-05-15T00:00") == 3
        assert held("2026-05-01T08:00") == 0
        opening, lines = statement(
            connection,
            "volunteer:V1",
            "POINTS",
            Period(at("2026-06-01T00:00"), at("2026-07-01T00:00")),
            by_recorded=True,
        )
    assert opening == 10
    assert [(line.amount, line.balance) for line in lines] == [(-10, 0), (3, 3)]
    assert lines[0].reverses is not None


def test_months_add_up_to_what_a_shop_has_and_never_change(
    recorder: Recorder, clock: Clock, tmp_path: Path
) -> None:
    record(recorder, visit("V00000001", "2026-05-01", "00:00", "23:00"))
    may = [
        redeem("V00000001", "R1", "5", time="2026-05-20T10:00"),
        hold("V00000001", "R2", "4", time="2026-05-20T10:05", merchant="M02"),
        till("confirm", "V00000001", "R2", "2026-05-20T10:06", points="3"),
        redeem("V00000001", "R9", "50", time="2026-05-20T10:07"),
    ]
    record(recorder, may)
    before = points(settled(recorder, "2026-05"))
    clock.now = at("2026-06-03T12:00")
    june = [
        redeem("V00000001", "=R3", "2", time="2026-05-30T10:00"),  # an offline till's, of May
        till("refund", "V00000001", "R1", "2026-06-01T10:00", refund="F1", points="1"),
    ]
    record(recorder, june)
    months = [settled(recorder, month, "0.05") for month in ("2026-05", "2026-06")]
    with recorder.database.read() as connection:
        for wrong in ("May", "2026-13", "2026-05-32", "20260501"):
            with pytest.raises(LedgerError, match="neither a month nor a day"):
                settle(connection, recorder.policy, wrong)
        with pytest.raises(LedgerError, match="M77"):
            settle(connection, recorder.policy, "2026-05", "M77")
    assert [row[:9] for row in points(months[0])] == [row[:9] for row in before]
    assert before == [
        ("M01", "", "POINTS", 0, 1, 5, 0, 5, 5, ""),
        ("M02", "", "POINTS", 0, 1, 3, 0, 3, 3, ""),
    ]
    assert points(months[1]) == [
        ("M01", "", "POINTS", 5, 1, 2, 1, 1, 6, Decimal("0.05")),
        ("M02", "", "POINTS", 3, 0, 0, 0, 0, 3, Decimal("0.00")),
    ]
    assert not money(months[1])
    assert points(settled(recorder, "2026-06-03"))[0] == points(settled(recorder, "2026-06"))[0]
    write(months[1], tmp_path / "june.xlsx")
    book = load_workbook(tmp_path / "june.xlsx")
    assert book.sheetnames == ["2026-06 积分", "明细"]
    write(months[1], tmp_path / "june.csv")
    raw = (tmp_path / "june.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert [row["说明"] for row in rows] == ["兑换", "退回"]
    assert rows[0]["兑换单号"] == "'=R3"  # no formula
    assert rows[0]["志愿者"] == "V0***01"


def test_a_month_is_closed_disputed_paid_and_ties_to_the_postings(
    recorder: Recorder, clock: Clock, tmp_path: Path
) -> None:
    county(recorder)
    who = "V00000001"
    record(
        recorder,
        [
            redeem(who, "R1", "10", time="2026-05-20T10:00"),
            redeem(who, "R2", "8", time="2026-05-20T10:01"),
            redeem(who, "R3", "6", time="2026-05-20T10:02", merchant="M02"),
            redeem(who, "R4", "5", time="2026-05-20T10:03", merchant="M03"),
            hold(who, "R5", "4", time="2026-05-20T10:04", merchant="M02"),
            till("confirm", who, "R5", "2026-05-20T10:05", points="3"),
            redeem(who, "R6", "2", time="2026-05-20T10:06"),
        ],
    )
    with pytest.raises(LedgerError, match="R2 is no purchase at M02: it was at M01"):
        open_dispute(recorder, "R2", "M02", "未收到商品", "李四")
    assert open_dispute(recorder, "R2", "M01", "未收到商品", "李四").cost == 400
    with pytest.raises(LedgerError, match="is open"):
        open_dispute(recorder, "R2", "M01", "未收到商品", "李四")
    open_dispute(recorder, "R3", "M02", "数量不符", "李四")
    decide_dispute(recorder, "R3", "pay", "已补齐", "王五")
    write(settled(recorder, "2026-05"), tmp_path / "may.csv")
    may = money(settled(recorder, "2026-05"))
    assert may == [
        ("M01", "=城关超市", "0.00", "3", "10.00", "0.00", "0.00", "0.00", "10.00", "4.00"),
        ("M02", "理发店", "0.00", "2", "4.50", "0.00", "0.00", "0.00", "4.50", "0.00"),
    ]

    clock.now = at("2026-06-03T12:00")
    record(
        recorder,
        [
            till("refund", who, "R1", "2026-06-01T10:00", refund="F1", points="4"),
            redeem(who, "R7", "2", time="2026-06-02T10:00", merchant="M02"),
        ],
    )
    first = prepare(recorder, "2026-05", "张三")
    # Not the 2.00 that went back in June, nor the 4.00 in dispute; nor what came in in June.
    assert (first.id, lines(first)) == ("payout/2026-05/1", {"M01": 400, "M02": 450})
    with pytest.raises(LedgerError, match="payout/2026-05/1, which waits for the bank"):
        prepare(recorder, "2026-05", "张三")
    with pytest.raises(LedgerError, match="has not begun"):
        prepare(recorder, "2026-07")
    assert held(recorder, "payout:") == {"payout:2026-05/1": 850}
    assert decide_dispute(recorder, "R2", "refuse", "确未交付", "王五").cost == 400
    with pytest.raises(LedgerError, match="no open dispute"):
        decide_dispute(recorder, "R2", "pay", "", "王五")
    with pytest.raises(LedgerError, match="M09: not in payout/2026-05/1"):
        remit(recorder, first.id, ["M09"], "B1", "张三")
    assert remit(recorder, "2026-05/1", ["M02"], "B1", "张三").paid == 400
    with pytest.raises(LedgerError, match="was remitted before"):
        remit(recorder, first.id, [], "B1", "张三")
    second = prepare(recorder, "2026-05", "张三")  # what the bank could not pay
    assert (second.id, lines(second)) == ("payout/2026-05/2", {"M02": 450})
    remit(recorder, second.id, [], "B2", "张三")

    clock.now = at("2026-07-02T12:00")
    # The fund has the money of R2 again already, so that a refund gives back the points alone.
    record(recorder, [till("refund", who, "R2", "2026-07-01T10:00", refund="F2")])
    third = prepare(recorder, "2026-06")
    assert lines(third) == {"M02": 100}
    remit(recorder, third.id, ["M02"], "B3", "张三")
    assert held(recorder, "merchant:") == {"merchant:M02": 100}
    assert held(recorder, "bank") == {"bank": 850}
    assert held(recorder, "fund:") == {"fund:F1": 10_000 - 300 - 450 - 100 - 100}
    assert held(recorder, "payout:") == {}

    # A period that is over says what it said, and periods add up to the accounts.
    assert money(settled(recorder, "2026-05")) == may
    write(settled(recorder, "2026-05"), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "may.csv").read_bytes()
    assert money(settled(recorder, "2026-06")) == [
        ("M01", "=城关超市", "10.00", "0", "0.00", "2.00", "4.00", "4.00", "0.00", "0.00"),
        ("M02", "理发店", "4.50", "1", "1.00", "0.00", "0.00", "4.50", "1.00", "0.00"),
    ]
    months = [settled(recorder, month) for month in ("2026-05", "2026-06", "2026-07")]
    for month, its_days in zip(months[:2], ("2026-05", "2026-06"), strict=True):
        daily = [shop for day in days(its_days) for shop in settled(recorder, day).shops]
        for shop in month.shops:
            own = [
                one
                for one in daily
                if (one.merchant, one.currency) == (shop.merchant, shop.currency)
            ]
            for name in ("redemptions", "redeemed", "refunded", "disputed", "paid"):
                assert sum(getattr(one, name) for one in own) == getattr(shop, name)
            assert own[-1].closing == shop.closing
    for currency in ("CNY", "POINTS"):
        kept = held(recorder, "merchant:", currency)
        closing = {
            f"merchant:{shop.merchant}": shop.closing
            for shop in months[2].shops
            if shop.currency == currency and shop.closing
        }
        assert closing == kept

    write(months[0], tmp_path / "may.xlsx")
    book = load_workbook(tmp_path / "may.xlsx")
    assert book.sheetnames == ["2026-05 积分", "2026-05 金额", "明细"]
    assert book["2026-05 金额"]["A1"].value == "商户"
    assert book["2026-05 金额"]["B2"].value == "'=城关超市"
    total = book["2026-05 金额"]["I2"]
    assert (total.value, total.number_format) == (10, "#,##0.00")
    marks = {
        (row[2], row[8]): row[13] for row in book["明细"].iter_rows(min_row=2, values_only=True)
    }
    assert marks["R2", "元"] == marks["R2", "POINTS"] == "争议中"
    assert marks["R3", "元"] == "争议后照付"
    assert not marks["R1", "元"]
    write(months[1], tmp_path / "june.csv")
    rows = list(csv.DictReader((tmp_path / "june.csv").open(encoding="utf-8-sig")))
    [refused] = [row for row in rows if row["兑换单号"] == "R2"]
    assert (refused["说明"], refused["争议"], refused["金额(元)"]) == (
        "争议不付",
        "争议不付",
        "-4.00",
    )
    with recorder.database.read() as connection:
        export(connection, first.id, tmp_path / "bank.csv")
        export(connection, first.id, tmp_path / "bank.xlsx")
        with pytest.raises(LedgerError, match="no payout payout/2026-01/1"):
            export(connection, "2026-01/1", tmp_path / "none.csv")
        assert [one.paid for one in payouts(connection)] == [400, 450, 0]
        assert [one.decision for one in disputes(connection, decided=True)] == ["refuse", "pay"]
    assert (tmp_path / "bank.csv").read_text("utf-8-sig").splitlines() == [
        "商户,名称,金额(元),批次,摘要",
        "M01,'=城关超市,4.00,payout/2026-05/1,2026-05 积分兑换结算",
        "M02,理发店,4.50,payout/2026-05/1,2026-05 积分兑换结算",
    ]
    bank = load_workbook(tmp_path / "bank.xlsx").worksheets[0]
    assert [cell.value for cell in bank[3]][:3] == ["M02", "理发店", 4.5]


def test_a_fund_tells_how_it_stands(recorder: Recorder, clock: Clock) -> None:
    county(recorder)
    who = "V00000001"
    cut: dict[str, Any] = {
        "name": "理发券",
        "kind": "voucher",
        "prices": [{"points": "10"}],
        "valid_days": 30,
    }
    record(recorder, [register("item", "CUT", **cut)])
    record(
        recorder,
        [
            redeem(who, "R1", "8", time="2026-05-20T10:00"),
            redeem(who, "R2", None, item="CUT", time="2026-05-20T10:01"),
            redeem(who, "R3", None, item="CUT", time="2026-05-20T10:02"),  # above the budget
            hold(who, "R4", "6", time="2026-05-20T10:03"),
        ],
    )
    with recorder.database.read() as connection:
        [report] = funds(connection, recorder.policy, clock.now)
        [code] = [one.code for one in vouchers(connection)]
    assert (report.balance, report.reserved, report.contributed, report.spent) == (
        9100,
        300,
        10_000,
        900,
    )
    assert report.committed == (46 - 18) * 50
    assert report.lasts == 8800 * 30 // 900
    assert report.alert
    assert [(one.place, one.period, one.spent, one.left) for one in report.budgets] == [
        ("", "2026", 900, 4100),
        ("370102", "2026-05", 900, 300),
    ]
    with pytest.raises(LedgerError, match="no purchase at M01"):  # it is paid to whoever takes it
        open_dispute(recorder, "R2", "M01", "?", "李四")
    clock.now = at("2026-06-02T12:00")
    record(recorder, [use(who, code, time="2026-06-02T11:00")])
    open_dispute(recorder, "R2", "M01", "未理发", "李四")
    decide_dispute(recorder, "R2", "refuse", "确未理发", "王五")
    with recorder.database.read() as connection:
        story = fund(connection, recorder.policy, "F1", clock.now)
        with pytest.raises(LedgerError, match="no fund F9"):
            fund(connection, recorder.policy, "F9", clock.now)
        owed = list(liability(connection, recorder.policy, "2026-03", "2026-06", Decimal("0.05")))
    assert [tuple(one) for one in story.spending] == [
        ("2026-05", "M01", 400),
        ("2026-05", "voucher:CUT", 500),
        ("2026-06", "voucher:CUT", -500),
    ]
    assert sum(one.fen for one in story.spending) == story.report.spent == 400
    assert story.donors == [("D1", 6000), ("D2", 4000)]
    assert [(one.month, one.points, one.wallets, str(one.value)) for one in owed] == [
        ("2026-03", "0", 0, "0.00"),
        ("2026-04", "46", 1, "2.30"),
        ("2026-05", "28", 1, "1.40"),
        ("2026-06", "28", 1, "1.40"),
    ]


def test_nothing_is_paid_twice_however_many_prepare_and_refuse_at_once(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.create()
    clock = Clock()
    recorder = Recorder(database, national_ladder(), clock)
    county(recorder)
    idents = [f"R{number}" for number in range(10)]
    record(
        recorder,
        [redeem("V00000001", one, "2", time="2026-05-20T10:00", merchant="M02") for one in idents]
        + [redeem("V00000001", "S1", "4", time="2026-05-20T10:00")],
    )
    done: list[PayoutBatch] = []
    refused: list[str] = []

    def pay(_: int) -> None:
        own = Recorder(Database(postgres_url), national_ladder(), clock)
        try:
            done.append(prepare(own, "2026-05"))
            remit(own, done[-1].id, ["M02"], "B1", "张三")
        except LedgerError as error:
            refused.append(str(error))
        own.database.close()

    def refund(number: int) -> None:
        own = Recorder(Database(postgres_url), national_ladder(), clock)
        for ident in idents[::-1] if number else idents:
            moment = "2026-05-20T11:00"
            request = till("refund", "V00000001", ident, moment, refund=f"F{number}", points="1")
            record(own, [request])
        own.database.close()

    def refuse(_: int) -> None:
        own = Recorder(Database(postgres_url), national_ladder(), clock)
        for ident in idents:
            open_dispute(own, ident, "M02", "?", "李四")
            decide_dispute(own, ident, "refuse", "?", "王五")
        own.database.close()

    def at_once(*work: tuple[object, int]) -> None:
        threads = [threading.Thread(target=run, args=(n,)) for run, n in work]  # type: ignore
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    at_once(*((pay, number) for number in range(4)))
    assert [lines(one) for one in done[:1]] == [{"M01": 200, "M02": 1000}]
    assert all(lines(one) == {"M02": 1000} for one in done[1:])  # the bank could not pay it
    assert len(done) + len(refused) == 4
    assert held(recorder, "bank") == {"bank": 200}
    assert held(recorder, "merchant:") == {"merchant:M02": 1000}
    # What goes back to volunteers and what is refused is together what the shop had, each time.
    at_once((refund, 0), (refund, 1), (refuse, 0))
    assert held(recorder, "merchant:") == {}
    assert held(recorder, "fund:") == {"fund:F1": 10_000 - 200}
    assert unsound(recorder) == []
    database.close()
