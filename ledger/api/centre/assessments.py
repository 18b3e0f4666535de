"""How do places stand in a year, who is looked at, and what was found? `/v1/assessments`."""

from collections.abc import Sequence
from datetime import date
from secrets import token_hex
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ledger.access import EVERYWHERE, Permission
from ledger.access.asking import place as at_place
from ledger.api.desk.downloads import XLSX, attached
from ledger.api.once import Idempotent
from ledger.api.paging import Asked, foreign_cursor
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.assessment.checks import (
    assess_area,
    conclude,
    findings_in,
    record_finding,
    results_of,
)
from ledger.centre.assessment.draws import (
    again_json,
    draw,
    draw_again,
    draw_json,
    drawn_of,
    draws_in,
    find_draw,
)
from ledger.centre.assessment.folds import DrawRow, FindingRow, ResultRow
from ledger.centre.assessment.indicators import edition_for, published
from ledger.centre.assessment.report import Report, report, sheets
from ledger.centre.assessment.standing import Result
from ledger.certificates.font import check_libraries, font_file
from ledger.clock import CHINA, SECOND, from_micros
from ledger.errors import LedgerError
from ledger.extras import extra
from ledger.sheets import as_xlsx
from ledger.store.registered import registered_names
from schemas.assessment import Stage
from schemas.project import Year

router = APIRouter(prefix="/v1/assessments", tags=["centre"])

Place = Annotated[
    str, Query(max_length=64, description="With all below it; absent: the area of this ledger")
]
InYear = Annotated[int | None, Query(ge=1970, le=9997, description="Absent: this year")]
Until = Annotated[
    date | None,
    Query(description="Up to the end of this day of the year; absent: as far as it is over"),
]
Edition = Annotated[str, Query(max_length=60, description="Absent: the newest in force")]
PDF = "application/pdf"


class AssessedLine(BaseModel):
    """An indicator at a place or team (`whose`), which lies at `place`.

    `due` is a decimal text, `of` what `actual` is a share of; null: not known, and `why` says so.
    `lacking`: how much more would meet it.
    """

    indicator: str
    level: str
    whose: str
    name: str
    place: str
    actual: int | None
    due: str | None
    of: int | None
    met: bool
    lacking: int | None
    why: str


class AssessedPart(BaseModel):
    """An indicator at a level: how many places or teams were asked, and how many meet it.

    `line` is that of the place itself, null for what lies in it.
    """

    indicator: str
    level: str
    asked: int
    met: int
    line: AssessedLine | None


class AssessedMark(BaseModel):
    """A place's score in hundredths, its grade, and its rank among the `of` beside it."""

    place: str
    name: str
    level: str
    above: str
    score: int
    grade: str
    rank: int
    of: int


class Assessed(AssessedMark):
    """A place as it stands on `day`, with what lies directly in it.

    `rank` and `of` hold within what was asked for; `digest` names this very result.
    """

    year: int
    day: str
    edition: str
    edition_digest: str
    digest: str
    indicators: list[AssessedPart]
    places: list[AssessedMark]


class AssessmentGrade(BaseModel):
    """A grade, from so many points of a hundred on (decimal text)."""

    grade: str
    title: str
    from_score: str


class IndicatorShown(BaseModel):
    """An indicator in force; `measure` is what it counts, `clause` the text that it rests on."""

    indicator: str
    title: str
    english: str
    clause: str
    measure: str
    levels: list[str]
    reach: str
    of: str
    weight: str


class AssessmentEdition(BaseModel):
    """A published assessment with the indicators of the year."""

    edition: str
    digest: str
    title: str
    source: str
    grades: list[AssessmentGrade]
    indicators: list[IndicatorShown]


class AssessmentDrawAsked(BaseModel):
    """Draw `size` places (absent: all) of a kind in an area, as they were at the end of a day.

    Without `seed` a random one is taken; without `as_of` it is yesterday.
    """

    stage: Literal["cross-review", "spot-check"]
    year: Year
    place: str = Field(min_length=1, max_length=64)
    of: Literal["centre", "sub-centre", "station"]
    size: int | None = Field(None, ge=1, le=1000)
    seed: str = Field("", max_length=200)
    as_of: date | None = None


