"""Sets up, checks, saves and removes one project: connects the settings dialog to list, keyring and check."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.domain.errors import KeyringFailureError
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import Address, read_address
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.project import Project, ProjectDraft, parse_project, remarks
from consent_desk.domain.wire.repairs import Repair, repair
from consent_desk.engagement.connection_check import Report
from consent_desk.projects.projects import Listed, Projects, SavedProject
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import NO_ANSWER, WAITING, Patience
from consent_desk.ui.tasks import Lane, Result, let_be
from consent_desk.ui.widgets.messages import phrase, render, render_error

if TYPE_CHECKING:
    from consent_desk.ui.project.settings_dialog import ProjectDialog


class SettingsPresenter(Presenter):
    """One dialog at a time. Emits `removed(id, list)` and `checked(Project, Report)`.

    `saved(SavedProject, list, is_done)`: not done are its settings where they were cancelled meanwhile, or
    changed; `another_wanted` asks for a new project from the settings of the Sandbox. Without `projects`,
    those are all that there is. `categories` fetches those of a project whose check works.
    """

    saved = Signal(object, object, bool)
    removed = Signal(str, object)
    checked = Signal(object, object)
    another_wanted = Signal()

    def __init__(
        self,
        shell: ShellContext,
        projects: Projects | None,
        *,
        check: Callable[[Project], Report],
        categories: Callable[[Project], tuple[Category, ...] | Meaning],
        open_in: Callable[[str], int],
    ) -> None:
        super().__init__(shell)
        self._projects = projects
        self._check = check
        self._categories = categories
        # Those of the project that was checked, None while they are not known.
        self._listed: frozenset[str] | None = None
        self._open_in = open_in
        self._dialog: ProjectDialog | None = None
        self._project_id = ""
        self._stored: Project | None = None
        self._shown = self._saving = ProjectDraft()
        self._reached: tuple[str, ...] = ()
        self._checking = object()
        self._can_keep = False
        self._patience = Patience(self)
        self._patience.worn.connect(lambda: self._tell(render(WAITING)))
        self._patience.gone.connect(lambda: self._not_saved(render(NO_ANSWER), offer_keeping=self._can_keep))

    def open(
        self,
        listed: Listed,
        stored: Project | None,
        *,
        is_new: bool = False,
        in_keyring: bool = True,
    ) -> None:
        """Show the settings of a project; `stored` is None for a new one, or one that the keyring lost.

        Without `in_keyring`, `stored` lasts for this session only.
        """
        if self._dialog is not None:
            return
        where = (
            phrase("project", "in the keyring")
            if in_keyring
            else phrase("project", "until this window closes")
        )
        kept = "" if stored is None else where
        # Loaded with the first one: many a day passes without.
        from consent_desk.ui.project.settings_dialog import ProjectDialog

        dialog = ProjectDialog(self._window, _draft_of(listed, stored), kept=kept, can_remove=not is_new)
        self._project_id, self._stored = listed.id, stored
        dialog.address_entered.connect(partial(_take_apart, dialog))
        dialog.repair_wanted.connect(partial(self._mend, dialog))
        dialog.save.clicked.connect(lambda: self._save(dialog, keyring=True))
        dialog.keep.clicked.connect(lambda: self._save(dialog, keyring=False))
        dialog.remove.clicked.connect(lambda: self._ask_to_remove(dialog))
        self._show(dialog, lambda: self._read(dialog, all_problems=True))

    def open_sandbox(self, sandbox: Project, *, can_set_up: bool) -> None:
        """Show where practice leads, its published key included, and let it be checked."""
        if self._dialog is not None:
            return
        listed = Listed(id=sandbox.id, name=sandbox.name)
        draft = replace(_draft_of(listed, sandbox), secret=sandbox.secret.reveal())
        from consent_desk.ui.project.settings_dialog import ProjectDialog

        dialog = ProjectDialog(self._window, draft, kept="", can_remove=False, read_only=True)
        self._project_id, self._stored = sandbox.id, sandbox
        dialog.set_up.setVisible(can_set_up)
        dialog.set_up.clicked.connect(dialog.close_unsaved)
        dialog.set_up.clicked.connect(self.another_wanted)
        self._show(dialog, lambda: sandbox)

    def _show(self, dialog: "ProjectDialog", checked: Callable[[], Project | None]) -> None:
        self._dialog, self._listed = dialog, None
        self._shown = self._saving = dialog.draft()
        self._reached = _what_is_reached(self._shown)
        dialog.changed.connect(partial(self._change, dialog))
        dialog.leave_requested.connect(partial(self._leave, dialog))
        dialog.check.clicked.connect(lambda: self._check_draft(dialog, checked()))
        dialog.finished.connect(self._close)
        self._read(dialog, all_problems=False)
        dialog.open()

    def go_to_key(self) -> None:
        """Put the cursor where the key is entered."""
        if self._dialog is not None:
            self._dialog.go_to(Field.API_KEY_ID)

    def _change(self, dialog: "ProjectDialog") -> None:
        self._read(dialog, all_problems=False)
        reached = _what_is_reached(dialog.draft())
        if reached != self._reached:
            self._reached, self._checking = reached, object()
            dialog.forget_report()

    def end(self) -> None:
        """Close without a question: the window closes, and whoever closes it was asked already."""
        if self._dialog is not None:
            self._dialog.close_unsaved()

    def _leave(self, dialog: "ProjectDialog") -> None:
        # What is being saved is not lost.
        is_lost = dialog.draft() not in (self._shown, self._saving)
        text = phrase(
            "project", "What you have changed in the settings is not saved. Leave them and lose it?"
        )
        if is_lost and not self._questions.agrees(
            phrase("project", "Leave settings"),
            text,
            phrase("project", "Keep typing"),
            phrase("project", "Discard"),
        ):
            return
        dialog.close_unsaved()

    def _close(self) -> None:
        self._dialog = None
        self._patience.end()

    def _tell(self, text: str, *, offer_keeping: bool = False) -> None:
        if self._dialog is not None:
            self._dialog.show_message(text, offer_keeping=offer_keeping)
            # Saving once more is always possible: a lane that hangs is left to itself.
            self._dialog.show_saving(False)

    def _not_saved(self, text: str, *, offer_keeping: bool) -> None:
        self._saving = self._shown
        self._tell(text, offer_keeping=offer_keeping)

    def _read(self, dialog: "ProjectDialog", *, all_problems: bool) -> Project | None:
        typed = dialog.draft()
        read = parse_project(typed, project_id=self._project_id, stored=self._stored)
        problems = () if isinstance(read, Project) else read
        mended = {problem.field: self._repair(typed, problem.field) for problem in problems}
        labels = {field: render(one.label) for field, one in mended.items() if one is not None}
        odd = (*remarks(typed), *self._odd_default(typed))
        dialog.show_problems(problems, odd, labels, all_of_them=all_problems)
        return read if isinstance(read, Project) else None

    def _repair(self, typed: ProjectDraft, field: Field) -> Repair | None:
        return repair(typed, field, self._stored)

    def _mend(self, dialog: "ProjectDialog", field: Field) -> None:
        found = self._repair(dialog.draft(), field)
        if found is not None:
            dialog.show_draft(found.draft)
            dialog.go_to(field)

    def _odd_default(self, typed: ProjectDraft) -> tuple[Problem, ...]:
        chosen = typed.category.strip(" ")
        if self._listed is None or not chosen or chosen in self._listed:
            return ()
        return (Problem(Field.DEFAULT_CATEGORY, say("project", "The project lists no category of this ID.")),)

    def _check_draft(self, dialog: "ProjectDialog", project: Project | None) -> None:
        if project is None:
            return
        dialog.show_checking()
        checking = self._checking = object()

        def is_shown() -> bool:
            # Changed meanwhile, the settings are not those that were checked.
            return self._dialog is dialog and self._checking is checking

        def done(report: Report) -> None:
            if is_shown():
                dialog.show_report(report.steps, works=report.works)
            self.checked.emit(project, report)
            if report.works and not project.practice:
                self._offer_categories(dialog, project)

        def failed(error: Exception) -> None:
            if is_shown():
                dialog.show_failure(render_error(error))

        self._runner.run(Lane.LOOK_UP, lambda: self._check(project), done=done, failed=failed)

    def _offer_categories(self, dialog: "ProjectDialog", project: Project) -> None:
        def done(found: tuple[Category, ...] | Meaning) -> None:
            if self._dialog is dialog and isinstance(found, tuple):
                self._listed = frozenset(one.id for one in found)
                dialog.offer_categories([one.id for one in found])
                self._read(dialog, all_problems=False)

        self._runner.run(Lane.LOOK_UP, lambda: self._categories(project), done=done, failed=let_be)

    def _save(self, dialog: "ProjectDialog", *, keyring: bool) -> None:
        project, projects = self._read(dialog, all_problems=True), self._projects
        if project is None or projects is None:
            return
        dialog.show_saving(True)
        dialog.show_message(phrase("project", "Saving…"))
        self._saving = dialog.draft()
        if not keyring:
            self._runner.renew(Lane.KEYRING)

        def work() -> tuple[SavedProject, tuple[Listed, ...]]:
            keep = projects.save if keyring else projects.keep_for_session
            return keep(project), projects.listed() or ()

        def done(result: tuple[SavedProject, tuple[Listed, ...]]) -> None:
            is_done = self._dialog is dialog and self._read(dialog, all_problems=False) == project
            if is_done:
                dialog.accept()
            elif self._dialog is dialog:
                # It stays open for what was typed while the keyring asked its person.
                self._stored, self._shown = project, self._saving
                self._tell(phrase("project", "Saved. What you have changed since is not saved yet."))
            self.saved.emit(*result, is_done)

        self._run(dialog, work, done, can_keep=True)

    def _ask_to_remove(self, dialog: "ProjectDialog") -> None:
        project_id = self._project_id
        dialog.show_saving(True)

        def ask(count: int) -> None:
            if self._dialog is not dialog:
                return
            text = phrase(
                "project", "Remove this project from this computer? Its key is removed from the keyring."
            )
            if count:
                text += phrase(
                    "project",
                    "\n\n%n of its consents have not certainly reached Engagement. They stay in the log, but "
                    "cannot be sent any more.",
                    "",
                    count,
                )
            if self._questions.agrees(
                phrase("project", "Remove project"),
                text,
                phrase("project", "Keep it"),
                phrase("project", "Remove project"),
            ):
                self._remove(dialog, project_id)
            else:
                dialog.show_saving(False)

        def failed(error: Exception) -> None:
            if self._dialog is dialog:
                self._tell(render_error(error))

        self._runner.run(Lane.JOURNAL, lambda: self._open_in(project_id), done=ask, failed=failed)

    def _remove(self, dialog: "ProjectDialog", project_id: str) -> None:
        projects = self._projects
        if projects is None:
            return

        def work() -> tuple[Listed, ...]:
            projects.remove(project_id)
            return projects.listed() or ()

        def done(listed: tuple[Listed, ...]) -> None:
            if self._dialog is dialog:
                dialog.accept()
            self.removed.emit(project_id, listed)

        self._run(dialog, work, done, can_keep=False)

    def _run(
        self,
        dialog: "ProjectDialog",
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


def _take_apart(dialog: "ProjectDialog") -> None:
    for text in (dialog.base_url.currentText(), dialog.project_token.text()):
        address = read_address(text) if "/projects/" in text else None
        if isinstance(address, Address) and address.project_token is not None:
            base_url, token = str(address.base_url), address.project_token
            dialog.show_draft(replace(dialog.draft(), base_url=base_url, project_token=token))
            return


def _what_is_reached(draft: ProjectDraft) -> tuple[str, ...]:
    """That of which a check tells whether it works."""
    return draft.base_url, draft.project_token, draft.key_id, draft.secret, draft.id_types


def _draft_of(listed: Listed, stored: Project | None) -> ProjectDraft:
    """The settings as text, without the secret: a stored one never comes back into a widget."""
    profile = listed.profile
    draft = ProjectDraft(
        name=listed.name,
        colour=profile.colour,
        kind=profile.kind,
        category=profile.category,
        channel=profile.channel,
    )
    if stored is None:
        return draft
    return replace(
        draft,
        name=stored.name,
        base_url=str(stored.base_url),
        project_token=stored.project_token,
        key_id=stored.key_id,
        id_types=", ".join(stored.id_types),
    )
