"""Which projects does the county have, what is served in them, and what was found in a check?

Eight projects at all stages of their lives, a spot check drawn by a seed, and a few findings.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any, NamedTuple

from ledger.centre.assessment.draws import list_digest, ranked
from ledger.county.people import County
from ledger.county.programme import Programme
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA
from schemas import CloudEvent
from schemas import project as told
from schemas.assessment import AssessmentDrawn, AssessmentFound, Draw, Finding

CENTRE = f"{AREA}000000"
CALL = "PC01"
DRAW = "DRAW01"
SEED = "青岚 3 1 4 1 5"
SAMPLE = 5
EXPERTS = ("E01", "E02", "E03")


class Idea(NamedTuple):
    """A project: where, of which kind of activity, how far it came, its scores, its support."""

    ident: str
    name: str
    place: str
    kind: str
    stage: str
    scores: tuple[str, ...]
    yuan: str = ""
    things: str = ""


IDEAS = (
    Idea("P001", "四点半课堂", CENTRE, "助学辅导", "brand", ("92", "88.5", "95"), "30000.00"),
    Idea("P002", "夕阳红助餐", CENTRE, "敬老助残", "brand", ("90", "86", "91.5"), "50000.00"),
    Idea("P003", "河长在身边", CENTRE, "环境整治", "released", ("85", "80", "88"), "8000.00"),
    Idea("P004", "银龄义诊", CENTRE, "义诊", "brand", ("93", "90", "89"), "6000.00", "血压计12台"),
    Idea("P005", "书香柳泉", f"{AREA}003000", "阅读推广", "announced", ("78", "82", "80.5")),
    Idea("P006", "文明路口", f"{AREA}001000", "文明交通", "improving", ("70", "66")),
    Idea("P007", "乡村大舞台", f"{AREA}004000", "文化惠民", "screened", ()),
    Idea("P008", "直播带货培训", f"{AREA}005000", "", "refused", ("55", "48", "60")),
)


def mark_activities(programme: Programme) -> None:
    """What is done for a released project names it."""
    by_kind = {one.kind: one.ident for one in IDEAS if one.stage in ("brand", "released")}
    for ident, activity in programme.activities.items():
        if activity.kind in by_kind:
            programme.belong(ident, by_kind[activity.kind])


def project_events(county: County, season: Season) -> Iterator[CloudEvent]:
    """The call, what became of each project, a draw and findings."""
    made = _Maker(season)
    until = made.at(40)
    call = told.Call(
        title="青岚县文明实践志愿服务项目征集",
        place=CENTRE,
        year=season.first.year,
        until=until,
        by="县文明办",
    )
    yield told.ProjectsCalled(**made.head(CALL, made.at(0)), data=call)
    for number, idea in enumerate(IDEAS):
        yield from _life(idea, number, made)
    yield from _check(county, season, made)


class _Maker:
    """Numbers the events; days are counted from when the call went out."""

    def __init__(self, season: Season) -> None:
        self._begin = at_time(season.legacy + 30 * DAY, time(9))
        self._serial = count(1)

    def at(self, days: int, minutes: int = 0) -> datetime:
        return self._begin + days * DAY + timedelta(minutes=minutes)

    def head(self, subject: str, at: datetime) -> Any:
        return {
            "specversion": "1.0",
            "id": f"project-{next(self._serial):05}",
            "source": f"registry/{AREA}",
            "time": at,
            "subject": subject,
        }


def _life(idea: Idea, number: int, made: _Maker) -> Iterator[CloudEvent]:
    def head(days: int, minutes: int = 0) -> Any:
        return made.head(idea.ident, made.at(days, 10 * number + minutes))

    by = "县文明办"
    said = told.Submission(
        name=idea.name, place=idea.place, call=CALL, category=idea.kind, by="项目负责人"
    )
    yield told.ProjectSubmitted(**head(10), data=said)
    screening = told.Screening(outcome="pass", experts=len(EXPERTS), pass_mark="75", by=by)
    yield told.ProjectScreened(**head(42), data=screening)
    for place, score in enumerate(idea.scores):
        expert = told.ExpertScore(expert=EXPERTS[place], score=score)
        yield told.ProjectScored(**head(50, place), data=expert)
    if idea.stage == "improving":
        asked = told.ImprovementAsked(what="细化安全预案", until=made.at(90), by=by)
        yield told.ProjectImprovementAsked(**head(55), data=asked)
    if idea.stage == "refused":
        yield told.ProjectRefused(**head(58), data=told.Closing(reason="平均分未达75分", by=by))
    if idea.stage in ("announced", "released", "brand"):
        yield told.ProjectAdmitted(**head(60), data=told.Admission(library=CENTRE, by=by))
        shown = told.Announcement(until=made.at(68), where="县政府网站", by=by)
        yield told.ProjectAnnounced(**head(61), data=shown)
    if idea.stage in ("released", "brand"):
        yield told.ProjectReleased(**head(70), data=told.Release(where="文明青岚", by=by))
        money = told.Support(form="money", yuan=idea.yuan, of="县慈善会", by=by)
        yield told.ProjectSupported(**head(75), data=money)
        if idea.things:
            things = told.Support(
                form="things", yuan="2400.00", of="县医院", what=idea.things, by=by
            )
            yield told.ProjectSupported(**head(76), data=things)
        yield told.ProjectTracked(**head(200), data=told.Tracking(note="按计划开展", by=by))
    if idea.stage == "brand":
        naming = told.BrandNaming(level="county", of=CENTRE, by=by)
        yield told.BrandNamed(**head(210), data=naming)
        year = made.at(330).year
        good = told.Evaluation(year=year, grade="优秀", score=idea.scores[0], by=by)
        yield told.ProjectEvaluated(**head(330), data=good)


def _check(county: County, season: Season, made: _Maker) -> Iterator[CloudEvent]:
    """A spot check of some stations, drawn at the season's end, with what was found there."""
    stations = sorted(county.of_kind("station"))
    drawn = ranked(stations, SEED)[:SAMPLE]
    after = at_time(season.last + DAY, time(9))
    draw = Draw(
        stage="spot-check",
        year=season.last.year,
        area=CENTRE,
        of="station",
        as_of=season.last.isoformat(),
        listed=len(stations),
        digest=list_digest(stations),
        seed=SEED,
        size=SAMPLE,
        drawn=drawn,
        by="省文明办",
    )
    yield AssessmentDrawn(**made.head(DRAW, after), data=draw)
    for number, station in enumerate(drawn, 1):
        closed = number == SAMPLE
        finding = Finding(
            stage="spot-check",
            year=season.last.year,
            indicator="function-rooms",
            verdict="unmet" if closed else "met",
            seen="2" if closed else str(len(county.places[station].functions)),
            note="其余功能室堆放杂物，未开放" if closed else "",
            draw=DRAW,
            by="抽查组",
        )
        at = after + DAY + timedelta(minutes=number)
        yield AssessmentFound(**made.head(station, at), data=finding)
