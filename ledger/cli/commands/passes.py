"""How does somebody get a secret link to come in by? pass issue, list, revoke."""

from typing import Annotated

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.passes import issue as issue_pass
from ledger.access.passes import person_of
from ledger.access.passes import revoke as revoke_pass
from ledger.cli.acting import acting, giver
from ledger.cli.commands.access import By, Merchant, Place, Volunteer, scope_of
from ledger.cli.shared import AsJson, Db, opened, out, print_json, settings
from ledger.clock import CHINA, from_micros
from ledger.store import access as granted
from ledger.store import logins


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Secret links by which tills and offices come in 通行链接")
    group.command()(issue)
    group.command("list")(list_)
    group.command()(revoke)
    app.add_typer(group, name="pass", no_args_is_help=True)


def issue(
    role: Annotated[str, typer.Option("--role", help="As `access roles` lists them")],
    name: Annotated[str, typer.Option("--name", help="Who or what it is for")],
    place: Place = None,
    merchant: Merchant = None,
    volunteer: Volunteer = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How long it holds")] = 30,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Make a secret link with a role 发放通行链接. It is shown this once: hand it over safely."""
    scope = scope_of(place, merchant, volunteer)
    with opened(db) as recorder:
        made = issue_pass(recorder, role, scope, giver(recorder, by), name=name, days=days)
    link = settings(db).link(made.secret)
    if json:
        print_json({"pass": made.ident, "secret": made.secret, "link": link})
        return
    out.print(f"{made.ident}: {name} is {role} for {scope}, for {days} days", highlight=False)
    typer.echo(link)


def list_(
    all_: Annotated[bool, typer.Option("--all", help="Ended and revoked ones too")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List passes, the oldest first; never their secrets."""
    with opened(db) as recorder:
        acting(recorder, Permission.GRANT, Permission.TRAIL)
        now = recorder.now()
        with recorder.database.read() as connection:
            found = [
                (one, granted.grants_of(connection, person_of(one).who))
                for one in logins.passes(connection)
                if all_ or one.stands(now)
            ]
    table = Table("pass", "name 名称", "role 角色 · where 范围", "until 至", "by 发放人")
    for one, grants in found:
        roles = [f"{held.role} {held.scope}" for held in grants if all_ or held.stands(now)]
        until = from_micros(one.until, CHINA)
        if json:
            said = {"pass": one.id, "name": one.name, "roles": roles, "by": one.made_by}
            print_json({**said, "until": until.isoformat(), "stands": one.stands(now)})
        table.add_row(one.id, one.name, "\n".join(roles), f"{until:%Y-%m-%d}", one.made_by)
    if not json:
        out.print(table)


def revoke(
    ident: Annotated[str, typer.Argument(metavar="PASS", help="As `pass list` shows it")],
    reason: Annotated[str, typer.Option("--reason", help="Why")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Take a pass back: who came in by it is out at once 收回通行链接."""
    with opened(db) as recorder:
        revoke_pass(recorder, ident, giver(recorder, by), reason)
    out.print(f"{ident} lets nobody in any more", highlight=False)
