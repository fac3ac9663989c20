"""What another user of this computer does to the practice server never reaches the real consents."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consent_desk.domain.lifecycle.state import State
from tests.end_to_end.desk import Desk, Engagement, keep_project, linux, states
from tests.sandbox.test_limits import IDLE

pytestmark = linux

FEW_DESCRIPTORS = ("sh", "-c", 'ulimit -n 200 && exec "$@"', "sh")


@contextmanager
def idle_connections(port: int, number: int) -> Iterator[None]:
    """So many connections of a process of its own that ask for nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", IDLE, str(port), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.stdin.close()


def test_hundreds_of_idle_connections_keep_no_consent_from_being_noted(
    home: Path, engagement: Engagement, keyring: dict[str, str]
) -> None:
    project = engagement.project()
    keep_project(home, project, keyring)
    with Desk(home, env=keyring, before=FEW_DESCRIPTORS) as desk:
        desk.wait("Project state", "key from the keyring")
        desk.tell("choose", "Project", "Sandbox (practice)")
        url = desk.wait("Request URL", "/customers/events")
        port = int(url.split(":")[2].split("/")[0])
        with idle_connections(port, 300):
            desk.send_tutorial()
            desk.wait("Receipt", "Delivered to the Sandbox only.")
            desk.tell("choose", "Project", project.name)
            desk.wait("Request URL", str(project.base_url))
            desk.send_tutorial("omar@example.com")
            desk.wait("Receipt", "✓ Delivered")
        assert b"omar@example.com" in engagement.next()
        desk.close()
    assert states(desk.journal) == [State.DELIVERED]
