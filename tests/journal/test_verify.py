"""Verifying a journal: what is found, how it is named, and that nothing is changed by it."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from consent_desk.cli.main import main
from consent_desk.domain.lifecycle.state import State
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict, verify
from tests.consents import a_noted, write_down
from tests.journal.journals import broken_off, copied, filled, noted_in, tamper
from tests.reliability import changed_bytes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed journal with two consents in each state."""
    path = tmp_path_factory.mktemp("sound") / "journal.sqlite"
    filled(path, 2 * len(State))
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return copied(sound, tmp_path / "copy")


def test_a_sound_journal_is_sound_and_left_as_it_is(path: Path) -> None:
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    found = verify(path)
    assert (found.verdict, found.why) == (Verdict.SOUND, None)
    assert found.consents == 2 * len(State)
    assert len(found.head) == 64
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_an_empty_journal_is_sound(tmp_path: Path) -> None:
    SqliteJournal.open(tmp_path / "journal.sqlite").close()
    assert verify(tmp_path / "journal.sqlite").verdict is Verdict.SOUND


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE consent SET action = 'reject', valid_until = NULL WHERE seq = 4", "Fact 7 of consent"),
        ("UPDATE consent SET project_name = 'Acme' WHERE seq = 1", "Fact 1 of consent"),
        ("UPDATE fact SET state = 'verified' WHERE seq = 5", "Fact 5 of consent"),
        ("UPDATE fact SET at = at + 1 WHERE seq = 5", "it, or the consent it belongs to, was changed"),
        ("UPDATE fact SET chain = zeroblob(32) WHERE seq = 5", "Fact 5 of consent"),
        ("UPDATE journal SET uuid = '00000000-0000-4000-8000-000000000000'", "Fact 1 of consent"),
        ("UPDATE personal SET customer_id = 'joe' WHERE seq = 1", "Fact 1 of .* row of personal was changed"),
        ("UPDATE personal SET body = x'7b7d' WHERE seq = 1", "row of personal was changed"),
        ("UPDATE answer SET body = x'7b7d'", "row of answer was changed"),
        ("UPDATE remark SET text = 'because'", "row of remark was changed"),
        ("DELETE FROM personal WHERE seq = 1", "Fact 1 of .* row of personal is missing, and was not erased"),
        ("DELETE FROM answer", "row of answer is missing"),
        ("DELETE FROM remark", "row of remark is missing"),
        ("INSERT INTO remark VALUES (1, zeroblob(16), 'because')", "Fact 1 of .* row of remark was changed"),
        ("INSERT INTO answer VALUES (1, zeroblob(16), '[]', x'')", "Fact 1 of .* row of answer was changed"),
        ("UPDATE standing SET state = 'verified' WHERE seq = 1", "The state that stands for consent"),
        ("DELETE FROM standing WHERE seq = 1", "The state that stands for consent"),
        ("UPDATE standing SET fact = 1 WHERE seq = 2", "The state that stands for consent"),
        ("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'fact'", "last number of fact"),
        ("DELETE FROM fact WHERE seq = 5", "Fact 6 of .*: there is none before it with the number 5"),
        ("DROP INDEX personal_of_customer", "personal_of_customer differs"),
        ("CREATE TABLE more (a)", "more differs"),
        ("INSERT INTO standing VALUES (999, 1, 'queued')", "Row 999 of standing"),
    ],
)
def test_the_first_wrong_row_is_named(path: Path, statement: str, words: str) -> None:
    tamper(path, statement)
    found = verify(path)
    assert found.verdict is Verdict.WRONG

    assert re.search(words, str(found.why))


def test_a_cut_end_is_found_by_the_mark(path: Path) -> None:
    old = path.read_bytes()
    with closing(SqliteJournal.open(path)) as journal:
        write_down(journal, a_noted())
    path.write_bytes(old)
    found = verify(path)
    assert found.verdict is Verdict.WRONG
    assert "its end is missing" in str(found.why)


