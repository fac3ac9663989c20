"""A proof in words for people, as lines of plain text, each inert."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from hashlib import sha256

from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.evidence.proof import Chain, Proof, last_look, request_url, written
from consent_desk.domain.evidence.summary import summary, title
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.looking import tell_reason
from consent_desk.domain.lifecycle.messages import STATES
from consent_desk.domain.lifecycle.record import Context, Entry, Noted, Record
from consent_desk.domain.lifecycle.state import Fact
from consent_desk.domain.wire.answer import header, pretty
from consent_desk.domain.wire.customer import CurrentState
from consent_desk.domain.wire.outcome import Answered, Look, Lost
from consent_desk.ui.log.details import body_of, technical
from consent_desk.ui.states import called, word_of_fact
from consent_desk.ui.widgets.messages import laid_out, phrase, render


class Style(StrEnum):
    """How a line looks."""

    TITLE = "title"
    SUMMARY = "summary"
    HEADING = "heading"
    LINE = "line"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class PageLine:
    """A paragraph: `label` before it, empty where it needs none."""

    style: Style
    text: str
    label: str = ""


_line = partial(PageLine, Style.LINE)


def text_of(proof: Proof, json_sha256: str) -> tuple[PageLine, ...]:
    """All that the pages say, in their order. `json_sha256` is that of the file for machines."""
    return tuple(
        PageLine(line.style, laid_out(line.text), laid_out(line.label)) for line in _all(proof, json_sha256)
    )


def _all(proof: Proof, json_sha256: str) -> Iterator[PageLine]:
    source = proof.source
    yield PageLine(Style.TITLE, render(title(proof)))
    if proof.watermark:
        yield PageLine(Style.HEADING, proof.watermark)
    yield _line(
        phrase("proof", "{moment}, by {program}").format(
            moment=_moment(proof, proof.made_at), program=proof.program
        ),
        phrase("proof", "Made"),
    )
    for label, told in summary(proof, partial(_spoken, proof)):
        yield PageLine(Style.SUMMARY, render(told), render(label))
    yield PageLine(Style.HEADING, phrase("proof", "Technical part"))
    for one in source.witnesses:
        yield from _consent(proof, one.record)
    if proof.masked:
        return
    yield from _chain(source.chain)
    yield PageLine(Style.HEADING, phrase("proof", "The file for machines"))
    yield _line(
        phrase(
            "proof",
            "With these pages a .json was saved. Only that one can be checked, with "
            "consent-desk verify; these pages cannot. It is the one that belongs to them "
            "if its SHA-256 is:",
        ),
    )
    yield PageLine(Style.QUOTE, json_sha256)


def _consent(proof: Proof, record: Record) -> Iterator[PageLine]:
    noted, consent, context = record.noted, record.noted.consent, record.noted.context
    state = render(called(Entry.after(noted, record.facts), practice=False).word)
    what = render(decision(consent.action, consent.category))
    yield PageLine(Style.HEADING, f"{what[0].upper()}{what[1:]}: {state}")
    said = {
        phrase("proof", "Customer ID"): f"{consent.customer.type} = {consent.customer.value}",
        phrase("proof", "Category"): consent.category,
        phrase("proof", "Action"): consent.action.value,
        phrase("proof", "Valid until"): "" if consent.valid_until is None else _until(consent.valid_until),
        phrase("proof", "Decided"): _moment(proof, consent.timestamp),
        phrase("proof", "Noted"): _moment(proof, consent.noted_at),
        phrase("proof", "Channel"): consent.channel,
        phrase("proof", "Wording read out"): consent.wording,
        phrase("proof", "Ticket"): consent.ticket,
        phrase("proof", "Agent"): consent.agent,
        phrase("proof", "Account on the computer"): context.account,
        **{
            phrase("proof", "Property {name}").format(name=name): str(value)
            for name, value in consent.properties
        },
        phrase("proof", "Project"): noted.project_name,
        phrase("proof", "Request ID"): consent.request_id,
        phrase("proof", "Corrects the request"): context.corrects or "",
        phrase("proof", "Basis of an opt-in"): context.basis,
        phrase("proof", "Before, in Engagement"): _before(context),
        phrase("proof", "After, in Engagement"): _after(proof, record),
    }
    for label, text in said.items():
        if text:
            yield _line(text, label)
    yield _line(f"{request_url(record)}", phrase("proof", "Request"))
    size, summed = len(noted.body), sha256(noted.body).hexdigest()
    yield _line(
        phrase("proof", "{size:,} bytes, SHA-256 {summed}").format(size=size, summed=summed),
        phrase("proof", "Event sent"),
    )
    yield PageLine(Style.QUOTE, noted.body.decode("utf-8", "backslashreplace"))
    for fact in record.facts:
        yield from _happened(proof, noted, fact)


def _happened(proof: Proof, noted: Noted, fact: Fact) -> Iterator[PageLine]:
    outcome = "" if fact.outcome is None else f": {technical(fact.outcome)}"
    note = f" ({fact.note})" if fact.note else ""
    word = render(word_of_fact(noted, fact, practice=False))
    yield _line(f"{word}{note}{outcome}", _moment(proof, fact.at))
    match fact.outcome:
        case Answered() | Lost(status=int()) as answer:
            if request_id := header(answer.headers, "x-request-id"):
                yield _line(request_id, "x-request-id")
            yield PageLine(Style.QUOTE, "\n".join(f"{name}: {value}" for name, value in answer.headers))
            yield PageLine(Style.QUOTE, body_of(answer, pretty(answer.body)))
        case Look(valid=bool()) as look:
            shown = f"{_valid(look.valid)}{_since(look.since)}{_source(look.source)}"
            against = "" if look.reason is None else f"; {render(tell_reason(look))}"
            yield _line(f"{shown}{against}", phrase("proof", "Read back"))
        case _:
            return


def _chain(chain: Chain) -> Iterator[PageLine]:
    yield PageLine(Style.HEADING, phrase("proof", "Where it stands in the journal"))
    yield _line(chain.journal, phrase("proof", "Journal"))
    for stretch in chain.stretches:
        yield _line(
            stretch.after.hex(),
            phrase("proof", "Facts {first} to {last} lead to").format(first=stretch.first, last=stretch.last),
        )
    yield _line(
        phrase("proof", "{head}, after fact {facts}").format(head=chain.head.hex(), facts=chain.facts),
        phrase("proof", "Head of the chain at that time"),
    )
    yield _line(
        phrase(
            "proof",
            "The journal hashes each fact together with all that came before it. The "
            "file for machines holds these facts whole, and of the facts of others only "
            "their hashes. So whoever knows the head from elsewhere, from a backup or "
            "because it was written down at that time, can compute that exactly this "
            "stood in the journal, and was not changed since.",
        ),
        phrase("proof", "What this proves"),
    )
    yield _line(
        phrase(
            "proof",
            "That nobody made up all of it: whoever could write the journal and its "
            "check file, or this file, could have made it anew from the beginning. That "
            "the times are right: they are those of the computer. That no consent of "
            "this customer was left out: only the journal itself can tell. And nothing "
            "of what Engagement did beyond the answers that are shown.",
        ),
        phrase("proof", "What it does not prove"),
    )


def _before(context: Context) -> str:
    if context.before is None:
        return phrase("proof", "no such customer") if context.is_new_profile else ""
    before = context.before
    until = ""
    if before.until is not None and before.current_state is not CurrentState.REJECTED:
        until = phrase("proof", " until {until}").format(until=_until(before.until))
    held = _valid(before.valid)
    return (
        f"{render(STATES[before.current_state])}, {held}{_since(before.since)}{until}{_source(before.source)}"
    )


def _after(proof: Proof, record: Record) -> str:
    found = last_look(record)
    if found is None:
        return ""
    at, look = found
    return phrase("proof", "{valid}{since}, seen {moment}").format(
        valid=_valid(look.valid), since=_since(look.since), moment=_moment(proof, at)
    )


def _valid(valid: bool | None) -> str:
    return "valid" if valid else phrase("proof", "not valid")


def _source(source: str) -> str:
    return phrase("proof", ", source {source}").format(source=source) if source else ""


def _until(until: ValidUntil) -> str:
    return "unlimited" if until.seconds is None else _at(until.seconds)


def _since(seconds: float | None) -> str:
    return "" if seconds is None else phrase("proof", " since {at}").format(at=_at(seconds))


def _at(seconds: float) -> str:
    with suppress(InvalidError):
        return _utc(Timestamp(round(seconds * 1_000_000)))
    return f"{seconds} s"


def _moment(proof: Proof, at: Timestamp) -> str:
    local, _, zone = proof.local_times[written(at)].partition(" ")
    return f"{local[:19].replace('T', ' ')} {zone} ({_utc(at)})"


def _spoken(proof: Proof, at: Timestamp) -> str:
    """A moment as people say it. The zone of the computer is known only of what its journal tells."""
    told = proof.local_times.get(written(at), "")
    local, _, zone = told.partition(" ") if told else (written(at), "", phrase("proof", "UTC"))
    clock = datetime.fromisoformat(local)
    return f"{clock.day} {clock:%B %Y, %H:%M:%S} {zone}"


def _utc(at: Timestamp) -> str:
    return phrase("proof", "{at} UTC").format(at=written(at)[:19].replace("T", " "))
