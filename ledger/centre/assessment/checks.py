"""What was found in checks, and which results were filed? Recording and asking."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from ledger.centre.assessment.draws import circle, drawn_of, find_draw
from ledger.centre.assessment.folds import DrawRow, FindingRow, ResultRow
from ledger.centre.assessment.indicators import Edition
from ledger.centre.assessment.measures import measure, season
from ledger.centre.assessment.standing import Result, assess, cuts_of
from ledger.centre.places.tree import history
from ledger.centre.projects.life import points
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import inside
from ledger.store.tables import assessment_finding, assessment_result
from schemas.assessment import AssessmentConcluded, AssessmentFound

STAGES: Mapping[str, str] = {
    "self-check": "县级自查",
    "cross-review": "市级互查",
    "spot-check": "省级抽查",
}


def assess_area(
    connection: Connection,
    rules: Rulebook,
    now: int,
    edition: Edition,
    year: int,
    area: str,
    day: date | None = None,
) -> Result:
    """A year's assessment of an area ("": everywhere) by what the ledger has now (µs).

    `day`: as it stood at the end of that day of the year.
    """
    when = season(rules, year, now, day)
    measured = measure(connection, rules, when, area, cuts_of(edition, year))
    if not measured.ground.spots:
        where = area or "this ledger"
        raise LedgerError(f"{where}: no centre, sub-centre or station is registered there")
    return assess(edition, measured, area)


def record_finding(
    recorder: Recorder, edition: Edition, place: str, said: Mapping[str, Any]
) -> None:
    """Record what somebody found at a place. Raises LedgerError if it does not fit."""
    known = {one.id for one in edition.doc.indicators}
    if said["indicator"] not in known:
        raise LedgerError(
            f"there is no indicator {said['indicator']!r} in {edition.doc.assessment}: "
            f"{', '.join(sorted(known))}"
        )
    if said["stage"] not in STAGES:
        raise LedgerError(f"stage {said['stage']!r}: one of {', '.join(STAGES)}")
    with recorder.database.read() as connection:
        if not history(connection, place):
            raise LedgerError(f"{place} is not registered 场所未登记")
        if said["stage"] == "self-check":
            if said.get("draw"):
                raise LedgerError("draw: nothing is drawn for a self-check")
        elif not said.get("draw"):
            raise LedgerError(f"draw: say by which one {place} was drawn 请写明抽签编号")
        else:
            _fits(find_draw(connection, said["draw"]), place, said)
    send(recorder, AssessmentFound, place, dict(said), exact=True)


def _fits(drawn: DrawRow, place: str, said: Mapping[str, Any]) -> None:
    """The place was drawn, for this year and stage, and whoever looks was drawn to look at it."""
    listed = drawn_of(drawn)
    if (drawn.stage, drawn.year) != (said["stage"], said["year"]):
        raise LedgerError(f"draw {drawn.draw} is a {drawn.stage} of {drawn.year}")
    if place not in listed:
        raise LedgerError(f"{place} was not drawn in {drawn.draw}")
    if drawn.stage == "cross-review":
        reviewer = next(who for who, whom in circle(listed) if whom == place)
        if said.get("reviewer") != reviewer:
            raise LedgerError(f"{place} is reviewed by {reviewer} according to {drawn.draw}")


def findings_in(
    connection: Connection, year: int, area: str = "", place: str | None = None
) -> list[FindingRow]:
    """The findings of a year at the places of an area, or just at one of them."""
    column = assessment_finding.c
    query = select(assessment_finding).where(
        column.year == year, inside(connection, column.place, area)
    )
    if place is not None:
        query = query.where(column.place == place)
    rows = connection.execute(query.order_by(column.place, column.indicator, column.stage))
    return [FindingRow._make(row) for row in rows]


def conclude(
    recorder: Recorder, result: Result, place: str, *, by: str, grade: str = "", note: str = ""
) -> ResultRow:
    """File a year's result of a place; another `grade` than the computed one takes a note.

    Raises LedgerError.
    """
    mark = result.marks.get(place)
    if mark is None:
        raise LedgerError(f"{place} is not among the places that were assessed")
    grades = [one.grade for one in result.edition.doc.grades]
    if grade and grade not in grades:
        raise LedgerError(f"there is no grade {grade!r}: {', '.join(grades)}")
    if grade and grade != mark.grade and not note.strip():
        raise LedgerError(f"the score gives {mark.grade}: say in a note why it is {grade}")
    data = {
        "year": result.season.year,
        "day": result.season.day.isoformat(),
        "edition": result.edition.doc.assessment,
        "edition_digest": result.edition.digest,
        "score": points(mark.score),
        "grade": grade or mark.grade,
        "digest": result.digest_of(place),
        "note": note,
        "by": by,
    }
    send(recorder, AssessmentConcluded, place, data, exact=True)
    with recorder.database.read() as connection:
        return next(one for one in results_of(connection, place) if one.year == result.season.year)


def results_of(connection: Connection, place: str) -> list[ResultRow]:
    """The filed results of a place, the oldest year first: its trend."""
    column = assessment_result.c
    query = select(assessment_result).where(column.place == place).order_by(column.year)
    return [ResultRow._make(row) for row in connection.execute(query)]
