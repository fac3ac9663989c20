"""Put a consent right that was noted by mistake: restore what the look-up had shown before it.

And what an opt-in in place of an opt-out asks for, whether it corrects one or not.

Engagement deletes no event: undoing one is the opposite event, and the history keeps both (the reference's
section 4.1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.values import Timestamp, ends_after
from consent_desk.domain.dates import spelled_end
from consent_desk.domain.lifecycle.record import Record, is_new_profile
from consent_desk.domain.lifecycle.state import ACCEPTED_STATES, UNCERTAIN_STATES, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState, Found, Known
from consent_desk.domain.wire.outcome import Look

CORRECTABLE_STATES = ACCEPTED_STATES | UNCERTAIN_STATES | {State.VERIFIED, State.CONTRADICTED}
"""What may stand in Engagement. What never left is discarded instead."""

_OWN_SOURCES = frozenset({"", "private_api"})

_NONE_BEFORE = say(
    "checks",
    "Engagement cannot delete an event. There was no consent before, so none is created. If the person "
    "decides now, enter that decision.",
)
_UNCLEAR = say(
    "checks",
    "What held before is not known: the person had opted out, or an opt-in had ended. So no opt-in is "
    "offered. Ask the person, and enter what they decide.",
)
_NOT_LOOKED_UP = say(
    "checks",
    "What held before is not known: the customer was not looked up then. So no opt-in is offered. Ask the "
    "person, and enter what they decide.",
)


def belongs_elsewhere(record: Record, project_id: str) -> Message | None:
    """Why `record` cannot be corrected in the project `project_id`: it is none of its consents."""
    if record.noted.project_id == project_id:
        return None
    name = cut(record.noted.project_name)
    return say("checks", "This was recorded for {project}. Choose that project first.").format(project=name)


def lost_its_id_type(record: Record, id_types: Sequence[str]) -> Message | None:
    """Why `record` cannot be corrected in a project whose customer IDs are of `id_types`."""
    kind = record.noted.consent.customer.type
    if kind in id_types:
        return None
    return say(
        "checks",
        "The project has no customer IDs of type {type} any more. Add that type in the project settings "
        "first.",
    ).format(
        type=cut(kind),
    )


def overtaken(last: Timestamp | None) -> Message | None:
    """Why a consent is not corrected any more: a later decision, of `last`, rules its category."""
    if last is None:
        return None
    return say("checks", "A later decision was noted since: {time}. Enter what is to hold now.").format(
        time=last
    )


def restored(record: Record, now: Timestamp) -> Draft | Message:
    """The form that restores what held before the consent of `record`; or why there is nothing to restore."""
    consent, before = record.noted.consent, record.noted.context.before
    if record.facts[-1].state not in CORRECTABLE_STATES:
        return say("checks", "It has not reached Engagement, so there is nothing to correct there.")
    if is_new_profile(record):
        return _NONE_BEFORE
    if before is None:
        return _NOT_LOOKED_UP
    if before.since is None and not before.valid:
        return _NONE_BEFORE
    if before.current_state is CurrentState.UNCLEAR:
        return _UNCLEAR
    until = before.until if before.valid else None
    if before.current_state is CurrentState.ENDED or (until is not None and not ends_after(until, now)):
        return say(
            "checks",
            "The opt-in from before has ended since. Engagement cannot delete an event, and none is created. "
            "If the person decides now, enter that decision.",
        )
    action = Action.ACCEPT if before.valid else Action.REJECT
    is_opt_in_again = action is consent.action is Action.ACCEPT
    if action is consent.action and consent.valid_until == until:
        return say("checks", "The same held before: there is nothing to restore.")
    return Draft(
        customer_id_type=consent.customer.type,
        customer_id=consent.customer.value,
        category=consent.category,
        action=action,
        valid_until="" if until is None else spelled_end(until),
        # In place of an opt-out, or where one held before: what was read out then was not read out now.
        wording=before.wording if is_opt_in_again else "",
        corrects=consent.request_id,
    )


def is_corrected_by(draft: Draft, record: Record) -> bool:
    """Whether `draft` is still about what `record` decided."""
    consent = record.noted.consent
    return subject_of(draft) == (consent.customer.type, consent.customer.value, consent.category, ())


def needs_basis(draft: Draft, record: Record) -> bool:
    """Whether `draft` turns an opt-out into an opt-in."""
    before = record.noted.context.before
    was_rejected = before is not None and before.since is not None and not before.valid
    is_reject = record.noted.consent.action is Action.REJECT
    return draft.action == Action.ACCEPT and (is_reject or was_rejected)


def made_by(record: Record) -> CategoryStatus | None:
    """What holds by the decision of `record`, as Engagement has shown by now; None where it has not."""
    consent = record.noted.consent
    if record.facts[-1].state is not State.VERIFIED or consent.timestamp < consent.noted_at:
        return None
    # No source: that is what a look-up of this customer tells.
    return CategoryStatus(
        valid=consent.action is Action.ACCEPT,
        since=consent.timestamp.seconds,
        source="",
        until=consent.valid_until,
    )


Subject = tuple[str, str, str, tuple[str, ...]]
"""Whose consent to what a draft is about."""


def subject_of(draft: Draft) -> Subject:
    """Whose consent to what `draft` is about."""
    return draft.customer_id_type, draft.customer_id, draft.category, draft.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a draft corrects or turns, and what it asks for because of that.

    `record`: what it corrects, if anything. `opted_out`: the opt-outs that it turns. `warning`: what to mind.
    """

    record: Record | None
    opted_out: Mapping[str, CategoryStatus]
    needs_basis: bool
    warning: Message | None


