"""Where does a project (志愿服务项目) stand, which steps led there, and whose brand is it?

A project is submitted 申报, screened 初筛, scored by several experts 评审, perhaps improved 完善,
admitted to a library 入库, announced 公示 and released 发布; then it is tracked 跟踪, evaluated
评估 and supported 扶持, until it ends 结项. A step that can't be taken where the project stands
has no effect and is kept with its reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import orjson

from ledger.centre.dossier import Told
from ledger.clock import to_micros
from schemas.documents import event_type
from schemas.project import (
    BrandNamed,
    BrandWithdrawn,
    ProjectAdmitted,
    ProjectAnnounced,
    ProjectEnded,
    ProjectEvaluated,
    ProjectImproved,
    ProjectImprovementAsked,
    ProjectRefused,
    ProjectReleased,
    ProjectsCalled,
    ProjectScored,
    ProjectScreened,
    ProjectStep,
    ProjectSubmitted,
    ProjectSupported,
    ProjectTracked,
)

State = Literal[
    "submitted",
    "screened",
    "reviewed",
    "improving",
    "admitted",
    "announced",
    "released",
    "refused",
    "ended",
]

STATES: dict[State, str] = {
    "submitted": "已申报",
    "screened": "通过初筛",
    "reviewed": "评审中",
    "improving": "完善中",
    "admitted": "已入库",
    "announced": "公示中",
    "released": "已发布",
    "refused": "未入库",
    "ended": "已结项",
}
"""For people, in the order of a project's life."""

IN_LIBRARY: frozenset[State] = frozenset({"admitted", "announced", "released"})
"""在库: what can be tracked, evaluated, supported, and a brand."""

_BEFORE: frozenset[State] = frozenset({"submitted", "screened", "reviewed", "improving"})


class Project(NamedTuple):
    """A project as it stands, in the order of its table's columns.

    Marks are hundredths of a point, money is fen, times are µs. `scores`: experts who have scored.
    """

    project: str
    state: State
    name: str
    place: str
    call: str
    team: str
    category: str
    summary: str
    library: str
    submitted_at: int
    since: int
    experts: int = 0
    pass_mark: int | None = None
    scores: int = 0
    average: int | None = None
    due_at: int | None = None
    evaluated: int | None = None
    grade: str = ""
    money: int = 0
    things: int = 0


class Step(NamedTuple):
    """An event of a project, in the order of its table's columns; `reason`: why without effect."""

    project: str
    number: int
    at: int
    kind: str
    effect: int
    reason: str
    by: str
    content: str


class Brand(NamedTuple):
    """A time as the brand project of a place; `until` None: still."""

    project: str
    level: str
    since: int
    until: int | None
    of: str


class CallRow(NamedTuple):
    """A call for projects, in the order of its table's columns."""

    call: str
    title: str
    place: str
    year: int
    opened_at: int
    due_at: int
    text: str
    by: str


@dataclass(slots=True)
class Standing:
    """All that follows from a project's events so far; `total` is that of the scores."""

    project: Project | None = None
    scores: dict[str, int] = field(default_factory=dict)
    total: int = 0
    open_brands: dict[str, Brand] = field(default_factory=dict)
    closed_brands: list[Brand] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def projects(ident: str, dossier: Sequence[Told]) -> Iterable[Project]:
    """The project as it stands: no row where nothing was submitted."""
    found = standing(ident, dossier).project
    return () if found is None else (found,)


def steps(ident: str, dossier: Sequence[Told]) -> Iterable[Step]:
    """Every step, those without effect too."""
    return standing(ident, dossier).steps


def brands(ident: str, dossier: Sequence[Told]) -> Iterable[Brand]:
    """The times as a brand project."""
    found = standing(ident, dossier)
    return [*found.closed_brands, *found.open_brands.values()]


def calls(ident: str, dossier: Sequence[Told]) -> Iterable[CallRow]:
    """The call as it was last said; it opened when it was first."""
    if not dossier:
        return ()
    event: ProjectsCalled = dossier[-1].event
    said = event.data
    until = to_micros(said.until)
    return (
        CallRow(ident, said.title, said.place, said.year, dossier[0].at, until, said.text, said.by),
    )


def standing(ident: str, dossier: Sequence[Told]) -> Standing:
    """Fold the events of one project, in their order."""
    found = Standing()
    for number, (at, _, _, event) in enumerate(dossier, 1):
        reason = refusal(found, event, at)
        if not reason:
            _take(found, ident, event, at)
        content = orjson.dumps(event.data.model_dump(mode="json", exclude_none=True)).decode()
        kind = _kind(event.type)
        by = event.data.expert if isinstance(event, ProjectScored) else event.data.by
        found.steps.append(Step(ident, number, at, kind, int(not reason), reason, by, content))
    return found


def refusal(found: Standing, event: ProjectStep, at: int) -> str:
    """Why the step can't be taken where the project stands; "" if it can."""
    project = found.project
    if project is None:
        if isinstance(event, ProjectSubmitted):
            return ""
        return "there is no such project: it was never submitted 尚未申报"
    state, allowed = project.state, _ALLOWED[type(event)]
    if state not in allowed:
        known = "、".join(STATES[one] for one in STATES if one in allowed)
        return f"it is {state} {STATES[state]}; this takes one that is {known}"
    match event:
        case ProjectAdmitted():
            return _not_ripe(project)
        case ProjectReleased() if project.due_at is not None and at < project.due_at:
            return "its announcement is not over yet 公示期未满"
        case ProjectAnnounced(data=data) if to_micros(data.until) <= at:
            return "until: the announcement would be over before it begins 公示截止早于开始"
        case BrandNamed(data=data):
            held = found.open_brands.get(data.level)
            if held is not None:
                return f"it is the {data.level}'s brand project already 已是品牌项目 ({held.of})"
        case BrandWithdrawn(data=data) if data.level not in found.open_brands:
            return f"it is no brand project of the {data.level} 不是该级品牌项目"
    return ""


