"""A document as PDF: A4, its letters in it, text that can be selected, every page numbered."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

from font_roboto import Roboto, RobotoBold
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from rynek.commerce.documents import paper
from rynek.commerce.documents.paper import Sheet

_INK, _SOFT, _LINE, _SUNKEN, _ACCENT = (
    HexColor(each) for each in ("#23231f", "#5d5c55", "#c9c5ba", "#f2f0eb", "#1c6b57")
)
_WIDTH = A4[0] - 36 * mm
_MARGIN = 18 * mm - 6
"""The library keeps 6 points more inside it."""
_alone = Lock()
"""One at a time in a process: what the library keeps of fonts is shared."""


def pdf(sheet: Sheet) -> bytes:
    """Print a document; the same one comes to the same bytes."""
    with _alone:
        _fonts()
        made = BytesIO()
        document = SimpleDocTemplate(
            made, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=16 * mm, bottomMargin=22 * mm,
            title=f"{sheet.title} {sheet.name}", author=sheet.brand, lang=sheet.language, invariant=1,
        )  # fmt: skip
        document.build(_story(sheet), canvasmaker=_numbering(sheet))
        return made.getvalue()


@cache
def _fonts() -> None:
    pdfmetrics.registerFont(TTFont("Sheet", Roboto))
    pdfmetrics.registerFont(TTFont("Sheet-Bold", RobotoBold))


def _style(size: float, colour: Color = _INK, *, bold: bool = False, **more: Any) -> ParagraphStyle:
    name = "Sheet-Bold" if bold else "Sheet"
    return ParagraphStyle("x", fontName=name, fontSize=size, leading=size * 1.35, textColor=colour, **more)


def _text(text: str, size: float = 8.5, colour: Color = _INK, *, bold: bool = False, **more: Any) -> Paragraph:
    return Paragraph(escape(text), _style(size, colour, bold=bold, **more))


def _story(sheet: Sheet) -> list[Flowable]:
    story: list[Flowable] = [_head(sheet), Spacer(0, 6 * mm), _parties(sheet), Spacer(0, 5 * mm)]
    for table in sheet.tables:
        story += [_text(table.name, 9, _SOFT, bold=True), Spacer(0, 1.5 * mm), _table(table), Spacer(0, 5 * mm)]
    if sheet.totals:
        story.append(KeepTogether([_totals(sheet), Spacer(0, 3 * mm)]))
    if sheet.words:
        story += [_text(sheet.words), Spacer(0, 2 * mm)]
    story += [_text(each, 8, _SOFT) for each in sheet.notes]
    return story


def _head(sheet: Sheet) -> Table:
    title = [_text(sheet.title, 17, bold=True), _text(sheet.name, 11, _ACCENT, bold=True)]
    facts = Table(
        [[_text(label, 8, _SOFT), _text(value, 8)] for label, value in sheet.facts],
        colWidths=[32 * mm, 46 * mm],
        style=[("TOPPADDING", (0, 0), (-1, -1), 0.4), ("BOTTOMPADDING", (0, 0), (-1, -1), 0.4), _TOP],
    )
    return Table(
        [[[_text(sheet.brand, 9, _SOFT, bold=True), Spacer(0, 4 * mm), *title], facts]],
        colWidths=[_WIDTH - 78 * mm, 78 * mm],
        style=[("LINEABOVE", (0, 0), (-1, 0), 2, _ACCENT), ("TOPPADDING", (0, 0), (-1, 0), 8), *_FLUSH, _TOP],
    )


_TOP = ("VALIGN", (0, 0), (-1, -1), "TOP")
_FLUSH = (("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0))


def _parties(sheet: Sheet) -> Table:
    cells = [
        [_text(label, 8, _SOFT), _text(lines[0], 9, bold=True), *(_text(each) for each in lines[1:])]
        for label, lines in sheet.parties
    ]
    return Table([cells], colWidths=[_WIDTH / len(cells)] * len(cells), style=[*_FLUSH, _TOP])


def _table(table: paper.Table) -> Table:
    whole = sum(column.share for column in table.columns)
    widths = [_WIDTH * column.share / whole for column in table.columns]
    head = [_cell(column.label, column, bold=True, colour=_SOFT) for column in table.columns]
    last = len(table.rows) - table.sums
    rows = [
        [_cell(text, column, bold=at >= last) for text, column in zip(row, table.columns, strict=True)]
        for at, row in enumerate(table.rows)
    ]
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), _SUNKEN), ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), _TOP,
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]  # fmt: skip
    return Table([head, *rows], colWidths=widths, repeatRows=1, style=style)


def _cell(text: str, column: paper.Column, *, bold: bool = False, colour: Color = _INK) -> Paragraph:
    more = {"alignment": TA_RIGHT} if column.number else {}
    return _text(text, 7.5, colour, bold=bold, **more)


def _totals(sheet: Sheet) -> Table:
    last = len(sheet.totals) - 1
    rows = [
        [
            _text(label, 11 if at == last else 9, bold=at == last),
            _text(value, 11 if at == last else 9, bold=at == last, alignment=TA_RIGHT),
        ]
        for at, (label, value) in enumerate(sheet.totals)
    ]
    style: Sequence[Any] = [("LINEABOVE", (0, last), (-1, last), 1, _INK), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]
    return Table(rows, colWidths=[40 * mm, 40 * mm], hAlign="RIGHT", style=style)


def _numbering(sheet: Sheet) -> type[Canvas]:
    """Make a canvas that writes on each page which of how many it is, once it is known."""
    number = paper.WORDS[sheet.language]

    class Numbered(Canvas):  # type: ignore[misc] # the library has no types
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for at, kept in enumerate(self.kept, 1):
                self.__dict__.update(kept)
                self.setFont("Sheet", 7.5)
                self.setFillColor(_SOFT)
                self.drawString(18 * mm, 12 * mm, sheet.foot[:110])
                told = f"{sheet.name} · {number('page', page=at, pages=len(self.kept))}"
                self.drawRightString(A4[0] - 18 * mm, 12 * mm, told)
                super().showPage()
            super().save()

    return Numbered
