"""A workspace of real consents as others may see it: everything masked, and nothing to be changed or sent.

What is not named here does not pass: whoever asks a workspace for something new while somebody presents is
told that it is not to be had.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import DeskError
from consent_desk.domain.evidence.proof import FromJournal, Proof, Witness
from consent_desk.domain.log_query import LogQuery, LogRow
from consent_desk.domain.message import say
from consent_desk.domain.presenting import MASKED, Masker
from consent_desk.proof.make import Local, Pages, Proofs, save_pages
from consent_desk.workspace import Workspace

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

_MASKED = {
    "journal": frozenset({"mark_trouble", "record"}),
    "engine": frozenset({"outlook", "failing", "question", "open_entries"}),
    "alarms": frozenset({"standing"}),
}
"""What may be asked of each part of a workspace, and is masked."""

_PLAIN = {
    "journal": frozenset({"has", "head"}),
    "engine": frozenset({"holds", "is_held", "is_behind", "outstanding", "lists"}),
    "transport": frozenset({"moment"}),
}
"""What tells of nobody: numbers, times, request IDs."""

_PARTS = ("engine", "outbox", "alarms", "history", "transport")


def presented(workspace: Workspace, masker: Masker) -> Workspace:
    """`workspace` for others to look at."""
    parts: dict[str, Any] = {name: Part(getattr(workspace, name), name, masker) for name in _PARTS}
    return replace(
        workspace,
        **parts,
        journal=cast("SqliteJournal", Journal(workspace.journal, "journal", masker)),
        proofs=cast("Proofs", ShownProofs(workspace.proofs, masker)),
        presented=True,
        back_up=None,
        copy_backup=None,
        erase=None,
        restored=0,
        user=MASKED,
    )


def refuse(*_asked: object, **_named: object) -> None:
    """What is done while somebody presents. Raises DeskError."""
    raise DeskError(
        say("presenting", "Presenting: nothing real is sent or changed."),
        say("presenting", "Switch Presenting off first."),
    )


class Part:
    """A part of a workspace that answers what may be asked of it, and refuses everything else."""

    def __init__(self, real: object, name: str, masker: Masker) -> None:
        self._real = real
        self._name = name
        self._masker = masker

    def __getattr__(self, name: str) -> Any:
        if name in _PLAIN.get(self._name, ()):
            return getattr(self._real, name)
        if name not in _MASKED.get(self._name, ()):
            return refuse
        found = getattr(self._real, name)
        if not callable(found):
            return self._masker.mask(found)
        return lambda *asked, **named: self._masker.mask(found(*asked, **named))


class Journal(Part):
    """A journal that can be searched for the aliases that it shows."""

    def page(
        self, query: LogQuery, after: int | None = None, *, skip: int = 0, most: int | None = None
    ) -> tuple[LogRow, ...]:
        """As that of a journal."""
        named = {} if most is None else {"most": most}
        found: tuple[LogRow, ...] = self._ask("page", query, after, skip=skip, **named)
        return found

    def those(self, query: LogQuery, request_ids: Collection[str]) -> tuple[LogRow, ...]:
        """As that of a journal."""
        found: tuple[LogRow, ...] = self._ask("those", query, request_ids)
        return found

    def count(self, query: LogQuery) -> int:
        """As that of a journal."""
        found: int = self._ask("count", query)
        return found

    def _ask(self, what: str, query: LogQuery, *asked: object, **named: object) -> Any:
        wanted = replace(query, words=self._masker.words(query.words))
        ask: Callable[..., object] = getattr(self._real, what)
        return self._masker.mask(ask(wanted, *asked, **named))


class ShownProofs:
    """Makes masked pages, which prove nothing, and no file for machines: none could be checked."""

    def __init__(self, real: Proofs, masker: Masker) -> None:
        self._real = real
        self._masker = masker

    def of_consent(self, request_id: str, local: Local) -> Proof:
        """As that of proofs."""
        return self._masked(self._real.of_consent(request_id, local))

    def of_customer(self, project_id: str, customer: CustomerId, local: Local) -> Proof:
        """As that of proofs, of whoever is called so."""
        return self._masked(self._real.of_customer(project_id, self._masker.real(customer), local))

    def save(self, proof: Proof, folder: str, pages: Pages) -> tuple[str, str]:
        """Write the pages alone; return an empty path and theirs."""
        return "", save_pages(folder, proof.made_at, pages(proof, ""))

    def _masked(self, proof: Proof) -> Proof:
        masked = tuple(Witness(self._masker.mask(one.record), {}) for one in proof.source.witnesses)
        return replace(proof, source=FromJournal(masked, proof.source.chain), masked=True)
