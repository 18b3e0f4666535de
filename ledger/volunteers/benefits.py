"""What does a star bring? What the policy grants, what the catalogue sells for it or cheaper."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, select

from ledger.core.redeeming.shop import lowest_price, reaches, within
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.policy import Plan
from ledger.shops.catalogue import catalogue
from ledger.store.registered import registered_names
from ledger.store.tables import judgement


class Given(NamedTuple):
    """A benefit, gift or certificate that is due by the policy; `at` µs, `until` a day or "".

    `name` is what the policy calls it for people, or else the name of its grant.
    """

    name: str
    amount: int
    at: int
    choices: tuple[str, ...]
    until: str
    clauses: tuple[str, ...]


class Sold(NamedTuple):
    """An item of which the price, or that it is sold at all, depends on a level.

    `usual` is what it costs without any level, `yours` what it costs now (decimal texts; "" if it
    is not sold so). `better` are the levels, by their ladders, from which it costs less than that,
    or is sold, with the price then.
    """

    item: str
    name: str
    currency: str
    merchants: tuple[str, ...]
    usual: str
    yours: str
    better: tuple[tuple[Mapping[str, Any], str], ...]


def given(connection: Connection, rules: Rulebook, volunteer: str) -> list[Given]:
    """What was granted and not taken back, the newest first."""
    own = judgement.c
    rows: Sequence[Row[Any]] = connection.execute(
        select(judgement)
        .where(own.volunteer == volunteer, own.kind == "grant")
        .order_by(own.id.desc())
    ).all()
    undone = {row.reverses for row in rows}
    return [
        _granted(row, rules.by_digest[row.policy])
        for row in rows
        if row.reverses is None and row.id not in undone
    ]


def sold(
    connection: Connection, policy: PolicyText, levels: Mapping[str, Any], now: int
) -> list[Sold]:
    """Items whose price or sale depends on a level; `levels` as the volunteer has them."""
    plan = policy.plan
    held = _positions(plan, levels)
    day = plan.clock.date(now // 1_000_000).isoformat()
    listed = [
        (one.id, one.item)
        for one in catalogue(connection, now)
        if within(day, one.item.since, one.item.until)
        and (one.item.levels or any(price.levels for price in one.item.prices))
    ]
    shops = {shop for _, item in listed for shop in item.merchants}
    names = registered_names(connection, "merchant", shops)
    found = []
    for ident, item in listed:

        def cost(standing: Mapping[str, Any], item: Any = item) -> str:
            if not all(reaches(plan, standing, *need) for need in item.levels.items()):
                return ""
            price = lowest_price(plan, standing, day, item)
            return "" if price is None else str(price.points)

        usual, yours = cost({}), cost(held)
        better = []
        for ladder, ladder_held in held.items():
            if isinstance(ladder_held, list):
                continue
            best = yours
            for place, name in enumerate(plan.levels[ladder]):
                then = cost({**held, ladder: place})
                if place > ladder_held and then and (not best or Decimal(then) < Decimal(best)):
                    better.append(({ladder: name}, then))
                    best = then
        shown = tuple(names.get(one, "") or one for one in item.merchants)
        currency = item.currency or policy.currency
        found.append(Sold(ident, item.name, currency, shown, usual, yours, tuple(better)))
    return found


def _granted(row: Row[Any], policy: PolicyText) -> Given:
    said, grant = orjson.loads(row.content), policy.plan.doc.grants.get(row.name)
    clauses = tuple(policy.clause(key) for key in policy.plan.clauses_of(row.rule))
    return Given(
        (grant.name if grant else "") or row.name,
        int(said.get("amount", 0)),
        row.effective_at,
        tuple(map(str, said.get("choices", ()))),
        str(said.get("until") or ""),
        tuple(one for one in clauses if one),
    )


def _positions(plan: Plan, levels: Mapping[str, Any]) -> dict[str, Any]:
    """Levels by their names -> by their places on the ladders, as a standing has them."""
    found: dict[str, Any] = {}
    for ladder, keys in plan.levels.items():
        held = levels.get(ladder)
        if isinstance(held, list):
            found[ladder] = [keys.index(one) for one in held if one in keys]
        else:
            found[ladder] = keys.index(held) if held in keys else 0
    return found
