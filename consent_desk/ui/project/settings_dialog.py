"""Project settings: what to copy from Engagement, and a check that it works."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.domain.wire.address import SUGGESTED_BASE_URLS
from consent_desk.domain.wire.project import ProjectDraft
from consent_desk.ui.widgets.banner import tell
from consent_desk.ui.widgets.inputs import (
    Line,
    Pasting,
    TypingComboBox,
    WithNote,
    button,
    commit_typing,
    label_for,
    plain_label,
    technical_text,
)
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import render

HELP = """In Engagement, once for each project (an administrator can):

1. Project settings > Access management > API: make a new API group of the type Private access.
2. Name the group for its use, for example Consent change.
3. Tick Events > consent Get and Set and nothing else.
4. Make a key in the group. Copy the secret now, it is shown once.
5. Copy the base URL and the project token, which stand on the same page.

The secret is kept in this computer's keyring, or, where there is none, until the window closes. It is \
sent to the base URL's host only."""


class ProjectDialog(QDialog):
    """Emits the draft as typed; shows problems, remarks and the report of a check.

    `address_entered` tells that base URL or project token is whole: it was pasted, or its field was left.
    `leave_requested` comes in place of leaving, by Escape, Cancel or the window's button: `close_unsaved`
    does it.
    """

    draft_changed = Signal(ProjectDraft)
    address_entered = Signal(ProjectDraft)
    check_requested = Signal(ProjectDraft)
    save_requested = Signal(ProjectDraft)
    keep_requested = Signal(ProjectDraft)
    leave_requested = Signal(ProjectDraft)

    def __init__(self, parent: QWidget, draft: ProjectDraft, *, kept: str, can_remove: bool) -> None:
        """`kept` says where the secret is kept, empty where there is none yet."""
        super().__init__(parent)
        self.setModal(True)
        self.setWindowTitle("Project settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._touched: set[Field] = set()
        self._problems: Sequence[Problem] = ()
        self._remarks: Sequence[Problem] = ()
        self.name = Line(draft.name)
        self.base_url = TypingComboBox(*SUGGESTED_BASE_URLS)
        self.base_url.set_text(draft.base_url)
        self.project_token = Line(draft.project_token)
        self.key_id = Line(draft.key_id)
        self.secret = Line()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        if kept:
            self.secret.setPlaceholderText(f"•••••••• kept {kept}; type to replace it")
        self.id_types = Line(draft.id_types)
        self.id_types.setToolTip("Separated by commas, for example registered, phone")
        self.check = button("Check connectio&n")
        self.report = technical_text("Connection report")
        self.report.setPlaceholderText("Check connection sends nothing that Engagement would record.")
        self.message = plain_label(name="Save status")
        self.keep = button("Use for this session only")
        self.keep.hide()
        self.save = button("&Save")
        self.cancel = button("&Cancel")
        self.remove = button("Re&move project")
        self.remove.setVisible(can_remove)
        for each in (self.check, self.save, self.cancel, self.remove, self.keep):
            each.setAutoDefault(False)
        self.save.setDefault(True)
        self._lay_out()
        self.resize(QSize(960, 560).expandedTo(self.sizeHint()).boundedTo(parent.window().size()))
        self._connect()

    def _rows(self) -> tuple[tuple[str, Field, QLineEdit | TypingComboBox], ...]:
        return (
            ("&Project name", Field.PROJECT_NAME, self.name),
            ("&Base URL", Field.BASE_URL, self.base_url),
            ("Project &token", Field.PROJECT_TOKEN, self.project_token),
            ("API &key ID", Field.API_KEY_ID, self.key_id),
            ("API s&ecret", Field.API_SECRET, self.secret),
            ("Customer &ID types", Field.CUSTOMER_ID_TYPES, self.id_types),
        )

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        self._notes: dict[Field, WithNote] = {}
        for number, (text, field, widget) in enumerate(self._rows()):
            self._notes[field] = WithNote(widget)
            label = label_for(text, widget, field.value)
            label.setMinimumHeight(self.name.sizeHint().height())
            grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._notes[field], number, 1)
        left = fill(QVBoxLayout(), grid, self.check, (self.report, 1))
        steps = plain_label(HELP)
        steps.setAlignment(Qt.AlignmentFlag.AlignTop)
        steps.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        steps.setMargin(4)
        beside = QScrollArea()
        beside.setWidget(steps)
        beside.setWidgetResizable(True)
        beside.setFrameShape(QScrollArea.Shape.NoFrame)
        beside.setAccessibleName("Steps in Engagement")
        beside.setMinimumWidth(steps.fontMetrics().averageCharWidth() * 30)
        middle = fill(QHBoxLayout(), (left, 2), (beside, 1))
        buttons = fill(QHBoxLayout(), self.remove, None, self.keep, self.save, self.cancel)
        fill(QVBoxLayout(self), (middle, 1), self.message, buttons, margins=None)

    def _connect(self) -> None:
        for _text, field, widget in self._rows():
            line = widget.line if isinstance(widget, TypingComboBox) else widget
            line.textChanged.connect(lambda: self.draft_changed.emit(self.draft()))
            line.editingFinished.connect(lambda field=field: self._touch(field))
            if field in {Field.BASE_URL, Field.PROJECT_TOKEN}:
                line.editingFinished.connect(lambda: self.address_entered.emit(self.draft()))
                Pasting(line).pasted.connect(lambda: self.address_entered.emit(self.draft()))
        for pressed, request in (
            (self.check, self.check_requested),
            (self.save, self.save_requested),
            (self.keep, self.keep_requested),
        ):
            # Return presses the one by default while the focus stays where somebody composes a word.
            pressed.clicked.connect(commit_typing)
            pressed.clicked.connect(lambda checked=False, request=request: request.emit(self.draft()))
        self.cancel.clicked.connect(self.reject)

    def reject(self) -> None:
        self.leave_requested.emit(self.draft())

    def close_unsaved(self) -> None:
        """Close without saving."""
        super().reject()

    def draft(self) -> ProjectDraft:
        """The settings as text. An unchanged secret is empty: a stored one never comes back into a widget."""
        return ProjectDraft(
            name=self.name.text(),
            base_url=self.base_url.currentText(),
            project_token=self.project_token.text(),
            key_id=self.key_id.text(),
            secret=self.secret.text(),
            id_types=self.id_types.text(),
        )

    def show_address(self, base_url: str, project_token: str) -> None:
        """Show a method URL taken apart."""
        # Told once, when both are there: in between there is still a method URL to take apart.
        self.blockSignals(True)
        self.base_url.set_text(base_url)
        self.project_token.setText(project_token)
        self.blockSignals(False)
        self.draft_changed.emit(self.draft())

    def show_problems(
        self, problems: Sequence[Problem], remarks: Sequence[Problem], *, all_of_them: bool
    ) -> None:
        """Show problems and remarks beside their fields: of fields that were left, or of all."""
        self._problems, self._remarks = problems, remarks
        if all_of_them:
            self._touched.update(problem.field for problem in problems)
        wrong = {problem.field: render(problem.message) for problem in problems}
        odd = {remark.field: render(remark.message) for remark in remarks}
        for _text, field, widget in self._rows():
            note = self._notes[field].note
            widget.setAccessibleDescription(wrong.get(field, odd.get(field, "")))
            if field in wrong and field in self._touched:
                note.show_problem(wrong[field])
            else:
                note.show_remark(odd.get(field, "") if field in self._touched else "")
        if all_of_them and problems:
            first = problems[0].field
            next(widget for _text, field, widget in self._rows() if field is first).setFocus()

    def forget_report(self) -> None:
        """Show none: what was checked is not what stands here now."""
        self.report.clear()
        self.check.setEnabled(True)

    def show_message(self, text: str, *, offer_keeping: bool = False) -> None:
        """Say how saving goes; `offer_keeping` offers to do without the keyring."""
        tell(self.message, text)
        self.keep.setVisible(offer_keeping)

    def show_busy(self, *, checking: bool, saving: bool) -> None:
        """Switch the buttons off whose work is under way."""
        self.check.setEnabled(not checking)
        self.save.setEnabled(not saving)
        self.remove.setEnabled(not saving)

    def _touch(self, field: Field) -> None:
        self._touched.add(field)
        self.show_problems(self._problems, self._remarks, all_of_them=False)
