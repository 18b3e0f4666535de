"""What do all tills share? The catalogue, stock, funds and vouchers, as one batch finds them.

A batch holds the locks of what it touches, changes this copy, and writes it back. What one
volunteer's attempt changed can be taken back (`undo_to`), since a fold may have to begin anew.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from ledger.clock import SECOND
from ledger.core.book import position
from ledger.core.entries import HOUSEHOLD, TEAM, BookEntry, Booking
from ledger.core.redeeming.payments import fen, same
from ledger.core.redeeming.requests import Hold, RedemptionRequest, Voucher
from ledger.core.rulebook import MONEY, PolicyText
from ledger.policy import Plan
from schemas.catalogue import Fund, Household, Item, Merchant, Price
from schemas.registry import Team

Key = TypeVar("Key")
Value = TypeVar("Value")


MOST_POINTS = 10**12
"""Of one redemption, less than this: as many as an event may name itself."""


class Budget(NamedTuple):
    """What may be spent of a fund in a period, and what was, in fen. `place` is "" for all."""

    amount: int
    spent: int


class Bought(NamedTuple):
    """A purchase of an item by one wallet: the day (YYYY-MM-DD) and how many."""

    redemption: str
    day: str
    quantity: int


class Dispute(NamedTuple):
    """A redemption in dispute; the order of the table's columns. `decision` is "" while open."""

    redemption: str
    merchant: str
    cost: int
    fund: str
    reason: str
    by: str
    opened_at: int
    decision: str
    decided_because: str
    decided_by: str


@dataclass(slots=True)
class Offer:
    """What a request comes to by the catalogue; `fund` ("" for none) would pay the shop."""

    points: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    item: Item | None = None
    fund: str = ""
    place: str = ""


