"""What may this volunteer claim today, what was used, what expires when, and by which clause?

And for people to look at: uses that no grant covers.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from ledger.centre.benefits.entitlements import Claim, Covered, Lot, settle
from ledger.centre.benefits.steps import Step
from ledger.clock import SECOND, from_micros
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.policy.document import Grant
from ledger.store import bulk
from ledger.store.tables import benefit_step, judgement

FIELDS = {
    "school": "入学",
    "job": "就业",
    "medical": "医疗",
    "transport": "交通",
    "culture": "文化",
    "other": "其他",
}
"""Where a benefit is had, as people call it."""

SCANNED = 500
"""Volunteers looked at together for uses without cover."""


class Entitlement(NamedTuple):
    """A grant and what is left of it; `name`, `field` and `where` as the policy calls them."""

    claim: Claim
    name: str
    field: str
    where: str
    clauses: tuple[str, ...]


class Claims(NamedTuple):
    """All that a volunteer was granted, and all that they used."""

    entitlements: list[Entitlement]
    uses: list[Covered]
    steps: list[Step]

    def left(self, benefit: str) -> int:
        """How much of a benefit may be had now."""
        return sum(one.claim.left for one in self.entitlements if one.claim.lot.benefit == benefit)

    def withdrawn_for(self, benefit: str) -> str:
        """Why a benefit was withdrawn, and not given back since."""
        reasons = [
            one.reason
            for one in self.steps
            if one.kind == "withdrawn" and one.benefit == benefit and one.ended_at is None
        ]
        return reasons[-1] if reasons else ""

    def cover(self, event: str) -> Covered | None:
        """How the use of this event (`source#id`) stands."""
        return next((one for one in self.uses if one.step.event == event), None)


def claims(connection: Connection, rules: Rulebook, volunteer: str, now: int) -> Claims:
    """Everything about one volunteer's benefits at `now` (µs)."""
    [found] = _claims_of(connection, rules, [volunteer], now)
    return found


def without_cover(
    connection: Connection, rules: Rulebook, now: int, after: str = "", limit: int | None = None
) -> Iterator[tuple[str, Sequence[Covered]]]:
    """Volunteers, by id, with their uses that no grant covers; with `limit`, of so many users."""
    seen = 0
    while limit is None or seen < limit:
        query = (
            select(benefit_step.c.volunteer)
            .where(benefit_step.c.kind == "used", benefit_step.c.volunteer > after)
            .distinct()
            .order_by(benefit_step.c.volunteer)
            .limit(SCANNED if limit is None else min(SCANNED, limit - seen))
        )
        users = list(connection.execute(query).scalars())
        if not users:
            return
        found = _claims_of(connection, rules, users, now)
        for volunteer, one in zip(users, found, strict=True):
            yield volunteer, [use for use in one.uses if use.short]
        seen += len(users)
        after = users[-1]


def uses_at(
    connection: Connection, provider: str, since: int, after: tuple[int, str] | None, limit: int
) -> list[Step]:
    """Uses at a provider from `since` (µs) on, by time; `after`: (at, event)."""
    own = benefit_step.c
    query = select(benefit_step).where(
        own.provider == provider, own.kind == "used", own.at >= since
    )
    if after is not None:
        at, event = after
        query = query.where((own.at > at) | ((own.at == at) & (own.event > event)))
    rows = connection.execute(query.order_by(own.at, own.event).limit(limit))
    return [Step._make(row) for row in rows]


def find_use(connection: Connection, volunteer: str, event: str) -> Step | None:
    """The use of this event (`source#id`)."""
    own = benefit_step.c
    query = select(benefit_step).where(
        own.volunteer == volunteer, own.event == event, own.kind == "used"
    )
    row = connection.execute(query).first()
    return None if row is None else Step._make(row)


def _claims_of(
    connection: Connection, rules: Rulebook, volunteers: Sequence[str], now: int
) -> list[Claims]:
    lots, told = _granted(connection, rules, volunteers)
    own = benefit_step.c
    query = select(benefit_step).where(bulk.among(connection, own.volunteer, list(volunteers)))
    steps: dict[str, list[Step]] = defaultdict(list)
    for row in connection.execute(query.order_by(own.volunteer, own.number)):
        steps[row.volunteer].append(Step._make(row))
    zone = rules.at(now // SECOND).zone

    def day_of(at: int) -> str:
        return from_micros(at, zone).date().isoformat()

    found = []
    for volunteer in volunteers:
        settled, covered = settle(lots[volunteer], steps[volunteer], now, day_of)
        entitlements = [Entitlement(one, *told[one.lot.id]) for one in settled]
        found.append(Claims(entitlements, covered, steps[volunteer]))
    return found


def _granted(
    connection: Connection, rules: Rulebook, volunteers: Sequence[str]
) -> tuple[Mapping[str, list[Lot]], Mapping[int, tuple[str, str, str, tuple[str, ...]]]]:
    """The grants that stand, by volunteer; and what each is called, its field and clauses."""
    own = judgement.c
    query = select(judgement).where(
        own.kind == "grant", bulk.among(connection, own.volunteer, list(volunteers))
    )
    rows = connection.execute(query).all()
    undone = {row.reverses for row in rows if row.reverses is not None}
    lots: dict[str, list[Lot]] = defaultdict(list)
    told = {}
    for row in rows:
        if row.reverses is not None or row.id in undone:
            continue
        said = orjson.loads(row.content)
        lot = Lot(
            row.id,
            row.name,
            row.effective_at,
            int(said.get("amount", 0)),
            str(said.get("until") or ""),
            tuple(map(str, said.get("choices", ()))),
        )
        lots[row.volunteer].append(lot)
        told[row.id] = _told(rules.by_digest[row.policy], row.name, row.rule)
    return lots, told


def _told(policy: PolicyText, benefit: str, rule: str) -> tuple[str, str, str, tuple[str, ...]]:
    """What the policy calls a grant, its field, where it is had, and its clauses."""
    said: Grant | None = policy.plan.doc.grants.get(benefit)
    clauses = tuple(text for key in policy.plan.clauses_of(rule) if (text := policy.clause(key)))
    if said is None:
        return benefit, "", "", clauses
    return said.name or benefit, said.field, said.where, clauses
