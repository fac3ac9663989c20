"""What is said of a line of the log, in the list and in the table."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import decision
from consent_desk.domain.lifecycle.record import Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.log_query import LogRow
from consent_desk.domain.message import say
from consent_desk.domain.text import visible
from consent_desk.domain.wire.customer import moment
from consent_desk.ui.log.lines import Part, Press, Slot, rows_of
from consent_desk.ui.states import CORRECTED, WORST_FIRST, Called, called
from consent_desk.ui.widgets.messages import Local, phrase, render
from consent_desk.ui.widgets.tones import Tone, icon_of, sign

_TITLES = {
    "Time": say("log", "Time"),
    "Outcome": say("log", "Outcome"),
    "Status": say("log", "Status"),
    "Duration": say("log", "Duration"),
    "Customer ID": say("log", "Customer ID"),
    "Category": say("log", "Category"),
    "Action": say("log", "Action"),
    "Project": say("log", "Project"),
}
COLUMNS = tuple(_TITLES)
"""Those of the table."""

_LONGEST = 200
_NAMED = 2
"""So many categories of one press are named; more are counted."""

_ICONS = {
    **dict.fromkeys((State.QUEUED, State.RETRY_WAIT), "wifi-off"),
    **dict.fromkeys((State.IN_FLIGHT, State.DELIVERED, State.UNCONFIRMED, State.RESTORED), "clock"),
}


class Words:
    """Knows the time, whether this is practice, what categories are called, and why what waits does.

    `labels`: by the IDs of projects and their categories. `waits`: by request ID, or by that of a project.
    `names_project`: there are several projects.
    """

    def __init__(self, local: Local, now: Callable[[], Timestamp]) -> None:
        self._local = local
        self._now = now
        self.practice = False
        self.names_project = False
        self.labels: dict[tuple[str, str], str] = {}
        self.waits: dict[str, str] = {}

    # -- of a line of the list --------------------------------------------------------------------

    def customer(self, slot: Slot) -> str:
        """Whose decision it is."""
        return visible(rows_of(slot)[0].entry.customer.value)[:_LONGEST]

    def about(self, slot: Slot) -> str:
        """What was decided about what."""
        return " · ".join(self._about(slot))

    def about_chosen(self, slot: Slot) -> str:
        """What the details are about, and when: of several, of one of them."""
        rows = rows_of(slot)
        row = self.worst(rows)
        parts = [*self._about(row)]
        if len(rows) > 1:
            count = len(rows)
            which = phrase("log", "the first of %n", "", count)
            if len({self._called(each).tone for each in rows}) > 1:
                which = phrase("log", "the worst of %n", "", count)
            parts[1] = f"{parts[1]}, {which}"
        return " · ".join((*parts, self.when(slot)))

    def outcome(self, slot: Slot) -> str:
        """What became of it: of several, of how many what."""
        rows = rows_of(slot)
        if len(rows) == 1:
            return self._word(rows[0])
        states = Counter(render(self._called(row).short) for row in rows)
        told = " · ".join(f"{count} {word}" for word, count in states.most_common())
        return phrase("log", "Practice: {told}").format(told=told) if self.practice else told

    def tone(self, slot: Slot) -> Tone:
        """How good or bad that is: of several, the worst."""
        return self._called(self.worst(rows_of(slot))).tone

    def icon(self, slot: Slot) -> str:
        """The icon of the outcome."""
        row = self.worst(rows_of(slot))
        tone = self._called(row).tone
        has_its_own = tone in {Tone.NEUTRAL, Tone.WARNING} and not row.corrected and not row.entry.held
        return _ICONS.get(row.entry.state, icon_of(tone)) if has_its_own else icon_of(tone)

    def worst(self, rows: Sequence[LogRow]) -> LogRow:
        """The one of these lines that is worst off, of several the first."""
        return min(rows, key=lambda row: WORST_FIRST.index(self._called(row).tone))

    def clock(self, slot: Slot) -> str:
        """When it was noted, without the day."""
        local, today = self.at(slot), self._today()
        return local.strftime("%H:%M" if local.tzname() == today.tzname() else "%H:%M %Z")

    def day(self, slot: Slot) -> str:
        """The day on which it was noted, nothing for today."""
        return self.day_of(self.at(slot))

    def when(self, slot: Slot) -> str:
        """Both of them."""
        return f"{self.day(slot)} {self.clock(slot)}".strip()

    def day_of(self, local: datetime) -> str:
        """A day, nothing for today."""
        today = self._today()
        if local.date() == today.date():
            return ""
        return f"{local.day} {local:%b}" if local.year == today.year else f"{local:%b %Y}"

    def today(self) -> str:
        """The date of today."""
        return f"{self._today():%Y-%m-%d}"

    def at(self, slot: Slot) -> datetime:
        """When it was noted, on the wall."""
        return self._local(rows_of(slot)[0].entry.noted_at)

    def sentence(self, slot: Slot) -> str:
        """All of it in one sentence."""
        parts = [self.customer(slot), *self._about(slot), self.outcome(slot), self.when(slot)]
        match slot:
            case Press():
                count = len(slot.rows)
                collapsed = phrase("log", "%n parts, collapsed", "%n part, collapsed", count)
                expanded = phrase("log", "%n parts, expanded", "%n part, expanded", count)
                parts.append(expanded if slot.is_open else collapsed)
            case Part():
                number, count = slot.number + 1, len(slot.press.rows)
                parts.append(phrase("log", "part {number} of {count}").format(number=number, count=count))
            case _:
                pass
        return ", ".join(parts)

    def _about(self, slot: Slot) -> Iterator[str]:
        rows = rows_of(slot)
        entry = rows[0].entry
        if not isinstance(slot, Part):
            yield phrase("log", "Opt-out") if entry.action is Action.REJECT else phrase("log", "Opt-in")
        labels = (self.label(row.entry.project_id, row.entry.category) for row in rows)
        names = [visible(label)[:_LONGEST] for label in labels]
        count = len(names)
        yield ", ".join(names) if len(names) <= _NAMED else phrase("log", "%n categories", "", count)
        if entry.valid_until is not None and entry.action is Action.ACCEPT and not isinstance(slot, Part):
            yield self._until(entry.valid_until)
        if rows[0].corrects is not None:
            at = self._local(rows[0].corrects)
            yield phrase("log", "corrects {when}").format(when=f"{self.day_of(at)} {at:%H:%M}".strip())
        if self.names_project and not isinstance(slot, Part):
            yield visible(entry.project_name)

    def label(self, project_id: str, category: str) -> str:
        """What people call a category of a project."""
        return self.labels.get((project_id, category)) or category

    def whose(self, of: Entry | Noted) -> str:
        """Whose decision about what it is, and for which project."""
        consent = of.consent if isinstance(of, Noted) else of
        decided = render(decision(consent.action, self.label(of.project_id, consent.category)))
        return f"{consent.customer.value}, {decided}, {of.project_name}"

    def _until(self, until: ValidUntil) -> str:
        at = moment(until.seconds)
        if until.seconds is None:
            return phrase("log", "unlimited")
        end = str(until.seconds) if at is None else f"{self._local(at):%d %b %Y}".removeprefix("0")
        return phrase("log", "until {end}").format(end=end)

    def _called(self, row: LogRow) -> Called:
        if row.corrected and row.entry.state in {State.VERIFIED, State.SEEN, State.CONTRADICTED}:
            return CORRECTED
        return called(row.entry, practice=self.practice)

    def _word(self, row: LogRow) -> str:
        word, entry = render(self._called(row).word), row.entry
        if entry.state in {State.QUEUED, State.RETRY_WAIT} and not entry.held:
            return self.waits.get(entry.request_id) or self.waits.get(entry.project_id) or word
        return word

    # -- of a cell of the table -------------------------------------------------------------------

    def title(self, section: int) -> str:
        """The title of a column."""
        if section >= len(COLUMNS):
            return ""
        column = COLUMNS[section]
        title = render(_TITLES[column])
        return f"{title} ({self._today().tzname()})" if column == "Time" else title

    def cell(self, slot: Slot, column: str) -> str:
        """What stands in a column."""
        entry = rows_of(slot)[0].entry
        match column:
            case "Time":
                return self._time(entry.noted_at)
            case "Outcome":
                return f"{sign(self.tone(slot))} {self.outcome(slot)}".strip()
            case "Status":
                return "" if entry.status is None else str(entry.status)
            case "Duration":
                took = "" if entry.elapsed is None else phrase("log", "{ms:,.0f} ms")
                return took.format(ms=(entry.elapsed or 0) * 1000)
            case "Customer ID":
                return self.customer(slot)
            case "Category":
                if isinstance(slot, Press):
                    count = len(rows_of(slot))
                    return phrase("log", "%n categories", "", count)
                return visible(entry.category)[:_LONGEST]
            case "Action":
                return entry.action.value
            case _:
                return visible(entry.project_name)

    def whole_time(self, slot: Slot) -> str:
        """When it was noted, with its day and zone."""
        return f"{self.at(slot):%Y-%m-%d %H:%M:%S %Z}"

    def _time(self, at: Timestamp) -> str:
        local, today = self._local(at), self._today()
        day = "" if local.date() == today.date() else "%d %b " if local.year == today.year else "%Y-%m-%d "
        # The header names the zone of today; a line from before the clocks were changed names its own.
        zone = "" if local.tzname() == today.tzname() else " %Z"
        return local.strftime(f"{day}%H:%M{zone}" if day else f"%H:%M:%S{zone}")

    def _today(self) -> datetime:
        return self._local(self._now())
