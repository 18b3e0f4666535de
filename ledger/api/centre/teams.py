"""Which teams are there, who is in them, and who is registered? `/v1/teams`, `/v1/people`.

And where does a volunteer belong? `/v1/volunteers/{volunteer}/belonging`.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.access.asking import registered_anew
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.centre.telling import Area, AsOf, New, Text, told, told_of
from ledger.api.looking import Id as VolunteerId
from ledger.api.looking import looking
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.activities.held import period
from ledger.centre.days import end_of
from ledger.centre.registering import known_of
from ledger.centre.teams import people
from ledger.centre.teams.changes import dissolve_team, join_team, leave_team, register_team
from ledger.centre.teams.directory import TeamShown, find_team, members, spells_in, spells_of, teams
from ledger.centre.teams.guardians import require_guardian
from ledger.centre.teams.kinds import team_kinds
from ledger.clock import SECOND, from_micros
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import above
from ledger.store.registered import registered_names
from schemas.registry import TeamRegistered, VolunteerRegistered

router = APIRouter(prefix="/v1/teams", tags=["centre"])
of_volunteers = APIRouter(prefix="/v1/volunteers/{volunteer}/belonging", tags=["centre"])
of_people = APIRouter(prefix="/v1/people", tags=["centre"])

Id = Annotated[str, Path(alias="team", min_length=1, max_length=64)]
KindOf = Annotated[str, Query(max_length=64, description="One of /v1/teams/kinds; absent: all")]


class TeamListed(BaseModel):
    """A team; `kind` is one of /v1/teams/kinds, "" if nobody has said."""

    team: str
    name: str
    kind: str
    place: str
    place_name: str
    managers: list[str]
    members: int


class TeamsCounted(BaseModel):
    """How many teams there are, and people in them: who is in two counts twice."""

    teams: int
    members: int


class KindShown(BaseModel):
    """`named`: a county is to have a team of it; `source` says who names it."""

    key: str
    title: str
    english: str
    named: bool
    source: str


class MemberShown(BaseModel):
    """Somebody in a team."""

    volunteer: str
    name: str
    role: str
    since: str


class SpellShown(MemberShown):
    """A time of somebody in a team; `until` null: still."""

    until: str | None


class TeamWhole(BaseModel):
    """A team with those who are in it on the day; `history`: everybody's times, the latest first.

    `names` are those of the managers and of the place.
    """

    team: str
    name: str
    kind: str
    place: str
    managers: list[str]
    members: list[MemberShown]
    history: list[SpellShown]
    names: dict[str, str]
    dissolved_at: str | None


class AreaNamed(BaseModel):
    """A place by its name; "" if nobody has said it."""

    place: str
    name: str


class OwnTeam(BaseModel):
    """A team of a volunteer's; `until` null: they are in it still."""

    team: str
    name: str
    role: str
    since: str
    until: str | None


class Belonging(BaseModel):
    """Where a volunteer is registered and what lies around it, their own place first; teams."""

    places: list[AreaNamed]
    teams: list[OwnTeam]


class TeamSaid(BaseModel):
    """What is said of a team; what is absent stays as it was, null takes it back.

    `leader` leads it from now on. One that was dissolved is there again, empty.
    """

    new: New = False
    name: str | None = None
    place: str | None = None
    kind: str | None = None
    managers: list[str] | None = Field(default=None, max_length=50)
    leader: str | None = Field(default=None, min_length=1, max_length=64)


class JoinSaid(BaseModel):
    """Who is in the team from now on, and as what."""

    volunteer: str = Field(min_length=1, max_length=64)
    role: Literal["member", "leader"] = "member"


class LeaveSaid(BaseModel):
    """Why somebody leaves, or all do."""

    reason: str = Field(default="", max_length=200)


class RegisteredShown(BaseModel):
    """How many are registered at a place one level below the area, and in post of them."""

    place: str
    name: str
    volunteers: int
    party_members: int


class UnitShown(BaseModel):
    """Party members in post 在职党员 of a unit: who took part in the year, who did 20 hours."""

    unit: str
    members: int
    took_part: int
    enough: int
    seconds: int


class SkillsShown(BaseModel):
    """How many have which skill, the most frequent first."""

    skills: dict[str, int]


class Left(BaseModel):
    """Who is registered no longer."""

    volunteer: str


