"""What does a volunteer's star bring? `/v1/volunteers/{id}/benefits`"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ledger import benefits
from ledger.api.etags import conditional
from ledger.api.looking import Id, known_one, looking
from ledger.api.who import Asks
from ledger.queries import VolunteerSummary, summary

router = APIRouter(prefix="/v1/volunteers/{volunteer}/benefits", tags=["volunteers"])

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


class Benefits(BaseModel):
    """What was granted, and what the catalogue sells for levels."""

    star: Level
    given: list[BenefitGiven]
    sold: list[SoldForLevels]


@router.get("", response_model=Benefits, responses={304: {"description": "As before"}})
def of_volunteer(asks: Asks, volunteer: Id, request: Request) -> Response:
    """Benefits by the policy and the catalogue as they are today."""
    with looking(asks, volunteer) as look:
        found = summary(look.connection, look.rules, volunteer, look.now)
        known: VolunteerSummary = known_one(found, volunteer)
        given = benefits.given(look.connection, look.rules, volunteer)
        sold = benefits.sold(look.connection, look.policy, known.levels, look.now)
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
