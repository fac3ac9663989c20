"""One press is one consent, also while the disk is slow or fails."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from consent_desk.delivery.events import Noted as NotedEvent
from consent_desk.delivery.events import NotNoted, Stamped
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context, Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project
from consent_desk.ui.form.submission import Submission, Submitter
from tests.consents import a_consent, a_project, later


class SlowEngine(QObject):
    """Notes when it is let, or fails, and tells that from a thread of its own."""

    told = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.let = Event()
        self.trouble: JournalError | None = None
        self.is_stamped: list[bool] = []

    def note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        *,
        again: Collection[str],
        is_stamped: bool,
        hold: float,
    ) -> Event:
        self.is_stamped.append(is_stamped)
        request_id = consents[0][0].request_id
        stamped = tuple(one if is_stamped else replace(one, timestamp=later(-1)) for one, _ in consents)

        def work() -> None:
            self.told.emit(Stamped(request_id=request_id, consents=stamped))
            self.let.wait(30)
            if self.trouble is not None:
                self.told.emit(NotNoted(request_id=request_id, error=self.trouble))
            else:
                entries = tuple(Entry.of(Noted.of(project, consent), State.QUEUED) for consent in stamped)
                self.told.emit(NotedEvent(request_id=request_id, entries=entries))

        Thread(target=work, daemon=True).start()
        return self.let


class SlowWorkspace:
    def __init__(self, submitter: Submitter) -> None:
        self.engine = SlowEngine()
        self.engine.told.connect(submitter.take)


@pytest.fixture
def submitter(qtbot: QtBot) -> Iterator[Submitter]:
    parent = QObject()
    yield Submitter(parent)
    parent.deleteLater()


def a_submission(workspace: SlowWorkspace, submitter: Submitter, draft: Draft | None = None) -> Submission:
    consent = a_consent(request_id=submitter.request_id)
    stand_in: Any = workspace
    return Submission(
        stand_in, a_project(), draft or Draft(customer_id="jane@example.com"), ((consent, NO_CONTEXT),)
    )


def fail(submitter: Submitter, qtbot: QtBot, workspace: SlowWorkspace) -> Submission:
    """A submission that could not be noted in `workspace`."""
    workspace.engine.let.set()
    workspace.engine.trouble = JournalError(say("tests", "Full."), say("tests", "Make room."))
    submission = a_submission(workspace, submitter)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
    return submission


def test_it_is_busy_until_it_is_noted_and_then_has_another_request_id(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace(submitter)
    submission = a_submission(workspace, submitter)
    submitter.submit(submission)
    busy = [submitter.busy]
    with qtbot.waitSignal(submitter.noted):
        workspace.engine.let.set()
    busy.append(submitter.busy)
    assert busy == [True, False]
    assert submitter.request_id != submission.consent.request_id
    assert submitter.concerns_form(submission)


def test_the_bytes_are_told_while_the_journal_still_writes(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace(submitter)
    with qtbot.waitSignal(submitter.stamped) as stamped:
        submitter.submit(a_submission(workspace, submitter))
    assert stamped.args is not None
    assert stamped.args[0].consent.timestamp == later(-1)
    assert submitter.busy
    with qtbot.waitSignal(submitter.noted):
        workspace.engine.let.set()


def test_what_is_noted_late_does_not_concern_the_form_of_another_project(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace(submitter)
    submission = a_submission(workspace, submitter)
    submitter.submit(submission)
    submitter.leave_form()
    with qtbot.waitSignal(submitter.noted):
        workspace.engine.let.set()
    assert not submitter.concerns_form(submission)
    assert submitter.concerns_form(a_submission(workspace, submitter))


def test_a_failed_consent_comes_again_as_it_was_while_the_form_is_the_same(
    submitter: Submitter, qtbot: QtBot
) -> None:
    submission = fail(submitter, qtbot, SlowWorkspace(submitter))
    failed = submitter.failed_submission(submission.draft, submission.workspace, submission.project)
    assert failed == submission.stamped((replace(submission.consent, timestamp=later(-1)),))
    assert (
        submitter.failed_submission(
            Draft(customer_id="omar@example.org"), submission.workspace, submission.project
        )
        is None
    )
    assert submitter.request_id != submission.consent.request_id
    assert submitter.failed_submission(submission.draft, submission.workspace, submission.project) is None


def test_what_failed_is_noted_with_the_timestamp_that_it_got(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace(submitter)
    submission = fail(submitter, qtbot, workspace)
    failed = submitter.failed_submission(submission.draft, submission.workspace, submission.project)
    assert failed is not None
    workspace.engine.trouble = None
    with qtbot.waitSignal(submitter.noted) as noted:
        submitter.submit(failed)
    assert noted.args is not None
    assert noted.args[0].consents == failed.consents
    assert workspace.engine.is_stamped == [False, True]


def test_what_failed_goes_to_the_journal_that_was_opened_since(submitter: Submitter, qtbot: QtBot) -> None:
    workspace, opened = SlowWorkspace(submitter), SlowWorkspace(submitter)
    submission = fail(submitter, qtbot, workspace)
    again = a_submission(opened, submitter)
    renamed = replace(submission.project, name="Acme", key_id="another")
    failed = submitter.failed_submission(submission.draft, again.workspace, renamed)
    assert failed is not None
    assert failed.workspace is again.workspace
    assert failed.project == replace(renamed, name=submission.project.name)


def test_what_failed_for_another_address_is_another_consent(submitter: Submitter, qtbot: QtBot) -> None:
    submission = fail(submitter, qtbot, SlowWorkspace(submitter))
    elsewhere = replace(submission.project, base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
    assert submitter.failed_submission(submission.draft, submission.workspace, elsewhere) is None
    assert submitter.request_id != submission.consent.request_id


def test_a_late_failure_is_not_brought_into_another_form(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace(submitter)
    workspace.engine.trouble = JournalError(say("tests", "Full."), say("tests", "Make room."))
    submission = a_submission(workspace, submitter)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
        submitter.leave_form()
        workspace.engine.let.set()
    assert submitter.failed_submission(submission.draft, submission.workspace, submission.project) is None


def test_what_was_tried_again_beside_the_form_in_vain_concerns_it_again_when_it_is_sent(
    submitter: Submitter, qtbot: QtBot
) -> None:
    submission = fail(submitter, qtbot, SlowWorkspace(submitter))
    with qtbot.waitSignal(submitter.failed):
        submitter.retry(submission)
    assert not submitter.concerns_form(submission)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
    assert submitter.concerns_form(submission)


def test_several_bear_request_ids_of_their_own_until_they_are_noted(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace(submitter)
    workspace.engine.let.set()
    ids = submitter.request_ids(3)
    assert len(set(ids)) == 3
    assert submitter.request_ids(2) == ids[:2]
    others = tuple((a_consent(request_id=one), Context(account=one)) for one in ids[1:])
    submission = a_submission(workspace, submitter)
    submission = replace(submission, all=(*submission.all, *others))
    with qtbot.waitSignal(submitter.noted) as noted:
        submitter.submit(submission)
    assert noted.args is not None
    stamped: Submission = noted.args[0]
    assert [context for _, context in stamped.all[1:]] == [context for _, context in others]
    assert [consent.request_id for consent, _ in stamped.all] == [*ids]
    assert [entry.request_id for entry in noted.args[1]] == [*ids]
    assert not {*ids} & {*submitter.request_ids(3)}
