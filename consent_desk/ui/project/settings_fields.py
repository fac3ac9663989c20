"""What the project settings are made of: a step beside its fields, a field with its note, the report."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.message import say
from consent_desk.engagement.connection_check import CheckStep, Finding
from consent_desk.ui.theme.fonts import BODY, CAPTION, sized
from consent_desk.ui.theme.icons import icon
from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.buttons import Button
from consent_desk.ui.widgets.inputs import ComboBox, Note, TypingComboBox, label_for, plain_label
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

_SIGNS = {
    Finding.GOOD: ("check", "info", say("project", "Works")),
    Finding.WARNING: ("alert-triangle", "warn", say("project", "Look at this")),
    Finding.BAD: ("alert-circle", "bad", say("project", "Does not work")),
    Finding.UNKNOWN: ("circle", "second", say("project", "Not known")),
    Finding.INFORMATION: ("info", "second", say("project", "Good to know")),
}
"""Icon, the token of its colour, and the word for who sees neither. Green is kept for what was verified."""


class _Note(Note):
    """As high as its text is in its width, also where a scrolled form asks for the least height."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.heightForWidth(max(self.width(), 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()


class Setting(QWidget):
    """A field under its label. Its note has a line below, and at its end one button that mends the problem.

    Emits `repair_wanted(Field)`.
    """

    repair_wanted = Signal(object)

    def __init__(self, text: str, field: Field, control: QLineEdit | TypingComboBox) -> None:
        super().__init__()
        self.control = control
        self.line = control.line if isinstance(control, TypingComboBox) else control
        label = label_for(text, control, field.value)
        label.setFont(sized(CAPTION))
        self.note = _Note()
        self.note.setFont(sized(CAPTION))
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.mend = Button()
        self.mend.setFont(sized(CAPTION))
        self.mend.setAutoDefault(False)
        self.mend.around = 6
        self.mend.hide()
        self.mend.clicked.connect(lambda: self.repair_wanted.emit(field))
        below = QWidget()
        fill(QHBoxLayout(below), (self.note, 1), self.mend).setSpacing(8)
        lines = fill(QVBoxLayout(self), label, control, below, None)
        lines.setSpacing(3)
        # The line of a note is there before it says anything: nothing moves when it does.
        below.setMinimumHeight(self.mend.sizeHint().height())

    def show_problem(self, text: str, repair: str) -> None:
        """Show what is wrong, and what a button would put in its place; without `repair` there is none."""
        self.note.show_problem(text)
        self._offer(repair)

    def show_remark(self, text: str) -> None:
        """Show what looks unusual, or nothing."""
        self.note.show_remark(text)
        self._offer("")

    def _offer(self, repair: str) -> None:
        self.mend.setText(repair.replace("&", "&&"))
        self.mend.setAccessibleName(repair)
        self.mend.setVisible(bool(repair))


def choice(text: str, name: str, box: ComboBox) -> QWidget:
    """A field to choose from, under its label."""
    label = label_for(text, box, name)
    label.setFont(sized(CAPTION))
    around = QWidget()
    fill(QVBoxLayout(around), label, box, None).setSpacing(3)
    return around


class Step(QFrame):
    """A step of setting up: its number, what is to be done, and beside that the fields for it.

    Of those that stand beside each other, the first one is the widest.
    """

    def __init__(self, number: int, title: str, text: str, *rows: QWidget | Sequence[QWidget]) -> None:
        super().__init__()
        heading = plain_label(f"{number}. {title}")
        heading.setFont(sized(BODY, semibold=True))
        words = TintedLabel()
        words.setFont(sized(CAPTION))
        words.show_text(Tone.QUIET, text)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        left = QWidget()
        fill(QVBoxLayout(left), heading, words, None).setSpacing(4)
        left.setMinimumWidth(words.fontMetrics().averageCharWidth() * 26)
        right = QVBoxLayout()
        right.setSpacing(4)
        for row in rows:
            if isinstance(row, QWidget):
                right.addWidget(row)
            else:
                beside = fill(QHBoxLayout(), (row[0], 2), *((one, 1) for one in row[1:]))
                beside.setSpacing(12)
                right.addLayout(beside)
        right.addStretch()
        line = fill(QHBoxLayout(self), (left, 2), (right, 3))
        line.setSpacing(24)


class ReportList(QListWidget):
    """What the check of a connection came to, a step a row, as high as its rows. Ctrl+C copies all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(phrase("project", "Connection report"))
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.setIconSize(QSize(16, 16))
        self.setSpacing(1)
        self.hide()

    def show_steps(self, steps: Sequence[CheckStep]) -> None:
        """Show what is known of each step."""
        self.clear()
        for step in steps:
            self._add(step.verdict, f"{render(step.name)}: {render(step.message)}")
        self._fit()

    def show_failure(self, text: str) -> None:
        """Show that there is no report, and why."""
        self.clear()
        self._add(Finding.BAD, text)
        self._fit()

    def show_nothing(self) -> None:
        """Show none."""
        self.clear()
        self._fit()

    def text(self) -> str:
        """All of it, a row a line, each with what is known of it."""
        role = Qt.ItemDataRole.AccessibleTextRole
        return "\n".join(str(self.item(row).data(role)) for row in range(self.count()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            from PySide6.QtGui import QGuiApplication

            QGuiApplication.clipboard().setText(self.text())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _add(self, finding: Finding, text: str) -> None:
        name, token, word = _SIGNS[finding]
        item = QListWidgetItem(icon(name, token), text)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{render(word)}: {text}")
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        self.addItem(item)

    def _fit(self) -> None:
        self.setVisible(self.count() > 0)
        self.doItemsLayout()
        height = sum(self.visualItemRect(self.item(row)).height() + 2 for row in range(self.count()))
        self.setFixedHeight(height + 4)


def caption(text: str = "", name: str = "") -> QLabel:
    """A small text that breaks its lines."""
    label = plain_label(text, name)
    label.setFont(sized(CAPTION))
    return label
