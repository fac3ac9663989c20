"""The first page does not wait for what else is done with the journal, and never shows what is over."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.ui.log.long_view import LongView
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.tasks import Lane, TaskRunner, let_be
from tests.ui.log.rows import a_log, an_entry

ENTRY = an_entry(state=State.IN_FLIGHT)


class SlowJournal:
    """Holds one consent. A page that was read arrives when it is let."""

    def __init__(self) -> None:
        self.now = [ENTRY]
        self.reads = 0
        self.read, self.let = Event(), Event()
        self.asked, self.tell = Event(), Event()
        self.tell.set()

    def page(self, query: LogQuery, *, most: int) -> tuple[LogRow, ...]:
        self.reads += 1
        found = tuple(LogRow(1, one) for one in self.now)
        self.read.set()
        assert self.let.wait(30)
        return found

    def those(self, query: LogQuery, request_ids: Collection[str]) -> tuple[LogRow, ...]:
        found = tuple(LogRow(1, one) for one in self.now if one.request_id in request_ids)
        self.asked.set()
        assert self.tell.wait(30)
        return found


class SlowWorkspace:
    practice = False

    def __init__(self) -> None:
        self.journal = SlowJournal()


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner(lambda error: None)
    yield runner
    runner.close()


@pytest.fixture
def model() -> LogModel:
    return a_log()


@pytest.fixture
def view(model: LogModel, runner: TaskRunner) -> LongView:
    return LongView(model, runner, runner)


def begin(view: LongView) -> SlowJournal:
    """Have the first page read, and not yet arrived."""
    workspace: Any = SlowWorkspace()
    view.show_workspace(workspace)
    assert workspace.journal.read.wait(10)
    return workspace.journal  # type: ignore[no-any-return]  # a stand-in


def test_the_first_page_does_not_wait_for_what_is_planned(
    view: LongView, runner: TaskRunner, qtbot: QtBot
) -> None:
    planned = Event()
    runner.run(Lane.JOURNAL, lambda: planned.wait(30), done=let_be, failed=let_be)
    with qtbot.waitSignal(view.shown):
        begin(view).let.set()
    planned.set()


def test_a_line_that_changed_while_the_first_page_was_read_is_shown_as_it_is_now(
    view: LongView, model: LogModel, qtbot: QtBot
) -> None:
    journal = begin(view)
    with qtbot.waitSignal(view.shown):
        journal.let.set()
    journal.let.clear()
    journal.read.clear()
    view.reload()
    assert journal.read.wait(10)
    journal.now = [replace(ENTRY, state=State.DELIVERED)]
    view.put(journal.now[0])
    with qtbot.waitSignals([view.shown, view.shown]):
        journal.let.set()
    model.flush()
    assert model.entry(0) == journal.now[0]


def test_a_line_that_changes_while_it_is_read_is_shown_as_it_is_then(
    view: LongView, model: LogModel, qtbot: QtBot
) -> None:
    journal = begin(view)
    journal.now = [replace(ENTRY, state=State.DELIVERED)]
    view.put(journal.now[0])
    journal.tell.clear()
    with qtbot.waitSignal(view.shown):
        journal.let.set()
    assert journal.asked.wait(10)
    # What was asked for is read by now, and not told yet.
    journal.now = [replace(ENTRY, state=State.VERIFIED)]
    view.put(journal.now[0])
    journal.tell.set()
    qtbot.waitUntil(lambda: view.is_settled)
    model.flush()
    assert model.entry(0) == journal.now[0]


def test_what_was_erased_while_the_first_page_was_read_is_not_shown(view: LongView, qtbot: QtBot) -> None:
    journal = begin(view)
    journal.now = []
    view.reload()
    with qtbot.waitSignal(view.shown) as told:
        journal.let.set()
    assert (journal.reads, told.args) == (2, [0])
