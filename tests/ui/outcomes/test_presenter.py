"""One press is one consent, and the status says honestly what became of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Cause, NotSent, Phase
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.transport import HttpCall, HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.form.submission import Submitter
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.outcomes import presenter
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.shell import waiting
from consent_desk.ui.widgets.tones import Tone, colour
from tests.consents import claim, go_on
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import ACME, Clock, MemoryKeyring, OpenDesk, events
from tests.ui.outcomes.disks import change, full_disk, slow_disk


def test_a_consent_is_noted_before_it_is_sent_and_says_so(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    acme.send()
    acme.wait_for_status("✓ On this computer — ○ Sending")
    assert acme.noted.startswith(NOTED)
    acme.wait_for_events(engagement, 1)
    acme.wait_for_line("Sending")


NOTED = "✓ Noted. You can end the call.\njane@example.com · opt-out of SMS marketing · "


def test_that_it_is_noted_stays_in_view_until_the_form_changes(acme: OpenDesk) -> None:
    acme.deliver()
    assert acme.noted.startswith(NOTED)
    assert acme.receipt.endswith("✓ On this computer — ✓ Delivered — ○ Verified in about 30 s")
    acme.clock.seconds_off += 35
    acme.wait_for_status("✓ On this computer — ✓ Delivered — ✔ Verified")
    assert acme.noted.startswith(NOTED)
    assert acme.window.receipt.isVisible()
    # Neither is one by the next caller.
    for which in (Qt.Key.Key_Escape, Qt.Key.Key_Tab):
        acme.key(which)
    controls.press(acme.window, "Refresh categories")
    assert acme.noted.startswith(NOTED)
    controls.paste(acme.window, "Customer ID", "omar@example.com")
    assert acme.status == ""
    controls.write(acme.window, "Customer ID", "")
    assert acme.noted.startswith(NOTED)


def test_a_slow_answer_is_told_with_how_long_it_is_waited_for_and_the_way_out(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SAY_SLOW_AFTER", 30)
    engagement.fault = Fault.SILENCE
    acme.send()
    acme.wait_for_status("Engagement has not answered yet. It is given 20 seconds in all.")
    assert acme.noted.startswith(NOTED)
    acme.wait_for_events(engagement, 1)
    acme.cancel_line()
    acme.wait_for_status("Cancelled too late")


def test_in_practice_it_is_the_sandbox_that_is_slow(
    open_desk: OpenOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SAY_SLOW_AFTER", 30)
    demo = open_desk(fault=Fault.SILENCE).ready()
    demo.send()
    demo.wait_for_status("The Sandbox has not answered yet.")
    assert demo.noted.startswith("◆ Noted for practice.")


def test_nothing_is_called_slow_after_it_was_cancelled(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    acme.send()
    acme.wait_for_events(engagement, 1)
    acme.cancel_line()
    (desk,) = acme.window.findChildren(OutcomePresenter)
    timers = desk.findChildren(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert not any(timer.isActive() for timer in timers)


def test_practice_is_named_by_strip_title_and_button(demo: OpenDesk) -> None:
    assert demo.window.practice.isVisible()
    assert demo.window.practice.label.text() == "Practice. Nothing here reaches Engagement."
    assert demo.window.windowTitle().startswith("PRACTICE: nothing sent here reaches Engagement")
    demo.fill()
    assert controls.button(demo.window, "Send").text() == "Practise: opt out of SMS marketing"


@pytest.mark.parametrize(("answer", "noted"), [("Cancel", 0), ("Practise", 1)])
def test_an_unknown_id_in_the_sandbox_asks_first(demo: OpenDesk, answer: str, noted: int) -> None:
    demo.send("caller@example.net")
    asked = controls.label(demo.window, "Question")
    assert asked == "A real caller? This opts nobody out: nothing sent here reaches Engagement."
    assert demo.person.asked == []
    controls.press(demo.window, answer)
    demo.bot.waitUntil(lambda: len(controls.cells(demo.window, 0)) == noted)
    assert (controls.line(demo.window, "Customer ID").text() == "caller@example.net") == (noted == 0)


def test_pressing_twice_notes_once(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    button = controls.button(acme.window, "Send")
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    acme.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 1


def test_a_shortcut_held_down_notes_once_and_complains_of_nothing(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.fill()
    QTest.keyPress(acme.window.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    held = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "\r", True, 1
    )
    for _ in range(5):
        QApplication.sendEvent(acme.window, held)
        QApplication.processEvents()
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 1


def test_what_cannot_be_noted_stays_in_the_form_is_not_sent_and_offers_a_slip(
    acme: OpenDesk, engagement: Sandbox, folders: Folders
) -> None:
    change(folders)
    acme.send()
    acme.wait_for_status("✖ NOT NOTED, and nothing was sent.")
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.category) == ("jane@example.com", "sms_marketing")
    assert controls.button(acme.window, "Send").isEnabled()
    assert controls.focused_name(acme.window) == "Send"
    assert acme.window.preview.stamp.text() == "· timestamp is set when you send"
    controls.press(acme.window, "Copy slip")
    slip = QGuiApplication.clipboard().text()
    assert slip.startswith("NOT NOTED by Consent Desk, and not sent: enter it again later.")
    for line in ("Customer ID: registered = jane@example.com", "Category: sms_marketing", "Action: reject"):
        assert line in slip
    assert len(events(engagement)) == 0


def test_what_is_tried_again_is_noted_once_and_the_form_is_ready_for_the_next_caller(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk():
        acme.send()
        acme.wait_for_status("✖ NOT NOTED, and nothing was sent.")
    assert acme.not_noted == []
    controls.press(acme.window, "Try again")
    acme.wait_for_line("Delivered, checking")
    assert acme.noted.startswith(NOTED)
    assert controls.line(acme.window, "Customer ID").text() == ""
    assert len(events(engagement)) == 1


def test_what_was_left_out_of_what_is_tried_again_is_told(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.deliver()
    acme.fill()
    controls.tick(acme.window, "Newsletter")
    with full_disk():
        controls.press(acme.window, "Send")
        acme.bot.waitUntil(lambda: acme.window.consent.question.is_open)
        # Leave it, record the other one.
        acme.key(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
        acme.wait_for_status("✖ NOT NOTED, and nothing was sent.")
    controls.press(acme.window, "Send")
    acme.wait_for_events(engagement, 2)
    acme.wait_for_status("Left as it was: SMS marketing.")


def test_no_press_is_passed_over_while_something_else_is_tried_again(acme: OpenDesk) -> None:
    with full_disk():
        acme.send("first@example.com")
        acme.wait_for_status("✖ NOT NOTED")
    acme.fill("second@example.com")
    send = controls.button(acme.window, "Send")
    with slow_disk():
        controls.press(acme.window, f"Try again: {acme.not_noted[0].removeprefix('NOT NOTED: ')}")
        acme.bot.waitUntil(lambda: not send.isEnabled())
    acme.bot.waitUntil(send.isEnabled)
    assert acme.window.consent.draft().customer_id == "second@example.com"


@pytest.mark.parametrize("change", ["key", "address", "removed"])
def test_what_is_tried_again_goes_where_its_project_leads_by_now_or_nowhere(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    with full_disk():
        acme.send("first@example.com")
        acme.wait_for_status("✖ NOT NOTED")
    controls.write(acme.window, "Customer ID", "second@example.com")
    retried: list[str] = []
    (projects,) = acme.window.findChildren(ProjectPresenter)
    monkeypatch.setattr(Submitter, "retry", lambda _self, one: retried.append(one.project.key_id))
    project = projects._ready[ACME]
    if change == "removed":
        del projects._ready[ACME], projects._listed[ACME]
    elif change == "key":
        projects._ready[ACME] = replace(project, key_id="another")
    else:
        elsewhere = BaseUrl(scheme="https", host="api.uk.exponea.com")
        projects._ready[ACME] = replace(project, base_url=elsewhere)
    controls.press(acme.window, f"Try again: {acme.not_noted[0].removeprefix('NOT NOTED: ')}")
    if change == "key":
        acme.bot.waitUntil(lambda: retried == ["another"])
        return
    said = "leads elsewhere by now" if change == "address" else "was removed from this computer"
    acme.bot.waitUntil(lambda: said in controls.label(acme.window, "Why it is not noted"))
    assert (retried, events(engagement)) == ([], [])


def test_of_who_was_erased_nothing_is_said_any_more(acme: OpenDesk) -> None:
    acme.deliver("first@example.com")
    acme.send("first@example.com")
    controls.type_keys(acme.window, "omar")
    acme.wait_for_status("Not noted once more")
    assert "first@example.com" in acme.errors
    acme.person.answer = 1
    acme.remove_data()
    acme.bot.waitUntil(lambda: "first@example.com" not in acme.status)


def test_what_was_practised_is_not_told_as_noted_beside_a_real_project(acme: OpenDesk) -> None:
    acme.practise()
    with slow_disk():
        acme.send()
        acme.go_on()
        acme.bot.waitUntil(lambda: not controls.button(acme.window, "Send").isEnabled())
        acme.choose_project("Acme production")
        acme.wait_ready()
    acme.bot.waitUntil(controls.button(acme.window, "Send").isEnabled)
    assert "Noted" not in acme.status


def test_what_is_not_noted_heads_the_right_column_when_the_next_caller_is_begun_until_it_is_dealt_with(
    acme: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk():
        acme.send("first@example.com")
        acme.wait_for_status("✖ NOT NOTED")
        # Of the same caller still.
        controls.write(acme.window, "Ticket", "4711")
        assert acme.receipt.startswith("✖ NOT NOTED")
        acme.send("second@example.com")
        acme.wait_for_status("✖ NOT NOTED, and nothing was sent.\nsecond@example.com")
    acme.send("third@example.com")
    acme.wait_for_line("Delivered, checking")
    assert acme.noted.startswith("✓ Noted. You can end the call.\nthird@example.com")
    first, second = acme.not_noted
    assert first == "NOT NOTED: first@example.com · opt-out of SMS marketing"
    for name in ("Dismiss", "Try again"):
        who = (first if name == "Dismiss" else second).removeprefix("NOT NOTED: ")
        controls.press(acme.window, f"{name}: {who}")
    acme.wait_for_line("Delivered, checking", "Delivered, checking")
    acme.bot.waitUntil(lambda: acme.not_noted == [])
    # It is not the caller's on the line.
    assert acme.noted.startswith("✓ Noted. You can end the call.\nthird@example.com")
    assert "Noted after all.\nsecond@example.com" in acme.errors
    assert sorted(b"second@" in one.body for one in events(engagement)) == [False, True]


def test_tab_leads_from_send_to_what_is_not_noted_in_place_and_beside(acme: OpenDesk) -> None:
    with full_disk():
        acme.send("first@example.com")
        acme.wait_for_status("✖ NOT NOTED")
        acme.send("second@example.com")
        acme.wait_for_status("✖ NOT NOTED, and nothing was sent.\nsecond@example.com")
    controls.button(acme.window, "Send").setFocus()
    who = acme.not_noted[0].removeprefix("NOT NOTED: ")
    come_to: list[str] = []
    for _ in range(6):
        acme.key(Qt.Key.Key_Tab)
        at = acme.window.focusWidget()
        assert isinstance(at, QAbstractButton)
        come_to.append(at.accessibleName() or at.text())
    deals = ["Try again", "Copy slip", "Dismiss"]
    assert come_to == [*deals, *(f"{one}: {who}" for one in deals)]


def test_an_answer_to_what_was_asked_at_a_line_stands_beside_until_it_is_dismissed(
    two_callers: OpenDesk,
) -> None:
    controls.write(two_callers.window, "Customer ID", "third@example.com")
    two_callers.cancel_line(0)
    two_callers.wait_for_status("✖ Not recorded: it was cancelled, and Engagement has not taken it.")
    assert two_callers.receipt == ""
    assert "second@example.com" in two_callers.errors
    controls.press(two_callers.window, "Dismiss messages")
    assert two_callers.status == ""
    assert not two_callers.window.status.isVisible()


@pytest.fixture
def two_callers(acme: OpenDesk, engagement: Sandbox) -> OpenDesk:
    """A desk that sends for a caller while the next one's waits behind that."""
    engagement.fault = Fault.SILENCE
    acme.send("first@example.com")
    acme.wait_for_events(engagement, 1)
    acme.wait_for_status("first@example.com")
    acme.send("second@example.com")
    acme.wait_for_line("Not sent yet", "Sending")
    return acme


