"""How are benefits 礼遇 claimed, used and withdrawn? benefits."""

from secrets import token_hex
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import merchant as at_shop
from ledger.access.asking import volunteer as of_volunteer
from ledger.centre.benefits import using as benefiting
from ledger.centre.benefits.claims import FIELDS, Claims, claims, find_use, without_cover
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json
from ledger.clock import CHINA, from_micros
from ledger.saying import said as fit
from schemas.benefits import Use

Id = Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")]
Benefit = Annotated[str, typer.Argument(metavar="BENEFIT", help="As the policy calls the grant")]
Reason = Annotated[str, typer.Option("--reason", help="Why 理由")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in 办理人")]


def add_to(app: typer.Typer) -> None:
    benefits = typer.Typer(
        help="What the policy grants: claims and uses 礼遇", no_args_is_help=True
    )
    for command in (show, use, cancel, withdraw):
        benefits.command(command.__name__)(command)
    benefits.command("return")(give_back)
    benefits.command("uncovered")(uncovered)
    app.add_typer(benefits, name="benefits")


def show(ident: Id, db: Db = None, json: AsJson = False) -> None:
    """What may be claimed today, what was used, what expires when, by which clause."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(ident))
        rules, now = recorder.rules_by(connection), recorder.now()
        found = claims(connection, rules, ident, now)
    if json:
        print_json(claims_json(found))
        return
    table = Table(
        "benefit 礼遇",
        "field 领域",
        "where 在何处",
        "left 可享",
        "used",
        "until 有效期至",
        "clause 依据",
    )
    for one in found.entitlements:
        lot = one.claim.lot
        choices = f" ({'/'.join(lot.choices)})" if lot.choices else ""
        left = str(one.claim.left) if one.claim.state == "open" else f"0 ({one.claim.state})"
        name = one.name if one.name == lot.benefit else f"{one.name} {lot.benefit}"
        table.add_row(
            name + choices,
            FIELDS.get(one.field, ""),
            one.where,
            left,
            str(one.claim.used),
            lot.until,
            "; ".join(one.clauses),
        )
    out.print(table)
    for covered in found.uses:
        one_use = covered.step
        short = f" WITHOUT COVER 无依据 {covered.short}: {covered.why}" if covered.short else ""
        out.print(
            f"{_told(one_use.at)} {one_use.benefit} x{one_use.times} {one_use.choice} "
            f"{one_use.provider} [{one_use.event}]{short}",
            markup=False,
            soft_wrap=True,
        )


def use(
    ident: Id,
    benefit: Benefit,
    provider: Annotated[str, typer.Option("--provider", help="Who gave it, as registered")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many")] = 1,
    choice: Annotated[str, typer.Option("--choice", help="Which of the choices")] = "",
    reference: Annotated[str, typer.Option("--reference", help="The provider's own number")] = "",
    key: Annotated[str, typer.Option("--key", help="With the same key again: the same use")] = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Record that somebody had a benefit. Refused, with the reason, if nothing of it is left."""
    with opened(db) as recorder:
        signed = acting(recorder, Permission.REDEEM, by=by, at=at_shop(provider))
        said = fit(
            Use,
            benefit=benefit,
            provider=provider,
            count=count,
            choice=choice,
            reference=reference,
            by=signed,
        )
        done = benefiting.use(recorder, ident, said, key or token_hex(8))
    if json:
        print_json(done.step._asdict())
    else:
        out.print(f"Recorded: {done.step.event}", markup=False)


def cancel(
    ident: Id,
    event: Annotated[str, typer.Argument(metavar="USE", help="As `benefits show` names it")],
    reason: Reason,
    by: By = "",
    db: Db = None,
) -> None:
    """A use did not happen after all; what it took may be claimed again."""
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            known = find_use(connection, ident, event)
        at = at_shop(known.provider) if known else of_volunteer(ident)
        signed = acting(recorder, Permission.REDEEM, Permission.RECORD, by=by, signed=True, at=at)
        benefiting.cancel(recorder, ident, event, reason, signed)
    out.print("Cancelled.")


def withdraw(ident: Id, benefit: Benefit, reason: Reason, by: By = "", db: Db = None) -> None:
    """What was granted until now may no longer be claimed."""
    with opened(db) as recorder:
        at = of_volunteer(ident)
        signed = acting(recorder, Permission.REVIEW, by=by, signed=True, at=at)
        benefiting.withdraw(recorder, ident, benefit, reason, signed)
    out.print("Withdrawn.")


def give_back(ident: Id, benefit: Benefit, reason: Reason, by: By = "", db: Db = None) -> None:
    """A withdrawal was wrong: what was withdrawn may be claimed again."""
    with opened(db) as recorder:
        at = of_volunteer(ident)
        signed = acting(recorder, Permission.REVIEW, by=by, signed=True, at=at)
        benefiting.give_back(recorder, ident, benefit, reason, signed)
    out.print("Given back.")


def uncovered(db: Db = None, json: AsJson = False) -> None:
    """Uses that no grant covers, for people to look at 无依据的享受."""
    table = Table(
        "volunteer 志愿者", "when", "benefit 礼遇", "provider", "short 超出", "why", "use"
    )
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        rules, now = recorder.rules_by(connection), recorder.now()
        for ident, found in without_cover(connection, rules, now):
            for one in found:
                if json:
                    told = {"short": one.short, "why": one.why}
                    print_json({**one.step._asdict(), "at": _told(one.step.at), **told})
                    continue
                step = one.step
                table.add_row(
                    ident,
                    _told(step.at),
                    step.benefit,
                    step.provider,
                    str(one.short),
                    one.why,
                    step.event,
                )
    if not json:
        out.print(table)


def claims_json(found: Claims) -> dict[str, Any]:
    """All of a volunteer's benefits for programs."""
    return {
        "entitlements": [
            {
                "benefit": one.claim.lot.benefit,
                "name": one.name,
                "field": one.field,
                "where": one.where,
                "granted_at": _told(one.claim.lot.at),
                "amount": one.claim.lot.amount,
                "used": one.claim.used,
                "left": one.claim.left,
                "state": one.claim.state,
                "until": one.claim.lot.until,
                "choices": list(one.claim.lot.choices),
                "clauses": list(one.clauses),
            }
            for one in found.entitlements
        ],
        "uses": [
            {
                "use": one.step.event,
                "at": _told(one.step.at),
                "benefit": one.step.benefit,
                "provider": one.step.provider,
                "count": one.step.times,
                "choice": one.step.choice,
                "reference": one.step.reference,
                "without_cover": one.short,
                "why": one.why,
            }
            for one in found.uses
        ],
    }


def _told(at: int) -> str:
    return from_micros(at, CHINA).isoformat(timespec="seconds")