def demands_of(draft: Draft, record: Record | None, found: Found | None) -> Demands:
    """What `draft` demands, which may correct `record` and of whose customer `found` is known."""
    if not draft.corrects:
        record = None
    opted_out = turned(draft, found)
    warning = opted_out_themselves(opted_out.values())
    if record is not None and draft.action == Action.ACCEPT:
        warning = warning or own_opt_out(record)
    needs_one = bool(opted_out) or (record is not None and needs_basis(draft, record))
    return Demands(record=record, opted_out=opted_out, needs_basis=needs_one, warning=warning)


def still_about(draft: Draft, record: Record | None, subject: Subject | None) -> Draft:
    """`draft` without what was filled in for something else: a correction, or what an opt-in rests on.

    `record` was chosen to be corrected, and the form was about `subject` before.
    """
    if draft.corrects:
        is_same = record is not None and record.noted.consent.request_id == draft.corrects
        if record is None or not is_same or not is_corrected_by(draft, record):
            # No opt-in stays without its basis.
            return replace(draft, corrects="", action=Action.REJECT, valid_until="", basis="", wording="")
    if draft.basis and subject_of(draft) != subject:
        return replace(draft, basis="")
    return draft


def turned(draft: Draft, found: Found | None) -> Mapping[str, CategoryStatus]:
    """The opt-outs that a look-up shows and that `draft` turns into opt-ins, by their categories."""
    if draft.action != Action.ACCEPT or not isinstance(found, Known):
        return {}
    if (found.customer.type, found.customer.value) != draft.caller:
        return {}
    chosen = draft.categories or (draft.category,)
    return {name: found.consents[name] for name in chosen if is_opted_out(found.consents.get(name))}


def is_opted_out(status: CategoryStatus | None) -> bool:
    """Whether a look-up showed an opt-out that holds."""
    return status is not None and status.current_state is CurrentState.REJECTED


def basis_problems(draft: Draft) -> tuple[Problem, ...]:
    """What an opt-in in place of an opt-out lacks: it needs a basis, and the wording."""
    lacks = (
        (
            Field.WORDING,
            draft.wording,
            say("checks", "Write what was read out: without it nothing shows an opt-in."),
        ),
        (
            Field.BASIS,
            draft.basis,
            say("checks", "Choose what this opt-in rests on, or write another reason."),
        ),
    )
    return tuple(Problem(field, message) for field, text, message in lacks if not text.strip())


def own_opt_out(record: Record) -> Message | None:
    """That the person opted out themselves, where a look-up showed so: from elsewhere than this desk."""
    before = record.noted.context.before
    shown = [before] if before is not None else []
    looks = (fact.outcome for fact in record.facts)
    shown += [
        CategoryStatus(valid=look.valid, since=look.since, source=look.source)
        for look in looks
        if isinstance(look, Look) and look.valid is not None
    ]
    return opted_out_themselves(shown)


def opted_out_themselves(shown: Iterable[CategoryStatus]) -> Message | None:
    """That the person opted out themselves, where one of `shown` is an opt-out from elsewhere."""
    sources = [one.source for one in shown if is_opted_out(one) and one.source not in _OWN_SOURCES]
    if not sources:
        return None
    return say(
        "checks",
        "Engagement's history shows an opt-out that did not come from this desk (source {source}): the "
        "person may have opted out themselves. An opt-in needs their clear word.",
    ).format(
        source=sources[-1],
    )
