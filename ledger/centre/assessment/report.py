"""How is a year's assessment filed? Cover, by indicator, by place, what is missing, checks, trend.

All figures are of one moment: the cover says of which, and names the ledger's checkpoint and the
digests of the indicators and of the result, so that it can be computed again and compared.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.audit.checkpoints import newest_checkpoint
from ledger.centre.assessment.checks import STAGES, findings_in, results_of
from ledger.centre.assessment.folds import FindingRow, ResultRow
from ledger.centre.assessment.measure_names import LEVELS
from ledger.centre.assessment.standing import Line, Mark, Part, Result
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.policy.exact import round_whole, show
from ledger.sheets import Cell, Row, Sheet

VERDICTS = {"met": "达标", "unmet": "未达标", "doubtful": "存疑"}
SIGNATURES = ("填报单位(盖章)", "单位负责人(签字)", "审核人(签字)", "填报人(签字)", "填报日期")


class Report(NamedTuple):
    """A result of a place, and what belongs to it; `checkpoint` "" where none was made.

    `digest` is that of the result, at this place.
    """

    result: Result
    place: str
    findings: tuple[FindingRow, ...]
    trend: tuple[ResultRow, ...]
    checkpoint: str
    made_at: str
    digest: str

    @property
    def mark(self) -> Mark:
        return self.result.marks[self.place]

    @property
    def within(self) -> list[Mark]:
        return self.result.within(self.place)

    @property
    def missing(self) -> list[Line]:
        """What the place and all that lies in it lack."""
        places = {one.place for one in self.within}
        return [one for one in self.result.missing() if one.place in places]

    @property
    def title(self) -> str:
        """What stands on the cover."""
        name = self.mark.name or self.place
        return f"{name} {self.result.season.year}年度测评报告"


def report(connection: Connection, result: Result, place: str, now: int) -> Report:
    """The report of a place at now (µs). Raises LedgerError if it was not assessed."""
    if place not in result.marks:
        raise LedgerError(f"{place} is no centre, sub-centre, station or city that is assessed")
    row = newest_checkpoint(connection)
    checkpoint = ""
    if row is not None:
        made = from_micros(row.made_at, CHINA)
        checkpoint = f"{row.number} ({made:%Y-%m-%d %H:%M}), {row.size} seals, {row.root.hex()}"
    return Report(
        result,
        place,
        tuple(findings_in(connection, result.season.year, place)),
        tuple(results_of(connection, place)),
        checkpoint,
        f"{from_micros(now, CHINA):%Y-%m-%d %H:%M}",
        result.digest_of(place),
    )


def hundredths(score: int) -> Decimal:
    """A score for people."""
    return Decimal(score).scaleb(-2)


def share(line: Line) -> str:
    """The measure as a share of what it is shown of, as 15.3%; "" if that is not known."""
    if line.actual is None or not line.of:
        return ""
    tenths = round_whole(Fraction(line.actual * 1000, line.of), "down")
    return f"{tenths // 10}.{tenths % 10}%"


def due_text(report: Report, line: Line) -> str:
    """What is due, as people write it: at least, or more than."""
    if line.due is None:
        return "未知"
    above = report.result.indicators[line.indicator].reach == "above"
    whole = line.due if above else round_whole(line.due, "up")
    return f"{'>' if above else '≥'}{show(whole)}"


def state(part: Part) -> str:
    """Met or not, or how many of those asked."""
    if part.line is None:
        return f"{part.met}/{part.asked}"
    if part.line.why:
        return "未知"
    return "达标" if part.line.met else "未达标"


def cover_rows(report: Report) -> list[tuple[str, str]]:
    """What stands on the cover, as labels and values."""
    result, mark = report.result, report.mark
    doc = result.edition.doc
    grades = {one.grade: one.title.zh for one in doc.grades}
    checkpoint = report.checkpoint or "尚无 none yet"
    return [
        ("单位", f"{mark.name} ({mark.place})"),
        ("级别", LEVELS[mark.level]),
        ("年度", f"{result.season.year} (截至 {result.season.day})"),
        ("得分", str(hundredths(mark.score))),
        ("等次", grades[mark.grade]),
        ("测评体系", f"{doc.name.zh} ({doc.assessment})"),
        ("依据", doc.source.title),
        ("指标数据摘要 SHA-256", result.edition.digest),
        ("测评结果摘要 SHA-256", report.digest),
        ("账本检查点", checkpoint),
        ("出具时间", report.made_at),
    ]


INDICATORS = ("指标", "名称", "级别", "实有", "应有", "占比", "达标", "权重", "得分率", "依据")
PLACES = ("场所", "名称", "级别", "上级", "得分", "等次", "同级名次", "同级总数")
MISSING = ("指标", "名称", "级别", "场所或队伍", "名称", "所在场所", "实有", "应有", "尚缺", "说明")
FINDINGS = (
    "场所",
    "环节",
    "指标",
    "结论",
    "实见",
    "账本所记",
    "说明",
    "核查单位",
    "抽签",
    "记录人",
    "时间",
)
TREND = ("年度", "截至", "得分", "等次", "测评体系", "结果摘要", "说明", "定级人", "定级时间")


def indicator_rows(report: Report) -> list[Row]:
    """A row for each indicator and level."""
    doc = report.result.edition.doc
    rows: list[Row] = []
    for part in report.result.parts[report.place]:
        one, line = report.result.indicators[part.indicator], part.line
        rows.append(
            (
                part.indicator,
                one.title.zh,
                LEVELS[part.level],
                "" if line is None or line.actual is None else line.actual,
                "" if line is None else due_text(report, line),
                "" if line is None else share(line),
                state(part),
                str(one.weight),
                f"{round_whole(part.share * 100, 'half_up')}%",
                doc.clauses[one.clause],
            )
        )
    return rows


def place_rows(report: Report, marks: Sequence[Mark]) -> list[Row]:
    """A row for each of the places."""
    grades = {one.grade: one.title.zh for one in report.result.edition.doc.grades}
    return [
        (
            one.place,
            one.name,
            LEVELS[one.level],
            one.above,
            hundredths(one.score),
            grades[one.grade],
            one.rank,
            one.of,
        )
        for one in marks
    ]


def missing_rows(report: Report, lines: Sequence[Line]) -> list[Row]:
    """A row for each place or team and indicator that is not met."""
    titles = {name: one.title.zh for name, one in report.result.indicators.items()}
    return [
        (
            one.indicator,
            titles[one.indicator],
            LEVELS[one.level],
            one.whose,
            one.name,
            one.place,
            "" if one.actual is None else one.actual,
            due_text(report, one),
            "" if one.lacking is None else one.lacking,
            one.why,
        )
        for one in lines
    ]


def finding_rows(report: Report) -> list[Row]:
    """A row for each finding of the checks, beside what the ledger has."""
    titles = {one.id: one.title.zh for one in report.result.edition.doc.indicators}
    known = {(one.whose, one.indicator): one.actual for one in report.result.lines}

    def ours(one: FindingRow) -> Cell:
        actual = known.get((one.place, one.indicator))
        return "" if actual is None else actual

    return [
        (
            one.place,
            STAGES[one.stage],
            titles.get(one.indicator, one.indicator),
            VERDICTS[one.verdict],
            one.seen,
            ours(one),
            one.note,
            one.reviewer,
            one.draw,
            one.by,
            f"{from_micros(one.found_at, CHINA):%Y-%m-%d %H:%M}",
        )
        for one in report.findings
    ]


def trend_rows(report: Report) -> list[Row]:
    """A row for each year that was filed."""
    grades: Mapping[str, str] = {
        one.grade: one.title.zh for one in report.result.edition.doc.grades
    }
    return [
        (
            one.year,
            one.day,
            hundredths(one.score),
            grades.get(one.grade, one.grade),
            one.edition,
            one.digest,
            one.note,
            one.by,
            f"{from_micros(one.concluded_at, CHINA):%Y-%m-%d}",
        )
        for one in report.trend
    ]


def sheets(report: Report) -> list[Sheet]:
    """The whole report as the sheets of one workbook."""
    within, lines = report.within, report.missing
    signed = [(name, "") for name in SIGNATURES]
    return [
        Sheet("封面", (report.title, ""), [*cover_rows(report), ("", ""), *signed]),
        Sheet("分指标", INDICATORS, indicator_rows(report)),
        Sheet("分场所", PLACES, place_rows(report, within)),
        Sheet("缺项", MISSING, missing_rows(report, lines)),
        Sheet("核查", FINDINGS, finding_rows(report)),
        Sheet("历年", TREND, trend_rows(report)),
    ]
