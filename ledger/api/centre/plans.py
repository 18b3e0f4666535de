"""What was planned and what was held? `/v1/plans`, `/v1/held`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import At
from ledger.access.asking import place as at_place
from ledger.api.centre.telling import Area, New, Period
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.shapes import Page
from ledger.api.who import Asks
from ledger.centre.activities import held
from ledger.centre.activities.planning import (
    PlanDone,
    against_held,
    make_plan,
    planned_by_month,
    plans,
)
from ledger.centre.registering import known_of
from ledger.recording.recorder import Recorder
from ledger.store.registered import registered_names
from schemas.activities import Period as YearOrMonth
from schemas.activities import PlannedActivities
from schemas.registry import Category, TeamRegistered

router = APIRouter(prefix="/v1/plans", tags=["centre"])
of_held = APIRouter(prefix="/v1/held", tags=["centre"])

Names = Mapping[tuple[str, str], str]

Whose = Annotated[str, Path(min_length=1, max_length=64)]


class ItemDone(BaseModel):
    """An item of a plan: the activities `held` of it, and fixed days on which there was nothing."""

    number: int
    title: str
    category: str
    kind: str
    times: int
    weekday: int
    monthday: int
    held: list[str]
    missed: list[str]


class PlanShown(BaseModel):
    """A plan of a place or team; `beside` were held though they are not in it."""

    whose: str
    whose_name: str
    of: str
    period: str
    items: list[ItemDone]
    beside: list[str]
    to_come: int


class PlanSaid(BaseModel):
    """A plan for a year or month, in place of an earlier one; no items: none."""

    new: New = False
    of: Literal["place", "team"]
    period: YearOrMonth
    items: list[PlannedActivities] = Field(max_length=200)


class HeldShown(BaseModel):
    """How many activities of a category a team held at a place; `visits` are people at them."""

    place: str
    team: str
    category: str
    activities: int
    seconds: int
    visits: int


class MonthHeld(BaseModel):
    """A month: what was planned for it, and how many were held by category.

    `planned`: what the plans of just this month say, and the fixed days of the year's plans.
    """

    month: str
    planned: int
    held: dict[str, int]


@router.get("")
def list_plans(
    asks: Asks,
    part: Asked,
    period: Annotated[YearOrMonth | None, Query(description="Absent: all")] = None,
    year: Annotated[
        int | None, Query(ge=1970, le=2200, description="Of it and its months; absent: all")
    ] = None,
    area: Area = "",
    whose: Annotated[str | None, Query(max_length=64, description="A place or a team")] = None,
) -> Page[PlanShown]:
    """Plans against what was held. With `whose` only that place's or team's."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        at = _whose(recorder, whose) if whose else at_place(area)
        asks.require(connection, Permission.READ, at=at)
        items = plans(
            connection,
            period,
            area,
            whose,
            year=year,
            after=part.key(str, str, str) or (),
            limit=part.limit + 1,
        )
        found = against_held(connection, recorder.policy_by(connection), items, recorder.now())
        names = _names(connection, found)
    return part.page(
        found, lambda one: _shown(one, names), lambda one: [one.whose, one.of, one.period]
    )


@router.post("/{whose}", response_model=PlanShown)
def plan(asks: Asks, whose: Whose, once: Idempotent, said: PlanSaid) -> Response:
    """Make a plan of a place or team."""
    recorder = asks.serving.recorder
    at = _whose(recorder, whose) if said.of == "team" else at_place(whose)
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REGISTER, at=at)
    items: list[dict[str, Any]] = [one.model_dump(exclude_none=True) for one in said.items]

    def work() -> PlanShown:
        make_plan(recorder, whose, said.of, said.period, items, by, new=said.new)
        with recorder.database.read() as connection:
            known = plans(connection, said.period, whose=whose)
            mine = [one for one in known if one.of == said.of]
            policy = recorder.policy_by(connection)
            found = against_held(connection, policy, mine, recorder.now())
            done = found[0] if found else PlanDone(whose, said.of, said.period, (), (), 0)
            return _shown(done, _names(connection, [done]))

    return once.do(work)


@of_held.get("")
def list_held(
    asks: Asks, period: Period, area: Area = "", category: Category | None = None
) -> Page[HeldShown]:
    """How many activities were held in a year or month: those at which hours were counted."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        plan = recorder.policy_by(connection).plan
        span = held.period(plan.clock, period)
        some = held.held(connection, plan.track, span, area, category=category)
    return Page(items=[HeldShown(**one._asdict()) for one in held.grouped(some)])


@of_held.get("/months")
def held_by_month(
    asks: Asks, year: Annotated[int, Query(ge=1970, le=2200)], area: Area = ""
) -> Page[MonthHeld]:
    """Plan against what was held, by the months of a year."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        rules = recorder.policy_by(connection).plan
        span = held.period(rules.clock, f"{year:04}")
        some = held.by_month(held.held(connection, rules.track, span, area), rules.clock)
        planned = planned_by_month(plans(connection, area=area, year=year), year)
    months = [f"{year:04}-{number:02}" for number in range(1, 13)]
    return Page(
        items=[MonthHeld(month=one, planned=planned[one], held=some.get(one, {})) for one in months]
    )


def _whose(recorder: Recorder, whose: str) -> At:
    """Where a team belongs, if there is one of that id; else it is a place."""
    with recorder.database.read() as connection:
        team = known_of(connection, TeamRegistered, whose)
    return at_place(team.get("place") if team else whose)


def _names(connection: Connection, several: Sequence[PlanDone]) -> Names:
    """What those are called whose plans they are, by what they are and id."""
    return {
        (kind, ident): name
        for kind in ("place", "team")
        for ident, name in registered_names(
            connection, kind, {one.whose for one in several if one.of == kind}
        ).items()
    }


def _shown(one: PlanDone, names: Names) -> PlanShown:
    return PlanShown(
        whose=one.whose,
        whose_name=names.get((one.of, one.whose), ""),
        of=one.of,
        period=one.period,
        items=[
            ItemDone(
                number=done.item.number,
                title=done.item.title,
                category=done.item.category,
                kind=done.item.kind,
                times=done.item.times,
                weekday=done.item.weekday,
                monthday=done.item.monthday,
                held=list(done.activities),
                missed=list(done.missed),
            )
            for done in one.items
        ],
        beside=list(one.beside),
        to_come=one.to_come,
    )
