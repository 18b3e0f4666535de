"""How are rights given, taken and looked up? access grant, withdraw, list, whoami, can, roles."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import (
    EVERYWHERE,
    Grant,
    Permission,
    Scope,
    Where,
    Who,
    allowing,
    roles,
    rows,
)
from ledger.access.granting import grant as grant_role
from ledger.access.granting import where_of
from ledger.access.granting import withdraw as withdraw_role
from ledger.access.roles import permission
from ledger.cli.acting import acting, giver, named, person_acting
from ledger.cli.shared import AsJson, Db, opened, out, print_json, settings
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.store import access as kept
from ledger.store.database import Database

Person = Annotated[
    str,
    typer.Argument(
        metavar="WHO", help="ISSUER#SUBJECT as `access whoami` shows it; database#LOGIN of a login"
    ),
]
Place = Annotated[
    str | None, typer.Option("--place", help=f"A place and all below it; {EVERYWHERE}: everywhere")
]
Merchant = Annotated[str | None, typer.Option("--merchant", help="A shop, for its till")]
Volunteer = Annotated[
    str | None, typer.Option("--volunteer", help="A volunteer's own data, by their id")
]
By = Annotated[str, typer.Option("--by", help="Who does it; who is logged in, where people log in")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Who may do what, and where 权限")
    for command in (grant, withdraw, whoami, can, database):
        group.command()(command)
    group.command("list")(list_)
    group.command("roles")(list_roles)
    app.add_typer(group, name="access", no_args_is_help=True)


def grant(
    who: Person,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="As `access roles` lists them")],
    place: Place = None,
    merchant: Merchant = None,
    volunteer: Volunteer = None,
    name: Annotated[str, typer.Option("--name", help="How the person is shown")] = "",
    since: Annotated[str | None, typer.Option("--from", help="Absent: from now on")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to this day or time")] = None,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Grant a role 授权. Nobody grants to themselves, nor beyond their own place."""
    scope = scope_of(place, merchant, volunteer)
    with opened(db) as recorder:
        number = grant_role(
            recorder,
            named(who),
            role,
            scope,
            giver(recorder, by),
            name=name,
            since=_moment(since, "--from"),
            until=_moment(until, "--until"),
        )
        with recorder.database.read() as connection:
            made = kept.find(connection, number)
        if json:
            print_json(_to_json(made, recorder.now()))
            return
    out.print(f"{number}: {made.name or made.who} is {role} for {scope}", highlight=False)


