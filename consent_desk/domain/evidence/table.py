"""The table of an export: first what people read, in their words and local time, then what programs need.

A spreadsheet takes a cell for a number, a time or a formula where it can: `+4366012345` loses its sign, `007`
its zeros, what has more than 15 digits its end. Such a text gets an apostrophe before it, which every
spreadsheet shows or drops, and none computes with.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.evidence.proof import last_look, with_times
from consent_desk.domain.lifecycle.messages import STATES, tell_status
from consent_desk.domain.lifecycle.record import Context, Entry, Record
from consent_desk.domain.local_time import moment
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.customer import CurrentState
from consent_desk.domain.wire.outcome import Answered

FOR_PEOPLE = (
    *("Outcome", "Outcome since", "Customer ID", "Category", "Decision", "Valid until", "Before", "After"),
    *("After seen at", "Decision taken at", "Noted at", "Time zone", "Channel", "Agent", "Ticket"),
    *("Wording read out", "Note", "Project"),
)
FOR_PROGRAMS = (
    *("request ID", "noted at (UTC)", "project token", "base URL", "customer ID type", "consent category"),
    *("action", "valid until (UNIX)", "timestamp (UNIX)", "state", "state since (UTC)", "HTTP status"),
)
COLUMNS = FOR_PEOPLE + FOR_PROGRAMS

# The signs in full width too: Japanese and Chinese spreadsheets take them for the plain ones.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = {
    separator: re.compile(rf'^(?=[{_SIGNS}\t\r\n])|[{ends}\t\r\n][ "]*(?=[{_SIGNS}])')
    for separator, ends in ((",", ";"), (";", ";,"), ("\t", ";,"))
}
"""What comes before a formula, for each separator: also within a cell, for elsewhere another one ends it."""

_PLAIN = re.compile(r"(0|[1-9][0-9]{0,10})\s*")
_MONTH = r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w{0,7}\.?"
_CHANGED = re.compile(
    r"[\s(.,'%€$£¥]*\d[\d\s.,:/\-'%€$£¥()]*([ed][+-]?\d+|[ap]m?)?\s*"
    rf"|\s*{_MONTH}[\s.\-/]?\d{{1,4}}\s*|\s*\d{{1,4}}[\s.\-/]?{_MONTH}([\s.\-/]?\d{{1,4}})?\s*|true|false",
    re.IGNORECASE,
)
"""What a spreadsheet of some country takes for a number, a time, a date or a truth, if it is not plain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStyle:
    """How a table is written: `separator` is a comma, a semicolon or a tab.

    `local` is the time on the wall, `outcome` what the outcome of a line is called, `label` how people call
    the category of a project, by their IDs, and `render` puts a sentence into the language of the desk.
    """

    local: Callable[[Timestamp], datetime]
    outcome: Callable[[Entry], str] = lambda entry: str(entry.state)
    label: Callable[[str, str], str] = lambda _project_id, category: category
    render: Callable[[Message], str] = str
    separator: str = ","


def head_line(style: TableStyle) -> bytes:
    """What a table begins with: a byte order mark, or Excel would not read UTF-8, and the columns."""
    return "\ufeff".encode() + csv_line(COLUMNS, style.separator)


def csv_of(record: Record, style: TableStyle) -> bytes:
    """The line of a consent, with what became of it last."""
    return csv_line((*_for_people(record, style), *_for_programs(record)), style.separator)


def csv_line(cells: tuple[str, ...], separator: str = ",") -> bytes:
    """A line whose cells no program takes for formulas."""
    guarded = (_FORMULA[separator].sub(r"\g<0>'", cell) for cell in cells)
    line = separator.join(
        '"{}"'.format(cell.replace('"', '""')) if {*cell} & {separator, '"', "\r", "\n"} else cell
        for cell in guarded
    )
    return f"{line}\r\n".encode("utf-8", "backslashreplace")


def kept(text: str) -> str:
    """`text`, led by an apostrophe where a spreadsheet would make something else of it."""
    is_changed = _CHANGED.fullmatch(text) is not None and _PLAIN.fullmatch(text) is None
    return f"'{text}" if is_changed else text


def _for_people(record: Record, style: TableStyle) -> tuple[str, ...]:
    noted, consent, last = record.noted, record.noted.consent, record.facts[-1]
    here = style.local(consent.noted_at)

    def at(moment: Timestamp) -> str:
        local = style.local(moment)
        # Where the clocks were changed in between, it names its own offset.
        return f"{local:%Y-%m-%d %H:%M:%S}" + ("" if local.tzname() == here.tzname() else f" {local:%z}")

    offset = f"{here:%z}"
    after, seen_at = _after(record, style, at)
    is_opt_out = consent.action is Action.REJECT
    return (
        *(style.outcome(Entry.after(noted, record.facts)), at(last.at), kept(consent.customer.value)),
        *(
            kept(style.label(noted.project_id, consent.category)),
            style.render(say("evidence", "opt-out") if is_opt_out else say("evidence", "opt-in")),
        ),
        *(_until(consent.valid_until, style, at), _before(noted.context, style, at), after, seen_at),
        *(at(consent.timestamp), at(consent.noted_at), f"{here.tzname()} UTC{offset[:3]}:{offset[3:5]}"),
        *(kept(consent.channel), kept(consent.agent), kept(consent.ticket), kept(consent.wording)),
        *(kept(last.note), kept(noted.project_name)),
    )


def _for_programs(record: Record) -> tuple[str, ...]:
    noted, consent, last = record.noted, record.noted.consent, record.facts[-1]
    answers = [fact.outcome.status for fact in record.facts if isinstance(fact.outcome, Answered)]
    return (
        *(consent.request_id, utc(consent.noted_at), noted.project_token, noted.base_url),
        *(kept(consent.customer.type), kept(consent.category), str(consent.action)),
        *(
            "" if consent.valid_until is None else str(consent.valid_until.wire),
            str(consent.timestamp.seconds),
        ),
        *(str(last.state), utc(last.at), str(answers[-1]) if answers else ""),
    )


def _until(until: ValidUntil | None, style: TableStyle, at: Callable[[Timestamp], str]) -> str:
    if until is None:
        return ""
    return (
        style.render(say("evidence", "unlimited"))
        if until.seconds is None
        else at(Timestamp(until.seconds * 1_000_000))
    )


def _before(context: Context, style: TableStyle, at: Callable[[Timestamp], str]) -> str:
    if context.is_new_profile:
        return style.render(say("evidence", "no such customer"))
    if context.before is None:
        return ""
    return style.render(with_times(tell_status(context.before), at))


def _after(record: Record, style: TableStyle, at: Callable[[Timestamp], str]) -> tuple[str, str]:
    found = last_look(record)
    if found is None:
        return "", ""
    seen_at, look = found
    if look.valid:
        shown = STATES[CurrentState.ACCEPTED]
    else:
        is_opt_out = record.noted.consent.action is Action.REJECT
        is_known = is_opt_out and look.seen
        shown = STATES[CurrentState.REJECTED] if is_known else say("evidence", "not accepted")
    return style.render(shown), at(seen_at)


def utc(at: Timestamp) -> str:
    """A moment to the second."""
    return f"{moment(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
