"""Which policy is in force when? The editions that were adopted, each from its day on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib import resources
from typing import NamedTuple

from ledger.errors import LedgerError
from ledger.policy import Plan, PolicyError, Timeline, check, load

NATIONAL_LADDER = "national-ladder.yaml"

REDEMPTION = "redemption"
"""The fact type that a till's request is, if the policy lets points be redeemed."""

TRANSFER = "transfer"
"""The fact type that giving points away is, if the policy allows it."""

MONEY = "CNY"
"""The currency of funds and of what shops are paid: yuan (元), kept in fen (分)."""


@dataclass(frozen=True, slots=True, eq=False)
class PolicyText:
    """A policy as it is kept: its text, the digest that names this very text, and its rules."""

    digest: str
    text: str
    plan: Plan

    @property
    def id(self) -> str:
        return self.plan.doc.policy

    @property
    def title(self) -> str:
        name = self.plan.doc.name
        return name if isinstance(name, str) else name.zh

    @property
    def zone(self) -> tzinfo:
        return timezone(timedelta(seconds=self.plan.clock.offset))

    @property
    def currency(self) -> str:
        """The currency that is meant where none is named; "" if the policy has none."""
        return self.plan.currency or ""

    def scale(self, currency: str) -> int:
        """Decimals of a currency's smallest unit; 0 for one that this policy does not know."""
        if currency == MONEY:
            return 2
        found = self.plan.doc.currencies.get(currency)
        return 0 if found is None else found.scale

    def units(self, amount: str, currency: str) -> int | None:
        """A decimal text in smallest units, or None where the currency has no such fraction."""
        scaled = Decimal(amount).scaleb(self.scale(currency))
        return int(scaled) if scaled == scaled.to_integral_value() else None

    def amount(self, units: int, currency: str) -> str:
        """Smallest units as a decimal text."""
        return format(Decimal(units).scaleb(-self.scale(currency)), "f")

    def clause(self, key: str) -> str:
        """The text of a clause."""
        return self.plan.doc.clauses.get(key, "")


def parse(text: str, where: str) -> PolicyText:
    """The policy in a YAML text. Raises LedgerError that lists what is wrong with it, by line."""
    try:
        plan = _load(text, where)
    except PolicyError:
        found = "\n".join(str(one) for one in check(text, where) if one.severity == "error")
        raise LedgerError(found) from None
    return PolicyText(hashlib.sha256(text.encode()).hexdigest()[:16], text, plan)


@lru_cache(maxsize=64)
def _load(text: str, where: str) -> Plan:
    return load(text, file=where)


def national_ladder() -> PolicyText:
    """The policy that ships with the ledger, in force where nothing else was adopted."""
    path = resources.files("ledger") / "policies" / NATIONAL_LADDER
    return parse(path.read_text(encoding="utf-8"), NATIONAL_LADDER)


class Edition(NamedTuple):
    """A policy adopted by the event `adopted` (its `seq`), in force from `day` on."""

    adopted: int
    day: date
    policy: PolicyText


class Rulebook:
    """All editions that were ever adopted; of two from the same day the later one stands.

    `version` is the newest adoption: states remember under which one they were folded.
    """

    def __init__(self, editions: Sequence[Edition]) -> None:
        if not editions:
            raise ValueError("a rulebook needs an edition")
        self._adoptions = sorted(editions)
        self.version = max(one.adopted for one in editions)
        standing = {one.day: one for one in self._adoptions}
        self.editions = [standing[day] for day in sorted(standing)]
        self.timeline = Timeline([(one.day, one.policy.plan) for one in self.editions])
        self._by_plan = {id(one.policy.plan): one.policy for one in self.editions}

    @classmethod
    def of(cls, policy: PolicyText) -> "Rulebook":
        """One policy, always."""
        return cls([Edition(0, ALWAYS, policy)])

    def at(self, moment: int) -> PolicyText:
        """The policy in force at a moment (seconds since 1970)."""
        return self._by_plan[id(self.timeline.plan_at(moment))]

    def text_of(self, plan: Plan) -> PolicyText:
        """The policy that a plan of the timeline was made from."""
        return self._by_plan[id(plan)]

    @cached_property
    def safeguarded(self) -> bool:
        """Some policy that is or was or will be in force has visits held for review."""
        return any(one.policy.plan.doc.safeguards is not None for one in self.editions)

    @cached_property
    def by_digest(self) -> dict[str, PolicyText]:
        """Every policy that was ever adopted."""
        return {one.policy.digest: one.policy for one in self._adoptions}

    def overtaken(self) -> list[tuple[int, int]]:
        """Each older version, with the first moment that an adoption after it governs."""
        older = [one.adopted for one in self._adoptions if one.adopted != self.version]
        return [(version, self.starts_after(version) or 0) for version in older]

    def starts_after(self, adopted: int) -> int | None:
        """The first moment that adoptions after `adopted` govern; None if there were none."""
        return min(
            (
                one.policy.plan.clock.start(one.day)
                for one in self._adoptions
                if one.adopted > adopted
            ),
            default=None,
        )

    def overtakes(self, adopted: int, until: int) -> bool:
        """An adoption after `adopted` governs some of what was folded up to `until` (s)."""
        first = self.starts_after(adopted)
        return first is not None and first <= until


ALWAYS = date(1970, 1, 1)
"""The day from which the first policy of a ledger is in force: no event is earlier."""
