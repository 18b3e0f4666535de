"""How is a year of the practice centres assessed? assess, with missing, sample, find, conclude …"""

from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from ledger.access import EVERYWHERE, Permission
from ledger.access.asking import place as at_place
from ledger.centre.assessment import report as reporting
from ledger.centre.assessment.checks import (
    STAGES,
    assess_area,
    conclude,
    findings_in,
    record_finding,
    results_of,
)
from ledger.centre.assessment.draws import (
    again_json,
    circle,
    draw,
    draw_again,
    draw_json,
    drawn_of,
    draws_in,
)
from ledger.centre.assessment.indicators import Edition, check, edition_for, load
from ledger.centre.assessment.measure_names import LEVELS
from ledger.centre.assessment.standing import Result
from ledger.centre.days import day_or_today
from ledger.certificates.font import check_libraries, font_file
from ledger.cli.acting import acting
from ledger.cli.commands.places import day_of
from ledger.cli.shared import AsJson, Db, asked, err, opened, out, print_json, read_text, settings
from ledger.clock import SECOND
from ledger.errors import LedgerError
from ledger.extras import extra
from ledger.recording.recorder import Recorder
from ledger.sheets import Sheet, write_sheets

Area = Annotated[
    str, typer.Option("--place", help="With all below it; absent: the area of this ledger")
]
Year = Annotated[int | None, typer.Option("--year", help="Absent: this year")]
Data = Annotated[
    str,
    typer.Option("--edition", help="A published assessment, or a file (YAML); absent: the newest"),
]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in 经办人")]
Ident = Annotated[str, typer.Option("--id", help="The draw's id; absent: one is made")]
Seed = Annotated[
    str, typer.Option("--seed", help="Such as dice thrown in public; absent: a random one")
]
Until = Annotated[
    str,
    typer.Option(
        "--as-of",
        help="As at the end of this day of the year; absent: as far as it is over",
    ),
]
AsOf = Annotated[
    str, typer.Option("--as-of", help="Places as at the end of this day; absent: yesterday")
]


def add_to(app: typer.Typer) -> None:
    assess = typer.Typer(help="The yearly assessment 年度测评", no_args_is_help=False)
    assess.callback(invoke_without_command=True)(show)
    assess.command("missing")(missing)
    assess.command("check")(check_file)
    assess.command("sample")(sample)
    assess.command("cross-review")(cross_review)
    assess.command("draws")(list_draws)
    assess.command("redraw")(redraw)
    assess.command("find")(find)
    assess.command("findings")(list_findings)
    assess.command("conclude")(file_result)
    assess.command("trend")(trend)
    app.add_typer(assess, name="assess")


# What holds --------------------------------------------------------------------------------------


def show(
    context: typer.Context,
    place: Area = "",
    year: Year = None,
    as_of: Until = "",
    edition: Data = "",
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Report to write: .xlsx")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Report to write: .pdf")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """How a place and those in it stand by the indicators: what is had, what is due, rank.

    Computed from what the ledger has now. A place is marked by its own indicators and by those of
    all that lies in it.
    """
    if context.invoked_subcommand is not None:
        return
    for path, suffix in ((xlsx, ".xlsx"), (pdf, ".pdf")):
        if path is not None and path.suffix != suffix:
            raise LedgerError(f"{path}: write a name that ends in {suffix}")
    font = _font() if pdf is not None else None
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(_area(place)))
        result = assessed(recorder, connection, place, year, edition, as_of)
        root = result.root()
        report = reporting.report(connection, result, root, recorder.now())
    if xlsx is not None:
        whole = reporting.sheets(report)
        write_sheets(xlsx, whole, whole[0])
    if pdf is not None:
        page = extra("ledger.centre.assessment.report_page", "a report as PDF", "certificates")
        page.write_report(report, font, pdf)
    if json:
        print_json(result.told(root))
        return
    grades = {one.grade: one.title.zh for one in result.edition.doc.grades}
    mark = report.mark
    out.print(
        f"{mark.name} {mark.place}, {result.season.year} (to {result.season.day}): "
        f"{reporting.hundredths(mark.score)} {mark.grade} {grades[mark.grade]}",
        highlight=False,
    )
    out.print(_table(Sheet("", reporting.INDICATORS[:9],
                           [row[:9] for row in reporting.indicator_rows(report)])))  # fmt: skip
    beside = result.beside(root)
    if beside:
        out.print(_table(Sheet("", reporting.PLACES, reporting.place_rows(report, beside))))


