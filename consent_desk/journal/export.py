"""An export of the journal; what a person may give up.

An export is a file for a table (CSV) or for a program (JSON Lines). Neither can hold a secret: the journal
has none.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, assert_never

from consent_desk.domain.consent.values import Timestamp, complaint_about_note
from consent_desk.domain.errors import InvalidError, JournalError
from consent_desk.domain.evidence.table import TableStyle, csv_of, head_line, utc
from consent_desk.domain.lifecycle.record import Record
from consent_desk.domain.lifecycle.state import (
    ACKNOWLEDGED,
    DISCARDABLE_STATES,
    Fact,
    State,
    is_to_acknowledge,
)
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, Lost, NotSent
from consent_desk.system.atomic_file import PrivateFile

if TYPE_CHECKING:
    from consent_desk.journal.journal import SqliteJournal

_SETTLED = say("journal", "It was not discarded: by now it is under way, or settled.")
_ACKNOWLEDGED = say("journal", "There is nothing to acknowledge here any more.")
_SEE = say("journal", "See in the log how it stands.")

STEP = 100
"""The consents of one step: nobody who notes waits longer than for these."""


class ExportKind(StrEnum):
    """What the file is to be; the value is how its name ends."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class Export:
    """One export of all that a query asks for, step by step. `written` counts its consents.

    `style` is how a table is written; without one, with commas and in UTC.

    The journal is read in turns, as everybody reads it, and never while the file is waited for:
    `is_at_file` says that this is so just now. `give_up` may be called from any thread.
    """

    def __init__(
        self,
        journal: "SqliteJournal",
        query: LogQuery,
        kind: ExportKind,
        path: Path,
        *,
        style: TableStyle | None = None,
    ) -> None:
        self._journal = journal
        self._query = query
        self._kind = kind
        self._path = path
        self._style = style or TableStyle(local=lambda at: moment(at, UTC))
        self._target: PrivateFile | None = None
        self._after: int | None = None
        self._given_up = Event()
        self._turn = Lock()
        self.written = 0
        self.is_at_file = False

    def step(self) -> bool:
        """Write the next consents; return whether there are more. Raises JournalError or DeskError.

        After an exception, and where it was given up meanwhile, nothing is left of the file.
        """
        try:
            with self._turn:
                has_more = self._step()
        except BaseException:
            self.cancel()
            raise
        if self._given_up.is_set():
            self.cancel()
            return False
        return has_more

    def give_up(self) -> None:
        """Put nothing in the file's place any more, however long a step is under way."""
        self._given_up.set()

    def cancel(self) -> None:
        """Leave nothing behind of what is not finished. A step under way does so itself at its end."""
        self._given_up.set()
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._target is not None:
                target, self._target = self._target, None
                target.abandon()
        finally:
            self._turn.release()

    def _step(self) -> bool:
        with self._at_file():
            if self._target is None:
                self._target = PrivateFile(self._path)
                if self._kind is ExportKind.CSV:
                    self._target.write(head_line(self._style))
        target = self._target
        page = self._journal.page(self._query, self._after, most=STEP)
        lines = b"".join(self._line(self._journal.record(found.entry.request_id)) for found in page)
        self.written += len(page)
        has_more = len(page) == STEP
        if has_more:
            self._after = page[-1].seq
        elif self._kind is ExportKind.JSON_LINES:
            # At the end: it covers every fact above it.
            here = self._journal.head()
            last = {"journal": here.journal, "facts": here.facts, "head": here.head}
            lines += _json_line({**last, "consents": self.written})
        with self._at_file():
            target.write(lines)
            if not has_more:
                target.settle()
                # Asked here again: that is what takes long, and what was given up stays away.
                if not self._given_up.is_set():
                    target.finish()
                    self._target = None
        return has_more

    def _line(self, record: Record) -> bytes:
        return csv_of(record, self._style) if self._kind is ExportKind.CSV else json_of(record)

    @contextmanager
    def _at_file(self) -> Iterator[None]:
        self.is_at_file = True
        try:
            yield
        finally:
            self.is_at_file = False


