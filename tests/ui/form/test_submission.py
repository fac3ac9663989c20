"""One press is one consent, also while the disk is slow or fails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Context
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.ui.form.submission import Submission, Submitter
from consent_desk.ui.tasks import TaskRunner
from tests.consents import a_consent, a_project, later


class SlowOutbox:
    """Notes when it is let, or fails."""

    def __init__(self) -> None:
        self.let = Event()
        self.trouble: JournalError | None = None
        self.asked = 0

    def stamp_all(self, project: object, consents: Sequence[tuple[Consent, Context]]) -> tuple[Consent, ...]:
        self.asked += 1
        return tuple(replace(consent, timestamp=later(-1)) for consent, _ in consents)

    def repeated(self, project: object, consents: object) -> tuple[()]:
        return ()

    def note_all(self, project: object, consents: Sequence[tuple[Consent, Context]]) -> tuple[Consent, ...]:
        self.let.wait(30)
        if self.trouble is not None:
            raise self.trouble
        return tuple(consent for consent, _ in consents)


class SlowWorkspace:
    def __init__(self) -> None:
        self.outbox = SlowOutbox()


@pytest.fixture
def submitter(qtbot: QtBot) -> Iterator[Submitter]:
    runner = TaskRunner(lambda error: None)
    parent = QObject()
    yield Submitter(runner, parent)
    runner.close()


def a_submission(workspace: SlowWorkspace, submitter: Submitter, draft: Draft | None = None) -> Submission:
    consent = a_consent(request_id=submitter.request_id)
    stand_in: Any = workspace
    return Submission(stand_in, a_project(), draft or Draft(customer_id="jane@example.com"), consent)


def fail(submitter: Submitter, qtbot: QtBot, workspace: SlowWorkspace) -> Submission:
    """A submission that could not be noted in `workspace`."""
    workspace.outbox.let.set()
    workspace.outbox.trouble = JournalError(say("Full."), say("Make room."))
    submission = a_submission(workspace, submitter)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
    return submission


def test_it_is_busy_until_it_is_noted_and_then_has_another_request_id(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace()
    submission = a_submission(workspace, submitter)
    submitter.submit(submission)
    busy = [submitter.busy]
    with qtbot.waitSignal(submitter.noted):
        workspace.outbox.let.set()
    busy.append(submitter.busy)
    assert busy == [True, False]
    assert submitter.request_id != submission.consent.request_id
    assert submitter.concerns_form(submission)


def test_the_bytes_are_told_while_the_journal_still_writes(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace()
    with qtbot.waitSignal(submitter.stamped) as stamped:
        submitter.submit(a_submission(workspace, submitter))
    assert stamped.args is not None
    assert stamped.args[0].consent.timestamp == later(-1)
    assert submitter.busy
    with qtbot.waitSignal(submitter.noted):
        workspace.outbox.let.set()


def test_what_is_noted_late_does_not_concern_the_form_of_another_project(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace()
    submission = a_submission(workspace, submitter)
    submitter.submit(submission)
    submitter.leave_form()
    with qtbot.waitSignal(submitter.noted):
        workspace.outbox.let.set()
    assert not submitter.concerns_form(submission)
    assert submitter.concerns_form(a_submission(workspace, submitter))


def test_a_failed_consent_comes_again_as_it_was_while_the_form_is_the_same(
    submitter: Submitter, qtbot: QtBot
) -> None:
    submission = fail(submitter, qtbot, SlowWorkspace())
    failed = submitter.failed_submission(submission.draft, submission.workspace, submission.project)
    assert failed == replace(submission, consent=replace(submission.consent, timestamp=later(-1)))
    assert (
        submitter.failed_submission(
            Draft(customer_id="omar@example.org"), submission.workspace, submission.project
        )
        is None
    )
    assert submitter.request_id != submission.consent.request_id
    assert submitter.failed_submission(submission.draft, submission.workspace, submission.project) is None


def test_what_failed_is_noted_with_the_timestamp_that_it_got(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace()
    submission = fail(submitter, qtbot, workspace)
    failed = submitter.failed_submission(submission.draft, submission.workspace, submission.project)
    assert failed is not None
    workspace.outbox.trouble = None
    with qtbot.waitSignal(submitter.noted) as noted:
        submitter.submit(failed)
    assert noted.args is not None
    assert noted.args[1] == (failed.consent,)
    assert workspace.outbox.asked == 1


def test_a_journal_that_cannot_tell_the_time_leaves_the_consent_unnoted(
    submitter: Submitter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = SlowWorkspace()

    def fail(project: object, consents: object) -> tuple[Consent, ...]:
        raise JournalError(say("Gone."), say("Look."))

    monkeypatch.setattr(workspace.outbox, "stamp_all", fail)
    submission = a_submission(workspace, submitter)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
    assert not submitter.busy
    assert (
        submitter.failed_submission(submission.draft, submission.workspace, submission.project) == submission
    )


def test_what_failed_goes_to_the_journal_that_was_opened_since(submitter: Submitter, qtbot: QtBot) -> None:
    workspace, opened = SlowWorkspace(), SlowWorkspace()
    submission = fail(submitter, qtbot, workspace)
    again = a_submission(opened, submitter)
    renamed = replace(submission.project, name="Acme", key_id="another")
    failed = submitter.failed_submission(submission.draft, again.workspace, renamed)
    assert failed is not None
    assert failed.workspace is again.workspace
    assert failed.project == replace(renamed, name=submission.project.name)


def test_what_failed_for_another_address_is_another_consent(submitter: Submitter, qtbot: QtBot) -> None:
    submission = fail(submitter, qtbot, SlowWorkspace())
    elsewhere = replace(submission.project, base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
    assert submitter.failed_submission(submission.draft, submission.workspace, elsewhere) is None
    assert submitter.request_id != submission.consent.request_id


def test_a_late_failure_is_not_brought_into_another_form(submitter: Submitter, qtbot: QtBot) -> None:
    workspace = SlowWorkspace()
    workspace.outbox.trouble = JournalError(say("Full."), say("Make room."))
    submission = a_submission(workspace, submitter)
    with qtbot.waitSignal(submitter.failed):
        submitter.submit(submission)
        submitter.leave_form()
        workspace.outbox.let.set()
    assert submitter.failed_submission(submission.draft, submission.workspace, submission.project) is None


def test_several_bear_request_ids_of_their_own_until_they_are_noted(
    submitter: Submitter, qtbot: QtBot
) -> None:
    workspace = SlowWorkspace()
    workspace.outbox.let.set()
    ids = submitter.request_ids(3)
    assert len(set(ids)) == 3
    assert submitter.request_ids(2) == ids[:2]
    others = tuple((a_consent(request_id=one), Context(account=one)) for one in ids[1:])
    submission = replace(a_submission(workspace, submitter), others=others)
    with qtbot.waitSignal(submitter.noted) as noted:
        submitter.submit(submission)
    assert noted.args is not None
    stamped: Submission = noted.args[0]
    assert [context for _, context in stamped.others] == [context for _, context in others]
    assert [consent.request_id for consent, _ in stamped.all] == [*ids]
    assert noted.args[1] == tuple(consent for consent, _ in stamped.all)
    assert not {*ids} & {*submitter.request_ids(3)}
