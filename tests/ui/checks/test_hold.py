"""What is noted before its customer was looked up waits for the answer, a moment; and what is asked then."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from consent_desk.domain.lifecycle.state import State
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.checks import banners, hold
from consent_desk.ui.session import Session
from consent_desk.ui.shell.zoom import Zoom
from consent_desk.ui.widgets import inputs
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, events
from tests.ui.lookup.test_presenter import (
    ALT,
    CONTROL,
    NEVER,
    HeldBack,
    engagement,
    held_back,
    known,
    look_ups,
    looked_up,
    question,
    slow_acme,
    type_case,
    wait_until_known,
)

__all__ = ["engagement", "held_back", "look_ups", "slow_acme"]

ASKED = "Noted, not sent yet: there is no customer with registered = jane@exmaple.com."
NEW = "New profile: check the ID"
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent before a look-up is answered."""
    monkeypatch.setattr(hold, "HOLD", NEVER)


def noted(desk: OpenDesk, customer: str, engagement: Sandbox) -> None:
    """Note the tutorial's case while its look-up has no answer."""
    type_case(desk, customer)
    desk.key(Qt.Key.Key_Return, CONTROL)
    desk.bot.waitUntil(lambda: looked_up(engagement) == [customer])


@pytest.fixture
def asked(slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox, held_for_ever: None) -> OpenDesk:
    """A mistyped ID was noted, and is asked about."""
    noted(slow_acme, "jane@exmaple.com", engagement)
    held_back.let.set()
    slow_acme.bot.waitUntil(lambda: ASKED in question(slow_acme))
    assert events(engagement) == []
    return slow_acme


def answer(desk: OpenDesk, index: int) -> None:
    desk.window.consent.question.choices[index].click()


def beside(desk: OpenDesk) -> list[str]:
    """What heads the right column about earlier callers: whom each question is about."""
    return controls.labels(desk.window, "Question about what was noted")


def answers_beside(desk: OpenDesk, choice: str) -> list[QAbstractButton]:
    buttons = desk.window.banners.findChildren(QAbstractButton)
    return [one for one in buttons if one.text() == choice and one.isVisible()]


def answer_beside(desk: OpenDesk, choice: str) -> None:
    (button,) = answers_beside(desk, choice)
    button.click()


def test_a_question_that_no_key_closes_keeps_none_from_what_else_is_open(asked: OpenDesk) -> None:
    controls.write(asked.window, "Filter", "jane")
    asked.key(Qt.Key.Key_Escape)
    assert ASKED in question(asked)
    assert controls.line(asked.window, "Filter").text() == ""


def test_a_known_customer_is_sent_once_that_is_known(
    slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox, held_for_ever: None
) -> None:
    noted(slow_acme, "jane@example.com", engagement)
    assert events(engagement) == []
    held_back.let.set()
    slow_acme.wait_for_line("Delivered, checking")
    assert question(slow_acme) == ""
    slow_acme.wait_for_details("(a look-up saw this customer)")


def test_nobody_waits_long_for_an_answer(
    slow_acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "HOLD", 50)
    noted(slow_acme, "jane@example.com", engagement)
    slow_acme.wait_for_line("Delivered, checking")
    slow_acme.wait_for_details("nobody looked whether this customer exists")


def test_who_says_that_the_id_is_right_has_it_sent(asked: OpenDesk, engagement: Sandbox) -> None:
    answer(asked, 0)
    asked.wait_for_line(NEW)
    assert len(events(engagement)) == 1
    assert asked.errors == ""
    asked.bot.waitUntil(lambda: "You were asked about that, and sent it." in asked.details("Explanation"))


def test_who_cancels_it_has_nothing_sent(asked: OpenDesk, engagement: Sandbox) -> None:
    asked.wait_for_line("Not sent yet")
    answer(asked, 1)
    asked.bot.waitUntil(lambda: "Not sent yet" not in controls.cells(asked.window, 1)[0])
    assert events(engagement) == []


def test_the_next_caller_finds_the_question_beside_the_card(asked: OpenDesk, engagement: Sandbox) -> None:
    controls.write(asked.window, "Customer ID", "j")
    assert question(asked) == ""
    assert beside(asked) == ["▲ jane@exmaple.com, opt-out of SMS marketing, Acme production"]
    assert controls.button(asked.window, "Send").isEnabled()
    assert events(engagement) == []
    answer_beside(asked, "It is right: send")
    asked.wait_for_line(NEW)
    assert (beside(asked), len(events(engagement))) == ([], 1)
    assert controls.line(asked.window, "Customer ID").text() == "j"
    asked.bot.waitUntil(lambda: "You were asked about that, and sent it." in asked.details("Explanation"))