@router.get("")
def list_teams(
    asks: Asks,
    part: Asked,
    area: Area = "",
    as_of: AsOf = None,
    text: Text = "",
    kind: KindOf = "",
) -> Page[TeamListed]:
    """The teams of an area with how many are in them, by id."""
    recorder = asks.serving.reader
    at = end_of(recorder, as_of)
    [after] = part.key(str) or [""]
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = teams(connection, at, area, text=text, kind=kind, after=after, limit=part.limit + 1)
        names = registered_names(connection, "place", {one.place for one in found})

    def shown(one: TeamShown) -> TeamListed:
        return TeamListed(
            team=one.team,
            name=one.name,
            kind=one.kind,
            place=one.place,
            place_name=names.get(one.place, ""),
            managers=list(one.managers),
            members=one.members,
        )

    return part.page(found, shown, lambda one: [one.team])


@router.get("/counts")
def counts(
    asks: Asks, area: Area = "", as_of: AsOf = None, text: Text = "", kind: KindOf = ""
) -> TeamsCounted:
    """How many teams, and people in them, a list of all would have."""
    recorder = asks.serving.reader
    at = end_of(recorder, as_of)
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = teams(connection, at, area, text=text, kind=kind)
    return TeamsCounted(teams=len(found), members=sum(one.members for one in found))


@router.get("/kinds")
def kinds() -> Page[KindShown]:
    """The kinds that a county's teams are named by."""
    return Page(
        items=[
            KindShown(
                key=one.key,
                title=one.title,
                english=one.english,
                named=one.named,
                source=one.source,
            )
            for one in team_kinds().values()
        ]
    )


@router.get("/{team}")
def team(asks: Asks, ident: Id, as_of: AsOf = None) -> TeamWhole:
    """One team and who is in it."""
    recorder = asks.serving.reader
    _may(asks, recorder, ident, Permission.READ)
    return _whole(recorder, ident, end_of(recorder, as_of))


@router.post("/{team}", response_model=TeamWhole)
def say(asks: Asks, ident: Id, once: Idempotent, said: TeamSaid) -> Response:
    """Register it, or change what is said of it."""
    recorder, given = asks.serving.recorder, told_of(said)
    with recorder.database.read() as connection:
        by = asks.registering(connection, *registered_anew("team", ident, given))
    leader = given.pop("leader", None)
    if leader:
        require_guardian(recorder, asks.serving.settings, leader)

    def work() -> TeamWhole:
        register_team(recorder, ident, given, leader=leader, by=by, new=said.new)
        return _whole(recorder, ident, recorder.now())

    return once.do(work)


@router.post("/{team}/dissolve", response_model=TeamWhole)
def dissolve(asks: Asks, ident: Id, once: Idempotent, said: LeaveSaid) -> Response:
    """It is there no longer 解散, and nobody is in it."""
    recorder = asks.serving.recorder
    by = _may(asks, recorder, ident, Permission.REGISTER)

    def work() -> TeamWhole:
        dissolve_team(recorder, ident, said.reason, by)
        return _whole(recorder, ident, recorder.now())

    return once.do(work)


@router.post("/{team}/members", response_model=TeamWhole)
def join(asks: Asks, ident: Id, once: Idempotent, said: JoinSaid) -> Response:
    """Take somebody into it, or change their role."""
    recorder = asks.serving.recorder
    by = _may(asks, recorder, ident, Permission.REGISTER)
    require_guardian(recorder, asks.serving.settings, said.volunteer)

    def work() -> TeamWhole:
        join_team(recorder, ident, said.volunteer, said.role, by)
        return _whole(recorder, ident, recorder.now())

    return once.do(work)


@router.post("/{team}/members/{volunteer}/leave", response_model=TeamWhole)
def leave(
    asks: Asks, ident: Id, volunteer: VolunteerId, once: Idempotent, said: LeaveSaid
) -> Response:
    """Take somebody out of it."""
    recorder = asks.serving.recorder
    by = _may(asks, recorder, ident, Permission.REGISTER)

    def work() -> TeamWhole:
        leave_team(recorder, ident, volunteer, said.reason, by)
        return _whole(recorder, ident, recorder.now())

    return once.do(work)


