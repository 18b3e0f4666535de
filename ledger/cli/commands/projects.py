"""How is the project library looked after? projects, with submit, score, admit, support …"""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.centre.assessment.measure_names import LEVELS
from ledger.centre.projects.library import (
    NOTHING,
    brands_of,
    call_for,
    call_json,
    calls_in,
    find_project,
    place_of_call,
    project_json,
    projects_in,
    rights_at,
    served_in,
    story,
    take,
)
from ledger.centre.projects.life import STATES, Project, points
from ledger.cli.acting import acting
from ledger.cli.commands.assessing import assessed
from ledger.cli.shared import AsJson, Db, asked, moment_of, opened, out, print_json, settings
from ledger.clock import CHINA, from_micros
from ledger.policy.exact import show as show_number
from ledger.recording.recorder import Recorder
from ledger.sheets import hours, yuan

Ident = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in 经办人")]
Area = Annotated[str, typer.Option("--place", help="With all below it; absent: everywhere")]
Why = Annotated[str, typer.Option("--reason", help="Why 理由")]
Until = Annotated[str | None, typer.Option("--until", help="As 2026-05-01, or with a time")]
Where = Annotated[str, typer.Option("--where", help="Where people can read it")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="The project library 项目库", no_args_is_help=False)
    group.callback(invoke_without_command=True)(list_)
    for name, command in (
        ("show", show),
        ("calls", list_calls),
        ("call", call),
        ("submit", submit),
        ("screen", screen),
        ("score", score),
        ("return", return_),
        ("improve", improve),
        ("admit", admit),
        ("refuse", refuse),
        ("announce", announce),
        ("release", release),
        ("track", track),
        ("evaluate", evaluate),
        ("support", support),
        ("brand", brand),
        ("unbrand", unbrand),
        ("brands", due_brands),
        ("end", end),
    ):
        group.command(name)(command)
    app.add_typer(group, name="projects")


