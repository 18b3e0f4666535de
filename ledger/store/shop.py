"""How does a batch find what all tills share, hold it, and write it back?

Locks are taken in one order: volunteers (before), then what is registered, then stock and funds.
What many batches only read is locked to be shared. Each lock is Postgres's own, by a number made
of the name, so that something which does not exist yet can be held too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self, TypeVar, get_args

from pydantic import BaseModel
from sqlalchemy import Connection

from ledger.clock import SECOND
from ledger.core.entries import FUND, HOUSEHOLD, TEAM, RedemptionDecision
from ledger.core.intake import kind_of, request_of
from ledger.core.redeeming import Bought, Budget, Dispute, Hold, RedemptionRequest, Shop, Voucher
from ledger.core.rulebook import MONEY, Rulebook
from ledger.store import bulk
from ledger.store.locks import Lock, hold_names, holding_names
from ledger.store.reading import NEXT_BATCH, Question, Reading, rows_by
from ledger.store.tables import (
    budget,
    dispute,
    hold,
    redemption,
    registry,
    roster,
    stock,
    voucher,
)
from schemas import AttendanceEvent, LoggedEvent, RegistryEvent
from schemas.books import (
    BooksEvent,
    DisputeDecided,
    DisputeOpened,
    FundBudgeted,
    FundContributed,
    StockCounted,
    StockReceived,
)
from schemas.catalogue import Fund, Household, Item, Merchant
from schemas.own import PayoutPrepared, PayoutRemitted, VoucherExpired
from schemas.redemption import TillEvent
from schemas.registry import Team

Model = TypeVar("Model", bound=BaseModel)

MODELS: Mapping[str, type[BaseModel]] = {
    "merchant": Merchant,
    "item": Item,
    "household": Household,
    "team": Team,
    "fund": Fund,
}
"""Kinds of registration that tills rest on."""


@dataclass(slots=True)
class Tills:
    """What the tills of a batch work with: the shop, and of the wallets holds and decisions."""

    shop: Shop
    holds: dict[str, list[Hold]] = field(default_factory=dict)
    decided: dict[str, list[RedemptionDecision]] = field(default_factory=dict)
    _stock: dict[str, int] = field(default_factory=dict)
    _budgets: dict[tuple[str, str, str], Budget] = field(default_factory=dict)
    _vouchers: dict[str, Voucher] = field(default_factory=dict)
    _disputes: dict[str, Dispute] = field(default_factory=dict)

    def changes(self) -> Iterator[bulk.Write]:
        """What the batch has changed of the shop, to be written back."""
        shop = self.shop
        budgets = ((*key, *row) for key, row in _changed(self._budgets, shop.budgets))
        yield bulk.over(stock, sorted(_changed(self._stock, shop.stock)))
        yield bulk.over(budget, sorted(budgets))
        for table, before, after in (
            (voucher, self._vouchers, shop.vouchers),
            (dispute, self._disputes, shop.disputes),
        ):
            yield bulk.over(table, sorted(row for _, row in _changed(before, after)))


def asking(
    rules: Rulebook, events: Iterable[tuple[LoggedEvent, int]], *, counting: bool
) -> list[Question | None]:
    """What `open_tills` will ask first, and, once they have paid, where the buyers belong.

    What the buyers have on hold may name more that has to be held than is known here. `counting`:
    stock or money will be counted, most likely, under locks that come before the batch's number.
    """
    need = _Need.of(rules, events)
    buyers, named = need.buyers(), need.named()
    numbered = need.requests and not (need.registering or need.books or counting)
    return [  # what is disputed is read once its shop is held
        rows_by(redemption, _BY_REDEMPTION, () if need.disputed else need.redemptions),
        rows_by(hold, _BY_WALLET, buyers),
        rows_by(roster, (roster.c.volunteer,), buyers),
        _holding(Lock.REGISTERED, need.changing, named - need.changing),
        rows_by(registry, _BY_KIND, named | need.accused),
        NEXT_BATCH if numbered else None,
    ]


def open_tills(
    reading: Reading,
    rules: Rulebook,
    events: Iterable[tuple[LoggedEvent, int]],
    now: int,
    salt: str,
    *,
    replaying: bool = False,
    only_looking: bool = False,
) -> Tills:
    """Lock and read what events (each with its time in µs) need of the shop.

    `only_looking`: nothing is locked, for a question whose answer nobody relies on.

    The shop's `now` (µs) is not before that of any batch that it follows on, whatever the clocks
    of two machines say: what has lapsed for one batch has lapsed for the next one. In a replay it
    is what it was.
    """
    need = _Need.of(rules, events)
    if need.is_nothing:
        return Tills(Shop(now, salt))
    opening = _Opening(
        reading, need, Shop(now, salt), replaying=replaying, locking=not only_looking
    )
    return opening.open()


_BY_REDEMPTION = (redemption.c.redemption,)
_BY_WALLET = (hold.c.volunteer,)
_BY_KIND = (registry.c.kind, registry.c.id)
_BY_FUND = (budget.c.fund,)

_PRESENT = """
SELECT CASE WHEN newest > {} THEN newest ELSE {} END AS at
FROM (SELECT max(recorded_at) AS newest FROM batch) AS batches
"""
"""Now, but not before any batch that was recorded."""

_COUNTS = """
SELECT 'present' AS what, '' AS name, '' AS place, at AS amount FROM present
UNION ALL
SELECT 'stock', item, '', quantity FROM stock WHERE item {}
UNION ALL
SELECT 'aside', item, '', CAST(sum(quantity) AS bigint) FROM hold, present
WHERE item {} AND expires_at > at GROUP BY item
UNION ALL
SELECT 'money', account, '', CAST(sum(balance) AS bigint) FROM account_balance
WHERE account {} AND currency = {} GROUP BY account
UNION ALL
SELECT 'reserved', fund, place, CAST(sum(cost) AS bigint) FROM hold, present
WHERE fund {} AND expires_at > at GROUP BY fund, place
"""
"""All of one moment: what has lapsed for one part has lapsed for the others."""

_PURCHASES = f"""
SELECT {", ".join(f"redemption.{part.name}" for part in redemption.columns)}, event.at
FROM redemption JOIN event ON event.seq = redemption.request
WHERE redemption.volunteer {{}} AND redemption.item {{}}
  AND redemption.status = 'accepted' AND redemption.repeats IS NULL
