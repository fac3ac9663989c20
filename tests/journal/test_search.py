"""What is searched for in the journal is found, and nothing of an erased customer is."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.lifecycle.record import NO_CONTEXT, NO_CUSTOMER, Context, Entry, needs_check
from consent_desk.domain.lifecycle.state import (
    ASKED,
    CANCELLED_HERE,
    DISMISSED,
    IS_RIGHT,
    OPEN_STATES,
    Fact,
    State,
)
from consent_desk.domain.log_query import LogQuery, Which, words_of
from consent_desk.domain.wire.outcome import Cause, Look, NotSent, Phase
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.search import PAGE
from consent_desk.journal.verify import Verdict, verify
from tests.consents import NOON, a_noted, a_project, go_on, later, write_down
from tests.journal.journals import lead, noted_in, tamper, waiting_for_a_word, way_to


def customer(name: str) -> CustomerId:
    return CustomerId(type="registered", value=name)


def search(journal: SqliteJournal, text: str = "", **changes: object) -> list[str]:
    query = LogQuery(words=words_of(text), **changes)  # type: ignore[arg-type]  # the names are checked by LogQuery
    found = [each.entry.customer.value for each in journal.page(query)]
    assert journal.count(query) == len(found)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Żółty", "ann", "joe"]),
        ("ŻÓŁ", ["Żółty"]),
        ("t-4711", ["joe"]),
        ("newsletter", ["ann"]),
        ("acme ANN", ["ann"]),
        ("joe newsletter", []),
        ("100%", []),
        ("_", ["Żółty", "joe"]),
    ],
)
def test_each_word_may_stand_in_customer_ticket_category_or_project(
    journal: SqliteJournal, text: str, found: list[str]
) -> None:
    noted_in(journal, customer=customer("joe"), ticket="T-4711")
    noted_in(journal, customer=customer("ann"), category="newsletter")
    noted_in(journal, customer=customer("Żółty"))
    assert search(journal, text) == found


LETTERS = [
    *product(
        ["İstanbul", "ISTANBUL", "istanbul", "I\u017ftanbul", "\u0131stanbul"],
        ["İSTANBUL", "istanbul", "\u0131stan", "BUL"],
    ),
    *(("Fußball", "FUSS"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("FUSS", "fuß")),
]


@pytest.mark.parametrize(("kept", "typed"), LETTERS)
def test_letters_that_people_take_for_one_are_found_by_each_other(
    journal: SqliteJournal, kept: str, typed: str
) -> None:
    noted_in(journal, customer=customer(kept))
    noted_in(journal, customer=customer("joe"))
    assert search(journal, typed) == [kept]


def test_an_outcome_is_found_alone_and_together_with_words(journal: SqliteJournal) -> None:
    for name, state in (("joe", State.REFUSED), ("ann", State.DELIVERED), ("jim", State.REFUSED)):
        noted_in(journal, state, customer=customer(name))
    refused = frozenset({State.REFUSED})
    assert search(journal, states=refused) == ["jim", "joe"]
    assert search(journal, "joe", states=refused) == ["joe"]
    assert search(journal, states=OPEN_STATES, oldest_first=True) == ["joe", "jim"]


def test_what_was_cancelled_is_found_with_what_is_open_until_it_is_acknowledged(
    journal: SqliteJournal,
) -> None:
    request_id = ""
    for name, note in (("joe", CANCELLED_HERE), ("ann", ""), ("eve", CANCELLED_HERE)):
        request_id = noted_in(journal, customer=customer(name))
        outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
        go_on(journal, request_id, Fact(at=later(1), state=State.DISCARDED, outcome=outcome, note=note))
    go_on(journal, request_id, Fact(at=later(2), state=State.DISCARDED, note="acknowledged (by mary)"))
    noted_in(journal, State.REFUSED, customer=customer("jim"))
    assert search(journal, states=OPEN_STATES) == ["jim"]
    assert search(journal, which=Which.NEEDS_YOU) == ["jim", "joe"]
    assert search(journal, "joe", which=Which.NEEDS_YOU) == ["joe"]
    [found] = journal.those(LogQuery(words=("joe",)), waiting_for_a_word(journal))
    assert found.entry.to_acknowledge
    assert [each.entry.to_acknowledge for each in journal.page(LogQuery())] == [False, False, False, True]


def settled_by(
    journal: SqliteJournal, name: str, state: State, look: Look | None = None, **changes: object
) -> str:
    """Note a consent of `name` that came to `state`, seen by `look`."""
    request_id = noted_in(journal, State.DELIVERED, customer=customer(name))
    go_on(journal, request_id, Fact(at=later(3), state=state, outcome=look))
    return request_id


def test_what_needs_somebody_is_listed_and_nothing_else(journal: SqliteJournal) -> None:
    against, beside = Look(seen=True, valid=True), Look(seen=True)
    noted_in(journal, State.REFUSED, customer=customer("refused"))
    settled_by(journal, "opposite", State.CONTRADICTED, against)
    dismissed = settled_by(journal, "dismissed", State.CONTRADICTED, against)
    go_on(journal, dismissed, Fact(at=later(4), state=State.CONTRADICTED, note=DISMISSED))
    settled_by(journal, "not in force", State.SEEN, against)
    looked_up = settled_by(journal, "still looked up", State.SEEN, against)
    settled_by(journal, "not told", State.SEEN, beside)
    settled_by(journal, "fine", State.VERIFIED, Look(seen=True, valid=False))
    asked = settled_by(journal, "asked", State.NOT_SHOWN, Look())
    settled_by(journal, "later", State.CONTRADICTED, against)
    noted_in(journal, customer=customer("later"), timestamp=later(60), noted_at=later(60))
    given: dict[str, Any] = {"asked": frozenset({asked}), "looked_up": frozenset({looked_up})}
    needs = ["asked", "not in force", "opposite", "refused"]
    assert search(journal, which=Which.NEEDS_YOU, **given) == needs
    assert search(journal, which=Which.WAITING, **given) == ["later", "still looked up"]
    query = LogQuery(which=Which.NEEDS_YOU, asked=frozenset({asked}))
    assert [found.entry.request_id for found in journal.those(query, [asked, dismissed])] == [asked]


def test_a_line_says_what_it_corrects_and_that_it_was_corrected(journal: SqliteJournal) -> None:
    wrong = noted_in(journal, State.VERIFIED)
    right = a_noted(context=Context(corrects=wrong), noted_at=later(60), timestamp=later(60))
    write_down(journal, right)
    found = {row.entry.request_id: row for row in journal.page(LogQuery())}
    assert (found[wrong].corrects, found[wrong].corrected) == (None, True)
    assert (found[right.consent.request_id].corrects, found[right.consent.request_id].corrected) == (
        NOON,
        False,
    )
    go_on(journal, right.consent.request_id, Fact(at=later(61), state=State.DISCARDED, note="a slip"))
    assert not any(row.corrected for row in journal.page(LogQuery()))


def test_the_first_moment_counts_and_the_last_does_not(journal: SqliteJournal) -> None:
    for number in range(4):
        noted_in(journal, customer=customer(f"c{number}"), timestamp=later(number), noted_at=later(number))
    assert search(journal, since=later(1), until=later(3)) == ["c2", "c1"]
    assert search(journal, states=OPEN_STATES, until=later(1)) == ["c0"]


@pytest.mark.parametrize("oldest_first", [False, True])
def test_pages_follow_each_other_without_a_gap(journal: SqliteJournal, oldest_first: bool) -> None:
    for number in range(7):
        noted_in(journal, customer=customer(f"c{number}"))
    query = LogQuery(words=("c",), oldest_first=oldest_first)
    whole = journal.page(query)
    pages = [journal.page(query, most=3)]
    while pages[-1]:
        pages.append(journal.page(query, pages[-1][-1].seq, most=3))
    assert [each for page in pages for each in page] == [*whole]
    assert journal.page(query, whole[1].seq, skip=2) == whole[4:]


def test_some_consents_are_asked_whether_they_are_wanted(journal: SqliteJournal) -> None:
    ids = [noted_in(journal, State.REFUSED, customer=customer(f"c{number}")) for number in range(5)]
    for query in (
        LogQuery(),
        LogQuery(words=("c",)),
        LogQuery(states=frozenset({State.REFUSED}), words=("c",)),
    ):
        assert [each.seq for each in journal.those(query, [ids[3], ids[1], "none"])] == [2, 4]
    assert journal.those(LogQuery(words=("c2",)), ids[:2]) == ()


def test_an_erased_customer_is_found_by_what_is_left(path: Path, journal: SqliteJournal) -> None:
    noted_in(journal, State.DELIVERED, customer=customer("canary-4711"), ticket="canary-4712")
    journal.erase(a_project().id, customer("canary-4711"), b"\xab" * 32, later(9))
    assert search(journal, "canary") == []
    assert search(journal, "erased ABAB sms") == ["erased abababab"]
    assert b"canary" not in path.read_bytes()
    assert verify(path).verdict is Verdict.SOUND


def test_what_is_salvaged_is_found(path: Path, journal: SqliteJournal) -> None:
    noted_in(journal, State.DELIVERED, customer=customer("joe"))
    noted_in(journal, State.DELIVERED, customer=customer("ann"))
    journal.close()
    tamper(path, "DELETE FROM personal WHERE seq = 1", "DELETE FROM sought")
    salvage(path)
    saved = SqliteJournal.open(path)
    assert search(saved) == ["ann", "lost"]
    assert search(saved, "LOST") == ["lost"]
    saved.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sought SET text = 'another'",
        "UPDATE sought SET noted_at = noted_at + 1",
        "DELETE FROM sought",
    ],
)
def test_verify_finds_what_could_not_be_found(path: Path, journal: SqliteJournal, statement: str) -> None:
    noted_in(journal)
    journal.close()
    tamper(path, statement)
    found = verify(path)
    assert found.verdict is Verdict.WRONG
    assert "would not be found as it is" in str(found.why)


def test_what_waits_for_a_persons_word_is_found(journal: SqliteJournal) -> None:
    context = {
        "asked": Context(is_new_profile=True),
        "unlisted, asked": Context(listed=False),
        "listed": Context(listed=True, existed=True),
        "nobody looked": NO_CONTEXT,
    }
    waiting, needs_somebody = [], []
    for name, state, note in (
        ("asked", State.NEW_PROFILE, ""),
        ("nobody looked", State.NEW_PROFILE, ASKED),
        ("nobody looked", State.NEW_PROFILE, IS_RIGHT),
        ("nobody looked", State.NEW_PROFILE, ""),
        ("listed", State.NEW_PROFILE, NO_CUSTOMER),
        ("unlisted, asked", State.NO_CATEGORY, ""),
        ("unlisted, asked", State.NEW_PROFILE, ""),
        ("asked", State.NO_CATEGORY, ""),
        ("listed", State.NO_CATEGORY, ""),
        ("listed", State.NO_CATEGORY, IS_RIGHT),
    ):
        noted = replace(a_noted(), context=context[name])
        write_down(journal, noted)
        request_id = noted.consent.request_id
        lead(journal, request_id, way_to(State.DELIVERED))
        go_on(journal, request_id, Fact(at=later(9), state=state, note=note))
        record = journal.record(request_id)
        assert journal.entry(request_id) == Entry.after(record.noted, record.facts)
        waiting += [request_id] if needs_check(record) else []
        # Who was asked before it left has not said so of what Engagement shows.
        needs_somebody += [] if note == IS_RIGHT else [request_id]
    assert (len(waiting), len(needs_somebody)) == (5, 8)
    assert waiting_for_a_word(journal) == waiting
    shown = journal.page(LogQuery(which=Which.NEEDS_YOU, oldest_first=True))
    assert [found.entry.request_id for found in shown] == needs_somebody
    # None of them goes on by itself, although each is looked up still.
    looked_up = frozenset(found.entry.request_id for found in journal.page(LogQuery()))
    assert journal.count(LogQuery(which=Which.WAITING, looked_up=looked_up)) == 0


def test_a_thousand_are_asked_in_pages(journal: SqliteJournal) -> None:
    noted = [a_noted() for _ in range(1001)]
    journal.note_all(noted)
    ids = [each.consent.request_id for each in noted]
    found = journal.those(LogQuery(), [*reversed(ids)])
    assert [each.entry.request_id for each in found] == ids


def test_those_of_one_state_come_in_pages_from_either_end(journal: SqliteJournal) -> None:
    noted = [a_noted() for _ in range(PAGE + 1)]
    journal.note_all(noted)
    ids = [each.consent.request_id for each in noted]
    first, newest = journal.page_in(State.QUEUED), journal.page_in(State.QUEUED, newest_first=True)
    assert [one.request_id for one in first] == ids[:PAGE]
    assert [one.request_id for one in journal.page_in(State.QUEUED, first[-1].seq)] == ids[PAGE:]
    assert [one.request_id for one in newest] == ids[:0:-1]
    [last] = journal.page_in(State.QUEUED, newest[-1].seq, newest_first=True)
    assert (last.request_id, last.action, last.waits, last.rests) == (ids[0], Action.REJECT, False, False)
    assert journal.page_in(State.REFUSED) == ()


def test_what_was_given_up_before_it_left_rests(journal: SqliteJournal) -> None:
    given_up, lost = noted_in(journal), noted_in(journal, State.UNCONFIRMED)
    seen = noted_in(journal)
    go_on(journal, seen, Fact(at=later(2), state=State.QUEUED, outcome=Look(seen=False)))
    for one in (given_up, lost, seen):
        go_on(journal, one, Fact(at=later(3), state=State.DISCARDED, note="typed twice"))
    found = {one.request_id: one.rests for one in journal.page_in(State.DISCARDED, newest_first=True)}
    assert found == {given_up: True, lost: False, seen: True}


def test_opt_ins_that_wait_beside_an_opt_out_are_found(journal: SqliteJournal) -> None:
    opt_in = {"action": Action.ACCEPT, "valid_until": ValidUntil()}
    ids = [noted_in(journal, state, **opt_in) for state in (State.QUEUED, State.REFUSED, State.DELIVERED)]
    noted_in(journal, category="newsletter")
    noted_in(journal, customer=customer("joe"))
    assert journal.opt_ins_beside_opt_outs() == ()
    noted_in(journal, State.VERIFIED)
    assert sorted(journal.opt_ins_beside_opt_outs()) == sorted(ids[:2])