def test_cancelling_what_still_waits_sends_nothing_and_is_red(
    two_callers: OpenDesk, engagement: Sandbox
) -> None:
    two_callers.cancel_line(0)
    two_callers.wait_for_status("Not recorded: it was cancelled, and Engagement has not taken it.")
    assert two_callers.receipt.startswith("✖ Not recorded\nsecond@example.com")
    two_callers.wait_for_line("Not recorded", "Sending")
    table = controls.table(two_callers.window, "Response log")
    shown = table.model().index(0, 1)
    red = colour(Tone.BAD, QApplication.palette())
    assert table.model().data(shown, Qt.ItemDataRole.ForegroundRole) == red
    assert len(events(engagement)) == 1


def test_what_was_cancelled_counts_until_it_is_acknowledged_at_its_line(two_callers: OpenDesk) -> None:
    acknowledge = controls.button(two_callers.window, "Acknowledge that it is not recorded")
    assert not acknowledge.isVisible()
    two_callers.cancel_line(0)
    two_callers.wait_for_line("Not recorded", "Sending")
    two_callers.wait_for_counter("Needs you 1 · Waiting 1")
    two_callers.bot.waitUntil(acknowledge.isVisible)
    assert "until it is acknowledged" in two_callers.details("Explanation")
    assert not controls.button(two_callers.window, "Send again").isVisible()
    acknowledge.click()
    two_callers.wait_for_line("Not recorded", "Sending")
    two_callers.wait_for_status("Acknowledged: it was cancelled, and is not recorded.")
    assert two_callers.receipt.startswith("Not recorded\nsecond@example.com")
    two_callers.wait_for_counter("Waiting 1")
    two_callers.wait_for_details("Not recorded (acknowledged (by ")
    assert not acknowledge.isVisible()
    assert two_callers.errors == ""


