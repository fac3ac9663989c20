"""What Send asks for is noted here, one submission at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import sleep
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from consent_desk.delivery.events import Noted as NotedEvent
from consent_desk.delivery.events import NotNoted, Repeated, Stamped
from consent_desk.domain.checks.confirmations import Confirmation
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.lifecycle.record import Context, Noted
from consent_desk.domain.wire.project import Project
from consent_desk.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Submission:
    """One press of Send: the form, and where it is to go. `left_out`: its categories that stay as they are.

    `all`: the consent of each category with its context, in the order of sending. They are noted at once.
    `again`: the categories that are noted although they were minutes ago; `hold`: seconds for which they are
    held then. `is_stamped`: they are as they were to be noted before.
    `asks`: what is to be asked before.
    """

    workspace: Workspace
    project: Project
    draft: Draft
    all: tuple[tuple[Consent, Context], ...]
    left_out: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    hold: float = 0.0
    is_stamped: bool = False
    asks: tuple[Confirmation, ...] = ()

    @property
    def consent(self) -> Consent:
        """The first one."""
        return self.all[0][0]

    @property
    def consents(self) -> tuple[Consent, ...]:
        """All of them."""
        return tuple(consent for consent, _ in self.all)

    def without(self, categories: tuple[str, ...], asks: tuple[Confirmation, ...]) -> "Submission":
        """The same without the consents of `categories`, which are not all, and with what it `asks`."""
        kept = tuple(one for one in self.all if one[0].category not in categories)
        return replace(self, all=kept, left_out=categories, asks=asks)

    def stamped(self, consents: tuple[Consent, ...]) -> "Submission":
        """The same with the consents as they are noted."""
        contexts = (context for _, context in self.all)
        return replace(self, all=tuple(zip(consents, contexts, strict=True)), is_stamped=True)


HEAD_START = 0.01
"""Seconds that the window leaves to what is being noted, and to its sending, before it goes on."""


class Submitter(QObject):
    """Emits `begun`, `stamped(Submission)`, then `noted(Submission, entries)` or `failed(Submission, error)`.

    Where the same was noted here minutes ago, it emits `repeated(Submission, consents with times)` instead,
    and notes nothing. Knows the next request IDs, and the submission `under_way`. That of `stamped` holds
    the consent as it is noted and sent, to the byte.
    """

    begun = Signal()
    repeated = Signal(object, object)
    stamped = Signal(object)
    noted = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.under_way: Submission | None = None
        self._of_former_form = ""
        self._failed: Submission | None = None
        self._further_ids: list[str] = []
        self.request_id = str(uuid4())

    @property
    def busy(self) -> bool:
        """Whether a press is being noted: until then another one is none."""
        return self.under_way is not None

    def request_ids(self, count: int) -> tuple[str, ...]:
        """The next request ID and those of further consents, `count` in all."""
        while len(self._further_ids) < count - 1:
            self._further_ids.append(str(uuid4()))
        return (self.request_id, *self._further_ids[: count - 1])

    def failed_submission(self, draft: Draft, workspace: Workspace, project: Project) -> Submission | None:
        """The submission that could not be noted, while the form and where it leads are still the same.

        Its rows may be there after all, the disk not having confirmed them: the very same consents find
        those rows, and others must bear other request IDs. `workspace` may have been opened anew since then,
        and the key of `project` may be another one.
        """
        failed = self._failed
        if failed is None:
            return None
        if failed.draft == draft and Noted.of(failed.project, failed.consent).belongs_to(project):
            return replace(failed, workspace=workspace, project=replace(project, name=failed.project.name))
        self.begin_anew()
        return None

    def submit(self, submission: Submission, *, again: Sequence[str] = (), hold: float = 0.0) -> None:
        """Note the consents of `submission`; those of `again` although they were noted minutes ago.

        Then they are sent, after `hold` seconds unless they are released.
        """
        if not self.concerns_form(submission):
            # It was tried again beside the form in vain, and stands in it once more.
            self._of_former_form = ""
        self._note(replace(submission, again=tuple(again), hold=hold))

    def retry(self, submission: Submission) -> None:
        """Note what could not be noted before, whatever the form holds by now."""
        if not self.busy:
            self._of_former_form = submission.consent.request_id
            self._note(submission)

    def _note(self, submission: Submission) -> None:
        self.under_way = submission
        self.begun.emit()
        is_done = submission.workspace.engine.note(
            submission.project,
            submission.all,
            again=submission.again,
            # If so, its rows may be there already, with these very timestamps.
            is_stamped=submission.is_stamped,
            hold=submission.hold,
        )
        # Python runs one thread at a time: to paint meanwhile would hold up the noting, and then the sending.
        if is_done.wait(HEAD_START):
            sleep(HEAD_START)

    def take(self, event: Repeated | Stamped | NotedEvent | NotNoted) -> None:
        """Take what became of the submission under way."""
        submission = self.under_way
        if submission is None or submission.consent.request_id != event.request_id:
            return
        match event:
            case Stamped():
                self.under_way = submission = submission.stamped(event.consents)
                self.stamped.emit(submission)
            case Repeated():
                self.under_way = None
                self.repeated.emit(submission, event.consents)
            case NotedEvent():
                self.under_way = None
                if self.concerns_form(submission) or event.request_id == self.request_id:
                    self.begin_anew()
                self.noted.emit(submission, event.entries)
            case NotNoted():
                self.under_way = None
                if self.concerns_form(submission):
                    self._failed = submission
                self.failed.emit(submission, event.error)

    def begin_anew(self) -> None:
        """Another consent comes next."""
        self._failed = None
        self._further_ids.clear()
        self.request_id = str(uuid4())

    def leave_form(self) -> None:
        """The form was emptied: what is noted from now on concerns it no longer."""
        if self.under_way is not None:
            self._of_former_form = self.under_way.consent.request_id
        self.begin_anew()

    def concerns_form(self, submission: Submission) -> bool:
        """Whether the form is still the one of `submission`."""
        return submission.consent.request_id != self._of_former_form
