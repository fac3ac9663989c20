"""A table tells people what was decided, in their words and time, and survives a spreadsheet."""

import csv
import io
from dataclasses import replace

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.evidence.table import (
    COLUMNS,
    FOR_PEOPLE,
    TableStyle,
    csv_line,
    csv_of,
    head_line,
    kept,
)
from consent_desk.domain.lifecycle.record import Context, Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.local_time import moment
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, Look
from tests.consents import a_context, a_noted, a_project, later
from tests.domain.examples import Berlin

SEPARATORS = (",", ";", "\t")
FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Spreadsheets of East Asia take these for the plain signs."""
BERLIN = TableStyle(
    local=lambda at: moment(at, Berlin()),
    outcome=lambda entry: f"called {entry.state}",
    label=lambda _project_id, category: {"sms_marketing": "SMS marketing"}[category],
)
QUEUED = Fact(at=later(0), state=State.QUEUED)


def read(line: bytes, separator: str = ",") -> list[list[str]]:
    return [*csv.reader(io.StringIO(line.decode(), newline=""), delimiter=separator)]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("start", ["=", "+", "-", "@", *FULL_WIDTH, "\t", "\r", "\n"])
def test_no_cell_is_taken_for_a_formula(start: str, separator: str) -> None:
    assert read(csv_line((f"{start}1", f"a{start}"), separator), separator) == [[f"'{start}1", f"a{start}"]]


@pytest.mark.parametrize("before", [";", "\t", "\n", "\r\n", '; "'])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_part_of_a_cell_is_taken_for_a_formula_where_it_ends_the_cell(separator: str, before: str) -> None:
    for sign in ("=", "+", "-", "@", *FULL_WIDTH):
        line = csv_line(("a", f"b{before}{sign}1"), separator)
        assert read(line, separator) == [["a", f"b{before}'{sign}1"]]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_comma_ends_no_cell_before_a_formula_where_it_is_not_the_separator(separator: str) -> None:
    assert read(csv_line(("b,=1",), separator), separator) == [["b,'=1"]]


@pytest.mark.parametrize("text", ["a=1", "a -1", "jane+news@example.com", "a;b", "(-1)"])
def test_a_sign_within_a_text_stays_as_it_is(text: str) -> None:
    assert csv_line((text,)).decode() == f"{text}\r\n"


def test_half_a_character_stops_no_export() -> None:
    assert csv_line(("a\ud800",)) == b"a\\ud800\r\n"


@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_text_comes_back_as_it_was_written(separator: str) -> None:
    cells = ("", 'a "quoted", one', "two\nlines", "semi; colon", "tab\tbed", "名")
    assert read(csv_line(cells, separator), separator) == [[*cells]]


@pytest.mark.parametrize(
    "text",
    [
        *("007", "06641234567", "436641234567", "12345678901234567890", "0043 664 123", "1e5", "12E34"),
        *("1.5", "1,5", "1-2", "3/4", "12:30", "(123)", "2026-05-31", "5%", "€ 5", "1 1/2", "MAR1", "1 a"),
        *("sept. 2", "3-Mai", "31 Dez 2026", "TRUE", "\u0660\u0660\u0667"),
    ],
)
def test_what_a_spreadsheet_would_change_stays_a_text(text: str) -> None:
    assert kept(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "0", "4711", "12345678901", "A-7", "12 lists", "T-1", "truth"])
def test_what_it_leaves_alone_is_left_alone(text: str) -> None:
    assert kept(text) == text


def told(record: Record, style: TableStyle = BERLIN) -> dict[str, str]:
    return dict(zip(COLUMNS, read(csv_of(record, style), style.separator)[0], strict=True))


def test_the_columns_of_programs_come_last() -> None:
    assert head_line(BERLIN) == b"\xef\xbb\xbf" + (",".join(COLUMNS) + "\r\n").encode()
    assert COLUMNS[0] == "Outcome"
    assert COLUMNS[len(FOR_PEOPLE)] == "request ID"


def test_a_line_tells_the_decision_and_what_became_of_it() -> None:
    noted = a_noted(
        customer=CustomerId(type="phone", value="+15550100101"),
        action=Action.ACCEPT,
        valid_until=ValidUntil(),
        ticket="0815",
        agent="Anna",
    )
    facts = (
        QUEUED,
        Fact(at=later(1), state=State.REFUSED, outcome=Answered(status=403, headers=(), body=b"")),
        Fact(at=later(2), state=State.DISCARDED, note="typed twice (by mary)"),
    )
    assert told(Record(noted=noted, facts=facts)) == {
        "Outcome": "called discarded",
        "Outcome since": "2026-05-31 14:00:02",
        "Customer ID": "'+15550100101",
        "Category": "SMS marketing",
        "Decision": "opt-in",
        "Valid until": "unlimited",
        "Before": "",
        "After": "",
        "After seen at": "",
        "Decision taken at": "2026-05-31 14:00:00",
        "Noted at": "2026-05-31 14:00:00",
        "Time zone": "CEST UTC+02:00",
        "Channel": "",
        "Agent": "Anna",
        "Ticket": "'0815",
        "Wording read out": "",
        "Note": "typed twice (by mary)",
        "Project": "Acme production",
        "request ID": noted.consent.request_id,
        "noted at (UTC)": "2026-05-31T12:00:00Z",
        "project token": a_project().project_token,
        "base URL": "https://api.exponea.com",
        "customer ID type": "phone",
        "consent category": "sms_marketing",
        "action": "accept",
        "valid until (UNIX)": "unlimited",
        "timestamp (UNIX)": "1780228800",
        "state": "discarded",
        "state since (UTC)": "2026-05-31T12:00:02Z",
        "HTTP status": "403",
    }


def test_before_and_after_stand_side_by_side() -> None:
    look = Look(seen=True, valid=False, since=1.5)
    known = replace(a_context(), is_new_profile=False)
    row = told(
        Record(
            noted=a_noted(context=known),
            facts=(QUEUED, Fact(at=later(60), state=State.VERIFIED, outcome=look)),
        )
    )
    assert row["Before"] == (
        "accepted since 2025-11-03 12:00:00 +0100, source page, until 2030-01-01 01:00:00 +0100"
    )
    assert (row["After"], row["After seen at"]) == ("opted out", "2026-05-31 14:01:00")
    assert (row["Decision"], row["HTTP status"], row["Valid until"]) == ("opt-out", "", "")


@pytest.mark.parametrize(
    ("action", "look", "after"),
    [
        (Action.ACCEPT, Look(seen=True, valid=True), "accepted"),
        (Action.ACCEPT, Look(seen=True, valid=False), "not accepted"),
        (Action.REJECT, Look(seen=False, valid=False), "not accepted"),
        (Action.REJECT, Look(blind=True), ""),
    ],
)
def test_after_says_no_more_than_was_seen(action: Action, look: Look, after: str) -> None:
    until = ValidUntil(1_893_456_000) if action is Action.ACCEPT else None
    fact = Fact(at=later(60), state=State.SEEN, outcome=look)
    row = told(Record(noted=a_noted(action=action, valid_until=until), facts=(QUEUED, fact)))
    assert row["After"] == after


def test_a_customer_that_was_not_there_before_is_told() -> None:
    new = a_noted(context=Context(is_new_profile=True))
    assert told(Record(noted=new, facts=(QUEUED,)))["Before"] == "no such customer"


def test_a_state_before_without_a_known_time_is_told_too() -> None:
    before = CategoryStatus(valid=False, since=None, source="")
    row = told(Record(noted=a_noted(context=Context(before=before)), facts=(QUEUED,)))
    assert row["Before"] == "never asked"


def test_an_end_is_a_local_time_to_people_and_a_number_to_programs() -> None:
    noted = a_noted(action=Action.ACCEPT, valid_until=ValidUntil(1_893_456_000))
    row = told(Record(noted=noted, facts=(QUEUED,)))
    assert (row["Valid until"], row["valid until (UNIX)"]) == ("2030-01-01 01:00:00 +0100", "1893456000")
