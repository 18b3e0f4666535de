"""What happens to a project (志愿服务项目), from the call for projects to its evaluation?"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.envelope import CloudEvent, Data, Identifier, Instant, Label, Yuan

Score = Annotated[
    str, StringConstraints(pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$", strict=True)
]
"""Points of a hundred, to the hundredth, as text."""

Year = Annotated[int, Field(strict=True, ge=1970, le=9997)]

BrandLevel = Literal["city", "county", "sub-centre", "station"]
"""Whose brand project it is: 市、县、所、站."""


class Call(Data):
    """Projects are wanted at `place` and below it, for `year`, until an instant."""

    title: Label
    place: Identifier
    year: Year
    until: Instant
    text: Annotated[str, StringConstraints(max_length=8000, strict=True)] = ""
    by: Label = ""


class ProjectsCalled(CloudEvent):
    """项目征集: `subject` is the call."""

    type: Literal["volunteer.project.called.v1"] = "volunteer.project.called.v1"
    data: Call


class Submission(Data):
    """What a project is. `place` is where it lies: the sub-centre, station or county it is of."""

    name: Label
    place: Identifier
    call: Identifier | None = None
    team: Identifier | None = None
    category: Label = ""
    summary: Annotated[str, StringConstraints(max_length=8000, strict=True)] = ""
    by: Label = ""


class ProjectSubmitted(CloudEvent):
    """申报: the project (`subject`) is submitted, or what it is said anew before it is judged."""

    type: Literal["volunteer.project.submitted.v1"] = "volunteer.project.submitted.v1"
    data: Submission


class Screening(Data):
    """It goes to `experts`, who have to come to `pass_mark` on average, or it is not followed up.

    `experts`: how many have to score before it can be admitted.
    """

    outcome: Literal["pass", "refuse"]
    experts: int = Field(default=3, strict=True, ge=1, le=50)
    pass_mark: Score | None = None
    reason: Label = ""
    by: Label = ""


class ProjectScreened(CloudEvent):
    """初筛 of a project (`subject`)."""

    type: Literal["volunteer.project.screened.v1"] = "volunteer.project.screened.v1"
    data: Screening


class ExpertScore(Data):
    """One expert's score; the same expert's next one replaces it."""

    expert: Identifier
    score: Score
    comment: Label = ""


class ProjectScored(CloudEvent):
    """专家评审: an expert scores a project (`subject`)."""

    type: Literal["volunteer.project.scored.v1"] = "volunteer.project.scored.v1"
    data: ExpertScore


class ImprovementAsked(Data):
    """What is to be improved, and until when."""

    what: Label
    until: Instant | None = None
    by: Label = ""


class ProjectImprovementAsked(CloudEvent):
    """要求完善: a project (`subject`) goes back to whoever submitted it."""

    type: Literal["volunteer.project.improvement-asked.v1"] = (
        "volunteer.project.improvement-asked.v1"
    )
    data: ImprovementAsked


class Improvement(Data):
    """What was improved; a `summary` replaces the one before."""

    what: Label
    summary: Annotated[str, StringConstraints(max_length=8000, strict=True)] | None = None
    by: Label = ""


class ProjectImproved(CloudEvent):
    """完善: a project (`subject`) comes back improved. Scores of before stand until replaced."""

    type: Literal["volunteer.project.improved.v1"] = "volunteer.project.improved.v1"
    data: Improvement


class Admission(Data):
    """The project is in the library of the centre `library`."""

    library: Identifier
    by: Label = ""


class ProjectAdmitted(CloudEvent):
    """入库: a project (`subject`) is admitted to a library."""

    type: Literal["volunteer.project.admitted.v1"] = "volunteer.project.admitted.v1"
    data: Admission


class Closing(Data):
    """Why it goes no further, and who says so."""

    reason: Label
    by: Label = ""


class ProjectRefused(CloudEvent):
    """不予入库: a project (`subject`) is not admitted. It may be submitted anew."""

    type: Literal["volunteer.project.refused.v1"] = "volunteer.project.refused.v1"
    data: Closing


class Announcement(Data):
    """Everybody may object until an instant."""

    until: Instant
    where: Label = ""
    by: Label = ""


class ProjectAnnounced(CloudEvent):
    """公示: an admitted project (`subject`) is shown to the public."""

    type: Literal["volunteer.project.announced.v1"] = "volunteer.project.announced.v1"
    data: Announcement


class Release(Data):
    """Where it can be found."""

    where: Label = ""
    by: Label = ""


class ProjectReleased(CloudEvent):
    """发布: after its announcement a project (`subject`) is offered to residents and teams."""

    type: Literal["volunteer.project.released.v1"] = "volunteer.project.released.v1"
    data: Release


class Tracking(Data):
    """How it goes on."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=4000, strict=True)]
    by: Label = ""


class ProjectTracked(CloudEvent):
    """跟踪: somebody looked at a project (`subject`)."""

    type: Literal["volunteer.project.tracked.v1"] = "volunteer.project.tracked.v1"
    data: Tracking


class Evaluation(Data):
    """How good it was in a year; one of the same year replaces it."""

    year: Year
    grade: Label
    score: Score | None = None
    note: Label = ""
    by: Label = ""


class ProjectEvaluated(CloudEvent):
    """评估 of a project (`subject`)."""

    type: Literal["volunteer.project.evaluated.v1"] = "volunteer.project.evaluated.v1"
    data: Evaluation


class Support(Data):
    """Money, or things that are worth so much, from somebody."""

    form: Literal["money", "things"]
    yuan: Yuan
    of: Label = ""
    what: Label = ""
    by: Label = ""

    @model_validator(mode="after")
    def _things_are_named(self) -> Self:
        if self.form == "things" and not self.what.strip():
            raise ValueError("what: name the things that were given")
        return self


class ProjectSupported(CloudEvent):
    """扶持: a project (`subject`) is given money or things."""

    type: Literal["volunteer.project.supported.v1"] = "volunteer.project.supported.v1"
    data: Support


class BrandNaming(Data):
    """A brand project of a city, county, sub-centre or station: of the place `of`."""

    level: BrandLevel
    of: Identifier
    by: Label = ""


class BrandNamed(CloudEvent):
    """品牌项目: a project (`subject`) of a library is named a brand project."""

    type: Literal["volunteer.project.brand-named.v1"] = "volunteer.project.brand-named.v1"
    data: BrandNaming


class BrandWithdrawal(Data):
    """It is a brand project of that level no more."""

    level: BrandLevel
    reason: Label = ""
    by: Label = ""


class BrandWithdrawn(CloudEvent):
    """撤销品牌项目 of a project (`subject`)."""

    type: Literal["volunteer.project.brand-withdrawn.v1"] = "volunteer.project.brand-withdrawn.v1"
    data: BrandWithdrawal


class ProjectEnded(CloudEvent):
    """结项、退出: a project (`subject`) is over, or taken back by whoever submitted it."""

    type: Literal["volunteer.project.ended.v1"] = "volunteer.project.ended.v1"
    data: Closing


ProjectStep = (
    ProjectSubmitted
    | ProjectScreened
    | ProjectScored
    | ProjectImprovementAsked
    | ProjectImproved
    | ProjectAdmitted
    | ProjectRefused
    | ProjectAnnounced
    | ProjectReleased
    | ProjectTracked
    | ProjectEvaluated
    | ProjectSupported
    | BrandNamed
    | BrandWithdrawn
    | ProjectEnded
)
"""Of one project; the call is a subject of its own."""

ProjectEvent = ProjectsCalled | ProjectStep
