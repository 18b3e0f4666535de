"""How does one ask the ledger? volunteer, dump, explain, stars."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import place
from ledger.access.asking import volunteer as of_volunteer
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, moment_of, out, print_error, print_json
from ledger.clock import SECOND, now_micros, to_micros
from ledger.errors import LedgerError
from ledger.statistics.stars import (
    Starred,
    StarTable,
    level_names,
    position_of,
    star_table,
    starred,
)
from ledger.volunteers.explain import explain as explain_volunteer
from ledger.volunteers.explain_view import Language, hours, print_explanation, stars
from ledger.volunteers.queries import VolunteerSummary, summaries, summary, summary_as_of

Id = Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")]


def add_to(app: typer.Typer) -> None:
    app.command()(volunteer)
    app.command()(dump)
    app.command()(explain)
    app.command("stars")(star_levels)


def volunteer(
    ident: Id,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="At this time, such as 2026-05-01T08:00+08:00")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Hours, star and points of one volunteer, now or at a past time."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(ident))
        rules, now = recorder.rules, now_micros()
        if as_of is None:
            found = summary(connection, rules, ident, now)
        else:
            at = to_micros(moment_of(as_of, rules.at(now // SECOND).zone, "--as-of"))
            found = summary_as_of(connection, rules, ident, at)
    if found is None:
        raise _unknown(ident)
    if json:
        print_json(found.to_json())
    else:
        out.print(_standings([found]))


def dump(db: Db = None, json: AsJson = False) -> None:
    """Every volunteer's standing, by id."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        rows = summaries(connection, recorder.rules, now_micros())
        if json:
            for row in rows:
                print_json(row.to_json())
        else:
            out.print(_standings(list(rows)))


def explain(
    ident: Id,
    db: Db = None,
    json: AsJson = False,
    language: Annotated[Language, typer.Option("--lang", help="zh or en")] = Language.zh,
) -> None:
    """Why these hours, points and this star: rules, clauses, visits and events."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(ident))
        story = explain_volunteer(connection, recorder.rules, ident, now_micros())
    if story is None:
        raise _unknown(ident)
    if json:
        print_json(story)
    else:
        print_explanation(out, story, language)


def star_levels(
    area: Annotated[
        str, typer.Option("--place", help="A place with all below it; empty: everywhere")
    ] = "",
    level: Annotated[
        str, typer.Option("--from", help="List who has this level or a higher one instead")
    ] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """How many volunteers have which star, by place; or who they are."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=place(area))
        plan = recorder.policy.plan
        if level:
            names = level_names(plan)
            try:
                least = position_of(names, level)
            except LedgerError as error:
                raise LedgerError(f"--from {level!r}: {error}") from None
            people = starred(connection, area, least)
            if json:
                for one in people:
                    print_json({**one._asdict(), "star": names[one.star]})
            else:
                out.print(_people(people, names))
            return
        found = star_table(connection, plan, area)
    if json:
        print_json(found.to_json())
    else:
        out.print(_star_table(found))


def _people(people: Iterable[Starred], names: Sequence[str]) -> Table:
    table = Table("volunteer 志愿者", "place 场所", "star 星级")
    for one in people:
        table.add_row(one.volunteer, one.place, names[one.star])
    return table


def _star_table(found: StarTable) -> Table:
    total = found.total
    levels = sorted({*range(len(found.names)), *total})
    table = Table("place 场所", "", show_footer=True)
    table.columns[0].footer = "all 合计"
    for star in levels:
        heading = found.name_of(star) or "no star 无"
        table.add_column(heading, f"{total.get(star, 0):,}", justify="right")
    for row in found.rows:
        counts = (f"{row.stars.get(star, 0):,}" for star in levels)
        table.add_row(row.place or "not registered 未登记", row.name, *counts)
    return table


def _unknown(ident: str) -> typer.Exit:
    print_error(f"there is no volunteer {ident} in this ledger: `vledger dump` lists them")
    return typer.Exit(1)


def _standings(rows: list[VolunteerSummary]) -> Table:
    table = Table("volunteer 志愿者", "star 星级")
    for heading in ("hours 时长", "points 积分", "held 冻结", "available 可用"):
        table.add_column(heading, justify="right")
    owing = any(row.points.debt for row in rows)
    if owing:
        table.add_column("debt 欠分", justify="right")
    for row in rows:
        debt = [row.points.debt] if owing else []
        table.add_row(
            row.volunteer,
            stars(row.star),
            hours(row.seconds),
            row.points.balance,
            row.points.held,
            row.points.available,
            *debt,
        )
    return table
