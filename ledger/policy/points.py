"""How a fact becomes points, and what every posting to a currency must respect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

from .builder import Builder, Stage, apply_limits
from .context import Context, Run, decided
from .dates import add_months
from .debts import Debts, debt_key
from .document import Currency, PointsRule
from .entries import Posting
from .errors import EvaluationError
from .exact import ROUNDINGS, Number, fits, round_whole, show, tidy
from .expressions import day_of, need_number
from .facts import Payment
from .source import Path

Post = Callable[..., int]


class Bank:
    """Every currency of a document, ready to be posted to."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        self.posts: dict[str, Post] = {}
        self.pays: dict[str, Post] = {}
        """Post units that are owed to the letter: no cap, no floor."""
        self.debts = {name: Debts(b, name, one) for name, one in b.doc.currencies.items()}
        self.last_days: dict[str, Callable[[Context], date]] = {}
        self.initial: dict[str, Run] = {}
        self.below: dict[str, Run] = {}
        for name, currency in b.doc.currencies.items():
            self.posts[name] = self._post(name, currency)
        self.scales = {name: 10**c.scale for name, c in b.doc.currencies.items()}
        self.expiring = [n for n, c in b.doc.currencies.items() if c.expiry is not None]
        self.renewed = [
            (n, c.initial.per)
            for n, c in b.doc.currencies.items()
            if c.initial is not None and c.initial.per is not None
        ]
        """Currencies that begin anew, and with which periods."""

    def units(self, name: str) -> Callable[[Context, Number, Run | None], int]:
        """Points as whole smallest units; what is not exact needs a rounding."""
        currency = self.b.doc.currencies[name]
        scale = 10**currency.scale
        mode = self.b.implicit(
            currency.rounding, ("currencies", name, "rounding"),
            f"an amount is finer than the smallest unit of '{name}': round it how? (取整方向)",
            choices=ROUNDINGS,
        )  # fmt: skip

        def units(c: Context, x: Number, own: Run | None) -> int:
            exact_units = tidy(x * scale)
            if type(exact_units) is int:
                return exact_units
            return round_whole(exact_units, str((own or mode)(c)))

        return units

    def _post(self, name: str, currency: Currency) -> Post:
        """post(c, amount, rule, clauses, counter, rounding) → units posted, after all caps."""
        b = self.b
        path: Path = ("currencies", name)
        b.known_clauses(currency.clauses, (*path, "clauses"))
        units = self.units(name)
        scale = 10**currency.scale
        below = b.implicit(
            currency.below_zero, (*path, "below_zero"),
            f"the balance of '{name}' would fall below zero: allow or floor? (积分可否为负)",
            choices=("allow", "floor"),
        )  # fmt: skip
        self.below[name] = below
        earned_key, lots_key = f"{name}~earned", f"{name}~lots"

        def balance(c: Context) -> Number:
            return tidy(Fraction(c.state.get(name, 0), scale))

        def earned(c: Context) -> Number:
            return tidy(Fraction(c.state.get(earned_key, 0), scale))

        limits = b.limits(
            currency.caps, path_text(path), (*path, "caps"), (),
            {"balance": balance, "total": earned}, b.doc.currencies,
        )  # fmt: skip
        last_day = self._expiry(name, currency)
        if last_day is not None:
            self.last_days[name] = last_day
        if currency.initial is not None:
            at = (*path, "initial")
            b.known_clauses(currency.initial.clauses, (*at, "clauses"))
            amount = currency.initial.amount
            self.initial[name] = b.expr(amount, (*at, "amount"), "number").run
        others = self.posts
        if any(str(p) in ("total",) or "settings" in str(p) for k in currency.caps for p in k.per):
            b.words.earned.add(name)
        tracked = b.words.earned
        debts = self.debts[name]

        def settle(
            c: Context, amount: int, rule: str, clauses: tuple[str, ...], counter: str,
            due: bool = False,
        ) -> int:  # fmt: skip
            state = c.state
            new = state.get(name, 0) + amount
            if new < 0 and amount < 0 and not due and str(below(c)) != "allow":
                amount -= new if new - amount >= 0 else amount
                new = state.get(name, 0) + amount
            fits(amount, new)
            state[name] = new
            owed = 0 if due else debts.part_of(c, amount)
            if amount > 0:
                if name in tracked:
                    state[earned_key] = state.get(earned_key, 0) + amount
                if last_day is not None and new > owed:  # what fills a debt is spent: no lot
                    lot = min(amount, new) - owed
                    put_lot(state.setdefault(lots_key, []), last_day(c).isoformat(), lot)
            elif last_day is not None:
                taken = _spend(state.get(lots_key, []), -amount)
                if due and "redemption" in c.attrs:
                    bought = state.setdefault(TAKEN, {}).setdefault(c.attrs["redemption"], {})
                    bought[name] = taken
            c.out.append(Posting(c.fact.id, c.at, name, amount, counter, rule, clauses))
            if due:
                debts.arise(c, -amount)
            elif owed:
                debts.pay(c, owed)
            if c.posted is None:
                c.posted = {name: amount}
            else:
                c.posted[name] = c.posted.get(name, 0) + amount
            return amount

        def post(
            c: Context, amount: Number, rule: str, clauses: tuple[str, ...],
            counter: str = "issuance", rounding: Run | None = None,
        ) -> int:  # fmt: skip
            if limits and amount > 0:
                amount, over, cut = apply_limits(c, amount, limits)
                clauses += cut
                for target, rest in over:
                    others[target](c, rest, rule, clauses, "issuance", rounding)
            whole = amount * scale if type(amount) is int else units(c, amount, rounding)
            if whole == 0:
                return 0
            return settle(c, whole, rule, clauses, counter)

        self.pays[name] = partial(settle, due=True)
        return post

    def _expiry(self, name: str, currency: Currency) -> Callable[[Context], date] | None:
        spec = currency.expiry
        if spec is None:
            return None
        path: Path = ("currencies", name, "expiry")
        self.b.known_clauses(spec.clauses, (*path, "clauses"))
        clock = self.b.clock
        if spec.on is not None:
            run = self.b.expr(spec.on, (*path, "on"), "date").run
            return lambda c: day_of(run(c))
        months = self.b.expr(spec.months, (*path, "months"), "number").run
        return lambda c: add_months(clock.date(c.at), int(need_number(months(c))))

    def expire(self, c: Context) -> None:
        """Take away what has outlived its last day."""
        for name in self.expiring:
            lots = c.state.get(f"{name}~lots")
            today = self.b.clock.date(c.at).isoformat()
            if not lots or lots[0][0] >= today:
                continue
            gone = sum(n for d, n in lots if d < today)
            c.state[f"{name}~lots"] = [lot for lot in lots if lot[0] >= today]
            spec = self.b.doc.currencies[name].expiry
            assert spec is not None
            if gone:
                c.state[name] = c.state.get(name, 0) - gone
                c.out.append(Posting("", c.at, name, -gone, "expiry",
                                     f"currencies.{name}.expiry", tuple(spec.clauses)))  # fmt: skip

    def give_back(self, c: Context, paid: Payment, redemption: str) -> None:
        """Undo (part of) a payment: the lots that it took come back, the latest to expire first.

        What comes back reduces a debt before anything else.
        """
        name, units = paid.currency, paid.amount
        c.state[name] = c.state.get(name, 0) + units
        c.out.append(Posting(c.fact.id, c.at, name, units, paid.counter, paid.rule, paid.clauses))
        back = units
        if name in self.debts:
            owed = min(units, c.state.get(debt_key(name), 0))
            self.debts[name].pay(c, owed)
            back -= owed
        if name not in self.expiring:
            return
        units = min(back, max(0, c.state[name]))
        taken = c.state.get(TAKEN, {}).get(redemption, {}).get(name, [])
        lots = c.state.setdefault(f"{name}~lots", [])
        while units > 0 and taken:
            back = min(units, taken[-1][1])
            put_lot(lots, taken[-1][0], back)
            taken[-1][1] -= back
            units -= back
            if not taken[-1][1]:
                taken.pop()
        if units > 0:
            put_lot(lots, self.last_days[name](c).isoformat(), units)

    def receive(self, c: Context, paid: Payment, lots: Sequence[tuple[str, int]]) -> None:
        """What somebody gave away comes in, with the last days that it had there."""
        name, units = paid.currency, paid.amount
        if name not in self.posts:
            raise EvaluationError(f"the policy has no currency '{name}'", paid.rule)
        c.state[name] = c.state.get(name, 0) + units
        fits(units, c.state[name])
        c.out.append(Posting(c.fact.id, c.at, name, units, paid.counter, paid.rule, paid.clauses))
        if name not in self.expiring:
            return
        fills = units - min(units, max(0, c.state[name]))  # a debt, with what would expire first
        own = c.state.setdefault(f"{name}~lots", [])
        undated = (self.last_days[name](c).isoformat(), units - sum(part for _, part in lots))
        for day, part in (*lots, undated):
            left = max(0, part - fills)
            fills = max(0, fills - part)
            if left:
                put_lot(own, str(day), left)

    def write_off(self, c: Context, currency: str, amount: Number | None) -> None:
        """Forgive (part of) a debt, as the policy allows."""
        units = None if amount is None else tidy(amount * self.scales[currency])
        if units is not None and type(units) is not int:
            raise EvaluationError(f"{currency} has no such fraction: {show(amount)}")
        self.debts[currency].write_off(c, units)

    def open(self, c: Context, seeded: Collection[str]) -> None:
        """Give the initial balances, but of those that are `seeded`."""
        for name in self.initial:
            if name not in seeded:
                self._begin(c, name)

    def renew(self, c: Context, name: str) -> None:
        """Begin a period: what is left of the former is gone, and the initial balance is there.

        What is owed stays owed; a score below zero is made even.
        """
        left = c.state.get(name, 0)
        if left > 0 or (left < 0 and self._is_score(c, name)):
            c.state[name] = 0
            c.state.pop(f"{name}~lots", None)
            counter = "expiry" if left > 0 else "opening"
            c.out.append(Posting("", c.at, name, -left, counter, *self._ground(name)))
        self._begin(c, name)

    def _is_score(self, c: Context, name: str) -> bool:
        currency = self.b.doc.currencies[name]
        may_fall = currency.debt is None and currency.below_zero is not None
        return may_fall and str(self.below[name](c)) == "allow"

    def _begin(self, c: Context, name: str) -> None:
        self.posts[name](c, self.initial[name](c), *self._ground(name), "opening")

    def _ground(self, name: str) -> tuple[str, tuple[str, ...]]:
        initial = self.b.doc.currencies[name].initial
        return f"currencies.{name}.initial", () if initial is None else tuple(initial.clauses)


