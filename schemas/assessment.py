"""How is a year of the practice centres assessed? Draws of who is looked at, findings, results."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.catalogue import Day
from schemas.envelope import CloudEvent, Data, Identifier, Label
from schemas.project import Score, Year

Stage = Literal["self-check", "cross-review", "spot-check"]
"""县级自查、市级互查、省级抽查."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$", strict=True)]
"""SHA-256, in hex."""


class Draw(Data):
    """Who is looked at, drawn so that anybody can draw it again.

    The list is all places of `of` in `area` at the end of the day `as_of`, by id; `digest` is the
    SHA-256 of its ids, each with a newline. Each id is ranked by the SHA-256 of the seed, a
    newline and the id: the first `size` are a spot check's sample; in a cross-review each place of
    the ranking looks at the next one, the last at the first. `drawn` is what came out.
    """

    stage: Literal["cross-review", "spot-check"]
    year: Year
    area: Identifier
    of: Literal["centre", "sub-centre", "station"]
    as_of: Day
    listed: int = Field(strict=True, ge=1)
    digest: Digest
    seed: Annotated[str, StringConstraints(min_length=1, max_length=200, strict=True)]
    size: int = Field(strict=True, ge=1, le=1000)
    drawn: list[Identifier] = Field(min_length=1, max_length=1000)
    by: Label = ""


class AssessmentDrawn(CloudEvent):
    """抽签: `subject` is the draw's id. The first one under an id stands."""

    type: Literal["volunteer.assessment.drawn.v1"] = "volunteer.assessment.drawn.v1"
    data: Draw


class Finding(Data):
    """What somebody who looked found of an indicator; `seen` is what was counted there.

    A later one of the same stage, year and indicator replaces it.
    """

    stage: Stage
    year: Year
    indicator: Identifier
    verdict: Literal["met", "unmet", "doubtful"]
    seen: Annotated[
        str, StringConstraints(pattern=r"^(|[0-9]{1,12}(\.[0-9]{1,6})?)$", strict=True)
    ] = ""
    note: Label = ""
    reviewer: Identifier | None = None
    """The place that looks at this one, in a cross-review."""

    draw: Identifier | None = None
    by: Label = ""


class AssessmentFound(CloudEvent):
    """检查发现: of the place (`subject`)."""

    type: Literal["volunteer.assessment.found.v1"] = "volunteer.assessment.found.v1"
    data: Finding


class Conclusion(Data):
    """A year's result as it is filed; `digest` is that of the whole result.

    It is of the end of `day`, as far as that was over.
    """

    year: Year
    day: Day
    edition: Identifier
    edition_digest: Digest
    score: Score
    grade: Identifier
    digest: Digest
    note: Label = ""
    by: Label = ""


class AssessmentConcluded(CloudEvent):
    """年度测评定级 of the place (`subject`). A later one of the same year replaces it."""

    type: Literal["volunteer.assessment.concluded.v1"] = "volunteer.assessment.concluded.v1"
    data: Conclusion


AssessmentEvent = AssessmentDrawn | AssessmentFound | AssessmentConcluded
