"""Saves proofs: of a line of the log, or of its customer."""

from collections.abc import Callable
from functools import partial

from consent_desk.domain.evidence.proof import Proof
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.workspace import Workspace

_KEY = "proof"


class ProofPresenter(Presenter):
    """Asks for a folder, and brings two files there, on a lane of its own: that folder may not answer.

    Then another one may be chosen at any time.
    """

    def __init__(self, shell: ShellContext, log: LogPresenter) -> None:
        super().__init__(shell)
        self._log = log
        self._path = shell.lens.path
        self._folder = ""
        self._hangs = False
        self._patience = Patience(self)
        self._patience.worn.connect(self._say_that_it_hangs)
        self._patience.gone.connect(self._give_up)
        self._window.log.line.proof_of_consent.triggered.connect(self._save_consent)
        self._window.log.line.proof_of_customer.triggered.connect(self._save_customer)

    def _save_consent(self) -> None:
        workspace, request_id = self._log.workspace, self._window.log.chosen
        if workspace is not None and request_id:
            self._save(workspace, partial(workspace.proofs.of_consent, request_id, self._local))

    def _save_customer(self) -> None:
        workspace, entry = self._log.workspace, self._log.find(self._window.log.chosen)
        if workspace is not None and entry is not None:
            of_customer = workspace.proofs.of_customer
            self._save(workspace, partial(of_customer, entry.project_id, entry.customer, self._local))

    def _save(self, workspace: Workspace, make: Callable[[], Proof]) -> None:
        folder = self._questions.choose_folder(phrase("proof", "Folder for the two files of the proof"))
        if not folder:
            return
        if self._hangs:
            self._give_up()

        def work(tell: Callable[[str], None]) -> tuple[str, str]:
            # Loaded here: no start waits for what makes pages.
            from consent_desk.ui.proof.pdf import pdf_of

            def pages(proof: Proof, checksum: str) -> bytes:
                made = pdf_of(proof, checksum)
                # From here on it is the folder that is waited for.
                tell(folder)
                return made

            return workspace.proofs.save(make(), folder, pages)

        def done(paths: tuple[str, str]) -> None:
            self._end()
            if workspace.presented:
                self._say(Tone.NEUTRAL, phrase("proof", "The pages are saved, masked: they prove nothing."))
                return
            begun = phrase("proof", "Practice: the") if workspace.practice else phrase("proof", "The")
            beside = phrase("proof", "beside it the .json that consent-desk verify checks")
            tone = Tone.PRACTICE if workspace.practice else Tone.NEUTRAL
            self._say(
                tone,
                phrase("proof", "{begun} proof is saved: {path}, {beside}").format(
                    begun=begun, path=self._path(paths[1]), beside=beside
                ),
            )

        def failed(error: Exception) -> None:
            self._end()
            self._say(Tone.BAD, render_error(error))

        self._say(Tone.QUIET, phrase("proof", "Making the proof…"))
        self._runner.run_telling(Lane.PROOF, work, told=self._wait_for, done=done, failed=failed)

    def _wait_for(self, folder: str) -> None:
        self._folder = folder
        self._patience.begin()

    def _say_that_it_hangs(self) -> None:
        self._hangs = True
        self._say(
            Tone.NEUTRAL,
            phrase(
                "proof",
                "The folder {path} does not answer yet: the proof waits. Another folder may be chosen.",
            ).format(path=self._path(self._folder)),
        )

    def _give_up(self) -> None:
        self._end()
        self._runner.renew(Lane.PROOF)
        self._say(
            Tone.BAD,
            phrase(
                "proof",
                "No proof was saved: the folder {path} does not answer. Choose another "
                "one. Should it answer after all, the proof may still appear there.",
            ).format(path=self._path(self._folder)),
        )

    def _end(self) -> None:
        self._hangs = False
        self._patience.end()

    def _say(self, tone: Tone, text: str) -> None:
        self._status.show_message(_KEY, tone, text)
