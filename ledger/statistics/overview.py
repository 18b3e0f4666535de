"""What does the whole ledger look like? Stars, the most active, hours, redemptions, rejects.

It reads whole tables, so it is for a ledger that one looks at by hand, not for a province's pages.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, case, func, select

from ledger.core.entries import wallet
from ledger.store import bulk
from ledger.store.tables import (
    account_balance,
    hour_record,
    redemption,
    registry,
    reject,
    reject_resolution,
    volunteer_state,
)


class StarCount(NamedTuple):
    """How many volunteers have a star level."""

    star: int
    volunteers: int


class Standing(NamedTuple):
    """A volunteer with the registered name ("" if none); `balance` in smallest units."""

    volunteer: str
    name: str
    seconds: int
    star: int
    balance: int


class PlaceHours(NamedTuple):
    """Counted time at a place and at those directly below it, with how many visits made it."""

    place: str
    name: str
    visits: int
    seconds: int


class MerchantRedemptions(NamedTuple):
    """Answers to a shop's requests, each redemption once; `units` is what was accepted."""

    merchant: str
    accepted: int
    refused: int
    units: int


class RejectCount(NamedTuple):
    """How many open rejects have a code, with the newest one's detail as an example."""

    code: str
    rejects: int
    example: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`stars` from the lowest level up; `reversals`: corrections among the hour records."""

    stars: tuple[StarCount, ...]
    top: tuple[Standing, ...]
    hours: tuple[PlaceHours, ...]
    redemptions: tuple[MerchantRedemptions, ...]
    rejects: tuple[RejectCount, ...]
    reversals: int


def overview(connection: Connection, currency: str, top: int = 10) -> Overview:
    """The ledger as it stands, with balances in `currency` and the `top` most active."""
    return Overview(
        stars=_stars(connection),
        top=_top(connection, currency, top),
        hours=_hours(connection),
        redemptions=_redemptions(connection, currency),
        rejects=_rejects(connection),
        reversals=_reversals(connection),
    )


def _stars(connection: Connection) -> tuple[StarCount, ...]:
    star = volunteer_state.c.star
    rows = connection.execute(select(star, func.count()).group_by(star).order_by(star))
    return tuple(StarCount(*row) for row in rows)


def _top(connection: Connection, currency: str, limit: int) -> tuple[Standing, ...]:
    state = volunteer_state.c
    rows = connection.execute(
        select(state.volunteer, state.seconds, state.star)
        .order_by(state.seconds.desc(), state.volunteer)
        .limit(limit)
    ).all()
    ids = [row.volunteer for row in rows]
    names = {ident: name for ident, (name, _) in _registered(connection, "volunteer", ids).items()}
    balances = _balances(connection, currency, ids)
    return tuple(
        Standing(ident, names.get(ident, ""), seconds, star, balances.get(wallet(ident), 0))
        for ident, seconds, star in rows
    )


def _balances(connection: Connection, currency: str, volunteers: Iterable[str]) -> dict[str, int]:
    wallets = [wallet(volunteer) for volunteer in volunteers]
    rows = connection.execute(
        select(account_balance.c.account, account_balance.c.balance).where(
            account_balance.c.currency == currency,
            bulk.among(connection, account_balance.c.account, wallets),
        )
    )
    return {row.account: row.balance for row in rows}


def _hours(connection: Connection) -> tuple[PlaceHours, ...]:
    """What counts: by the parent where the place has one that is not the root, else by itself."""
    counted = case((hour_record.c.reverses.is_(None), 1), else_=-1)
    rows = connection.execute(
        select(hour_record.c.place, func.sum(counted), func.sum(hour_record.c.seconds))
        .where(hour_record.c.status == "counted")
        .group_by(hour_record.c.place)
    ).all()
    places = _registered(connection, "place")
    visits: dict[str, int] = defaultdict(int)
    seconds: dict[str, int] = defaultdict(int)
    for place, number, total in rows:
        group = _group(place, places)
        visits[group] += int(number)
        seconds[group] += int(total)
    found = [
        PlaceHours(group, places.get(group, ("", None))[0], visits[group], total)
        for group, total in seconds.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.seconds, one.place)))


def _group(place: str, places: Mapping[str, tuple[str, str | None]]) -> str:
    _, parent = places.get(place, ("", None))
    if parent is None:
        return place
    _, grandparent = places.get(parent, ("", None))
    return place if grandparent is None else parent


def _redemptions(connection: Connection, currency: str) -> tuple[MerchantRedemptions, ...]:
    accepted = redemption.c.status == "accepted"
    rows = connection.execute(
        select(
            redemption.c.merchant,
            func.sum(case((accepted, 1), else_=0)),
            func.sum(case((accepted, 0), else_=1)),
            func.sum(case((accepted, redemption.c.points), else_=0)),
        )
        .where(
            redemption.c.repeats.is_(None),
            redemption.c.currency == currency,
            redemption.c.command.in_(("redeem", "confirm")),
        )
        .group_by(redemption.c.merchant)
        .order_by(redemption.c.merchant)
    )
    return tuple(
        MerchantRedemptions(merchant, *(int(number) for number in numbers))
        for merchant, *numbers in rows
    )


def _rejects(connection: Connection) -> tuple[RejectCount, ...]:
    still_open = (
        select(reject.c.code, func.count().label("rejects"), func.max(reject.c.seq).label("newest"))
        .outerjoin(reject_resolution, reject_resolution.c.reject == reject.c.id)
        .where(reject_resolution.c.reject.is_(None))
        .group_by(reject.c.code)
        .subquery()
    )
    rows = connection.execute(
        select(still_open.c.code, still_open.c.rejects, reject.c.detail)
        .join(reject, reject.c.seq == still_open.c.newest)
        .order_by(still_open.c.rejects.desc(), still_open.c.code)
    )
    return tuple(RejectCount(*row) for row in rows)


def _reversals(connection: Connection) -> int:
    reverses = hour_record.c.reverses.is_not(None)
    return int(
        connection.execute(
            select(func.count()).select_from(hour_record).where(reverses)
        ).scalar_one()
    )


def _registered(
    connection: Connection, kind: str, idents: list[str] | None = None
) -> dict[str, tuple[str, str | None]]:
    """Name and parent of what is registered as `kind`, by id: of `idents`, or of all."""
    query = select(registry.c.id, registry.c.data).where(registry.c.kind == kind)
    if idents is not None:
        query = query.where(bulk.among(connection, registry.c.id, idents))
    found = {}
    for ident, data in connection.execute(query):
        fields = orjson.loads(data)
        found[ident] = (fields.get("name") or "", fields.get("parent"))
    return found
