"""Practice: the banner that never lets it be mistaken, who can be practised with, and how to start over."""

from collections.abc import Callable, Iterable
from itertools import islice

from PySide6.QtCore import QEvent, QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.wire.project import Project
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.theme.fonts import CAPTION, scaled, sized
from consent_desk.ui.theme.icons import paint_icon
from consent_desk.ui.widgets.banner import TintedBanner, TintedLabel
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase, render_error, tool_tip
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

_SHOWN = 3
"""Customers that are offered: enough to see one who accepted, one who did both, and one who unsubscribed."""

_FAILED = "start over"
_EDGE, _SIGN = 16, 18


class PracticeBanner(TintedBanner):
    """As wide as the window. The button that sets a project up stands here where there is room."""

    def __init__(self, *, can_set_up: bool) -> None:
        super().__init__(Tone.PRACTICE, wide=True)
        self.label = TintedLabel(phrase("project", "Practice"), bold=True)
        self.label.show_text(Tone.PRACTICE, phrase("project", "Practice. Nothing here reaches Engagement."))
        self.set_up = named(Button(), phrase("project", "Set up a pro&ject…"))
        self._can_set_up = can_set_up
        if not can_set_up:
            self.set_up.hide()
        # Its sign stands before the text.
        self._line = fill(QHBoxLayout(self), (self.label, 1), self.set_up)
        self._line.setSpacing(8)
        self._leave_room()

    def _leave_room(self) -> None:
        self._line.setContentsMargins(_EDGE + scaled(_SIGN) + 8, 6, _EDGE, 6)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._leave_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side, middle = scaled(_SIGN), self.label.geometry().center().y()
        paint_icon(QPainter(self), QRect(_EDGE, middle - side // 2, side, side), "practice", "warn")

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
        if (
            self._questions.choose(
                phrase("project", "Start over"),
                text,
                (phrase("project", "Keep it"), phrase("project", "Start over")),
            )
            != 1
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
