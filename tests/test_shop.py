"""Does the credit supermarket keep its promises: prices, stock, vouchers, funds, gifts, offline?"""

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ledger.clock import SECOND, to_micros
from ledger.core.rulebook import parse
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recording.desk import ask
from ledger.recording.recorder import Recorder
from ledger.signing import Signer, read_allowance
from ledger.store.database import Database
from ledger.store.tables import book_entry, redemption, stock
from ledger.verify import verify
from ledger.volunteers.accounts import balances
from ledger.volunteers.queries import summary
from schemas.redemption import AllowanceRequested
from tests.builders import (
    allow,
    hold,
    record,
    redeem,
    register,
    report,
    shop_event,
    till,
    transfer,
    use,
    visit,
)

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "points-bank.yaml"


def at(text: str) -> int:
    """Chinese time as an instant (µs)."""
    return to_micros(datetime.fromisoformat(f"{text}+08:00"))


class Clock:
    def __init__(self) -> None:
        self.now = at("2026-06-03T12:00")

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(url: str, clock: Clock) -> Iterator[Recorder]:
    """V1 has 10 points and V2 has 4; at the end everything that is promised has to hold."""
    database = Database(url)
    database.create()
    recorder = Recorder(database, parse(EXAMPLE.read_text("utf-8"), "example"), clock)
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    record(recorder, visit("V2", "2026-05-02", "08:00", "12:00"))
    yield recorder
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def answers(recorder: Recorder, contents: list[bytes]) -> list[Any]:
    """The answers to requests that are recorded as one batch."""
    with recorder.database.read() as connection:
        last = connection.execute(
            select(redemption.c.id).order_by(redemption.c.id.desc()).limit(1)
        ).scalar()
    receipt = record(recorder, contents)
    assert not receipt.rejects
    with recorder.database.read() as connection:
        query = select(redemption).where(redemption.c.id > (last or 0))
        return list(connection.execute(query.order_by(redemption.c.request)))


def reasons(recorder: Recorder, *contents: bytes) -> list[str | None]:
    return [row.reason for row in answers(recorder, list(contents))]


def purse(recorder: Recorder, clock: Clock, wallet: str, currency: str = "points") -> Any:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, wallet, clock.now)
    assert found is not None
    return found.currencies[currency]


def holdings(recorder: Recorder, prefix: str) -> dict[str, int]:
    with recorder.database.read() as connection:
        return {f"{one.account} {one.currency}": one.amount for one in balances(connection, prefix)}


def test_the_catalogue_says_what_who_when_and_how_many(recorder: Recorder) -> None:
    prices = [{"points": "4"}, {"points": "2", "levels": {"star": 1}, "since": "2026-06-02"}]
    rice: dict[str, Any] = {
        "name": "大米",
        "prices": prices,
        "stocked": True,
        "limit": {"count": 3, "per": "month"},
    }
    record(
        recorder,
        [
            register("item", "RICE", **rice),
            register("item", "TEA", name="茶", prices=[{"points": "1"}], levels={"star": 2}),
            register("merchant", "M02", name="只卖目录", listed_only=True),
            shop_event("stock.received", "RICE", quantity=2),
        ],
    )
    assert reasons(
        recorder,
        redeem("V1", "R1", "5", item="RICE"),
        redeem("V1", "R2", None, item="TEA"),
        redeem("V1", "R3", "1", merchant="M02"),
        redeem("V1", "R4", None),
        redeem("V1", "R5", None, item="RICE", quantity=3),
        hold("V1", "R6", "4", item="RICE"),
        redeem("V1", "R7", None, item="RICE", time="2026-06-02T09:00"),
    ) == [
        "the-price-is-4",
        "needs-star-2",
        "not-in-the-catalogue",
        "no-price: neither the till nor the catalogue says what it costs",
        "out-of-stock",
        None,
        None,  # from the 2nd on a star pays 2
    ]
    assert reasons(recorder, redeem("V2", "R8", "4", item="RICE")) == ["out-of-stock"]
    assert reasons(recorder, till("cancel", "V1", "R6")) == [None]
    record(recorder, [shop_event("stock.counted", "RICE", quantity=9)])
    assert reasons(
        recorder,
        redeem("V1", "R9", "8", item="RICE", quantity=2, time="2026-06-01T11:00"),
        redeem("V1", "R10", "2", item="RICE", time="2026-06-03T09:00"),
        till("refund", "V1", "R9", refund="F1", restock=2),
        redeem("V1", "R11", "2", item="RICE", time="2026-06-03T09:00"),
    ) == [None, "limit-of-3-per-month", None, None]
    with recorder.database.read() as connection:
        assert connection.execute(select(stock.c.quantity)).scalars().all() == [8]


