"""How does a policy officer work with policies? check, test, diff, simulate, adopt, rank …"""

import re
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from ledger import proposals as proposing
from ledger.access import Permission
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    amount_of,
    asked,
    err,
    moment_of,
    opened,
    out,
    print_json,
    progress,
    read_text,
)
from ledger.clock import SECOND, from_micros, to_micros
from ledger.core.rulebook import ALWAYS, PolicyText, Rulebook, parse
from ledger.errors import LedgerError
from ledger.extras import extra
from ledger.policy import CaseResult, Policy, PolicyError, load, run_cases
from ledger.policy import check as check_policy
from ledger.policy.difference import differences
from ledger.policy.exact import round_whole, show
from ledger.recording import rankings
from ledger.recording.recorder import Recorder
from ledger.recording.sweep import sweep

File = Annotated[Path, typer.Argument(help="Policy file (YAML)")]

HEADINGS = {"met": "[green]met[/green]", "disputed": "[yellow]disputed[/yellow]"}


def add_to(app: typer.Typer) -> None:
    policies = typer.Typer(help="Reward policies 激励策略", no_args_is_help=True)
    policies.callback()(lambda: None)
    policies.command("check")(check)
    policies.command("test")(test)
    policies.command("diff")(diff)
    policies.command("schema")(schema)
    policies.command("simulate")(simulate)
    policies.command("adopt")(adopt)
    policies.command("list")(list_)
    policies.command("propose")(propose)
    policies.command("proposals")(proposals)
    policies.command("approve")(approve)
    policies.command("withdraw")(withdraw)
    policies.command("rank")(rank)
    app.add_typer(policies, name="policy")
    app.command()(review)


def check(file: File, json: AsJson = False) -> None:
    """Say what is wrong with a policy file, where, and what to write; exit 1 on errors."""
    found = check_policy(read_text(file), str(file))
    errors = sum(one.severity == "error" for one in found)
    if json:
        listed = [
            {
                "file": one.file,
                "line": one.line,
                "column": one.column,
                "severity": one.severity,
                "message": one.message,
                "advice": one.advice,
            }
            for one in found
        ]
        print_json({"ok": not errors, "diagnostics": listed})
    else:
        for one in found:
            err.print(str(one), markup=False, highlight=False, soft_wrap=True)
        out.print(f"{file}: {errors or 'no'} errors, {len(found) - errors} remarks")
    if errors:
        raise typer.Exit(1)


def test(
    file: File,
    cases: Annotated[Path, typer.Option("--cases", help="File with worked examples (YAML)")],
    json: AsJson = False,
) -> None:
    """Run worked examples against a policy; exit 1 if one is neither met nor disputed.

    An example that the text leaves undetermined is met if the policy demands the setting.
    """
    try:
        results = run_cases(load(read_text(file), file=str(file)), read_text(cases))
    except PolicyError as error:
        raise LedgerError(str(error)) from None
    failed = [one for one in results if one.verdict not in HEADINGS]
    if json:
        print_json({"ok": not failed, "cases": [_to_json(one) for one in results]})
    else:
        table = Table("example 例", "verdict", "clauses", "what happened")
        for one in results:
            verdict = HEADINGS.get(one.verdict, f"[red]{one.verdict}[/red]")
            table.add_row(one.id, verdict, ", ".join(one.by), one.message)
        out.print(table)
    if failed:
        raise typer.Exit(1)


def diff(
    old: Annotated[str, typer.Argument(help="Policy file, or the digest of an adopted policy")],
    new: Annotated[str, typer.Argument(help="Policy file, or the digest of an adopted policy")],
    lang: Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language")] = "zh",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Which parameters and rules differ between two versions, and by which clause?"""
    before, after = (_version(one, db).plan.doc for one in (old, new))
    changes = differences(before, after)
    if json:
        print_json({"changes": [asdict(one) for one in changes]})
        return
    for one in changes:
        out.print(one.words(lang), markup=False, highlight=False, soft_wrap=True)
    if not changes:
        out.print({"zh": "没有差别", "en": "no difference"}[lang])


_DIGEST = re.compile(r"[0-9a-f]{16}")


def _version(named: str, db: str | None) -> PolicyText:
    """A policy from a file or, where a digest is named, from those that were adopted."""
    if not _DIGEST.fullmatch(named):
        return parse(read_text(Path(named)), named)
    with asked(db) as recorder:
        known = recorder.rules.by_digest
    if named not in known:
        raise LedgerError(f"{named}: no policy with this digest was adopted; see `policy list`")
    return known[named]


def schema() -> None:
    """The JSON Schema of a policy file, for editors that complete and check while one types."""
    print_json(Policy.model_json_schema(by_alias=True))


def simulate(
    file: File,
    against: Annotated[
        str | None, typer.Option("--against", help="The ledger [default: VLEDGER_DB]")
    ] = None,
    value: Annotated[
        str | None, typer.Option("--point-value", help="What a point costs the fund, as 0.05")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Figure to write: .png or .svg")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--table", help="A row per volunteer: .csv or .parquet")
    ] = None,
    json: AsJson = False,
) -> None:
    """What would this draft do on the real history? The ledger is only read.

    The draft is applied to all that has happened, as if it had always been in force.
    """
    worth = None if value is None else amount_of(value, "--point-value")
    for path, suffixes in ((plot, (".png", ".svg")), (table, (".csv", ".parquet"))):
        if path is not None and path.suffix not in suffixes:
            raise LedgerError(f"{path}: write a name that ends in {' or '.join(suffixes)}")
    simulation = _extra("ledger.simulation")
    draft = Rulebook.of(parse(read_text(file), str(file)))
    with asked(against) as recorder:
        acting(recorder, Permission.SIMULATE)
        today, url = recorder.rules, recorder.database.url
    with progress() as bar:
        task = bar.add_task("Reading")

        def tell(step: str, done: int, total: int) -> None:
            bar.update(task, description=step.capitalize(), completed=done, total=total)

        result = simulation.simulate(url, today, draft, tell)
    if plot is not None:
        _extra("ledger.simulation.plot").plot(result, plot)
    if table is not None:
        write = result.people.write_csv if table.suffix == ".csv" else result.people.write_parquet
        write(table)
    if json:
        print_json(result.to_json(worth))
    else:
        _extra("ledger.simulation.view").print_result(out, result, worth)