def json_of(record: Record) -> bytes:
    """The line of a consent, with all that happened to it."""
    noted, consent = record.noted, record.noted.consent
    return _json_line(
        {
            "request_id": consent.request_id,
            "noted_at": utc(consent.noted_at),
            "project": {
                "id": noted.project_id,
                "name": noted.project_name,
                "base_url": noted.base_url,
                "project_token": noted.project_token,
            },
            "customer_ids": {consent.customer.type: consent.customer.value},
            "consent_category": consent.category,
            "action": str(consent.action),
            "valid_until": None if consent.valid_until is None else consent.valid_until.wire,
            "timestamp": consent.timestamp.seconds,
            "channel": consent.channel,
            "ticket": consent.ticket,
            "wording": consent.wording,
            "agent": consent.agent,
            **_octets("body", noted.body),
            "outcome": str(record.facts[-1].state),
            "facts": [_fact(fact) for fact in record.facts],
        }
    )


def _fact(fact: Fact) -> dict[str, object]:
    told: dict[str, object] = {"at": utc(fact.at), "outcome": str(fact.state)}
    if fact.note:
        told["note"] = fact.note
    match fact.outcome:
        case None:
            return told
        case Answered() as answered:
            detail = {**_came(answered), "truncated": answered.truncated}
            return told | {"answer": detail, "seconds": answered.elapsed}
        case NotSent() | Lost() as ended:
            kind = "not sent" if isinstance(ended, NotSent) else "lost"
            detail = {"phase": str(ended.phase), "cause": str(ended.cause), "detail": ended.detail}
            if isinstance(ended, Lost) and ended.status is not None:
                detail |= _came(ended)
            return told | {kind: detail, "seconds": ended.elapsed}
        case Look() as look:
            names = ("seen", "later", "valid", "since", "source", "blind")
            shown = {name: getattr(look, name) for name in names}
            shown |= {name: True for name in ("unknown", "unlisted") if getattr(look, name)}
            shown |= {} if look.reason is None else {"reason": str(look.reason)}
            shown |= {} if look.event is None else {"event": asdict(look.event)}
            return told | {"look": shown, "seconds": look.elapsed}
        case FailedLook() as failed:
            why = {"why": str(failed.why), "failed": failed.failed}
            return told | {"failed look": why, "seconds": failed.elapsed}
        case _ as never:
            assert_never(never)


def _came(answer: Answered | Lost) -> dict[str, object]:
    """What came of an answer, whole or not."""
    headers = [list(header) for header in answer.headers]
    return {"status": answer.status, "headers": headers, **_octets("body", answer.body)}


def _octets(name: str, octets: bytes) -> dict[str, object]:
    try:
        return {name: octets.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(octets).decode("ascii")}


def _json_line(document: dict[str, object]) -> bytes:
    text = json.dumps(document, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


class History:
    """What a person writes down about what was noted: that it is given up, or seen."""

    def __init__(self, journal: "SqliteJournal", now: Callable[[], Timestamp]) -> None:
        self._journal = journal
        self._now = now

    def discard(self, request_id: str, reason: str, by: str) -> None:
        """Give a consent up: it is never sent again by itself, but looked up still. `by`: who says so.

        Raises InvalidError where no reason is given, JournalError where it may not be discarded any more.
        """
        reason = reason.strip()
        if not reason:
            raise InvalidError(
                say("journal", "Nothing was discarded: the reason is missing."), say("journal", "Write why.")
            )
        if (complaint := complaint_about_note(reason)) is not None:
            raise InvalidError(
                say("journal", "Nothing was discarded: {why}").format(why=complaint),
                say("journal", "Mend the reason."),
            )
        fact = Fact(at=self._now(), state=State.DISCARDED, note=f"{reason} (by {by})")
        if not self._journal.give_up(request_id, DISCARDABLE_STATES, fact):
            raise JournalError(_SETTLED, _SEE)

    def acknowledge(self, request_id: str, by: str) -> None:
        """Write that somebody has seen that a cancelled consent is not recorded. `by`: who says so.

        Raises JournalError where there is nothing to acknowledge.
        """
        fact = Fact(at=self._now(), state=State.DISCARDED, note=f"{ACKNOWLEDGED} (by {by})")
        is_open = is_to_acknowledge(self._journal.record(request_id).facts[-1])
        if not (is_open and self._journal.give_up(request_id, {State.DISCARDED}, fact)):
            raise JournalError(_ACKNOWLEDGED, _SEE)