@pytest.fixture
def unanswered(
    slow_acme: OpenDesk,
    held_back: HeldBack,
    engagement: Sandbox,
    held_for_ever: None,
    monkeypatch: pytest.MonkeyPatch,
) -> OpenDesk:
    """Nobody answered whether a mistyped ID is right."""
    monkeypatch.setattr(hold, "ANSWER_WITHIN", 50)
    noted(slow_acme, "jane@exmaple.com", engagement)
    held_back.let.set()
    slow_acme.wait_for_line(NEW)
    return slow_acme


def test_an_opt_out_is_never_discarded_by_silence(unanswered: OpenDesk, engagement: Sandbox) -> None:
    assert question(unanswered) == ""
    assert len(events(engagement)) == 1


def test_beside_the_card_neither(
    slow_acme: OpenDesk,
    held_back: HeldBack,
    engagement: Sandbox,
    held_for_ever: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hold, "ANSWER_WITHIN", 300)
    noted(slow_acme, "jane@exmaple.com", engagement)
    slow_acme.bot.waitUntil(lambda: controls.line(slow_acme.window, "Customer ID").text() == "")
    # Somebody is on the line already: it never stands on the card.
    controls.write(slow_acme.window, "Customer ID", "j")
    held_back.let.set()
    slow_acme.bot.waitUntil(lambda: beside(slow_acme) != [])
    assert question(slow_acme) == ""
    slow_acme.wait_for_line(NEW)
    assert (beside(slow_acme), len(events(engagement))) == ([], 1)
    # It was said to nobody that this is right: a person is to check it.
    slow_acme.wait_for_details("Read the ID back to the caller.")


def test_what_is_learnt_after_it_was_sent_is_told_of_its_line(
    slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "HOLD", 50)
    noted(slow_acme, "jane@exmaple.com", engagement)
    slow_acme.wait_for_line("Delivered, checking")
    held_back.let.set()
    slow_acme.wait_for_line(NEW)
    slow_acme.wait_for_status("Went to a new, empty profile: Engagement knew no such customer.")
    slow_acme.wait_for_details("Before: Engagement knew no such customer")


def test_a_new_profile_counts_until_a_person_says_that_it_is_right(unanswered: OpenDesk) -> None:
    unanswered.wait_for_counter("Needs you 1")
    right = controls.button(unanswered.window, "The ID is right")
    unanswered.bot.waitUntil(right.isVisible)
    right.click()
    unanswered.wait_for_line("Verified")
    unanswered.wait_for_counter("")
    unanswered.bot.waitUntil(lambda: not right.isVisible())
    unanswered.wait_for_details("(a person says that it is right)")


def test_it_counts_after_a_restart_too(
    unanswered: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring
) -> None:
    unanswered.window.end()
    again = open_desk(keyring).ready()
    again.wait_for_line(NEW)
    again.wait_for_counter("Needs you 1")


def test_its_answers_have_keys_but_for_the_one_that_discards(asked: OpenDesk, engagement: Sandbox) -> None:
    assert not any(one.hasFocus() for one in asked.window.consent.question.choices)
    assert controls.line(asked.window, "Customer ID").hasFocus()
    shown = [one.text() for one in asked.window.consent.question.choices if one.isVisible()]
    assert shown == ["It is right: send (Alt+1)", "Cancel it"]
    for key, modifier in ((Qt.Key.Key_Escape, NONE), *((one, ALT) for one in (Qt.Key.Key_2, Qt.Key.Key_R))):
        asked.key(key, modifier)
        assert ASKED in question(asked)
    assert controls.line(asked.window, "Customer ID").text() == ""
    asked.wait_for_line("Not sent yet")
    asked.key(Qt.Key.Key_1, ALT)
    asked.wait_for_line(NEW)
    assert controls.line(asked.window, "Customer ID").hasFocus()


def opt_in_to_the_newsletter(desk: OpenDesk, held_back: HeldBack) -> None:
    """Before it is known that the customer has opted out of it."""
    desk.choose_opt_in()
    type_case(desk, category="newsletter")
    desk.key(Qt.Key.Key_Return, CONTROL)
    desk.wait_for_line("Not sent yet")
    held_back.let.set()
    desk.bot.waitUntil(lambda: "Noted, not sent: jane@example.com has opted out." in question(desk))


@pytest.fixture
def turned(slow_acme: OpenDesk, held_back: HeldBack) -> OpenDesk:
    """An opt-in was noted, and then the look-up showed that it turns an opt-out."""
    opt_in_to_the_newsletter(slow_acme, held_back)
    return slow_acme


