"""Saves proofs: of a line of the log, of its customer, or of what Engagement shows of the one in the form."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from consent_desk.domain.answer import Meaning
from consent_desk.domain.consent import CustomerId
from consent_desk.domain.errors import DeskError
from consent_desk.domain.project import Project
from consent_desk.domain.proof import Proof
from consent_desk.ui.log_desk import LogDesk
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.questions import Questions
from consent_desk.ui.station import Station
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.words import Local, render, render_error

_KEY = "proof"


class ProofDesk(QObject):
    """Asks for a folder, and brings two files there. Runs on the look-up lane, so that noting never waits."""

    def __init__(
        self,
        window: MainWindow,
        runner: TaskRunner,
        questions: Questions,
        log: LogDesk,
        *,
        local: Local,
        project: Callable[[], Project | None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._runner = runner
        self._questions = questions
        self._log = log
        self._local = local
        self._project = project
        button = window.log.proof
        button.consent_requested.connect(self.save_consent)
        button.customer_requested.connect(self.save_customer)
        button.history_requested.connect(self.save_history)
        # Asked only when it opens: a line may be chosen, changed or taken away at any time.
        button.menu().aboutToShow.connect(lambda: button.offer(chosen=bool(window.log.chosen)))

    def save_consent(self) -> None:
        """Save what proves the chosen consent."""
        request_id = self._window.log.chosen
        if request_id:
            self._save(lambda station: station.proofs.of_consent(request_id, self._local))

    def save_customer(self) -> None:
        """Save what proves all consents of the customer of the chosen line."""
        entry = self._log.find(self._window.log.chosen)
        if entry is not None:
            self._save(
                lambda station: station.proofs.of_customer(entry.project_id, entry.customer, self._local)
            )

    def save_history(self) -> None:
        """Save what Engagement shows of the customer in the form."""
        project, draft = self._project(), self._window.consent.draft()
        if project is None:
            self._say(Tone.WARNING, "No proof was saved. Choose a project first.")
            return
        try:
            customer = CustomerId(type=draft.customer_id_type, value=draft.customer_id)
        except DeskError as error:
            self._say(Tone.WARNING, f"No proof was saved. {render(error.title)}")
            self._window.consent.customer_id.setFocus()
            return
        self._save(lambda station: station.proofs.from_history(project, customer, self._local))

    def _save(self, make: Callable[[Station], Proof | Meaning]) -> None:
        station = self._log.station
        if station is None:
            return
        folder = self._questions.choose_folder("Folder for the two files of the proof")
        if not folder:
            return

        def work() -> Meaning | tuple[str, str]:
            # Loaded here: no start waits for what makes pages.
            from consent_desk.ui.proof_page import pdf_of

            proof = make(station)
            return proof if isinstance(proof, Meaning) else station.proofs.save(proof, folder, pdf_of)

        def done(result: Meaning | tuple[str, str]) -> None:
            if isinstance(result, Meaning):
                why, advice = render(result.why), render(result.advice)
                self._say(Tone.BAD, f"No proof was saved: {why}. {advice}")
                return
            practice = "Practice: the " if station.practice else "The "
            tone = Tone.PRACTICE if station.practice else Tone.NEUTRAL
            beside = "beside it the .json that consent-desk verify checks"
            self._say(tone, f"{practice}proof is saved: {result[1]}, {beside}")

        self._say(Tone.QUIET, "Making the proof…")
        self._runner.run(
            Lane.LOOK_UP, work, done=done, failed=lambda error: self._say(Tone.BAD, render_error(error))
        )

    def _say(self, tone: Tone, text: str) -> None:
        self._window.status.show_message(_KEY, tone, text)
