"""Fills the log and its details from the journal of the workspace at work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta

from PySide6.QtCore import QTimer, Signal

from consent_desk.delivery.attention import may_win
from consent_desk.delivery.events import Event, NotLeft, Planned, Supplied, Withheld
from consent_desk.domain.dates import read_days, tell_days
from consent_desk.domain.lifecycle.messages import WAITS_FOR_CLOCK, WAITS_FOR_OPT_OUT, WAITS_FOR_TIME
from consent_desk.domain.lifecycle.policy import is_for_a_person
from consent_desk.domain.lifecycle.record import Entry, Record, said_right
from consent_desk.domain.lifecycle.state import DISMISSED, TO_CHECK_STATES, State, is_to_acknowledge
from consent_desk.domain.log_query import LogQuery, Which, words_of
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import noted_request
from consent_desk.ui.log.details import change_of, details_of
from consent_desk.ui.log.line_details import Deed, Offer
from consent_desk.ui.log.lines import Unread
from consent_desk.ui.log.long_view import LongView
from consent_desk.ui.log.model import BATCH
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.states import CLOCK, KEY, OPT_OUT
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.workspace import Workspace

_WAITS = {
    WAITS_FOR_OPT_OUT.template: OPT_OUT,
    WAITS_FOR_CLOCK.template: CLOCK,
    WAITS_FOR_TIME.template: CLOCK,
}
"""What is said of a line by why it waits."""

_EMPTY = {
    Which.ALL: say("log", "Answers appear here"),
    Which.NEEDS_YOU: say("log", "Nothing needs you"),
    Which.WAITING: say("log", "Nothing waits"),
}
_NOTHING_FOUND = say("log", "Nothing found")
"""What stands where there are no lines."""


class LogPresenter(Presenter):
    """Shows the log of one workspace at a time: `workspace`. Emits `changed` when a line may have changed."""

    changed = Signal()

    def __init__(self, shell: ShellContext, session: Session) -> None:
        super().__init__(shell)
        self._panel = panel = self._window.log
        self.workspace: Workspace | None = None
        self._missed: list[tuple[Workspace, Entry]] = []
        self._chosen: Entry | None = None
        self._to_choose = ""
        self._later = QTimer(self, singleShot=True, interval=BATCH)
        self._later.timeout.connect(self._choose_later)
        self.view = LongView(panel.model, self._runner, self)
        self.view.shown.connect(self._tell)
        self.view.failed.connect(lambda error: panel.search.note.show_problem(render_error(error)))
        panel.line_chosen.connect(self._show_details)
        panel.search.changed.connect(self._search)
        panel.list.moved.connect(self._tell_days)
        panel.list.empty = render(_EMPTY[Which.ALL])
        self._midnight = QTimer(self, singleShot=True)
        self._midnight.timeout.connect(self._begin_day)
        self._show_asked: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        panel.model.change_wanted.connect(self._tell_change)
        session.left.connect(self._show_nothing)
        session.entered.connect(lambda workspace, _project: self._show_workspace(workspace))
        session.told.connect(lambda _workspace, event: self._hear(event))
        session.offered.connect(lambda offered: self._name_categories(session.project, offered))

    def _show_workspace(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.view.show_workspace(workspace)
        missed, self._missed = self._missed, []
        for one in missed:
            self.put(*one)

    def _show_nothing(self) -> None:
        self.workspace = self._chosen = None
        self._to_choose = ""
        self.view.show_nothing()

    def put(self, workspace: Workspace, entry: Entry) -> None:
        """Show a new or changed line, if it belongs to the workspace that is shown."""
        if entry.state not in {State.QUEUED, State.RETRY_WAIT}:
            self._panel.model.words.waits.pop(entry.request_id, None)
        if self.workspace is None:
            # What is read for the next workspace may be older.
            self._missed.append((workspace, entry))
        elif workspace is self.workspace:
            self.view.put(entry)
            self.changed.emit()

    def choose(self, workspace: Workspace, entry: Entry) -> None:
        """Select a line and show its details, if it belongs to the workspace that is shown."""
        if workspace is self.workspace:
            self._to_choose = entry.request_id
            # Not before its batch: reading its details would take time from the sending.
            self._later.start()

    def _choose_later(self) -> None:
        self.view.place()
        self._choose()

    def find(self, request_id: str) -> Entry | None:
        """The line of one consent, None where it was neither read nor chosen."""
        chosen = self._chosen
        found = self._panel.model.find(request_id)
        return chosen if found is None and chosen is not None and chosen.request_id == request_id else found

    def on_line(self, deed: Deed, act: Callable[[Workspace, Entry], object]) -> None:
        """Have `act` called for the line that is chosen when the button for `deed` is pressed."""

        def take(pressed: Deed, request_id: str) -> None:
            workspace, entry = self.workspace, self.find(request_id)
            if pressed is deed and workspace is not None and entry is not None:
                act(workspace, entry)

        self._panel.pressed.connect(take)

    def _hear(self, event: Event) -> None:
        """Learn for what waits what has not left."""
        match event:
            case Withheld(entry=entry):
                self._tell_wait(entry.project_id, render(KEY))
            case Supplied(project_id=project_id):
                self._tell_wait(project_id, "")
            case Planned(entry=entry, outlook=why) | NotLeft(entry=entry, why=why):
                word = None if why is None else _WAITS.get(why.template)
                self._tell_wait(entry.request_id, "" if word is None else render(word))
            case _:
                pass

    def _tell_wait(self, whose: str, word: str) -> None:
        """What waits to leave does so for that: of a request ID, or of a project's. Nothing ends it."""
        words = self._panel.model.words
        if word and words.waits.get(whose) != word:
            words.waits[whose] = word
        elif word or words.waits.pop(whose, None) is None:
            return
        self._panel.say_anew()

    def _name_categories(self, project: Project | None, categories: tuple[Category, ...]) -> None:
        if project is not None:
            self._panel.model.words.labels |= {(project.id, one.id): one.label for one in categories}
            self._panel.say_anew()

    def name_projects(self, several: bool) -> None:
        """Name the project in each line, where there are several."""
        self._panel.model.words.names_project = several
        self._panel.say_anew()

    def show_asked(self, asked: frozenset[str], looked_up: frozenset[str]) -> None:
        """These are asked about, and looked up still: it tells what needs somebody, and what waits."""
        before, self._show_asked = self._show_asked, (asked, looked_up)
        changed = (before[0] ^ asked) | (before[1] ^ looked_up)
        if changed and self.view.query.which is not Which.ALL:
            self.view.amend(replace(self.view.query, asked=asked, looked_up=looked_up), changed)

    def _search(self) -> None:
        bar = self._panel.search
        which, words = bar.which, words_of(bar.filter.text())
        days = read_days(bar.days.line.text(), self._now(), self._shell.zone)
        if isinstance(days, Message):
            bar.note.show_problem(render(days))
            return
        # What needs somebody, or is searched for, may be of any day.
        has_days = which is Which.ALL and not words
        since, until = (has_days and days) or (None, None)
        asked, looked_up = (frozenset[str](),) * 2 if which is Which.ALL else self._show_asked
        self.view.search(
            LogQuery(
                words=words,
                states=bar.states if which is Which.ALL else frozenset(),
                since=since,
                until=until,
                oldest_first=which is not Which.ALL,
                which=which,
                asked=asked,
                looked_up=looked_up,
            )
        )

    def _tell(self, total: int | None) -> None:
        query = self.view.query
        is_searched = bool(query.words or query.states or query.since)
        if total is not None and is_searched:
            found = phrase("log", "{total:,} found").format(total=total) if total else render(_NOTHING_FOUND)
            days = tell_days(query.since, query.until, self._shell.zone)
            self._panel.search.note.show_remark(f"{found}: {days}" if days else found)
        elif not is_searched:
            self._panel.search.note.show_remark("")
        self._panel.list.empty = render(_NOTHING_FOUND if is_searched else _EMPTY[query.which])
        self._tell_days()
        self._choose()

    def _tell_days(self) -> None:
        """Say of which days the lines are that stand in view."""
        rows, model = self._panel.list.shown_rows(), self._panel.model
        words, days = model.words, []
        for row in rows or ():
            slot = model.slot(row)
            if not isinstance(slot, Unread):
                days.append(self._day(words.at(slot)))
        self._panel.search.show_days(" – ".join(dict.fromkeys(days)) or phrase("log", "Today"))
        if not self._midnight.isActive():
            now = self._shell.local_now()
            tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
            # To the second behind it: timers are not that exact.
            self._midnight.start(int(tomorrow.timestamp() - now.timestamp() + 1) * 1_000)

    def _begin_day(self) -> None:
        self._panel.say_anew()
        self._tell_days()

    def _day(self, local: datetime) -> str:
        today = self._shell.local_now()
        match (today.date() - local.date()).days:
            case 0:
                return phrase("log", "Today")
            case 1:
                return phrase("log", "Yesterday")
            case _:
                return self._panel.model.words.day_of(local)

    def _choose(self) -> None:
        request_id = self._to_choose
        if not request_id:
            return
        if self._panel.model.find(request_id) is not None:
            self._to_choose = ""
            self._panel.choose(request_id)
        elif self.view.is_settled:
            # A filter that would hide it is taken off: it was just sent.
            self._to_choose = "" if self.view.query == LogQuery() else request_id
            self._panel.search.clear()

    def _show_details(self, request_id: str) -> None:
        workspace = self.workspace
        if workspace is None:
            return
        self._chosen = self._panel.model.find(request_id) or self._chosen

        def work() -> tuple[dict[str, str], Record, str]:
            # Laid out here too: a megabyte of JSON takes half a second, for which the window would stand.
            record = workspace.journal.record(request_id)
            texts = details_of(
                record,
                self._local,
                practice=workspace.practice,
                outlook=workspace.engine.outlook(request_id),
                failing=workspace.engine.failing(request_id),
            )
            return texts, record, change_of(record, self._local)

        def done(result: tuple[dict[str, str], Record, str]) -> None:
            if workspace is not self.workspace:
                return
            texts, record, change = result
            last = record.facts[-1]
            self._panel.model.tell_change(request_id, change)
            noted = record.noted
            request = noted_request(noted.base_url, noted.project_token, noted.body)
            if workspace.presented:
                self._panel.show_details(request_id, texts, Offer(request=request))
                return
            offer = Offer(
                state=last.state,
                can_renew=may_win(record),
                rings=last.state is State.CONTRADICTED and last.note != DISMISSED,
                to_acknowledge=is_to_acknowledge(last),
                to_check=last.state in TO_CHECK_STATES and not said_right(record, last.state),
                undecided=is_for_a_person(record.facts),
                request=request,
            )
            self._panel.show_details(request_id, texts, offer)

        def failed(error: Exception) -> None:
            self._panel.show_details(request_id, {"Explanation": render_error(error)}, Offer())

        self._runner.run(Lane.JOURNAL, work, done=done, failed=failed)

    def _tell_change(self, request_id: str) -> None:
        workspace, model = self.workspace, self._panel.model
        if workspace is not None:
            self._runner.run(
                Lane.JOURNAL,
                lambda: change_of(workspace.journal.record(request_id), self._local),
                done=lambda change: model.tell_change(request_id, change),
                failed=lambda error: None,
            )
