"""No core file: were the program to crash, its whole memory would be written to a disk, secrets included."""

import sys
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import resource


def forbid_core_files() -> None:
    """Let nothing of this process's memory get into a core file, for good. Comes before any secret.

    On Linux a handler in `core_pattern` is started whatever the limit is: it is given no page that the
    process has written to. `PR_SET_DUMPABLE` is left alone, see docs/decisions/015-no-core-files.md.
    """
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Without /proc there is no such filter, and the limit is what remains.
        with suppress(OSError):
            Path("/proc/self/coredump_filter").write_text("0", encoding="ascii")
