"""An export is what is shown, whole, safe to open, and without a secret."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.errors import ExportError
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    Lost,
    NoLook,
    NotSent,
    Phase,
    Reason,
    Stored,
)
from consent_desk.journal.export import CSV_COLUMNS, STEP, Export, Head, Kind, csv_line, csv_of, json_of
from consent_desk.journal.history import History
from tests.consents import a_noted, a_project, later
from tests.journal.journals import noted_in
from tests.memory_journal import MemoryJournal

Work = Callable[[], object]


class Paper:
    """A file in memory; `full` after so many writes."""

    def __init__(self, full: int = 1000) -> None:
        self.written = b""
        self.state = "open"
        self._full = full

    def write(self, octets: bytes) -> None:
        self._full -= 1
        if self._full < 0:
            raise ExportError(say("The disk is full."), say("Make room."))
        self.written += octets

    def settle(self) -> None:
        self.state = "settled"

    def finish(self) -> None:
        self.state = "finished"

    def abandon(self) -> None:
        self.state = "abandoned"


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def exported(journal: MemoryJournal, paper: Paper, kind: Kind, query: LogQuery | None = None) -> Export:
    history = History(journal, lambda: later(60), create=lambda path: paper)
    export = history.export(query or LogQuery(), kind, Path("x"))
    while export.step():
        pass
    return export


@pytest.mark.parametrize("count", [0, 1, STEP, STEP + 1, 2 * STEP])
def test_all_is_written_however_many_there_are(journal: MemoryJournal, count: int) -> None:
    ids = [noted_in(journal) for _ in range(count)]
    for kind in Kind:
        paper = Paper()
        assert exported(journal, paper, kind).written == count
        assert paper.state == "finished"
        lines = paper.written.decode("utf-8-sig").splitlines()
        found = lines[1:] if kind is Kind.CSV else lines[:-1]
        assert [one in line for one, line in zip(reversed(ids), found, strict=True)] == [True] * count


def test_only_what_is_wanted_is_written(journal: MemoryJournal) -> None:
    noted_in(journal, State.REFUSED)
    kept = noted_in(journal, State.VERIFIED)
    paper = Paper()
    exported(journal, paper, Kind.JSON_LINES, LogQuery(states=frozenset({State.VERIFIED})))
    assert [json.loads(line).get("request_id") for line in paper.written.splitlines()] == [kept, None]


def test_the_last_line_bears_the_head_of_the_chain(journal: MemoryJournal) -> None:
    noted_in(journal)
    paper = Paper()
    exported(journal, paper, Kind.JSON_LINES)
    last = json.loads(paper.written.splitlines()[-1])
    assert last == {"journal": "uuid", "facts": 1, "head": "abcd", "consents": 1}


def test_a_table_begins_with_a_byte_order_mark_and_its_columns(journal: MemoryJournal) -> None:
    paper = Paper()
    exported(journal, paper, Kind.CSV)
    assert paper.written == b"\xef\xbb\xbf" + (",".join(CSV_COLUMNS) + "\r\n").encode()


FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Spreadsheets of East Asia take these for the plain signs."""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", *FULL_WIDTH, "\t", "\r", "\n"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    read = csv.reader(io.StringIO(csv_line((f"{start}1", f"a{start}")).decode(), newline=""))
    assert [*read] == [[f"'{start}1", f"a{start}"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", *FULL_WIDTH])
@pytest.mark.parametrize("before", [";", "\t", "\n", "\r\n", '; "'])
def test_no_part_of_a_cell_is_taken_for_a_formula_where_it_ends_the_cell(before: str, sign: str) -> None:
    read = csv.reader(io.StringIO(csv_line(("a", f"b{before}{sign}1")).decode(), newline=""))
    assert [*read] == [["a", f"b{before}'{sign}1"]]


@pytest.mark.parametrize("text", ["a=1", "a -1", "jane+news@example.com", "a;b", "(-1)"])
def test_a_sign_within_a_text_stays_as_it_is(text: str) -> None:
    assert csv_line((text,)).decode() == f"{text}\r\n"


def test_half_a_character_stops_no_export() -> None:
    assert csv_line(("a\ud800",)) == b"a\\ud800\r\n"


def told_in_table(record: Record) -> dict[str, str]:
    return dict(zip(CSV_COLUMNS, next(csv.reader([csv_of(record).decode()])), strict=True))


def test_a_line_of_the_table_holds_the_consent_and_what_became_of_it() -> None:
    noted = a_noted(
        customer=CustomerId(type="phone", value="+15550100101"),
        action=Action.ACCEPT,
        valid_until=ValidUntil(),
        ticket="T-1",
    )
    answered = Answered(status=403, headers=(), body=b"")
    facts = (
        Fact(at=later(0), state=State.QUEUED),
        Fact(at=later(1), state=State.REFUSED, outcome=answered),
        Fact(at=later(2), state=State.DISCARDED, note="typed twice (by mary)"),
    )
    assert told_in_table(Record(noted=noted, facts=facts)) == {
        "request ID": noted.consent.request_id,
        "noted at": "2026-05-31T12:00:00Z",
        "project": "Acme production",
        "base URL": "https://api.exponea.com",
        "project token": a_project().project_token,
        "customer ID type": "phone",
        "customer ID": "'+15550100101",
        "consent category": "sms_marketing",
        "action": "accept",
        "valid until": "unlimited",
        "timestamp": "1780228800",
        "channel": "",
        "ticket": "T-1",
        "wording": "",
        "agent": "",
        "outcome": "discarded",
        "outcome since": "2026-05-31T12:00:02Z",
        "status": "403",
        "note": "typed twice (by mary)",
    }


def test_an_opt_out_that_nobody_answered_leaves_cells_empty() -> None:
    record = Record(noted=a_noted(), facts=(Fact(at=later(0), state=State.QUEUED),))
    assert (told_in_table(record)["valid until"], told_in_table(record)["status"]) == ("", "")


def test_an_object_holds_every_attempt() -> None:
    noted = a_noted()
    ended = NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE, detail="no route", elapsed=1.5)
    answered = Answered(status=200, headers=(("X-A", "b"),), body=b"\xff", elapsed=0.5)
    facts = (
        Fact(at=later(0), state=State.QUEUED),
        Fact(at=later(1), state=State.RETRY_WAIT, outcome=ended),
        Fact(at=later(2), state=State.DELIVERED, outcome=answered, note="sent a second time"),
        Fact(at=later(3), state=State.VERIFIED, outcome=Look(seen=True, valid=False, elapsed=0.25)),
    )
    read = json.loads(json_of(Record(noted=noted, facts=facts)))
    assert read["customer_ids"] == {"registered": "jane@example.com"}
    assert read["body"] == noted.body.decode()
    assert read["valid_until"] is None
    assert read["outcome"] == "verified"
    assert read["facts"] == [
        {"at": "2026-05-31T12:00:00Z", "outcome": "queued"},
        {
            "at": "2026-05-31T12:00:01Z",
            "outcome": "retry_wait",
            "not sent": {
                "phase": str(Phase.CONNECTING),
                "cause": str(Cause.UNREACHABLE),
                "detail": "no route",
            },
            "seconds": 1.5,
        },
        {
            "at": "2026-05-31T12:00:02Z",
            "outcome": "delivered",
            "note": "sent a second time",
            "answer": {"status": 200, "headers": [["X-A", "b"]], "body_base64": "/w==", "truncated": False},
            "seconds": 0.5,
        },
        {
            "at": "2026-05-31T12:00:03Z",
            "outcome": "verified",
            "look": {
                "seen": True,
                "later": False,
                "valid": False,
                "since": None,
                "source": "",
                "blind": False,
            },
            "seconds": 0.25,
        },
    ]


def test_an_opt_in_bears_its_end() -> None:
    noted = a_noted(action=Action.ACCEPT, valid_until=ValidUntil())
    record = Record(noted=noted, facts=(Fact(at=later(0), state=State.QUEUED),))
    assert json.loads(json_of(record))["valid_until"] == "unlimited"


@pytest.mark.parametrize("full", [0, 1, 2])
def test_a_full_disk_leaves_nothing_behind(journal: MemoryJournal, full: int) -> None:
    for _ in range(2 * STEP):
        noted_in(journal)
    paper = Paper(full)
    with pytest.raises(ExportError, match="disk is full"):
        exported(journal, paper, Kind.CSV)
    assert paper.state == "abandoned"


def test_what_is_cancelled_leaves_nothing_behind(journal: MemoryJournal) -> None:
    for _ in range(STEP):
        noted_in(journal)
    paper = Paper()
    export = Export(journal, LogQuery(), Kind.CSV, lambda: paper)
    assert export.step()
    export.cancel()
    export.cancel()
    assert paper.state == "abandoned"


class Slow(Paper):
    """A file whose folder takes its time: meanwhile the export sees what is done to it."""

    def __init__(self, *, while_written: Work = list, while_settled: Work = list) -> None:
        super().__init__()
        self._while_written, self._while_settled = while_written, while_settled

    def write(self, octets: bytes) -> None:
        super().write(octets)
        self._while_written()

    def settle(self) -> None:
        super().settle()
        self._while_settled()


def slow_export(journal: MemoryJournal, paper: Slow) -> Export:
    noted_in(journal)
    return Export(journal, LogQuery(), Kind.JSON_LINES, lambda: paper)


@pytest.mark.parametrize("when", ["while_written", "while_settled"])
def test_what_is_given_up_while_its_folder_does_not_answer_is_taken_away_by_that_step(
    journal: MemoryJournal, when: str
) -> None:
    states: list[str] = []

    def give_up() -> None:
        if when == "while_written":
            export.cancel()
        else:
            export.give_up()
        states.append(paper.state)

    paper = Slow(**{when: give_up})
    export = slow_export(journal, paper)
    assert not export.step()
    assert "abandoned" not in states
    assert paper.state == "abandoned"


def test_it_says_that_it_is_the_file_which_is_waited_for(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    paper = Slow(while_written=lambda: told.append(export.is_at_file))
    export = slow_export(journal, paper)
    head = journal.head

    def asked() -> Head:
        told.append(export.is_at_file)
        return head()

    monkeypatch.setattr(journal, "head", asked)
    assert not export.step()
    assert told == [False, True]
    assert not export.is_at_file


def test_what_came_of_an_answer_that_broke_off_and_of_looks_is_exported_too() -> None:
    event = Stored(action="accept", category="sms_marketing", time="1780228246370")
    lost = Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=(("X-A", "b"),), body=b"{")
    facts = (
        Fact(at=later(0), state=State.QUEUED),
        Fact(at=later(1), state=State.UNCONFIRMED, outcome=lost),
        Fact(at=later(2), state=State.UNCONFIRMED, outcome=FailedLook(why=NoLook.UNREADABLE, failed=2)),
        Fact(at=later(3), state=State.NEW_PROFILE, outcome=Look(unknown=True)),
        Fact(at=later(4), state=State.CONTRADICTED, outcome=Look(reason=Reason.FAR_AHEAD, event=event)),
    )
    _, broken, failed, unknown, against = json.loads(json_of(Record(noted=a_noted(), facts=facts)))["facts"]
    assert broken["lost"]["status"] == 200
    assert (broken["lost"]["headers"], broken["lost"]["body"]) == ([["X-A", "b"]], "{")
    assert failed["failed look"] == {"why": "unreadable", "failed": 2}
    assert unknown["look"]["unknown"] is True
    assert not {"unlisted", "reason", "event"} & unknown["look"].keys()
    assert against["look"]["reason"] == "far ahead"
    assert against["look"]["event"]["time"] == "1780228246370"
