"""Which activities are there, who signs up, and is the plan kept? activities."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import At, registered_anew
from ledger.access.asking import place as at_place
from ledger.centre.activities.held import activities_held, period
from ledger.centre.activities.no_shows import settle
from ledger.centre.activities.planning import PlanDone, against_held, make_plan, plans, valid_period
from ledger.centre.activities.sign_ups import ActivityRow, SignUp
from ledger.centre.activities.signing_up import (
    activities,
    call_off,
    find_activity,
    join,
    numbers,
    register_activity,
    sign_ups_of,
    withdraw,
)
from ledger.centre.registering import given, known_of
from ledger.centre.teams.directory import find_team
from ledger.centre.teams.guardians import require_guardian
from ledger.cli.acting import acting, registering
from ledger.cli.commands.places import Area, By, Reason, day_on
from ledger.cli.shared import (
    AsJson,
    Db,
    asked,
    moment_of,
    opened,
    out,
    print_json,
    read_text,
    settings,
)
from ledger.clock import from_micros, to_micros
from ledger.errors import LedgerError
from ledger.policy.errors import PolicyError
from ledger.policy.source import read_source
from ledger.recording.recorder import Recorder
from ledger.sheets import hours
from ledger.store.registered import registered_names
from schemas.registry import Category, TeamRegistered

ActivityId = Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id")]
VolunteerId = Annotated[str, typer.Argument(metavar="VOLUNTEER", help="The volunteer's id")]
Moment = Annotated[str | None, typer.Option(help="As 2026-05-01T08:00")]
TeamOption = Annotated[str | None, typer.Option("--team", help="Only this team's")]

CATEGORIES = {
    "service": "志愿服务",
    "lecture": "宣讲",
    "training": "培训",
    "meeting": "会议",
    "other": "其他",
}
STATES = {
    "in": "报名成功 in",
    "waiting": "候补 waiting",
    "withdrawn": "已取消 withdrawn",
    "refused": "未受理 refused",
    "absent": "未到 did not come",
}


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Activities, plans and sign-ups 活动", no_args_is_help=False)
    group.callback(invoke_without_command=True)(list_)
    for name, command in (
        ("show", show),
        ("register", add_activity),
        ("cancel", cancel),
        ("sign-up", sign_up),
        ("withdraw", take_back),
        ("settle", settle_now),
        ("held", show_held),
        ("plan", plan),
        ("plans", show_plans),
    ):
        group.command(name)(command)
    app.add_typer(group, name="activities")


# What there is -----------------------------------------------------------------------------------


def list_(
    context: typer.Context,
    area: Area = "",
    since: Annotated[
        str | None, typer.Option("--from", help="That end after this; absent: now")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="That begin before this")] = None,
    team: TeamOption = None,
    category: Annotated[str | None, typer.Option("--category", help=", ".join(CATEGORIES))] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Activities that are not over, with how many have signed up; with --from also past ones."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        zone = recorder.policy.zone
        first = recorder.now() if since is None else to_micros(moment_of(since, zone, "--from"))
        last = None if until is None else to_micros(moment_of(until, zone, "--to"))
        with recorder.database.read() as connection:
            found = activities(
                connection,
                area,
                since=first,
                until=last,
                team=team,
                category=None if category is None else category_of(category),
            )
            counts = numbers(connection, [one.activity for one in found])
            names = registered_names(connection, "place", {one.place for one in found})
    shown = [activity_json(recorder, one) for one in found]
    if json:
        for one in shown:
            print_json({**one, "sign_ups": counts[one["activity"]]})
        return
    table = Table("activity 活动", "name 名称", "category 类型", "place 场所", "begins 开始", "")
    table.add_column("in 报名", justify="right")
    table.add_column("waiting 候补", justify="right")
    for one in shown:
        many = counts[one["activity"]]
        limit = f"/{one['capacity']}" if one["capacity"] else ""
        table.add_row(
            one["activity"],
            one["name"],
            CATEGORIES[one["category"]],
            names.get(one["place"]) or one["place"],
            (one["starts_at"] or "")[:16].replace("T", " "),
            "[red]cancelled 已取消[/red]" if one["cancelled_at"] else "",
            f"{many.get('in', 0)}{limit}",
            str(many.get("waiting", 0)),
        )
    out.print(table)


def show(ident: ActivityId, db: Db = None, json: AsJson = False) -> None:
    """One activity and everybody who has signed up."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=_at(recorder, ident))
        with recorder.database.read() as connection:
            about = find_activity(connection, ident)
            rows = sign_ups_of(connection, ident)
            names = registered_names(connection, "volunteer", [one.volunteer for one in rows])
    shown = activity_json(recorder, about)
    listed = [{**sign_up_json(recorder, one), "name": names.get(one.volunteer, "")} for one in rows]
    if json:
        print_json({**shown, "sign_ups": listed})
        return
    for key, value in shown.items():
        if value not in (None, ""):
            out.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)
    table = Table("volunteer 志愿者", "name 姓名", "state", "", "signed up 报名时间", "why 原因")
    for one in listed:
        place = str(one["position"] or "")
        cells = one["volunteer"], one["name"], STATES[one["state"]], place
        table.add_row(*cells, one["signed_up_at"][:19], one["reason"])
    out.print(table)


