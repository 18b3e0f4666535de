"""How does somebody come to an honour 评先树优? honours."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import nominee as at_nominee
from ledger.access.asking import place as at_place
from ledger.centre.honours.deciding import Act, act, find_honour, list_honours, to_json
from ledger.centre.honours.deciding import nominate as nominate_for
from ledger.centre.honours.life import STATES, Honour
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.saying import said as fit
from schemas.honours import Nomination, NomineeKind

Number = Annotated[str, typer.Argument(metavar="NOMINATION", help="The nomination's id")]
Paper = Annotated[str, typer.Option("--document", help="Number of the document 文号")]
Reason = Annotated[str, typer.Option("--reason", help="Why 理由")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in 办理人")]


def add_to(app: typer.Typer) -> None:
    honours = typer.Typer(help="Nominations for honours 评先树优", no_args_is_help=False)
    honours.callback(invoke_without_command=True)(list_)
    honours.command("show")(show)
    for step in (nominate, decide, publish, confer, revoke):
        honours.command(step.__name__)(step)
    app.add_typer(honours, name="honours")


def list_(
    context: typer.Context,
    state: Annotated[str, typer.Option("--state", help="Only these: nominated, approved …")] = "",
    place: Annotated[str, typer.Option("--place", help="Only of this place and below it")] = "",
    due: Annotated[
        bool, typer.Option("--due", help="Published long enough: to be conferred 公示期满")
    ] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List nominations, by id."""
    if context.invoked_subcommand is not None:
        return
    if state and state not in STATES:
        raise LedgerError(f"--state {state!r}: is none of {', '.join(STATES)}")
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place or None))
        today = from_micros(recorder.now(), CHINA).date().isoformat() if due else ""
        found = list_honours(connection, state=state, place=place, published_before=today)
    if json:
        for one in found:
            print_json(to_json(one))
        return
    table = Table("id", "honour 荣誉", "nominee 人选", "period", "state 状态", "published until")
    for one in found:
        table.add_row(
            one.nomination,
            one.honour,
            f"{one.nominee} ({one.nominee_kind})",
            one.period,
            STATES[one.state],
            one.published_until,
        )
    out.print(table)


def show(ident: Number, db: Db = None, json: AsJson = False) -> None:
    """A nomination and each of its steps."""
    with asked(db) as recorder, recorder.database.read() as connection:
        found = _known(find_honour(connection, ident), ident)
        acting(recorder, Permission.READ, at=at_place(found.place or None))
    told = to_json(found)
    if json:
        print_json(told)
        return
    for key, value in told.items():
        if key != "steps" and value:
            out.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)
    for step in told["steps"]:
        rest = ", ".join(f"{key} {value}" for key, value in step.items() if value)
        out.print(f"  {rest}", highlight=False, markup=False, soft_wrap=True)


def nominate(
    ident: Number,
    honour: Annotated[str, typer.Option("--honour", help="Its name, as 优秀志愿者")],
    nominee: Annotated[str, typer.Option("--nominee", help="Whose id")],
    kind: Annotated[str, typer.Option("--kind", help="volunteer, team, place …")] = "volunteer",
    period: Annotated[str, typer.Option("--period", help="As 2026")] = "",
    rests_on: Annotated[
        str, typer.Option("--rests-on", help="A grant of the policy, or a level as star/5")
    ] = "",
    place: Annotated[str, typer.Option("--place", help="Who calls for it")] = "",
    reason: Reason = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Propose somebody. Refused if the policy says that they have not reached it."""
    kinds: dict[str, NomineeKind] = {
        "volunteer": "volunteer",
        "team": "team",
        "place": "place",
        "project": "project",
        "activity": "activity",
    }
    if kind not in kinds:
        raise LedgerError(f"--kind {kind!r}: is none of {', '.join(kinds)}")
    with opened(db) as recorder:
        acting(recorder, Permission.REGISTER, by=by, at=at_nominee(kind, nominee))
        signed = acting(recorder, Permission.REGISTER, by=by, at=at_place(place or None))
        said = fit(
            Nomination,
            honour=honour,
            nominee=nominee,
            nominee_kind=kinds[kind],
            period=period,
            rests_on=rests_on or None,
            place=place or None,
            reason=reason,
            by=signed,
        )
        found = nominate_for(recorder, ident, said)
    out.print(f"Nominated. {found.because}")
    for clause in found.clauses:
        out.print(f"  「{clause}」", markup=False)


def decide(
    ident: Number,
    approve: Annotated[bool, typer.Option("--approve", help="通过")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="不通过")] = False,
    reason: Reason = "",
    document: Paper = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Approve or refuse it 评审. Before it is published, a later decision corrects this one."""
    if approve == refuse:
        raise LedgerError("say either --approve or --refuse")
    decision = "approved" if approve else "refused"
    _step(db, ident, "decided", by, decision=decision, reason=reason, document=document)


def publish(
    ident: Number,
    since: Annotated[str, typer.Option("--since", help="First day, as 2026-05-01")],
    until: Annotated[str, typer.Option("--until", help="Last day")],
    where: Annotated[str, typer.Option("--where", help="Where it can be seen")] = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Show it to the public 公示."""
    _step(db, ident, "published", by, since=since, until=until, where=where)


def confer(ident: Number, document: Paper = "", by: By = "", db: Db = None) -> None:
    """Confer it 授予, after its publication is over."""
    _step(db, ident, "conferred", by, document=document)


def revoke(ident: Number, reason: Reason, by: By = "", db: Db = None) -> None:
    """Take it back 撤销. Final."""
    _step(db, ident, "revoked", by, reason=reason)


def _step(db: str | None, ident: str, step: Act, by: str, **values: Any) -> None:
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            found = _known(find_honour(connection, ident), ident)
        where = at_place(found.place or None)
        signed = acting(recorder, Permission.REVIEW, by=by, signed=True, at=where)
        act(recorder, ident, step, by=signed, **values)
    out.print(f"{ident}: {step}")


def _known(found: Honour | None, ident: str) -> Honour:
    if found is None:
        raise LedgerError(f"there is no nomination {ident}: `vledger honours` lists them")
    return found
