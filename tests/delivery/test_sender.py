"""The sender, on the real journal and a transport that answers as it is told."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.sender import DECIDED_TIME, Sender, Sent
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.lifecycle.state import DECIDED, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.address import BaseUrl
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
)
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest, event_body
from consent_desk.engagement.calls import Call, Transport
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_project, later

SUCCESS = Answered(status=200, headers=(), body=b'{"success": true, "errors": []}', elapsed=0.5)
CUT = Lost(phase=Phase.WAITING, cause=Cause.CUT)


class Made(Call):
    """A call whose outcome is there at once."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def wait(self) -> Outcome:
        return self.outcome

    def cancel(self) -> None:
        raise AssertionError("it is over")


class Waiting(Call):
    """A call that nobody answers until it is cancelled, or told its outcome."""

    def __init__(self, when_cancelled: NotSent | Lost) -> None:
        self.under_way = Event()
        self._end = Event()
        self._outcome: Outcome = when_cancelled

    def wait(self) -> Outcome:
        self.under_way.set()
        assert self._end.wait(30)
        return self._outcome

    def cancel(self) -> None:
        self._end.set()

    def answer(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._end.set()


class Wire(Transport):
    """Keeps the requests and hands out the calls that it was given."""

    def __init__(self, *calls: Call) -> None:
        self._calls = iter(calls)
        self.requests: list[PreparedRequest] = []
        self.on_start: Callable[[], None] = lambda: None

    def start(self, request: PreparedRequest) -> Call:
        self.on_start()
        self.requests.append(request)
        return next(self._calls)


class ForgetfulJournal(SqliteJournal):
    """A journal on which the disk fills up once a consent is claimed."""

    def append(self, request_id: str, fact: Fact) -> None:
        raise JournalTrouble(say("Full."), say("Make room."))


class FullJournal(SqliteJournal):
    """A journal on a disk that is full, until it is not any more."""

    full = True

    def append(self, request_id: str, fact: Fact) -> None:
        if self.full:
            raise JournalTrouble(say("Full."), say("Make room."))
        super().append(request_id, fact)

    def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
        if self.full:
            raise JournalTrouble(say("Full."), say("Make room."))
        return super().give_up(request_id, states, fact)


@pytest.fixture
def full(path: Path) -> Iterator[FullJournal]:
    full = FullJournal.open(path)
    yield full
    full.close()


@pytest.fixture
def request_id(journal: SqliteJournal) -> str:
    """The ID of one consent that waits to be sent."""
    noted = Noted.of(a_project(), a_consent())
    journal.note(noted)
    return noted.consent.request_id


def sender_on(journal: SqliteJournal, wire: Wire) -> Sender:
    return Sender(journal, wire, lambda: later(1))


class Sending:
    """A `send` on a thread of its own."""

    def __init__(self, sender: Sender, request_id: str) -> None:
        self._sent: Sent | Message | None = None

        def send() -> None:
            self._sent = sender.send(request_id, a_project())

        self._thread = Thread(target=send)
        self._thread.start()

    def ended(self) -> Sent:
        self._thread.join(30)
        assert isinstance(self._sent, Sent)
        return self._sent


def test_the_noted_bytes_are_sent_to_the_project(journal: SqliteJournal, request_id: str) -> None:
    wire = Wire(Made(SUCCESS))
    sender_on(journal, wire).send(request_id, a_project())
    (request,) = wire.requests
    assert request.body == event_body(journal.record(request_id).noted.consent)
    assert request.url.startswith("https://api.exponea.com/track/v2/projects/12345678-")


def test_a_consent_is_in_flight_before_the_call_begins(journal: SqliteJournal, request_id: str) -> None:
    wire = Wire(Made(SUCCESS))
    seen: list[State] = []
    wire.on_start = lambda: seen.append(journal.entry(request_id).state)
    sender_on(journal, wire).send(request_id, a_project())
    assert seen == [State.IN_FLIGHT]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (SUCCESS, State.DELIVERED),
        (Answered(status=429, headers=(), body=b"Too Many Requests"), State.RETRY_WAIT),
        (Answered(status=403, headers=(), body=b'{"error": "invalid secret"}'), State.REFUSED),
        (Answered(status=500, headers=(("Server", "x"),), body=b"<html>"), State.UNCONFIRMED),
        (CUT, State.UNCONFIRMED),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.CONNECTION_REFUSED), State.RETRY_WAIT),
    ],
    ids=str,
)
def test_what_came_of_it_is_written_down(
    journal: SqliteJournal, request_id: str, outcome: Outcome, state: State
) -> None:
    sent = sender_on(journal, Wire(Made(outcome))).send(request_id, a_project())
    assert isinstance(sent, Sent)
    assert sent.trouble is None
    assert sent.judgement.state is sent.entry.state is state
    assert sent.entry == journal.entry(request_id)
    assert journal.record(request_id).facts[-1] == Fact(at=later(1), state=state, outcome=outcome)


