"""What was refused for the settings of its project is kept, and offered once these work."""

from contextlib import ExitStack
from contextlib import closing as closed
from threading import Event

import pytest
from PySide6.QtCore import Qt

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.transport import HttpCall, HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.outcomes.resend import told
from consent_desk.ui.project.presenter import ProjectPresenter
from tests.consents import NOON, a_consent, a_noted, later, write_down
from tests.journal.journals import lead
from tests.ui import controls
from tests.ui.conftest import OpenOne
from tests.ui.desks import ACME, MemoryKeyring, OpenDesk, real

PEOPLE = ("anne@example.com", "bert@example.com", "cora@example.com")


@pytest.fixture
def refused(acme_is_kept: None, engagement: Sandbox, folders: Folders) -> tuple[str, ...]:
    """An earlier run was refused for its key: three opt-outs, and an opt-in that is the last."""
    consents = [
        a_consent(customer=CustomerId(type="registered", value=name), timestamp=later(n), noted_at=later(n))
        for n, name in enumerate(PEOPLE)
    ]
    consents.append(
        a_consent(action=Action.ACCEPT, valid_until=ValidUntil(), timestamp=later(9), noted_at=later(9))
    )
    with closed(SqliteJournal.open(folders.data / "journal.sqlite")) as journal:
        for consent in consents:
            write_down(journal, Noted.of(real(engagement), consent))
            lead(journal, consent.request_id, (State.IN_FLIGHT, State.REFUSED))
    return tuple(consent.request_id for consent in consents)


def sent(engagement: Sandbox) -> list[str]:
    """The request IDs of what arrived, in its order."""
    bodies = [each.body.decode() for each in engagement.received if "/track/" in each.path and each.body]
    return [body.split('"desk_request_id":"')[1][:36] for body in bodies]


def offer(desk: OpenDesk) -> str:
    banner = desk.window.offer
    return banner.action.text() if banner.isVisible() else ""


def wait_for_offer(desk: OpenDesk, text: str) -> None:
    desk.bot.waitUntil(lambda: offer(desk) == text, timeout=10_000)


def check(desk: OpenDesk) -> None:
    """Check the connection of the project in use, in its settings."""
    dialog = desk.open_settings()
    controls.press(dialog, "Check connection")
    desk.bot.waitUntil(lambda: "Clock" in dialog.report.text() or "No:" in dialog.report.text())


@pytest.fixture
def desk(open_desk: OpenOne, keyring: MemoryKeyring, refused: tuple[str, ...]) -> OpenDesk:
    """A start whose connection works."""
    desk = open_desk(keyring).ready()
    wait_for_offer(desk, "Send the 3 kept opt-outs and 1 opt-in")
    return desk


def test_what_is_kept_is_offered_by_number_and_name_and_not_sent_by_itself(
    desk: OpenDesk, engagement: Sandbox
) -> None:
    assert desk.window.offer.details.text() == (
        "3 opt-outs and 1 opt-in were refused for the key, a permission or the address, and are kept."
    )
    assert sent(engagement) == []
    desk.practise()
    assert offer(desk) == ""


def test_pressing_sends_them_in_the_order_of_noting(
    desk: OpenDesk, engagement: Sandbox, refused: tuple[str, ...]
) -> None:
    controls.press(desk.window, "Send what was kept")
    desk.wait_for_line(*["Delivered, checking"] * 4)
    desk.wait_for_status("➜ 4 of 4 that were kept for Acme production went out")
    assert sent(engagement) == [*refused]
    assert offer(desk) == ""


def test_nothing_is_offered_while_the_key_does_not_work(
    open_desk: OpenOne, keyring: MemoryKeyring, refused: tuple[str, ...], engagement: Sandbox
) -> None:
    engagement.fault = Fault.INVALID_SECRET
    desk = open_desk(keyring).ready()
    desk.bot.waitUntil(lambda: any("/system/time" in each.path for each in engagement.received))
    check(desk)
    assert offer(desk) == ""
    engagement.fault = None
    check(desk)
    wait_for_offer(desk, "Send the 3 kept opt-outs and 1 opt-in")


