"""The journal's file: how it is made, what is recognised, what protects it."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.domain.errors import JournalDamagedError, JournalError, JournalMissingError
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Answered
from consent_desk.journal import file
from consent_desk.journal.file import PRAGMAS
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.schema import APPLICATION_ID, STEPS, VERSION, blank, migrate
from tests.consents import a_noted, claim, go_on, later, write_down
from tests.journal.journals import (
    bring_from_elsewhere,
    broken_off,
    elsewhere,
    filled,
    latest,
    transactions_of,
)


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A journal that holds one delivered consent."""
    journal = SqliteJournal.open(path)
    noted = a_noted()
    write_down(journal, noted)
    claim(journal, noted.consent.request_id, later(1))
    answered = Answered(status=200, headers=(), body=b"{}")
    delivered = Fact(at=later(2), state=State.DELIVERED, outcome=answered, note="by hand")
    go_on(journal, noted.consent.request_id, delivered)
    yield journal
    journal.close()


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        for statement in statements:
            connection.execute(statement)


def refuse(path: Path, words: str, kind: type[JournalError] = JournalError) -> None:
    """Opening is refused in these words, and changes nothing."""
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    with pytest.raises(kind, match=f"The journal cannot be opened: .*{words}") as caught:
        SqliteJournal.open(path)
    assert type(caught.value) is kind
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_and_its_companion_are_for_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        journal = SqliteJournal.open(path)
        write_down(journal, a_noted())
        journal.close()
    finally:
        os.umask(before)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {"journal.sqlite": 0o600, "journal.sqlite-journal": 0o600, "journal.mark": 0o600}


def test_every_pragma_is_in_force(journal: SqliteJournal) -> None:
    found = {name: journal._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert found == PRAGMAS
    assert found["journal_mode"] == "truncate"
    assert (found["synchronous"], found["foreign_keys"], found["busy_timeout"]) == (3, 1, 5000)


def test_a_pragma_that_does_not_hold_is_trouble(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRAGMAS, "page_size", 1000)
    with pytest.raises(JournalError, match="cannot be made to write safely"):
        SqliteJournal.open(path)


def test_the_header_says_whose_it_is(path: Path, journal: SqliteJournal) -> None:
    header = path.read_bytes()[:100]
    assert int.from_bytes(header[68:72], "big") == APPLICATION_ID
    assert int.from_bytes(header[60:64], "big") == VERSION == len(STEPS) == 2


def test_a_new_journal_leaves_no_other_file_than_its_mark(path: Path) -> None:
    SqliteJournal.open(path).close()
    assert {each.name for each in path.parent.iterdir()} == {"journal.sqlite", "journal.mark"}


@pytest.mark.parametrize("name", ["a b", "50%25", "what?mode=ro", "number#1", "Žofie 山田"])
@pytest.mark.skipif(os.name == "nt", reason="Windows allows fewer names")
def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    journal = SqliteJournal.open(folder / "journal.sqlite")
    write_down(journal, a_noted())
    journal.close()
    assert {each.name for each in folder.iterdir()} == {
        "journal.sqlite",
        "journal.sqlite-journal",
        "journal.mark",
    }


def test_noting_the_same_again_goes_to_the_disk_again(path: Path) -> None:
    journal = SqliteJournal.open(path)
    noted = a_noted()
    changes = []
    for _ in range(2):
        write_down(journal, noted)
        changes.append(transactions_of(path))
    journal.close()
    assert changes[1] == changes[0] + 1


def test_a_start_that_was_overtaken_uses_the_journal_of_the_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = a_noted()

    def overtaken() -> bytes:
        # Now that this start has found no journal and is making one, another start has made and used its own:
        # one of an older version, which asks for no lock.
        monkeypatch.setattr(file, "blank", blank)
        with closing(SqliteJournal.open(elsewhere(path))) as other:
            write_down(other, noted)
        bring_from_elsewhere(path)
        return blank()

    monkeypatch.setattr(file, "blank", overtaken)
    journal = SqliteJournal.open(path)
    assert journal.records_in({State.QUEUED}) == (noted.consent.request_id,)
    journal.close()


def test_an_empty_file_without_a_mark_is_a_first_start(path: Path) -> None:
    path.write_bytes(b"")
    journal = SqliteJournal.open(path)
    write_down(journal, a_noted())
    journal.close()
    assert len({each.name for each in path.parent.iterdir()}) == 3


def test_a_companion_without_its_journal_is_no_fresh_start(path: Path, journal: SqliteJournal) -> None:
    path.rename(path.with_name("elsewhere.db"))
    path.with_suffix(".mark").unlink()
    refuse(path, "companion", JournalMissingError)


@pytest.mark.parametrize("content", [b"hello", b"hello" * 1000, b"SQLite format 3\0"])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refuse(path, "no journal", JournalDamagedError)


def test_another_programs_database_is_left_alone(path: Path) -> None:
    execute(path, "PRAGMA application_id = 4711", "CREATE TABLE consent (a)")
    refuse(path, "another program")


def spoilt(content: bytes, first: int) -> bytes:
    """`content` overwritten from `first` on, but for what says whose it is."""
    spoilt = content[:first] + b"\xa5" * (len(content) - first)
    return spoilt[:60] + content[60:72] + spoilt[72:]


@pytest.mark.parametrize(
    ("spoil", "words", "kind"),
    [
        (lambda path: path.write_bytes(b""), "empty", JournalDamagedError),
        (Path.unlink, "gone, though its check file", JournalMissingError),
        (lambda path: execute(path, f"PRAGMA user_version = {VERSION + 1}"), "newer version", JournalError),
        (lambda path: path.write_bytes(spoilt(path.read_bytes(), 16)), "damaged", JournalDamagedError),
        (lambda path: path.write_bytes(spoilt(path.read_bytes(), 100)), "damaged", JournalDamagedError),
        (
            lambda path: path.write_bytes(b"\xa5" * 512 + path.read_bytes()[512:]),
            "damaged",
            JournalDamagedError,
        ),
        (lambda path: os.truncate(path, 4096), "damaged", JournalDamagedError),
        (lambda path: execute(path, "DROP VIEW entry"), "could not be used", JournalError),
    ],
    ids=[
        "cut to nothing",
        "gone",
        "newer",
        "header",
        "schema",
        "torn header",
        "cut short",
        "without a table",
    ],
)
def test_a_journal_that_was_changed_is_left_alone_and_is_no_fresh_start(
    path: Path, spoil: Callable[[Path], object], words: str, kind: type[JournalError]
) -> None:
    SqliteJournal.open(path).close()
    spoil(path)
    refuse(path, words, kind)


def test_a_header_torn_while_it_was_written_over_is_rolled_back(path: Path, tmp_path: Path) -> None:
    last = filled(path, 30)[-1]
    torn = broken_off(path, tmp_path / "torn")
    torn.write_bytes(b"\xa5" * 512 + torn.read_bytes()[512:])
    with closing(SqliteJournal.open(torn)) as opened:
        assert latest(opened, 1)[0].request_id == last


def test_a_folder_in_its_place_is_left_alone(path: Path) -> None:
    path.mkdir()
    refuse(path, "folder in its place")


def test_a_folder_that_is_missing_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="folder or file cannot be reached"):
        SqliteJournal.open(tmp_path / "missing" / "journal.sqlite")


