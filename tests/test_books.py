"""Do the books close? Statements on both time axes, and what each shop is owed."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ledger.accounts import Period, balance_at, balances, statement
from ledger.clock import to_micros
from ledger.errors import LedgerError
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.settlement import DETAIL, SUMMARY, settle, summary_rows, write
from ledger.store.database import Database
from tests.builders import check_out, hold, record, redeem, till, visit


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


@pytest.fixture(params=["sqlite", "postgres"])
def recorder(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Recorder]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    database.create()
    yield Recorder(database, national_ladder(), clock)
    database.close()


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
    with recorder.database.read() as connection:
        before = list(summary_rows(settle(connection, recorder.policy, "2026-05")))
    clock.now = at("2026-06-03T12:00")
    june = [
        redeem("V00000001", "=R3", "2", time="2026-05-30T10:00"),  # an offline till's, of May
        till("refund", "V00000001", "R1", "2026-06-01T10:00", refund="F1", points="1"),
    ]
    record(recorder, june)
    with recorder.database.read() as connection:
        policy, value = recorder.policy, Decimal("0.05")
        months = [
            settle(connection, policy, month, value=value) for month in ("2026-05", "2026-06")
        ]
        kept = {one.account: one.amount for one in balances(connection, "merchant:")}
        with pytest.raises(LedgerError, match="2026-05"):
            settle(connection, policy, "May")
        with pytest.raises(LedgerError, match="M77"):
            settle(connection, policy, "2026-05", "M77")
    assert [row[:8] for row in summary_rows(months[0])] == [row[:8] for row in before]
    assert before == [
        ("M01", "POINTS", 0, 1, 5, 0, 5, 5, ""),
        ("M02", "POINTS", 0, 1, 3, 0, 3, 3, ""),
    ]
    assert list(summary_rows(months[1])) == [
        ("M01", "POINTS", 5, 1, 2, 1, 1, 6, Decimal("0.05")),
        ("M02", "POINTS", 3, 0, 0, 0, 0, 3, Decimal("0.00")),
    ]
    nets = {
        f"merchant:{shop.merchant}": sum(
            one.net for month in months for one in month.shops if one.merchant == shop.merchant
        )
        for shop in months[0].shops
    }
    assert nets == kept
    write(months[1], tmp_path / "june.xlsx")
    book = load_workbook(tmp_path / "june.xlsx")
    summary, detail = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
    assert summary[0] == SUMMARY
    assert summary[1][:3] == ("M01", "POINTS", 5)
    assert detail[0] == DETAIL
    assert detail[1][1] == "'=R3"  # no formula
    assert detail[1][4] == "V0***01"
    write(months[1], tmp_path / "june.csv")
    raw = (tmp_path / "june.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == DETAIL
    assert [row[-1] for row in rows[1:]] == ["兑换", "退回"]
