"""What the journal keeps of a consent: what was noted, and each fact since."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, PropertyValue, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import may_have_left
from consent_desk.domain.lifecycle.state import (
    ASKED,
    CHECKED,
    IS_RIGHT,
    TO_CHECK_STATES,
    Fact,
    State,
    is_to_acknowledge,
)
from consent_desk.domain.wire.customer import CategoryStatus, may_have_ended
from consent_desk.domain.wire.outcome import (
    SPEAKS_AGAINST,
    Answered,
    Cause,
    FailedLook,
    Look,
    Lost,
    NotSent,
    Outcome,
)
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import event_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What this desk knew when a consent was noted. Nothing of it is sent.

    `account`: whose session on this computer it was. `before`: what Engagement showed for the category,
    None where that was not known; `is_new_profile`: it knew no such customer, and somebody was asked about
    that; `existed`: it knew the customer. `listed`: whether the project lists the category, None where that
    was not known. `corrects`: the request ID of the consent that this one puts right, and `basis` what an
    opt-in in place of an opt-out rests on. `clock_off`: seconds by which this computer's clock was fast
    (negative: slow) when it was noted, None where nobody had told the time.
    """

    account: str = ""
    before: CategoryStatus | None = None
    is_new_profile: bool = False
    existed: bool = False
    listed: bool | None = None
    corrects: str | None = None
    basis: str = ""
    clock_off: int | None = None


NO_CONTEXT = Context()


class Subject(NamedTuple):
    """What decisions are about: of these the last one rules, and an opt-in waits for the opt-outs."""

    project_id: str
    customer: CustomerId
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A consent as it is written down, once and for good: with the bytes to send and where they belong.

    `press`: the request ID of the first of those that were noted at once; None for one alone.
    """

    consent: Consent
    project_id: str
    project_name: str
    base_url: str
    project_token: str
    body: bytes
    context: Context = NO_CONTEXT
    press: str | None = None

    @classmethod
    def of(
        cls, project: Project, consent: Consent, context: Context = NO_CONTEXT, press: str | None = None
    ) -> "Noted":
        """What is to be noted of `consent` for `project`."""
        return cls(
            consent=consent,
            project_id=project.id,
            project_name=project.name,
            base_url=str(project.base_url),
            project_token=project.project_token,
            body=event_body(consent),
            context=context,
            press=press,
        )

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(self.project_id, self.consent.customer, self.consent.category)

    def belongs_to(self, project: Project, *, mended: bool = False) -> bool:
        """Whether `project` still leads where this was noted for. Otherwise it is held.

        With `mended` a person vouches that another project token is the right one; the address must be
        the same in any case.
        """
        same_place = (self.project_id, self.base_url) == (project.id, str(project.base_url))
        return same_place and (mended or self.project_token == project.project_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log: a consent and its last fact. `status` and `elapsed` are of its last sending.

    `held`: its project was removed, or no longer leads where it was noted for. `checked`: `is_checked`.
    `to_acknowledge`: `state.is_to_acknowledge`. `cause`: why its last sending did not leave. `overruled`: the
    last look saw that something else holds. `may_have_left`: it was given up when Engagement might have it.
    `press`: as in `Noted`.
    """

    request_id: str
    noted_at: Timestamp
    project_id: str
    project_name: str
    customer: CustomerId
    category: str
    action: Action
    state: State
    status: int | None = None
    elapsed: float | None = None
    held: bool = False
    checked: bool = False
    to_acknowledge: bool = False
    cause: Cause | None = None
    overruled: bool = False
    may_have_left: bool = False
    valid_until: ValidUntil | None = None
    press: str | None = None

    @classmethod
    def of(
        cls, noted: Noted, state: State, outcome: Outcome | Look | FailedLook | None = None, note: str = ""
    ) -> "Entry":
        """The line for `noted` when its last fact is `state`, because of `outcome`, with its `note`."""
        last = Fact(at=noted.consent.noted_at, state=state, outcome=outcome, note=note)
        return cls(
            request_id=noted.consent.request_id,
            noted_at=noted.consent.noted_at,
            project_id=noted.project_id,
            project_name=noted.project_name,
            customer=noted.consent.customer,
            category=noted.consent.category,
            action=noted.consent.action,
            state=state,
            status=_status_of(outcome),
            elapsed=None if outcome is None else outcome.elapsed,
            held=isinstance(outcome, NotSent) and outcome.cause in {Cause.HELD, Cause.REMOVED},
            checked=is_checked(noted.context, state, note),
            to_acknowledge=is_to_acknowledge(last),
            cause=outcome.cause if isinstance(outcome, NotSent) else None,
            overruled=isinstance(outcome, Look) and is_overruled(outcome, noted.consent.action),
            valid_until=noted.consent.valid_until,
            press=noted.press,
        )

    @classmethod
    def after(cls, noted: Noted, facts: Sequence[Fact]) -> "Entry":
        """The line for `noted` after all its `facts`, the oldest first."""
        entry = cls.of(noted, facts[-1].state, facts[-1].outcome, facts[-1].note)
        sendings = (
            fact.outcome
            for fact in reversed(facts)
            if isinstance(fact.outcome, Outcome) or fact.state is State.IN_FLIGHT
        )
        sent = next(sendings, None)
        return replace(
            entry,
            status=_status_of(sent),
            elapsed=None if sent is None else sent.elapsed,
            may_have_left=entry.state is State.DISCARDED and may_have_left(facts),
        )


def is_overruled(look: Look, action: Action) -> bool:
    """Whether `look` saw that something else holds than a consent with this action."""
    return look.seen and (look.reason in SPEAKS_AGAINST or look.valid is (action is Action.REJECT))


