"""What stands under the form: the one press of Send that it may speak of, and what is told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.project import Project
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.log.details import lines_of
from consent_desk.ui.states import PRACTISED, WORST_FIRST, called
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone, sign

_SHOWN = 300
"""Characters of the names of many categories: the log has them all."""

_LOUD = frozenset({Tone.BAD, Tone.WARNING, Tone.QUIET})
STEP = " — "

_TO_COME = frozenset({State.QUEUED, State.IN_FLIGHT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the receipt says, line by line, and how good or bad that is."""

    tone: Tone
    head: str
    who: str = ""
    steps: tuple[str, ...] = ()
    note: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(line for line in (self.head, self.who, STEP.join(self.steps), self.note) if line)


def named(customer: CustomerId) -> str:
    """What the receipt calls a customer."""
    return cut(customer.value, 80)


AT_REST = say("outcomes", "Nothing is noted in this call yet.")
REST = Told(tone=Tone.QUIET, head=str(AT_REST))


@dataclass(slots=True)
class _Said:
    entry: Entry
    tone: Tone
    text: str = ""

    def word(self, *, practice: bool, among_others: bool) -> str:
        state = self.entry.state
        if state in _TO_COME and self.tone is Tone.BAD:
            # After something unexpected it may have been sent all the same.
            return phrase("outcomes", "not settled") if among_others else phrase("outcomes", "Not settled")
        if state is State.QUEUED and not self.text and not among_others:
            return phrase("outcomes", "Waits to be sent")
        found = called(self.entry, practice=practice)
        if not among_others:
            return render(found.word)
        word, is_practised = render(found.short), practice and state in PRACTISED
        return phrase("outcomes", "practice: {outcome}").format(outcome=word) if is_practised else word


@dataclass(slots=True, eq=False)
class Press:
    """What was noted with one press of Send. `who`: whose decision about what, and when, for people.

    `verified_by`: when it is looked up for the first time. `names`: what people call its categories.
    """

    entries: tuple[Entry, ...]
    who: str
    practice: bool = False
    left_out: tuple[str, ...] = ()
    names: Callable[[str], str] = str
    verified_by: Timestamp | None = None
    announced: str = ""
    _said: dict[str, _Said] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.entries:
            self._said[entry.request_id] = _Said(entry, Tone.NEUTRAL)

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._said

    def take(self, entry: Entry, tone: Tone, text: str) -> None:
        """This is how one of them stands now."""
        self._said[entry.request_id] = _Said(entry, tone, text)

    def take_sending(self, entry: Entry) -> None:
        """It is leaving; that a try follows upon one that failed is no news."""
        if self._said[entry.request_id].entry.state is not State.RETRY_WAIT:
            self.take(entry, Tone.NEUTRAL, "")

    @property
    def is_news(self) -> bool:
        """Whether anything is to be said but that they are on their way."""
        return any(said.text or said.entry.state not in _TO_COME for said in self._said.values())

    @property
    def last(self) -> tuple[Entry, ...]:
        """All of them, as they stand now."""
        return tuple(said.entry for said in self._said.values())

    def outcome(self) -> str:
        """What became of them, in a few words: 4 verified · 1 refused: Phone calls."""
        are_several = len(self.entries) > 1
        alike: dict[str, list[_Said]] = {}
        for said in self._said.values():
            word = said.word(practice=self.practice, among_others=are_several)
            alike.setdefault(word, []).append(said)
        if not are_several:
            return next(iter(alike))
        return " · ".join(self._counted(word, those) for word, those in alike.items())

    def _counted(self, word: str, those: list[_Said]) -> str:
        told = f"{len(those)} {word}"
        is_odd = len(those) < len(self.entries) and any(one.tone in _LOUD for one in those)
        names = cut(", ".join(self.names(one.entry.category) for one in those), _SHOWN)
        return f"{told}: {names}" if is_odd else told

    def told(self, now: Timestamp) -> Told:
        """What is said of them at this time."""
        every = [*self._said.values()]
        worst = min(every, key=lambda one: WORST_FIRST.index(one.tone))
        states = {one.entry.state for one in every}
        tone = Tone.PRACTICE if self.practice and worst.tone not in _LOUD else worst.tone
        head = (
            phrase("outcomes", "Noted for practice.")
            if self.practice
            else phrase("outcomes", "Noted. You can end the call.")
        )
        mark = sign(Tone.PRACTICE) if self.practice else "✓"
        if states == {State.DISCARDED}:
            perhaps = (one.entry for one in every if one.entry.may_have_left)
            head = render(called(next(perhaps, worst.entry), practice=self.practice).word)
            mark = sign(worst.tone) if worst.tone is Tone.BAD else ""
        as_usual = states <= {State.DELIVERED, State.VERIFIED} and worst.tone not in _LOUD
        note = "" if as_usual and not self.practice else worst.text
        if self.left_out:
            left = phrase("outcomes", "Left as it was: {categories}.").format(
                categories=cut(", ".join(map(self.names, self.left_out)), _SHOWN)
            )
            note = f"{note} {left}".strip()
        return Told(
            tone=tone,
            head=f"{mark} {head}".strip(),
            who=self.who,
            steps=self._steps(worst.tone, now),
            note=note,
        )

    def _steps(self, worst: Tone, now: Timestamp) -> tuple[str, ...]:
        states = {said.entry.state for said in self._said.values()}
        outcome, many = self.outcome(), len(self.entries)
        if states == {State.DISCARDED}:
            return ()
        here = phrase("outcomes", "✓ On this computer")
        if worst in _LOUD:
            return here, f"{sign(worst)} {outcome}"
        if not states <= {State.DELIVERED, State.VERIFIED}:
            return here, f"○ {outcome}"
        delivered = outcome if self.practice else phrase("outcomes", "%n delivered", "Delivered", many)
        if states == {State.VERIFIED} and not self.practice:
            return here, f"✓ {delivered}", f"{sign(Tone.GOOD)} {outcome}"
        if State.VERIFIED in states or self.verified_by is None:
            return here, f"✓ {outcome}"
        # A line claims no time that has passed.
        is_soon = now.micros < self.verified_by.micros
        if not is_soon:
            verified = phrase("outcomes", "Being verified")
        elif self.practice:
            verified = phrase("outcomes", "Verified in a few seconds")
        else:
            verified = phrase("outcomes", "Verified in about 30 s")
        return here, f"✓ {delivered}", f"○ {verified}"


