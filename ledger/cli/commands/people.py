"""Who is registered, who has left, and who of them is in post or a minor? people."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import At, registered_anew
from ledger.access.asking import place as at_place
from ledger.access.asking import volunteer as of_volunteer
from ledger.centre.activities.held import period
from ledger.centre.days import end_of
from ledger.centre.registering import given, register
from ledger.centre.teams import people
from ledger.centre.teams.guardians import require_guardian
from ledger.cli.acting import acting, registering
from ledger.cli.commands.identity import VaultUrl, opened_vault
from ledger.cli.commands.places import Area, AsOf, By, Reason, day_on
from ledger.cli.commands.teams import VolunteerId
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json, settings
from ledger.clock import SECOND
from ledger.sheets import hours
from ledger.statistics.figures import whole_area
from schemas.registry import VolunteerRegistered

Year = Annotated[int | None, typer.Option("--year", min=1970, max=2200)]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Registered volunteers 注册志愿者", no_args_is_help=False)
    group.callback(invoke_without_command=True)(list_)
    for name, command in (
        ("register", register_volunteer),
        ("leave", leave),
        ("party", party),
        ("skills", skills),
        ("minors", minors),
    ):
        group.command(name)(command)
    app.add_typer(group, name="people")


def list_(
    context: typer.Context, area: Area = "", as_of: AsOf = None, db: Db = None, json: AsJson = False
) -> None:
    """How many are registered, by place, today or on a day; who has left is not counted."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        day = day_on(recorder, as_of)
        end = end_of(recorder, day)
        with recorder.database.read() as connection:
            found = people.registered(connection, end, area or whole_area(connection))
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("place 场所", "name 名称")
    table.add_column("registered 注册", justify="right")
    table.add_column("in post 在职党员", justify="right")
    for one in found:
        table.add_row(one.place, one.name, str(one.volunteers), str(one.party_members))
    out.print(table)


def register_volunteer(
    volunteer: VolunteerId,
    name: Annotated[str | None, typer.Option("--name", help="A display name, no more")] = None,
    place: Annotated[str | None, typer.Option("--place", help="Where they belong")] = None,
    team: Annotated[str | None, typer.Option("--team", help="The team they are in")] = None,
    skill: Annotated[
        list[str] | None, typer.Option("--skill", help="What they can do 特长; several times")
    ] = None,
    party_unit: Annotated[
        str | None, typer.Option("--party-unit", help="Of a party member in post 在职党员单位")
    ] = None,
    birth_year: Annotated[int | None, typer.Option("--birth-year")] = None,
    db: Db = None,
) -> None:
    """Register a volunteer, or change what is said of them: the rest stays as it was."""
    said = given({"name": name, "place": place, "team": team, "skills": skill or None,
                  "party_unit": party_unit, "birth_year": birth_year})  # fmt: skip
    with opened(db) as recorder:
        registering(recorder, Permission.REGISTER, *registered_anew("volunteer", volunteer, said))
        require_guardian(recorder, settings(db), volunteer, birth_year)
        register(recorder, VolunteerRegistered, volunteer, said)
    out.print(f"{volunteer} is registered.")


def leave(volunteer: VolunteerId, reason: Reason = "", by: By = "", db: Db = None) -> None:
    """They are registered no longer 注销; hours, points and stars stay."""
    at: At = of_volunteer(volunteer)
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=at)
        people.leave(recorder, volunteer, reason=reason, by=who)
    out.print(f"{volunteer} is registered no longer.")


def party(area: Area = "", year: Year = None, db: Db = None, json: AsJson = False) -> None:
    """Party members in post 在职党员 by unit: who took part in a year, and did 20 hours."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        policy = recorder.policy
        wanted = year or day_on(recorder, None).year
        span = period(policy.plan.clock, f"{wanted:04}")
        at = min(recorder.now(), span.until * SECOND - 1)
        with recorder.database.read() as connection:
            found = people.party_units(connection, at, policy.plan.track, span, area)
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("unit 单位")
    for heading in ("members 在职党员", "took part 参加", "20 hours 达标", "hours 时长"):
        table.add_column(heading, justify="right")
    for one in found:
        counts = one.members, one.took_part, one.enough, hours(one.seconds)
        table.add_row(one.unit, *map(str, counts))
    out.print(table)


def skills(
    skill: Annotated[str, typer.Argument(metavar="[SKILL]", help="Who has it")] = "",
    area: Area = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """How many have which skill 特长, or who has one."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(area))
        counted = dict(people.skills(connection, area))
        who = people.with_skill(connection, skill, area) if skill else []
    if json:
        print_json({"skill": skill, "volunteers": who} if skill else counted)
        return
    if skill:
        for one in who:
            out.print(one, highlight=False, markup=False)
        return
    table = Table("skill 特长")
    table.add_column("volunteers 人数", justify="right")
    for name, many in counted.items():
        table.add_row(name, str(many))
    out.print(table)


def minors(area: Area = "", vault: VaultUrl = None, db: Db = None, json: AsJson = False) -> None:
    """Registered minors 未成年人, and whether the vault has a guardian's consent; all masked."""
    with opened(db) as recorder:
        acting(recorder, Permission.IDENTITY, at=at_place(area))
        year = day_on(recorder, None).year
        with recorder.database.read() as connection:
            known = people.minors(connection, year, area)
    rows = _with_guardians(known, vault)
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("volunteer 志愿者", "born 出生年", "guardian 监护人", "consents 同意")
    for row in rows:
        guardian = row["guardian"] or "[yellow]none 未登记[/yellow]"
        table.add_row(row["volunteer"], str(row["birth_year"]), guardian, row["consents"])
    out.print(table)


def _with_guardians(known: dict[str, int], vault: str | None) -> list[dict[str, Any]]:
    with opened_vault(vault) as kept:
        masked = {one.volunteer: one for one in kept.everybody() if one.volunteer in known}
    rows = []
    for volunteer, born in known.items():
        one = masked.get(volunteer)
        given = [] if one is None else [c for c in one.consents if c.given_by == "guardian"]
        rows.append(
            {
                "volunteer": volunteer,
                "birth_year": born,
                "guardian": "" if one is None else one.values.get("guardian_name", ""),
                "consents": ", ".join(c.purpose for c in given if c.withdrawn_at is None),
            }
        )
    return rows
