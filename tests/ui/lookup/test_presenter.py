"""Who is it, and what holds, before anything is sent: against a sandbox, over its sockets."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit

from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.outcome import Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import Call
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.lookup import presenter
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import SEED, MemoryKeyring, OpenDesk, events, keep, real

JANE = {
    "customer_ids": {"registered": "jane@example.com"},
    "consents": [
        {
            "days_ago": 400,
            "properties": {
                "action": "accept",
                "category": "sms_marketing",
                "valid_until": "unlimited",
                "source": "page",
            },
        },
        {"days_ago": 30, "properties": {"action": "reject", "category": "newsletter", "source": "crm"}},
    ],
}
NEVER = 600_000
SAFE = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space)
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
UNKNOWN = "No customer with registered = jane@exmaple.com."


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    with Sandbox({**SEED, "customers": [JANE]}) as sandbox:
        yield sandbox


@pytest.fixture
def nobody_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause in typing is none that is long enough."""
    monkeypatch.setattr(presenter, "PAUSE", NEVER)


@pytest.fixture
def soon_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up counts as slow after a moment."""
    monkeypatch.setattr(presenter, "SAY_SLOW_AFTER", 200)


class HeldBack:
    """A transport whose answers to look-ups come when they are let; what is cancelled ends."""

    def __init__(self) -> None:
        self._real = HttpTransport()
        self.let = Event()
        self.cancelled = 0

    def start(self, request: PreparedRequest) -> Call:
        call = self._real.start(request)
        return _Held(self, call) if request.url.endswith("/customers/attributes") else call

    def close(self) -> None:
        self.let.set()
        self._real.close()


class _Held:
    def __init__(self, by: HeldBack, call: Call) -> None:
        self._by = by
        self._call = call
        self._over = Event()

    def wait(self) -> Outcome:
        outcome = self._call.wait()
        while not (self._over.wait(0.01) or self._by.let.is_set()):
            pass
        return outcome

    def cancel(self) -> None:
        self._by.cancelled += 1
        self._over.set()


@pytest.fixture
def held_back(closing: ExitStack) -> HeldBack:
    transport = HeldBack()
    closing.callback(transport.close)
    return transport


@pytest.fixture
def slow_acme(open_acme: OpenAcme, held_back: HeldBack) -> OpenDesk:
    """A real project whose look-ups have no answer yet."""
    desk = open_acme(transport=held_back).ready()
    desk.wait_for_categories()
    return desk


def known(desk: OpenDesk) -> str:
    return controls.known(desk.window)


def question(desk: OpenDesk) -> str:
    """What is asked, empty where nothing is."""
    return desk.window.consent.question.text.text() if desk.window.consent.question.is_open else ""


def choices(desk: OpenDesk) -> list[str]:
    return [button.accessibleName() for button in desk.window.consent.question.choices if button.isVisible()]


def wait_until_known(desk: OpenDesk, words: str) -> None:
    desk.bot.waitUntil(lambda: words in known(desk), timeout=10_000)


def looked_up(engagement: Sandbox) -> list[str]:
    """The customers that were looked up, in order."""
    asked = [request for request in engagement.received if request.path.endswith("/customers/attributes")]
    return [json.loads(request.body)["customer_ids"]["registered"] for request in asked]


def type_case(desk: OpenDesk, customer: str = "jane@example.com", category: str = "sms_marketing") -> None:
    """Type category and customer ID, and look the customer up by Return."""
    controls.choose_category(desk.window, category)
    controls.write(desk.window, "Customer ID", customer)
    desk.key(Qt.Key.Key_Return)


def confirm(desk: OpenDesk) -> None:
    """Press the key of the last answer."""
    desk.key(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)


# ----------------------------------------------------------------------------------------- what is shown


def test_a_pasted_id_is_looked_up_at_once(nobody_pauses: None, acme: OpenDesk) -> None:
    controls.choose_category(acme.window, "sms_marketing")
    controls.paste(acme.window, "Customer ID", "jane@example.com")
    wait_until_known(acme, "SMS marketing: accepted since")
    assert ", source page, unlimited. Looked up at " in known(acme)
    told = controls.named(acme.window, "What is known of this customer", QLabel).accessibleDescription()
    assert told == known(acme)


def test_a_typed_id_is_looked_up_after_a_pause(acme: OpenDesk, engagement: Sandbox) -> None:
    controls.write(acme.window, "Customer ID", "jane@example.com")
    wait_until_known(acme, "This customer exists.")
    assert looked_up(engagement) == ["jane@example.com"]


def test_return_looks_up_without_a_pause(nobody_pauses: None, acme: OpenDesk) -> None:
    controls.write(acme.window, "Customer ID", "jane@example.com")
    assert known(acme) == ""
    acme.key(Qt.Key.Key_Return)
    wait_until_known(acme, "This customer exists.")


def test_each_category_says_what_holds_since_when_and_from_where(acme: OpenDesk, engagement: Sandbox) -> None:
    type_case(acme, category="newsletter")
    wait_until_known(acme, "Newsletter: opted out since")
    assert controls.row_state(acme.window, "Newsletter").startswith("opted out since")
    told = controls.row_state(acme.window, "SMS marketing")
    assert told.startswith("accepted since")
    assert told.endswith(", source page, unlimited · ID sms_marketing")
    controls.choose_category(acme.window, "sms_marketing")
    wait_until_known(acme, "SMS marketing: accepted since")
    assert looked_up(engagement) == ["jane@example.com"]


def details(desk: OpenDesk) -> QPlainTextEdit:
    return controls.long_text(desk.window, "Details of this category")


def test_a_key_opens_and_closes_all_that_is_known_of_the_category_in_focus(acme: OpenDesk) -> None:
    type_case(acme, category="newsletter")
    wait_until_known(acme, "Newsletter: opted out since")
    acme.key(Qt.Key.Key_G, ALT)
    acme.key(Qt.Key.Key_Down)
    assert not details(acme).isVisible()
    acme.key(Qt.Key.Key_Down, ALT)
    assert details(acme).isVisible()
    assert details(acme).toPlainText().startswith("Newsletter: opted out since")
    acme.key(Qt.Key.Key_Up)
    shown = details(acme).toPlainText()
    assert shown.startswith("SMS marketing: accepted since")
    assert shown.endswith(", source page, unlimited\nID: sms_marketing")
    acme.key(Qt.Key.Key_F2)
    assert not details(acme).isVisible()
    acme.key(Qt.Key.Key_F2)
    acme.key(Qt.Key.Key_Tab)
    assert controls.focused_name(acme.window) == "Details of this category"
    acme.key(Qt.Key.Key_Escape)
    assert not details(acme).isVisible()


def worded(engagement: Sandbox, wording: str) -> None:
    """Let there be a customer who accepted after this was read out."""
    accepted = {
        "action": "accept",
        "category": "sms_marketing",
        "valid_until": "unlimited",
        "message": wording,
    }
    engagement.engagement.add({"registered": "kofi@example.org"}, accepted, None)


def test_the_wording_that_was_read_out_stands_in_the_details_and_is_cut(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    worded(engagement, "May we <b>write</b>?" + " word" * 2000)
    acme.key(Qt.Key.Key_F2)
    type_case(acme, "kofi@example.org")
    wait_until_known(acme, "accepted since")
    shown = details(acme).toPlainText()
    assert "\nWording: May we <b>write</b>? word" in shown
    assert "…\nID: sms_marketing" in shown
    assert len(shown) < 700
    assert "May we" not in known(acme)


def test_a_category_without_consent_says_so(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.engagement.add({"registered": "kofi@example.org"}, {}, None)
    type_case(acme, "kofi@example.org")
    wait_until_known(acme, "SMS marketing: never asked")
    assert [
        controls.row_state(acme.window, one).split(" · ")[0] for one in ("SMS marketing", "Newsletter")
    ] == [
        "never asked",
        "never asked",
    ]


def test_a_refused_look_up_is_quiet_and_return_asks_again(acme: OpenDesk, engagement: Sandbox) -> None:
    engagement.misbehave(Fault.INVALID_SECRET, times=1)
    type_case(acme)
    wait_until_known(acme, "Not known: this desk's key is wrong")
    acme.window.consent.customer_id.setFocus()
    acme.key(Qt.Key.Key_Return)
    wait_until_known(acme, "accepted since")


@pytest.mark.usefixtures("soon_slow")
def test_a_slow_look_up_says_that_there_is_no_need_to_wait(slow_acme: OpenDesk, held_back: HeldBack) -> None:
    type_case(slow_acme)
    wait_until_known(slow_acme, "Not known: no answer yet")
    held_back.let.set()
    wait_until_known(slow_acme, "accepted since")


def test_another_id_ends_the_look_up_of_the_former(
    slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox
) -> None:
    type_case(slow_acme)
    slow_acme.bot.waitUntil(lambda: looked_up(engagement) == ["jane@example.com"])
    assert known(slow_acme) == "Looking up…"
    controls.write(slow_acme.window, "Customer ID", "x")
    assert held_back.cancelled == 1
    assert known(slow_acme) == ""


def test_nobody_is_looked_up_without_a_usable_project(
    open_acme: OpenAcme, keyring: MemoryKeyring, engagement: Sandbox, nobody_pauses: None
) -> None:
    keyring.open_.clear()
    desk = open_acme()
    desk.wait_for_state("reading")
    controls.paste(desk.window, "Customer ID", "jane@example.com")
    assert known(desk) == ""
    assert engagement.received == ()


def test_the_sandbox_is_looked_into_just_the_same(demo: OpenDesk) -> None:
    type_case(demo)
    wait_until_known(demo, "SMS marketing: accepted since")


# ------------------------------------------------------------------------------------------- what is asked


def test_a_known_customers_opt_out_takes_two_keys(acme: OpenDesk, engagement: Sandbox) -> None:
    controls.choose_category(acme.window, "sms_marketing")
    acme.key(Qt.Key.Key_L, CONTROL)
    QGuiApplication.clipboard().setText("jane@example.com")
    acme.key(Qt.Key.Key_V, CONTROL)
    wait_until_known(acme, "accepted since")
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.wait_for_status("Delivered")
    assert len(events(engagement)) == 1


@pytest.fixture
def asked(acme: OpenDesk) -> OpenDesk:
    """A desk that asks about a customer who is not there."""
    type_case(acme, "jane@exmaple.com")
    wait_until_known(acme, UNKNOWN)
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert UNKNOWN in question(acme)
    return acme


def test_an_unknown_customer_is_asked_about_in_place(asked: OpenDesk, engagement: Sandbox) -> None:
    assert choices(asked) == ["Correct the ID", "Record anyway: creates a profile"]
    last = controls.button(asked.window, "Record anyway: creates a profile")
    assert last.text().endswith("(Alt+R)")
    assert last.accessibleDescription().endswith("Alt+R")
    names = [controls.focused_name(asked.window)]
    asked.key(Qt.Key.Key_Tab)
    names.append(controls.focused_name(asked.window))
    assert names == ["Correct the ID", "Record anyway: creates a profile"]
    # Send stays where it is, and says why it waits.
    send = controls.button(asked.window, "Send")
    assert (send.isVisible(), send.isEnabled()) == (True, False)
    assert "answer the question first" in send.accessibleDescription()
    assert events(engagement) == []
    assert asked.person.asked == []


def test_the_safe_answer_leads_back_to_the_id(asked: OpenDesk) -> None:
    for answer in SAFE:
        if not question(asked):
            asked.key(Qt.Key.Key_Return, CONTROL)
        asked.key(answer)
        assert question(asked) == ""
        assert controls.focused_name(asked.window) == "Customer ID"
        assert asked.window.consent.customer_id.selectedText() == "jane@exmaple.com"
    # Without a question its key does nothing, and types nothing.
    confirm(asked)
    assert asked.window.consent.customer_id.selectedText() == "jane@exmaple.com"
    assert controls.cells(asked.window, 0) == []


def test_send_pressed_once_more_only_tells_the_question_again(
    asked: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: announced.append(event.message()))
    asked.key(Qt.Key.Key_Tab)
    asked.key(Qt.Key.Key_Return, CONTROL)
    assert UNKNOWN in question(asked)
    assert [UNKNOWN in text for text in announced] == [True]
    assert controls.focused_name(asked.window) == "Correct the ID"
    controls.press(asked.window, "Send")
    assert UNKNOWN in question(asked)
    assert controls.cells(asked.window, 0) == []


def test_a_key_that_is_held_down_is_no_answer(asked: OpenDesk, engagement: Sandbox) -> None:
    for name in choices(asked):
        answer = controls.button(asked.window, name)
        answer.setFocus()
        for which, text in ((Qt.Key.Key_Return, "\r"), (Qt.Key.Key_Space, " ")):
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                none = Qt.KeyboardModifier.NoModifier
                QApplication.sendEvent(answer, QKeyEvent(kind, which, none, text, True, 1))
    alt = Qt.KeyboardModifier.AltModifier
    for held in ((Qt.Key.Key_R, alt), (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)):
        QApplication.sendEvent(asked.window, QKeyEvent(QEvent.Type.KeyPress, *held, "", True, 1))
    assert UNKNOWN in question(asked)
    assert events(engagement) == []


def test_going_on_records_it_anyway(asked: OpenDesk, engagement: Sandbox) -> None:
    confirm(asked)
    asked.wait_for_status("You were asked about that, and sent it.")
    assert b"jane@exmaple.com" in events(engagement)[0].body
    asked.wait_for_details("Before: Engagement knew no such customer")
    # It was asked about: that is no news any more.
    assert asked.errors == ""


def test_another_text_takes_the_question_back(asked: OpenDesk) -> None:
    controls.write(asked.window, "Ticket", "4711")
    assert question(asked) == ""
    assert "jane@exmaple.com" not in controls.label(asked.window, "Question")


def test_the_id_in_lower_case_is_used_instead(acme: OpenDesk, engagement: Sandbox) -> None:
    type_case(acme, "Jane@Example.com")
    wait_until_known(acme, "There is jane@example.com")
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert choices(acme)[1] == "Use jane@example.com, which exists"
    assert "There is jane@example.com: the same in lower case." in question(acme)
    controls.press(acme.window, choices(acme)[1])
    acme.wait_for_status("Delivered")
    assert b'{"registered":"jane@example.com"}' in events(engagement)[0].body
    # What the first look-up told is enough.
    assert looked_up(engagement) == ["Jane@Example.com", "jane@example.com"]
    acme.wait_for_details("Before: accepted since")


def test_what_holds_already_is_asked_about(acme: OpenDesk) -> None:
    type_case(acme, category="newsletter")
    wait_until_known(acme, "Newsletter: opted out")
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert "Newsletter: already opted out since" in question(acme)
    assert choices(acme) == ["Leave it", "Record again"]
    confirm(acme)
    acme.wait_for_status("Delivered")
    acme.wait_for_details("Before: opted out since")


def everything_of_which_one_holds(desk: OpenDesk) -> None:
    """Opt out of all categories, of which the newsletter is rejected already, up to the question."""
    type_case(desk)
    wait_until_known(desk, "accepted since")
    desk.tick_all()
    desk.key(Qt.Key.Key_Return, CONTROL)


def test_of_several_what_holds_already_is_left_and_the_others_are_recorded(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    everything_of_which_one_holds(acme)
    assert choices(acme) == ["Record nothing", "Leave it, record the other one", "Record all 2"]
    controls.press(acme.window, "Leave it, record the other one")
    acme.wait_for_status("✓ Delivered")
    assert "Left as it was: Newsletter." in acme.receipt
    assert [json.loads(event.body)["properties"]["category"] for event in events(engagement)] == [
        "sms_marketing"
    ]


def test_escape_and_the_first_answer_record_nothing_of_several(acme: OpenDesk, engagement: Sandbox) -> None:
    everything_of_which_one_holds(acme)
    for safe in SAFE:
        if not question(acme):
            acme.key(Qt.Key.Key_Return, CONTROL)
        assert controls.focused_name(acme.window) == "Record nothing"
        acme.key(safe)
        assert acme.status == (
            "Nothing was recorded, and nothing was sent.\n"
            "jane@example.com, opt-out of 2 categories, Acme production"
        )
        acme.window.status.clear()
    assert events(engagement) == []


def test_all_of_several_are_recorded_where_that_is_wished(acme: OpenDesk) -> None:
    everything_of_which_one_holds(acme)
    confirm(acme)
    acme.wait_for_status("✓ 2 delivered")


def test_a_time_before_the_last_decision_leads_to_the_time(acme: OpenDesk) -> None:
    type_case(acme)
    wait_until_known(acme, "accepted since")
    controls.write(acme.window, "Taken at", "2020-03-31 10:40")
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert "so this decision may change nothing" in question(acme)
    acme.key(Qt.Key.Key_Escape)
    assert controls.focused_name(acme.window) == "Taken at"


def test_a_category_that_the_project_does_not_have_is_asked_about(acme: OpenDesk) -> None:
    type_case(acme, category="sms")
    acme.key(Qt.Key.Key_Return, CONTROL)
    assert "sms: Not among the project's categories" in question(acme)
    acme.key(Qt.Key.Key_Escape)
    assert controls.focused_name(acme.window) == "Other category ID"


def test_what_is_learned_while_a_question_stands_is_asked_too(
    slow_acme: OpenDesk, held_back: HeldBack, engagement: Sandbox
) -> None:
    type_case(slow_acme, "jane@exmaple.com", "sms")
    slow_acme.key(Qt.Key.Key_Return, CONTROL)
    assert UNKNOWN not in question(slow_acme)
    held_back.let.set()
    wait_until_known(slow_acme, UNKNOWN)
    confirm(slow_acme)
    assert UNKNOWN in question(slow_acme)
    assert events(engagement) == []


# --------------------------------------------------------------------- nobody waits for a look-up


@pytest.mark.usefixtures("nobody_pauses")
def test_who_was_typed_that_very_moment_is_looked_up_all_the_same(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    acme.send("jane@exmaple.com")
    acme.bot.waitUntil(lambda: looked_up(engagement) == ["jane@exmaple.com"])
    acme.bot.waitUntil(lambda: "Noted, not sent yet: there is no customer with" in question(acme))
    assert events(engagement) == []


def test_after_the_call_nothing_of_the_customer_is_shown(acme: OpenDesk) -> None:
    type_case(acme)
    wait_until_known(acme, "accepted since")
    acme.key(Qt.Key.Key_Return, CONTROL)
    acme.wait_for_status("Delivered")
    assert known(acme) == ""
    assert controls.row_state(acme.window, "SMS marketing") == "not known yet · ID sms_marketing"


def test_an_address_under_another_type_is_offered_under_its_own(
    open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    keep(folders, keyring, replace(real(engagement), id_types=("phone", "registered")))
    desk = open_desk(keyring).ready()
    desk.wait_for_categories()
    type_case(desk)
    wait_until_known(desk, "There is one with registered = jane@example.com.")
    desk.key(Qt.Key.Key_Return, CONTROL)
    assert "There is one with registered = jane@example.com." in question(desk)
    desk.window.consent.question.choices[1].click()
    desk.wait_for_line("Delivered, checking")
    assert b'{"registered":"jane@example.com"}' in events(engagement)[0].body


def test_what_was_confirmed_is_not_asked_again_for_a_repetition(acme: OpenDesk, engagement: Sandbox) -> None:
    for number in (1, 2):
        type_case(acme, category="sms")
        acme.key(Qt.Key.Key_Return, CONTROL)
        assert "sms: Not among the project's categories" in question(acme)
        confirm(acme)
        if number == 2:
            acme.bot.waitUntil(lambda: "was noted here already" in question(acme))
            confirm(acme)
        acme.bot.waitUntil(lambda number=number: len(events(engagement)) == number)  # type: ignore[misc]  # a plain wait
        acme.bot.waitUntil(lambda: question(acme) == "")
