"""How requests are decided, standing is changed and what is due is granted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .builder import Builder, Stage, refusals
from .context import Context, Run
from .document import Conduct, Grant, Request
from .entries import Decision, Refusal, StatusChange
from .entries import Grant as GrantEntry
from .errors import EvaluationError
from .exact import Number, pack, show, tidy
from .expressions import need_number
from .facts import Payment
from .names import MeasureReader
from .points import Bank
from .source import Path

INSUFFICIENT = "insufficient-points"
"""The reason of a refusal where a price is higher than what is available (积分不足)."""


def request_stage(b: Builder, bank: Bank, rule: Request, index: int) -> Stage:
    """Decide a request: every condition and price must hold; the answer lists all that do not."""
    path: Path = ("requests", index)
    on, id_ = rule.on, rule.id
    named = f"requests.{id_}"
    b.known_types(on, (*path, "on"))
    guard = b.guard(rule, path)
    own = b.known_clauses(rule.clauses, (*path, "clauses"))
    checks = b.checks(rule.require, (*path, "require"), on)
    answers = b.answers(rule, path)
    name = rule.as_ or "accepted"
    prices = []
    for i, price in enumerate(rule.price):
        at = (*path, "price", i)
        for currency in price.from_:
            if currency not in b.doc.currencies:
                b.say((*at, "from"), f"the currency '{currency}' is not declared", "")
        prices.append((
            b.expr(price.amount, (*at, "amount"), "number", on).run,
            [n for n in price.from_ if n in b.doc.currencies],
            b.optional(price.counter, (*at, "counter"), "text", on),
            b.known_clauses(price.clauses, (*at, "clauses")),
        ))  # fmt: skip
    scales = {n: 10**v.scale for n, v in b.doc.currencies.items()}

    def stage(c: Context) -> None:
        if guard is not None and not guard(c):
            return
        fact = c.fact
        refused: list[Refusal] = []
        paid: list[Payment] = []
        if fact.decided is None:
            refused = refusals(c, checks, name, id_, own)
        if fact.paid is not None:
            paid = [one for one in fact.paid if one.rule == named]
        elif not refused and fact.decided is not False:
            for amount, currencies, counter, clauses in prices:
                cost = need_number(amount(c), "the price")
                if cost < 0:
                    raise EvaluationError("a price below zero", id_)
                to = "redemption" if counter is None else str(counter(c))
                why = _spend(c, cost, currencies, to, clauses or own, fact.decided is None, paid)
                if why:
                    refused.append(Refusal(fact.id, c.at, name, why, id_, clauses or own))
        accepted = not refused if fact.decided is None else fact.decided
        c.out.append(
            Decision(fact.id, c.at, name, accepted, id_, own, () if accepted else tuple(refused))
        )
        if not accepted:
            c.local["~refused"] = True
        else:
            for one in paid:
                bank.pays[one.currency](c, one.amount, one.rule, one.clauses, one.counter)
        if answers is not None:
            answers(c)

    def _spend(
        c: Context, cost: Number, currencies: list[str], counter: str, clauses: tuple[str, ...],
        bounded: bool, paid: list[Payment],
    ) -> str:  # fmt: skip
        """Lay the cost on the currencies in order; "" or why it can't be paid."""
        laid = {n: sum(one.amount for one in paid if one.currency == n) for n in currencies}
        have = {
            n: Fraction(c.state.get(n, 0) - c.held.get(n, 0) + laid[n], scales[n])
            for n in currencies
        }
        if bounded and sum(have.values()) < cost:
            return INSUFFICIENT
        for i, currency in enumerate(currencies):
            last = i == len(currencies) - 1
            part = cost if last else min(cost, max(have[currency], Fraction(0)))
            units = tidy(part * scales[currency])
            if type(units) is not int:
                return f"{currency} has no such fraction: {show(part)}"
            if units:
                paid.append(Payment(currency, -units, counter, named, clauses))
            cost = tidy(cost - part)
        return ""

    return stage


def conduct_stage(b: Builder, rule: Conduct, index: int) -> Stage:
    """Change attributes of the person."""
    path: Path = ("conduct", index)
    gate = b.gate(rule, path)
    answers = b.answers(rule, path)
    changes: list[tuple[str, Run]] = []
    for name, value in rule.set.items():
        at = (*path, "set", name)
        attribute = b.doc.person.get(name)
        if attribute is None:
            b.say(at, f"'{name}' is not declared under person", "declare it there")
            continue
        want = {"hours": "number", "any": None}.get(attribute.type, attribute.type)
        changes.append((name, b.expr(value, at, want, rule.on).run))
    id_, clauses = rule.id, tuple(rule.clauses)

    def stage(c: Context) -> None:
        if gate is not None and not gate(c):
            return
        for name, run in changes:
            new = run(c)
            new = new.isoformat() if hasattr(new, "isoformat") else pack(new)
            old = c.state.get(name)
            if new != old:
                c.state[name] = new
                c.out.append(StatusChange(c.fact.id, c.at, name, old, new, id_, clauses))
        if answers is not None:
            answers(c)

    return stage


def declare_grants(b: Builder) -> None:
    """Make what was granted readable: in all, or in the current window."""
    for name, grant in b.doc.grants.items():
        if grant.per and grant.per != ["total"]:
            tally = b.tally(grant.per, name, ("grants", name, "per"))
            assert tally is not None
            b.words.measure_readers[f"{name}~grant"] = MeasureReader(
                lambda: "number", tally.read, lambda c, k: 0, None
            )


def grant_stage(b: Builder, name: str, grant: Grant) -> Stage:
    """Grant whatever is due beyond what was granted already."""
    path: Path = ("grants", name)
    due = b.expr(grant.due, (*path, "due"), "number").run
    when = b.optional(grant.when, (*path, "when"), "bool")
    until = b.optional(grant.until, (*path, "until"), "date")
    clauses = b.known_clauses(grant.clauses, (*path, "clauses"))
    choices: tuple[Any, ...] = tuple(grant.choices)
    windowed = bool(grant.per) and grant.per != ["total"]
    tally = b.tally(grant.per, name, (*path, "per")) if windowed else None

    def stage(c: Context) -> None:
        if when is not None and not when(c):
            return
        total = need_number(due(c), f"what is due of '{name}'")
        if total != int(total):
            raise EvaluationError(f"'{name}' must be due in whole numbers")
        given = c.state.get(name, 0) if tally is None else tally.read(c)
        more = int(total) - int(given)
        if more <= 0:
            return
        if tally is None:
            c.state[name] = int(total)
        else:
            tally.add(c, more)
        end = None if until is None else until(c)
        c.out.append(
            GrantEntry(c.fact.id, c.at, name, more, int(total), f"grants.{name}", clauses,
                       choices, end)
        )  # fmt: skip

    return stage