def test_a_voucher_is_used_once_or_lapses_or_goes_back(recorder: Recorder, clock: Clock) -> None:
    record(
        recorder,
        [
            register("item", "CUT", name="理发券", kind="voucher", valid_days=30,
                     prices=[{"points": "2"}]),
            register("merchant", "M01", name="理发店", fund="F1"),
            register("fund", "F1", name="基金", point_value="0.5"),
            shop_event("fund.contributed", "F1", donor="D1", amount="10.00"),
        ],
    )  # fmt: skip
    bought = answers(recorder, [redeem("V1", f"R{n}", None, item="CUT") for n in range(3)])
    codes = [row.voucher for row in bought]
    assert len(set(codes)) == 3
    assert all(len(code) == 14 for code in codes)
    assert holdings(recorder, "voucher:") == {"voucher:CUT CNY": 300, "voucher:CUT points": 6}
    assert reasons(
        recorder,
        use("V2", codes[0]),
        use("V1", codes[0]),
        use("V1", codes[0]),  # the answer was lost: asked again
        use("V1", codes[0], "U2"),
        use("V1", "XXXX-XXXX-XXXX"),
        till("refund", "V1", "R0", refund="F1"),
        till("refund", "V1", "R1", refund="F1"),
        use("V1", codes[1], "U3"),
    ) == [
        "no-such-voucher",
        None,
        None,
        "voucher-used",
        "no-such-voucher",
        "voucher-used",
        None,
        "voucher-refunded",
    ]
    assert holdings(recorder, "merchant:") == {"merchant:M01 CNY": 100, "merchant:M01 points": 2}
    clock.now = at("2026-07-01T23:59")
    assert recorder.pass_time() == 0
    clock.now = at("2026-07-02T00:00")
    assert reasons(recorder, use("V1", codes[2], "U4", "2026-07-01T20:00")) == ["voucher-expired"]
    assert recorder.pass_time() == 1
    assert recorder.pass_time() == 0
    assert reasons(recorder, use("V1", codes[2], "U5", "2026-07-01T20:00")) == ["voucher-lapsed"]
    assert holdings(recorder, "voucher:") == {"voucher:CUT CNY": 0, "voucher:CUT points": 0}
    assert holdings(recorder, "fund:") == {"fund:F1 CNY": 900}
    assert purse(recorder, clock, "V1").balance == "6"


def test_a_fund_pays_as_far_as_it_reaches_and_calls_out_before(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("merchant", "M01", name="超市", fund="F1", place="370102"),
            register("fund", "F1", name="基金", point_value="0.333", alert="2.50"),
            shop_event("fund.contributed", "F1", donor="D1", amount="3.00"),
            shop_event("fund.budgeted", "F1", period="2026-06", place="370102", amount="1.70"),
        ],
    )
    assert reasons(
        recorder,
        redeem("V1", "R1", "2"),  # 0.666: 0.67
        hold("V1", "R2", "3"),  # 0.999: 1.00
        redeem("V1", "R3", "3"),
    ) == [None, None, "budget-exhausted"]
    record(
        recorder, [shop_event("fund.budgeted", "F1", period="2026-06", place="370102", amount="9")]
    )
    assert reasons(recorder, redeem("V1", "R4", "4")) == [None]
    assert reasons(recorder, redeem("V2", "R5", "4")) == ["fund-exhausted"]
    assert holdings(recorder, "fund:") == {"fund:F1 CNY": 300 - 67 - 133}
    assert reasons(
        recorder,
        till("confirm", "V1", "R2", points="1"),
        till("refund", "V1", "R1", refund="F1", points="1"),
        till("refund", "V1", "R1", refund="F2"),
    ) == [None, None, None]
    assert holdings(recorder, "fund:") == {"fund:F1 CNY": 300 - 133 - 33}
    with recorder.database.read() as connection:
        alerts = connection.execute(
            select(book_entry.c.alert).where(book_entry.c.alert != "")
        ).scalars()
        assert list(alerts) == ["fund F1 has 2.33 yuan left, less than 2.50"]


