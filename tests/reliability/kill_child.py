"""The real program in a process of its own, to be killed: `build()` with a clock that runs faster.

    python -m tests.reliability.kill_child ERRAND    (in JSON, see `Errand`)

Prints `ready` when the form can be used, `noted ID` for each consent that the program calls noted, and, where
it is to settle, `ask ID` for what waits for a person (who answers by a line, `yes` to send it again) and at
last `settled`. What is asked in the form is answered: it is right, most of the time.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from random import Random

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from consent_desk.app.application import Application
from consent_desk.app.build import build
from consent_desk.app.startup import SWITCH_INTERVAL
from consent_desk.delivery.scheduler import Scheduler
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.policy import Step
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import OPEN_STATES, State
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.system.folders import Folders
from consent_desk.ui.checks import hold
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.log import long_view
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import Lane
from consent_desk.ui.workspaces import Workspaces

CATEGORY = "sms_marketing"
STAMPED_WRONG = "it is stamped wrong"
PATIENCE = 40
"""How often one looks whether what a person sent again has left."""

CALM = 8
"""Looks at a fifth of a second in which nothing is to be done, before that is believed."""

DEADLINE = 1.5
"""Seconds for a call, instead of 20: an answer that never comes must not take up a whole run."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs `pace` times as fast since `start`, in UNIX seconds; the same in all processes.

    `off`: seconds by which one computer's is wrong.
    """

    start: float
    pace: float
    off: float = 0.0

    def seconds(self) -> float:
        """The right time, in UNIX seconds."""
        return self.start + (time.time() - self.start) * self.pace

    def now(self) -> Timestamp:
        """The time as the program knows it."""
        return Timestamp(round((self.seconds() + self.off) * 1_000_000))


@dataclass(frozen=True, slots=True)
class Errand:
    """What one start of the program is for: `consents` are pairs of customer and action.

    `off`: seconds by which this computer's clock is wrong meanwhile.
    """

    home: str
    keyring: str
    start: float
    pace: float
    seed: int
    consents: Sequence[tuple[str, str]] = ()
    settle: bool = False
    off: float = 0.0

    def to_json(self) -> str:
        """The errand as an argument."""
        return json.dumps(asdict(self))


class Vault:
    """A keyring that holds one line."""

    def __init__(self, line: str) -> None:
        self._line = line

    def load(self, entry: str) -> str | None:
        return self._line if entry else None

    def save(self, entry: str, line: str) -> str:
        raise NotImplementedError

    def remove(self, entry: str) -> None:
        raise NotImplementedError


class Sure(Questions):
    """Whoever sends one again has looked the customer up, as `ask` tells."""

    def choose(self, title: str, text: str, choices: Sequence[str]) -> int:
        return len(choices) - 1


class Person(QObject):
    """Types consents as they come, in no regular time, and answers what is asked about them."""

    def __init__(self, application: Application, errand: Errand) -> None:
        super().__init__()
        self._application = application
        self._form = application.window.consent
        self._consents = list(errand.consents)
        self._dice = Random(errand.seed)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._timer.start(5)
        self._glance = QTimer(self, interval=40)
        self._glance.timeout.connect(self._answer)
        self._glance.start()
        submitter = application.window.findChild(Submitter)
        assert isinstance(submitter, Submitter)
        submitter.noted.connect(self._noted)
        submitter.failed.connect(lambda submission, error: tell(f"failed {type(error).__name__}"))

    def _look(self) -> None:
        if self._form.customer_id_type.currentText() == "registered":
            tell("ready")
            self._type()
        else:
            self._timer.start(5)

    def _type(self) -> None:
        if self._consents:
            customer, action = self._consents.pop(0)
            until = "unlimited" if action == Action.ACCEPT else ""
            draft = Draft(
                customer_id_type="registered",
                customer_id=customer,
                category=CATEGORY,
                action=action,
                valid_until=until,
            )
            self._form.fill(draft)
            self._form.send.click()

    def _answer(self) -> None:
        """Go on with what is asked about the form; what was noted is at times left to itself."""
        banner = getattr(self._form, "question", None)
        if banner is not None and banner.is_open and self._dice.random() < 0.3:
            shown = [choice for choice in banner.choices if not choice.isHidden()]
            if banner.has_key:
                shown[-1].click()
            elif self._dice.random() < 0.1:
                shown[0].click()

    def _noted(self, _press: Submission, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            tell(f"noted {entry.request_id}")
        QTimer.singleShot(self._dice.randrange(0, 150), self._type)


class Settling(QObject):
    """Waits until nothing is to be done any more, and has a person decide where one must."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application
        self._asked: dict[str, int] = {}
        self._patience = self._calm = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._timer.start(200)

    def _look(self) -> None:
        runner, workspaces = self._application._runner, workspaces_of(self._application)
        if False in workspaces._opened:
            scheduler = workspaces._opened[False].engine._planning._scheduler
            runner.run(Lane.JOURNAL, lambda: self._open(scheduler), done=self._decide, failed=self._fail)
        else:
            self._timer.start(200)

    def _open(self, scheduler: Scheduler) -> tuple[bool, dict[str, int]]:
        """Whether something goes on by itself, and what waits for a person, with its number of facts."""
        items = scheduler._schedule._items.values()
        open_opt_outs = {
            item.subject for item in items if item.due.action is Action.REJECT and item.state in OPEN_STATES
        }
        waits = {
            item.due.request_id: item.due.facts
            for item in items
            # An opt-in comes after the opt-out before it, also where a person decides.
            if (item.due.action is Action.REJECT or item.subject not in open_opt_outs)
            and (item.state is State.REFUSED or item.due.plan.step is Step.ASK or item.is_stuck)
        }
        is_taking_up = scheduler._start is not None
        busy = is_taking_up or any(item.at is not None or item.state is State.IN_FLIGHT for item in items)
        return busy, waits

    def _decide(self, found: tuple[bool, dict[str, int]]) -> None:
        busy, waits = found
        log = self._application.window.log
        fresh = {request_id: facts for request_id, facts in waits.items() if request_id not in self._asked}
        for request_id, facts in fresh.items():
            tell(f"ask {request_id}")
            # What is stamped wrong does not leave as it is: it is given up, and would be entered again.
            stuck = self._is_stuck(request_id)
            again = sys.stdin.readline().strip() == "yes" and not stuck
            self._asked[request_id] = facts if again else -1
            if again:
                self._patience = PATIENCE
                log.pressed.emit(Deed.SEND_AGAIN, request_id)
            else:
                log.discard_requested.emit(request_id, STAMPED_WRONG if stuck else "it is there")
        on_the_way = any(self._asked.get(request_id) == facts for request_id, facts in waits.items())
        # An opt-in that a later decision has overtaken does not leave, whoever asks for it.
        on_the_way = on_the_way and self._patience > 0
        self._patience -= 1
        self._calm = 0 if busy or fresh or on_the_way else self._calm + 1
        # More than once: on a busy machine the engine may not have begun yet when it is first asked.
        if self._calm >= CALM:
            tell("settled")
        else:
            self._timer.start(200)

    def _is_stuck(self, request_id: str) -> bool:
        engine = workspaces_of(self._application).opened(practice=False).engine
        return engine._planning._scheduler._schedule.is_stuck(request_id)

    def _fail(self, error: Exception) -> None:
        tell(f"failed {type(error).__name__}")
        self._timer.start(200)


