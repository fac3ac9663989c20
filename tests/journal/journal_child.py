"""What a process of its own does with a journal, for tests that kill it or take something away from it.

    python -m tests.journal.journal_child note FILE

Prints one line per event; a decision that could not be noted as `trouble: TITLE`.
"""

import ctypes
import errno
import os
import platform
import subprocess
import sys
from pathlib import Path

from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.journal.file import rolled_back
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_noted, claim, go_on, later, write_down

ROOT = Path(__file__).parents[2]
SYNC_CALLS = {"x86_64": (74, 75), "aarch64": (82, 83)}
"""The numbers of fsync and fdatasync on Linux."""

SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}


def start(*arguments: str | Path, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A process of its own that does what the first argument says."""
    return subprocess.Popen(
        [*before, sys.executable, "-m", "tests.journal.journal_child", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(line: object) -> None:
    print(line, flush=True)


def note_for_ever(path: Path) -> None:
    tell("begin")
    journal = SqliteJournal.open(path)
    while True:
        noted = a_noted(wording="wording " * 200)
        write_down(journal, noted)
        tell(noted.consent.request_id)


def claim_all(path: Path) -> None:
    journal = SqliteJournal.open(path)
    waiting = journal.records_in({State.QUEUED})
    tell("ready")
    sys.stdin.readline()
    for request_id in waiting:
        if claim(journal, request_id, NOON) is not None:
            tell(request_id)


def send_one(path: Path) -> None:
    """Note one and claim it; it is delivered when a line comes in."""
    journal = SqliteJournal.open(path)
    noted = a_noted()
    write_down(journal, noted)
    assert claim(journal, noted.consent.request_id, later(1)) is not None
    journal.settle()
    tell(noted.consent.request_id)
    sys.stdin.readline()
    go_on(journal, noted.consent.request_id, Fact(at=later(2), state=State.DELIVERED))
    journal.close()


def note_as_nobody(path: Path) -> None:
    """Root may write everywhere: become somebody who may not."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        write_down(SqliteJournal.open(path), a_noted())
    except JournalError as trouble:
        tell(f"trouble: {trouble.title}")


def note_without_sync(path: Path) -> None:
    """Note while the disk answers every fsync with an error."""
    journal = SqliteJournal.open(path)
    noted = a_noted()
    forbid_sync()
    for _ in range(2):
        try:
            write_down(journal, noted)
        except JournalError as trouble:
            tell(f"trouble: {trouble.title}")


def note_until_full(path: Path) -> None:
    """Note on a tiny disk until it is full, make room, and note the one that failed."""
    ballast = path.parent / "ballast"
    ballast.write_bytes(bytes(100_000))
    journal = SqliteJournal.open(path)
    count = 0
    while True:
        noted = a_noted()
        try:
            write_down(journal, noted)
        except JournalError as trouble:
            tell(f"trouble: {trouble.title}")
            break
        count += 1
    tell(f"all there: {len(journal.records_in({State.QUEUED})) == count}")
    ballast.unlink()
    write_down(journal, noted)
    tell(f"noted: {journal.records_in({State.QUEUED})[-1] == noted.consent.request_id}")


def check_for_ever(path: Path) -> None:
    """Take as long as it takes to be killed over the copy of a journal with a broken-off transaction."""
    with rolled_back(path):
        tell("copied")
        sys.stdin.readline()


class Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction)))


def forbid_sync() -> None:
    """Let fsync and fdatasync fail with EIO from now on, in all threads.

    It is a seccomp filter, which no process can undo.
    """
    first, second = SYNC_CALLS[platform.machine()]
    instructions = (Instruction * 5)(
        Instruction(0x20, 0, 0, 0),  # load the call's number
        Instruction(0x15, 2, 0, first),  # equal: skip two
        Instruction(0x15, 1, 0, second),  # equal: skip one
        Instruction(0x06, 0, 0, 0x7FFF0000),  # allow
        Instruction(0x06, 0, 0, 0x00050000 | errno.EIO),
    )
    program = Program(len(instructions), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.syscall(
        SECCOMP_CALL[platform.machine()], set_filter, all_threads, ctypes.byref(program)
    ):
        raise OSError(ctypes.get_errno(), "no seccomp filter")


if __name__ == "__main__":
    {
        "note": note_for_ever,
        "claim": claim_all,
        "send": send_one,
        "nobody": note_as_nobody,
        "no-sync": note_without_sync,
        "full": note_until_full,
        "check": check_for_ever,
    }[sys.argv[1]](Path(sys.argv[2]))
