"""Kill the real program at random moments of noting and sending, and see that nothing is lost or doubled.

    python -m tests.reliability.kills [KILLS] [SEED] [PROGRAMS]

With two PROGRAMS a second one has the same journal open each time, notes and sends too, and is killed a
little later.
The sandbox lives in this process and survives. Each start of the program notes a few consents, typed into
its form, and is killed (SIGKILL); the clock of all runs 60 times faster. More than half of the customers
are known there before, some decide on a page as well; reads fail for a while, or tell what holds a little
late, and some starts have a wrong clock. At the end one start, with a sandbox that behaves, runs until
everything is settled; what waits for a person is sent again where the sandbox has not got it. Then each
consent that was called noted must be in the journal and at the sandbox, opt-ins apart that did not arrive
before a later decision about the same customer: those must not be sent any more. And what was ever called
verified must have been so by the sandbox's own events.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import RLock, Thread

from consent_desk.delivery.order import is_overtaken
from consent_desk.domain.consent.action import Action
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.judgement import was_sent_again
from consent_desk.domain.lifecycle.policy import failing_of
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import IS_RIGHT, SAW_OPT_OUT, State
from consent_desk.domain.wire.outcome import Cause, Look, NotSent
from consent_desk.domain.wire.project import Project
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict, verify
from consent_desk.projects.projects import project_to_line
from consent_desk.sandbox import answers, listener
from consent_desk.sandbox.answers import SandboxAnswer
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.listener import Reply
from consent_desk.sandbox.project import EngagementProject, Status
from consent_desk.sandbox.project import _status as status_of
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import resource
from tests.reliability.gap import list_project
from tests.reliability.kill_child import CATEGORY, STAMPED_WRONG, Clock, Errand

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
    Fault.FIREWALL,
    Fault.PACKED,
)
FAILED_READS = (answers.UNKNOWN_ADDRESS, answers.SERVER_ERROR)
"""What something on the way answers to reads: 404 and 500, both as HTML."""

OFF = (-7200.0, -90.0, 90.0, 7200.0)
"""Seconds by which the clock of a start is wrong, where it is."""

LAG = 20.0
"""Seconds by which what holds is told late, where it is."""

LOOKING = 300.0
"""Seconds, by the fast clock, that a look may take: some calls, and what fails at the first try."""

BETWEEN = 60.0
"""Seconds, by the fast clock, from a look that saw nothing to the sending that follows: one of ours."""

UNSETTLED = frozenset(
    {State.QUEUED, State.RETRY_WAIT, State.IN_FLIGHT, State.DELIVERED, State.UNCONFIRMED, State.RESTORED}
)
"""States in which nothing ends where a sandbox behaves at last, and a person answers."""

SETTLED_WITHIN = 180.0
"""Seconds for the last start; another one follows where that was not enough."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event that arrived at the sandbox, visible `delay` seconds after it did.

    Without a request ID it is one of a page.
    """

    request_id: str
    customer: str
    category: str
    action: str
    timestamp: float
    at: float
    delay: float

    @property
    def visible(self) -> float:
        """Since when a read shows it."""
        return self.at + self.delay


@dataclass(slots=True)
class Life:
    """One start of the program, and by how much its clock was `off`."""

    began: float
    ended: float
    off: float


class Ledger(EngagementProject):
    """The sandbox's project, which remembers what was stored, and whose delay can be changed.

    `lag`: so many seconds what is said to hold is behind the history.
    """

    def __init__(self, clock: Clock) -> None:
        seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
        super().__init__(seed, delay=SOON, now=clock.seconds)
        self.stored: list[Stored] = []
        self.lag = 0.0
        self._adding = RLock()

    def be_late(self, late: bool) -> None:
        """Show writes after 15 minutes only, or soon again."""
        self._delay = LATE if late else SOON

    def add(self, ids: Mapping[str, str], properties: Mapping[str, object], timestamp: float | None) -> None:
        with self._adding:
            super().add(ids, properties, timestamp)
            at = self.now()
            self.stored.append(
                Stored(
                    *(str(properties.get("desk_request_id", "")), ids["registered"]),
                    *(str(properties["category"]), str(properties["action"])),
                    *(at if timestamp is None else timestamp, at, self._delay),
                )
            )

    def add_of_page(self, customer: str, category: str, action: Action, timestamp: float) -> None:
        """Somebody decides elsewhere, which shows at once. An opt-out has an end too, as of some clients."""
        properties = {"action": action.value, "category": category, "valid_until": "unlimited"}
        with self._adding:
            delay, self._delay = self._delay, 0.0
            self.add({"registered": customer}, properties, timestamp)
            self._delay = delay

    def status(self, ids: Mapping[str, str], category: object) -> Status | None:
        history, until = self.history(ids), self.now() - self.lag
        if history is None or not self.lag:
            return super().status(ids, category)
        shown = (one for one in reversed(history) if one.visible_from <= until)
        last = next((one for one in shown if one.properties.get("category") == category), None)
        return Status() if last is None else status_of(last, self.now())

    def has(self, request_id: str) -> bool:
        """Whether it was stored, visible or not."""
        return any(one.request_id == request_id for one in self.stored)


class Way(Sandbox):
    """The sandbox behind a line that fails the next reads, as it is told."""

    failing: SandboxAnswer | None = None
    fails = 0

    def _take(self, request: Received) -> Reply:
        if self.fails and request.path.startswith("/data/"):
            self.fails -= 1
            assert self.failing is not None
            return self.failing, None
        return super()._take(request)


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

    def __init__(self, home: Path, seed: int, programs: int = 1) -> None:
        self._home = home
        self._programs = programs
        self._dice = Random(seed)
        self._clock = Clock(time.time(), PACE)
        self._ledger = Ledger(self._clock)
        self._sandbox = Way({"categories": [], "customers": []}, now=self._clock.seconds)
        self._sandbox.engagement = self._ledger
        self._noted: list[str] = []
        self._wrong: list[str] = []
        self._counts: Counter[str] = Counter()
        self._lives: list[Life] = []
        self._customers: list[str] = []

    def run(self, kills: int) -> Result:
        """Kill so many starts, let the last one settle all, and look."""
        with dated_by(self._clock), self._sandbox:
            project = replace(self._sandbox.project, practice=False, id_types=("registered",))
            list_project(self._home, project)
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
        fault = FAULTS[number % len(FAULTS)]
        self._ledger.be_late(fault == VISIBLE_LATE)
        times = dice.randint(1, 8)
        children = []
        for place in range(self._programs):
            consents = self._consents(f"{number}-{place}")
            # Two programs have one clock.
            off = dice.choice(OFF) if dice.random() < 0.15 and self._programs == 1 else 0.0
            self._live_on([customer for customer, _ in consents])
            children.append(self._start(self._errand(project, consents=consents, off=off)))
        if dice.random() < 0.15:
            self._misbehave(fault, times)
            self._listen(children[0], dice.uniform(0.1, 1.5))
        else:
            for child in children:
                self._listen(child, 20, until="ready")
            self._misbehave(fault, times)
            self._listen(children[0], dice.uniform(0, 0.8))
        for place, child in enumerate(children):
            if place:
                self._listen(child, dice.uniform(0, 0.5))
            self._take(child.kill())
        for life in self._lives[-self._programs :]:
            life.ended = self._clock.seconds()

    def _consents(self, number: str) -> list[tuple[str, Action]]:
        """What one start notes. One in five is among customers that have had decisions before."""
        dice = self._dice
        return [
            (
                f"regular-{dice.randrange(5)}@example.com"
                if dice.random() < 0.2
                else f"customer-{number}-{place}@example.com",
                dice.choice(list(Action)),
            )
            for place in range(dice.randint(1, 3))
        ]

    def _start(self, errand: Errand) -> Child:
        now = self._clock.seconds()
        self._lives.append(Life(now, now, errand.off))
        return Child(errand)

    def _live_on(self, customers: Sequence[str]) -> None:
        """What happens elsewhere: customers are made, some decide on a page, and reads fail for a while."""
        dice, now = self._dice, self._clock.seconds()
        for customer in customers:
            if customer not in self._customers and dice.random() < 0.6:
                category = dice.choice((CATEGORY, "newsletter"))
                self._ledger.add_of_page(customer, category, dice.choice(list(Action)), now - 86_400)
        self._customers += customers
        if dice.random() < 0.2:
            times = 1000 if dice.random() < 0.2 else 1
            customer, action = dice.choice(self._customers), dice.choice(list(Action))
            self._ledger.add_of_page(customer, CATEGORY, action, now * times)
            self._counts["decided on a page"] += 1
        self._ledger.lag = LAG if dice.random() < 0.3 else 0.0
        if dice.random() < 0.4:
            self._sandbox.failing = dice.choice(FAILED_READS)
            self._sandbox.fails = dice.randint(1, 20)
            self._counts["starts with reads that fail"] += 1

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
        self._ledger.lag = 0.0
        for _ in range(3):
            child = self._start(self._errand(project, settle=True))
            end = time.monotonic() + SETTLED_WITHIN
            while line := child.hear(end - time.monotonic()):
                word, _, request_id = line.partition(" ")
                if word == "ask":
                    self._counts["asked a person"] += 1
                    child.say("no" if self._ledger.has(request_id) else "yes")
                elif word == "failed":
                    self._wrong.append(line)
                elif word == "settled":
                    break
            child.kill()
            self._lives[-1].ended = self._clock.seconds()
            if line == "settled":
                return
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
        for request_id in {one.request_id for one in self._ledger.stored} - {*there, ""}:
            self._wrong.append(f"sent, but not noted: {request_id}")

    def _check_one(self, journal: SqliteJournal, record: Record) -> None:
        request_id, action = record.noted.consent.request_id, record.noted.consent.action
        last = record.facts[-1]
        stored = [one for one in self._ledger.stored if one.request_id == request_id]
        self._counts[f"state {last.state}"] += 1
        history = ", ".join(f"{fact.state} {fact.note}".strip() for fact in record.facts)
        self._check_verified(record, stored)
        # Of an opt-in over an opt-out a person was asked, who may have been killed while thinking about it.
        is_asked = SAW_OPT_OUT in {fact.note for fact in record.facts}
        if last.state in UNSETTLED and is_asked:
            return
        failing = failing_of(record.facts)
        if last.state in UNSETTLED and failing is not None and failing.is_given_up:
            # Eight looks in two hours met with trouble: a person is told that it was not seen.
            self._counts["not seen in eight looks that failed, and told"] += 1
        elif last.state in UNSETTLED:
            self._wrong.append(f"ends nowhere: {action} {request_id}, {record.facts}")
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
            elif action is Action.ACCEPT and is_asked and last.state is State.DISCARDED:
                # Unanswered, or told to be cancelled: the customer had opted out.
                self._counts["accepts over an opt-out, cancelled as it was asked about"] += 1
            elif action is Action.ACCEPT and last.note.startswith(STAMPED_WRONG):
                self._counts["accepts stamped wrong, given up by a person"] += 1
            else:
                self._wrong.append(f"never arrived: {action} {request_id}, {history}")
        if len(stored) > 1:
            # It may have become visible between the last look and the sending.
            was_hidden = stored[0].delay == LATE and stored[1].at < stored[0].visible + BETWEEN
            is_marked = was_sent_again(record.facts)
            if len(stored) == 2 and action is Action.REJECT and was_hidden and is_marked:
                self._counts["rejects twice under the late fault, marked"] += 1
            else:
                self._wrong.append(f"{len(stored)} times: {action} {request_id}, {history}: {stored}")
        elif was_sent_again(record.facts):
            self._counts["rejects sent again, the first one not stored"] += 1

    def _check_verified(self, record: Record, stored: Sequence[Stored]) -> None:
        """Whatever was called verified must have been so, by what a read could show while one looked."""
        consent = record.noted.consent
        subject = (consent.customer.value, consent.category)
        alike = [one for one in self._ledger.stored if (one.customer, one.category) == subject]
        for number, fact in enumerate(record.facts):
            if fact.state is not State.VERIFIED or not isinstance(fact.outcome, Look):
                continue
            self._counts["called verified"] += 1
            at = fact.at.micros / 1_000_000
            times = [at - life.off for life in self._lives if life.began <= at - life.off <= life.ended]
            told = f"verified: {consent.action} {consent.request_id}, "
            if not any(_holds(alike, consent.request_id, consent.action, time) for time in times):
                self._wrong.append(f"{told}which did not hold: {alike}")
            is_right = any(earlier.note == IS_RIGHT for earlier in record.facts[:number])
            theirs = [one for one in self._ledger.stored if one.customer == consent.customer.value]
            # Who decides on a page as well is somebody, also afterwards.
            exists = any(one.at < stored[0].at or not one.request_id for one in theirs) if stored else True
            if not is_right and not exists:
                self._wrong.append(f"{told}whose customer it made: {record}, {theirs}")


def _holds(alike: Sequence[Stored], request_id: str, action: Action, at: float) -> bool:
    """Whether at any moment of a look that ended then, the consent could be seen and its action ruled."""
    moments = [at - LOOKING, *(one.visible for one in alike if at - LOOKING < one.visible <= at)]
    for moment in moments:
        shown = [one for one in alike if one.visible <= moment]
        ruling = max(shown, key=lambda one: (one.timestamp, one.at), default=None)
        is_seen = any(one.request_id == request_id for one in shown)
        if is_seen and ruling is not None and ruling.action == action.value:
            return True
    return False


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


def run(kills: int, seed: int, programs: int = 1) -> Result:
    """Kill the program, or two at one journal, so many times."""
    with tempfile.TemporaryDirectory(prefix="consent-desk-") as folder:
        return Trial(Path(folder), seed, programs).run(kills)


def main() -> int:
    """Print the figure; return 0 if all promises held."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    programs = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    result = run(kills, seed, programs)
    print(
        f"kill -9: {result.kills} kills of {programs}, {len(FAULTS)} kinds of fault, "
        f"{result.noted} consents called noted, "
        f"{len(result.wrong)} promises broken (seed {seed})"
    )
    for name, count in sorted(result.counts.items()):
        print(f"  {name}: {count}")
    for line in result.wrong:
        print(f"  WRONG: {line}")
    return bool(result.wrong)


if __name__ == "__main__":
    sys.exit(main())