def test_points_are_given_to_family_friends_and_funds(recorder: Recorder, clock: Clock) -> None:
    record(
        recorder,
        [
            register("household", "H1", name="王家", members=["V1", "V3"]),
            register("fund", "F1", name="基金", point_value="0.05"),
        ],
    )
    assert reasons(
        recorder,
        transfer("V1", "T1", "V2", "3"),
        transfer("V1", "T1", "V2", "3"),  # asked again
        transfer("V1", "T2", "household:H1", "4"),
        transfer("V1", "T3", "fund:F1", "1"),
        transfer("V1", "T4", "fund:F9", "1"),
        transfer("V1", "T5", "household:H9", "1"),
        transfer("V1", "T6", "V1", "1"),
        transfer("V1", "T7", "V2", "9"),
    ) == [None, None, None, None, "no-such-fund", "no-such-wallet", "to-oneself",
          "insufficient-points"]  # fmt: skip
    assert purse(recorder, clock, "V1").balance == "2"
    assert purse(recorder, clock, "V2").expiring == (("2027-05-01", "3"), ("2027-05-02", "4"))
    assert purse(recorder, clock, "household:H1").balance == "4"
    assert reasons(
        recorder,
        redeem("household:H1", "R1", "3", by="V3"),
        redeem("household:H1", "R2", "1", by="V2"),
        redeem("household:H1", "R3", "1"),
        transfer("V2", "T8", "V1", "7"),
    ) == [None, "not-a-member-of-the-household", "not-a-member-of-the-household", None]
    record(recorder, visit("V2", "2026-05-03", "00:00", "23:00"))
    assert reasons(
        recorder,
        transfer("V2", "T9", "V1", "14", household="H1"),
        transfer("V2", "T10", "V1", "13"),
    ) == ["每月转赠不超过20分", None]
    assert holdings(recorder, "household:") == {"household:H1 points": 1}
    assert holdings(recorder, "fund:") == {"fund:F1 points": 1}
    # A correction that comes late still finds what was given and received in the history.
    record(recorder, visit("V1", "2026-04-01", "08:00", "10:00", "A9"))
    assert purse(recorder, clock, "V1").balance == "24"


def test_who_gives_and_gets_in_one_batch_has_what_the_entries_say(
    recorder: Recorder, clock: Clock
) -> None:
    assert reasons(
        recorder,
        transfer("V1", "T1", "V2", "3", "2026-06-01T10:02"),
        transfer("V2", "T2", "V1", "2", "2026-06-01T10:01"),  # before what V1 gives: folded anew
    ) == [None, None]
    assert purse(recorder, clock, "V1").balance == "9"
    assert purse(recorder, clock, "V2").balance == "5"


def test_an_offline_till_sells_within_its_allowance(
    recorder: Recorder, clock: Clock, tmp_path: Path
) -> None:
    keys = signer(tmp_path / "ledger.key")
    asked = {"allowance": "A1", "merchant": "M01", "points": "6", "seconds": 3600}
    told = ask(recorder, keys, AllowanceRequested, "V1", asked).model_dump()["data"]
    assert told["available"] == "4"
    # Offline: the till checks the token with the public key alone.
    with pytest.raises(LedgerError, match="is over"):  # the test's clock is behind
        read_allowance(told["token"], keys.keys)
    with pytest.raises(LedgerError, match="no allowance"):
        read_allowance(told["token"], signer(tmp_path / "another.key").keys)
    # Back online two days later, with what it sold; and the volunteer bought elsewhere meanwhile.
    assert reasons(recorder, redeem("V1", "R0", "4", merchant="M02")) == [None]
    clock.now += 2 * 86_400 * SECOND
    sold = {"allowance": "A1", "time": "2026-06-03T12:30"}
    assert reasons(
        recorder,
        redeem("V1", "R1", "2", **sold),
        redeem("V1", "R2", "3", **sold),
        redeem("V1", "R3", "2", **sold),
        redeem("V1", "R4", "1", allowance="A1", merchant="M02", time="2026-06-03T12:40"),
        till("confirm", "V1", "A1"),
        redeem("V1", "R5", "1", allowance="A1", time="2026-06-03T13:30"),
    ) == [
        None,
        None,
        "insufficient-points; the shop bears what goes beyond its allowance",
        "insufficient-points; the shop bears what goes beyond its allowance",
        "an-allowance-is-spent-by-purchases",
        None,  # after its end: an ordinary purchase, for which what is left may be used
    ]
    assert purse(recorder, clock, "V1").balance == "0"
    assert purse(recorder, clock, "V1").held == "0"


