"""The one door between threads."""

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Thread, current_thread, main_thread
from time import monotonic

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from consent_desk.domain.errors import JournalError
from consent_desk.domain.message import say
from consent_desk.ui.tasks import Lane, TaskRunner

TROUBLE = JournalError(say("tests", "Full."), say("tests", "Make room."))


def fail(error: Exception) -> None:
    raise AssertionError(error)


@pytest.fixture
def logged() -> list[Exception]:
    return []


@pytest.fixture
def runner(qtbot: QtBot, logged: list[Exception]) -> Iterator[TaskRunner]:
    runner = TaskRunner(logged.append)
    yield runner
    runner.close()


def test_a_lane_keeps_the_order(runner: TaskRunner, qtbot: QtBot) -> None:
    results: list[int] = []
    for number in range(50):
        runner.run(Lane.JOURNAL, lambda number=number: number, done=results.append, failed=fail)  # type: ignore[misc]  # a default of a lambda
    qtbot.waitUntil(lambda: len(results) == 50)
    assert results == [*range(50)]


def test_results_arrive_on_the_gui_thread(runner: TaskRunner, qtbot: QtBot) -> None:
    threads: list[object] = []

    def work() -> object:
        return current_thread()

    def done(worker: object) -> None:
        threads.extend((worker, current_thread()))

    runner.run(Lane.PROOF, work, done=done, failed=fail)
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0] is not main_thread()
    assert threads[1] is main_thread()


def test_what_work_tells_arrives_on_the_gui_thread_while_it_goes_on(runner: TaskRunner, qtbot: QtBot) -> None:
    release = Event()
    results: list[object] = []

    def work(tell: Callable[[str], None]) -> str:
        tell("half")
        release.wait(30)
        return "whole"

    def told(value: str) -> None:
        results.extend((value, current_thread()))
        release.set()

    runner.run_telling(Lane.JOURNAL, work, told=told, done=results.append, failed=fail)
    qtbot.waitUntil(lambda: len(results) == 3)
    assert results == ["half", main_thread(), "whole"]


def test_a_lane_that_hangs_holds_up_no_other(runner: TaskRunner, qtbot: QtBot) -> None:
    release = Event()
    results: list[object] = []
    runner.run(Lane.KEYRING, lambda: release.wait(30), done=results.append, failed=fail)
    for lane in (Lane.JOURNAL, Lane.PROOF, Lane.LOOK_UP):
        runner.run(lane, lambda: "done", done=results.append, failed=fail)
    qtbot.waitUntil(lambda: results == ["done"] * 3)
    release.set()
    qtbot.waitUntil(lambda: results == ["done"] * 3 + [True])


@pytest.mark.parametrize(("error", "is_logged"), [(TROUBLE, False), (ValueError("bug"), True)])
def test_a_failure_is_handed_over_and_a_bug_logged(
    runner: TaskRunner, qtbot: QtBot, logged: list[Exception], error: Exception, is_logged: bool
) -> None:
    failures: list[Exception] = []

    def work() -> Exception:
        raise error

    runner.run(Lane.JOURNAL, work, done=fail, failed=failures.append)
    qtbot.waitUntil(lambda: failures == [error])
    assert (logged == [error]) == is_logged


def test_what_waits_behind_what_hangs_is_not_begun_on_a_renewed_lane(
    runner: TaskRunner, qtbot: QtBot
) -> None:
    release, hangs, ended = Event(), Event(), Event()
    begun: list[int] = []

    def hang() -> int:
        hangs.set()
        release.wait(30)
        ended.set()
        return 0

    def begin() -> int:
        begun.append(1)
        return 0

    def dropped(_result: int) -> None:
        raise AssertionError

    runner.run(Lane.KEYRING, hang, done=dropped, failed=fail)
    assert hangs.wait(5)
    runner.run(Lane.KEYRING, begin, done=dropped, failed=fail)
    with qtbot.waitSignal(runner.renewed) as renewed:
        runner.renew(Lane.KEYRING)
    assert renewed.args == [Lane.KEYRING]
    release.set()
    assert ended.wait(5)
    results: list[str] = []
    runner.run(Lane.KEYRING, lambda: "fresh", done=results.append, failed=fail)
    qtbot.waitUntil(lambda: results == ["fresh"])
    assert begun == []


def test_a_lane_without_a_thread_fails_and_is_tried_anew(
    runner: TaskRunner, qtbot: QtBot, logged: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    begun: list[str] = []
    failures: list[Exception] = []
    with monkeypatch.context() as without_threads:
        without_threads.setattr(Thread, "start", no_more)
        runner.run(Lane.JOURNAL, lambda: "never", done=begun.append, failed=failures.append)
        qtbot.waitUntil(lambda: [type(each) for each in failures] == [RuntimeError])
    assert logged == failures
    assert begun == []
    results: list[str] = []
    runner.run(Lane.JOURNAL, lambda: "fine", done=results.append, failed=fail)
    qtbot.waitUntil(lambda: results == ["fine"])


def test_closing_waits_for_nothing_that_hangs_and_takes_no_result(runner: TaskRunner, qtbot: QtBot) -> None:
    release = Event()
    workers: Queue[Thread] = Queue()
    results: list[object] = []

    def work() -> bool:
        workers.put(current_thread())
        return release.wait(30)

    runner.run(Lane.KEYRING, work, done=results.append, failed=fail)
    worker = workers.get(timeout=5)
    before = monotonic()
    runner.close()
    assert monotonic() - before < 1
    runner.run(Lane.JOURNAL, lambda: "too late", done=results.append, failed=fail)
    release.set()
    # It ends when it has nothing left to report; what it reported would be on its way by then.
    worker.join(5)
    assert not worker.is_alive()
    QCoreApplication.processEvents()
    assert results == []


def test_idle_tells_whether_a_lane_has_caught_up(runner: TaskRunner) -> None:
    release = Event()
    assert runner.idle(Lane.PROOF, 0.01)
    runner.run(Lane.PROOF, lambda: release.wait(30), done=lambda result: None, failed=fail)
    assert not runner.idle(Lane.PROOF, 0.01)
    release.set()
    assert runner.idle(Lane.PROOF, 5)
