"""The whole job without a mouse. Keys go to the window, as those of a person do."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.project.settings_dialog import ProjectDialog
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import MemoryKeyring, OpenDesk, events

CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def keys(desk: OpenDesk, text: str) -> None:
    controls.type_keys(desk.window, text)


def test_return_takes_the_completion_that_was_chosen(acme: OpenDesk) -> None:
    go_to_channel(acme)
    keys(acme, "ph")
    acme.key(Qt.Key.Key_Down)
    acme.key(Qt.Key.Key_Return)
    assert controls.line(acme.window, "Channel").text() == "phone"


def go_to_channel(desk: OpenDesk) -> None:
    """Unfold what is seldom changed, and go to a field that completes what is typed."""
    desk.window.consent.more.toggle.setChecked(True)
    controls.line(desk.window, "Channel").setFocus()


def test_ctrl_l_leaves_open_completions_and_selects_the_customer_id(acme: OpenDesk) -> None:
    controls.write(acme.window, "Customer ID", "former")
    go_to_channel(acme)
    keys(acme, "ph")
    acme.key(Qt.Key.Key_L, CONTROL)
    keys(acme, "x")
    assert QApplication.activePopupWidget() is None
    assert controls.line(acme.window, "Customer ID").text() == "x"
    assert controls.line(acme.window, "Channel").text() == "ph"


def test_ctrl_f_goes_to_the_filter_and_ctrl_comma_to_the_project_settings(acme: OpenDesk) -> None:
    acme.key(Qt.Key.Key_F, CONTROL)
    keys(acme, "jane")
    assert controls.line(acme.window, "Filter").text() == "jane"
    acme.key(Qt.Key.Key_Comma, CONTROL)
    dialog = acme.window.findChild(ProjectDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert controls.line(dialog, "Project name").text() == "Acme production"


def test_f1_lists_the_shortcuts_and_leaves_the_window_usable(acme: OpenDesk) -> None:
    acme.key(Qt.Key.Key_F1)
    acme.key(Qt.Key.Key_F1)
    boxes = acme.window.findChildren(QMessageBox)
    assert len(boxes) == 1
    assert not boxes[0].isModal()
    for shortcut in ("Ctrl+Return", "Ctrl+L", "Alt+Up", "Ctrl+F", "Ctrl+,", "Escape", "F1"):
        assert shortcut in boxes[0].text()
    boxes[0].close()


def test_f1_lists_in_practice_only_what_works_there(demo: OpenDesk) -> None:
    demo.key(Qt.Key.Key_F1)
    [box] = demo.window.findChildren(QMessageBox)
    demo.bot.waitUntil(box.isVisible)
    assert "<b>Ctrl+Return</b>" in box.text()
    assert "Ctrl+B" not in box.text()
    box.close()


def test_the_way_to_the_shortcuts_stands_in_the_menu(acme: OpenDesk) -> None:
    menu = acme.window.top.menu.actions()
    next(each for each in menu if each.text() == "Keyboard shortcuts").trigger()
    box = acme.window.findChild(QMessageBox)
    assert box is not None
    assert box.isVisible()
    box.close()


def test_escape_closes_completions_and_cancels_nothing(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    acme.fill()
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.bot.waitUntil(lambda: "You can end the call." in acme.noted)
    assert engagement.wait_for(2)
    go_to_channel(acme)
    keys(acme, "ch")
    assert QApplication.activePopupWidget() is not None
    acme.key(Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    for _ in range(3):
        acme.key(Qt.Key.Key_Escape)
    acme.wait_for_line("Sending")
    assert "Cancel" not in acme.status + acme.errors


def test_escape_closes_one_thing_a_press_the_innermost_first_and_by_no_held_key(acme: OpenDesk) -> None:
    def hold() -> None:
        none = Qt.KeyboardModifier.NoModifier
        held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, none, "", True, 1)
        QApplication.sendEvent(acme.window, held)

    acme.fill()
    details = acme.window.consent.categories.details
    acme.tick_all()
    acme.key(Qt.Key.Key_F2)
    acme.window.consent.more.toggle.setChecked(True)
    combo = controls.combo(acme.window, "Channel")
    combo.setFocus()
    combo.showPopup()
    acme.key(Qt.Key.Key_Escape)
    # The offscreen platform forgets who was active when a list goes.
    acme.window.activateWindow()
    acme.bot.waitUntil(acme.window.isActiveWindow)
    hold()
    assert QApplication.activePopupWidget() is None
    assert details.isVisible()
    acme.key(Qt.Key.Key_Escape)
    assert not details.isVisible()
    # What was ticked is not undone by it.
    assert acme.window.consent.draft().categories == ("sms_marketing", "newsletter")
    before = acme.window.consent.draft()
    acme.key(Qt.Key.Key_Escape)
    assert acme.window.consent.draft() == before


def test_nobody_sends_or_answers_what_is_not_in_view(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    acme.key(Qt.Key.Key_3, CONTROL)
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert controls.focused_name(acme.window) == "Customer ID"
    assert acme.window.consent.isVisible()
    assert events(engagement) == []
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.wait_for_status("Delivered")
    acme.send()
    acme.bot.waitUntil(lambda: acme.window.consent.question.is_open)
    acme.key(Qt.Key.Key_3, CONTROL)
    for which in (Qt.Key.Key_R, Qt.Key.Key_1, Qt.Key.Key_2):
        acme.key(which, ALT)
    acme.key(Qt.Key.Key_Escape)
    assert acme.window.consent.question.is_open


def test_undo_brings_nothing_of_the_former_caller_back(acme: OpenDesk) -> None:
    acme.fill()
    controls.write(acme.window, "Ticket", "4711")
    controls.write(acme.window, "Wording read out", "May we?")
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.wait_for_status("Delivered")
    for name in ("Customer ID", "Ticket", "Taken at"):
        controls.line(acme.window, name).setFocus()
        for _ in range(3):
            acme.key(Qt.Key.Key_Z, CONTROL)
    acme.window.consent.wording.setFocus()
    for _ in range(3):
        acme.key(Qt.Key.Key_Z, CONTROL)
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.ticket, draft.wording, draft.taken_at) == ("", "", "", "now")


def test_ctrl_return_sends_while_completions_are_open_and_the_next_keys_are_the_next_callers(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    controls.choose_category(acme.window, "sms_marketing")
    go_to_channel(acme)
    acme.key(Qt.Key.Key_L, CONTROL)
    keys(acme, "jane@example.com")
    controls.line(acme.window, "Channel").setFocus()
    keys(acme, "ph")
    assert QApplication.activePopupWidget() is not None
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.wait_for_status("Delivered")
    [sent] = events(engagement)
    assert b'{"registered":"jane@example.com"}' in sent.body
    assert b'"category":"sms_marketing"' in sent.body
    assert b'"ph"' in sent.body
    keys(acme, "next@example.com")
    assert controls.line(acme.window, "Customer ID").text() == "next@example.com"
    assert controls.line(acme.window, "Channel").text() == ""


def test_the_cursor_stands_in_the_customer_id_at_the_start(acme: OpenDesk) -> None:
    assert controls.focused_name(acme.window) == "Customer ID"


def test_a_slow_keyring_takes_the_cursor_from_nobody(open_acme: OpenAcme, keyring: MemoryKeyring) -> None:
    keyring.open_.clear()
    desk = open_acme()
    desk.wait_for_state("reading")
    controls.write(desk.window, "Customer ID", "jane@example.com")
    controls.choose_category(desk.window, "sms")
    keyring.open_.set()
    desk.wait_ready()
    desk.wait_for_categories()
    keys(desk, "_x")
    draft = desk.window.consent.draft()
    assert (draft.customer_id, draft.category) == ("jane@example.com", "sms_x")


def test_a_key_in_the_closed_list_of_projects_opens_it_and_changes_nothing(acme: OpenDesk) -> None:
    controls.write(acme.window, "Customer ID", "jane@example.com")
    chooser = controls.combo(acme.window, "Project")
    chooser.setFocus()
    for which in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_S):
        acme.key(which)
        assert chooser.view().isVisible()
        acme.key(Qt.Key.Key_Escape)
        assert acme.project == "Acme production"
    assert controls.line(acme.window, "Customer ID").text() == "jane@example.com"


def test_a_project_is_chosen_with_arrow_keys_and_return(acme: OpenDesk) -> None:
    chooser = controls.combo(acme.window, "Project")
    chooser.setFocus()
    acme.key(Qt.Key.Key_Down)
    QTest.keyClick(chooser.view(), Qt.Key.Key_Down)
    QTest.keyClick(chooser.view(), Qt.Key.Key_Return)
    acme.bot.waitUntil(acme.window.practice.isVisible)