def path_text(path: Path) -> str:
    return ".".join(map(str, path))


TAKEN = "~taken"
"""In the state: redemption → currency → the lots that it took, for a refund."""


def lots_taken(state: Mapping[str, Any], redemption: str, currency: str) -> list[tuple[str, int]]:
    """The lots (last day, units) that a redemption or transfer took of an expiring currency."""
    taken = state.get(TAKEN, {}).get(redemption, {}).get(currency, [])
    return [(str(day), int(units)) for day, units in taken]


def put_lot(lots: list[list[Any]], day: str, units: int) -> None:
    """Add units to the lot of a last day; lots stay in the order in which they expire."""
    for lot in lots:
        if lot[0] == day:
            lot[1] += units
            return
    lots.append([day, units])
    lots.sort()


def _spend(lots: list[list[Any]], amount: int) -> list[list[Any]]:
    """Spend the points that expire first; what was taken, by last day."""
    spent: list[list[Any]] = []
    while amount > 0 and lots:
        taken = min(amount, lots[0][1])
        lots[0][1] -= taken
        amount -= taken
        spent.append([lots[0][0], taken])
        if not lots[0][1]:
            lots.pop(0)
    return spent


def points_stage(b: Builder, bank: Bank, rule: PointsRule, index: int) -> Stage:
    """What one rule posts for one fact."""
    path: Path = ("points", index)
    on, id_, clauses = rule.on, rule.id, tuple(rule.clauses)
    gate = b.gate(rule, path)
    answers = b.answers(rule, path)
    post = bank.posts.get(rule.currency)
    if post is None:
        b.say((*path, "currency"), f"the currency '{rule.currency}' is not declared",
              "declare it under currencies")  # fmt: skip
        return lambda c: None
    rounding = b.optional(rule.round, (*path, "round"), "text", on)
    if rule.round in ROUNDINGS:
        mode = rule.round
        rounding = lambda c: mode  # noqa: E731
    counter = b.optional(rule.counter, (*path, "counter"), "text", on)
    if (rule.amount is None) == (rule.entitled is None):
        b.say(path, "a points rule has either amount or entitled", "write one of them")
        return lambda c: None
    if rule.basis is not None and not rule.per:
        b.say(path, "basis needs per", "write per: visit, day, year, total … or settings.<name>")
        return lambda c: None
    limits = b.limits(rule.caps, f"points.{id_}", (*path, "caps"), on, targets=b.doc.currencies)
    value = _entitlement(b, bank, rule, path) if rule.entitled is not None else None
    run = b.expr(
        0 if rule.amount is None else rule.amount, (*path, "amount"), "number", on,
        ("total",) if rule.basis is not None else (),
    ).run  # fmt: skip
    if rule.basis is not None:
        run = _rise(b, rule, path, run)
    if value is not None:
        run = value
    posts = bank.posts

    def stage(c: Context) -> None:
        if gate is not None and not gate(c):
            return
        amount = run(c)
        if amount:
            if amount.__class__ is bool:
                raise EvaluationError("an amount of points must be a number", id_)
            grounds = clauses
            if limits:
                amount, over, cut = apply_limits(c, amount, limits)
                grounds = clauses + cut
                for target, rest in over:
                    posts[target](c, rest, id_, grounds, "issuance", rounding)
            other = "issuance" if counter is None else str(counter(c))
            if amount:
                post(c, amount, id_, grounds, other, rounding)
        elif amount is None:
            raise EvaluationError("an amount of points is not known", id_)
        if answers is not None:
            answers(c)

    return stage


