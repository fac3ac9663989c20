"""Salvage: what can be read of a damaged journal is saved, and the damaged file is kept."""

import errno
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consent_desk.domain.errors import JournalDamagedError, JournalError, JournalMissingError
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.journal import identity as restoration
from consent_desk.journal.head import create_head, head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.salvage import salvage as salvaging
from consent_desk.journal.salvage.pages import read_cells
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import companion, set_aside
from tests.consents import a_noted, claim, later, write_down
from tests.journal.journals import broken_off, copied, filled, latest, noted_in, tamper
from tests.reliability import damaged_journals

COUNT = 3 * len(State)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "journal.sqlite"
    filled(path, COUNT)
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    return copied(sound, tmp_path / "copy")


def opened(path: Path) -> SqliteJournal:
    return SqliteJournal.open(path, now=lambda: later(200))


def test_all_of_an_undamaged_journal_is_saved(path: Path) -> None:
    with closing(opened(path)) as journal:
        before = {entry.request_id: journal.record(entry.request_id) for entry in latest(journal)}
    content = path.read_bytes()
    told = salvage(path, now=lambda: later(100))
    assert (told.consents, told.consents_lost, told.facts_lost) == (COUNT, 0, 0)
    assert (told.incomplete, told.rest) == (0, 0)
    assert told.damaged is not None
    assert told.damaged.read_bytes() == content
    assert verify(path).verdict is Verdict.SOUND
    with closing(opened(path)) as journal:
        assert journal.restored == 0
        for request_id, record in before.items():
            after = journal.record(request_id)
            assert after.noted == record.noted
            if record.facts[-1].state in OPEN_STATES:
                assert after.facts[:-1] == record.facts
                assert (after.facts[-1].state, after.facts[-1].at) == (State.RESTORED, later(100))
            else:
                assert after.facts == record.facts
        assert told.restored == 3 * len(OPEN_STATES)


def test_the_damaged_file_goes_with_its_companion(path: Path) -> None:
    with closing(opened(path)) as journal:
        noted_in(journal)
    companion(path).write_bytes(b"companion")
    told = salvage(path, now=lambda: later(100))
    assert told.damaged is not None
    assert told.damaged.name == "journal.sqlite.damaged-2026-05-31T120140Z"
    assert companion(told.damaged).read_bytes() == b"companion"
    assert not companion(path).exists()


def test_no_damaged_file_is_ever_written_over(path: Path) -> None:
    first = salvage(path, now=lambda: later(100))
    second = salvage(path, now=lambda: later(100))
    assert first.damaged != second.damaged
    assert len([each for each in path.parent.glob("*.damaged-*") if not each.name.endswith("-journal")]) == 2


def test_a_consent_is_rebuilt_from_the_bytes_that_were_to_be_sent(path: Path) -> None:
    with closing(opened(path)) as journal:
        request_id = journal.records_in({State.REFUSED})[0]
        before = journal.record(request_id)
    spoil_pages(path, columns=12)
    told = salvage(path)
    assert (told.consents, told.consents_lost) == (COUNT, 0)
    with closing(opened(path)) as journal:
        after = journal.record(request_id)
        assert after.noted.consent == before.noted.consent
        assert after.noted.body == before.noted.body
        # Where it belongs is lost: so it is held, and goes nowhere by itself.
        assert (after.noted.project_id, after.noted.base_url) == ("", "")


def test_a_consent_without_its_customer_is_kept_and_never_sent(path: Path) -> None:
    spoil_pages(path, columns=10)
    told = salvage(path)
    assert (told.consents, told.incomplete) == (COUNT, COUNT)
    assert verify(path).verdict is Verdict.SOUND
    with closing(opened(path)) as journal:
        entry = latest(journal, 1)[0]
        assert entry.customer.value == "lost"
        assert claim(journal, entry.request_id, later(300)) is None
        assert journal.records_in(list(State)) == ()


def test_rows_that_fit_nowhere_are_kept_beside_the_damaged_file(path: Path) -> None:
    spoil_pages(path, columns=10)
    spoil_pages(path, columns=12)
    told = salvage(path)
    assert told.consents == 0
    assert told.consents_lost == COUNT
    assert told.damaged is not None
    rest = told.damaged.with_name(f"{told.damaged.name}.rest.jsonl")
    rows = [json.loads(line) for line in rest.read_text("utf-8").splitlines()]
    assert len(rows) == told.rest
    assert {row["table"] for row in rows} == {"fact", "answer", "remark"}


def test_a_changed_row_that_speaks_for_a_person_is_not_believed(path: Path) -> None:
    tamper(path, "UPDATE personal SET customer_id = 'joe' WHERE seq = 1")
    told = salvage(path)
    assert told.incomplete == 1
    assert (told.rest, told.consents_lost) == (1, 0)


def test_a_category_that_was_changed_is_read_from_the_body(path: Path) -> None:
    with closing(opened(path)) as journal:
        before = {entry.request_id: entry.category for entry in latest(journal)}
    tamper(path, "UPDATE consent SET category = 'other'")
    salvage(path)
    with closing(opened(path)) as journal:
        assert {entry.request_id: entry.category for entry in latest(journal)} == before


