"""What is in the project library 项目库, what was served in it, and how is a step taken?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, get_args
from uuid import uuid4

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection, func, select

from ledger.centre.dossier import in_order
from ledger.centre.places.tree import history
from ledger.centre.projects.life import (
    IN_LIBRARY,
    STATES,
    Brand,
    CallRow,
    Project,
    State,
    Step,
    points,
    refusal,
    standing,
)
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.finding import meant
from ledger.places import is_code, prefix
from ledger.recording.desk import send
from ledger.recording.recorder import DESK, Recorder
from ledger.sheets import yuan
from ledger.statistics.areas import inside, lies_in
from ledger.store import bulk
from ledger.store.dossiers import told
from ledger.store.registered import registered_names
from ledger.store.tables import (
    activity,
    hour_record,
    project,
    project_brand,
    project_call,
    project_step,
)
from schemas import CloudEvent
from schemas.documents import event_type
from schemas.project import ProjectsCalled, ProjectStep

STEPS: Mapping[str, type[CloudEvent]] = {
    event_type(one).removeprefix("volunteer.project.").removesuffix(".v1"): one
    for one in get_args(ProjectStep)
}
"""The steps of a project by their short names: submitted, screened, scored …"""


class Served(NamedTuple):
    """What was served in a project: activities with counted hours, people at them, seconds."""

    activities: int
    volunteers: int
    seconds: int


NOTHING = Served(0, 0, 0)


class Story(NamedTuple):
    """A project with all that is known of it."""

    project: Project
    steps: tuple[Step, ...]
    brands: tuple[Brand, ...]
    served: Served


def projects_in(
    connection: Connection,
    area: str = "",
    *,
    state: str = "",
    text: str = "",
    due_by: int | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[Project]:
    """The projects of an area ("": all), by id. `due_by` (µs): whose time is over by then.

    `text`: part of the name, or how the id begins.

    `state` may be `library`: whatever is in it. Raises LedgerError for a state that there is not.
    """
    column = project.c
    query = select(project).where(inside(connection, column.place, area), column.project > after)
    if state == "library":
        query = query.where(column.state.in_(sorted(IN_LIBRARY)))
    elif state:
        if state not in STATES:
            known = ", ".join(f"{one} {title}" for one, title in STATES.items())
            raise LedgerError(f"there is no state {state!r}: library 在库, {known}")
        query = query.where(column.state == state)
    if text:
        query = query.where(meant(text, column.project, column.name))
    if due_by is not None:
        query = query.where(column.due_at <= due_by)
    rows = connection.execute(query.order_by(column.project).limit(limit))
    return [Project._make(row) for row in rows]


def find_project(connection: Connection, ident: str) -> Project:
    """Raises LedgerError if there is none."""
    row = connection.execute(select(project).where(project.c.project == ident)).first()
    if row is None:
        raise LedgerError(f"there is no project {ident}: `vledger projects` lists them")
    return Project._make(row)


class Stage(NamedTuple):
    """Projects in one state: how many, the fen of support to them, what things are worth."""

    state: State
    projects: int
    money: int
    things: int


def pipeline(connection: Connection, area: str = "") -> list[Stage]:
    """How many projects of an area stand where, in the order of a project's life."""
    column = project.c
    query = (
        select(
            column.state,
            func.count(),
            func.sum(column.money),
            func.sum(column.things),
        )
        .where(inside(connection, column.place, area))
        .group_by(column.state)
    )
    found = {row[0]: Stage(row[0], *map(int, row[1:])) for row in connection.execute(query)}
    return [found.get(one, Stage(one, 0, 0, 0)) for one in STATES]


def project_names(connection: Connection, idents: Collection[str]) -> dict[str, str]:
    """Id -> name of those that were submitted."""
    query = select(project.c.project, project.c.name).where(
        bulk.among(connection, project.c.project, list(idents))
    )
    return {row.project: row.name for row in connection.execute(query)}


def names_of(
    connection: Connection, several: Sequence[Project], also: Collection[str] = ()
) -> dict[str, dict[str, str]]:
    """What these projects' places, libraries and teams, and other places, are called, by kind."""
    places = {ident for one in several for ident in (one.place, one.library) if ident} | set(also)
    teams = {one.team for one in several if one.team}
    return {
        "place": registered_names(connection, "place", places),
        "team": registered_names(connection, "team", teams),
    }