def withdraw(
    number: Annotated[str, typer.Argument(metavar="GRANT", help="As G000001")],
    reason: Annotated[str, typer.Option("--reason", help="Why")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Withdraw a grant, from now on 撤销授权."""
    with opened(db) as recorder:
        was = withdraw_role(recorder, number, giver(recorder, by), reason)
    out.print(f"{number}: {was.name or was.who} is {was.role} no longer", highlight=False)


def list_(
    all_: Annotated[bool, typer.Option("--all", help="Ended and withdrawn ones too")] = False,
    who: Annotated[str | None, typer.Option("--who", help="Only of this person")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List grants, the oldest first."""
    with opened(db) as recorder:
        acting(recorder, Permission.GRANT, Permission.TRAIL)
        now = recorder.now()
        with recorder.database.read() as connection:
            if who is None:
                found = kept.all_grants(connection)
            else:
                found = kept.grants_of(connection, named(who))
    _print([one for one in found if all_ or one.stands(now)], now, json=json)


def whoami(db: Db = None, json: AsJson = False) -> None:
    """Who is logged in, and what they may do."""
    person = person_acting()
    if person is None:
        raise LedgerError(
            "nobody logs in here: VLEDGER_OIDC_ISSUER is not set, so whoever can open the ledger "
            "may do everything"
        )
    with opened(db) as recorder:
        now = recorder.now()
        with recorder.database.read() as connection:
            found = [one for one in kept.grants_of(connection, person.who) if one.stands(now)]
    if json:
        roles_ = [_to_json(one, now) for one in found]
        print_json({"who": str(person.who), "name": person.name, "grants": roles_})
        return
    out.print(f"{person.name}: {person.who}", highlight=False, soft_wrap=True)
    _print(found, now, json=False)


def can(
    what: Annotated[str, typer.Argument(metavar="PERMISSION", help="As `access roles` lists them")],
    place: Place = None,
    merchant: Merchant = None,
    volunteer: Volunteer = None,
    who: Annotated[
        str | None, typer.Option("--who", help="Of whom; absent: who is logged in")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """May somebody do something there? Exit 1 if not."""
    asked = permission(what)
    with opened(db) as recorder:
        now = recorder.now()
        someone = _whom(who)
        with recorder.database.read() as connection:
            if place is None and merchant is None and volunteer is None:
                where = Where((settings(None).place,))
            else:
                where = where_of(connection, scope_of(place, merchant, volunteer))
            found = allowing(kept.grants_of(connection, someone), asked, where, now)
    if json:
        print_json({"who": str(someone), "can": found is not None, "by": found and found.id})
    elif found is None:
        out.print(f"no: {someone} may not {asked} {where}", highlight=False, soft_wrap=True)
    else:
        out.print(f"yes, as {found.role} for {found.scope} ({found.id})", highlight=False)
    if found is None:
        raise typer.Exit(1)


def list_roles(json: AsJson = False) -> None:
    """The roles, and what each may do."""
    if json:
        for one in roles().values():
            print_json({"role": one.name, "permissions": sorted(one.permissions)})
        return
    table = Table("role 角色", "", "permissions 权限")
    for one in roles().values():
        table.add_row(one.name, one.title, ", ".join(sorted(one.permissions)))
    out.print(table)


def database(
    login: Annotated[
        str, typer.Option("--login", help="A login to make as well, as zhang; see --help")
    ] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it, instead of printing the SQL")
    ] = False,
    db: Db = None,
) -> None:
    """Let logins of the database (Postgres) read the rows of their places, and no others.

    A login is granted a role as `database#LOGIN`: `vledger access grant database#zhang auditor
    --place 370102001000`. It has to be made without a password (`\\password zhang` in psql).
    """
    chosen = Database(settings(db).db)
    try:
        if apply:
            if chosen.is_sqlite:
                raise LedgerError(
                    "SQLite has no logins: who can read its file can read all of it. "
                    "Give readers an export, or use Postgres"
                )
            chosen.check()
            with chosen.write() as connection:
                for one in rows.statements(login):
                    connection.exec_driver_sql(one.replace("%", "%%"))
            out.print(f"Readers of {chosen.shown} see the rows of their places.")
        else:
            typer.echo(rows.script(login), nl=False)
    finally:
        chosen.close()


def _whom(who: str | None) -> Who:
    if who is not None:
        return named(who)
    person = person_acting()
    if person is None:
        raise LedgerError("say of whom: --who (nobody logs in here)")
    return person.who


def scope_of(place: str | None, merchant: str | None, volunteer: str | None) -> Scope:
    """What options say where. Raises LedgerError unless it is one of them."""
    given: list[Scope] = []
    if place is not None:
        given.append(Scope("place", place))
    if merchant is not None:
        given.append(Scope("merchant", merchant))
    if volunteer is not None:
        given.append(Scope("volunteer", volunteer))
    if len(given) != 1 or not given[0].of:
        raise LedgerError("say where: one of --place, --merchant and --volunteer")
    return given[0]


def _moment(text: str | None, option: str) -> datetime | None:
    """A day or a time; without a zone it is Chinese."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{option} {text!r} is not a time: write it as 2026-12-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _to_json(one: Grant, now: int) -> dict[str, Any]:
    def told(at: int | None) -> str | None:
        return None if at is None else from_micros(at, CHINA).isoformat()

    return {
        "grant": one.id,
        "who": str(one.who),
        "name": one.name,
        "role": one.role,
        one.kind: one.of,
        "since": told(one.since),
        "until": told(one.until),
        "by": one.granted_by,
        "stands": one.stands(now),
        "withdrawn_at": told(one.withdrawn_at),
        "withdrawn_by": one.withdrawn_by or None,
        "reason": one.reason or None,
    }


def _print(found: list[Grant], now: int, *, json: bool) -> None:
    if json:
        for one in found:
            print_json(_to_json(one, now))
        return
    table = Table("grant", "who 人员", "role 角色", "where 范围", "until 至", "by 授权人", "state")
    for one in found:
        until = "" if one.until is None else f"{from_micros(one.until, CHINA):%Y-%m-%d %H:%M}"
        who = f"{one.name} {one.who}".strip()
        table.add_row(one.id, who, one.role, str(one.scope), until, one.granted_by, one.state(now))
    out.print(table)
