"""The sender, on the real journal and a line that answers as it is told."""

from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from consent_desk.delivery.sender import DECIDED_TIME, Sender, Sent
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import SAW_CUSTOMER, Context, Decision, Noted
from consent_desk.domain.lifecycle.state import DECIDED, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import (
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
from consent_desk.engagement.calls import Call
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_project, go_on, later
from tests.delivery.desk import BUSY, CUT, DOWN, FORBIDDEN, SUCCESS, Desk, FullJournal, Waited, Waiting, Wire

CANCELLED_IN_TIME = NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED)
CANCELLED_TOO_LATE = Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)
ELSEWHERE = a_project(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
MENDED = a_project(project_token="87654321-1234-1234-1234-123456789abc")
ANOTHER = a_project(id="another")


class Sending:
    """A `send` on a thread of its own, whose `call` is under way."""

    def __init__(self, desk: Desk, request_id: str, when_cancelled: NotSent | Lost) -> None:
        self._sent: Sent | Message | None = None
        self.call = Waiting(when_cancelled)
        self.wire = Wire(self.call)
        self.sender = Sender(desk.journal, self.wire, desk.now)

        def send() -> None:
            self._sent = self.sender.send(request_id, a_project())

        self._thread = Thread(target=send)
        self._thread.start()
        assert self.call.under_way.wait(30)

    def ended(self) -> Sent:
        self._thread.join(30)
        assert isinstance(self._sent, Sent)
        return self._sent


@pytest.fixture
def request_id(desk: Desk) -> str:
    """The ID of one consent that waits to be sent."""
    return desk.note()


def test_the_noted_bytes_are_sent_to_the_project_once_the_consent_is_in_flight(
    desk: Desk, request_id: str
) -> None:
    seen: list[State] = []

    class Watching(Wire):
        def start(self, request: PreparedRequest) -> Call:
            seen.append(desk.state(request_id))
            return super().start(request)

    wire = Watching(SUCCESS)
    Sender(desk.journal, wire, desk.now).send(request_id, a_project())
    (request,) = wire.requests
    assert seen == [State.IN_FLIGHT]
    assert request.body == event_body(desk.journal.record(request_id).noted.consent)
    assert request.url.startswith("https://api.exponea.com/track/v2/projects/12345678-")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (SUCCESS, State.DELIVERED),
        (BUSY, State.RETRY_WAIT),
        (FORBIDDEN, State.REFUSED),
        (CUT, State.UNCONFIRMED),
        (DOWN, State.RETRY_WAIT),
    ],
    ids=str,
)
def test_what_came_of_it_is_written_down(desk: Desk, request_id: str, outcome: Outcome, state: State) -> None:
    desk.seconds = 1
    sent = desk.send(request_id, outcome)
    assert sent.trouble is None
    assert sent.judgement.state is sent.entry.state is state
    assert sent.entry == desk.journal.entry(request_id)
    assert desk.last(request_id) == Fact(at=later(1), state=state, outcome=outcome)


def test_practice_is_called_practice(desk: Desk) -> None:
    practice, consent = a_project(practice=True), a_consent()
    desk.outbox.note(practice, consent)
    sent = desk.sender(SUCCESS).send(consent.request_id, practice)
    assert isinstance(sent, Sent)
    assert "Sandbox only" in str(sent.judgement.headline)


def test_what_was_delivered_is_neither_sent_again_nor_discarded(desk: Desk, request_id: str) -> None:
    sender = desk.sender(SUCCESS)
    sender.send(request_id, a_project())
    assert sender.send(request_id, a_project()) is None
    assert sender.discard(request_id, practice=False) is None
    assert desk.state(request_id) is State.DELIVERED


# --------------------------------------------------------------------------------- where it belongs


@pytest.mark.parametrize(
    ("project", "by_person"),
    [(ELSEWHERE, False), (MENDED, False), (ANOTHER, False), (ELSEWHERE, True)],
    ids=["other host", "other token", "other project", "other host, by a person"],
)
def test_a_consent_goes_nowhere_else(desk: Desk, request_id: str, project: Project, by_person: bool) -> None:
    sent = desk.sender().send(request_id, project, by_person=by_person)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.QUEUED
    assert sent.entry.held
    assert "its project now leads elsewhere" in str(sent.judgement.headline)


