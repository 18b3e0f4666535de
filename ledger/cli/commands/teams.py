"""Which teams are there, and who is in them? teams."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import At, registered_anew
from ledger.access.asking import place as at_place
from ledger.centre.activities.held import held, period
from ledger.centre.days import end_of
from ledger.centre.registering import given
from ledger.centre.teams.changes import dissolve_team, join_team, leave_team, register_team
from ledger.centre.teams.directory import check, find_team, members, teams
from ledger.centre.teams.guardians import require_guardian
from ledger.centre.teams.kinds import team_kinds
from ledger.cli.acting import acting, registering
from ledger.cli.commands.places import Area, AsOf, By, Reason, day_of, day_on, print_findings
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json, settings
from ledger.clock import SECOND, from_micros
from ledger.recording.recorder import Recorder
from ledger.sheets import hours
from ledger.store.registered import registered_names

TeamId = Annotated[str, typer.Argument(metavar="TEAM", help="Its id")]
VolunteerId = Annotated[str, typer.Argument(metavar="VOLUNTEER", help="The volunteer's id")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Volunteer teams 志愿服务队", no_args_is_help=False)
    group.callback(invoke_without_command=True)(list_)
    for name, command in (
        ("show", show),
        ("kinds", kinds),
        ("check", show_check),
        ("register", add_team),
        ("dissolve", dissolve),
        ("join", join),
        ("leave", leave),
        ("trainings", trainings),
    ):
        group.command(name)(command)
    app.add_typer(group, name="teams")


def list_(
    context: typer.Context, area: Area = "", as_of: AsOf = None, db: Db = None, json: AsJson = False
) -> None:
    """The teams of an area with their kind and how many are in them, today or on a day."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        at = _end_of(recorder, as_of)
        with recorder.database.read() as connection:
            found = teams(connection, at, area)
            names = registered_names(connection, "place", {one.place for one in found})
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("team 队伍", "name 名称", "kind 类别", "place 场所")
    table.add_column("members 队员", justify="right")
    for one in found:
        kind = team_kinds().get(one.kind)
        title = one.kind if kind is None else kind.title
        table.add_row(one.team, one.name, title, names.get(one.place, one.place), str(one.members))
    out.print(table)


def kinds(json: AsJson = False) -> None:
    """The kinds that a county's teams are named by, and who names them."""
    if json:
        for one in team_kinds().values():
            print_json({name: getattr(one, name) for name in one.__dataclass_fields__})
        return
    table = Table("kind", "名称", "", "named by 依据")
    for one in team_kinds().values():
        table.add_row(one.key, one.title, one.english, one.source if one.named else "")
    out.print(table)


def show(team: TeamId, as_of: AsOf = None, db: Db = None, json: AsJson = False) -> None:
    """One team and who is in it, today or on a day."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=_at_team(recorder, team))
        at, zone = _end_of(recorder, as_of), recorder.policy.zone
        with recorder.database.read() as connection:
            about = find_team(connection, team, at)
            rows = members(connection, team, at)
            names = registered_names(connection, "volunteer", [one.volunteer for one in rows])
    listed = [
        {
            "volunteer": one.volunteer,
            "name": names.get(one.volunteer, ""),
            "role": one.role,
            "since": from_micros(one.since, zone).isoformat(),
        }
        for one in rows
    ]
    if json:
        print_json({**about._asdict(), "members": listed})
        return
    title = f"{about.name} {about.kind} {about.place}"
    table = Table(
        "volunteer 志愿者", "name 姓名", "role", "since 起", title=title, title_justify="left"
    )
    for row in listed:
        table.add_row(row["volunteer"], row["name"], row["role"], row["since"][:10])
    out.print(table)


def show_check(area: Area = "", as_of: AsOf = None, db: Db = None, json: AsJson = False) -> None:
    """Which teams the places of an area lack. Exits with 1 if something is wrong."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        day = day_on(recorder, as_of)
        with recorder.database.read() as connection:
            found = check(connection, day, recorder.policy.plan.clock, area)
    print_findings(found, json=json)


def add_team(
    team: TeamId,
    name: Annotated[str | None, typer.Option("--name")] = None,
    place: Annotated[str | None, typer.Option("--place", help="Where it belongs")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="As `teams kinds` says")] = None,
    manager: Annotated[
        list[str] | None, typer.Option("--manager", help="May redeem for it; several times")
    ] = None,
    leader: Annotated[
        str | None, typer.Option("--leader", help="Who leads it from now on 队长")
    ] = None,
    by: By = "",
    db: Db = None,
) -> None:
    """Register a team, or change what is said of it: the rest stays as it was.

    One that was dissolved is there again, empty.
    """
    said = given({"name": name, "place": place, "kind": kind, "managers": manager or None})
    with opened(db) as recorder:
        was, to = registered_anew("team", team, said)
        who = registering(recorder, Permission.REGISTER, was, to, by=by)
        if leader:
            require_guardian(recorder, settings(db), leader)
        register_team(recorder, team, said, leader=leader, by=who)
    out.print(f"{team} is registered.")


def dissolve(team: TeamId, reason: Reason = "", by: By = "", db: Db = None) -> None:
    """It is there no longer 解散, and nobody is in it; registered anew it is there again."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=_at_team(recorder, team))
        dissolve_team(recorder, team, reason, who)
    out.print(f"{team} is dissolved.")


def join(
    team: TeamId,
    volunteer: VolunteerId,
    leader: Annotated[bool, typer.Option("--leader", help="As its leader 队长")] = False,
    by: By = "",
    db: Db = None,
) -> None:
    """Take a volunteer into a team, or change their role in it."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=_at_team(recorder, team))
        require_guardian(recorder, settings(db), volunteer)
        join_team(recorder, team, volunteer, "leader" if leader else "member", who)
    out.print(f"{volunteer} is in {team}.")


def leave(
    team: TeamId, volunteer: VolunteerId, reason: Reason = "", by: By = "", db: Db = None
) -> None:
    """Take a volunteer out of a team."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=_at_team(recorder, team))
        leave_team(recorder, team, volunteer, reason, who)
    out.print(f"{volunteer} is no longer in {team}.")


def trainings(
    year: Annotated[int | None, typer.Option("--year", min=1970, max=2200)] = None,
    area: Area = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """The training sessions 培训 that were held in a year, with their hours."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        policy = recorder.policy
        span = period(policy.plan.clock, f"{year or day_on(recorder, None).year:04}")
        with recorder.database.read() as connection:
            found = held(connection, policy.plan.track, span, area, category="training")
    rows: list[dict[str, Any]] = [
        {
            **one._asdict(),
            "first": from_micros(one.first * SECOND, policy.zone).isoformat(),
        }
        for one in found
    ]
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("day 日期", "training 培训", "place 场所", "team 队伍")
    table.add_column("people 人数", justify="right")
    table.add_column("hours 时长", justify="right")
    for row in rows:
        cells = row["first"][:10], row["name"], row["place"], row["team"]
        table.add_row(*cells, str(row["people"]), str(hours(row["seconds"])))
    out.print(table)


def _at_team(recorder: Recorder, team: str) -> At:
    with recorder.database.read() as connection:
        return at_place(find_team(connection, team, recorder.now()).place)


def _end_of(recorder: Recorder, text: str | None) -> int:
    """The last instant (µs) of a day; now if it is absent."""
    return end_of(recorder, None if text is None else day_of(text))
