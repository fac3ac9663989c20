"""Child of `run.py`: from a signal, or the close button, until the process is gone, in milliseconds.

Arguments: `server` or `keyring` (which hangs), runs.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.end_to_end.desk import Desk, Engagement, keep_project, keyring_session, seconds_until_end
from tests.end_to_end.test_ending import start_a_call

WAYS = ("SIGTERM", "SIGINT", "close button")


def ended(desk: Desk, way: str, *, outstanding: bool = False) -> float:
    if way.startswith("SIG"):
        desk.signal(getattr(signal, way))
    else:
        desk.tell("end", way)
        if outstanding:
            # Somebody is asked first, and that takes as long as it takes.
            desk.wait("Close anyway", "Close anyway")
            desk.press("Close anyway")
    return seconds_until_end(desk) * 1e3


def with_a_hung_server(home: Path, way: str) -> float:
    with Engagement() as engagement, Desk(home, python=()) as desk:
        start_a_call(desk, engagement)
        return ended(desk, way, outstanding=True)


def with_a_hung_keyring(home: Path, way: str) -> float:
    with Engagement() as engagement, keyring_session() as session:
        keep_project(home, engagement.project(), session)
        os.kill(int(session["KEYRING_PID"]), signal.SIGSTOP)
        with Desk(home, env=session, python=()) as desk:
            desk.wait("Project state", "Waiting for the keyring")
            return ended(desk, way)


def main() -> None:
    end = {"server": with_a_hung_server, "keyring": with_a_hung_keyring}[sys.argv[1]]
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(int(sys.argv[2])):
        for way, times in found.items():
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                times.append(end(Path(folder), way))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
