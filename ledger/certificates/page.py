"""How does a certificate look on paper? One A4 page (more for long lists), with a QR code."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign
from fpdf.fonts import FontFace
from fpdf.table import Table

from ledger.certificates.content import Content, Holder, hours
from ledger.certificates.facts import Service
from ledger.errors import LedgerError
from ledger.identity.numbers import DOCUMENTS

TITLE = "志愿服务记录证明"
BASIS = "依据：民政部《志愿服务记录与证明出具办法(试行)》、民发〔2015〕149号"

_MARGIN = 20
_WIDTH = 210 - 2 * _MARGIN
_FOOT = 74
"""Millimetres that the statement, the seal's place and the QR code take."""

_QR = 42
_RED = (158, 27, 27)
_GREY = (120, 120, 120)
_LABEL = FontFace(fill_color=(246, 242, 238))
_LINES = (24, 61, 24, 61)
"""Widths of the columns of labels and values, in millimetres."""


def write_page(content: Content, holder: Holder, token: str, font: Path, to: Path) -> None:
    """Write the PDF. Raises LedgerError where the font lacks a character, as of a rare name."""
    pdf = _Page(content.number)
    pdf.set_title(f"{TITLE} {content.number}")
    pdf.set_author(content.issuer)
    pdf.set_lang("zh-CN")
    pdf.set_creation_date(datetime.fromisoformat(f"{content.issued}T00:00:00+08:00"))
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, 22)
    try:
        pdf.add_font("cjk", fname=font)
    except (RuntimeError, OSError, ValueError) as error:
        raise LedgerError(f"{font} is no font that can be embedded: {error}") from None
    _check_characters(pdf, content, holder)
    pdf.add_page()
    _head(pdf, content)
    _holder(pdf, content, holder)
    _service(pdf, content.service)
    _issuer(pdf, content)
    _foot(pdf, content, holder, token)
    try:
        pdf.output(str(to))
    except OSError as error:
        raise LedgerError(f"can't write {to}: {error.strerror}") from None


