"""The outbox, on the real journal."""

import json
from pathlib import Path
from typing import Any

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.lifecycle.checking import NO_CUSTOMER, SAW_CUSTOMER
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context
from consent_desk.domain.lifecycle.state import ASKED, CANCELLED_HERE, Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Cause, Look, Lost, NotSent, Phase
from consent_desk.domain.wire.request import event_body
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_project, later
from tests.journal.journals import noted_in


@pytest.fixture
def outbox(journal: SqliteJournal) -> Outbox:
    return Outbox(journal, lambda: later(60))


def test_a_noted_consent_is_shown_as_queued(outbox: Outbox) -> None:
    consent = a_consent()
    entry = outbox.note(a_project(), consent)
    assert (entry.request_id, entry.state) == (consent.request_id, State.QUEUED)
    assert (entry.customer, entry.noted_at) == (consent.customer, NOON)
    assert (entry.project_id, entry.project_name) == (a_project().id, a_project().name)


def test_a_noted_consent_keeps_its_bytes_and_where_they_belong(outbox: Outbox) -> None:
    consent = a_consent()
    outbox.note(a_project(), consent)
    noted = outbox.record(consent.request_id).noted
    assert noted.consent == consent
    assert noted.body == event_body(consent)
    assert noted.belongs_to(a_project())


def test_a_noted_consent_waits_to_be_sent_in_its_turn(outbox: Outbox, journal: SqliteJournal) -> None:
    ids = tuple(outbox.note(a_project(), a_consent()).request_id for _ in range(3))
    assert journal.records_in({State.QUEUED}) == ids


def test_what_cannot_be_noted_is_trouble(outbox: Outbox, journal: SqliteJournal) -> None:
    journal._turns.connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(JournalTrouble, match="not noted: the disk is full"):
        outbox.note(a_project(), a_consent(wording="word " * 3000))
    assert journal.records_in({State.QUEUED}) == ()


def test_a_consent_is_there_once_it_is_noted(outbox: Outbox) -> None:
    consent = a_consent()
    assert not outbox.has(consent.request_id)
    outbox.note(a_project(), consent)
    assert outbox.has(consent.request_id)


def test_what_an_earlier_run_left_in_flight_becomes_unconfirmed(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    left, waiting = (outbox.note(a_project(), a_consent()).request_id for _ in range(2))
    journal.claim(left, later(1))
    assert outbox.recover() == 1
    assert outbox.record(left).facts[-1] == Fact(
        at=later(60),
        state=State.UNCONFIRMED,
        outcome=Lost(phase=Phase.WAITING, cause=Cause.PROGRAM_ENDED),
    )
    assert journal.records_in({State.QUEUED}) == (waiting,)


def test_recovering_twice_finds_nothing_the_second_time(outbox: Outbox, journal: SqliteJournal) -> None:
    journal.claim(outbox.note(a_project(), a_consent()).request_id, later(1))
    assert (outbox.recover(), outbox.recover()) == (1, 0)


def test_open_consents_are_counted_by_project(outbox: Outbox, journal: SqliteJournal) -> None:
    outbox.note(a_project(), a_consent())
    delivered = outbox.note(a_project(), a_consent()).request_id
    journal.claim(delivered, later(1))
    assert outbox.open_in(a_project().id) == 2
    journal.append(delivered, Fact(at=later(2), state=State.DELIVERED))
    assert outbox.open_in(a_project().id) == 1
    assert outbox.open_in("another") == 0


def test_a_line_is_read_as_the_journal_has_it_now(outbox: Outbox, journal: SqliteJournal) -> None:
    consent = a_consent()
    noted = outbox.note(a_project(), consent)
    assert outbox.entry(consent.request_id) == noted
    journal.claim(consent.request_id, later(1))
    assert outbox.entry(consent.request_id).state is State.IN_FLIGHT


def test_a_decision_taken_now_never_reuses_a_timestamp(outbox: Outbox) -> None:
    first = a_consent()
    outbox.note(a_project(), first)
    second = outbox.stamp(a_project(), a_consent(action=Action.ACCEPT, valid_until=ValidUntil()))
    assert second.timestamp == Timestamp(first.timestamp.micros + 1)
    assert second.noted_at == second.timestamp
    outbox.note(a_project(), second)
    assert json.loads(outbox.record(second.request_id).noted.body)["timestamp"] == NOON.micros / 1e6 + 1e-6


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": later(-60)},
        {"category": "newsletter"},
        {"customer": CustomerId(type="registered", value="omar@example.org")},
        {"timestamp": later(1), "noted_at": later(1)},
    ],
    ids=["a time that was given", "another category", "another customer", "a later moment"],
)
def test_a_timestamp_that_nobody_has_used_stays(outbox: Outbox, changes: dict[str, object]) -> None:
    outbox.note(a_project(), a_consent())
    consent = a_consent(**changes)
    assert outbox.stamp(a_project(), consent) == consent


