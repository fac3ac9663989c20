"""Notes what a person decides, before all else on the journal's thread."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from threading import Event as Flag
from time import monotonic

from consent_desk.delivery.events import Event, Noted, NotNoted, Repeated, Stamped
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.planning import Planning
from consent_desk.delivery.settings import KnownSettings
from consent_desk.delivery.threads import Rank, Steps
from consent_desk.domain.consent.values import Consent
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Context, Entry
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project

_CLOSED = JournalError(
    say("delivery", "The decision is not noted: the journal was closed meanwhile."),
    say("delivery", "Press Send again."),
)


class Noting:
    """Notes the consents of one press together. `deliver` is given what is not held."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        planning: Planning,
        settings: KnownSettings,
        steps: Steps,
        report: Callable[[Event], None],
        deliver: Callable[[Sequence[Entry]], None],
        log: Callable[[Exception], None],
    ) -> None:
        self._outbox = outbox
        self._planning = planning
        self._settings = settings
        self._steps = steps
        self._report = report
        self._deliver = deliver
        self._log = log
        # The presses of which nothing was told yet.
        self._under_way: set[str] = set()

    def give_up(self) -> None:
        """Tell that nothing more is noted: the journal is being closed."""
        for request_id in [*self._under_way]:
            # Their rows may be there all the same: who tries again bears the same IDs.
            self._report(NotNoted(request_id=request_id, error=_CLOSED))

    def note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        again: Collection[str],
        *,
        is_stamped: bool,
        hold: float,
    ) -> Flag:
        """As `Engine.note`. From any thread."""
        request_id = consents[0][0].request_id
        self._under_way.add(request_id)
        is_done = Flag()

        def step() -> None:
            try:
                note()
            finally:
                is_done.set()

        def note() -> None:
            try:
                entries = self._note(project, consents, again, is_stamped=is_stamped)
            except Exception as error:  # noqa: BLE001 -- whatever it is, a person is told that it is not noted
                if not isinstance(error, JournalError):
                    self._log(error)
                self._under_way.discard(request_id)
                self._report(NotNoted(request_id=request_id, error=error))
                return
            if entries and hold:
                self._planning.holds.add(entries, monotonic() + hold)
                self._planning.set_wake()
                for entry in entries:
                    # What it overtakes does not wait for its release.
                    self._steps.post(partial(self._planning.plan_anew, entry.request_id), Rank.PLAN)
            self._under_way.discard(request_id)
            if entries:
                self._report(Noted(request_id=request_id, entries=entries))
            if entries and not hold:
                self._deliver(entries)

        self._steps.post(step, Rank.PERSON)
        return is_done

    def _note(
        self,
        project: Project,
        consents: Sequence[tuple[Consent, Context]],
        again: Collection[str],
        *,
        is_stamped: bool,
    ) -> tuple[Entry, ...]:
        """The lines of what was noted; none where it is a repetition, which is told."""
        request_id = consents[0][0].request_id
        repeated = self._outbox.repeated(project, [one for one, _ in consents if one.category not in again])
        if repeated:
            self._report(Repeated(request_id=request_id, consents=repeated))
            return ()
        stamped = tuple(one for one, _ in consents)
        if not is_stamped:
            stamped = self._outbox.stamp_all(project, consents)
        self._report(Stamped(request_id=request_id, consents=stamped))
        contexts = (context for _, context in consents)
        entries = self._outbox.note_all(project, tuple(zip(stamped, contexts, strict=True)))
        self._settings.know(project)
        self._planning.expect([entry.request_id for entry in entries])
        return entries
