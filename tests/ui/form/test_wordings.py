"""The wordings that the desk keeps."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from consent_desk.system.folders import Folders
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk

TEXT = "May we send you offers & news <b>by SMS</b>?"


def menu(desk: OpenDesk) -> QMenu:
    found = desk.window.consent.fields.saved_wordings.menu()
    found.aboutToShow.emit()
    return found


def entries(desk: OpenDesk) -> list[str]:
    return [action.text() for action in menu(desk).actions() if action.isEnabled() and action.text()]


def action(menu_: QMenu, words: str) -> QAction:
    return next(one for one in menu_.actions() if words in one.text())


def keep_text(desk: OpenDesk, text: str = TEXT, category: str = "sms_marketing") -> None:
    controls.choose_category(desk.window, category)
    desk.window.consent.wording.setPlainText(text)
    action(menu(desk), "Save this wording").trigger()
    desk.bot.waitUntil(lambda: any("Remove" in entry for entry in entries(desk)))


def test_a_kept_text_is_chosen_for_the_next_caller(acme: OpenDesk) -> None:
    keep_text(acme)
    acme.window.consent.wording.setPlainText("typed before")
    action(menu(acme), "May we").trigger()
    assert controls.raw_text(acme.window, "Wording read out") == TEXT


def test_undo_brings_back_what_was_typed_before_the_choice(acme: OpenDesk) -> None:
    keep_text(acme)
    controls.write(acme.window, "Wording read out", "typed before")
    action(menu(acme), "May we").trigger()
    acme.window.consent.wording.undo()
    assert controls.raw_text(acme.window, "Wording read out") == "typed before"


def test_texts_belong_to_their_category(acme: OpenDesk) -> None:
    keep_text(acme)
    controls.choose_category(acme.window, "newsletter")
    assert [entry for entry in entries(acme) if "May we" in entry] == []


def test_with_several_categories_ticked_none_is_kept_and_it_says_why(acme: OpenDesk) -> None:
    keep_text(acme)
    acme.tick_all()
    acme.window.consent.wording.setPlainText("May we send you all of it?")
    assert entries(acme) == []
    assert menu(acme).actions()[0].text() == "Wordings are saved for one category at a time"


def test_the_menu_opens_with_the_keyboard(acme: OpenDesk) -> None:
    keep_text(acme)
    acme.window.consent.fields.saved_wordings.setFocus()
    opened: list[bool] = []
    found = acme.window.consent.fields.saved_wordings.menu()

    def choose() -> None:
        opened.append(QApplication.activePopupWidget() is found)
        QTest.keyClick(found, Qt.Key.Key_Escape)

    found.aboutToShow.connect(choose, Qt.ConnectionType.QueuedConnection)
    with acme.bot.waitSignal(found.aboutToHide):
        acme.key(Qt.Key.Key_Space)
    assert opened == [True]


def test_kept_texts_are_there_at_the_next_start(
    acme: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring
) -> None:
    keep_text(acme)
    acme.window.close()
    again = open_desk(keyring).ready()
    controls.choose_category(again.window, "sms_marketing")
    again.bot.waitUntil(lambda: "May we send you offers && news <b>by SMS</b>?" in entries(again))


def test_a_text_is_removed_only_after_a_question(acme: OpenDesk) -> None:
    keep_text(acme)
    menu(acme)
    removing = acme.window.consent.fields.saved_wordings.menu().findChildren(QMenu)[0]
    action(removing, "May we").trigger()
    assert "May we" in acme.person.asked[-1]
    assert any("May we" in entry for entry in entries(acme))
    acme.person.answer = 1
    action(removing, "May we").trigger()
    acme.bot.waitUntil(lambda: not any("May we" in entry for entry in entries(acme)))


def test_a_file_that_cannot_be_read_is_told_and_stays(open_acme: OpenAcme, folders: Folders) -> None:
    path = folders.config / "texts.json"
    path.write_text("not JSON")
    desk = open_acme()
    desk.wait_for_status("The saved wordings cannot be read.")
    assert path.read_text() == "not JSON"
