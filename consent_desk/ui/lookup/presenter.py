"""Looks up whose ID stands in the form. A late answer overwrites nothing, and nobody waits for one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer, Signal

from consent_desk.domain.checks.confirmations import near
from consent_desk.domain.consent import values as rules
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.lifecycle.judgement import noun
from consent_desk.domain.lifecycle.looking import not_shown, trusted, within_read_lag
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import Context
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.customer import Found, Known, Unknown, Untold
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.calls import Transport
from consent_desk.engagement.customer_lookup import Alternatives, Customers
from consent_desk.ui.form.category_rows import UNKNOWN
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.lookup.view import NOBODY, NOT_TOLD, noted_here, state_of
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.waiting import SAY_SLOW_AFTER
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.inputs import Pasting
from consent_desk.ui.widgets.messages import moment_of, phrase, render
from consent_desk.ui.widgets.tones import Tone

FRESH = 60_000_000
"""Microseconds for which what was told of a customer is taken for true."""

PAUSE = 400
"""Milliseconds without a key after which an ID that is typed counts as complete."""

_BROKEN = Untold(
    Meaning(
        say("lookup", "something unexpected went wrong on this computer"), say("lookup", "Look at the log.")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Whom to look up, and where."""

    transport: Transport
    project: Project
    customer: CustomerId
    categories: tuple[str, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class _Asking:
    """One look-up. `submission` is what was noted or is being noted before it was answered.

    `at`: when it was asked. `is_ours`: another one of the same customer was noted shortly before it, and
    may have made the profile. `before`: what an older look-up told, until this one is answered.
    """

    wish: _Wish
    at: Timestamp
    customers: Customers
    found: Found | None = None
    before: "_Asking | None" = None
    submission: Submission | None = None
    is_noted: bool = False
    is_ours: bool = False


class LookupPresenter(Presenter):
    """Shows what is known of the customer in the form.

    Emits `answered`, and `told_of_noted(Submission, Found | None)` once that is known of what was noted
    before its look-up was answered; None where the answer says nothing, because the profile may be our own.
    """

    answered = Signal()
    told_of_noted = Signal(object, object)

    def __init__(
        self, shell: ShellContext, *, now: Callable[[], Timestamp], alternatives: Alternatives
    ) -> None:
        super().__init__(shell)
        form = self._window.consent
        self._view = form.known
        self._rows = form.categories
        self._shown: tuple[object, ...] = ()
        self._shows_nobody = False
        self._now = now
        self._alternatives = alternatives
        self._noted: list[tuple[str, Consent]] = []
        self._wish: _Wish | None = None
        self._category = ""
        self._asking: _Asking | None = None
        self._kept: _Asking | None = None
        self._adopted: Known | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.look_now)
        self._slow = QTimer(self, singleShot=True, interval=SAY_SLOW_AFTER)
        self._slow.timeout.connect(self._wait_longer)
        Pasting(form.customer_id).pasted.connect(self.look_now)
        form.customer_id.returnPressed.connect(partial(self.look_now, anew=True))
        self._view.again.clicked.connect(partial(self.look_now, anew=True))

    def look_up_later(
        self,
        draft: Draft,
        project: Project | None,
        transport: Transport | None,
        categories: Sequence[Category],
    ) -> None:
        """Look up the customer of `draft`, in a moment, if it is another one; without a project nobody."""
        wish = None
        if project is not None and transport is not None:
            wish = _wish(draft, project, transport, tuple(one.id for one in categories))
        if (wish, draft.category) == (self._wish, self._category):
            # A key in another field: hundreds of categories would be told anew.
            return
        self._category = draft.category
        if wish != self._wish:
            self._wish = wish
            self._leave()
            adopted, self._adopted = self._adopted, None
            if wish is not None and adopted is not None and adopted.customer == wish.customer:
                self._asking = self._ask_for(wish)
                self._asking.found = adopted
            elif wish is not None:
                self._pause.start()
        self._show()

    def look_now(self, *, anew: bool = False) -> None:
        """Wait for no more keys, and ask. What was not told is asked again, and what was told long ago.

        `anew`: so is what was told just now.
        """
        before = self._asking
        told = before is not None and not isinstance(before.found, Untold)
        is_told = before is not None and before.found is not None
        if self._wish is None or (told and not self.is_stale and not (anew and is_told)):
            return
        self._leave()
        wish = self._wish
        asking = self._asking = self._ask_for(wish)
        asking.before = before if told else None
        self._slow.start()
        self._runner.run(
            Lane.LOOK_UP,
            lambda: asking.customers.look_up(wish.project, wish.customer, wish.categories),
            done=lambda found: self._take(asking, found),
            failed=lambda error: self._take(asking, _BROKEN),
        )
        self._show()

    def _ask_for(self, wish: _Wish) -> _Asking:
        customers = Customers(wish.transport, self._now, self._alternatives)
        return _Asking(wish=wish, at=self._now(), customers=customers)

    @property
    def is_stale(self) -> bool:
        """Whether what is known of the customer is so old that it is asked anew when it is used."""
        asking = self._asking
        is_told = asking is not None and asking.found is not None
        return asking is not None and is_told and self._now().micros - asking.at.micros > FRESH

    def known(self) -> Found | None:
        """What is known of whoever stands in the form, but for what was changed here just now.

        None while nothing is; while it is asked anew, what was told before.
        """
        asking = self._told_last()
        return None if asking is None else trusted(asking.found, self._ours(asking))

    def told_long_ago(self) -> Message | None:
        """When what is known was told, where it is old and no newer answer has come; else None."""
        asking = self._told_last()
        if asking is None or asking is self._asking or asking.found is None:
            return None
        return say("lookup", "This was looked up at {time}. No newer answer has come so far.").format(
            time=asking.at
        )

    def _told_last(self) -> _Asking | None:
        asking = self._asking
        if asking is not None and asking.before is not None and isinstance(asking.found, Untold | None):
            return asking.before
        return asking

    def remember(self, project: Project, consents: Sequence[Consent]) -> None:
        """`consents` were noted for `project`: for a while no look-up may show them."""
        # A look-up stays as old as it was when it was asked.
        at = self._now() if self._asking is None else self._asking.at
        self._noted = [(of, one) for of, one in self._noted if within_read_lag((one,), at)]
        self._noted += [(project.id, one) for one in consents]
        self._show()

    def forget_customer(self, project_id: str, customer: CustomerId) -> None:
        """A customer was erased: what was noted for them is known no more."""
        self._noted = [(of, one) for of, one in self._noted if (of, one.customer) != (project_id, customer)]

    def forget_project(self, project_id: str) -> None:
        """What was noted for a project is known no more."""
        self._noted = [(of, one) for of, one in self._noted if of != project_id]

    def adopt(self, known: Known) -> None:
        """Take what is known already of the customer that is put into the form next."""
        self._adopted = known

    def context(self, consent: Consent) -> Context:
        """What is known by now of the customer of `consent`, to be noted with it."""
        is_theirs = self._asking is not None and self._asking.wish.customer == consent.customer
        found = self.known() if is_theirs else None
        before = found.consents.get(consent.category) if isinstance(found, Known) else None
        return Context(
            before=before, is_new_profile=isinstance(found, Unknown), existed=isinstance(found, Known)
        )

    def keep(self, submission: Submission) -> bool:
        """`submission` is being noted: an answer that is not there yet is told when it comes.

        Whether there is any to be told.
        """
        customer = submission.consent.customer
        if self._pause.isActive() or self.is_stale:
            self.look_now()
        asking = self._asking
        if asking is not None and asking.wish.customer == customer and asking.found is None:
            # One at most: what hangs must not hold up the next caller for long.
            if self._kept is not None and self._kept is not asking:
                self._kept.customers.cancel()
            asking.submission, asking.is_ours = submission, bool(self._ours(asking))
            self._kept = asking
        return self._kept is not None and _is_of(self._kept.submission, submission.consent)

    def confirm(self, submission: Submission) -> None:
        """`submission` was noted, perhaps in a journal that was opened since it was pressed."""
        kept = self._kept
        if kept is not None and _is_of(kept.submission, submission.consent):
            kept.submission, kept.is_noted = submission, True
            self._tell_kept()

    def _leave(self) -> None:
        self._pause.stop()
        self._slow.stop()
        if self._asking is not None and self._asking is not self._kept:
            self._asking.customers.cancel()
        self._asking = None

    def _wait_longer(self) -> None:
        # Whoever is on the line now comes before whoever was: there is one lane.
        if self._kept is not None and self._kept is not self._asking:
            self._kept.customers.cancel()
            self._kept = None
        self._show()

    def _take(self, asking: _Asking, found: Found) -> None:
        asking.found = found
        if asking is self._asking:
            self._slow.stop()
            self._show()
            self._view.announce()
            self.answered.emit()
        if asking is self._kept:
            self._tell_kept()

    def _tell_kept(self) -> None:
        kept = self._kept
        if kept is None or kept.submission is None or kept.found is None or not kept.is_noted:
            return
        self._kept = None
        says_nothing = isinstance(kept.found, Unknown) and kept.is_ours
        self.told_of_noted.emit(kept.submission, None if says_nothing else kept.found)

    def _show(self) -> None:
        asking = self._asking
        told = self._told_last() or asking
        self._show_rows(told)
        # With each key nobody is known, as before.
        is_nobody = asking is None
        if is_nobody and self._shows_nobody:
            return
        self._shows_nobody = is_nobody
        if asking is None or told is None:
            self._view.show_text(Tone.QUIET, "")
            return
        age = phrase("lookup", "looked {at}").format(at=moment_of(self._local(told.at)))
        match told.found:
            case None if self._slow.isActive():
                self._view.show_text(Tone.QUIET, phrase("lookup", "Looking up…"), "clock")
            case None:
                whole = phrase("lookup", "Not known: no answer yet. There is no need to wait for it.")
                self._view.show_text(Tone.QUIET, phrase("lookup", "No answer yet"), "clock", whole=whole)
            case Untold(why=meaning):
                whole = phrase("lookup", "Not known: {why}").format(why=render(meaning.why))
                self._view.show_text(
                    Tone.QUIET, phrase("lookup", "Could not be looked up"), "wifi-off", whole=whole, age=age
                )
            case Unknown(customer=customer, other=other):
                text = phrase("lookup", "No customer with {type} = {what}.").format(
                    type=customer.type, what=cut(customer.value)
                )
                if other is not None:
                    text = f"{text} {render(near(customer, other))}"
                missing = self._missing(told)
                tone = Tone.NEUTRAL if missing else Tone.WARNING
                whole = self._with_age(f"{text}{self._tell_missing(missing)}", told)
                short, icon = (
                    (phrase("lookup", "New here"), "user-plus")
                    if missing
                    else (phrase("lookup", "Nobody has this ID"), "user-x")
                )
                self._view.show_text(tone, short, icon, whole=whole, age=age)
            case Known() as known:
                of_chosen = [one for one in self._missing(told) if one.category == self._category]
                whole = f"{self._told(known)}{self._tell_missing(of_chosen)}"
                whole = self._with_age(whole, told)
                self._view.show_text(
                    Tone.NEUTRAL, phrase("lookup", "Known customer"), "user-check", whole=whole, age=age
                )

    def _show_rows(self, told: _Asking | None) -> None:
        found = None if told is None else told.found
        missing = () if told is None else self._missing(told)
        if (found, missing) == self._shown:
            return
        self._shown = (found, missing)
        ours = {one.category: noted_here(one, self._local) for one in missing}
        if isinstance(found, Known):
            states = {name: state_of(one, self._local) for name, one in found.consents.items()}
            self._rows.show_states({**states, **ours}, NOT_TOLD)
        else:
            self._rows.show_states(ours, NOBODY if isinstance(found, Unknown) else UNKNOWN)

    def _with_age(self, text: str, asking: _Asking) -> str:
        ended = text if text.endswith(".") else f"{text}."
        return phrase("lookup", "{ended} Looked up at {at}.").format(
            ended=ended, at=moment_of(self._local(asking.at))
        )

    def _ours(self, asking: _Asking) -> tuple[Consent, ...]:
        subject = asking.wish.project.id, asking.wish.customer
        return within_read_lag([one for of, one in self._noted if (of, one.customer) == subject], asking.at)

    def _missing(self, asking: _Asking) -> tuple[Consent, ...]:
        return not_shown(asking.found, self._ours(asking))

    def _tell_missing(self, missing: Sequence[Consent]) -> str:
        if not missing:
            return ""
        last = missing[-1]
        when = moment_of(self._local(last.noted_at))
        return phrase("lookup", " An {noun} was noted here at {when}, it may not show yet.").format(
            noun=render(noun(last.action)), when=when
        )

    def _told(self, known: Known) -> str:
        status = known.consents.get(self._category)
        if status is not None:
            return f"{cut(self._rows.label(self._category))}: {render(tell_status(status), self._local)}"
        if self._wish is not None and self._category in self._wish.categories:
            return phrase("lookup", "{what}: not known, the answer does not say.").format(
                what=cut(self._rows.label(self._category))
            )
        return phrase("lookup", "This customer exists.")


def _is_of(submission: Submission | None, consent: Consent) -> bool:
    return submission is not None and submission.consent.request_id == consent.request_id


def _wish(draft: Draft, project: Project, transport: Transport, listed: tuple[str, ...]) -> _Wish | None:
    kind, value, typed = draft.customer_id_type, draft.customer_id, draft.category
    if rules.complaint_about_id_type(kind) is not None or rules.complaint_about_id(value) is not None:
        return None
    categories = listed or (() if rules.complaint_about_category(typed) is not None else (typed,))
    if not categories:
        return None
    customer = CustomerId(type=kind, value=value)
    return _Wish(transport=transport, project=project, customer=customer, categories=categories)
