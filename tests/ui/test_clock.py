"""A clock that is off, as a person sees it: what is stamped, what is said, and what is kept of it."""

import json
import time
from contextlib import closing

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Noted, Record
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.request import event_body, prepare_event
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.consents import a_consent, write_down
from tests.journal.journals import lead
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import Clock, MemoryKeyring, OpenDesk, events, journal_of, real

HOURS = 7_200

pytestmark = pytest.mark.usefixtures("acme_is_kept")


class Fixed(Clock):
    """A clock that shows a time of another age, and goes on from there."""

    def __init__(self, micros: int) -> None:
        super().__init__()
        self._began, self._micros = time.monotonic_ns() // 1_000, micros

    def __call__(self) -> Timestamp:
        return Timestamp(self._micros + time.monotonic_ns() // 1_000 - self._began)


@pytest.fixture
def wrong(open_desk: OpenOne, keyring: MemoryKeyring) -> OpenDesk:
    """A desk on a computer whose clock is 2 hours slow."""
    clock = Clock()
    clock.seconds_off = -HOURS
    desk = open_desk(keyring, clock=clock).ready()
    desk.wait_for_categories()
    return desk


def opted_in(engagement: Sandbox, seconds: float) -> None:
    """Let the customer have opted in so many seconds ago, on a page."""
    at = Timestamp(time.time_ns() // 1_000 - round(seconds * 1_000_000))
    elsewhere = a_consent(action=Action.ACCEPT, valid_until=ValidUntil(), timestamp=at, noted_at=at)
    with closing(HttpTransport()) as transport:
        transport.start(prepare_event(real(engagement), event_body(elsewhere))).wait()


def stamped(engagement: Sandbox) -> float:
    """When the last decision was taken, as it arrived."""
    return float(json.loads(events(engagement)[-1].body)["timestamp"])


def is_now(timestamp: float) -> bool:
    return abs(timestamp - time.time()) < 30


def records(folders: Folders) -> list[Record]:
    with journal_of(folders) as journal:
        return [journal.record(one) for one in journal.records_in(set(State))]


def test_an_opt_out_is_stamped_by_engagements_time_and_holds(
    wrong: OpenDesk, engagement: Sandbox, folders: Folders
) -> None:
    opted_in(engagement, 3_600)
    wrong.send()
    wrong.go_on()
    wrong.wait_for_line("Delivered, checking")
    assert is_now(stamped(engagement))
    wrong.choose_line()
    clock = "Clock: this computer's was 2 hours slow. The decision's time is stamped by Engagement's time"
    wrong.wait_for_details(clock)
    wrong.clock.seconds_off += 31
    wrong.wait_for_line("Verified")
    wrong.window.end()
    [record] = records(folders)
    assert abs((record.noted.context.clock_off or 0) - wrong.clock.seconds_off + 31) <= 2
    assert record.noted.consent.noted_at == record.noted.consent.timestamp
    assert b"clock" not in record.noted.body


def test_a_time_that_was_typed_is_never_moved(wrong: OpenDesk, engagement: Sandbox) -> None:
    wrong.fill()
    note = wrong.window.consent.notes.note(Field.TAKEN_AT)
    assert "This computer's clock is 2 hours slow. “now” is stamped by" in note.text()
    typed = int(time.time()) - 100
    controls.write(wrong.window, "Taken at", str(typed))
    controls.press(wrong.window, "Send")
    wrong.go_on()
    wrong.wait_for_line("Delivered, checking")
    assert stamped(engagement) == typed
    wrong.choose_line()
    wrong.wait_for_details("The decision's time is as it was typed")


def test_noting_never_waits_for_the_time(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    engagement.fault = Fault.SILENCE
    clock = Clock()
    clock.seconds_off = -HOURS
    desk = open_desk(keyring, clock=clock).ready()
    desk.send()
    desk.wait_for_line("Sending")
    desk.window.end()
    [record] = records(folders)
    assert record.noted.context.clock_off is None
    assert abs(record.noted.consent.timestamp.micros - clock().micros) < 60_000_000


def test_the_alarm_names_the_clock_and_what_it_sends_then_holds(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders
) -> None:
    clock = Clock()
    clock.seconds_off = -HOURS
    opted_in(engagement, 3_600)
    noted = Noted.of(real(engagement), a_consent(timestamp=clock(), noted_at=clock()))
    with journal_of(folders) as journal:
        write_down(journal, noted)
        lead(journal, noted.consent.request_id, (State.IN_FLIGHT, State.DELIVERED, State.CONTRADICTED))
    desk = open_desk(keyring, clock=clock).ready()
    desk.wait_for_categories()
    said = (
        "This computer's clock is 2 hours slow. It was noted before Engagement had told the time. "
        "Record again, dated now uses Engagement's time."
    )
    desk.window.status.clear()
    desk.bot.waitUntil(lambda: said in desk.window.alarm.details.text(), timeout=10_000)
    controls.press(desk.window, "Record the decision again, dated now")
    desk.wait_for_line("Delivered, checking", "Engagement shows the opposite")
    assert is_now(stamped(engagement))
    desk.clock.seconds_off += 31
    desk.wait_for_line("Verified", "Engagement shows the opposite")
    assert not desk.window.alarm.isVisible()


@pytest.mark.parametrize("micros", [3 * 86_400 * 1_000_000, 7_258_200_000_000_000], ids=["1970", "2200"])
def test_a_clock_of_another_age_stamps_nothing_and_says_so(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, folders: Folders, micros: int
) -> None:
    engagement.fault = Fault.SILENCE
    desk = open_desk(keyring, clock=Fixed(micros)).ready()
    desk.send()
    note = desk.window.consent.notes.note(Field.TAKEN_AT)
    desk.bot.waitUntil(lambda: "This computer's clock is wrong" in note.text())
    assert events(engagement) == []
    desk.window.end()
    assert records(folders) == []


def test_with_such_a_clock_what_is_noted_is_stamped_by_engagements_time(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    desk = open_desk(keyring, clock=Fixed(3 * 86_400 * 1_000_000))
    desk.wait_for_categories()
    desk.send()
    desk.wait_for_line("Delivered, checking")
    assert is_now(stamped(engagement))