class PairShown(BaseModel):
    """Who reviews whom."""

    reviewer: str
    reviewed: str


class AssessmentDrawShown(BaseModel):
    """A draw: by the digest of the list and the seed anybody can draw it again.

    `names` of those drawn, where they are registered.
    """

    draw: str
    stage: str
    year: int
    place: str
    of: str
    as_of: str
    listed: int
    digest: str
    seed: str
    size: int
    drawn: list[str]
    by: str
    drawn_at: str
    pairs: list[PairShown] = []
    names: dict[str, str]


class AssessmentDrawnAgain(BaseModel):
    """A draw made once more: is the list the recorded one, and does the same come out?"""

    draw: AssessmentDrawShown
    listed: int
    digest: str
    drawn: list[str]
    same_list: bool
    same_outcome: bool


class AssessmentFindingAsked(BaseModel):
    """What was found of an indicator at a place; `seen` is what was counted there."""

    place: str = Field(min_length=1, max_length=128)
    stage: Stage
    year: Year
    indicator: str = Field(min_length=1, max_length=128)
    verdict: Literal["met", "unmet", "doubtful"]
    seen: str = Field("", max_length=20)
    note: str = Field("", max_length=256)
    reviewer: str | None = Field(None, max_length=128)
    draw: str | None = Field(None, max_length=128)


class AssessmentFinding(BaseModel):
    """The newest finding of a stage on an indicator at a place; `name` of the place, or ""."""

    place: str
    name: str
    year: int
    stage: str
    indicator: str
    verdict: str
    seen: str
    note: str
    reviewer: str
    draw: str
    by: str
    found_at: str


class AssessmentResultAsked(BaseModel):
    """File the result of a place as it is now; another grade than the score's takes a note."""

    place: str = Field(min_length=1, max_length=128)
    year: Year
    as_of: date | None = Field(None, description="Up to the end of this day of the year")
    edition: str = Field("", max_length=60)
    grade: str = Field("", max_length=60)
    note: str = Field("", max_length=256)


class AssessmentResult(BaseModel):
    """A filed result, as of the end of `day`; `score` in hundredths."""

    place: str
    year: int
    day: str
    edition: str
    edition_digest: str
    score: int
    grade: str
    digest: str
    note: str
    by: str
    concluded_at: str


@router.get("")
def assessment(
    asks: Asks,
    place: Place = "",
    year: InYear = None,
    edition: Edition = "",
    as_of: Until = None,
) -> Assessed:
    """How a place stands by the indicators, and what lies directly in it, by rank."""
    with asks.serving.reader.database.read() as connection:
        result, root = _assessed(asks, connection, place, year, edition, as_of)
    return Assessed.model_validate(result.told(root))


@router.get("/missing")
def missing(
    asks: Asks,
    part: Asked,
    place: Place = "",
    year: InYear = None,
    edition: Edition = "",
    as_of: Until = None,
    indicator: Annotated[str, Query(max_length=60, description="Only this one")] = "",
) -> Page[AssessedLine]:
    """What is missing to reach the goals, and where; the place with the most to do first."""
    with asks.serving.reader.database.read() as connection:
        result, _ = _assessed(asks, connection, place, year, edition, as_of)
    if indicator and indicator not in result.indicators:
        raise Problem(Kind.INVALID, f"indicator: one of {', '.join(result.indicators)}")
    after = _order_of(result, part.key(str, str, int, str))
    lines = [
        one
        for one in result.missing()
        if indicator in ("", one.indicator) and (after is None or result.order(one) > after)
    ]
    return part.page(
        lines[: part.limit + 1],
        lambda one: AssessedLine.model_validate(one.to_json()),
        lambda one: [one.indicator, one.level, one.lacking or 0, one.whose],
    )


def _order_of(
    result: Result, key: tuple[str, str, int, str] | None
) -> tuple[int, str, int, str] | None:
    """Where the part before ended. Raises Problem if that is no key of such a list."""
    if key is None:
        return None
    if key[0] not in result.indicators:
        raise foreign_cursor()
    return result.order_of(*key)


