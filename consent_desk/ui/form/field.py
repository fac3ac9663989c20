"""What stands around a field of the caller's card: its label above, and a line for its note below."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.ui.theme.fonts import CAPTION, HEADING, sized
from consent_desk.ui.widgets.banner import TintedLines
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import Note, label_for
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone

_AROUND = 2
"""Pixels above and below a note together."""


def heading(text: str) -> QLabel:
    """What a part of the card is called."""
    label = QLabel(text)
    label.setFont(sized(HEADING, semibold=True))
    return label


def caption(text: str = "") -> TintedLines:
    """Small and quiet text in one line, cut where there is no room."""
    label = TintedLines()
    label.setFont(sized(CAPTION))
    label.show_text(Tone.QUIET, text)
    return label


class LineNote(Note):
    """A note of one field in one line. Emits `cut` as it no longer fits, or fits again.

    `remark` is what else is worth knowing of the field; `is_blank`: nothing is in it, where it is none of
    those fields that tell so by themselves. What mends it stands in its `line`.
    """

    cut = Signal()

    def __init__(self, name: str, line: "NoteLine") -> None:
        super().__init__()
        self.line, self.remark, self.is_blank, self.is_cut = line, "", False, False
        self.setObjectName(f"note of {name}")
        self.setFont(sized(CAPTION))
        self.setWordWrap(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, tone: Tone, text: str, *, loud: bool = False) -> None:
        is_new = text != self.text()
        super().show_text(tone, text, loud=loud)
        if is_new:
            self.setToolTip(tool_tip(text))
            self._measure(is_new=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _measure(self, *, is_new: bool = False) -> None:
        is_cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        if is_cut is not self.is_cut or (is_cut and is_new):
            self.is_cut = is_cut
            self.cut.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        QPainter(self).drawText(self.rect(), flags, shown)


class NoteLine(QWidget):
    """The line for the notes of one field or of several beside each other: as high with them as without."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.notes = {name: LineNote(name, self) for name in names}
        self._row = fill(QHBoxLayout(self), *((note, 1) for note in self.notes.values()))
        self._row.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        line = next(iter(self.notes.values())).fontMetrics().height()
        return QSize(super().sizeHint().width(), line + _AROUND)

    def add(self, button: Button) -> None:
        """Put what mends a field behind its note."""
        button.setFont(sized(CAPTION))
        button.around = _AROUND
        self._row.addWidget(button)


def labelled(
    text: str, field: QWidget, name: str, *, more: QLabel | None = None, button: Button | None = None
) -> QWidget:
    """`field` below its label, by which it is called `name`. Behind the label stand `more` and `button`."""
    label = label_for(text, field, name)
    label.setFont(sized(CAPTION, semibold=True))
    both = QWidget()
    above = fill(QHBoxLayout(), label, *([] if more is None else [(more, 1)]))
    above.setSpacing(8)
    if more is None:
        above.addStretch()
    if button is not None:
        button.setFont(sized(CAPTION))
        button.around = 6
        above.addWidget(button)
    fill(QVBoxLayout(both), above, field).setSpacing(3)
    both.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return both