def shown(seconds: float | None, clock_off: int | None = 0) -> Context:
    """The look-up showed a decision so many seconds after noon."""
    since = None if seconds is None else later(seconds).micros / 1e6
    return Context(before=CategoryStatus(valid=True, since=since, source="page"), clock_off=clock_off)


@pytest.mark.parametrize("clock_off", [None, 0, -7_200])
@pytest.mark.parametrize(
    ("seconds", "stamped"),
    [
        (None, 0),
        (-3_600, 0),
        (-1, 0),
        (-0.5, 0),
        (0, 1),
        (0.25, 1),
        (30, 31),
        (60, 61),
        (60.5, 0),
        (86_400, 0),
    ],
)
def test_an_opt_out_taken_now_comes_after_what_engagement_shows_but_not_in_the_far_future(
    outbox: Outbox, clock_off: int | None, seconds: float | None, stamped: float
) -> None:
    found = outbox.stamp(a_project(), a_consent(), shown(seconds, clock_off))
    assert (found.timestamp, found.noted_at) == (later(stamped), later(stamped))


def test_nothing_that_engagement_shows_moves_an_opt_in_or_a_time_that_was_typed(outbox: Outbox) -> None:
    accepted = a_consent(action=Action.ACCEPT, valid_until=ValidUntil())
    typed = a_consent(noted_at=later(60))
    assert [outbox.stamp(a_project(), one, shown(30)) for one in (accepted, typed)] == [accepted, typed]


@pytest.mark.parametrize(
    ("seconds", "clock_off", "stamped"),
    [(60, 0, 60.000001), (61, 0, 0), (61, -7_200, 0), (86_400, None, 86_400.000001), (119, -60, 119.000001)],
    ids=["at most a minute", "later", "later, and slow", "time not known", "a clock that is hardly slow"],
)
def test_a_decision_taken_now_comes_after_what_was_noted_here_but_not_in_the_far_future(
    outbox: Outbox, seconds: float, clock_off: int | None, stamped: float
) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(seconds), noted_at=later(seconds)))
    found = outbox.stamp(a_project(), a_consent(), Context(clock_off=clock_off))
    assert found.timestamp == found.noted_at == later(stamped)


def test_a_time_typed_like_a_noted_one_comes_just_after_it(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(0.25), noted_at=later(60)))
    stamped = outbox.stamp(a_project(), a_consent(timestamp=later(0.25), noted_at=later(120)))
    assert (stamped.timestamp, stamped.noted_at) == (later(0.250001), later(120))


def test_a_time_typed_to_the_second_comes_after_all_that_was_noted_in_it(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(0.25), noted_at=later(60)))
    stamped = outbox.stamp(a_project(), a_consent(timestamp=NOON, noted_at=later(60)))
    assert stamped.timestamp == later(0.250001)


