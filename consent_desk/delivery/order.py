"""The order of decisions about one customer and category: the last one rules, and an opt-out never waits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import was_withdrawn
from consent_desk.domain.lifecycle.record import Decision, Noted, Subject
from consent_desk.domain.lifecycle.state import OPEN_STATES, UNSENT_STATES, Fact, State
from consent_desk.domain.wire.outcome import Cause, NotSent, Phase

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

OVERTAKEN = NotSent(phase=Phase.RESOLVING, cause=Cause.OVERTAKEN)
"""What comes of an opt-in that a later decision overtook before it left."""

_FIRST = Timestamp(1)


def is_overtaken(journal: "SqliteJournal", noted: Noted) -> bool:
    """Whether a later decision that was noted here takes the place of this one.

    An opt-in that has not left takes nobody's place: it may be waiting for this very opt-out.
    """
    return _last(journal, noted.subject, noted.consent.timestamp, waiting=False) is not None


def last_ruling(journal: "SqliteJournal", subject: Subject) -> Timestamp | None:
    """The timestamp of the decision that takes the place of all earlier ones, as `is_overtaken` has it."""
    return _last(journal, subject, _FIRST, waiting=False)


def waits_for_opt_out(journal: "SqliteJournal", noted: Noted) -> bool:
    """Whether `noted` is an opt-in, and an opt-out of its customer and category is not settled."""
    is_opt_in = noted.consent.action is Action.ACCEPT
    return is_opt_in and journal.first_alike(noted.subject, OPEN_STATES, Action.REJECT) is not None


def last_later(journal: "SqliteJournal", noted: Noted) -> Timestamp | None:
    """The timestamp of the last decision that was noted here and is later; None where there is none."""
    return _last(journal, noted.subject, noted.consent.timestamp, waiting=True)


def is_noted_later(journal: "SqliteJournal", noted: Noted, request_id: str | None) -> bool:
    """Whether `request_id` is that of a decision which was noted here, and is later."""
    if request_id is None or not journal.has(request_id):
        return False
    other = journal.record(request_id)
    is_later = other.noted.consent.timestamp > noted.consent.timestamp
    return other.noted.subject == noted.subject and is_later and not was_withdrawn(other.facts)


def discard_overtaken(journal: "SqliteJournal", noted: Noted, now: Callable[[], Timestamp]) -> bool:
    """Discard the opt-ins like `noted` that have not left, and that a later opt-out overtook, if any."""
    overtaken = _overtaken_by_opt_out(journal, noted.subject)
    if overtaken:
        fact = Fact(at=now(), state=State.DISCARDED, outcome=OVERTAKEN, note="overtaken by opt-out")
        journal.give_up_all(overtaken, UNSENT_STATES, fact)
    return bool(overtaken)


def discard_all_overtaken(journal: "SqliteJournal", now: Callable[[], Timestamp]) -> None:
    """Discard the opt-ins of any customer that have not left, and that a later opt-out overtook."""
    noted = (journal.record(request_id).noted for request_id in journal.opt_ins_beside_opt_outs())
    for one in {each.subject: each for each in noted}.values():
        discard_overtaken(journal, one, now)


def _last(journal: "SqliteJournal", subject: Subject, after: Timestamp, *, waiting: bool) -> Timestamp | None:
    """The last timestamp after `after` of those that count. What was withdrawn before it left does not.

    `waiting`: opt-ins that have not left count, too.
    """
    last = journal.last_alike(subject, after, waiting=waiting)
    given_up = journal.alike(subject, {State.DISCARDED}, after=last or after)
    latest_first = sorted(given_up, key=lambda one: one.timestamp, reverse=True)
    return next((one.timestamp for one in latest_first if not _was_withdrawn(journal, one)), last)


def _overtaken_by_opt_out(journal: "SqliteJournal", subject: Subject) -> list[str]:
    """The opt-ins that have not left, and whose place an opt-out takes.

    One that was settled before the opt-in was noted does not: a person wants it in the history before it. Of
    two decisions that were taken as they were noted, the one that was noted last is the later one, whatever
    the clock showed.
    """
    waiting = journal.alike(subject, UNSENT_STATES, {Action.ACCEPT})
    if not waiting:
        return []
    opt_outs = journal.alike(subject, set(State), {Action.REJECT})
    last_open = max((one.timestamp for one in opt_outs if one.state in OPEN_STATES), default=_FIRST)
    overtaken = []
    last_after, was_now_after = _FIRST, False
    for one in sorted((*waiting, *opt_outs), key=lambda one: one.seq, reverse=True):
        if one.action is Action.ACCEPT:
            if one.timestamp < max(last_open, last_after) or (one.was_now and was_now_after):
                overtaken.append(one.request_id)
        elif (one.timestamp > last_after or one.was_now > was_now_after) and not _was_withdrawn(journal, one):
            last_after = max(last_after, one.timestamp)
            was_now_after = was_now_after or one.was_now
    return overtaken[::-1]


def _was_withdrawn(journal: "SqliteJournal", one: Decision) -> bool:
    return one.state is State.DISCARDED and was_withdrawn(journal.record(one.request_id).facts)
