"""What is announced of the call in hand, how it is corrected, and how little room it takes."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.outcomes.receipt import REST, Told
from consent_desk.ui.outcomes.receipt_panel import LOW, ReceiptPanel
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.tasks import let_be
from consent_desk.ui.widgets.tones import Tone
from tests.consents import a_consent
from tests.ui import controls
from tests.ui.desks import OpenDesk

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def announced(acme: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is announced from now on at the receipt."""
    texts: list[str] = []

    def hear(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent) and event.object() is acme.window.receipt.text:
            texts.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", hear)
    return texts


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What held before was looked up."""
    before = CategoryStatus(valid=True, since=1_762_167_600.5, source="page", until=ValidUntil())
    monkeypatch.setattr(
        LookupPresenter, "context", lambda desk, consent: Context(existed=True, before=before)
    )


def correct(desk: OpenDesk) -> None:
    desk.key(Qt.Key.Key_R, CONTROL)


def test_each_outcome_is_announced_once(acme: OpenDesk, announced: list[str]) -> None:
    acme.deliver()
    acme.clock.seconds_off += 31
    acme.wait_for_status("✔ Verified")
    noted, delivered, verified = announced
    assert noted.startswith("Noted. You can end the call. jane@example.com · opt-out of SMS marketing · ")
    assert delivered.startswith("Delivered, checking. jane@example.com · opt-out of SMS marketing · ")
    assert verified.startswith("Verified. jane@example.com · opt-out of SMS marketing · ")


def test_what_comes_of_several_of_one_press_is_one_sentence(acme: OpenDesk, announced: list[str]) -> None:
    acme.fill()
    controls.button(acme.window, "All categories").click()
    controls.press(acme.window, "Send")
    acme.wait_for_status("✓ 2 delivered")
    acme.clock.seconds_off += 31
    acme.wait_for_status("✔ 2 verified")
    acme.bot.waitUntil(lambda: announced[-1].startswith("2 verified. jane@example.com · "))
    assert [text.split(".")[0] for text in announced] == ["Noted", "2 verified"]


def test_of_an_earlier_caller_only_what_is_bad_is_announced(
    acme: OpenDesk, engagement: Sandbox, announced: list[str]
) -> None:
    engagement.misbehave(Fault.RATE_LIMIT, times=1)
    acme.send()
    acme.wait_for_status("Not sent yet")
    acme.deliver("omar@example.com")
    announced.clear()
    engagement.fault = Fault.INVALID_SECRET
    acme.clock.seconds_off += 600
    acme.wait_for_line("Delivered, checking", "Refused")
    acme.bot.waitUntil(lambda: any("jane@example.com" in text for text in announced))
    [bad] = [text for text in announced if "jane@example.com" in text]
    assert bad.startswith("Refused. jane@example.com · opt-out of SMS marketing · ")


def test_one_key_corrects_what_was_noted_last_and_asks_first_who_has_begun_another_call(
    acme: OpenDesk, known: None
) -> None:
    acme.deliver()
    controls.write(acme.window, "Customer ID", "omar@example.com")
    correct(acme)
    acme.wait_for_question()
    assert "jane@example.com, opt-out of SMS marketing, Acme production" in acme.person.asked[0]
    assert acme.window.consent.draft().customer_id == "omar@example.com"
    acme.person.answer = 1
    correct(acme)
    acme.bot.waitUntil(lambda: acme.window.consent.draft().customer_id == "jane@example.com")
    assert acme.window.consent.draft().corrects
    assert acme.receipt == ""


def test_what_is_corrected_comes_into_view_where_another_pane_stands_alone(
    acme: OpenDesk, known: None
) -> None:
    acme.deliver()
    acme.key(Qt.Key.Key_3, CONTROL)
    correct(acme)
    acme.bot.waitUntil(lambda: acme.window.consent.draft().corrects != "")
    assert acme.window.consent.isVisible()


def test_one_key_corrects_also_when_the_journal_was_opened_anew_and_says_why_it_cannot_before(
    acme: OpenDesk, known: None
) -> None:
    acme.deliver()
    (session,) = acme.window.findChildren(Session)
    project = session.project
    session.leave_journal("Looking at the journal again…")
    correct(acme)
    acme.wait_for_status("Nothing can be corrected before its journal is open again.")
    assert "jane@example.com" in acme.errors
    session._workspaces.reopen(lambda: None, done=lambda _: session.use_project(project), failed=let_be)
    acme.wait_ready()
    correct(acme)
    acme.bot.waitUntil(lambda: acme.window.consent.draft().corrects != "")


def test_a_press_that_is_told_beside_another_project_bears_the_names_of_its_own(acme: OpenDesk) -> None:
    acme.deliver()
    (session,) = acme.window.findChildren(Session)
    (presenter,) = acme.window.findChildren(ReceiptPresenter)
    project = session.project
    assert project is not None
    session.project = replace(project, id="7a1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a12")
    session.offered.emit((Category(id="sms_marketing", label="Texts of Beta"),))
    for one, label in ((project, "SMS marketing"), (session.project, "Texts of Beta")):
        submission = Submission(acme.workspace, one, Draft(), ((a_consent(), NO_CONTEXT),))
        assert f"opt-out of {label}" in presenter._who(submission)


def test_where_nothing_was_noted_there_is_nothing_to_correct(acme: OpenDesk) -> None:
    correct(acme)
    acme.wait_for_status("there is nothing to correct")


def test_of_several_one_is_chosen_to_be_corrected(acme: OpenDesk, known: None) -> None:
    acme.fill()
    controls.button(acme.window, "All categories").click()
    controls.press(acme.window, "Send")
    acme.wait_for_status("✓ 2 delivered")
    correct(acme)
    choice = acme.window.receipt.choice
    acme.bot.waitUntil(choice.isVisible)
    sms, newsletter = choice.actions()
    assert (sms.text(), newsletter.text()) == ("SMS marketing", "Newsletter")
    choice.close()
    newsletter.trigger()
    acme.bot.waitUntil(lambda: acme.window.consent.draft().category == "newsletter")
    assert acme.window.consent.draft().corrects


def test_no_line_claims_a_time_that_has_passed(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.deliver()
    assert acme.receipt.endswith("Verified in about 30 s")
    engagement.fault = Fault.SILENCE
    acme.clock.seconds_off += 31
    (presenter,) = acme.window.findChildren(ReceiptPresenter)
    assert isinstance(presenter._now(), Timestamp)
    assert presenter._passing.isActive()
    presenter._passing.timeout.emit()
    assert acme.receipt.endswith("○ Being verified")


def test_an_earlier_call_does_not_put_off_when_that_time_has_passed(acme: OpenDesk) -> None:
    acme.deliver("first@example.com")
    acme.deliver("second@example.com")
    (presenter,) = acme.window.findChildren(ReceiptPresenter)
    first = presenter._presses[0]
    presenter._passing.stop()
    first.verified_by = None
    presenter.take(acme.workspace, first.last[0], Tone.NEUTRAL, "")
    assert presenter._presses[0].verified_by is not None
    assert not presenter._passing.isActive()


LONG = Told(
    tone=Tone.WARNING,
    head="✓ Noted. You can end the call.",
    who=f"{'x' * 80}@example.com · opt-out of Personalised advertising",
    steps=("✓ On this computer", "▲ Not confirmed, looking it up"),
    note="Not yet confirmed: the line broke before Engagement answered. Do not enter it again. " * 3,
)


@pytest.fixture
def panel(qtbot: QtBot) -> ReceiptPanel:
    panel = ReceiptPanel()
    qtbot.addWidget(panel)
    panel.resize(QSize(480, panel.height()))
    panel.show()
    return panel


def test_whatever_it_says_it_takes_the_same_room(panel: ReceiptPanel) -> None:
    height = panel.height()
    for told in (REST, LONG):
        panel.show_told(told)
        assert panel.height() == height
    assert panel.text.toPlainText() == LONG.text
    # What does not fit is reached.
    assert panel.text.verticalScrollBar().maximum() > 0


def test_in_a_low_window_two_lines_tell_the_most_and_all_of_it_is_there(
    panel: ReceiptPanel, qtbot: QtBot
) -> None:
    high = panel.height()
    panel.show_told(LONG, can_correct=True)
    panel.show_low(True)
    assert panel.height() < high * LOW / 100
    qtbot.waitUntil(lambda: "…" in panel.text.toPlainText())
    head, second, *_ = panel.text.toPlainText().split("\n")
    assert (head, second.endswith(" · ▲ Not confirmed, looking it up")) == (LONG.head, True)
    assert all(line in panel.text.toPlainText() for line in LONG.text.split("\n"))
    assert panel.text.accessibleDescription() == LONG.text
    panel.show_low(False)
    assert (panel.height(), panel.text.toPlainText()) == (high, LONG.text)
    assert not panel.correct.isHidden()


def test_nobody_is_described_who_has_gone(panel: ReceiptPanel) -> None:
    panel.show_low(True)
    panel.show_told(LONG)
    panel.show_told(REST)
    assert "example.com" not in controls.everything_said(panel)


def test_what_it_offers_comes_up_in_it_and_takes_the_keys_from_no_window(panel: ReceiptPanel) -> None:
    dealings = panel.dealings
    offered = (panel.correct, dealings.again, dealings.copy, dealings.dismiss)
    assert [each.window() for each in offered] == [panel] * 4
    panel.show_told(LONG, is_not_noted=True)
    assert dealings.again.isVisible()
