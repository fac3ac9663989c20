"""A record of the journal as texts, one for each tab beside the log."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import Judgement, judge, may_have_left, noun
from consent_desk.domain.lifecycle.messages import (
    tell_change,
    tell_check,
    tell_failing,
    tell_look,
    tell_status,
)
from consent_desk.domain.lifecycle.policy import TOLD_AFTER, Failing
from consent_desk.domain.lifecycle.record import Noted, Record, is_new_profile, needs_check, nobody_looked
from consent_desk.domain.lifecycle.state import TO_CHECK_STATES, Fact, State
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.answer import header, pretty
from consent_desk.domain.wire.customer import moment
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, Lost, NotSent, Outcome
from consent_desk.domain.wire.request import noted_lines
from consent_desk.domain.wire.server_clock import is_off, tell_off
from consent_desk.ui.states import word_of_fact
from consent_desk.ui.widgets.messages import SHOWN, Local, laid_out, phrase, render, written

BROKE_OFF = say("log", "The answer broke off here.")

_LAID_OUT_IN_FULL = 20
"""Bytes of JSON that are laid out for each character that is shown."""

_MOST_IDS = 5
_AT_ONCE = 60_000_000
"""Microseconds after its noting by which a consent leaves, unless it was sent again or at another start."""


def details_of(
    record: Record,
    local: Local,
    *,
    practice: bool,
    outlook: Message | None = None,
    failing: Failing | None = None,
) -> dict[str, str]:
    """The texts of all tabs for `record`: inert, with hidden characters visible and long lines broken.

    `outlook`: what comes next. `failing`: the looks that told nothing so far.
    """

    def of_answers(show: Callable[[Answered | Lost, int], str]) -> str:
        came = _answers(record)
        if not came:
            return phrase("log", "No answer came.")
        most = SHOWN // len(came)
        texts = [laid_out(show(answer, most), most) for _, answer in came]
        attempts = sum(isinstance(fact.outcome, Answered | NotSent | Lost) for fact in record.facts)
        if attempts == 1 and isinstance(came[0][1], Answered):
            return texts[0]
        words = ((fact, word_of_fact(record.noted, fact, practice=practice)) for fact, _ in came)
        heads = (f"{written(local(fact.at))}, {render(word)}:" for fact, word in words)
        return "\n\n\n".join(f"{head}\n\n{text}" for head, text in zip(heads, texts, strict=True))

    meaning = _meaning(record, local, failing, practice=practice)
    if outlook is not None:
        meaning.append(render(outlook, local))
    return {
        "Meaning": laid_out(" ".join(meaning)).replace("\n", " "),
        "Explanation": laid_out(_explanation(record, local, outlook, failing, practice=practice)),
        "Answer": of_answers(_answer),
        "As received": of_answers(lambda answer, _: body_of(answer)),
        "Headers": of_answers(_headers),
        "Request": laid_out(_request(record)),
    }


def change_of(record: Record, local: Local) -> str:
    """Before and after, in a line; times of today without their date."""

    def written(at: Timestamp) -> str:
        when = local(at)
        is_today = when.date() == datetime.now(when.tzinfo).date()
        return when.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S")

    return render(tell_change(record, written))


def _meaning(record: Record, local: Local, failing: Failing | None, *, practice: bool) -> list[str]:
    action, last = record.noted.consent.action, record.facts[-1]
    is_sent = last.state not in {State.QUEUED, State.RETRY_WAIT}
    if last.state in TO_CHECK_STATES:
        # That the looks fail is told with what comes next: a person has something to do before.
        return _told(tell_check(last.state, needed=needs_check(record), practice=practice), local)
    if failing is not None and failing.count >= TOLD_AFTER and is_sent:
        return _told(tell_failing(failing, last.state, action, practice=practice), local)
    if last.state is State.CONTRADICTED:
        # A person has dismissed the alarm: it is still what the look showed.
        last = next((fact for fact in reversed(record.facts) if isinstance(fact.outcome, Look)), last)
    # Of what did not leave so far, no look says how it stands.
    skipped = FailedLook if is_sent else FailedLook | Look
    if isinstance(last.outcome, skipped) or (last.outcome is None and last.note):
        facts = [fact for fact in record.facts if not isinstance(fact.outcome, skipped)]
        last = next((fact for fact in reversed(facts) if fact.outcome is not None), facts[0])
    if isinstance(last.outcome, FailedLook | None):
        waits = phrase("log", "Noted on this computer. The {noun} waits to be sent.").format(
            noun=render(noun(action))
        )
        return [waits] if last.state is State.QUEUED else []
    if isinstance(last.outcome, Look):
        return _told(tell_look(last.outcome, last.state, action, practice=practice), local)
    again, known = may_have_left(record.facts[:-1]), record.noted.context.before is not None
    refused = last.state is State.REFUSED
    judgement = judge(last.outcome, action, practice=practice, again=again, known=known, refused=refused)
    return _told(judgement, local)


def _told(judgement: Judgement, local: Local) -> list[str]:
    return [render(judgement.headline, local), render(judgement.advice, local)]


def _explanation(
    record: Record, local: Local, outlook: Message | None, failing: Failing | None, *, practice: bool
) -> str:
    consent, context = record.noted.consent, record.noted.context
    meaning = _meaning(record, local, failing, practice=practice)
    if outlook is not None:
        meaning.append(render(outlook, local))
    until = "" if consent.valid_until is None else _until(consent.valid_until, local)
    request_ids = [header(answer.headers, "x-request-id") for _, answer in _answers(record)]
    ids = ", ".join(list(dict.fromkeys(filter(None, request_ids)))[:_MOST_IDS])
    known = (
        (phrase("log", "Change"), change_of(record, local)),
        (phrase("log", "Customer ID"), f"{consent.customer.type} = {consent.customer.value}"),
        (phrase("log", "Category"), consent.category),
        (phrase("log", "Action"), consent.action.value),
        (phrase("log", "Valid until"), until),
        (phrase("log", "Wording read out"), consent.wording),
        (phrase("log", "Decision taken at"), written(local(consent.timestamp))),
        (phrase("log", "Clock"), _clock(record)),
        (phrase("log", "Before"), _before(record, local)),
        (phrase("log", "Project"), record.noted.project_name),
        (phrase("log", "Request ID"), consent.request_id),
        (phrase("log", "Corrects the consent with request ID"), context.corrects),
        (phrase("log", "Basis of the opt-in"), context.basis),
        (phrase("log", "Engagement's x-request-id, for its support"), ids),
    )
    happened = (_fact(record.noted, fact, local, practice=practice) for fact in record.facts)
    head = [*meaning, ""] if meaning else []
    return "\n".join([*head, *lines_of(known), "", phrase("log", "What happened:"), *happened])


def lines_of(known: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """A line for each name that has a value."""
    return (f"{name}: {value}" for name, value in known if value)


def _clock(record: Record) -> str:
    off, consent = record.noted.context.clock_off, record.noted.consent
    if off is None or not is_off(off):
        return ""
    how = phrase("log", "as it was typed")
    if consent.timestamp == consent.noted_at:
        how = phrase("log", "stamped by Engagement's time")
    return phrase(
        "log",
        "this computer's was {off}. The decision's time is {how}; what happened since bears this computer's.",
    ).format(off=render(tell_off(off)), how=how)


def _until(until: ValidUntil, local: Local) -> str:
    at = moment(until.seconds)
    if at is None:
        return str(until.wire)
    end = local(at)
    # Where it is a day's last second, as that day was typed.
    return f"{end:%Y-%m-%d}" if f"{end:%H:%M:%S}" == "23:59:59" else written(end)


def _before(record: Record, local: Local) -> str:
    before = record.noted.context.before
    if is_new_profile(record):
        return phrase("log", "Engagement knew no such customer")
    if before is not None:
        return render(tell_status(before), local)
    return (
        phrase("log", "not known; nobody looked whether this customer exists")
        if nobody_looked(record)
        else phrase("log", "not known")
    )


def _fact(noted: Noted, fact: Fact, local: Local, *, practice: bool) -> str:
    outcome = "" if fact.outcome is None else f": {technical(fact.outcome)}"
    note = f" ({fact.note})" if fact.note else ""
    word = render(word_of_fact(noted, fact, practice=practice))
    return f"{written(local(fact.at))}  {word}{note}{outcome}"


def technical(outcome: Outcome | Look | FailedLook) -> str:
    """What came of a call, in the words of those who debug it."""
    took = phrase("log", "after {ms:,.0f} ms").format(ms=outcome.elapsed * 1000)
    match outcome:
        case Answered():
            said = phrase("log", "HTTP {status}, {size:,} bytes{cut}, {took}")
            cut = phrase("log", ", cut after 1 MiB") if outcome.truncated else ""
            return said.format(status=outcome.status, size=len(outcome.body), cut=cut, took=took)
        case NotSent() | Lost():
            said = phrase("log", "{cause} while {phase}, {kind}{part}{detail}, {took}")
            has_left = isinstance(outcome, Lost)
            kind = phrase("log", "the request had left") if has_left else phrase("log", "nothing had left")
            detail = f", {outcome.detail}" if outcome.detail else ""
            part = ""
            if isinstance(outcome, Lost) and outcome.status is not None:
                part = phrase("log", ", HTTP {status} and {size:,} bytes had come")
                part = part.format(status=outcome.status, size=len(outcome.body))
            return said.format(
                cause=outcome.cause, phase=outcome.phase, kind=kind, part=part, detail=detail, took=took
            )
        case Look(blind=True):
            return phrase("log", "looked up, but the key may not read consents, {took}").format(took=took)
        case Look():
            said = phrase("log", "looked up: {history}, {holds}{against}, {took}")
            history = phrase("log", "in the history") if outcome.seen else phrase("log", "not in the history")
            holds = {
                True: phrase("log", "Engagement shows consent"),
                False: phrase("log", "Engagement shows no consent"),
                None: phrase("log", "whether it holds was not told"),
            }
            against = "" if outcome.reason is None else f" ({outcome.reason})"
            return said.format(history=history, holds=holds[outcome.valid], against=against, took=took)
        case FailedLook(outcome=ended):
            told = took if ended is None else technical(replace(ended, elapsed=outcome.elapsed))
            count = outcome.failed
            said = phrase("log", "%n look-ups failed: {why}, {told}", "look-up failed: {why}, {told}", count)
            return said.format(why=outcome.why, told=told)


def _answers(record: Record) -> list[tuple[Fact, Answered | Lost]]:
    """What came of an answer to each sending that got one, whole or not, the latest first."""
    return [
        (fact, fact.outcome)
        for fact in reversed(record.facts)
        if isinstance(fact.outcome, Answered | Lost) and fact.outcome.status is not None
    ]


def body_of(answer: Answered | Lost, text: str | None = None) -> str:
    """What an answer holds, as it came or as `text`; and that it broke off, where it did."""
    said = text or answer.body.decode("utf-8", "backslashreplace")
    if isinstance(answer, Answered):
        return said or phrase("log", "The answer was empty.")
    return f"{said}\n\n{render(BROKE_OFF)}" if said else render(BROKE_OFF)


def _answer(answer: Answered | Lost, most: int) -> str:
    # Shared by all attempts: the whole of it takes a second.
    text = pretty(answer.body) if len(answer.body) <= _LAID_OUT_IN_FULL * most else None
    return body_of(answer, text)


def _headers(answer: Answered | Lost, _: int) -> str:
    lines = [
        phrase("log", "HTTP {status}").format(status=answer.status),
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    if isinstance(answer, Lost):
        lines += [
            "",
            phrase("log", "The answer broke off later, in its body.") if answer.body else render(BROKE_OFF),
        ]
    return "\n".join(lines)


def _request(record: Record) -> str:
    noted = record.noted
    lines = [*noted_lines(noted.base_url, noted.project_token)]
    departures = [fact.at for fact in record.facts if fact.state is State.IN_FLIGHT]
    # No fact tells which token it was sent with. The address is always this one: it goes to no other.
    if len(departures) > 1 or any(at.micros - noted.consent.noted_at.micros > _AT_ONCE for at in departures):
        lines += [
            "",
            phrase("log", "As noted. Send again uses the project token that the settings have at that time."),
        ]
    return "\n".join([*lines, "", noted.body.decode("utf-8", "backslashreplace")])