def test_not_now_takes_it_away_until_the_next_check(desk: OpenDesk, engagement: Sandbox) -> None:
    controls.press(desk.window, "Not now")
    assert offer(desk) == ""
    check(desk)
    wait_for_offer(desk, "Send the 3 kept opt-outs and 1 opt-in")
    assert sent(engagement) == []


class Gated(HttpTransport):
    """A transport that makes no call that records something before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.open_ = Event(), Event()

    def start(self, request: PreparedRequest) -> HttpCall:
        if "/track/" in request.url and request.method == "POST":
            self.reached.set()
            assert self.open_.wait(30)
        return super().start(request)


@pytest.fixture
def gated(closing: ExitStack) -> Gated:
    gated = Gated()
    closing.callback(gated.close)
    return gated


@pytest.fixture
def sending(open_desk: OpenOne, keyring: MemoryKeyring, refused: tuple[str, ...], gated: Gated) -> OpenDesk:
    """A desk that sends what was kept: the first of it is on its way until the gate is open."""
    desk = open_desk(keyring, transport=gated).ready()
    wait_for_offer(desk, "Send the 3 kept opt-outs and 1 opt-in")
    controls.press(desk.window, "Send what was kept")
    desk.bot.waitUntil(gated.reached.is_set)
    return desk


def test_none_leaves_with_settings_that_were_changed_meanwhile_and_nobody_presents_then(
    sending: OpenDesk, gated: Gated, refused: tuple[str, ...], engagement: Sandbox
) -> None:
    desk = sending
    (projects,) = desk.window.findChildren(ProjectPresenter)
    desk.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    desk.wait_for_status("Wait until what was kept has left, or stop that.")
    projects.project_saved.emit(ACME)
    gated.open_.set()
    desk.wait_for_status("Stopped: the settings of the project were changed. 1 of 4")
    assert sent(engagement) == [refused[0]]


def test_cancelling_stops_and_what_has_not_left_is_still_kept(
    sending: OpenDesk, gated: Gated, refused: tuple[str, ...], engagement: Sandbox
) -> None:
    desk = sending
    controls.button(desk.window, "Stop").click()
    desk.wait_for_status("Acme production: stopping after the one that is under way…")
    gated.open_.set()
    desk.wait_for_status("▲ Stopped. 1 of 4 that were kept for Acme production went out")
    assert "3 are still kept." in desk.status
    assert sent(engagement) == [refused[0]]
    desk.wait_for_line("Refused", "Refused", "Refused", "Delivered, checking")


def test_refused_again_it_stops(desk: OpenDesk, engagement: Sandbox, refused: tuple[str, ...]) -> None:
    engagement.fault = Fault.INVALID_SECRET
    controls.press(desk.window, "Send what was kept")
    desk.wait_for_status("▲ The last one was not taken. 0 of 4 that were kept for Acme production went out")
    assert "4 are still kept." in desk.status
    assert sent(engagement) == [refused[0]]


def test_another_consent_is_noted_and_sent_in_the_meantime(
    desk: OpenDesk, engagement: Sandbox, refused: tuple[str, ...]
) -> None:
    controls.press(desk.window, "Send what was kept")
    desk.send("caller@example.net")
    desk.bot.waitUntil(lambda: len(sent(engagement)) == 5, timeout=10_000)
    assert [one for one in sent(engagement) if one in refused] == [*refused]
    desk.wait_for_line(*["Delivered, checking"] * 5)


@pytest.mark.parametrize(
    ("opt_outs", "opt_ins", "words"),
    [
        (1, 0, "1 kept opt-out"),
        (37, 2, "37 kept opt-outs and 2 opt-ins"),
        (0, 1, "1 kept opt-in"),
    ],
)
def test_what_is_kept_is_counted_by_name(opt_outs: int, opt_ins: int, words: str) -> None:
    opt_out = Entry.of(a_noted(), State.REFUSED)
    opt_in = Entry.of(a_noted(action=Action.ACCEPT, valid_until=ValidUntil(), timestamp=NOON), State.REFUSED)
    assert told([opt_out] * opt_outs + [opt_in] * opt_ins, kept=True) == words
