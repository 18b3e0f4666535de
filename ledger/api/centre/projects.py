"""What is in the project library, and how is a step taken? `/v1/projects`, `/v1/project-calls`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.api.centre.telling import Text
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks
from ledger.centre.projects.library import (
    NOTHING,
    Served,
    brands_of,
    call_for,
    call_json,
    calls_in,
    find_project,
    names_of,
    pipeline,
    place_of_call,
    project_json,
    projects_in,
    rights_at,
    served_in,
    story,
    take,
)
from ledger.centre.projects.life import STATES, Project, steps_from
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.sheets import yuan

Names = Mapping[str, Mapping[str, str]]

router = APIRouter(tags=["centre"])

Ident = Annotated[str, Path(alias="project", min_length=1, max_length=128)]
Place = Annotated[str, Query(max_length=64, description="With all below it; absent: everywhere")]
StepName = Literal[
    "submitted",
    "screened",
    "scored",
    "improvement-asked",
    "improved",
    "admitted",
    "refused",
    "announced",
    "released",
    "tracked",
    "evaluated",
    "supported",
    "brand-named",
    "brand-withdrawn",
    "ended",
]


class ProjectServed(BaseModel):
    """Activities with counted hours that name the project, and who served at them."""

    activities: int
    volunteers: int
    seconds: int


class ProjectShown(BaseModel):
    """A project as it stands; marks and money (yuan) are decimal texts. `title` of the state.

    The names of places and teams are those registered, or "".
    """

    project: str
    state: str
    title: str
    name: str
    place: str
    place_name: str
    call: str
    team: str
    team_name: str
    category: str
    summary: str
    library: str
    library_name: str
    submitted_at: str
    since: str
    experts: int
    pass_mark: str | None
    scores: int
    average: str | None
    due_at: str | None
    evaluated: int | None
    grade: str
    money: str
    things: str
    served: ProjectServed
    brands: list[str]


class ProjectStepShown(BaseModel):
    """A step; `reason` says why one had no effect. `data` is what was said."""

    number: int
    at: str
    kind: str
    effect: bool
    reason: str
    by: str
    data: dict[str, Any]


class ProjectBrandShown(BaseModel):
    """A time as the brand project of a place; `until` null: still."""

    level: str
    of: str
    of_name: str
    since: str
    until: str | None


class ProjectWhole(ProjectShown):
    """With every step, its times as a brand project, and which steps can be taken next."""

    steps: list[ProjectStepShown]
    named: list[ProjectBrandShown]
    next: list[str]


class ProjectStepAsked(BaseModel):
    """A step, and its data as the schema `volunteer.project.<step>.v1` has it, without `by`."""

    step: StepName
    data: dict[str, Any]


class ProjectStage(BaseModel):
    """How many projects stand in a state, and the support to them (yuan, decimal texts)."""

    state: str
    title: str
    projects: int
    money: str
    things: str


class ProjectCallShown(BaseModel):
    """A call for projects; nothing is taken in from `due_at` on."""

    call: str
    title: str
    place: str
    year: int
    opened_at: str
    due_at: str
    text: str
    by: str


class ProjectCallAsked(BaseModel):
    """Projects are wanted at a place and below it, for a year, until a time (with its zone)."""

    title: str = Field(min_length=1, max_length=256)
    place: str = Field(min_length=1, max_length=128)
    year: int
    until: str = Field(max_length=40)
    text: str = Field("", max_length=8000)


@router.get("/v1/projects")
def projects(
    asks: Asks,
    part: Asked,
    place: Place = "",
    state: Annotated[str, Query(max_length=20, description="`library`: whatever is in it")] = "",
    due: Annotated[
        bool, Query(description="Whose improvement or announcement is over by now")
    ] = False,
    text: Text = "",
) -> Page[ProjectShown]:
    """The projects at a place and below it, by id."""
    recorder = asks.serving.reader
    after = part.texts or [""]
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        rows = projects_in(
            connection,
            place,
            state=state,
            text=text,
            due_by=recorder.now() if due else None,
            after=after[0],
            limit=part.limit + 1,
        )
        idents = [one.project for one in rows]
        served = served_in(connection, recorder.policy_by(connection).plan.track, idents)
        brands = brands_of(connection, idents)
        names = names_of(connection, rows)

    def shown(one: Project) -> ProjectShown:
        told = _told(one, served.get(one.project, NOTHING), names)
        levels = [named.level for named in brands.get(one.project, [])]
        return ProjectShown(**told, title=STATES[one.state], brands=levels)

    return part.page(rows, shown, lambda one: [one.project])


@router.get("/v1/projects/{project}")
def project(asks: Asks, ident: Ident) -> ProjectWhole:
    """All about a project: its steps, also those without effect, brands and hours."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(_place_of(connection, ident)))
        return _whole(connection, recorder.policy_by(connection).plan.track, ident)


