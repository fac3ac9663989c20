"""A real Secret Service for tests: a child process inside a D-Bus session of its own, with gnome-keyring.

In the child, to lock the keyring: secretstorage.get_default_collection(secretstorage.dbus_init()).lock();
to freeze it: os.kill(int(os.environ["KEYRING_PID"]), signal.SIGSTOP).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

FOREIGN = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND")
# The system's own session bus, but for its socket: that of a killed bus would stay in the temporary folder.
BUS = """<busconfig>
<type>session</type> <listen>unix:dir={folder}</listen> <auth>EXTERNAL</auth> <standard_session_servicedirs/>
<policy context="default">
<allow send_destination="*"/> <allow receive_sender="*"/> <allow own="*"/>
</policy>
</busconfig>"""
# The password comes without a newline, which would become part of it. The daemon goes to the background a
# moment before it can be called.
SCRIPT = r"""
case $1 in
    unlocked) printf %s testpass | gnome-keyring-daemon --unlock --components=secrets ;;
    new) gnome-keyring-daemon --daemonize --components=secrets </dev/null ;;
esac >/dev/null
until answer=$(dbus-send --print-reply=literal --dest=org.freedesktop.DBus / \
    org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets); do sleep 0.02; done
export KEYRING_PID="${answer##* }"
shift
exec "$@" >"$HOME/stdout" 2>"$HOME/stderr"
"""


def run_in_keyring(
    code_or_argv: str | Sequence[str],
    *,
    unlock: bool = True,
    env: Mapping[str, str] | None = None,
    timeout: float = 30,
) -> subprocess.CompletedProcess[str]:
    """Run Python code, or a command, where the keyring is unlocked and empty.

    With `unlock=False` the keyring has never been initialised. `env` adds to the environment.
    Skips the test where gnome-keyring is not to be had. Raises `subprocess.TimeoutExpired`.
    """
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")):
        pytest.skip("gnome-keyring or dbus-run-session is not installed")
    argv = [sys.executable, "-c", code_or_argv] if isinstance(code_or_argv, str) else list(code_or_argv)
    with tempfile.TemporaryDirectory(prefix="keyring-") as folder:
        home = Path(folder)
        own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        own |= {"HOME": folder, "XDG_RUNTIME_DIR": folder}
        own |= {"XDG_DATA_HOME": f"{folder}/data", "XDG_CONFIG_HOME": f"{folder}/config"}
        (home / "bus").write_text(BUS.format(folder=folder))
        private_bus = ["dbus-run-session", f"--config-file={folder}/bus", "--"]
        with (home / "trouble").open("w") as trouble:
            session = subprocess.Popen(
                [*private_bus, "sh", "-c", SCRIPT, "_", "unlocked" if unlock else "new", *argv],
                env=own | dict(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=trouble,
                start_new_session=True,
            )
        try:
            status = session.wait(timeout)
        finally:
            # The bus and the keyring are in the same process group; a frozen keyring would stay for ever.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(session.pid, signal.SIGKILL)
            session.wait()
        if not (home / "stderr").exists():
            raise RuntimeError(f"No keyring session: {(home / 'trouble').read_text()}")
        out, err = ((home / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(argv, status, out, err)
