"""Kill the real program at random moments of noting and sending, and see that nothing is lost or doubled.

    python -m tests.reliability.kills [KILLS] [SEED]

The sandbox lives in this process and survives. Each start of the program notes a few consents, typed into
its form, and is killed (SIGKILL); the clock of all runs 60 times faster. At the end one start, with a sandbox
that behaves, runs until everything is settled; what waits for a person is sent again where the sandbox has
not got it. Then each consent that was called noted must be in the journal and at the sandbox, opt-ins apart
that did not arrive before a later decision about the same customer: those must not be sent any more.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import Thread

from consent_desk.adapters.installation import installation_id
from consent_desk.adapters.journal import SqliteJournal
from consent_desk.adapters.project_list import ProjectListFile
from consent_desk.adapters.verification import Verdict, verify
from consent_desk.app import resource
from consent_desk.domain.action import Action
from consent_desk.domain.delivery import State, was_sent_again
from consent_desk.domain.outcome import Cause, NotSent
from consent_desk.domain.project import Project
from consent_desk.domain.record import Record
from consent_desk.sandbox import listener
from consent_desk.sandbox.faults import Fault
from consent_desk.sandbox.project import EngagementProject
from consent_desk.sandbox.server import Sandbox
from consent_desk.services.order import is_overtaken
from consent_desk.services.projects import Listed, project_to_line
from tests.reliability.kill_child import Clock, Errand

ROOT = Path(__file__).parents[2]
PACE = 60.0
SOON, LATE = 10.0, 900.0
"""Seconds, by the fast clock, until a write can be read: as a rule, and under the fault of that name."""

VISIBLE_LATE = "visible after 15 min"
FAULTS: tuple[Fault | str, ...] = (
    VISIBLE_LATE,
    Fault.RATE_LIMIT_RETRY_AFTER,
    Fault.SERVER_ERROR,
    Fault.SERVER_ERROR_STORED,
    Fault.DROP_BEFORE_STORING,
    Fault.DROP_AFTER_STORING,
    Fault.SILENCE,
    Fault.TRICKLE_BODY,
    Fault.NO_SUCCESS,
    Fault.SUCCESS_FALSE,
    Fault.CUT_BODY,
    Fault.BAD_GATEWAY,
)
SETTLED_WITHIN = 180.0
"""Seconds for the last start; another one follows where that was not enough."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event that arrived at the sandbox, visible `delay` seconds after it did."""

    request_id: str
    at: float
    delay: float


class Ledger(EngagementProject):
    """The sandbox's project, which remembers what was stored, and whose delay can be changed."""

    def __init__(self, clock: Clock) -> None:
        seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
        super().__init__(seed, delay=SOON, now=clock.seconds)
        self.stored: list[Stored] = []

    def be_late(self, late: bool) -> None:
        """Show writes after 15 minutes only, or soon again."""
        self._delay = LATE if late else SOON

    def add(self, ids: Mapping[str, str], properties: Mapping[str, object], timestamp: float | None) -> None:
        super().add(ids, properties, timestamp)
        self.stored.append(Stored(str(properties["desk_request_id"]), self._now(), self._delay))

    def has(self, request_id: str) -> bool:
        """Whether it was stored, visible or not."""
        return any(one.request_id == request_id for one in self.stored)


