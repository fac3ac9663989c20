"""Of all starts by one user, one sends; any other shows that one's window and goes."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from multiprocessing.pool import ThreadPool
from pathlib import Path
from time import monotonic

import pytest

from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.project import Project
from consent_desk.journal.journal import SqliteJournal
from consent_desk.system.folders import private_folder
from tests.consents import a_consent, write_down
from tests.end_to_end.desk import PATIENCE, ROOT, Desk, Engagement, keep_project, linux, states

pytestmark = linux

RAISED = "Consent Desk is already open; its window was raised."
SCREEN = ("Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset")


def start_plainly(home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Start the program as a person does, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "consent_desk"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(home), **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def queue_a_consent(home: Path, project: Project) -> None:
    """Leave a consent as by a start that could not send it."""
    folder = private_folder(home / "data/consent-desk")
    journal = SqliteJournal.open(folder / "journal.sqlite")
    write_down(journal, Noted.of(project, a_consent()))
    journal.close()


def test_a_second_start_raises_the_first_says_so_and_goes(home: Path) -> None:
    with Desk(home) as first:
        first.wait("Request URL", "http")
        first.tell("minimize")
        assert not first.tell("is_in_front")
        second = start_plainly(home)
        assert (second.returncode, second.stdout, second.stderr) == (0, f"{RAISED}\n", "")
        assert first.tell("is_in_front")
        first.close()
    # Nothing is left that a start after the end could take for the first one.
    assert list((home / "data/consent-desk").iterdir()) == []


def test_a_second_start_that_gets_no_answer_says_so(home: Path) -> None:
    with Desk(home) as first:
        first.wait("Request URL", "http")
        first.signal(signal.SIGSTOP)
        second = start_plainly(home)
        first.signal(signal.SIGCONT)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith("consent-desk: it is already running for this user, but does not")
        assert second.stderr.count("\n") == 1
        first.close()


def test_a_killed_program_leaves_no_lock(home: Path) -> None:
    with Desk(home) as first:
        first.wait("Request URL", "http")
        first.signal(signal.SIGKILL)
        first.ended()
    with Desk(home) as next_one:
        next_one.wait("Request URL", "http")
        # And it listens where the killed one did.
        assert start_plainly(home).returncode == 0
        next_one.close()


def the_one_that_goes(*desks: Desk) -> Desk:
    """The one of two starts that ends by itself."""
    with ThreadPool(len(desks)) as watching:
        ends = watching.imap_unordered(lambda desk: (desk.process.wait(), desk)[1], desks)
        return ends.next(PATIENCE)


def test_of_two_starts_at_once_one_sends(home: Path, engagement: Engagement, keyring: dict[str, str]) -> None:
    project = engagement.project()
    keep_project(home, project, keyring)
    queue_a_consent(home, project)
    with Desk(home, env=keyring) as one, Desk(home, env=keyring) as other:
        gone = the_one_that_goes(one, other)
        staying = other if gone is one else one
        engagement.next()
        staying.wait("Response log", "Delivered")
        staying.close()
        assert (gone.ended(), gone.said) == (0, RAISED)
    assert engagement.sent.empty()
    assert states(one.journal) == [State.DELIVERED]


def test_two_starts_at_once_of_a_new_user_are_one(home: Path) -> None:
    with Desk(home) as one, Desk(home) as other:
        gone = the_one_that_goes(one, other)
        staying = other if gone is one else one
        staying.wait("Practice", "Practice.")
        staying.close()
        assert (gone.ended(), gone.said) == (0, RAISED)


def test_demos_run_beside_each_other(home: Path) -> None:
    with Desk(home) as real, Desk(home, "--demo") as one, Desk(home, "--demo") as other:
        urls = {desk.wait("Request URL", "http") for desk in (real, one, other)}
        assert len(urls) == 3
        for desk in (one, other):
            assert desk.tell("title") == "PRACTICE: nothing sent here reaches Engagement – Consent Desk"
            desk.press("Send")
            desk.wait("Receipt", "Delivered to the Sandbox only. Not recorded in Engagement.")
            desk.close()
        assert not real.journal.exists()


@pytest.fixture
def display() -> Iterator[str]:
    """A screen on which windows really stand."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("Xvfb or xdotool is not installed")
    with subprocess.Popen(SCREEN, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


# The desktop decides upon a theme, which comes with a palette and fonts of its own.
@pytest.mark.parametrize("desktop", ["", "GNOME", "KDE"])
def test_on_a_real_screen_the_window_stands(home: Path, display: str, desktop: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    env |= {"DISPLAY": display, "XDG_CURRENT_DESKTOP": desktop}
    command = [sys.executable, "-m", "consent_desk"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as first:
        assert is_shown(first, env)
        if desktop == "":
            second = subprocess.run(
                command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            assert (second.returncode, own_words(second.stderr)) == (0, [])
        first.terminate()
        _, said = first.communicate(timeout=PATIENCE)
        assert (first.returncode, own_words(said)) == (0, [])


def is_shown(process: subprocess.Popen[str], env: Mapping[str, str]) -> bool:
    """Look for the window until it stands, or its process has ended."""
    looking = ["xdotool", "search", "--onlyvisible", "--name", "^PRACTICE: .* – Consent Desk$"]
    until = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < until:
        if subprocess.run(looking, env=env, capture_output=True, check=False).stdout.split():
            return True
    return False


def own_words(said: str) -> list[str]:
    """What the program says, without Qt's complaints that a theme finds no D-Bus here."""
    others = ("qt.qpa.theme", " Check your DBus")
    return [line for line in said.splitlines() if not line.startswith(others)]


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_whatever_the_umask_all_files_are_their_owners_alone(
    home: Path, engagement: Engagement, umask: int
) -> None:
    with Desk(home, umask=umask) as desk:
        desk.set_up(engagement.project(), says="no keyring: this session only")
        desk.send_tutorial()
        engagement.next()
        desk.wait("Receipt", "Delivered")
        parts = [home / part / "consent-desk" for part in ("config", "data", "cache")]
        found = {each.name: each.lstat().st_mode for part in parts for each in (part, *part.rglob("*"))}
        assert {"lock", "socket", "journal.sqlite", "journal.mark", "projects.json"} <= {*found}
        desk.close()
    found |= {each.name: each.lstat().st_mode for part in parts for each in part.rglob("*")}
    assert "window.ini" in found
    assert {name: oct(mode) for name, mode in found.items() if stat.S_IMODE(mode) & 0o077} == {}
    files = {name: stat.S_IMODE(mode) for name, mode in found.items() if stat.S_ISREG(mode)}
    assert files == dict.fromkeys(files, 0o600)
