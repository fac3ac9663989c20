"""Saves what could not be noted as a text file."""

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say
from consent_desk.system.atomic_file import replace_file
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone

_KEY = "slip"
_NOT_SAVED = (
    say("outcomes", "The slip was not saved: the file cannot be written."),
    say("outcomes", "Choose another folder."),
)
_NO_ANSWER = say(
    "outcomes",
    "The slip was not saved: the folder does not answer. Choose another one. "
    "Should it answer after all, the slip may still appear there.",
)


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
            lambda: self._status.show_message(_KEY, Tone.NEUTRAL, phrase("outcomes", "Saving the slip…"))
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
            {"txt": phrase("outcomes", "Text")},
        )
        if chosen is None:
            return

        def work() -> None:
            try:
                replace_file(chosen, text.encode())
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
        self._status.show_message(_KEY, tone, text)
