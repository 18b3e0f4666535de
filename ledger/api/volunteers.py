"""What does a volunteer have, and where does it come from? `/v1/volunteers/{id}` and below it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.etags import conditional
from ledger.api.looking import Id, known_one, looking
from ledger.api.paging import Asked
from ledger.api.shapes import (
    CodeShown,
    Expiring,
    Explanation,
    MonthShown,
    NextStar,
    Page,
    PointsShown,
    Standing,
    StepShown,
    Today,
    VisitShown,
    VisitToday,
)
from ledger.api.who import Asks
from ledger.clock import SECOND, from_micros, to_micros
from ledger.core.rulebook import PolicyText
from ledger.store.registered import registered_names
from ledger.volunteers import histories, months
from ledger.volunteers.explain import explained, next_level
from ledger.volunteers.queries import VolunteerSummary, summary_as_of

router = APIRouter(prefix="/v1/volunteers/{volunteer}", tags=["volunteers"])

MAY_GO_ON = 12 * 3600 * SECOND
"""An open visit of yesterday that began no longer ago than this (µs) is no forgotten one."""


def _standing(found: VolunteerSummary, name: str | None, policy: PolicyText) -> Standing:
    said = found.to_json()
    called = {key: one.name or key for key, one in policy.plan.doc.currencies.items()}
    currencies = {key: one.to_json() for key, one in found.currencies.items()}
    levels = dict(found.levels)
    return Standing.model_validate(
        {
            **said,
            "name": name,
            "currency": policy.currency,
            "currencies": currencies,
            "currency_names": called,
            "levels": levels,
        }
    )


@router.get("", response_model=Standing, responses={304: {"description": "As before"}})
def standing(
    asks: Asks,
    volunteer: Id,
    request: Request,
    as_of: Annotated[
        datetime | None, Query(description="At this time; without a zone it is the policy's")
    ] = None,
) -> Response:
    """Hours, star and points, now or at a past time by all that is known today."""
    with looking(asks, volunteer) as look:
        if as_of is None:
            known = look.standing()
        else:
            moment = as_of if as_of.tzinfo else as_of.replace(tzinfo=look.policy.zone)
            found = summary_as_of(look.connection, look.rules, volunteer, to_micros(moment))
            known = known_one(found, volunteer)
        names = registered_names(look.connection, "volunteer", [volunteer])
    return conditional(request, _standing(known, names.get(volunteer) or None, look.policy))


@router.get("/today", response_model=Today, responses={304: {"description": "As before"}})
def today(asks: Asks, volunteer: Id, request: Request) -> Response:
    """What was done today, and what goes on since this night; who is new has done nothing."""
    with looking(asks, volunteer) as look:
        first, end = histories.day_of(look.now, look.policy.plan.clock.offset)
        night = min(first * SECOND, look.now - MAY_GO_ON)
        rows = histories.visits_between(look.connection, volunteer, first, end)
        waiting = histories.open_visits(look.connection, volunteer)
        named = {row.activity for row in rows} | {one.activity for one in waiting}
        names = registered_names(look.connection, "activity", named)
    shown = [
        VisitToday(
            activity=row.activity,
            name=names.get(row.activity, ""),
            place=row.place,
            started_at=look.told(row.started_at * SECOND),
            ended_at=look.told(row.ended_at * SECOND),
            seconds=row.seconds if row.status == "counted" else 0,
        )
        for row in rows
        if row.track == look.policy.plan.track
    ]
    shown += [
        VisitToday(
            activity=one.activity,
            name=names.get(one.activity, ""),
            place=one.place,
            started_at=look.told(one.at),
            ended_at=None,
            seconds=0,
        )
        for one in waiting
        if one.at >= night
    ]
    return conditional(
        request,
        Today(
            day=look.told(look.now)[:10],
            seconds=histories.seconds_of(rows, look.policy.plan.track),
            since=look.told(waiting[-1].at) if waiting else None,
            visits=shown,
        ),
    )


@router.get("/visits")
def visits(asks: Asks, volunteer: Id, part: Asked) -> Page[VisitShown]:
    """Hour records that hold, the newest first."""
    with looking(asks, volunteer) as look:
        rows = histories.visits(look.connection, volunteer, part.number, part.limit + 1)
        names = histories.names_of(look.connection, rows, "activity", "place")
    return part.page(
        rows,
        lambda row: VisitShown(
            record=row.id,
            track=row.track,
            activity=row.activity,
            activity_name=names["activity"].get(row.activity, ""),
            place=row.place,
            place_name=names["place"].get(row.place, ""),
            started_at=look.told(row.started_at * SECOND),
            ended_at=look.told(row.ended_at * SECOND),
            seconds=row.seconds,
            status=row.status,
            awaits=row.awaits,
        ),
        lambda row: row.id,
    )


@router.get("/points")
def points(asks: Asks, volunteer: Id, part: Asked) -> Page[PointsShown]:
    """Entries of points, the newest first, reversals among them."""
    with looking(asks, volunteer) as look:
        rows = histories.points(look.connection, volunteer, part.number, part.limit + 1)
        names = histories.names_of(look.connection, rows, "merchant", "item")

    def shown(row: Any) -> PointsShown:
        policy = look.rules.by_digest[row.policy]
        clauses = (policy.clause(key) for key in policy.plan.clauses_of(row.rule))
        return PointsShown(
            entry=row.id,
            currency=row.currency,
            amount=policy.amount(row.amount, row.currency),
            counter=row.counter,
            at=look.told(row.effective_at),
            recorded_at=look.told(row.recorded_at),
            rule=row.rule,
            clauses=[one for one in clauses if one],
            redemption=row.redemption,
            merchant=row.merchant,
            merchant_name=names["merchant"].get(row.merchant or "", ""),
            item=row.item,
            item_name=names["item"].get(row.item or "", ""),
            reverses=row.reverses,
            reversed_by=row.reversed_by,
        )

    return part.page(rows, shown, lambda row: row.id)


@router.get("/expiring")
def expiring(asks: Asks, volunteer: Id) -> Page[Expiring]:
    """Points that end, the first to end first."""
    with looking(asks, volunteer) as look:
        known = look.standing()
    lots = [
        Expiring(currency=currency, on=day, amount=amount)
        for currency, purse in known.currencies.items()
        for day, amount in purse.expiring
    ]
    return Page(items=sorted(lots, key=lambda one: (one.on, one.currency)))


@router.get("/redemptions")
def redemptions(asks: Asks, volunteer: Id, part: Asked) -> Page[StepShown]:
    """What was asked at tills and answered, each step, the newest first."""
    with looking(asks, volunteer) as look:
        rows = histories.redemptions(look.connection, volunteer, part.number, part.limit + 1)
        names = histories.names_of(look.connection, rows, "merchant", "item")
    return part.page(
        rows,
        lambda row: StepShown(
            redemption=row.redemption,
            command=row.command,
            status=row.status,
            reason=row.reason,
            merchant=row.merchant,
            merchant_name=names["merchant"].get(row.merchant, ""),
            item=row.item,
            item_name=names["item"].get(row.item, ""),
            quantity=row.quantity,
            points=look.amounts(histories.paid(row)),
            voucher=row.voucher,
            at=look.told(row.effective_at),
            expires_at=None if row.expires_at is None else look.told(row.expires_at),
        ),
        lambda row: row.id,
    )


@router.get("/months", response_model=Page[MonthShown])
def by_month(asks: Asks, volunteer: Id, request: Request) -> Response:
    """Hours that count by month, the newest first; months without any are left out."""
    with looking(asks, volunteer) as look:
        found = months.months(look.connection, volunteer, look.policy)
    shown = [MonthShown(month=one.month, seconds=one.seconds, visits=one.visits) for one in found]
    return conditional(request, Page[MonthShown](items=shown))


@router.get("/next-star", response_model=NextStar)
def next_star(asks: Asks, volunteer: Id, request: Request) -> Response:
    """How far it is to the next star."""
    with looking(asks, volunteer) as look:
        known = look.standing()
        recent = months.recent(look.connection, volunteer, look.policy, look.now)
    plan = look.policy.plan
    following = None
    if plan.star:
        keys = plan.levels[plan.star]
        held = keys.index(known.star) if known.star in keys else 0
        following = next_level(plan, plan.star, held, known.seconds)
    said = following or {"level": None, "condition": ""}
    missing = said.get("missing_seconds")
    reached = None if missing is None else months.reached_on(missing, recent)
    return conditional(
        request,
        NextStar(
            star=known.star,
            next=said["level"],
            condition=said["condition"],
            seconds=known.seconds,
            missing_seconds=missing,
            recent_seconds=recent.seconds,
            recent_days=months.RECENT_DAYS,
            reached_on=reached.isoformat() if reached else None,
        ),
    )


@router.get("/code")
def code(asks: Asks, volunteer: Id) -> CodeShown:
    """What a till scans: only the volunteer has it, and it is another each minute."""
    here = asks.serving
    with here.reader.database.read() as connection:
        asks.require(connection, Permission.OWN, at=of_volunteer(volunteer))
        zone = here.reader.policy_by(connection).zone
    made = here.codes.make(volunteer, here.reader.now())
    changes, expires = (from_micros(one, zone).isoformat() for one in (made.changes, made.expires))
    return CodeShown(code=made.text, changes=changes, expires=expires)


@router.get("/explanation", response_model=Explanation)
def explanation(asks: Asks, volunteer: Id, request: Request) -> Response:
    """Why these hours, points and this star: rules, clauses, visits and events."""
    with looking(asks, volunteer) as look:
        story = explained(look.connection, look.rules, look.standing(), look.now)
    return conditional(request, Explanation(story))