def test_an_allowance_that_nobody_settles_lapses(recorder: Recorder, clock: Clock) -> None:
    assert reasons(recorder, allow("V1", "A1", "9"), till("cancel", "V1", "A1")) == [None, None]
    assert reasons(recorder, allow("V1", "A2", "9", seconds=60)) == [None]
    clock.now += 60 * SECOND
    assert purse(recorder, clock, "V1").held == "9"
    clock.now += 7 * 86_400 * SECOND
    assert purse(recorder, clock, "V1").held == "0"


def test_services_are_bought_with_hours_and_conduct_suspends(
    recorder: Recorder, clock: Clock
) -> None:
    care = {"name": "上门助老一小时", "kind": "service", "currency": "time"}
    record(recorder, [register("item", "CARE", prices=[{"points": "1.5"}], **care)])
    assert reasons(recorder, redeem("V1", "R1", None, item="CARE")) == [None]
    assert purse(recorder, clock, "V1", "time").balance == "8.50"
    assert purse(recorder, clock, "V1").balance == "10"
    record(recorder, [report("V1", "misconduct", "2026-06-01T11:00")])
    assert reasons(
        recorder, redeem("V1", "R2", "1", time="2026-06-01T11:30"), redeem("V2", "R3", "1")
    ) == ["兑换资格暂停中", None]
    clock.now = at("2026-12-01T12:00")
    assert reasons(recorder, redeem("V1", "R4", "1", time="2026-12-01T11:00")) == [None]


def test_many_tills_at_once_never_sell_what_is_not_there(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.create()
    policy = parse(EXAMPLE.read_text("utf-8"), "example")
    clock = Clock()
    recorder = Recorder(database, policy, clock)
    people = [f"V{n}" for n in range(24)]
    record(recorder, [one for who in people for one in visit(who, "2026-05-01", "08:00", "18:00")])
    record(
        recorder,
        [
            register("item", "RICE", name="大米", prices=[{"points": "1"}], stocked=True),
            shop_event("stock.received", "RICE", quantity=30),
            register("merchant", "M01", name="超市", fund="F1"),
            register("fund", "F1", name="基金", point_value="1"),
            shop_event("fund.contributed", "F1", donor="D1", amount="60"),
            register("household", "H1", name="大家", members=people),
        ],
    )

    def serve(number: int) -> None:
        own = Recorder(Database(postgres_url), policy, clock)
        for turn in range(12):
            who = people[(number * 7 + turn) % len(people)]
            ident = f"{number}-{turn}"
            kind = (number + turn) % 4
            if kind == 0:
                record(own, [redeem(who, ident, None, item="RICE")])
            elif kind == 1:
                record(own, [hold(who, ident, "1", item="RICE"), till("confirm", who, ident)])
            elif kind == 2:
                record(
                    own, [redeem(who, ident, "2"), transfer(who, f"T{ident}", people[turn], "1")]
                )
            else:
                record(own, [transfer(who, ident, "household:H1", "1")])
                record(own, [redeem("household:H1", f"H{ident}", None, item="RICE", by=who)])
        own.database.close()

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        left = connection.execute(select(stock.c.quantity)).scalar_one()
        paid = holdings(recorder, "fund:F1")["fund:F1 CNY"]
        refused = connection.execute(
            select(redemption.c.reason).where(redemption.c.reason.is_not(None)).distinct()
        )
        assert set(refused.scalars()) >= {"out-of-stock", "fund-exhausted"}
        done = connection.execute(select(redemption)).all()
    assert len({row.redemption for row in done}) == 8 * 3 * (1 + 1 + 2 + 2)
    assert left == 0
    assert paid >= 0
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def test_a_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    first, again = signer(tmp_path / "key"), signer(tmp_path / "key")
    assert isinstance(first, Signer)
    assert first.keys == again.keys
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "broken").write_text("no key")
    with pytest.raises(LedgerError, match="no key in PEM"):
        signer(tmp_path / "broken")
