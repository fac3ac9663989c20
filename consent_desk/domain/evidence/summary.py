"""What a proof says in half a page, for people who know neither this program nor Engagement.

Only what was seen is told, and what does not apply is left out. Whoever wants more reads on: the technical
part follows.
"""

from collections.abc import Iterator
from typing import NamedTuple

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.evidence.proof import Proof, When, with_times
from consent_desk.domain.lifecycle.judgement import may_have_left
from consent_desk.domain.lifecycle.looking import tell_reason
from consent_desk.domain.lifecycle.messages import tell_status
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.outcome import Answered, Look


class Paragraph(NamedTuple):
    """What a few sentences are about, and they."""

    label: Message
    text: Message


def summary(proof: Proof, when: When) -> tuple[Paragraph, ...]:
    """Who, what, when and how, what the program did, what Engagement showed, and what that does not prove."""
    records = [one.record for one in proof.source.witnesses]
    if proof.whole:
        told = (_of_several(record, when) for record in records)
        return (_who(records[0]), *told, _limits(whole=True))
    [record] = records
    return (
        _who(record),
        Paragraph(say("evidence", "What was decided"), _together(_decided(record, when))),
        Paragraph(say("evidence", "When and how"), _together(_taken(record, when))),
        Paragraph(say("evidence", "What this program did"), _together(_did(record, when))),
        Paragraph(say("evidence", "What Engagement showed"), _together(_showed(record, when))),
        _limits(whole=False),
    )


def title(proof: Proof) -> Message:
    """What the proof is of."""
    if proof.whole:
        return say("evidence", "Proof of all consents of one customer")
    is_opt_out = proof.source.witnesses[0].record.noted.consent.action is Action.REJECT
    return say("evidence", "Proof of an opt-out") if is_opt_out else say("evidence", "Proof of an opt-in")


def _together(sentences: Iterator[Message]) -> Message:
    first, *others = sentences
    for each in others:
        first = say("evidence", "{said} {more}").format(said=first, more=each)
    return first


def _who(record: Record) -> Paragraph:
    noted = record.noted
    text = say(
        "evidence",
        "The customer with the ID {value} (type: {type}), in the project {project} of Bloomreach Engagement "
        "at {url}.",
    ).format(
        value=noted.consent.customer.value,
        type=noted.consent.customer.type,
        project=noted.project_name,
        url=noted.base_url,
    )
    return Paragraph(say("evidence", "Who"), text)


def _of_several(record: Record, when: When) -> Paragraph:
    consent = record.noted.consent
    is_opt_out = consent.action is Action.REJECT
    if is_opt_out:
        label = say("evidence", "Opt-out of {category}").format(category=consent.category)
    else:
        label = say("evidence", "Opt-in to {category}").format(category=consent.category)
    return Paragraph(
        label,
        say("evidence", "Decided on {at}. {sent} {shown}").format(
            at=when(consent.timestamp),
            sent=_sent(record, when),
            shown=_after(record, when),
        ),
    )


def _decided(record: Record, when: When) -> Iterator[Message]:
    consent, context = record.noted.consent, record.noted.context
    if consent.valid_until is None:
        yield say(
            "evidence",
            "An opt-out: for the consent category {category}, the customer is no longer to be contacted.",
        ).format(
            category=consent.category,
        )
    elif consent.valid_until.seconds is None:
        yield say(
            "evidence",
            "An opt-in: for the consent category {category}, the customer may be contacted, without an end.",
        ).format(
            category=consent.category,
        )
    else:
        yield say(
            "evidence",
            "An opt-in: for the consent category {category}, the customer may be contacted until {end}.",
        ).format(
            category=consent.category,
            end=when(Timestamp(consent.valid_until.seconds * 1_000_000)),
        )
    if context.corrects is not None:
        yield say("evidence", "It corrects an earlier decision that was entered here.")
    if context.basis:
        yield say("evidence", "What it rests on, as it was entered: {basis}.").format(basis=context.basis)


def _taken(record: Record, when: When) -> Iterator[Message]:
    consent = record.noted.consent
    if consent.timestamp == consent.noted_at:
        yield say("evidence", "On {at}, as it was entered.").format(at=when(consent.timestamp))
    else:
        yield say("evidence", "On {at}, as whoever entered it stated; it was entered on {noted}.").format(
            at=when(consent.timestamp),
            noted=when(consent.noted_at),
        )
    if consent.channel:
        yield say("evidence", "Channel: {channel}.").format(channel=consent.channel)
    if consent.agent:
        yield say("evidence", "Entered by {agent}.").format(agent=consent.agent)
    if consent.ticket:
        yield say("evidence", "Ticket: {ticket}.").format(ticket=consent.ticket)
    if consent.wording:
        yield say("evidence", "What the customer was asked: “{wording}”").format(wording=consent.wording)