def test_a_person_may_send_again_after_the_project_token_was_mended(desk: Desk, request_id: str) -> None:
    wire = Wire(SUCCESS)
    Sender(desk.journal, wire, desk.now).send(request_id, MENDED, by_person=True)
    assert desk.state(request_id) is State.DELIVERED
    assert MENDED.project_token in wire.requests[0].url


@pytest.mark.parametrize("was_held", [False, True])
def test_a_consent_of_a_removed_project_waits_no_longer(desk: Desk, request_id: str, was_held: bool) -> None:
    sender = desk.sender()
    if was_held:
        sender.send(request_id, ANOTHER, by_person=False)
    sent = sender.send(request_id, None, by_person=not was_held)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.REFUSED
    assert sent.entry.held
    assert desk.journal.entry(request_id) == sent.entry


def test_what_is_held_writes_no_further_fact_until_its_project_leads_back(
    desk: Desk, request_id: str
) -> None:
    sender = desk.sender(SUCCESS)
    assert sender.send(request_id, ELSEWHERE, by_person=False) is not None
    before = desk.facts(request_id)
    for _ in range(3):
        assert sender.send(request_id, ELSEWHERE, by_person=False) is None
    assert desk.facts(request_id) == before
    sender.send(request_id, a_project(), by_person=False)
    assert desk.state(request_id) is State.DELIVERED


# ------------------------------------------------------------------------------------- cancelled


@pytest.mark.parametrize(
    ("project", "stops"),
    [(a_project(), False), (a_project(), True), (ANOTHER, False)],
    ids=["before it begins", "as the program ends", "where it would be held"],
)
def test_what_was_cancelled_before_it_begins_is_discarded(
    desk: Desk, request_id: str, project: Project, stops: bool
) -> None:
    sender = desk.sender()
    sender.cancel(request_id)
    if stops:
        sender.stop()
    sent = sender.send(request_id, project)
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DISCARDED
    assert sent.entry == desk.journal.entry(request_id)
    assert sent.entry.to_acknowledge


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(CANCELLED_IN_TIME, State.DISCARDED), (CANCELLED_TOO_LATE, State.UNCONFIRMED)],
    ids=["in time", "too late"],
)
@pytest.mark.parametrize("stops", [False, True])
def test_a_person_ends_the_call_under_way_whether_the_program_ends_too_or_not(
    desk: Desk, request_id: str, outcome: NotSent | Lost, state: State, stops: bool
) -> None:
    sending = Sending(desk, request_id, outcome)
    sending.sender.cancel(request_id)
    if stops:
        sending.sender.stop()
    assert sending.ended().entry.state is state
    assert desk.last(request_id).outcome == outcome
    assert desk.journal.entry(request_id).to_acknowledge is (state is State.DISCARDED)


def test_asked_for_once_more_an_earlier_cancel_counts_no_longer(desk: Desk, request_id: str) -> None:
    sender = desk.sender(SUCCESS)
    sender.cancel(request_id)
    sender.admit(request_id)
    sender.send(request_id, a_project())
    assert desk.state(request_id) is State.DELIVERED


@pytest.mark.parametrize("stops", [False, True])
def test_an_answer_counts_though_another_consent_is_cancelled_or_the_program_ends(
    desk: Desk, request_id: str, stops: bool
) -> None:
    sending = Sending(desk, request_id, CANCELLED_TOO_LATE)
    sending.sender.cancel(a_consent().request_id)
    sending.call.answer(SUCCESS)
    if stops:
        sending.sender.stop()
    assert sending.ended().entry.state is State.DELIVERED


def test_what_is_cancelled_as_it_waits_is_discarded_while_another_call_hangs(
    desk: Desk, request_id: str
) -> None:
    sending, other = Sending(desk, request_id, CUT), desk.note()
    discarded = sending.sender.discard(other, practice=False)
    assert discarded is not None
    assert discarded.entry.state is State.DISCARDED
    assert desk.journal.entry(other) == discarded.entry
    sending.call.answer(SUCCESS)
    assert sending.ended().entry.state is State.DELIVERED


def test_a_second_sending_that_is_cancelled_as_it_waits_stays_unconfirmed(
    desk: Desk, request_id: str
) -> None:
    desk.send(request_id, CUT)
    desk.append(request_id, 2, State.NOT_SEEN, Look())
    cancelled = desk.sender().discard(request_id, practice=False)
    assert cancelled is not None
    assert cancelled.entry.state is desk.state(request_id) is State.UNCONFIRMED
    assert "Cancelled before it left a second time" in str(cancelled.judgement.headline)
    assert [fact.state for fact in desk.facts(request_id)][-2:] == [State.NOT_SEEN, State.UNCONFIRMED]


