"""The whole job by keyboard alone and through the accessibility tree: a screen reader's view of it."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.end_to_end.desk import AT_HOME, ROOT, linux
from tests.secret_service import BUS, FOREIGN

pytestmark = [linux, pytest.mark.timeout(90)]

PATIENCE = 60.0
"""Seconds for a whole test."""

SYSTEM_PYTHON = "/usr/bin/python3"
ACCESSIBILITY_BUS = Path("/usr/share/dbus-1/services/org.a11y.Bus.service")
CONTROLS = (
    ("Project", "combo box"),
    ("Project settings", "button"),
    ("ID type", "combo box"),
    ("Customer ID", "text"),
    ("Categories", "panel"),
    ("SMS marketing", "check box"),
    ("Opt out (reject)", "radio button"),
    ("Opt in (accept)", "radio button"),
    ("Ticket", "text"),
    ("Send", "button"),
    ("Request URL", "text"),
    ("Authorization header", "text"),
    ("Other headers", "text"),
    ("Request body", "text"),
    ("Copy", "button"),
    ("Filter", "text"),
    ("Response log", "list"),
    ("Receipt", "text"),
)
"""What is always there, and what a screen reader calls it: a combo box is called as its label says."""

READING_ORDER = (
    "Look again",
    *(
        f"Practise with {one}"
        for one in ("jane@example.com", "omar.haddad@example.org", "lena.novak@example.com")
    ),
    *("Keep for this shift", "All categories", "Refresh categories", "SMS marketing"),
    *("Opt out (reject)", "Ticket", "More details", "Send"),
)
"""From the customer ID on. From one radio button to the other, and through the boxes, lead the arrow keys."""


class Walk:
    """Somebody at the keyboard, with an assistive technology that tells what the window shows."""

    def __init__(
        self, connection: socket.socket, environment: dict[str, str], *, end: float, said: Path
    ) -> None:
        self._connection = connection
        self._answers = connection.makefile()
        self._environment = environment
        self._end = end
        self._said = said

    def ask(self, what: str, *arguments: object) -> Any:
        """Have the assistive technology do or tell something."""
        seconds = max(self._end - monotonic(), 0)
        self._connection.settimeout(seconds + 10)
        self._connection.sendall(json.dumps([what, seconds, *arguments]).encode() + b"\n")
        told = json.loads(self._answers.readline())
        if isinstance(told, dict):
            session = self._said.read_text(errors="replace")
            pytest.fail(f"{what} {arguments}: {told['trouble']}\nThe session said:\n{session}")
        return told

    def wait(self, name: str, role: str, part: str = "") -> str:
        """Wait until a control tells `part`; return all that it tells."""
        return str(self.ask("wait", name, role, part))

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other."""
        self._xdotool("key", *keys)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self._xdotool("type", text)

    def go_to(self, keys: str, name: str) -> None:
        """Press a shortcut that leads to a control."""
        self.keys(keys)
        while self.focus() != name:
            pass

    def tab_to(self, name: str) -> None:
        """Press Tab until a control has the focus."""
        at = ""
        while at != name:
            self.keys("Tab")
            at = self.focus()

    def focus(self) -> str:
        """The control that the focus has gone to."""
        name, _ = self.ask("focus")
        return str(name)

    def begin(self) -> None:
        """Give the window the keyboard, as a desktop does, and wait until it is ready."""
        self._focus()
        self.ask("active")
        self.wait("Send", "button", "Practise: opt out")
        # From here on it is known where the focus is.
        self.go_to("ctrl+f", "Filter")
        self.go_to("ctrl+l", "Customer ID")

    def _focus(self) -> None:
        # Not with --sync: a search that began before the window came has been seen to wait for ever.
        search = ("search", "--onlyvisible", "--name", "PRACTICE", "windowfocus")
        while True:
            try:
                self._xdotool(*search, at_most=5)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                if monotonic() > self._end:
                    session = self._said.read_text(errors="replace")
                    pytest.fail(f"no window came\nThe session said:\n{session}")
            else:
                return

    def _xdotool(self, *arguments: str, at_most: float = 60) -> None:
        command = ["xdotool", *arguments]
        seconds = min(at_most, max(self._end - monotonic(), 1))
        subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL, timeout=seconds)


@contextmanager
def ended_together(process: subprocess.Popen[bytes], how: signal.Signals) -> Iterator[None]:
    """At the end `how` is sent to the process and to all that it has started."""
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(10)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def screen(trouble: int, end: float) -> Iterator[str]:
    """The name of a display that nobody else has."""
    told, tell = os.pipe()
    with os.fdopen(told) as display:
        # It would begin anew as soon as one who looks for the window goes, and cut off who just comes.
        kept = ("-nolisten", "tcp", "-noreset")
        command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", "1280x1024x24", *kept]
        server = subprocess.Popen(
            command,
            pass_fds=(tell,),
            stdin=subprocess.DEVNULL,
            stdout=trouble,
            stderr=trouble,
            start_new_session=True,
        )
        os.close(tell)
        # By a signal that lets it remove its lock.
        with ended_together(server, signal.SIGTERM):
            # It says nothing before it is ready.
            ready, _, _ = select.select([display], [], [], max(end - monotonic(), 0))
            number = display.readline().strip() if ready else ""
            assert number, "Xvfb found no display"
            yield f":{number}"


