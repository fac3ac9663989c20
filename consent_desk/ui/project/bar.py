"""The line at the top: which project, where it leads, and what is known of its key."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from consent_desk.ui.widgets.banner import TintedLabel
from consent_desk.ui.widgets.inputs import ComboBox, button, label_for
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import tool_tip
from consent_desk.ui.widgets.tones import Tone, sign

SANDBOX = "sandbox"
_NEW = "new"
_LABEL = "P&roject"
_WIDE = 100
"""Characters that a bar has room for which shows the host."""
_LONGEST = 40
"""Characters of a name or host that the bar has room for."""
_CHOOSING = frozenset(
    {
        *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
        *(Qt.Key.Key_Home, Qt.Key.Key_End),
    }
)
"""Keys that choose in a closed list, as letters do."""


class _Chooser(ComboBox):
    """Another project empties the form: a key that would choose one opens the list instead."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _CHOOSING or (event.text() and event.text().isprintable()):
            self.showPopup()
        else:
            super().keyPressEvent(event)


class ProjectBar(QWidget):
    """Emits which project was asked for; shows what it is told."""

    project_requested = Signal(str)
    sandbox_requested = Signal()
    new_project_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.project = _Chooser()
        self.project.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        self.project.setMaximumWidth(self.project.fontMetrics().averageCharWidth() * _LONGEST)
        self.host = QLabel()
        # It may have to say a whole sentence, and the window is not to grow with it.
        self.state = TintedLabel(wraps=True)
        self.go_on = button("Go on without the keyring")
        self.go_on.hide()
        self.settings = button("Project se&ttings…")
        self.backups = button("Backups…")
        self.backups.hide()
        self.host.setTextFormat(Qt.TextFormat.PlainText)
        self.host.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label = label_for(_LABEL, self.project, "Project")
        shown = (self._label, self.project, self.host, (self.state, 1))
        fill(QHBoxLayout(self), *shown, self.go_on, self.settings, self.backups, margins=(10, 2, 10, 2))
        self._shown = -1
        self.project.activated.connect(self._request)

    def lend_key(self, lent: bool) -> None:
        """Leave Alt+R to a question, while it stands: of two holders of a key, Qt asks neither."""
        self._label.setText(_LABEL.replace("&", "") if lent else _LABEL)

    def show_projects(self, projects: Sequence[tuple[str, str]], chosen: str | None, *, only: bool) -> None:
        """List `projects` (id and name), the Sandbox and *New project…*; with `only`, the Sandbox alone."""
        self.project.clear()
        for project_id, name in projects:
            self.project.addItem(name, project_id)
        self.project.addItem("Sandbox (practice)", SANDBOX)
        if not only:
            self.project.insertSeparator(self.project.count())
            self.project.addItem("New project…", _NEW)
        self._shown = -1 if chosen is None else self.project.findData(chosen)
        self.project.setCurrentIndex(self._shown)
        self.settings.setEnabled(not only)

    def show_host(self, host: str) -> None:
        """Show where the project leads."""
        # Its end tells whose it is; the request's URL shows the whole of it.
        self.host.setText(host if len(host) <= _LONGEST else f"…{host[-_LONGEST:]}")

    def show_state(self, tone: Tone, text: str, *, more: str = "", go_on: bool = False) -> None:
        """Show what is known of the key; `go_on` offers to go on without the keyring.

        `more` explains it to who points at it, and to assistive technology.
        """
        self.state.show_text(tone, f"{sign(tone)} {text}".strip())
        self.state.setToolTip(tool_tip(more))
        self.state.setAccessibleDescription(more)
        self.go_on.setVisible(go_on)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # With a large font there is no room for it: the request's URL shows it too.
        self.host.setVisible(self.width() > self.fontMetrics().averageCharWidth() * _WIDE)

    def _request(self, index: int) -> None:
        wanted = self.project.itemData(index)
        # What is shown changes when it has been chosen, not before.
        self.project.setCurrentIndex(self._shown)
        if wanted == _NEW:
            self.new_project_requested.emit()
        elif wanted == SANDBOX:
            self.sandbox_requested.emit()
        else:
            self.project_requested.emit(wanted)
