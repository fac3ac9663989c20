"""What the end-to-end tests are made of: the real program, a foreign server, a keyring, and the journal."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

import pytest

from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.journal.journal import SqliteJournal
from tests.engagement.http.servers import Peer, Script, Server, answer
from tests.journal.journals import latest
from tests.secret_service import run_in_keyring

ROOT = Path(__file__).parents[2]
TOKEN = "12345678-1234-1234-1234-123456789abc"
PATIENCE = 20.0
"""Seconds that no step takes; a test that gets there has failed."""

CATEGORIES = b'{"success": true, "results": [{"id": "sms_marketing"}]}'
OFFSCREEN_SAYS = "This plugin does not support"
AT_HOME = {
    "HOME": "",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_RUNTIME_DIR": "runtime",
    "XDG_STATE_HOME": "state",
    "TMPDIR": "tmp",
}

linux = pytest.mark.skipif(sys.platform != "linux", reason="signals, /proc and a keyring as Linux has them")


class Desk:
    """One start of the program in a process of its own; a context manager.

    `said` is all that it has printed. At the end of the context it is killed if it still runs.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        python: Sequence[str] = ("-W", "default", "-X", "faulthandler"),
        **options: Any,
    ) -> None:
        for part in AT_HOME.values():
            (home / part).mkdir(mode=0o700, exist_ok=True)
        self.home = home
        self._socket, child_end = socket.socketpair()
        self._socket.settimeout(PATIENCE)
        self._said = home / f"said-{id(self)}"
        own = {name: str(home / part) for name, part in AT_HOME.items()}
        with child_end, self._said.open("wb") as said:
            child = (*python, "-m", "tests.end_to_end.desk_child", str(child_end.fileno()))
            self.process = subprocess.Popen(
                [*before, sys.executable, *child, *arguments],
                cwd=ROOT,
                env={**os.environ, **own, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                pass_fds=(child_end.fileno(),),
                **options,
            )
        self._answers = self._socket.makefile("r")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._answers.close()
        self._socket.close()
        if error is not None and self.said:
            error.add_note(f"The program said:\n{self.said}")

    @property
    def said(self) -> str:
        """What was printed, but for what the offscreen platform says of every pop-up."""
        lines = self._said.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if not line.startswith(OFFSCREEN_SAYS))

    def tell(self, what: str, *arguments: object) -> Any:
        """Have something done, or something told."""
        self._socket.sendall(json.dumps([what, *arguments]).encode() + b"\n")
        line = self._answers.readline()
        if not line:
            pytest.fail(f"The program has ended: {what} {arguments}\n{self.said}")
        told = json.loads(line)
        if isinstance(told, dict):
            pytest.fail(f"{what} {arguments}: {told['trouble']}\n{self.said}")
        return told

    def type(self, name: str, text: str) -> None:
        """Replace what stands in a field, key by key."""
        self.tell("type", name, text)

    def press(self, name: str) -> None:
        """Press a button."""
        self.tell("press", name)

    def text(self, name: str) -> str:
        """What a control shows."""
        return str(self.tell("text", name))

    def wait(self, name: str, text: str, seconds: float = PATIENCE - 2) -> str:
        """Wait until a control is there and shows `text`; return all that it shows."""
        return str(self.tell("wait", name, text, seconds))

    def set_up(self, project: Project, *, says: str) -> None:
        """Type a project into its settings and save them, until the bar says so."""
        self.open_new_settings()
        self.type_project(project)
        self.press("Save")
        self.wait("Project state", says)

    def open_new_settings(self) -> None:
        """Open the settings of a new project, from practice."""
        self.wait("Set up a project", "…")
        self.press("Set up a project")
        self.wait("Save", "")

    def open_settings(self) -> None:
        """Open the settings of the project in use."""
        self.wait("Project settings", "")
        self.press("Project settings")
        self.wait("Save", "")

    def type_project(self, project: Project) -> None:
        """Type the settings of `project`."""
        for name, text in (
            ("Project name", project.name),
            ("Base URL", str(project.base_url)),
            ("Project token", project.project_token),
            ("API key ID", project.key_id),
            ("API secret", project.secret.reveal()),
        ):
            self.type(name, text)

    def type_tutorial(self, customer: str = "jane@example.com") -> None:
        """Type the case of the vendor's tutorial."""
        # Empty until its project is in use: what is pressed before is not noted.
        self.wait("Request URL", "/customers/events")
        self.wait("Customer ID type", "registered")
        self.type("Customer ID", customer)
        self.tell("choose_category", "sms_marketing")

    def send_tutorial(self, customer: str = "jane@example.com") -> None:
        """Type that case, and press Send."""
        self.type_tutorial(customer)
        self.press("Send")

    def close(self, *, anyway: bool = False) -> None:
        """Close the window, and see that the program ends in order."""
        self.tell("end", "close button")
        if anyway:
            self.wait("Close anyway", "Close anyway")
            self.press("Close anyway")
        assert (self.ended(), self.said) == (0, "")

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def ended(self, within: float = PATIENCE) -> int:
        """Wait for the end of the program, and return its exit status."""
        return self.process.wait(within)

    @property
    def journal(self) -> Path:
        """Where it keeps its consents."""
        return self.home / "data/consent-desk/journal.sqlite"


