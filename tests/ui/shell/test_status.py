"""What is said, kept, overtaken and dismissed."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls


@pytest.fixture
def panel(qtbot: QtBot) -> StatusPanel:
    panel = StatusPanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


@pytest.mark.parametrize(("tone", "stays"), [(Tone.BAD, True), (Tone.WARNING, True), (Tone.NEUTRAL, False)])
def test_what_needs_a_person_stays_when_something_else_is_said(
    panel: StatusPanel, tone: Tone, stays: bool
) -> None:
    panel.show_message("one", tone, "first")
    panel.show_message("two", Tone.NEUTRAL, "second")
    assert ("first" in controls.label(panel, "Errors to look at")) == stays
    assert controls.label(panel, "Status") == "➜ second"


def test_a_message_overtakes_what_was_kept_of_the_same_matter(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first")
    panel.show_message("two", Tone.NEUTRAL, "second")
    panel.show_message("one", Tone.NEUTRAL, "first mended")
    assert controls.label(panel, "Errors to look at") == ""


def test_what_is_told_beside_leaves_the_latest_in_view(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.NEUTRAL, "first")
    panel.show_beside("two", Tone.BAD, "alarm", practice=False)
    assert controls.label(panel, "Errors to look at") == "✖ alarm"
    assert controls.label(panel, "Status") == "➜ first"


def test_that_it_was_noted_stays_whatever_follows_until_the_next_caller(panel: StatusPanel) -> None:
    panel.begin_call("call", "Noted. jane")
    for tone, text in ((Tone.NEUTRAL, "Sending"), (Tone.WARNING, "Waiting"), (Tone.GOOD, "Verified")):
        panel.show_of_call("call", tone, text, practice=False)
        assert (controls.label(panel, "Noted"), text in controls.label(panel, "Status")) == (
            "➜ Noted. jane",
            True,
        )
    panel.show_message("export", Tone.NEUTRAL, "Exporting")
    panel.clear()
    assert controls.label(panel, "Noted") == "➜ Noted. jane"
    panel.end_calls()
    assert (controls.label(panel, "Noted"), panel.noted.isVisible()) == ("", False)


@pytest.mark.parametrize(("tone", "stays"), [(Tone.BAD, True), (Tone.WARNING, True), (Tone.NEUTRAL, False)])
def test_of_an_earlier_caller_only_what_must_be_heard_stays_and_beside(
    panel: StatusPanel, tone: Tone, stays: bool
) -> None:
    panel.begin_call("call", "Noted. jane")
    panel.show_of_call("call", tone, "of jane", practice=False)
    panel.end_calls()
    assert controls.label(panel, "Status") == ""
    assert ("of jane" in controls.label(panel, "Errors to look at")) is stays


def test_news_of_an_earlier_caller_leave_what_is_said_of_this_one(panel: StatusPanel) -> None:
    panel.begin_call("earlier", "Noted. jane")
    panel.end_calls()
    panel.begin_call("this", "Noted. omar")
    panel.show_of_call("this", Tone.NEUTRAL, "of omar", practice=False)
    panel.show_of_call("earlier", Tone.WARNING, "jane waits", practice=False)
    assert controls.label(panel, "Status") == "➜ of omar"
    assert controls.label(panel, "Errors to look at") == "▲ jane waits"
    panel.show_of_call("earlier", Tone.GOOD, "jane is verified", practice=False)
    assert controls.label(panel, "Status") == "➜ of omar"
    assert controls.label(panel, "Errors to look at") == ""
    assert controls.label(panel, "Noted") == "➜ Noted. omar"


def test_what_is_cancelled_or_erased_is_called_noted_no_more(panel: StatusPanel) -> None:
    panel.begin_call("one", "Noted. jane, opt-out")
    panel.unsay_noted("another")
    panel.take_back_naming(". omar, ")
    assert controls.label(panel, "Noted") != ""
    panel.unsay_noted("one")
    assert controls.label(panel, "Noted") == ""
    panel.begin_call("two", "Noted. jane, opt-out")
    assert controls.label(panel, "Noted") != ""
    panel.take_back_naming(". jane, ")
    assert controls.label(panel, "Noted") == ""


def test_many_errors_are_counted(panel: StatusPanel) -> None:
    for number in range(5):
        panel.show_message(str(number), Tone.BAD, f"error {number}")
    assert controls.label(panel, "Errors to look at").splitlines() == [
        *("… and 2 more, see the log", "✖ error 2", "✖ error 3")
    ]


def test_a_slip_stays_as_long_as_its_error(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "not noted", slip="first")
    panel.show_message("two", Tone.NEUTRAL, "delivered")
    controls.press(panel, "Copy as a slip")
    assert QGuiApplication.clipboard().text() == "first"
    panel.show_message("one", Tone.NEUTRAL, "noted")
    assert not panel.action.isVisible()


def test_all_slips_are_copied_the_oldest_first(panel: StatusPanel) -> None:
    for number in range(4):
        panel.show_message(str(number), Tone.BAD, f"not noted {number}", slip=f"slip {number}")
    assert controls.label(panel, "Errors to look at").startswith("… and 1 more\n")
    controls.press(panel, "Copy 4 slips")
    assert QGuiApplication.clipboard().text() == "slip 0\n\nslip 1\n\nslip 2\n\nslip 3"


def test_what_is_written_down_elsewhere_goes_with_practice_and_a_slip_stays(panel: StatusPanel) -> None:
    panel.turn_to(practice=False)
    panel.show_message("one", Tone.BAD, "not noted", slip="first", practice=False)
    panel.show_message("two", Tone.WARNING, "not confirmed", practice=False)
    panel.turn_to(practice=True)
    assert controls.label(panel, "Errors to look at") == "✖ Not practice, a real consent: not noted"
    assert controls.label(panel, "Status") == ""
    panel.turn_to(practice=False)
    assert panel.action.isVisible()


def test_a_real_error_stays_and_is_called_real_in_practice(panel: StatusPanel) -> None:
    panel.turn_to(practice=False)
    panel.show_message("one", Tone.BAD, "refused", practice=False)
    panel.turn_to(practice=True)
    assert controls.label(panel, "Errors to look at") == "✖ Not practice, a real consent: refused"
    panel.turn_to(practice=False)
    assert controls.label(panel, "Errors to look at") == "✖ refused"


@pytest.mark.parametrize(
    ("practice", "tone"),
    [(True, Tone.BAD), (True, Tone.PRACTICE), (False, Tone.GOOD), (False, Tone.WARNING)],
)
def test_what_is_said_of_the_other_kind_leaves_what_is_in_view(
    panel: StatusPanel, practice: bool, tone: Tone
) -> None:
    panel.turn_to(practice=not practice)
    panel.show_message("one", Tone.NEUTRAL, "this one", practice=not practice)
    panel.show_message("two", tone, "the other", practice=practice)
    assert controls.label(panel, "Status") == "➜ this one"
    assert controls.label(panel, "Errors to look at") == ""


def test_what_is_not_shown_here_overtakes_what_was_said_before(panel: StatusPanel) -> None:
    panel.turn_to(practice=True)
    panel.show_message("one", Tone.BAD, "not written down", practice=False)
    panel.show_message("one", Tone.GOOD, "verified", practice=False)
    assert controls.label(panel, "Status") == ""


def test_dismissing_clears_everything(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first", slip="first")
    panel.show_message("two", Tone.WARNING, "second")
    controls.press(panel, "Dismiss")
    assert controls.label(panel, "Status") == ""
    assert controls.label(panel, "Errors to look at") == ""
    assert not panel.action.isVisible()
    assert not controls.named(panel, "Dismiss", QPushButton).isVisible()


def test_what_was_taken_back_is_gone(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first")
    panel.show_message("two", Tone.BAD, "second")
    panel.take_back("one")
    panel.take_back("two")
    assert controls.label(panel, "Status") == ""
    assert controls.label(panel, "Errors to look at") == ""


def test_markup_is_text(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "<b>bold</b>")
    assert controls.label(panel, "Status") == "✖ <b>bold</b>"


def test_what_names_somebody_is_taken_back_but_for_slips(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first\njane, opt-out")
    panel.show_message("two", Tone.BAD, "second\njane, opt-out", slip="a slip")
    panel.show_message("three", Tone.BAD, "third\njoe, opt-out")
    panel.show_message("four", Tone.NEUTRAL, "fourth\njane, opt-out")
    panel.take_back_naming("\njane, ")
    kept = controls.label(panel, "Errors to look at")
    assert [word for word in ("first", "second", "third") if word in kept] == ["second", "third"]
    assert controls.label(panel, "Status") == ""
