"""The program on the terminal: what it says without a window, and the demo without a screen."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from consent_desk import __version__
from consent_desk.domain.faults import Fault
from tests.end_to_end.desk import PATIENCE, ROOT, linux
from tests.engagement.http.servers import free_port

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
PNG = b"\x89PNG\r\n\x1a\n"
DELIVERED = "✓ Practice: delivered"
ENDS = {
    Fault.INVALID_SECRET: (1, "✖ Refused", ""),
    Fault.SERVER_ERROR: (1, "▲ Not confirmed, looking it up", ""),
}
"""How a demo ends that is not delivered. The window meets more of the faults elsewhere."""


@pytest.fixture
def here(home: Path) -> Path:
    """The folder in which the program is started."""
    folder = home / "here"
    folder.mkdir()
    (home / "tmp").mkdir()
    return folder


def start(here: Path, *arguments: str, **screen: str) -> subprocess.Popen[str]:
    """Start the program where there is no screen but that of which `screen` tells."""
    env = {name: value for name, value in os.environ.items() if name not in SCREENS}
    return subprocess.Popen(
        [sys.executable, "-m", "consent_desk", *arguments],
        cwd=here,
        env=env | {"PYTHONPATH": str(ROOT), "TMPDIR": str(here.parent / "tmp")} | screen,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(here: Path, *arguments: str, **screen: str) -> tuple[int, str, str]:
    """The exit status of a start, and what it printed as output and as errors."""
    with start(here, *arguments, **screen) as process:
        output, errors = process.communicate(timeout=2 * PATIENCE)
    return process.returncode, output, errors


def test_version_and_help_are_told(here: Path) -> None:
    assert run(here, "--version") == (0, f"consent-desk {__version__}\n", "")
    status, output, errors = run(here, "--help")
    assert (status, errors) == (0, "")
    assert "--demo" in output
    assert all(fault.value in output for fault in Fault)


NOBODY = ":54321"
REFUSALS = [
    (("--fault", "silence"), {}, 2, "--fault goes with --demo: a real project is never disturbed."),
    (("--demo", "--fault", "earthquake"), {}, 2, "the sandbox has no such fault"),
    *(
        pytest.param((), screen, status, told, marks=linux)
        for screen, status, told in (
            ({}, 2, "consent-desk: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."),
            ({"DISPLAY": NOBODY}, 1, f"the display cannot be reached (DISPLAY={NOBODY})."),
            ({"WAYLAND_DISPLAY": NOBODY}, 1, f"the display cannot be reached (WAYLAND_DISPLAY={NOBODY})."),
        )
    ),
]


@pytest.mark.parametrize(("arguments", "screen", "status", "told"), REFUSALS, ids=str)
def test_what_cannot_be_done_is_said_in_one_line(
    here: Path, arguments: tuple[str, ...], screen: dict[str, str], status: int, told: str
) -> None:
    ended, output, errors = run(here, *arguments, **screen)
    assert (ended, output) == (status, "")
    line = errors.splitlines()[-1]
    assert line.startswith("consent-desk: ")
    assert told in line


@linux
def test_a_demo_that_is_to_be_drawn_out_of_sight_and_has_no_place_for_pictures_runs_by_itself(
    here: Path,
) -> None:
    (here / "build").touch()
    status, output, errors = run(here, "--demo", QT_QPA_PLATFORM="minimal", DISPLAY=":0")
    assert (status, _outcome(output), errors) == (0, DELIVERED, "")
    assert output.endswith("No pictures: build/demo cannot be written.\n")


@linux
def test_a_demo_that_cannot_reach_the_screen_says_so_tells_all_of_one_call_and_leaves_pictures(
    here: Path,
) -> None:
    display = f":{free_port() - 6000}"
    status, output, errors = run(here, "--demo", DISPLAY=display)
    said = f"the display cannot be reached (DISPLAY={display}). The demo runs without a window."
    assert (status, errors) == (0, f"consent-desk: {said}\n")
    _, sent, answer, outcome, pictures = (
        part.strip() for part in _split(output, "Sent\n", "Answer\n", "Outcome\n", "Pictures of the window: ")
    )
    head, _, body = sent.partition("\n\n")
    assert head.startswith("POST http://127.0.0.1:")
    assert "\nAuthorization: Basic " in head
    event = json.loads(body)
    # The body of the vendor's tutorial, and the number by which a consent is found again.
    assert list(event) == ["customer_ids", "event_type", "timestamp", "properties"]
    assert event["customer_ids"] == {"registered": "jane@example.com"}
    assert event["event_type"] == "consent"
    assert list(event["properties"]) == ["action", "category", "desk_request_id"]
    assert (event["properties"]["action"], event["properties"]["category"]) == ("reject", "sms_marketing")
    assert answer.startswith("HTTP 200\n")
    assert json.loads(answer.partition("\n\n")[2]) == {"success": True, "errors": []}
    assert "Delivered to the Sandbox only. Not recorded in Engagement." in outcome
    assert pictures == "build/demo/before.png, build/demo/after.png"
    before, after = ((here / name).read_bytes() for name in pictures.split(", "))
    assert before.startswith(PNG)
    assert after.startswith(PNG)
    assert before != after
    assert list((here.parent / "tmp").iterdir()) == []


def _split(text: str, *headings: str) -> list[str]:
    parts = []
    for heading in headings:
        part, found, text = text.partition(heading)
        assert found, heading
        parts.append(part)
    return [*parts, text]


@linux
def test_a_demo_with_a_fault_ends_and_says_what_became_of_the_call(here: Path) -> None:
    ends = {}
    for fault in ENDS:
        status, output, errors = run(here, "--demo", "--fault", fault)
        ends[fault] = (status, _outcome(output), errors)
    assert ends == ENDS


def _outcome(output: str) -> str:
    """How far it came: the step after "on this computer" in the receipt."""
    _, _, steps, *_ = output.partition("\nOutcome\n")[2].splitlines()
    return steps.split(" — ")[1]


@linux
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_demo_without_a_screen_ends_with_a_signal(here: Path, name: str) -> None:
    with start(here, "--demo", "--fault", "silence") as process:
        # The picture before sending is there as soon as everything is.
        picture = here / "build/demo/before.png"
        while not picture.exists():
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"It ended by itself: {process.wait(0.02)}")
        number = getattr(signal, name)
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (128 + number, "", "")
    assert list((here.parent / "tmp").iterdir()) == []


def test_a_thread_that_is_left_in_qt_does_not_end_the_program_with_an_abort(here: Path) -> None:
    left = """
import threading
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from consent_desk import __main__ as program

class Bell(QObject):
    rung = Signal(int)
    rings = threading.Semaphore(0)

    @Slot(int)
    def ring(self, times):
        self.rings.release()

application, bell = QCoreApplication([]), Bell()
bell.rung.connect(bell.ring, Qt.ConnectionType.DirectConnection)

def ring():
    while True:
        bell.rung.emit(1)

def run():
    for _ in range(8):
        threading.Thread(target=ring, daemon=True).start()
    for _ in range(2000):
        bell.rings.acquire()
    print("ended in order")
    return 3

program.run = run
program.main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", left], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (3, "ended in order\n"), ended.stderr[-500:]
