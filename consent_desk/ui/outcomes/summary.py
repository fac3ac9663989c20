"""Says of several consents in one line how they stand: of those of one press, of those that wait."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from PySide6.QtCore import QTimer

from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.judgement import decision, noun
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.text import cut
from consent_desk.domain.wire.project import Project
from consent_desk.ui.shell.status import StatusPanel
from consent_desk.ui.states import PRACTISED, SHORT_WORDS
from consent_desk.ui.widgets.messages import render
from consent_desk.ui.widgets.tones import Tone

_MOST = 50
"""Presses that are remembered. What comes of an older one is said of each consent by itself."""

_GATHERED = 100
"""Milliseconds for which what waits for settings is gathered before it is said."""

_SHOWN = 300
"""Characters of the names of many categories: the log has them all."""

_WORST_FIRST = (Tone.BAD, Tone.WARNING, Tone.QUIET, Tone.NEUTRAL, Tone.PRACTICE, Tone.GOOD)
_NAMED = frozenset({Tone.BAD, Tone.WARNING, Tone.QUIET})


@dataclass(slots=True)
class _SummarySaid:
    entry: Entry
    tone: Tone
    text: str

    def word(self, *, practice: bool) -> str:
        state = self.entry.state
        if state in {State.QUEUED, State.IN_FLIGHT} and self.tone in _NAMED:
            # After something unexpected it may have been sent all the same.
            return "not settled" if self.tone is Tone.BAD else "not sent"
        return PRACTISED[state].lower() if practice and state in PRACTISED else SHORT_WORDS[state]


@dataclass(slots=True)
class _Batch:
    entries: tuple[Entry, ...]
    request_ids: frozenset[str]
    practice: bool
    left_out: tuple[str, ...]
    said: dict[str, _SummarySaid] = field(default_factory=dict)


class BatchStatus:
    """Gathers what is said of the consents of one press, and says it of all of them."""

    def __init__(self, status: StatusPanel) -> None:
        self._status = status
        self._batches: deque[_Batch] = deque(maxlen=_MOST)

    def add(self, entries: tuple[Entry, ...], *, practice: bool, left_out: tuple[str, ...] = ()) -> None:
        """These were noted with one press, without the categories `left_out`. A single one is no batch."""
        if len(entries) > 1 or left_out:
            request_ids = frozenset(one.request_id for one in entries)
            self._batches.append(_Batch(entries, request_ids, practice, left_out))

    def say_not_noted(self, consents: tuple[Consent, ...], project: Project, text: str, slip: str) -> None:
        """Say `text` of what could not be noted with one press: of several, none was."""
        first, names = consents[0], cut(", ".join(one.category for one in consents), _SHOWN)
        none = f"None of the {len(consents)} was noted"
        several = f"{none}: {first.customer.value}, {noun(first.action)} of {names}, {project.name}"
        said = f"{text}\n{several if len(consents) > 1 else about(first, project.name)}"
        practice = project.practice
        self._status.show_message(first.request_id, Tone.BAD, said, slip=slip, practice=practice)

    def forget_customer(self, project_id: str, customer: CustomerId) -> None:
        """Say nothing more of the presses for a customer who was erased."""
        for batch in [*self._batches]:
            first = batch.entries[0]
            if (first.project_id, first.customer) == (project_id, customer):
                self._batches.remove(batch)

    def has(self, entry: Entry) -> bool:
        """Whether others were noted with the same press."""
        return self._of(entry.request_id) is not None

    def key_of(self, entry: Entry) -> str:
        """The key under which the status tells what became of a consent: that of the first of its press."""
        batch = self._of(entry.request_id)
        return entry.request_id if batch is None else batch.entries[0].request_id

    def named(self, entry: Entry) -> str:
        """Whose decision about what it is, and of the others of its press."""
        batch = self._of(entry.request_id)
        return about(entry, entry.project_name) if batch is None else _about_all(batch.entries)

    def takes(self, entry: Entry, tone: Tone, text: str) -> bool:
        """Say `text` of a consent together with the others of its press; False where there are none."""
        batch = self._of(entry.request_id)
        if batch is None:
            return False
        batch.said[entry.request_id] = _SummarySaid(entry, tone, text)
        # Until each has been told of, those that follow in the same moment would be said to be missing.
        if len(batch.said) == len(batch.entries):
            self._say(batch)
        return True

    def _of(self, request_id: str) -> _Batch | None:
        return next((one for one in self._batches if request_id in one.request_ids), None)

    def _say(self, batch: _Batch) -> None:
        said = [batch.said[entry.request_id] for entry in batch.entries]
        worst = min(said, key=lambda one: _WORST_FIRST.index(one.tone))
        words: dict[str, list[_SummarySaid]] = {}
        for one in said:
            words.setdefault(one.word(practice=batch.practice), []).append(one)
        told = ", ".join(_told(word, alike) for word, alike in words.items())
        first = batch.entries[0]
        head = f"{_about_all(batch.entries)}: {told}."
        if batch.left_out:
            head = f"{head} Left as it was: {cut(', '.join(batch.left_out), _SHOWN)}."
        self._status.show_of_call(
            first.request_id, worst.tone, f"{head}\n{worst.text}", practice=batch.practice
        )


class WithheldStatus:
    """Says in `status` what waits for the settings of a project, until they are there."""

    def __init__(self, status: StatusPanel) -> None:
        self._status = status
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)
        # What is said of a project's consents, and is not shown yet: there may be thousands at once.
        self._to_show: dict[str, str] = {}

    def add(self, entry: Entry, why: str) -> None:
        """`entry` waits too; what was said of its project is replaced."""
        waiting = self._waiting[entry.project_id]
        waiting.add(entry.request_id)
        waits = "1 consent still waits" if len(waiting) == 1 else f"{len(waiting):,} consents still wait"
        if not self._to_show:
            QTimer.singleShot(_GATHERED, self._status, self._show)
        self._to_show[entry.project_id] = (
            f"{waits} for the settings of {entry.project_name}. {why} It is tried again by itself."
        )

    def clear(self, project_id: str) -> None:
        """The settings of a project are there."""
        self._to_show.pop(project_id, None)
        if self._waiting.pop(project_id, None):
            self._status.take_back(project_id)

    def _show(self) -> None:
        said, self._to_show = self._to_show, {}
        for project_id, text in said.items():
            self._status.show_message(project_id, Tone.WARNING, text, practice=False)


def about(consent: Entry | Consent, project_name: str) -> str:
    """Whose decision about what it is, and for which project."""
    decided = render(decision(consent.action, consent.category))
    return f"{consent.customer.value}, {decided}, {project_name}"


def _about_all(entries: tuple[Entry, ...]) -> str:
    first, ending = entries[0], "" if len(entries) == 1 else "s"
    return f"{len(entries)} {noun(first.action)}{ending} for {first.customer.value}, {first.project_name}"


def _told(word: str, alike: list[_SummarySaid]) -> str:
    named = any(one.tone in _NAMED for one in alike)
    names = cut(", ".join(one.entry.category for one in alike), _SHOWN)
    return f"{len(alike)} {word}: {names}" if named else f"{len(alike)} {word}"
