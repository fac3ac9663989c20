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
from consent_desk.ui.form.submission import Noting, Press
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


class SlowStation:
    def __init__(self) -> None:
        self.outbox = SlowOutbox()


@pytest.fixture
def noting(qtbot: QtBot) -> Iterator[Noting]:
    runner = TaskRunner(lambda error: None)
    parent = QObject()
    yield Noting(runner, parent)
    runner.close()


def a_press(workspace: SlowStation, noting: Noting, draft: Draft | None = None) -> Press:
    consent = a_consent(request_id=noting.request_id)
    stand_in: Any = workspace
    return Press(stand_in, a_project(), draft or Draft(customer_id="jane@example.com"), consent)


def fail(noting: Noting, qtbot: QtBot, workspace: SlowStation) -> Press:
    """A press that could not be noted in `workspace`."""
    workspace.outbox.let.set()
    workspace.outbox.trouble = JournalError(say("Full."), say("Make room."))
    press = a_press(workspace, noting)
    with qtbot.waitSignal(noting.failed):
        noting.begin(press)
    return press


def test_it_is_busy_until_it_is_noted_and_then_has_another_request_id(noting: Noting, qtbot: QtBot) -> None:
    workspace = SlowStation()
    press = a_press(workspace, noting)
    noting.begin(press)
    busy = [noting.busy]
    with qtbot.waitSignal(noting.noted):
        workspace.outbox.let.set()
    busy.append(noting.busy)
    assert busy == [True, False]
    assert noting.request_id != press.consent.request_id
    assert noting.concerns_form(press)


def test_the_bytes_are_told_while_the_journal_still_writes(noting: Noting, qtbot: QtBot) -> None:
    workspace = SlowStation()
    with qtbot.waitSignal(noting.stamped) as stamped:
        noting.begin(a_press(workspace, noting))
    assert stamped.args is not None
    assert stamped.args[0].consent.timestamp == later(-1)
    assert noting.busy
    with qtbot.waitSignal(noting.noted):
        workspace.outbox.let.set()


def test_what_is_noted_late_does_not_concern_the_form_of_another_project(
    noting: Noting, qtbot: QtBot
) -> None:
    workspace = SlowStation()
    press = a_press(workspace, noting)
    noting.begin(press)
    noting.leave_form()
    with qtbot.waitSignal(noting.noted):
        workspace.outbox.let.set()
    assert not noting.concerns_form(press)
    assert noting.concerns_form(a_press(workspace, noting))


def test_a_failed_consent_comes_again_as_it_was_while_the_form_is_the_same(
    noting: Noting, qtbot: QtBot
) -> None:
    press = fail(noting, qtbot, SlowStation())
    failed = noting.failed_press(press.draft, press.workspace, press.project)
    assert failed == replace(press, consent=replace(press.consent, timestamp=later(-1)))
    assert noting.failed_press(Draft(customer_id="omar@example.org"), press.workspace, press.project) is None
    assert noting.request_id != press.consent.request_id
    assert noting.failed_press(press.draft, press.workspace, press.project) is None


def test_what_failed_is_noted_with_the_timestamp_that_it_got(noting: Noting, qtbot: QtBot) -> None:
    workspace = SlowStation()
    press = fail(noting, qtbot, workspace)
    failed = noting.failed_press(press.draft, press.workspace, press.project)
    assert failed is not None
    workspace.outbox.trouble = None
    with qtbot.waitSignal(noting.noted) as noted:
        noting.begin(failed)
    assert noted.args is not None
    assert noted.args[1] == (failed.consent,)
    assert workspace.outbox.asked == 1


def test_a_journal_that_cannot_tell_the_time_leaves_the_consent_unnoted(
    noting: Noting, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = SlowStation()

    def fail(project: object, consents: object) -> tuple[Consent, ...]:
        raise JournalError(say("Gone."), say("Look."))

    monkeypatch.setattr(workspace.outbox, "stamp_all", fail)
    press = a_press(workspace, noting)
    with qtbot.waitSignal(noting.failed):
        noting.begin(press)
    assert not noting.busy
    assert noting.failed_press(press.draft, press.workspace, press.project) == press


def test_what_failed_goes_to_the_journal_that_was_opened_since(noting: Noting, qtbot: QtBot) -> None:
    workspace, opened = SlowStation(), SlowStation()
    press = fail(noting, qtbot, workspace)
    again = a_press(opened, noting)
    renamed = replace(press.project, name="Acme", key_id="another")
    failed = noting.failed_press(press.draft, again.workspace, renamed)
    assert failed is not None
    assert failed.workspace is again.workspace
    assert failed.project == replace(renamed, name=press.project.name)


def test_what_failed_for_another_address_is_another_consent(noting: Noting, qtbot: QtBot) -> None:
    press = fail(noting, qtbot, SlowStation())
    elsewhere = replace(press.project, base_url=BaseUrl(scheme="https", host="api.uk.exponea.com"))
    assert noting.failed_press(press.draft, press.workspace, elsewhere) is None
    assert noting.request_id != press.consent.request_id


def test_a_late_failure_is_not_brought_into_another_form(noting: Noting, qtbot: QtBot) -> None:
    workspace = SlowStation()
    workspace.outbox.trouble = JournalError(say("Full."), say("Make room."))
    press = a_press(workspace, noting)
    with qtbot.waitSignal(noting.failed):
        noting.begin(press)
        noting.leave_form()
        workspace.outbox.let.set()
    assert noting.failed_press(press.draft, press.workspace, press.project) is None


def test_several_bear_request_ids_of_their_own_until_they_are_noted(noting: Noting, qtbot: QtBot) -> None:
    workspace = SlowStation()
    workspace.outbox.let.set()
    ids = noting.request_ids(3)
    assert len(set(ids)) == 3
    assert noting.request_ids(2) == ids[:2]
    others = tuple((a_consent(request_id=one), Context(account=one)) for one in ids[1:])
    press = replace(a_press(workspace, noting), others=others)
    with qtbot.waitSignal(noting.noted) as noted:
        noting.begin(press)
    assert noted.args is not None
    stamped: Press = noted.args[0]
    assert [context for _, context in stamped.others] == [context for _, context in others]
    assert [consent.request_id for consent, _ in stamped.all] == [*ids]
    assert noted.args[1] == tuple(consent for consent, _ in stamped.all)
    assert not {*ids} & {*noting.request_ids(3)}
