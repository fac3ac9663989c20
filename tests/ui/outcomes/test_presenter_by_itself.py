"""What the desk does by itself, end to end: it tries again, looks up, and says so. The clock is moved on."""

import socket
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from consent_desk.delivery import schedule as schedule_module
from consent_desk.delivery import scheduler, threads
from consent_desk.delivery.schedule import Schedule
from consent_desk.domain.errors import JournalError
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.request import prepare_event
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.widgets.tones import Tone, background
from tests.consents import LOOKED_UP, a_consent, write_down
from tests.engagement.http.servers import Server, answer, answering, free_port
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import MemoryKeyring, OpenDesk, events, journal_of, keep, real


def times_asked(engagement: Sandbox) -> int:
    """How often the time was asked for."""
    return sum("/system/time" in each.path for each in engagement.received)


def wait_for_looks(desk: OpenDesk, count: int) -> None:
    desk.bot.waitUntil(lambda: desk.details("Explanation").count("looked up: ") == count, timeout=10_000)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While there is something in this list, nothing can be planned; each try puts one thing more into it."""
    tries: list[str] = []

    def refresh(
        schedule: Schedule,
        journal: SqliteJournal,
        request_id: str,
        *,
        is_left: bool = False,
        is_behind: bool = False,
    ) -> tuple[Entry, ...]:
        if tries:
            tries.append(request_id)
            raise JournalError(say("tests", "It cannot be read."), say("tests", "Try again."))
        return schedule_module.refresh(schedule, journal, request_id, is_left=is_left, is_behind=is_behind)

    monkeypatch.setattr(scheduler, "refresh", refresh)
    monkeypatch.setattr(threads, "RETRY", 0.05)
    return tries


def test_what_is_unconfirmed_is_looked_up_and_verified_by_itself(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.misbehave(Fault.DROP_AFTER_STORING, times=1)
    acme.send()
    acme.wait_for_status(
        "— ▲ Not confirmed, looking it up\nNot yet confirmed: the line broke before Engagement answered."
    )
    assert "it is looked up by itself" in acme.status
    # That would stand there when the time has passed.
    assert "Checking at " not in acme.status
    acme.wait_for_line("Not confirmed, looking it up")
    acme.wait_for_counter("Waiting 1")
    acme.wait_for_details("\nChecking at ")
    acme.clock.seconds_off += 31
    acme.wait_for_line("Verified")
    acme.wait_for_status("✓ Delivered — ✔ Verified")
    ground = acme.window.receipt.text.palette().color(QPalette.ColorRole.Base)
    assert ground == background(Tone.GOOD, QApplication.palette())
    acme.wait_for_counter("")
    wait_for_looks(acme, 1)
    assert "Checking at" not in acme.details("Explanation")
    assert len(events(engagement)) == 1


def test_what_could_not_leave_is_tried_again_by_itself_until_a_server_is_there(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    port = free_port()
    keep(folders, keyring, real(engagement, base_url=BaseUrl(scheme="http", host="127.0.0.1", port=port)))
    desk = open_desk(keyring).ready()
    desk.send()
    desk.wait_for_status("Not sent yet: nothing answers at the address of Engagement.")
    assert "It is tried again by itself." in desk.status
    desk.wait_for_line("Not sent yet")
    desk.wait_for_details("Next try at ")
    assert "Next try at " not in desk.status
    body = controls.raw_text(desk.window, "Request body")
    with Server(answering(answer()), listener=socket.create_server(("127.0.0.1", port))) as server:
        desk.clock.seconds_off += 300
        desk.wait_for_line("Delivered, checking")
        desk.wait_for_status("— ✓ Delivered — ○ Verified in about 30 s")
        [request] = server.received
    desk.window.preview.as_sent.setChecked(True)
    assert body != ""
    assert request.endswith(controls.raw_text(desk.window, "Request body").encode())


def test_what_cannot_be_looked_up_is_told_each_time_and_then_is_a_persons_to_decide(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    engagement.misbehave(Fault.BAD_GATEWAY, times=1)
    acme.opt_in()
    acme.wait_for_line("Not confirmed, looking it up")
    acme.wait_for_details("Checking at")
    again = controls.button(acme.window, "Send again")
    engagement.fault = Fault.NOT_FOUND
    acme.clock.seconds_off += 31
    acme.wait_for_details("one look has failed since")
    assert "look-up failed: refused, HTTP 404" in acme.details("Explanation")
    count = 1
    while "Nothing more happens by itself" not in acme.details("Explanation"):
        assert not again.isEnabled()
        count += 1
        acme.clock.seconds_off += 901
        acme.wait_for_details(f"{count} looks have failed since")
        assert "Checking at" not in acme.status
        assert ("Not confirmed: looks have failed since" in acme.details("Explanation")) == (count >= 3)
    assert 8 <= count <= 12
    acme.wait_for_status("Nothing more happens by itself. Look the customer up in Engagement")
    assert "there is no Engagement API at this address" in acme.status
    assert sum("look-ups failed: refused" in line for line in acme.details("Explanation").split("\n")) == 2

    acme.bot.waitUntil(again.isEnabled)
    again.click()
    acme.wait_for_question()
    assert "It may have been recorded" in acme.person.asked[0]
    assert "overrules an opt-out" in acme.person.asked[0]
    assert len(events(engagement)) == 1
    engagement.fault = None
    acme.person.answer = 1
    again.click()
    acme.wait_for_line("Delivered, checking")
    assert len(events(engagement)) == 2
    acme.wait_for_details("Delivered, checking (sent a second time, not looked up: a person decided)")


def test_what_a_folder_that_was_put_back_does_not_know_to_be_sent_is_seen_and_not_sent(
    open_acme: OpenAcme, engagement: Sandbox, folders: Folders
) -> None:
    noted = Noted.of(real(engagement), a_consent(), replace(LOOKED_UP, clock_off=0))
    with journal_of(folders) as journal:
        write_down(journal, noted)
    with closing(HttpTransport()) as transport:
        transport.start(prepare_event(real(engagement), noted.body)).wait()
    desk = open_acme()
    desk.wait_for_line("Verified")
    assert len(events(engagement)) == 1


def test_an_opt_in_waits_for_the_opt_out_before_it_and_says_so(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.misbehave(Fault.DROP_AFTER_STORING, times=1)
    acme.send()
    acme.wait_for_line("Not confirmed, looking it up")
    acme.opt_in()
    acme.wait_for_status("○ Not sent yet\nIt waits until the earlier opt-out of this customer is settled.")
    assert acme.noted.startswith("✓ Noted. You can end the call.\njane@example.com · opt-in to SMS marketing")
    acme.wait_for_line("Not sent yet", "Not confirmed, looking it up")
    acme.press_once_enabled("Send again")
    acme.wait_for_status("Not sent. It waits until the earlier opt-out of this customer is settled.")
    acme.wait_for_line("Not sent yet", "Not confirmed, looking it up")
    assert len(events(engagement)) == 1
    acme.clock.seconds_off += 31
    acme.wait_for_line("Delivered, checking", "Verified")
    assert len(events(engagement)) == 2


def test_an_opt_in_that_waits_says_so_anew_when_the_clock_was_found_wrong(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.workspace.transport._told = None
    acme.clock.seconds_off = 7_200
    acme.opt_in()
    acme.wait_for_status("It does not leave: the time that it bears may be wrong.")
    assert times_asked(engagement) > 0
    assert events(engagement) == []


def test_a_good_connection_check_counts_as_a_look_at_the_clock(acme: OpenDesk) -> None:
    watched = acme.workspace.transport
    watched._told = None
    dialog = acme.open_settings()
    controls.press(dialog, "Check connection")
    acme.bot.waitUntil(lambda: watched.is_known)


def test_a_look_up_in_practice_stays_amber_and_says_where_it_was_shown(demo: OpenDesk) -> None:
    demo.send()
    demo.wait_for_line("Practice: delivered")
    demo.wait_for_status("Delivered to the Sandbox only.")
    demo.clock.seconds_off += 31
    demo.wait_for_status("✓ Practice: verified\nShown by the Sandbox. Not recorded in Engagement.")
    ground = demo.window.receipt.text.palette().color(QPalette.ColorRole.Base)
    assert ground == background(Tone.PRACTICE, QApplication.palette())
    demo.wait_for_line("Practice: delivered")
    wait_for_looks(demo, 1)
    assert "Shown by the Sandbox. Not recorded in Engagement." in demo.details("Explanation")


def test_moments_are_written_as_short_as_they_are_clear() -> None:
    from consent_desk.ui.widgets.messages import moment_of

    today = datetime.now(UTC).replace(hour=10, minute=44)
    assert moment_of(today) == "10:44"
    assert moment_of(datetime(2021, 11, 3, 10, 44, tzinfo=UTC)) == "3 Nov 2021 10:44"
    other = today - timedelta(days=1) if today.day > 1 else today + timedelta(days=1)
    assert moment_of(other) == f"{other.day} {other:%b} 10:44"


def test_what_an_earlier_run_left_is_sent_though_the_journal_could_not_be_read_at_first(
    open_acme: OpenAcme, engagement: Sandbox, folders: Folders, unreadable: list[str]
) -> None:
    with journal_of(folders) as journal:
        write_down(journal, Noted.of(real(engagement), a_consent()))
    unreadable.append("from the start on")
    desk = open_acme()
    desk.bot.waitUntil(lambda: len(unreadable) > 1)
    assert events(engagement) == []
    unreadable.clear()
    desk.wait_for_line("Delivered, checking")
