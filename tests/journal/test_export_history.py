"""What a person may do with what was noted."""

from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.errors import InvalidError, JournalError
from consent_desk.domain.lifecycle.policy import Step, plan
from consent_desk.domain.lifecycle.state import CANCELLED_HERE, DISCARDABLE_STATES, Fact, State
from consent_desk.domain.wire.outcome import Cause, NotSent, Phase
from consent_desk.journal.export import History
from consent_desk.journal.journal import SqliteJournal
from tests.consents import go_on, later
from tests.delivery.desk import FullJournal
from tests.journal.journals import noted_in, waiting_for_a_word


@pytest.fixture
def history(journal: SqliteJournal) -> History:
    return History(journal, lambda: later(60))


@pytest.mark.parametrize("state", sorted(DISCARDABLE_STATES))
def test_what_is_open_is_discarded_by_whom_and_why(
    journal: SqliteJournal, history: History, state: State
) -> None:
    request_id = noted_in(journal, state)
    history.discard(request_id, " typed twice ", "mary")
    last = journal.record(request_id).facts[-1]
    assert last == Fact(at=later(60), state=State.DISCARDED, note="typed twice (by mary)")


@pytest.mark.parametrize("state", sorted({*State} - DISCARDABLE_STATES))
def test_what_is_under_way_or_settled_is_not_discarded(
    journal: SqliteJournal, history: History, state: State
) -> None:
    request_id = noted_in(journal, state)
    with pytest.raises(JournalError, match="by now it is under way, or settled"):
        history.discard(request_id, "typed twice", "mary")
    assert journal.record(request_id).facts[-1].state is state


def cancelled_in(journal: SqliteJournal, note: str = CANCELLED_HERE) -> str:
    request_id = noted_in(journal)
    outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
    go_on(journal, request_id, Fact(at=later(1), state=State.DISCARDED, outcome=outcome, note=note))
    return request_id


def test_what_was_cancelled_is_acknowledged_once_and_that_is_a_fact(
    journal: SqliteJournal, history: History
) -> None:
    request_id = cancelled_in(journal)
    assert waiting_for_a_word(journal) == [request_id]
    history.acknowledge(request_id, "mary")
    last = journal.record(request_id).facts[-1]
    assert (last.state, last.note, last.outcome) == (State.DISCARDED, "acknowledged (by mary)", None)
    assert waiting_for_a_word(journal) == []
    with pytest.raises(JournalError, match="nothing to acknowledge"):
        history.acknowledge(request_id, "mary")


@pytest.mark.parametrize("note", ["", "overtaken by opt-out"])
def test_nothing_else_that_was_discarded_is_to_be_acknowledged(
    journal: SqliteJournal, history: History, note: str
) -> None:
    request_id = cancelled_in(journal, note)
    before = journal.record(request_id)
    with pytest.raises(JournalError):
        history.acknowledge(request_id, "mary")
    assert journal.record(request_id) == before


@pytest.mark.parametrize("state", sorted(DISCARDABLE_STATES))
def test_what_cannot_be_discarded_waits_on_as_it_did(path: Path, state: State) -> None:
    with closing(FullJournal.open(path)) as full:
        full.full = False
        request_id = noted_in(full, state)
        full.full = True
        with pytest.raises(JournalError, match="Full"):
            History(full, lambda: later(60)).discard(request_id, "typed twice", "mary")
        assert full.entry(request_id).state is state


@pytest.mark.parametrize(
    ("reason", "why"),
    [(" ", "the reason is missing"), ("a\u202eb", "There is an invisible direction mark")],
)
def test_a_reason_is_needed_that_can_be_read(
    journal: SqliteJournal, history: History, reason: str, why: str
) -> None:
    request_id = noted_in(journal)
    with pytest.raises(InvalidError, match=f"Nothing was discarded: {why}"):
        history.discard(request_id, reason, "mary")
    assert journal.record(request_id).facts[-1].state is State.QUEUED


@pytest.mark.parametrize(
    ("state", "step"),
    [
        *((state, Step.LOOK_UP) for state in (State.UNCONFIRMED, State.NOT_SEEN, State.RESTORED)),
        *((state, Step.REST) for state in (State.QUEUED, State.RETRY_WAIT, State.REFUSED)),
    ],
)
def test_what_may_have_left_is_looked_up_still_and_of_the_rest_nothing_is_left_to_do(
    journal: SqliteJournal, history: History, state: State, step: Step
) -> None:
    request_id = noted_in(journal, state)
    history.discard(request_id, "why", "mary")
    record = journal.record(request_id)
    assert plan(record.facts, record.noted.consent.action, request_id).step is step