def test_a_time_moved_into_the_next_second_comes_after_what_stands_there(outbox: Outbox) -> None:
    for seconds in (0.999999, 1.0, 1.000001):
        outbox.note(a_project(), a_consent(timestamp=later(seconds), noted_at=later(60)))
    stamped = outbox.stamp(a_project(), a_consent(timestamp=NOON, noted_at=later(60)))
    assert stamped.timestamp == later(1.000002)


def test_no_decision_lies_after_its_noting(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=NOON, noted_at=later(0.000001)))
    outbox.note(a_project(), a_consent(timestamp=later(0.000001), noted_at=later(0.000002)))
    stamped = outbox.stamp(a_project(), a_consent(timestamp=NOON, noted_at=later(0.000001)))
    assert stamped.timestamp == stamped.noted_at == later(0.000002)


@pytest.mark.parametrize("noted_at", [NOON, later(60)], ids=["now", "typed"])
def test_a_time_of_its_own_stays(outbox: Outbox, noted_at: Timestamp) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(-1), noted_at=NOON))
    consent = a_consent(timestamp=NOON, noted_at=noted_at)
    assert outbox.stamp(a_project(), consent) is consent


def test_a_typed_time_that_lies_after_the_noted_ones_of_its_second_stays(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=NOON, noted_at=later(60)))
    consent = a_consent(timestamp=later(0.5), noted_at=later(60))
    assert outbox.stamp(a_project(), consent) is consent


def test_a_time_that_was_typed_twice_is_told_apart_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "restarted.db"
    typed = later(-3600)
    stamps = []
    for _ in range(3):
        journal = SqliteJournal.open(path)
        outbox = Outbox(journal, lambda: later(60))
        stamped = outbox.stamp(a_project(), a_consent(timestamp=typed))
        outbox.note(a_project(), stamped)
        stamps.append(outbox.record(stamped.request_id).noted.consent.timestamp.micros - typed.micros)
        journal.close()
    assert stamps == [0, 1, 2]


def test_a_typed_time_before_a_later_decision_stays_before_it(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent())
    given = a_consent(timestamp=later(-3600))
    assert outbox.stamp(a_project(), given) == given


@pytest.mark.parametrize(("known", "kept"), [("", "ada"), ("operator", "operator")])
def test_whose_session_it_was_stands_beside_the_consent(
    journal: SqliteJournal, known: str, kept: str
) -> None:
    consent = a_consent()
    outbox = Outbox(journal, lambda: later(60), "ada")
    outbox.note(a_project(), consent, Context(account=known, is_new_profile=True))
    assert outbox.record(consent.request_id).noted.context == Context(account=kept, is_new_profile=True)
    assert b"ada" not in outbox.record(consent.request_id).noted.body


def several(**changes: Any) -> list[Consent]:
    return [a_consent(category=one, **changes) for one in ("sms_marketing", "newsletter", "push_messages")]


def several_noted(**changes: Any) -> list[tuple[Consent, Context]]:
    return [(one, NO_CONTEXT) for one in several(**changes)]