ORDER BY redemption.id
"""


_UNCONCERNED = frozenset(get_args(AttendanceEvent))
"""Events that no shop has to do with: most there are."""


class _Need:
    """What the events of a batch name."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self.requests: list[tuple[str, RedemptionRequest]] = []
        self.registering: set[tuple[str, str]] = set()
        self.vouchers: set[str] = set()
        self.redemptions: set[str] = set()
        self.disputed: set[str] = set()
        self.accused: set[tuple[str, str]] = set()
        self.refunded: set[str] = set()
        self.items: set[str] = set()
        self.funds: set[str] = set()
        self.books = False

    @classmethod
    def of(cls, rules: Rulebook, events: Iterable[tuple[LoggedEvent, int]]) -> Self:
        need = cls(rules)
        for event, at in events:
            if type(event) not in _UNCONCERNED:
                need.add(event, at)
        return need

    @property
    def is_nothing(self) -> bool:
        return not (self.requests or self.registering or self.vouchers or self.books)

    def add(self, event: LoggedEvent, at: int) -> None:
        if isinstance(event, TillEvent):
            request = request_of(event, at, 0)
            self.requests.append((event.subject, request))
            if request.command == "refund":
                self.refunded.add(request.redemption)
            if request.voucher:
                self.vouchers.add(request.voucher)
            else:
                self.redemptions.add(request.redemption)
        elif isinstance(event, VoucherExpired):
            self.vouchers.add(event.data.voucher)
        elif isinstance(event, RegistryEvent):
            if (kind := kind_of(event)) in MODELS:
                self.registering.add((kind, event.subject))
        elif isinstance(event, BooksEvent | PayoutPrepared | PayoutRemitted):
            self.books = True
            if isinstance(event, StockReceived | StockCounted):
                self.items.add(event.subject)
            elif isinstance(event, DisputeOpened | DisputeDecided):
                self.disputed.add(event.data.redemption)
                self.accused.add(("merchant", event.subject))
            elif isinstance(event, FundContributed | FundBudgeted):
                self.funds.add(event.subject)

    def buyers(self) -> set[str]:
        return {wallet for wallet, _ in self.requests}

    @property
    def changing(self) -> set[tuple[str, str]]:
        """What nobody else may read meanwhile, by kind and id."""
        return self.registering | self.accused

    def named(self) -> set[tuple[str, str]]:
        """What registrations the requests name."""
        named: set[tuple[str, str]] = set()
        for wallet, request in self.requests:
            named |= {("merchant", request.merchant), ("item", request.item)}
            for name in (wallet, request.to):
                for prefix, kind in ((HOUSEHOLD, "household"), (TEAM, "team")):
                    if name.startswith(prefix):
                        named.add((kind, name.removeprefix(prefix)))
            named.add(("household", request.household))
        return {(kind, name) for kind, name in named if name}


