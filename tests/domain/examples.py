"""The vendor's published example, and what else several tests of the domain speak about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from hypothesis import strategies as st

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.parsing import parse
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project, ProjectDraft, Secret

TOKEN = "12345678-1234-1234-1234-123456789abc"
KEY_ID = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
REQUEST_ID = "3f2c1d4e-0000-4000-8000-00000000abcd"
TUTORIAL_TIME = Timestamp(1_620_139_769_000_000)
NOW = Timestamp(1_800_000_000_000_000)  # 2027-01-15 08:00 UTC

PROJECT = Project(
    id="9d0a7c1e-0000-4000-8000-000000000001",
    name="Acme production",
    base_url=BaseUrl(scheme="https", host="api.exponea.com"),
    project_token=TOKEN,
    key_id=KEY_ID,
    secret=Secret(SECRET),
)
PROJECT_DRAFT = ProjectDraft(
    name="Acme production",
    base_url="https://api.exponea.com",
    project_token=TOKEN,
    key_id=KEY_ID,
    secret=SECRET,
)
TUTORIAL = Consent(
    request_id=REQUEST_ID,
    customer=CustomerId(type="registered", value="jane@example.com"),
    category="sms_marketing",
    action=Action.REJECT,
    valid_until=None,
    timestamp=TUTORIAL_TIME,
    noted_at=TUTORIAL_TIME,
)
DRAFT = Draft(customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing")
OPT_IN = replace(DRAFT, action="accept", valid_until="unlimited")

# Nobody sees these, and every server compares them.
HIDDEN = {
    "carriage return": "\r",
    "NUL": "\0",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "ideographic space": "\u3000",
    "soft hyphen": "\u00ad",
    "right-to-left override": "\u202e",
    "left-to-right mark": "\u200e",
    "isolate": "\u2066",
    "Arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "zero-width non-joiner": "\u200c",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "variation selector": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "tag letter": "\U000e0061",
    "Hangul filler": "\u3164",
    "grapheme joiner": "\u034f",
    "Braille blank": "\u2800",
    "high surrogate": "\ud800",
    "low surrogate": "\udfff",
    "non-character": "\ufffe",
    "far non-character": "\U0010ffff",
    "non-character in Arabic": "\ufdd0",
}
HIDDEN_IN_NAMES = {**HIDDEN, "line break": "\n", "tab": "\t", "no-break space": "\u00a0"}

# Of these, languages need the one or the other: in prose they are no fault.
NEEDED = {
    name: HIDDEN_IN_NAMES[name]
    for name in (
        *("ideographic space", "soft hyphen", "left-to-right mark", "Arabic letter mark", "zero-width space"),
        *("zero-width joiner", "zero-width non-joiner", "word joiner", "variation selector"),
        *("variation selector 17", "no-break space"),
    )
} | {"narrow no-break space": "\u202f", "thin space": "\u2009", "em space": "\u2003"}
LINES = {"line break": "\n", "tab": "\t", "line break of Word": "\v", "line separator": "\u2028"}
HIDDEN_IN_NOTES = {name: one for name, one in HIDDEN_IN_NAMES.items() if one not in NEEDED.values()}
HIDDEN_IN_PROSE = {name: one for name, one in HIDDEN_IN_NOTES.items() if one not in LINES.values()}

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    "null<>{}\\\"'%\r\n\0\u2028\u202e\ud800 \u00a0é名"
)
"""Any text that a widget could hold, lone surrogates too."""


def read(draft: Draft, now: Timestamp = NOW, zone: tzinfo = UTC) -> Consent | tuple[Problem, ...]:
    return parse(draft, request_id=REQUEST_ID, now=now, zone=zone)


def consent(draft: Draft, now: Timestamp = NOW, zone: tzinfo = UTC) -> Consent:
    found = read(draft, now, zone)
    assert isinstance(found, Consent), found
    return found


def problem(draft: Draft, now: Timestamp = NOW, zone: tzinfo = UTC) -> tuple[Field, str]:
    """The one problem of `draft`: its field and its words."""
    found = read(draft, now, zone)
    assert not isinstance(found, Consent), found
    assert len(found) == 1, found
    return found[0].field, str(found[0].message)


def at(text: str) -> Timestamp:
    """The moment written as `text`, with its offset."""
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return Timestamp(since // timedelta(microseconds=1))


class Berlin(tzinfo):
    """Central European time as ruled since 1996; not every machine has a time zone database."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1) + self.dst(moment)

    def dst(self, moment: datetime | None) -> timedelta:
        assert moment is not None
        wall = moment.replace(tzinfo=None, fold=0)
        begin, end = _last_sunday(wall, 3, 2), _last_sunday(wall, 10, 3)
        if begin <= wall < begin + timedelta(hours=1):
            summer = moment.fold == 1
        elif end - timedelta(hours=1) <= wall < end:
            summer = moment.fold == 0
        else:
            summer = begin <= wall < end
        return timedelta(hours=1 if summer else 0)

    def tzname(self, moment: datetime | None) -> str:
        return "CEST" if self.dst(moment) else "CET"

    def fromutc(self, moment: datetime) -> datetime:
        utc = moment.replace(tzinfo=None)
        begin, end = _last_sunday(utc, 3, 1), _last_sunday(utc, 10, 1)
        wall = moment + timedelta(hours=2 if begin <= utc < end else 1)
        return wall.replace(fold=1 if end <= utc < end + timedelta(hours=1) else 0)


def _last_sunday(when: datetime, month: int, hour: int) -> datetime:
    last = datetime(when.year, month, 31, hour)  # noqa: DTZ001 -- wall-clock time is the subject
    return last - timedelta(days=(last.weekday() + 1) % 7)
