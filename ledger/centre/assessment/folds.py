"""What was drawn, found and concluded of a year's assessment? The folds."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from ledger.centre.dossier import Told
from ledger.centre.projects.life import hundredths
from schemas.assessment import AssessmentConcluded, AssessmentDrawn, AssessmentFound, Conclusion


class DrawRow(NamedTuple):
    """A draw, in the order of its table's columns; `drawn` is JSON."""

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
    drawn: str
    by: str
    drawn_at: int


class FindingRow(NamedTuple):
    """The newest finding of each stage, year and indicator, in the order of its table's columns."""

    place: str
    year: int
    stage: str
    indicator: str
    verdict: str
    seen: str
    note: str
    reviewer: str
    draw: str
    by: str
    found_at: int


class ResultRow(NamedTuple):
    """A year's filed result, in the order of its table's columns; `score` in hundredths."""

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
    concluded_at: int


def draws(ident: str, dossier: Sequence[Told]) -> Iterable[DrawRow]:
    """The first draw under an id: nobody draws again until the outcome pleases."""
    if not dossier:
        return ()
    event: AssessmentDrawn = dossier[0].event
    said = event.data
    return (
        DrawRow(
            ident,
            said.stage,
            said.year,
            said.area,
            said.of,
            said.as_of,
            said.listed,
            said.digest,
            said.seed,
            said.size,
            orjson.dumps(said.drawn).decode(),
            said.by,
            dossier[0].at,
        ),
    )


def findings(place: str, dossier: Sequence[Told]) -> Iterable[FindingRow]:
    """The last word of each stage on each indicator."""
    found: dict[tuple[int, str, str], FindingRow] = {}
    for at, _, _, event in dossier:
        told: AssessmentFound = event
        said = told.data
        found[said.year, said.stage, said.indicator] = FindingRow(
            place,
            said.year,
            said.stage,
            said.indicator,
            said.verdict,
            said.seen,
            said.note,
            said.reviewer or "",
            said.draw or "",
            said.by,
            at,
        )
    return found.values()


def results(place: str, dossier: Sequence[Told]) -> Iterable[ResultRow]:
    """The last conclusion of each year."""
    found: dict[int, ResultRow] = {}
    for at, _, _, event in dossier:
        told: AssessmentConcluded = event
        found[told.data.year] = _result(place, told.data, at)
    return found.values()


def _result(place: str, said: Conclusion, at: int) -> ResultRow:
    return ResultRow(
        place,
        said.year,
        said.day,
        said.edition,
        said.edition_digest,
        hundredths(said.score),
        said.grade,
        said.digest,
        said.note,
        said.by,
        at,
    )