class _Page(FPDF):
    """Pages with a frame, and the certificate's number on each."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    def header(self) -> None:
        self.set_draw_color(*_RED)
        self.set_line_width(0.7)
        self.rect(10, 10, 190, 277)
        self.set_line_width(0.2)
        self.rect(11.5, 11.5, 187, 274)

    def footer(self) -> None:
        self.set_y(-19)
        self.set_font("cjk", size=7.5)
        self.set_text_color(*_GREY)
        self.cell(_WIDTH / 2, 4, BASIS)
        self.cell(_WIDTH / 2, 4, f"{self._number} 第{self.page_no()}页 共{{nb}}页", align="R")
        self.set_text_color(0)


def _head(pdf: FPDF, content: Content) -> None:
    pdf.set_y(22)
    pdf.set_font("cjk", size=25)
    pdf.set_text_color(*_RED)
    pdf.set_char_spacing(4)
    pdf.cell(_WIDTH, 14, TITLE, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_char_spacing(0)
    pdf.set_text_color(0)
    pdf.set_font("cjk", size=10)
    number = f"证明编号：{content.number}"
    pdf.cell(_WIDTH, 9, number, align="R", new_x="LMARGIN", new_y="NEXT")


def _holder(pdf: FPDF, content: Content, holder: Holder) -> None:
    document = DOCUMENTS.get(holder.document_type, holder.document_type)
    rows = [
        ("姓名", holder.name, "志愿者编号", holder.volunteer),
        ("证件类型", document, "证件号码", holder.document_number),
        ("服务时段", f"{_day(content.since)}至\n{_day(content.until)}", "服务时间", _told(content)),
    ]
    _rows(pdf, rows)


def _told(content: Content) -> str:
    told = f"共{hours(content.seconds)}"
    return f"{told}\n（现为{content.level}）" if content.level else told


def _service(pdf: FPDF, service: Sequence[Service]) -> None:
    pdf.set_font("cjk", size=10)
    with pdf.table(
        width=_WIDTH,
        col_widths=(58, 46, 34, 10, 22),
        text_align=("LEFT", "LEFT", "CENTER", "CENTER", "RIGHT"),
        line_height=5.6,
        padding=1.2,
        headings_style=_LABEL,
        v_align=VAlign.M,
        borders_layout=TableBordersLayout.ALL,
    ) as table:
        table.row(("服务内容", "服务地点", "日期", "次数", "时间"))
        for one in service:
            first, last = one.first.isoformat(), one.last.isoformat()
            days = first if first == last else f"{first}\n至 {last}"
            table.row((one.activity, one.place, days, str(one.times), hours(one.seconds)))


def _issuer(pdf: FPDF, content: Content) -> None:
    _rows(
        pdf,
        [
            ("出具主体", content.issuer, "负责人", content.head),
            ("联系方式", content.contact, "经办人", content.handler),
        ],
    )
    with _grid(pdf, (24, _WIDTH - 24)) as table:
        row = table.row()
        row.cell("需要说明的事项", style=_LABEL, align="CENTER")
        row.cell(content.remarks or "无")


def _rows(pdf: FPDF, rows: Sequence[tuple[str, str, str, str]]) -> None:
    with _grid(pdf, _LINES) as table:
        for cells in rows:
            row = table.row()
            for place, text in enumerate(cells):
                if place % 2:
                    row.cell(text)
                else:
                    row.cell(text, style=_LABEL, align="CENTER")


def _grid(pdf: FPDF, widths: Sequence[float]) -> AbstractContextManager[Table]:
    pdf.set_font("cjk", size=10.5)
    return pdf.table(
        width=_WIDTH,
        col_widths=tuple(widths),
        first_row_as_headings=False,
        line_height=6.2,
        padding=1.5,
        v_align=VAlign.M,
        borders_layout=TableBordersLayout.ALL,
    )


def _foot(pdf: FPDF, content: Content, holder: Holder, token: str) -> None:
    if pdf.get_y() + _FOOT > 297 - 22:
        pdf.add_page()
    pdf.ln(5)
    pdf.set_font("cjk", size=11)
    pdf.multi_cell(
        _WIDTH,
        7,
        f"　　兹证明{holder.name}于{_day(content.since)}至{_day(content.until)}参加志愿服务，"
        f"服务时间共{hours(content.seconds)}。以上内容依据志愿服务记录出具，真实有效。",
        new_x="LMARGIN",
        new_y="NEXT",
    )
    top = pdf.get_y() + 4
    _code(pdf, token, _MARGIN, top)
    pdf.set_xy(_MARGIN, top + _QR + 1)
    pdf.set_font("cjk", size=7.5)
    pdf.set_text_color(*_GREY)
    pdf.cell(_QR, 4, "扫码可离线核验真伪", align="C")
    centre, radius = 158, 20
    pdf.set_draw_color(*_GREY)
    pdf.set_dash_pattern(dash=1.2, gap=1.2)
    pdf.set_line_width(0.2)
    pdf.circle(centre, top + radius + 1, radius)
    pdf.set_dash_pattern()
    pdf.set_xy(centre - radius, top + radius - 2)
    pdf.set_font("cjk", size=9)
    pdf.cell(2 * radius, 6, "出具主体公章", align="C")
    pdf.set_text_color(0)
    pdf.set_font("cjk", size=10.5)
    for line, text in enumerate(
        ("负责人签字：", "经办人签字：", f"开具日期：{_day(content.issued)}")
    ):
        pdf.set_xy(_MARGIN + _QR + 8, top + 8 + 12 * line)
        pdf.cell(60, 6, text)


def _code(pdf: FPDF, token: str, left: float, top: float) -> None:
    """The QR code as filled rectangles: sharp at any size."""
    rows = [list(row) for row in segno.make_qr(token, error="l").matrix]
    unit = _QR / len(rows)
    pdf.set_fill_color(0)
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:  # a hair wider, so that no seams show between rows
                pdf.rect(left + x * unit, top + y * unit, width * unit, unit * 1.02, style="F")
            x += width


def _check_characters(pdf: FPDF, content: Content, holder: Holder) -> None:
    known = {chr(code) for code in pdf.fonts["cjk"].cmap}  # type: ignore[union-attr]
    texts = [holder.name, holder.volunteer, content.issuer, content.head, content.handler]
    texts += [content.contact, content.remarks, content.level]
    texts += [text for one in content.service for text in (one.activity, one.place)]
    missing = sorted({char for text in texts for char in text if char.isprintable()} - known)
    if missing:
        raise LedgerError(
            f"the font lacks {' '.join(missing)}: name one that has it with VLEDGER_FONT"
        )


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"
