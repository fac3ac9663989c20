"""Writes constraints.txt anew: installs everything into a throw-away environment and notes what came.

Run it with the oldest Python that is supported, because that one needs the most packages.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Exact versions of everything, for every platform. Renew with Python 3.11: make constraints"
BUILD = ("hatchling", "editables")
# Needed on Windows only, but installable anywhere.
ELSEWHERE = ("colorama", "pywin32-ctypes")


def main() -> int:
    """Replace constraints.txt only when every step has succeeded."""
    if sys.version_info[:2] != (3, 11):
        print("Use Python 3.11, the oldest supported: make constraints PYTHON=python3.11", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"), "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", "-e", f"{ROOT}[dev]", *BUILD, *ELSEWHERE], check=True)
        frozen = subprocess.run(
            [*pip, "freeze", "--exclude-editable"], check=True, text=True, stdout=subprocess.PIPE
        )
    (ROOT / "constraints.txt").write_text(f"{HEADER}\n{frozen.stdout}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