def test_an_opt_in_over_an_opt_out_does_not_leave_unasked(turned: OpenDesk, engagement: Sandbox) -> None:
    assert "Newsletter: opted out since" in question(turned)
    answer(turned, 0)
    turned.wait_for_line("Not recorded")
    assert events(engagement) == []


def test_who_insists_has_it_sent(turned: OpenDesk, engagement: Sandbox) -> None:
    for key in (Qt.Key.Key_1, Qt.Key.Key_R):
        turned.key(key, ALT)
        assert question(turned) != ""
    turned.key(Qt.Key.Key_2, ALT)
    turned.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 1


def test_neither_a_key_nor_the_next_caller_discards_it(
    turned: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls.write(turned.window, "Customer ID", "omar@example.com")
    assert question(turned) == ""
    assert beside(turned) == ["▲ jane@example.com, opt-in to Newsletter, Acme production"]
    monkeypatch.setattr(inputs, "MOMENT", 3_600)
    for one in answers_beside(turned, "Cancel it"):
        QTest.keyClick(one, Qt.Key.Key_Space)
        QTest.mouseClick(one, Qt.MouseButton.LeftButton)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_R):
        turned.key(key, ALT)
    turned.key(Qt.Key.Key_Escape)
    turned.choose_project("Sandbox (practice)")
    turned.bot.waitUntil(turned.window.practice.isVisible)
    assert len(beside(turned)) == 1
    turned.choose_project("Acme production")
    turned.wait_for_line("Not sent yet")
    monkeypatch.setattr(inputs, "MOMENT", 0)
    controls.button(
        turned.window, "Cancel it: jane@example.com, opt-in to Newsletter, Acme production"
    ).click()
    turned.wait_for_line("Not recorded")
    assert (beside(turned), events(engagement)) == ([], [])