def test_several_are_noted_in_their_order_each_with_its_context(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    consents = several()
    contexts = [Context(account=consent.category) for consent in consents]
    entries = outbox.note_all(a_project(), tuple(zip(consents, contexts, strict=True)))
    assert [entry.category for entry in entries] == ["sms_marketing", "newsletter", "push_messages"]
    assert {entry.state for entry in entries} == {State.QUEUED}
    assert journal.records_in({State.QUEUED}) == tuple(entry.request_id for entry in entries)
    assert [outbox.record(one.request_id).noted.context for one in consents] == contexts


def test_of_several_that_cannot_be_noted_none_is(outbox: Outbox, journal: SqliteJournal) -> None:
    pages = journal._turns.connection.execute("PRAGMA page_count").fetchone()[0]
    journal._turns.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    short, long = a_consent(), a_consent(category="newsletter", wording="word " * 3000)
    with pytest.raises(JournalTrouble, match="not noted: the disk is full"):
        outbox.note_all(a_project(), ((short, NO_CONTEXT), (long, NO_CONTEXT)))
    assert journal.records_in({State.QUEUED}) == ()


def test_each_of_several_overtakes_what_waits_for_its_category(outbox: Outbox) -> None:
    waiting = a_consent(category="newsletter", action=Action.ACCEPT, valid_until=ValidUntil())
    outbox.note(a_project(), waiting)
    stamped = outbox.stamp_all(a_project(), several_noted())
    outbox.note_all(a_project(), [(one, NO_CONTEXT) for one in stamped])
    assert outbox.record(waiting.request_id).facts[-1].state is State.DISCARDED


def test_several_stamped_at_once_are_a_microsecond_apart_in_their_order(outbox: Outbox) -> None:
    stamped = outbox.stamp_all(a_project(), several_noted())
    assert [one.timestamp.micros - NOON.micros for one in stamped] == [0, 1, 2]
    assert [one.noted_at for one in stamped] == [one.timestamp for one in stamped]


def test_the_order_of_several_holds_where_the_first_had_to_move(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(1), noted_at=later(1)))
    stamped = outbox.stamp_all(a_project(), several_noted())
    assert [one.timestamp.micros - later(1).micros for one in stamped] == [1, 2, 3]


def test_times_of_several_that_differ_stay(outbox: Outbox) -> None:
    consents = [a_consent(), a_consent(category="newsletter", timestamp=later(1), noted_at=later(60))]
    assert outbox.stamp_all(a_project(), [(one, NO_CONTEXT) for one in consents]) == tuple(consents)


def test_none_of_several_with_a_typed_time_lies_after_its_noting(outbox: Outbox) -> None:
    noted_at = Timestamp(NOON.micros + 1)
    stamped = outbox.stamp_all(a_project(), several_noted(noted_at=noted_at))
    assert [one.timestamp.micros - NOON.micros for one in stamped] == [0, 1, 2]
    assert [one.noted_at.micros - NOON.micros for one in stamped] == [1, 1, 2]


def test_a_record_comes_with_the_last_decision_after_it_of_its_customer_and_category(
    outbox: Outbox,
) -> None:
    first, second, last = (a_consent(timestamp=later(seconds)) for seconds in (-9, -7, -5))
    other = a_consent(category="newsletter")
    for consent in (first, last, second, other):
        outbox.note(a_project(), consent)
    assert outbox.record_and_last(first.request_id) == (outbox.record(first.request_id), last.timestamp)
    assert outbox.record_and_last(last.request_id) == (outbox.record(last.request_id), None)


def test_a_decision_that_was_withdrawn_before_it_left_is_not_the_last(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    first, withdrawn = a_consent(timestamp=later(-9)), a_consent(timestamp=later(-5))
    for consent in (first, withdrawn):
        outbox.note(a_project(), consent)
    journal.append(withdrawn.request_id, Fact(at=later(1), state=State.DISCARDED, note="typed wrong"))
    assert outbox.record_and_last(first.request_id) == (outbox.record(first.request_id), None)


def test_what_was_noted_minutes_ago_is_a_repetition(outbox: Outbox) -> None:
    project, first = a_project(), a_consent()
    outbox.note(project, first)
    again = a_consent(timestamp=later(599), noted_at=later(599))
    assert outbox.repeated(project, [again]) == ((again, NOON),)
    # Its own noting may have failed, and be there all the same.
    assert outbox.repeated(project, [first]) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": later(601), "noted_at": later(601)},
        {"category": "newsletter"},
        {"customer": CustomerId(type="registered", value="joe@example.com")},
        {"customer": CustomerId(type="phone", value="jane@example.com")},
        {"action": Action.ACCEPT, "valid_until": ValidUntil()},
    ],
)
def test_another_decision_is_no_repetition(outbox: Outbox, changes: dict[str, Any]) -> None:
    outbox.note(a_project(), a_consent())
    soon = {"timestamp": later(5), "noted_at": later(5)}
    assert outbox.repeated(a_project(), [a_consent(**(soon | changes))]) == ()


