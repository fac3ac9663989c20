"""While somebody presents, nothing that names anybody is in any value, and everything else is as it was."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from pathlib import PurePosixPath

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import DeskError, JournalGoneError
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import ACKNOWLEDGED, DECIDED, IS_RIGHT, Fact, State, was_decided
from consent_desk.domain.log_query import LogRow, words_of
from consent_desk.domain.message import say
from consent_desk.domain.presenting import MASKED, Masker
from consent_desk.domain.wire.answer import meaning
from consent_desk.domain.wire.customer import CategoryStatus, Known, Unknown
from consent_desk.domain.wire.outcome import (
    Answered,
    Look,
)
from tests.consents import NOON
from tests.domain.canaries import NAMES, canaries, spellings, traces

JANE = CustomerId(type="registered", value="jane@example.com")


def test_the_canaries_are_found_where_they_are() -> None:
    assert traces(canaries()) == {*NAMES}
    for name, value in NAMES.items():
        for one in spellings(value):
            assert traces(f"begin {one} end") >= {name}


def test_nothing_of_a_record_names_anybody() -> None:
    masked = Masker().mask(canaries())
    assert traces(masked) == set()
    assert traces(masked.noted.body.decode()) == set()


def test_what_names_nobody_stays_as_it_is() -> None:
    record = canaries()
    masked = Masker().mask(record)
    one, other = record.noted, masked.noted
    assert (other.consent.request_id, other.press) == (one.consent.request_id, one.press)
    assert (other.consent.category, other.consent.timestamp) == ("sms_marketing", NOON)
    assert (other.project_id, other.project_name) == (one.project_id, one.project_name)
    assert (other.base_url, other.project_token) == ("https://masked", MASKED)
    assert [(fact.at, fact.state) for fact in masked.facts] == [
        (fact.at, fact.state) for fact in record.facts
    ]
    sent = json.loads(other.body)
    assert sent["customer_ids"] == {"registered": "customer 1"}
    assert sent["properties"]["desk_ticket"] == MASKED
    look = masked.facts[4].outcome
    assert isinstance(look, Look)
    assert look.event is not None
    assert (look.seen, look.event.time, look.event.action) == (True, "1780228246370", MASKED)


def test_a_line_of_the_log_keeps_its_outcome() -> None:
    entry = Entry.of(canaries().noted, State.VERIFIED)
    masked = Masker().mask((LogRow(7, entry),))[0]
    assert masked == LogRow(7, replace(entry, customer=CustomerId(type="registered", value="customer 1")))


def test_a_customer_has_one_alias_for_good() -> None:
    masker = Masker()
    jane, john = (masker.customer(replace(JANE, value=one)) for one in ("jane", "john"))
    assert (jane.value, john.value) == ("customer 1", "customer 2")
    assert masker.mask(replace(JANE, value="jane")) == jane
    assert masker.real(john) == replace(JANE, value="john")
    assert masker.real(JANE) == JANE


def test_an_alias_can_be_searched_for() -> None:
    masker = Masker()
    masker.customer(replace(JANE, value="Jane@Example.com"))
    assert masker.words(words_of("Customer 1")) == ("jane@example.com",)
    assert masker.words(words_of("customer 2")) == ("customer", "2")


def test_what_was_known_of_a_customer_is_masked_too() -> None:
    status = CategoryStatus(valid=True, since=1.5, source="CRM", wording=NAMES["wording"])
    known = Known(customer=JANE, consents={"sms_marketing": status})
    masked = Masker().mask(Unknown(customer=replace(JANE, value="jan"), other=known))
    assert (masked.customer.value, masked.other and masked.other.customer.value) == (
        "customer 1",
        "customer 2",
    )
    assert masked.other is not None
    assert masked.other.consents == {"sms_marketing": replace(status, wording=MASKED)}


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("", ""),
        (IS_RIGHT, IS_RIGHT),
        (f"{DECIDED}anna", f"{DECIDED}masked"),
        (f"{ACKNOWLEDGED} (by anna)", f"{ACKNOWLEDGED} (by masked"),
        ("typed twice (by anna)", MASKED),
    ],
)
def test_a_note_stays_what_it_is_to_the_rules_and_names_nobody(note: str, shown: str) -> None:
    fact = Fact(at=NOON, state=State.UNCONFIRMED, note=note)
    masked = Masker().mask(fact)
    assert masked.note == shown
    assert was_decided(masked) is was_decided(fact)


BODIES = (
    *(b"", b"{}", b'{"success": true}', b'{"success": true, "data": {"errors": ["x"]}}', b"oops", b"<html>x"),
    *(
        b'{"success": false, "errors": ["invalid secret of jane"]}',
        b'{"error": "No permission"}',
        b"[1]",
        b"\xff",
    ),
    *(
        b"customer does not exist",
        b"Too many requests",
        b'{"errors": {"a": ["customer does not exist: jane"]}}',
    ),
)


@pytest.mark.parametrize("body", BODIES)
def test_a_masked_answer_means_what_it_meant(body: bytes) -> None:
    statuses = (200, 302, 400, 401, 403, 404, 407, 429, 500, 502)
    for status, headers in product(statuses, ((), (("X-Request-Id", "jane"),))):
        answer = Answered(status=status, headers=headers, body=body)
        masked = Masker().mask(answer)
        assert b"jane" not in masked.body
        assert "jane" not in repr(masked.headers)
        assert judge(masked, Action.REJECT).state is judge(answer, Action.REJECT).state, answer
        assert meaning(status, masked.headers, masked.body) == meaning(status, headers, body), answer


def test_a_message_and_an_error_keep_their_sentence() -> None:
    path = PurePosixPath("/home/anna/x.csv")
    at = say("tests", "{what} in {path} at {at}, {n}").format(
        what=say("tests", "{noun}").format(noun="opt-out"), path=path, at=NOON, n=5
    )
    masked = Masker().mask(JournalGoneError(at, say("tests", "Ask {who}.").format(who="anna")))
    assert isinstance(masked, JournalGoneError)
    assert str(masked) == f"opt-out in masked at {NOON}, 5 Ask masked."
    plain = ValueError("anna")
    assert Masker().mask(plain) is plain
    assert isinstance(masked, DeskError)


class Word(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Added:
    """What somebody may add one day."""

    label: str = "jane"
    word: Word = Word.ONE
    many: tuple[str, ...] = ("jane", "")
    some: frozenset[int] = frozenset({1})
    at: object = None


def test_what_nobody_has_thought_of_is_masked_or_refused() -> None:
    assert Masker().mask(Added()) == Added(label=MASKED, many=(MASKED, ""))
    with pytest.raises(TypeError, match="object"):
        Masker().mask(Added(at=object()))


def test_an_erased_consent_has_no_body_still() -> None:
    noted = replace(canaries().noted, body=b"")
    assert Masker().mask(noted).body == b""
    assert Masker().mask(b"x") == b"masked"


def test_a_masked_sentence_keeps_its_room_and_its_count() -> None:
    told = say("room", "%n by {agent}", "one by {agent}", 2).format(agent="Anna")
    masked = Masker().mask(told)
    assert (masked.context, str(masked)) == ("room", f"2 by {MASKED}")
