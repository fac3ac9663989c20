"""Project settings: the steps in Engagement, each beside what to copy from it, and a check that it works.

Long because each step is written out beside its fields.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import SUGGESTED_BASE_URLS
from consent_desk.domain.wire.project import PROJECT_COLOURS, ProjectDraft, ProjectKind
from consent_desk.engagement.connection_check import CheckStep
from consent_desk.ui.form.more import CHANNELS
from consent_desk.ui.project.settings_fields import ReportList, Setting, Step, caption, choice
from consent_desk.ui.shell.reading_order import order_tabs
from consent_desk.ui.theme.icons import icon
from consent_desk.ui.widgets.banner import announce, tell
from consent_desk.ui.widgets.buttons import Button, Primary
from consent_desk.ui.widgets.inputs import (
    ComboBox,
    Line,
    Pasting,
    TypingComboBox,
    button,
    commit_typing,
    named,
    plain_label,
)
from consent_desk.ui.widgets.layouts import fill, scrolled
from consent_desk.ui.widgets.messages import phrase, render

_ADDRESS = say(
    "project",
    "In Engagement, open Project settings > Access management > API. Base URL and project token stand on "
    "that page: copy them, or paste the URL of any method.",
)
_KEY = say(
    "project",
    "There, an administrator makes an API group of the type Private access, ticks Events > consent Get and "
    "Set and nothing else, and makes a key in it. The secret is shown once. It is kept in this computer's "
    "keyring, or until the window closes where there is none, and goes to the base URL's host only.",
)
_UNCHECKED = say("project", "Not checked yet.")
_KINDS = {ProjectKind.PRODUCTION: say("project", "Production"), ProjectKind.TEST: say("project", "Test")}


class ProjectDialog(QDialog):
    """Shows problems, remarks and the report of a check. Return checks; what was checked and works, it saves.

    `address_entered` tells that base URL or project token is whole: it was pasted, or its field was left.
    `leave_requested` comes in place of leaving, by Escape, Cancel or the window's button: `close_unsaved`
    does it. `repair_wanted(Field)` asks for the problem of a field to be mended.
    """

    changed = Signal()
    address_entered = Signal()
    leave_requested = Signal()
    repair_wanted = Signal(object)

    def __init__(
        self, parent: QWidget, draft: ProjectDraft, *, kept: str, can_remove: bool, read_only: bool = False
    ) -> None:
        """`kept` says where the secret is kept, empty where there is none yet.

        With `read_only` it is the Sandbox's: to be looked at and checked.
        """
        super().__init__(parent)
        self.setModal(True)
        self.setWindowTitle(
            phrase("project", "Settings of the Sandbox")
            if read_only
            else phrase("project", "Project settings")
        )
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._read_only = read_only
        self._touched: set[Field] = set()
        self._problems: Sequence[Problem] = ()
        self._remarks: Sequence[Problem] = ()
        self._repairs: Mapping[Field, str] = {}
        self._make_fields(draft)
        if kept:
            self.secret.setPlaceholderText(
                phrase("project", "•••••••• kept {kept}; type to replace it").format(kept=kept)
            )
        self.check = button(phrase("project", "Check connectio&n"))
        self.report = ReportList()
        self.message = plain_label(name=phrase("project", "Save status"))
        self.keep = button(phrase("project", "Use for this session only"))
        self.keep.hide()
        self.save = named(Primary(high=34), phrase("project", "&Save"))
        self.save.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.save.setMinimumWidth(self.save.fontMetrics().averageCharWidth() * 14)
        self.cancel = button(
            phrase("project", "&Close") if read_only else phrase("project", "&Cancel"),
            phrase("project", "Cancel"),
        )
        self.remove = named(Button(sign="trash"), phrase("project", "Re&move project"))
        if not can_remove:
            # Shown before it has its place, it would be a window of its own.
            self.remove.hide()
        self.set_up = button(
            phrase("project", "Set up a pro&ject…"), phrase("project", "Set up a project instead")
        )
        self.set_up.hide()
        for each in (self.check, self.save, self.cancel, self.remove, self.keep, self.set_up):
            each.setAutoDefault(False)
        self._lay_out()
        self._choose_default(is_checked=False)
        self._connect()
        if read_only:
            self._show_read_only()
        wanted = QSize(880, 800).expandedTo(QSize(self.sizeHint().width(), 0))
        room = parent.screen().availableSize() - QSize(8, 40)
        self.resize(wanted.boundedTo(parent.window().size()).boundedTo(room))

    def _make_fields(self, draft: ProjectDraft) -> None:
        self.name = Line(draft.name, hint=phrase("project", "for example Acme production"))
        self.kind, self.colour = ComboBox(), ComboBox()
        for box in (self.kind, self.colour):
            box.setMinimumContentsLength(7)
        for kind, text in _KINDS.items():
            self.kind.addItem(render(text), kind)
        self.kind.setCurrentIndex(self.kind.findData(draft.kind))
        self.kind.setToolTip(phrase("project", "Whether the customers of this project are real"))
        for colour in PROJECT_COLOURS:
            self.colour.addItem(icon("project", f"project_{colour}"), colour.capitalize(), colour)
        self.colour.setCurrentIndex(max(0, self.colour.findData(draft.colour)))
        offered = () if self._read_only else SUGGESTED_BASE_URLS
        self.base_url = TypingComboBox(*offered, hint=SUGGESTED_BASE_URLS[0])
        self.base_url.set_text(draft.base_url)
        self.project_token = Line(draft.project_token, hint="12345678-1234-1234-1234-123456789abc")
        self.key_id = Line(draft.key_id)
        self.secret = Line(draft.secret)
        if not self._read_only:
            self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.id_types = Line(draft.id_types, hint=phrase("project", "registered, phone"))
        self.category = TypingComboBox(hint="none")
        self.category.set_text(draft.category)
        self.channel = TypingComboBox("", *CHANNELS, hint="none")
        self.channel.set_text(draft.channel)

    def _lay_out(self) -> None:
        setting = self._settings = {
            field: Setting(text, field, control)
            for text, field, control in (
                (phrase("project", "&Project name"), Field.PROJECT_NAME, self.name),
                (phrase("project", "&Base URL"), Field.BASE_URL, self.base_url),
                (phrase("project", "Project &token"), Field.PROJECT_TOKEN, self.project_token),
                (phrase("project", "API &key ID"), Field.API_KEY_ID, self.key_id),
                (phrase("project", "API s&ecret"), Field.API_SECRET, self.secret),
                (phrase("project", "Customer &ID types"), Field.CUSTOMER_ID_TYPES, self.id_types),
                (phrase("project", "Categor&y"), Field.DEFAULT_CATEGORY, self.category),
                (phrase("project", "C&hannel"), Field.DEFAULT_CHANNEL, self.channel),
            )
        }
        self._marks = marks = (
            choice(phrase("project", "Kin&d"), phrase("project", "Project kind"), self.kind),
            choice(phrase("project", "C&olour"), phrase("project", "Project colour"), self.colour),
        )
        checking = QWidget()
        self.outcome = caption(render(_UNCHECKED), phrase("project", "Check result"))
        self.outcome.setAccessibleDescription(render(_UNCHECKED))
        fill(QVBoxLayout(checking), self.outcome, self.report).setSpacing(6)
        self._beginning = Step(
            6,
            phrase("project", "Choose what a call begins with"),
            phrase(
                "project", "Both may stay empty. The project's categories are offered once it was checked."
            ),
            (setting[Field.DEFAULT_CATEGORY], setting[Field.DEFAULT_CHANNEL]),
        )
        steps = (
            Step(
                1,
                phrase("project", "Name it"),
                phrase(
                    "project",
                    "Name, kind and colour tell it from your other projects, wherever one is named.",
                ),
                (setting[Field.PROJECT_NAME], *marks),
            ),
            Step(
                2,
                phrase("project", "Copy its address"),
                render(_ADDRESS),
                setting[Field.BASE_URL],
                setting[Field.PROJECT_TOKEN],
            ),
            Step(
                3,
                phrase("project", "Make a key for this desk"),
                render(_KEY),
                setting[Field.API_KEY_ID],
                setting[Field.API_SECRET],
            ),
            Step(
                4,
                phrase("project", "Say how callers are found"),
                phrase(
                    "project", "The ID types that callers name, the usual one first, separated by commas."
                ),
                setting[Field.CUSTOMER_ID_TYPES],
            ),
            Step(
                5,
                phrase("project", "Check it"),
                phrase("project", "The check sends nothing that Engagement would record."),
                checking,
            ),
            self._beginning,
        )
        column = QWidget()
        placed = fill(QVBoxLayout(column), *steps, None, margins=(20, 16, 20, 8))
        placed.setSpacing(8)
        self.area = scrolled(column)
        right = (self.keep, self.cancel, self.check, self.save)
        buttons = fill(QHBoxLayout(), self.remove, self.set_up, None, *right)
        buttons.setSpacing(8)
        foot = fill(QVBoxLayout(), self.message, buttons, margins=(20, 8, 20, 16))
        fill(QVBoxLayout(self), (self.area, 1), foot).setSpacing(0)
        order_tabs(self)

    def _connect(self) -> None:
        for field, setting in self._settings.items():
            setting.line.textChanged.connect(self.changed)
            setting.line.editingFinished.connect(lambda field=field: self._touch(field))
            setting.repair_wanted.connect(self.repair_wanted)
            if field in {Field.BASE_URL, Field.PROJECT_TOKEN}:
                setting.line.editingFinished.connect(self.address_entered)
                Pasting(setting.line).pasted.connect(self.address_entered)
        for box in (self.kind, self.colour):
            box.currentIndexChanged.connect(self.changed)
        for pressed in (self.check, self.save, self.keep):
            # Return presses the one by default while the focus stays where somebody composes a word.
            pressed.clicked.connect(commit_typing)
        self.cancel.clicked.connect(self.reject)

    def _show_read_only(self) -> None:
        for setting in self._settings.values():
            setting.line.setReadOnly(True)
            setting.line.setCursorPosition(0)
        for each in (*self._marks, self._beginning, self.save):
            each.hide()

    def reject(self) -> None:
        self.leave_requested.emit()

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
            colour=self.colour.currentData(),
            kind=ProjectKind(self.kind.currentData()),
            category=self.category.currentText(),
            channel=self.channel.currentText(),
        )

    def show_draft(self, draft: ProjectDraft) -> None:
        """Show other texts: a method URL taken apart, or a problem mended."""
        # Told once, when all are there: in between there is still a method URL to take apart.
        self.blockSignals(True)
        for field, text in (
            (self.project_token, draft.project_token),
            (self.key_id, draft.key_id),
            (self.secret, draft.secret),
            (self.id_types, draft.id_types),
        ):
            if field.text() != text:
                field.setText(text)
        if self.base_url.currentText() != draft.base_url:
            self.base_url.set_text(draft.base_url)
        self.blockSignals(False)
        self.changed.emit()

    def offer_categories(self, categories: Sequence[str]) -> None:
        """Offer the IDs of the project's categories as the default."""
        typed = self.category.currentText()
        # What is offered is no change of what is typed.
        self.blockSignals(True)
        self.category.clear()
        self.category.addItems(["", *categories])
        self.category.set_text(typed)
        self.blockSignals(False)

    def show_problems(
        self,
        problems: Sequence[Problem],
        remarks: Sequence[Problem],
        repairs: Mapping[Field, str],
        *,
        all_of_them: bool,
    ) -> None:
        """Show problems, what would mend them, and remarks beside their fields: of those left, or of all."""
        self._problems, self._remarks, self._repairs = problems, remarks, repairs
        if all_of_them:
            self._touched.update(problem.field for problem in problems)
        wrong = {problem.field: render(problem.message) for problem in problems}
        odd = {remark.field: render(remark.message) for remark in remarks}
        for field, setting in self._settings.items():
            setting.control.setAccessibleDescription(wrong.get(field, odd.get(field, "")))
            if field in wrong and field in self._touched:
                setting.show_problem(wrong[field], repairs.get(field, ""))
            else:
                setting.show_remark(odd.get(field, "") if field in self._touched else "")
        if all_of_them and problems:
            self.go_to(problems[0].field)

    def go_to(self, field: Field) -> None:
        """Put the cursor into a field, and show it with its note."""
        setting = self._settings[field]
        setting.line.setFocus()
        self.area.ensureWidgetVisible(setting)

    def show_checking(self) -> None:
        """Say that the connection is being checked."""
        self.report.show_nothing()
        tell(self.outcome, phrase("project", "Checking…"))
        self.check.setEnabled(False)

    def show_report(self, steps: Sequence[CheckStep], *, works: bool) -> None:
        """Show what a check came to. What works, Return saves."""
        self.report.show_steps(steps)
        self._say_result(
            phrase("project", "It works.") if works else phrase("project", "It does not work yet.")
        )
        self._choose_default(is_checked=works and not self._read_only)

    def show_failure(self, text: str) -> None:
        """Show why there was no check."""
        self.report.show_failure(text)
        self._say_result(phrase("project", "It could not be checked."))

    def _say_result(self, text: str) -> None:
        self.outcome.setText(text)
        self.outcome.setAccessibleDescription(text)
        announce(self.outcome, f"{text} {self.report.text()}")
        self.check.setEnabled(True)
        # Later: it has no place yet.
        QTimer.singleShot(0, self, lambda: self.area.ensureWidgetVisible(self.report, 0, 8))

    def forget_report(self) -> None:
        """Show none: what was checked is not what stands here now."""
        self.report.show_nothing()
        self.outcome.setText(render(_UNCHECKED))
        self.outcome.setAccessibleDescription(render(_UNCHECKED))
        self.check.setEnabled(True)
        self._choose_default(is_checked=False)

    def _choose_default(self, *, is_checked: bool) -> None:
        """Let Return check what was not checked yet, and save what was."""
        self.check.setDefault(not is_checked)
        self.check.show_as("" if is_checked else "accent")
        self.save.setDefault(is_checked)
        self.save.is_ready = is_checked
        self.save.update()

    def show_message(self, text: str, *, offer_keeping: bool = False) -> None:
        """Say how saving goes; `offer_keeping` offers to do without the keyring."""
        tell(self.message, text)
        self.keep.setVisible(offer_keeping)

    def show_saving(self, saving: bool) -> None:
        """Switch the buttons off whose work is under way, or on again."""
        self.save.setEnabled(not saving)
        self.remove.setEnabled(not saving)
        if not saving:
            self.check.setEnabled(True)

    def _touch(self, field: Field) -> None:
        self._touched.add(field)
        self.show_problems(self._problems, self._remarks, self._repairs, all_of_them=False)
