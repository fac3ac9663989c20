"""Closing the window on what has not reached Engagement."""

from collections.abc import Iterator
from threading import Event

import pytest
from PySide6.QtGui import QGuiApplication

from consent_desk.delivery.scheduler import Outstanding
from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.outcomes.outstanding import told
from consent_desk.ui.shell import waiting as patience
from tests.ui.conftest import OpenOne
from tests.ui.desks import OpenDesk
from tests.ui.outcomes.disks import full_disk, slow_disk


@pytest.fixture
def waiting(acme: OpenDesk, engagement: Sandbox) -> OpenDesk:
    """A real project, and one opt-out that waits."""
    engagement.fault = Fault.RATE_LIMIT_RETRY_AFTER
    acme.send()
    acme.wait_for_line("Not sent yet")
    acme.wait_for_status("It is tried again by itself.")
    return acme


def test_staying_open_is_the_first_answer_and_keeps_the_window(waiting: OpenDesk) -> None:
    assert not waiting.window.close()
    waiting.wait_for_question(1)
    assert waiting.person.asked == [
        "Close Consent Desk? 1 opt-out has not reached Engagement. "
        "It leaves only when Consent Desk is opened here again. Stay open / Close anyway / Copy list"
    ]
    assert waiting.window.isVisible()
    waiting.person.answer = 1
    with waiting.bot.waitSignal(waiting.window.closing):
        waiting.window.close()
    assert len(waiting.person.asked) == 2


def test_the_list_can_be_copied_and_leaves_the_window_open(waiting: OpenDesk) -> None:
    waiting.person.answer = 2
    waiting.window.close()
    waiting.wait_for_status("The list was copied.")
    [line] = QGuiApplication.clipboard().text().splitlines()
    assert line.split("\t")[:4] == [
        *("registered = jane@example.com", "opt-out of sms_marketing", "Acme production"),
        "Not sent yet: Engagement is busy",
    ]
    assert waiting.window.isVisible()


def test_a_signal_or_the_end_of_the_session_asks_nothing(waiting: OpenDesk) -> None:
    waiting.window.end()
    assert not waiting.window.isVisible()
    assert waiting.person.asked == []


def test_what_is_on_its_way_is_asked_about(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.fault = Fault.SILENCE
    acme.send()
    acme.wait_for_line("Sending")
    acme.wait_for_counter("Waiting 1")
    assert not acme.window.close()
    acme.wait_for_question(1)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A disk that is so slow that nothing is noted before it is set; a person's patience lasts a moment."""
    monkeypatch.setattr(patience, "SAY_WHY_AFTER", 30)
    with slow_disk() as let:
        yield let


def test_a_slow_disk_is_told_of_until_it_has_noted(disk: Event, acme: OpenDesk) -> None:
    acme.send()
    acme.wait_for_status("▲ Not noted yet. Stay on the line.\njane@example.com · opt-out of SMS marketing")
    disk.set()
    acme.wait_for_status("Delivered")
    assert acme.errors == ""
    # What was noted just now is counted first.
    acme.window.close()
    acme.bot.waitUntil(lambda: not acme.window.isVisible())
    assert acme.person.asked == []


def test_what_is_being_noted_is_asked_about(disk: Event, acme: OpenDesk) -> None:
    acme.send()
    assert not acme.window.close()
    acme.wait_for_question(1)
    assert acme.person.asked == [
        "Close Consent Desk? What you pressed Send for is not noted yet: the disk of this computer is slow. "
        "It may be lost if you close now. Stay open / Close anyway"
    ]
    assert acme.window.isVisible()


def test_what_could_not_be_noted_is_asked_about_until_it_is_dismissed(acme: OpenDesk) -> None:
    with full_disk():
        acme.send()
        acme.wait_for_status("NOT NOTED")
    assert not acme.window.close()
    acme.wait_for_question(1)
    assert acme.person.asked == [
        "Close Consent Desk? What was NOT NOTED is nowhere but in this window: copy it before you close. "
        "Stay open / Close anyway / Copy list"
    ]
    assert acme.window.isVisible()
    acme.person.answer = 2
    acme.window.close()
    acme.wait_for_status("The list was copied.")
    assert QGuiApplication.clipboard().text().startswith("NOT NOTED by Consent Desk, and not sent")
    # Somebody has it now.
    assert acme.receipt.startswith("✖ NOT NOTED")
    assert acme.window.close()


def test_practice_holds_nobody(open_desk: OpenOne) -> None:
    demo = open_desk(fault=Fault.RATE_LIMIT_RETRY_AFTER).ready()
    demo.send()
    demo.wait_for_line("Not sent yet")
    demo.wait_for_counter("Waiting 1")
    assert demo.window.close()
    assert demo.person.asked == []


@pytest.mark.parametrize(
    ("outstanding", "words"),
    [
        (Outstanding(2, 0), "2 opt-outs have not reached Engagement. They leave only"),
        (Outstanding(0, 1), "1 opt-in has not reached Engagement. It leaves only"),
        (Outstanding(unread=1), "1 consent has not reached Engagement. It leaves only"),
        (Outstanding(1, 2), "1 opt-out and 2 opt-ins have not reached Engagement. They leave only"),
    ],
)
def test_what_is_outstanding_is_told_in_words(outstanding: Outstanding, words: str) -> None:
    assert told(outstanding).startswith(words)
