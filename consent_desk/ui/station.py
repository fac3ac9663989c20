"""Where consents of one kind go: the real ones, or those of practice. The two never share a journal."""

from dataclasses import dataclass, field

from consent_desk.domain.consent import CustomerId
from consent_desk.domain.project import Project
from consent_desk.services.outbox import Outbox
from consent_desk.services.sender import Sender, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """An outbox, its sender and its transport. `sandbox` is the practice project, None for the real ones."""

    outbox: Outbox
    sender: Sender
    transport: Transport
    sandbox: Project | None = None
    customers: frozenset[CustomerId] = field(default_factory=frozenset)

    @property
    def practice(self) -> bool:
        """Whether nothing sent here reaches Engagement."""
        return self.sandbox is not None