def _extra(module: str) -> Any:
    return extra(module, "simulation", "simulate")


def adopt(
    file: File,
    effective_from: Annotated[
        str, typer.Option("--from", metavar="DATE", help="In force from this day, as 2026-01-01")
    ],
    by: Annotated[str, typer.Option("--by", help="Who decided it")] = "",
    note: Annotated[str, typer.Option("--note", help="On what ground")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Put a policy in force from a day on, and bring standings up to it.

    A day that is past is allowed: what no longer holds is reversed and posted anew.
    """
    policy = parse(read_text(file), str(file))
    with opened(db) as recorder:
        by = acting(recorder, Permission.ADOPT, by=by)
        adopted = recorder.adopt(policy, _day(effective_from), by, note)
        reviewed = _review_all(recorder)
    if json:
        print_json({"adoption": adopted, "digest": policy.digest, "reviewed": reviewed})
    else:
        out.print(
            f"{policy.id} ({policy.digest}) is in force from {effective_from}; "
            f"{reviewed} standings reviewed"
        )


def list_(db: Db = None, json: AsJson = False) -> None:
    """The policies that are in force, each from its day."""
    with asked(db) as recorder:
        editions = recorder.rules.editions
    rows = [
        {
            "from": one.day.isoformat(),
            "policy": one.policy.id,
            "title": one.policy.title,
            "digest": one.policy.digest,
        }
        for one in editions
    ]
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("from 施行", "policy 策略", "title 名称", "digest")
    for row in rows:
        table.add_row(*row.values())
    out.print(table)


Ident = Annotated[str, typer.Argument(help="The proposal, as `policy proposals` lists it")]
By = Annotated[str, typer.Option("--by", help="Who does it")]


def propose(
    file: File,
    effective_from: Annotated[
        str, typer.Option("--from", metavar="DATE", help="In force from this day, as 2026-01-01")
    ],
    by: By = "",
    note: Annotated[str, typer.Option("--note", help="On what ground")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Propose a policy, which another person then approves or withdraws."""
    policy = parse(read_text(file), str(file))
    with opened(db) as recorder:
        by = acting(recorder, Permission.ADOPT, by=by, signed=True)
        made = proposing.propose(recorder, policy, _day(effective_from), by, note)
    _print_proposal(made, json)


def proposals(db: Db = None, json: AsJson = False) -> None:
    """What was proposed, the oldest first."""
    with asked(db) as recorder, recorder.database.read() as connection:
        found = proposing.proposals(connection)
    if json:
        for one in found:
            print_json(one.to_json())
        return
    table = Table("id", "policy 策略", "from 施行", "by 提议人", "state 状态", "decided by 审批人")
    for one in found:
        table.add_row(
            one.id, one.policy, one.effective_from, one.proposed_by, one.state, one.decided_by
        )
    out.print(table)


def approve(ident: Ident, by: By = "", db: Db = None, json: AsJson = False) -> None:
    """Put a proposed policy in force; refused to the person who proposed it."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.ADOPT, by=by, signed=True)
        done = proposing.approve(recorder, ident, by)
        _review_all(recorder)
    _print_proposal(done, json)


def withdraw(ident: Ident, by: By = "", db: Db = None, json: AsJson = False) -> None:
    """Take a proposal back: nobody can approve it any more."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.ADOPT, by=by, signed=True)
        done = proposing.withdraw(recorder, ident, by)
    _print_proposal(done, json)


def _print_proposal(one: proposing.Proposal, json: bool) -> None:
    if json:
        print_json(one.to_json())
    else:
        out.print(f"{one.id}: {one.policy} ({one.digest}) from {one.effective_from}, {one.state}")


def rank(
    ranking: Annotated[
        str, typer.Argument(metavar="NAME", help="The ranking, as the policy has it")
    ],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="At the end of this day, or at this time"),
    ] = None,
    write: Annotated[
        bool, typer.Option("--record", help="Report each person's fact, which the rules follow")
    ] = False,
    by: By = "",
    everybody: Annotated[bool, typer.Option("--all", help="Show those not taken, too")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Who is where in a ranking 排名, by all that is known today of what was so at that moment.

    The same moment recorded again changes nothing. So that it can be said again, it is to be named.
    """
    if write and as_of is None:
        raise LedgerError("say of which moment: --as-of 2026-05-31 is the end of that day")
    with opened(db) if write else asked(db) as recorder:
        if write:
            by = acting(recorder, Permission.ADOPT, Permission.RECORD, by=by, signed=True)
        else:
            acting(recorder, Permission.READ)
        at = _end_of(recorder, as_of)
        with progress() as bar, recorder.database.read() as connection:
            task = bar.add_task("Ranking", total=None)
            found = rankings.rank(
                connection, recorder.rules_by(connection), ranking, at, lambda: bar.advance(task)
            )
        counts = rankings.record(recorder, found, by) if write else None
    if json:
        print_json(_ranked(found) | ({} if counts is None else {"recorded": counts}))
    else:
        _print_ranked(found, everybody=everybody, counts=counts)
    if counts is not None and counts["rejected"]:
        raise typer.Exit(1)


def _end_of(recorder: Recorder, as_of: str | None) -> int:
    """The moment (s) that is meant: the last second of a day. Raises LedgerError before it."""
    now = recorder.now()
    if as_of is None:
        return now // SECOND
    moment = moment_of(as_of, recorder.policy.zone, "--as-of")
    if _DAY.fullmatch(as_of):
        moment += timedelta(days=1, seconds=-1)
    at = to_micros(moment) // SECOND
    if at < 0 or at >= now // SECOND:
        raise LedgerError(f"--as-of {as_of}: {moment.isoformat()} is not over yet")
    return at


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _ranked(found: rankings.Ranked) -> dict[str, Any]:
    rows = ({"volunteer": one.who, **rankings.attributes(found, one)} for one in found.people)
    return {
        "ranking": found.ranking,
        "at": from_micros(found.at * SECOND, found.policy.zone).isoformat(),
        "policy": found.policy.digest,
        "people": list(rows),
        "recorded_otherwise": found.differing,
    }


def _print_ranked(
    found: rankings.Ranked, *, everybody: bool, counts: dict[str, int] | None
) -> None:
    grouped = found.policy.plan.rankings[found.ranking].grouped
    heads = [*(["group 组"] if grouped else []), "rank 名次", "volunteer 志愿者", "value 数值"]
    table = Table(*heads, "taken 入选")
    shown = [one for one in found.people if everybody or one.taken is not False]
    for one in shown:
        said = rankings.attributes(found, one)
        cells = [said[name] for name in (["group"] if grouped else [])]
        cells += [one.rank, one.who, _legible(one.value)]
        taken = {None: "", True: "yes 是", False: "no 否"}[one.taken]
        table.add_row(*map(escape, map(str, cells)), taken)
    out.print(table)
    at = from_micros(found.at * SECOND, found.policy.zone).isoformat()
    left = len(found.people) - len(shown)
    more = f"; {left} more are not taken (--all)" if left else ""
    out.print(f"{found.ranking} at {at}: {len(found.people)} ranked{more}", highlight=False)
    if found.differing:
        out.print(f"Otherwise recorded before: {', '.join(found.differing[:10])}", markup=False)
    if counts is not None:
        out.print(
            f"{counts['applied']} recorded, {counts['duplicates']} were already, "
            f"{counts['rejected']} set aside (`vledger rejects`)"
        )


def _legible(value: Any) -> str:
    """A value for people: of a fraction that no decimal is, the hundredths."""
    shown = str(show(value))
    if "/" not in shown:
        return shown
    hundredths = round_whole(value * 100, "half_up")
    return f"≈ {Decimal(hundredths).scaleb(-2)}"


def review(db: Db = None, json: AsJson = False) -> None:
    """Bring standings up to the policies in force and to today: calendar, expiry, adoptions.

    What was not inspected yet under the safeguards is, too.

    Run it daily on an embedded ledger; a worker does it by itself.
    """
    with opened(db) as recorder:
        acting(recorder, Permission.OPERATE)
        reviewed = _review_all(recorder)
    if json:
        print_json({"reviewed": reviewed})
    else:
        out.print(f"{reviewed} standings reviewed")


def _review_all(recorder: Recorder) -> int:
    total = 0
    with progress() as bar:
        task = bar.add_task("Reviewing", total=None)
        for step in (recorder.apply_adoptions, recorder.pass_time):
            while reviewed := step():
                total += reviewed
                bar.update(task, completed=total)
        while sweep(recorder):
            bar.update(task, description="Inspecting")
    return total


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"--from {text!r} is not a day: write it as 2026-01-01") from None
    if day < ALWAYS:
        raise LedgerError(f"--from {text}: no event is before {ALWAYS}")
    return day


def _to_json(result: CaseResult) -> dict[str, object]:
    return {
        "id": result.id,
        "verdict": result.verdict,
        "by": list(result.by),
        "message": result.message,
        "asked": result.asked,
    }
