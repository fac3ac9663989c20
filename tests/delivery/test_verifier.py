"""Looking up what was sent: in an Engagement in memory, behind hand-made answers, and in the real sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consent_desk.delivery import verifier
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.schedule import FIRST_LOOK, Due
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.verifier import KEPT, Failed, Looked, Reading, Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.checking import NO_CUSTOMER as SAYS_NO_CUSTOMER
from consent_desk.domain.lifecycle.messages import why_failing
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step, look_again_after
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.lifecycle.state import IS_RIGHT, Fact, State
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
    Reason,
    Stored,
)
from consent_desk.engagement.calls import MOST_PAGES, PAGE
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Fault, Sandbox
from tests.consents import LOOKED_UP, NOON, a_consent, a_project, later
from tests.delivery.test_sender import CUT, SUCCESS, Made, Wire
from tests.faulty_engagement import Engagement, ReadFault, told
from tests.faulty_engagement import Fault as Late
from tests.sandbox.client import SEED

JANE = "jane@example.com"
SENT = NOON.micros / 1_000_000
BUSY = Answered(status=429, headers=(("Retry-After", "40"),), body=b"Too Many Requests")
DOWN = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)
NO_CUSTOMER = told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}})


class Clock:
    """A time that passes only when a test says so."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> Timestamp:
        return self.time

    def seconds(self) -> float:
        return self.time.micros / 1_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engagement(clock: Clock) -> Engagement:
    return Engagement(clock.seconds)


@pytest.fixture
def note(journal: SqliteJournal, clock: Clock) -> Callable[..., str]:
    def note(action: Action = Action.REJECT, outcome: Outcome = CUT, **changes: object) -> str:
        """Note a consent and send it, with this outcome; return its request ID."""
        values = {
            "action": action,
            "valid_until": ValidUntil() if action is Action.ACCEPT else None,
            "timestamp": clock.time,
            "noted_at": clock.time,
            **changes,
        }
        request_id = Outbox(journal, clock).note(a_project(), a_consent(**values), LOOKED_UP).request_id
        Sender(journal, Wire(Made(outcome)), clock).send(request_id, a_project())
        return request_id

    return note


def look(
    journal: SqliteJournal, transport: Engagement | Wire, clock: Clock, request_id: str, seconds: float
) -> Looked | Failed | None:
    clock.time = later(seconds)
    return Verifier(journal, transport, clock).look_up(request_id, a_project())


def answered_look(
    journal: SqliteJournal, transport: Engagement | Wire, clock: Clock, request_id: str, seconds: float
) -> Looked:
    """What a look that was answered came to."""
    looked = look(journal, transport, clock, request_id, seconds)
    assert isinstance(looked, Looked)
    return looked


def kind(missed: object) -> tuple[NoLook, Outcome | None]:
    """Why a look told nothing, and what the call came to that it failed at."""
    assert isinstance(missed, Failed)
    assert isinstance(missed.failing.last, FailedLook)
    return missed.failing.last.why, missed.failing.last.outcome


def why(missed: object) -> str:
    """The same in words."""
    assert isinstance(missed, Failed)
    return str(why_failing(missed.failing).why)


class Waited:
    """A call that does something while it is under way."""

    def __init__(self, work: Callable[[], Outcome]) -> None:
        self._work = work

    def wait(self) -> Outcome:
        return self._work()

    def cancel(self) -> None:
        """It is over as soon as it begins."""


def store(engagement: Engagement, journal: SqliteJournal, request_id: str) -> None:
    consent = journal.record(request_id).noted.consent
    engagement.add(consent.customer.value, consent.category, consent.action)
    engagement.events[-1].timestamp = consent.timestamp.micros / 1_000_000
    engagement.events[-1].properties |= {"desk_request_id": request_id, "source": "private_api"}
    assert consent.valid_until in {None, ValidUntil()}


def entry(timestamp: object, request_id: str | None, action: str = "reject", **more: object) -> object:
    """One event of a history."""
    properties = {"action": action, "category": "sms_marketing", "desk_request_id": request_id, **more}
    return {"timestamp": timestamp, "properties": properties}


def entries(*events: tuple[float, str | None], action: str = "reject", **more: object) -> Answered:
    """A page of a history: the timestamp of each event, and its request ID."""
    return a_page(*(entry(timestamp, request_id, action, **more) for timestamp, request_id in events))


def a_page(*events: object) -> Answered:
    return told(200, {"success": True, "data": list(events)})


def status(valid: bool, since: float | None, source: str | None) -> Answered:
    values = (valid, since, None, source, None)
    return told(200, {"success": True, "results": [{"success": True, "value": value} for value in values]})


# ------------------------------------------------------------------------------------------- what is seen


@pytest.fixture(params=[CUT, SUCCESS], ids=["unconfirmed", "delivered"])
def sending(request: pytest.FixtureRequest) -> Outcome:
    """What came of the call that sent it."""
    outcome: Outcome = request.param
    return outcome


@pytest.mark.parametrize("action", Action)
def test_what_stands_there_and_holds_is_verified(
    journal: SqliteJournal, engagement: Engagement, note: Callable[..., str], sending: Outcome, action: Action
) -> None:
    clock, request_id = Clock(), note(action, sending)
    store(engagement, journal, request_id)
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry == journal.entry(request_id)
    assert looked.entry.state is looked.judgement.state is State.VERIFIED
    assert str(looked.judgement.headline).startswith("Verified: Engagement shows the opt-")
    seen = Look(seen=True, valid=action is Action.ACCEPT, since=NOON.micros / 1e6, source="private_api")
    assert journal.record(request_id).facts[-1] == Fact(at=later(30), state=State.VERIFIED, outcome=seen)


