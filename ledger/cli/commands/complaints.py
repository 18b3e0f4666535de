"""How are complaints filed and answered? complaints."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json
from ledger.volunteers.complaints import (
    answer_complaint,
    complaints_of,
    file_complaint,
    find_complaint,
    list_complaints,
    to_json,
)

ABOUT = {
    "hours": "时长 hours",
    "points": "积分 points",
    "star": "星级 star",
    "redemption": "兑换 redemption",
    "certificate": "证明 certificate",
    "other": "其他 other",
}
STATES = {
    "open": "待答复 open",
    "upheld": "成立 upheld",
    "rejected": "不成立 rejected",
    "explained": "已说明 explained",
}

Ident = Annotated[str, typer.Argument(metavar="ID", help="The complaint's id 申诉编号")]
Whose = Annotated[str, typer.Option("--volunteer", help="Whose, where two have the same id 志愿者")]
By = Annotated[str, typer.Option("--by", help="Who does this; absent: who is logged in 经办人")]
NO_PERSON = "no name, number or address: the ledger never forgets 请勿写姓名、电话、证件号、住址"


def add_to(app: typer.Typer) -> None:
    about = typer.Typer(help="What volunteers complain about 申诉", no_args_is_help=False)
    about.callback(invoke_without_command=True)(list_)
    about.command("show")(show)
    about.command("file")(file)
    about.command("answer")(answer)
    app.add_typer(about, name="complaints")


def list_(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Answered ones too")] = False,
    volunteer: Annotated[
        str, typer.Option("--volunteer", help="All of this volunteer's 志愿者")
    ] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List the complaints that wait for an answer, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        if volunteer:
            acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(volunteer))
        else:
            acting(recorder, Permission.READ)
        policy = recorder.policy
        with recorder.database.read() as connection:
            rows = (
                complaints_of(connection, volunteer)
                if volunteer
                else list_complaints(connection, answered=all_)
            )
        found = [to_json(one, policy) for one in rows]
    if json:
        for one in found:
            print_json(one)
        return
    table = Table(
        "id 编号", "volunteer 志愿者", "about 事由", "text 内容", "since 自", "state 状态"
    )
    for one in found:
        about = f"{ABOUT.get(one['about'], one['about'])} {one['of'] or ''}".strip()
        state = f"{STATES[one['state']]} {one['answer'] or ''}".strip()
        since = one["filed_at"][:16].replace("T", " ")
        table.add_row(one["id"], one["volunteer"], about, one["text"], since, state)
    out.print(table)


def show(ident: Ident, volunteer: Whose = "", db: Db = None, json: AsJson = False) -> None:
    """Tell all about one complaint."""
    with asked(db) as recorder:
        with recorder.database.read() as connection:
            found = find_complaint(connection, ident, volunteer)
        acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(found.volunteer))
        told = to_json(found, recorder.policy)
    _print(told, json=json)


def file(
    volunteer: Annotated[str, typer.Argument(metavar="VOLUNTEER", help="Whose 志愿者")],
    about: Annotated[str, typer.Option("--about", help=f"What about: {', '.join(ABOUT)}")],
    text: Annotated[str, typer.Option("--text", help=f"What is wrong; {NO_PERSON}")],
    of: Annotated[
        str, typer.Option("--of", help="What it names: a visit, redemption, number 相关编号")
    ] = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """File a complaint for a volunteer."""
    with opened(db) as recorder:
        where = of_volunteer(volunteer)
        by = acting(recorder, Permission.COMPLAINT, Permission.OWN, by=by, at=where)
        found = file_complaint(recorder, volunteer, about, text, of, by)
        told = to_json(found, recorder.policy)
    _print(told, json=json)


def answer(
    ident: Ident,
    outcome: Annotated[str, typer.Option("--outcome", help="upheld, rejected or explained")],
    text: Annotated[str, typer.Option("--answer", help=f"What the volunteer is told; {NO_PERSON}")],
    volunteer: Whose = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Answer a complaint. A later answer corrects an earlier one."""
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            found = find_complaint(connection, ident, volunteer)
        where = of_volunteer(found.volunteer)
        by = acting(recorder, Permission.COMPLAINT, by=by, signed=True, at=where)
        told = to_json(answer_complaint(recorder, found, outcome, text, by), recorder.policy)
    _print(told, json=json)


def _print(told: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(told)
        return
    for key, value in {**told, "state": STATES[told["state"]]}.items():
        if value:
            out.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)
