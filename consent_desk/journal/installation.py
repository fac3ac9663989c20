"""Which computer this is, so that a journal that was carried to another one is recognised."""

import json
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from consent_desk.domain.errors import DeskError
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

if sys.platform == "win32":
    import winreg


def installation_id(config: Path) -> str:
    """An ID for this program in this user's account on this computer, made at the first call.

    A copy of the folder `config` on another computer gives another one, where the system has a name for
    computers. Empty where none can be kept, or that of before cannot be read now: then a carried journal is
    not recognised.
    """
    path = config / "installation.json"
    try:
        document = json.loads(path.read_bytes())
        if isinstance(document, dict) and isinstance(kept := document.get("id"), str):
            return _mixed(kept)
    except (FileNotFoundError, ValueError, RecursionError):
        pass  # none yet, or none any more
    except OSError:
        return ""
    kept = str(uuid4())
    try:
        private_folder(config)
        replace_file(path, json.dumps({"version": 1, "id": kept}).encode("ascii") + b"\n")
    except (OSError, DeskError):
        return ""
    return _mixed(kept)


def _mixed(kept: str) -> str:
    return sha256(f"{kept} {_computer()}".encode()).hexdigest()[:32]


def _computer() -> str:
    if sys.platform == "win32":
        with (
            suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key,
        ):
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return ""
    with suppress(OSError):
        return Path("/etc/machine-id").read_text("ascii", errors="replace").strip()
    return ""
