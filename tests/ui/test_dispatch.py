"""In which order what is noted leaves, and what becomes of it where it cannot."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent import Action
from consent_desk.domain.message import say
from consent_desk.ui.dispatch import Departure, Dispatch
from consent_desk.ui.tasks import Lane


class Sender:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    def admit(self, request_id: str) -> None:
        """Nothing was cancelled."""

    def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)


class Line:
    """Runs nothing by itself: a test ends each task as it likes."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Lane, Callable[[Any], None]]] = []

    def run(self, lane: Lane, work: object, *, done: Callable[[Any], None], failed: object) -> None:
        self.tasks.append((lane, done))

    def end(self, value: object = None) -> None:
        """End the first task."""
        self.tasks.pop(0)[1](value)


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.parent = QObject()
        self.line = Line()
        self.dispatch = Dispatch(self.line, self.parent)  # type: ignore[arg-type]  # a runner by its shape
        self.station: Any = SimpleNamespace(sender=Sender(), practice=False)
        self.begun: list[str] = []
        self.sent: list[tuple[str, object]] = []
        self.dispatch.begun.connect(lambda one: self.begun.append(one.entry.request_id))
        self.dispatch.sent.connect(lambda one, sent: self.sent.append((one.entry.request_id, sent)))

    def add(self, name: str, action: Action, **changes: Any) -> Departure:
        entry: Any = SimpleNamespace(request_id=name, action=action)
        departure = Departure(self.station, None, entry, **changes)
        self.dispatch.add(departure)
        return departure

    def order(self) -> list[str]:
        """Let all leave; in this order they do."""
        while self.line.tasks:
            self.line.end()
        return self.begun


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_what_is_cancelled_as_it_turns_out_that_it_waits_is_discarded(desk: Desk) -> None:
    departure = desk.add("opt-in", Action.ACCEPT)
    desk.dispatch.cancel(departure)
    assert desk.station.sender.cancelled == ["opt-in"]
    desk.line.end(say("It waits."))
    assert (desk.sent, [lane for lane, _ in desk.line.tasks]) == ([], [Lane.JOURNAL])
    desk.line.end("discarded")
    assert desk.sent == [("opt-in", "discarded")]
