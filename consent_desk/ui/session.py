"""The session: which project and workspace are in use, and what their engines tell. Each room follows it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.server_clock import Moment
from consent_desk.ui.shell.context import ShellContext
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

START = "start"
"""The key of what is said while there is nothing to send to."""

_PRESENTING = say("window", "Masked for presenting. Nothing real can be sent: choose the Sandbox to send.")


class Session(QObject):
    """What is in use: `workspace` and `project`, None while nothing is; `why_closed` says why not.

    Emits `turned(practice)` when it leads to practice or to the real consents, `left` when nothing is in use
    any more, `shut` when something else is the reason for that, `entered(Workspace, Project | None)` when
    something is, and `told(Workspace, Event)` for each event of an engine, whichever is in use.

    `offered(tuple[Category, ...])` tells the categories of the project in use, none where they are not known;
    `decided(Workspace, request_id)` that a person's word about a noted consent stands in the journal;
    `erased(project_id, CustomerId)` that nothing is to be kept of a customer.

    `journal_well` is emitted when that of the real consents was opened or written, `journal_left` when it is
    about to be closed, `journal_shut(error)` where it could not be opened, `not_noted(error)` where it could
    not be written.
    """

    turned = Signal(bool)
    left = Signal()
    shut = Signal()
    entered = Signal(object, object)
    told = Signal(object, object)
    offered = Signal(object)
    decided = Signal(object, str)
    erased = Signal(str, object)
    journal_well = Signal()
    journal_left = Signal()
    journal_shut = Signal(object)
    not_noted = Signal(object)

    def __init__(self, shell: ShellContext, workspaces: Workspaces) -> None:
        super().__init__(shell.window)
        self._shell = shell
        self._workspaces = workspaces
        self._practice: bool | None = None
        self._wanted = object()
        self._reasons: list[Callable[[], str]] = []
        self.workspace: Workspace | None = None
        self.project: Project | None = None
        self.why_closed = phrase("form", "Starting…")
        workspaces.told.connect(self.told)

    def moment(self) -> Moment:
        """The moment, as a decision that is taken now is stamped."""
        return Moment(self._shell.now()) if self.workspace is None else self.workspace.transport.moment()

    def stay_while(self, reason: Callable[[], str]) -> None:
        """What is shown is not put away while `reason` tells why that has to wait."""
        self._reasons.append(reason)

    def why_stay(self) -> str:
        """Why what is shown cannot be put away now: something of it is only here. Empty where it can."""
        return next(filter(None, (reason() for reason in self._reasons)), "")

    def use_project(self, project: Project | None) -> None:
        """Work for a real project; None while none is usable. While somebody presents, none is."""
        why = phrase("window", "Choose a project, or wait until its settings are read.")
        name = None if project is None else project.name
        if self._shell.lens.is_on:
            project, why = None, render(_PRESENTING)
        self._leave(why if project is None else phrase("window", "Opening the journal…"))
        self._shell.window.show_title(name, practice=False)
        self._enter(practice=False, project=project)

    def use_sandbox(self) -> None:
        """Practise."""
        self._leave(phrase("window", "The Sandbox is starting…"))
        self._shell.window.show_title(None, practice=True)
        self._enter(practice=True, project=None)

    def wait_for_project(self, name: str, why: str) -> None:
        """The project `name` is chosen, and cannot be used."""
        self._shell.window.show_title(name, practice=False)
        self._close(why)

    def leave_journal(self, why: str) -> None:
        """Put the journal of the real consents down: it is about to be closed."""
        self.journal_left.emit()
        if self._practice is False:
            self._wanted = object()
            self._leave(why)

    def _leave(self, why: str) -> None:
        self.workspace = self.project = None
        self.why_closed = why
        self.left.emit()

    def _close(self, why: str) -> None:
        self.why_closed = why
        self.shut.emit()

    def _enter(self, *, practice: bool, project: Project | None) -> None:
        wanted = self._wanted = object()
        self._practice = practice
        self._shell.window.status.turn_to(practice=practice)
        self.turned.emit(practice)

        def done(workspace: Workspace) -> None:
            if self._wanted is wanted:
                self.workspace, self.project = workspace, workspace.sandbox or project
                self._shell.window.status.take_back(START)
                if not practice:
                    self.journal_well.emit()
                self.entered.emit(workspace, self.project)

        def failed(error: Exception) -> None:
            if self._wanted is wanted:
                why = render_error(error)
                self._shell.window.status.show_message(START, Tone.BAD, why)
                self._close(why)
                if not practice:
                    self.journal_shut.emit(error)

        self._workspaces.enter(practice=practice, done=done, failed=failed)
        if not practice:
            self._workspaces.leave_practice()
