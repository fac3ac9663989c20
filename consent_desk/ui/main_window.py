"""The main window: where the panels stand, its shortcuts and its title. No decisions."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMetaObject, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QVBoxLayout, QWidget

from consent_desk.domain.message import say
from consent_desk.ui.form.panel import ConsentPanel
from consent_desk.ui.project.bar import ProjectBar
from consent_desk.ui.shell.panes import Pane, Panes
from consent_desk.ui.shell.places import Banners, Rank
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.shell.top_bar import TopBar
from consent_desk.ui.shell.zoom import Zoom
from consent_desk.ui.widgets.banner import Card
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox

    from consent_desk.ui.log.panel import LogPanel
    from consent_desk.ui.outcomes.receipt_panel import ReceiptPanel
    from consent_desk.ui.project.practice import PracticeBanner
    from consent_desk.ui.request.panel import RequestPanel
    from consent_desk.ui.shell.notice import Notice

_TITLE = "Consent Desk"
_QUESTION = "question"

_SIZE, _FRAME = QSize(1280, 800), QSize(8, 40)
"""Of the window at its first start, where the screen is large enough; of what may stand around it."""

SHORTCUTS = (
    ("Ctrl+Return", say("window", "Send; where a question stands above Send: hear it again")),
    (
        "Alt+1, 2, 3",
        say(
            "window",
            "The answers to a question in their order, but for what gives up a noted decision; "
            "Alt+R: the last one, which goes on",
        ),
    ),
    ("Return", say("window", "Look the customer up (in the customer ID)")),
    ("Ctrl+L", say("window", "Go to the customer ID")),
    ("Alt+Up", say("window", "Bring the last customer ID back (in the customer ID)")),
    ("Ctrl+R", say("window", "Correct what was noted here last")),
    ("Alt+G", say("window", "Go to the categories; F2 or Alt+Down: all that is known of the one in focus")),
    ("Alt+A", say("window", "Tick all categories, or none again")),
    ("Ctrl+F", say("window", "Filter the log")),
    ("Ctrl+,", say("window", "Project settings")),
    ("Ctrl+B", say("window", "Backups of the journal")),
    ("Escape", say("window", "Close what is open: a list, a question, which then records nothing")),
    ("Ctrl+Shift+P", say("window", "Present: mask what names real customers, keys and colleagues")),
    ("Ctrl+Shift+I", say("window", "Show or hide the request")),
    ("Ctrl+1, 2, 3", say("window", "The caller, the request or the log alone; Ctrl+4: all of them")),
    ("Ctrl+Plus, Ctrl+Minus", say("window", "Larger and smaller; Ctrl+0: as the system has it")),
    ("F11", say("window", "Full screen")),
    ("F1", say("window", "This list")),
)


class MainWindow(QMainWindow):
    """All panels in one window, which shows before it is complete.

    `painted` comes once, after the first paint; `closing` when it closes, and `held_open` instead of that
    while what was given to `hold_while` says so.
    """

    preview: "RequestPanel"
    log: "LogPanel"
    practice: "PracticeBanner"
    alarm: "Notice"
    offer: "Notice"
    receipt: "ReceiptPanel"

    painted = Signal()
    closing = Signal()
    held_open = Signal()

    def __init__(self, settings: QSettings, *, can_set_up: bool) -> None:
        super().__init__()
        self.settings = settings
        self._painted = False
        self._is_held_open: Callable[[], bool] = lambda: False
        self._shortcuts: QMessageBox | None = None
        self._can_set_up = can_set_up
        self.zoom = Zoom(settings, self)
        self.top = TopBar()
        self.project_bar = ProjectBar()
        self.consent = ConsentPanel()
        self.status = StatusPanel()
        self._lay_out()
        self.setWindowTitle(_TITLE)
        self._restore_layout()

    def _lay_out(self) -> None:
        self.top.project.addWidget(self.project_bar)
        self.banners = Banners()
        self.caller_card, self.request_card, self.log_card = Card(), Card(), Card()
        fill(self.caller_card.content, self.consent, margins=(16, 10, 16, 12))
        self.add_banner(self.status, Rank.OTHER)
        self.panes = Panes(self.caller_card, self.banners, self.request_card, self.log_card)
        central = QWidget()
        self._wide = fill(QVBoxLayout(central), self.top, (self.panes, 1))
        self._wide.setSpacing(0)
        self.setCentralWidget(central)
        self.top.show_request.toggled.connect(self.panes.show_request)
        self.panes.log_wanted.connect(lambda: self.top.show_request.setChecked(False))
        # With room for the frame that the system puts around it.
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))

    def _add_shortcuts(self) -> None:
        from PySide6.QtGui import QShortcut

        slots = (
            ("Ctrl+Return", self._send),
            ("Ctrl+Enter", self._send),
            ("Ctrl+L", self._go_to_customer_id),
            ("Ctrl+,", self.project_bar.settings.click),
            ("Ctrl+B", self.backups.trigger),
            ("Escape", self._escape),
            ("Ctrl+F", self._go_to_search),
            ("F1", self._show_shortcuts),
            ("F11", self._toggle_full_screen),
            ("Ctrl++", partial(self.zoom.step, 1)),
            ("Ctrl+=", partial(self.zoom.step, 1)),
            ("Ctrl+-", partial(self.zoom.step, -1)),
            ("Ctrl+0", partial(self.zoom.show_at, 100)),
            ("Ctrl+1", self._show_caller_alone),
            ("Ctrl+2", self._show_request_alone),
            ("Ctrl+3", self._show_log_alone),
            ("Ctrl+4", partial(self.panes.show_alone, None)),
        )
        for keys, slot in slots:
            shortcut = QShortcut(keys, self)
            # A key held down sends once, and does not complain of the empty form afterwards.
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(slot)

    def complete(self, preview: "RequestPanel", log: "LogPanel") -> None:
        """Add what the first paint can do without: two panels, banners, shortcuts, and parts of the form."""
        from consent_desk.ui.project.practice import PracticeBanner
        from consent_desk.ui.shell.notice import Notice

        self.practice = PracticeBanner(can_set_up=self._can_set_up)
        self.alarm = Notice(
            phrase("window", "Alarm"),
            phrase("window", "Record the decision again, dated now"),
            phrase("window", "Dismiss the alarm"),
        )
        self.offer = Notice(
            phrase("window", "Kept consents"),
            phrase("window", "Send what was kept"),
            phrase("window", "Not now"),
        )
        self.alarm.rang.connect(self.offer.step_back)
        self.add_wide_banner(self.practice)
        self.add_banner(self.alarm, Rank.OPPOSITE)
        self.add_banner(self.offer, Rank.OTHER)
        self.consent.question.opened.connect(self._tell_question)
        self.panes.arranged.connect(self._see_question)
        self.project_bar.complete()
        self.preview = preview
        self.request_card.content.addWidget(preview)
        self.log = log
        fill(self.log_card.content, log, margins=(1, 1, 1, 1))
        self.top.search.addWidget(log.search.filter)
        self.consent.more.toggle.setChecked(self.settings.value("more", "") == "open")
        self.top.menu.addAction(phrase("window", "Other category ID…"), self.consent.categories.open_other)
        self.backups = self.top.menu.addAction(phrase("window", "Backups…"))
        self.backups.setVisible(False)
        self._add_view_menu()
        self.top.menu.addAction(phrase("window", "Keyboard shortcuts"), self._show_shortcuts)
        self.top.complete()
        self._add_shortcuts()

    def _add_view_menu(self) -> None:
        view = self.top.menu.addMenu(phrase("window", "View"))
        for text, keys, slot in (
            (phrase("window", "Larger"), "Ctrl++", partial(self.zoom.step, 1)),
            (phrase("window", "Smaller"), "Ctrl+-", partial(self.zoom.step, -1)),
            (phrase("window", "As the system has it: 100 %"), "Ctrl+0", partial(self.zoom.show_at, 100)),
            (phrase("window", "Full screen"), "F11", self._toggle_full_screen),
        ):
            # Behind a tab the key is shown, and heard once: the window's own shortcut has it.
            view.addAction(f"{text}\t{keys}", slot)

    def _tell_question(self, is_open: bool) -> None:
        self.panes.tell_question(is_open)
        if is_open and self.caller_card.isHidden():
            waits = phrase("window", "A question waits under Caller (Ctrl+1).")
            self.status.show_message(_QUESTION, Tone.WARNING, waits)
        else:
            self.status.take_back(_QUESTION)

    def _see_question(self) -> None:
        if not self.caller_card.isHidden():
            self.status.take_back(_QUESTION)

    def add_banner(self, banner: QWidget, rank: int = Rank.OTHER) -> None:
        """Let `banner` head the right column, below those of smaller or the same rank."""
        self.banners.add(banner, rank)

    def add_wide_banner(self, banner: QWidget) -> None:
        """Put `banner` below the bar at the top, as wide as the window."""
        self._wide.insertWidget(self._wide.count() - 1, banner)

    def show_starting(self) -> None:
        """Say that there is more to come: the rest of the program is not there yet."""
        text = phrase("window", "Starting…")
        self.consent.send.show_action(text, description=text, ready=False)

    def show_title(self, project_name: str | None, *, practice: bool) -> None:
        """Say in the title which project it is, and above all when it is practice."""
        self.practice.setVisible(practice)
        if practice:
            banner = phrase("window", "PRACTICE: nothing sent here reaches Engagement")
            self.setWindowTitle(f"{banner} – {_TITLE}")
        else:
            self.setWindowTitle(_TITLE if project_name is None else f"{_TITLE} – {project_name}")

    def _restore_layout(self) -> None:
        geometry = self.settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        for name, splitter in self._splitters():
            state = self.settings.value(name)
            if isinstance(state, QByteArray):
                splitter.restoreState(state)
        is_open = self.settings.value("request", "open") == "open"
        self.top.show_request.setChecked(is_open)
        self.panes.show_request(is_open)

    def _splitters(self) -> tuple[tuple[str, QSplitter], ...]:
        return ("columns", self.panes.columns), ("right", self.panes.right)

    def save_layout(self) -> None:
        """Keep the sizes for the next time."""
        self.settings.setValue("geometry", self.saveGeometry())
        self.settings.setValue("more", "open" if self.consent.more.toggle.isChecked() else "closed")
        self.settings.setValue("request", "open" if self.top.show_request.isChecked() else "closed")
        for name, splitter in self._splitters():
            self.settings.setValue(name, splitter.saveState())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # Later: this paint is not on the screen yet, and what follows it takes time.
            QMetaObject.invokeMethod(self, "painted", Qt.ConnectionType.QueuedConnection)

    def hold_while(self, held: Callable[[], bool]) -> None:
        """While `held` says so, closing is only a wish, which somebody has to confirm."""
        self._is_held_open = held

    def end(self) -> None:
        """Close without a question: a signal, or the end of the desktop session, waits for nobody."""
        self.hold_while(lambda: False)
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_held_open():
            event.ignore()
            self.held_open.emit()
            return
        # A field that still has the focus when it is destroyed reports that it was left.
        at: QWidget | None = self.focusWidget()
        if at is not None:
            at.clearFocus()
        self.closing.emit()
        super().closeEvent(event)

    def _send(self) -> None:
        _close_popup()
        if self.consent.isVisible():
            self.consent.send_requested.emit()
        else:
            # Nobody sends what they do not see.
            self._go_to_customer_id()

    def _escape(self) -> None:
        """Close what is open, the innermost first, and do nothing else."""
        if _close_popup():
            return
        if self.consent.question.can_escape:
            self.consent.question.escape()
        elif self.log.reason.isVisible():
            self.log.reason.close_row()
        elif self.log.search.filter.text() and self.log.search.filter.hasFocus():
            self.log.search.filter.clear()
        elif self.consent.categories.close_innermost():
            return
        elif self.isFullScreen():
            self.showNormal()

    def _toggle_full_screen(self) -> None:
        # A window that was maximised is so again.
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_caller_alone(self) -> None:
        self.panes.show_alone(Pane.CALLER)
        self.consent.customer_id.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_log_alone(self) -> None:
        self.panes.show_alone(Pane.LOG)
        self.log.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _go_to_customer_id(self) -> None:
        self.panes.bring_forward(Pane.CALLER)
        self.consent.customer_id.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.consent.customer_id.selectAll()

    def _show_request_alone(self) -> None:
        self.panes.show_alone(Pane.REQUEST)
        self.preview.take_focus()

    def _go_to_search(self) -> None:
        self.panes.bring_forward(Pane.LOG)
        self.log.search.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.log.search.filter.selectAll()

    def begin_at_customer_id(self) -> None:
        """Put the cursor into the customer ID, unless somebody is at work elsewhere already."""
        at: QWidget | None = self.focusWidget()
        panels = (self.consent, self.preview, self.log)
        if at is None or not any(panel.isAncestorOf(at) for panel in panels):
            self.consent.customer_id.setFocus()

    def _show_shortcuts(self) -> None:
        if self._shortcuts is None:
            # Needed only now: not every start waits for it to load.
            from PySide6.QtWidgets import QMessageBox

            box = self._shortcuts = QMessageBox(self, textFormat=Qt.TextFormat.RichText)
            box.setModal(False)
            box.setWindowTitle(phrase("window", "Keyboard shortcuts"))
        idle = {"Ctrl+B": not self.backups.isVisible()}
        rows = (
            f"<tr><td><b>{keys}</b></td><td>{render(what)}</td></tr>"
            for keys, what in SHORTCUTS
            if not idle.get(keys)
        )
        # Of the program's own words alone: nothing of anybody else is shown as rich text.
        self._shortcuts.setText(f"<table cellspacing='6'>{''.join(rows)}</table>")
        self._shortcuts.show()
        self._shortcuts.activateWindow()


def layout_settings(folder: Path) -> QSettings:
    """The file in `folder` that keeps the sizes, and which project was used last."""
    path = folder / "window.ini"
    # One that was made without our umask stays as it is: Qt gives a new file the modes of the old one.
    with suppress(OSError):
        path.chmod(0o600)
    return QSettings(str(path), QSettings.Format.IniFormat)


def _close_popup() -> bool:
    # A shortcut of the window comes before the keys of a pop-up that it has opened.
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.hide()
    return popup is not None