# ------------------------------------------------------------------------------- the program ends


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(CANCELLED_IN_TIME, State.QUEUED), (CANCELLED_TOO_LATE, State.UNCONFIRMED)],
    ids=["not left", "left"],
)
def test_a_call_that_ends_with_the_program_says_so(
    desk: Desk, request_id: str, outcome: NotSent | Lost, state: State
) -> None:
    sending = Sending(desk, request_id, outcome)
    sending.sender.stop()
    assert sending.ended().entry.state is state
    written = desk.last(request_id).outcome
    assert isinstance(written, NotSent | Lost)
    assert (type(written), written.cause) == (type(outcome), Cause.PROGRAM_ENDED)


def test_nothing_is_claimed_once_the_program_ends(desk: Desk, request_id: str) -> None:
    sender = desk.sender()
    sender.stop()
    assert sender.send(request_id, a_project()) is None
    assert len(desk.facts(request_id)) == 1


def test_what_was_claimed_as_the_program_ends_stays_queued(path: Path, request_id: str) -> None:
    class EndingJournal(SqliteJournal):
        """A journal during whose claim the program begins to end."""

        sender: Sender

        def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
            self.sender.stop()
            return super().claim(request_id, at, after=after)

    ending = EndingJournal.open(path)
    ending.sender = Desk(ending).sender()
    sent = ending.sender.send(request_id, a_project())
    ending.close()
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.QUEUED


def test_each_of_two_calls_under_way_has_its_own_outcome_and_its_own_cancel(desk: Desk) -> None:
    ids = [desk.note(category=f"category{number}") for number in range(2)]
    calls = [Waiting(Lost(phase=Phase.WAITING, cause=Cause.CANCELLED)) for _ in ids]
    sender = desk.sender(*calls)
    sent: dict[str, Sent | Message | None] = {}
    threads = []
    for request_id, call in zip(ids, calls, strict=True):
        work = partial(lambda one: sent.update({one: sender.send(one, a_project())}), request_id)
        threads.append(Thread(target=work))
        threads[-1].start()
        assert call.under_way.wait(10)
    sender.cancel(ids[0])
    threads[0].join(10)
    assert desk.state(ids[0]) is State.UNCONFIRMED
    assert desk.state(ids[1]) is State.IN_FLIGHT
    calls[1].answer(SUCCESS)
    threads[1].join(10)
    assert desk.state(ids[1]) is State.DELIVERED


class Faulty(Call):
    """A call with a bug."""

    def wait(self) -> Outcome:
        raise ValueError("a bug")

    def cancel(self) -> None:
        raise AssertionError("it is over")


def test_after_a_bug_in_a_call_it_counts_as_not_confirmed(desk: Desk, request_id: str) -> None:
    sender = desk.sender(Faulty())
    with pytest.raises(ValueError, match="a bug"):
        sender.send(request_id, a_project())
    fact = desk.last(request_id)
    assert fact.state is State.UNCONFIRMED
    assert fact.outcome == Lost(phase=Phase.WAITING, cause=Cause.UNEXPECTED)
    sender.stop()


# ------------------------------------------------------------------- what cannot be written down


def test_what_cannot_be_claimed_is_not_sent(path: Path, request_id: str) -> None:
    class UnwritableJournal(SqliteJournal):
        def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
            raise JournalError(say("tests", "Nothing was sent."), say("tests", "Make room."))

    unwritable = UnwritableJournal.open(path)
    wire = Wire()
    with pytest.raises(JournalError, match="Nothing was sent"):
        Sender(unwritable, wire, lambda: NOON).send(request_id, a_project())
    unwritable.close()
    assert wire.requests == []


class Doubtful(SqliteJournal):
    """A journal that says once that it could not write a claim, which `is_there` all the same or is not."""

    is_there = True
    fails = True

    def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
        noted = super().claim(request_id, at, after=after) if self.is_there or not self.fails else None
        if self.fails:
            self.fails = False
            raise JournalError(say("tests", "Doubtful."), say("tests", "Wait."))
        return noted


