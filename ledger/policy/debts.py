"""What becomes of points that were spent and then taken back? A currency's debts (欠分)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .builder import Builder
from .context import Context
from .document import Currency
from .entries import Decision, Posting, Refusal
from .errors import EvaluationError, MissingSetting
from .exact import Number
from .expressions import need_number
from .source import Path

DEBT = "~debt"
"""The counter account of what is owed: the subject's own account of debts."""

WRITE_OFFS = "write-off"
"""The counter account of what was forgiven, one per currency."""

NOTHING_OWED = "nothing-is-owed"
"""The reason of a refusal to write off where there is no debt at that time (没有欠分)."""

NOT_ALLOWED = "the policy allows no write-off 本策略不允许核销"


class Debts:
    """How one currency treats what is owed.

    A payment that was decided is posted whatever a correction took back since. What is then missing
    stays in the wallet, which later earnings fill (`offset: 1`), or it moves to an account of its
    own, to which a share of each later earning goes.
    """

    def __init__(self, b: Builder, name: str, currency: Currency) -> None:
        self._name = name
        self._key = debt_key(name)
        self._rule = f"currencies.{name}.debt"
        self._write_off_rule = f"currencies.{name}.write_off"
        spec = currency.debt
        self.clauses: tuple[str, ...] = ()
        self._share = None
        self._may_write_off = spec is not None and spec.write_off == "approved"
        self._is_score = spec is None and currency.below_zero == "allow"
        if spec is None:
            return
        path: Path = ("currencies", name, "debt")
        self.clauses = b.known_clauses(spec.clauses, (*path, "clauses"))
        if not isinstance(spec.offset, str) and not 0 <= spec.offset <= 1:
            b.say((*path, "offset"), f"an offset of {spec.offset} is no share of what is earned",
                  "write a number from 0 (nothing) to 1 (all), as 0.5")  # fmt: skip
        if spec.offset != 1:
            self._share = b.expr(spec.offset, (*path, "offset"), "number").run

    def owed(self, state: Mapping[str, Any]) -> int:
        """Units owed: in the account of debts, and below zero in the wallet.

        A currency that may fall below zero and says nothing of debts is a score: it owes nothing.
        """
        below = 0 if self._is_score else max(0, -state.get(self._name, 0))
        return int(state.get(self._key, 0) + below)

    def arise(self, c: Context, paid: int) -> None:
        """After a payment of `paid` units: what the wallet lacked for it becomes a debt."""
        short = min(-c.state[self._name], paid)
        if short > 0 and self._share is not None and self._known_share(c) < 1:
            self._move(c, short, self._rule)

    def part_of(self, c: Context, earned: int) -> int:
        """Units of an earning that go to the debt."""
        owed: int = c.state.get(self._key, 0)
        if not owed or earned <= 0:
            return 0
        return min(owed, int(self._offset(c) * earned // 1))

    def pay(self, c: Context, units: int) -> None:
        """Move units out of the wallet that reduce the debt."""
        if units:
            self._move(c, -units, self._rule)

    def write_off(self, c: Context, wanted: int | None) -> None:
        """Forgive `wanted` units of what is owed now, or all of it; decided by the policy."""
        state, rule = c.state, self._write_off_rule
        owed = self.owed(state)
        why = NOT_ALLOWED if not self._may_write_off else "" if owed else NOTHING_OWED
        head = (c.fact.id, c.at, "write_off")
        refused = (Refusal(*head, why, rule, self.clauses),) if why else ()
        c.out.append(Decision(*head, not why, rule, self.clauses, refused))
        if why:
            return
        units = owed if wanted is None else min(owed, wanted)
        apart = min(units, state.get(self._key, 0))
        state[self._name] = state.get(self._name, 0) + units
        c.out.append(Posting(c.fact.id, c.at, self._name, units, WRITE_OFFS, rule, self.clauses))
        if apart:
            self._move(c, -apart, rule)

    def _offset(self, c: Context) -> Number:
        if self._share is None:
            return 1
        share: Number = need_number(self._share(c), "the share of earnings that goes to a debt")
        if not 0 <= share <= 1:
            raise EvaluationError(f"{share} is no share from 0 to 1", self._rule)
        return share

    def _known_share(self, c: Context) -> Number:
        """The share; 1 while it can't be told: a decided payment is posted all the same."""
        try:
            return self._offset(c)
        except (EvaluationError, MissingSetting):
            return 1

    def _move(self, c: Context, units: int, rule: str) -> None:
        """Units from the account of debts into the wallet; below zero: back."""
        state = c.state
        state[self._name] = state.get(self._name, 0) + units
        left = state.get(self._key, 0) + units
        if left:
            state[self._key] = left
        else:
            del state[self._key]
        c.out.append(Posting(c.fact.id, c.at, self._name, units, DEBT, rule, self.clauses))


def debt_key(currency: str) -> str:
    """In the state: the units of a currency in the account of debts."""
    return f"{currency}~debt"