def test_practice_is_called_practice(journal: SqliteJournal) -> None:
    practice = a_project(practice=True)
    noted = Noted.of(practice, a_consent())
    journal.note(noted)
    sent = sender_on(journal, Wire(Made(SUCCESS))).send(noted.consent.request_id, practice)
    assert isinstance(sent, Sent)
    assert "Sandbox only" in str(sent.judgement.headline)


def test_what_was_delivered_is_not_sent_again(journal: SqliteJournal, request_id: str) -> None:
    wire = Wire(Made(SUCCESS))
    sender = sender_on(journal, wire)
    sender.send(request_id, a_project())
    assert sender.send(request_id, a_project()) is None
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "project",
    [
        a_project(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com")),
        a_project(project_token="87654321-1234-1234-1234-123456789abc"),
        a_project(id="another"),
    ],
    ids=["other host", "other token", "other project"],
)
def test_a_consent_goes_nowhere_else(journal: SqliteJournal, request_id: str, project: Project) -> None:
    wire = Wire()
    sent = sender_on(journal, wire).send(request_id, project, by_person=False)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.QUEUED
    assert sent.entry.held
    assert "its project now leads elsewhere" in str(sent.judgement.headline)
    assert wire.requests == []


def test_a_consent_of_a_removed_project_is_held_and_waits_no_longer(
    journal: SqliteJournal, request_id: str
) -> None:
    wire = Wire()
    sent = sender_on(journal, wire).send(request_id, None)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.REFUSED
    assert sent.entry.held
    assert journal.entry(request_id) == sent.entry
    assert journal.records_in({State.QUEUED}) == ()
    assert wire.requests == []


def test_a_person_may_send_again_after_the_project_token_was_mended(
    journal: SqliteJournal, request_id: str
) -> None:
    wire = Wire(Made(SUCCESS))
    mended = a_project(project_token="87654321-1234-1234-1234-123456789abc")
    sent = sender_on(journal, wire).send(request_id, mended, by_person=True)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED
    assert mended.project_token in wire.requests[0].url


def test_a_person_cannot_send_to_another_address(journal: SqliteJournal, request_id: str) -> None:
    elsewhere = a_project(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
    sent = sender_on(journal, Wire()).send(request_id, elsewhere, by_person=True)
    assert isinstance(sent, Sent)
    assert sent.entry.held


def test_what_cannot_be_claimed_is_not_sent(journal: SqliteJournal, request_id: str) -> None:
    journal._turns.connection.execute("PRAGMA query_only = ON")
    wire = Wire()
    with pytest.raises(JournalTrouble, match="Nothing was sent"):
        sender_on(journal, wire).send(request_id, a_project())
    assert wire.requests == []


@pytest.mark.parametrize(
    ("outcome", "state", "status"),
    [(SUCCESS, State.DELIVERED, 200), (CUT, State.UNCONFIRMED, None)],
    ids=["answered", "lost"],
)
def test_an_outcome_that_cannot_be_written_down_is_told_all_the_same(
    path: Path, outcome: Outcome, state: State, status: int | None
) -> None:
    forgetful = ForgetfulJournal.open(path)
    noted = Noted.of(a_project(), a_consent())
    forgetful.note(noted)
    sent = sender_on(forgetful, Wire(Made(outcome))).send(noted.consent.request_id, a_project())
    written = forgetful.entry(noted.consent.request_id)
    forgetful.close()
    assert isinstance(sent, Sent)
    assert sent.trouble is not None
    assert (sent.entry.state, sent.entry.status, sent.entry.elapsed) == (state, status, outcome.elapsed)
    assert (sent.entry.request_id, sent.entry.noted_at) == (written.request_id, NOON)
    assert written.state is State.IN_FLIGHT


def test_cancelled_before_it_begins_it_is_discarded(journal: SqliteJournal, request_id: str) -> None:
    wire = Wire()
    sender = sender_on(journal, wire)
    sender.cancel(request_id)
    sent = sender.send(request_id, a_project())
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DISCARDED
    assert sent.entry == journal.entry(request_id)
    assert sent.entry.to_acknowledge
    assert wire.requests == []


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED), State.DISCARDED),
        (Lost(phase=Phase.WAITING, cause=Cause.CANCELLED), State.UNCONFIRMED),
    ],
    ids=["in time", "too late"],
)
def test_cancelling_ends_the_call_under_way(
    journal: SqliteJournal, request_id: str, outcome: NotSent | Lost, state: State
) -> None:
    call = Waiting(outcome)
    sender = sender_on(journal, Wire(call))
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    sender.cancel(request_id)
    assert sending.ended().entry.state is state
    assert journal.record(request_id).facts[-1].outcome == outcome
    assert journal.entry(request_id).to_acknowledge is (state is State.DISCARDED)


