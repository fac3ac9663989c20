"""The real program in a process of its own, with somebody in front of it who does as told over a socket.

    python -m tests.end_to_end.desk_child SOCKET [--die-before-sending | --movable-clock | --clock SECONDS]
        [ARGUMENTS]

ARGUMENTS are those of consent-desk.

Each line from the socket is a list in JSON: what to do, and with what. Each is answered by one line.
Controls are found by their accessible names, and are used as with a keyboard.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, time_ns

import PySide6
from PySide6.QtCore import QItemSelectionModel, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QClipboard, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)
from shiboken6 import Shiboken

from consent_desk.__main__ import leave
from consent_desk.cli import main as cli
from consent_desk.delivery.sender import Sender
from consent_desk.domain.consent.values import Timestamp
from consent_desk.system.display import Display
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.log.model import LINE
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.widgets.inputs import MOMENT
from consent_desk.ui.widgets.pill import Pill

EVERY = 10
"""Milliseconds between two looks at what is waited for."""


class Person(QObject):
    """Does what it is told, on the GUI thread, and tells what it sees."""

    told = Signal(str)

    def __init__(self, socket: int) -> None:
        super().__init__()
        self._socket = socket
        self._seconds_off = 0
        self.told.connect(self.do, Qt.ConnectionType.QueuedConnection)

    def listen(self) -> None:
        """Take in what is told until nobody is there any more; then nobody must stay here either."""
        received = b""
        while piece := os.read(self._socket, 65536):
            *lines, received = (received + piece).split(b"\n")
            for line in lines:
                self.told.emit(line.decode())
        os.kill(os.getpid(), signal.SIGKILL)

    @Slot(str)
    def do(self, line: str) -> None:
        """Do one thing. What goes wrong is told as well: here it would only reach the program's log."""
        name, *arguments = json.loads(line)
        try:
            if name == "wait":
                self._wait(*arguments)
            else:
                self._answer(getattr(self, name)(*arguments))
        except Exception as error:  # noqa: BLE001 -- told to the test
            self._answer({"trouble": f"{type(error).__name__}: {error}"})

    def type(self, name: str, text: str) -> None:
        """Replace what stands in a field, key by key."""
        widget = find(name)
        field = widget.lineEdit() if isinstance(widget, QComboBox) else widget
        assert isinstance(field, QLineEdit | QPlainTextEdit), name
        field.setFocus()
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Backspace)
        QTest.keyClicks(field, text)

    def press(self, name: str) -> None:
        """Press a button by the space bar, a moment after saying so: it may open a question."""
        button = find(name)
        assert isinstance(button, QAbstractButton), name
        assert button.isEnabled(), f"{name} is off"
        button.setFocus()
        # Nobody answers before they have read.
        asks = isinstance(button.window(), QMessageBox) or isinstance(button.parent(), QuestionBanner)
        wait = int(MOMENT * 1_100) if asks else 0
        QTimer.singleShot(wait, button, partial(QTest.keyClick, button, Qt.Key.Key_Space))

    def choose_category(self, category: str) -> None:
        """Tick this category and no other, by the space bar; where it has no box, type its ID."""
        window = main_window()
        assert isinstance(window, MainWindow)
        choice = window.consent.categories
        choice.other.clear()
        for box in choice.rows.boxes:
            if box.isChecked() is not (box.category.id == category):
                box.setFocus()
                QTest.keyClick(box, Qt.Key.Key_Space)
        if category not in choice.chosen:
            choice.open_other()
            self.type("Other category ID", category)

    def tick(self, name: str) -> None:
        """Tick a box."""
        box = find(name)
        assert isinstance(box, QAbstractButton), name
        box.setChecked(True)

    def keys(self, keys: str) -> None:
        """Press a shortcut."""
        window = QApplication.activeModalWidget() or main_window()
        # The offscreen platform forgets who was active when a dialog goes.
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window)
        QTest.keySequence(window.windowHandle(), QKeySequence(keys))

    def choose(self, name: str, text: str) -> None:
        """Choose an item of a combo box in its list."""
        box = find(name)
        assert isinstance(box, QComboBox), name
        at = box.findText(text)
        assert at >= 0, f"{name} has no {text}"
        box.showPopup()
        view = box.view()
        view.setCurrentIndex(box.model().index(at, 0))
        QTest.keyClick(view, Qt.Key.Key_Return)

    def pick(self, name: str, item: str) -> None:
        """Pick an item of a button's menu."""
        button = find(name)
        assert isinstance(button, QPushButton | QToolButton), name
        next(action for action in button.menu().actions() if action.text() == item).trigger()

    def turn_to(self, tab: str) -> None:
        """Choose the kind of details."""
        bar = find("Kind of details")
        assert isinstance(bar, QTabBar)
        bar.setCurrentIndex([bar.tabText(at) for at in range(bar.count())].index(tab))

    def choose_line(self, row: int) -> None:
        """Choose a line of the log."""
        table = find("Response log")
        assert isinstance(table, QAbstractItemView)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        table.selectionModel().setCurrentIndex(table.model().index(row, LINE), flags)

    def text(self, name: str) -> str:
        """What a control shows."""
        return shown(find(name))

    def title(self) -> str:
        """The title of the window."""
        return next(window.windowTitle() for window in QApplication.topLevelWidgets() if window.isVisible())

    def every_text(self) -> list[str]:
        """What any widget holds, shown or not."""
        return [str(widget.property("text")) for widget in QApplication.allWidgets()]

    def clipboard(self) -> list[str]:
        """The text in the clipboard, and the selected one that X11 pastes."""
        board = QGuiApplication.clipboard()
        return [board.text(), board.text(QClipboard.Mode.Selection)]

    def copy(self, text: str) -> None:
        """Let another program have put `text` into the clipboard."""
        QGuiApplication.clipboard().setText(text)

    def move_clock(self, seconds: int) -> None:
        """Set the program's clock forward."""
        self._seconds_off += seconds

    def now(self) -> Timestamp:
        """The program's clock, where it can be moved."""
        return Timestamp(time_ns() // 1_000 + self._seconds_off * 1_000_000)

    def minimize(self) -> None:
        """Minimize the window."""
        main_window().showMinimized()

    def is_in_front(self) -> bool:
        """Whether the window is shown, not minimized, and has the keyboard."""
        window = main_window()
        return window.isVisible() and not window.isMinimized() and window.isActiveWindow()

    def fail(self, where: str, text: str) -> None:
        """Let something unexpected happen with `text` in its message, in a slot or in a thread."""

        def break_down() -> None:
            held = text
            raise RuntimeError(held)

        if where == "slot":
            QTimer.singleShot(0, break_down)
        else:
            threading.Thread(target=break_down).start()

    def end(self, how: str) -> None:
        """End as a person or as the session does."""
        ways: dict[str, Callable[[], object]] = {
            "close button": main_window().close,
            "end of the session": end_session,
            "quit": qt().quit,
        }
        QTimer.singleShot(0, ways[how])

    def fill_disk(self, folder: str) -> None:
        """Leave no room on the disk with `folder`, once the backup is there: it makes room as it fails."""
        until = monotonic() + 10
        here = Path(folder)
        while any(here.rglob(".unfinished-*")) or not any(here.glob("backups/*.mark")):
            if monotonic() > until:
                raise LookupError("no backup was made")
            time.sleep(0.01)
        descriptor = os.open(f"{folder}/filler", os.O_WRONLY | os.O_CREAT, 0o600)
        for size in (4096, 1):
            try:
                while True:
                    os.write(descriptor, b"\0" * size)
            except OSError:
                continue
        os.close(descriptor)

    def free_disk(self, folder: str) -> None:
        """Make room again."""
        os.unlink(f"{folder}/filler")  # noqa: PTH108 -- beside its os.open

    def _wait(self, name: str, text: str, seconds: float) -> None:
        until = monotonic() + seconds

        def look() -> None:
            seen = None
            try:
                seen = shown(find(name))
            except LookupError as error:
                seen = str(error)
            if text in seen:
                timer.stop()
                self._answer(seen)
            elif monotonic() > until:
                timer.stop()
                self._answer({"trouble": f"{name} never showed {text!r}, but: {seen}"})

        timer = QTimer(self)
        timer.timeout.connect(look)
        timer.start(EVERY)

    def _answer(self, value: object) -> None:
        os.write(self._socket, json.dumps(value).encode() + b"\n")


def qt() -> QApplication:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


def end_session() -> None:
    """As Qt says it to the program. Python has no session manager to say it with."""
    library = ctypes.CDLL(str(Path(PySide6.__file__).parent / "Qt/lib/libQt6Gui.so.6"))
    say = library["_ZN15QGuiApplication17commitDataRequestER15QSessionManager"]
    anything = QObject()
    say(*(ctypes.c_void_p(Shiboken.getCppPointer(one)[0]) for one in (qt(), anything)))


def main_window() -> QWidget:
    return next(widget for widget in QApplication.topLevelWidgets() if widget.inherits("QMainWindow"))


TECHNICAL = frozenset({"Kind of details", "Response details"})
"""Folded at first."""


def find(name: str) -> QWidget:
    """The visible control of that name, in the dialog where there is one."""
    if name == "Project state":  # the one text waited for that has no accessible name
        window = main_window()
        assert isinstance(window, MainWindow)
        return window.project_bar.state
    if name in TECHNICAL:
        unfold = find("Technical details")
        assert isinstance(unfold, QAbstractButton)
        unfold.setChecked(True)
    found = [widget for widget in QApplication.allWidgets() if name_of(widget) == name]
    visible = [widget for widget in found if widget.isVisible()]
    dialog = QApplication.activeModalWidget()
    visible.sort(key=lambda widget: widget.window() is not dialog)
    if not visible:
        raise LookupError(f"{name} is {'hidden' if found else 'not there'}")
    return visible[0]


def name_of(widget: QWidget) -> str:
    if not widget.accessibleName() and isinstance(widget, QAbstractButton):
        return widget.text().replace("&", "")
    return widget.accessibleName()


def shown(widget: QWidget) -> str:
    match widget:
        case QComboBox():
            return widget.currentText()
        case QPlainTextEdit():
            return widget.toPlainText()
        case QAbstractItemView():
            model = widget.model()
            cells = (
                [model.index(row, column).data() for column in range(8)] for row in range(model.rowCount())
            )
            return "\n".join(" | ".join(row) for row in cells)
        case Pill():
            return widget.accessibleDescription()
        case QLineEdit() | QLabel() | QAbstractButton():
            return widget.text()
        case _:
            raise LookupError(f"{type(widget).__name__} shows no text")


def set_clock(seconds: int) -> None:
    """Have this computer's clock show `seconds`, in UNIX seconds, and go on from there."""
    off = seconds * 1_000_000_000 - time_ns()
    vars(time)["time_ns"] = lambda: time_ns() + off
    vars(time)["time"] = lambda: (time_ns() + off) / 1e9


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    descriptor, *arguments = sys.argv[1:]
    if arguments[:1] == ["--die-before-sending"]:
        del arguments[0]
        Sender.send = die  # type: ignore[method-assign]  # the moment between noting and sending
    person = Person(int(descriptor))
    if arguments[:1] == ["--movable-clock"]:
        del arguments[0]
        from consent_desk.app import build as app

        vars(app)["build"] = partial(app.build, now=person.now, nap=0.05)
    if arguments[:1] == ["--clock"]:
        set_clock(int(arguments[1]))
        del arguments[:2]
    threading.Thread(target=person.listen, daemon=True).start()
    # Somebody is in front of it, wherever it draws.
    vars(cli)["find_display"] = lambda: Display.READY
    leave(cli.main(arguments))
