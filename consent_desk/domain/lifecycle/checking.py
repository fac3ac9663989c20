"""Recorded for whom, or for what? What a person is to check, because Engagement checks neither.

Engagement makes a new profile of an ID that it does not know, and takes a category that it does not have (the
reference's section 1). That nobody was there is learnt before, while or after a consent is sent; from then on
it stands in the journal, in the consent itself or as the note of a fact.
"""

from consent_desk.domain.lifecycle.record import Record, is_checked
from consent_desk.domain.lifecycle.state import ASKED, IS_RIGHT, TO_CHECK_STATES, State
from consent_desk.domain.wire.outcome import Look

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