def test_what_was_decided_otherwise_in_between_or_withdrawn_is_none_either(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    project = a_project()
    outbox.note(project, a_consent())
    other = a_consent(action=Action.ACCEPT, valid_until=ValidUntil(), timestamp=later(2), noted_at=later(2))
    outbox.note(project, other)
    again = a_consent(timestamp=later(5), noted_at=later(5))
    assert outbox.repeated(project, [again]) == ()
    journal.append(other.request_id, Fact(at=later(3), state=State.DISCARDED))
    assert [at for _, at in outbox.repeated(project, [again])] == [NOON]


def test_one_that_is_dated_back_alike_is_a_repetition(outbox: Outbox) -> None:
    outbox.note(a_project(), a_consent(timestamp=later(-9_000)))
    again = a_consent(timestamp=later(-9_000), noted_at=later(60))
    assert [at for _, at in outbox.repeated(a_project(), [again])] == [NOON]
    # Long after that it is none, though the decision of then is found.
    much_later = a_consent(timestamp=later(-9_000), noted_at=later(3_600))
    assert outbox.repeated(a_project(), [much_later]) == ()


def test_what_is_noted_at_once_has_its_press_in_common(outbox: Outbox, journal: SqliteJournal) -> None:
    first, second = a_consent(), a_consent(category="newsletter")
    outbox.note_all(a_project(), [(first, NO_CONTEXT), (second, NO_CONTEXT)])
    pressed = [journal.record(one.request_id).noted.press for one in (first, second)]
    assert pressed == [first.request_id, first.request_id]
    alone = a_consent(category="calls")
    outbox.note(a_project(), alone)
    assert journal.record(alone.request_id).noted.press is None


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
    entry = outbox.learn(request_id, NO_CUSTOMER)
    assert entry is not None
    assert (entry.state, entry.checked) == (State.NEW_PROFILE, False)
    assert journal.entry(request_id) == entry
    entry = outbox.learn(request_id, ASKED)
    assert entry is not None
    assert (entry.state, entry.checked) == (State.NEW_PROFILE, True)
    # Whatever else is learnt: what a person said stays.
    assert outbox.learn(request_id, SAW_CUSTOMER) == entry
    assert journal.entry(request_id) == entry


def test_what_is_learnt_while_it_is_on_its_way_is_written_later(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    assert outbox.learn(noted_in(journal, State.IN_FLIGHT), NO_CUSTOMER) is None


def test_that_a_customer_was_seen_changes_no_state(outbox: Outbox, journal: SqliteJournal) -> None:
    request_id = noted_in(journal, State.VERIFIED)
    before = journal.record(request_id)
    assert outbox.learn(request_id, SAW_CUSTOMER) == journal.entry(request_id)
    assert journal.record(request_id) == before


def test_what_is_learnt_acknowledges_no_cancelling_and_dismisses_no_alarm(
    outbox: Outbox, journal: SqliteJournal
) -> None:
    cancelled = noted_in(journal)
    fact = Fact(
        at=NOON,
        state=State.DISCARDED,
        outcome=NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED),
        note=CANCELLED_HERE,
    )
    journal.append(cancelled, fact)
    contradicted = noted_in(journal, State.DELIVERED)
    journal.append(contradicted, Fact(at=NOON, state=State.CONTRADICTED, outcome=Look(seen=True, valid=True)))
    for request_id in (cancelled, contradicted):
        before = journal.record(request_id)
        assert outbox.learn(request_id, NO_CUSTOMER) == journal.entry(request_id)
        assert journal.record(request_id) == before
    assert journal.to_acknowledge() == (cancelled,)
