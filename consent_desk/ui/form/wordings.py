"""The menu of saved wordings: choose one for the category, save the one in the form, remove one."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from consent_desk.domain.text import visible
from consent_desk.projects.wordings import SavedWordings
from consent_desk.ui.form.notes import type_over
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render_error
from consent_desk.ui.widgets.tones import Tone

Texts = Mapping[str, tuple[str, ...]]

_PRACTICE = "practice"
"""Under which the Sandbox's texts are kept."""

_STATUS = "saved wordings"
_SHOWN = 70


class WordingsPresenter(Presenter):
    """Offers the texts of one project at a time. Nothing of another project ever shows."""

    def __init__(self, shell: ShellContext, projects: ProjectPresenter, kept: SavedWordings) -> None:
        super().__init__(shell)
        self._form = form = self._window.consent
        self._kept = kept
        self._project_id: str | None = None
        self._texts: Texts = {}
        self._menu = QMenu(form.fields.saved_wordings)
        self._menu.setToolTipsVisible(True)
        self._removing = QMenu(phrase("form", "&Remove"), self._menu)
        self._menu.aboutToShow.connect(self._fill)
        form.fields.saved_wordings.setMenu(self._menu)
        projects.project_chosen.connect(lambda project: self._enter(None if project is None else project.id))
        projects.sandbox_chosen.connect(lambda: self._enter(_PRACTICE))
        projects.project_removed.connect(self._forget_project)

    def _enter(self, project_id: str | None) -> None:
        if self._shell.lens.is_on and project_id != _PRACTICE:
            # Others look on.
            project_id = None
        self._project_id, self._texts = project_id, {}
        if project_id is not None:
            self._run(lambda: self._kept.of(project_id))

    def _forget_project(self, project_id: str) -> None:
        def work() -> Texts:
            self._kept.forget(project_id)
            return {}

        self._run(work, of=project_id)

    def _run(self, work: Callable[[], Texts], of: str | None = None) -> None:
        project_id = of or self._project_id

        def done(texts: Texts) -> None:
            self._status.take_back(_STATUS)
            if project_id == self._project_id:
                self._texts = texts

        def failed(error: Exception) -> None:
            self._status.show_message(_STATUS, Tone.WARNING, render_error(error))

        self._runner.run(Lane.ASIDE, work, done=done, failed=failed)

    def _fill(self) -> None:
        self._menu.clear()
        self._removing.clear()
        draft = self._form.draft()
        category, wording = "" if draft.categories else draft.category, draft.wording
        texts = self._texts.get(category, ())
        label = visible(self._form.categories.label(category)[:_SHOWN]).replace("&", "&&")
        if draft.categories:
            self._add(self._menu, phrase("form", "Wordings are saved for one category at a time"), None)
        elif not texts:
            said = (
                phrase("form", "No wording is saved for {label}").format(label=label)
                if category
                else phrase("form", "Choose a category first")
            )
            self._add(self._menu, said, None)
        for text in texts:
            self._add(self._menu, _one_line(text), partial(type_over, self._form.wording, text), text)
            self._add(self._removing, _one_line(text), partial(self._remove, category, text), text)
        self._menu.addSeparator()
        can_keep = category and wording.strip() and wording not in texts and self._project_id is not None
        self._add(
            self._menu,
            phrase("form", "&Save this wording for {label}").format(label=label)
            if category
            else phrase("form", "&Save this wording"),
            partial(self._keep, category, wording) if can_keep else None,
        )
        self._removing.setEnabled(bool(texts))
        self._menu.addMenu(self._removing)

    def _add(self, menu: QMenu, text: str, slot: Callable[[], None] | None, whole: str = "") -> None:
        action = QAction(text, menu)
        if slot is None:
            action.setEnabled(False)
        else:
            action.triggered.connect(lambda _=False: slot())
        # Plain lines: Qt would render what looks like HTML.
        action.setToolTip("" if "<" in whole else visible(whole))
        menu.addAction(action)

    def _keep(self, category: str, text: str) -> None:
        if (project_id := self._project_id) is not None:
            self._run(lambda: self._kept.keep(project_id, category, text))

    def _remove(self, category: str, text: str) -> None:
        question = phrase(
            "form", "Remove this wording for good? What was recorded with it stays.\n\n{wording}"
        ).format(wording=visible(text[:500]))
        project_id = self._project_id
        answers = (phrase("form", "Keep it"), phrase("form", "Remove"))
        if project_id is None:
            return
        if self._questions.choose(phrase("form", "Saved wordings"), question, answers) == 1:
            self._run(lambda: self._kept.remove(project_id, category, text))


def _one_line(text: str) -> str:
    line = visible(" ".join(text.split())).replace("&", "&&")
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
