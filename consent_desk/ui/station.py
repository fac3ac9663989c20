"""Where consents of one kind go: the real ones, or those of practice. The two never share a journal."""

from dataclasses import dataclass, field

from consent_desk.domain.consent import CustomerId
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.project import Project
from consent_desk.services.outbox import Outbox
from consent_desk.services.proof import Proofs
from consent_desk.services.rounds import Rounds
from consent_desk.services.sender import Sender, Transport
from consent_desk.services.verifier import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A journal's services and their transport. `sandbox` is the practice project, None for the real ones.

    `restored`: how many consents may have gone out elsewhere since this journal was restored or moved.
    `trouble`: why there is no backup of today.
    """

    outbox: Outbox
    sender: Sender
    verifier: Verifier
    rounds: Rounds
    proofs: Proofs
    transport: Transport
    sandbox: Project | None = None
    customers: frozenset[CustomerId] = field(default_factory=frozenset)
    restored: int = 0
    trouble: JournalTrouble | None = None

    @property
    def practice(self) -> bool:
        """Whether nothing sent here reaches Engagement."""
        return self.sandbox is not None
