"""A crash leaves nothing of a secret behind."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.end_to_end.desk import linux

CANARY = "canary-5f1d-secret"


def limits(*arguments: str) -> tuple[str, str]:
    """The limit and the filter of the program after it was started with `arguments`."""
    story = """
        import resource, sys
        from pathlib import Path
        from consent_desk.cli.main import main
        try:
            main(sys.argv[1:])
        except SystemExit:
            pass
        print(resource.getrlimit(resource.RLIMIT_CORE))
        print(Path("/proc/self/coredump_filter").read_text().strip())
    """
    ended = subprocess.run(
        [sys.executable, "-c", dedent(story), *arguments], capture_output=True, text=True, check=True
    )
    limit, wanted = ended.stdout.splitlines()[-2:]
    return limit, wanted


@linux
@pytest.mark.parametrize(
    "arguments", [["--version"], ["verify", "/nonexistent"], ["--fault", "silence"]], ids=" ".join
)
def test_every_command_forbids_core_files_first(arguments: list[str]) -> None:
    assert limits(*arguments) == ("(0, 0)", "00000000")


def crash(folder: Path, *before: str) -> list[bytes]:
    """The core files that a process leaves in `folder` which holds a secret and crashes."""
    story = (
        "import os, resource",
        # So high as may be: what is found to be missing must not be missing anyway.
        "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)",
        *before,
        f"secret = {CANARY[:6]!r} + {CANARY[6:]!r}.lower()",
        "keep = [secret.encode() * 2]",
        "os.abort()",
    )
    subprocess.run([sys.executable, "-c", "\n".join(story)], cwd=folder, check=False)
    return [path.read_bytes() for path in folder.glob("core*")]


@linux
def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    forbid = "from consent_desk.system.core_files import forbid_core_files; forbid_core_files()"
    assert crash(tmp_path, forbid) == []


@linux
def test_what_a_handler_is_given_holds_no_secret(tmp_path: Path) -> None:
    # A handler is started whatever the limit is; what it gets is what a file gets under the same filter.
    forbid = (
        "resource.setrlimit = lambda *_: None",
        "from consent_desk.system.core_files import forbid_core_files; forbid_core_files()",
    )
    (without := tmp_path / "without").mkdir()
    (with_filter := tmp_path / "with").mkdir()
    # Some computers leave none here at all.
    left = crash(without)
    cores = crash(with_filter, *forbid)
    assert all(CANARY.encode() in core for core in left)
    assert len(cores) == len(left)
    assert not any(CANARY.encode() in core for core in cores)


@linux
def test_desktop_portals_may_still_ask_who_calls() -> None:
    forbid = "from consent_desk.system.core_files import forbid_core_files; forbid_core_files(); "
    look = "import os; print(os.stat('/proc/self/environ').st_uid, os.getuid())"
    prctl = "; import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    said = subprocess.run(
        [sys.executable, "-c", forbid + look + prctl], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said == [str(os.getuid()), str(os.getuid()), "1"]