def test_asked_for_once_more_an_earlier_cancel_counts_no_longer(
    journal: SqliteJournal, request_id: str
) -> None:
    sender = sender_on(journal, Wire(Made(SUCCESS)))
    sender.cancel(request_id)
    sender.admit(request_id)
    sent = sender.send(request_id, a_project())
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED


def test_cancelling_another_consent_lets_the_call_be(journal: SqliteJournal, request_id: str) -> None:
    call = Waiting(Lost(phase=Phase.WAITING, cause=Cause.CANCELLED))
    sender = sender_on(journal, Wire(call))
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    sender.cancel(a_consent().request_id)
    call.answer(SUCCESS)
    assert sending.ended().entry.state is State.DELIVERED


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED), State.QUEUED),
        (Lost(phase=Phase.WAITING, cause=Cause.CANCELLED), State.UNCONFIRMED),
    ],
    ids=["not left", "left"],
)
def test_a_call_that_ends_with_the_program_says_so(
    journal: SqliteJournal, request_id: str, outcome: NotSent | Lost, state: State
) -> None:
    call = Waiting(outcome)
    sender = sender_on(journal, Wire(call))
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    sender.stop()
    sent = sending.ended()
    assert sent.entry.state is state
    written = journal.record(request_id).facts[-1].outcome
    assert isinstance(written, NotSent | Lost)
    assert (type(written), written.cause) == (type(outcome), Cause.PROGRAM_ENDED)


def test_an_answer_that_comes_as_the_program_ends_counts(journal: SqliteJournal, request_id: str) -> None:
    call = Waiting(CUT)
    sender = sender_on(journal, Wire(call))
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    call.answer(SUCCESS)
    sender.stop()
    assert sending.ended().entry.state is State.DELIVERED


def test_a_person_who_cancelled_outranks_the_program_that_ends(
    journal: SqliteJournal, request_id: str
) -> None:
    call = Waiting(NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED))
    sender = sender_on(journal, Wire(call))
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    sender.cancel(request_id)
    sender.stop()
    assert sending.ended().entry.state is State.DISCARDED


def test_nothing_is_claimed_once_the_program_ends(journal: SqliteJournal, request_id: str) -> None:
    sender = sender_on(journal, Wire())
    sender.stop()
    assert sender.send(request_id, a_project()) is None
    assert len(journal.record(request_id).facts) == 1


def test_what_was_claimed_as_the_program_ends_stays_queued(path: Path, request_id: str) -> None:
    class EndingJournal(SqliteJournal):
        """A journal during whose claim the program begins to end."""

        sender: Sender

        def claim(self, request_id: str, at: Timestamp) -> Noted | None:
            self.sender.stop()
            return super().claim(request_id, at)

    ending = EndingJournal.open(path)
    wire = Wire()
    ending.sender = sender_on(ending, wire)
    sent = ending.sender.send(request_id, a_project())
    ending.close()
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.QUEUED
    assert wire.requests == []


def test_what_is_cancelled_as_it_waits_is_discarded_while_another_call_hangs(
    journal: SqliteJournal, request_id: str
) -> None:
    call = Waiting(CUT)
    wire = Wire(call)
    sender = sender_on(journal, wire)
    sending = Sending(sender, request_id)
    assert call.under_way.wait(30)
    other = Noted.of(a_project(), a_consent())
    journal.note(other)
    discarded = sender.discard(other.consent.request_id, practice=False)
    assert discarded is not None
    assert discarded.entry.state is State.DISCARDED
    assert journal.entry(other.consent.request_id) == discarded.entry
    call.answer(SUCCESS)
    assert sending.ended().entry.state is State.DELIVERED
    assert len(wire.requests) == 1


def test_what_cannot_be_cancelled_waits_on(full: FullJournal) -> None:
    noted = Noted.of(a_project(), a_consent())
    full.note(noted)
    sender = sender_on(full, Wire(Made(SUCCESS)))
    with pytest.raises(JournalTrouble, match="Full"):
        sender.discard(noted.consent.request_id, practice=False)
    assert full.entry(noted.consent.request_id).state is State.QUEUED
    assert not sender.has_unwritten