class Child:
    """One start of the program."""

    def __init__(self, errand: Errand) -> None:
        home = Path(errand.home)
        self.heard: SimpleQueue[str] = SimpleQueue()
        with (home / "stderr.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.reliability.kill_child", errand.to_json()],
                cwd=ROOT,
                env={
                    **os.environ,
                    "HOME": errand.home,
                    "TMPDIR": errand.home,
                    "QT_QPA_PLATFORM": "offscreen",
                    "PYTHONPATH": str(ROOT),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard.put(line.strip())
        self.heard.put("")

    def hear(self, seconds: float) -> str | None:
        """The next line, empty at the end of the program; None where none comes in time."""
        try:
            return self.heard.get(timeout=max(0.0, seconds))
        except Empty:
            return None

    def say(self, line: str) -> None:
        """Answer a question."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def kill(self) -> list[str]:
        """Kill it, and return what it had still said."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        rest = []
        while not self.heard.empty():
            rest.append(self.heard.get())
        return rest


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. `wrong` has a line for each promise that did not hold."""

    kills: int
    noted: int
    wrong: tuple[str, ...]
    counts: Counter[str]


class Trial:
    """A journal, a sandbox, and so many kills."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._dice = Random(seed)
        self._clock = Clock(time.time(), PACE)
        self._ledger = Ledger(self._clock)
        self._sandbox = Sandbox({"categories": [], "customers": []}, now=self._clock.seconds)
        self._sandbox._engagement = self._ledger
        self._noted: list[str] = []
        self._wrong: list[str] = []
        self._counts: Counter[str] = Counter()

    def run(self, kills: int) -> Result:
        """Kill so many starts, let the last one settle all, and look."""
        with dated_by(self._clock), self._sandbox:
            project = replace(self._sandbox.project, practice=False, id_types=("registered",))
            listed = Listed(id=project.id, name=project.name, entry="kept")
            ProjectListFile(self._home / "projects.json", Listed).write([listed])
            for number in range(kills):
                self._kill_one(project, number)
            self._settle(project)
            self._check()
        if len(self._noted) * 2 < kills:
            self._wrong.append(f"no trial: only {len(self._noted)} consents were called noted")
        return Result(kills, len(self._noted), tuple(self._wrong), self._counts)

    def _errand(self, project: Project, **changes: object) -> Errand:
        clock = self._clock
        errand = Errand(
            home=str(self._home),
            keyring=project_to_line(project),
            start=clock.start,
            pace=clock.pace,
            seed=self._dice.getrandbits(32),
        )
        return replace(errand, **changes)  # type: ignore[arg-type]  # the errand's own fields

    def _kill_one(self, project: Project, number: int) -> None:
        dice = self._dice
        # One in five is among customers that have had decisions before: those wait, or are overtaken.
        consents = [
            (
                f"regular-{dice.randrange(5)}@example.com"
                if dice.random() < 0.2
                else f"customer-{number}-{place}@example.com",
                dice.choice(list(Action)),
            )
            for place in range(dice.randint(1, 3))
        ]
        fault = FAULTS[number % len(FAULTS)]
        self._ledger.be_late(fault == VISIBLE_LATE)
        times = dice.randint(1, 8)
        child = Child(self._errand(project, consents=consents))
        if dice.random() < 0.15:
            self._misbehave(fault, times)
            self._listen(child, dice.uniform(0.1, 1.5))
        else:
            self._listen(child, 20, until="ready")
            self._misbehave(fault, times)
            self._listen(child, dice.uniform(0, 0.8))
        self._take(child.kill())

    def _misbehave(self, fault: Fault | str, times: int) -> None:
        # What is visible late and was answered is only waited for: without an answer it is sent once more.
        lost = self._dice.choice((None, Fault.DROP_AFTER_STORING))
        self._sandbox.misbehave(fault if isinstance(fault, Fault) else lost, times=times)

    def _listen(self, child: Child, seconds: float, until: str = "") -> None:
        end = time.monotonic() + seconds
        while (line := child.hear(end - time.monotonic())) is not None:
            if line == "":
                self._wrong.append(f"the program ended by itself: {self._said()}")
                return
            self._take([line])
            if line == until:
                return
        if until:
            self._wrong.append(f"the program never said {until}: {self._said()}")

    def _said(self) -> str:
        return (self._home / "stderr.txt").read_text("utf-8", "replace")[-500:]

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            word, _, request_id = line.partition(" ")
            if word == "noted":
                self._noted.append(request_id)
            elif word == "failed":
                self._wrong.append(line)

    def _settle(self, project: Project) -> None:
        self._sandbox.misbehave(None)
        self._ledger.be_late(False)
        for _ in range(3):
            child = Child(self._errand(project, settle=True))
            end = time.monotonic() + SETTLED_WITHIN
            while line := child.hear(end - time.monotonic()):
                word, _, request_id = line.partition(" ")
                if word == "ask":
                    self._counts["asked a person"] += 1
                    child.say("no" if self._ledger.has(request_id) else "yes")
                elif word == "settled":
                    child.kill()
                    return
            child.kill()
        self._wrong.append(f"it never came to rest: {self._said()}")

    def _check(self) -> None:
        path = self._home / "journal.sqlite"
        if verify(path).verdict is not Verdict.SOUND:
            self._wrong.append("the journal is not sound")
        with closing(SqliteJournal.open(path, installation=installation_id(self._home))) as journal:
            there = journal.records_in(set(State))
            for request_id in set(self._noted) - set(there):
                self._wrong.append(f"lost: {request_id}")
            for request_id in there:
                self._check_one(journal, journal.record(request_id))
        self._counts["noted, but killed before it was said"] = len(set(there) - set(self._noted))
        for request_id in {one.request_id for one in self._ledger.stored} - set(there):
            self._wrong.append(f"sent, but not noted: {request_id}")

    def _check_one(self, journal: SqliteJournal, record: Record) -> None:
        request_id, action = record.noted.consent.request_id, record.noted.consent.action
        last = record.facts[-1]
        stored = [one for one in self._ledger.stored if one.request_id == request_id]
        self._counts[f"state {last.state}"] += 1
        history = " ".join(fact.state for fact in record.facts)
        if not stored:
            overtaken = isinstance(last.outcome, NotSent) and last.outcome.cause is Cause.OVERTAKEN
            if action is Action.ACCEPT and last.state is State.DISCARDED and overtaken:
                self._counts["accepts overtaken by a reject"] += 1
            elif (
                action is Action.ACCEPT
                and last.state is State.NOT_SEEN
                and is_overtaken(journal, record.noted)
            ):
                self._counts["accepts lost on the way, and overtaken since"] += 1
            else:
                self._wrong.append(f"never arrived: {action} {request_id}, {history}")
        if len(stored) > 1:
            was_hidden = stored[0].delay == LATE and stored[1].at < stored[0].at + LATE
            is_marked = was_sent_again(record.facts)
            if len(stored) == 2 and action is Action.REJECT and was_hidden and is_marked:
                self._counts["rejects twice under the late fault, marked"] += 1
            else:
                self._wrong.append(f"{len(stored)} times: {action} {request_id}, {history}")
        elif was_sent_again(record.facts):
            self._counts["rejects sent again, the first one not stored"] += 1


@contextmanager
def dated_by(clock: Clock) -> Iterator[None]:
    """Have the sandbox's answers bear the time of `clock`."""
    kept = listener._Handler.date_time_string

    def date_time_string(self: BaseHTTPRequestHandler, timestamp: float | None = None) -> str:
        return formatdate(clock.seconds(), usegmt=True)

    listener._Handler.date_time_string = date_time_string  # type: ignore[method-assign]  # for this run alone
    try:
        yield
    finally:
        listener._Handler.date_time_string = kept  # type: ignore[method-assign]  # as it was


def run(kills: int, seed: int) -> Result:
    """Kill the program so many times."""
    with tempfile.TemporaryDirectory(prefix="consent-desk-") as folder:
        return Trial(Path(folder), seed).run(kills)


def main() -> int:
    """Print the figure; return 0 if all promises held."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    result = run(kills, seed)
    print(
        f"kill -9: {result.kills} kills, {len(FAULTS)} kinds of fault, {result.noted} consents called noted, "
        f"{len(result.wrong)} promises broken (seed {seed})"
    )
    for name, count in sorted(result.counts.items()):
        print(f"  {name}: {count}")
    for line in result.wrong:
        print(f"  WRONG: {line}")
    return bool(result.wrong)


if __name__ == "__main__":
    sys.exit(main())
