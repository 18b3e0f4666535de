"""Does the points bank do what a simple model of it does, whatever happens, in whatever order?

A machine (hypothesis) sends random services, corrections and requests to a ledger and to the model
in `tests/bank_model.py`, and lets time pass. After each step everything that can be seen of the two
is compared, at the end all that the ledger promises is verified.
"""

import json
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from itertools import permutations
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import select

from ledger.clock import SECOND
from ledger.core.rulebook import parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import redemption, reject, stock, voucher
from ledger.verify import verify
from ledger.volunteers.accounts import balances
from ledger.volunteers.queries import summary
from tests.bank_model import (
    DAY,
    EXPIRES_AFTER,
    GIVEN_AT_MOST,
    HOUSEHOLD,
    MEMBERS,
    PRICES,
    RICE_AT_MOST,
    VOUCHER_DAYS,
    ZONE,
    Answer,
    Ask,
    Bank,
)
from tests.builders import (
    allow,
    check_in,
    check_out,
    hold,
    record,
    redeem,
    register,
    shop_event,
    till,
    transfer,
    use,
)
from tests.effort import often
from tests.snapshots import kept_every

POLICY = f"""
policy: bank-model
name: {{zh: 积分银行对照, en: A points bank to compare with a model}}
clauses:
  earn: "每服务满一小时计1分"
  expire: "积分自取得之日起{EXPIRES_AFTER}个月内有效,先到期的先使用"
  redeem: "可用积分足够即可兑换"
  give: "转给其他志愿者的,每月不超过{GIVEN_AT_MOST}分"
facts:
  service: visit
  redemption: {{kind: request, attributes: {{merchant: text, item: text, points: number}}}}
  transfer: {{kind: request, attributes: {{to: text, kind: text, family: bool, points: number}}}}
currencies:
  points:
    name: 积分
    below_zero: allow
    expiry: {{months: {EXPIRES_AFTER}, clauses: expire}}
measures:
  given_away: {{sum: fact.points, of: transfer,
    where: "fact.kind == 'volunteer' and not fact.family", window: month, clauses: give}}
hours:
  - {{id: served, on: service, overlap: once, open: 0, clauses: earn}}
points:
  - {{id: one-per-hour, on: service, currency: points, amount: floor(counted), clauses: earn}}
requests:
  - id: pay
    on: redemption
    price: [{{amount: fact.points, from: points, counter: "text('merchant:', fact.merchant)"}}]
    clauses: redeem
  - id: give
    on: transfer
    require:
      - {{if: "fact.kind != 'volunteer' or fact.family
               or given_away + fact.points <= {GIVEN_AT_MOST}",
         else: 每月转赠不超过{GIVEN_AT_MOST}分, clauses: give}}
    price: [{{amount: fact.points, from: points}}]
    clauses: give
"""

OPENING = int(datetime(2026, 5, 30, 10, tzinfo=ZONE).timestamp())
VOLUNTEERS = ("V1", "V2", "V3")
WALLETS = (*VOLUNTEERS, HOUSEHOLD)

CATALOGUE = [
    register("item", "RICE", name="大米", prices=[{"points": str(PRICES["RICE"])}], stocked=True,
             limit={"count": RICE_AT_MOST, "per": "month"}),
    register("item", "CUT", name="理发券", prices=[{"points": str(PRICES["CUT"])}], kind="voucher",
             valid_days=VOUCHER_DAYS),
    register("merchant", "M01", name="超市", fund="F1"),
    register("merchant", "M02", name="只卖目录", listed_only=True),
    register("fund", "F1", name="基金", point_value="0.35"),
    register("household", "H1", name="王家", members=list(MEMBERS)),
]  # fmt: skip

# What somebody may want ---------------------------------------------------------------------

few = st.integers(1, 6)
wallets = st.sampled_from(WALLETS)
volunteers = st.sampled_from(VOLUNTEERS)
whoever = st.sampled_from(["V1", "V3", ""])
"""A member of the household, somebody else, nobody: only the household's wallet asks."""


def wish(kind: str, **said: st.SearchStrategy[Any]) -> st.SearchStrategy[Ask]:
    """A request that has no id and no time yet."""
    return st.fixed_dictionaries(said).map(lambda found: Ask(kind, **found))