@pytest.mark.skipif(os.name == "nt", reason="Windows does not rename an open file")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_nothing_is_noted_into_a_file_that_was_moved_away(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    journal = SqliteJournal.open(folder / "journal.sqlite")
    write_down(journal, a_noted())
    moved = folder if what == "folder" else folder / "journal.sqlite"
    moved.rename(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="not noted: its file was moved, replaced or deleted"):
        write_down(journal, a_noted())
    journal.close()


def test_a_full_file_system_is_said_to_be_full(journal: SqliteJournal) -> None:
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    before = len(latest(journal))
    with pytest.raises(JournalError, match="not noted: the disk is full"):
        write_down(journal, a_noted(wording="word " * 3000))
    assert len(latest(journal)) == before


def test_another_program_that_holds_the_file_is_named_as_the_reason(
    path: Path, journal: SqliteJournal
) -> None:
    journal._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="not noted: another program holds its file"):
        write_down(journal, a_noted())
    with pytest.raises(JournalError, match="cannot be read: another program holds its file"):
        latest(journal, 1)
    other.close()
    write_down(journal, a_noted())


def test_a_unit_of_work_looks_only_once_it_may_write(path: Path, journal: SqliteJournal) -> None:
    journal._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="Nothing was sent"):
        journal.claim("what is not there", later(3), after=1)
    other.close()
    assert journal.claim("what is not there", later(3), after=1) is None


def test_a_page_that_rots_while_the_journal_is_open_is_damage(path: Path) -> None:
    journal = SqliteJournal.open(path)
    write_down(journal, a_noted())
    journal.close()
    journal = SqliteJournal.open(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    with pytest.raises(JournalError, match="not noted: its file is damaged"):
        write_down(journal, a_noted())
    journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent SET action = 'accept', valid_until = 'unlimited'",
        "DELETE FROM consent",
        "UPDATE fact SET state = 'delivered'",
        "DELETE FROM fact",
        "UPDATE personal SET customer_id = 'joe'",
        "UPDATE answer SET body = x'00'",
        "UPDATE remark SET text = 'because'",
        "UPDATE journal SET uuid = '00000000-0000-4000-8000-000000000000'",
        "DELETE FROM journal",
        "REPLACE INTO journal VALUES (1, '00000000-0000-4000-8000-000000000000')",
        "REPLACE INTO consent SELECT * FROM consent",
        "REPLACE INTO consent SELECT seq + 1, request_id, project_id, project_name, base_url, project_token, "
        "category, action, valid_until, timestamp, noted_at, press FROM consent",
        "REPLACE INTO fact SELECT * FROM fact",
    ],
)
def test_no_statement_changes_what_was_written(path: Path, journal: SqliteJournal, statement: str) -> None:
    before = path.read_bytes()
    with pytest.raises(sqlite3.IntegrityError, match=r"only grows|immutable"):
        execute(path, statement)
    assert path.read_bytes() == before


