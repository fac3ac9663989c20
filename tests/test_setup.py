"""What `make` and `pytest` do where something is missing: one clear sentence. Where all is there: no word."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the set-up of a checkout is for Linux")
make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
debian = pytest.mark.skipif(not DEBIAN, reason="system packages are known for Debian and Ubuntu alone")


def put(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment was made; instead of the program it says that it opened."""
    place = tmp_path.resolve() / "checkout"
    put(place / "tools/setup.sh", "echo set up")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, place)
    put(place / ".venv/bin/python", "exit 0")
    put(place / ".venv/bin/consent-desk", "echo opened")
    (place / ".venv/.place").write_text(f"{place}\n")
    (place / ".venv/.ready-demo").touch()
    return place


def made(checkout: Path) -> str:
    """All that `make demo` says."""
    command = ["make", "--no-print-directory", "demo"]
    # Not those of a `make` that runs these tests.
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        command,
        cwd=checkout,
        env=own,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


@make
def test_a_second_run_sets_nothing_up_and_says_nothing(checkout: Path) -> None:
    assert made(checkout) == "opened\n"


@make
def test_an_environment_that_was_moved_is_set_up_anew(checkout: Path) -> None:
    (checkout / ".venv/.place").write_text("/elsewhere\n")
    assert made(checkout) == "set up\nopened\n"


@make
def test_an_environment_without_its_python_is_set_up_anew(checkout: Path) -> None:
    (checkout / ".venv/bin/python").unlink()
    assert made(checkout) == "set up\nopened\n"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout on a system that has none of the libraries, in the hands of somebody who is not root."""
    put(tmp_path / "bin/id", "echo 1000")
    put(tmp_path / "bin/ldconfig", "exit 0")
    put(tmp_path / "bin/apt-cache", '[ "$2" = libglib2.0-0t64 ]')
    put(tmp_path / "bin/apt-get", "echo called >&2; exit 1")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup.sh", tmp_path / "tools")
    return tmp_path


def refused(bare: Path) -> subprocess.CompletedProcess[str]:
    own = {**os.environ, "PATH": f"{bare}/bin:{os.environ['PATH']}", "PYTHON": sys.executable}
    return subprocess.run(
        ["sh", "tools/setup.sh", "demo"], cwd=bare, env=own, check=False, capture_output=True, text=True
    )


@debian
def test_whoever_is_not_root_is_told_one_line_with_every_package_once(bare: Path) -> None:
    told = [line for line in refused(bare).stderr.splitlines() if "apt-get" in line]
    assert len(told) == 1
    command, packages = told[0].split(" install ")
    assert command == "sudo apt-get"
    # Under the name that it has on this system.
    assert {"libegl1", "libxcb-cursor0", "libglib2.0-0t64"} <= set(packages.split())
    assert len(packages.split()) == len(set(packages.split()))


@debian
def test_nothing_is_installed_or_made_before_the_packages_are_there(bare: Path) -> None:
    ended = refused(bare)
    assert ended.returncode == 1
    assert "called" not in ended.stderr
    assert not (bare / ".venv").exists()


LACKING = {
    "tests/end_to_end/test_assistive_technology.py": "Xvfb",
    "tests/end_to_end/test_snippets.py::test_no_redirect_is_followed": "node",
    "tests/projects/test_keyring.py::test_removing_what_is_not_there_is_no_error": (
        "gnome-keyring or dbus-run-session"
    ),
}


def test_a_test_without_its_system_part_is_skipped_and_names_it(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *LACKING],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    told = [lacking for lacking in LACKING.values() if f"{lacking} is not installed" in ended.stdout]
    assert (ended.returncode, told) == (0, [*LACKING.values()]), ended.stdout