def story(connection: Connection, track: str, ident: str) -> Story:
    """All about a project. Raises LedgerError if there is none."""
    found = find_project(connection, ident)
    taken = select(project_step).where(project_step.c.project == ident)
    named = select(project_brand).where(project_brand.c.project == ident)
    rows = connection.execute(taken.order_by(project_step.c.number))
    brands = connection.execute(named.order_by(project_brand.c.since, project_brand.c.level))
    return Story(
        found,
        tuple(Step._make(row) for row in rows),
        tuple(Brand._make(row) for row in brands),
        served_in(connection, track, [ident]).get(ident, NOTHING),
    )


def served_in(connection: Connection, track: str, idents: Collection[str]) -> dict[str, Served]:
    """Hours that counted at the activities of projects, which name them; by project."""
    hours, about = hour_record.c, activity.c
    each = (
        select(
            about.for_project,
            about.activity,
            hours.volunteer,
            func.sum(hours.seconds).label("seconds"),
        )
        .join_from(activity, hour_record, hours.activity == about.activity)
        .where(
            bulk.among(connection, about.for_project, list(idents)),
            hours.track == track,
            hours.status == "counted",
        )
        .group_by(about.for_project, about.activity, hours.volunteer)
        .having(func.sum(hours.seconds) > 0)
        .subquery()
    )
    query = select(
        each.c.for_project,
        func.count(each.c.activity.distinct()),
        func.count(each.c.volunteer.distinct()),
        func.sum(each.c.seconds),
    ).group_by(each.c.for_project)
    return {row[0]: Served(*map(int, row[1:])) for row in connection.execute(query)}


def brands_of(connection: Connection, idents: Collection[str]) -> dict[str, list[Brand]]:
    """Of what projects are brands now, by project."""
    column = project_brand.c
    query = select(project_brand).where(
        bulk.among(connection, column.project, list(idents)), column.until.is_(None)
    )
    found: dict[str, list[Brand]] = {}
    for row in connection.execute(query.order_by(column.project, column.level)):
        found.setdefault(row.project, []).append(Brand._make(row))
    return found


def calls_in(connection: Connection, area: str = "") -> list[CallRow]:
    """Calls for projects at the places of an area, the newest first."""
    column = project_call.c
    query = select(project_call).where(inside(connection, column.place, area))
    rows = connection.execute(query.order_by(column.opened_at.desc(), column.call))
    return [CallRow._make(row) for row in rows]


def find_call(connection: Connection, ident: str) -> CallRow:
    """Raises LedgerError if there is none."""
    row = connection.execute(select(project_call).where(project_call.c.call == ident)).first()
    if row is None:
        raise LedgerError(f"there is no call {ident}: `vledger projects calls` lists them")
    return CallRow._make(row)


def place_of_call(connection: Connection, ident: str) -> list[str]:
    """Whose projects it calls for; nothing if there is no such call."""
    query = select(project_call.c.place).where(project_call.c.call == ident)
    return list(connection.execute(query).scalars())


def call_for(recorder: Recorder, ident: str, data: Mapping[str, Any]) -> CallRow:
    """Open a call for projects, or say it anew. Raises LedgerError."""
    send(recorder, ProjectsCalled, ident, dict(data), exact=True)
    with recorder.database.read() as connection:
        return find_call(connection, ident)


def rights_at(connection: Connection, ident: str, kind: str, data: Mapping[str, Any]) -> list[str]:
    """Where whoever takes a step needs the right to: at the project, and at what the step names.

    So nobody draws another place's project over to their own, admits it to another's library, or
    makes it a brand of others. Raises LedgerError if there is no such project.
    """
    if kind == "submitted":
        known = connection.execute(select(project.c.place).where(project.c.project == ident))
        return [str(data.get("place") or ""), *known.scalars()]
    own = find_project(connection, ident).place
    match kind:
        case "admitted":
            return [own, str(data.get("library") or "")]
        case "brand-named":
            return [own, str(data.get("of") or "")]
        case "brand-withdrawn":
            brands = brands_of(connection, [ident]).get(ident, [])
            return [own, *(one.of for one in brands if one.level == data.get("level"))]
    return [own]


