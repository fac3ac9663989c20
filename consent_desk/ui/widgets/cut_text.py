"""Tinted texts that are cut where there is no room for them: what has the whole text says it."""

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

from consent_desk.ui.widgets.banner import Tinted, TintedLabel
from consent_desk.ui.widgets.tones import Tone, colour, sign


class TintedLines(TintedLabel):
    """Lines of which each is cut where there is no room: tool tip and description have the whole text."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, tone: Tone, text: str, *, loud: bool = False) -> None:
        super().show_text(tone, text, loud=loud)
        # As HTML, or Qt would guess whether it is some. Of no text it would make some too, which is read out.
        wrapped = Qt.WhiteSpaceMode.WhiteSpaceNormal
        self.setToolTip(QtGui.Qt.convertFromPlainText(text, wrapped) if text else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        cut, width = Qt.TextElideMode.ElideRight, self.width()
        text = "\n".join(self.fontMetrics().elidedText(line, cut, width) for line in self.text().split("\n"))
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)


class TintedButton(Tinted, QPushButton):
    """A button whose text takes the colour of its tone, and its sign; a quiet one looks like any other.

    Where there is no room for the whole text, its end is cut, and the description has it all.
    """

    def show_text(self, tone: Tone, text: str) -> None:
        """Show `text` in the colour of `tone`."""
        self.setText(f"{sign(tone)} {text}".strip())
        self.setAccessibleDescription(text)
        self.show_tone(tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - 2 * self.fontMetrics().averageCharWidth()
        elided = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        option.text = elided
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)

    def _colour(self, palette: QPalette, tone: Tone) -> None:
        if tone is not Tone.QUIET:
            palette.setColor(QPalette.ColorRole.ButtonText, colour(tone, palette))
