"""What is only here: a question before the window closes on it, and a file of what could not be noted."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from consent_desk.delivery.events import Counted, Event
from consent_desk.delivery.scheduler import Outstanding
from consent_desk.domain.errors import DeskError
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import say
from consent_desk.system.atomic_file import replace_file
from consent_desk.ui.checks.hold import HoldPresenter
from consent_desk.ui.form.submission import Submitter
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.states import called
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_KEY, _SLIP = "closing", "slip"
_NOT_NOTED_YET = say(
    "outcomes",
    "What you pressed Send for is not noted yet: the disk of this computer is slow. It may be lost if you "
    "close now.",
)
_UNANSWERED = say(
    "outcomes",
    "An opt-in over an opt-out waits for your answer: it stays noted, and it is sent only if you say so.",
)
_ONLY_HERE = say("outcomes", "What was NOT NOTED is nowhere but in this window: copy it before you close.")


_NOT_SAVED = (
    say("outcomes", "The slip was not saved: the file cannot be written."),
    say("outcomes", "Choose another folder."),
)
_NO_ANSWER = say(
    "outcomes",
    "The slip was not saved: the folder does not answer. Choose another one. "
    "Should it answer after all, the slip may still appear there.",
)


class OutstandingPresenter(Presenter):
    """Holds the window open for what is only here: real consents outstanding, being noted, or not noted."""

    def __init__(
        self,
        shell: ShellContext,
        session: Session,
        receipt: ReceiptPresenter,
        submitter: Submitter,
        hold: HoldPresenter,
    ) -> None:
        super().__init__(shell)
        self._receipt = receipt
        self._submitter = submitter
        self._workspace: Workspace | None = None
        self._outstanding = Outstanding()
        self._counting = False
        self._asking = False
        self._patience = Patience(self)
        self._patience.worn.connect(self._ask)
        session.told.connect(self._hear)
        self._hold = hold
        self._window.hold_while(lambda: hold.is_holding or self._is_behind() or bool(self._why()))
        self._window.held_open.connect(hold.release)
        # Later: a question within the window's own event could not be overtaken by the session's end.
        self._window.held_open.connect(self._begin, Qt.ConnectionType.QueuedConnection)

    def _why(self) -> str:
        """What speaks against closing; empty where nothing does. Practice keeps nobody."""
        submission = self._submitter.under_way
        parts = [told(self._outstanding)] if int(self._outstanding) else []
        if self._hold.is_holding:
            parts.append(render(_UNANSWERED))
        if submission is not None and not submission.workspace.practice:
            parts.append(render(_NOT_NOTED_YET))
        if self._receipt.slips:
            parts.append(render(_ONLY_HERE))
        return "\n\n".join(parts)

    def _is_behind(self) -> bool:
        """Whether something was noted just now that is not counted yet."""
        return self._workspace is not None and self._workspace.engine.is_behind

    def _hear(self, workspace: Workspace, event: Event) -> None:
        if isinstance(event, Counted) and not workspace.practice:
            self._workspace, self._outstanding = workspace, event.outstanding

    def _begin(self) -> None:
        workspace = self._workspace
        if self._counting or workspace is None:
            # Asked a second time, while the disk does not answer: what is known has to do.
            self._ask()
            return
        self._counting = True
        self._patience.begin()
        self._runner.run(
            Lane.JOURNAL,
            workspace.engine.outstanding,
            done=self._take,
            failed=lambda error: self._take(self._outstanding),
        )

    def _take(self, outstanding: Outstanding) -> None:
        self._outstanding = outstanding
        if self._counting:
            self._ask()

    def _ask(self) -> None:
        self._counting = False
        self._patience.end()
        if self._asking:
            return
        why = self._why()
        if not why:
            self._window.end()
            return
        self._asking = True
        copying = (phrase("outcomes", "Copy list"),) if int(self._outstanding) or self._receipt.slips else ()
        answer = self._questions.choose(
            phrase("outcomes", "Close Consent Desk?"),
            why,
            (phrase("outcomes", "Stay open"), phrase("outcomes", "Close anyway"), *copying),
        )
        self._asking = False
        if answer == 1:
            self._window.end()
        elif answer == 2:
            self._copy_list()

    def _copy_list(self) -> None:
        if self._workspace is None or not int(self._outstanding):
            self._copy("")
            return
        workspace = self._shell.lens.workspace(self._workspace)
        self._runner.run(
            Lane.JOURNAL,
            lambda: _list_of(workspace.engine.open_entries()),
            done=self._copy,
            failed=lambda error: self._status.show_message(_KEY, Tone.BAD, render_error(error)),
        )

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(
            "\n\n".join(part for part in (*self._receipt.slips, text) if part)
        )
        self._receipt.take_along()
        self._status.show_message(_KEY, Tone.NEUTRAL, phrase("outcomes", "The list was copied."))


class SlipPresenter(Presenter):
    """Saves slips, one file at a time: there is nothing secret in them.

    On a lane of its own, which is renewed when it hangs: a folder on a network may not answer, and slips are
    for when the machine is in trouble.
    """

    def __init__(self, shell: ShellContext, receipt: ReceiptPresenter) -> None:
        super().__init__(shell)
        self._receipt = receipt
        self._is_saving = False
        self._patience = Patience(self)
        self._patience.worn.connect(
            lambda: self._status.show_message(_SLIP, Tone.NEUTRAL, phrase("outcomes", "Saving the slip…"))
        )
        self._patience.gone.connect(self._give_up)
        self.action = self._window.top.menu.addAction(phrase("outcomes", "Save slips…"), self._save)
        self.action.setEnabled(False)
        receipt.only_here.connect(lambda count: self.action.setEnabled(count > 0))

    def _save(self) -> None:
        if self._is_saving:
            # The last slip is still waited for, and the status says so.
            return
        text = "\n\n".join(self._receipt.slips)
        chosen = self._questions.choose_file(
            phrase("outcomes", "Save slips"),
            phrase("outcomes", "not noted"),
            [("txt", phrase("outcomes", "Text"))],
        )
        if chosen is None:
            return

        def work() -> None:
            try:
                replace_file(chosen[0], text.encode())
            except OSError as error:
                raise DeskError(*_NOT_SAVED) from error

        self._is_saving = True
        self._patience.begin()
        self._runner.run(
            Lane.SLIP,
            work,
            done=lambda _none: self._end(Tone.NEUTRAL, phrase("outcomes", "The slip was saved.")),
            failed=lambda error: self._end(Tone.BAD, render_error(error)),
        )

    def _give_up(self) -> None:
        self._runner.renew(Lane.SLIP)
        self._end(Tone.BAD, render(_NO_ANSWER))

    def _end(self, tone: Tone, text: str) -> None:
        self._is_saving = False
        self._patience.end()
        self._status.show_message(_SLIP, tone, text)


def told(outstanding: Outstanding) -> str:
    """What is outstanding, and what that means, in a person's words."""
    opt_outs, opt_ins, unread = outstanding.opt_outs, outstanding.opt_ins, outstanding.unread
    parts = {
        phrase("outcomes", "%n opt-outs", "%n opt-out", opt_outs): opt_outs,
        phrase("outcomes", "%n opt-ins", "%n opt-in", opt_ins): opt_ins,
        phrase("outcomes", "%n consents", "%n consent", unread): unread,
    }
    those = phrase("outcomes", " and ").join(part for part, count in parts.items() if count)
    count = int(outstanding)
    return phrase(
        "outcomes",
        "{those} have not reached Engagement. They leave only when Consent Desk is opened here again.",
        "{those} has not reached Engagement. It leaves only when Consent Desk is opened here again.",
        count,
    ).format(those=those)


def _list_of(entries: tuple[Entry, ...]) -> str:
    return "\n".join(
        "\t".join(
            (
                f"{entry.customer.type} = {entry.customer.value}",
                render(decision(entry.action, entry.category)),
                entry.project_name,
                render(called(entry, practice=False).word),
                entry.request_id,
            )
        )
        for entry in entries
    )
