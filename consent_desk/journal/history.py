"""The whole journal: to search, page through and take elsewhere; what a person may give up or erase."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from consent_desk.domain.consent.values import CustomerId, Timestamp, complaint_about_note
from consent_desk.domain.errors import InvalidError, JournalError
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import (
    ACKNOWLEDGED,
    DISCARDABLE_STATES,
    Fact,
    State,
    is_to_acknowledge,
)
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.domain.message import say
from consent_desk.journal.export import Export, Head, Kind, Target

PAGE = 500
"""The most lines that one read brings."""

_SETTLED = say("It was not discarded: by now it is under way, or settled.")
_ACKNOWLEDGED = say("There is nothing to acknowledge here any more.")
_SEE = say("See in the log how it stands.")


class Journal(Protocol):
    """What the history needs of the journal. Every method raises JournalError where it fails."""

    def page(
        self, query: LogQuery, after: int | None = None, *, skip: int = 0, most: int = PAGE
    ) -> tuple[LogRow, ...]:
        """At most `most` lines (500 at most) that follow the number `after`, the first `skip` left out."""

    def count(self, query: LogQuery) -> int:
        """How many lines there are."""

    def those(self, query: LogQuery, request_ids: Collection[str]) -> tuple[LogRow, ...]:
        """Those of some consents (500 at most) that the query asks for, the oldest first."""

    def record(self, request_id: str) -> Record:
        """One consent with all its facts."""

    def give_up(self, request_id: str, states: Collection[State], fact: Fact) -> bool:
        """Write that it is not sent, if its state is one of `states`; False where it has gone on since."""

    def head(self) -> Head:
        """The head of the chain now."""


class Erasure(Protocol):
    """What was erased."""

    @property
    def short(self) -> str:
        """The customer is shown as “erased `short`” now."""

    @property
    def consents(self) -> int:
        """So many consents named the customer."""

    @property
    def backups(self) -> int:
        """So many backups were rewritten."""

    @property
    def left(self) -> tuple[Path, ...]:
        """Files that may name the customer still, set aside or damaged: nobody deletes them but a person."""


Erase = Callable[[str, CustomerId, Timestamp], Erasure]
"""Removes a customer of a project (by its ID) from the journal and its backups. Raises JournalError."""


class History:
    """The long view of one journal. `can_erase` is false for practice, which ends with the program."""

    def __init__(
        self,
        journal: Journal,
        now: Callable[[], Timestamp],
        *,
        create: Callable[[Path], Target],
        erase: Erase | None = None,
    ) -> None:
        self._journal = journal
        self._now = now
        self._create = create
        self._erase = erase

    @property
    def can_erase(self) -> bool:
        """Whether there is a right to erasure to be granted."""
        return self._erase is not None

    def page(
        self, query: LogQuery, after: int | None = None, *, skip: int = 0, most: int = PAGE
    ) -> tuple[LogRow, ...]:
        """At most `most` lines (500 at most) that follow the number `after`, the first `skip` left out."""
        return self._journal.page(query, after, skip=skip, most=most)

    def count(self, query: LogQuery) -> int:
        """How many lines there are."""
        return self._journal.count(query)

    def those(self, query: LogQuery, request_ids: Collection[str]) -> tuple[LogRow, ...]:
        """Those of some consents that the query asks for, the oldest first."""
        asked = [*request_ids]
        parts = (asked[start : start + PAGE] for start in range(0, len(asked), PAGE))
        found = [each for part in parts for each in self._journal.those(query, part)]
        return tuple(sorted(found, key=lambda each: each.seq))

    def discard(self, request_id: str, reason: str, by: str) -> None:
        """Give a consent up: it is never sent again by itself, but looked up still. `by`: who says so.

        Raises InvalidError where no reason is given, JournalError where it may not be discarded any more.
        """
        reason = reason.strip()
        if not reason:
            raise InvalidError(say("Nothing was discarded: the reason is missing."), say("Write why."))
        if (complaint := complaint_about_note(reason)) is not None:
            raise InvalidError(say("Nothing was discarded: {why}", why=complaint), say("Mend the reason."))
        fact = Fact(at=self._now(), state=State.DISCARDED, note=f"{reason} (by {by})")
        if not self._journal.give_up(request_id, DISCARDABLE_STATES, fact):
            raise JournalError(_SETTLED, _SEE)

    def acknowledge(self, request_id: str, by: str) -> None:
        """Write that somebody has seen that a cancelled consent is not recorded. `by`: who says so.

        Raises JournalError where there is nothing to acknowledge.
        """
        fact = Fact(at=self._now(), state=State.DISCARDED, note=f"{ACKNOWLEDGED} (by {by})")
        is_open = is_to_acknowledge(self._journal.record(request_id).facts[-1])
        if not (is_open and self._journal.give_up(request_id, {State.DISCARDED}, fact)):
            raise JournalError(_ACKNOWLEDGED, _SEE)

    def erase(self, project_id: str, customer: CustomerId) -> Erasure | None:
        """Remove all that names a customer of a project; None in practice. Raises JournalError.

        Also while one of the customer's consents has not certainly reached Engagement.
        """
        return None if self._erase is None else self._erase(project_id, customer, self._now())

    def export(self, query: LogQuery, kind: Kind, path: Path) -> Export:
        """An export of all that `query` asks for, into the file at `path`. It begins with its first step."""
        return Export(self._journal, query, kind, lambda: self._create(path))
