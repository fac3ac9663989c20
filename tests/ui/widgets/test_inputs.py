"""The line that all short texts are typed into."""

import pytest
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.widgets.inputs import CUT, Line, TypingComboBox
from tests.ui import controls
from tests.ui.desks import OpenDesk


@pytest.fixture
def line(qtbot: QtBot) -> Line:
    line = Line(longest=40)
    qtbot.addWidget(line)
    return line


def paste(line: QLineEdit, text: str) -> None:
    QApplication.clipboard().setText(text)
    line.paste()


def test_a_paste_that_is_cut_says_so_where_it_was_cut(line: Line) -> None:
    line.setText("ab")
    line.setCursorPosition(1)
    paste(line, "x" * 100)
    assert line.text() == "a" + "x" * (38 - len(CUT)) + CUT + "b"
    assert len(line.text()) == 40


def test_a_paste_that_has_room_stays_as_it_is(line: Line) -> None:
    paste(line, "x" * 40)
    assert line.text() == "x" * 40


def test_a_key_without_room_changes_nothing(line: Line) -> None:
    line.setText("x" * 40)
    QTest.keyClicks(line, "y")
    line.backspace()
    assert line.text() == "x" * 39


def test_a_cut_paste_is_taken_back_like_any_other(line: Line) -> None:
    QTest.keyClicks(line, "ab")
    paste(line, "x" * 100)
    while line.isUndoAvailable() and line.text() != "ab":
        line.undo()
    assert line.text() == "ab"


def test_text_that_is_put_in_closes_an_open_completion_and_makes_none(qtbot: QtBot) -> None:
    box = TypingComboBox("sms_marketing", "newsletter")
    qtbot.addWidget(box)
    box.show()
    before = set(QApplication.allWidgets())
    box.set_text("")
    assert set(QApplication.allWidgets()) == before
    QTest.keyClicks(box.line, "sms")
    assert QApplication.activePopupWidget() is not None
    box.set_text("newsletter")
    assert QApplication.activePopupWidget() is None


class Composing:
    """An input method in which somebody has composed a word, and not yet committed it."""

    def __init__(self, word: str) -> None:
        self._word = word

    def compose(self, widget: QWidget) -> None:
        QApplication.sendEvent(widget, QInputMethodEvent(self._word, []))

    def commit(self) -> None:
        focused = QApplication.focusWidget()
        event = QInputMethodEvent("", [])
        event.setCommitString(self._word)
        if focused is not None:
            QApplication.sendEvent(focused, event)


@pytest.fixture
def composing(monkeypatch: pytest.MonkeyPatch) -> Composing:
    method = Composing("\u5c71\u7530")
    monkeypatch.setattr(QGuiApplication, "inputMethod", lambda: method)
    return method


def test_what_is_being_composed_is_sent_too(
    acme: OpenDesk, engagement: Sandbox, composing: Composing
) -> None:
    acme.fill()
    ticket = controls.line(acme.window, "Ticket")
    ticket.setFocus()
    composing.compose(ticket)
    assert ticket.text() == ""
    acme.window.consent.send_requested.emit()
    acme.wait_for_status("Delivered")
    assert '"desk_ticket":"\u5c71\u7530"'.encode() in engagement.received[-1].body


def test_what_is_being_composed_is_saved_too(acme: OpenDesk, composing: Composing) -> None:
    controls.press(acme.window, "Project settings")
    dialog = next(one for one in acme.window.findChildren(ProjectDialog) if one.isVisible())
    acme.bot.waitUntil(dialog.isActiveWindow)
    name = controls.line(dialog, "Project name")
    name.clear()
    name.setFocus()
    composing.compose(name)
    dialog.save.click()
    acme.bot.waitUntil(lambda: acme.project == "\u5c71\u7530")