def _status_of(outcome: Outcome | Look | FailedLook | None) -> int | None:
    return outcome.status if isinstance(outcome, Answered | Lost) else None


def is_checked(context: Context, state: State, note: str) -> bool:
    """Whether a person has said of one of `TO_CHECK_STATES` that it is right; `note`: of the last fact."""
    if state is State.NEW_PROFILE:
        return context.is_new_profile or note in CHECKED
    return state is State.NO_CATEGORY and (context.listed is False or note == IS_RIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A consent with all its facts, the oldest first."""

    noted: Noted
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a subject, when, and what became of it so far: no more.

    `seq`: what was noted later has the greater one.
    """

    seq: int
    request_id: str
    action: Action
    timestamp: Timestamp
    noted_at: Timestamp
    state: State

    @property
    def was_now(self) -> bool:
        """Whether it was taken as it was noted."""
        return self.timestamp == self.noted_at


_NAMES = {"properties", *(field.name for field in fields(Context))}


def context_text(noted: Noted) -> str:
    """The context of `noted`, and the further properties of its event."""
    context = noted.context
    values = {
        **asdict(context),
        "before": None if context.before is None else _written(context.before),
        "properties": [list(one) for one in noted.consent.properties],
    }
    # False and 0 are known where nothing is None.
    may_be_false = {"listed", "clock_off"}
    kept = {
        name: value for name, value in values.items() if value or (name in may_be_false and value is not None)
    }
    # Escaped as ASCII: an account's name may hold what has no UTF-8.
    return json.dumps(kept, separators=(",", ":"))


def read_context(text: str, noted_at: Timestamp) -> tuple[Context, tuple[tuple[str, PropertyValue], ...]]:
    """The context of what was noted then, and the further properties of its event. Raises ValueError."""
    values = json.loads(text)
    if not isinstance(values, dict) or not values.keys() <= _NAMES:
        raise ValueError("context")
    properties = tuple((name, value) for name, value in values.pop("properties", ()))
    before = values.pop("before", None)
    try:
        return Context(before=None if before is None else _status(before, noted_at), **values), properties
    except TypeError:
        raise ValueError("context") from None


def _written(status: CategoryStatus) -> dict[str, Any]:
    values = {**asdict(status), "until": None if status.until is None else status.until.wire}
    # Version 1 has none: it is written where an end was named, so that it may have ended.
    if status.ended is False and (status.valid or status.until is None):
        del values["ended"]
    return values


def _status(values: dict[str, Any], noted_at: Timestamp) -> CategoryStatus:
    until = values.pop("until", None)
    end = None if until is None else ValidUntil() if until == "unlimited" else ValidUntil(int(until))
    values.setdefault("ended", None if may_have_ended(bool(values.get("valid")), end, noted_at) else False)
    return CategoryStatus(**values, until=end)


# -- recorded for whom, or for what ------------------------------------------------------------------
# Engagement makes a new profile of an ID that it does not know, and takes a category that it does not have
# (the reference's section 1): a person is to check it. That nobody was there is learnt before, while or after
# a consent is sent; from then on it stands in the journal, in the consent itself or as the note of a fact.

NO_CUSTOMER = "a look-up knew no such customer"
SAW_CUSTOMER = "a look-up saw this customer"
"""The notes of facts."""


def is_new_profile(record: Record) -> bool:
    """Whether it was learnt, at any time, that there was no such customer."""
    return (
        record.noted.context.is_new_profile
        or _says(record, NO_CUSTOMER)
        or any(isinstance(fact.outcome, Look) and fact.outcome.unknown for fact in record.facts)
    )


def is_unlisted(record: Record) -> bool:
    """Whether it was learnt, at any time, that the project has no such category."""
    return record.noted.context.listed is False or any(
        isinstance(fact.outcome, Look) and fact.outcome.unlisted for fact in record.facts
    )


def saw_customer(record: Record) -> bool:
    """Whether a look-up saw the customer exist before anything was known to be recorded."""
    context = record.noted.context
    return context.existed or context.before is not None or _says(record, SAW_CUSTOMER)


def nobody_looked(record: Record) -> bool:
    """Whether it is not known if there was such a customer."""
    return not (saw_customer(record) or is_new_profile(record))


def to_check(record: Record, state: State) -> State:
    """What `state`, to which a sending or a look led, is where somebody is to check the ID or the category.

    Verified it is only once a person said that it is right.
    """
    if state in {State.DELIVERED, State.SEEN, State.NOT_SHOWN, State.VERIFIED}:
        for check, is_needed in ((State.NEW_PROFILE, is_new_profile), (State.NO_CATEGORY, is_unlisted)):
            if is_needed(record) and not (state is State.VERIFIED and said_right(record, check)):
                return check
    return state


def said_right(record: Record, check: State) -> bool:
    """Whether a person has looked, and says that it is right: the ID or the category, as `check` asks."""
    return any(fact.note == IS_RIGHT and fact.state is check for fact in record.facts)


def said(record: Record, check: State) -> str:
    """What a person said so far of what `check` asks: the note to bear on, empty where nobody did."""
    if said_right(record, check):
        return IS_RIGHT
    return ASKED if check is State.NEW_PROFILE and _says(record, ASKED) else ""


def needs_check(record: Record) -> bool:
    """Whether a person is to check it still: nobody was asked before, and nobody said that it is right."""
    last = record.facts[-1]
    note = said(record, last.state)
    return last.state in TO_CHECK_STATES and not is_checked(record.noted.context, last.state, note)


def _says(record: Record, note: str) -> bool:
    return any(fact.note == note for fact in record.facts)
