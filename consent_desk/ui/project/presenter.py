"""Chooses among the projects: connects the bar at the top to the list and the keyring."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never
from uuid import uuid4

from PySide6.QtCore import Signal

from consent_desk.domain.message import say
from consent_desk.domain.wire.project import PROJECT_COLOURS, Profile, Project
from consent_desk.engagement.connection_check import Report
from consent_desk.projects.projects import Listed, Projects, SavedProject
from consent_desk.ui.project.bar import NEW, SANDBOX, Repair
from consent_desk.ui.project.key_state import KeyState, KeyTroubles, SharedReads
from consent_desk.ui.project.marks import Marks
from consent_desk.ui.project.settings import SettingsPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_LAST = "last_project"
_WAS_SAVED = "project_saved"
_UNTIL_CLOSED = say(
    "project",
    "There is no keyring on this computer that can keep the settings. They last until this window closes. "
    "Then the key is gone from here, and the settings are to be entered again.",
)


class ProjectPresenter(Presenter):
    """Emits `project_chosen` (None while none is usable) and `sandbox_chosen`.

    `project_withheld(name, why)` tells that the chosen one cannot be used. `project_left` comes before,
    where another one was chosen until then, usable or not.

    `project_saved(id)`: its settings are others from now on, chosen or not. `check_passed`:
    the one in use was checked on request, and works.

    `project_removed(id)`: nothing is to be kept of it. `marks` tells projects apart.

    Without `projects` it is a demo: there is the Sandbox and nothing else. `noted_before` tells whether there
    is a journal of real consents: it is opened even where there is no project any more, and a missing list is
    a fault then.
    """

    project_left = Signal()
    project_saved = Signal(str)
    project_removed = Signal(str)
    check_passed = Signal()
    project_chosen = Signal(object)
    project_withheld = Signal(str, str)
    sandbox_chosen = Signal()

    def __init__(
        self,
        shell: ShellContext,
        projects: Projects | None,
        settings_desk: SettingsPresenter,
        noted_before: Callable[[], bool],
    ) -> None:
        super().__init__(shell)
        self._bar = self._window.project_bar
        self._projects = projects
        self._settings_desk = settings_desk
        self._noted_before = noted_before
        self._settings = self._window.settings
        self._listed: dict[str, Listed] = {}
        self._list_is_known = False
        self._ready: dict[str, Project] = {}
        self._session_only: set[str] = set()
        self._chosen: str | None = None
        self._key = KeyState(self._bar, self._runner, self)
        self._reads = SharedReads(self._key)
        self.marks = Marks(self)
        self.marks.changed.connect(self._name_in_send)
        self._sandbox: Project | None = None
        self.troubles = KeyTroubles(self._key, self._ready, shell.local_now, shell.lens.message, self)
        self._bar.requested.connect(self._take_request)
        self._bar.settings.clicked.connect(self.open_settings)
        self._bar.repair_requested.connect(self._repair)
        settings_desk.saved.connect(self._take_saved)
        settings_desk.removed.connect(self._take_removed)
        settings_desk.checked.connect(self._show_checked)
        settings_desk.another_wanted.connect(self.set_up)
        self._window.closing.connect(settings_desk.end)

    def start(self) -> None:
        """Choose the project used last, or the Sandbox where nothing real was ever done."""
        if self._projects is None:
            self.choose_sandbox()
            return

        # Where anything real was ever there, practice is chosen by a person only.
        was_real = self._noted_before() or bool(
            self._settings.value(_LAST, "") or self._settings.value(_WAS_SAVED, "")
        )

        def done(listed: tuple[Listed, ...] | None) -> None:
            if listed is None and was_real:
                self._show_nothing(
                    phrase(
                        "project",
                        "The list of your projects is gone. Set the project up again, "
                        "and enter again what is shown as not sent.",
                    )
                )
                return
            self._list(listed or ())
            if listed:
                last = str(self._settings.value(_LAST, ""))
                self.choose(last if last in self._listed else listed[0].id)
            elif listed is None:
                self.choose_sandbox()
            else:
                self._show_no_project()

        self._runner.run(
            Lane.KEYRING,
            self._projects.listed,
            done=done,
            failed=lambda error: self._show_nothing(render_error(error)),
        )

    def _take_request(self, wanted: str) -> None:
        if wanted == NEW:
            self.set_up()
        elif wanted == SANDBOX:
            self.choose_sandbox()
        else:
            self.choose(wanted)

    def enter_again(self) -> None:
        """The journal of real consents was opened anew: use again what is chosen. Practice has its own."""
        if self._chosen in self._listed:
            self.choose(self._chosen)
        elif self._chosen != SANDBOX or not self._listed:
            # With no project at all it may have been practice only for want of a journal.
            self.start()

    def find(
        self,
        workspace: Workspace,
        project_id: str,
        then: Callable[[Project | None], None],
        cannot: Callable[[str], None],
    ) -> None:
        """Find a project that may not be the chosen one. `then` gets None for a removed one.

        `cannot` gets the reason, where neither list nor keyring can tell. Practice has its own project.
        """
        if workspace.practice:
            then(workspace.sandbox)
            return
        listed, projects = self._listed.get(project_id), self._projects
        if not self._list_is_known or projects is None:
            cannot(phrase("project", "The list of your projects cannot be read."))
            return
        if project_id in self._ready or listed is None:
            then(self._ready.get(project_id))
            return

        def load() -> Project | None:
            # Chosen meanwhile, it has been read.
            return self._ready.get(project_id) or projects.load(listed)

        def take(project: Project) -> None:
            then(self._ready.setdefault(project_id, project))

        self._reads.read(project_id, load, take, cannot)

    def choose_sandbox(self) -> None:
        """Practise."""
        self._choose(SANDBOX)
        self._key.say(Tone.PRACTICE, phrase("project", "simulated on this computer"))
        self.sandbox_chosen.emit()

    def practise_anew(self) -> None:
        """Practise, with nothing left in the form of what was practised before."""
        self.project_left.emit()
        self.choose_sandbox()

    def choose(self, project_id: str) -> None:
        """Choose a project of the list, with its settings from the keyring unless they are known already."""
        self._choose(project_id)
        listed, projects = self._listed.get(project_id), self._projects
        if project_id in self._ready:
            self._use(self._ready[project_id])
            return
        self.project_chosen.emit(None)
        if projects is None or listed is None:
            return

        def done(project: Project | None) -> None:
            if project is not None:
                self._ready[project_id] = project
            if self._chosen != project_id:
                return
            if project is None:
                missing = phrase("project", "not in the keyring: enter the project settings again")
                self._key.say(Tone.BAD, missing, repair=Repair.ENTER_KEY)
                self.project_withheld.emit(
                    listed.name, phrase("project", "Enter the project settings again: none were kept.")
                )
            else:
                self._use(project)
                self._key.say_from_keyring()

        def failed(error: Exception) -> None:
            if self._chosen == project_id:
                why = phrase("project", "{why} Then choose the project again.").format(
                    why=render_error(error)
                )
                self._key.say(Tone.BAD, why, repair=Repair.READ_AGAIN)
                self.project_withheld.emit(listed.name, why)

        # Given up, its settings are asked for.
        self._key.read(lambda: projects.load(listed), done=done, failed=failed, given_up=lambda why: None)

    def set_up(self) -> None:
        """Open empty settings for a new project, in a colour that no other one has."""
        if self._projects is not None and not self._is_masked():
            taken = {mark.colour for mark in self.marks.all.values()}
            free = next((colour for colour in PROJECT_COLOURS if colour not in taken), "")
            new = Listed(id=str(uuid4()), name="", profile=Profile(colour=free))
            self._settings_desk.open(new, None, is_new=True)

    def open_settings(self) -> None:
        """Open the settings of the chosen project: those of the Sandbox to look at and to check."""
        listed = self._listed.get(self._chosen or "")
        if listed is not None and not self._is_masked():
            in_keyring = listed.id not in self._session_only
            profile = replace(listed.profile, colour=self.marks.all[listed.id].colour)
            listed = replace(listed, profile=profile)
            self._settings_desk.open(listed, self._ready.get(listed.id), in_keyring=in_keyring)
        elif self._chosen == SANDBOX:
            if self._sandbox is not None:
                self._settings_desk.open_sandbox(self._sandbox, can_set_up=self._projects is not None)
        elif listed is None:
            self.set_up()

    def show_sandbox(self, sandbox: Project) -> None:
        """Practice runs, and leads there."""
        self._sandbox = sandbox

    def _is_masked(self) -> bool:
        if self._shell.lens.is_on:
            self._key.say(Tone.WARNING, phrase("project", "presenting: the settings are not shown"))
        return self._shell.lens.is_on

    def _choose(self, chosen: str | None) -> None:
        # What is typed while nothing is chosen yet stays; what was typed for another project goes.
        if self._chosen not in {None, chosen}:
            self.project_left.emit()
        self._chosen = chosen
        self.troubles.show_of(None)
        self._key.say_nothing()
        self._show_list()
        self._name_in_send()
        self._bar.show_host("")

    def _name_in_send(self) -> None:
        mark = self.marks.of(self._chosen or "") if self.marks.several else None
        self._window.consent.send.name_project("" if mark is None else mark.text)

    def _show_list(self) -> None:
        self._bar.show_projects(self.marks.all, self._chosen, only=self._projects is None)

    def _use(self, project: Project) -> None:
        self._settings.setValue(_LAST, project.id)
        self._bar.show_host(project.base_url.authority)
        self._key.say(Tone.QUIET, "")
        self.troubles.show_of(project.id)
        self.project_chosen.emit(project)

    def _list(self, listed: tuple[Listed, ...]) -> None:
        self._listed = {one.id: one for one in listed}
        self._list_is_known = True
        if listed:
            self._settings.setValue(_WAS_SAVED, "yes")
        self.marks.show(listed)

    def _take_saved(self, saved: SavedProject, listed: tuple[Listed, ...], is_done: bool) -> None:
        self._keep(saved, listed)
        if not is_done and saved.project.id != self._chosen:
            # Its settings were closed meanwhile: whoever works for another project goes on undisturbed.
            self._show_list()
            return
        self.choose(saved.project.id)
        if saved.keyring is None:
            session_only = phrase("project", "no keyring: this session only")
            self._key.say(Tone.WARNING, session_only, more=render(_UNTIL_CLOSED))
        else:
            kept = phrase("project", "saved in {keyring}").format(keyring=saved.keyring)
            self._key.say(Tone.QUIET, kept)

    def _keep(self, saved: SavedProject, listed: tuple[Listed, ...]) -> None:
        self._list(listed)
        self._ready[saved.project.id] = saved.project
        self.troubles.mend(saved.project.id)
        if saved.keyring is None:
            self._session_only.add(saved.project.id)
        else:
            self._session_only.discard(saved.project.id)
        self.project_saved.emit(saved.project.id)

    def _take_removed(self, project_id: str, listed: tuple[Listed, ...]) -> None:
        self._list(listed)
        self._ready.pop(project_id, None)
        self.troubles.clear(project_id)
        if project_id != self._chosen:
            # Its settings were closed meanwhile: whoever works for another project goes on undisturbed.
            self._show_list()
        elif listed:
            self.choose(listed[0].id)
        else:
            self._show_no_project()
        self.project_removed.emit(project_id)

    def _show_checked(self, project: Project, report: Report) -> None:
        # What was checked may be a draft: the bar speaks only of what is in use, whatever it is called.
        used = self._ready.get(project.id)
        is_used = used is not None and replace(project, name=used.name, profile=used.profile) == used
        if is_used and self._chosen == project.id:
            at = self._shell.local_now().strftime("%H:%M")
            if report.works:
                self.troubles.clear(project.id)
                works = phrase("project", "credentials work, checked {at}").format(at=at)
                self._key.say(Tone.NEUTRAL, works)
                self.check_passed.emit()
            else:
                self.troubles.check_failed(project.id, at)

    def _show_no_project(self) -> None:
        # Not the Sandbox: the log of what was noted for projects that were removed is not practice.
        self._show_nothing(
            phrase("project", "No project is set up. Set one up, or choose the Sandbox to practise."),
            Tone.NEUTRAL,
        )

    def _show_nothing(self, why: str, tone: Tone = Tone.BAD) -> None:
        self._choose(None)
        self._key.say(tone, why)
        self.project_chosen.emit(None)

    def _repair(self, repair: Repair) -> None:
        match repair:
            case Repair.GO_ON:
                self._go_on()
            case Repair.READ_AGAIN:
                if self._chosen is not None:
                    self.choose(self._chosen)
            case Repair.ENTER_KEY:
                self.open_settings()
                self._settings_desk.go_to_key()
            case _ as never:
                assert_never(never)

    def _go_on(self) -> None:
        self._runner.renew(Lane.KEYRING)
        if self._chosen in self._ready or self._chosen == SANDBOX:
            # Only something else was looked for.
            return
        without = phrase("project", "without the keyring: enter the project settings again")
        self._key.say(Tone.WARNING, without)
        self.open_settings()
