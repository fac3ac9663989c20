"""Note and send many consents, one after the other, and see what grows.

    python -m tests.reliability.soak [SENDS] [SEED]

Outbox, journal, sender and transport are the program's; the sandbox is another process. Measured are the
resident memory and the open descriptors, after the first tenth (500 sends at most) and at the end.
"""

import gc
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.sender import Sender, Sent
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.lifecycle.state import State
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.system.clock import now
from tests.consents import a_consent
from tests.reliability.sandbox_process import sandbox_elsewhere

MOST_MEMORY = 20.0
"""MiB that may have been added at the end."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was added between two measurements: resident memory in MiB, descriptors; and how many arrived."""

    memory: float
    descriptors: int
    delivered: int
    seconds: float


def resident() -> float:
    """The resident memory of this process, in MiB."""
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def descriptors() -> int:
    """The open descriptors of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def run(sends: int, seed: int) -> Figures:
    """Send so many."""
    dice = Random(seed)
    warm, began = min(500, sends // 10), time.monotonic()
    memory, opened, delivered = 0.0, 0, 0
    with (
        sandbox_elsewhere() as project,
        tempfile.TemporaryDirectory(prefix="consent-desk-") as folder,
        closing(SqliteJournal.open(Path(folder) / "journal.sqlite")) as journal,
        closing(HttpTransport()) as transport,
    ):
        outbox, sender = Outbox(journal, now), Sender(journal, ClockWatch(transport, now), now)
        for number in range(sends):
            if number == warm:
                # Its mark is written behind it, and has a file open meanwhile.
                journal.settle()
                memory, opened = resident(), descriptors()
            action, moment = dice.choice(list(Action)), now()
            consent = a_consent(
                request_id=str(UUID(int=dice.getrandbits(128), version=4)),
                customer=CustomerId(type="registered", value=f"customer-{number}@example.com"),
                action=action,
                valid_until=ValidUntil() if action is Action.ACCEPT else None,
                timestamp=moment,
                noted_at=moment,
            )
            outbox.note(project, consent)
            sent = sender.send(consent.request_id, project)
            delivered += isinstance(sent, Sent) and sent.entry.state is State.DELIVERED
        seconds = time.monotonic() - began
        journal.settle()
        return Figures(resident() - memory, descriptors() - opened, delivered, seconds)


def main() -> int:
    """Print the figures; return 0 if nothing grew too much."""
    sends = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    if not sys.platform.startswith("linux"):
        sys.exit("The soak reads /proc and runs on Linux only.")
    found = run(sends, seed)
    print(
        f"soak: {found.delivered} of {sends} delivered in {found.seconds:.0f} s, "
        f"resident memory {found.memory:+.1f} MiB, descriptors {found.descriptors:+d} (seed {seed})"
    )
    return not (found.delivered == sends and found.memory <= MOST_MEMORY and found.descriptors <= 0)


if __name__ == "__main__":
    sys.exit(main())
