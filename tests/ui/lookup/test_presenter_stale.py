"""What is shown of a customer belongs to the ID in the field, in whatever order answers come."""

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.ids import alternatives
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.lifecycle.record import NO_CONTEXT
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.outcome import Answered, Outcome
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.form.fields import CallFields
from consent_desk.ui.form.panel import ConsentPanel
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.lookup.view import KnownView
from consent_desk.ui.shell.context import ShellContext
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.workspace import Workspace
from tests.consents import NOON, a_consent, a_project

PROJECT = a_project()
SMS = Category("sms_marketing", "SMS marketing")
IDS = ("jane", "Jane", "omar", "janet")
UNKNOWN = {"omar", "Jane"}


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


class Lanes:
    """Fits `TaskRunner`: runs nothing until it is told to, and anything in any order."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(
        self, lane: object, work: Callable[[], Any], *, done: Callable[[Any], None], failed: object
    ) -> None:
        self.waiting.append(lambda: done(work()))

    def answer(self, number: int) -> None:
        if self.waiting:
            self.waiting.pop(number % len(self.waiting))()


class Engagement:
    """Fits `Transport`. Each customer that exists is told from the others by the source."""

    def start(self, request: PreparedRequest) -> "_Told":
        return _Told(json.loads(request.body)["customer_ids"]["registered"])


class _Told:
    def __init__(self, customer: str) -> None:
        self._customer = customer

    def wait(self) -> Outcome:
        if self._customer in UNKNOWN or self._customer not in IDS:
            body = b'{"success": false, "errors": {"_global": ["Customer does not exist"]}}'
            return Answered(status=404, headers=(), body=body)
        results = [{"success": True, "value": value} for value in (True, 7, None, self._customer, None)]
        body = json.dumps({"success": True, "results": results}).encode()
        return Answered(status=200, headers=(), body=body)

    def cancel(self) -> None:
        """It is over as soon as it begins."""


class Caller(QWidget):
    """The form, and somebody who types, pastes and sends in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.consent = ConsentPanel()
        self.consent.hold(CallFields(), KnownView(), QuestionBanner())
        self.status = StatusPanel()
        self.lanes = Lanes()
        self.sent: set[str] = set()
        self.engagement = Engagement()
        shell = ShellContext(
            window=cast("Any", self),
            runner=cast("Any", self.lanes),
            questions=Questions(self),
            now=lambda: NOON,
            zone=UTC,
        )
        self.desk = LookupPresenter(
            shell, now=shell.now, alternatives=lambda id_type, text: alternatives(text)
        )
        self.consent.draft_changed.connect(self._follow)
        self.consent.offer_id_types(["registered"])
        self.consent.categories.choose(["sms_marketing"])

    def act(self, what: str, value: str | int) -> None:
        line = self.consent.customer_id
        match what:
            case "key":
                QTest.keyClicks(line, str(value))
            case "delete":
                QTest.keyClick(line, Qt.Key.Key_Backspace)
            case "paste":
                QApplication.clipboard().setText(str(value))
                line.selectAll()
                line.paste()
            case "return":
                QTest.keyClick(line, Qt.Key.Key_Return)
            case "answer":
                self.lanes.answer(int(value))
            case "send" if line.text():
                consent = a_consent(customer=CustomerId(type="registered", value=line.text()))
                self.sent.add(line.text())
                sent = Submission(cast(Workspace, None), PROJECT, Draft(), ((consent, NO_CONTEXT),))
                self.desk.keep(sent)
                self.desk.confirm(sent)
                self.consent.fill(Draft(category="sms_marketing"))

    def _follow(self, draft: Draft) -> None:
        self.desk.look_up_later(draft, PROJECT, self.engagement, (SMS,))


ACTIONS = st.one_of(
    st.tuples(st.just("key"), st.sampled_from("janetomr")),
    st.tuples(st.just("paste"), st.sampled_from(IDS)),
    st.tuples(st.sampled_from(["delete", "return", "send"]), st.just("")),
    st.tuples(st.just("answer"), st.integers(0, 3)),
)


def belongs(shown: str, customer: str) -> bool:
    if customer in UNKNOWN or customer not in IDS:
        return f"No customer with registered = {customer}." in shown
    return f", source {customer}" in shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=25))
def test_what_is_shown_belongs_to_the_field_and_the_alarm_names_none_but_who_was_sent_and_unknown(
    qapp: QApplication, actions: list[tuple[str, str | int]]
) -> None:
    caller = Caller()
    for what, value in actions:
        caller.act(what, value)
        shown, customer = caller.consent.known.pill.accessibleDescription(), caller.consent.customer_id.text()
        assert shown in {"", "Looking up…"} or belongs(shown, customer)
        named = [part.split(".")[0] for part in caller.status.label.text().split("registered = ")[1:]]
        assert set(named) <= {one for one in caller.sent if one in UNKNOWN or one not in IDS}
    caller.act("return", "")
    while caller.lanes.waiting:
        caller.lanes.answer(0)
    shown, customer = caller.consent.known.pill.accessibleDescription(), caller.consent.customer_id.text()
    assert belongs(shown, customer) if customer else shown == ""