def test_beside_practice_it_says_in_front_that_it_is_real(
    turned: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(banners, "announce", lambda _banner, text: announced.append(text))
    real = "This one is real, not practice: jane@example.com, opt-in to Newsletter, Acme production"
    turned.practise()
    assert (beside(turned), announced) == ([f"▲ {real}"], [real])
    answers = [*answers_beside(turned, "Cancel it"), *answers_beside(turned, "Send it all the same")]
    assert [one.accessibleDescription().startswith(real) for one in answers] == [True, True]
    turned.choose_project("Acme production")
    turned.bot.waitUntil(lambda: "practice" not in beside(turned)[0])
    assert not any("practice" in one.accessibleDescription() for one in answers)
    assert announced == [real]
    turned.practise()
    answer_beside(turned, "Send it all the same")
    turned.wait_for_events(engagement, 1)
    assert beside(turned) == []


def test_tab_leads_from_send_to_its_answers(turned: OpenDesk) -> None:
    turned.fill("omar@example.com")
    controls.button(turned.window, "Send").setFocus()
    for choice in ("Cancel it", "Send it all the same"):
        turned.key(Qt.Key.Key_Tab)
        assert [one.hasFocus() for one in answers_beside(turned, choice)] == [True]


@pytest.fixture
def zoom(turned: OpenDesk) -> Iterator[Zoom]:
    """The size of what `turned` shows."""
    yield turned.window.zoom
    turned.window.zoom.show_at(100)


@pytest.mark.parametrize(("size", "percent"), [((860, 640), 100), ((640, 480), 100), ((860, 600), 200)])
def test_its_answers_are_in_view_in_a_small_window(
    turned: OpenDesk, zoom: Zoom, size: tuple[int, int], percent: int
) -> None:
    controls.write(turned.window, "Customer ID", "omar@example.com")
    zoom.show_at(percent)
    for _ in range(9):
        # In less width there is one pane at a time, and then less height is enough.
        turned.window.resize(*size)
        QApplication.processEvents()
    assert turned.window.width() == size[0]
    for choice in ("Cancel it", "Send it all the same"):
        (button,) = answers_beside(turned, choice)
        assert button.visibleRegion() == QRegion(button.rect())


def test_with_the_next_caller_noted_it_still_stands_there(turned: OpenDesk, engagement: Sandbox) -> None:
    turned.send()
    turned.wait_for_events(engagement, 1)
    assert len(beside(turned)) == 1
    answer_beside(turned, "Send it all the same")
    turned.wait_for_events(engagement, 2)
    assert beside(turned) == []


def test_put_down_with_its_journal_it_waits_there(turned: OpenDesk) -> None:
    controls.write(turned.window, "Customer ID", "o")
    (session,) = turned.window.findChildren(Session)
    session.leave_journal("")
    assert (question(turned), beside(turned)) == ("", [])
    assert len(turned.workspace.journal.records_in({State.QUEUED})) == 1


def test_closing_leaves_it_noted_and_says_so(turned: OpenDesk, engagement: Sandbox) -> None:
    controls.write(turned.window, "Customer ID", "o")
    assert not turned.window.close()
    turned.wait_for_question()
    assert "it is sent only if you say so" in turned.person.asked[0]
    assert (len(beside(turned)), events(engagement)) == (1, [])


# --------------------------------------------------------------------- what is known grows old


def test_on_return_a_customer_is_looked_up_anew(acme: OpenDesk, engagement: Sandbox) -> None:
    type_case(acme)
    wait_until_known(acme, "accepted since")
    controls.line(acme.window, "Customer ID").returnPressed.emit()
    acme.bot.waitUntil(lambda: looked_up(engagement) == ["jane@example.com"] * 2)


def test_a_question_rests_on_what_was_told_within_the_last_minute(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    type_case(acme)
    wait_until_known(acme, "accepted since")
    acme.choose_opt_in()
    acme.clock.seconds_off += 61
    controls.press(acme.window, "Send")
    acme.bot.waitUntil(lambda: "already accepted since" in question(acme))
    assert looked_up(engagement) == ["jane@example.com"] * 2
    assert "No newer answer has come" not in question(acme)


def test_without_an_answer_the_question_says_how_old_it_is(slow_acme: OpenDesk, held_back: HeldBack) -> None:
    held_back.let.set()
    type_case(slow_acme)
    wait_until_known(slow_acme, "accepted since")
    held_back.let.clear()
    slow_acme.choose_opt_in()
    slow_acme.clock.seconds_off += 61
    controls.press(slow_acme.window, "Send")
    assert question(slow_acme) == ""
    slow_acme.bot.waitUntil(lambda: "already accepted since" in question(slow_acme))
    assert "This was looked up at " in question(slow_acme)
    assert "accepted since" in known(slow_acme)


def test_while_it_is_held_it_is_called_noted_and_no_key_cancels_it(
    asked: OpenDesk, engagement: Sandbox
) -> None:
    assert asked.noted.startswith(
        "✓ Noted. You can end the call.\njane@exmaple.com · opt-out of SMS marketing"
    )
    asked.key(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    assert controls.line(asked.window, "Customer ID").text() == ""
    assert ASKED in question(asked)
    assert "(Alt+R)" not in "".join(button.text() for button in asked.window.consent.question.choices)
    asked.wait_for_line("Not sent yet")
    assert events(engagement) == []


def test_cancelled_at_its_line_while_it_is_held_it_is_asked_about_no_more(
    asked: OpenDesk, engagement: Sandbox
) -> None:
    asked.cancel_line(0)
    asked.wait_for_line("Not recorded")
    asked.wait_for_status("Not recorded: it was cancelled, and Engagement has not taken it.")
    asked.bot.waitUntil(lambda: question(asked) == "")
    assert asked.noted == ""
    assert events(engagement) == []


def test_closing_on_what_is_held_asks_and_has_it_sent(
    slow_acme: OpenDesk, engagement: Sandbox, held_for_ever: None
) -> None:
    noted(slow_acme, "jane@example.com", engagement)
    slow_acme.wait_for_line("Not sent yet")
    assert not slow_acme.window.close()
    slow_acme.wait_for_events(engagement, 1)


def test_send_for_the_next_caller_records_both(
    slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox, held_for_ever: None
) -> None:
    noted(slow_acme, "jane@exmaple.com", engagement)
    slow_acme.bot.waitUntil(lambda: controls.line(slow_acme.window, "Customer ID").text() == "")
    type_case(slow_acme, "jane@example.com")
    held_back.let.set()
    slow_acme.bot.waitUntil(lambda: beside(slow_acme) != [])
    slow_acme.key(Qt.Key.Key_Return, CONTROL)
    slow_acme.wait_for_events(engagement, 1)
    answer_beside(slow_acme, "It is right: send")
    slow_acme.wait_for_events(engagement, 2)


def test_with_another_project_it_is_held_no_more(
    slow_acme: OpenDesk, engagement: Sandbox, held_for_ever: None
) -> None:
    noted(slow_acme, "jane@example.com", engagement)
    slow_acme.wait_for_line("Not sent yet")
    slow_acme.choose_project("Sandbox (practice)")
    slow_acme.wait_for_events(engagement, 1)
