"""The alarm: Engagement shows other than what was recorded. It rings until a person has acted."""

import json
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Context, Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import event_body, prepare_event
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.widgets.tones import loud_colours
from tests.consents import a_consent, write_down
from tests.journal.journals import lead
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, events, journal_of, real
from tests.ui.outcomes.disks import change

WAY = (State.IN_FLIGHT, State.DELIVERED, State.CONTRADICTED)


FULL = "CREATE TRIGGER full BEFORE INSERT ON consent BEGIN SELECT RAISE(ABORT, 'full'); END"


def leave_contradicted(folders: Folders, engagement: Sandbox, **changes: object) -> str:
    """Let an earlier run have found out that a consent does not hold."""
    noted = Noted.of(real(engagement), a_consent(**changes))
    with journal_of(folders) as journal:
        write_down(journal, noted)
        lead(journal, noted.consent.request_id, WAY)
    return noted.consent.request_id


def alarm(desk: OpenDesk) -> str:
    """What the alarm says; nothing while it does not ring."""
    banner = desk.window.alarm
    return f"{banner.headline.text()}\n{banner.details.text()}" if banner.isVisible() else ""


def wait_for_alarm(desk: OpenDesk, words: str) -> None:
    desk.bot.waitUntil(lambda: words in alarm(desk), timeout=10_000)


def wait_for_silence(desk: OpenDesk) -> None:
    desk.bot.waitUntil(lambda: not desk.window.alarm.isVisible(), timeout=10_000)


@pytest.fixture
def ringing(open_acme: OpenAcme, engagement: Sandbox, folders: Folders) -> OpenDesk:
    """A desk at which an opt-out was contradicted in an earlier run."""
    leave_contradicted(folders, engagement, ticket="4711", channel="phone")
    desk = open_acme().ready()
    desk.wait_for_categories()
    wait_for_alarm(desk, "Engagement still shows consent")
    return desk