def show_held(
    period_: Annotated[str | None, typer.Option("--period", help="YYYY or YYYY-MM")] = None,
    area: Area = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """How many activities were held 开展, by place, team and category: those with hours."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        policy = recorder.policy
        text = valid_period(period_ or f"{day_on(recorder, None).year:04}")
        with recorder.database.read() as connection:
            span = period(policy.plan.clock, text)
            found = activities_held(connection, policy.plan.track, span, area)
            names = registered_names(connection, "place", {one.place for one in found})
            called = registered_names(connection, "team", {one.team for one in found})
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("place 场所", "team 队伍", "category 类型")
    for heading in ("held 场次", "people 人次", "hours 时长"):
        table.add_column(heading, justify="right")
    for one in found:
        place, team = names.get(one.place) or one.place, called.get(one.team) or one.team
        counts = one.activities, one.visits, hours(one.seconds)
        table.add_row(place, team, CATEGORIES[one.category], *map(str, counts))
    out.print(table)


# Activities --------------------------------------------------------------------------------------


def add_activity(
    ident: ActivityId,
    name: Annotated[str | None, typer.Option("--name")] = None,
    place: Annotated[str | None, typer.Option("--place")] = None,
    team: Annotated[str | None, typer.Option("--team")] = None,
    category: Annotated[str | None, typer.Option("--category", help=", ".join(CATEGORIES))] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Your own word for its type")] = None,
    starts: Annotated[str | None, typer.Option("--from", help="As 2026-05-01T08:00")] = None,
    ends: Annotated[str | None, typer.Option("--to", help="As 2026-05-01T10:00")] = None,
    capacity: Annotated[
        int | None, typer.Option("--capacity", min=1, help="Who comes later waits 候补")
    ] = None,
    sign_up_until: Annotated[str | None, typer.Option("--sign-up-until")] = None,
    order: Annotated[str | None, typer.Option("--order", help="The order it is done for")] = None,
    project: Annotated[str | None, typer.Option("--project")] = None,
    db: Db = None,
) -> None:
    """Register an activity, or change what is said of it: the rest stays as it was."""
    with opened(db) as recorder:
        zone = recorder.policy.zone
        times = {
            key: None if text is None else moment_of(text, zone, option).isoformat()
            for key, option, text in (
                ("starts_at", "--from", starts),
                ("ends_at", "--to", ends),
                ("sign_up_until", "--sign-up-until", sign_up_until),
            )
        }
        said = given({"name": name, "place": place, "team": team, "kind": kind, **times,
                      "category": None if category is None else category_of(category),
                      "capacity": capacity, "order": order, "project": project})  # fmt: skip
        registering(recorder, Permission.REGISTER, *registered_anew("activity", ident, said))
        register_activity(recorder, ident, said)
    out.print(f"{ident} is registered.")


def cancel(ident: ActivityId, reason: Reason = "", by: By = "", db: Db = None) -> None:
    """It does not take place 取消活动; registered anew it does after all."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=_at(recorder, ident))
        call_off(recorder, ident, reason, who)
    out.print(f"{ident} is cancelled.")


def sign_up(
    ident: ActivityId, volunteer: VolunteerId, by: By = "", db: Db = None, json: AsJson = False
) -> None:
    """Sign a volunteer up 报名: in, or on the waiting list when it is full."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.RECORD, by=by, at=_at(recorder, ident))
        require_guardian(recorder, settings(db), volunteer)
        made = join(recorder, ident, volunteer, who)
        shown = sign_up_json(recorder, made)
    if json:
        print_json(shown)
    elif made.state == "waiting":
        out.print(f"{volunteer} waits, number {made.position} in the line.")
    else:
        out.print(f"{volunteer} is in.")


def take_back(
    ident: ActivityId, volunteer: VolunteerId, reason: Reason = "", by: By = "", db: Db = None
) -> None:
    """Take a sign-up back 取消报名, before it begins: the first who waits moves up."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.RECORD, by=by, at=_at(recorder, ident))
        withdraw(recorder, ident, volunteer, reason, who)
    out.print(f"{volunteer} does not come.")


def settle_now(ident: ActivityId, db: Db = None) -> None:
    """Look now who did not come; the ledger does so itself 3 and 30 days after the end."""
    with opened(db) as recorder:
        acting(recorder, Permission.RECORD, at=_at(recorder, ident))
        settle(recorder, ident)
        with recorder.database.read() as connection:
            absent = sign_ups_of(connection, ident, state="absent")
    out.print(f"{len(absent)} had signed up and did not come.")
    for one in absent:
        out.print(one.volunteer, highlight=False, markup=False)


# Plans -------------------------------------------------------------------------------------------


def plan(
    whose: Annotated[str, typer.Argument(metavar="WHOSE", help="A place, or a team with --team")],
    period_: Annotated[str, typer.Argument(metavar="PERIOD", help="YYYY or YYYY-MM")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML: a list of items")],
    team: Annotated[bool, typer.Option("--team", help="It is a team's plan")] = False,
    by: By = "",
    db: Db = None,
) -> None:
    """Make the plan of a place or team for a year or month, in place of an earlier one.

    An item: `{title: 洁净行动, category: service, times: 12, monthday: 5}`; weekday 1 is Monday.
    """
    text = valid_period(period_)
    items = _items(file)
    of: Literal["place", "team"] = "team" if team else "place"
    with opened(db) as recorder:
        at = _at_team(recorder, whose) if team else at_place(whose)
        who = acting(recorder, Permission.REGISTER, by=by, at=at)
        make_plan(recorder, whose, of, text, items, who)
    out.print(f"{len(items)} items are planned for {text}.")


def show_plans(
    period_: Annotated[str | None, typer.Option("--period", help="YYYY or YYYY-MM")] = None,
    whose: Annotated[
        str | None, typer.Option("--whose", help="Only this place's or team's")
    ] = None,
    area: Area = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Plans against what was held, with the fixed days on which there was nothing."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=_whose(recorder, whose) if whose else at_place(area))
        policy = recorder.policy
        text = None if period_ is None else valid_period(period_)
        with recorder.database.read() as connection:
            items = plans(connection, text, area, whose)
            found = against_held(connection, policy, items, recorder.now())
    if json:
        for one in found:
            print_json(plan_json(one))
        return
    table = Table("whose", "period 期间", "planned 计划", "category 类型")
    for heading in ("times 计划", "held 开展"):
        table.add_column(heading, justify="right")
    table.add_column("nothing on 空缺")
    for one in found:
        for done in one.items:
            item = done.item
            color = "" if len(done.activities) >= item.times else "[yellow]"
            cells = one.whose, one.period, item.title, CATEGORIES[item.category], str(item.times)
            missed = ", ".join(day[5:] for day in done.missed)
            table.add_row(*cells, f"{color}{len(done.activities)}", missed)
    out.print(table)


def plan_json(one: PlanDone) -> dict[str, Any]:
    """A plan as it is printed."""
    items = [
        {
            **{key: value for key, value in done.item._asdict().items() if key not in _OF_PLAN},
            "held": list(done.activities),
            "missed": list(done.missed),
        }
        for done in one.items
    ]
    return {
        "whose": one.whose,
        "of": one.of,
        "period": one.period,
        "items": items,
        "beside": list(one.beside),
        "to_come": one.to_come,
    }


_OF_PLAN = ("whose", "of", "period")


def activity_json(recorder: Recorder, one: ActivityRow) -> dict[str, Any]:
    """An activity as it is printed; times in the policy's zone."""
    return _told(recorder, one._asdict(), "starts_at", "ends_at", "sign_up_until", "cancelled_at",
                 "due_at")  # fmt: skip


def sign_up_json(recorder: Recorder, one: SignUp) -> dict[str, Any]:
    """A sign-up as it is printed; times in the policy's zone."""
    return _told(recorder, one._asdict(), "signed_up_at", "since")


def category_of(text: str) -> Category:
    """Raises LedgerError if there is no such category."""
    if text not in get_args(Category):
        known = ", ".join(f"{key} {name}" for key, name in CATEGORIES.items())
        raise LedgerError(f"there is no category {text!r}: {known}")
    return cast(Category, text)


def _told(recorder: Recorder, said: dict[str, Any], *times: str) -> dict[str, Any]:
    zone = recorder.policy.zone
    for key in times:
        said[key] = None if said[key] is None else from_micros(said[key], zone).isoformat()
    return said


def _items(file: Path) -> list[dict[str, Any]]:
    try:
        items = read_source(read_text(file), str(file)).data
    except PolicyError as error:
        raise LedgerError(str(error)) from None
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise LedgerError(f"{file}: a list of items is expected, each as {{title: …, times: 12}}")
    return items


def _at(recorder: Recorder, ident: str) -> At:
    with recorder.database.read() as connection:
        return at_place(find_activity(connection, ident).place)


def _at_team(recorder: Recorder, team: str) -> At:
    with recorder.database.read() as connection:
        return at_place(find_team(connection, team, recorder.now()).place)


def _whose(recorder: Recorder, whose: str) -> At:
    """Where a team belongs, if there is one of that id; else it is a place."""
    with recorder.database.read() as connection:
        team = known_of(connection, TeamRegistered, whose)
    return at_place(team.get("place") if team else whose)