def test_a_journal_that_was_cut_to_nothing_can_be_left_behind(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(JournalDamagedError):
        opened(path)
    told = salvage(path)
    assert (told.consents, told.facts) == (0, 0)
    assert told.facts_lost > COUNT
    with closing(opened(path)) as journal:
        write_down(journal, a_noted())


def test_what_is_not_there_cannot_be_saved(path: Path) -> None:
    path.unlink()
    with pytest.raises(JournalError, match="Nothing was saved"):
        salvage(path)
    assert head_file(path).exists()


def test_on_a_full_disk_the_damaged_file_is_left_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(path, 4096 * 12)
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("consent_desk.journal.salvage.salvage.replace_file", full)
    with pytest.raises(JournalError, match="its file is left as it is: the disk is full"):
        salvage(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


class Killed(BaseException):
    """The program ends here."""


def broken_off_after(step: str, monkeypatch: pytest.MonkeyPatch, ending: BaseException) -> None:
    """Let the program end, or fail, right after a step of the next salvage."""
    module = salvaging if step == "set_aside" else restoration
    real: Callable[..., object] = set_aside if step == "set_aside" else create_head

    def end(*values: Any) -> None:
        real(*values)
        monkeypatch.undo()
        raise ending

    monkeypatch.setattr(module, step, end)


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("step", ["set_aside", "create_head"])
def test_a_salvage_that_was_killed_between_two_names_is_finished_by_the_next_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str, marked: bool
) -> None:
    content = path.read_bytes()
    if not marked:
        head_file(path).unlink()
    broken_off_after(step, monkeypatch, Killed())
    with pytest.raises(Killed):
        salvage(path)
    with closing(opened(path)) as journal:
        assert len(latest(journal)) == COUNT
        assert journal.restored == 3 * len(OPEN_STATES)
        write_down(journal, a_noted())
    assert verify(path).verdict is Verdict.SOUND
    (damaged,) = path.parent.glob("*.damaged-*Z")
    assert damaged.read_bytes() == content
    assert not list(path.parent.glob(".*.saved"))


@pytest.mark.parametrize("step", ["set_aside", "create_head"])
def test_a_salvage_that_cannot_be_put_in_place_is_kept_and_said_to_be(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    broken_off_after(step, monkeypatch, OSError(errno.EIO, "no luck"))
    with pytest.raises(JournalError, match="was saved, but does not stand in the journal's place yet"):
        salvage(path)
    with closing(opened(path)) as journal:
        assert len(latest(journal)) == COUNT


def test_the_companion_of_a_damaged_file_never_meets_what_was_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    companion(path).write_bytes(b"companion")
    rename = Path.rename

    def end(each: Path, target: Path) -> Path:
        if each == companion(path):
            monkeypatch.undo()
            raise Killed
        return rename(each, target)

    monkeypatch.setattr(Path, "rename", end)
    with pytest.raises(Killed):
        salvage(path)
    opened(path).close()
    assert verify(path).verdict is Verdict.SOUND
    assert [each.read_bytes() for each in path.parent.glob("*.damaged-*-journal")] == [b"companion"]


def test_what_was_saved_of_a_journal_never_takes_the_place_of_one_that_was_opened_since(path: Path) -> None:
    saved = path.with_name(f".{path.name}.saved")
    saved.write_bytes(path.read_bytes())
    opened(path).close()
    path.unlink()
    with pytest.raises(JournalMissingError):
        opened(path)


def test_a_broken_off_transaction_is_rolled_back_before_it_is_read(path: Path, tmp_path: Path) -> None:
    torn = broken_off(path, tmp_path / "torn")
    assert salvage(torn).restored == 3 * len(OPEN_STATES)
    with closing(opened(torn)) as journal:
        notes = {fact.note for found in latest(journal) for fact in journal.record(found.request_id).facts}
    # Which had gone from the file by then.
    assert "the customer asked for it" in notes


def test_the_raw_reader_finds_every_row_that_sqlite_finds(path: Path) -> None:
    cells = list(read_cells(path.read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        for table in ("consent", "personal", "fact", "answer", "standing", "journal"):
            asked = connection.execute(f"SELECT * FROM {table}")
            found = {
                (cell.rowid, *cell.values[1:]) for cell in cells if len(cell.values) == len(asked.description)
            }
            assert found >= set(asked.fetchall())


@pytest.mark.parametrize("content", [b"", b"\x0d" * 10_000, b"SQLite format 3\0" + b"\x02\x00" + bytes(5000)])
def test_the_raw_reader_reads_anything(content: bytes) -> None:
    assert not [cell for cell in read_cells(content) if len(cell.values) in {9, 11, 16}]


def test_of_undamaged_pages_nearly_all_is_saved() -> None:
    results = damaged_journals.run(30, seed=7)
    assert len(results) == 30
    assert [result.name for result in results if result.share < damaged_journals.WANTED] == []
    assert all(result.sound for result in results)


def spoil_pages(path: Path, *, columns: int) -> None:
    """Overwrite all pages on which rows of so many columns begin."""
    content = bytearray(path.read_bytes())
    for number in {cell.pages[0] for cell in read_cells(bytes(content)) if len(cell.values) == columns}:
        content[(number - 1) * 4096 : number * 4096] = bytes(4096)
    path.write_bytes(content)


@pytest.mark.parametrize("kept", [0, 20])
def test_beside_a_mark_that_cannot_be_read_all_is_saved(path: Path, kept: int) -> None:
    os.truncate(head_file(path), kept)
    with pytest.raises(JournalDamagedError, match="nobody can tell whether its end is missing"):
        opened(path)
    told = salvage(path)
    assert (told.consents, told.consents_lost, told.facts_lost) == (COUNT, 0, 0)
    opened(path).close()
