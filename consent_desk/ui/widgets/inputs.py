"""Input widgets with the manners that a form for consents needs.

Long because each of them is small, and together they are what every panel is built of.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.completing import Completing
from consent_desk.ui.widgets.folding import Folding
from consent_desk.ui.widgets.line import Line
from consent_desk.ui.widgets.tones import Tone

if TYPE_CHECKING:
    from PySide6.QtGui import QFont


class ComboBox(QComboBox):
    """A combo box that the mouse wheel does not change unless it is open, as narrow as its room."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


_WIDEST = 800  # pixels: somebody may name a category by half a page


class TypingComboBox(ComboBox):
    """A combo box that takes typing; completion is a case-sensitive pop-up, and nothing is inserted."""

    def __init__(self, *offered: str) -> None:
        super().__init__()
        self.addItems(offered)
        # Which makes it editable, and has a limit that tells.
        self.line = Line()
        self.setLineEdit(self.line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.completing = Completing(self.model(), self)
        self.setCompleter(self.completing)
        self.setCurrentIndex(-1)

    def offer(self, model: QAbstractItemModel) -> None:
        """Offer the rows of `model`, in the list and for completion."""
        self.setModel(model)
        self.completing.setModel(model)
        model.modelReset.connect(self._widen)

    def _widen(self) -> None:
        # As wide as its rows, or the marks at their end would hide what stands before them.
        beside = self.view().verticalScrollBar().sizeHint().width()
        width = min(self.view().sizeHintForColumn(0) + 2 * beside, _WIDEST)
        self.view().setMinimumWidth(width)
        if (popup := self.completing.popup()) is not None:
            popup.setMinimumWidth(width)

    def set_text(self, text: str) -> None:
        """Put `text` in as if it had been typed, without a way back through undo."""
        self.completing.close()
        self.setCurrentIndex(-1)
        self.line.setText(text)


class Pasting(QObject):
    """Emits `pasted` when more than one character came into a line at once: pasted, dropped or chosen."""

    pasted = Signal()

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._before = line.text()
        line.textChanged.connect(self._compare)

    def _compare(self, text: str) -> None:
        before, self._before = self._before, text
        start = _alike(before, text)
        end = _alike(before[start:][::-1], text[start:][::-1])
        if len(text) - start - end > 1:
            self.pasted.emit()


def _alike(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


class Note(TintedLabel):
    """The line below a field: a problem, or a quiet remark. Takes no room while it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.hide()

    def show_problem(self, text: str) -> None:
        """Show what is wrong."""
        self._show(f"⚠ {text}", Tone.BAD)

    def show_doubt(self, text: str) -> None:
        """Show what may be wrong, and does not stand in the way."""
        self._show(f"▲ {text}", Tone.WARNING)

    def show_remark(self, text: str) -> None:
        """Show something worth knowing, or nothing where `text` is empty."""
        self._show(text, Tone.QUIET)

    def _show(self, text: str, tone: Tone) -> None:
        self.show_text(tone, text)
        self.setVisible(bool(text))


class WithNote(Folding):
    """A field with the line for its problem right below it; `beside` stands at its right, `below` last."""

    def __init__(
        self, field: QWidget, *, beside: QWidget | None = None, below: QWidget | None = None
    ) -> None:
        super().__init__(field, wide=True)
        self.note = Note()
        if beside is not None:
            self.add_behind(beside)
        self.add(self.note)
        if below is not None:
            self.add(below)

    def add(self, view: QWidget) -> None:
        """Put `view` below."""
        self.lines.addWidget(view)


def label_for(text: str, field: QWidget, accessible_name: str) -> QLabel:
    """Name `field` for people and for assistive technology; return its label, with its mnemonic."""
    field.setAccessibleName(accessible_name)
    label = QLabel(text)
    label.setBuddy(field)
    return label


def read_only_text(accessible_name: str) -> QPlainTextEdit:
    """A text that can be selected, copied and read out, but not changed."""
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setUndoRedoEnabled(False)
    text.setTabChangesFocus(True)
    text.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    text.setAccessibleName(accessible_name)
    return text


def technical_text(accessible_name: str) -> QPlainTextEdit:
    """A read-only text in the font for what machines read."""
    text = read_only_text(accessible_name)
    text.setFont(technical_font())
    return text


def technical_font() -> "QFont":
    """The font for what machines read."""
    # It and all that belongs to it would keep the window from showing.
    from PySide6.QtGui import QFontDatabase

    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    # Not every system enlarges it together with the font of all other controls.
    font.setPointSizeF(max(font.pointSizeF(), QGuiApplication.font().pointSizeF()))
    return font


def typed_text(edit: QPlainTextEdit) -> str:
    """What was typed into `edit`; `toPlainText` would turn no-break spaces into spaces."""
    return edit.document().toRawText().replace("\u2029", "\n")


def units(text: str) -> int:
    """How many characters Qt counts in `text`, in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
