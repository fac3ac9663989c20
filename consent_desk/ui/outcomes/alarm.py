"""Rings while Engagement shows other than what was recorded, and notes the same decision anew on request."""

from functools import partial
from uuid import uuid4

from PySide6.QtCore import Signal

from consent_desk.delivery.attention import Alarm
from consent_desk.delivery.events import Event, LookedUp, Noted, Settled
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.record import Context, Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.server_clock import is_off, tell_off
from consent_desk.ui.log.line_details import Deed
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_KEY = "alarm"
_REMOVED = say(
    "outcomes", "Its project was removed from this computer. Set it up again, and enter the decision there."
)


class AlarmPresenter(Presenter):
    """Emits `noted(Workspace, Project, Consent, Entry)`, or `failed(Workspace, Project, Consent, Exception)`.

    Rings for real consents alone, in practice too, where it says that it is real and sends nothing; a line
    of practice can be sent with the time now all the same.
    """

    noted = Signal(object, object, object, object)
    failed = Signal(object, object, object, object)

    def __init__(
        self, shell: ShellContext, session: Session, projects: ProjectPresenter, log: LogPresenter
    ) -> None:
        super().__init__(shell)
        self._notice = self._window.alarm
        self._projects = projects
        self._workspace: Workspace | None = None
        self._standing: tuple[Alarm, ...] = ()
        self._said_of_clock = ""
        self._practice = False
        self._busy: set[str] = set()
        # What could not be noted. If its row is there after all, the very same one is noted again.
        self._tried: dict[str, tuple[Consent, Context]] = {}
        self._notice.action.clicked.connect(self._act)
        self._notice.dismiss.clicked.connect(self._dismiss)
        log.on_line(Deed.RENEW, self._send)
        session.turned.connect(self._turn_to)
        session.told.connect(self._hear)
        session.decided.connect(lambda *_: self._look_again())
        session.erased.connect(self._forget_customer)

    def take_up(self, workspace: Workspace) -> None:
        """Ring for what nobody has seen so far."""
        if not workspace.practice:
            self._workspace = workspace
            self._look_again()

    def _hear(self, workspace: Workspace, event: Event) -> None:
        match event:
            case Noted() if self._standing:
                # It may be the end of the alarm that rings.
                self._look_again()
            case Settled(entry=Entry(state=State.DISCARDED)):
                # It rules no more.
                self._look_again()
            case LookedUp(entry=Entry(state=State.CONTRADICTED)) if not workspace.practice:
                self._look_again()
            case _:
                pass

    def _look_again(self) -> None:
        workspace = self._workspace
        if workspace is None:
            return

        def done(alarms: tuple[Alarm, ...]) -> None:
            # Others may look on since then.
            if workspace is self._workspace:
                self._show(alarms)

        self._runner.run(Lane.JOURNAL, workspace.alarms.standing, done=done, failed=self._cannot)

    def _turn_to(self, practice: bool) -> None:
        self._practice = practice
        self._show(self._standing)

    def show_anew(self) -> None:
        """The time was told: what rings may have to do with this computer's clock."""
        if self._standing and self._of_clock(self._standing[0]) != self._said_of_clock:
            self._show(self._standing)

    def _forget_customer(self, _project_id: str, customer: CustomerId) -> None:
        self._tried = {one: tried for one, tried in self._tried.items() if tried[0].customer != customer}
        self._look_again()

    def _show(self, alarms: tuple[Alarm, ...]) -> None:
        self._standing = alarms
        if not alarms:
            self._notice.take_back()
            return
        entry, judgement, can_renew = alarms[0].entry, alarms[0].judgement, alarms[0].can_renew
        who = _about(entry)
        count = len(alarms)
        more = phrase("outcomes", " 1 of %n alarms.", "", count) if len(alarms) > 1 else ""
        if self._practice:
            more += phrase(
                "outcomes",
                " This one is real, not practice: choose {project_name} as the project to send it.",
            ).format(project_name=entry.project_name)
        self._said_of_clock = self._of_clock(alarms[0])
        self._notice.show_notice(
            Tone.BAD,
            render(judgement.headline, self._local),
            f"{who}\n{self._said_of_clock}{render(judgement.advice, self._local)}{more}",
            loud=entry.action is Action.REJECT,
            action=phrase("outcomes", "Record again, dated now"),
            can_act=can_renew and not self._practice and not self._shell.lens.is_on,
        )

    def _of_clock(self, alarm: Alarm) -> str:
        """That this computer's clock was wrong, or is, where that is known."""
        noted = alarm.clock_off
        if noted is not None and is_off(noted):
            return phrase(
                "outcomes",
                "This computer's clock was {off} when it was noted: it was stamped by Engagement's time. ",
            ).format(off=render(tell_off(noted)))
        now = None if self._workspace is None else self._workspace.transport.moment().clock_off
        if now is None or not is_off(now):
            return ""
        parts = [phrase("outcomes", "This computer's clock is {off}.").format(off=render(tell_off(now)))]
        if noted is None:
            parts.append(phrase("outcomes", "It was noted before Engagement had told the time."))
        if alarm.can_renew:
            parts.append(phrase("outcomes", "Record again, dated now uses Engagement's time."))
        return " ".join((*parts, ""))

    def _dismiss(self) -> None:
        workspace, standing = self._workspace, self._standing
        if workspace is not None and standing:
            self._runner.run(
                Lane.JOURNAL,
                lambda: workspace.alarms.dismiss(standing[0].entry.request_id),
                done=lambda nothing: self._look_again(),
                failed=self._cannot,
            )

    def _cannot(self, error: Exception) -> None:
        self._status.show_message(_KEY, Tone.BAD, render_error(error), practice=False)

    def _act(self) -> None:
        if self._workspace is not None and self._standing:
            self._send(self._workspace, self._standing[0].entry)

    def _send(self, workspace: Workspace, entry: Entry) -> None:
        if entry.request_id in self._busy:
            return
        self._busy.add(entry.request_id)
        self._status.take_back(_KEY)
        go, cannot = partial(self._renew, workspace, entry), partial(self._say_why, workspace, entry)
        self._projects.find(workspace, entry.project_id, go, cannot)

    def _say_why(self, workspace: Workspace, entry: Entry, why: str) -> None:
        self._busy.discard(entry.request_id)
        said = phrase("outcomes", "Nothing was noted or sent. {why}\n{about}").format(
            why=why, about=_about(entry)
        )
        self._status.show_message(_KEY, Tone.BAD, said, practice=workspace.practice)

    def _renew(self, workspace: Workspace, entry: Entry, project: Project | None) -> None:
        if project is None:
            self._say_why(workspace, entry, render(_REMOVED))
            return
        found, tried = project, self._tried.get(entry.request_id)

        def work() -> tuple[Consent, Context] | Message:
            if tried is not None and workspace.journal.has(tried[0].request_id):
                return tried
            new_id = str(uuid4()) if tried is None else tried[0].request_id
            renewed = workspace.alarms.renewed(entry.request_id, new_id, workspace.transport.moment())
            if isinstance(renewed, Message):
                return renewed
            consent, context = renewed
            return workspace.outbox.stamp(found, consent, context), context

        def done(renewed: tuple[Consent, Context] | Message) -> None:
            if isinstance(renewed, Message):
                self._say_why(workspace, entry, render(renewed))
            else:
                self._note(workspace, entry, found, *renewed)

        def failed(error: Exception) -> None:
            self._say_why(workspace, entry, render_error(error))

        self._runner.run(Lane.JOURNAL, work, done=done, failed=failed)

    def _note(
        self, workspace: Workspace, entry: Entry, project: Project, consent: Consent, context: Context
    ) -> None:
        self._tried[entry.request_id] = consent, context

        def done(new: Entry) -> None:
            self._busy.discard(entry.request_id)
            self._tried.pop(entry.request_id, None)
            self.noted.emit(workspace, project, consent, new)
            self._look_again()

        def failed(error: Exception) -> None:
            self._busy.discard(entry.request_id)
            self.failed.emit(workspace, project, consent, error)

        self._runner.run(
            Lane.JOURNAL, lambda: workspace.outbox.note(project, consent, context), done=done, failed=failed
        )


def _about(entry: Entry) -> str:
    # By the ID of its category: of an earlier run's project no label is known when it rings.
    decided = render(decision(entry.action, entry.category))
    return f"{entry.customer.value}, {decided}, {entry.project_name}"
