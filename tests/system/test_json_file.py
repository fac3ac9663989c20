"""A small file is there wholly or as it was, and what is not ours is not read."""

import errno
import stat
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.system import json_file
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.json_file import LARGEST, JsonFile


@pytest.fixture
def file(tmp_path: Path) -> JsonFile:
    path = tmp_path / "config" / "kept.json"
    return JsonFile(
        path=path,
        indent=None,
        unreadable=say("tests", "It cannot be read."),
        unsaved=say("tests", "It was not saved."),
    )


def test_what_was_written_is_read_again_with_its_version(file: JsonFile) -> None:
    assert file.read() is None
    assert not file.path.parent.exists()
    file.write({"name": "Zoë"})
    assert file.read() == {"version": 1, "name": "Zoë"}
    assert file.path.read_bytes() == b'{"version": 1, "name": "Zo\\u00eb"}\n'
    assert [*file.path.parent.iterdir()] == [file.path]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_it_is_closed_to_others(file: JsonFile) -> None:
    file.write({})
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b"[" * 99_999, b"{}" + b" " * LARGEST], ids=lambda each: each[:9]
)
def test_what_is_no_object_or_too_large_is_damaged(file: JsonFile, content: bytes) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    with pytest.raises(DeskError, match="It cannot be read") as raised:
        file.read()
    assert str(file.path) in str(raised.value.advice)


def test_nothing_is_written_that_would_not_be_read_again(file: JsonFile) -> None:
    file.write({"kept": 1})
    with pytest.raises(DeskError, match="It was not saved"):
        file.write({"kept": "x" * LARGEST})
    assert file.read() == {"version": 1, "kept": 1}


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_failure_is_told_unless_the_file_was_replaced_by_then(
    file: JsonFile, monkeypatch: pytest.MonkeyPatch, is_replaced: bool
) -> None:
    def fail(path: Path, content: bytes) -> NoReturn:
        if is_replaced:
            replace_file(path, content)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(json_file, "replace_file", fail)
    if is_replaced:
        file.write({"kept": 1})
        assert file.read() == {"version": 1, "kept": 1}
    else:
        with pytest.raises(DeskError, match="It was not saved"):
            file.write({"kept": 1})
        assert file.read() is None