def test_a_customer_who_does_not_exist_yet_shows_nothing(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note()
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is State.NOT_SEEN
    assert journal.record(request_id).facts[-1].outcome == Look()


def test_a_reject_that_reads_as_valid_is_the_loudest_alarm(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note(outcome=SUCCESS)
    store(engagement, journal, request_id)
    clock.time = later(20)
    engagement.add(JANE, "sms_marketing", "accept")
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert str(looked.judgement.headline) == (
        "Recorded, but Engagement still shows consent (accepted 2026-05-31 12:00 UTC, source page)."
    )


def test_an_accept_that_reads_as_revoked_is_the_next(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note(Action.ACCEPT, SUCCESS)
    store(engagement, journal, request_id)
    clock.time = later(20)
    engagement.add(JANE, "sms_marketing", "reject")
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert "Engagement shows no consent" in str(looked.judgement.headline)


def test_a_later_decision_of_this_desk_is_no_alarm(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    opt_out = note(outcome=SUCCESS)
    store(engagement, journal, opt_out)
    clock.time = later(20)
    opt_in = note(Action.ACCEPT, SUCCESS)
    store(engagement, journal, opt_in)
    looked = answered_look(journal, engagement, clock, opt_out, 50)
    assert looked.entry.state is State.SEEN
    verified = answered_look(journal, engagement, clock, opt_in, 50)
    assert verified.entry.state is State.VERIFIED


def test_one_that_was_withdrawn_before_it_left_makes_no_alarm_of_it(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    opt_out = note(outcome=SUCCESS)
    store(engagement, journal, opt_out)
    clock.time = later(20)
    store(engagement, journal, note(Action.ACCEPT, SUCCESS))
    clock.time = later(40)
    withdrawn = Fact(at=clock(), state=State.DISCARDED, note="typed wrong")
    journal.append(note(Action.REJECT, DOWN), withdrawn)
    looked = look(journal, engagement, clock, opt_out, 50)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.SEEN


def test_a_later_decision_of_this_desk_that_is_not_there_excuses_nothing(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    opt_out = note(outcome=SUCCESS)
    store(engagement, journal, opt_out)
    clock.time = later(20)
    engagement.add(JANE, "sms_marketing", "accept")
    clock.time = later(21)
    note(Action.ACCEPT, DOWN)
    looked = answered_look(journal, engagement, clock, opt_out, 50)
    assert looked.entry.state is State.CONTRADICTED


def test_an_opt_in_that_has_come_to_its_end_is_no_alarm(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    ending = ValidUntil(seconds=later(60).micros // 1_000_000)
    request_id = note(Action.ACCEPT, SUCCESS, valid_until=ending)
    for seconds, state in ((86_400, State.SEEN), (86_430, State.SEEN)):
        page = entries((SENT, request_id), action="accept", valid_until=ending.seconds)
        wire = Wire(Made(page), Made(status(False, SENT, "private_api")))
        looked = answered_look(journal, wire, clock, request_id, seconds)
        assert looked.entry.state is state


# -------------------------------------------------------------------------- what speaks against it

OPPOSITE = {Action.ACCEPT: "reject", Action.REJECT: "accept"}


def stored(request_id: str, action: Action, timestamp: object = SENT, **more: object) -> object:
    """Our own event of the history."""
    until = {"valid_until": "unlimited"} if action is Action.ACCEPT else {}
    return entry(timestamp, request_id, action.value, **until, **more)


def others(action: str, timestamp: object, **more: object) -> object:
    return entry(timestamp, None, action, **{"valid_until": "unlimited", "source": "page", **more})


@pytest.mark.parametrize("action", Action)
def test_a_later_decision_elsewhere_is_an_alarm_though_what_holds_lags_behind_it(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], action: Action
) -> None:
    request_id = note(action, SUCCESS)
    page = a_page(others(OPPOSITE[action], SENT + 5), stored(request_id, action))
    wire = Wire(Made(page), Made(status(action is Action.ACCEPT, SENT, "private_api")))
    looked = answered_look(journal, wire, clock, request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert "a later event in Engagement's history says otherwise" in str(looked.judgement.headline)
    last = journal.record(request_id).facts[-1].outcome
    assert isinstance(last, Look)
    assert last.reason is Reason.OVERRULED


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("since", [None, SENT - 86_400 * 900, SENT - 1])
def test_what_holds_by_no_event_or_by_an_older_one_is_not_verified(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], action: Action, since: float | None
) -> None:
    request_id = note(action, SUCCESS)
    for seconds in (30, 120, 600):
        wire = Wire(
            Made(a_page(stored(request_id, action))), Made(status(action is Action.ACCEPT, since, ""))
        )
        looked = answered_look(journal, wire, clock, request_id, seconds)
        assert looked.entry.state is State.SEEN
        assert "for the category, Engagement names" in str(looked.judgement.advice)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("valid", [True, False])
def test_what_was_stored_otherwise_than_sent_is_an_alarm_in_its_own_words(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], action: Action, valid: bool
) -> None:
    request_id = note(action, SUCCESS)
    page = a_page(others(OPPOSITE[action], SENT, desk_request_id=request_id), old_event())
    wire = Wire(Made(page), Made(status(valid, SENT, "private_api")))
    looked = answered_look(journal, wire, clock, request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert str(looked.judgement.headline).startswith("Recorded, but otherwise than sent: Engagement has ")


def test_an_event_of_ours_whose_time_cannot_be_read_is_seen(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note(outcome=SUCCESS)
    page = a_page(stored(request_id, Action.REJECT, "yesterday"), old_event())
    looked = answered_look(
        journal, Wire(Made(page), Made(status(False, SENT, "private_api"))), clock, request_id, 30
    )
    assert looked.entry.state is State.SEEN
    assert "its time there cannot be read" in str(looked.judgement.advice)


@pytest.mark.parametrize("timestamp", [1780228246370, 1780228246370000.5])
@pytest.mark.parametrize("follows", [True, False])
def test_an_event_in_milliseconds_against_it_is_an_alarm_that_names_it(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], timestamp: float, follows: bool
) -> None:
    request_id = note(outcome=SUCCESS)
    page = a_page(others("accept", timestamp), stored(request_id, Action.REJECT))
    holds = status(True, timestamp, "page") if follows else status(False, SENT, "private_api")
    looked = answered_look(journal, Wire(Made(page), Made(holds)), clock, request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert f"accept of sms_marketing, time {timestamp}, source page" in str(looked.judgement.headline)
    assert "An administrator must expire that event" in str(looked.judgement.advice)
    last = journal.record(request_id).facts[-1].outcome
    assert isinstance(last, Look)
    assert last.reason is Reason.FAR_AHEAD
    assert last.event == Stored(action="accept", category="sms_marketing", time=str(timestamp), source="page")


@pytest.mark.parametrize(
    "odd",
    [
        others("accept", "yesterday"),
        others("accept", None),
        others("accept", True),
        {"timestamp": SENT + 5, "properties": []},
        {"timestamp": SENT + 5},
        "no event",
        None,
        others("accept", SENT + 5, category=None),
        others("accept", SENT + 5, category=["sms_marketing"]),
        others("Accept", SENT + 5),
        others("accept", 1780228246370, category="newsletter"),
        others("accept", 10**400),
    ],
)
def test_an_event_that_can_be_nobodys_stands_in_nobodys_way(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], odd: object
) -> None:
    request_id = note()
    ours, holds = stored(request_id, Action.REJECT), Made(status(False, SENT, "private_api"))
    unseen = answered_look(journal, Wire(Made(a_page(odd, old_event()))), clock, request_id, 30)
    assert unseen.entry.state is State.NOT_SEEN
    wire = Wire(Made(a_page(odd)), Made(a_page(ours)), holds)
    assert answered_look(journal, wire, clock, request_id, 120).entry.state is State.VERIFIED
    assert b'"skip":1' in wire.requests[1].body


def test_the_spelling_of_an_action_counts(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note(Action.ACCEPT, SUCCESS)
    page = a_page(others("Accept", SENT + 5), stored(request_id, Action.ACCEPT))
    looked = answered_look(
        journal, Wire(Made(page), Made(status(True, SENT, "private_api"))), clock, request_id, 30
    )
    assert looked.entry.state is State.CONTRADICTED


def test_the_later_decisions_of_this_desk_are_no_alarm_before_the_last_of_them_shows(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    opt_out = note(outcome=SUCCESS)
    store(engagement, journal, opt_out)
    clock.time = later(20)
    store(engagement, journal, note(Action.ACCEPT, SUCCESS))
    clock.time = later(40)
    note(Action.REJECT, DOWN)
    assert answered_look(journal, engagement, clock, opt_out, 50).entry.state is State.SEEN


def test_a_decision_of_another_desk_is_an_alarm(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note(outcome=SUCCESS)
    another = others("accept", SENT + 5, desk_request_id="4c2f6a8e-0000-4000-8000-00000000000f")
    wire = Wire(Made(a_page(another, stored(request_id, Action.REJECT))), Made(status(True, SENT + 5, "")))
    assert answered_look(journal, wire, clock, request_id, 30).entry.state is State.CONTRADICTED


def old_event() -> object:
    """The end of what has to be read."""
    return others("accept", SENT - 60)


# ------------------------------------------------------------------------------------ how far it is read


def test_a_history_is_read_back_past_our_own_time(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note()
    store(engagement, journal, request_id)
    for seconds in range(PAGE * 3):
        clock.time = later(1 + seconds / 10)
        engagement.add(JANE, "newsletter", "accept")
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is State.VERIFIED
    assert engagement.calls == 5


def test_a_page_shorter_than_asked_for_is_not_the_end(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    wire = Wire(
        Made(entries((NOON.micros / 1e6 + 9, None))),
        Made(entries((NOON.micros / 1e6, request_id))),
        Made(status(False, SENT + 9, None)),
    )
    looked = answered_look(journal, wire, clock, request_id, 30)
    assert looked.entry.state is State.VERIFIED
    assert b'"skip":1' in wire.requests[1].body


def test_the_end_of_a_history_is_an_empty_page(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    wire = Wire(Made(entries((NOON.micros / 1e6 + 9, None))), Made(entries()))
    looked = answered_look(journal, wire, clock, request_id, 30)
    assert looked.entry.state is State.NOT_SEEN
    assert journal.record(request_id).facts[-1].outcome == Look(later=True)


def test_older_events_need_no_further_page(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    wire = Wire(Made(entries((NOON.micros / 1e6 - 9, None))))
    look(journal, wire, clock, request_id, 30)
    assert journal.record(request_id).facts[-1].outcome == Look()


def test_a_history_without_an_end_shows_nothing(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    pages = [entries((SENT + 9 + MOST_PAGES - number, None)) for number in range(MOST_PAGES)]
    missed = look(journal, Wire(*map(Made, pages)), clock, request_id, 30)
    assert kind(missed) == (NoLook.TOO_LONG, None)
    assert why(missed) == "the customer's history is too long to be read"
    assert journal.entry(request_id).state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("first", "second"),
    [([9], [9]), ([9, 8], [9, 8]), ([9, 8], [10, 9])],
    ids=["the same", "all the same", "moved on"],
)
def test_a_server_that_answers_the_same_page_again_shows_nothing(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], first: list[int], second: list[int]
) -> None:
    request_id = note()
    pages = [entries(*((SENT + each, None) for each in page)) for page in (first, second)]
    missed = look(journal, Wire(*map(Made, pages)), clock, request_id, 30)
    assert kind(missed) == (NoLook.NOT_ADVANCING, pages[1])
    assert "the same part of the customer's history" in why(missed)


def test_what_came_in_meanwhile_moves_the_pages_and_is_no_trouble(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    wire = Wire(
        Made(entries((SENT + 9, None), (SENT + 8, None))),
        Made(entries((SENT + 8, None), (SENT, request_id))),
        Made(status(False, SENT + 9, None)),
    )
    assert answered_look(journal, wire, clock, request_id, 30).entry.state is State.VERIFIED


# ------------------------------------------------------------------------------- looks that show nothing


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        (DOWN, NoLook.NO_ANSWER, "cannot be reached"),
        (Lost(phase=Phase.READING, cause=Cause.DEADLINE), NoLook.NO_ANSWER, "did not answer in time"),
        (
            Answered(status=500, headers=(("x-request-id", "1"),), body=b"<html>"),
            NoLook.REFUSED,
            "had trouble",
        ),
        (BUSY, NoLook.REFUSED, "too many calls"),
        (Answered(status=403, headers=(), body=b"Access denied"), NoLook.REFUSED, "firewall on the way"),
        (Answered(status=511, headers=(), body=b"<html>"), NoLook.REFUSED, "sign in first"),
        (told(200, {"success": False}), NoLook.REFUSED, "did not take the call"),
        (told(200, {"success": True, "data": {}}), NoLook.UNREADABLE, "could not be understood"),
        (told(200, {"success": True}), NoLook.UNREADABLE, "could not be understood"),
        (told(200, {"data": []}), NoLook.UNREADABLE, "could not be understood"),
        (told(403, {"success": False, "error": "invalid secret"}), NoLook.REFUSED, "key is wrong"),
        (Answered(status=404, headers=(), body=b"<html>not found"), NoLook.REFUSED, "no Engagement API"),
        (
            Answered(status=200, headers=(), body=b'{"success": true, "data": []}', truncated=True),
            NoLook.TOO_LARGE,
            "too long to read",
        ),
    ],
)
def test_a_look_that_is_not_complete_changes_no_state(
    journal: SqliteJournal, note: Callable[..., str], outcome: Outcome, reason: NoLook, words: str
) -> None:
    clock, request_id = Clock(), note()
    before = journal.record(request_id)
    missed = look(journal, Wire(Made(outcome)), clock, request_id, 30)
    assert kind(missed) == (reason, outcome)
    assert words in why(missed)
    assert isinstance(missed, Failed)
    assert missed.wait == max(40_000_000 if outcome is BUSY else 0, look_again_after(request_id, 1))
    *facts, last = journal.record(request_id).facts
    assert tuple(facts) == before.facts
    assert last == Fact(at=later(30), state=State.UNCONFIRMED, outcome=missed.failing.last)


@pytest.mark.parametrize(
    "outcome",
    [
        DOWN,
        NO_CUSTOMER,
        Answered(status=200, headers=(), body=status(False, SENT, None).body, truncated=True),
        told(200, {"success": True, "results": []}),
    ],
    ids=["not reached", "no customer", "truncated", "not told"],
)
def test_what_stands_there_is_written_down_though_nobody_knows_what_holds(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], outcome: Outcome
) -> None:
    request_id = note()
    page = Made(entries((NOON.micros / 1e6, request_id)))
    looked = answered_look(journal, Wire(page, Made(outcome)), clock, request_id, 30)
    assert looked.entry.state is State.SEEN
    # The next one is no look until it tells what holds.
    assert isinstance(look(journal, Wire(page, Made(outcome)), clock, request_id, 120), Failed)
    verified = answered_look(journal, Wire(page, Made(status(False, SENT, None))), clock, request_id, 150)
    assert verified.entry.state is State.VERIFIED


NO_PERMISSION = told(403, {"success": False, "error": "No permission"})


def test_without_the_permission_a_look_is_blind(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note()
    store(engagement, journal, request_id)
    engagement.may_read = False
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is State.NOT_SEEN
    assert "may not read consents" in str(looked.judgement.headline)
    assert journal.record(request_id).facts[-1].outcome == Look(blind=True)


def test_without_the_permission_for_what_holds_it_is_seen_all_the_same(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    page = Made(entries((NOON.micros / 1e6, request_id)))
    item = {"success": False, "error": "No permission"}
    refused = Made(told(200, {"success": True, "results": [item] * 3}))
    for seconds in (30, 120):
        looked = answered_look(journal, Wire(page, refused), clock, request_id, seconds)
        assert looked.entry.state is State.SEEN


# ------------------------------------------------------------------------------------- to be checked


def test_what_went_to_a_new_profile_is_no_green_line_until_somebody_says_that_it_is_right(
    journal: SqliteJournal, clock: Clock, engagement: Engagement
) -> None:
    noted = Noted.of(a_project(), a_consent(timestamp=NOON, noted_at=NOON), Context(is_new_profile=True))
    journal.note(noted)
    request_id = noted.consent.request_id
    Sender(journal, Wire(Made(SUCCESS)), clock).send(request_id, a_project())
    store(engagement, journal, request_id)
    looked = answered_look(journal, engagement, clock, request_id, 30)
    assert looked.entry.state is looked.judgement.state is State.NEW_PROFILE
    assert looked.entry.checked
    journal.append(request_id, Fact(at=later(40), state=State.NEW_PROFILE, note=IS_RIGHT))
    looked = answered_look(journal, engagement, clock, request_id, 60)
    assert looked.entry.state is State.VERIFIED


def test_that_a_later_look_up_saw_the_customer_does_not_tell_who_made_the_profile(
    journal: SqliteJournal, clock: Clock, engagement: Engagement
) -> None:
    outbox, sender = Outbox(journal, clock), Sender(journal, Wire(Made(SUCCESS), Made(SUCCESS)), clock)
    first = a_consent(timestamp=NOON, noted_at=NOON)
    second = a_consent(category="newsletter", timestamp=later(20), noted_at=later(20))
    for consent, context in ((first, Context(listed=True)), (second, Context(existed=True, listed=True))):
        outbox.note(a_project(), consent, context)
        sender.send(consent.request_id, a_project())
        store(engagement, journal, consent.request_id)
    looked = answered_look(journal, engagement, clock, first.request_id, 30)
    assert looked.entry.state is State.NEW_PROFILE


@pytest.mark.parametrize(
    "outcomes",
    [
        (DOWN,),
        (told(200, {"success": True}),),
        (a_page({"timestamp": SENT, "properties": []}),),
        tuple(entries((SENT - number, "ours")) for number in range(MOST_PAGES)),
    ],
    ids=["no answer", "no page", "with what can be nobody's", "without an end"],
)
def test_a_history_that_could_not_be_read_makes_no_new_profile(outcomes: tuple[Outcome, ...]) -> None:
    reading = Reading(Wire(*map(Made, outcomes)), Clock())
    assert not reading.is_alone(a_project(), a_consent().customer, lambda request_id: True)


def test_a_failed_look_bears_on_what_somebody_said_of_the_id(
    journal: SqliteJournal, clock: Clock, engagement: Engagement
) -> None:
    noted = Noted.of(a_project(), a_consent(timestamp=NOON, noted_at=NOON), Context(is_new_profile=True))
    journal.note(noted)
    request_id = noted.consent.request_id
    Sender(journal, Wire(Made(SUCCESS)), clock).send(request_id, a_project())
    journal.append(request_id, Fact(at=later(40), state=State.NEW_PROFILE, note=IS_RIGHT))
    assert isinstance(look(journal, Wire(Made(DOWN)), clock, request_id, 60), Failed)
    assert journal.record(request_id).facts[-1].note == IS_RIGHT
    store(engagement, journal, request_id)
    assert answered_look(journal, engagement, clock, request_id, 120).entry.state is State.VERIFIED


# ------------------------------------------------------------------------------- looks that fail for long


def failed(verifier: Verifier, clock: Clock, request_id: str, seconds: float) -> Failed:
    """A look that told nothing, a person having asked for it."""
    clock.time = later(seconds)
    found = verifier.look_up(request_id, a_project(), by_person=True)
    assert isinstance(found, Failed)
    return found


def counts(journal: SqliteJournal, request_id: str) -> list[int]:
    """How many failed looks each written one stands for."""
    facts = journal.record(request_id).facts
    return [fact.outcome.failed for fact in facts if isinstance(fact.outcome, FailedLook)]


def test_a_failed_look_is_written_where_it_is_the_first_or_news_or_an_hour_later(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    error = Answered(status=500, headers=(), body=b"<html>")
    verifier = Verifier(journal, Wire(*map(Made, [DOWN] * 3 + [error] * 2 + [BUSY] + [DOWN] * 3)), clock)
    found = [failed(verifier, clock, request_id, at) for at in (30, 60, 90, 120, 150, 180, 200, 3_799, 3_800)]
    assert [one.is_written for one in found] == [True, False, False, True, False, True, True, False, True]
    assert [one.failing.count for one in found] == list(range(1, 10))
    assert counts(journal, request_id) == [1, 3, 2, 1, 2]
    assert {one.failing.since for one in found} == {later(30)}
    assert found[-1].wait >= found[0].wait


def test_a_history_that_is_too_long_each_time_is_no_news(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    pages = [entries((SENT + 9 + MOST_PAGES - number, None)) for number in range(MOST_PAGES)]
    verifier = Verifier(journal, Wire(*map(Made, [*pages, *pages])), clock)
    found = [failed(verifier, clock, request_id, at) for at in (30, 60)]
    assert [one.is_written for one in found] == [True, False]


def test_an_hour_is_one_by_the_monotonic_seconds_too(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    seconds = [0.0]
    verifier = Verifier(journal, Wire(*[Made(DOWN)] * 2), clock, lambda: seconds[0])
    failed(verifier, clock, request_id, 30)
    seconds[0], clock.time = 3_600.0, later(-5_000)
    planned = due(journal, request_id, Plan(Step.LOOK_UP, later(-5_000)), since=0.0)
    found = verifier.look_up(request_id, a_project(), due=planned)
    assert isinstance(found, Failed)
    assert found.is_written


def test_a_look_that_worked_ends_the_count(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    wire = Wire(Made(DOWN), Made(DOWN), Made(entries()), Made(DOWN))
    verifier = Verifier(journal, wire, clock)
    failed(verifier, clock, request_id, 30)
    failed(verifier, clock, request_id, 60)
    clock.time = later(120)
    assert isinstance(verifier.look_up(request_id, a_project(), by_person=True), Looked)
    assert failed(verifier, clock, request_id, 600).failing == Failing(
        1, later(600), FailedLook(why=NoLook.NO_ANSWER, outcome=DOWN)
    )
    assert counts(journal, request_id) == [1, 1]


@pytest.mark.parametrize(
    "outcome",
    [
        Answered(status=200, headers=(), body=b"x" * 100_000),
        Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=(), body=b"x" * 100_000),
    ],
)
def test_of_an_answer_that_told_nothing_the_beginning_is_kept(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], outcome: Answered | Lost
) -> None:
    request_id = note()
    look(journal, Wire(Made(outcome)), clock, request_id, 30)
    kept = journal.record(request_id).facts[-1].outcome
    assert isinstance(kept, FailedLook)
    assert isinstance(kept.outcome, Answered | Lost)
    assert kept.outcome.body == b"x" * KEPT


def test_what_was_settled_meanwhile_is_not_written_upon(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()

    def discard() -> Outcome:
        journal.append(request_id, Fact(at=clock(), state=State.DISCARDED, note="typed wrong"))
        return DOWN

    clock.time = later(30)
    found = Verifier(journal, Wire(Waited(discard)), clock).look_up(request_id, a_project())
    assert isinstance(found, Failed)
    assert not found.is_written
    assert counts(journal, request_id) == []


# ------------------------------------------------------------------------------------- by which time


def due(journal: SqliteJournal, request_id: str, plan: Plan, **changes: Any) -> Due:
    record = journal.record(request_id)
    values = {"facts": len(record.facts), **changes}
    return Due(request_id, record.noted.project_id, record.noted.consent.action, plan, **values)


@pytest.mark.parametrize(
    ("changes", "steady"),
    [({"since": 5.0}, 31.5), ({"since": None}, None), ({"since": 5.0, "facts": 2}, 0.0)],
    ids=["of this run", "of another", "something happened since"],
)
@pytest.mark.parametrize("outcome", [DOWN, NO_CUSTOMER], ids=["failed", "complete"])
def test_a_look_bears_the_monotonic_seconds_since_the_fact_before_it(
    journal: SqliteJournal,
    note: Callable[..., str],
    outcome: Outcome,
    changes: dict[str, Any],
    steady: float | None,
) -> None:
    clock, request_id = Clock(), note()
    clock.time = later(30)
    planned = due(journal, request_id, Plan(Step.LOOK_UP, later(30)), **changes)
    Verifier(journal, Wire(Made(outcome)), clock, lambda: 36.5).look_up(request_id, a_project(), due=planned)
    look = journal.record(request_id).facts[-1].outcome
    assert isinstance(look, Look | FailedLook)
    assert look.steady == steady


def test_what_only_looks_of_earlier_runs_settled_is_looked_up_once_more(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note()
    for seconds in (30, 120, 600):
        look(journal, engagement, clock, request_id, seconds)
    clock.time = later(700)
    verifier = Verifier(journal, engagement, clock)
    assert verifier.look_up(request_id, a_project()) is None
    facts = len(journal.record(request_id).facts)
    planned = due(journal, request_id, Plan(Step.LOOK_UP, later(630)), left=facts)
    assert isinstance(verifier.look_up(request_id, a_project(), due=planned), Looked)


# ------------------------------------------------------------------------------------ before it leaves

FIRST = Plan(Step.LOOK_UP, unsent=True)


@pytest.fixture
def unsent(journal: SqliteJournal, clock: Clock) -> Callable[[Action], str]:
    def unsent(action: Action) -> str:
        until = ValidUntil() if action is Action.ACCEPT else None
        consent = a_consent(action=action, valid_until=until, timestamp=clock.time, noted_at=clock.time)
        return Outbox(journal, clock).note(a_project(), consent, LOOKED_UP).request_id

    return unsent


@pytest.mark.parametrize(
    ("context", "state"),
    [
        (Context(is_new_profile=True, listed=True), State.NEW_PROFILE),
        (Context(), State.NEW_PROFILE),
        (Context(existed=True, listed=False), State.NO_CATEGORY),
    ],
    ids=["a new profile", "nobody looked", "no such category"],
)
def test_what_an_earlier_run_had_sent_after_all_is_verified_for_nobody(
    journal: SqliteJournal, engagement: Engagement, context: Context, state: State
) -> None:
    clock = Clock()
    consent = a_consent(timestamp=clock.time, noted_at=clock.time)
    request_id = Outbox(journal, clock).note(a_project(), consent, context).request_id
    store(engagement, journal, request_id)
    clock.time = later(30)
    verifier, planned = Verifier(journal, engagement, clock), due(journal, request_id, FIRST, left=1)
    first = verifier.look_up(request_id, a_project(), due=planned)
    assert isinstance(first, Looked)
    assert first.entry.state is State.SEEN
    second = answered_look(journal, engagement, clock, request_id, 700)
    assert second.entry.state is state


@pytest.mark.parametrize("failed", [ReadFault.NOT_FOUND, ReadFault.SILENCE, ReadFault.UNREADABLE])
def test_where_it_cannot_be_read_whether_somebody_was_there_nothing_is_verified_yet(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, failed: ReadFault
) -> None:
    consent = a_consent(timestamp=clock.time, noted_at=clock.time)
    request_id = Outbox(journal, clock).note(a_project(), consent, Context()).request_id
    Sender(journal, engagement, clock).send(request_id, a_project())
    # History and what holds are told, as they are under a fault of a sending; then no more is.
    engagement.read_faults = [Late.LATE, Late.LATE, failed]
    first = answered_look(journal, engagement, clock, request_id, 30)
    assert first.entry.state is State.SEEN
    second = answered_look(journal, engagement, clock, request_id, 120)
    assert second.entry.state is State.NEW_PROFILE


def test_a_history_of_our_own_that_goes_on_for_ever_verifies_nothing(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_PAGES", 1)
    consent = a_consent(timestamp=clock.time, noted_at=clock.time)
    request_id = Outbox(journal, clock).note(a_project(), consent, Context()).request_id
    Sender(journal, engagement, clock).send(request_id, a_project())
    assert answered_look(journal, engagement, clock, request_id, 30).entry.state is State.SEEN


def test_what_cannot_be_read_of_a_history_is_by_somebody_else(
    journal: SqliteJournal, clock: Clock, engagement: Engagement
) -> None:
    engagement.odd = ["no event"]
    consent = a_consent(timestamp=clock.time, noted_at=clock.time)
    request_id = Outbox(journal, clock).note(a_project(), consent, Context()).request_id
    Sender(journal, engagement, clock).send(request_id, a_project())
    assert answered_look(journal, engagement, clock, request_id, 30).entry.state is State.VERIFIED


@pytest.mark.parametrize("action", Action)
def test_what_an_earlier_run_had_sent_after_all_is_seen_and_not_sent(
    journal: SqliteJournal, engagement: Engagement, unsent: Callable[[Action], str], action: Action
) -> None:
    clock = Clock()
    request_id = unsent(action)
    store(engagement, journal, request_id)
    clock.time = later(30)
    planned = due(journal, request_id, FIRST, left=1)
    looked = Verifier(journal, engagement, clock).look_up(request_id, a_project(), due=planned)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.VERIFIED
    assert journal.claim(request_id, clock()) is None


def test_what_an_earlier_run_had_sent_to_a_new_profile_is_no_green_line(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, unsent: Callable[[Action], str]
) -> None:
    request_id = unsent(Action.REJECT)
    Outbox(journal, clock).learn(request_id, SAYS_NO_CUSTOMER)
    store(engagement, journal, request_id)
    clock.time = later(30)
    planned = due(journal, request_id, FIRST, left=2)
    looked = Verifier(journal, engagement, clock).look_up(request_id, a_project(), due=planned)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.SEEN
    assert answered_look(journal, engagement, clock, request_id, 120).entry.state is State.NEW_PROFILE


def test_what_stands_there_and_does_not_hold_is_seen_first(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, unsent: Callable[[Action], str]
) -> None:
    request_id = unsent(Action.REJECT)
    store(engagement, journal, request_id)
    clock.time = later(20)
    engagement.add(JANE, "sms_marketing", "accept")
    planned = due(journal, request_id, FIRST, left=1)
    looked = Verifier(journal, engagement, clock).look_up(request_id, a_project(), due=planned)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.SEEN


@pytest.mark.parametrize(
    ("outcome", "look"),
    [(NO_CUSTOMER, Look()), (NO_PERMISSION, Look(blind=True))],
    ids=["not there", "blind"],
)
def test_what_is_not_there_waits_on_with_that_written_down(
    journal: SqliteJournal,
    clock: Clock,
    unsent: Callable[[Action], str],
    outcome: Outcome,
    look: Look,
) -> None:
    request_id = unsent(Action.ACCEPT)
    planned = due(journal, request_id, FIRST, left=1)
    looked = Verifier(journal, Wire(Made(outcome)), clock).look_up(request_id, a_project(), due=planned)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.QUEUED
    assert journal.record(request_id).facts[-1] == Fact(at=clock(), state=State.QUEUED, outcome=look)


def test_what_has_left_meanwhile_is_not_written_upon(
    journal: SqliteJournal, clock: Clock, unsent: Callable[[Action], str]
) -> None:
    request_id = unsent(Action.REJECT)

    def claim() -> Outcome:
        journal.claim(request_id, clock())
        return NO_CUSTOMER

    planned = due(journal, request_id, FIRST, left=1, since=0.0)
    verifier = Verifier(journal, Wire(Waited(claim)), clock, lambda: 1.0)
    assert verifier.look_up(request_id, a_project(), due=planned) is None
    assert journal.entry(request_id).state is State.IN_FLIGHT
    assert verifier.look_up(request_id, a_project(), due=planned) is None


def test_an_opt_out_that_waits_no_more_is_not_looked_up(
    journal: SqliteJournal, clock: Clock, unsent: Callable[[Action], str]
) -> None:
    request_id = unsent(Action.REJECT)
    planned = due(journal, request_id, FIRST, left=1, since=0.0)
    verifier = Verifier(journal, Wire(), clock, lambda: FIRST_LOOK)
    assert verifier.look_up(request_id, a_project(), due=planned) is None


# ----------------------------------------------------------------------------------- what is looked up


def test_nothing_is_looked_up_before_its_time(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    assert look(journal, Wire(), clock, note(), 29) is None


@pytest.mark.parametrize("outcome", [DOWN, told(403, {"error": "invalid secret"})], ids=["kept", "refused"])
def test_what_did_not_leave_is_not_looked_up(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str], outcome: Outcome
) -> None:
    request_id = note(outcome=outcome)
    assert look(journal, Wire(), clock, request_id, 3600) is None
    verifier = Verifier(journal, Wire(), clock)
    assert verifier.look_up(request_id, a_project(), by_person=True) is None


def test_nobody_is_looked_up_in_another_project(
    journal: SqliteJournal, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note()
    clock.time = later(3600)
    other = a_project(project_token="87654321-1234-1234-1234-123456789abc")
    for by_person in (False, True):
        assert Verifier(journal, Wire(), clock).look_up(request_id, other, by_person=by_person) is None


def test_a_person_may_look_at_any_time(
    journal: SqliteJournal, clock: Clock, engagement: Engagement, note: Callable[..., str]
) -> None:
    request_id = note()
    verifier = Verifier(journal, engagement, clock)
    looked = verifier.look_up(request_id, a_project(), by_person=True)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.NOT_SEEN
    store(engagement, journal, request_id)
    looked = verifier.look_up(request_id, a_project(), by_person=True)
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.VERIFIED
    assert verifier.look_up(request_id, a_project(), by_person=True) is None


# ---------------------------------------------------------------------------------- in the real sandbox


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(SEED, delay=5.0, now=clock.seconds) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("fault", "states"),
    [
        (None, [State.DELIVERED, State.VERIFIED]),
        (Fault.DROP_AFTER_STORING, [State.UNCONFIRMED, State.VERIFIED]),
        (
            Fault.DROP_BEFORE_STORING,
            [State.UNCONFIRMED, State.NOT_SEEN, State.NOT_SEEN, State.NOT_SEEN, State.DELIVERED],
        ),
    ],
)
def test_an_opt_out_finally_stands_in_the_sandbox(
    journal: SqliteJournal, clock: Clock, sandbox: Sandbox, fault: Fault | None, states: list[State]
) -> None:
    transport = HttpTransport()
    project = sandbox.project
    jane = CustomerId(type="registered", value=JANE)
    consent = a_consent(customer=jane)
    Outbox(journal, clock).note(project, consent)
    sandbox.misbehave(fault, times=1)
    sender, verifier = Sender(journal, transport, clock), Verifier(journal, transport, clock)
    sender.send(consent.request_id, project)
    for seconds in (30, 120, 600):
        clock.time = later(seconds)
        verifier.look_up(consent.request_id, project)
    sender.send(consent.request_id, project, by_person=False)
    found = [fact.state for fact in journal.record(consent.request_id).facts]
    assert [one for one in found[2:] if one is not State.IN_FLIGHT] == states
    bodies = [one.body for one in sandbox.received if b"desk_request_id" in one.body]
    assert set(bodies) == {journal.record(consent.request_id).noted.body}
    clock.time = later(700)
    verifier.look_up(consent.request_id, project)
    assert journal.entry(consent.request_id).state is State.VERIFIED


def test_practice_is_verified_as_practice(journal: SqliteJournal, clock: Clock, sandbox: Sandbox) -> None:
    transport = HttpTransport()
    consent = a_consent()
    Outbox(journal, clock).note(sandbox.project, consent)
    Sender(journal, transport, clock).send(consent.request_id, sandbox.project)
    clock.time = later(30)
    looked = Verifier(journal, transport, clock).look_up(consent.request_id, sandbox.project)
    assert isinstance(looked, Looked)
    assert str(looked.judgement.headline) == "Shown by the Sandbox. Not recorded in Engagement."


def test_an_erased_customer_is_not_looked_up(
    journal: SqliteJournal, engagement: Engagement, clock: Clock, note: Callable[..., str]
) -> None:
    request_id = note(outcome=SUCCESS)
    journal.erase(a_project().id, a_consent().customer, b"k" * 32, later(1))
    clock.time = later(60)
    verifier = Verifier(journal, engagement, clock)
    assert verifier.look_up(request_id, a_project(), by_person=True) is None
    assert engagement.calls == 0
