"""What is said of all but the call in hand: kept, overtaken and dismissed."""

import pytest
from pytestqt.qtbot import QtBot

from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.widgets import inputs
from consent_desk.ui.widgets.tones import Tone
from tests.ui import controls


@pytest.fixture
def panel(qtbot: QtBot) -> StatusPanel:
    panel = StatusPanel()
    qtbot.addWidget(panel)
    return panel


def said(panel: StatusPanel) -> list[str]:
    """Its lines, from the top."""
    text = controls.label(panel, "Status")
    assert panel.isVisible() == bool(text)
    return text.splitlines()


def test_it_takes_no_room_while_there_is_nothing_to_say(panel: StatusPanel) -> None:
    assert said(panel) == []


@pytest.mark.parametrize(("tone", "stays"), [(Tone.BAD, True), (Tone.WARNING, True), (Tone.NEUTRAL, False)])
def test_what_needs_a_person_stays_when_something_else_is_said(
    panel: StatusPanel, tone: Tone, stays: bool
) -> None:
    panel.show_message("one", tone, "first")
    panel.show_message("two", Tone.NEUTRAL, "second")
    latest, *rest = said(panel)
    assert latest == "➜ second"
    assert (len(rest) == 1) == stays


def test_a_message_overtakes_what_was_said_of_the_same_matter(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first")
    panel.show_message("two", Tone.NEUTRAL, "second")
    panel.show_message("one", Tone.NEUTRAL, "first mended")
    assert said(panel) == ["➜ first mended"]


def test_many_errors_are_counted(panel: StatusPanel) -> None:
    for number in range(5):
        panel.show_message(str(number), Tone.BAD, f"error {number}")
    assert said(panel) == ["✖ error 4", "✖ error 3", "✖ error 2", "… and 2 more"]


def test_what_is_said_of_practice_is_gone_with_it(panel: StatusPanel) -> None:
    panel.turn_to(practice=True)
    panel.show_message("one", Tone.BAD, "refused", practice=True)
    panel.turn_to(practice=True)
    assert said(panel) == ["✖ refused"]
    panel.turn_to(practice=False)
    assert said(panel) == []


def test_a_real_error_stays_and_is_called_real_in_practice(panel: StatusPanel) -> None:
    panel.turn_to(practice=False)
    panel.show_message("one", Tone.BAD, "refused", practice=False)
    panel.turn_to(practice=True)
    assert said(panel) == ["✖ Not practice, a real consent: refused"]
    panel.turn_to(practice=False)
    assert said(panel) == ["✖ refused"]


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
    assert said(panel) == ["➜ this one"]


def test_what_is_not_shown_here_overtakes_what_was_said_before(panel: StatusPanel) -> None:
    panel.turn_to(practice=True)
    panel.show_message("one", Tone.BAD, "not written down", practice=False)
    panel.show_message("one", Tone.GOOD, "verified", practice=False)
    assert said(panel) == []


def test_what_came_just_before_it_was_dismissed_stays(
    panel: StatusPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(inputs, "MOMENT", 0.5)
    monkeypatch.setattr(inputs, "monotonic", lambda: seconds[0])
    panel.show_message("old", Tone.BAD, "Read long ago.")
    seconds[0] = 9.0
    panel.show_message("new", Tone.BAD, "It came just now.")
    seconds[0] = 9.4
    controls.press(panel, "Dismiss messages")
    assert panel.label.text() == "✖ It came just now."
    # That it is said once more is nothing new.
    seconds[0] = 9.6
    panel.show_message("new", Tone.BAD, "It came just now.")
    controls.press(panel, "Dismiss messages")
    assert not panel.isVisible()


def test_dismissing_clears_everything(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first")
    panel.show_message("two", Tone.WARNING, "second")
    controls.press(panel, "Dismiss messages")
    assert said(panel) == []


def test_what_was_taken_back_is_gone(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first")
    panel.show_message("two", Tone.BAD, "second")
    panel.take_back("one")
    assert said(panel) == ["✖ second"]
    panel.take_back("two")
    assert said(panel) == []


def test_markup_is_text(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "<b>bold</b>")
    assert said(panel) == ["✖ <b>bold</b>"]


def test_what_names_somebody_is_taken_back(panel: StatusPanel) -> None:
    panel.show_message("one", Tone.BAD, "first\njane, opt-out")
    panel.show_message("two", Tone.BAD, "second\njoe, opt-out")
    panel.take_back_naming("\njane, ")
    assert said(panel) == ["✖ second", "joe, opt-out"]
