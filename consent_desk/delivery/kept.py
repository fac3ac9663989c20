"""The consents that are kept because the desk was refused, and may pass now that its settings are mended."""

from consent_desk.delivery.order import is_overtaken, waits_for_opt_out
from consent_desk.delivery.outbox import Journal
from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import was_refused_for_settings
from consent_desk.domain.lifecycle.record import Entry, Record
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.project import Project


class Kept:
    """What is kept in one journal. For the journal lane alone; raises JournalTrouble."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def of(self, project: Project) -> tuple[Entry, ...]:
        """What may pass in `project` now, in the order of noting, without the opt-ins that were overtaken."""
        refused = (self._journal.record(one) for one in self._journal.records_in({State.REFUSED}))
        return tuple(
            Entry.after(record.noted, record.facts)
            for record in refused
            if record.noted.belongs_to(project, mended=True) and self._may_pass(record)
        )

    def may_leave(self, request_id: str) -> bool:
        """Whether one of them is still to be sent: an opt-in not before an opt-out that is not settled."""
        record = self._journal.record(request_id)
        return self._may_pass(record) and not waits_for_opt_out(self._journal, record.noted)

    def _may_pass(self, record: Record) -> bool:
        if not was_refused_for_settings(record.facts):
            return False
        return record.noted.consent.action is Action.REJECT or not is_overtaken(self._journal, record.noted)
