"""What is known of backups, and what a restoration or a salvage came to."""

from dataclasses import dataclass
from pathlib import Path

from consent_desk.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup: of which `day` (ISO form, UTC), its size in bytes, whether in the second folder."""

    path: Path
    day: str
    size: int = 0
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBackup:
    """What checking a backup came to: so many `consents`; `why` says what is wrong, None of a sound one."""

    consents: int = 0
    why: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the journal holds and a backup does not: consents, and how many of them are not settled."""

    consents: int
    unsettled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restoration did: the file that was there is `replaced` now; so many open consents `restored`."""

    replaced: Path | None
    restored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What became of a damaged journal: its file is `damaged` now, and what could be read is in its place.

    Those `lost` are known to have been there; of a file that was cut short, nobody knows them all.
    `incomplete`: of so many consents the customer or an answer is missing. `rest`: so many rows fit nowhere
    any more, and are kept beside the damaged file, as JSON Lines (`.rest.jsonl`). `restored`: so many were
    open, and may have gone out without this journal knowing.
    """

    damaged: Path | None
    consents: int
    consents_lost: int
    facts: int
    facts_lost: int
    incomplete: int
    rest: int
    restored: int