def test_the_call_of_the_caller_before_is_cancelled_from_its_line(two_callers: OpenDesk) -> None:
    cancel = controls.button(two_callers.window, "Cancel this")
    two_callers.choose_line(1)
    two_callers.bot.waitUntil(cancel.isVisible)
    cancel.click()
    two_callers.wait_for_line("Sending", "Not confirmed, looking it up")
    two_callers.wait_for_status("Cancelled too late")
    assert "first@example.com" in two_callers.status


def test_what_cannot_be_cancelled_for_good_says_so(two_callers: OpenDesk, folders: Folders) -> None:
    change(folders)
    line = two_callers.window.log.model.entry(0)
    assert line is not None
    two_callers.window.log.pressed.emit(Deed.CANCEL, line.request_id)
    two_callers.wait_for_status("It could not be cancelled, and is still sent by itself")
    two_callers.wait_for_line("Not sent yet", "Sending")


class BrokenTransport(HttpTransport):
    """A transport with a bug: its calls are made, and raise."""

    def start(self, request: PreparedRequest) -> HttpCall:
        if request.method == "POST":
            raise ValueError("after the call")
        return super().start(request)


def test_after_a_bug_nobody_says_that_it_was_not_sent(open_acme: OpenAcme) -> None:
    transport = BrokenTransport()
    desk = open_acme(transport=transport).ready()
    desk.send()
    desk.wait_for_status("It may have been sent, and is looked up. Do not enter it again")
    desk.wait_for_line("Not confirmed, looking it up")
    transport.close()