@router.post("/v1/projects/{project}/steps", response_model=ProjectWhole)
def step(asks: Asks, ident: Ident, said: ProjectStepAsked, once: Idempotent) -> Response:
    """Take a step of a project; refused, with the reason, where it can't be taken."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        may = [Permission.REGISTER, *([Permission.REVIEW] if said.step == "scored" else [])]
        try:
            places = rights_at(connection, ident, said.step, said.data)
        except LedgerError:
            raise not_found(f"there is no project {ident}") from None
        by, *_ = [asks.require(connection, *may, at=at_place(one)) for one in places]

    def work() -> ProjectWhole:
        data = said.data if said.step == "scored" else {**said.data, "by": by}
        take(recorder, ident, said.step, data)
        with recorder.database.read() as connection:
            return _whole(connection, recorder.policy_by(connection).plan.track, ident)

    return once.do(work)


@router.get("/v1/project-stages")
def stages(asks: Asks, place: Place = "") -> Page[ProjectStage]:
    """How many projects of a place and below it stand where; all states, in their order."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        found = pipeline(connection, place)
    return Page(
        items=[
            ProjectStage(
                state=one.state,
                title=STATES[one.state],
                projects=one.projects,
                money=str(yuan(one.money)),
                things=str(yuan(one.things)),
            )
            for one in found
        ]
    )


@router.get("/v1/project-calls")
def calls(asks: Asks, place: Place = "") -> Page[ProjectCallShown]:
    """The calls for projects at a place and below it, the newest first; all of them."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        found = calls_in(connection, place)
    return Page(items=[ProjectCallShown(**call_json(one)) for one in found])


@router.post("/v1/project-calls/{call}", response_model=ProjectCallShown)
def call(
    asks: Asks,
    ident: Annotated[str, Path(alias="call", min_length=1, max_length=128)],
    said: ProjectCallAsked,
    once: Idempotent,
) -> Response:
    """Call for projects, or say a call anew."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REGISTER, at=at_place(said.place))
        for one in place_of_call(connection, ident):
            asks.require(connection, Permission.REGISTER, at=at_place(one))
    return once.do(
        lambda: ProjectCallShown(
            **call_json(call_for(recorder, ident, {**said.model_dump(), "by": by}))
        )
    )


def _place_of(connection: Connection, ident: str) -> str:
    """Raises Problem if there is no such project."""
    try:
        return find_project(connection, ident).place
    except LedgerError:
        raise not_found(f"there is no project {ident}") from None


def _told(one: Project, served: Served, names: Names) -> dict[str, Any]:
    return project_json(one, served) | {
        "place_name": names["place"].get(one.place, ""),
        "team_name": names["team"].get(one.team, ""),
        "library_name": names["place"].get(one.library, ""),
    }


def _whole(connection: Connection, track: str, ident: str) -> ProjectWhole:
    told = story(connection, track, ident)
    one = told.project
    names = names_of(connection, [one], [named.of for named in told.brands])
    return ProjectWhole(
        **_told(one, told.served, names),
        title=STATES[one.state],
        brands=[named.level for named in told.brands if named.until is None],
        steps=[
            ProjectStepShown(
                number=taken.number,
                at=_time(taken.at),
                kind=taken.kind,
                effect=bool(taken.effect),
                reason=taken.reason,
                by=taken.by,
                data=orjson.loads(taken.content),
            )
            for taken in told.steps
        ],
        named=[
            ProjectBrandShown(
                level=named.level,
                of=named.of,
                of_name=names["place"].get(named.of, ""),
                since=_time(named.since),
                until=None if named.until is None else _time(named.until),
            )
            for named in told.brands
        ],
        next=steps_from(one.state),
    )


def _time(at: int) -> str:
    return from_micros(at, CHINA).isoformat()
