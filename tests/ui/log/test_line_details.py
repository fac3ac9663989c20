"""The details of the chosen line."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.request import noted_request
from consent_desk.domain.wire.snippets import Language, snippet
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.log.line_details import Deed, LineDetails, Offer
from consent_desk.ui.widgets import inputs
from tests.ui import controls
from tests.ui.desks import OpenDesk


def pick(menu: QMenu, text: str) -> str:
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == text).trigger()
    return QGuiApplication.clipboard().text()


def test_the_request_of_a_line_is_copied_to_the_byte_and_as_code(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    controls.paste(acme.window, "Wording read out", "Zoë\u00a0“$x”\\")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    # Another caller is typed meanwhile.
    controls.write(acme.window, "Customer ID", "other@example.com")
    line = acme.window.log.line
    acme.bot.waitUntil(line.copy.isEnabled)
    sent = engagement.received[-1].body
    assert pick(line.copied, "Request body, exact bytes").encode() == sent
    code = next(one.menu() for one in line.copied.actions() if one.text() == "Copy as…")
    assert isinstance(code, QMenu)
    project = engagement.project
    request = noted_request(str(project.base_url), project.project_token, sent)
    assert pick(code, Language.CURL) == snippet(Language.CURL, request)


def test_without_a_line_there_is_nothing_to_copy(acme: OpenDesk) -> None:
    assert not controls.button(acme.window, "Copy request").isEnabled()


def test_a_press_that_was_meant_for_another_line_sends_nothing_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = LineDetails()
    qtbot.addWidget(line)
    line.show()
    pressed: list[object] = []
    line.pressed.connect(pressed.append)
    monkeypatch.setattr(inputs, "MOMENT", 60.0)
    line.offer(Offer(state=State.REFUSED))
    again = line.buttons[Deed.SEND_AGAIN]
    assert again.isVisible()
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert pressed == []
