"""How are payments kept, divided and given back?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

import orjson

from ledger.policy import Payment


def pack(paid: Iterable[Payment]) -> str:
    """Payments as JSON, without their clauses."""
    return orjson.dumps([tuple(one)[:4] for one in paid]).decode()


def unpack(text: str) -> tuple[Payment, ...]:
    """Payments from JSON."""
    return tuple(
        Payment(currency, amount, counter, rule, ())
        for currency, amount, counter, rule in orjson.loads(text)
    )


def amounts(paid: Iterable[Payment]) -> dict[str, int]:
    """Units paid, by currency."""
    units: dict[str, int] = defaultdict(int)
    for one in paid:
        units[one.currency] -= one.amount
    return units


def total(paid: Iterable[Payment]) -> int:
    """Units paid, whatever the currency."""
    return -sum(one.amount for one in paid)


def part(paid: Sequence[Payment], units: int) -> tuple[Payment, ...]:
    """The first `units` of payments, in their order."""
    taken_from = []
    for one in paid:
        taken = min(units, -one.amount)
        if taken:
            taken_from.append(one._replace(amount=-taken))
        units -= taken
    return tuple(taken_from)


def less(paid: Sequence[Payment], back: Iterable[Payment]) -> tuple[Payment, ...]:
    """What is left of payments after what was given `back` (amounts above zero)."""
    returned: dict[tuple[str, str], int] = defaultdict(int)
    for one in back:
        returned[one.currency, one.counter] += one.amount
    left = []
    for one in paid:
        off = min(-one.amount, returned[one.currency, one.counter])
        returned[one.currency, one.counter] -= off
        left.append(one._replace(amount=one.amount + off))
    return tuple(left)


def same(one: str, other: str) -> bool:
    """Two decimal texts say the same number; "" is no number."""
    return one == other or (bool(one and other) and Decimal(one) == Decimal(other))


def fen(points: str, value: str) -> int:
    """What so many points are worth at `value` yuan a point, in fen (half a fen is rounded up)."""
    yuan = Decimal(points) * Decimal(value)
    return int((yuan * 100).to_integral_value(ROUND_HALF_UP))