def list_(
    context: typer.Context,
    place: Area = "",
    state: Annotated[
        str, typer.Option("--state", help="As submitted; library: whatever is in it 在库")
    ] = "",
    due: Annotated[
        bool, typer.Option("--due", help="Whose improvement or announcement is over by now")
    ] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List projects: state, marks, support, and what was served in them."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place or settings(None).place))
        now = recorder.now() if due else None
        found = projects_in(connection, place, state=state, due_by=now)
        idents = [one.project for one in found]
        served = served_in(connection, recorder.policy_by(connection).plan.track, idents)
        brands = brands_of(connection, idents)
    if json:
        for one in found:
            print_json(project_json(one, served.get(one.project, NOTHING)))
        return
    table = Table("project 项目", "name 名称", "place 场所", "state 状态")
    for heading in (
        "scores 评审",
        "support 扶持(元)",
        "things 物资(元)",
        "activities",
        "hours 小时",
    ):
        table.add_column(heading, justify="right")
    table.add_column("brand 品牌")
    for one in found:
        done = served.get(one.project, NOTHING)
        average = "" if one.average is None else f"{points(one.average)} ({one.scores})"
        table.add_row(
            one.project,
            one.name,
            one.place,
            STATES[one.state],
            average,
            str(yuan(one.money)),
            str(yuan(one.things)),
            str(done.activities),
            str(hours(done.seconds)),
            ", ".join(named.level for named in brands.get(one.project, [])),
        )
    out.print(table)


def show(ident: Ident, db: Db = None, json: AsJson = False) -> None:
    """Tell all about a project: every step, those without effect too, brands, hours."""
    with asked(db) as recorder, recorder.database.read() as connection:
        one = find_project(connection, ident)
        acting(recorder, Permission.READ, at=at_place(one.place))
        told = story(connection, recorder.policy_by(connection).plan.track, ident)
    if json:
        steps = [step._asdict() for step in told.steps]
        brands = [named._asdict() for named in told.brands]
        print_json({**project_json(told.project, told.served), "steps": steps, "brands": brands})
        return
    done = told.served
    out.print(
        f"{ident} {one.name}: {one.state} {STATES[one.state]}; support {yuan(one.money)} 元, "
        f"things {yuan(one.things)} 元; {done.activities} activities, "
        f"{done.volunteers} volunteers, {hours(done.seconds)} h",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    table = Table("when 时间", "step 环节", "by", "what", "without effect because 无效原因")
    for step in told.steps:
        at = f"{from_micros(step.at, CHINA):%Y-%m-%d %H:%M}"
        table.add_row(at, step.kind, step.by, step.content, step.reason)
    out.print(table)


def list_calls(place: Area = "", db: Db = None, json: AsJson = False) -> None:
    """The calls for projects, the newest first 征集."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place or settings(None).place))
        found = calls_in(connection, place)
    if json:
        for one in found:
            print_json(call_json(one))
        return
    table = Table("call", "title 名称", "place 场所", "year 年度", "until 截止")
    for one in found:
        until = f"{from_micros(one.due_at, CHINA):%Y-%m-%d %H:%M}"
        table.add_row(one.call, one.title, one.place, str(one.year), until)
    out.print(table)


def call(
    ident: Annotated[str, typer.Argument(metavar="CALL", help="The call's id")],
    title: Annotated[str, typer.Option("--title")],
    place: Annotated[str, typer.Option("--place", help="Whose projects are wanted")],
    year: Annotated[int, typer.Option("--year")],
    until: Annotated[str, typer.Option("--until", help="As 2026-05-01, or with a time")],
    text: Annotated[str, typer.Option("--text")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Call for projects, or say a call anew 征集."""
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            places = [place, *place_of_call(connection, ident)]
        by = _everywhere(recorder, by, places, Permission.REGISTER)
        said = {"title": title, "place": place, "year": year, "text": text, "by": by}
        found = call_for(recorder, ident, {**said, "until": _until(recorder, until)})
    out.print(f"{found.call}: {found.title}")


def submit(
    ident: Ident,
    name: Annotated[str, typer.Option("--name")],
    place: Annotated[str, typer.Option("--place", help="The centre, sub-centre or station")],
    answers: Annotated[str | None, typer.Option("--call", help="That it answers")] = None,
    team: Annotated[str | None, typer.Option("--team")] = None,
    category: Annotated[str, typer.Option("--category")] = "",
    summary: Annotated[str, typer.Option("--summary")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Submit a project, or say it anew before it is judged 申报."""
    said = {"name": name, "place": place, "call": answers, "team": team}
    _step(db, ident, "submitted", {**said, "category": category, "summary": summary}, by)


def screen(
    ident: Ident,
    refuse_: Annotated[bool, typer.Option("--refuse", help="It is not followed up")] = False,
    experts: Annotated[int, typer.Option("--experts", help="How many have to score")] = 3,
    mark: Annotated[
        str | None, typer.Option("--pass-mark", help="Average that it takes, as 60")
    ] = None,
    reason: Why = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Screen a project: it goes to the experts, or no further 初筛."""
    said = {"outcome": "refuse" if refuse_ else "pass", "experts": experts, "pass_mark": mark}
    _step(db, ident, "screened", {**said, "reason": reason}, by)


def score(
    ident: Ident,
    expert: Annotated[str, typer.Option("--expert", help="Who scores 评审专家")],
    mark: Annotated[str, typer.Option("--score", help="Of a hundred, as 87.5")],
    comment: Annotated[str, typer.Option("--comment")] = "",
    db: Db = None,
) -> None:
    """Note an expert's score; the same expert's next one replaces it 评审."""
    said = {"expert": expert, "score": mark, "comment": comment}
    _step(db, ident, "scored", said, "", Permission.REVIEW)


def return_(
    ident: Ident,
    what: Annotated[str, typer.Option("--what", help="What is to be improved")],
    until: Until = None,
    by: By = "",
    db: Db = None,
) -> None:
    """Send a project back to be improved 完善."""
    with opened(db) as recorder:
        due = None if until is None else _until(recorder, until)
    _step(db, ident, "improvement-asked", {"what": what, "until": due}, by)


def improve(
    ident: Ident,
    what: Annotated[str, typer.Option("--what", help="What was improved")],
    summary: Annotated[str | None, typer.Option("--summary")] = None,
    by: By = "",
    db: Db = None,
) -> None:
    """Note that a project was improved 完善."""
    _step(db, ident, "improved", {"what": what, "summary": summary}, by)


def admit(
    ident: Ident,
    library: Annotated[str, typer.Option("--library", help="The centre")],
    by: By = "",
    db: Db = None,
) -> None:
    """Admit a project to a centre's library 入库."""
    _step(db, ident, "admitted", {"library": library}, by)


def refuse(ident: Ident, reason: Why, by: By = "", db: Db = None) -> None:
    """Don't admit a project; it may be submitted anew 不予入库."""
    _step(db, ident, "refused", {"reason": reason}, by)


def announce(
    ident: Ident,
    until: Annotated[str, typer.Option("--until", help="As 2026-05-01, or with a time")],
    where: Where = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Show an admitted project to the public until a time 公示."""
    with opened(db) as recorder:
        due = _until(recorder, until)
    _step(db, ident, "announced", {"until": due, "where": where}, by)


def release(ident: Ident, where: Where = "", by: By = "", db: Db = None) -> None:
    """Offer a project, once its announcement is over 发布."""
    _step(db, ident, "released", {"where": where}, by)


def track(
    ident: Ident,
    note: Annotated[str, typer.Option("--note", help="How it goes on")],
    by: By = "",
    db: Db = None,
) -> None:
    """Note how a project goes on 跟踪."""
    _step(db, ident, "tracked", {"note": note}, by)


def evaluate(
    ident: Ident,
    year: Annotated[int, typer.Option("--year")],
    grade: Annotated[str, typer.Option("--grade", help="As 优秀")],
    mark: Annotated[str | None, typer.Option("--score", help="Of a hundred")] = None,
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Say how good a project was in a year 评估."""
    _step(db, ident, "evaluated", {"year": year, "grade": grade, "score": mark, "note": note}, by)


def support(
    ident: Ident,
    amount: Annotated[str, typer.Option("--yuan", help="Money, or what the things are worth")],
    things: Annotated[str, typer.Option("--things", help="What was given, if no money")] = "",
    giver: Annotated[str, typer.Option("--of", help="Who gives it")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Note money or things that a project was given 扶持."""
    said = {"form": "things" if things else "money", "yuan": amount, "what": things, "of": giver}
    _step(db, ident, "supported", said, by)


def brand(
    ident: Ident,
    level: Annotated[str, typer.Option("--level", help="city, county, sub-centre or station")],
    of: Annotated[str, typer.Option("--of", help="The place whose brand it is")],
    by: By = "",
    db: Db = None,
) -> None:
    """Name a project of the library a brand project 品牌项目."""
    _step(db, ident, "brand-named", {"level": level, "of": of}, by)


def unbrand(
    ident: Ident,
    level: Annotated[str, typer.Option("--level", help="city, county, sub-centre or station")],
    reason: Why = "",
    by: By = "",
    db: Db = None,
) -> None:
    """A project is a brand project of a level no more 撤销品牌项目."""
    _step(db, ident, "brand-withdrawn", {"level": level, "reason": reason}, by)


def due_brands(
    place: Area = "",
    year: Annotated[int | None, typer.Option("--year", help="Absent: this year")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """How many brand projects each place has, and how many are due by its residents 品牌项目."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place or settings(None).place))
        result = assessed(recorder, connection, place, year)
    about = {name for name, one in result.indicators.items() if one.measure == "brand_projects"}
    lines = [one for one in result.lines if one.indicator in about]
    if json:
        for one in lines:
            print_json(one.to_json())
        return
    table = Table("level 级别", "place 场所", "name 名称")
    for heading in ("has 实有", "due 应有", "lacking 尚缺"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for one in lines:
        numbers = (one.actual, None if one.due is None else show_number(one.due), one.lacking)
        told = ("" if number is None else str(number) for number in numbers)
        table.add_row(LEVELS[one.level], one.whose, one.name, *told, one.why)
    out.print(table)


def end(ident: Ident, reason: Why, by: By = "", db: Db = None) -> None:
    """A project is over, or taken back 结项、退出."""
    _step(db, ident, "ended", {"reason": reason}, by)


def _step(
    db: str | None,
    ident: str,
    kind: str,
    said: dict[str, Any],
    by: str,
    *also: Permission,
) -> None:
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            places = rights_at(connection, ident, kind, said)
        by = _everywhere(recorder, "" if also else by, places, Permission.REGISTER, *also)
        _print(take(recorder, ident, kind, said if also else {**said, "by": by}))


def _everywhere(recorder: Recorder, by: str, places: list[str], *may: Permission) -> str:
    """Who does it, for the trail; they have one of the permissions at each place."""
    spoken = [acting(recorder, *may, by=by, at=at_place(one)) for one in places]
    return spoken[0]


def _print(one: Project) -> None:
    out.print(f"{one.project}: {one.state} {STATES[one.state]}", highlight=False)


def _until(recorder: Recorder, text: str) -> str:
    moment: datetime = moment_of(text, recorder.policy.zone, "--until")
    return moment.isoformat()
