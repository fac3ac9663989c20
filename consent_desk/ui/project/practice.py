"""Practice: the banner that never lets it be mistaken, who can be practised with, and how to start over."""

from collections.abc import Callable, Iterable
from itertools import islice

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.wire.project import Project
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.notice import WideBanner
from consent_desk.ui.theme.fonts import CAPTION, sized
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import button, named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render_error, tool_tip
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

_SHOWN = 3
"""Customers that are offered: enough to see one who accepted, one who did both, and one who unsubscribed."""

_FAILED = "start over"


class PracticeBanner(WideBanner):
    """As wide as the window. The button that sets a project up stands here where there is room."""

    def __init__(self, *, can_set_up: bool) -> None:
        self.set_up = button(phrase("project", "Set up a pro&ject…"))
        super().__init__(Tone.PRACTICE, "practice", phrase("project", "Practice"), self.set_up)
        self.label.show_text(Tone.PRACTICE, phrase("project", "Practice. Nothing here reaches Engagement."))
        self._can_set_up = can_set_up
        self.set_up.setVisible(can_set_up)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # With a large font there is room for one of them: the settings of the Sandbox do the same.
        text = self.label.fontMetrics().horizontalAdvance(self.label.text())
        self.set_up.setVisible(self._can_set_up and text + self.set_up.sizeHint().width() + 70 < self.width())


class PracticeCustomers(QWidget):
    """Customers of the Sandbox, a button each. Emits `chosen(CustomerId)`."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        label = QLabel(phrase("project", "Practise with"))
        label.setFont(sized(CAPTION))
        self._line = fill(QHBoxLayout(self), label, None)
        self._line.setSpacing(6)
        self._buttons: list[QWidget] = []
        self.hide()

    def offer(self, customers: Iterable[CustomerId], after: QWidget) -> None:
        """Offer these in place of those of before. Tab comes to them `after` that."""
        for each in self._buttons:
            each.deleteLater()
        self._buttons = [self._button(customer) for customer in customers]
        for place, each in enumerate(self._buttons, 1):
            self._line.insertWidget(place, each)
            self.setTabOrder(after, each)
            after = each

    def _button(self, customer: CustomerId) -> QWidget:
        who = customer.value.partition("@")[0].partition(".")[0].capitalize()
        made = named(
            Button(look=Look.CHIP),
            who.replace("&", "&&"),
            phrase("project", "Practise with {value}").format(value=customer.value),
        )
        made.setCheckable(False)
        made.setToolTip(tool_tip(customer.value))
        made.setAccessibleDescription(customer.value)
        made.clicked.connect(lambda: self.chosen.emit(customer))
        return made


class PracticePresenter(Presenter):
    """Shows who can be practised with while somebody practises, and empties the Sandbox on request.

    `started_over` is called once nothing is left of what was practised.
    """

    def __init__(
        self,
        shell: ShellContext,
        session: Session,
        projects: ProjectPresenter,
        workspaces: Workspaces,
        started_over: Callable[[], None],
    ) -> None:
        super().__init__(shell)
        self._started_over = started_over
        self._projects = projects
        self._workspaces = workspaces
        self._window.practice.set_up.clicked.connect(projects.set_up)
        self._customers = PracticeCustomers()
        self._window.consent.under_id.addWidget(self._customers)
        self._customers.chosen.connect(self._practise_with)
        self._again = self._window.top.menu.addAction(phrase("project", "Start over…"), self.start_over)
        self._again.setToolTip(
            phrase("project", "Forget what was practised: the Sandbox and its log begin anew")
        )
        self._window.log.line.start_over.clicked.connect(self.start_over)
        workspaces.taken_up.connect(self._offer)
        session.turned.connect(self._show)
        session.entered.connect(self._enter)
        self._show(False)

    def start_over(self) -> None:
        """Ask, and then forget all that was practised."""
        text = phrase(
            "project",
            "Start practice over? The customers of the Sandbox get back the consents "
            "that they began with, and the log of what was practised is emptied. "
            "What was noted for real projects is not touched.",
        )
        if not self._questions.agrees(
            phrase("project", "Start over"),
            text,
            phrase("project", "Keep it"),
            phrase("project", "Start over"),
        ):
            return

        def failed(error: Exception) -> None:
            self._status.show_message(_FAILED, Tone.BAD, render_error(error))

        # Behind each other on one lane: what is entered next is a new one.
        self._workspaces.reopen(_nothing, done=lambda _: self._started_over(), failed=failed, practice=True)
        self._projects.practise_anew()

    def _enter(self, workspace: Workspace, _project: Project | None) -> None:
        if workspace.sandbox is not None:
            self._projects.show_sandbox(workspace.sandbox)

    def _show(self, practice: bool) -> None:
        self._customers.setVisible(practice)
        self._again.setVisible(practice)
        self._window.log.line.start_over.setVisible(practice)

    def _offer(self, workspace: Workspace, _unconfirmed: int) -> None:
        if workspace.sandbox is not None:
            usual = workspace.sandbox.id_types[0]
            named = (customer for customer in workspace.customers if customer.type == usual)
            self._customers.offer(islice(named, _SHOWN), self._window.consent.known.again)

    def _practise_with(self, customer: CustomerId) -> None:
        self._window.consent.use_customer(customer)
        self._window.consent.customer_id.setFocus()


def _nothing() -> None:
    """All that is to be done is that it is closed."""
