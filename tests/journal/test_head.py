"""The mark: the chain's head outside of the journal, and what a journal without its own mark means."""

import errno
import json
import os
import stat
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from consent_desk.domain.errors import JournalDamagedError
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.journal.head import Head, Spoilt, advance_head, create_head, head_file, legible, read_head
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from tests.consents import a_noted, later, write_down
from tests.journal.journals import copied, fill, filled, noted_in, tamper

MARK = Head(journal="5f0f6b0a-63a5-4c5b-8d53-0d6a5b6d1e11", facts=3, head="ab" * 32, installation="here")


def opened(path: Path, installation: str = "") -> SqliteJournal:
    return SqliteJournal.open(path, installation=installation, now=lambda: later(60))


def test_a_mark_is_read_back(path: Path) -> None:
    create_head(path, MARK)
    assert read_head(path) == MARK
    advance_head(path, replace(MARK, facts=4))
    advance_head(path, replace(MARK, facts=6))
    assert read_head(path) == replace(MARK, facts=6)
    assert path.stat().st_size == 8192


def test_there_is_no_mark_where_there_is_no_file(path: Path) -> None:
    assert read_head(path) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"journal": 1}', os.urandom(8192)])
def test_what_is_no_mark_is_spoilt_and_not_missing(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_head(path) == Spoilt(None)
    advance_head(path, MARK)
    assert legible(read_head(path)) == MARK


@pytest.mark.parametrize("slot", [0, 1])
def test_a_torn_write_leaves_the_mark_before_it(path: Path, slot: int) -> None:
    create_head(path, MARK)
    for facts in range(4, 5 + slot):
        advance_head(path, replace(MARK, facts=facts))
    before = path.read_bytes()
    advance_head(path, replace(MARK, facts=9))
    after = path.read_bytes()
    torn = bytes(
        old if place % 4096 > 80 else new for place, (old, new) in enumerate(zip(before, after, strict=True))
    )
    path.write_bytes(torn)
    found = read_head(path)
    assert isinstance(found, Spoilt)
    assert found.rest is not None
    assert found.rest.facts in range(3, 5 + slot)
    advance_head(path, replace(MARK, facts=9))
    assert read_head(path) == replace(MARK, facts=9)


def test_a_changed_mark_is_spoilt(path: Path) -> None:
    create_head(path, MARK)
    path.write_bytes(path.read_bytes().replace(b'"facts": 3', b'"facts": 2'))
    assert read_head(path) == Spoilt(None)


@pytest.mark.parametrize("slots", [{0}, {1}, {0, 1}])
def test_where_the_mark_cannot_be_read_nobody_can_tell_whether_the_end_is_missing(
    path: Path, slots: set[int]
) -> None:
    filled(path, 3)
    with closing(opened(path, "here")):
        pass
    spoil(head_file(path), *slots)
    with pytest.raises(
        JournalDamagedError, match="cannot be read, or not all of it: nobody can tell whether"
    ):
        opened(path, "here")


def test_a_cut_end_is_not_hidden_by_a_changed_mark(path: Path) -> None:
    with closing(opened(path)) as journal:
        noted_in(journal)
        journal.settle()
        cut = path.read_bytes()
        noted_in(journal)
    path.write_bytes(cut)
    spoil_newest(path)
    with pytest.raises(JournalDamagedError, match="nobody can tell whether its end is missing"):
        opened(path)


def test_a_mark_that_a_power_cut_spoilt_is_written_anew(path: Path) -> None:
    with closing(opened(path)) as journal:
        noted_in(journal)
        noted_in(journal)
    spoil_newest(path)
    with closing(opened(path)) as journal:
        assert journal.restored == 0
    assert of(path).facts == 2


def spoil(mark: Path, *slots: int) -> None:
    """Change one byte of each of these slots."""
    content = bytearray(mark.read_bytes())
    for slot in slots:
        content[4096 * slot + 20] ^= 1
    mark.write_bytes(content)


def spoil_newest(path: Path) -> None:
    """Change one byte of the newer slot of a journal's mark."""
    slots = head_file(path).read_bytes()
    spoil(head_file(path), max((0, 1), key=lambda slot: json.loads(slots[4096 * slot :][:4096])["facts"]))


def of(path: Path) -> Head:
    """The mark of a journal, whole."""
    mark = read_head(head_file(path))
    assert isinstance(mark, Head)
    return mark


def test_a_mark_never_goes_back(path: Path) -> None:
    create_head(path, MARK)
    before = path.read_bytes()
    advance_head(path, replace(MARK, facts=2))
    assert (read_head(path), path.read_bytes()) == (MARK, before)


def test_a_first_start_leaves_a_mark_before_anything_is_noted(path: Path) -> None:
    opened(path).close()
    assert of(path).facts == 0
    if os.name != "nt":
        assert stat.S_IMODE(head_file(path).stat().st_mode) == 0o600


def test_every_unit_of_work_brings_the_mark_forward(path: Path) -> None:
    with closing(opened(path)) as journal:
        facts = []
        noted_in(journal, State.DELIVERED)
        journal.settle()
        facts.append(of(path).facts)
        noted_in(journal)
    facts.append(of(path).facts)
    assert facts == [3, 4]


def test_nobody_waits_for_the_mark_which_follows_by_itself(path: Path) -> None:
    with closing(opened(path)) as journal:
        for _ in range(5):
            noted_in(journal)
        for thread in threading.enumerate():
            if thread.name == "mark":
                # It ends once there is nothing more to write.
                thread.join(30)
        assert of(path).facts == 5


def test_an_older_copy_in_its_place_is_found(path: Path) -> None:
    filled(path, 3)
    old = path.read_bytes()
    with closing(opened(path)) as journal:
        write_down(journal, a_noted())
    path.write_bytes(old)
    with pytest.raises(JournalDamagedError, match="its end is missing"):
        opened(path)


def test_a_mark_that_lags_behind_is_accepted_and_brought_up_to_date(path: Path) -> None:
    with closing(opened(path)) as journal:
        noted_in(journal)
        journal.settle()
        lagging = head_file(path).read_bytes()
        noted_in(journal, State.DELIVERED)
    head_file(path).write_bytes(lagging)
    with closing(opened(path)) as journal:
        assert journal.restored == 0
    assert of(path).facts == 4


def test_a_head_that_never_was_is_found(path: Path) -> None:
    filled(path, 3)
    tamper(path, "UPDATE fact SET chain = zeroblob(32) WHERE seq = (SELECT max(seq) FROM fact)")
    with pytest.raises(JournalDamagedError, match="its check file does not fit"):
        opened(path)


def test_another_journal_in_its_place_is_found(tmp_path: Path) -> None:
    path, other = tmp_path / "journal.sqlite", tmp_path / "other.sqlite"
    filled(path, 3)
    filled(other, 5)
    other.replace(path)
    with pytest.raises(JournalDamagedError, match="another journal stands in its place"):
        opened(path)


def test_without_its_mark_what_is_open_may_have_gone_out(path: Path) -> None:
    filled(path, len(State))
    head_file(path).unlink()
    with closing(opened(path)) as journal:
        assert journal.restored == len(OPEN_STATES)
        restored = journal.records_in({State.RESTORED})
        assert len(restored) == len(OPEN_STATES)
        last = journal.record(restored[0]).facts[-1]
        assert (last.at, last.note) == (later(60), "opened without its mark")
    with closing(opened(path)) as journal:
        assert journal.restored == 0


def test_on_another_computer_what_is_open_may_have_gone_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(opened(path, "here")) as journal:
        fill(journal, len(State))
    with closing(opened(path, "here")) as journal:
        assert journal.restored == 0
    carried = copied(path, tmp_path / "elsewhere")
    with closing(opened(carried, "there")) as journal:
        assert journal.restored == len(OPEN_STATES)
    with closing(opened(carried, "there")) as journal:
        assert journal.restored == 0


def test_where_nobody_can_tell_which_computer_this_is_the_mark_keeps_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(opened(path, "here")) as journal:
        noted_in(journal)
    with closing(opened(path)) as journal:
        assert journal.restored == 0
        noted_in(journal)
    assert of(path).installation == "here"
    with closing(opened(copied(path, tmp_path / "elsewhere"), "there")) as journal:
        assert journal.restored == 2


def test_an_installation_that_cannot_be_read_now_is_not_given_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = installation_id(tmp_path)
    opens = Path.open

    def fail(path: Path, *_arguments: object) -> IO[bytes]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    assert installation_id(tmp_path) == ""
    monkeypatch.setattr(Path, "open", opens)
    assert installation_id(tmp_path) == name


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    name = installation_id(tmp_path / "config")
    assert len(name) == 32
    assert installation_id(tmp_path / "config") == name
    assert installation_id(tmp_path / "another") != name


def test_an_installation_that_can_keep_nothing_has_no_name(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    assert installation_id(tmp_path / "config") == ""


def test_a_mark_that_cannot_be_written_loses_nothing_and_is_told(path: Path) -> None:
    with closing(opened(path)) as journal:
        head_file(path).unlink()
        head_file(path).mkdir()
        request_id = noted_in(journal)
        assert journal.records_in({State.QUEUED}) == (request_id,)
        journal.settle()
        assert "check file beside it is not" in str(journal.mark_trouble)
        head_file(path).rmdir()
        noted_in(journal)
        journal.settle()
        assert journal.mark_trouble is None
    assert of(path).facts == 2


def test_of_two_connections_each_brings_the_mark_forward(path: Path) -> None:
    with closing(opened(path)) as first, closing(opened(path)) as second:
        for number in range(10):
            noted_in((first, second)[number % 2])
            (first, second)[number % 2].settle()
            assert of(path).facts == number + 1
    opened(path).close()