@dataclass(slots=True, eq=False)
class NotNoted:
    """What could not be noted: it is nowhere but here. `can_try`: here it can be tried once more.

    `who`: whose decision about what; `where`: for which project, and when.
    """

    submission: Submission
    who: str
    where: str
    why: str
    slip: str
    can_try: bool = True
    is_copied: bool = False

    @property
    def can_try_aside(self) -> bool:
        """Whether that may be done beside another call.

        Not with an opt-in that was to be held until its customer is known: nobody would look.
        """
        return self.can_try and not (self.submission.hold and self.submission.consent.action is Action.ACCEPT)

    def bears(self, request_id: str) -> bool:
        """Whether one of its consents does: the first one may have been left out when it was tried again."""
        return any(one.request_id == request_id for one in self.submission.consents)

    @property
    def told(self) -> Told:
        """What the receipt says of it."""
        return Told(
            tone=Tone.BAD,
            head=phrase("outcomes", "{sign} NOT NOTED, and nothing was sent.").format(sign=sign(Tone.BAD)),
            who=self.who,
            note=self.why,
        )


def slip_of(consent: Consent, project: Project, taken_at: str) -> str:
    """A consent that could not be noted, as a text to copy and enter again."""
    until = "" if consent.valid_until is None else str(consent.valid_until.wire)
    known = (
        (phrase("outcomes", "Project"), project.name),
        (phrase("outcomes", "Customer ID"), f"{consent.customer.type} = {consent.customer.value}"),
        (phrase("outcomes", "Category"), consent.category),
        (phrase("outcomes", "Action"), consent.action.value),
        (phrase("outcomes", "Valid until"), until),
        (phrase("outcomes", "Taken at"), taken_at),
        (phrase("outcomes", "Channel"), consent.channel),
        (phrase("outcomes", "Ticket"), consent.ticket),
        (phrase("outcomes", "Wording read out"), consent.wording),
    )
    head = phrase("outcomes", "NOT NOTED by Consent Desk, and not sent: enter it again later.")
    return "\n".join([head, *lines_of(known)])