@of_volunteers.get("")
def belonging(asks: Asks, volunteer: VolunteerId) -> Belonging:
    """Where a volunteer belongs: their place with what it lies in, and their teams."""
    recorder = asks.serving.reader
    with looking(asks, volunteer) as look:
        home = known_of(look.connection, VolunteerRegistered, volunteer).get("place") or ""
        around = [home, *reversed(above(home))] if home else []
        spells = spells_of(look.connection, volunteer)
        places = registered_names(look.connection, "place", around)
        named = registered_names(look.connection, "team", {one.team for one in spells})
    return Belonging(
        places=[
            AreaNamed(place=one, name=places.get(one, ""))
            for one in around
            if one == home or one in places
        ],
        teams=[
            OwnTeam(
                team=one.team,
                name=named.get(one.team, ""),
                role=one.role,
                since=str(told(recorder, one.since)),
                until=told(recorder, one.until),
            )
            for one in spells
        ],
    )


# People ------------------------------------------------------------------------------------------


@of_people.get("")
def registered(asks: Asks, area: Area = "", as_of: AsOf = None) -> Page[RegisteredShown]:
    """How many are registered in the parts of an area; who has left is not counted."""
    recorder = asks.serving.reader
    at = end_of(recorder, as_of)
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = people.registered(connection, at, area)
    return Page(items=[RegisteredShown(**one._asdict()) for one in found])


@of_people.get("/party")
def party(
    asks: Asks,
    area: Area = "",
    year: Annotated[int | None, Query(ge=1970, le=2200, description="Absent: this year")] = None,
) -> Page[UnitShown]:
    """Party members in post 在职党员 by unit, and what they did in a year."""
    recorder = asks.serving.reader
    policy = recorder.policy
    wanted = year or from_micros(recorder.now(), policy.zone).year
    span = period(policy.plan.clock, f"{wanted:04}")
    at = min(recorder.now(), span.until * SECOND - 1)
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = people.party_units(connection, at, policy.plan.track, span, area)
    return Page(items=[UnitShown(**one._asdict()) for one in found])


@of_people.get("/skills")
def skills(asks: Asks, area: Area = "") -> SkillsShown:
    """How many of those registered in an area have which skill 特长."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        return SkillsShown(skills=dict(people.skills(connection, area)))


@of_people.post("/{volunteer}/leave", response_model=Left)
def deregister(asks: Asks, volunteer: VolunteerId, once: Idempotent, said: LeaveSaid) -> Response:
    """They are registered no longer 注销; hours, points and stars stay."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REGISTER, at=of_volunteer(volunteer))

    def work() -> Left:
        people.leave(recorder, volunteer, reason=said.reason, by=by)
        return Left(volunteer=volunteer)

    return once.do(work)


def _may(asks: Caller, recorder: Recorder, ident: str, permission: Permission) -> str:
    with recorder.database.read() as connection:
        said = known_of(connection, TeamRegistered, ident)
        by = asks.require(connection, permission, at=at_place(said.get("place")))
    if not said:
        raise not_found(f"there is no team {ident}")
    return by


def _whole(recorder: Recorder, ident: str, at: int) -> TeamWhole:
    try:
        with recorder.database.read() as connection:
            about = find_team(connection, ident, at)
            rows = members(connection, ident, at)
            spells = spells_in(connection, ident)
            people = {*(one.volunteer for one in spells), *about.managers}
            names = registered_names(connection, "volunteer", people)
            place = registered_names(connection, "place", [about.place])
    except LedgerError:
        raise not_found(f"there is no team {ident}") from None
    managers = {one: names[one] for one in about.managers if one in names}
    return TeamWhole(
        team=ident,
        name=about.name,
        kind=about.kind,
        place=about.place,
        managers=list(about.managers),
        members=[
            MemberShown(
                volunteer=one.volunteer,
                name=names.get(one.volunteer, ""),
                role=one.role,
                since=str(told(recorder, one.since)),
            )
            for one in rows
        ],
        history=[
            SpellShown(
                volunteer=one.volunteer,
                name=names.get(one.volunteer, ""),
                role=one.role,
                since=str(told(recorder, one.since)),
                until=told(recorder, one.until),
            )
            for one in spells
        ],
        names={**place, **managers},
        dissolved_at=told(recorder, about.dissolved_at),
    )
