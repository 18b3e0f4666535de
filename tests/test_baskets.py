"""Does a basket of several lines do what a small model of it does, asked by several tills at once?

The model is a few dictionaries, which share no code with the ledger: a purse, a shelf, and what
became of each key. Every request may be sent twice, as by a till that got no answer.
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ledger.clock import SECOND
from ledger.core.rulebook import PolicyText, parse
from ledger.errors import LedgerError
from ledger.recording.counter import Counter
from ledger.recording.recorder import Recorder
from ledger.shops import baskets
from ledger.shops.baskets import Back, Basket, UsedKeyError, Wanted
from ledger.shops.day_close import close_day
from ledger.shops.shelf import offered
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.accounts import balances
from ledger.volunteers.queries import summary
from tests.builders import record, register, shop_event, visit
from tests.effort import often

POLICY = Path("docs/examples/points-bank.yaml").read_text()
PRICES = {"RICE": 3, "OIL": 5, "SALT": 1}
STOCK = {"RICE": 6, "OIL": 3}
LIMIT = 4
"""Pieces of salt for one person in a month."""
HOLD = 300
START = int(datetime(2026, 6, 1, 2, tzinfo=UTC).timestamp())
VOLUNTEERS = ("V1", "V2")
EARNED = 20
DAY = "2026-06-01"


def policy() -> PolicyText:
    return parse(POLICY, "points-bank.yaml")


def stocked_shop(recorder: Recorder) -> None:
    """A shop with three items, and volunteers with twenty points each."""
    record(
        recorder,
        [
            register("merchant", "M01", name="惠民超市", fund="F1"),
            register("fund", "F1", name="基金", point_value="0.5"),
            register("item", "RICE", name="大米", prices=[{"points": "3"}], stocked=True),
            register("item", "OIL", name="食用油", stocked=True,
                     prices=[{"points": "5"}, {"points": "4", "levels": {"star": 3}}]),
            register("item", "SALT", name="盐", prices=[{"points": "1"}],
                     limit={"count": LIMIT, "per": "month"}),
            register("item", "CUT", name="理发券", prices=[{"points": "2"}], kind="voucher",
                     valid_days=30),
            register("item", "TEA", name="茶", prices=[{"points": "2"}], merchants=["M02"]),
            *(shop_event("stock.received", one, quantity=many) for one, many in STOCK.items()),
            shop_event("fund.contributed", "F1", donor="某企业", amount="1000.00"),
            *(register("volunteer", one, name="王小明") for one in VOLUNTEERS),
            *(
                line
                for one in VOLUNTEERS
                for day in (1, 2)
                for line in visit(one, f"2026-05-0{day}", "08:00", "18:00")
            ),
        ],
    )  # fmt: skip


# A model ------------------------------------------------------------------------------------------


@dataclass
class Sold:
    """A basket of the model; `lines` are item, pieces and what became of it."""

    volunteer: str
    lines: list[list]  # type: ignore[type-arg]
    until: int


@dataclass
class Model:
    now: int = START
    purse: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VOLUNTEERS, EARNED))
    stock: dict[str, int] = field(default_factory=lambda: dict(STOCK))
    sold: dict[str, Sold] = field(default_factory=dict)

    def of(self, volunteer: str, *states: str) -> list[tuple[str, int]]:
        return [
            (item, pieces)
            for one in self.sold.values()
            if one.volunteer == volunteer
            for item, pieces, state in one.lines
            if state in states
        ]

    def lapse(self) -> None:
        for one in self.sold.values():
            for line in one.lines:
                if line[2] == "held" and one.until <= self.now:
                    line[2] = "lapsed"

    def free(self, volunteer: str) -> int:
        held = sum(PRICES[item] * n for item, n in self.of(volunteer, "held"))
        return self.purse[volunteer] - held

    def left(self, item: str) -> int:
        held = sum(n for v in VOLUNTEERS for i, n in self.of(v, "held") if i == item)
        return self.stock[item] - held

    def fits(self, volunteer: str, item: str, pieces: int) -> bool:
        if item in STOCK and self.left(item) < pieces:
            return False
        had = sum(n for i, n in self.of(volunteer, "held", "paid") if i == item)
        if item == "SALT" and had + pieces > LIMIT:
            return False
        return PRICES[item] * pieces <= self.free(volunteer)

    def hold(self, key: str, volunteer: str, lines: list[Wanted], *, all_or_none: bool) -> None:
        self.lapse()
        if key in self.sold:
            return
        made = self.sold[key] = Sold(volunteer, [], self.now + HOLD)
        for item, pieces in lines:
            made.lines.append([item, pieces, "refused"])
            if self.fits(volunteer, item, pieces):
                made.lines[-1][2] = "held"
        if all_or_none and any(line[2] == "refused" for line in made.lines):
            self.close(key, "cancelled")

    def close(self, key: str, how: str) -> None:
        self.lapse()
        one = self.sold[key]
        for line in one.lines:
            if line[2] == "held":
                line[2] = how
                if how == "paid":
                    self.purse[one.volunteer] -= PRICES[line[0]] * line[1]
                    if line[0] in STOCK:
                        self.stock[line[0]] -= line[1]

    def refund(self, key: str, number: int) -> None:
        one = self.sold[key]
        line = one.lines[number]
        if line[2] == "paid":
            line[2] = "refunded"
            self.purse[one.volunteer] += PRICES[line[0]] * line[1]
            if line[0] in STOCK:
                self.stock[line[0]] += line[1]


lines_wanted = st.lists(
    st.builds(Wanted, st.sampled_from(list(PRICES)), st.integers(1, 3)), min_size=1, max_size=4
)


class Baskets(RuleBasedStateMachine):
    """The ledger and the model side by side, each request once or twice."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.model = Model()
        self.recorder = Recorder(database, policy(), clock=lambda: self.model.now * SECOND)
        self.recorder.begin()
        stocked_shop(self.recorder)
        self.record = Counter(self.recorder).record
        self.keys = count(1)

    def found(self, key: str) -> Basket:
        with self.recorder.database.read() as connection:
            known = baskets.find(connection, key, self.recorder.now())
        assert known is not None
        return known

    @rule(
        volunteer=st.sampled_from(VOLUNTEERS),
        lines=lines_wanted,
        all_or_none=st.booleans(),
        times=st.integers(1, 2),
    )
    def hold(self, volunteer: str, lines: list[Wanted], all_or_none: bool, times: int) -> None:
        key = f"B{next(self.keys):07}"
        self.model.hold(key, volunteer, lines, all_or_none=all_or_none)
        for _ in range(times):
            baskets.open_basket(
                self.recorder, self.record, key, "M01", volunteer, lines,
                seconds=HOLD, all_or_none=all_or_none,
            )  # fmt: skip

    @rule(data=st.data(), how=st.sampled_from(["paid", "cancelled"]), times=st.integers(1, 2))
    def close(self, data: st.DataObject, how: str, times: int) -> None:
        if not self.model.sold:
            return
        key = data.draw(st.sampled_from(sorted(self.model.sold)))
        self.model.close(key, how)
        do = baskets.confirm if how == "paid" else baskets.cancel
        for _ in range(times):
            do(self.recorder, self.record, self.found(key))

    @rule(data=st.data(), times=st.integers(1, 2))
    def refund(self, data: st.DataObject, times: int) -> None:
        if not self.model.sold:
            return
        key = data.draw(st.sampled_from(sorted(self.model.sold)))
        number = data.draw(st.integers(1, len(self.model.sold[key].lines)))
        own = f"refund-{next(self.keys)}"
        self.model.refund(key, number - 1)
        for _ in range(times):
            known = self.found(key)
            pieces = known.lines[number - 1].count
            baskets.refund(self.recorder, self.record, known, own, [Back(number, None, pieces)])

    @rule(seconds=st.integers(1, HOLD))
    def wait(self, seconds: int) -> None:
        self.model.now += seconds
        self.model.lapse()

    @invariant()
    def they_agree(self) -> None:
        now = self.recorder.now()
        for key, one in self.model.sold.items():
            known = self.found(key)
            said = [[line.item, line.count, line.state] for line in known.lines]
            assert said == one.lines, key
            assert known.volunteer == one.volunteer
        with self.recorder.database.read() as connection:
            rules = self.recorder.rules_by(connection)
            for volunteer in VOLUNTEERS:
                found = summary(connection, rules, volunteer, now)
                assert found is not None
                assert found.points.balance == str(self.model.purse[volunteer])
                assert found.points.available == str(self.model.free(volunteer))
                shelf = {one.item: one for one in offered(connection, rules, "M01", volunteer, now)}
                assert set(shelf) == {*PRICES, "CUT"}
                for item in PRICES:
                    fits = self.model.fits(volunteer, item, 1)
                    assert (not shelf[item].why_not) == fits, shelf[item]
                    if item in STOCK:
                        assert shelf[item].stock == self.model.left(item)

    def teardown(self) -> None:
        """All holds are over: what was paid is what the shop has, and the day says so."""
        assert self.model.now < START + 14 * 3600, "the day is over"
        _, findings = verify(self.recorder.database)
        assert findings == []
        every = [line for one in self.model.sold.values() for line in one.lines]
        sold: Tally[str] = Tally()
        net: Tally[str] = Tally()
        for item, pieces, state in every:
            sold[item] += pieces if state in ("paid", "refunded") else 0
            net[item] += PRICES[item] * pieces if state == "paid" else 0
        with self.recorder.database.read() as connection:
            rules = self.recorder.rules_by(connection)
            close = close_day(connection, rules.at(START), "M01", DAY, self.recorder.now())
            has = {one.currency: one.amount for one in balances(connection, "merchant:M01")}
        assert {one.item: one.pieces for one in close.items} == {k: v for k, v in sold.items() if v}
        assert sum(int(one.points) for one in close.items) == net.total() == has.get("points", 0)
        assert has.get("CNY", 0) == 50 * net.total()
        if close.sums:
            said = {one.currency: one.net for one in close.sums}
            assert said == {"points": str(net.total()), "CNY": f"{net.total() / 2:.2f}"}
        self.recorder.database.close()


