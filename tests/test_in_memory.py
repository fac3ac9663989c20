"""The tests' temporary files are in memory while they run, and gone afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "tools" / "in_memory.sh"
SAYS = "import os, sys, tempfile; print(tempfile.gettempdir()); sys.exit(3)"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make runs a shell")


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), sys.executable, "-c", SAYS],
        env={name: value for name, value in os.environ.items() if name != "TMPDIR"} | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_command_ends_as_it_does_and_leaves_nothing() -> None:
    ended = run()
    assert (ended.returncode, ended.stderr) == (3, "")
    folder = Path(ended.stdout.strip())
    assert folder.parent == Path("/dev/shm") or folder == Path("/tmp")
    assert folder == Path("/tmp") or not folder.exists()


def test_without_room_they_stay_on_the_disk(tmp_path: Path) -> None:
    poor = tmp_path / "df"
    poor.write_text("#!/bin/sh\necho head\necho 'tmpfs 1 1 1023 1% /dev/shm'\n")
    poor.chmod(0o755)
    ended = run(PATH=f"{tmp_path}:{os.environ['PATH']}", TMPDIR=str(tmp_path))
    assert (ended.returncode, ended.stdout.strip()) == (3, str(tmp_path))