@pytest.fixture
def send_again(acme: OpenDesk, engagement: Sandbox) -> QAbstractButton:
    """The button that sends a consent once more, which Engagement was too busy to take."""
    engagement.misbehave(Fault.RATE_LIMIT, times=1)
    acme.send()
    acme.wait_for_line("Not sent yet")
    again = controls.button(acme.window, "Send again")
    acme.bot.waitUntil(again.isEnabled)
    return again


def test_what_cannot_be_claimed_is_not_shown_as_sending(
    acme: OpenDesk, send_again: QAbstractButton, folders: Folders
) -> None:
    change(folders)
    send_again.click()
    acme.wait_for_status("It is noted, but it was not sent.")
    acme.window.log.model.flush()
    acme.wait_for_line("Not sent yet")


def test_what_was_sent_by_somebody_else_meanwhile_shows_as_it_stands(
    acme: OpenDesk, send_again: QAbstractButton, folders: Folders
) -> None:
    other = SqliteJournal.open(folders.data / "journal.sqlite")
    (request_id,) = other.records_in({State.RETRY_WAIT})
    claim(other, request_id, Clock()())
    cancelled = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
    go_on(other, request_id, Fact(at=Clock()(), state=State.DISCARDED, outcome=cancelled))
    other.close()
    send_again.click()
    acme.wait_for_status("Nothing was sent: see in the log how it stands.")
    acme.wait_for_line("Not recorded")


