"""An exported file is its owner's alone, and there wholly or not at all."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.system.atomic_file import PrivateFile


def test_the_file_is_there_when_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("before")
    file = PrivateFile(path)
    file.write(b"one ")
    file.write(b"two")
    assert path.read_text() == "before"
    file.finish()
    assert path.read_text() == "one two"
    assert os.listdir(tmp_path) == ["history.csv"]  # noqa: PTH208 -- the names alone


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = PrivateFile(tmp_path / "history.csv")
    file.finish()
    assert (tmp_path / "history.csv").stat().st_mode & 0o777 == 0o600


def test_what_is_abandoned_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("before")
    file = PrivateFile(path)
    file.write(b"x" * 100_000)
    file.abandon()
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]


def test_a_folder_that_is_gone_is_told_with_advice(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match=r"its folder is not there any more\. Choose another folder"):
        PrivateFile(tmp_path / "gone" / "history.csv")


def test_a_folder_that_goes_meanwhile_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    file = PrivateFile(folder / "history.csv")
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    with pytest.raises(DeskError, match=r"Nothing was exported to .*history\.csv"):
        file.finish()
    file.abandon()


def test_a_folder_of_that_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "history.csv").mkdir()
    file = PrivateFile(tmp_path / "history.csv")
    with pytest.raises(DeskError, match="there is a folder of that name"):
        file.finish()
    assert [each.name for each in tmp_path.iterdir()] == ["history.csv"]


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """A limit to the size of files stands for a disk that is full."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    file = PrivateFile(tmp_path / "history.csv")
    with full_after(4096):
        with pytest.raises(DeskError, match="the disk is full"):
            file.write(b"x" * 1_000_000)
        file.abandon()
    assert [*tmp_path.iterdir()] == []


def test_a_disk_that_is_full_by_the_time_it_is_abandoned_changes_nothing_about_that(tmp_path: Path) -> None:
    file = PrivateFile(tmp_path / "history.csv")
    file.write(b"not on the disk yet")
    with full_after(0):
        file.abandon()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("number", [errno.EIO, errno.ETIMEDOUT, errno.ESTALE])
def test_what_a_network_folder_reports_is_told_of_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    file = PrivateFile(tmp_path / "history.csv")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DeskError, match="its disk or network folder reported an error"):
        file.settle()
    file.abandon()
    assert [*tmp_path.iterdir()] == []
