"""Help with the customer ID: pointed at when it is complete, changed only by a person."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.draft import Draft, Field
from consent_desk.domain.message import say
from consent_desk.engagement.customer_ids import Hint, IdHelp
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.clock import now as clock_now
from consent_desk.system.folders import Folders
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.form.fields import CallFields
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.lookup.view import KnownView
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.shell.context import ShellContext
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import TaskRunner
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, keep, real


def note(desk: OpenDesk) -> str:
    text = desk.window.consent.notes.note(Field.CUSTOMER_ID)
    return text.text() if text.isVisible() else ""


@pytest.fixture
def phones(open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox) -> OpenDesk:
    """A real project whose customers are known by phone number, too; the desk is in Austria."""
    keep(folders, keyring, replace(real(engagement), id_types=("phone", "registered")))
    desk = open_desk(keyring).ready()
    desk.wait_for_categories()
    controls.line(desk.window, "Customer ID").setFocus()
    return desk


def test_a_suggestion_is_taken_with_the_keyboard_and_taken_back(phones: OpenDesk) -> None:
    controls.type_keys(phones.window, "0660 1234567")
    phones.key(Qt.Key.Key_Tab)
    suggestion = controls.button(phones.window, "Use the suggestion")
    phones.bot.waitUntil(suggestion.isVisible)
    assert suggestion.text() == "Use +436601234567"
    assert "+436601234567" in note(phones)
    phones.key(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert controls.focused_name(phones.window) == "Use the suggestion"
    phones.key(Qt.Key.Key_Space)
    line = controls.line(phones.window, "Customer ID")
    assert line.text() == "+436601234567"
    assert controls.focused_name(phones.window) == "Customer ID"
    phones.bot.waitUntil(lambda: not suggestion.isVisible())
    line.undo()
    assert line.text() == "0660 1234567"


def test_a_pasted_id_is_looked_at_at_once(phones: OpenDesk) -> None:
    controls.type_keys(phones.window, "jane@exa")
    assert note(phones) == ""
    controls.paste(phones.window, "Customer ID", "4.2E+11")
    controls.combo(phones.window, "Customer ID type").setCurrentText("registered")
    phones.bot.waitUntil(lambda: "digits are missing" in note(phones))


def test_an_id_is_taken_out_of_what_it_came_in(acme: OpenDesk, engagement: Sandbox) -> None:
    text = "Jane Doe <jane@example.com>"
    acme.fill()
    controls.paste(acme.window, "Customer ID", text)
    suggestion = controls.button(acme.window, "Use the suggestion")
    acme.bot.waitUntil(suggestion.isVisible)
    assert suggestion.text() == "Use jane@example.com"
    assert suggestion.accessibleDescription() == "Use jane@example.com"
    assert controls.line(acme.window, "Customer ID").text() == text
    controls.press(acme.window, "Use the suggestion")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    assert b'{"registered":"jane@example.com"}' in engagement.received[-1].body
    assert suggestion.accessibleDescription() == ""


def test_a_suggestion_is_shown_to_the_letter(acme: OpenDesk) -> None:
    controls.paste(acme.window, "Customer ID", '"a&b <i>"')
    suggestion = controls.button(acme.window, "Use the suggestion")
    acme.bot.waitUntil(suggestion.isVisible)
    assert suggestion.text() == "Use a&&b <i>"


def test_nothing_is_rewritten_unasked_and_the_next_caller_sees_no_suggestion(
    phones: OpenDesk, engagement: Sandbox
) -> None:
    phones.fill("0660 1234567")
    suggestion = controls.button(phones.window, "Use the suggestion")
    phones.bot.waitUntil(suggestion.isVisible)
    controls.press(phones.window, "Send")
    phones.wait_for_status("Delivered")
    assert b'{"phone":"0660 1234567"}' in b"".join(one.body for one in engagement.received)
    assert not suggestion.isVisible()
    assert "+43" not in suggestion.text()


def test_a_late_answer_about_another_id_is_not_shown(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(layout_settings(tmp_path), can_set_up=False)
    form = window.consent
    form.hold(CallFields(), KnownView(), QuestionBanner())
    qtbot.addWidget(window)
    runner = TaskRunner(lambda error: None)
    shell = ShellContext(window=window, runner=runner, questions=Questions(window), now=clock_now, zone=UTC)
    let, asked = Event(), Event()
    said: list[str] = []

    class Slow(IdHelp):
        def __init__(self) -> None: ...

        def hint(self, id_type: str, text: str) -> Hint:
            asked.set()
            let.wait(10)
            return Hint(say("tests", "About {text}").format(text=text), f"{text}!")

        def alternatives(self, id_type: str, text: str) -> tuple[str, ...]:
            return ()

    desk = IdHintsPresenter(shell, Slow())
    desk.changed.connect(lambda: said.extend(str(one.message) for one in desk.warnings(form.draft())))
    form.fill(Draft(customer_id="first"))
    form.customer_id_completed.emit()
    assert asked.wait(10)
    form.fill(Draft(customer_id="second"))
    form.customer_id_completed.emit()
    let.set()
    qtbot.waitUntil(lambda: bool(said))
    assert set(said) == {"About second"}
    assert form.suggestion.text() == "Use second!"
    runner.close()
