"""A proof as a PDF that a person reads.

Nothing that came from elsewhere is ever markup: text is laid out as it is, line by line. That is done on a
lane, so no widget takes part, nor a text document, which wants a timer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)

from consent_desk.domain.evidence.proof import Proof
from consent_desk.ui.proof.text import PageLine, Style, text_of
from consent_desk.ui.theme.tokens import INK, WATERMARK
from consent_desk.ui.widgets.messages import phrase

_RESOLUTION = 300
_MARGIN = 15.0
"""Millimetres around the text."""

_POINTS = {Style.TITLE: 18.0, Style.SUMMARY: 10.5, Style.HEADING: 11.0, Style.LINE: 9.0, Style.QUOTE: 8.0}
_GAPS = {Style.TITLE: 0.0, Style.SUMMARY: 8.0, Style.HEADING: 14.0, Style.LINE: 2.0, Style.QUOTE: 2.0}
_SMALL = 7.0
_INDENT = 10.0
_COLUMN = 116.0
"""Points for what a paragraph of the summary is about, which stands beside it."""
_NEEDED = 60.0
"""Points that must be left on a page for a heading, so that it does not stand alone."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of text and where it stands on its page; `layout` holds it."""

    layout: QTextLayout
    line: QTextLine
    at: QPointF


def pdf_of(proof: Proof, json_sha256: str) -> bytes:
    """The pages as a PDF. `json_sha256` is that of the file for machines, which each page bears."""
    # It has to outlive the writer, which does not hold it.
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_RESOLUTION)
    writer.setTitle(phrase("proof", "Proof of consent"))
    writer.setCreator(proof.program)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    size = QPageSize(QPageSize.PageSizeId.A4)
    layout = QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
    writer.setPageLayout(layout)
    sheets = sheets_of(text_of(proof, json_sha256), writer)
    painter = QPainter(writer)
    for number, sheet in enumerate(sheets):
        if number:
            writer.newPage()
        page = phrase("proof", "Page {number} of {count}").format(number=number + 1, count=len(sheets))
        _paint(painter, sheet, (proof.watermark, *feet(proof, json_sha256), page))
    painter.end()
    return bytes(buffer.data().data())


def feet(proof: Proof, json_sha256: str) -> tuple[str, str]:
    """What stands at the foot of each page."""
    if proof.masked:
        return "", ""
    return (
        phrase("proof", "SHA-256 of the .json: {json_sha256}").format(json_sha256=json_sha256),
        phrase("proof", "Head of the chain: {head}").format(head=proof.source.chain.head.hex()),
    )


def sheets_of(lines: tuple[PageLine, ...], device: QPdfWriter) -> list[list[Placed]]:
    """The lines on their pages, with room for the small print above and below them."""
    point = device.resolution() / 72
    small = QFontMetricsF(_font(_SMALL), device).lineSpacing()
    top, bottom = small * 1.5, device.height() - small * 3
    sheets: list[list[Placed]] = [[]]
    y = top
    for line in lines:
        y += _GAPS[line.style] * point
        if line.style is Style.HEADING and y + _NEEDED * point > bottom:
            sheets.append([])
            y = top
        for row in _rows(line, device, point):
            if y + max(one.height() for _, one, _ in row) > bottom:
                sheets.append([])
                y = top
            for layout, laid_out, indent in row:
                sheets[-1].append(Placed(layout, laid_out, QPointF(indent, y - laid_out.y())))
            y += max(one.height() for _, one, _ in row)
    return sheets


def _rows(
    line: PageLine, device: QPdfWriter, point: float
) -> Iterator[list[tuple[QTextLayout, QTextLine, float]]]:
    """The lines of a paragraph from above, each with its indent: of a summary there are two side by side."""
    if line.style is not Style.SUMMARY:
        indent = _INDENT * point if line.style is Style.QUOTE else 0.0
        label = f"{line.label}:  " if line.label else ""
        for layout, laid_out in _laid_out(label, line.text, line.style, device, device.width() - indent):
            yield [(layout, laid_out, indent)]
        return
    column = _COLUMN * point
    beside = _laid_out(line.label, "", line.style, device, column - _INDENT * point)
    texts = _laid_out("", line.text, line.style, device, device.width() - column)
    for left, right in zip_longest(beside, texts):
        yield [(*each, x) for each, x in ((left, 0.0), (right, column)) if each is not None]


def _laid_out(
    label: str, text: str, style: Style, device: QPdfWriter, width: float
) -> Iterator[tuple[QTextLayout, QTextLine]]:
    layout = QTextLayout(label + text.replace("\n", "\u2028"), _font_of(style), device)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    # A text that runs from right to left begins at the left all the same.
    option.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    layout.setTextOption(option)
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.Bold)
    emphasis = QTextLayout.FormatRange()
    # The attributes have no setters in Python.
    emphasis.start, emphasis.length, emphasis.format = 0, len(label.encode("utf-16-le")) // 2, bold
    layout.setFormats([emphasis])
    layout.beginLayout()
    y = 0.0
    while (laid_out := layout.createLine()).isValid():
        laid_out.setLineWidth(width)
        laid_out.setPosition(QPointF(0, y))
        y += laid_out.height()
        yield layout, laid_out
    layout.endLayout()


def _paint(painter: QPainter, sheet: list[Placed], small_print: tuple[str, str, str, str]) -> None:
    watermark, *foot, number = small_print
    page = QRectF(0, 0, painter.viewport().width(), painter.viewport().height())
    _paint_watermark(painter, page, watermark)
    painter.setPen(QColor(INK))
    for placed in sheet:
        placed.line.draw(painter, placed.at)
    painter.setFont(_font(_SMALL))
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    bottom = Qt.AlignmentFlag.AlignBottom
    painter.drawText(page, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, watermark)
    painter.drawText(page, left | bottom, "\n".join(foot))
    painter.drawText(page, right | bottom, number)


def _paint_watermark(painter: QPainter, page: QRectF, watermark: str) -> None:
    painter.save()
    painter.setPen(QColor(WATERMARK))
    painter.translate(page.center())
    painter.rotate(-55)
    font = _font(34)
    font.setBold(True)
    painter.setFont(font)
    place = QRectF(-page.height() / 2, -page.height() / 8, page.height(), page.height() / 4)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, watermark.replace(" – ", "\n"))
    painter.restore()


def _font_of(style: Style) -> QFont:
    font = _font(_POINTS[style], "monospace" if style is Style.QUOTE else "sans-serif")
    font.setBold(style in {Style.TITLE, Style.HEADING})
    return font


def _font(points: float, family: str = "sans-serif") -> QFont:
    # What a family lacks, Qt takes from another: whatever the system can show is shown.
    font = QFont(family)
    font.setStyleHint(QFont.StyleHint.Monospace if family == "monospace" else QFont.StyleHint.SansSerif)
    font.setPointSizeF(points)
    # Else “fi” would become one letter, and not be found by who searches for “verified”.
    font.setFeature(QFont.Tag("liga"), 0)
    return font
