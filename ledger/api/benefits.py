"""What does a volunteer's star bring, and what is left of it? `/v1/volunteers/{id}/benefits`"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import volunteer as at_home_of
from ledger.api.etags import conditional
from ledger.api.looking import Id, looking
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.shapes import Page
from ledger.api.who import Asks
from ledger.centre.benefits import using as benefiting
from ledger.centre.benefits.claims import Claims, Entitlement, claims, without_cover
from ledger.centre.benefits.entitlements import Covered
from ledger.clock import SECOND, from_micros
from ledger.store.registered import registered_names
from ledger.volunteers import benefits

router = APIRouter(prefix="/v1/volunteers/{volunteer}/benefits", tags=["volunteers"])
everybody = APIRouter(prefix="/v1/benefits", tags=["benefits"])

Level = str | int | None


class BenefitGiven(BaseModel):
    """What is due by the policy; `choices`: one of these, `until`: its last day, "" for none."""

    name: str
    amount: int
    at: str
    choices: list[str]
    until: str
    clauses: list[str]


class PriceFrom(BaseModel):
    """The price from this level on."""

    ladder: str
    level: Level
    points: str


class SoldForLevels(BaseModel):
    """An item whose price depends on a level; `usual` and `yours` are "" where it is not sold so.

    `merchants`: only there; none: anywhere.
    """

    item: str
    name: str
    currency: str
    merchants: list[str]
    usual: str
    yours: str
    better: list[PriceFrom]


class ClaimShown(BaseModel):
    """What is left of a grant; `field`: school, job, medical, transport …; `until`: its last day.

    `where` it is had, in words; `state`: open, used, expired or withdrawn, and `why` that.
    """

    benefit: str
    name: str
    field: str
    where: str
    granted_at: str
    amount: int
    used: int
    left: int
    state: Literal["open", "used", "expired", "withdrawn"]
    why: str
    until: str
    choices: list[str]
    clauses: list[str]


class UseShown(BaseModel):
    """A use; `without_cover`: how much of it no grant covers, and `why`."""

    use: str
    at: str
    benefit: str
    provider: str
    provider_name: str
    count: int
    choice: str
    reference: str
    cancelled: bool
    without_cover: int
    why: str


class Uncovered(BaseModel):
    """A volunteer with uses that no grant covers."""

    volunteer: str
    uses: list[UseShown]


class Withdrawn(BaseModel):
    """Whether a benefit is withdrawn or given back, and why."""

    withdrawn: bool
    reason: str = Field(min_length=1, max_length=256)


class Benefits(BaseModel):
    """What was granted, what is left of it, and what the catalogue sells for levels."""

    star: Level
    given: list[BenefitGiven]
    claims: list[ClaimShown]
    uses: list[UseShown]
    sold: list[SoldForLevels]


@router.get("", response_model=Benefits, responses={304: {"description": "As before"}})
def of_volunteer(asks: Asks, volunteer: Id, request: Request) -> Response:
    """Benefits by the policy and the catalogue as they are today."""
    with looking(asks, volunteer) as look:
        known = look.standing()
        given = benefits.given(look.connection, look.rules, volunteer)
        sold = benefits.sold(look.connection, look.policy, known.levels, look.now)
        claimed = claims(look.connection, look.rules, volunteer, look.now)
        providers = provider_names(look.connection, claimed.uses)
    zone = look.policy.zone
    answer = Benefits(
        star=known.star,
        given=[
            BenefitGiven(
                name=one.name,
                amount=one.amount,
                at=look.told(one.at),
                choices=list(one.choices),
                until=one.until,
                clauses=list(one.clauses),
            )
            for one in given
        ],
        claims=[claim_shown(one, zone, claimed) for one in claimed.entitlements],
        uses=[use_shown(one, zone, providers) for one in claimed.uses],
        sold=[
            SoldForLevels(
                item=one.item,
                name=one.name,
                currency=one.currency,
                merchants=list(one.merchants),
                usual=one.usual,
                yours=one.yours,
                better=[
                    PriceFrom(ladder=ladder, level=level, points=points)
                    for needed, points in one.better
                    for ladder, level in needed.items()
                ],
            )
            for one in sold
        ],
    )
    return conditional(request, answer)


@router.post("/{benefit}", responses={422: {"description": "Nothing to withdraw or give back"}})
def withdraw(
    asks: Asks,
    volunteer: Id,
    benefit: Annotated[str, Path(min_length=1, max_length=128)],
    said: Withdrawn,
    once: Idempotent,
) -> Response:
    """Withdraw what was granted of a benefit until now, or give it back."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REVIEW, at=at_home_of(volunteer))

    def work() -> Withdrawn:
        change = benefiting.withdraw if said.withdrawn else benefiting.give_back
        change(recorder, volunteer, benefit, said.reason, by)
        return said

    return once.do(work)


@everybody.get("/uncovered")
def uncovered(asks: Asks, part: Asked) -> Page[Uncovered]:
    """Uses that no grant covers, by volunteer. So many users are looked at, not so many listed."""
    recorder = asks.serving.reader
    texts = part.texts
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ)
        rules, now = recorder.rules_by(connection), recorder.now()
        after = texts[0] if texts else ""
        found = list(without_cover(connection, rules, now, after, part.limit + 1))
        names = provider_names(connection, [use for _, uses in found for use in uses])
    zone = rules.at(now // SECOND).zone
    page = part.page(
        found,
        lambda one: Uncovered(
            volunteer=one[0], uses=[use_shown(use, zone, names) for use in one[1]]
        ),
        lambda one: [one[0]],
    )
    return page.model_copy(update={"items": [one for one in page.items if one.uses]})


def claim_shown(one: Entitlement, zone: tzinfo, among: Claims) -> ClaimShown:
    """What is left of a grant, for people at their places; `among`: all that its owner has."""
    lot, state = one.claim.lot, one.claim.state
    return ClaimShown(
        benefit=lot.benefit,
        name=one.name,
        field=one.field,
        where=one.where,
        granted_at=from_micros(lot.at, zone).isoformat(),
        amount=lot.amount,
        used=one.claim.used,
        left=one.claim.left,
        state=state,
        why=among.withdrawn_for(lot.benefit) if state == "withdrawn" else "",
        until=lot.until,
        choices=list(lot.choices),
        clauses=list(one.clauses),
    )


def provider_names(connection: Connection, uses: Iterable[Covered]) -> Mapping[str, str]:
    """What the providers of these uses are called."""
    return registered_names(connection, "merchant", {one.step.provider for one in uses})


def use_shown(one: Covered, zone: tzinfo, names: Mapping[str, str]) -> UseShown:
    """A use and its cover; `names` of providers."""
    step = one.step
    return UseShown(
        use=step.event,
        at=from_micros(step.at, zone).isoformat(),
        benefit=step.benefit,
        provider=step.provider,
        provider_name=names.get(step.provider, ""),
        count=step.times,
        choice=step.choice,
        reference=step.reference,
        cancelled=step.ended_at is not None,
        without_cover=one.short,
        why=one.why,
    )
