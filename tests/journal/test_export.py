"""An export is what is shown, whole, safe to open, and without a secret."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.errors import DeskError
from consent_desk.domain.evidence.table import COLUMNS, TableStyle
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.message import say
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
from consent_desk.journal.export import STEP, Export, ExportKind, json_of
from consent_desk.journal.head import Head
from consent_desk.journal.journal import SqliteJournal
from consent_desk.system.atomic_file import PrivateFile
from tests.consents import a_noted, later
from tests.domain.examples import Berlin
from tests.journal.journals import noted_in

Work = Callable[[], object]


class Paper(PrivateFile):
    """A file that tells what is done to it; `room` for so many writes, and what happens `while_` it waits."""

    room = 1000
    while_written: Work = list
    while_settled: Work = list

    def write(self, octets: bytes) -> None:
        self.room -= 1
        if self.room < 0:
            raise DeskError(say("tests", "The disk is full."), say("tests", "Make room."))
        super().write(octets)
        type(self).while_written()

    def settle(self) -> None:
        super().settle()
        type(self).while_settled()


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> type[Paper]:
    """The class of the files of this test, to be changed as a disk is."""
    paper = type("Paper", (Paper,), {})
    monkeypatch.setattr("consent_desk.journal.export.PrivateFile", paper)
    return paper


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    return folder / "history"


def exported(
    journal: SqliteJournal,
    file: Path,
    kind: ExportKind,
    query: LogQuery | None = None,
    style: TableStyle | None = None,
) -> Export:
    export = Export(journal, query or LogQuery(), kind, file, style=style)
    while export.step():
        pass
    return export


def noted_at_once(journal: SqliteJournal, count: int) -> list[str]:
    noted = [a_noted() for _ in range(count)]
    journal.note_all(noted)
    return [each.consent.request_id for each in noted]


@pytest.mark.parametrize("count", [0, 1, STEP, STEP + 1, 2 * STEP])
def test_all_is_written_however_many_there_are(journal: SqliteJournal, file: Path, count: int) -> None:
    ids = noted_at_once(journal, count)
    for kind in ExportKind:
        assert exported(journal, file, kind).written == count
        assert [*file.parent.iterdir()] == [file]
        lines = file.read_text("utf-8-sig").splitlines()
        found = lines[1:] if kind is ExportKind.CSV else lines[:-1]
        assert [one in line for one, line in zip(reversed(ids), found, strict=True)] == [True] * count


def test_only_what_is_wanted_is_written(journal: SqliteJournal, file: Path) -> None:
    noted_in(journal, State.REFUSED)
    kept = noted_in(journal, State.VERIFIED)
    exported(journal, file, ExportKind.JSON_LINES, LogQuery(states=frozenset({State.VERIFIED})))
    assert [json.loads(line).get("request_id") for line in file.read_bytes().splitlines()] == [kept, None]


def test_the_last_line_bears_the_head_of_the_chain(journal: SqliteJournal, file: Path) -> None:
    noted_in(journal)
    exported(journal, file, ExportKind.JSON_LINES)
    last = json.loads(file.read_bytes().splitlines()[-1])
    head = journal.head()
    assert last == {"journal": head.journal, "facts": 1, "head": head.head, "consents": 1}


def test_a_table_begins_with_a_byte_order_mark_and_its_columns(journal: SqliteJournal, file: Path) -> None:
    exported(journal, file, ExportKind.CSV)
    assert file.read_bytes() == b"\xef\xbb\xbf" + (",".join(COLUMNS) + "\r\n").encode()


def test_a_table_is_written_in_the_style_that_was_chosen(journal: SqliteJournal, file: Path) -> None:
    noted_in(journal, State.VERIFIED)
    style = TableStyle(local=lambda at: moment(at, Berlin()), outcome=lambda _: "Found", separator=";")
    exported(journal, file, ExportKind.CSV, style=style)
    [row] = csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline=""), delimiter=";")
    assert (row["Outcome"], row["Noted at"]) == ("Found", "2026-05-31 14:00:00")


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


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_full_disk_leaves_nothing_behind(
    journal: SqliteJournal, file: Path, paper: type[Paper], room: int
) -> None:
    noted_at_once(journal, 2 * STEP)
    paper.room = room
    with pytest.raises(DeskError, match="disk is full"):
        exported(journal, file, ExportKind.CSV)
    assert not [*file.parent.iterdir()]


def test_what_is_cancelled_leaves_nothing_behind(journal: SqliteJournal, file: Path) -> None:
    noted_at_once(journal, STEP)
    export = Export(journal, LogQuery(), ExportKind.CSV, file)
    assert export.step()
    assert [*file.parent.iterdir()]
    export.cancel()
    export.cancel()
    assert not [*file.parent.iterdir()]


@pytest.mark.parametrize("when", ["while_written", "while_settled"])
def test_what_is_given_up_while_its_folder_does_not_answer_is_taken_away_by_that_step(
    journal: SqliteJournal, file: Path, paper: type[Paper], when: str
) -> None:
    there: list[bool] = []

    def give_up() -> None:
        if when == "while_written":
            export.cancel()
        else:
            export.give_up()
        there.append(any(file.parent.iterdir()))

    setattr(paper, when, give_up)
    noted_in(journal)
    export = Export(journal, LogQuery(), ExportKind.JSON_LINES, file)
    assert not export.step()
    assert there == [True]
    assert not [*file.parent.iterdir()]


def test_it_says_that_it_is_the_file_which_is_waited_for(
    journal: SqliteJournal, file: Path, paper: type[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    paper.while_written = lambda: told.append(export.is_at_file)
    noted_in(journal)
    export = Export(journal, LogQuery(), ExportKind.JSON_LINES, file)
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
        Fact(at=later(4), state=State.CONTRADICTED, outcome=Look(reason=LookReason.FAR_AHEAD, event=event)),
    )
    _, broken, failed, unknown, against = json.loads(json_of(Record(noted=a_noted(), facts=facts)))["facts"]
    assert broken["lost"]["status"] == 200
    assert (broken["lost"]["headers"], broken["lost"]["body"]) == ([["X-A", "b"]], "{")
    assert failed["failed look"] == {"why": "unreadable", "failed": 2}
    assert unknown["look"]["unknown"] is True
    assert not {"unlisted", "reason", "event"} & unknown["look"].keys()
    assert against["look"]["reason"] == "far ahead"
    assert against["look"]["event"]["time"] == "1780228246370"
