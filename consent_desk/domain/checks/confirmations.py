"""What speaks against sending a consent that is complete: a person is asked before it is noted.

The rules rest on the reference's sections 1 and 4. Nothing here forbids anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consent_desk.domain.checks.correction import opted_out_themselves
from consent_desk.domain.checks.warnings import about_unlisted
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.consent.ids import difference
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.lifecycle.judgement import noun
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.category import Category, labels_of
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState, Found, Known, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One reason to ask: its `text`, the safe choice `mend`, which leads to `field`, and `go_on`.

    `instead`: a customer that exists, where another spelling of the ID is one. `holds`: the category in which
    the decision holds already. `leaves`: the categories that `mend` leaves out, while the others are
    recorded; where there are none, it records nothing.
    """

    text: Message
    field: Field
    mend: Message
    go_on: Message
    instead: Known | None = None
    holds: str = ""
    leaves: tuple[str, ...] = ()


def confirmations(
    consents: Sequence[Consent],
    found: Found | None,
    categories: Sequence[Category],
    *,
    is_stranger: bool = False,
) -> tuple[Confirmation, ...]:
    """All that is to be asked before `consents`, of one customer, are noted, each but once.

    Of each the gravest comes first. `found`: what a look-up told of the customer, None while there is no
    answer: that asks nothing. `categories` are those of the project. `is_stranger`: it is practice, and no
    customer of the Sandbox's.
    """
    labels = labels_of(categories)
    asked: dict[tuple[str, str], Confirmation] = {}
    for consent in consents:
        for one in _of_one(consent, found, categories, labels, is_stranger=is_stranger):
            asked.setdefault((str(one.text), one.holds), one)
    return of_several([*asked.values()], len(consents))


def _of_one(
    consent: Consent,
    found: Found | None,
    categories: Sequence[Category],
    labels: Mapping[str, str],
    *,
    is_stranger: bool,
) -> tuple[Confirmation, ...]:
    status = found.consents.get(consent.category) if isinstance(found, Known) else None
    label = cut(labels.get(consent.category, consent.category))
    asked = (
        _STRANGER if is_stranger else None,
        _about_customer(consent, found),
        None if status is None else _about_standing(consent, label, status),
        None if status is None else _about_opt_out(consent, label, status),
        _about_category(consent, categories),
    )
    return tuple(one for one in asked if one is not None)


def about_repetition(category: str, label: str, noted_at: Timestamp, action: Action) -> Confirmation:
    """What is asked where the same was noted here at `noted_at`, minutes ago; `label` names its category."""
    return Confirmation(
        text=say(
            "checks", "{category}: this {noun} was noted here already, at {time}. Engagement would keep both."
        ).format(
            category=cut(label),
            noun=noun(action),
            time=noted_at,
        ),
        field=Field.CUSTOMER_ID,
        mend=say("checks", "Leave it"),
        go_on=say("checks", "Record it again"),
        holds=category,
    )


def of_several(asked: Sequence[Confirmation], count: int) -> tuple[Confirmation, ...]:
    """`asked` of `count` consents at once: what holds already keeps the others from nothing."""
    holding = tuple(one.holds for one in asked if one.holds)
    rest = count - len(holding)
    if not (holding and rest):
        return tuple(asked)
    left = say("checks", "Leave it") if len(holding) == 1 else say("checks", "Leave them")
    mend = (
        say("checks", "{left}, record the other one").format(left=left)
        if rest == 1
        else say("checks", "{left}, record the other {rest}").format(left=left, rest=rest)
    )
    go_on = say("checks", "Record all {count}").format(count=count)
    return tuple(replace(one, mend=mend, go_on=go_on, leaves=holding) if one.holds else one for one in asked)


_STRANGER = Confirmation(
    text=say("checks", "A real caller? This opts nobody out: nothing sent here reaches Engagement."),
    field=Field.CUSTOMER_ID,
    mend=say("checks", "Cancel"),
    go_on=say("checks", "Practise"),
)


