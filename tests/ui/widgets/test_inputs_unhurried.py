"""What records, cancels or deletes something is not pressed by accident."""

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.domain.lifecycle.state import State
from consent_desk.ui.checks.banners import CorrectionBanner, QuestionBanner
from consent_desk.ui.log.line_details import Offer, ReasonRow
from consent_desk.ui.shell.notice import Notice
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.widgets import inputs
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls
from tests.ui.desks import OpenDesk

SOON = 1_000.0
FIRST_MOMENT = inputs.MOMENT


def key(button: QWidget, which: Qt.Key, *, repeats: bool = False) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(button, QKeyEvent(kind, which, Qt.KeyboardModifier.NoModifier, "", repeats, 1))


def press_in_every_way(button: QAbstractButton) -> None:
    key(button, Qt.Key.Key_Space)
    key(button, Qt.Key.Key_Return)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture(params=["notice", "reason", "correction", "question"])
def banner(request: pytest.FixtureRequest, qtbot: QtBot) -> tuple[QWidget, QAbstractButton]:
    """A banner that asks for something, shown, and the button that does it."""
    widget: QWidget
    match request.param:
        case "notice":
            notice = Notice("Kept consents", "Send what was kept", "Not now")
            notice.show_notice(Tone.NEUTRAL, "The connection works.", "1 opt-out is kept.")
            widget, button = notice, notice.action
        case "reason":
            row = ReasonRow()
            row.ask()
            row.reason.setText("typed twice")
            widget, button = row, row.confirm
        case "question":
            question = QuestionBanner()
            question.ask("Is the ID right?", ("Correct the ID", "Record anyway"))
            widget, button = question, question.choices[1]
        case _:
            correction = CorrectionBanner()
            correction.show_link("an id")
            correction.tell("Corrects something.", warns=False)
            widget, button = correction, correction.drop
    qtbot.addWidget(widget)
    widget.show()
    return widget, button


def test_what_has_just_come_up_takes_no_press(
    banner: tuple[QWidget, QAbstractButton], monkeypatch: pytest.MonkeyPatch
) -> None:
    _widget, button = banner
    pressed: list[None] = []
    button.clicked.connect(lambda: pressed.append(None))
    monkeypatch.setattr(inputs, "MOMENT", SOON)
    press_in_every_way(button)
    assert pressed == []
    monkeypatch.setattr(inputs, "MOMENT", 0.0)
    key(button, Qt.Key.Key_Space)
    assert pressed == [None]


def test_the_first_moment_is_half_a_second() -> None:
    assert FIRST_MOMENT == 0.5


def test_a_notice_that_says_something_else_has_just_come_up(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = Notice("Kept consents", "Send what was kept", "Not now")
    qtbot.addWidget(notice)
    acted: list[None] = []
    for each in (notice.action, notice.dismiss):
        each.clicked.connect(lambda: acted.append(None))
    notice.show_notice(Tone.NEUTRAL, "Of one customer.", "")
    monkeypatch.setattr(inputs, "MOMENT", SOON)
    notice.show_notice(Tone.NEUTRAL, "Of another customer.", "")
    press_in_every_way(notice.action)
    # An alarm that nobody has seen is not taken away either.
    press_in_every_way(notice.dismiss)
    assert acted == []


def test_a_held_key_presses_neither_what_is_safe_nor_what_is_not(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    safe, other = QPushButton(widget), QPushButton(widget)
    inputs.Unhurried(other, safe=(safe,))
    pressed: list[str] = []
    for name, button in (("safe", safe), ("other", other)):
        button.setAutoDefault(True)
        button.clicked.connect(lambda _checked=False, name=name: pressed.append(name))
        key(button, Qt.Key.Key_Return, repeats=True)
        key(button, Qt.Key.Key_Space, repeats=True)
    assert pressed == []
    key(safe, Qt.Key.Key_Return)
    key(other, Qt.Key.Key_Return)
    assert pressed == ["safe", "other"]


def test_what_is_safe_takes_a_press_at_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MOMENT", SOON)
    widget = QWidget()
    qtbot.addWidget(widget)
    safe, other = QPushButton(widget), QPushButton(widget)
    inputs.Unhurried(other, safe=(safe,)).begin()
    pressed: list[str] = []
    for name, button in (("safe", safe), ("other", other)):
        button.clicked.connect(lambda _checked=False, name=name: pressed.append(name))
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == ["safe"]


def test_a_dialog_is_answered_by_nothing_that_came_too_soon_or_repeats(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    still_open: list[bool] = []

    def answer() -> None:
        box = parent.findChild(QMessageBox)
        assert box is not None
        keep, remove = (
            next(one for one in box.buttons() if one.text() == text)
            for text in ("Keep it", "Remove for good")
        )
        monkeypatch.setattr(inputs, "MOMENT", SOON)
        press_in_every_way(remove)
        for button in (keep, remove):
            key(button, Qt.Key.Key_Return, repeats=True)
        still_open.append(box.isVisible())
        monkeypatch.setattr(inputs, "MOMENT", 0.0)
        key(remove, Qt.Key.Key_Return)

    QTimer.singleShot(0, answer)
    chosen = Questions(parent).choose("Remove?", "Whose data?", ("Keep it", "Remove for good"))
    assert (still_open, chosen) == ([True], 1)


@pytest.mark.parametrize(
    ("name", "state", "to_acknowledge"),
    [
        ("Cancel this", State.IN_FLIGHT, False),
        ("Record again, dated now", State.CONTRADICTED, False),
        ("Acknowledge that it is not recorded", State.DISCARDED, True),
    ],
)
def test_what_comes_up_where_another_button_stood_takes_no_press(
    acme: OpenDesk, monkeypatch: pytest.MonkeyPatch, name: str, state: State, to_acknowledge: bool
) -> None:
    monkeypatch.setattr(inputs, "MOMENT", SOON)
    log = acme.window.log
    log.line.show()
    log.show_details("", {}, Offer(state=state, to_acknowledge=to_acknowledge))
    button = controls.button(acme.window, name)
    assert button.isVisible()
    pressed: list[None] = []
    button.clicked.connect(lambda: pressed.append(None))
    press_in_every_way(button)
    assert pressed == []
    monkeypatch.setattr(inputs, "MOMENT", 0.0)
    controls.press(acme.window, name)
    assert pressed == [None]
