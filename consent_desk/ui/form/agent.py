"""Who sits at this desk: the agent's name, from the operating system until a person changes it."""

from collections.abc import Callable

from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane

_AGENT = "agent"


class AgentPresenter(Presenter):
    """Shows the agent for real projects, and keeps a changed name for the next start.

    In practice the field begins empty, and nothing of it is kept: the tutorial's event stays the tutorial's.
    """

    def __init__(self, shell: ShellContext, projects: ProjectPresenter, full_name: Callable[[], str]) -> None:
        super().__init__(shell)
        self._agent = self._window.consent.more.agent
        self._settings = self._window.settings
        self._full_name = full_name
        self._practice: bool | None = None
        projects.project_chosen.connect(lambda project: self._enter(practice=False))
        projects.sandbox_chosen.connect(lambda: self._enter(practice=True))
        self._is_filling = False
        shell.lens.changed.connect(self._enter_anew)
        self._agent.textChanged.connect(self._keep)

    def _enter_anew(self, masked: bool) -> None:
        practice, self._practice = self._practice, None
        if masked:
            self._fill("")
        elif practice is not None:
            self._enter(practice=practice)

    def _enter(self, *, practice: bool) -> None:
        if practice is self._practice or self._shell.lens.is_on:
            return
        self._practice = practice
        if not practice and self._settings.contains(_AGENT):
            self._fill(str(self._settings.value(_AGENT)))
            return
        self._fill("")
        if not practice:
            # On a lane: where accounts are kept on a server, that may take its time to answer.
            self._runner.run(Lane.ASIDE, self._full_name, done=self._suggest, failed=lambda error: None)

    def _suggest(self, name: str) -> None:
        if not self._practice and not self._settings.contains(_AGENT):
            self._fill(name)

    def _fill(self, name: str) -> None:
        self._is_filling = True
        self._agent.setText(name)
        self._is_filling = False

    def _keep(self, text: str) -> None:
        if self._practice is False and not self._is_filling:
            self._settings.setValue(_AGENT, text)
