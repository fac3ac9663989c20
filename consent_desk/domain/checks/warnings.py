"""What may be wrong with a draft without standing in the way of sending it."""

from collections.abc import Sequence
from datetime import tzinfo

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.dates import read_taken_at
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.category import Category, labels_of
from consent_desk.domain.wire.server_clock import Moment, is_off, tell_off

_SHOWN = 300
"""Characters: several hundred categories may be chosen at once."""

_JUST_NOW = 60_000_000
"""Microseconds. A time is typed in minutes: what was just now may look this old."""


def warnings(
    draft: Draft, *, categories: Sequence[Category], at: Moment, zone: tzinfo
) -> tuple[Problem, ...]:
    """Warnings beside the fields of `draft`, in the order of the form. `categories` are those of the project.

    Engagement answers success to all of it (the reference's sections 1 and 4).
    """
    found = (
        (Field.CATEGORY, _about_categories(draft, categories)),
        (Field.TAKEN_AT, _about_time(draft, at.now, zone)),
        (Field.TAKEN_AT, _about_clock(at)),
    )
    told: dict[Field, Message] = {}
    for field, message in found:
        if message is not None:
            before = told.get(field)
            told[field] = (
                message
                if before is None
                else say("checks", "{before} {more}").format(before=before, more=message)
            )
    return tuple(Problem(field, message) for field, message in told.items())


def _about_categories(draft: Draft, categories: Sequence[Category]) -> Message | None:
    if not draft.categories:
        return _about_category(draft.category, categories)
    # Left out at once: each of the others is looked for among all.
    plain = {one.id for one in categories if one.by_private_api}
    told = ((one, _about_category(one, categories)) for one in draft.categories if one not in plain)
    doubtful = [(one, warning) for one, warning in told if warning is not None]
    if not doubtful:
        return None
    labels = labels_of(categories)
    names = cut(", ".join(labels.get(one, one) for one, _ in doubtful), _SHOWN)
    return say("checks", "{names}: {warning}").format(names=names, warning=doubtful[0][1])


def _about_category(category_id: str, categories: Sequence[Category]) -> Message | None:
    if not category_id:
        return None
    if (unlisted := about_unlisted(category_id, categories)) is not None:
        return unlisted
    if any(one.id == category_id and not one.by_private_api for one in categories):
        # What the server answers is not documented (section 4.3): nothing is promised either way.
        return say(
            "checks",
            "The project does not mean this category to be changed over this API: the change may have no "
            "effect. Ask your administrator, or look the customer up in Engagement afterwards.",
        )
    return None


def about_unlisted(category_id: str, categories: Sequence[Category]) -> Message | None:
    """The warning that a category is none of the project's, or None; also where those are not known."""
    if not categories or any(one.id == category_id for one in categories):
        return None
    unknown = say("checks", "Not among the project's categories: Engagement would not notice.")
    near = _nearest(category_id, categories)
    return (
        unknown
        if near is None
        else say("checks", "{unknown} Did you mean {near}?").format(unknown=unknown, near=near)
    )


def _nearest(text: str, categories: Sequence[Category]) -> str | None:
    wanted = text.casefold()
    near = [one.id for one in categories if wanted in one.id.casefold() or wanted in one.label.casefold()]
    return near[0] if len(near) == 1 else None


def _about_time(draft: Draft, now: Timestamp, zone: tzinfo) -> Message | None:
    taken_at = read_taken_at(draft.taken_at, now, zone)
    if draft.action != Action.REJECT or isinstance(taken_at, Message):
        return None
    if now.micros - taken_at.micros <= _JUST_NOW:
        return None
    # Assumed, not documented (section 4.1): the last event by timestamp rules.
    return say(
        "checks",
        "An opt-in given after this time may stay in force. Write “now” if the person decides now; "
        "otherwise look the customer up in Engagement afterwards.",
    )


def _about_clock(at: Moment) -> Message | None:
    if at.clock_off is None or not is_off(at.clock_off):
        return None
    return say(
        "checks",
        "This computer's clock is {off}. “now” is stamped by Engagement's time; a time that you type stays "
        "as it is.",
    ).format(
        off=tell_off(at.clock_off),
    )