class CallInHand:
    """Decides what stands under the form. Of another caller than the one on the line nothing ever does.

    resting ──> noting (said where the disk is slow) ──> noted ──> resting, with the first change of
       ^                        │                          ^       the form; and back when it is emptied
       └────────────────────────┴──> not noted ──> beside, when the next caller is begun: until dealt with

    `dismissed`: the draft of what was dismissed in its place, while the form shows the same caller still.
    """

    def __init__(self) -> None:
        self.dismissed: Draft | None = None
        self.noting: Submission | None = None
        self.is_slow = False
        self.press: Press | None = None
        self.not_noted: NotNoted | None = None
        self.beside: list[NotNoted] = []
        self._yields = True
        self._left_by = self._blank = Draft()

    @property
    def shown(self) -> Submission | Press | NotNoted | None:
        """What the receipt speaks of; None at rest."""
        if self.noting is not None and self.is_slow:
            return self.noting
        return self.not_noted or (None if self._yields else self.press)

    @property
    def only_here(self) -> tuple[NotNoted, ...]:
        """All that is nowhere but in this window, and was not copied."""
        every = (*self.beside, *([] if self.not_noted is None else [self.not_noted]))
        return tuple(one for one in every if not one.is_copied and not one.submission.project.practice)

    def begin(self, submission: Submission) -> None:
        """What the form holds is being noted."""
        self.noting, self.is_slow = submission, False
        failure = self.not_noted
        if failure is not None and not failure.bears(submission.consent.request_id):
            self._step_aside()

    def take_noted(self, press: Press, *, left_by: Draft, blank: Draft) -> None:
        """It is on disk. The form is `left_by` it like this, and emptied it is `blank`."""
        self.end_noting()
        self._step_aside()
        self.dismissed = None
        self.press, self._left_by, self._blank, self._yields = press, left_by, blank, False

    def end_noting(self) -> None:
        """Nothing is being noted any more."""
        self.noting, self.is_slow = None, False

    def take_failure(self, failure: NotNoted, draft: Draft | None) -> None:
        """It could not be noted, and the form holds `draft` now; None where it never was the form's."""
        before = self._find(failure.submission.consent.request_id)
        if draft is not None and _is_of_caller(failure, draft):
            if before is not self.not_noted:
                if before is not None:
                    # Its caller is on the line again.
                    self.drop(before)
                self._step_aside()
            self.not_noted, self.dismissed = failure, None
        elif before is not None and before is not self.not_noted:
            # It keeps its place.
            self.beside[self.beside.index(before)] = failure
        else:
            if before is not None:
                self.drop(before)
            self._put_aside(failure)

    def settle(self, request_id: str) -> bool:
        """What was not noted is noted now; False where it was not among them."""
        found = self._find(request_id)
        if found is not None:
            self.drop(found)
        return found is not None

    def is_not_noted(self, request_id: str) -> bool:
        """Whether it is among what could not be noted, and was not dealt with."""
        return self._find(request_id) is not None

    def drop(self, failure: NotNoted) -> None:
        """Speak of it no more."""
        self.beside = [one for one in self.beside if one is not failure]
        if self.not_noted is failure:
            self.not_noted = None

    def dismiss(self, failure: NotNoted) -> None:
        """Somebody has dealt with it: what stands of it in the form is nobody else's all the same."""
        if failure is self.not_noted:
            self.dismissed = failure.submission.draft
        self.drop(failure)

    def change_form(self, draft: Draft) -> None:
        """The form holds this now."""
        if self.dismissed is not None and self.dismissed.caller != draft.caller:
            self.dismissed = None
        if draft == self._blank:
            self._yields = self.press is None
        elif draft != self._left_by:
            self._yields = True
        if self.not_noted is not None and not _is_of_caller(self.not_noted, draft):
            self._step_aside()

    def forget_press(self) -> None:
        """Speak of what was noted last no more."""
        self.press, self._yields = None, True

    def leave_project(self) -> None:
        """The form belongs to another project now; what is nowhere else stays, beside it."""
        self.end_noting()
        self.forget_press()
        self._step_aside()
        self.dismissed = None

    def _step_aside(self) -> None:
        failure, self.not_noted = self.not_noted, None
        if failure is not None:
            self._put_aside(failure)

    def _put_aside(self, failure: NotNoted) -> None:
        # Of practice nothing is lost.
        if not failure.is_copied and not failure.submission.project.practice:
            self.beside.append(failure)

    def _find(self, request_id: str) -> NotNoted | None:
        every = (self.not_noted, *self.beside)
        return next((one for one in every if one and one.bears(request_id)), None)


def _is_of_caller(failure: NotNoted, draft: Draft) -> bool:
    return failure.submission.draft.caller == draft.caller


def told_slow(submission: Submission, who: str) -> Told:
    """That the disk is slow: nobody may hang up yet, but for practice."""
    stay = "" if submission.project.practice else phrase("outcomes", " Stay on the line.")
    head = phrase("outcomes", "{sign} Not noted yet.{stay}").format(sign=sign(Tone.WARNING), stay=stay)
    return Told(
        tone=Tone.WARNING, head=head, who=who, note=phrase("outcomes", "The disk of this computer is slow.")
    )