@pytest.mark.parametrize("table", ["personal", "answer", "remark"])
def test_what_names_a_person_can_be_erased(path: Path, journal: SqliteJournal, table: str) -> None:
    execute(path, "PRAGMA foreign_keys = ON", f"DELETE FROM {table}")
    assert len(latest(journal)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "'Accept'"},
        {"action": "'accept'"},
        {"valid_until": "'unlimited'"},
        {"action": "'accept'", "valid_until": "'for ever'"},
        {"action": "'accept'", "valid_until": "1.5"},
        {"timestamp": "0"},
        {"timestamp": "'now'"},
        {"noted_at": "timestamp - 1"},
        {"request_id": "'short'"},
        {"project_id": "NULL"},
    ],
    ids=str,
)
def test_an_impossible_consent_cannot_be_written(
    path: Path, journal: SqliteJournal, changes: dict[str, str]
) -> None:
    names = (
        *("project_id", "project_name", "base_url", "project_token"),
        *("category", "action", "valid_until", "timestamp", "noted_at"),
    )
    columns = {"request_id": "'00000000-0000-4000-8000-000000000000'", **{name: name for name in names}}
    insert = "INSERT INTO consent ({}) SELECT {} FROM consent"
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, insert.format(", ".join(columns), ", ".join((columns | changes).values())))
    execute(path, insert.format(", ".join(columns), ", ".join(columns.values())))


COMPLETE = {
    None: {},
    "answered": {"status": 200, "elapsed": 0.1, "truncated": 0, "content_sha256": b"#" * 32},
    "lost": {"phase": "waiting", "cause": "cut", "detail": "", "elapsed": 0.1},
    "not_sent": {"phase": "resolving", "cause": "held", "detail": "", "elapsed": 0.1},
    "look": {"look": "{}", "elapsed": 0.1},
    "look_failed": {"look": "{}", "elapsed": 0.1},
}


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        (None, {"state": "sent"}),
        (None, {"outcome": "vanished", "elapsed": 0.1}),
        (None, {"request_id": "00000000-0000-4000-8000-000000000000"}),
        (None, {"content_sha256": b"short"}),
        (None, {"status": 200}),
        (None, {"truncated": 0}),
        (None, {"look": "{}"}),
        (None, {"gone": b"short"}),
        (None, {"remark_sha256": b"short"}),
        (None, {"chain": b"short"}),
        (None, {"chain": None}),
        ("look", {"status": 200}),
        ("look", {"phase": "waiting", "cause": "cut", "detail": ""}),
        ("answered", {"truncated": 2}),
        ("lost", {"status": 200, "truncated": 1}),
        ("look_failed", {"status": 502, "truncated": 0}),
        ("look_failed", {"phase": "waiting"}),
        *((kind, {name: None}) for kind, values in COMPLETE.items() for name in values),
        *(("lost", {name: value}) for name, value in (("status", 200), ("truncated", 1))),
        *(("answered", {name: "cut"}) for name in ("phase", "cause", "detail")),
    ],
    ids=str,
)
def test_an_impossible_fact_cannot_be_written(
    path: Path, journal: SqliteJournal, outcome: str | None, changes: dict[str, object]
) -> None:
    request_id = latest(journal, 1)[0].request_id
    sound = {
        **{"request_id": request_id, "at": 1, "state": "refused", "outcome": outcome, "chain": b"#" * 32},
        **COMPLETE[outcome],
    }
    wrong = {**sound, **changes}
    insert = "INSERT INTO fact ({}) VALUES ({})"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(
                insert.format(", ".join(wrong), ", ".join("?" * len(wrong))), [*wrong.values()]
            )
        connection.execute(insert.format(", ".join(sound), ", ".join("?" * len(sound))), [*sound.values()])


def test_an_older_journal_is_brought_up_to_date_by_the_steps_it_lacks(
    path: Path, journal: SqliteJournal
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, (*STEPS, ("ALTER TABLE fact ADD COLUMN reason TEXT",)))
        assert connection.execute("SELECT reason FROM fact").fetchall() == [(None,)] * 3
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


def test_a_step_that_fails_changes_nothing(path: Path, journal: SqliteJournal) -> None:
    before = path.read_bytes()
    steps = (*STEPS, ("ALTER TABLE fact ADD COLUMN reason TEXT", "nonsense"))
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
        pytest.raises(sqlite3.OperationalError),
    ):
        migrate(connection, steps)
    assert path.read_bytes() == before
