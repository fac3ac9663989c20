"""In which order what is noted leaves, and what becomes of it where it cannot."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from consent_desk.domain.consent.action import Action
from consent_desk.domain.message import say
from consent_desk.ui.outcomes.dispatch import QueuedSend, SendQueue
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
    def __init__(self) -> None:
        self.parent = QObject()
        self.line = Line()
        self.dispatch = SendQueue(self.line, self.parent)  # type: ignore[arg-type]  # a runner by its shape
        self.workspace: Any = SimpleNamespace(sender=Sender(), practice=False)
        self.begun: list[str] = []
        self.sent: list[tuple[str, object]] = []
        self.dispatch.begun.connect(lambda one: self.begun.append(one.entry.request_id))
        self.dispatch.sent.connect(lambda one, sent: self.sent.append((one.entry.request_id, sent)))

    def add(self, name: str, action: Action, **changes: Any) -> QueuedSend:
        entry: Any = SimpleNamespace(request_id=name, action=action)
        self.dispatch.add(QueuedSend(self.workspace, None, entry, **changes))
        queued_send = self.dispatch.find(name)
        assert queued_send is not None
        return queued_send

    def order(self) -> list[str]:
        """Let all leave; in this order they do."""
        while self.line.tasks:
            self.line.end()
        return self.begun


@pytest.fixture
def desk(qapp: QApplication) -> Desk:
    return Desk()


def test_an_opt_out_never_waits_behind_an_opt_in(desk: Desk) -> None:
    desk.add("first", Action.ACCEPT)
    for number in range(3):
        desk.add(f"opt-in {number}", Action.ACCEPT)
    desk.add("earlier opt-in", Action.ACCEPT, by_person=False)
    desk.add("earlier opt-out", Action.REJECT, by_person=False)
    desk.add("opt-out", Action.REJECT)
    opt_ins = ["opt-in 0", "opt-in 1", "opt-in 2", "earlier opt-in"]
    assert desk.order() == ["first", "opt-out", "earlier opt-out", *opt_ins]


def test_a_caller_goes_before_what_waits_from_earlier_and_after_the_caller_before(desk: Desk) -> None:
    desk.add("first", Action.REJECT)
    for name, by_person in (
        ("earlier 1", False),
        ("caller 1", True),
        ("earlier 2", False),
        ("caller 2", True),
    ):
        desk.add(name, Action.REJECT, by_person=by_person)
    assert desk.order() == ["first", "caller 1", "caller 2", "earlier 1", "earlier 2"]


def test_what_waits_is_cancelled_once(desk: Desk) -> None:
    desk.add("first", Action.REJECT)
    waiting = desk.add("second", Action.ACCEPT)
    assert desk.dispatch.cancel(waiting)
    assert not desk.dispatch.cancel(waiting)
    assert [lane for lane, _ in desk.line.tasks].count(Lane.JOURNAL) == 1


def test_what_is_cancelled_as_it_turns_out_that_it_waits_is_discarded(desk: Desk) -> None:
    queued_send = desk.add("opt-in", Action.ACCEPT)
    desk.dispatch.cancel(queued_send)
    assert desk.workspace.sender.cancelled == ["opt-in"]
    desk.line.end(say("It waits."))
    assert (desk.sent, [lane for lane, _ in desk.line.tasks]) == ([], [Lane.JOURNAL])
    desk.line.end("discarded")
    assert desk.sent == [("opt-in", "discarded")]