@cache
def missing() -> str:
    """What is not installed here of all that a walk needs."""
    for command in ("Xvfb", "xdotool", "dbus-run-session"):
        if not shutil.which(command):
            return command
    if not ACCESSIBILITY_BUS.exists():
        return "at-spi2-core"
    try:
        subprocess.run([SYSTEM_PYTHON, "-I", "-c", "import pyatspi"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return f"pyatspi for {SYSTEM_PYTHON}"
    return ""


@pytest.fixture
def walk(home: Path) -> Iterator[Walk]:
    """The program in practice, on a screen and in a session of its own."""
    if lacking := missing():
        pytest.skip(f"{lacking} is not installed")
    end = monotonic() + PATIENCE
    for part in AT_HOME.values():
        (home / part).mkdir(mode=0o700, exist_ok=True)
    (home / "bus").write_text(BUS.format(folder=home))
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    own |= {name: str(home / part) for name, part in AT_HOME.items()}
    own |= {"QT_QPA_PLATFORM": "xcb", "QT_ACCESSIBILITY": "1", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
    said = home / "said"
    with (
        said.open("wb") as trouble,
        screen(trouble.fileno(), end) as display,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        own["DISPLAY"] = display
        reader = ROOT / "tests/end_to_end/assistive_technology.py"
        program = f'"{sys.executable}" -m consent_desk --demo & exec {SYSTEM_PYTHON} -I "{reader}" "$0"'
        session = subprocess.Popen(
            [
                *("dbus-run-session", f"--config-file={home}/bus", "--"),
                *("sh", "-c", program, str(listener.getsockname()[1])),
            ],
            cwd=ROOT,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=trouble,
            stderr=trouble,
            start_new_session=True,
        )
        with ended_together(session, signal.SIGKILL):
            listener.settimeout(max(end - monotonic(), 0))
            connection, _ = listener.accept()
            with connection:
                there = Walk(connection, own, end=end, said=said)
                there.begin()
                yield there


def test_every_control_is_found_and_the_tutorials_opt_out_is_sent_by_keys_alone_and_heard(walk: Walk) -> None:
    shown = {(name, role) for name, role in walk.ask("controls")}
    assert [control for control in CONTROLS if control not in shown] == []
    # Neither of the two that have nothing to do yet.
    assert not {"Valid until", "Cancel this"} & {name for name, _ in shown}
    assert "Content-Type: application/json" in walk.wait("Other headers", "text")
    visited = []
    for _ in READING_ORDER:
        walk.keys("Tab")
        visited.append(walk.focus())
    assert visited == [*READING_ORDER]
    walk.go_to("ctrl+l", "Customer ID")
    walk.keys("BackSpace")
    # Send stays where it is, and says what is missing.
    walk.wait("Send", "button", "customer ID")
    walk.type("jane@example.com")
    walk.wait("What is known of this customer", "label", "SMS marketing: accepted")
    walk.go_to("alt+g", "SMS marketing")
    walk.keys("space")
    walk.wait("Send", "button", "Choose the consent category")
    walk.keys("space")
    walk.wait("Send", "button", "SMS marketing")
    assert "checked" in walk.wait("Opt out (reject)", "radio button")
    walk.keys("ctrl+Return")
    walk.ask("heard", "Receipt", "Noted for practice.")
    walk.ask("heard", "Receipt", "Delivered to the Sandbox only.")
    walk.wait("Receipt", "text", "Delivered to the Sandbox only. Not recorded in Engagement.")
    line = walk.wait("Response log", "list", "jane@example.com")
    for part in ("Practice: delivered", "SMS marketing", "Opt-out"):
        assert part in line
    # The line that was just noted is chosen; its details are found by keys too.
    walk.go_to("ctrl+f", "Filter")
    walk.tab_to("Technical details")
    walk.keys("space")
    walk.tab_to("Response details")
    walk.wait("Response details", "text", "Delivered to the Sandbox only.")


def test_an_unknown_customer_is_asked_about_in_place_and_escape_is_the_safe_answer(walk: Walk) -> None:
    walk.ask("write", "Customer ID", "nobody@example.com")
    walk.ask("heard", "What is known of this customer", "No customer with registered = nobody@example.com")
    walk.ask("press", "Send")
    asked = walk.ask("heard", "Question", "No customer with registered = nobody@example.com")
    assert walk.focus() == "Cancel"
    assert asked in walk.wait("Question", "label", "nobody")
    walk.wait("Practise", "button")
    walk.go_to("Escape", "Customer ID")
    assert "Question" not in {name for name, _ in walk.ask("controls")}
    assert "nobody@example.com" in walk.wait("Customer ID", "text")
    assert "nobody" not in walk.wait("Response log", "list")
    # It was wrong: the right one is typed over it, and sent.
    walk.keys("ctrl+a")
    walk.type("kofi.mensah@example.org")
    walk.ask("heard", "What is known of this customer", "SMS marketing: ")
    walk.keys("ctrl+Return")
    walk.ask("heard", "Receipt", "Delivered to the Sandbox only.")
    line = walk.wait("Response log", "list", "kofi.mensah@example.org")
    assert "nobody" not in line


def test_an_opt_out_of_everything_is_one_line_that_unfolds_by_keys_alone(walk: Walk) -> None:
    walk.wait("What is known of this customer", "label", "SMS marketing: accepted")
    walk.keys("alt+a")
    walk.wait("Send", "button", "opt out of 6 categories")
    walk.keys("ctrl+Return")
    walk.ask("heard", "Receipt", "6 practice: delivered.")
    line = walk.wait("Response log", "list", "6 parts, collapsed")
    for part in ("jane@example.com", "Opt-out", "6 categories"):
        assert part in line
    walk.go_to("ctrl+f", "Filter")
    walk.tab_to("Response log")
    walk.keys("Right")
    lines = walk.wait("Response log", "list", "6 parts, expanded").strip().split("\n")
    parts = [f"part {number} of 6" for number in range(1, 7)]
    assert sorted(line.rpartition(", ")[2] for line in lines) == sorted(["expanded", *parts])


def test_an_opt_out_is_sent_and_taken_back_through_the_tree_alone(walk: Walk) -> None:
    """No key is pressed: as with a switch, by voice, or on a braille display."""
    walk.ask("write", "Customer ID", "omar.haddad@example.org")
    walk.ask("heard", "What is known of this customer", "SMS marketing: opted out")
    walk.ask("tick", "SMS marketing", "check box")
    walk.ask("tick", "Newsletter", "check box")
    assert "checked" not in walk.wait("SMS marketing", "check box")
    walk.wait("Send", "button", "Practise: opt out of Newsletter")
    walk.ask("press", "Send")
    walk.ask("heard", "Receipt", "Noted for practice.")
    walk.ask("heard", "Receipt", "Delivered to the Sandbox only.")
    assert "Newsletter" in walk.wait("Response log", "list", "omar.haddad@example.org")
    walk.ask("press", "Correct")
    walk.wait("Correction", "label", "Corrects the opt-out of Newsletter")
    walk.wait("Customer ID", "text", "omar.haddad@example.org")
    walk.ask("press", "No correction")
    walk.wait("Customer ID", "text")
    assert "Correction" not in {name for name, _ in walk.ask("controls")}


def test_an_opt_in_to_several_categories_until_a_day_is_sent_by_keys_alone(walk: Walk) -> None:
    walk.keys("ctrl+a")
    walk.type("mei.tanaka@example.com")
    walk.wait("What is known of this customer", "label", "SMS marketing: never asked")
    walk.go_to("alt+g", "SMS marketing")
    # That one is ticked already.
    walk.go_to("Down", "Newsletter")
    walk.keys("space")
    walk.wait("Send", "button", "opt out of SMS marketing and Newsletter")
    walk.go_to("alt+i", "Opt in (accept)")
    walk.wait("Valid until", "combo box")
    walk.go_to("alt+v", "Valid until")
    walk.type("2099-12-31")
    walk.wait("Request body", "text", "valid_until")
    walk.keys("ctrl+Return")
    walk.ask("heard", "Receipt", "Delivered to the Sandbox only.")
    line = walk.wait("Response log", "list", "2 parts, collapsed")
    for part in ("mei.tanaka@example.com", "Opt-in", "SMS marketing, Newsletter"):
        assert part in line


def test_a_consent_is_corrected_and_its_proof_is_saved_by_keys_alone(walk: Walk, home: Path) -> None:
    walk.keys("ctrl+a")
    walk.type("jane@example.com")
    walk.wait("What is known of this customer", "label", "SMS marketing: accepted")
    walk.keys("ctrl+Return")
    walk.ask("heard", "Receipt", "Delivered to the Sandbox only.")
    walk.go_to("ctrl+f", "Filter")
    walk.tab_to("Correct")
    walk.go_to("space", "Wording read out")
    walk.type("May we write to you?")
    walk.keys("alt+x")
    walk.type("The caller asked for it")
    walk.wait("Send", "button", "opt in to SMS marketing")
    walk.go_to("ctrl+f", "Filter")
    walk.tab_to("Proof")
    (home / "proof").mkdir()
    walk.keys("space", "c")
    walk.wait("Directory:", "label")
    walk.type(f"{home}/proof")
    walk.keys("Return")
    walk.ask("heard", "Status", "Practice: the proof is saved")
    assert sorted(path.suffix for path in (home / "proof").iterdir()) == [".json", ".pdf"]
