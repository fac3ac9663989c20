"""Brings the categories of the project in use: what was fetched last at once, and news when it is time."""

from functools import partial

from PySide6.QtCore import QTimer, Signal

from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.categories import Categories, Fetched
from consent_desk.ui.form.category_choice import NO_LIST
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane, let_be
from consent_desk.ui.widgets.messages import moment_of, phrase, render, render_error
from consent_desk.workspace import Workspace

_HOUR = 3_600_000


class CategoriesPresenter(Presenter):
    """Offers the categories of the project in use. Without any the ID is typed: nothing waits for them.

    Emits `time_told` where Engagement was asked for the time alone.
    """

    time_told = Signal()

    def __init__(
        self, shell: ShellContext, session: Session, projects: ProjectPresenter, categories: Categories
    ) -> None:
        super().__init__(shell)
        self._form = form = self._window.consent
        self._offered = session.offered
        self._categories = categories
        self._place: tuple[Workspace, Project] | None = None
        self._offered_of: tuple[str, BaseUrl, str] | None = None
        self._fetched: Fetched | None = None
        self._fetching = False
        # A window stays open for days.
        self._hourly = QTimer(self)
        self._hourly.timeout.connect(lambda: self.refresh() if self._is_old() else None)
        self._hourly.start(_HOUR)
        form.categories.refresh.clicked.connect(self.refresh)
        projects.project_left.connect(self._offer_nothing)
        projects.project_removed.connect(self._forget_project)
        session.left.connect(self._leave_project)
        session.entered.connect(self._use_project)
        self._leave_project()

    def _leave_project(self) -> None:
        # What is offered stays for when the same one comes back.
        self._place = self._fetched = None
        self._fetching = False
        self._tell("")

    def _offer_nothing(self) -> None:
        # Another project comes: what was offered is none of its categories.
        self._offered_of = None
        self._offered.emit(())

    def _use_project(self, workspace: Workspace, project: Project | None) -> None:
        if project is None:
            return
        self._place = place = (workspace, project)
        of = (project.id, project.base_url, project.project_token)
        if of != self._offered_of:
            self._offer_nothing()
        self._offered_of = of
        self._runner.run(
            Lane.ASIDE,
            lambda: self._categories.kept(project),
            done=partial(self._begin, place),
            failed=lambda error: self._begin(place, None),
        )

    def refresh(self) -> None:
        """Fetch the categories anew."""
        place = self._place
        if place is None or self._fetching:
            return
        self._fetching = True
        workspace, project = place

        def work() -> Fetched | Meaning:
            fetched = self._categories.fetch(workspace.transport, project)
            if isinstance(fetched, Fetched):
                workspace.transport.learn(project)
            return fetched

        self._runner.run(
            Lane.LOOK_UP,
            work,
            done=partial(self._take, place),
            failed=lambda error: self._miss(place, render_error(error)),
        )

    def _forget_project(self, project_id: str) -> None:
        # Now, and once more behind what is just being fetched for it.
        for lane in (Lane.ASIDE, Lane.LOOK_UP):
            self._runner.run(lane, lambda: self._categories.forget(project_id), done=let_be, failed=let_be)

    def _begin(self, place: tuple[Workspace, Project], fetched: Fetched | None) -> None:
        if place is not self._place:
            return
        if fetched is not None:
            self._offer(fetched)
        if self._is_old():
            self.refresh()
            return
        # Nobody is asked for the categories now, whose answer would tell the time.
        workspace, project = place
        told = partial(self._tell_time, place)
        self._runner.run(Lane.LOOK_UP, lambda: workspace.transport.learn(project), done=told, failed=told)

    def _tell_time(self, place: tuple[Workspace, Project], _ended: object) -> None:
        if place is self._place:
            self.time_told.emit()

    def _is_old(self) -> bool:
        return self._fetched is None or self._categories.is_old(self._fetched)

    def _take(self, place: tuple[Workspace, Project], result: Fetched | Meaning) -> None:
        if isinstance(result, Meaning):
            self._miss(place, f"{render(result.why)}. {render(result.advice)}")
        elif place is self._place:
            self._fetching = False
            self._offer(result)

    def _miss(self, place: tuple[Workspace, Project], why: str) -> None:
        if place is not self._place:
            return
        self._fetching = False
        if self._fetched is None:
            self._tell("", no_list=f"{render(NO_LIST)} {why}")
        else:
            told = phrase("form", "Categories as of {age}: they could not be fetched now. {why}")
            self._tell(told.format(age=self._age(self._fetched), why=why))

    def _offer(self, fetched: Fetched) -> None:
        self._fetched = fetched
        self._tell(phrase("form", "Categories as of {age}.").format(age=self._age(fetched)))
        self._offered.emit(fetched.categories)

    def _age(self, fetched: Fetched) -> str:
        return moment_of(self._local(fetched.at))

    def _tell(self, age: str, *, no_list: str = "") -> None:
        self._form.categories.tell_no_list(no_list)
        self._form.categories.tell_age(no_list or age or phrase("form", "Fetch the categories anew"))