def held_instead(ask: Ask, points: int, seconds: int) -> Ask:
    """A hold, for which the till has to say the price."""
    price = PRICES[ask.item] * ask.quantity if ask.item in PRICES else points
    return ask._replace(kind="hold", points=price, seconds=seconds)


shops = st.sampled_from(["M01", "M01", "M02"])
unlisted = wish(
    "redeem", wallet=wallets, merchant=shops, item=st.just("SKU-1"), points=few, by=whoever
)
rice = wish(
    "redeem", wallet=wallets, merchant=shops, item=st.just("RICE"),
    points=st.sampled_from([None, None, 2, 4]), quantity=st.integers(1, 2), by=whoever,
)  # fmt: skip
haircuts = wish(
    "redeem", wallet=wallets, merchant=shops, item=st.just("CUT"),
    points=st.sampled_from([None, None, 3, 4]), by=whoever,
)  # fmt: skip
goods = unlisted | rice
purchases = goods | haircuts
holds = st.builds(held_instead, purchases, few, st.sampled_from([60, 300, 3600, DAY]))
allowances = wish(
    "allow", wallet=wallets, merchant=shops, points=few, by=whoever,
    seconds=st.sampled_from([3600, 2 * DAY]),
)  # fmt: skip
transfers = wish(
    "transfer", wallet=wallets, points=few, by=whoever, household=st.sampled_from(["", "H1"]),
    to=st.sampled_from([*WALLETS, "fund:F1", "fund:F9", "household:H9"]),
)  # fmt: skip
part = st.none() | few
jumps = st.sampled_from([1, 59, 299, 3600, 9 * 3600, DAY, 8 * DAY, 31 * DAY, 95 * DAY])


