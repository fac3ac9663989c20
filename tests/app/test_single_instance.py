"""One of all starts is the first; what a dead process left behind keeps no start from being it."""

import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from consent_desk.app import single_instance as instance_module
from consent_desk.app.single_instance import Instance
from consent_desk.app.startup import _raise_first

if sys.platform != "win32":
    import fcntl

HOLD = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from consent_desk.app.single_instance import Instance
qt = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
print(instance.is_first, flush=True)
sys.stdin.read()
"""


def holding(folder: Path) -> "subprocess.Popen[str]":
    """Another process, which says whether it is the first, and stays."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )


def first(folder: Path) -> bool:
    instance = Instance(folder)
    instance.close()
    return instance.is_first


def test_a_start_beside_a_living_one_is_not_the_first(tmp_path: Path) -> None:
    with holding(tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not first(tmp_path)
        assert not first(tmp_path)
        other.kill()
    assert first(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock that lies about")
@pytest.mark.parametrize("what", ["a process ID used again", "another computer's name", "half written"])
def test_a_stale_lock_keeps_no_start_from_being_the_first(qapp: object, tmp_path: Path, what: str) -> None:
    name = Path(sys.executable).resolve().name
    content = {
        "a process ID used again": f"{os.getppid()}\n{name}\n{socket.gethostname()}\n",
        "another computer's name": f"999999\n{name}\nformer-name\n",
        "half written": "12",
    }[what]
    (tmp_path / "lock").write_text(content)
    assert first(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock that lies about")
def test_of_two_starts_beside_a_stale_lock_only_one_is_the_first(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = Path(sys.executable).resolve().name
    (tmp_path / "lock").write_text(f"999999\n{name}\nformer-name\n")
    flock = fcntl.flock
    with ExitStack() as others:

        def be_late(descriptor: int, operation: int) -> None:
            """Meanwhile another start has removed the stale lock, and made its own."""
            monkeypatch.undo()
            other = others.enter_context(holding(tmp_path))
            others.callback(other.kill)
            assert other.stdout is not None
            assert other.stdout.readline() == "True\n"
            flock(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", be_late)
        assert not first(tmp_path)
        assert not first(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock that lies about")
def test_an_empty_lock_is_left_to_a_start_that_is_about_to_fill_it(qapp: object, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    assert not first(tmp_path)
    os.utime(lock, (0, 0))
    assert first(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock that lies about")
def test_where_the_file_system_keeps_no_locks_a_stale_lock_is_named_and_not_removed(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instance_module, "ANSWER_WITHIN", 100)
    lock = tmp_path / "lock"
    lock.write_text(f"999999\n{Path(sys.executable).resolve().name}\nformer-name\n")

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    instance = Instance(tmp_path)
    assert (instance.is_first, instance.doubtful) == (False, lock)
    assert _raise_first(instance) == 1
    assert f"If none runs, on no computer, delete {lock}." in capsys.readouterr().err
    instance.close()
    assert lock.exists()
