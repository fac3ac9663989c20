"""The outbox, on the real journal."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import (
    NO_CONTEXT,
    NO_CUSTOMER,
    SAW_CUSTOMER,
    Context,
    Entry,
    Noted,
    Record,
)
from consent_desk.domain.lifecycle.state import ASKED, CANCELLED_HERE, Fact, State
from consent_desk.domain.message import say
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Cause, Look, Lost, NotSent, Phase
from consent_desk.domain.wire.request import event_body
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_noted, a_project, go_on, later
from tests.journal.journals import lead, noted_in

PROJECT = a_project()
OPT_IN: dict[str, Any] = {"action": Action.ACCEPT, "valid_until": ValidUntil()}


@pytest.fixture
def outbox(journal: SqliteJournal) -> Outbox:
    return Outbox(journal, lambda: later(60))


def at(timestamp: float, noted_at: float | None = None, **changes: Any) -> Consent:
    """A decision with a time that was given; without `noted_at` it is taken now."""
    noted = timestamp if noted_at is None else noted_at
    return a_consent(timestamp=later(timestamp), noted_at=later(noted), **changes)


# --------------------------------------------------------------------------------------------- noting


def test_a_noted_consent_waits_with_its_bytes_and_where_they_belong(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    consent = a_consent()
    assert not journal.has(consent.request_id)
    entry = outbox.note(PROJECT, consent)
    noted = Noted.of(PROJECT, consent)
    assert journal.has(consent.request_id)
    assert journal.record(consent.request_id).noted == noted
    assert noted.body == event_body(consent)
    assert entry == journal.entry(consent.request_id) == Entry.of(noted, State.QUEUED)


def test_several_are_noted_in_their_order_each_with_its_context_and_their_press_in_common(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    consents = several()
    contexts = [Context(account=consent.category) for consent in consents]
    entries = outbox.note_all(PROJECT, tuple(zip(consents, contexts, strict=True)))
    assert [entry.category for entry in entries] == ["sms_marketing", "newsletter", "push_messages"]
    assert {entry.state for entry in entries} == {State.QUEUED}
    assert journal.records_in({State.QUEUED}) == tuple(entry.request_id for entry in entries)
    noted = [journal.record(one.request_id).noted for one in consents]
    assert [one.context for one in noted] == contexts
    assert {one.press for one in noted} == {consents[0].request_id}
    alone = outbox.note(PROJECT, a_consent(category="calls"))
    assert journal.record(alone.request_id).noted.press is None


def test_what_cannot_be_noted_is_trouble(path: Path) -> None:
    class FullJournal(SqliteJournal):
        def note_all(self, noted: Sequence[Noted]) -> None:
            raise JournalError(say("tests", "Not noted."), say("tests", "Make room."))

    full = FullJournal.open(path)
    with pytest.raises(JournalError, match="Not noted"):
        Outbox(full, lambda: later(60)).note_all(PROJECT, several_noted())
    assert full.records_in(set(State)) == ()
    full.close()


@pytest.mark.parametrize(("known", "kept"), [("", "otto"), ("operator", "operator")])
def test_whose_session_it_was_stands_beside_the_consent(
    journal: SqliteJournal, known: str, kept: str
) -> None:
    consent = a_consent()
    outbox = Outbox(journal, lambda: later(60), "otto")
    outbox.note(PROJECT, consent, Context(account=known, is_new_profile=True))
    noted = journal.record(consent.request_id).noted
    assert noted.context == Context(account=kept, is_new_profile=True)
    assert b"otto" not in noted.body


def test_each_of_several_overtakes_what_waits_for_its_category(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    waiting = a_consent(category="newsletter", **OPT_IN)
    outbox.note(PROJECT, waiting)
    stamped = outbox.stamp_all(PROJECT, several_noted())
    outbox.note_all(PROJECT, [(one, NO_CONTEXT) for one in stamped])
    assert journal.entry(waiting.request_id).state is State.DISCARDED


def test_what_a_program_that_has_ended_left_in_flight_becomes_unconfirmed_once(
    outbox: Outbox, journal: SqliteJournal, path: Path
) -> None:
    with closing(SqliteJournal.open(path)) as other:
        left, waiting = noted_in(other, State.IN_FLIGHT), noted_in(other)
        assert outbox.recover() == 0
        assert journal.entry(left).state is State.IN_FLIGHT
    assert (outbox.recover(), outbox.recover()) == (1, 0)
    lost = Lost(phase=Phase.WAITING, cause=Cause.PROGRAM_ENDED)
    assert journal.record(left).facts[-1] == Fact(at=later(60), state=State.UNCONFIRMED, outcome=lost)
    assert journal.records_in({State.QUEUED}) == (waiting,)


def test_what_this_program_has_in_flight_stays_so(outbox: Outbox, journal: SqliteJournal) -> None:
    leaving = noted_in(journal, State.IN_FLIGHT)
    assert outbox.recover() == 0
    assert journal.entry(leaving).state is State.IN_FLIGHT


def test_what_another_program_sends_again_while_it_is_recovered_is_left_to_that_one(path: Path) -> None:
    with closing(SqliteJournal.open(path)) as ended:
        left = noted_in(ended, State.IN_FLIGHT)

    class Late(SqliteJournal):
        def is_abandoned(self, request_id: str) -> bool:
            abandoned = super().is_abandoned(request_id)
            lead(other, request_id, (State.RETRY_WAIT, State.IN_FLIGHT))
            return abandoned

    with closing(SqliteJournal.open(path)) as other, closing(Late.open(path)) as late:
        assert Outbox(late, lambda: later(60)).recover() == 0
        assert other.entry(left).state is State.IN_FLIGHT


# ------------------------------------------------------------------------------------------- stamping


@pytest.mark.parametrize(
    ("noted", "given", "clock_off", "stamped"),
    [
        # Taken now: later than what was noted here, if that is not in the far future.
        ([at(0)], at(0, **OPT_IN), None, (1e-6, 1e-6)),
        ([at(60)], at(0), 0, (60.000001, 60.000001)),
        ([at(61)], at(0), 0, (0, 0)),
        ([at(61)], at(0), -7_200, (0, 0)),
        ([at(86_400)], at(0), None, (86_400.000001, 86_400.000001)),
        ([at(119)], at(0), -60, (119.000001, 119.000001)),
        ([at(-1, 0)], at(0), None, (0, 0)),
        ([at(0)], at(1), None, (1, 1)),
        ([at(0, category="newsletter")], at(0), None, (0, 0)),
        ([at(0, customer=CustomerId(type="registered", value="omar"))], at(0), None, (0, 0)),
        # Typed: just after what was noted in its second.
        ([at(0.25, 60)], at(0.25, 120), None, (0.250001, 120)),
        ([at(0.25, 60)], at(0, 60), None, (0.250001, 60)),
        ([at(one, 60) for one in (0.999999, 1.0, 1.000001)], at(0, 60), None, (1.000002, 60)),
        ([at(-3600, 0), at(-3599.999999, 0)], at(-3600, 0), None, (-3599.999998, 0)),
        ([at(-1, 0)], at(0, 60), None, (0, 60)),
        ([at(0, 60)], at(0.5, 60), None, (0.5, 60)),
        ([at(0)], at(-3600, 0), None, (-3600, 0)),
        # No decision lies after its noting.
        ([at(0, 1e-6), at(1e-6, 2e-6)], at(0, 1e-6), None, (2e-6, 2e-6)),
    ],
)
def test_a_decision_is_stamped_later_than_what_was_noted_here_of_its_time(
    outbox: Outbox,
    noted: list[Consent],
    given: Consent,
    clock_off: int | None,
    stamped: tuple[float, float],
) -> None:
    for one in noted:
        outbox.note(PROJECT, one)
    found = outbox.stamp(PROJECT, given, Context(clock_off=clock_off))
    assert (found.timestamp, found.noted_at) == tuple(map(later, stamped))


def shown(seconds: float | None, clock_off: int | None = 0) -> Context:
    """The look-up showed a decision so many seconds after noon."""
    since = None if seconds is None else later(seconds).micros / 1e6
    return Context(before=CategoryStatus(valid=True, since=since, source="page"), clock_off=clock_off)


@pytest.mark.parametrize("clock_off", [None, 0, -7_200])
@pytest.mark.parametrize(
    ("seconds", "stamped"),
    [(None, 0), (-1, 0), (-0.5, 0), (0, 1), (0.25, 1), (30, 31), (60, 61), (60.5, 0)],
)
def test_an_opt_out_taken_now_comes_after_what_engagement_shows_but_not_in_the_far_future(
    outbox: Outbox, clock_off: int | None, seconds: float | None, stamped: float
) -> None:
    found = outbox.stamp(PROJECT, a_consent(), shown(seconds, clock_off))
    assert (found.timestamp, found.noted_at) == (later(stamped), later(stamped))


def test_nothing_that_engagement_shows_moves_an_opt_in_or_a_time_that_was_typed(outbox: Outbox) -> None:
    both = [at(0, **OPT_IN), at(0, 60)]
    assert [outbox.stamp(PROJECT, one, shown(30)) for one in both] == both


def several(**changes: Any) -> list[Consent]:
    return [a_consent(category=one, **changes) for one in ("sms_marketing", "newsletter", "push_messages")]


def several_noted(**changes: Any) -> list[tuple[Consent, Context]]:
    return [(one, NO_CONTEXT) for one in several(**changes)]


@pytest.mark.parametrize(
    ("noted", "changes", "timestamps", "noted_at"),
    [
        ([], {}, [0, 1, 2], [0, 1, 2]),
        ([at(1)], {}, [1_000_001, 1_000_002, 1_000_003], [1_000_001, 1_000_002, 1_000_003]),
        ([], {"noted_at": Timestamp(NOON.micros + 1)}, [0, 1, 2], [1, 1, 2]),
    ],
    ids=["now", "where the first has to move", "typed"],
)
def test_several_stamped_at_once_are_a_microsecond_apart_in_their_order(
    outbox: Outbox, noted: list[Consent], changes: Any, timestamps: list[int], noted_at: list[int]
) -> None:
    for one in noted:
        outbox.note(PROJECT, one)
    stamped = outbox.stamp_all(PROJECT, several_noted(**changes))
    assert [one.timestamp.micros - NOON.micros for one in stamped] == timestamps
    assert [one.noted_at.micros - NOON.micros for one in stamped] == noted_at


def test_times_of_several_that_differ_stay(outbox: Outbox) -> None:
    consents = [a_consent(), at(1, 60, category="newsletter")]
    assert outbox.stamp_all(PROJECT, [(one, NO_CONTEXT) for one in consents]) == tuple(consents)


# ---------------------------------------------------------------------------------- what was noted before


def test_a_record_comes_with_the_last_decision_after_it_that_was_not_withdrawn(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    first, second, last, withdrawn = (at(seconds, 0) for seconds in (-9, -7, -5, -3))
    for consent in (first, last, second, withdrawn, a_consent(category="newsletter")):
        outbox.note(PROJECT, consent)
    go_on(journal, withdrawn.request_id, Fact(at=later(1), state=State.DISCARDED, note="typed wrong"))
    assert outbox.record_and_last(first.request_id) == (journal.record(first.request_id), last.timestamp)
    assert outbox.record_and_last(last.request_id) == (journal.record(last.request_id), None)


@pytest.mark.parametrize(
    ("first", "again", "is_repeated"),
    [
        (at(0), at(599), True),
        (at(0), at(601), False),
        (at(0), at(5, category="newsletter"), False),
        (at(0), at(5, customer=CustomerId(type="registered", value="joe@example.com")), False),
        (at(0), at(5, customer=CustomerId(type="phone", value="jane@example.com")), False),
        (at(0), at(5, **OPT_IN), False),
        # Dated back alike; and long after that, though the decision of then is found.
        (at(-9_000, 0), at(-9_000, 60), True),
        (at(-9_000, 0), at(-9_000, 3_600), False),
    ],
)
def test_the_same_decision_minutes_ago_is_a_repetition(
    outbox: Outbox, first: Consent, again: Consent, is_repeated: bool
) -> None:
    outbox.note(PROJECT, first)
    assert outbox.repeated(PROJECT, [again]) == (((again, NOON),) if is_repeated else ())
    # Its own noting may have failed, and be there all the same.
    assert outbox.repeated(PROJECT, [first]) == ()


def test_what_was_decided_otherwise_in_between_is_no_repetition_unless_that_was_withdrawn(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    other, again = at(2, **OPT_IN), at(5)
    for one in (at(0), other):
        outbox.note(PROJECT, one)
    assert outbox.repeated(PROJECT, [again]) == ()
    go_on(journal, other.request_id, Fact(at=later(3), state=State.DISCARDED))
    assert outbox.repeated(PROJECT, [again]) == ((again, NOON),)


# --------------------------------------------------------------------------------- what is learnt later


def test_what_is_learnt_of_a_customer_stands_in_the_journal(outbox: Outbox, journal: SqliteJournal) -> None:
    request_id = noted_in(journal)
    entry = outbox.learn(request_id, NO_CUSTOMER)
    assert entry is not None
    assert entry.state is State.QUEUED
    assert journal.record(request_id).facts[-1].note == NO_CUSTOMER


def test_of_what_was_delivered_the_profile_is_new_from_then_on(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    request_id = noted_in(journal, State.DELIVERED)
    # Whatever else is learnt: what a person said stays.
    for note, is_checked in ((NO_CUSTOMER, False), (ASKED, True), (SAW_CUSTOMER, True)):
        entry = outbox.learn(request_id, note)
        assert entry is not None
        assert (entry.state, entry.checked) == (State.NEW_PROFILE, is_checked)
        assert journal.entry(request_id) == entry


def test_what_is_learnt_while_it_is_on_its_way_is_written_later(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    assert outbox.learn(noted_in(journal, State.IN_FLIGHT), NO_CUSTOMER) is None


def test_what_leaves_while_something_is_learnt_of_it_is_not_queued_again(path: Path) -> None:
    class BusyJournal(SqliteJournal):
        """A journal in which a consent is claimed as soon as it was read."""

        left = False

        def record(self, request_id: str) -> Record:
            read = super().record(request_id)
            if not self.left:
                self.left = True
                assert self.claim(request_id, later(1), after=len(read.facts)) is not None
            return read

    with closing(BusyJournal.open(path)) as busy:
        noted = a_noted()
        busy.note_all((noted,))
        request_id = noted.consent.request_id
        assert Outbox(busy, lambda: later(2)).learn(request_id, SAW_CUSTOMER) is None
        assert busy.entry(request_id).state is State.IN_FLIGHT


def cancelled(journal: SqliteJournal) -> str:
    request_id = noted_in(journal)
    outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
    fact = Fact(at=NOON, state=State.DISCARDED, outcome=outcome, note=CANCELLED_HERE)
    go_on(journal, request_id, fact)
    return request_id


def test_what_is_learnt_changes_nothing_that_is_verified_or_waits_for_somebodys_word(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    contradicted = noted_in(journal, State.DELIVERED)
    go_on(journal, contradicted, Fact(at=NOON, state=State.CONTRADICTED, outcome=Look(seen=True, valid=True)))
    verified = noted_in(journal, State.VERIFIED)
    for request_id, note in (
        (cancelled(journal), NO_CUSTOMER),
        (contradicted, NO_CUSTOMER),
        (verified, SAW_CUSTOMER),
    ):
        before = journal.record(request_id)
        assert outbox.learn(request_id, note) == journal.entry(request_id)
        assert journal.record(request_id) == before
