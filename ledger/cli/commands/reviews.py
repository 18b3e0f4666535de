"""How does a person work through what is held for review? reviews."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.centre.orders import complaints as order_complaints
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, err, opened, out, print_json
from ledger.core.conduct import CLAIMED
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.recording.reviews import decide as decide_reviews
from ledger.recording.reviews import find_review, list_reviews, reviews_of, to_json

RULES = {
    "two_places": "同时两地 at two places at once",
    "hours_a_day": "日时长超限 too many hours in a day",
    "device": "设备签到过快 a device too fast",
    "buddies": "结伴签到 always together",
    CLAIMED: "补签退 check-out claimed",
    order_complaints.RULE: "居民投诉 a resident complained",
}
"""What holds a visit, for people."""


def add_to(app: typer.Typer) -> None:
    reviews = typer.Typer(help="Visits held for review 待复核", no_args_is_help=False)
    reviews.callback(invoke_without_command=True)(list_)
    reviews.command("show")(show)
    reviews.command("decide")(decide)
    app.add_typer(reviews, name="reviews")


def list_(
    context: typer.Context,
    db: Db = None,
    json: AsJson = False,
    all_: Annotated[bool, typer.Option("--all", help="Decided and withdrawn ones too")] = False,
) -> None:
    """List the visits that wait for a decision, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        with recorder.database.read() as connection:
            found = [to_json(one, policy) for one in list_reviews(connection, settled=all_)]
    if json:
        for one in found:
            print_json(one)
        return
    table = Table("id", "volunteer 志愿者", "visit 签到", "held for 事由", "evidence", "state")
    for one in found:
        table.add_row(
            one["id"],
            one["volunteer"],
            one["visit"],
            RULES.get(one["rule"], one["rule"]),
            _evidence(one),
            _state(one),
        )
    out.print(table)
    if found:
        out.print("`vledger reviews show ID` tells more, `vledger reviews decide ID` settles one.")


def show(
    ident: Annotated[str, typer.Argument(metavar="ID")], db: Db = None, json: AsJson = False
) -> None:
    """Tell all about one case, and what else is held against the same visit."""
    with asked(db) as recorder:
        acting(recorder, Permission.READ)
        policy = recorder.policy
        with recorder.database.read() as connection:
            case = find_review(connection, ident)
            beside = [
                to_json(one, policy)
                for one in reviews_of(connection, case.volunteer)
                if one.visit == case.visit and one.id != ident
            ]
    told = {**to_json(case, policy), "clauses": _clauses(policy, case.rule), "beside": beside}
    if json:
        print_json(told)
        return
    for key, value in told.items():
        match key:
            case "evidence":
                shown = _evidence(told)
            case "clauses":
                shown = "; ".join(value)
            case "beside":
                shown = ", ".join(f"{one['id']} ({one['rule']}, {one['state']})" for one in value)
            case _:
                shown = "" if value is None else str(value)
        if shown:
            out.print(f"{key}: {shown}", highlight=False, markup=False, soft_wrap=True)


def decide(
    idents: Annotated[list[str], typer.Argument(metavar="ID...")],
    reason: Annotated[str, typer.Option("--reason", help="Why 理由")],
    by: Annotated[
        str, typer.Option("--by", help="Who decides; absent: who is logged in 决定人")
    ] = "",
    count: Annotated[bool, typer.Option("--count", help="It counts after all 计入")] = False,
    void: Annotated[bool, typer.Option("--void", help="It does not count 作废")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Decide one case or several in the same way. A later decision corrects an earlier one."""
    if count == void:
        raise LedgerError("say either --count or --void")
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            cases = [find_review(connection, ident) for ident in dict.fromkeys(idents)]
        signed = by
        for case in cases:  # each at its own place
            where = of_volunteer(case.volunteer)
            signed = acting(recorder, Permission.REVIEW, by=by, signed=True, at=where)
        receipt = decide_reviews(recorder, cases, "void" if void else "count", reason, signed)
    for one in receipt.rejects:
        err.print(f"  {one.detail}", markup=False, soft_wrap=True)
    if json:
        print_json(receipt.counts())
    else:
        out.print(f"{receipt.counts()['applied']} decided: {'void' if void else 'counted'}.")
    if receipt.rejects:
        raise typer.Exit(1)


def _evidence(told: dict[str, Any]) -> str:
    """What a suspicion rests on, in one line."""
    return ", ".join(
        f"{key} {' '.join(value) if isinstance(value, list) else value}"
        for key, value in told["evidence"].items()
    )


def _state(told: dict[str, Any]) -> str:
    if told["decision"] is None:
        return str(told["state"])
    return f"{told['state']}: {told['reason']} ({told['by']})"


def _clauses(policy: PolicyText, rule: str) -> list[str]:
    keys = policy.plan.clauses_of(f"safeguards.{rule}")
    return [f"{key} 「{policy.clause(key)}」" for key in keys]