def entries(journal: Path) -> tuple[Entry, ...]:
    """All that is noted, the newest first."""
    opened = SqliteJournal.open(journal)
    try:
        return latest(opened)
    finally:
        opened.close()


def states(journal: Path) -> list[State]:
    """The states of all that is noted, the newest first."""
    return [entry.state for entry in entries(journal)]


class Engagement:
    """A server that none of the product's code wrote. `sent` gets each consent event as it came.

    `script` says what becomes of such an event once it has arrived, `headers` what the answers to reads bear.
    """

    def __init__(self) -> None:
        self.sent: Queue[bytes] = Queue()
        self.script: Script = accepting
        self.headers = b""
        self._server = Server(self._take, host="127.0.0.1")

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._server.__exit__(*error)

    def _take(self, peer: Peer) -> None:
        request = peer.read_request()
        if request.startswith(b"POST /track/"):
            self.sent.put(request)
            self.script(peer)
        elif request:
            peer.send(answer(CATEGORIES, headers=self.headers))

    def next(self) -> bytes:
        """The next consent event that arrives."""
        return self.sent.get(timeout=PATIENCE)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def everything(self) -> bytes:
        """All that ever came here."""
        return b"".join(self._server.received)

    def project(self, secret: str = "s" * 64, **changes: Any) -> Project:
        """A project on this server."""
        values: dict[str, Any] = {
            "id": "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11",
            "name": "Acme production",
            "base_url": BaseUrl(scheme="http", host="127.0.0.1", port=self.port),
            "project_token": TOKEN,
            "key_id": "k" * 64,
            "secret": Secret(secret),
        }
        return Project(**(values | changes))


def accepting(peer: Peer) -> None:
    """Answer as Engagement does."""
    peer.send(answer())


def silent(peer: Peer) -> None:
    """Never answer."""
    peer.stay()


@contextmanager
def keyring_session(*, unlock: bool = True) -> Iterator[dict[str, str]]:
    """The environment of a session with a real keyring for several processes, as of `run_in_keyring`.

    Beside what a program needs, KEYRING_PID is the keyring's process and KEYRING_FOLDER where its files are.
    """
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")):
        pytest.skip("gnome-keyring or dbus-run-session is not installed")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        code = (
            "import json, os, socket\n"
            f"there = socket.create_connection({listener.getsockname()!r})\n"
            "there.sendall(json.dumps(dict(os.environ)).encode() + b'\\n')\n"
            "there.recv(1)\n"
        )
        session = Thread(target=run_in_keyring, args=(code,), kwargs={"timeout": 600, "unlock": unlock})
        session.start()
        connection, _ = listener.accept()
    with connection, connection.makefile() as file:
        told = json.loads(file.readline())
        pid = told["KEYRING_PID"]
        environment = {
            "DBUS_SESSION_BUS_ADDRESS": told["DBUS_SESSION_BUS_ADDRESS"],
            "KEYRING_PID": pid,
            "KEYRING_FOLDER": told["HOME"],
        }
        try:
            yield environment
        finally:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGCONT)
            connection.sendall(b"\n")
    session.join(PATIENCE)


KEEP = """
import json, sys
from pathlib import Path
from consent_desk.system.folders import user_folders
from consent_desk.projects.keyring import KeyringStore
from consent_desk.projects.projects import ProjectListFile
from consent_desk.domain.wire.project import ProjectDraft, parse_project
from consent_desk.projects.projects import Listed, Projects
wish = json.load(sys.stdin)
project = parse_project(ProjectDraft(**wish["draft"]), project_id=wish["id"])
projects = Projects(ProjectListFile(user_folders().config / "projects.json"), KeyringStore())
assert projects.save(project).keyring
"""


def keep_project(home: Path, project: Project, keyring: Mapping[str, str]) -> None:
    """Have `project` saved, as by an earlier start."""
    draft = {
        "name": project.name,
        "base_url": str(project.base_url),
        "project_token": project.project_token,
        "key_id": project.key_id,
        "secret": project.secret.reveal(),
    }
    subprocess.run(
        [sys.executable, "-c", KEEP],
        cwd=ROOT,
        env={**os.environ, **{name: str(home / part) for name, part in AT_HOME.items()}, **keyring},
        input=json.dumps({"id": project.id, "draft": draft}),
        text=True,
        check=True,
    )


def seconds_until_end(desk: Desk) -> float:
    """How long the program takes to end, from now on. It must end by itself."""
    begun = monotonic()
    desk.ended()
    return monotonic() - begun