Fresh = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Makes empty ledgers, on either database."""
    numbers = count(1)

    def made() -> Database:
        if request.param == "postgres":
            url = request.getfixturevalue("postgres").create_database(f"basket_{uuid4().hex}")
        else:
            url = f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
        database = Database(url)
        database.create()
        return database

    return made


def test_baskets_do_as_the_model(fresh: Fresh) -> None:
    class Both(Baskets):
        def __init__(self) -> None:
            super().__init__(fresh())

    run_state_machine_as_test(
        Both, settings=settings(max_examples=often(8), stateful_step_count=25, deadline=None)
    )


# One example each ---------------------------------------------------------------------------------


@pytest.fixture
def shop(fresh: Fresh) -> Iterator[Recorder]:
    recorder = Recorder(fresh(), policy(), clock=lambda: START * SECOND)
    recorder.begin()
    stocked_shop(recorder)
    yield recorder
    recorder.database.close()


def opened(recorder: Recorder, key: str, *lines: tuple[str, int], **said: Any) -> Basket:
    record_ = Counter(recorder).record
    wanted = [Wanted(*one) for one in lines]
    chosen = {"seconds": HOLD, "all_or_none": False, **said}
    return baskets.open_basket(recorder, record_, key, "M01", "V1", wanted, **chosen)


def test_a_key_is_of_one_basket(shop: Recorder) -> None:
    opened(shop, "B0000001", ("RICE", 1))
    with pytest.raises(UsedKeyError, match="B0000001"):
        opened(shop, "B0000001", ("RICE", 2))
    with pytest.raises(UsedKeyError):
        opened(shop, "B0000001", ("RICE", 1), ("SALT", 1))


def test_vouchers_are_bought_at_once_or_not_at_all(shop: Recorder) -> None:
    held = opened(shop, "B0000001", ("CUT", 1))
    assert (held.state, held.lines[0].reason) == ("refused", "a-voucher-is-bought-at-once")
    bought = opened(shop, "B0000002", ("CUT", 1), ("SALT", 1), seconds=None)
    assert bought.state == "paid"
    assert bought.lines[0].voucher
    undone = opened(
        shop, "B0000003", ("CUT", 1), ("RICE", 1), ("OIL", 9), seconds=None, all_or_none=True
    )
    assert [line.state for line in undone.lines] == ["refunded", "refunded", "refused"]
    again = opened(
        shop, "B0000003", ("CUT", 1), ("RICE", 1), ("OIL", 9), seconds=None, all_or_none=True
    )
    assert again == undone
    with shop.database.read() as connection:
        rules = shop.rules_by(connection)
        shelf = {one.item: one for one in offered(connection, rules, "M01", "V1", shop.now())}
        assert shelf["RICE"].stock == STOCK["RICE"]
        found = summary(connection, rules, "V1", shop.now())
        assert found is not None
        assert found.points.available == str(EARNED - 3)


def test_a_refund_says_why_not(shop: Recorder) -> None:
    known = baskets.confirm(
        shop, Counter(shop).record, opened(shop, "B0000001", ("RICE", 2), ("SALT", 1))
    )
    record_ = Counter(shop).record
    part = baskets.refund(shop, record_, known, "R1", [Back(1, "2")])
    assert (part.lines[0].state, part.lines[0].returned) == ("paid", 2)
    more = baskets.refund(shop, record_, known, "R2", [Back(1, "5"), Back(2)])
    assert more.lines[0].reason == "more-than-was-paid"
    assert more.lines[1].state == "refunded"
    with pytest.raises(LedgerError, match="no line 3"):
        baskets.refund(shop, record_, known, "R3", [Back(3)])


def test_levels_and_stock_and_shops_are_told(shop: Recorder) -> None:
    record(
        shop,
        [line for day in range(3, 9) for line in visit("V1", f"2026-05-0{day}", "08:00", "18:00")],
    )  # 80 hours: three stars
    with shop.database.read() as connection:
        rules = shop.rules_by(connection)
        shelf = {one.item: one for one in offered(connection, rules, "M01", "V1", shop.now())}
        other = {one.item: one for one in offered(connection, rules, "M01", "V2", shop.now())}
        new = {one.item: one for one in offered(connection, rules, "M01", "V9", shop.now())}
    assert (shelf["OIL"].price, shelf["OIL"].own_price, shelf["OIL"].discounted) == ("5", "4", True)
    assert (other["OIL"].own_price, other["OIL"].discounted) == ("5", False)
    assert "TEA" not in shelf
    assert shelf["SALT"].limit == f"{LIMIT}/month"
    assert new["RICE"].why_not == ("insufficient-points",)


def test_many_tills_at_once_pay_nothing_twice(fresh: Fresh) -> None:
    """Sixteen threads send every request of sixty baskets twice or more, in any order."""
    recorder = Recorder(fresh(), policy(), clock=lambda: START * SECOND)
    recorder.begin()
    stocked_shop(recorder)
    record_ = Counter(recorder).record
    rng = random.Random(7)
    plans = [
        (f"B{n:07}", rng.choice(VOLUNTEERS), [Wanted(rng.choice(["RICE", "OIL", "SALT"]), 1)
         for _ in range(rng.randrange(1, 4))])
        for n in range(60)
    ]  # fmt: skip

    def serve(key: str, volunteer: str, lines: list[Wanted]) -> None:
        made = baskets.open_basket(
            recorder, record_, key, "M01", volunteer, lines, seconds=HOLD, all_or_none=False
        )
        baskets.confirm(recorder, record_, made)

    jobs = [one for one in plans for _ in range(2)]
    rng.shuffle(jobs)
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(serve, *one) for one in jobs]:
            done.result()
    paid: Tally[str] = Tally()
    pieces: Tally[str] = Tally()
    with recorder.database.read() as connection:
        for key, volunteer, lines in plans:
            found = baskets.find(connection, key, recorder.now())
            assert found is not None
            assert found.wanted == lines
            assert found.state in ("paid", "refused")
            for line in found.among("paid"):
                paid[volunteer] += line.units
                pieces[line.item] += line.count
        rules = recorder.rules_by(connection)
        for volunteer in VOLUNTEERS:
            had = summary(connection, rules, volunteer, recorder.now())
            assert had is not None
            assert had.points.balance == had.points.available == str(EARNED - paid[volunteer])
        has = {one.currency: one.amount for one in balances(connection, "merchant:M01")}
    assert has["points"] == paid.total()
    assert pieces["RICE"] <= STOCK["RICE"]
    assert pieces["OIL"] <= STOCK["OIL"]
    assert pieces["RICE"] * 3 + pieces["OIL"] * 5 + pieces["SALT"] == paid.total()
    _, findings = verify(recorder.database)
    assert findings == []
    recorder.database.close()
