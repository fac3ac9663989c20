"""The left of the top bar: which project, where it leads, and what is known of its key."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from consent_desk.domain.message import say
from consent_desk.ui.theme.fonts import line_height, scaled
from consent_desk.ui.theme.paint import FIELD, chevron_down, mixed, rounded
from consent_desk.ui.theme.tokens import current, is_high_contrast
from consent_desk.ui.widgets.banner import TintedLabel, TintedLines
from consent_desk.ui.widgets.inputs import ComboBox, button
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render, tool_tip
from consent_desk.ui.widgets.tones import Tone, sign

if TYPE_CHECKING:
    from consent_desk.ui.project.marks import Mark

SANDBOX = "sandbox"
NEW = "new"
_HEIGHT, _RING, _BESIDE, _GAP = 34, 16, 12, 8
_WIDEST = 260
"""Pixels of the project's name, where text is not larger than usual."""

_WIDE = 46
"""Characters that a bar has room for which shows the host."""
_LONGEST = 40
"""Characters of a host that the bar has room for."""
_CHOOSING = frozenset(
    {
        *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
        *(Qt.Key.Key_Home, Qt.Key.Key_End),
    }
)
"""Keys that choose in a closed list, as letters do."""


class Repair(Enum):
    """What can be done about the state of the key, in the words of its button."""

    GO_ON = say("project", "Go on without the keyring")
    READ_AGAIN = say("project", "Read the keyring again")
    ENTER_KEY = say("project", "Check the key…")


class _Chooser(ComboBox):
    """Another project empties the form: a key that would choose one opens the list instead."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(phrase("project", "Project"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _CHOOSING or (event.text() and event.text().isprintable()):
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        text = self.fontMetrics().horizontalAdvance(self.currentText() or "Project")
        beside = scaled(_RING + 4 * _BESIDE + 2)
        return QSize(min(text + beside, scaled(_WIDEST)), line_height(self, _HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(scaled(110), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_high_contrast():
            super().paintEvent(event)
            return
        tokens, painter, rect = current(), QPainter(self), self.rect()
        focused = self.hasFocus()
        ground = mixed(tokens.surface, tokens.text, 0.05) if self.underMouse() else tokens.surface
        edge = tokens.accent if focused else tokens.field
        rounded(painter, rect, FIELD, ground=ground, edge=edge, width=2 if focused else 1)
        beside, side = scaled(_BESIDE), scaled(_RING)
        ring = QRect(beside, (rect.height() - side) // 2, side, side)
        icon = self.currentData(Qt.ItemDataRole.DecorationRole)
        if icon is not None:
            icon.paint(painter, ring)
        arrow = QRect(rect.right() - beside - side // 2, 0, side // 2, rect.height())
        chevron_down(painter, arrow, tokens.second)
        left = ring.right() + beside * 2 // 3 if icon is not None else beside
        words = QRect(left, 0, arrow.left() - left - beside // 2, rect.height())
        name = self.currentText() or phrase("project", "Choose a project")
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.setPen(QColor(tokens.text if self.currentText() else tokens.second))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class _State(TintedLines):
    """As wide as its text where there is room: the button that mends it stands right beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * self.fontMetrics().averageCharWidth(), super().minimumSizeHint().height())


class ProjectBar(QWidget):
    """Emits `requested`: the ID of a project, `SANDBOX`, or `NEW`. Shows what it is told.

    `repair_requested(Repair)`: the button beside the state was pressed.
    """

    requested = Signal(str)
    repair_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.project = _Chooser()
        self.settings = button(
            "",
            phrase("project", "Project settings"),
            phrase("project", "Project settings (Ctrl+,)"),
        )
        self.host = TintedLabel()
        self.host.setWordWrap(False)
        # It goes where there is little room, and does not claim it meanwhile.
        self.host.setMinimumWidth(1)
        self.host.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # Nothing that a keyboard or a screen reader has to go past.
        self.host.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # It may have to say a whole sentence, and the window is not to grow with it.
        self.state = _State()
        self._offered = Repair.GO_ON
        self.repair = button(render(Repair.GO_ON.value))
        self.repair.hide()
        self.repair.clicked.connect(lambda: self.repair_requested.emit(self._offered))
        shown = (self.project, self.settings, self.host, self.state, self.repair)
        fill(QHBoxLayout(self), *shown, None).setSpacing(_GAP)
        self._shown = -1
        self.project.activated.connect(self._request)

    def complete(self) -> None:
        """Add what the first paint can do without: the sign on the button, the label of the list."""
        self.settings.show_as(sign="settings")
        # On Linux assistive technology is told what is chosen as its name: the label says what it is.
        label = QLabel(phrase("project", "Project"), self)
        label.setBuddy(self.project)
        label.hide()

    def show_projects(self, projects: Mapping[str, "Mark"], chosen: str | None, *, only: bool) -> None:
        """List `projects` by ID, the Sandbox and *New project…*; with `only`, the Sandbox alone."""
        from consent_desk.ui.theme.icons import icon

        self.project.clear()
        for project_id, mark in projects.items():
            self.project.addItem(icon("project", mark.token), mark.text, project_id)
        self.project.addItem(icon("practice", "warn"), phrase("project", "Sandbox (practice)"), SANDBOX)
        if not only:
            self.project.insertSeparator(self.project.count())
            self.project.addItem(phrase("project", "New project…"), NEW)
        self._shown = -1 if chosen is None else self.project.findData(chosen)
        self.project.setCurrentIndex(self._shown)
        name = self.project.currentText()
        self.project.setToolTip(tool_tip(name))
        # Else a screen reader is told the tool tip, which is HTML.
        self.project.setAccessibleDescription(name)
        self.project.updateGeometry()

    def show_host(self, host: str) -> None:
        """Show where the project leads."""
        # Its end tells whose it is; the request's URL shows the whole of it.
        shown = host if len(host) <= _LONGEST else f"…{host[-_LONGEST:]}"
        self.host.show_text(Tone.QUIET, f"{shown} ·" if shown else "")
        self._make_room()

    def show_state(self, tone: Tone, text: str, *, more: str = "", repair: Repair | None = None) -> None:
        """Show what is known of the key; `repair` offers what can be done about it.

        `more` explains it to who points at it, and to assistive technology.
        """
        shown = f"{sign(tone)} {text}".strip()
        self.state.show_text(tone, shown)
        self.state.setToolTip(tool_tip(more or text))
        self.state.setAccessibleDescription(f"{shown} {more}".strip())
        if repair is not None:
            self._offered = repair
            text = render(repair.value)
            self.repair.setText(text)
            self.repair.setAccessibleName(text.removesuffix("…"))
        self.repair.setVisible(repair is not None)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        # What is to be done comes first; the request's URL shows the host too.
        is_wide = self.width() > self.fontMetrics().averageCharWidth() * _WIDE
        self.host.setVisible(bool(self.host.text()) and is_wide and self.repair.isHidden())
        # The name before the state: Qt would cut both.
        beside = [one for one in (self.project, self.settings, self.host, self.repair) if not one.isHidden()]
        room = self.width() - sum(one.sizeHint().width() + _GAP for one in beside)
        self.state.setMaximumWidth(max(room, self.state.minimumSizeHint().width()))

    def _request(self, index: int) -> None:
        wanted = self.project.itemData(index)
        # What is shown changes when it has been chosen, not before.
        self.project.setCurrentIndex(self._shown)
        self.requested.emit(wanted)
