"""A workspace of real consents as others may see it: everything masked, and nothing to be changed or sent.

What is not named here does not pass: whoever asks a workspace for something new while somebody presents is
told that it is not to be had.
"""

from dataclasses import replace
from typing import Any, cast

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.errors import DeskError
from consent_desk.domain.evidence.proof import FromJournal, Proof, Witness
from consent_desk.domain.message import say
from consent_desk.domain.presenting import MASKED, Masker
from consent_desk.proof.make import Local, Pages, Proofs, save_pages
from consent_desk.workspace import Workspace

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

_SOUGHT = {"journal": frozenset({"page", "those", "count"})}
"""What is asked with words, which may be an alias that was shown."""

_PARTS = ("journal", "engine", "outbox", "alarms", "history", "transport")


def presented(workspace: Workspace, masker: Masker) -> Workspace:
    """`workspace` for others to look at."""
    parts: dict[str, Any] = {name: Part(getattr(workspace, name), name, masker) for name in _PARTS}
    return replace(
        workspace,
        **parts,
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
        is_sought = name in _SOUGHT.get(self._name, ())
        if not is_sought and name not in _MASKED.get(self._name, ()):
            return refuse
        found, masker = getattr(self._real, name), self._masker
        if not callable(found):
            return masker.mask(found)

        def ask(*asked: Any, **named: object) -> object:
            if is_sought:
                asked = replace(asked[0], words=masker.words(asked[0].words)), *asked[1:]
            return masker.mask(found(*asked, **named))

        return ask


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