def after_a_doubtful_claim(path: Path, request_id: str, *, is_there: bool) -> tuple[Doubtful, Sender]:
    """The journal and the sender whose first claim failed, though it may be there."""
    journal = Doubtful.open(path)
    journal.is_there = is_there
    sender = Sender(journal, Wire(SUCCESS), lambda: NOON)
    with pytest.raises(JournalError, match="Doubtful"):
        sender.send(request_id, a_project())
    return journal, sender


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "not there"])
def test_what_may_be_claimed_though_that_failed_was_not_sent_and_is_sent_later(
    path: Path, request_id: str, is_there: bool
) -> None:
    journal, sender = after_a_doubtful_claim(path, request_id, is_there=is_there)
    assert journal.entry(request_id).state is (State.IN_FLIGHT if is_there else State.QUEUED)
    assert sender.write_again() == (request_id,)
    assert journal.entry(request_id).state is (State.RETRY_WAIT if is_there else State.QUEUED)
    sent = sender.send(request_id, a_project())
    journal.close()
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "not there"])
def test_the_next_try_is_not_taken_for_the_one_that_failed(
    path: Path, request_id: str, is_there: bool
) -> None:
    journal, sender = after_a_doubtful_claim(path, request_id, is_there=is_there)
    sent = sender.send(request_id, a_project())
    assert not sender.has_unwritten
    journal.close()
    assert isinstance(sent, Sent)
    assert sent.entry.state is State.DELIVERED


def test_nothing_is_sent_before_what_came_of_the_last_try_is_written(full: FullJournal) -> None:
    desk = Desk(full)
    request_id, sender = desk.note(), desk.sender(SUCCESS, SUCCESS)
    sender.send(request_id, a_project())
    with pytest.raises(JournalError, match="last try"):
        sender.send(request_id, a_project())


def test_what_another_thread_has_written_again_meanwhile_is_written_once(path: Path) -> None:
    class Meeting(FullJournal):
        """Once the first is written, another thread goes on with the others."""

        other: Sender | None = None

        def alike(self, *asked: Any, **named: Any) -> tuple[Decision, ...]:
            other, self.other = self.other, None
            if other is not None:
                assert other.write_again() == (second,)
            return super().alike(*asked, **named)

    journal = Meeting.open(path)
    desk = Desk(journal)
    sender = desk.sender(SUCCESS, SUCCESS)
    first, second = desk.note(), desk.note(category="other")
    for request_id in (first, second):
        sender.send(request_id, a_project())
    journal.full, journal.other = False, sender
    assert sender.write_again() == (first,)
    assert [desk.state(one) for one in (first, second)] == [State.DELIVERED] * 2
    assert len(journal.record(second).facts) == 3
    journal.close()


def test_what_was_written_before_the_claim_is_read_again(path: Path, request_id: str) -> None:
    class ChangingJournal(SqliteJournal):
        """A journal in which something is learnt just before the first claim."""

        tries = 0

        def claim(self, request_id: str, at: Timestamp, *, after: int) -> Noted | None:
            self.tries += 1
            if self.tries == 1:
                go_on(self, request_id, Fact(at=NOON, state=State.QUEUED, note=SAW_CUSTOMER))
            return super().claim(request_id, at, after=after)

    changing = ChangingJournal.open(path)
    sent = Desk(changing).send(request_id, SUCCESS)
    states = [fact.state for fact in changing.record(request_id).facts]
    changing.close()
    assert (sent.entry.state, changing.tries) == (State.DELIVERED, 2)
    assert states == [State.QUEUED, State.QUEUED, State.IN_FLIGHT, State.DELIVERED]


def test_what_another_program_has_settled_meanwhile_is_said(path: Path, request_id: str) -> None:
    journal = SqliteJournal.open(path)
    desk = Desk(journal)

    def meanwhile() -> Outcome:
        go_on(journal, request_id, Fact(at=NOON, state=State.UNCONFIRMED))
        return SUCCESS

    sent = desk.send(request_id, Waited(meanwhile))
    facts = desk.facts(request_id)
    journal.close()
    assert "another program" in str(sent.trouble)
    assert facts[-1].state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("outcome", "state", "status"),
    [(SUCCESS, State.DELIVERED, 200), (CUT, State.UNCONFIRMED, None)],
    ids=["answered", "lost"],
)
def test_an_outcome_that_cannot_be_written_down_is_told_all_the_same(
    full: FullJournal, outcome: Outcome, state: State, status: int | None
) -> None:
    desk = Desk(full)
    request_id = desk.note()
    sent, written = desk.send(request_id, outcome), full.entry(request_id)
    assert sent.trouble is not None
    assert (sent.entry.state, sent.entry.status, sent.entry.elapsed) == (state, status, outcome.elapsed)
    assert (sent.entry.request_id, sent.entry.noted_at) == (written.request_id, NOON)
    assert written.state is State.IN_FLIGHT


