"""How does one ask the ledger? volunteer, dump, explain."""

from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.cli.app import AsJson, Db, opened, out, print_error, print_json
from ledger.clock import to_micros
from ledger.errors import LedgerError
from ledger.explain import explain as explain_volunteer
from ledger.queries import VolunteerSummary, summaries, summary, summary_as_of

Id = Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")]


def add_to(app: typer.Typer) -> None:
    app.command()(volunteer)
    app.command()(dump)
    app.command()(explain)


def volunteer(
    ident: Id,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="At this time, such as 2026-05-01T08:00+08:00")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Hours, star and points of one volunteer, now or at a past time."""
    with opened(db) as recorder, recorder.database.read() as connection:
        if as_of is None:
            found = summary(connection, recorder.policy, ident)
        else:
            at = to_micros(_moment(as_of, recorder.policy.policy.zone))
            found = summary_as_of(connection, recorder.policy, ident, at)
    if found is None:
        raise _unknown(ident)
    if json:
        print_json(found.to_json())
    else:
        out.print(_standings([found]))


def dump(db: Db = None, json: AsJson = False) -> None:
    """Every volunteer's standing, by id."""
    with opened(db) as recorder, recorder.database.read() as connection:
        rows = summaries(connection, recorder.policy)
        if json:
            for row in rows:
                print_json(row.to_json())
        else:
            out.print(_standings(list(rows)))


def explain(ident: Id, db: Db = None, json: AsJson = False) -> None:
    """Why these hours, points and this star: rules, clauses, visits and events."""
    with opened(db) as recorder, recorder.database.read() as connection:
        story = explain_volunteer(connection, recorder.policy, ident)
    if story is None:
        raise _unknown(ident)
    if json:
        print_json(story)
    else:
        _tell(story)


def _unknown(ident: str) -> typer.Exit:
    print_error(f"there is no volunteer {ident} in this ledger: `vledger dump` lists them")
    return typer.Exit(1)


def _moment(text: str, zone: tzinfo) -> datetime:
    """A date or a date and time; without a zone it is the policy's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(
            f"--as-of {text!r} is not a time: write it as 2026-05-01T08:00:00+08:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def hours(seconds: int) -> str:
    """Seconds as hours, minutes and seconds for people, exactly."""
    sign, left = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"


def _standings(rows: list[VolunteerSummary]) -> Table:
    table = Table("volunteer 志愿者", "star 星级")
    for heading in ("hours 时长", "points 积分", "held 冻结", "available 可用"):
        table.add_column(heading, justify="right")
    for row in rows:
        stars = "★" * row.star or "–"
        table.add_row(
            row.volunteer, stars, hours(row.seconds), row.balance, row.held, row.available
        )
    return table


def _tell(story: dict[str, Any]) -> None:
    reason = story["star_reason"]
    out.print(
        f"[bold]{story['volunteer']}[/bold]: star 星级 {reason['level']}, "
        f"hours 时长 {hours(story['seconds'])}, points 积分 {story['points']['balance']}"
    )
    out.print(f"  {reason['rule']}: 「{reason['clause']}」", highlight=False)
    if "next" in reason:
        step = reason["next"]
        out.print(f"  {hours(step['missing_seconds'])} more for star {step['level']}")
    for change in story["star_changes"]:
        out.print(
            f"  {_short(change['at'])} star {change['from']} → {change['to']} "
            f"(hour record {change['cause']}, recorded {_short(change['recorded_at'])})"
        )
    table = Table("record", "activity", "from", "to", "counted", "check-in → check-out", "note")
    for row in story["hours"]:
        ends = (f"{row[end]['source']} {row[end]['id']}" for end in ("check_in", "check_out"))
        table.add_row(
            str(row["record"]),
            row["activity"],
            _short(row["started_at"]),
            _short(row["ended_at"]),
            hours(row["counted_seconds"]),
            " → ".join(ends),
            _note(row),
        )
    out.print(table)
    for mark in story["uncounted"]:
        out.print(
            f"  not counted: {mark['direction']} {mark['activity']} "
            f"{_short(mark['at'])}: {mark['why']}"
        )
    table = Table("posting 积分", "at", "why", "cause", "rule or item")
    for row in story["postings"]:
        table.add_row(
            row["amount"],
            _short(row["at"]),
            row["why"],
            str(row["cause"]),
            row.get("rule") or row["item"],
        )
    out.print(table)


def _short(iso: str) -> str:
    """A time for people, in the policy's zone."""
    return iso[:19].replace("T", " ")


def _note(row: dict[str, Any]) -> str:
    if row["reverses"]:
        return f"reverses {row['reverses']}"
    if row["reversed_by"]:
        return f"reversed by {row['reversed_by']}"
    return "shared time counted once" if row["counted_seconds"] < row["visit_seconds"] else ""
