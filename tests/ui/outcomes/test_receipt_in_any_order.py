"""Whatever is typed, pressed and answered, in whatever order: the window keeps its six promises.

Nothing under the form names another customer than the receipt's; nothing noted is discarded by a key or by
the next caller; no question is answered by a repeated key, Space, Return or a double click; what is not noted
stays in view, and so does what is asked about what was noted; nothing of a caller who was not noted is left
to the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from consent_desk.app import build as build_module
from consent_desk.app import workspaces as opening
from consent_desk.app.build import build
from consent_desk.delivery.engine import Engine
from consent_desk.domain.consent.draft import NOW, Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.ui import workspaces
from consent_desk.ui.checks.banners import NotedBanner, NotedQuestion
from consent_desk.ui.checks.hold import HoldPresenter
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.widgets import inputs
from consent_desk.workspace import Workspace
from tests.consents import NOON, a_project
from tests.delivery.inline import without_threads
from tests.faulty_engagement import Engagement, Fault
from tests.memory_journal import MemoryJournal
from tests.ui import controls
from tests.ui.desks import MemoryKeyring, Person, folders_in, keep

CALLERS = ("jane", "omar", "mei")
PROJECT = a_project()
NEVER = 10**18
REPEATED = {
    "Return": (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
    "Space": (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
    "Ctrl+Return": (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
    "Alt+R": (Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier),
}


class Lanes(TaskRunner):
    """Runs what it is given when it is told to, on this thread."""

    def __init__(self, log: Callable[[Exception], None]) -> None:
        super().__init__(log)
        self.waiting: list[Callable[[], None]] = []

    def run_telling(self, lane: object, work: Any, *, told: Any, done: Any, failed: Any) -> None:
        def task() -> None:
            try:
                result = work(told)
            except Exception as error:  # noqa: BLE001 -- as a lane does
                failed(error)
            else:
                done(result)

        self.waiting.append(task)

    def idle(self, lane: object, seconds: float) -> bool:
        return True


class Disk(MemoryJournal):
    """A journal that is `full` now and then."""

    full = False
    mark_trouble = None

    def note_all(self, noted: Any) -> None:
        if self.full:
            raise JournalError(say("tests", "The disk is full."), say("tests", "Make room."))
        super().note_all(noted)


class Desk:
    """A window on an engine in memory, and somebody before it."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, closing: ExitStack) -> None:
        self.time = NOON.micros
        self.notes = 0
        without_threads(patch, self.steady)
        patch.setattr(build_module, "TaskRunner", Lanes)
        patch.setattr(opening, "open_journal", self.open_journal)
        patch.setattr(inputs, "monotonic", self.steady)
        patch.setattr(inputs, "MOMENT", 0.5)
        patch.setattr(workspaces, "MOST_AT_ONCE", 60.0)
        note = Engine.note

        def count(engine: Engine, *more: Any, **options: Any) -> Event:
            self.notes += 1
            return note(engine, *more, **options)

        patch.setattr(Engine, "note", count)
        patch.setattr("consent_desk.ui.form.submission.HEAD_START", 0.0)
        self.engagement = Engagement(self.steady)
        folders, keyring = folders_in(folder), MemoryKeyring()
        keep(folders, keyring, PROJECT)
        application = build(
            folders,
            keyring,
            self.engagement,
            self.now,
            zone=UTC,
            steady=self.steady,
            nap=900.0,
            questions=Person,
            agent=lambda: "Anna",
            place="AT",
        )
        closing.callback(application.close)
        self.window = application.window
        self.window.show()
        self.form = self.window.consent
        self.asked_at = 0
        self.form.question.opened.connect(self.see_question)
        (self.session,) = self.window.findChildren(Session)
        runner = self.session._shell.runner
        assert isinstance(runner, Lanes)
        self.lanes = runner
        application.start()
        self.work()
        (submitter,) = self.window.findChildren(Submitter)
        (self.receipt,) = self.window.findChildren(ReceiptPresenter)
        (self.hold,) = self.window.findChildren(HoldPresenter)
        (self.beside,) = self.window.findChildren(NotedBanner)
        submitter.failed.connect(self.see_failure)
        submitter.noted.connect(lambda submission, _: self.see_noted(submission))
        self.submitter = submitter

    def open_journal(self, opened: ExitStack, means: Any, watched: Any, *_: object) -> Workspace:
        self.journal = Disk()
        watched._nobody_tells = True
        self.workspace = opening._workspace(self.journal, watched, means)
        opened.callback(self.workspace.engine.close)
        return self.workspace

    def begin(self) -> None:
        """Begin with an empty journal, an empty form, and nothing said."""
        self.open: dict[str, Submission] = {}
        self.cancelled = self.answered = 0
        self.beside_since: dict[NotedQuestion, int] = {}
        self.asked: dict[NotedQuestion, int] = {}
        self.session.journal_left.emit()
        self.engagement.events.clear()
        self.engagement.add("omar@example.com", "sms_marketing", "reject")
        self.left: Draft | None = None
        for failure in [*self.receipt._call.beside]:
            self.receipt._drop(failure)
        self.receipt.leave_project()
        self.session._workspaces._opened.pop(False, None)
        self.submitter.leave_form()
        self.submitter.under_way = None
        self.form.forget_all()
        self.session.use_project(PROJECT)
        self.work()
        self.form.begin_with("sms_marketing", "")
        self.window.status.clear()

    def now(self) -> Timestamp:
        self.time += 1_000
        return Timestamp(self.time)

    def steady(self) -> float:
        return self.time / 1_000_000

    def work(self) -> None:
        """Let all threads do what there is."""
        for _ in range(1_000):
            QApplication.processEvents()
            if self.lanes.waiting:
                self.lanes.waiting.pop(0)()
            elif not self.do_step():
                break

    def do_step(self) -> bool:
        parts: Any = self.workspace.engine
        return bool(parts._steps.do() or parts._sends.queue.do())

    # -- what happens -----------------------------------------------------------------------------

    def act(self, what: str, value: Any) -> None:
        """Do one thing, if it can be done now."""
        question = self.form.question
        match what:
            case "type" | "paste" | "clear" if self.receipt._call.not_noted is not None:
                former = self.receipt._call.not_noted.submission.draft
                self.enter(what, value)
                self.check_nothing_is_left(former)
            case "type" | "paste" | "clear":
                self.enter(what, value)
            case "opt in":
                self.form.opt_in.setChecked(True)
                self.form.valid_until.set_text("unlimited")
            case "ticket":
                QTest.keyClicks(self.form.ticket, "4")
            case "call":
                customer, is_opt_in, is_full, is_noted = value
                self.journal.full = is_full
                opt_in, work = [("opt in", None)] * is_opt_in, [("work", None)] * is_noted
                for step in (("paste", customer), *opt_in, ("send", None), *work):
                    self.act(*step)
                    self.check()
            case "send":
                self.time += 700_000
                self.form.send.click()
            case "key":
                key, modifier = value
                self.answered += modifier is ALT and question.is_open
                QTest.keyClick(self.window.windowHandle(), key, modifier)
            case "repeat" if question.is_open:
                self.try_in_vain(value)
            case "double" if question.is_open and self.time - self.asked_at < 400_000:
                self.try_in_vain(value)
            case "answer" if question.is_open:
                self.time += 700_000
                answers = [one for one in question.choices if one.isVisible()]
                self.press(answers[value % len(answers)])
            case "beside" if buttons := self.beside.findChildren(QAbstractButton):
                self.time += 700_000
                self.press(buttons[value % len(buttons)])
            case "double beside":
                for asked, at in self.beside_since.items():
                    if asked in self.beside and self.time - at < 400_000:
                        for each in self.beside._parts[asked].findChildren(QAbstractButton):
                            for kind in (QTest.mouseClick, QTest.mouseDClick):
                                kind(each, Qt.MouseButton.LeftButton, pos=each.rect().center())
                            QTest.keyClick(each, Qt.Key.Key_Space)
            case "wait":
                self.time += value * 1_000_000
                if value > 1 and self.submitter.busy:
                    self.receipt._patience.worn.emit()
            case "full":
                self.journal.full = value > 0
            case "fault":
                self.engagement.faults = [value]
            case "work":
                self.work()
            case "deal":
                self.deal(*value)
            case "correct":
                person = self.session._shell.questions
                assert isinstance(person, Person)
                person.answer = value % 2
                QTest.keyClick(self.window.windowHandle(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
            case _:
                pass
        QApplication.processEvents()

    def enter(self, how: str, value: Any) -> None:
        """Change the customer ID as a person does."""
        line = self.form.customer_id
        match how:
            case "type":
                QTest.keyClicks(line, value)
            case "paste":
                QApplication.clipboard().setText(value)
                line.selectAll()
                line.paste()
            case _:
                line.clear()

    def press(self, answer: QAbstractButton) -> None:
        self.answered += 1
        # The one thing that discards what was noted, and says so.
        self.cancelled += answer.text().startswith("Cancel it")
        answer.click()

    def try_in_vain(self, how: str) -> None:
        """Do to the question what answers none, or only that nothing is recorded."""
        # What was pressed before may note something still.
        self.work()
        if not self.form.question.is_open:
            return
        before = self.notes
        if how == "double":
            for each in self.form.question.choices[1:]:
                if each.isVisible():
                    middle = each.rect().center()
                    QTest.mouseClick(each, Qt.MouseButton.LeftButton, pos=middle)
                    QTest.mouseDClick(each, Qt.MouseButton.LeftButton, pos=QPoint(middle))
        else:
            key, modifier = REPEATED[how]
            at: QWidget | None = self.window.focusWidget()
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) * 3:
                held = QKeyEvent(kind, key, modifier, "", True, 1)
                QApplication.sendEvent(at or self.window, held)
        self.work()
        assert self.notes == before, f"answered by {how}"

    def deal(self, how: str, number: int) -> None:
        """Press one of the buttons that deal with what is not noted."""
        found: list[tuple[str, QAbstractButton]] = []
        places = (self.window.receipt, self.receipt._banner)
        for button in (one for place in places for one in place.findChildren(QAbstractButton)):
            name = button.accessibleName()
            if name.startswith(how) and button.isVisible() and button.isEnabled():
                found.append((name, button))
        if not found:
            return
        self.time += 700_000
        name, button = found[number % len(found)]
        text = self.receipt_text if ":" not in name else name
        button.click()
        if how in {"Copy slip", "Dismiss"}:
            # Which of a caller's, the window knows.
            kept = {one.submission.consent.request_id for one in self.receipt._call.only_here}
            gone = [one for one in self.open if one not in kept]
            assert len(gone) <= 1
            assert all(self.open.pop(one).consent.customer.value in text for one in gone)

    def see_question(self, is_open: bool) -> None:
        self.asked_at = self.time if is_open else 0

    def see_failure(self, submission: Submission) -> None:
        self.open[submission.consent.request_id] = submission

    def see_noted(self, submission: Submission) -> None:
        failed = self.open.pop(submission.consent.request_id, None)
        assert failed is None or failed.consents == submission.consents, "tried again as something else"
        self.left = None

    # -- what is promised ---------------------------------------------------------------------------

    @property
    def receipt_text(self) -> str:
        return self.window.receipt.text.toPlainText()

    def check(self) -> None:
        # What nobody waits for is told a moment later.
        self.session._workspaces._tell_all()
        QApplication.processEvents()
        text, draft = self.receipt_text, self.form.draft()
        said = controls.everything_said(self.window.receipt).lower()
        named = {one for one in CALLERS if f"{one}@" in said}
        assert len(named) <= 1, f"under the form stand {named}"
        if "Noted" in text or "Not recorded" in text:
            if self.left is None:
                self.left = draft
            unchanged = draft == self.left or not (draft.customer_id or draft.ticket)
            assert unchanged, f"{text!r} stands under {draft}"
        elif "NOT NOTED" in text:
            assert named == {draft.customer_id.split("@")[0]} & {*CALLERS}, "it is of another caller"
        elif "Not noted yet" not in text:
            assert not named
        discarded = [self.journal.record(one) for one in self.journal.records_in({State.DISCARDED})]
        # By what the customer decided later it is overruled, and not lost.
        lost = [one for one in discarded if one.facts[-1].note != "overtaken by opt-out"]
        assert len(lost) <= self.cancelled, "discarded"
        gone = {one.noted.consent.request_id for one in discarded}
        assert not any({*one.request_ids} <= gone for one in self.hold._held), "asked about in vain"
        for request_id, submission in self.open.items():
            self.check_in_view(request_id, submission)
        self.check_questions(draft, len(discarded) - len(lost))

    def check_nothing_is_left(self, former: Draft) -> None:
        draft = self.form.draft()
        if draft.caller != former.caller:
            category = "sms_marketing"
            rest = Draft(category=category, agent=draft.agent, taken_at=NOW)
            kind, value = draft.caller
            assert draft == replace(rest, customer_id_type=kind, customer_id=value), "of the caller before"

    def check_questions(self, draft: Draft, overtaken: int) -> None:
        """What is asked about what was noted stays in view until it is answered, and names nobody else."""
        waiting = {one.question: one.turns for one in self.hold._held if one.question is not None}
        settled = [one for one in self.asked if one not in waiting and not self.is_over(one)]
        assert len(settled) <= self.answered + overtaken, "answered by nobody"
        beside = {one for one in waiting if one in self.beside}
        for question in beside:
            self.beside_since.setdefault(question, self.time)
        for question, turns in waiting.items():
            # Only that about an ID has an end.
            self.asked.setdefault(question, NEVER if turns else self.time + 30_000_000)
        on_card = {*waiting} - beside
        assert beside == set() or self.beside.isVisible()
        assert len(on_card) <= 1
        if on_card:
            assert self.form.question.isVisible()
            assert draft.customer_id == "", "it stands on the card of another caller"

    def is_over(self, question: NotedQuestion) -> bool:
        return self.time >= self.asked[question]

    def check_in_view(self, request_id: str, submission: Submission) -> None:
        under_way = self.submitter.under_way
        if under_way is not None and under_way.consent.request_id == request_id:
            return
        who = submission.consent.customer.value
        labels = (one for one in self.receipt._banner.findChildren(QLabel) if one.isVisible())
        shown = [one.text() for one in labels if one.accessibleName() == "Not noted"]
        count = sum(one.startswith(f"NOT NOTED: {who} ·") for one in shown)
        count += self.receipt_text.startswith(f"✖ NOT NOTED, and nothing was sent.\n{who} ·")
        assert count >= 1, f"{who} is not in view any more"


@pytest.fixture(autouse=True)
def nothing_is_too_soon() -> None:
    """It is, here: what is pressed in the first moment answers nothing."""


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


@pytest.fixture(scope="module")
def desk(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as closing:
        yield Desk(patch, tmp_path_factory.mktemp("desk"), closing)


NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
KEYS = [(Qt.Key.Key_Escape, NONE), (Qt.Key.Key_Tab, NONE), (Qt.Key.Key_Return, CONTROL)]
KEYS += [(one, ALT) for one in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_R)]
FAULTS = [Fault.REFUSED, Fault.NOT_SENT, Fault.DROP_AFTER]


def drawn(random: Random) -> Iterator[tuple[str, Any]]:
    """What somebody does, one thing after the other."""
    ids = [f"{one}@example.com" for one in CALLERS]
    choose = random.choice
    while True:
        what = random.choices([*HOW_OFTEN], [*HOW_OFTEN.values()])[0]
        match what:
            case "call":
                yield what, (choose(ids), *(random.random() < share for share in (0.4, 0.3, 0.8)))
                if random.random() < 0.3:
                    # The second click of a double click.
                    yield "double", "double"
                    yield "double beside", None
            case "paste":
                yield what, choose(ids)
            case "type":
                yield what, choose("jx")
            case "key":
                yield what, choose(KEYS)
            case "repeat":
                yield what, choose([*REPEATED])
            case "wait":
                yield what, choose([1, 5, 60, 700])
            case "fault":
                yield what, choose(FAULTS)
            case "deal":
                yield what, (choose(["Copy slip", "Try again", "Dismiss"]), random.randrange(4))
            case _:
                yield what, random.randrange(3)


HOW_OFTEN = {"call": 10, "work": 6, "answer": 6, "deal": 5, "repeat": 4, "key": 4, "paste": 3, "type": 3}
HOW_OFTEN |= {"full": 2, "wait": 2, "fault": 2, "send": 2, "ticket": 1, "clear": 1, "correct": 1, "beside": 2}


@pytest.mark.timeout(1_800)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_the_promises_hold(desk: Desk, seed: int) -> None:
    desk.begin()
    for what, value in islice(drawn(Random(seed)), 30):
        desk.act(what, value)
        desk.check()
    desk.journal.full = False
    desk.work()
    desk.check()
