"""How what an engine tells comes to the window: in its order, and thousands of lines not one by one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Barrier
from typing import cast

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from consent_desk.delivery.events import Event, Supplied, Undecided
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.ui import workspaces as module
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

SUPPLIED = [Supplied(project_id=f"{number}") for number in range(50)]
ASKED = Undecided(entry=cast("Entry", None), error=None)


class Engine:
    """Tells what it is told; ends once all that are to end are at it."""

    report: Callable[[Event], None]
    ending = Barrier(1)

    def start(self, report: Callable[[Event], None], _find: object) -> None:
        self.report = report

    def close(self) -> None:
        self.ending.wait(30)


class Outbox:
    """Nothing was left."""

    def recover(self) -> int:
        return 0


@dataclass
class Place:
    """What the window knows of a workspace here."""

    engine: Engine = field(default_factory=Engine)
    outbox: Outbox = field(default_factory=Outbox)
    practice: bool = False


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def resources() -> ExitStack:
    return ExitStack()


@pytest.fixture
def workspaces(qtbot: QtBot, place: Place, resources: ExitStack) -> Iterator[Workspaces]:
    runner = TaskRunner(lambda error: None)

    def open_one(practice: bool, _opened: ExitStack) -> Workspace:
        return cast("Workspace", Place(practice=True) if practice else place)

    opened = Workspaces(runner, open_one, resources)
    with qtbot.waitSignal(opened.taken_up):
        opened.enter(practice=False, done=lambda _: None, failed=lambda _: None)
    opened.deliver(cast("Workspace", place), lambda *_: None)
    yield opened
    runner.close()


@pytest.fixture
def timer(workspaces: Workspaces) -> QTimer:
    found = workspaces.findChild(QTimer)
    assert found is not None
    return found


@pytest.fixture
def told(workspaces: Workspaces) -> list[Event]:
    events: list[Event] = []
    workspaces.told.connect(lambda _workspace, event: events.append(event))
    return events


def test_what_nobody_waits_for_is_told_all_together(
    qtbot: QtBot, timer: QTimer, place: Place, told: list[Event]
) -> None:
    turns: list[int] = []
    timer.timeout.connect(lambda: turns.append(len(told)))
    for event in SUPPLIED:
        place.engine.report(event)
    assert told == []
    qtbot.waitUntil(lambda: told == SUPPLIED)
    assert turns == [50]


def test_what_a_person_waits_for_comes_at_once_and_after_what_was_before(
    qtbot: QtBot, timer: QTimer, place: Place, told: list[Event]
) -> None:
    timer.setInterval(1_000_000)
    place.engine.report(SUPPLIED[0])
    place.engine.report(ASKED)
    place.engine.report(SUPPLIED[1])
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == [SUPPLIED[0], ASKED, SUPPLIED[1]]


def test_the_window_takes_keys_between_two_turns(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, place: Place, told: list[Event]
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 0.0)
    between: list[int] = []
    keys = QTimer(interval=0)
    keys.timeout.connect(lambda: between.append(len(told)))
    keys.start()
    for event in SUPPLIED:
        place.engine.report(event)
    place.engine.report(ASKED)
    qtbot.waitUntil(lambda: len(told) == 51)
    assert told == [*SUPPLIED, ASKED]
    assert len({*between} - {0, 51}) > 10


def test_nothing_is_told_of_a_workspace_that_was_closed_meanwhile(
    qtbot: QtBot, workspaces: Workspaces, place: Place, told: list[Event]
) -> None:
    other = Place()
    workspaces.deliver(cast("Workspace", other), lambda *_: None)
    other.engine.report(SUPPLIED[0])
    place.engine.report(ASKED)
    qtbot.waitUntil(lambda: told == [ASKED])


def test_two_that_hang_are_closed_at_the_same_time(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, workspaces: Workspaces, resources: ExitStack
) -> None:
    with qtbot.waitSignal(workspaces.taken_up):
        workspaces.enter(practice=True, done=lambda _: None, failed=lambda _: None)
    monkeypatch.setattr(Engine, "ending", Barrier(2))
    closed: list[bool] = []
    resources.callback(lambda: closed.append(True))
    resources.close()
    assert closed == [True]