def _about_customer(consent: Consent, found: Found | None) -> Confirmation | None:
    if not isinstance(found, Unknown):
        return None
    customer = consent.customer
    in_vain = (
        say("checks", "Opting out this ID stops no messages.")
        if consent.action is Action.REJECT
        else say("checks", "Opting in this ID makes a new, empty profile.")
    )
    nobody = say("checks", "No customer with {type} = {value}.").format(
        type=customer.type, value=cut(customer.value)
    )
    if found.other is not None:
        nobody = say("checks", "{nobody} {near}").format(nobody=nobody, near=near(customer, found.other))
    return Confirmation(
        text=say("checks", "{nobody} {in_vain} Read it back to the caller.").format(
            nobody=nobody, in_vain=in_vain
        ),
        field=Field.CUSTOMER_ID,
        mend=say("checks", "Correct the ID"),
        go_on=say("checks", "Record anyway: creates a profile"),
        instead=found.other,
    )


def near(customer: CustomerId, other: Known) -> Message:
    """That there is `other`, whose ID differs from that of `customer` in what is easily overlooked."""
    exists = other.customer
    if exists.type != customer.type:
        return say("checks", "There is one with {type} = {value}.").format(
            type=exists.type, value=cut(exists.value)
        )
    told = difference(customer.value, exists.value)
    return say("checks", "There is {exists}: {difference}.").format(exists=cut(exists.value), difference=told)


def _about_standing(consent: Consent, label: str, status: CategoryStatus) -> Confirmation | None:
    if _holds_already(consent, status):
        return Confirmation(
            text=say("checks", "{category}: already {told}.").format(
                category=label, told=tell_status(status)
            ),
            field=Field.CUSTOMER_ID,
            mend=say("checks", "Leave it"),
            go_on=say("checks", "Record again"),
            holds=consent.category,
        )
    is_back_dated = consent.timestamp < consent.noted_at
    if is_back_dated and status.since is not None and status.since * 1_000_000 > consent.timestamp.micros:
        # Assumed, not documented (section 4.1): the last event by timestamp rules.
        return Confirmation(
            text=say(
                "checks",
                "{category}: {told}. That is later than {time}, so this decision may change nothing. "
                "If the person decides now, the time is “now”.",
            ).format(
                category=label,
                told=tell_status(status),
                time=consent.timestamp,
            ),
            field=Field.TAKEN_AT,
            mend=say("checks", "Correct the time"),
            go_on=say("checks", "Record anyway"),
        )
    return None


def _about_opt_out(consent: Consent, label: str, status: CategoryStatus) -> Confirmation | None:
    if consent.action is Action.REJECT:
        return None
    warning = opted_out_themselves((status,))
    if status.current_state is CurrentState.UNCLEAR:
        warning = say(
            "checks",
            "{category}: did this person opt out, or did the opt-in end? That is not known: {told}. After an "
            "opt-out, an opt-in needs their clear word.",
        ).format(
            category=label,
            told=tell_status(status),
        )
    if warning is None:
        return None
    return Confirmation(
        text=warning,
        field=Field.CUSTOMER_ID,
        mend=say("checks", "Leave it"),
        go_on=say("checks", "Record the opt-in"),
    )


def _holds_already(consent: Consent, status: CategoryStatus) -> bool:
    if consent.action is Action.REJECT:
        return status.current_state is CurrentState.REJECTED
    return status.valid and status.until in {None, consent.valid_until}


def _about_category(consent: Consent, categories: Sequence[Category]) -> Confirmation | None:
    unlisted = about_unlisted(consent.category, categories)
    if unlisted is None:
        return None
    return Confirmation(
        text=say("checks", "{category}: {unlisted}").format(
            category=cut(consent.category), unlisted=unlisted
        ),
        field=Field.CATEGORY,
        mend=say("checks", "Correct the category"),
        go_on=say("checks", "Record anyway"),
    )