def take(recorder: Recorder, ident: str, kind: str, data: Mapping[str, Any]) -> Project:
    """Take a step of a project. Raises LedgerError if it can't be taken where that stands."""
    event = _event(recorder, ident, kind, data)
    with recorder.database.read() as connection:
        if kind == "submitted":
            _fits(connection, event.data, recorder.now())
        if kind == "brand-named":
            _fits_level(connection, event.data)
        if kind == "admitted":
            _is_a(connection, "library", event.data.library, "centre", "library")
        so_far = in_order(told(connection, tuple(STEPS.values()), [ident])[ident])
        reason = refusal(standing(ident, so_far), event, recorder.now())
    if reason:
        raise LedgerError(f"project {ident}: {reason}")
    send(recorder, STEPS[kind], ident, dict(data), exact=True)
    with recorder.database.read() as connection:
        return find_project(connection, ident)


def _event(recorder: Recorder, ident: str, kind: str, data: Mapping[str, Any]) -> Any:
    """The step as an event, checked. Raises LedgerError with what is wrong with it."""
    if kind not in STEPS:
        raise LedgerError(f"there is no step {kind!r}: {', '.join(STEPS)}")
    policy = recorder.policy
    said = {name: value for name, value in data.items() if value is not None}
    envelope = {
        "specversion": "1.0",
        "type": event_type(STEPS[kind]),
        "id": uuid4().hex,
        "source": DESK,
        "time": from_micros(recorder.now(), policy.zone).isoformat(),
        "subject": ident,
        "data": said,
    }
    try:
        return STEPS[kind].model_validate_json(orjson.dumps(envelope))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in wrong["loc"][1:])
        raise LedgerError(f"{where}: {wrong['msg']}".removeprefix(": ")) from None


def _fits(connection: Connection, said: Any, now: int) -> None:
    """What is submitted is of a place that there is, and answers a call that is open."""
    if not _is_city(said.place) and not history(connection, said.place):
        raise LedgerError(f"place: {said.place} is not registered 场所未登记")
    if said.call is None:
        return
    call = find_call(connection, said.call)
    if call.due_at <= now:
        raise LedgerError(f"call {call.call}: it is over 征集已截止")
    if not lies_in(connection, said.place, call.place):
        raise LedgerError(f"call {call.call}: it is for {call.place}, where {said.place} is not")


def _is_city(place: str) -> bool:
    return is_code(place) and len(prefix(place)) == 4


def _fits_level(connection: Connection, said: Any) -> None:
    """A county's brand is of a centre, a city's of the city's code."""
    if said.level == "city":
        if not _is_city(said.of):
            raise LedgerError(f"of: {said.of} is no city: write its code, as 370100000000")
        return
    wanted = "centre" if said.level == "county" else said.level
    _is_a(connection, "of", said.of, wanted, f"{said.level}'s brand")


def _is_a(connection: Connection, field: str, place: str, wanted: str, whose: str) -> None:
    known = history(connection, place)
    if not known or known[-1].kind != wanted:
        what = f"a {known[-1].kind}" if known else "not registered"
        raise LedgerError(f"{field}: {place} is {what}; a {whose} is of a {wanted}")


def project_json(one: Project, served: Served) -> dict[str, Any]:
    """Money as decimal texts, marks too, times as in China."""
    said = one._asdict()
    for key in ("submitted_at", "since", "due_at"):
        said[key] = None if said[key] is None else from_micros(said[key], CHINA).isoformat()
    for key in ("pass_mark", "average"):
        said[key] = None if said[key] is None else points(said[key])
    for key in ("money", "things"):
        said[key] = str(yuan(said[key]))
    return said | {"served": served._asdict()}


def call_json(one: CallRow) -> dict[str, Any]:
    """Times as in China."""
    said = one._asdict()
    for key in ("opened_at", "due_at"):
        said[key] = from_micros(said[key], CHINA).isoformat()
    return said
