"""Offers to send what was refused for the settings of its project, once these work."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consent_desk.delivery.attention import may_leave, resendable
from consent_desk.delivery.events import Event, NotLeft, SendFailed, Settled
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.connection_check import check_connection
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_KEY = "kept"


@dataclass(slots=True)
class _Resending:
    """What a person asked for: the kept consents of `project`, one after the other."""

    workspace: Workspace
    project: Project
    waiting: deque[Entry]
    total: int
    gone: int = 0
    under_way: str = ""
    stopped: str = ""


class ResendPresenter(Presenter):
    """Never sends by itself: whoever checks a connection may not mean to send 37 consents."""

    def __init__(self, shell: ShellContext, session: Session, sending: OutcomePresenter) -> None:
        super().__init__(shell)
        self._notice = self._window.offer
        self._session = session
        self._sending = sending
        self._offered: tuple[Workspace, Project, tuple[Entry, ...]] | None = None
        self._wanted = object()
        self._batch: _Resending | None = None
        self._notice.action.clicked.connect(self._act)
        self._notice.dismiss.clicked.connect(self._offer_nothing)
        session.left.connect(self._offer_nothing)
        session.entered.connect(self._consider)
        session.told.connect(self._hear)
        session.stay_while(
            lambda: (
                phrase("window", "Wait until what was kept has left, or stop that.") if self._batch else ""
            )
        )

    def _offer_nothing(self) -> None:
        self._wanted = object()
        self._offered = None
        self._notice.take_back()

    def consider_checked(self) -> None:
        """The connection of the project in use was checked, and works."""
        workspace, project = self._session.workspace, self._session.project
        if workspace is not None and project is not None:
            workspace.engine.settings_work(project.id)
            self._consider(workspace, project, checked=True)

    def _consider(self, workspace: Workspace, project: Project | None, *, checked: bool = False) -> None:
        """Look what is kept for `project`, and offer it where the connection works, or was just `checked`."""
        if project is None or workspace.practice or self._batch is not None:
            return
        self._offer_nothing()
        wanted = self._wanted

        def offer(entries: tuple[Entry, ...]) -> None:
            if self._wanted is wanted and self._batch is None:
                self._offer(workspace, project, entries)

        def found(entries: tuple[Entry, ...]) -> None:
            if checked or not entries:
                offer(entries)
                return
            self._runner.run(
                Lane.LOOK_UP,
                lambda: check_connection(workspace.transport, project, self._now).works,
                done=lambda works: offer(entries if works else ()),
                failed=lambda error: None,
            )

        # What cannot be read now is offered another time: nothing is lost by it.
        self._runner.run(
            Lane.JOURNAL, lambda: resendable(workspace.journal, project), done=found, failed=lambda _: None
        )

    def _offer(self, workspace: Workspace, project: Project, entries: tuple[Entry, ...]) -> None:
        if not entries:
            return
        self._offered = workspace, project, entries
        count = len(entries)
        text = phrase(
            "outcomes",
            "{those} were refused for the key, a permission or the address, and are kept.",
            "{those} was refused for the key, a permission or the address, and is kept.",
            count,
        ).format(those=told(entries))
        self._notice.show_notice(
            Tone.NEUTRAL,
            phrase("outcomes", "The connection to {name} works.").format(name=project.name),
            text,
            action=phrase("outcomes", "Send the {kept}").format(kept=told(entries, kept=True)),
        )

    def _act(self) -> None:
        if self._batch is not None:
            self._stop(self._batch)
        elif self._offered is not None:
            self._begin(*self._offered)

    def _begin(self, workspace: Workspace, project: Project, entries: tuple[Entry, ...]) -> None:
        self._offer_nothing()
        self._batch = _Resending(workspace, project, deque(entries), len(entries))
        self._notice.show_notice(
            Tone.NEUTRAL,
            phrase("outcomes", "Sending what was kept for {name}.").format(name=project.name),
            phrase("outcomes", "Stop keeps those that follow the one under way."),
            action=phrase("outcomes", "Stop"),
            stops=True,
        )
        self._next(self._batch)

    def stop_for(self, project_id: str) -> None:
        """The settings of a project were saved, or it was removed: none leaves by what they were before."""
        if self._batch is not None and self._batch.project.id == project_id:
            self._batch.stopped = phrase("outcomes", "Stopped: the settings of the project were changed.")

    def _stop(self, batch: _Resending) -> None:
        batch.stopped = phrase("outcomes", "Stopped.")
        said = phrase("outcomes", "{name}: stopping after the one that is under way…")
        self._say(Tone.NEUTRAL, said.format(name=batch.project.name))

    def _say(self, tone: Tone, text: str) -> None:
        self._status.show_message(_KEY, tone, text, practice=False)

    def _next(self, batch: _Resending) -> None:
        if batch.stopped or not batch.waiting:
            self._end(batch)
            return
        entry = batch.waiting.popleft()
        name, number = batch.project.name, batch.total - len(batch.waiting)
        said = phrase("outcomes", "{name}: sending what was kept, {number:,} of {total:,}.")
        self._say(Tone.NEUTRAL, said.format(name=name, number=number, total=batch.total))

        def send(leaves: bool) -> None:
            if batch.stopped or not leaves:
                self._next(batch)
            else:
                batch.under_way = entry.request_id
                self._sending.send_kept(batch.workspace, entry, batch.project)

        self._ask(batch, entry.request_id, send)

    def _hear(self, _workspace: Workspace, event: Event) -> None:
        batch = self._batch
        if batch is None or not isinstance(event, Settled | NotLeft | SendFailed):
            return
        if (request_id := event.entry.request_id) != batch.under_way:
            return
        batch.under_way = ""

        def look(is_kept: bool) -> None:
            if is_kept:
                # The next one would fare no better.
                batch.stopped = batch.stopped or phrase("outcomes", "The last one was not taken.")
            else:
                batch.gone += 1
            self._next(batch)

        self._ask(batch, request_id, look)

    def _ask(self, batch: _Resending, request_id: str, then: Callable[[bool], None]) -> None:
        def failed(error: Exception) -> None:
            batch.stopped = render_error(error)
            self._end(batch)

        self._runner.run(
            Lane.JOURNAL, lambda: may_leave(batch.workspace.journal, request_id), done=then, failed=failed
        )

    def _end(self, batch: _Resending) -> None:
        self._batch = None
        self._notice.take_back()
        left = batch.total - batch.gone
        said = phrase(
            "outcomes",
            "{gone:,} of {total:,} that were kept for {project} went out: the log shows how each stands.",
        ).format(gone=batch.gone, total=batch.total, project=batch.project.name)
        kept = phrase("outcomes", "%n are still kept.", "%n is still kept.", left) if left else ""
        text = " ".join(filter(None, (batch.stopped, said, kept)))
        self._say(Tone.WARNING if left else Tone.NEUTRAL, text)


def told(entries: Sequence[Entry], *, kept: bool = False) -> str:
    """How many opt-outs and opt-ins, each by its name: 37 kept opt-outs and 2 opt-ins."""
    counts = Counter(entry.action for entry in entries)
    opt_outs, opt_ins = counts[Action.REJECT], counts[Action.ACCEPT]
    parts = [
        phrase("outcomes", "%n opt-outs", "%n opt-out", opt_outs) if opt_outs else "",
        phrase("outcomes", "%n opt-ins", "%n opt-in", opt_ins) if opt_ins else "",
    ]
    if kept and opt_outs:
        parts[0] = phrase("outcomes", "%n kept opt-outs", "%n kept opt-out", opt_outs)
    elif kept:
        parts[1] = phrase("outcomes", "%n kept opt-ins", "%n kept opt-in", opt_ins)
    return phrase("outcomes", " and ").join(filter(None, parts))