def steps_from(state: State) -> list[str]:
    """The short names of the steps that can be taken in a state, in their order."""
    return [_kind(event_type(step)) for step, allowed in _ALLOWED.items() if state in allowed]


def _kind(name: str) -> str:
    """The short name of a step's event."""
    return name.removeprefix("volunteer.project.").removesuffix(".v1")


def _not_ripe(project: Project) -> str:
    """Why the experts' scores don't let it in."""
    if project.scores < project.experts:
        return (
            f"{project.scores} of {project.experts} experts have scored 专家评审未满"
            f" {project.experts} 人"
        )
    mark, average = project.pass_mark, project.average
    if mark is not None and (average is None or average < mark):
        return f"its average {points(average or 0)} is below {points(mark)} 评审平均分未达标"
    return ""


def points(hundredths: int) -> str:
    """A mark for people, as 87.5."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)


def hundredths(text: str) -> int:
    """A mark or an amount of yuan as a whole number of hundredths."""
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _take(found: Standing, ident: str, event: ProjectStep, at: int) -> None:
    project = found.project
    if isinstance(event, ProjectSubmitted):
        _submit(found, ident, event, at)
        return
    assert project is not None
    match event:
        case ProjectScreened(data=data) if data.outcome == "refuse":
            found.project = _to(project, "refused", at)
        case ProjectScreened(data=data):
            mark = None if data.pass_mark is None else hundredths(data.pass_mark)
            found.project = _to(project, "screened", at, experts=data.experts, pass_mark=mark)
        case ProjectScored(data=data):
            score = hundredths(data.score)
            found.total += score - found.scores.get(data.expert, 0)
            found.scores[data.expert] = score
            number = len(found.scores)
            average = (2 * found.total + number) // (2 * number)  # half a hundredth up
            found.project = _to(project, "reviewed", at, scores=number, average=average)
        case ProjectImprovementAsked(data=data):
            due = None if data.until is None else to_micros(data.until)
            found.project = _to(project, "improving", at, due_at=due)
        case ProjectImproved(data=data):
            summary = project.summary if data.summary is None else data.summary
            state: State = "reviewed" if found.scores else "screened"
            found.project = _to(project, state, at, summary=summary)
        case ProjectAdmitted(data=data):
            found.project = _to(project, "admitted", at, library=data.library)
        case ProjectRefused():
            found.project = _to(project, "refused", at)
        case ProjectAnnounced(data=data):
            found.project = _to(project, "announced", at, due_at=to_micros(data.until))
        case ProjectReleased():
            found.project = _to(project, "released", at)
        case ProjectEvaluated(data=data):
            if project.evaluated is None or data.year >= project.evaluated:
                found.project = project._replace(evaluated=data.year, grade=data.grade)
        case ProjectSupported(data=data) if data.form == "money":
            found.project = project._replace(money=project.money + hundredths(data.yuan))
        case ProjectSupported(data=data):
            found.project = project._replace(things=project.things + hundredths(data.yuan))
        case BrandNamed(data=data):
            found.open_brands[data.level] = Brand(ident, data.level, at, None, data.of)
        case BrandWithdrawn(data=data):
            _close(found, data.level, at)
        case ProjectEnded():
            for level in list(found.open_brands):
                _close(found, level, at)
            found.project = _to(project, "ended", at)


def _submit(found: Standing, ident: str, event: ProjectSubmitted, at: int) -> None:
    """What is submitted anew after a refusal is judged anew."""
    said, was = event.data, found.project
    found.scores.clear()
    found.total = 0
    found.project = Project(
        ident,
        "submitted",
        said.name,
        said.place,
        said.call or "",
        said.team or "",
        said.category,
        said.summary,
        "",
        at if was is None else was.submitted_at,
        at,
    )


def _to(project: Project, state: State, at: int, **more: object) -> Project:
    """In another state since `at`; what was due in the one before is not any more."""
    since = at if state != project.state else project.since
    return project._replace(**{"due_at": None, **more, "state": state, "since": since})  # type: ignore[arg-type]


def _close(found: Standing, level: str, at: int) -> None:
    brand = found.open_brands.pop(level)
    if at > brand.since:  # one that was taken back at once never was
        found.closed_brands.append(brand._replace(until=at))


_ALLOWED: dict[type, frozenset[State]] = {
    ProjectSubmitted: frozenset({"submitted", "refused"}),
    ProjectScreened: frozenset({"submitted"}),
    ProjectScored: frozenset({"screened", "reviewed"}),
    ProjectImprovementAsked: frozenset({"screened", "reviewed"}),
    ProjectImproved: frozenset({"improving"}),
    ProjectAdmitted: frozenset({"reviewed"}),
    ProjectRefused: frozenset({"screened", "reviewed", "improving"}),
    ProjectAnnounced: frozenset({"admitted"}),
    ProjectReleased: frozenset({"announced"}),
    ProjectTracked: IN_LIBRARY,
    ProjectEvaluated: IN_LIBRARY,
    ProjectSupported: IN_LIBRARY,
    BrandNamed: IN_LIBRARY,
    BrandWithdrawn: IN_LIBRARY,
    ProjectEnded: _BEFORE | IN_LIBRARY,
}
"""From which states each step can be taken."""