def test_a_second_sending_that_is_cancelled_as_it_waits_stays_unconfirmed(
    journal: SqliteJournal, request_id: str
) -> None:
    sender = sender_on(journal, Wire(Made(CUT)))
    sender.send(request_id, a_project())
    journal.append(request_id, Fact(at=later(2), state=State.NOT_SEEN, outcome=Look()))
    cancelled = sender.discard(request_id, practice=False)
    assert cancelled is not None
    assert cancelled.entry.state is journal.entry(request_id).state is State.UNCONFIRMED
    assert "Cancelled before it left a second time" in str(cancelled.judgement.headline)
    states = [fact.state for fact in journal.record(request_id).facts]
    assert states[-2:] == [State.NOT_SEEN, State.UNCONFIRMED]


def test_what_was_delivered_is_not_discarded(journal: SqliteJournal, request_id: str) -> None:
    sender = sender_on(journal, Wire(Made(SUCCESS)))
    sender.send(request_id, a_project())
    assert sender.discard(request_id, practice=False) is None
    assert journal.entry(request_id).state is State.DELIVERED


def test_what_was_cancelled_as_the_program_ends_is_discarded(journal: SqliteJournal, request_id: str) -> None:
    sender = sender_on(journal, Wire())
    sender.cancel(request_id)
    sender.stop()
    sent = sender.send(request_id, a_project())
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DISCARDED


def test_what_was_cancelled_is_discarded_also_where_it_would_be_held(
    journal: SqliteJournal, request_id: str
) -> None:
    sender = sender_on(journal, Wire())
    sender.cancel(request_id)
    sent = sender.send(request_id, a_project(id="another"))
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DISCARDED


class Faulty(Call):
    """A call with a bug."""

    def wait(self) -> Outcome:
        raise ValueError("a bug")

    def cancel(self) -> None:
        raise AssertionError("it is over")


def test_after_a_bug_in_a_call_it_counts_as_not_confirmed(journal: SqliteJournal, request_id: str) -> None:
    sender = sender_on(journal, Wire(Faulty(), Made(SUCCESS)))
    with pytest.raises(ValueError, match="a bug"):
        sender.send(request_id, a_project())
    fact = journal.record(request_id).facts[-1]
    assert fact.state is State.UNCONFIRMED
    assert fact.outcome == Lost(phase=Phase.WAITING, cause=Cause.UNEXPECTED)
    sender.stop()


def test_an_outcome_that_could_not_be_written_down_is_kept_and_written_again(full: FullJournal) -> None:
    noted = Noted.of(a_project(), a_consent())
    request_id = noted.consent.request_id
    full.note(noted)
    sender = sender_on(full, Wire(Made(SUCCESS)))
    sender.send(request_id, a_project())
    assert sender.write_again() == ()
    unwritten = [sender.has_unwritten]
    assert sender.is_unwritten(request_id)
    full.full = False
    assert sender.write_again() == (request_id,)
    unwritten.append(sender.has_unwritten)
    assert unwritten == [True, False]
    assert full.record(request_id).facts[-1] == Fact(at=later(1), state=State.DELIVERED, outcome=SUCCESS)
    assert not sender.is_unwritten(request_id)
    assert sender.write_again() == ()


def test_outcomes_are_written_again_in_the_order_in_which_they_came(full: FullJournal) -> None:
    ids = []
    sender = sender_on(full, Wire(Made(SUCCESS), Made(CUT)))
    for _ in range(2):
        noted = Noted.of(a_project(), a_consent())
        full.note(noted)
        ids.append(noted.consent.request_id)
        sender.send(ids[-1], a_project())
    full.full = False
    assert sender.write_again() == tuple(ids)


def test_what_another_program_settled_meanwhile_stays_as_that_has_it(full: FullJournal) -> None:
    noted = Noted.of(a_project(), a_consent())
    request_id = noted.consent.request_id
    full.note(noted)
    sender = sender_on(full, Wire(Made(SUCCESS)))
    sender.send(request_id, a_project())
    full.full = False
    Outbox(full, lambda: later(2)).recover()
    assert sender.write_again() == (request_id,)
    assert full.record(request_id).facts[-1].state is State.UNCONFIRMED
    assert not sender.has_unwritten