def test_an_opt_out_that_does_not_hold_rings_loudest(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.send()
    acme.wait_for_line("Delivered, checking")
    acme.clock.seconds_off += 10
    elsewhere = a_consent(
        action=Action.ACCEPT, valid_until=ValidUntil(), timestamp=acme.clock(), noted_at=acme.clock()
    )
    with closing(HttpTransport()) as transport:
        transport.start(prepare_event(real(engagement), event_body(elsewhere))).wait()
    acme.clock.seconds_off += 21
    acme.wait_for_line("Engagement shows the opposite")
    wait_for_alarm(acme, "✖ Recorded, but Engagement still shows consent (accepted ")
    assert "jane@example.com, opt-out of sms_marketing, Acme production" in alarm(acme)
    assert "Timestamp" not in alarm(acme)
    background, text = loud_colours(QApplication.palette())
    banner = acme.window.alarm
    assert banner.palette().color(banner.backgroundRole()).name() == background.name()
    assert banner.headline.palette().color(banner.headline.foregroundRole()).name() == text.name()
    acme.send("second@example.com")
    acme.wait_for_status("second@example.com")
    assert "Engagement still shows consent" in alarm(acme)


def test_it_rings_again_after_a_restart_until_it_is_dismissed(
    ringing: OpenDesk, open_desk: OpenOne, keyring: MemoryKeyring
) -> None:
    ringing.window.end()
    second = open_desk(keyring).ready()
    wait_for_alarm(second, "Engagement still shows consent")
    controls.press(second.window, "Dismiss the alarm")
    wait_for_silence(second)
    second.window.end()
    third = open_desk(keyring).ready()
    third.wait_for_line("Engagement shows the opposite")
    assert alarm(third) == ""
    third.choose_line()
    third.wait_for_details("Recorded, but Engagement still shows consent")
    assert "Engagement shows the opposite (alarm dismissed)" in third.details("Explanation")


def test_it_is_dismissed_at_its_line_too_which_needs_nobody_then(ringing: OpenDesk) -> None:
    ringing.wait_for_counter("Needs you 1")
    ringing.choose_line()
    dismiss = controls.button(ringing.window, "Dismiss alarm")
    ringing.bot.waitUntil(dismiss.isVisible)
    dismiss.click()
    wait_for_silence(ringing)
    ringing.wait_for_counter("")
    ringing.bot.waitUntil(lambda: not dismiss.isVisible())
    assert controls.button(ringing.window, "Record again, dated now").isVisible()
    ringing.wait_for_details("Engagement shows the opposite (alarm dismissed)")


def test_sending_with_the_time_now_notes_and_sends_the_same_decision_anew(
    ringing: OpenDesk, engagement: Sandbox
) -> None:
    button = controls.button(ringing.window, "Record the decision again, dated now")
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    button.click()
    ringing.wait_for_line("Delivered, checking", "Engagement shows the opposite")
    wait_for_silence(ringing)
    ringing.wait_for_status("➜ Delivered")
    [sent] = events(engagement)
    assert b'"action":"reject"' in sent.body
    assert b'"desk_ticket":"4711"' in sent.body
    assert b'"desk_channel":"phone"' in sent.body
    ringing.window.preview.as_sent.setChecked(True)
    assert controls.raw_text(ringing.window, "Request body").encode() == sent.body
    assert "stamped" in ringing.window.preview.stamp.text()


def test_the_line_in_the_log_offers_it_too(ringing: OpenDesk) -> None:
    button = controls.button(ringing.window, "Record again, dated now")
    assert not button.isVisible()
    ringing.choose_line()
    ringing.bot.waitUntil(button.isVisible)
    button.click()
    ringing.wait_for_line("Delivered, checking", "Engagement shows the opposite")
    wait_for_silence(ringing)
    ringing.bot.waitUntil(lambda: not button.isVisible())


def test_a_later_decision_from_the_form_ends_it(ringing: OpenDesk) -> None:
    ringing.window.status.clear()
    assert "Engagement still shows consent" in alarm(ringing)
    ringing.send()
    wait_for_silence(ringing)


def test_it_ends_when_the_customers_data_is_removed(ringing: OpenDesk) -> None:
    ringing.person.answer = 1
    ringing.remove_data()
    wait_for_silence(ringing)


def test_it_rings_again_where_the_later_decision_is_cancelled_before_it_left(
    ringing: OpenDesk, engagement: Sandbox
) -> None:
    engagement.fault = Fault.SILENCE
    ringing.send("first@example.com")
    ringing.wait_for_line("Sending", "Engagement shows the opposite")
    controls.press(ringing.window, "Record the decision again, dated now")
    wait_for_silence(ringing)
    ringing.wait_for_line("Not sent yet", "Sending", "Engagement shows the opposite")
    ringing.cancel_line(0)
    wait_for_alarm(ringing, "Engagement still shows consent")


def test_several_ring_one_after_the_other_opt_outs_first(
    open_acme: OpenAcme, engagement: Sandbox, folders: Folders
) -> None:
    leave_contradicted(
        folders, engagement, action=Action.ACCEPT, valid_until=ValidUntil(), category="newsletter"
    )
    leave_contradicted(folders, engagement)
    desk = open_acme().ready()
    wait_for_alarm(desk, "opt-out of sms_marketing")
    assert "1 of 2 alarms." in alarm(desk)
    controls.press(desk.window, "Dismiss the alarm")
    wait_for_alarm(desk, "opt-in to newsletter")
    assert "alarms" not in alarm(desk)
    assert not desk.window.alarm.action.isVisible()
    background, _text = loud_colours(QApplication.palette())
    banner = desk.window.alarm
    assert banner.palette().color(banner.backgroundRole()).name() != background.name()


def test_after_a_noting_that_failed_it_is_sent_with_the_time_of_the_new_press(
    ringing: OpenDesk, folders: Folders, engagement: Sandbox
) -> None:
    change(folders, FULL)
    controls.press(ringing.window, "Record the decision again, dated now")
    ringing.wait_for_status("NOT NOTED: jane@example.com · opt-out of SMS marketing")
    # The caller on the line is another one; and it is the alarm that tries again.
    assert ringing.receipt == ""
    again = controls.button(ringing.window, "Try again: jane@example.com · opt-out of SMS marketing")
    assert not again.isVisible()
    assert "Engagement still shows consent" in alarm(ringing)
    change(folders, "DROP TRIGGER full")
    ringing.clock.seconds_off += 1000
    pressed = ringing.clock()
    controls.press(ringing.window, "Record the decision again, dated now")
    ringing.wait_for_line("Delivered, checking", "Engagement shows the opposite")
    [sent] = events(engagement)
    assert json.loads(sent.body)["timestamp"] >= pressed.micros // 1_000_000
    assert ringing.not_noted == []


def test_a_row_that_is_there_although_its_noting_failed_is_sent_as_it_is(
    ringing: OpenDesk, engagement: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, noted = Outbox.note, []

    def note_and_fail(outbox: Outbox, project: Project, consent: Consent, context: Context) -> Entry:
        noted.append(note(outbox, project, consent, context))
        monkeypatch.setattr(Outbox, "note", note)
        raise JournalError(say("tests", "The disk reported an error."), say("tests", "Try again."))

    monkeypatch.setattr(Outbox, "note", note_and_fail)
    controls.press(ringing.window, "Record the decision again, dated now")
    ringing.wait_for_status("NOT NOTED: ")
    ringing.clock.seconds_off += 1000
    controls.press(ringing.window, "Record the decision again, dated now")
    ringing.wait_for_line("Delivered, checking", "Engagement shows the opposite")
    [sent] = events(engagement)
    assert json.loads(sent.body)["timestamp"] == noted[0].noted_at.micros / 1_000_000


def test_without_its_project_nothing_is_noted(
    open_acme: OpenAcme, engagement: Sandbox, folders: Folders
) -> None:
    noted = Noted.of(real(engagement, id="9d0a7c1e-0000-4000-8000-000000000009"), a_consent())
    with journal_of(folders) as journal:
        write_down(journal, noted)
        lead(journal, noted.consent.request_id, WAY)
    desk = open_acme().ready()
    wait_for_alarm(desk, "Engagement still shows consent")
    controls.press(desk.window, "Record the decision again, dated now")
    desk.wait_for_status("✖ Nothing was noted or sent. Its project was removed from this computer.")
    assert events(engagement) == []
