"""The right to erasure: a customer's data goes out of the journal and its backups; the chain stays whole."""

from dataclasses import dataclass
from pathlib import Path

from consent_desk.adapters.backups import Backups
from consent_desk.adapters.journal import SqliteJournal
from consent_desk.adapters.journal_file import told
from consent_desk.adapters.personal import erasure_key, keyed_hash
from consent_desk.domain.consent import CustomerId, Timestamp

_NOT_ERASED = "The customer's data was not removed: {why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased: so many `consents`, shown as “erased `short`” now; so many `backups` rewritten.

    `left` may hold the data still: files that were set aside, which nobody deletes but a person, and what
    was left half-done and could not be deleted.
    """

    short: str
    consents: int
    backups: int
    left: tuple[Path, ...]


def erase(
    path: Path,
    journal: SqliteJournal,
    backups: Backups,
    *,
    project_id: str,
    customer: CustomerId,
    at: Timestamp,
) -> Erasure:
    """Remove a customer's data from the open `journal` at `path` and from its backups.

    May be called again where it stopped half-way: the journal is always the first, and already erased
    consents stay as they are. Raises JournalTrouble, also while a consent of the customer is open.
    """
    with told(_NOT_ERASED):
        keyed = keyed_hash(erasure_key(path), project_id, customer)
        consents = journal.erase(project_id, customer, keyed, at)
        # First: a backup that is only being made now becomes one that nobody rewrites.
        half_done = backups.delete_left_over()
        rewritten = backups.erase(project_id, customer, keyed, at)
        aside = (*path.parent.glob(f"{path.name}.damaged-*"), *path.parent.glob(f"{path.name}.replaced-*"))
        left = (*aside, *half_done)
        return Erasure(
            short=keyed.hex()[:8],
            consents=consents,
            backups=rewritten,
            left=tuple(sorted(left)),
        )