def _did(record: Record, when: When) -> Iterator[Message]:
    noted_at = when(record.noted.consent.noted_at)
    yield say(
        "evidence", "It wrote the decision down on its computer on {at}, before anything was sent."
    ).format(at=noted_at)
    yield _sent(record, when)


def _sent(record: Record, when: When) -> Message:
    """What became of the sending, and no more than is known of it."""
    facts, last = record.facts, record.facts[-1].state
    sent = [fact.at for fact in facts if fact.state is State.IN_FLIGHT]
    taken = next((fact for fact in facts if _is_taken(fact)), None)
    if taken is not None:
        return say(
            "evidence", "Engagement was sent it, and answered on {at} that it had taken it in."
        ).format(at=when(taken.at))
    if last is State.IN_FLIGHT:
        return say("evidence", "It was sent on {at}; no answer had come when this was made.").format(
            at=when(sent[-1])
        )
    if may_have_left(facts) and not sent:
        return say("evidence", "Whether it was sent, this journal does not tell.")
    if may_have_left(facts):
        return say("evidence", "It was sent, and no answer told whether Engagement had taken it in.")
    if last is State.REFUSED:
        return say("evidence", "Engagement was sent it and refused it: it is not recorded there.")
    if last is State.DISCARDED:
        return say("evidence", "It was given up before it reached Engagement, and is not recorded there.")
    return say("evidence", "It has not reached Engagement so far.")


def _is_taken(fact: Fact) -> bool:
    return fact.state is State.DELIVERED and isinstance(fact.outcome, Answered)


def _showed(record: Record, when: When) -> Iterator[Message]:
    context = record.noted.context
    if context.is_new_profile:
        yield say("evidence", "Before, Engagement knew no such customer.")
    elif context.before is None:
        yield say("evidence", "What Engagement showed before was not looked up.")
    else:
        yield say("evidence", "Before: {status}.").format(
            status=with_times(tell_status(context.before), when)
        )
    yield _after(record, when)


def _after(record: Record, when: When) -> Message:
    looks = [(fact.at, fact.outcome) for fact in record.facts if isinstance(fact.outcome, Look)]
    told = [one for one in looks if not one[1].blind]
    if not looks:
        return say("evidence", "What Engagement showed afterwards was not looked up.")
    if not told:
        return say(
            "evidence", "What Engagement showed afterwards was not told: this program's key may not read it."
        )
    at, look = told[-1]
    is_opt_in = record.noted.consent.action is Action.ACCEPT
    if look.unknown:
        return say("evidence", "On {at}, Engagement knew no such customer.").format(at=when(at))
    if not look.seen:
        return say(
            "evidence", "On {at}, Engagement did not show the decision in the customer's history."
        ).format(at=when(at))
    if look.valid is is_opt_in and look.reason is None:
        return say(
            "evidence", "On {at}, Engagement showed the decision in the customer's history, and {holds}."
        ).format(
            at=when(at),
            holds=_in_force(is_opt_in),
        )
    if look.reason is not None or look.valid is None:
        return say(
            "evidence", "On {at}, Engagement showed the decision in the customer's history. {reason}"
        ).format(
            at=when(at),
            reason=tell_reason(look),
        )
    return say(
        "evidence", "On {at}, Engagement showed the decision in the customer's history, and yet {opposite}."
    ).format(
        at=when(at),
        opposite=_in_force(not is_opt_in),
    )


def _in_force(consent: bool) -> Message:
    if consent:
        return say("evidence", "that consent is in force")
    return say("evidence", "that no consent is in force")


def _limits(*, whole: bool) -> Paragraph:
    text = say(
        "evidence",
        "That the person who decided was this customer; that the computer's clock was right; what Engagement "
        "did beyond these answers, and what was sent to the customer since. Whether the record is genuine is "
        "for the file for machines to show: see the last page.",
    )
    if whole:
        left_out = say("evidence", "That these are all decisions of the customer: only the journal can tell.")
        text = say("evidence", "{left_out} {text}").format(left_out=left_out, text=text)
    return Paragraph(say("evidence", "What that does not prove"), text)
