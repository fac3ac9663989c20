"""A record of the journal as texts, one for each tab beside the log."""

from collections.abc import Callable
from datetime import datetime

from consent_desk.domain.answer import header, pretty
from consent_desk.domain.consent import Consent, Timestamp
from consent_desk.domain.delivery import State, judge, noun
from consent_desk.domain.outcome import Answered, Lost, NotSent, Outcome
from consent_desk.domain.project import Project
from consent_desk.domain.record import Fact, Record
from consent_desk.domain.request import noted_lines
from consent_desk.ui.states import STATE_WORDS
from consent_desk.ui.words import laid_out, render

_AT_ONCE = 60_000_000
"""Microseconds after its noting by which a consent leaves, unless it was sent again or at another start."""

Local = Callable[[Timestamp], datetime]


def details_of(record: Record, local: Local, *, practice: bool) -> dict[str, str]:
    """The texts of all tabs for `record`: inert, with hidden characters visible and long lines broken."""

    def of_answer(show: Callable[[Answered], str]) -> str:
        for fact in reversed(record.facts):
            if isinstance(fact.outcome, Answered):
                earlier = fact is not record.facts[-1]
                head = f"Earlier attempt, {_moment(local(fact.at))}:\n\n" if earlier else ""
                return laid_out(head + show(fact.outcome))
        return "No answer came."

    return {
        "Explanation": laid_out(_explanation(record, local, practice=practice)),
        "Answer": of_answer(_answer),
        "As received": of_answer(_as_received),
        "Headers": of_answer(_headers),
        "Request": laid_out(_request(record)),
    }


def slip_of(consent: Consent, project: Project, taken_at: str) -> str:
    """A consent that could not be noted, as a text to copy and enter again."""
    lines = (
        ("Project", project.name),
        ("Customer ID", f"{consent.customer.type} = {consent.customer.value}"),
        ("Category", consent.category),
        ("Action", consent.action.value),
        ("Valid until", "" if consent.valid_until is None else str(consent.valid_until.wire)),
        ("Taken at", taken_at),
        ("Channel", consent.channel),
        ("Ticket", consent.ticket),
        ("Wording read out", consent.wording),
    )
    head = "NOT NOTED by Consent Desk, and not sent: enter it again later."
    return "\n".join([head, *(f"{name}: {value}" for name, value in lines if value)])


def _explanation(record: Record, local: Local, *, practice: bool) -> str:
    consent = record.noted.consent
    last = record.facts[-1]
    lines = []
    if last.outcome is not None:
        judgement = judge(last.outcome, consent.action, practice=practice)
        lines += [render(judgement.headline), render(judgement.advice), ""]
    elif last.state is State.QUEUED:
        lines += [f"Noted on this computer. The {noun(consent.action)} waits to be sent.", ""]
    lines += [
        f"Customer ID: {consent.customer.type} = {consent.customer.value}",
        f"Category: {consent.category}",
        f"Action: {consent.action}",
        f"Decision taken at: {_moment(local(consent.timestamp))}",
        f"Project: {record.noted.project_name}",
        f"Request ID: {consent.request_id}",
    ]
    request_id = None
    if isinstance(last.outcome, Answered):
        request_id = header(last.outcome.headers, "x-request-id")
    if request_id is not None:
        lines.append(f"Engagement's x-request-id, for its support: {request_id}")
    lines += ["", "What happened:", *(_fact(fact, local) for fact in record.facts)]
    return "\n".join(lines)


def _fact(fact: Fact, local: Local) -> str:
    outcome = "" if fact.outcome is None else f": {_technical(fact.outcome)}"
    return f"{_moment(local(fact.at))}  {STATE_WORDS[fact.state]}{outcome}"


def _technical(outcome: Outcome) -> str:
    took = f"after {outcome.elapsed * 1000:,.0f} ms"
    match outcome:
        case Answered():
            cut = ", cut after 1 MiB" if outcome.truncated else ""
            return f"HTTP {outcome.status}, {len(outcome.body):,} bytes{cut}, {took}"
        case NotSent() | Lost():
            kind = "nothing had left" if isinstance(outcome, NotSent) else "the request had left"
            detail = f", {outcome.detail}" if outcome.detail else ""
            return f"{outcome.cause} while {outcome.phase}, {kind}{detail}, {took}"


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S %Z")


def _answer(answered: Answered) -> str:
    text = pretty(answered.body)
    return _as_received(answered) if text is None else text


def _as_received(answered: Answered) -> str:
    return answered.body.decode("utf-8", "backslashreplace") or "The answer was empty."


def _headers(answered: Answered) -> str:
    return "\n".join([f"HTTP {answered.status}", *(f"{name}: {value}" for name, value in answered.headers)])


def _request(record: Record) -> str:
    noted = record.noted
    lines = [*noted_lines(noted.base_url, noted.project_token)]
    departures = [fact.at for fact in record.facts if fact.state is State.IN_FLIGHT]
    # No fact tells which token it was sent with. The address is always this one: it goes to no other.
    if len(departures) > 1 or any(at.micros - noted.consent.noted_at.micros > _AT_ONCE for at in departures):
        lines += ["", "As noted. Send again uses the project token that the settings have at that time."]
    return "\n".join([*lines, "", noted.body.decode("utf-8", "backslashreplace")])