@dataclass(slots=True)
class Shop:
    """Registered merchants, items, funds, households and teams by id; and what changes.

    `stock` and `set_aside` (by holds) count pieces by item; `money` is fen by fund,
    `reserved` (by holds) by (fund, place); `budgets` go by (fund, place, period). `bought` lists
    purchases by (wallet, item).
    `now` is µs; `salt` makes voucher codes.
    """

    now: int
    salt: str
    merchants: Mapping[str, Merchant] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    funds: Mapping[str, Fund] = field(default_factory=dict)
    households: Mapping[str, Household] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    money: dict[str, int] = field(default_factory=dict)
    reserved: dict[tuple[str, str], int] = field(default_factory=dict)
    budgets: dict[tuple[str, str, str], Budget] = field(default_factory=dict)
    vouchers: dict[str, Voucher] = field(default_factory=dict)
    bought: dict[tuple[str, str], tuple[Bought, ...]] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    _undo: list[Callable[[], None]] = field(default_factory=list)

    # Changing, and changing back --------------------------------------------------------------

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._undo)

    def undo_to(self, mark: int) -> None:
        """Take back what was changed since `mark`."""
        while len(self._undo) > mark:
            self._undo.pop()()

    def _set(self, mapping: dict[Key, Value], key: Key, value: Value) -> None:
        had = key in mapping
        before = mapping.get(key)

        def back() -> None:
            if had:
                mapping[key] = before  # type: ignore[assignment]
            else:
                del mapping[key]

        self._undo.append(back)
        mapping[key] = value

    def _add(self, mapping: dict[Key, int], key: Key, amount: int) -> None:
        if amount:
            self._set(mapping, key, mapping.get(key, 0) + amount)

    # Who may ask, and what it comes to --------------------------------------------------------

    def barred(self, wallet: str, by: str) -> str | None:
        """Why somebody may not spend from a household's or team's wallet."""
        if wallet.startswith(HOUSEHOLD):
            household = self.households.get(wallet.removeprefix(HOUSEHOLD))
            if household is None or by not in household.members:
                return "not-a-member-of-the-household"
        if wallet.startswith(TEAM):
            team = self.teams.get(wallet.removeprefix(TEAM))
            if team is None or by not in team.managers:
                return "not-a-manager-of-the-team"
        return None

    def related(self, giver: str, to: str, household: str) -> bool:
        """Both are of one registered household."""
        if to.startswith(HOUSEHOLD):
            household = to.removeprefix(HOUSEHOLD)
            to = giver
        known = self.households.get(household)
        return known is not None and giver in known.members and to in known.members

    def offer(
        self, request: RedemptionRequest, wallet: str, standing: Mapping[str, Any], plan: Plan
    ) -> Offer | str:
        """What the request comes to by the catalogue; a text says why it is refused."""
        offer = self.paid_by(request)
        if not isinstance(offer, Offer):
            return offer
        item = self.items.get(request.item)
        if item is None:
            merchant = self.merchants.get(request.merchant)
            if merchant is not None and merchant.listed_only:
                return "not-in-the-catalogue"
            if not request.points:
                return "no-price: neither the till nor the catalogue says what it costs"
            return offer
        day = plan.clock.date(request.at // SECOND).isoformat()
        if item.merchants and request.merchant not in item.merchants:
            return "not-sold-here"
        if not within(day, item.since, item.until):
            return "not-on-sale-on-this-day"
        for ladder, level in item.levels.items():
            if not reaches(plan, standing, ladder, level):
                return f"needs-{ladder}-{level}"
        price = lowest_price(plan, standing, day, item)
        if price is None:
            return "no-price-applies"
        together = Decimal(price.points) * request.quantity
        if together >= MOST_POINTS:
            return f"costs-too-much: a redemption is of less than {MOST_POINTS} points"
        points = format(together, "f")
        if request.points and not same(request.points, points):
            return f"the-price-is-{points}"
        if item.limit is not None and not self._within_limit(request, wallet, day, item):
            return f"limit-of-{item.limit.count}-per-{item.limit.per}"
        if item.stocked and self.available(request.item) < request.quantity:
            return "out-of-stock"
        return replace(offer, points=points, attributes=self._told(item), item=item)

    def paid_by(self, request: RedemptionRequest) -> Offer | str:
        """The points that the request names, and who would pay the shop for them."""
        merchant = self.merchants.get(request.merchant)
        if merchant is None or merchant.fund is None:
            return Offer(request.points)
        if merchant.fund not in self.funds:
            return "the-fund-of-this-shop-is-not-registered"
        return Offer(request.points, fund=merchant.fund, place=merchant.place or "")

    @staticmethod
    def _told(item: Item) -> dict[str, Any]:
        """What a policy is told of an item beside its price."""
        told: dict[str, Any] = {"kind": item.kind}
        if item.currency is not None:
            told["currency"] = item.currency
        return told | (item.attributes or {})

    def available(self, item: str) -> int:
        """Pieces that nobody has set aside."""
        return self.stock.get(item, 0) - self.set_aside.get(item, 0)

    def _within_limit(self, request: RedemptionRequest, wallet: str, day: str, item: Item) -> bool:
        assert item.limit is not None
        length = {"day": 10, "month": 7, "year": 4, "total": 0}[item.limit.per]
        had = sum(
            one.quantity
            for one in self.bought.get((wallet, request.item), ())
            if one.day[:length] == day[:length]
        )
        return had + request.quantity <= item.limit.count

    # Money ------------------------------------------------------------------------------------

    def cost(self, offer: Offer, points: str) -> int:
        """What the fund pays for so many points of the usual currency, in fen."""
        return fen(points, self.funds[offer.fund].point_value) if offer.fund else 0

    def uncovered(self, offer: Offer, cost: int, day: date) -> str | None:
        """Why the fund can't pay: it is empty, or what was budgeted is used up."""
        if not cost:
            return None
        fund = offer.fund
        reserved = {place: fen for (of, place), fen in self.reserved.items() if of == fund}
        if self.money.get(fund, 0) - sum(reserved.values()) < cost:
            return "fund-exhausted"
        for key in _budget_keys(fund, offer.place, day):
            budget = self.budgets.get(key)
            aside = reserved.get(key[1], 0) if key[1] else sum(reserved.values())
            if budget is not None and budget.spent + aside + cost > budget.amount:
                return "budget-exhausted"
        return None

    # What a decision changes ------------------------------------------------------------------

    def set_aside_for(self, request: RedemptionRequest, offer: Offer, cost: int) -> None:
        """A hold waits: its pieces and its money are nobody else's."""
        if offer.item is not None and offer.item.stocked:
            self._add(self.set_aside, request.item, request.quantity)
        if offer.fund:
            self._add(self.reserved, (offer.fund, offer.place), cost)

    def let_go(self, hold: Hold, quantity: int, cost: int) -> None:
        """Pieces and money that a hold had set aside are free again."""
        if hold.item in self.items and self.items[hold.item].stocked:
            self._add(self.set_aside, hold.item, -quantity)
        if hold.fund:
            self._add(self.reserved, (hold.fund, hold.place), -cost)

    def sell(self, item: str, quantity: int) -> None:
        """So many pieces are gone; an offline till may have sold more than there were."""
        known = self.items.get(item)
        if known is not None and known.stocked:
            here = self.stock.get(item, 0)
            self._add(self.stock, item, -min(quantity, here))

    def note_bought(self, wallet: str, item: str, bought: Bought) -> None:
        """It counts for the limit per person, if there is one."""
        known = self.items.get(item)
        if known is not None and known.limit is not None:
            before = self.bought.get((wallet, item), ())
            self._set(self.bought, (wallet, item), (*before, bought))

    def forget_bought(self, wallet: str, item: str, redemption: str) -> None:
        """It was let go or given back whole, and counts no more."""
        if (wallet, item) in self.bought:
            kept = (one for one in self.bought[wallet, item] if one.redemption != redemption)
            self._set(self.bought, (wallet, item), tuple(kept))

    def restock(self, item: str, quantity: int) -> None:
        """So many pieces are back, or have come."""
        self._add(self.stock, item, quantity)

    def count(self, item: str, quantity: int) -> None:
        """So many pieces are there."""
        self._set(self.stock, item, quantity)

    def pay(
        self, fund: str, place: str, to: str, cost: int, request: RedemptionRequest, plan: Plan
    ) -> list[Booking]:
        """The fund pays `to` (below zero: is paid back), within its budgets."""
        if not fund or not cost:
            return []
        self._spend(fund, place, cost, plan.clock.date(request.at // SECOND))
        before = self.money.get(fund, 0)
        self._add(self.money, fund, -cost)
        kind = "spending" if cost > 0 else "refund"
        entry = BookEntry(
            0, kind, fund, request.seq, request.at, request.redemption, self._alert(fund, before)
        )
        return [Booking(entry, (("fund:" + fund, MONEY, -cost), (to, MONEY, cost)))]

    def _alert(self, fund: str, before: int) -> str:
        """What to tell the people who look after the fund, when it falls below its mark."""
        mark = self.funds[fund].alert if fund in self.funds else None
        if mark is None:
            return ""
        units, now = int(Decimal(mark) * 100), self.money.get(fund, 0)
        if now < units <= before:
            return f"fund {fund} has {Decimal(now).scaleb(-2)} yuan left, less than {mark}"
        return ""

    def contribute(self, fund: str, donor: str, fen_given: int, seq: int, at: int) -> Booking:
        """A donor's money comes in."""
        self._add(self.money, fund, fen_given)
        entry = BookEntry(0, "contribution", fund, seq, at, donor, "")
        legs = ((f"donor:{donor}", MONEY, -fen_given), (f"fund:{fund}", MONEY, fen_given))
        return Booking(entry, legs)

    def budget(self, fund: str, place: str, period: str, fen_at_most: int) -> None:
        """From now on at most so much is spent; what was spent before counts."""
        known = self.budgets.get((fund, place, period), Budget(0, 0))
        self._set(self.budgets, (fund, place, period), known._replace(amount=fen_at_most))

    def money_back(self, fund: str, merchant: str, fen_back: int, day: date) -> None:
        """Money that a shop was to get is the fund's again, and its budgets'."""
        self._add(self.money, fund, fen_back)
        known = self.merchants.get(merchant)
        self._spend(fund, (known.place or "") if known is not None else "", -fen_back, day)

    def _spend(self, fund: str, place: str, cost: int, day: date) -> None:
        for key in _budget_keys(fund, place, day):
            budget = self.budgets.get(key)
            if budget is not None:
                self._set(self.budgets, key, budget._replace(spent=budget.spent + cost))

    def is_refused(self, redemption: str) -> bool:
        """A dispute was decided against the shop: it has nothing more of this to give back."""
        dispute = self.disputes.get(redemption)
        return dispute is not None and dispute.decision == "refuse"

    def note_dispute(self, dispute: Dispute) -> None:
        """A redemption is in dispute, or no longer."""
        self._set(self.disputes, dispute.redemption, dispute)

    # Vouchers ---------------------------------------------------------------------------------

    def issue(
        self, request: RedemptionRequest, wallet: str, item: Item, paid: str, fund: str, cost: int,
        plan: Plan,
    ) -> Voucher:  # fmt: skip
        """A code for what was bought, good until the end of its last day."""
        assert item.valid_days is not None
        last = plan.clock.date(request.at // SECOND).toordinal() + item.valid_days
        expires_at = plan.clock.start(date.fromordinal(last + 1)) * SECOND
        code = voucher_code(self.salt, request.redemption)
        voucher = Voucher(
            code, wallet, request.redemption, request.item, paid, fund, cost, expires_at, ""
        )
        self._set(self.vouchers, code, voucher)
        return voucher

    def end_voucher(self, voucher: Voucher, how: str) -> None:
        """It can't be used any more."""
        self._set(self.vouchers, voucher.code, voucher._replace(ended=how))

    def release(
        self,
        voucher: Voucher,
        kind: str,
        points_to: str,
        money_to: str,
        request: RedemptionRequest,
        paid: Mapping[str, int],
    ) -> list[Booking]:
        """What was paid for a voucher moves on: points by currency, and money."""
        legs: list[tuple[str, str, int]] = []
        for currency, units in paid.items():
            to = points_to if ":" in points_to else f"{points_to}:{currency}"
            legs += [(voucher.account, currency, -units), (to, currency, units)]
        if voucher.cost:
            legs += [(voucher.account, MONEY, -voucher.cost), (money_to, MONEY, voucher.cost)]
            if money_to == f"fund:{voucher.fund}":
                self._add(self.money, voucher.fund, voucher.cost)
        if not legs:
            return []
        entry = BookEntry(0, kind, voucher.item, request.seq, request.at, voucher.redemption, "")
        return [Booking(entry, tuple(legs))]


def _budget_keys(fund: str, place: str, day: date) -> list[tuple[str, str, str]]:
    places = ["", place] if place else [""]
    periods = (f"{day:%Y}", f"{day:%Y-%m}")
    return [(fund, one, period) for one in places for period in periods]


def within(day: str, since: str | None, until: str | None) -> bool:
    """Whether a day lies between two, both included; None: it does not matter."""
    return (since is None or since <= day) and (until is None or day <= until)


def reaches(plan: Plan, standing: Mapping[str, Any], ladder: str, level: int | str) -> bool:
    """Whether the levels of a standing (ladder -> place on it) come to a level."""
    if ladder not in plan.doc.ladders:
        return False
    needed = position(plan, ladder, level)
    held = standing.get(ladder, 0)
    return needed in held if isinstance(held, list) else 0 < needed <= held


def lowest_price(plan: Plan, standing: Mapping[str, Any], day: str, item: Item) -> Price | None:
    """What one costs somebody with these levels (ladder → place on it) on a day; None: no price."""
    fitting = [
        price
        for price in item.prices
        if within(day, price.since, price.until)
        and all(reaches(plan, standing, *need) for need in price.levels.items())
    ]
    return min(fitting, key=lambda price: Decimal(price.points), default=None)


_ALPHABET = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "ABCDEFGHJKMNPQRSTVWXYZ0123456789")
"""Base32 in Crockford's letters, which has none that look alike."""


def voucher_code(salt: str, redemption: str) -> str:
    """Sixty bits that nobody can guess, in three groups to read aloud."""
    digest = hashlib.sha256(f"{salt}\0{redemption}".encode()).digest()
    text = base64.b32encode(digest)[:12].decode().translate(_ALPHABET)
    return "-".join((text[:4], text[4:8], text[8:]))


def day_of(policy: PolicyText, at: int) -> date:
    """The day of an instant (µs) on the policy's calendar."""
    return policy.plan.clock.date(at // SECOND)