def missing(
    place: Area = "",
    year: Year = None,
    as_of: Until = "",
    edition: Data = "",
    indicator: Annotated[str, typer.Option("--indicator", help="Only this one")] = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """What is missing to reach the goals, and where: which stations lack what 缺项."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(_area(place)))
        result = assessed(recorder, connection, place, year, edition, as_of)
        report = reporting.report(connection, result, result.root(), recorder.now())
    if indicator and indicator not in result.indicators:
        raise LedgerError(f"there is no indicator {indicator!r}: {', '.join(result.indicators)}")
    lines = [one for one in result.missing() if indicator in ("", one.indicator)]
    if json:
        for one in lines:
            print_json(one.to_json())
        return
    out.print(_table(Sheet("", reporting.MISSING, reporting.missing_rows(report, lines))))
    out.print(f"{len(lines)} missing of {len(result.lines)}")


def check_file(
    file: Annotated[Path, typer.Argument(help="Indicators (YAML)")], json: AsJson = False
) -> None:
    """Say what is wrong with a file of indicators, where, and what to write; exit 1 on errors."""
    found = check(read_text(file), str(file))
    if json:
        listed = [
            {"line": one.line, "column": one.column, "message": one.message, "advice": one.advice}
            for one in found
        ]
        print_json({"ok": not found, "diagnostics": listed})
    else:
        for one in found:
            err.print(str(one), markup=False, highlight=False, soft_wrap=True)
        out.print(f"{file}: {len(found) or 'no'} errors")
    if found:
        raise typer.Exit(1)


# Checks ------------------------------------------------------------------------------------------


def sample(
    size: Annotated[int, typer.Option("--size", help="How many")],
    place: Area = "",
    of: Annotated[str, typer.Option("--of", help="centre, sub-centre or station")] = "station",
    year: Year = None,
    seed: Seed = "",
    as_of: AsOf = "",
    ident: Ident = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Draw who is looked at in a spot check, so that anybody can draw it again 省级抽查."""
    _draw("spot-check", place, of, year, seed, as_of, ident, size, by, db, json=json)


def cross_review(
    place: Area = "",
    of: Annotated[str, typer.Option("--of", help="centre, sub-centre or station")] = "centre",
    year: Year = None,
    seed: Seed = "",
    as_of: AsOf = "",
    ident: Ident = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Draw who reviews whom: each place looks at another one 市级互查."""
    _draw("cross-review", place, of, year, seed, as_of, ident, None, by, db, json=json)


def list_draws(place: Area = "", year: Year = None, db: Db = None, json: AsJson = False) -> None:
    """The draws that were made, the newest first."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(_area(place)))
        found = draws_in(connection, _area(place), year)
    if json:
        for one in found:
            print_json(draw_json(one))
        return
    table = Table("id", "stage 环节", "year", "area 范围", "of", "drawn", "seed", "by")
    for one in found:
        table.add_row(one.draw, STAGES[one.stage], str(one.year), one.place, one.of,
                      f"{one.size}/{one.listed}", one.seed, one.by)  # fmt: skip
    out.print(table)


def redraw(
    ident: Annotated[str, typer.Argument(metavar="ID")], db: Db = None, json: AsJson = False
) -> None:
    """Draw a recorded draw once more and compare; exit 1 if something else comes out."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        again = draw_again(connection, recorder.rules_by(connection), recorder.now(), ident)
    if json:
        print_json(again_json(again))
    elif again.same_list and again.same_outcome:
        out.print(f"{ident}: the same list of {again.listed}, the same {len(again.drawn)} drawn")
    else:
        out.print(
            f"{ident}: the list has {again.listed} places with the digest {again.digest}; recorded "
            f"were {again.draw.listed} with {again.draw.digest}",
            highlight=False,
        )
    if not (again.same_list and again.same_outcome):
        raise typer.Exit(1)


def find(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="Where somebody looked")],
    stage: Annotated[str, typer.Option("--stage", help="self-check, cross-review or spot-check")],
    indicator: Annotated[str, typer.Option("--indicator")],
    verdict: Annotated[str, typer.Option("--verdict", help="met, unmet or doubtful")],
    seen: Annotated[str, typer.Option("--seen", help="What was counted there 实见")] = "",
    note: Annotated[str, typer.Option("--note")] = "",
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", help="The place that looks, in a cross-review")
    ] = None,
    drawn: Annotated[str | None, typer.Option("--draw", help="By which draw")] = None,
    year: Year = None,
    edition: Data = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Record what was found of an indicator at a place. A later finding replaces it."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.REVIEW, by=by, signed=True, at=at_place(place))
        wanted = _year(recorder, year)
        said = {
            "stage": stage,
            "year": wanted,
            "indicator": indicator,
            "verdict": verdict,
            "seen": seen,
            "note": note,
            "reviewer": reviewer,
            "draw": drawn,
            "by": by,
        }
        record_finding(recorder, _edition(edition, wanted), place, said)
    out.print(f"{place}: {indicator} {verdict} ({stage}, {wanted})")


def list_findings(place: Area = "", year: Year = None, db: Db = None, json: AsJson = False) -> None:
    """What was found in the checks of a year, by place."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(_area(place)))
        found = findings_in(connection, _year(recorder, year), _area(place))
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table(
        "place 场所", "stage 环节", "indicator 指标", "verdict", "seen 实见", "note", "by"
    )
    for one in found:
        table.add_row(one.place, STAGES[one.stage], one.indicator,
                      reporting.VERDICTS[one.verdict], one.seen, one.note, one.by)  # fmt: skip
    out.print(table)


def file_result(
    place: Annotated[str, typer.Argument(metavar="PLACE")],
    grade: Annotated[
        str, typer.Option("--grade", help="Absent: the one that the score gives")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Why another grade")] = "",
    year: Year = None,
    as_of: Until = "",
    edition: Data = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """File a year's result of a place as it is now 定级; a later filing replaces it."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.REVIEW, by=by, signed=True, at=at_place(place))
        with recorder.database.read() as connection:
            result = assessed(recorder, connection, place, year, edition, as_of)
        filed = conclude(recorder, result, place, by=by, grade=grade, note=note)
    if json:
        print_json(filed._asdict())
    else:
        score = reporting.hundredths(filed.score)
        out.print(f"{place} {filed.year}: {score} {filed.grade}, digest {filed.digest}")


def trend(
    place: Annotated[str, typer.Argument(metavar="PLACE")], db: Db = None, json: AsJson = False
) -> None:
    """The results of a place that were filed, year by year 历年."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place))
        found = results_of(connection, place)
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("year 年度", "score 得分", "grade 等次", "edition", "by", "note")
    for one in found:
        score = str(reporting.hundredths(one.score))
        table.add_row(str(one.year), score, one.grade, one.edition, one.by, one.note)
    out.print(table)


# Inside ------------------------------------------------------------------------------------------


def _draw(
    stage: str,
    place: str,
    of: str,
    year: int | None,
    seed: str,
    as_of: str,
    ident: str,
    size: int | None,
    by: str,
    db: str | None,
    *,
    json: bool,
) -> None:
    if of not in ("centre", "sub-centre", "station"):
        raise LedgerError(f"--of {of!r}: centre, sub-centre or station")
    area = _area(place)
    if not area:
        raise LedgerError("say from which area: --place, as 370100000000")
    with opened(db) as recorder:
        by = acting(recorder, Permission.REVIEW, by=by, signed=True, at=at_place(area))
        wanted = _year(recorder, year)
        found = draw(
            recorder,
            ident or f"{stage}-{wanted}-{token_hex(4)}",
            stage=stage,
            year=wanted,
            area=area,
            of=of,
            day=_day(recorder, as_of),
            seed=seed or token_hex(16),
            size=size,
            by=by,
        )
    if json:
        print_json(draw_json(found))
        return
    out.print(
        f"{found.draw}: {found.size} of {found.listed} {LEVELS[found.of]}, "  # type: ignore[index]
        f"seed {found.seed}, list {found.digest}",
        highlight=False,
        soft_wrap=True,
    )
    drawn = drawn_of(found)
    if stage == "cross-review":
        for reviewer, reviewed in circle(drawn):
            out.print(f"{reviewer} → {reviewed}", highlight=False)
    else:
        for one in drawn:
            out.print(one, highlight=False)


def assessed(
    recorder: Recorder,
    connection: Connection,
    place: str,
    year: int | None,
    edition: str = "",
    as_of: str = "",
) -> Result:
    """A year's assessment of the area that the options name."""
    day = day_of(as_of) if as_of else None
    wanted = _year(recorder, year) if day is None or year is not None else day.year
    rules, kept = recorder.rules_by(connection), _edition(edition, wanted)
    return assess_area(connection, rules, recorder.now(), kept, wanted, _area(place), day)


def _edition(named: str, year: int) -> Edition:
    if named.endswith((".yaml", ".yml")):
        return load(read_text(Path(named)), named)
    return edition_for(year, named)


def _area(place: str) -> str:
    """The area that is meant; "" for all that the ledger has."""
    area = place or settings(None).place
    return "" if area == EVERYWHERE else area


def _year(recorder: Recorder, year: int | None) -> int:
    return day_or_today(recorder, None).year if year is None else year


def _day(recorder: Recorder, text: str) -> date:
    if not text:
        clock = recorder.policy.plan.clock
        return clock.date(recorder.now() // SECOND - 86_400)
    return day_of(text)


def _font() -> Path:
    check_libraries()
    return font_file(settings(None).font)


def _table(sheet: Sheet) -> Table:
    table = Table(*sheet.headings)
    for row in sheet.rows:
        table.add_row(*map(str, row))
    return table
