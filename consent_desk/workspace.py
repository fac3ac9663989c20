"""Where consents of one kind go: the real ones, or those of practice. The two never share a journal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent_desk.delivery.attention import Alarms
from consent_desk.delivery.engine import Engine
from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.journal.export import History

if TYPE_CHECKING:
    from consent_desk.journal.erasure import Erasure
    from consent_desk.journal.journal import SqliteJournal
    from consent_desk.proof.make import Proofs


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A journal, the engine that delivers it, and what else is asked of it. `sandbox`: the practice project.

    `restored`: how many consents may have gone out elsewhere since this journal was restored or moved.
    `back_up` makes today's backup unless it is there, `copy_backup` copies it into the second folder, if
    there is one; None where nothing is backed up. `erase` removes all that names a customer of a project (by
    its ID), and raises DeskError; None in practice. `user`: who sits here, as this computer calls them.
    `presented`: it is masked, for others to look at, and nothing can be sent or changed through it.
    `rest` ends what practice is sent to, `wake` begins it again and returns it; the journal stays open.
    """

    journal: "SqliteJournal"
    engine: Engine
    outbox: Outbox
    alarms: Alarms
    history: History
    proofs: "Proofs"
    transport: ClockWatch
    sandbox: Project | None = None
    customers: tuple[CustomerId, ...] = ()
    restored: int = 0
    back_up: Callable[[], None] | None = None
    copy_backup: Callable[[], None] | None = None
    erase: Callable[[str, CustomerId], "Erasure"] | None = None
    user: str = ""
    presented: bool = False
    rest: Callable[[], None] = lambda: None
    wake: Callable[[], Project | None] = lambda: None

    @property
    def practice(self) -> bool:
        """Whether nothing sent here reaches Engagement."""
        return self.sandbox is not None