def test_what_cannot_be_cancelled_waits_on(full: FullJournal) -> None:
    desk = Desk(full)
    request_id, sender = desk.note(), desk.sender(SUCCESS)
    with pytest.raises(JournalError, match="Full"):
        sender.discard(request_id, practice=False)
    assert desk.state(request_id) is State.QUEUED
    assert not sender.has_unwritten


def test_outcomes_that_could_not_be_written_down_are_written_again_in_their_order(full: FullJournal) -> None:
    desk = Desk(full, seconds=1)
    sender = desk.sender(SUCCESS, CUT)
    first, second = desk.note(), desk.note()
    for request_id in (first, second):
        sender.send(request_id, a_project())
    assert sender.write_again() == ()
    assert (sender.has_unwritten, sender.is_unwritten(first)) == (True, True)
    full.full = False
    assert sender.write_again() == (first, second)
    assert (sender.has_unwritten, sender.is_unwritten(first)) == (False, False)
    assert desk.last(first) == Fact(at=later(1), state=State.DELIVERED, outcome=SUCCESS)
    assert sender.write_again() == ()


def test_what_another_program_settled_meanwhile_stays_as_that_has_it(full: FullJournal) -> None:
    desk = Desk(full)
    request_id, sender = desk.note(), desk.sender(SUCCESS)
    sender.send(request_id, a_project())
    full.full = False
    # As an older version does with whatever it finds in flight.
    desk.append(request_id, 2, State.UNCONFIRMED, CUT)
    assert sender.write_again() == (request_id,)
    assert desk.state(request_id) is State.UNCONFIRMED
    assert not sender.has_unwritten


# ---------------------------------------------------------------------------------- to be checked

NEW_PROFILE = Context(is_new_profile=True)


def test_what_went_to_a_new_profile_is_called_so_at_once(desk: Desk) -> None:
    request_id = desk.note(context=NEW_PROFILE)
    sent = desk.send(request_id, SUCCESS)
    assert (sent.entry.state, sent.entry.checked) == (State.NEW_PROFILE, True)
    assert sent.entry == desk.journal.entry(request_id)
    assert str(sent.judgement.advice) == "You were asked about that, and sent it."
    states = [fact.state for fact in desk.facts(request_id)]
    assert states == [State.QUEUED, State.IN_FLIGHT, State.DELIVERED, State.NEW_PROFILE]


def test_where_that_cannot_be_written_down_it_is_delivered(full: FullJournal) -> None:
    full.room, desk = 1, Desk(full)
    sent = desk.send(desk.note(context=NEW_PROFILE), SUCCESS)
    assert (sent.entry.state, sent.trouble) == (State.DELIVERED, None)


# ------------------------------------------------------------------------------------ a person decides


def test_what_could_not_be_looked_up_goes_again_once_somebody_decided_and_that_is_written_down(
    desk: Desk,
) -> None:
    given_up = desk.sent(CUT)
    for at, count in ((30, 1), (8_000, 9)):
        desk.append(given_up, at, State.UNCONFIRMED, FailedLook(why=NoLook.REFUSED, failed=count))
    desk.seconds, sender = 9_000, desk.sender(SUCCESS)
    assert sender.send(given_up, a_project()) is None
    assert sender.decide(given_up, "kim")
    assert desk.last(given_up) == Fact(at=later(9_000), state=State.UNCONFIRMED, note=f"{DECIDED}kim")
    # By itself it goes no more than before.
    assert sender.send(given_up, a_project(), by_person=False) is None
    sender.send(given_up, a_project())
    assert desk.state(given_up) is State.DELIVERED
    assert desk.last(given_up).note == DECIDED_TIME


def test_nobody_decides_of_what_can_still_be_looked_up(desk: Desk) -> None:
    request_id = desk.sent(CUT)
    before = desk.facts(request_id)
    desk.seconds = 9_000
    assert not desk.sender().decide(request_id, "kim")
    assert desk.facts(request_id) == before


def test_that_somebody_sends_what_an_earlier_run_left_is_written_down_too(
    desk: Desk, request_id: str
) -> None:
    assert desk.sender().decide(request_id, "kim")
    assert desk.last(request_id).note == f"{DECIDED}kim"
    desk.send(request_id, SUCCESS)
