"""How does the report of an assessment look on paper? A4 pages, as an office files them."""

from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign
from fpdf.fonts import FontFace

from ledger.centre.assessment import report as told
from ledger.centre.assessment.report import Report
from ledger.errors import LedgerError
from ledger.sheets import Cell

_MARGIN = 18
_WIDTH = 210 - 2 * _MARGIN
_RED = (158, 27, 27)
_GREY = (110, 110, 110)
_HEAD = FontFace(fill_color=(246, 242, 238))
_NO_TABLE_BELOW = 225
"""Millimetres from the top, from where on a table begins on the next page."""

MOST = 300
"""Rows of what is missing, at most; the workbook has all."""


def write_report(report: Report, font: Path, to: Path) -> None:
    """Write the PDF. Raises LedgerError where it can't be, or where the font lacks a character."""
    try:
        to.write_bytes(to_pdf(report, font))
    except OSError as error:
        raise LedgerError(f"can't write {to}: {error.strerror}") from None


def to_pdf(report: Report, font: Path) -> bytes:
    """The report as a PDF."""
    pdf = _Page(report)
    pdf.set_title(report.title)
    pdf.set_lang("zh-CN")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, 20)
    try:
        pdf.add_font("cjk", fname=font)
    except (RuntimeError, OSError, ValueError) as error:
        raise LedgerError(f"{font} is no font that can be embedded: {error}") from None
    _cover(pdf, report)
    _by_indicator(pdf, report)
    _by_place(pdf, report)
    _missing(pdf, report)
    _checks(pdf, report)
    return bytes(pdf.output())


class _Page(FPDF):
    """Pages with the title and the digest of what they say at their foot."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("cjk", size=7)
        self.set_text_color(*_GREY)
        digest = f"结果摘要 {self._report.digest[:16]}"
        self.cell(_WIDTH / 2, 4, f"{self._report.title}  {digest}")
        self.cell(_WIDTH / 2, 4, f"第{self.page_no()}页 共{{nb}}页", align="R")
        self.set_text_color(0)


def _cover(pdf: FPDF, report: Report) -> None:
    pdf.add_page()
    pdf.set_y(45)
    pdf.set_font("cjk", size=22)
    pdf.set_text_color(*_RED)
    pdf.multi_cell(_WIDTH, 12, report.title, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(0)
    pdf.ln(10)
    pdf.set_line_width(0.2)
    pdf.set_font("cjk", size=10)
    rows = told.cover_rows(report)
    with pdf.table(
        width=_WIDTH,
        col_widths=(42, _WIDTH - 42),
        first_row_as_headings=False,
        line_height=6.2,
        padding=1.5,
        v_align=VAlign.M,
        borders_layout=TableBordersLayout.ALL,
    ) as table:
        for label, value in rows:
            row = table.row()
            row.cell(label, style=_HEAD)
            row.cell(value)
    pdf.ln(14)
    pdf.set_font("cjk", size=11)
    for name in told.SIGNATURES:
        pdf.cell(46, 11, f"{name}：")
        pdf.cell(90, 11, "", border="B", new_x="LMARGIN", new_y="NEXT")


def _by_indicator(pdf: FPDF, report: Report) -> None:
    rows = [(f"{row[1]}", *row[2:9], row[9]) for row in told.indicator_rows(report)]
    headings = ("指标", "级别", "实有", "应有", "占比", "达标", "权重", "得分率", "依据")
    _table(pdf, "一、分指标情况", headings, (34, 13, 15, 17, 13, 14, 10, 13, 45), rows)


def _by_place(pdf: FPDF, report: Report) -> None:
    marks = report.result.beside(report.place)
    if marks:
        rows = told.place_rows(report, marks)
        _table(pdf, "二、下级场所得分与名次", told.PLACES, (27, 38, 14, 27, 16, 16, 18, 18), rows)


def _missing(pdf: FPDF, report: Report) -> None:
    lines = report.missing
    rows = [(row[1], *row[2:5], *row[6:]) for row in told.missing_rows(report, lines[:MOST])]
    headings = ("指标", "级别", "场所或队伍", "名称", "实有", "应有", "尚缺", "说明")
    _table(pdf, "三、缺项清单", headings, (34, 13, 27, 34, 13, 18, 13, 22), rows)
    if len(lines) > MOST:
        pdf.set_font("cjk", size=9)
        pdf.cell(_WIDTH, 7, f"共 {len(lines)} 项，此处列出 {MOST} 项；全部见同日的电子表格。")


def _checks(pdf: FPDF, report: Report) -> None:
    if report.findings:
        rows = [row[:10] for row in told.finding_rows(report)]
        widths = (25, 16, 26, 12, 11, 12, 22, 22, 15, 13)
        _table(pdf, "四、核查记录", told.FINDINGS[:10], widths, rows)
    if report.trend:
        rows = [(*row[:5], str(row[5])[:16], *row[6:]) for row in told.trend_rows(report)]
        _table(pdf, "五、历年定级", told.TREND, (12, 20, 14, 14, 26, 29, 22, 17, 20), rows)


def _table(
    pdf: FPDF,
    title: str,
    headings: Sequence[str],
    widths: Sequence[float],
    rows: Sequence[Sequence[Cell]],
) -> None:
    if pdf.page_no() == 1 or pdf.get_y() > _NO_TABLE_BELOW:
        pdf.add_page()
    else:
        pdf.ln(6)
    pdf.set_line_width(0.2)
    pdf.set_font("cjk", size=13)
    pdf.cell(_WIDTH, 10, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("cjk", size=8)
    with pdf.table(
        width=_WIDTH,
        col_widths=tuple(widths),
        line_height=4.6,
        padding=1,
        headings_style=_HEAD,
        v_align=VAlign.M,
        borders_layout=TableBordersLayout.ALL,
    ) as table:
        table.row(tuple(headings))
        for row in rows:
            table.row(tuple(map(str, row)))