def test_a_mark_that_is_an_ancestor_is_accepted(path: Path) -> None:
    ancestor = head_file(path).read_bytes()
    with closing(SqliteJournal.open(path)) as journal:
        noted_in(journal, State.DELIVERED)
    head_file(path).write_bytes(ancestor)
    assert verify(path).verdict is Verdict.SOUND


def test_a_journal_without_a_mark_is_not_called_sound(path: Path) -> None:
    head_file(path).unlink()
    found = verify(path)
    assert found.verdict is Verdict.WRONG
    assert "nobody can tell whether its end was cut off" in str(found.why)


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("cut", [True, False])
def test_a_mark_that_cannot_be_read_is_a_finding(path: Path, slot: int, cut: bool) -> None:
    before = path.read_bytes()
    with closing(SqliteJournal.open(path)) as journal:
        write_down(journal, a_noted())
    if cut:
        path.write_bytes(before)
    mark = bytearray(head_file(path).read_bytes())
    mark[4096 * slot + 20] ^= 1
    head_file(path).write_bytes(mark)
    found = verify(path)
    assert found.verdict is Verdict.WRONG
    assert "cannot be read, or not all of it: nobody can tell" in str(found.why) or cut


@pytest.mark.parametrize("content", [b"", b"hello" * 1000])
def test_what_is_no_journal_is_wrong(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.sqlite").write_bytes(content)
    assert verify(tmp_path / "journal.sqlite").verdict is Verdict.WRONG


def test_what_is_missing_newer_or_foreign_cannot_be_checked(path: Path, tmp_path: Path) -> None:
    assert verify(tmp_path / "missing.sqlite").verdict is Verdict.UNREADABLE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer version" in str(verify(path).why)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 1")
    assert "another program" in str(verify(path).why)
    assert verify(path).verdict is Verdict.UNREADABLE


def test_a_structure_that_is_damaged_is_found(path: Path) -> None:
    content = bytearray(path.read_bytes())
    index = next(start for start in range(4096, len(content), 4096) if content[start] == 0x0A)
    content[index + 3000 : index + 4096] = b"\xa5" * 1096
    path.write_bytes(content)
    assert verify(path).verdict is Verdict.WRONG


@pytest.mark.parametrize("torn_header", [False, True])
def test_a_transaction_that_was_broken_off_is_checked_as_rolled_back(
    path: Path, tmp_path: Path, torn_header: bool
) -> None:
    torn = broken_off(path, tmp_path / "half")
    if torn_header:
        torn.write_bytes(b"\xa5" * 512 + torn.read_bytes()[512:])
    before = {each.name: each.read_bytes() for each in torn.parent.iterdir()}
    found = verify(torn)
    assert (found.verdict, found.interrupted) == (Verdict.SOUND, True)
    assert {each.name: each.read_bytes() for each in torn.parent.iterdir()} == before


def test_an_open_journal_can_be_verified_by_another_process(path: Path) -> None:
    with closing(SqliteJournal.open(path)) as journal:
        noted_in(journal)
        ended = command("verify", str(path))
        noted_in(journal)
    assert ended.returncode == 0, ended.stdout
    assert "Sound: 31 consents" in ended.stdout


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "consent_desk", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_the_command_says_what_it_found_without_qt(path: Path) -> None:
    ended = command("verify", str(path))
    assert ended.returncode == 0
    assert "Whoever can write both" in ended.stdout
    assert "PySide6" not in ended.stderr


def test_the_command_looks_at_the_users_own_journal(
    path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 2
    folder = home / "data" / "consent-desk"
    folder.mkdir()
    for source in (path, head_file(path)):
        shutil.copyfile(source, folder / source.name)
    assert main(["verify"]) == 0
    tamper(folder / path.name, "UPDATE fact SET at = at + 1 WHERE seq = 3")
    capsys.readouterr()
    assert main(["verify"]) == 1
    assert "Fact 3 of consent" in capsys.readouterr().out


def test_changed_bytes_inside_rows_are_found() -> None:
    missed, _without_meaning = changed_bytes.run(60, seed=7)
    assert missed == []