class _Opening:
    def __init__(
        self, reading: Reading, need: _Need, shop: Shop, *, replaying: bool, locking: bool
    ) -> None:
        self._reading = reading
        self._need = need
        self._shop = shop
        self._replaying = replaying
        self._locking = locking

    def open(self) -> Tills:
        need = self._need
        vouchers = self._vouchers(need.vouchers)
        asked = need.redemptions | need.disputed | {one.redemption for one in vouchers.values()}
        decided = self._decisions(asked)
        bought_codes = {
            one.voucher for known in decided.values() for one in known if one.voucher
        } - vouchers.keys()
        vouchers |= self._vouchers(bought_codes)
        holds = self._holds(need.buyers())
        wanted = self._named(decided, holds, vouchers)
        if self._locking:
            held = _holding(Lock.REGISTERED, need.changing, wanted - need.changing)
            self._reading.ahead(held, rows_by(registry, _BY_KIND, wanted | need.accused))
        if need.disputed:  # no till serves that shop now: this is all that it sold
            decided.update(self._decisions(need.disputed))
        found = self._registered(wanted | need.accused)
        funds = self._funds(found["merchant"], decided, holds, vouchers)
        items = need.items | {ident for ident, item in found["item"].items() if item.stocked}
        limited = {ident for ident, item in found["item"].items() if item.limit is not None}
        counted = {("fund", one) for one in funds} | {("stock", one) for one in items}
        counts = self._counts(items, funds) if counted else None
        bought = self._purchases(need.buyers(), limited) if limited else None
        if self._locking:
            registering = {one for one in need.registering if one[0] == "fund"}
            self._reading.ahead(
                _holding(Lock.COUNTED, counted | registering),
                None if self._replaying else NEXT_BATCH,
                counts,
                rows_by(registry, _BY_KIND, {("fund", one) for one in funds}),
                rows_by(budget, _BY_FUND, funds),
                bought,
            )
        shop = self._shop
        if counts is not None:
            self._read_counts(shop, counts)
        shop.merchants, shop.items = found["merchant"], found["item"]
        shop.households, shop.teams = found["household"], found["team"]
        shop.funds = self._registered({("fund", one) for one in funds})["fund"]
        shop.budgets.update(self._budgets(funds))
        shop.vouchers.update(vouchers)
        shop.disputes.update(self._disputes(need.disputed | need.refunded))
        if bought is not None:
            shop.bought.update(self._bought(bought, holds))
        return Tills(
            shop,
            holds,
            decided,
            dict(shop.stock),
            dict(shop.budgets),
            dict(shop.vouchers),
            dict(shop.disputes),
        )

    # Which ------------------------------------------------------------------------------------

    def _named(
        self,
        decided: Mapping[str, Sequence[RedemptionDecision]],
        holds: Mapping[str, Sequence[Hold]],
        vouchers: Mapping[str, Voucher],
    ) -> set[tuple[str, str]]:
        """What registrations the decisions may rest on."""
        named = {("item", one.item) for one in vouchers.values()}
        earlier = [one for known in decided.values() for one in known]
        waiting = [one for several in holds.values() for one in several]
        for merchant, item in [(one.merchant, one.item) for one in earlier] + [
            (one.merchant, one.item) for one in waiting
        ]:
            named |= {("merchant", merchant), ("item", item)}
        return self._need.named() | {(kind, name) for kind, name in named if name}

    def _funds(
        self,
        merchants: Mapping[str, Merchant],
        decided: Mapping[str, Sequence[RedemptionDecision]],
        holds: Mapping[str, Sequence[Hold]],
        vouchers: Mapping[str, Voucher],
    ) -> set[str]:
        funds = set(self._need.funds) | {one.fund or "" for one in merchants.values()}
        funds |= {one.fund for known in decided.values() for one in known}
        funds |= {one.fund for several in holds.values() for one in several}
        funds |= {one.fund for one in vouchers.values()}
        funds |= {
            request.to.removeprefix(FUND)
            for _, request in self._need.requests
            if request.to.startswith(FUND)
        }
        return funds - {""}

    # Reading ----------------------------------------------------------------------------------

    def _vouchers(self, codes: Collection[str]) -> dict[str, Voucher]:
        rows = self._reading.rows_of(voucher, (voucher.c.code,), codes)
        return {row.code: Voucher._make(row) for row in rows}

    def _decisions(self, redemptions: Collection[str]) -> dict[str, list[RedemptionDecision]]:
        """The decisions on each redemption id, without repeated answers, in their order."""
        found: dict[str, list[RedemptionDecision]] = defaultdict(list)
        for row in self._reading.rows_of(redemption, _BY_REDEMPTION, redemptions):
            if row.repeats is None:
                found[row.redemption].append(RedemptionDecision._make(row))
        return found

    def _holds(self, wallets: Collection[str]) -> dict[str, list[Hold]]:
        """What is set aside of each wallet's points, lapsed holds included."""
        found: dict[str, list[Hold]] = defaultdict(list)
        for row in self._reading.rows_of(hold, _BY_WALLET, wallets):
            found[row.volunteer].append(Hold._make(row))
        return found

    def _registered(self, names: Collection[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {kind: {} for kind in MODELS}
        for row in self._reading.rows_of(registry, _BY_KIND, names):
            found[row.kind][row.id] = _parsed(row.kind, row.data)
        return found

    def _counts(self, items: Collection[str], funds: Collection[str]) -> Question:
        """What there is of items and of funds, and what of it is set aside, at one moment."""
        accounts = frozenset(f"{FUND}{one}" for one in funds)
        stocked, paying = frozenset(items), frozenset(funds)
        now = (self._shop.now,) if self._replaying else (self._shop.now, self._shop.now)
        present = "SELECT {} AS at" if self._replaying else _PRESENT
        asked = (stocked, stocked, accounts, MONEY, paying)
        return self._reading.worded(f"WITH present AS ({present}) {_COUNTS}", *now, *asked)

    def _read_counts(self, shop: Shop, counts: Question) -> None:
        for what, name, place, amount in self._reading.ask(counts):
            match what:
                case "present":
                    shop.now = amount
                case "stock":
                    shop.stock[name] = amount
                case "aside":
                    shop.set_aside[name] = amount
                case "money":
                    shop.money[name.removeprefix(FUND)] = amount
                case "reserved":
                    shop.reserved[name, place] = amount

    def _budgets(self, funds: Collection[str]) -> dict[tuple[str, str, str], Budget]:
        rows = self._reading.rows_of(budget, _BY_FUND, funds)
        return {(row.fund, row.place, row.period): Budget(row.amount, row.spent) for row in rows}

    def _disputes(self, redemptions: Collection[str]) -> dict[str, Dispute]:
        rows = self._reading.rows_of(dispute, (dispute.c.redemption,), redemptions)
        return {row.redemption: Dispute._make(row) for row in rows}

    def _purchases(self, wallets: Collection[str], items: Collection[str]) -> Question:
        """What each wallet was given of limited items, and gave back, with when that was asked."""
        return self._reading.worded(_PURCHASES, frozenset(wallets), frozenset(items))

    def _bought(
        self, purchases: Question, holds: Mapping[str, Sequence[Hold]]
    ) -> dict[tuple[str, str], tuple[Bought, ...]]:
        """What each wallet has bought or has on hold of limited items, and did not give back."""
        by_purchase: dict[str, list[RedemptionDecision]] = defaultdict(list)
        asked_at: dict[int, int] = {}
        for *decision, at in self._reading.ask(purchases):
            row = RedemptionDecision._make(decision)
            by_purchase[row.redemption].append(row)
            asked_at[row.request] = at
        live = {
            one.redemption
            for several in holds.values()
            for one in several
            if one.expires_at > self._shop.now
        }
        bought: dict[tuple[str, str], tuple[Bought, ...]] = defaultdict(tuple)
        for ident, known in by_purchase.items():
            first = known[0]
            paid = sum(one.points for one in known if one.command in ("redeem", "confirm"))
            back = sum(one.points for one in known if one.command == "refund")
            done = any(one.command in ("redeem", "confirm") for one in known)
            if (done and (not back or back < paid)) or ident in live:
                at = asked_at[first.request] // SECOND
                day = self._need.rules.timeline.plan_at(at).clock.date(at).isoformat()
                bought[first.volunteer, first.item] += (Bought(ident, day, first.quantity),)
        return bought


def hold_payouts(connection: Connection) -> None:
    """Until the end of the transaction nobody else prepares or remits a payout."""
    hold_names(connection, Lock.REGISTERED, ["payouts:"])


def _holding(
    lock: Lock, writing: Iterable[tuple[str, str]], reading: Iterable[tuple[str, str]] = ()
) -> Question | None:
    """What holds what is named by kind and id."""
    changed, read = ((f"{kind}:{name}" for kind, name in part) for part in (writing, reading))
    return holding_names(lock, changed, read)


@lru_cache(maxsize=10_000)
def _parsed(kind: str, data: str) -> BaseModel:
    return MODELS[kind].model_validate_json(data)


def _changed(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return [(key, value) for key, value in after.items() if before.get(key) != value]