@router.get(
    "/report.{form}",
    response_class=Response,
    responses={200: {"content": {XLSX: {}, PDF: {}}, "description": "The report"}},
)
def report_file(
    asks: Asks,
    form: Literal["xlsx", "pdf"],
    place: Place = "",
    year: InYear = None,
    edition: Edition = "",
    as_of: Until = None,
) -> Response:
    """The report of a place, to be signed and filed; all of it is of one moment."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        result, root = _assessed(asks, connection, place, year, edition, as_of)
        made = report(connection, result, root, recorder.now())
    if form == "xlsx":
        return attached(as_xlsx(sheets(made)), XLSX, f"{made.title}.xlsx")
    return attached(_pdf(asks, made), PDF, f"{made.title}.pdf")


@router.get("/editions")
def editions(asks: Asks, year: InYear = None) -> Page[AssessmentEdition]:
    """The published assessments, with the indicators that are in force in the year."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        if not asks.may_anywhere(Permission.READ):
            asks.require(connection, Permission.READ)
    wanted = _year(asks, year)
    return Page(items=[_edition(name, wanted) for name in published()])


@router.get("/draws")
def draws(asks: Asks, place: Place = "", year: InYear = None) -> Page[AssessmentDrawShown]:
    """The draws from places of an area, the newest first; all of them."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(_area(asks, place)))
        found = draws_in(connection, _area(asks, place), year)
        return Page(items=_draws(connection, found))


@router.post("/draws", response_model=AssessmentDrawShown)
def draw_now(asks: Asks, said: AssessmentDrawAsked, once: Idempotent) -> Response:
    """Draw a sample, or who reviews whom."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REVIEW, at=at_place(said.place))

    def work() -> AssessmentDrawShown:
        clock = recorder.policy.plan.clock
        found = draw(
            recorder,
            f"{said.stage}-{said.year}-{token_hex(4)}",
            stage=said.stage,
            year=said.year,
            area=said.place,
            of=said.of,
            day=said.as_of or clock.date(recorder.now() // SECOND - 86_400),
            seed=said.seed or token_hex(16),
            size=said.size,
            by=by,
        )
        with recorder.database.read() as connection:
            return _draws(connection, [found])[0]

    return once.do(work)


@router.get("/draws/{draw}")
def drawn_again(
    asks: Asks, ident: Annotated[str, Path(alias="draw", min_length=1, max_length=128)]
) -> AssessmentDrawnAgain:
    """A draw, and whether the same comes out of it again."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        try:
            found = find_draw(connection, ident)
        except LedgerError:
            raise not_found(f"there is no draw {ident}") from None
        asks.require(connection, Permission.READ, at=at_place(found.place))
        again = draw_again(connection, recorder.rules_by(connection), recorder.now(), ident)
        [shown] = _draws(connection, [found])
    return AssessmentDrawnAgain.model_validate({**again_json(again), "draw": shown})


@router.get("/findings")
def findings(asks: Asks, place: Place = "", year: InYear = None) -> Page[AssessmentFinding]:
    """What was found in the checks of a year at a place and below it; all of it."""
    area = _area(asks, place)
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(area))
        found = findings_in(connection, _year(asks, year), area)
        return Page(items=_findings(connection, found))


@router.post("/findings", response_model=AssessmentFinding)
def find(asks: Asks, said: AssessmentFindingAsked, once: Idempotent) -> Response:
    """Record what was found; a later finding of the same stage and indicator replaces it."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REVIEW, at=at_place(said.place))

    def work() -> AssessmentFinding:
        told = {**said.model_dump(exclude={"place"}), "by": by}
        record_finding(recorder, edition_for(said.year), said.place, told)
        with recorder.database.read() as connection:
            found = findings_in(connection, said.year, place=said.place)
            key = (said.stage, said.indicator)
            kept = [one for one in found if (one.stage, one.indicator) == key]
            return _findings(connection, kept)[0]

    return once.do(work)


@router.get("/results")
def results(
    asks: Asks, place: Annotated[str, Query(min_length=1, max_length=64)]
) -> Page[AssessmentResult]:
    """The results of a place that were filed, the oldest year first: its trend."""
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        found = results_of(connection, place)
    return Page(items=[_result(one) for one in found])


@router.post("/results", response_model=AssessmentResult)
def file_result(asks: Asks, said: AssessmentResultAsked, once: Idempotent) -> Response:
    """File a year's result of a place; a later filing replaces it."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REVIEW, at=at_place(said.place))

    def work() -> AssessmentResult:
        with recorder.database.read() as connection:
            result = assess_area(
                connection,
                recorder.rules_by(connection),
                recorder.now(),
                edition_for(said.year, said.edition),
                said.year,
                said.place,
                said.as_of,
            )
        filed = conclude(recorder, result, said.place, by=by, grade=said.grade, note=said.note)
        return _result(filed)

    return once.do(work)


def _assessed(
    asks: Caller,
    connection: Connection,
    place: str,
    year: int | None,
    edition: str,
    as_of: date | None,
) -> tuple[Result, str]:
    """The result of an area, and the place that it is of. Raises RefusedError or Problem."""
    recorder, area = asks.serving.reader, _area(asks, place)
    wanted = _year(asks, year) if as_of is None or year is not None else as_of.year
    asks.require(connection, Permission.READ, at=at_place(area))
    rules, kept = recorder.rules_by(connection), edition_for(wanted, edition)
    result = assess_area(connection, rules, recorder.now(), kept, wanted, area, as_of)
    try:
        return result, result.root()
    except LedgerError as error:
        raise Problem(Kind.INVALID, f"place: {error}") from None


def _area(asks: Caller, place: str) -> str:
    area = place or asks.serving.settings.place
    return "" if area == EVERYWHERE else area


def _year(asks: Caller, year: int | None) -> int:
    recorder = asks.serving.reader
    return year or from_micros(recorder.now(), recorder.policy.zone).year


def _pdf(asks: Caller, made: Report) -> bytes:
    page = extra("ledger.centre.assessment.report_page", "a report as PDF", "certificates")
    check_libraries()
    content: bytes = page.to_pdf(made, font_file(asks.serving.settings.font))
    return content


def _edition(name: str, year: int) -> AssessmentEdition:
    kept = edition_for(year, name)
    doc = kept.doc
    return AssessmentEdition(
        edition=doc.assessment,
        digest=kept.digest,
        title=doc.name.zh,
        source=doc.source.title,
        grades=[
            AssessmentGrade(grade=one.grade, title=one.title.zh, from_score=str(one.from_))
            for one in doc.grades
        ],
        indicators=[
            IndicatorShown(
                indicator=one.id,
                title=one.title.zh,
                english=one.title.en,
                clause=doc.clauses[one.clause],
                measure=one.measure,
                levels=list(one.at),
                reach=one.reach,
                of=one.of,
                weight=str(one.weight),
            )
            for one in kept.in_force(year)
        ],
    )


def _draws(connection: Connection, found: Sequence[DrawRow]) -> list[AssessmentDrawShown]:
    """Draws, with the names of those drawn."""
    drawn = [drawn_of(one) for one in found]
    known = registered_names(connection, "place", {ident for one in drawn for ident in one})
    return [
        AssessmentDrawShown.model_validate(
            {
                **draw_json(one),
                "drawn_at": _time(one.drawn_at),
                "names": {ident: known[ident] for ident in idents if ident in known},
            }
        )
        for one, idents in zip(found, drawn, strict=True)
    ]


def _findings(connection: Connection, found: Sequence[FindingRow]) -> list[AssessmentFinding]:
    """Findings, with the names of their places."""
    names = registered_names(connection, "place", {one.place for one in found})
    return [
        AssessmentFinding.model_validate(
            {
                **one._asdict(),
                "name": names.get(one.place, ""),
                "found_at": _time(one.found_at),
            }
        )
        for one in found
    ]


def _result(one: ResultRow) -> AssessmentResult:
    return AssessmentResult.model_validate(
        {**one._asdict(), "concluded_at": _time(one.concluded_at)}
    )


def _time(at: int) -> str:
    return from_micros(at, CHINA).isoformat()
