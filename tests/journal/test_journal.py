"""The journal as those who note and send see it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import (
    Consent,
    CustomerId,
    Timestamp,
    ValidUntil,
    complaint_about_category,
    complaint_about_id,
    complaint_about_id_type,
    complaint_about_note,
    complaint_about_wording,
)
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Entry, Noted, Subject
from consent_desk.domain.lifecycle.state import LEGAL, OPEN_STATES, SENDABLE_STATES, Fact, State
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    LookReason,
    Lost,
    NoLook,
    NotSent,
    Phase,
    Stored,
)
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.rows import content_sha256
from consent_desk.journal.search import PAGE
from consent_desk.journal.verify import Verdict, verify
from tests.consents import NOON, a_consent, a_context, a_noted, a_project, claim, go_on, later, write_down
from tests.journal.journals import latest, noted_in, tamper, transactions_of

SEEN = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"])
SCRIPTS = st.sampled_from(["Jürgen Müller", "Παπαδόπουλος", "محمد", "山田 太郎", "Žofie 👩‍👧", "नमस्ते"])
TEXTS = st.text(SEEN, max_size=40) | SCRIPTS
ANYTHING = st.text(st.characters())
MICROS = st.integers(1, 2**33 * 1_000_000 - 1)
SECONDS = st.floats(0, 1e6)
ENDED = CategoryStatus(valid=False, since=1.5, source="page", until=ValidUntil(1_800_000_000), ended=True)


@st.composite
def consents(draw: st.DrawFn) -> Consent:
    timestamp, noted_at = sorted(draw(st.tuples(MICROS, MICROS)))
    action = draw(st.sampled_from(Action))
    until = st.just(ValidUntil()) | st.builds(ValidUntil, st.integers(timestamp // 1_000_000 + 1, 10**11 - 1))
    notes = TEXTS.filter(lambda text: complaint_about_note(text) is None)
    return Consent(
        request_id=str(
            uuid4()
        ),  # not drawn: an example that runs twice is another consent in the shared journal
        customer=CustomerId(
            type=draw(TEXTS.filter(lambda text: complaint_about_id_type(text) is None)),
            value=draw(TEXTS.filter(lambda text: complaint_about_id(text) is None)),
        ),
        category=draw(TEXTS.filter(lambda text: complaint_about_category(text) is None)),
        action=action,
        valid_until=draw(until) if action is Action.ACCEPT else None,
        timestamp=Timestamp(timestamp),
        noted_at=Timestamp(noted_at),
        channel=draw(notes),
        ticket=draw(notes),
        agent=draw(notes),
        wording=draw(
            st.text(SEEN | st.sampled_from("\n\t\u00a0"), max_size=300).filter(
                lambda text: complaint_about_wording(text) is None
            )
        ),
    )


ENDINGS = {
    "phase": st.sampled_from(Phase),
    "cause": st.sampled_from(Cause),
    "detail": st.text(),
    "elapsed": SECONDS,
}
PARTS = {
    "status": st.integers(100, 999),
    "headers": st.lists(st.tuples(ANYTHING, ANYTHING), max_size=5).map(tuple),
    "body": st.binary(max_size=2000),
}
CALLS = (
    st.builds(Answered, **PARTS, truncated=st.booleans(), elapsed=st.just(0.0))
    | st.builds(NotSent, **ENDINGS | {"elapsed": st.just(0.0)})
    | st.builds(Lost, **ENDINGS | PARTS | {"elapsed": st.just(0.0)})
)
OUTCOMES = (
    st.builds(Answered, **PARTS, truncated=st.booleans(), elapsed=SECONDS)
    | st.builds(NotSent, **ENDINGS)
    | st.builds(Lost, **ENDINGS)
    | st.builds(Lost, **ENDINGS, **PARTS)
    | st.builds(
        Look,
        seen=st.booleans(),
        later=st.booleans(),
        valid=st.none() | st.booleans(),
        since=st.none() | st.floats(0, 1e12),
        source=st.text(max_size=60),
        blind=st.booleans(),
        reason=st.none() | st.sampled_from(LookReason),
        event=st.none()
        | st.builds(Stored, action=ANYTHING, category=ANYTHING, time=ANYTHING, source=ANYTHING),
        unknown=st.booleans(),
        unlisted=st.booleans(),
        steady=st.none() | SECONDS,
        elapsed=SECONDS,
    )
    | st.builds(
        FailedLook,
        why=st.sampled_from(NoLook),
        outcome=st.none() | CALLS.map(lambda one: replace(one, elapsed=0.0)),
        failed=st.integers(1, 10_000),
        steady=st.none() | SECONDS,
        elapsed=SECONDS,
    )
)
AFTER_A_CALL = st.builds(
    Fact,
    at=st.builds(Timestamp, MICROS),
    state=st.sampled_from(sorted(LEGAL[State.IN_FLIGHT])),
    outcome=st.none() | OUTCOMES,
    note=st.text(st.characters(exclude_categories=["Cs"])),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteJournal]:
    """One journal for all examples of a property; each brings new request IDs."""
    journal = SqliteJournal.open(tmp_path_factory.mktemp("shared") / "journal.sqlite")
    yield journal
    journal.close()


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def settled_in(journal: SqliteJournal, state: State, outcome: Answered | NotSent | Lost | None = None) -> str:
    request_id = noted_in(journal)
    claim(journal, request_id, later(1))
    go_on(journal, request_id, Fact(at=later(2), state=state, outcome=outcome))
    return request_id


def test_a_noted_consent_is_queued(journal: SqliteJournal) -> None:
    noted = a_noted()
    write_down(journal, noted)
    record = journal.record(noted.consent.request_id)
    assert record.noted == noted
    assert record.facts == (Fact(at=NOON, state=State.QUEUED),)


def test_noting_the_same_again_changes_nothing(journal: SqliteJournal) -> None:
    noted = [a_noted(), a_noted(category="newsletter")]
    journal.note_all(noted)
    claim(journal, noted[0].consent.request_id, later(1))
    journal.note_all(noted)
    facts = [journal.record(one.consent.request_id).facts for one in noted]
    assert [[fact.state for fact in each] for each in facts] == [
        [State.QUEUED, State.IN_FLIGHT],
        [State.QUEUED],
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"wording": "Other words"},
        {"category": "other"},
        {"customer": CustomerId(type="registered", value="joe")},
    ],
)
def test_another_decision_under_the_same_id_is_not_noted(
    journal: SqliteJournal, changes: dict[str, object]
) -> None:
    noted = a_noted()
    write_down(journal, noted)
    with pytest.raises(JournalError, match="The decision is not noted"):
        write_down(journal, a_noted(request_id=noted.consent.request_id, **changes))
    assert journal.record(noted.consent.request_id).noted == noted


@given(consent=consents())
def test_a_claim_returns_exactly_what_was_noted(shared: SqliteJournal, consent: Consent) -> None:
    noted = Noted.of(a_project(name="Açme 生産"), consent)
    write_down(shared, noted)
    assert claim(shared, consent.request_id, later(1)) == noted
    assert shared.record(consent.request_id).noted == noted
    assert shared.entry(consent.request_id).customer == consent.customer


@given(fact=AFTER_A_CALL)
def test_a_fact_is_read_back_exactly(shared: SqliteJournal, fact: Fact) -> None:
    request_id = noted_in(shared)
    claim(shared, request_id, later(1))
    go_on(shared, request_id, fact)
    assert shared.record(request_id).facts[-1] == fact


def test_what_the_desk_knew_beside_a_consent_is_read_back_exactly(journal: SqliteJournal) -> None:
    properties = (("store", "Graz"), ("visits", 3), ("rate", 0.5), ("vip", True), ("flag", "“ü”"))
    for context in (
        NO_CONTEXT,
        a_context(),
        replace(a_context(), before=CategoryStatus(valid=False, since=None, source="", until=ValidUntil())),
        *(replace(a_context(), before=replace(ENDED, ended=ended)) for ended in (True, False, None)),
        replace(a_context(), before=replace(ENDED, valid=True)),
    ):
        noted = Noted.of(a_project(), a_consent(properties=properties), context)
        write_down(journal, noted)
        assert journal.record(noted.consent.request_id).noted == noted


def test_a_stray_byte_in_a_technical_detail_or_a_reason_is_written_out(journal: SqliteJournal) -> None:
    not_sent = NotSent(phase=Phase.CONNECTING, cause=Cause.UNEXPECTED, detail="caf\udce9")
    request_id = settled_in(journal, State.QUEUED, not_sent)
    go_on(journal, request_id, Fact(at=later(3), state=State.DISCARDED, note="called back: Jürgen\udce9"))
    *_, failed, last = journal.record(request_id).facts
    assert failed.outcome == replace(not_sent, detail=r"caf\udce9")
    assert last.note == r"called back: Jürgen\udce9"


def test_a_header_that_has_no_utf_8_is_kept(journal: SqliteJournal) -> None:
    answered = Answered(status=502, headers=(("X-Name", "caf\udce9"),), body=b"")
    request_id = settled_in(journal, State.UNCONFIRMED, answered)
    assert journal.record(request_id).facts[-1].outcome == answered


def test_a_claim_is_written_down_and_a_second_one_gets_nothing(journal: SqliteJournal) -> None:
    request_id = noted_in(journal)
    assert claim(journal, request_id, later(1)) is not None
    for unclaimable in (request_id, str(uuid4())):
        assert journal.claim(unclaimable, later(2), after=2) is None
    assert journal.record(request_id).facts[1:] == (Fact(at=later(1), state=State.IN_FLIGHT),)


def test_what_was_decided_on_older_facts_is_neither_claimed_nor_written(
    journal: SqliteJournal,
) -> None:
    request_id = noted_in(journal)
    assert journal.claim(request_id, later(1), after=1) is not None
    learnt = Fact(at=later(2), state=State.QUEUED, note="what was read before it left")
    assert not journal.append(request_id, learnt, after=1)
    go_on(journal, request_id, Fact(at=later(3), state=State.QUEUED))
    assert journal.claim(request_id, later(4), after=1) is None
    assert [fact.state for fact in journal.record(request_id).facts] == ["queued", "in_flight", "queued"]
    assert journal.claim(request_id, later(4), after=3) is not None


@pytest.mark.parametrize("state", State)
def test_only_what_may_be_sent_can_be_claimed(journal: SqliteJournal, state: State) -> None:
    request_id = noted_in(journal, state)
    claimed = claim(journal, request_id, later(3))
    assert (claimed is not None) == (state in SENDABLE_STATES)


@pytest.mark.parametrize("state", State)
def test_only_what_may_follow_is_appended(journal: SqliteJournal, state: State) -> None:
    for following in State:
        request_id = noted_in(journal, state)
        before = journal.record(request_id)
        if following in LEGAL[state] - {State.IN_FLIGHT}:
            go_on(journal, request_id, Fact(at=later(3), state=following))
            assert journal.entry(request_id).state is following
        else:
            with pytest.raises(JournalError, match="could not be written down"):
                go_on(journal, request_id, Fact(at=later(3), state=following))
            assert journal.record(request_id) == before


@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED])
def test_appending_the_last_fact_again_changes_nothing(journal: SqliteJournal, state: State) -> None:
    request_id = noted_in(journal, state)
    before = journal.record(request_id)
    go_on(journal, request_id, before.facts[-1])
    assert journal.record(request_id) == before


def test_an_unknown_consent_is_trouble(journal: SqliteJournal) -> None:
    unknown = str(uuid4())
    with pytest.raises(JournalError):
        journal.append(unknown, Fact(at=NOON, state=State.DELIVERED), after=1)
    with pytest.raises(JournalError):
        journal.entry(unknown)
    with pytest.raises(JournalError):
        journal.record(unknown)


def test_an_entry_tells_of_the_last_fact(journal: SqliteJournal) -> None:
    answered = Answered(status=401, headers=(), body=b"{}", elapsed=0.25)
    request_id = settled_in(journal, State.REFUSED, answered)
    entry = journal.entry(request_id)
    assert (entry.state, entry.status, entry.elapsed) == (State.REFUSED, 401, 0.25)
    assert (entry.customer.value, entry.category, entry.action) == (
        "jane@example.com",
        "sms_marketing",
        Action.REJECT,
    )
    assert (entry.noted_at, entry.project_name) == (NOON, "Acme production")
    claim(journal, request_id, later(3))
    assert (journal.entry(request_id).status, journal.entry(request_id).elapsed) == (None, None)


def test_no_page_is_longer_than_500_and_no_list_is_cut(journal: SqliteJournal) -> None:
    ids = tuple(noted_in(journal) for _ in range(2 * PAGE + 1))
    assert len(latest(journal, 10**6)) == PAGE
    assert journal.records_in({State.QUEUED}) == ids


def test_a_record_of_very_many_facts_is_whole(journal: SqliteJournal) -> None:
    request_id = noted_in(journal)
    for number in range(PAGE // 2 + 1):
        claim(journal, request_id, later(number))
        go_on(journal, request_id, Fact(at=later(number), state=State.QUEUED))
    facts = journal.record(request_id).facts
    assert len(facts) == PAGE + 3
    assert [fact.state for fact in facts[::2]] == [State.QUEUED] * (PAGE // 2 + 2)


def test_open_ones_are_counted_by_project(journal: SqliteJournal) -> None:
    for state in State:
        noted_in(journal, state)
    write_down(journal, Noted.of(a_project(id="another"), a_consent()))
    assert journal.open_in(a_project().id) == len(OPEN_STATES)
    assert journal.open_in("another") == 1
    assert journal.open_in("unknown") == 0


@given(moves=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(State)), max_size=30))
def test_the_state_that_stands_is_always_that_of_the_last_fact(
    shared: SqliteJournal, moves: list[tuple[int, State]]
) -> None:
    ids = [noted_in(shared) for _ in range(5)]
    for which, state in moves:
        claim(shared, ids[which], later(1))
        if state in LEGAL[shared.entry(ids[which]).state] - {State.IN_FLIGHT}:
            go_on(shared, ids[which], Fact(at=later(2), state=state))
    last = {request_id: shared.record(request_id).facts[-1].state for request_id in ids}
    assert {request_id: shared.entry(request_id).state for request_id in ids} == last
    assert {one: state for state in State for one in shared.records_in({state}) if one in last} == last


def test_what_is_in_several_states_comes_in_one_order(journal: SqliteJournal) -> None:
    states = [State.REFUSED, State.QUEUED, State.VERIFIED, State.REFUSED, State.QUEUED]
    ids = [noted_in(journal, state) for state in states]
    found = journal.records_in({State.QUEUED, State.REFUSED})
    assert found == (ids[0], ids[1], ids[3], ids[4])
    assert journal.records_in(()) == ()


def test_open_consents_of_one_customer_and_category_are_found(journal: SqliteJournal) -> None:
    ids = {state: noted_in(journal, state) for state in State}
    joe = CustomerId(type="registered", value="joe")
    noted_in(journal, customer=joe)
    noted_in(journal, customer=CustomerId(type="cookie", value="jane@example.com"))
    noted_in(journal, category="newsletter")
    jane = a_consent().customer
    subject = Subject(a_project().id, jane, "sms_marketing")
    found = journal.alike(subject, OPEN_STATES)
    assert [one.request_id for one in found] == [
        request_id for state, request_id in ids.items() if state in OPEN_STATES
    ]
    assert (found[0].action, found[0].timestamp, found[0].state) == (Action.REJECT, NOON, State.QUEUED)
    assert journal.alike(subject, OPEN_STATES, {Action.ACCEPT}) == ()
    assert journal.alike(subject, OPEN_STATES, after=NOON) == ()
    assert journal.alike(subject._replace(project_id="another"), OPEN_STATES) == ()
    assert journal.first_alike(subject, OPEN_STATES, Action.REJECT) == ids[State.QUEUED]
    assert journal.first_alike(subject, OPEN_STATES, Action.ACCEPT) is None


def test_what_is_given_up_is_so_in_one_step_where_it_may_be(journal: SqliteJournal) -> None:
    request_id, leaving = noted_in(journal), noted_in(journal, State.IN_FLIGHT)
    fact = Fact(at=later(3), state=State.DISCARDED, note="typed twice")
    assert journal.give_up(request_id, {State.QUEUED}, fact)
    for one in (request_id, leaving, str(uuid4())):
        assert not journal.give_up(one, {State.QUEUED}, fact)
    assert [one.state for one in journal.record(request_id).facts] == [State.QUEUED, State.DISCARDED]
    assert journal.entry(leaving).state is State.IN_FLIGHT


def test_of_several_all_are_given_up_that_may_be_or_none(journal: SqliteJournal) -> None:
    ids = [noted_in(journal), noted_in(journal, State.IN_FLIGHT), noted_in(journal)]
    with pytest.raises(JournalError, match="that cannot follow"):
        journal.give_up_all(ids, OPEN_STATES, Fact(at=later(3), state=State.UNCONFIRMED))
    assert [len(journal.record(one).facts) for one in ids] == [1, 2, 1]
    fact = Fact(at=later(3), state=State.DISCARDED, note="typed twice")
    assert journal.give_up_all(ids, {State.QUEUED}, fact) == 2
    assert [journal.entry(one).state for one in ids] == [State.DISCARDED, State.IN_FLIGHT, State.DISCARDED]


def test_what_is_given_up_ends_in_no_state_that_cannot_follow(journal: SqliteJournal) -> None:
    request_id = noted_in(journal)
    with pytest.raises(JournalError, match="It was not discarded: that cannot follow"):
        journal.give_up(request_id, {State.QUEUED}, Fact(at=later(3), state=State.CONTRADICTED))


def test_the_later_ones_are_read_with_all_facts_whatever_became_of_them(journal: SqliteJournal) -> None:
    jane = a_consent().customer
    states = (State.DISCARDED, State.VERIFIED, State.QUEUED)
    ids = [
        noted_in(journal, state, timestamp=later(seconds), noted_at=later(9))
        for seconds, state in enumerate(states)
    ]
    noted_in(journal, category="newsletter", timestamp=later(3), noted_at=later(9))
    noted_in(
        journal, customer=CustomerId(type="cookie", value=jane.value), timestamp=later(3), noted_at=later(9)
    )
    found = journal.later_like(a_project().id, jane, "sms_marketing", later(0))
    assert [*found] == [journal.record(ids[2]), journal.record(ids[1])]
    assert [*journal.later_like("another", jane, "sms_marketing", NOON)] == []


def test_the_last_timestamp_counts_whatever_became_of_it(journal: SqliteJournal) -> None:
    jane = a_consent().customer
    assert journal.last_timestamp(a_project().id, jane, "sms_marketing") is None
    for seconds, state in ((2, State.DISCARDED), (1, State.QUEUED)):
        noted_in(journal, state, timestamp=later(seconds), noted_at=later(5))
    noted_in(journal, category="newsletter", timestamp=later(3), noted_at=later(5))
    assert journal.last_timestamp(a_project().id, jane, "sms_marketing") == later(2)
    assert journal.last_timestamp(a_project().id, jane, "sms_marketing", later(2)) == later(1)
    assert journal.last_timestamp(a_project().id, jane, "sms_marketing", later(0.999999)) is None
    assert journal.last_timestamp("another", jane, "sms_marketing") is None


def test_the_derived_table_agrees_with_the_facts(path: Path, journal: SqliteJournal) -> None:
    for state in [*State, *State]:
        noted_in(journal, state)
    derived = "SELECT request_id, fact, state FROM standing JOIN consent USING (seq) ORDER BY request_id"
    facts = "SELECT request_id, max(seq), state FROM fact GROUP BY request_id ORDER BY request_id"
    assert rows(path, derived) == rows(path, facts)
    assert len(rows(path, derived)) == 2 * len(State)


def test_consents_and_facts_hold_no_personal_data(path: Path, journal: SqliteJournal) -> None:
    canary = "canary-4711"
    texts = dict.fromkeys(("wording", "ticket", "agent", "channel"), canary)
    customer = CustomerId(type="registered", value=canary)
    request_id = noted_in(journal, State.QUEUED, customer=customer, **texts)
    claim(journal, request_id, later(1))
    echo = Answered(status=200, headers=(("X-Echo", canary),), body=canary.encode())
    go_on(journal, request_id, Fact(at=later(2), state=State.UNCONFIRMED, outcome=echo, note=canary))
    for table in ("consent", "fact", "standing"):
        assert canary not in repr(rows(path, f"SELECT * FROM {table}"))
    for table in ("personal", "answer", "remark"):
        assert canary in repr(rows(path, f"SELECT * FROM {table}"))


def test_the_facts_hold_the_hash_of_what_may_be_erased(path: Path, journal: SqliteJournal) -> None:
    settled_in(journal, State.DELIVERED, Answered(status=200, headers=(("A", "b"),), body=b"\0\xff"))
    hashes = [row[0] for row in rows(path, "SELECT content_sha256 FROM fact ORDER BY seq")]
    for table, found in (("personal", hashes[0]), ("answer", hashes[2])):
        _key, salt, *parts = rows(path, f"SELECT * FROM {table}")[0]
        assert isinstance(salt, bytes)
        contents = [part.encode() if isinstance(part, str) else part for part in parts]
        assert all(isinstance(part, bytes) for part in contents)
        assert content_sha256(salt, *(bytes(part) for part in contents if isinstance(part, bytes))) == found
    assert hashes[1] is None


def test_the_hash_tells_apart_where_one_part_ends() -> None:
    assert content_sha256(b"salt", b"ab", b"c") != content_sha256(b"salt", b"a", b"bc")
    assert content_sha256(b"salt", b"ab") != content_sha256(b"tlas", b"ab")


def test_an_erased_customer_is_shown_as_such_and_never_sent(path: Path, journal: SqliteJournal) -> None:
    request_id = settled_in(journal, State.REFUSED, Answered(status=403, headers=(("A", "b"),), body=b"x"))
    for table in ("personal", "answer"):
        rows(path, f"DELETE FROM {table}")
    assert journal.entry(request_id).customer == CustomerId(type="erased", value="erased")
    record = journal.record(request_id)
    assert (record.noted.body, record.noted.consent.wording) == (b"", "")
    assert record.facts[-1].outcome == Answered(status=403, headers=(), body=b"")
    assert claim(journal, request_id, later(3)) is None


def test_no_question_reads_a_whole_table(journal: SqliteJournal) -> None:
    request_id = settled_in(journal, State.REFUSED)
    asked: set[str] = set()
    connection = journal._connection
    connection.set_trace_callback(asked.add)
    noted_in(journal)
    journal.entry(request_id)
    journal.has(request_id)
    journal.records_in({State.QUEUED})
    journal.open_in(a_project().id)
    journal.alike(a_noted().subject, OPEN_STATES)
    journal.first_alike(a_noted().subject, OPEN_STATES, Action.REJECT)
    journal.last_alike(a_noted().subject, NOON, waiting=True)
    journal.page_in(State.DISCARDED)
    journal.page_in(State.DISCARDED, newest_first=True)
    journal.opt_ins_beside_opt_outs()
    [*journal.later_like(a_project().id, a_consent().customer, "sms_marketing", NOON)]
    journal.last_timestamp(a_project().id, a_consent().customer, "sms_marketing")
    assert journal.claim(request_id, later(3), after=3) is not None
    assert journal.append(request_id, Fact(at=later(4), state=State.DELIVERED), after=4)
    journal.record(request_id)
    connection.set_trace_callback(None)
    whole = r"^SCAN|^USE TEMP|\(rowid>\?\)"
    questions = [sql for sql in asked if sql.startswith("SELECT")]
    assert len(questions) == 20
    for sql in questions:
        plan = [str(row["detail"]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert [step for step in plan if re.search(whole, step) and "json_each" not in step] == []


def test_a_value_that_nobody_wrote_is_trouble_that_quotes_nothing(path: Path, journal: SqliteJournal) -> None:
    request_id = noted_in(journal)
    tamper(path, "UPDATE personal SET customer_id = 'canary' || char(10)")
    with pytest.raises(JournalError, match="does not understand") as caught:
        journal.entry(request_id)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_outcome_of_a_kind_that_nobody_knows_is_trouble(path: Path, journal: SqliteJournal) -> None:
    request_id = settled_in(journal, State.UNCONFIRMED, Lost(phase=Phase.WAITING, cause=Cause.CUT))
    tamper(path, "UPDATE fact SET outcome = 'vanished' WHERE outcome = 'lost'")
    with pytest.raises(JournalError, match="does not understand"):
        journal.record(request_id)


def test_a_failed_note_leaves_nothing_behind(path: Path, journal: SqliteJournal) -> None:
    rows(path, "CREATE TRIGGER no_more BEFORE INSERT ON fact BEGIN SELECT RAISE(ABORT, 'no more'); END")
    with pytest.raises(JournalError, match="The decision is not noted"):
        write_down(journal, a_noted())
    rows(path, "DROP TRIGGER no_more")
    assert rows(path, "SELECT count(*) FROM personal") == [(0,)]
    noted_in(journal)
    assert len(latest(journal)) == 1


def test_a_closed_journal_is_trouble(path: Path) -> None:
    journal = SqliteJournal.open(path)
    journal.close()
    with pytest.raises(JournalError, match="The decision is not noted"):
        write_down(journal, a_noted())


def test_several_are_all_noted_in_one_transaction(path: Path, journal: SqliteJournal) -> None:
    noted = [a_noted(category=one) for one in ("sms_marketing", "newsletter", "push_messages")]
    before = transactions_of(path)
    journal.note_all(noted)
    assert transactions_of(path) == before + 1
    assert [journal.record(one.consent.request_id).noted for one in noted] == noted


def test_of_several_one_that_cannot_be_noted_keeps_the_others_out(journal: SqliteJournal) -> None:
    there = a_noted()
    write_down(journal, there)
    another = a_noted(request_id=there.consent.request_id, category="newsletter")
    first = a_noted(category="push_messages")
    with pytest.raises(JournalError, match="another decision bears its request ID"):
        journal.note_all([first, another])
    with pytest.raises(JournalError, match="not in it"):
        journal.record(first.consent.request_id)


def test_what_came_of_an_answer_that_broke_off_is_kept_and_may_be_erased(
    path: Path, journal: SqliteJournal
) -> None:
    lost = Lost(
        phase=Phase.READING,
        cause=Cause.CUT,
        elapsed=0.5,
        status=200,
        headers=(("x-request-id", "4711"),),
        body=b'{"succ',
    )
    request_id = settled_in(journal, State.UNCONFIRMED, lost)
    assert journal.record(request_id).facts[-1].outcome == lost
    assert journal.entry(request_id).status == 200
    record = journal.record(request_id)
    noted = record.noted
    assert journal.entry(request_id) == Entry.after(noted, record.facts)
    go_on(journal, request_id, Fact(at=later(3), state=State.VERIFIED, outcome=Look(seen=True, valid=False)))
    journal.erase(noted.project_id, noted.consent.customer, b"#" * 32, later(4))
    journal.close()
    assert verify(path).verdict is Verdict.SOUND
    assert b"4711" not in path.read_bytes()


def test_those_of_one_press_have_it_in_common(path: Path, journal: SqliteJournal) -> None:
    press = str(uuid4())
    noted = [replace(a_noted(category=category), press=press) for category in ("newsletter", "calls")]
    journal.note_all(noted)
    assert [journal.record(one.consent.request_id).noted.press for one in noted] == [press, press]
    journal.close()
    assert verify(path).verdict is Verdict.SOUND


def test_what_another_opening_wrote_is_noticed_once(path: Path, journal: SqliteJournal) -> None:
    noted_in(journal)
    assert not journal.changed_elsewhere()
    with closing(SqliteJournal.open(path)) as other:
        assert not journal.changed_elsewhere()
        request_id = noted_in(other)
        assert (journal.changed_elsewhere(), journal.changed_elsewhere()) == (True, False)
        noted_in(journal)
        assert not journal.changed_elsewhere()
        assert other.changed_elsewhere()
        claim(other, request_id, later(1))
    assert (journal.changed_elsewhere(), journal.changed_elsewhere()) == (True, False)


def test_what_was_touched_since_a_fact_is_read_page_by_page(journal: SqliteJournal) -> None:
    assert journal.touched_since(0) == ((), 0)
    first, second = noted_in(journal), noted_in(journal)
    assert journal.touched_since(0) == ((first, second), 2)
    claim(journal, first, later(1))
    go_on(journal, first, Fact(at=later(2), state=State.DELIVERED))
    assert journal.touched_since(2) == ((first,), journal.head().facts)
    assert journal.touched_since(4) == ((), 4)
    many = [a_noted() for _ in range(PAGE)]
    journal.note_all(many)
    ids = tuple(one.consent.request_id for one in many)
    assert journal.touched_since(3) == ((first, *ids[:-1]), 3 + PAGE)
    assert journal.touched_since(3 + PAGE) == (ids[-1:], 4 + PAGE)