def test_what_is_typed_for_the_next_caller_while_it_is_noted_stays(acme: OpenDesk) -> None:
    acme.fill("first@example.com")
    controls.write(acme.window, "Ticket", "4711")
    controls.press(acme.window, "Send")
    assert not controls.button(acme.window, "Send").isEnabled()
    controls.type_keys(acme.window, "omar")
    acme.wait_for_line("Delivered, checking")
    draft = acme.window.consent.draft()
    assert (draft.customer_id, draft.category, draft.ticket) == ("omar", "", "")
    acme.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert controls.line(acme.window, "Customer ID").text() == "first@example.com"


def test_an_answer_about_a_repetition_is_not_one_about_the_next_caller(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.deliver("first@example.com")
    acme.send("first@example.com")
    controls.type_keys(acme.window, "omar")
    acme.wait_for_status("Not noted once more: the same was noted minutes ago. Enter it again, if that is")
    assert "first@example.com" in acme.errors
    assert not acme.window.consent.question.is_open
    assert controls.line(acme.window, "Customer ID").text() == "omar"
    acme.key(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    acme.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 1


def test_what_cannot_be_noted_comes_into_view_where_another_pane_stands_alone(
    acme: OpenDesk,
) -> None:
    with slow_disk(is_full=True):
        acme.send()
        acme.key(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    acme.wait_for_status("✖ NOT NOTED, and nothing was sent.")
    assert controls.long_text(acme.window, "Receipt").isVisible()


def test_what_cannot_be_noted_takes_no_key_from_the_next_caller(acme: OpenDesk) -> None:
    with full_disk():
        acme.send("first@example.com")
        controls.type_keys(acme.window, "omar")
        acme.bot.waitUntil(lambda: acme.not_noted != [])
    assert controls.focused_name(acme.window) == "Customer ID"


def test_the_practice_log_does_not_stay_beside_a_real_journal_that_cannot_be_opened(
    open_acme: OpenAcme, folders: Folders
) -> None:
    Path(folders.data / "journal.sqlite").write_bytes(b"this is no database" * 100)
    desk = open_acme()
    desk.bot.waitUntil(lambda: desk.status.startswith("✖"))
    desk.choose_project("Sandbox (practice)")
    desk.wait_ready()
    desk.send()
    desk.wait_for_line("Practice: delivered")
    desk.choose_project("Acme production")
    desk.bot.waitUntil(lambda: desk.status.startswith("✖"))
    assert controls.cells(desk.window, 0) == []


def test_a_press_before_the_window_was_ready_is_never_passed_over(
    open_acme: OpenAcme, keyring: MemoryKeyring
) -> None:
    keyring.open_.clear()
    desk = open_acme()
    desk.wait_for_state("reading")
    controls.press(desk.window, "Send")
    assert "Nothing was noted. Choose a project, or wait" in desk.status
    keyring.open_.set()
    desk.wait_ready()
    assert "What was pressed before was not noted: press Send again." in desk.status
    desk.deliver()
    assert "press Send again" not in desk.status


def test_what_was_said_of_each_send_is_not_kept_for_ever(
    acme: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presenter, "REMEMBERED", 2)
    acme.deliver()
    acme.wait_for_line("Delivered, checking")
    (desk,) = acme.window.findChildren(OutcomePresenter)
    line = acme.window.log.model.entry(0)
    assert line is not None
    for number in range(3):
        desk.answer(acme.workspace, replace(line, request_id=str(number)), Tone.NEUTRAL, "Asked.")
    assert [*desk._asked] == ["1", "2"]
