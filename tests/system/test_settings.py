"""What the desk keeps about its journal, away from it."""

from pathlib import Path
from threading import Thread

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.system import json_file
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.settings import DeskSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


@pytest.fixture
def settings(path: Path) -> DeskSettings:
    return DeskSettings(path)


def test_without_a_file_there_is_neither_a_second_folder_nor_a_journal(settings: DeskSettings) -> None:
    assert (settings.second_folder, settings.has_journal) == (None, False)


def test_each_is_kept_beside_the_other(settings: DeskSettings, path: Path) -> None:
    settings.set_second_folder(Path("/media/stick ☎"))
    settings.remember_journal()
    again = DeskSettings(path)
    assert (again.second_folder, again.has_journal) == (Path("/media/stick ☎"), True)
    again.set_second_folder(None)
    settings.remember_journal(False)
    assert (again.second_folder, again.has_journal) == (None, False)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "has_journal": 1}'])
def test_what_cannot_be_read_is_left_as_it_is_and_there_may_have_been_a_journal(
    settings: DeskSettings, path: Path, content: str
) -> None:
    path.parent.mkdir()
    path.write_text(content)
    assert settings.has_journal
    with pytest.raises(DeskError, match="settings for backups cannot be read"):
        settings.set_second_folder(Path("/media"))
    with pytest.raises(DeskError, match="settings for backups cannot be read"):
        settings.remember_journal(False)
    assert path.read_text() == content


def test_a_folder_that_cannot_be_written_is_told(settings: DeskSettings, path: Path) -> None:
    path.parent.write_text("a file")
    with pytest.raises(DeskError, match="cannot be"):
        settings.remember_journal()


def test_what_two_threads_keep_at_once_is_kept_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DeskSettings(tmp_path / "settings.json")
    other = Thread(target=settings.remember_journal)

    def interrupted(path: Path, content: bytes) -> None:
        monkeypatch.undo()
        other.start()
        # It cannot end before this does, or it has read what is about to be written over.
        other.join(0.1)
        replace_file(path, content)

    monkeypatch.setattr(json_file, "replace_file", interrupted)
    settings.set_second_folder(tmp_path)
    other.join()
    assert (settings.second_folder, settings.has_journal) == (tmp_path, True)
