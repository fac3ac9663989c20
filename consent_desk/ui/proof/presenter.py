"""Saves proofs: of a line of the log, of its customer, or of what Engagement shows of the one in the form."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import DeskError
from consent_desk.domain.evidence.proof import Proof
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.project import Project
from consent_desk.proof.make import Pages, Rebuilding
from consent_desk.ui.log.presenter import LogDesk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.project.presenter import ProjectDesk
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.shell.waiting import Patience
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.widgets.messages import Local, render, render_error
from consent_desk.ui.widgets.tones import Tone

_KEY = "proof"


class Saving(Protocol):
    """Whoever made a proof, and saves it."""

    def save(self, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
        """Write both files; return their paths."""


class ProofDesk(QObject):
    """Asks for a folder, and brings two files there, on a lane of its own: that folder may not answer.

    Then another one may be chosen at any time. `rebuilding` is loaded on that lane. It needs no journal:
    a proof is rebuilt where that cannot be opened.
    """

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        log: LogDesk,
        projects: ProjectDesk,
        *,
        rebuilding: Callable[[], Rebuilding],
        local: Local,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._runner = runner
        self._questions = questions
        self._log = log
        self._rebuilding = rebuilding
        self._local = local
        self._project: Project | None = None
        self._folder = ""
        self._hangs = False
        self._patience = Patience(self)
        self._patience.worn.connect(self._say_that_it_hangs)
        self._patience.gone.connect(self._give_up)
        projects.project_chosen.connect(self._use_project)
        projects.project_left.connect(lambda: self._use_project(None))
        button = window.log.proof
        button.consent_requested.connect(self.save_consent)
        button.customer_requested.connect(self.save_customer)
        button.history_requested.connect(self.save_history)
        # Asked only when it opens: a line may be chosen, changed or taken away at any time.
        button.menu().aboutToShow.connect(lambda: button.offer(chosen=bool(window.log.chosen)))

    def _use_project(self, project: Project | None) -> None:
        self._project = project

    def save_consent(self) -> None:
        """Save what proves the chosen consent."""
        station, request_id = self._log.station, self._window.log.chosen
        if station is not None and request_id:
            proofs = station.proofs
            self._save(
                lambda: (proofs, proofs.of_consent(request_id, self._local)), practice=station.practice
            )

    def save_customer(self) -> None:
        """Save what proves all consents of the customer of the chosen line."""
        station, entry = self._log.station, self._log.find(self._window.log.chosen)
        if station is not None and entry is not None:
            proofs = station.proofs
            of = entry.project_id, entry.customer
            self._save(lambda: (proofs, proofs.of_customer(*of, self._local)), practice=station.practice)

    def save_history(self) -> None:
        """Save what Engagement shows of the customer in the form."""
        station, draft = self._log.station, self._window.consent.draft()
        project = self._project if station is None else station.sandbox or self._project
        if project is None:
            self._say(Tone.WARNING, "No proof was saved. Choose a project first.")
            return
        try:
            customer = CustomerId(type=draft.customer_id_type, value=draft.customer_id)
        except DeskError as error:
            self._say(Tone.WARNING, f"No proof was saved. {render(error.title)}")
            self._window.consent.customer_id.setFocus()
            return

        def make() -> tuple[Rebuilding, Proof | Meaning]:
            rebuilding = self._rebuilding()
            return rebuilding, rebuilding.of_customer(project, customer, self._local)

        self._save(make, practice=project.practice)

    def _save(self, make: Callable[[], tuple[Saving, Proof | Meaning]], *, practice: bool) -> None:
        folder = self._questions.choose_folder("Folder for the two files of the proof")
        if not folder:
            return
        if self._hangs:
            self._give_up()

        def work(tell: Callable[[str], None]) -> Meaning | tuple[str, str]:
            # Loaded here: no start waits for what makes pages.
            from consent_desk.ui.proof.pdf import pdf_of

            def pages(proof: Proof, checksum: str) -> bytes:
                made = pdf_of(proof, checksum)
                # From here on it is the folder that is waited for.
                tell(folder)
                return made

            saving, proof = make()
            return proof if isinstance(proof, Meaning) else saving.save(proof, folder, pages)

        def done(result: Meaning | tuple[str, str]) -> None:
            self._end()
            if isinstance(result, Meaning):
                why, advice = render(result.why), render(result.advice)
                self._say(Tone.BAD, f"No proof was saved: {why}. {advice}")
                return
            begun = "Practice: the" if practice else "The"
            beside = "beside it the .json that consent-desk verify checks"
            tone = Tone.PRACTICE if practice else Tone.NEUTRAL
            self._say(tone, f"{begun} proof is saved: {result[1]}, {beside}")

        def failed(error: Exception) -> None:
            self._end()
            self._say(Tone.BAD, render_error(error))

        self._say(Tone.QUIET, "Making the proof…")
        self._runner.run_telling(Lane.PROOF, work, told=self._wait_for, done=done, failed=failed)

    def _wait_for(self, folder: str) -> None:
        self._folder = folder
        self._patience.begin()

    def _say_that_it_hangs(self) -> None:
        self._hangs = True
        self._say(
            Tone.NEUTRAL,
            f"The folder {self._folder} does not answer yet: the proof waits. Another folder may be chosen.",
        )

    def _give_up(self) -> None:
        self._end()
        self._runner.renew(Lane.PROOF)
        self._say(
            Tone.BAD,
            f"No proof was saved: the folder {self._folder} does not answer. Choose another one. "
            "Should it answer after all, the proof may still appear there.",
        )

    def _end(self) -> None:
        self._hangs = False
        self._patience.end()

    def _say(self, tone: Tone, text: str) -> None:
        self._window.status.show_message(_KEY, tone, text)