class PointsBank(RuleBasedStateMachine):
    """One ledger and its model, by one clock (in seconds)."""

    bought, aside, offline, coupons = (
        Bundle("bought"), Bundle("aside"), Bundle("offline"), Bundle("coupons"),
    )  # fmt: skip
    anything, visits = Bundle("anything"), Bundle("visits")

    def __init__(self) -> None:
        super().__init__()
        self.dense = kept_every(3)
        self.dense.__enter__()
        self.now = OPENING
        self.database = Database("sqlite://")
        self.database.create()
        self.recorder = Recorder(
            self.database, parse(POLICY, "bank-model"), lambda: self.now * SECOND
        )
        self.bank = Bank(now=OPENING)
        self.asks: dict[str, Ask] = {}
        self.codes: dict[str, str] = {}
        self.sent: list[bytes] = []
        self.moments = {OPENING}
        self.numbers = 0
        self.conflicts = 0
        record(self.recorder, CATALOGUE)

    # Sending --------------------------------------------------------------------------------

    def name(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}{self.numbers}"

    def tick(self, seconds: int = 1) -> int:
        """Time goes on; the moment, which nothing else happens at."""
        self.now += seconds
        while self.now in self.moments:
            self.now += 1
        self.moments.add(self.now)
        self.bank.now = self.now
        return self.now

    def earlier(self, seconds: int) -> int:
        """A moment so long ago at which nothing happened."""
        at = self.now - seconds
        while at in self.moments:
            at -= 1
        self.moments.add(at)
        return at

    def tell(self, *contents: bytes) -> None:
        receipt = record(self.recorder, contents)
        assert receipt.outcomes == ["applied"] * len(contents)

    def ask(self, *asks: Ask, beside: Sequence[bytes] = ()) -> None:
        """Ask both, in one batch, and compare the answers.

        In a batch one wallet is served after the other, in an order that nobody promises.
        """
        for one in asks:
            if one.kind != "use":
                self.asks.setdefault(one.ident, one)
        with self.database.read() as connection:
            query = select(redemption.c.id).order_by(redemption.c.id.desc()).limit(1)
            last = connection.execute(query).scalar() or 0
        contents = [self.written(one) for one in asks]
        self.sent += contents
        self.tell(*contents, *beside)
        with self.database.read() as connection:
            query = select(redemption).where(redemption.c.id > last)
            rows = connection.execute(query.order_by(redemption.c.request)).all()
        told = [Answer(row.reason, row.available) for row in rows]
        for row in rows:
            if row.voucher and row.command == "redeem":
                self.codes[row.redemption] = row.voucher
        found = []
        for order in permutations(dict.fromkeys(one.wallet for one in asks)):
            bank = deepcopy(self.bank)
            places = sorted(range(len(asks)), key=lambda n: order.index(asks[n].wallet))
            answers = dict(zip(places, bank.answer([asks[n] for n in places]), strict=True))
            found.append([answers[n] for n in range(len(asks))])
            if found[-1] == told and (len(found) == 1 or self.looks_like(bank)):
                self.bank = bank
                return
        assert [told] == found[:1]
        assert told in found

    def looks_like(self, bank: Bank) -> bool:
        return self.seen() == {**shown(bank), "rejects": self.conflicts}

    def written(self, ask: Ask) -> bytes:
        """A request as the till or the app sends it."""
        time = datetime.fromtimestamp(ask.at, ZONE).isoformat()
        points = None if ask.points is None else str(ask.points)
        more: dict[str, Any] = {"time": time}
        if ask.by and ask.wallet == HOUSEHOLD:
            more["by"] = ask.by
        match ask.kind:
            case "redeem":
                more |= {"allowance": ask.allowance} if ask.allowance else {}
                return redeem(
                    ask.wallet, ask.ident, points, merchant=ask.merchant, item=ask.item,
                    quantity=ask.quantity, **more,
                )  # fmt: skip
            case "hold":
                assert points is not None
                return hold(
                    ask.wallet, ask.ident, points, merchant=ask.merchant, item=ask.item,
                    quantity=ask.quantity, seconds=ask.seconds, **more,
                )  # fmt: skip
            case "allow":
                assert points is not None
                more |= {"merchant": ask.merchant, "seconds": ask.seconds}
                return allow(ask.wallet, ask.ident, points, **more)
            case "transfer":
                assert points is not None
                more |= {"household": ask.household} if ask.household else {}
                return transfer(ask.wallet, ask.ident, ask.to, points, **more)
            case "use":
                code = self.codes.get(ask.ident, "NONE-SUCH-CODE")
                return use(ask.wallet, code, ask.own, time, merchant=ask.merchant)
        said: dict[str, Any] = {} if points is None else {"points": points}
        if ask.kind == "refund":
            said |= {"refund": ask.own, "restock": ask.restock}
        return till(ask.kind, ask.wallet, ask.ident, time, **said)

    def open(self, wish: Ask) -> str:
        ident = self.name("R")
        self.ask(wish._replace(ident=ident, at=self.tick()))
        return ident

    def about(self, kind: str, ident: str, **said: Any) -> Ask:
        """A request about an id, by whoever opened it."""
        return Ask(kind, self.asks[ident].wallet, ident, self.tick(), **said)

    # Services -------------------------------------------------------------------------------

    @rule(target=visits, who=volunteers, hours=st.integers(1, 8))
    def serve(self, who: str, hours: int) -> Any:
        start = self.tick()
        end = self.tick(hours * 3600)
        self.now = end = start + hours * 3600
        self.bank.now = self.now
        return self.served(who, start, end)

    @rule(target=visits, who=volunteers, days=st.integers(1, 130), hours=st.integers(1, 8))
    def serve_and_tell_late(self, who: str, days: int, hours: int) -> Any:
        start = self.now - days * DAY
        end = start + hours * 3600
        for begun, had in self.bank.wallets[who].visits.values():
            if begun < end and start < begun + had * 3600:
                return multiple()
        return self.served(who, self.earlier(days * DAY), end)

    def served(self, who: str, start: int, end: int) -> tuple[str, str]:
        activity = self.name("A")
        hours = (end - start + 3599) // 3600
        end = start + hours * 3600
        self.tell(check_in(who, moment(start), activity), check_out(who, moment(end), activity))
        self.bank.serve(who, activity, start, hours)
        return who, activity

    @rule(visit=visits, hours=st.integers(0, 4))
    def it_turns_out_shorter(self, visit: tuple[str, str], hours: int) -> None:
        who, activity = visit
        start, had = self.bank.wallets[who].visits[activity]
        if hours < had:
            self.tell(check_out(who, moment(start + hours * 3600 + 1), activity))
            self.bank.correct(who, activity, hours)

    # Tills ----------------------------------------------------------------------------------

    @rule(targets=(bought, anything), wish=goods)
    def buy(self, wish: Ask) -> str:
        return self.open(wish)

    @rule(targets=(bought, coupons, anything), wish=haircuts)
    def buy_a_voucher(self, wish: Ask) -> str:
        return self.open(wish)

    @rule(targets=(aside, anything), wish=holds)
    def set_aside(self, wish: Ask) -> str:
        return self.open(wish)

    @rule(target=bought, ident=aside, points=part)
    def confirm(self, ident: str, points: int | None) -> str:
        self.ask(self.about("confirm", ident, points=points))
        return ident

    @rule(ident=aside)
    def cancel(self, ident: str) -> None:
        self.ask(self.about("cancel", ident))

    @rule(ident=offline)
    def close_the_allowance(self, ident: str) -> None:
        self.ask(self.about("cancel", ident))

    @rule(ident=bought, own=st.sampled_from(["F1", "F2"]), points=part, restock=st.integers(0, 2))
    def refund(self, ident: str, own: str, points: int | None, restock: int) -> None:
        self.ask(self.about("refund", ident, own=own, points=points, restock=restock))

    @rule(targets=(offline, anything), wish=allowances)
    def go_offline(self, wish: Ask) -> str:
        return self.open(wish)

    @rule(target=bought, allowance=offline, wish=purchases, ago=st.integers(0, 4 * DAY))
    def bring_what_was_sold_offline(self, allowance: str, wish: Ask, ago: int) -> str:
        granted = self.asks[allowance]
        self.tick()
        ident = self.name("R")
        at = self.earlier(min(ago, self.now - granted.at))
        self.ask(
            wish._replace(
                wallet=granted.wallet, merchant=granted.merchant, by=granted.by,
                ident=ident, at=at, allowance=allowance,
            )
        )  # fmt: skip
        return ident

    @rule(ident=coupons, own=st.sampled_from(["U1", "U2"]), where=st.sampled_from(["M01", "M02"]))
    def use_the_voucher(self, ident: str, own: str, where: str) -> None:
        self.ask(self.about("use", ident, own=own, merchant=where))

    @rule(target=anything, wish=transfers)
    def give(self, wish: Ask) -> str:
        return self.open(wish)

    @rule(
        ident=anything,
        who=wallets,
        kind=st.sampled_from(["confirm", "cancel", "refund", "use"]),
        points=part,
    )
    def meddle(self, ident: str, who: str, kind: str, points: int | None) -> None:
        """Anybody asks anything about any id, or about none that there is."""
        ask = Ask(kind, who, ident, self.tick(), own="X")
        if kind == "use":
            ask = ask._replace(merchant="M01")
        self.ask(ask if kind in ("use", "cancel") else ask._replace(points=points))

    @rule(ident=anything)
    def ask_again(self, ident: str) -> None:
        self.ask(self.asks[ident]._replace(at=self.tick()))

    @rule(ident=anything, wish=st.one_of(purchases, holds, allowances, transfers))
    def use_an_id_again(self, ident: str, wish: Ask) -> None:
        self.ask(wish._replace(ident=ident, at=self.tick()))

    @rule(
        wishes=st.lists(
            st.tuples(
                st.one_of(purchases, holds, transfers),
                st.sampled_from(["", "", "confirm", "cancel", "refund", "again"]),
            ),
            min_size=2,
            max_size=4,
        ),
        pieces=st.integers(0, 2),
    )
    def many_at_once(self, wishes: list[tuple[Ask, str]], pieces: int) -> None:
        """Requests in one batch, with what follows on them; stock that comes in counts at once."""
        asks = []
        for wish, then in wishes:
            asks.append(wish._replace(ident=self.name("R"), at=self.tick()))
            if then == "again":
                asks.append(asks[-1]._replace(at=self.tick()))
            elif then:
                own = "F1" if then == "refund" else ""
                asks.append(Ask(then, wish.wallet, asks[-1].ident, self.tick(), own=own))
        arrived = [shop_event("stock.received", "RICE", quantity=pieces)] if pieces else []
        self.bank.stock += pieces
        self.ask(*asks, beside=arrived)

    # Arriving twice -------------------------------------------------------------------------

    @rule(back=st.integers(0, 8))
    def send_again(self, back: int) -> None:
        if back < len(self.sent):
            self.tick()
            receipt = record(self.recorder, [self.sent[-1 - back]])
            assert receipt.outcomes == ["duplicate"]

    @rule(back=st.integers(0, 8))
    def send_something_else_under_the_same_id(self, back: int) -> None:
        if back < len(self.sent):
            body = json.loads(self.sent[-1 - back])
            body["data"]["note"] = self.name("N")
            receipt = record(self.recorder, [json.dumps(body).encode()])
            assert receipt.outcomes == ["rejected"]
            self.conflicts += 1

    # Shops and time -------------------------------------------------------------------------

    @rule(pieces=st.integers(1, 4))
    def stock_comes_in(self, pieces: int) -> None:
        self.tell(shop_event("stock.received", "RICE", quantity=pieces))
        self.bank.stock += pieces

    @rule(pieces=st.integers(0, 4))
    def stock_is_counted(self, pieces: int) -> None:
        self.tell(shop_event("stock.counted", "RICE", quantity=pieces))
        self.bank.stock = pieces

    @rule(yuan=st.integers(1, 4))
    def a_donor_gives(self, yuan: int) -> None:
        self.tell(shop_event("fund.contributed", "F1", donor="D1", amount=str(yuan)))
        self.bank.contribute(yuan * 100)

    @rule(seconds=jumps)
    def wait(self, seconds: int) -> None:
        self.tick(seconds)

    @rule()
    def let_time_take_effect(self) -> None:
        self.tick()
        while self.recorder.pass_time():
            pass
        self.bank.pass_time()

    # What must hold -------------------------------------------------------------------------

    def seen(self) -> dict[str, Any]:
        """All that can be seen of the ledger."""
        found: dict[str, Any] = {}
        with self.database.read() as connection:
            rules = self.recorder.rules
            for wallet in WALLETS:
                if one := summary(connection, rules, wallet, self.now * SECOND):
                    purse = one.points
                    found[wallet] = (
                        int(purse.balance), int(purse.held), int(purse.available),
                        [(last, int(units)) for last, units in purse.expiring],
                    )  # fmt: skip
                else:
                    found[wallet] = (0, 0, 0, [])
            for prefix in ("merchant:", "fund:", "voucher:", "suspense:"):
                for account in balances(connection, prefix):
                    if account.amount:
                        found[f"{account.account} {account.currency}"] = account.amount
            found["rice"] = connection.execute(select(stock.c.quantity)).scalar() or 0
            found["vouchers"] = {
                row.redemption: row.ended or "open" for row in connection.execute(select(voucher))
            }
            found["rejects"] = len(connection.execute(select(reject)).all())
        return found

    @invariant()
    def the_ledger_is_as_the_model_says(self) -> None:
        seen, wanted = self.seen(), {**shown(self.bank), "rejects": self.conflicts}
        differing = {
            name: (seen.get(name), wanted.get(name))
            for name in seen.keys() | wanted.keys()
            if seen.get(name) != wanted.get(name)
        }
        assert differing == {}, f"(the ledger, the model): {differing}"

    @invariant()
    def nothing_is_spent_that_is_not_there(self) -> None:
        assert self.bank.stock >= 0
        assert self.bank.accounts["fund:F1", "CNY"] >= 0
        for name, wallet in self.bank.wallets.items():
            assert wallet.taken_back or self.bank.purse(name).balance >= 0

    def teardown(self) -> None:
        try:
            _, findings = verify(self.database, lambda _events: None)
        finally:
            self.dense.__exit__(None, None, None)
            self.database.close()
        assert findings == []


def shown(bank: Bank) -> dict[str, Any]:
    """All that can be seen of the model."""
    found: dict[str, Any] = {}
    for name in WALLETS:
        purse, held = bank.purse(name), bank.held(name)
        found[name] = (purse.balance, held, purse.balance - held, purse.lots)
    for (account, currency), amount in bank.accounts.items():
        if amount and account != "expiry:points":
            found[f"{account} {currency}"] = amount
    found["rice"] = bank.stock
    found["vouchers"] = {ident: one.voucher for ident, one in bank.opened.items() if one.voucher}
    return found


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, ZONE).isoformat()


TestPointsBank = PointsBank.TestCase
TestPointsBank.settings = settings(max_examples=often(15), stateful_step_count=40, deadline=None)
