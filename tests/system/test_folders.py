import os
import stat
import sys
from pathlib import Path

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.system.folders import Folders, is_there, private_folder, temporary_folder, user_folders

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the places are those of Linux")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@linux
def test_folders_are_the_places_of_this_user_alone(home: Path) -> None:
    assert user_folders() == Folders(
        config=home / "config" / "consent-desk",
        data=home / "data" / "consent-desk",
        logs=home / "state" / "consent-desk" / "log",
        cache=home / "cache" / "consent-desk",
    )


def test_asking_for_the_folders_makes_none(home: Path) -> None:
    before = sorted(home.rglob("*"))
    user_folders()
    assert sorted(home.rglob("*")) == before


@posix
def test_folder_and_what_is_missing_above_it_are_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "below"
    assert private_folder(folder) == folder
    assert [mode(folder.parent), mode(folder)] == [0o700, 0o700]


@posix
def test_folder_that_others_can_read_is_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(private_folder(folder)) == 0o700


@posix
def test_folder_above_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "own")
    assert mode(tmp_path) == 0o755


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away"
)
def test_folder_of_another_user_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o750)
    os.chown(folder, 65534, -1)
    assert mode(private_folder(folder)) == 0o750


def test_what_is_in_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    assert (private_folder(tmp_path) / "file").read_text() == "kept"


def test_file_in_place_of_the_folder_is_trouble_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DeskError) as raised:
            private_folder(path)
        assert str(path) in str(raised.value.title)
        assert "try again" in str(raised.value.advice) or "start again" in str(raised.value.advice)


@posix
def test_temporary_folder_is_closed_to_others_and_goes_with_all_in_it() -> None:
    with temporary_folder() as folder:
        assert mode(folder) == 0o700
        (folder / "below").mkdir()
        (folder / "below" / "journal").touch()
    assert not folder.exists()


def test_temporary_folder_goes_when_the_run_fails() -> None:
    with pytest.raises(ZeroDivisionError), temporary_folder() as folder:
        raise ZeroDivisionError
    assert not folder.exists()


def test_nowhere_to_put_a_temporary_folder_is_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(DeskError, match="missing"), temporary_folder():
        raise AssertionError("there is no folder")


def test_a_dangling_link_is_there(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert is_there(link)


@pytest.mark.parametrize("path", ["missing", "missing/below", "file/below"])
def test_what_is_missing_is_not_there(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    assert not is_there(tmp_path / path)


@posix
def test_what_cannot_be_looked_at_is_not_said_to_be_missing(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(OSError, match="symbolic links"):
        is_there(circle / "below")
