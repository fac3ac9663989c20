"""What Send asks for is noted here, one press at a time."""

from dataclasses import dataclass, replace
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from consent_desk.domain.consent import Consent
from consent_desk.domain.draft import Draft
from consent_desk.domain.project import Project
from consent_desk.domain.record import NO_CONTEXT, Context
from consent_desk.ui.station import Station
from consent_desk.ui.tasks import Lane, TaskRunner


@dataclass(frozen=True, slots=True)
class Press:
    """One press of Send: the consent, the form from which it came, and where it is to go."""

    station: Station
    project: Project
    draft: Draft
    consent: Consent
    context: Context = NO_CONTEXT


class Noting(QObject):
    """Emits `stamped(Press)`, then `noted(Press, Entry)` or `failed(Press, Exception)`.

    Knows the next request ID. The press of `stamped` holds the consent as it is noted and sent, to the byte.
    """

    stamped = Signal(object)
    noted = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._under_way: Press | None = None
        self._of_former_form = ""
        self._failed: Press | None = None
        self._stamped: Press | None = None
        self.request_id = str(uuid4())

    @property
    def busy(self) -> bool:
        """Whether a press is being noted: until then another one is none."""
        return self._under_way is not None

    def failed_consent(self, draft: Draft) -> Consent | None:
        """The consent that could not be noted, while the form is still the same.

        Its row may be there after all, the disk not having confirmed it: the very same consent finds
        that row, and another one must bear another request ID.
        """
        if self._failed is None:
            return None
        if self._failed.draft == draft:
            return self._failed.consent
        self.begin_anew()
        return None

    def begin(self, press: Press) -> None:
        """Note the consent of `press`."""
        self._under_way = press
        stamped = self._stamped
        if stamped is not None and press.consent is stamped.consent:
            # Its row may be there already, with this very timestamp and context.
            self._note(replace(press, context=stamped.context))
            return
        self._runner.run(
            Lane.JOURNAL,
            lambda: press.station.outbox.stamp(press.project, press.consent),
            done=lambda consent: self._note(replace(press, consent=consent)),
            failed=lambda error: self._fail(press, error),
        )

    def _note(self, press: Press) -> None:
        consent = press.consent
        self._under_way = self._stamped = press
        self.stamped.emit(press)
        self._runner.run(
            Lane.JOURNAL,
            lambda: press.station.outbox.note(press.project, consent, press.context),
            done=lambda entry: self._end(press, entry),
            failed=lambda error: self._fail(press, error),
        )

    def begin_anew(self) -> None:
        """Another consent comes next."""
        self._failed = None
        self.request_id = str(uuid4())

    def leave_form(self) -> None:
        """The form was emptied: what is noted from now on concerns it no longer."""
        if self._under_way is not None:
            self._of_former_form = self._under_way.consent.request_id
        self.begin_anew()

    def concerns_form(self, press: Press) -> bool:
        """Whether the form is still the one of `press`."""
        return press.consent.request_id != self._of_former_form

    def _end(self, press: Press, entry: object) -> None:
        self._under_way = None
        self.begin_anew()
        self.noted.emit(press, entry)

    def _fail(self, press: Press, error: Exception) -> None:
        self._under_way = None
        if self.concerns_form(press):
            self._failed = press
        self.failed.emit(press, error)
