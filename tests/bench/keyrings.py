"""Child of `run.py`: the program beside a keyring in each of its states, see `blocked.py`. Argument: runs.

The keyring is the real gnome-keyring, in a session of its own.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.end_to_end.desk import AT_HOME, ROOT, Engagement, keep_project, keyring_session

LOCK = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"


SAID = {
    "unlocked": "key works",
    "locked": "The keyring is locked.",
    "frozen": "Waiting for the keyring",
    "absent": "which does not show them now",
    "null": "which does not show them now",
}
"""What the window says of the keyring in each state: else it was in another one."""


def main() -> None:
    runs = int(sys.argv[1])
    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder, keyring_session() as session, Engagement() as engagement:
        home = Path(folder) / "home"
        for part in AT_HOME.values():
            (home / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_project(home, engagement.project(), session)
        for state in SAID:
            environment = brought_into(state, session)
            for number in range(runs):
                copy = shutil.copytree(home, Path(folder) / f"{state}-{number}")
                found.setdefault(state, []).append(blocked(copy, state, environment))
    print(json.dumps(found))


def brought_into(state: str, session: Mapping[str, str]) -> Mapping[str, str]:
    """Bring the keyring into `state`, and return what a program's environment then has of it."""
    if state == "locked":
        subprocess.run([sys.executable, "-c", LOCK], env={**os.environ, **session}, check=True)
    elif state == "frozen":
        os.kill(int(session["KEYRING_PID"]), signal.SIGSTOP)
    elif state == "absent":
        return {}
    elif state == "null":
        return {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return session


def blocked(home: Path, state: str, environment: Mapping[str, str]) -> list[float]:
    own = {name: str(home / part) for name, part in AT_HOME.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.blocked"],
        cwd=ROOT,
        env={**os.environ, **own, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    building, longest, said = json.loads(done.stdout)
    assert SAID[state] in said, f"{state}: {said}"
    return [building, longest]


if __name__ == "__main__":
    main()