def test_what_is_held_writes_no_further_fact_until_its_project_leads_back(
    journal: SqliteJournal, request_id: str
) -> None:
    wire = Wire(Made(SUCCESS))
    sender = sender_on(journal, wire)
    elsewhere = a_project(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
    assert sender.send(request_id, elsewhere, by_person=False) is not None
    before = journal.record(request_id).facts
    for _ in range(3):
        assert sender.send(request_id, elsewhere, by_person=False) is None
    assert journal.record(request_id).facts == before
    sent = sender.send(request_id, a_project(), by_person=False)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED
    assert len(wire.requests) == 1


def test_what_is_held_and_lost_its_project_is_refused(journal: SqliteJournal, request_id: str) -> None:
    sender = sender_on(journal, Wire())
    sender.send(request_id, a_project(id="another"), by_person=False)
    sent = sender.send(request_id, None, by_person=False)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.REFUSED


class FullAfterOne(SqliteJournal):
    """A journal on a disk that is full after one more fact."""

    left = 1

    def append(self, request_id: str, fact: Fact) -> None:
        if not self.left:
            raise JournalTrouble(say("Full."), say("Make room."))
        self.left -= 1
        super().append(request_id, fact)


NEW_PROFILE = Context(is_new_profile=True)


def test_what_went_to_a_new_profile_is_called_so_at_once(journal: SqliteJournal) -> None:
    noted = Noted.of(a_project(), a_consent(), NEW_PROFILE)
    journal.note(noted)
    sent = sender_on(journal, Wire(Made(SUCCESS))).send(noted.consent.request_id, a_project())
    assert isinstance(sent, Sent)
    assert (sent.entry.state, sent.entry.checked) == (State.NEW_PROFILE, True)
    assert sent.entry == journal.entry(noted.consent.request_id)
    assert str(sent.judgement.advice) == "You were asked about that, and sent it."
    states = [fact.state for fact in journal.record(noted.consent.request_id).facts]
    assert states == [State.QUEUED, State.IN_FLIGHT, State.DELIVERED, State.NEW_PROFILE]


def test_where_that_cannot_be_written_down_it_is_delivered(path: Path) -> None:
    full = FullAfterOne.open(path)
    noted = Noted.of(a_project(), a_consent(), NEW_PROFILE)
    full.note(noted)
    sent = sender_on(full, Wire(Made(SUCCESS))).send(noted.consent.request_id, a_project())
    assert isinstance(sent, Sent)
    assert (sent.entry.state, sent.trouble) == (State.DELIVERED, None)
    full.close()


# ------------------------------------------------------------------------------------ a person decides


@pytest.fixture
def given_up(journal: SqliteJournal, request_id: str) -> str:
    """One that may be there, and could not be looked up for two hours."""
    journal.claim(request_id, NOON)
    journal.append(request_id, Fact(at=later(1), state=State.UNCONFIRMED, outcome=CUT))
    for at, count in ((30, 1), (8_000, 9)):
        failed = FailedLook(why=NoLook.REFUSED, failed=count)
        journal.append(request_id, Fact(at=later(at), state=State.UNCONFIRMED, outcome=failed))
    return request_id


def test_what_could_not_be_looked_up_goes_again_once_somebody_decided_and_that_is_written_down(
    journal: SqliteJournal, given_up: str
) -> None:
    sender = Sender(journal, Wire(Made(SUCCESS)), lambda: later(9_000))
    assert sender.send(given_up, a_project()) is None
    assert sender.decide(given_up, "kim")
    decision = journal.record(given_up).facts[-1]
    assert decision == Fact(at=later(9_000), state=State.UNCONFIRMED, note=f"{DECIDED}kim")
    # By itself it goes no more than before.
    assert sender.send(given_up, a_project(), by_person=False) is None
    sent = sender.send(given_up, a_project())
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED
    assert journal.record(given_up).facts[-1].note == DECIDED_TIME


def test_nobody_decides_of_what_can_still_be_looked_up(journal: SqliteJournal, request_id: str) -> None:
    journal.claim(request_id, NOON)
    journal.append(request_id, Fact(at=later(1), state=State.UNCONFIRMED, outcome=CUT))
    before = journal.record(request_id)
    assert not Sender(journal, Wire(), lambda: later(9_000)).decide(request_id, "kim")
    assert journal.record(request_id) == before


def test_that_somebody_sends_what_an_earlier_run_left_is_written_down_too(
    journal: SqliteJournal, request_id: str
) -> None:
    sender = Sender(journal, Wire(Made(SUCCESS)), lambda: later(9_000))
    assert sender.decide(request_id, "kim")
    assert journal.record(request_id).facts[-1].note == f"{DECIDED}kim"
    assert isinstance(sender.send(request_id, a_project()), Sent)
