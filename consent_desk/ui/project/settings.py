"""Sets up, checks, saves and removes one project: connects the settings dialog to list, keyring and check."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal

from consent_desk.domain.errors import KeyringFailureError
from consent_desk.domain.wire.address import Address, read_address
from consent_desk.domain.wire.project import Project, ProjectDraft, parse_project, remarks
from consent_desk.engagement.connection_check import Finding, Report
from consent_desk.projects.projects import Listed, Projects, SavedProject
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import NO_ANSWER, WAITING, Patience
from consent_desk.ui.tasks import Lane, Result
from consent_desk.ui.widgets.messages import render, render_error
from consent_desk.ui.widgets.tones import Tone, sign

_MARKS = {
    Finding.GOOD: sign(Tone.GOOD),
    Finding.WARNING: sign(Tone.WARNING),
    Finding.BAD: sign(Tone.BAD),
    Finding.UNKNOWN: "?",
}


class SettingsPresenter(Presenter):
    """One dialog at a time. Emits `saved`, `removed(id, list)` and `checked(Project, Report)`.

    `saved_late(SavedProject, list)` is for what was saved after its dialog had been cancelled.
    """

    saved = Signal(object, object)
    saved_late = Signal(object, object)
    removed = Signal(str, object)
    checked = Signal(object, object)

    def __init__(
        self,
        shell: ShellContext,
        projects: Projects,
        *,
        check: Callable[[Project], Report],
        open_in: Callable[[str], int],
    ) -> None:
        super().__init__(shell)
        self._projects = projects
        self._check = check
        self._open_in = open_in
        self._dialog: ProjectDialog | None = None
        self._project_id = ""
        self._stored: Project | None = None
        self._shown = self._saving = ProjectDraft()
        self._checking = object()
        self._can_keep = False
        self._patience = Patience(self)
        self._patience.worn.connect(lambda: self._tell(WAITING))
        self._patience.gone.connect(lambda: self._not_saved(NO_ANSWER, offer_keeping=self._can_keep))

    def open(
        self,
        project_id: str,
        name: str,
        stored: Project | None,
        *,
        can_remove: bool,
        in_keyring: bool = True,
    ) -> None:
        """Show the settings of a project; `stored` is None for a new one, or one that the keyring lost.

        Without `in_keyring`, `stored` lasts for this session only.
        """
        if self._dialog is not None:
            return
        draft = ProjectDraft(name=name) if stored is None else _draft_of(stored)
        where = "in the keyring" if in_keyring else "until this window closes"
        kept = "" if stored is None else where
        dialog = ProjectDialog(self._window, draft, kept=kept, can_remove=can_remove)
        self._dialog, self._project_id, self._stored = dialog, project_id, stored
        self._shown = self._saving = dialog.draft()
        dialog.changed.connect(partial(self._change, dialog))
        dialog.leave_requested.connect(partial(self._leave, dialog))
        dialog.address_entered.connect(partial(_take_apart, dialog))
        dialog.check.clicked.connect(lambda: self._check_draft(dialog))
        dialog.save.clicked.connect(lambda: self._save(dialog, keyring=True))
        dialog.keep.clicked.connect(lambda: self._save(dialog, keyring=False))
        dialog.remove.clicked.connect(lambda: self._ask_to_remove(dialog))
        dialog.finished.connect(self._close)
        self._read(dialog, all_problems=False)
        dialog.open()

    def _change(self, dialog: ProjectDialog) -> None:
        self._read(dialog, all_problems=False)
        self._checking = object()
        dialog.forget_report()

    def end(self) -> None:
        """Close without a question: the window closes, and whoever closes it was asked already."""
        if self._dialog is not None:
            self._dialog.close_unsaved()

    def _leave(self, dialog: ProjectDialog) -> None:
        # What is being saved is not lost.
        is_lost = dialog.draft() not in (self._shown, self._saving)
        text = "What you have changed in the settings is not saved. Leave them and lose it?"
        if is_lost and self._questions.choose("Leave settings", text, ("Keep typing", "Discard")) != 1:
            return
        dialog.close_unsaved()

    def _close(self) -> None:
        self._dialog = None
        self._patience.end()

    def _tell(self, text: str, *, offer_keeping: bool = False) -> None:
        if self._dialog is not None:
            self._dialog.show_message(text, offer_keeping=offer_keeping)
            # Saving once more is always possible: a lane that hangs is left to itself.
            self._dialog.show_busy(checking=False, saving=False)

    def _not_saved(self, text: str, *, offer_keeping: bool) -> None:
        self._saving = self._shown
        self._tell(text, offer_keeping=offer_keeping)

    def _read(self, dialog: ProjectDialog, *, all_problems: bool) -> Project | None:
        typed = dialog.draft()
        read = parse_project(typed, project_id=self._project_id, stored=self._stored)
        problems = () if isinstance(read, Project) else read
        dialog.show_problems(problems, remarks(typed), all_of_them=all_problems)
        return read if isinstance(read, Project) else None

    def _check_draft(self, dialog: ProjectDialog) -> None:
        project = self._read(dialog, all_problems=True)
        if project is None:
            return
        dialog.show_busy(checking=True, saving=False)
        dialog.report.setPlainText("Checking…")
        checking = self._checking = object()

        def show(text: str) -> None:
            # Changed meanwhile, the settings are not those that were checked.
            if self._dialog is dialog and self._checking is checking:
                dialog.show_busy(checking=False, saving=False)
                dialog.report.setPlainText(text)

        def done(report: Report) -> None:
            show(_report_text(report))
            self.checked.emit(project, report)

        self._runner.run(
            Lane.LOOK_UP,
            lambda: self._check(project),
            done=done,
            failed=lambda error: show(render_error(error)),
        )

    def _save(self, dialog: ProjectDialog, *, keyring: bool) -> None:
        project = self._read(dialog, all_problems=True)
        if project is None:
            return
        dialog.show_busy(checking=False, saving=True)
        dialog.show_message("Saving…")
        self._saving = dialog.draft()
        if not keyring:
            self._runner.renew(Lane.KEYRING)

        def work() -> tuple[SavedProject, tuple[Listed, ...]]:
            keep = self._projects.save if keyring else self._projects.keep_for_session
            return keep(project), self._projects.listed() or ()

        def done(result: tuple[SavedProject, tuple[Listed, ...]]) -> None:
            if self._dialog is dialog:
                dialog.accept()
                self.saved.emit(*result)
            else:
                self.saved_late.emit(*result)

        self._run(dialog, work, done, can_keep=True)

    def _ask_to_remove(self, dialog: ProjectDialog) -> None:
        project_id = self._project_id
        dialog.show_busy(checking=False, saving=True)

        def ask(count: int) -> None:
            if self._dialog is not dialog:
                return
            text = "Remove this project from this computer? Its key is removed from the keyring."
            if count:
                text += (
                    f"\n\n{count} of its consents have not certainly reached Engagement. They stay in the "
                    "log, but cannot be sent any more."
                )
            if self._questions.choose("Remove project", text, ("Keep it", "Remove project")) == 1:
                self._remove(dialog, project_id)
            else:
                dialog.show_busy(checking=False, saving=False)

        def failed(error: Exception) -> None:
            if self._dialog is dialog:
                self._tell(render_error(error))

        self._runner.run(Lane.JOURNAL, lambda: self._open_in(project_id), done=ask, failed=failed)

    def _remove(self, dialog: ProjectDialog, project_id: str) -> None:
        def work() -> tuple[Listed, ...]:
            self._projects.remove(project_id)
            return self._projects.listed() or ()

        def done(listed: tuple[Listed, ...]) -> None:
            if self._dialog is dialog:
                dialog.accept()
            self.removed.emit(project_id, listed)

        self._run(dialog, work, done, can_keep=False)

    def _run(
        self,
        dialog: ProjectDialog,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        *,
        can_keep: bool,
    ) -> None:
        def ended(result: Result) -> None:
            if self._dialog is dialog:
                self._patience.end()
            done(result)

        def failed(error: Exception) -> None:
            # Another dialog may be open by now: it has nothing to do with this.
            if self._dialog is dialog:
                self._patience.end()
                offer_keeping = can_keep and isinstance(error, KeyringFailureError)
                self._not_saved(render_error(error), offer_keeping=offer_keeping)

        self._can_keep = can_keep
        self._patience.begin()
        self._runner.run(Lane.KEYRING, work, done=ended, failed=failed)


def _take_apart(dialog: ProjectDialog) -> None:
    for text in (dialog.base_url.currentText(), dialog.project_token.text()):
        address = read_address(text) if "/projects/" in text else None
        if isinstance(address, Address) and address.project_token is not None:
            dialog.show_address(str(address.base_url), address.project_token)
            return


def _draft_of(project: Project) -> ProjectDraft:
    """The settings of `project` as text, without its secret: a stored one never comes back into a widget."""
    return ProjectDraft(
        name=project.name,
        base_url=str(project.base_url),
        project_token=project.project_token,
        key_id=project.key_id,
        id_types=", ".join(project.id_types),
    )


def _report_text(report: Report) -> str:
    return "\n".join(
        f"{_MARKS[step.verdict]} {render(step.name)}: {render(step.message)}" for step in report.steps
    )