def _rise(b: Builder, rule: PointsRule, path: Path, function: Run) -> Run:
    """How much the amount, as a function of the running total of the basis, rises."""
    basis = b.expr(rule.basis, (*path, "basis"), "number", rule.on).run
    tally = b.tally(rule.per, f"points.{rule.id}~per", (*path, "per"), rule.on)

    def rise(c: Context) -> Number:
        x = need_number(basis(c), f"the basis of rule '{rule.id}'")
        before = 0 if tally is None else tally.read(c)
        c.total = before
        low = need_number(function(c))
        c.total = tidy(before + x)
        return tidy(need_number(function(c)) - low)

    agreed = decided(rise)

    def run(c: Context) -> Number:
        result: Number = agreed(c)
        if tally is not None:
            tally.add(c, need_number(basis(c)))
        return result

    return run


def _entitlement(b: Builder, bank: Bank, rule: PointsRule, path: Path) -> Run:
    """What is still missing of what should have been given in all."""
    target = b.expr(rule.entitled, (*path, "entitled"), "number", rule.on).run
    falls = b.implicit(
        rule.falls, ("points", rule.id, "falls"),
        "what was given has become more than what is due: keep or deduct?",
        choices=("keep", "deduct"), on=rule.on,
    )  # fmt: skip
    units = bank.units(rule.currency)
    scale = 10 ** b.doc.currencies[rule.currency].scale
    slot = f"points.{rule.id}~given"
    tally = b.tally(rule.per or ["total"], slot, (*path, "per"), rule.on)
    assert tally is not None
    own = b.optional(rule.round, (*path, "round"), "text") if rule.round is not None else None
    if rule.round in ROUNDINGS:
        mode = rule.round
        own = lambda c: mode  # noqa: E731

    def missing(c: Context) -> Number:
        value = target(c)
        due = units(c, need_number(value, "what is due"), own)
        delta = due - tally.read(c)
        if delta < 0 and str(falls(c)) != "deduct":
            return 0
        tally.add(c, delta)
        return tidy(Fraction(delta) / scale)

    return missing