def workspaces_of(application: Application) -> Workspaces:
    found = application.window.findChild(Workspaces)
    assert isinstance(found, Workspaces)
    return found


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def hurry(pace: float) -> None:
    """Have the window's timers run as fast as the clock."""
    by_the_clock = Scheduler.wait

    def wait(self: Scheduler) -> float | None:
        seconds = by_the_clock(self)
        return None if seconds is None else seconds / pace

    Scheduler.wait = wait  # type: ignore[method-assign]  # the product's clock needs no such thing
    # Not as short as that: the machine itself is no faster.
    vars(hold).update(HOLD=200, ANSWER_WITHIN=500)


def die_with_parent() -> None:
    """End as soon as nobody is there to kill this process."""
    parent = os.getppid()
    tick = threading.Event()
    while os.getppid() == parent:
        tick.wait(0.5)
    os._exit(1)


def main() -> None:
    errand = Errand(**json.loads(sys.argv[1]))
    # Whoever sends a line again has it before their eyes: here all of them are read at once.
    vars(long_view)["FIRST"] = 500
    threading.Thread(target=die_with_parent, daemon=True).start()
    sys.setswitchinterval(SWITCH_INTERVAL)
    hurry(errand.pace)
    clock = Clock(errand.start, errand.pace, errand.off)
    home = Path(errand.home)
    qt = QApplication(["consent-desk"])
    folders = Folders(config=home, data=home, logs=home)
    transport = HttpTransport(deadline=DEADLINE)
    application = build(
        folders, Vault(errand.keyring), transport, clock.now, zone=UTC, steady=clock.seconds, questions=Sure
    )
    keep: list[QObject] = [Person(application, errand)]
    if errand.settle:
        keep.append(Settling(application))
    application.window.show()
    qt.exec()


if __name__ == "__main__":
    main()
